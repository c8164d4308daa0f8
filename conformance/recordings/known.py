"""Which known secrets stand in a text? Found in one pass, however many there are."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.recordings.unfolding import Edit, changes
from conformance.writings import WORD

SHORTEST = 4
"""A shorter secret would be found in every text; it is replaced only where it stands as one."""


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
        alike = self._by_beginning.setdefault(value[:SHORTEST], [])
        alike.append(value)
        alike.sort(key=len, reverse=True)

    def search(self, text: str) -> Iterator[Edit]:
        """Where they stand, from left to right; of those that begin together the longest."""
        index, at = self._by_beginning, 0
        for place in range(len(text) - SHORTEST + 1) if index else ():
            if place >= at and (candidates := index.get(text[place : place + SHORTEST])):
                value = next((each for each in candidates if _stands(text, place, each)), None)
                if value is not None:
                    at = place + len(value)
                    yield from changes(place, value, self._instead[value])


def _stands(text: str, place: int, value: str) -> bool:
    """Whether a value stands there; a short one only as a word of its own."""
    if not text.startswith(value, place):
        return False
    end = place + len(value)
    return len(value) >= WORD or not (_within_word(text[place - 1 : place]) or _within_word(text[end : end + 1]))


def _within_word(each: str) -> bool:
    return each == "_" or (each.isascii() and each.isalnum())
