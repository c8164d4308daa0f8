"""The harness judges a server that it did not build: right, it conforms; wrong in any way, that is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import Budget, Report, Verdict, load, run

from .app import FAULTS, create_app

PROFILE = load(str(Path(__file__).parent / "profile.toml"))

EXPECTED = {
    "run-without-thread": "runs/run-requires-existing-session",
    "refused-run-creates-thread": "runs/refused-run-leaves-no-trace",
    "failed-run-is-kept": "runs/refused-run-leaves-no-trace",
    "labels-echoed-not-stored": "existence/created-session-reads-back",
    "delete-does-nothing": "existence/deleted-session-stays-gone",
    "deleted-still-listed": "listing/list-holds-no-deleted-session",
    "deleted-still-readable": "existence/deleted-session-stays-gone",
    "deleted-accepts-runs": "runs/run-requires-existing-session",
    "duplicate-create-wipes": "existence/duplicate-create-leaves-the-original",
    "duplicate-create-accepted": "existence/duplicate-create-is-refused",
    "say-replaces-history": "runs/run-keeps-history",
    "say-appends-nothing": "runs/run-appends",
    "say-drops-oldest": "runs/run-keeps-history",
    "reply-not-in-history": "runs/answer-stands-in-history",
    "label-lost": "enrichment/enrichment-reads-back",
    "label-replaces": "enrichment/enrichment-keeps-other-keys",
    "label-to-latest-thread": "enrichment/enrichment-reads-back",
    "label-to-first-thread": "enrichment/enrichment-reads-back",
    "label-to-all-threads-of-owner": "isolation/writes-stay-in-their-session",
    "label-creates-missing": "enrichment/refused-enrichment-changes-nothing",
    "label-applied-though-refused": "enrichment/refused-enrichment-changes-nothing",
    "label-clears-messages": "enrichment/enrichment-leaves-history-alone",
    "say-goes-to-first-thread": "runs/run-appends",
    "list-omits-newest": "listing/list-holds-every-live-session",
    "list-omits-oldest-when-many": "listing/list-holds-every-live-session",
    "list-shows-everyone": "listing/list-holds-only-own-sessions",
    "get-ignores-owner": "isolation/other-owners-are-refused",
    "ids-shared-across-owners": "isolation/one-id-under-two-owners-is-two-sessions",
    "delete-ignores-owner": "isolation/other-owners-change-nothing",
    "delete-removes-all-of-owner": "isolation/deleting-one-session-leaves-the-rest",
    "second-create-fails": "existence/later-create-is-as-good-as-the-first",
    "chosen-id-ignored": "existence/chosen-id-is-honoured",
    "undocumented-status": "contract/status-is-documented",
    "missing-field": "contract/body-conforms",
    "accepts-invalid": "refusals/request-that-violates-the-spec-is-refused",
    "read-changes-labels": "existence/reading-changes-nothing",
    "list-label-stale": "listing/list-and-read-agree",
    "crash-on-empty-labels": "contract/no-server-error",
    "html-on-missing": "contract/content-type-is-documented",
}


def _judged(fault: str | None, seed: int, requests: int) -> Report:
    return run(PROFILE, app=create_app(fault), seed=seed, budget=Budget(requests=requests))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_right_server_conforms(seed: int) -> None:
    """No alarm in 10,000 exchanges, and nothing left behind."""
    report = _judged(None, seed, 10_000)
    assert report.verdict is Verdict.CONFORMS, [str(each.signature) for each in report.findings]
    assert report.undeleted == ()


def test_every_switch_is_expected() -> None:
    """There is an expectation for each way in which the server can be wrong."""
    assert EXPECTED.keys() == FAULTS.keys()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_server_is_found_out(fault: str) -> None:
    """The invariant that the fault breaks is among the primary findings, in 700 requests, and came back."""
    report = _judged(fault, 1, 700)
    found = {each.signature.invariant: each for each in report.findings if each.primary}
    assert EXPECTED[fault] in found
    assert found[EXPECTED[fault]].reproduced
