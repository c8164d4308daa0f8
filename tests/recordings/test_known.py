"""Many secrets are looked for at once."""

from __future__ import annotations

import random

from conformance.recordings.known import SHORTEST, Known
from conformance.recordings.unfolding import replaced


def test_the_longest_is_taken() -> None:
    """One secret may begin as another does."""
    known = Known()
    known.add("abcd-1", "1")
    known.add("abcd-1-long", "2")
    assert replaced("xabcd-1-long abcd-1-", known.search) == "x2 1-"


def test_short_ones_are_words() -> None:
    """Else they would be found in every text."""
    known = Known()
    known.add("dark", "1")
    known.add("cat", "2")
    assert (len(known), "dark" in known, "cat" in known) == (1, True, False)
    assert replaced('"dark" darken _dark cat', known.search) == '"1" darken _dark cat'


def test_of_many_that_begin_alike_the_longest_is_taken() -> None:
    """As if each were tried, whether one begins another, is long, or differs late."""
    source = random.Random(1)
    values = {"".join(source.choices("ab", k=source.randint(SHORTEST + 2, 12))) for _ in range(60)}
    values |= {"a" * size for size in (255, 256, 257, 300)} | {"a" * 280 + "b", "b" * 270}
    known = Known()
    for each in values:
        known.add(each, f"<{each.upper()}>")
    for _ in range(200):
        text = "".join(source.choices(["a", "b", "ab", "a" * 256, "b" * 270, " "], k=30))
        assert replaced(text, known.search) == _tried(text, sorted(values, key=len, reverse=True))


def _tried(text: str, values: list[str]) -> str:
    """What comes of trying each value at each place, the longest first."""
    made, place = "", 0
    while place < len(text):
        value = next((each for each in values if text.startswith(each, place)), None)
        made += text[place] if value is None else f"<{value.upper()}>"
        place += 1 if value is None else len(value)
    return made


def test_many_that_begin_alike_take_no_longer() -> None:
    """Tokens all begin as `eyJh`: each of thousands tried at each of many places would not end."""
    known = Known()
    for number in range(10_000):
        known.add(f"eyJh{number:08}", "x" * 12)
    text = "eyJh" * 200_000
    assert replaced(text, known.search) == text
