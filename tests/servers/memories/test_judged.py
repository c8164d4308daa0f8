"""What the harness has to say of an API in which a create may find its session there, and no read misses one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.judged import check_right, check_wrong

from .app import FAULTS, create_app

PROFILE = Path(__file__).parent / "profile.toml"
EXPECTED = {
    "put-begins-anew": "existence/duplicate-create-leaves-the-original",
    "put-replaces-facts": "existence/duplicate-create-leaves-the-original",
    "put-is-forgotten": "existence/created-session-reads-back",
    "put-refuses": "existence/duplicate-create-is-refused",
    "turn-forgets-facts": "enrichment/enrichment-reads-back",
    "turn-replaces-facts": "runs/run-leaves-attributes-alone",
    "unknown-shows-the-last": "existence/missing-session-is-refused",
    "ids-in-any-case": "existence/missing-session-is-refused",
    "delete-leaves-turns": "existence/deleted-session-stays-gone",
    "turn-digs-up": "existence/recreated-session-starts-empty",
    "delete-of-anothers": "isolation/other-owners-change-nothing",
    "one-memory-a-name": "isolation/other-owners-change-nothing",
}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_right_server_raises_no_alarm(seed: int) -> None:
    """Nothing is found in 10,000 exchanges, and nothing is left behind."""
    check_right(create_app, PROFILE, seed)


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_wrong_server_is_found_out(wrong: str) -> None:
    """What the fault breaks is among the primary findings."""
    check_wrong(create_app, PROFILE, wrong, EXPECTED[wrong])
