"""A secret is in the environment alone: no report ever holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance import Budget, Report, load, run
from conformance.reports import github, junit, terminal
from conformance.reports import json as json_report
from conformance.reports.curl import commands

THREADS = Path(__file__).parents[1] / "servers" / "threads"
SECRET = "s3cr3t-t0ken"


@pytest.fixture(params=["Authorization", "X-Api-Key"])
def report(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """The report of a run with credentials, on a fake that demands them and is wrong."""
    (tmp_path / "openapi.yaml").write_bytes((THREADS / "openapi.yaml").read_bytes())
    text = (THREADS / "profile.toml").read_text(encoding="utf-8")
    auth = f'\n[auth]\nname = "{request.param}"\nvalue = "Bearer ${{CONFORMANCE_TEST_TOKEN}}"\n'
    (tmp_path / "profile.toml").write_text(text + auth, encoding="utf-8")
    monkeypatch.setenv("CONFORMANCE_TEST_TOKEN", SECRET)
    return run(load(tmp_path), fault="loses-enrichments", budget=Budget(requests=250))


def test_the_secret_was_sent(report: Report) -> None:
    """Otherwise the other tests would prove nothing: the fake admits nobody without it."""
    sent = [call.exchange.request.headers for finding in report.findings for call in finding.flow]
    assert any(f"Bearer {SECRET}" in dict(headers).values() for headers in sent)


def test_no_report_holds_a_secret(report: Report) -> None:
    """Neither for people nor for machines, nor in the lines to be copied."""
    texts = [
        terminal.render(report),
        terminal.render(report, color=True),
        json_report.render(report),
        junit.render(report),
        github.render(report),
        *(terminal.findings(report, finding.signature.invariant) for finding in report.findings),
        *(line for finding in report.findings for line in commands(finding.flow, "http://h", report.secrets)),
    ]
    assert report.findings
    assert not [text for text in texts if SECRET in text]


def test_the_commands_name_the_variable(report: Report) -> None:
    """Who has the secret can run them."""
    finding = report.findings[0]
    lines = commands(finding.flow, "http://h", report.secrets)
    assert all("Bearer $CONFORMANCE_TEST_TOKEN" in line for line in lines)
