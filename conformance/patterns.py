"""Which texts does a pattern match? New ones, one after the other."""

from __future__ import annotations

import random
from functools import cache

from hypothesis import strategies as st

from conformance.drawing import draw

BATCH = 200
"""So many texts are drawn from a pattern at a time."""
MAX_BATCHES = 50
"""So many batches are tried until one has something new."""
_PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)


class Matching:
    """Texts that a regular expression matches as a whole, all different; the same seed gives the same ones."""

    def __init__(self, pattern: str, seed: int) -> None:
        self._pattern = pattern
        self._seed = seed
        self._number = 0
        self._waiting: list[str] = []
        self._used: set[str] = set()

    def new(self) -> str:
        """A text that was not given before; one that was, if the pattern allows no more."""
        while not self._waiting and self._number < MAX_BATCHES:
            drawn = [text for text in _drawn(self._pattern, self._seed + self._number) if text not in self._used]
            random.Random(self._seed).shuffle(drawn)
            self._waiting = drawn
            self._used.update(drawn)
            self._number += 1
        return self._waiting.pop() if self._waiting else next(iter(sorted(self._used)))


@cache
def _drawn(pattern: str, seed: int) -> tuple[str, ...]:
    """A batch of texts that a pattern matches, of printable ASCII where it leaves the choice."""
    found: dict[str, None] = {}

    # A dollar sign also stands before a line break at the end.
    texts = st.from_regex(pattern, alphabet=_PRINTABLE).map(lambda text: text.rstrip("\n"))
    draw(texts, BATCH, seed, found.setdefault)
    return tuple(found)
