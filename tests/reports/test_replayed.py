"""What came of a replay, as text and as JSON."""

from __future__ import annotations

import json

from conformance.catalogue import Level
from conformance.judge import Signature
from conformance.reports.replayed import Again, Answer, Replayed, State, render, render_json

SIGNATURE = Signature("runs/run-appends", "run_agent", "lost")


def _replayed(state: State, level: Level = Level.MUST, **more: object) -> Replayed:
    answers = (
        Answer(1, "a", "read", "GET /a"),
        *(Answer(each, "a", "read", f"GET /{each}", (f"/items/{each}/x: 1 instead of 2",)) for each in (2, 3, 4)),
        Answer(5, "", "", "GET /js", left_out="it is of no operation of the spec"),
    )
    found = Replayed("c.yaml", "adk", "fake", (Again(SIGNATURE, level, state, 1, 3, "a"),), answers)
    for name, value in more.items():
        object.__setattr__(found, name, value)
    return found


def test_exit_codes() -> None:
    """Only what is fixed, was not sent, or is a SHOULD does not fail."""
    failing = {state for state in State if _replayed(state).exit_code == 1}
    assert failing == {State.BROKEN, State.FLAKY, State.NEW}
    assert _replayed(State.BROKEN, Level.SHOULD).exit_code == 0
    assert _replayed(State.FIXED, unreachable="gone").exit_code == 4


def test_what_is_told() -> None:
    """Findings first; answers that changed alike are told once; what was not sent by its reason."""
    text = render(_replayed(State.FLAKY, notes=("older\x1b",), undeleted=("s-1",), unreachable="gone"))
    assert text == (
        "c.yaml against fake\n"
        "  flaky        runs/run-appends · run_agent · lost (MUST; seen in 1 of 3 replays)\n"
        "1 answers are the same, 3 changed\n"
        "  entry 2 of flow a GET /2 (and 2 alike)\n"
        "      /items/2/x: 1 instead of 2\n"
        "1 not sent: it is of no operation of the spec\n"
        "note: older\\x1b\n"
        "1 sessions could not be deleted: s-1\n"
        "ended: gone\n"
    )


def test_the_json_has_all() -> None:
    """Each answer with its state."""
    document = json.loads(render_json(_replayed(State.BROKEN)))
    assert [each["state"] for each in document["answers"]] == ["same", "changed", "changed", "changed", "not sent"]
    assert document["findings"][0]["state"] == "still broken"
