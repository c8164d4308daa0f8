"""Which entries led to a step: those of its session, however long ago, and the last few; in bounded space."""

from __future__ import annotations

from conformance.judge import Judge
from conformance.recordings.trails import FIRST, LONGEST, MAX_TRAILS, RECENT, Trails
from conformance.step import Step

from ..histories import ADK, Adk

READER = Judge(ADK).reader


def _read(name: str) -> Step:
    return READER.read(Adk().get(name))


def test_a_session_is_followed_back_over_all_others() -> None:
    """Its create is found behind a hundred entries of others."""
    trails = Trails()
    trails.note(1, READER.read(Adk().create("a")))
    for number in range(2, 200):
        trails.note(number, _read(f"other-{number}"))
    trails.note(200, _read("a"))
    assert trails.leading(_read("a")) == [1, *range(201 - RECENT, 201)]


def test_of_a_long_trail_the_first_and_the_last_are_kept() -> None:
    """A session may be read a million times."""
    trails = Trails()
    for number in range(1, 1_001):
        trails.note(number, _read("a"))
    for number in range(1_001, 1_001 + RECENT):
        trails.note(number, _read("b"))
    found = [number for number in trails.leading(_read("a")) if number <= 1_000]
    assert found == [*range(1, FIRST + 1), *range(1_001 - LONGEST + FIRST, 1_001)]


def test_the_number_of_trails_is_bounded() -> None:
    """Those met first are forgotten."""
    trails, step = Trails(), _read("a")
    for number in range(MAX_TRAILS + 10):
        step.session = f"s-{number}"
        trails.note(number, step)
    assert len(trails._sessions) == MAX_TRAILS // 2 + 10
    assert "s-9" not in trails._sessions
    assert f"s-{MAX_TRAILS + 9}" in trails._sessions
