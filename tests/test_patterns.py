"""Which texts does a pattern match? New ones, one after the other."""

from __future__ import annotations

import re

import pytest

from conformance import patterns
from conformance.patterns import Matching

PATTERNS = ["^sess_[0-9a-f]{12}$", "^[A-Z]{2}-[0-9]{6}$", "^thread:[a-z]+:[a-z]{8}$", "[0-9]{5}"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_texts_match_and_are_new(pattern: str) -> None:
    """Each matches, none comes twice, all can be printed."""
    matching = Matching(pattern, 1)
    made = [matching.new() for _ in range(300)]
    assert len(set(made)) == 300
    assert all(re.search(pattern, each) for each in made)
    assert all(each.isprintable() and each.isascii() for each in made)


def test_the_same_seed_gives_the_same() -> None:
    """And another one others, in another order."""
    first, again, other = ([Matching(PATTERNS[0], seed).new() for _ in range(3)] for seed in (1, 1, 2))
    assert first == again
    assert first != other
    one, two = Matching(PATTERNS[0], 1), Matching(PATTERNS[0], 1)
    assert [one.new() for _ in range(250)] == [two.new() for _ in range(250)]


def test_a_pattern_of_few_texts_gives_them_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """When all were given, one of them comes again, instead of nothing."""
    monkeypatch.setattr(patterns, "MAX_BATCHES", 2)
    matching = Matching("^(a|b)$", 1)
    assert sorted(matching.new() for _ in range(2)) == ["a", "b"]
    assert matching.new() in ("a", "b")


def test_a_dollar_sign_is_the_end() -> None:
    """Not what stands before a line break: ids do not end with one."""
    matching = Matching("^[ab]{6}$", 1)
    assert not any("\n" in matching.new() for _ in range(40))
