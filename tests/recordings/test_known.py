"""Many secrets are looked for at once."""

from __future__ import annotations

from conformance.recordings.known import Known
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
