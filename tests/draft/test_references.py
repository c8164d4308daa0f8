"""Items that calls answer, and later calls name."""

from __future__ import annotations

import pytest

from conformance.draft.references import answered, carried, kinds, takes_away
from conformance.draft.shapes import Shape, shapes
from conformance.spec import Spec
from tests.draft import invented
from tests.draft.invented import call, document, many, thing


def _shapes(found: invented.Schema) -> dict[str, Shape]:
    """The operations of a document, by name."""
    return {each.id: each for each in shapes(Spec(found, "openapi.json"))}


CELLS, CONTEXTS = _shapes(invented.CELLS), _shapes(invented.CONTEXTS)
_OBJECT = thing("id session_id")


def test_answered() -> None:
    """An object with an id of its own and its session's; the session itself is none, and neither is a user."""
    kind = answered(CELLS["execute"], "session")
    assert kind is not None
    assert (kind.at, kind.id, kind.session) == (("cell",), "id", "session_id")
    assert answered(CELLS["getSession"], "session") is None
    looks = _shapes(document(run={"POST /run": call(thing("session_id text"), thing("session_id user_id text"))}))
    assert answered(looks["run"], "session") is None


def test_kinds_need_somebody_who_names_them() -> None:
    """What nobody names is an answer like any other."""
    looks = list(CELLS.values())
    assert len(kinds(looks, "session", looks)) == 1
    assert kinds(looks, "session", [CELLS["execute"], CELLS["getSession"]]) == []


@pytest.mark.parametrize(
    ("names", "place"),
    [("invoke", "$request.body#/target/handle"), ("drop", "$request.body#/target/handle"), ("eval", None)],
)
def test_carried_whole(names: str, place: str | None) -> None:
    """An object like the one that was answered."""
    looks = list(CONTEXTS.values())
    found = carried(CONTEXTS[names], "context", kinds(looks, "context", looks))
    assert (found.text if found else None) == place


def test_carried_alone() -> None:
    """The id alone, under the name of what was answered; it has to be given, and to be that of such a thing."""
    looks = _shapes(
        document(
            make={"POST /make": call(thing("session_id text"), thing("object", object=_OBJECT))},
            use={"POST /use": call(thing("session_id object_id text"))},
            may={"POST /may": call(thing("session_id object_id? text"))},
            other={"POST /other": call(thing("session_id agent_id text"))},
            stray={"POST /stray": call(thing("object_id text"))},
            some={"POST /some": call(thing("session_id objects", objects=many(_OBJECT)))},
        )
    )
    known = kinds(looks.values(), "session", looks.values())
    found = {name: each.text for name, shape in looks.items() if (each := carried(shape, "session", known))}
    assert found == {"use": "$request.body#/object_id"}


def test_takes_away() -> None:
    """By the method, or by the name."""
    assert takes_away(CELLS["discard"], "session")
    assert takes_away(CONTEXTS["drop"], "context")
    assert not takes_away(CONTEXTS["invoke"], "context")
