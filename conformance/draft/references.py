"""Which items of a session can later calls name? Objects in answers that have an id of their own beside the session's,
and that requests carry, whole or by their id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from conformance.draft.sessions import ids, is_scalar, names_session, session_id_of
from conformance.draft.shapes import Input, Output, Shape
from conformance.draft.words import DELETES, ENDS, IDS, OWN, OWNERS, names_id, words
from conformance.expressions import Json, Pointer

_PLAIN = frozenset((word,) for word in OWN)


@dataclass(frozen=True, slots=True)
class Kind:
    """What calls answer: where it stands, and the members that hold its own id and that of its session. `stems` are
    what its id is called where it stands alone, as in `object_id`."""

    at: Pointer
    id: str
    session: str
    stems: frozenset[str]


def answered(shape: Shape, noun: str) -> Kind | None:
    """The object in an answer that has an id of its own and names its session; the outermost."""
    for output in shape.outputs:
        other = output.item is None and session_id_of(shape, output, output.schema, noun) is None
        if other and (found := _kind(shape, output, noun)):
            return found
    return None


def _kind(shape: Shape, output: Output, noun: str) -> Kind | None:
    """An object as something that calls can name; None if it lacks either id."""
    schemas, schema = shape.schemas, output.schema
    names = [name for name in schemas.names(schema) if is_scalar(schemas, schema, name)]
    session = next((name for name in names if names_session(words(name), noun)), None)
    plain = (name for name in names if words(name) in _PLAIN)
    compound = (name for name in names if names_id(name) and name != session and not set(words(name)) & OWNERS)
    own = next(iter((*plain, *compound)), None) if session else None
    if own is None or session is None:
        return None
    called = (output.name, _reference(shape, output.pointer), str(schema.get("title", "")))
    stems = {words(each)[-1] for each in called if words(each)} | set(words(own)[-2:-1])
    return Kind(output.pointer, own, session, frozenset(stems - IDS | stems & {"ref", "handle"}))


def _reference(shape: Shape, pointer: Pointer) -> str:
    """What the schema of a place in the answer is called, if it is referred to by a name."""
    content = shape.operation.success_content()
    found: Json = shape.schemas.at(content.schema, pointer) if content else {}
    return str(found.get("$ref", "")).rpartition("/")[2] if isinstance(found, dict) else ""


def kinds(answering: Iterable[Shape], noun: str, shapes: Iterable[Shape]) -> list[Kind]:
    """What some calls of a session answer, and others name, each once; of several ids only the first kind."""
    looks = list(shapes)
    found = dict.fromkeys(kind for each in answering if (kind := answered(each, noun)))
    named = [kind for kind in found if any(carried(each, noun, [kind]) for each in looks)]
    return [kind for kind in named if (kind.id, kind.session) == (named[0].id, named[0].session)]


def carried(shape: Shape, noun: str, known: Sequence[Kind]) -> Input | None:
    """The input that names an item of a known kind, if a request cannot be without it."""
    named = {each.text for each in ids(shape, noun)}
    if not named:
        return None
    free = [each for each in shape.inputs if each.required and each.scalar and each.text not in named]
    return next((each for kind in known for each in _fitting(shape, free, kind)), None)


def _fitting(shape: Shape, free: Sequence[Input], kind: Kind) -> Iterator[Input]:
    """The inputs that name an item of a kind: in an object like the one that was answered, or alone."""
    for each in free:
        beside = (*each.pointer[:-1], kind.session)
        whole = each.place == "body" and len(each.pointer) > 1 and each.name == kind.id
        if whole and any(other.place == "body" and other.pointer == beside for other in shape.inputs):
            yield each
    for each in free:
        alone = each.place != "body" or len(each.pointer) == 1
        if alone and names_id(each.name) and set(each.words[:-1]) & kind.stems:
            yield each


def takes_away(shape: Shape, noun: str) -> bool:
    """Whether an operation says that something is gone afterwards."""
    return shape.method == "DELETE" or shape.verb(noun) in DELETES | ENDS
