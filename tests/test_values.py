"""Is a value plain, or legal but awkward? And which values are the same?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.expressions import Json
from conformance.values import (
    DEEP,
    LONG,
    SAFE_INTEGER,
    Awkward,
    awkwardness,
    heavy,
    instant,
    key_awkwardness,
    kinds,
    same,
    texts,
    traits,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)
PLAIN_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=20)
PLAIN_KEY = st.from_regex(r"\A[A-Za-z][A-Za-z0-9_ -]{0,8}\Z")
PLAIN = st.recursive(
    st.booleans() | st.integers(-SAFE_INTEGER, SAFE_INTEGER) | st.sampled_from([0.5, -1.25, 3.0]) | PLAIN_TEXT,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(PLAIN_KEY, inner, min_size=1, max_size=3),
    max_leaves=6,
)


def nested(depth: int) -> Json:
    """An array in an array and so on, so many deep."""
    value: Json = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("a\0b", Awkward.NUL),
        ("a\ud800", Awkward.SURROGATE),
        ("\udfff", Awkward.SURROGATE),
        ("a\nb", Awkward.CONTROL),
        ("\x7f", Awkward.CONTROL),
        ("\x85", Awkward.CONTROL),
        ("ü", Awkward.UNICODE),
        ("😀", Awkward.UNICODE),
        ("\u2028", Awkward.UNICODE),
        ("", Awkward.EMPTY),
        ([], Awkward.EMPTY),
        ({}, Awkward.EMPTY),
        ("x" * (LONG + 1), Awkward.LONG),
        ("x" * LONG, None),
        (nested(DEEP + 1), Awkward.DEEP),
        (nested(DEEP), None),
        (SAFE_INTEGER, None),
        (-SAFE_INTEGER, None),
        (SAFE_INTEGER + 1, Awkward.INTEGER),
        (-SAFE_INTEGER - 1, Awkward.INTEGER),
        (0, None),
        (True, None),
        (False, None),
        (1.5, None),
        (1e15, Awkward.NUMBER),
        (1e-7, Awkward.NUMBER),
        (float("inf"), Awkward.NUMBER),
        (float("nan"), Awkward.NUMBER),
        (None, Awkward.NULL),
        ({"a b": 1}, None),
        ({"a.b": 1}, Awkward.KEY),
        ({"a/b": 1}, Awkward.KEY),
        ({"$a": 1}, Awkward.KEY),
        ({"__proto__": 1}, Awkward.KEY),
        ({"1": 1}, Awkward.KEY),
        ({"": 1}, Awkward.KEY),
        ({"ü": 1}, Awkward.UNICODE),
        ({"\0": 1}, Awkward.NUL),
        ({"x" * (LONG + 1): 1}, Awkward.LONG),
    ],
)
def test_each_value_has_its_kind(value: Json, kind: Awkward | None) -> None:
    """One value for each kind, and the last plain one on its edge."""
    assert awkwardness(value) is kind


def test_every_kind_can_be_met() -> None:
    """No kind is there in name only."""
    values = ["\0", "\ud800", "\n", "ü", "", "x" * (LONG + 1), nested(20), 2**60, 1e20, None, {"$": 1}]
    assert [awkwardness(value) for value in values] == list(Awkward)


@given(PLAIN)
def test_plain_values_are_plain(value: Json) -> None:
    """Printable text, safe numbers and simple names, in any arrangement, are not awkward."""
    assert awkwardness(value) is None


@given(PLAIN, st.sampled_from(["\0", "ü", None, 2**60, 1e20, {"a.b": 1}]), st.booleans())
def test_awkward_values_are_found_at_any_depth(value: Json, awkward: Json, first: bool) -> None:
    """What is awkward stays so within something plain, wherever it stands."""
    host: Json = {"a": awkward, "b": value} if first else [value, {"inner": [awkward]}]
    assert awkwardness(host) is awkwardness(awkward) is not None


@given(st.text(max_size=8))
def test_a_key_is_judged_as_a_member_name(name: str) -> None:
    """A member name is awkward alone just as it is in an object."""
    assert awkwardness({name: 1}) is key_awkwardness(name)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({}, set()),
        ({"a": 1, "b": "plain"}, set()),
        ({"a": "\0", "b": "ü", "c": 1}, {Awkward.NUL, Awkward.UNICODE}),
        ({"a.b": None}, {Awkward.KEY}),
        ({"a": None}, set()),
        ({"a": {"b": ["", {"c": 2**60}]}}, {Awkward.EMPTY, Awkward.INTEGER}),
        ("\n", {Awkward.CONTROL}),
        ("plain", set()),
        ([], {Awkward.EMPTY}),
    ],
)
def test_the_kinds_of_an_object_are_those_of_its_members(value: Json, found: set[Awkward]) -> None:
    """Each member counts for itself, with its name; an empty object has no member that could be awkward."""
    assert kinds(value) == found


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (0, 0.0),
        (1_700_000_000, 1_700_000_000.0),
        (1_700_000_000.25, 1_700_000_000.25),
        ("1970-01-01T00:00:10Z", 10.0),
        ("1970-01-01T01:00:10.5+01:00", 10.5),
        ("1969-12-31T23:59:59+00:00", -1.0),
        (True, None),
        (None, None),
        ("", None),
        ("yesterday", None),
        ("2024-13-01T00:00:00Z", None),
        (["1970-01-01T00:00:10Z"], None),
        ({}, None),
    ],
)
def test_a_time_is_a_number_or_a_text(value: Json, seconds: float | None) -> None:
    """Seconds since 1970, or RFC 3339 in any zone; anything else is no time."""
    assert instant(value) == seconds


@given(JSON)
def test_a_value_is_the_same_as_itself(value: Json) -> None:
    """Reflexive, also after a trip over the wire."""
    assert same(value, value)
    assert same(value, json.loads(json.dumps(value)))


@given(JSON, JSON)
def test_sameness_has_no_direction(left: Json, right: Json) -> None:
    """Symmetric, and never true of values whose JSON reads differently, numbers aside."""
    assert same(left, right) is same(right, left)
    if same(left, right):
        assert left == right


@given(JSON)
def test_no_boolean_is_a_number(value: Json) -> None:
    """True is not 1 and false is not 0, however deep they stand."""
    for boolean in (True, False):
        for number in (int(boolean), float(boolean)):
            assert not same(boolean, number)
            assert not same([value, {"a": boolean}], [value, {"a": number}])
            assert same([value, {"a": boolean}], [value, {"a": boolean}])


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        (0, -0.0, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1.0}, True),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ({"a": None}, {}, False),
        ({"a": None}, {"b": None}, False),
        (None, False, False),
        (None, 0, False),
        ("1", 1, False),
        ([], {}, False),
        ("", [], False),
        ({}, None, False),
        (2**53, 2**53 + 1, False),
        (-(10**30), -1e30, True),
        (10**30 + 7, 1e30, False),
        (10**400, float("inf"), False),
        (1, True, False),
        ("é", "e\u0301", False),
    ],
)
def test_values_are_compared_as_json(left: Json, right: Json, equal: bool) -> None:
    """Order counts in arrays and not in objects; nothing is converted or normalised."""
    assert same(left, right) is equal
    assert same(right, left) is equal


def test_the_texts_are_the_values_alone() -> None:
    """Strings at any depth, member names aside."""
    assert texts({"a": "x", "b": ["y", {"c": "z", "d": 1}, None], "e": True}) == ["x", "y", "z"]
    assert texts("x") == ["x"]
    assert texts(5) == []


@given(JSON)
def test_every_text_is_in_the_document(value: Json) -> None:
    """Each string that is found stands in the JSON text."""
    written = json.dumps(value)
    assert all(json.dumps(text) in written for text in texts(value))


@pytest.mark.parametrize(
    ("value", "weighs"),
    [
        (None, False),
        ("x" * 980, False),
        ("x" * 1_000, True),
        ([1] * 50, False),
        ([1] * 100, True),
        ([[[]] * 20] * 20, True),
        ({"k" * 990: 1}, True),
        ({f"k{number}": number for number in range(70)}, True),
    ],
)
def test_heavy_values(value: Any, weighs: bool) -> None:
    """A value is heavy by the length of its texts and names, and by how many values it holds."""
    assert heavy(value, 1_000) is weighs


def test_traits_tell_more_than_kinds() -> None:
    """Which control characters, and which signs in names; of what weighs too much, nothing."""
    assert traits({"a.b": "x\ty", "plain": 1}) == {Awkward.KEY, Awkward.CONTROL, "name .", "\t"}
    assert traits({"plain": "text"}) == frozenset()
    assert traits({f"a.{number}": "x" for number in range(20_000)}) == frozenset()
