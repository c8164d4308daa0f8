"""What the harness has to say of an API of numbers and nested owners, of which it was told nothing but a profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import Budget, load, matrix
from tests.servers.judged import check_right, check_wrong

from .app import FAULTS, create_app

PROFILE = Path(__file__).parent / "profile.toml"
EXPECTED = {
    "forgets-the-project": "isolation/other-owners-are-refused",
    "forgets-the-organisation": "isolation/other-owners-are-refused",
    "lists-the-organisation": "listing/list-holds-only-own-sessions",
    "put-merges": "enrichment/enrichment-reads-back",
    "subject-is-lost": "enrichment/enrichment-reads-back",
    "put-is-lost": "enrichment/enrichment-reads-back",
    "put-makes": "enrichment/enrichment-requires-existing-session",
    "takes-ids-again": "existence/created-id-is-new",
    "close-is-lost": "transitions/transition-reads-back",
    "close-clears": "transitions/transition-leaves-the-rest-alone",
    "reopens-nothing": "transitions/declared-transition-is-accepted",
    "talks-when-closed": "runs/ended-session-refuses-runs",
    "deletes-when-open": "existence/delete-in-a-spared-status-is-refused",
    "deletes-and-refuses": "refusals/refused-delete-changes-nothing",
    "keeps-what-was-closed": "existence/live-session-can-be-deleted",
    "page-skips": "listing/pages-partition-the-list",
    "never-more": "listing/list-holds-every-live-session",
    "points-elsewhere": "existence/created-session-is-readable",
    "comments-on-the-newest": "runs/run-appends",
    "numbers-as-text": "existence/created-session-reads-back",
}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_right_server_raises_no_alarm(seed: int) -> None:
    """Nothing is found in 10,000 exchanges, and nothing is left behind."""
    check_right(create_app, PROFILE, seed)


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_wrong_server_is_found_out(wrong: str) -> None:
    """What the fault breaks is among the primary findings."""
    check_wrong(create_app, PROFILE, wrong, EXPECTED[wrong], 2_000)


def test_every_fault_of_its_fake_is_caught() -> None:
    """The fake that is made of this spec alone raises no alarm, and none of its faults goes unnoticed."""
    found = matrix(load(str(PROFILE)), budget=Budget(requests=3_000))
    assert found.alarms == ()
    assert [kill.fault for kill in found.kills if kill.requests is None] == []
