"""What the harness has to say of an API in which the first message of a chat makes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import Budget, Verdict, load, run
from tests.servers.judged import check_right, check_wrong

from .app import FAULTS, create_app

PROFILE = Path(__file__).parent / "profile.toml"
EXPECTED = {
    "forgets-the-first-message": "runs/run-appends",
    "keeps-the-first-message-twice": "runs/message-stands-in-history",
    "begins-anew": "runs/run-appends",
    "goes-on-with-the-last": "existence/created-id-is-new",
    "forgets-the-inputs": "existence/created-session-reads-back",
    "tells-no-id-in-a-stream": "existence/created-session-is-named",
    "repeats-the-last": "listing/pages-partition-the-list",
    "begins-what-is-not-there": "runs/run-requires-existing-session",
}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_right_server_raises_no_alarm(seed: int) -> None:
    """Nothing is found in 10,000 exchanges, and nothing is left behind."""
    check_right(create_app, PROFILE, seed)


def test_the_fake_is_a_right_server() -> None:
    """What begins a chat stands in its history."""
    report = run(load(str(PROFILE)), seed=1, budget=Budget(requests=1_500))
    assert report.verdict is Verdict.CONFORMS
    assert report.row("runs/message-stands-in-history").observations > 0


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_wrong_server_is_found_out(wrong: str) -> None:
    """What the fault breaks is among the primary findings."""
    check_wrong(create_app, PROFILE, wrong, EXPECTED[wrong])
