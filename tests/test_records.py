"""Records: values that nobody changes, whether they are compiled or not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.exchange import Exchange, Failure, Request, Response
from conformance.records import Record, replace
from conformance.session import Part
from conformance.step import Page, Snapshot, Step

PACKAGE = Path(__file__).parents[1] / "conformance"


def _records() -> Iterator[tuple[str, ast.ClassDef]]:
    """The classes of records, as they are written."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and "Record" in map(ast.unparse, node.bases):
                yield f"{path.stem}.{node.name}", node


@pytest.mark.parametrize(("name", "written"), list(_records()), ids=lambda each: each if isinstance(each, str) else "")
def test_no_field_of_a_record_can_be_set_again(name: str, written: ast.ClassDef) -> None:
    """Each is declared final where it is made, so that the type checker refuses whoever sets it, and each has its
    slot."""
    init = next(each for each in written.body if isinstance(each, ast.FunctionDef) and each.name == "__init__")
    slots = next(each for each in written.body if isinstance(each, ast.Assign))
    assert all(isinstance(each, ast.AnnAssign) and ast.unparse(each.annotation) == "Final" for each in init.body)
    fields = [ast.unparse(each.target) for each in init.body if isinstance(each, ast.AnnAssign)]
    assert fields == [f"self.{each.arg}" for each in init.args.args[1:]], name
    assert sorted(fields) == [f"self.{each}" for each in ast.literal_eval(slots.value)], name


def test_records_are_found() -> None:
    """The parameters above are not empty: what was said, what is known, and what differs."""
    names = {name for name, _ in _records()}
    assert {"exchange.Request", "exchange.Response", "session.Session", "causes.Change"} <= names


def test_records_are_equal_by_their_fields() -> None:
    """And only to records of their own class."""
    assert Part([1], True) == Part([1], whole=True)
    assert Part([1], True) != Part([1])
    assert Request("GET", "/") != Response(200)
    assert hash(Request("GET", "/a")) == hash(Request("GET", "/a", "", (), b"", ""))


def test_a_copy_has_the_other_fields() -> None:
    """Whatever is not named stays, and a name that is none is refused."""
    exchange = Exchange(Request("GET", "/"), Response(200), 1.0, 2.0)
    assert replace(exchange, failure=Failure.CLOSED) == Exchange(
        Request("GET", "/"), Response(200), 1.0, 2.0, Failure.CLOSED
    )
    assert replace(Page(limit=3), next="x") == Page(limit=3, next="x")
    step = Step(exchange, session="s")
    assert (replace(step, item="i").session, replace(step, item="i").item, step.item) == ("s", "i", None)
    with pytest.raises(TypeError):
        replace(exchange, body_=b"")
    with pytest.raises(TypeError, match="no record"):
        replace(object())


def test_a_record_tells_what_it_holds() -> None:
    """A failing test shows its fields, in one line."""
    assert repr(Snapshot("a", None, {})).startswith("Snapshot(")
    assert "id='a'" in repr(Snapshot("a", None, {}))
    assert isinstance(Snapshot("a", None, {}), Record)
