"""What the harness has to say of an API whose sessions travel in a header, and show nothing of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import Budget, InvariantOutcome, Level, Verdict, load, run
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


@pytest.mark.parametrize("wrong", [None, "tells-no-id", "one-id-for-two"])
def test_an_id_may_stand_in_one_of_several_events(tmp_path: Path, wrong: str | None) -> None:
    """Each event is asked for it; and a fake answers as the document says."""
    (tmp_path / "openapi.yaml").write_text((PROFILE.parent / "openapi.yaml").read_text())
    said = PROFILE.read_text().replace("$response.header.Session", "/result/session")
    (tmp_path / "profile.toml").write_text(said)
    if wrong is None:
        check_right(lambda fault: create_app(fault, events=True), tmp_path / "profile.toml", 2)
        assert run(load(str(tmp_path)), seed=1, budget=Budget(requests=500)).verdict is Verdict.CONFORMS
    else:
        check_wrong(lambda fault: create_app(fault, events=True), tmp_path / "profile.toml", wrong, EXPECTED[wrong])


def test_what_shows_nothing_is_asked_nothing() -> None:
    """Every MUST that applies is put to the test: what is in a session cannot be."""
    report = judged(create_app(), PROFILE, 1, 2_000)
    untested = report.outcomes(InvariantOutcome.UNTESTED)
    assert [row.id for row in untested if row.level is Level.MUST] == []


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_wrong_server_is_found_out(wrong: str) -> None:
    """What the fault breaks is among the primary findings."""
    check_wrong(create_app, PROFILE, wrong, EXPECTED[wrong])
