"""What the harness has to say of an API in which a member of the body says whether a run is streamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.judged import check_right, check_wrong

from .app import FAULTS, create_app

PROFILE = Path(__file__).parent / "profile.toml"
EXPECTED = {
    "never-streams": "contract/answer-is-streamed-as-asked",
    "streams-always": "contract/answer-is-streamed-as-asked",
    "forgets-streams": "runs/run-appends",
    "keeps-streams-elsewhere": "runs/run-appends",
    "streams-to-nobody": "runs/run-requires-existing-session",
    "refuses-streams": "runs/stream-and-run-agree",
    "streams-another-reply": "runs/answer-stands-in-history",
    "stream-clears-metadata": "runs/run-leaves-attributes-alone",
    "takes-any-stream-flag": "refusals/request-that-violates-the-spec-is-refused",
}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_right_server_raises_no_alarm(seed: int) -> None:
    """Nothing is found in 10,000 exchanges, and nothing is left behind."""
    check_right(create_app, PROFILE, seed)


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_wrong_server_is_found_out(wrong: str) -> None:
    """What the fault breaks is among the primary findings."""
    check_wrong(create_app, PROFILE, wrong, EXPECTED[wrong])
