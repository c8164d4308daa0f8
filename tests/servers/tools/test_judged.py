"""What the harness has to say of an API whose sessions travel in a header, and show nothing of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import InvariantOutcome, Level
from tests.servers.judged import check_right, check_wrong, judged

from .app import FAULTS, create_app

PROFILE = Path(__file__).parent / "profile.toml"
EXPECTED = {
    "tells-no-id": "existence/created-session-is-named",
    "never-begins": "existence/created-session-is-readable",
    "ends-after-a-call": "existence/live-session-stays",
    "ends-all": "isolation/deleting-one-session-leaves-the-rest",
    "ends-nothing": "existence/deleted-session-stays-gone",
    "calls-without-a-session": "runs/run-requires-existing-session",
    "one-id-for-two": "existence/created-id-is-new",
}


@pytest.mark.parametrize("events", [False, True])
def test_a_right_server_raises_no_alarm(events: bool) -> None:
    """Nothing is found in 10,000 exchanges, and nothing is left behind; nobody asked for one form of the answers."""
    check_right(lambda wrong: create_app(wrong, events), PROFILE, 1)


def test_what_shows_nothing_is_asked_nothing() -> None:
    """Every MUST that applies is put to the test: what is in a session cannot be."""
    report = judged(create_app(), PROFILE, 1, 2_000)
    untested = report.outcomes(InvariantOutcome.UNTESTED)
    assert [row.id for row in untested if row.level is Level.MUST] == []


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_wrong_server_is_found_out(wrong: str) -> None:
    """What the fault breaks is among the primary findings."""
    check_wrong(create_app, PROFILE, wrong, EXPECTED[wrong])
