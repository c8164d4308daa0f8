"""What the harness has to say of an API of which it was told nothing but a profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import Budget, Report, Verdict, load, matrix, run

from .app import FAULTS, KEY, create_app

PROFILE = Path(__file__).parent / "profile.toml"
EXPECTED = {
    "modifies-the-newest": "enrichment/enrichment-reads-back",
    "merges-metadata": "enrichment/enrichment-reads-back",
    "shares-metadata": "isolation/writes-stay-in-their-session",
    "delete-needs-no-key": "credentials/call-without-valid-credentials-is-refused",
    "deletes-half": "runs/run-requires-existing-session",
    "says-to-nobody": "runs/run-requires-existing-session",
    "second-delete-is-fine": "existence/delete-of-a-missing-session-answers-as-declared",
    "loses-the-third-message": "runs/run-appends",
    "keeps-ten-messages": "runs/run-keeps-history",
    "lowers-messages": "runs/message-stands-in-history",
    "trims-messages": "runs/message-stands-in-history",
    "says-to-the-thread-before": "runs/run-appends",
    "takes-any-metadata": "refusals/request-that-violates-the-spec-is-refused",
    "moves-the-creation": "times/creation-time-stays",
    "counts-reads": "existence/reading-changes-nothing",
}


def judged(monkeypatch: pytest.MonkeyPatch, wrong: str | None, seed: int, requests: int) -> Report:
    """Judge the app."""
    monkeypatch.setenv("ASSISTANTS_KEY", KEY)
    return run(load(str(PROFILE)), app=create_app(wrong), seed=seed, budget=Budget(requests=requests))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_right_server_raises_no_alarm(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Nothing is found in 5,000 exchanges, every MUST that applies was put to the test, nothing is left behind."""
    report = judged(monkeypatch, None, seed, 5_000)
    assert report.verdict is Verdict.CONFORMS, [str(each.signature) for each in report.findings]
    assert report.undeleted == ()


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_wrong_server_is_found_out(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    """What the fault breaks is among the primary findings."""
    report = judged(monkeypatch, wrong, 1, 2_000)
    assert EXPECTED[wrong] in {each.signature.invariant for each in report.findings if each.primary}


def test_every_fault_of_its_fake_is_caught() -> None:
    """The fake that is made of this spec alone raises no alarm, and none of its faults goes unnoticed."""
    found = matrix(load(str(PROFILE)), budget=Budget(requests=3_000))
    assert found.alarms == ()
    assert [kill.fault for kill in found.kills if kill.requests is None] == []
