"""Is this JSON value plain, or legal but awkward?

Plain values carry the MUSTs. Awkward ones are legal JSON that implementations are known to mangle; each kind is judged
on its own, so that a database that cannot hold a NUL is not accused of losing an enrichment.

Source: RFC 8259, sections 6 (numbers), 8.2 (unpaired surrogates) and 9 (limits); RFC 7493 (I-JSON), section 2.2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from math import floor
from typing import Final

from conformance.expressions import Json

LONG: Final = 1_000
"""Strings longer than this, in characters, are awkward."""
DEEP: Final = 16
"""Values nested deeper than this are awkward."""
SAFE_INTEGER: Final = 2**53 - 1
"""The largest integer that every I-JSON implementation keeps (RFC 7493, section 2.2)."""

_PLAIN_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_ -]*\Z")
_SIGN: Final = re.compile(r"[!-,./:-@\[-^`{-~]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_CONTROL: Final = re.compile("[\x01-\x1f\x7f-\x9f]")
_UNICODE: Final = re.compile("[\xa0-\ud7ff\ue000-\U0010ffff]")


class Awkward(StrEnum):
    """The kinds of legal but awkward values."""

    __hash__ = str.__hash__  # that of an Enum is slow

    NUL = "nul"
    SURROGATE = "surrogate"
    CONTROL = "control"
    UNICODE = "unicode"
    EMPTY = "empty"
    LONG = "long"
    DEEP = "deep"
    INTEGER = "integer"
    NUMBER = "number"
    NULL = "null"
    KEY = "key"


SPOKEN: Final = frozenset({Awkward.NUL, Awkward.SURROGATE, Awkward.CONTROL, Awkward.UNICODE, Awkward.LONG})
"""The kinds that a text can be of, and still be known again."""
EXAMPLES: Final[Mapping[Awkward, Json]] = {
    Awkward.UNICODE: "na\u00efve \u65e5\u672c\U0001f600",
    Awkward.CONTROL: "line\r\nbell\x07tab\tdelete\x7f",
    Awkward.NUL: "before\0after",
    Awkward.SURROGATE: f"before{chr(0xD800)}after",
    Awkward.EMPTY: "",
    Awkward.LONG: "long " * 14_000 + "text",  # columns end at 255, 4,000 or 65,535
    Awkward.DEEP: json.loads("[" * 96 + '"deep"' + "]" * 96),
    Awkward.INTEGER: 2**53 + 1,
    Awkward.NUMBER: 0.12345678901234567,
    Awkward.KEY: "with.dots",
}
"""One of each kind; for KEY it is the name of a member."""


_IN_TEXT: Final = (
    (Awkward.NUL, re.compile("\0")),
    (Awkward.SURROGATE, _SURROGATE),
    (Awkward.CONTROL, _CONTROL),
    (Awkward.UNICODE, _UNICODE),
)


def awkwardness(value: Json, depth: int = 0) -> Awkward | None:
    """The kind of the first awkward thing in a value, or None if it is plain all through."""
    kind = type(value)
    if kind is str:
        return _text(value)
    if kind is bool:
        return None
    if kind is int:
        return Awkward.INTEGER if abs(value) > SAFE_INTEGER else None
    if kind is float:
        return None if value == value and abs(value) < 1e15 and value == round(value, 6) else Awkward.NUMBER
    if value is None:
        return Awkward.NULL
    if depth >= DEEP:
        return Awkward.DEEP
    if not value:
        return Awkward.EMPTY
    if kind is list:
        return next((found for item in value if (found := awkwardness(item, depth + 1))), None)
    for key, item in value.items():
        if found := key_awkwardness(key) or awkwardness(item, depth + 1):
            return found
    return None


def _is_plain(text: str) -> bool:
    """Whether a string holds nothing but what ASCII can print."""
    return text.isascii() and text.isprintable()


def _is_plain_name(key: str) -> bool:
    """Whether a member name is plain, as most are; of those with spaces or hyphens the pattern tells."""
    return key.isascii() and key.isidentifier() and not key.startswith("_")


def _text(text: str) -> Awkward | None:
    """The kind of an awkward string."""
    if not text:
        return Awkward.EMPTY
    if len(text) > LONG:
        return Awkward.LONG
    if _is_plain(text):
        return None
    if "\0" in text:
        return Awkward.NUL
    if _SURROGATE.search(text):
        return Awkward.SURROGATE
    return Awkward.CONTROL if _CONTROL.search(text) else Awkward.UNICODE


def key_awkwardness(key: str) -> Awkward | None:
    """The kind of an awkward member name; names with dots, slashes, dollars or `__proto__` are of kind KEY."""
    if len(key) <= LONG and (_is_plain_name(key) or _PLAIN_KEY.match(key)):
        return None
    found = _text(key)
    return Awkward.KEY if found in (None, Awkward.EMPTY) else found


def _key_kinds(key: str) -> frozenset[Awkward]:
    """All kinds of an awkward member name."""
    found = {each for each, pattern in _IN_TEXT if pattern.search(key)}
    if len(key) > LONG:
        found.add(Awkward.LONG)
    if not found or _SIGN.search(key):
        found.add(Awkward.KEY)
    return frozenset(found)


def every_kind(value: Json, depth: int = 0) -> frozenset[Awkward]:
    """All kinds of awkward things in a value, nulls aside."""
    if isinstance(value, str) and 0 < len(value) <= LONG and _is_plain(value):
        return frozenset()
    found: set[Awkward | None] = set()
    _gather_kinds(value, depth, found)
    return frozenset(each for each in found if each is not None and each is not Awkward.NULL) if found else frozenset()


def _gather_kinds(value: Json, depth: int, found: set[Awkward | None]) -> None:
    """Add the kinds of awkward things in a value."""
    kind = type(value)
    if (kind is not dict and kind is not list) or not value or depth >= DEEP:
        if kind is str and value and not _is_plain(value):
            found.update(each for each, pattern in _IN_TEXT if pattern.search(value))
        if (awkward := awkwardness(value, depth)) is not None:
            found.add(awkward)
        return
    if kind is dict:
        for key in value:
            if key_awkwardness(key):
                found |= _key_kinds(key)
    for item in value.values() if kind is dict else value:
        _gather_kinds(item, depth + 1, found)


MAX_TOLD: Final = 2**18
"""Values that weigh more are not looked at that closely."""


def traits(value: Json) -> frozenset[str]:
    """All that is awkward in a value, more closely than by its kinds: also which control characters, and which signs in
    names, or which name. Of one that weighs too much nothing is told."""
    if heavy(value, MAX_TOLD):
        return frozenset()
    found: set[str] = set(kinds(value))
    waiting = [value] if found else []
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            found.update(_CONTROL.findall(each))
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, dict):
            waiting.extend((*each, *each.values()))
            for key in each:
                if key_awkwardness(key) and Awkward.KEY in _key_kinds(key):
                    found.update(f"name {sign}" for sign in _SIGN.findall(key) or [key])
    return frozenset(found)


def kinds(value: Json) -> frozenset[Awkward]:
    """All kinds of awkward things in the members of an object, which may itself be empty, or in another value."""
    return frozenset() if value == {} else every_kind(value)


def instant(value: Json) -> float | None:
    """A time as seconds since 1970, from a number of seconds or an RFC 3339 text; None if it is neither."""
    if isinstance(value, str):
        return _instant(value)
    try:
        return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    except OverflowError:
        return None


@lru_cache(maxsize=4_096)
def _instant(text: str) -> float | None:
    """A time that is written as a text. Each is compared several times."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


def one_moment(left: Json, right: Json) -> bool:
    """Whether two times are one, or one of them is the other without some digits: a list may show whole seconds where
    a read shows fractions."""
    first, second = instant(left), instant(right)
    if first is None or second is None or first == second:
        return first == second
    exact, other = _digits(left), _digits(right)
    scale = 10.0 ** min(exact, other)
    return exact != other and floor(first * scale) == floor(second * scale)


def _digits(time: Json) -> int:
    """To how many digits of a second a time is told; a number with a fraction is as exact as numbers are."""
    if not isinstance(time, str):
        return 9 if isinstance(time, float) else 0
    found = re.search(r"[.,](\d+)", time)
    return len(found[1]) if found else 0


def same(left: Json, right: Json) -> bool:
    """Equality of JSON values: 1 equals 1.0, and ten to the power of thirty 1e30, but true is not 1."""
    if isinstance(left, str):
        return isinstance(right, str) and left == right
    if isinstance(left, dict):
        return isinstance(right, dict) and len(left) == len(right) and _same_members(left, right)
    if isinstance(left, list):
        if not isinstance(right, list) or len(left) != len(right):
            return False
        return all(same(value, right[index]) for index, value in enumerate(left))
    kind = type(left)
    if kind is int and type(right) is float:
        return _written_alike(left, right)
    if kind is float and type(right) is int:
        return _written_alike(right, left)
    return bool(left == right) and (kind is bool) == (type(right) is bool)


_NONE: Final[object] = object()


def _same_members(left: dict[str, Json], right: dict[str, Json]) -> bool:
    """Whether two objects of as many members have the same ones."""
    for key, value in left.items():
        other = right.get(key, _NONE)
        if isinstance(value, str):
            if not isinstance(other, str) or value != other:
                return False
        elif other is _NONE or not same(value, other):
            return False
    return True


def _written_alike(whole: Json, number: Json) -> bool:
    """Whether a number with an exponent is an integer as it is written; the float that it is read as may be another.

    Neither has a type here: Python compares the two exactly, and compiled code would round one of them.
    """
    return whole == number or Decimal(whole) == Decimal(repr(number))


def texts(value: Json) -> list[str]:
    """Every string that a value holds, member names aside."""
    if isinstance(value, str):
        return [value]
    found: list[str] = []
    waiting: list[Json] = [value]
    for each in waiting:  # which grows meanwhile
        if isinstance(each, str):
            found.append(each)
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found


_WEIGHT: Final = 16


def heavy(value: Json, limit: int) -> bool:
    """Whether a value weighs more than a limit: its strings by their length, and something for each value in it."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        limit -= _WEIGHT
        if isinstance(each, str):
            limit -= len(each)
        elif isinstance(each, (dict, list)):
            if limit < _WEIGHT * len(each):
                return True
            if isinstance(each, dict):
                limit -= sum(map(len, each))
            waiting.extend(each.values() if isinstance(each, dict) else each)
        if limit < 0:
            return True
    return False
