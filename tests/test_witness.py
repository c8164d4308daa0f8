"""The fewest exchanges that show it: no cause is left out, and nothing else is left in."""

from __future__ import annotations

from conformance.judge import Judge, Violation
from conformance.witness import Witness, shortest

from .histories import ADK, Adk, Story, event, said


def _witness(story: Story, closed: bool = False) -> Witness:
    """The witness of the last violation of a story."""
    judge = Judge(ADK)
    history = judge.history(closed)
    last: list[Violation] = []
    for each in story:
        last = history.see(each)[1] or last
    return shortest(Judge(ADK), story, last[-1], closed)


def _paths(witness: Witness) -> list[str]:
    return [f"{step.role} {step.session or step.created}" for step in witness.steps]


def test_what_does_not_matter_is_left_out() -> None:
    """Other sessions, and readings between."""
    adk = Adk()
    story = [adk.create("a", {"x": 1}), adk.create("b"), adk.get("b"), adk.get("a", {"x": 1}), adk.get("a", {"x": 2})]
    assert _paths(_witness(story)) == ["read a", "read a"]


def test_a_cause_stays_with_its_effect() -> None:
    """A violation of the same session that came before is not left out, since the answer would be left without one."""
    adk = Adk()
    crash = said(500, {"detail": "no"})
    story = [adk.create("a", {"x": 1}), adk.get("a", {"x": 2}), adk.get("b", answer=crash), adk.get("a", {"x": 3})]
    witness = _witness(story)
    assert witness.first != witness.violation.signature or len(witness.steps) == 2


def test_in_a_closed_world_nothing_that_makes_sessions_is_left_out() -> None:
    """Without its create, a session would be accused of being served although it is missing."""
    adk = Adk()
    story = [adk.create("a"), adk.get("a"), adk.get("b", {}, event("e"))]
    witness = _witness(story, closed=True)
    assert _paths(witness) == ["create a", "read b"]
    assert witness.alone
