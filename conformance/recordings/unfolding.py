"""Where does a text stand within another one, whichever way it is written there? Escapes are undone, base64 is opened.

An escape may stand for any character: `p%61ss`, `p\\u0061ss` and `p&#97;ss` are the same text, and so is each of them
in base64, or escaped once more. What is found is replaced character by character, so that the writing stays as it was.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from html import unescape
from typing import NamedTuple

DEPTH = 3
"""So many writings, one within the other, are undone."""
_PERCENT = r"(?:%[0-9A-Fa-f]{2})+"
_UNICODE = r"(?:\\u[0-9A-Fa-f]{4})+"
_ENTITY = r"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});"
_ESCAPE = re.compile(rf"{_PERCENT}|{_UNICODE}|\\[\"\\/bfnrt]|{_ENTITY}")
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{8,}={0,2}")
_URL_SAFE = str.maketrans("-_", "+/")


class Edit(NamedTuple):
    """What stands between two places of a text, and what is to stand there instead."""

    start: int
    end: int
    instead: str


Search = Callable[[str], Iterator[Edit]]
"""What is to be replaced in a text as it stands."""


def replaced(text: str, search: Search) -> str:
    """A text with everything replaced that is found in it, in any writing."""
    return _applied(text, _edits(text, search, DEPTH))


def _edits(text: str, search: Search, depth: int) -> list[Edit]:
    """What is to be replaced; of two that overlap the first."""
    found = list(search(text))
    if depth:
        found += _in_base64(text, search, depth)
        plain, starts = unfolded(text)
        if starts is not None:
            inner = _edits(plain, search, depth - 1)
            found += (Edit(starts[each.start], starts[each.end], each.instead) for each in inner)
    kept: list[Edit] = []
    for each in sorted(found, key=lambda edit: (edit.start, -edit.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


def changes(start: int, before: str, after: str) -> Iterator[Edit]:
    """How a text becomes another one: whole if their lengths differ, else character by character."""
    if len(before) != len(after):
        yield Edit(start, start + len(before), after)
        return
    for index, (old, new) in enumerate(zip(before, after, strict=True), start=start):
        if old != new:
            yield Edit(index, index + 1, new)


def _applied(text: str, edits: Sequence[Edit]) -> str:
    """A text after its edits, which stand in order."""
    if not edits:
        return text
    pieces: list[str] = []
    at = 0
    for each in edits:
        pieces += text[at : each.start], each.instead
        at = each.end
    return "".join([*pieces, text[at:]])


def _in_base64(text: str, search: Search, depth: int) -> Iterator[Edit]:
    """What is to be replaced within texts that were written as base64."""
    for found in _BASE64.finditer(text):
        token = found[0].rstrip("=")
        try:
            inner = base64.b64decode(token.translate(_URL_SAFE) + "=" * (-len(token) % 4)).decode()
        except (binascii.Error, ValueError):
            continue
        clean = _applied(inner, _edits(inner, search, depth - 1))
        if clean != inner:
            write = base64.urlsafe_b64encode if "-" in token or "_" in token else base64.b64encode
            again = write(clean.encode("utf-8", "surrogatepass")).decode()
            yield Edit(found.start(), found.end(), again if found[0] != token else again.rstrip("="))


@lru_cache(maxsize=2)
def unfolded(text: str) -> tuple[str, list[int] | None]:
    """A text with its escapes undone, and where each of its characters, and its end, stood; None if it has none."""
    if "%" not in text and "\\" not in text and "&" not in text:
        return text, None
    pieces: list[str] = []
    starts: list[int] = []
    at = 0
    for found in _ESCAPE.finditer(text):
        pieces.append(text[at : found.start()])
        starts += range(at, found.start())
        place = found.start()
        for character, width in _undone(found[0]):
            pieces.append(character)
            starts += [place] * len(character)
            place += width
        at = found.end()
    if not at:
        return text, None
    return "".join([*pieces, text[at:]]), [*starts, *range(at, len(text) + 1)]


def _undone(escape: str) -> Iterator[tuple[str, int]]:
    """The characters that an escape, or a run of them, stands for, each with the width of its writing."""
    if escape[0] == "%":
        raw = bytes.fromhex(escape.replace("%", ""))
        for each in raw.decode("utf-8", "surrogateescape"):
            yield each, 3 * len(each.encode("utf-8", "surrogateescape"))
    elif escape[0] == "&":
        yield unescape(escape), len(escape)
    elif escape[1] == "u":
        raw = bytes.fromhex(escape.replace("\\u", ""))
        for each in raw.decode("utf-16-be", "surrogatepass"):
            yield each, 12 if each > "\uffff" else 6
    else:
        yield _SHORT.get(escape[1], escape[1]), 2
