"""The real google-adk API server, judged over loopback: what holds, what is broken, and that nothing is left behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from conformance import Budget, InvariantOutcome, Report, Verdict, load, run
from conformance import baseline as baselines
from conformance.baseline import Entry
from conformance.reports import Finding
from conformance.reports.curl import commands
from conformance.transports.process import launched

AGENTS = Path(__file__).parents[1] / "agents"
ADK = shutil.which("adk", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")

try:
    VERSION = version("google-adk")
except PackageNotFoundError:
    VERSION = ""

pytestmark = pytest.mark.skipif(not (ADK and VERSION == "2.13.0"), reason="needs google-adk 2.13.0: tox -e adk")

ADK_PROFILE = load("adk")


@dataclass(frozen=True)
class Server:
    """A server of its own for one kind of storage, and the baseline of what is known of it."""

    url: str
    baseline: tuple[Entry, ...]


@pytest.fixture(scope="module", params=["memory", "sqlite"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in memory, and one on sqlite."""
    file = tmp_path_factory.mktemp("sessions") / "sessions.db"
    storage = "memory://" if request.param == "memory" else f"sqlite:///{file}"
    command = f"{ADK} api_server --host 127.0.0.1 --port {{port}} --session_service_uri {storage} {AGENTS}"
    path = Path(ADK_PROFILE.place).parent / f"baseline-2.13.0-{request.param}.toml"
    with launched(command) as url:
        yield Server(url, baselines.load(path, ADK_PROFILE))


@pytest.fixture(scope="module")
def report(server: Server) -> Report:
    """What a run against it comes to, as if nothing were known."""
    return run(ADK_PROFILE, target=server.url, seed=11, budget=Budget(requests=4_000, seconds=240))


def test_runs_for_real(report: Report) -> None:
    """Hundreds of sessions are created, run and deleted, and each run is judged by what the next read shows."""
    for invariant in ("runs/run-appends", "runs/run-keeps-history", "runs/answer-stands-in-history"):
        assert report.row(invariant).outcome is InvariantOutcome.HELD
        assert report.row(invariant).observations > 200
    assert report.row("existence/live-session-can-be-deleted").observations > 50


def test_run_requires_existing_session(report: Report) -> None:
    """The invariant that this server is known to keep is held, and was put to the test often."""
    row = report.row("runs/run-requires-existing-session")
    assert row.outcome is InvariantOutcome.HELD
    assert row.observations > 20


def test_finds_nothing_that_is_not_known(report: Report, server: Server) -> None:
    """Whatever stands first in its flow is in the baseline, and came back when it was replayed."""
    known = {str(entry.signature) for entry in server.baseline}
    primary = [finding for finding in report.findings if finding.primary]
    assert {str(finding.signature) for finding in primary} - known == set()
    assert [str(finding.signature) for finding in primary if finding.reproduced is False] == []


def test_finds_the_server_errors_on_valid_runs_again(report: Report) -> None:
    """A spec-valid run body is answered with 500, in every storage."""
    assert "contract/no-server-error · run_agent · failed 500" in {str(each.signature) for each in report.findings}


def test_conforms_with_its_baseline(server: Server) -> None:
    """With what is known, another seed finds nothing, and no entry is stale."""
    report = run(ADK_PROFILE, target=server.url, seed=12, budget=Budget(), baseline=server.baseline)
    assert [str(each.signature) for each in report.findings if not each.known] == []
    assert {each.state for each in report.baseline} == {"known"}
    assert report.verdict is Verdict.CONFORMS


def test_no_must_is_untested(report: Report) -> None:
    """Every MUST that applies was reached."""
    assert [row.id for row in report.outcomes(InvariantOutcome.UNTESTED) if row.level == "MUST"] == []


def test_leaves_nothing_behind(report: Report, server: Server) -> None:
    """No session of the run is left, by its own account and by the server's."""
    assert report.undeleted == ()
    owners = {f"conf{report.seed:x}-{number}-{letter}" for number in range(1, report.flows + 1) for letter in "ab"}
    for owner in sorted(owners):
        with urllib.request.urlopen(f"{server.url}/apps/echo/users/{owner}/sessions") as answer:
            assert json.load(answer) == []


@pytest.mark.parametrize("operation", ["run_agent", "create_session"])
def test_curl_reproduces_the_server_errors(report: Report, server: Server, operation: str) -> None:
    """The printed commands of the shortest flow give the same server error again."""
    found = next(
        each
        for each in report.findings
        if each.signature.operation == operation and each.signature.invariant == "contract/no-server-error"
    )
    assert len(found.flow) <= 2
    assert _answers(found, server.url)[-1] == "Internal Server Error"


def _answers(finding: Finding, server: str) -> list[str]:
    """What the printed commands print, line by line."""
    lines = commands(finding.flow, server)
    script = "\n".join([*lines, "echo"])
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip().splitlines()
