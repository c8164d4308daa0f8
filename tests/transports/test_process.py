"""Tests of starting a server for a run, and of stopping it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from conformance.errors import InputError, LaunchError, TargetError
from conformance.explore.explorer import Budget
from conformance.profile_file import load
from conformance.run import run
from conformance.transports import process
from conformance.transports.process import launched

SERVES = """
import http.server, os, pathlib, signal, subprocess, sys, time

port, note, how = sys.argv[1:4]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_):
        pass


pids = [os.getpid()]
if "child" in how:
    pids.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid)
if "stubborn" in how:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(note).write_text(" ".join(map(str, pids)))
if "silent" in how:
    time.sleep(60)
http.server.HTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
"""


class Launch:
    """A server that notes its process ids."""

    def __init__(self, folder: Path) -> None:
        self.script = folder / "serves.py"
        self.note = folder / "pids"
        self.script.write_text(SERVES)

    def command(self, how: str = "plain") -> str:
        """The command that starts it."""
        return f"'{sys.executable}' '{self.script}' {{port}} '{self.note}' {how}"

    def pids(self) -> list[int]:
        """The process ids that it noted."""
        return [int(each) for each in self.note.read_text().split()]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """A server to be launched; whatever of it is left is killed in the end."""
    made = Launch(tmp_path)
    yield made
    for pid in made.pids() if made.note.exists() else []:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def dead(pids: list[int]) -> bool:
    """Whether all these processes end within a moment."""
    deadline = monotonic() + 5
    while any(alive(pid) for pid in pids) and monotonic() < deadline:
        sleep(0.02)
    return not any(alive(pid) for pid in pids)


def refuses(url: str) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", httpx.URL(url).port or 80)) != 0


@pytest.mark.parametrize("how", ["plain", "child"])
def test_a_server_runs_within_and_not_after(launch: Launch, how: str) -> None:
    """Inside it answers, any status counts; afterwards it is gone, and so is what it started."""
    with launched(launch.command(how)) as url:
        assert httpx.get(url, trust_env=False).status_code == 404
        pids = launch.pids()
        assert all(alive(pid) for pid in pids)
    assert len(pids) == (2 if how == "child" else 1)
    assert dead(pids)
    assert refuses(url)


def test_an_error_within_stops_the_server_too(launch: Launch) -> None:
    """Whatever goes wrong inside, the server is stopped."""
    with pytest.raises(ZeroDivisionError), launched(launch.command("child")):
        raise ZeroDivisionError
    assert dead(launch.pids())


def test_a_server_that_does_not_want_to_end_is_killed(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that ignores SIGTERM is killed after its time."""
    monkeypatch.setattr(process, "STOP_SECONDS", 0.3)
    started = monotonic()
    with launched(launch.command("stubborn")):
        begun = monotonic()
    assert 0.3 <= monotonic() - begun < 5
    assert dead(launch.pids())
    assert monotonic() - started < 20


def test_a_server_that_ended_meanwhile_is_no_problem(launch: Launch) -> None:
    """A server that is gone already when it is to be stopped is just gone."""
    with launched(launch.command()) as url:
        os.kill(launch.pids()[0], signal.SIGKILL)
        assert dead(launch.pids())
    assert refuses(url)


def test_a_server_that_never_answers_is_given_up(launch: Launch) -> None:
    """One that does not answer in time is an error that says so, and is stopped."""
    started = monotonic()
    with (
        pytest.raises(LaunchError, match=r"no answer from http://127\.0\.0\.1:\d+ in 1 s"),
        launched(launch.command("silent"), seconds=1.0),
    ):
        pytest.fail("it never answered")
    assert monotonic() - started < 8
    assert dead(launch.pids())


def test_a_server_that_ends_at_once_says_why() -> None:
    """One that ends is an error with its code and the last lines that it printed, which is a target's fault."""
    script = "import sys; [print('line', n) for n in range(40)]; print('no such agent', file=sys.stderr); sys.exit(7)"
    with pytest.raises(LaunchError) as caught, launched(f'"{sys.executable}" -c "{script}" {{port}}'):
        pytest.fail("it never answered")
    assert "ended with code 7" in caught.value.problem
    assert "no such agent" in caught.value.problem
    assert "line 38" in caught.value.problem
    assert "line 12\n" not in caught.value.problem
    assert isinstance(caught.value, TargetError)
    assert caught.value.exit_code == 4


def test_a_server_that_ends_without_a_word_says_nothing() -> None:
    """One that printed nothing is said to have printed nothing."""
    with (
        pytest.raises(LaunchError, match=r"code 0:\n  \(it printed nothing\)"),
        launched(f'"{sys.executable}" -c "" {{port}}'),
    ):
        pytest.fail("it never answered")


def test_a_command_that_is_not_there_cannot_be_started() -> None:
    """A command that does not exist is an error that names it."""
    with (
        pytest.raises(LaunchError, match="cannot be started: No such file") as caught,
        launched("no-such-command-anywhere --port {port}"),
    ):
        pytest.fail("it never answered")
    assert caught.value.place == "no-such-command-anywhere"


@pytest.mark.parametrize(
    ("command", "problem"),
    [("server --port 8000", r"no \{port\}"), ("", r"no \{port\}"), ("server '{port}", "cannot be split")],
)
def test_a_command_that_cannot_be_right_is_the_users_fault(command: str, problem: str) -> None:
    """A command without a place for the port, or with an open quote, is refused before anything is started."""
    with pytest.raises(InputError, match=problem) as caught, launched(command):
        pytest.fail("it never answered")
    assert caught.value.exit_code == 2
    assert caught.value.place == "--launch"


def test_every_port_in_the_command_is_the_same(launch: Launch) -> None:
    """`{port}` may stand anywhere in the command, and more than once."""
    command = launch.command() + " --also=http://127.0.0.1:{port}/"
    with launched(command) as url:
        cmdline = Path(f"/proc/{launch.pids()[0]}/cmdline").read_bytes().decode().split("\0")
        assert f"--also={url}/" in cmdline
        assert cmdline[2] == url.rpartition(":")[2]


def test_two_servers_run_side_by_side(launch: Launch, tmp_path: Path) -> None:
    """Each gets a port of its own."""
    (tmp_path / "other").mkdir()
    other = Launch(tmp_path / "other")
    with launched(launch.command()) as one, launched(other.command()) as two:
        assert one != two
        assert {httpx.get(url, trust_env=False).status_code for url in (one, two)} == {404}
    assert dead(launch.pids() + other.pids())


def test_a_launched_fake_can_be_judged() -> None:
    """A fake that is served by the command line conforms, and nothing of it is left."""
    with launched(f"'{sys.executable}' -m conformance serve adk --port {{port}}") as url:
        report = run(load("adk"), target=url, seed=1, budget=Budget(requests=200))
    assert report.exchanges == 200
    assert report.findings == ()
    assert report.undeleted == ()
    assert refuses(url)


def test_the_command_line_launches_and_stops(launch: Launch) -> None:
    """`--launch` with a server that is no session API ends in a verdict, and the server is stopped."""
    command = ["run", "adk", "--launch", launch.command("child"), "--max-requests", "30", "--seed", "1", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "conformance", *command], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert dead(launch.pids())
