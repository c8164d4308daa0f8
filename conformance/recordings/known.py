"""Which known secrets stand in a text? Found in one pass, however many there are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

from conformance.recordings.unfolding import Edit, changes
from conformance.writings import WORD

SHORTEST = 4
"""A shorter secret would be found in every text; it is replaced only where it stands as one."""

_HEAD = 256
"""Values that begin alike for so long are tried one by one."""
_LAST = chr(0x10FFFF)


class Known:
    """Secrets, and what stands instead of each."""

    def __init__(self) -> None:
        self._instead: dict[str, str] = {}
        self._by_beginning: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._instead)

    def __contains__(self, value: str) -> bool:
        return value in self._instead

    def get(self, value: str) -> str | None:
        """What stands instead of a secret; None if it is not known."""
        return self._instead.get(value)

    def add(self, value: str, instead: str) -> None:
        """Take a value as a secret, unless it is one already."""
        if len(value) < SHORTEST or value in self._instead:
            return
        self._instead[value] = instead
        insort(self._by_beginning.setdefault(value[:SHORTEST], []), value)

    def search(self, text: str) -> Iterator[Edit]:
        """Where they stand, from left to right; of those that begin together the longest."""
        index, at = self._by_beginning, 0
        for place in range(len(text) - SHORTEST + 1) if index else ():
            if place >= at and (candidates := index.get(text[place : place + SHORTEST])):
                value = _longest(text, place, candidates)
                if value is not None:
                    at = place + len(value)
                    yield from changes(place, value, self._instead[value])


def _longest(text: str, place: int, candidates: list[str]) -> str | None:
    """The longest of some values, in order, that stands there. Tokens begin alike by the thousand, so they are not
    tried one by one: what is no beginning of the text, and comes before it in their order, has nothing longer before
    it than what both begin with."""
    head = text[place : place + _HEAD]
    end = bisect_left(candidates, head + _LAST) if len(head) == _HEAD else 0
    for each in reversed(candidates[bisect_right(candidates, head) : end]):
        if text.startswith(each, place):
            return each
    while len(head) >= SHORTEST:
        index = bisect_right(candidates, head)
        if not index:
            return None
        value = candidates[index - 1]
        if _stands(text, place, value):
            return value
        head = value[:-1] if head.startswith(value) else head[: _shared(value, head)]
    return None


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with together."""
    return next((place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), len(one))


def _stands(text: str, place: int, value: str) -> bool:
    """Whether a value stands there; a short one only as a word of its own."""
    if not text.startswith(value, place):
        return False
    end = place + len(value)
    return len(value) >= WORD or not (_within_word(text[place - 1 : place]) or _within_word(text[end : end + 1]))


def _within_word(each: str) -> bool:
    return each == "_" or (each.isascii() and each.isalnum())
