"""The real google-adk API server, recorded, stopped, and then judged and replayed without it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import urllib.request
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
import vcr

from conformance import Budget, Report, Request, check, load, replay, run
from conformance.recordings.opening import open_recording
from conformance.saving import cassette
from conformance.transports.http import HttpTransport
from conformance.transports.process import launched
from conformance.transports.recorder import Recorder

AGENTS = Path(__file__).parents[1] / "agents"
ADK = shutil.which("adk", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")

try:
    VERSION = version("google-adk")
except PackageNotFoundError:
    VERSION = ""

pytestmark = pytest.mark.skipif(not (ADK and VERSION == "2.13.0"), reason="needs google-adk 2.13.0: tox -e adk")

PROFILE = load("adk")
SECRET = "planted-5ecret-8c1f"
SESSIONS = "/apps/echo/users/planted/sessions"


@dataclass(frozen=True)
class Recorded:
    """What was recorded while the server ran: a run, and calls with a secret in header, URL and body."""

    path: Path
    report: Report
    planted: Path


async def _plant(url: str, path: Path) -> None:
    """Send a secret in three places, and read it back."""
    writer = cassette(PROFILE, path, url, url, None)
    recorder = Recorder(HttpTransport(url), writer)
    headers = (("content-type", "application/json"), ("x-api-key", SECRET))
    body = json.dumps({"sessionId": "planted-1", "state": {"password": SECRET, "note": f"it is {SECRET}"}}).encode()
    await recorder.reset()
    for request in (
        Request("POST", SESSIONS, f"token={SECRET}", headers, body),
        Request("GET", f"{SESSIONS}/planted-1", f"token={SECRET}", headers),
        Request("DELETE", f"{SESSIONS}/planted-1", "", headers),
    ):
        await recorder.send(request)
    await recorder.close()
    writer.close()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Recorded from a server that is stopped before anything is tested."""
    folder = tmp_path_factory.mktemp("cassettes")
    path, planted = folder / "adk.yaml", folder / "planted.yaml"
    command = f"{ADK} api_server --host 127.0.0.1 --port {{port}} --session_service_uri memory:// {AGENTS}"
    with launched(command) as url:
        report = run(PROFILE, target=url, seed=5, budget=Budget(requests=300, seconds=120), record=path)
        asyncio.run(_plant(url, planted))
    return Recorded(path, report, planted)


def test_what_the_run_found_is_found_offline(recorded: Recorded) -> None:
    """Every finding of the run, by the same signature."""
    report, _ = check(PROFILE, [recorded.path])
    assert {str(each.signature) for each in recorded.report.findings} <= {
        str(each.signature) for each in report.findings
    }
    assert report.exchanges >= recorded.report.exchanges


def test_it_replays_against_itself(recorded: Recorded) -> None:
    """Every request is found, and every answer is the same."""
    result = replay(PROFILE, recorded.path)
    assert result.changed == []
    assert {each.state.value for each in result.findings} <= {"still broken"}


def test_a_planted_secret_is_nowhere_and_it_replays(recorded: Recorded) -> None:
    """In header, URL and body, and in what the server answered."""
    assert SECRET not in recorded.planted.read_text(encoding="utf-8")
    result = replay(PROFILE, recorded.planted)
    assert (len(result.answers), result.changed, result.findings) == (3, [], ())


def test_vcrpy_plays_what_the_real_server_said(recorded: Recorded) -> None:
    """The answer to a read, by vcrpy alone."""
    create, read, _ = (each.exchange for each in open_recording(recorded.planted).entries())
    assert create.request.base.startswith("http://127.0.0.1:")
    with vcr.use_cassette(str(recorded.planted), record_mode="none", match_on=["method", "uri"]):
        asked = urllib.request.Request(read.request.url, headers={"accept": "*/*"})
        with urllib.request.urlopen(asked) as answer:
            assert json.load(answer)["id"] == "planted-1"
