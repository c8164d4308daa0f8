"""Where a value sits: expressions and pointers, read and written."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.expressions import (
    MISSING,
    Expression,
    Json,
    Message,
    Pointer,
    assign,
    parse,
    parse_pointer,
    pointer_text,
    remove,
    resolve,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
TOKENS = st.lists(st.text(max_size=6), max_size=5).map(tuple)
MEMBERS = st.lists(st.text(max_size=6).filter(lambda text: not text.isdecimal()), max_size=5).map(tuple)


def places(document: Json, pointer: Pointer = ()) -> list[Pointer]:
    """Every place of a document, the document itself first."""
    found = [pointer]
    inner: Any = ()
    if isinstance(document, dict):
        inner = document.items()
    elif isinstance(document, list):
        inner = ((str(index), item) for index, item in enumerate(document))
    for token, value in inner:
        found += places(value, (*pointer, token))
    return found


# --- pointers ---------------------------------------------------------------------------------------------------------

RFC_6901 = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", RFC_6901),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
        ("/foo/2", MISSING),
        ("/foo/-", MISSING),
        ("/foo/bar", MISSING),
        ("/a~1b/0", MISSING),
        ("/nope", MISSING),
    ],
)
def test_the_examples_of_the_rfc_resolve(text: str, value: Json) -> None:
    """The document of RFC 6901, section 5, and a few places that it does not have."""
    found = resolve(RFC_6901, parse_pointer(text))
    assert found is MISSING if value is MISSING else found == value


def test_an_escaped_tilde_is_not_unescaped_twice() -> None:
    """`~01` is `~1` and never `/` (RFC 6901, section 4)."""
    assert parse_pointer("/~01") == ("~1",)


@given(TOKENS)
def test_a_pointer_survives_being_written(pointer: Pointer) -> None:
    """Any tokens are read back from their text."""
    assert parse_pointer(pointer_text(pointer)) == pointer


@given(TOKENS)
def test_a_pointer_text_is_the_only_one(pointer: Pointer) -> None:
    """Writing what was read gives the same text."""
    text = pointer_text(pointer)
    assert pointer_text(parse_pointer(text)) == text


@pytest.mark.parametrize("text", ["a", "#/a", "a/b", " /a", 5, None, ["/a"]])
def test_what_is_no_pointer_is_refused(text: Any) -> None:
    """A pointer is text that is empty or begins with a slash."""
    with pytest.raises(ValueError, match="JSON pointer"):
        parse_pointer(text)


@pytest.mark.parametrize("text", ["/~2", "/~", "/a~", "/a/~b", "/~~0"])
def test_a_tilde_stands_only_in_an_escape(text: str) -> None:
    """RFC 6901 knows ~0 and ~1 alone."""
    with pytest.raises(ValueError, match="followed by 0 or 1"):
        parse_pointer(text)


# --- documents --------------------------------------------------------------------------------------------------------


@given(JSON, st.data(), JSON)
def test_what_is_assigned_is_resolved(document: Json, data: st.DataObject, value: Json) -> None:
    """Every place that exists can be written, and then holds the value."""
    pointer = data.draw(st.sampled_from(places(document)))
    assert resolve(assign(document, pointer, value), pointer) == value


@given(JSON, MEMBERS, JSON)
def test_members_are_made_as_needed(document: Json, pointer: Pointer, value: Json) -> None:
    """A path of member names is made in whatever is no array."""
    if not any(isinstance(resolve(document, pointer[:end]), list) for end in range(len(pointer))):
        assert resolve(assign(document, pointer, value), pointer) == value


@given(JSON, st.data(), JSON)
def test_assigning_changes_that_place_alone(document: Json, data: st.DataObject, value: Json) -> None:
    """The document is left as it was, and every place beside the way keeps its value."""
    before = copy.deepcopy(document)
    pointer = data.draw(st.sampled_from(places(document)))
    after = assign(document, pointer, value)
    assert document == before
    for place in places(document):
        if place[: len(pointer)] != pointer and pointer[: len(place)] != place:
            assert resolve(after, place) == resolve(before, place)


@given(JSON, st.data())
def test_what_is_removed_is_gone(document: Json, data: st.DataObject) -> None:
    """A member that is removed is missing, an item makes its array shorter; the document is left as it was."""
    before = copy.deepcopy(document)
    pointer = data.draw(st.sampled_from(places(document)))
    after = remove(document, pointer)
    assert document == before
    if not pointer:
        assert after == before
    elif isinstance(parent := resolve(before, pointer[:-1]), dict):
        assert resolve(after, pointer) is MISSING
        assert len(resolve(after, pointer[:-1])) == len(parent) - 1
    else:
        index = int(pointer[-1])
        assert resolve(after, pointer[:-1]) == parent[:index] + parent[index + 1 :]


@given(JSON, st.text(max_size=4), JSON)
def test_removing_what_was_assigned_restores(document: Json, name: str, value: Json) -> None:
    """A new member, put in and taken away again, leaves no trace."""
    document = {"kept": document}
    if name != "kept":
        assert remove(assign(document, (name,), value), (name,)) == document


@given(JSON, TOKENS)
def test_removing_what_is_not_there_changes_nothing(document: Json, pointer: Pointer) -> None:
    """Nothing to remove, the same document."""
    if resolve(document, pointer) is MISSING:
        assert remove(document, pointer) is document


@pytest.mark.parametrize(
    ("document", "pointer", "after"),
    [
        (MISSING, ("a", "b"), {"a": {"b": 1}}),
        (MISSING, ("0",), [1]),
        (MISSING, ("a", "0", "b"), {"a": [{"b": 1}]}),
        (None, ("a",), {"a": 1}),
        ("text", ("a",), {"a": 1}),
        ({"0": 5}, ("0",), {"0": 1}),
        ([5, 6], ("0",), [1, 6]),
        ([5, 6], ("2",), [5, 6, 1]),
        ([5, 6], ("-",), [5, 6, 1]),
        ({"a": [5]}, ("a", "0", "b"), {"a": [{"b": 1}]}),
        ({"a": 5}, (), 1),
    ],
)
def test_containers_are_made_of_the_kind_that_the_token_asks_for(document: Json, pointer: Pointer, after: Json) -> None:
    """Decimal tokens make arrays, all others objects; what stands there already keeps its kind."""
    assert assign(document, pointer, 1) == after


@pytest.mark.parametrize("token", ["01", "00", "-1", "+1", "1_0", " 1", "", "-", "\u0661", "\u00b2", "9" * 5_000])
def test_an_index_has_one_form(token: str) -> None:
    """ASCII digits without leading zeros; whatever else stands there names no item, and breaks nothing."""
    items = list(range(12))
    assert resolve(items, (token,)) is MISSING
    assert remove(items, (token,)) is items
    assert assign(items, (token,), "new") == [*items, "new"]


def test_what_is_assigned_past_the_end_stands_at_the_end() -> None:
    """There are no gaps in an array."""
    assert assign([], ("5",), 1) == [1]


def test_missing_is_no_json_value() -> None:
    """A null is a value; nothing is not, and says so."""
    assert resolve({"a": None}, ("a",)) is None
    assert resolve({"a": None}, ("a", "b")) is MISSING
    assert resolve(MISSING, ()) is MISSING
    assert not MISSING
    assert repr(MISSING) == "nothing"


# --- expressions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "side", "place", "name", "pointer"),
    [
        ("$request.path.id", "request", "path", "id", ()),
        ("$request.path.session-id", "request", "path", "session-id", ()),
        ("$request.query.a.b", "request", "query", "a.b", ()),
        ("$request.header.X-Session", "request", "header", "x-session", ()),
        ("$request.body", "request", "body", "", ()),
        ("$request.body#", "request", "body", "", ()),
        ("$request.body#/", "request", "body", "", ("",)),
        ("$request.body#/a.b/c~1d", "request", "body", "", ("a.b", "c/d")),
        ("$response.body#/session/id", "response", "body", "", ("session", "id")),
        ("$response.header.Location", "response", "header", "location", ()),
    ],
)
def test_an_expression_names_one_place(text: str, side: str, place: str, name: str, pointer: Pointer) -> None:
    """Side, place, name and pointer are read off the text."""
    assert parse(text) == Expression(text, side, place, name, pointer)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "begins with"),
        ("request.body", "begins with"),
        (5, "begins with"),
        (None, "begins with"),
        ("$url", r"\$url is not"),
        ("$method", r"\$method is not"),
        ("$statusCode", r"\$statusCode is not"),
        ("$request", "is none of body, header, path, query"),
        ("$request.cookie.id", "is none of body, header, path, query"),
        ("$request.bodies", "is none of"),
        ("$response.path.id", "is none of body, header"),
        ("$response.query.id", "is none of body, header"),
        ("$request.path", "needs a name"),
        ("$request.path.", "needs a name"),
        ("$request.header.", "needs a name"),
        ("$request.body#a", "begins with /"),
        ("$request.body.a", "begins with /"),
        ("$request.body/a/#", "is none of"),
    ],
)
def test_what_is_no_expression_is_refused(text: Any, problem: str) -> None:
    """The error says what is wrong with the text."""
    with pytest.raises(ValueError, match=problem):
        parse(text)


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader fail in another way."""
    for candidate in (text, f"${text}", f"$request.{text}", f"$request.body{text}", f"$response.header.{text}"):
        try:
            found = parse(candidate)
        except ValueError:
            continue
        assert found.text == candidate
        assert found.side in candidate


@pytest.mark.parametrize(
    "text",
    [
        "$request.path.id",
        "$request.query.id",
        "$request.header.X-Id",
        "$request.body",
        "$request.body#/a/0/b",
        "$response.body#/x~1y",
        "$response.header.X-Id",
    ],
)
@settings(max_examples=25)
@given(value=JSON)
def test_what_an_expression_writes_it_reads(text: str, value: Json) -> None:
    """The round trip through a message, in every place."""
    message = Message()
    expression = parse(text)
    assert expression.read(message) is MISSING
    expression.write(message, value)
    assert expression.read(message) == value


def test_each_place_is_a_place_of_its_own() -> None:
    """A name in the path is not a name in the query, and header names have no case."""
    message = Message()
    for place in ("path", "query", "header"):
        parse(f"$request.{place}.ID").write(message, place)
    assert (message.path, message.query, message.headers) == ({"ID": "path"}, {"ID": "query"}, {"id": "header"})
    assert parse("$request.header.id").read(message) == "header"
    assert message.body is MISSING
