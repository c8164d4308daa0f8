"""Tests of whole runs: against fakes, against servers that misbehave at the level of HTTP, and interrupted ones."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from conformance import records
from conformance.errors import InputError, TargetError
from conformance.exchange import Request, Response
from conformance.explore.actions import Action
from conformance.explore.explorer import Budget
from conformance.fakes import asgi
from conformance.fakes.server import Server
from conformance.profile_file import load
from conformance.reports import InvariantOutcome, Report, Verdict
from conformance.run import run, run_name, server_of, walk
from conformance.transports import Limits
from tests import hostile
from tests.explore.tiny import tiny
from tests.hostile import RIGHT, Answer, Behaviour, Hostile, Line, answers, peak_memory, rewrites, right

ADK = load("adk")
BUDGET = Budget(requests=30, seconds=0.4)
LIMITS = Limits(seconds=10.0, body_bytes=2**20)
SHORT = Limits(seconds=0.1, body_bytes=2**20)


def broken(report: Report) -> set[str]:
    """The invariants of the findings."""
    return {finding.signature.invariant for finding in report.findings}


# --- fakes and applications -----------------------------------------------------------------------


def test_the_correct_fake_conforms() -> None:
    """With nothing else given the profile's own fake is explored, from the seed 0."""
    report = run(ADK, budget=Budget(requests=2_000))
    assert report.verdict is Verdict.CONFORMS
    assert report.findings == ()
    assert (report.seed, report.target, report.profile) == (0, "fake", "adk")
    assert report.exchanges == 2_000
    assert report.outcomes(InvariantOutcome.BROKEN) == []


def test_a_fault_is_found() -> None:
    """A fake with a fault is broken, and the report says how to serve it."""
    report = run(ADK, fault="loses-enrichments", budget=Budget(requests=300))
    assert report.verdict is Verdict.BROKEN
    assert "enrichment/enrichment-reads-back" in broken(report)
    assert report.row("enrichment/enrichment-reads-back").outcome is InvariantOutcome.BROKEN
    assert report.serve == "conformance serve adk --fault loses-enrichments"
    assert all(finding.reproduced for finding in report.findings)


def test_an_unknown_fault_is_refused() -> None:
    """A fault that does not exist is the user's mistake, and the nearest one is named."""
    with pytest.raises(InputError, match="loses-enrichment'") as caught:
        run(ADK, fault="loses-enrichment")
    assert "loses-enrichments" in caught.value.remedy


@pytest.mark.parametrize("strict", [True, False])
def test_an_untested_must_is_no_pass(strict: bool) -> None:
    """What was too little to test a MUST passes only for those who said that they want little."""
    report = run(ADK, budget=Budget(flows=1), strict=strict)
    assert report.outcomes(InvariantOutcome.UNTESTED)
    assert report.verdict is (Verdict.UNTESTED if strict else Verdict.CONFORMS)


def test_an_application_is_explored_in_this_process(tmp_path: Path) -> None:
    """An application needs no server; its seed is random, and its sessions are deleted."""
    profile = tiny(tmp_path, "read", "list", "delete")
    server = Server(profile)
    reports = [run(profile, app=asgi.app(server), budget=Budget(requests=150)) for _ in range(3)]
    assert len({report.seed for report in reports}) > 1
    assert {report.target for report in reports} == {"an ASGI application"}
    assert all(report.findings == () for report in reports)
    assert server.sessions == {}


def under_v1(server: Server) -> Answer:
    """What a server answers that has everything under /v1."""

    def answered(request: Request) -> Response:
        inside = request.path.startswith("/v1/")
        return server.answer(records.replace(request, path=request.path[3:])) if inside else Response(404)

    return answered


def test_operations_are_asked_under_the_path_of_the_first_server(tmp_path: Path) -> None:
    """Without a path a URL has them where the document says, with one there; an application is asked there too."""
    tiny(tmp_path, "read", "list", "delete")
    spec = tmp_path / "openapi.yaml"
    spec.write_text(json.dumps(json.loads(spec.read_text()) | {"servers": [{"url": "https://api.example.org/v1"}]}))
    profile = load(str(tmp_path))
    budget = Budget(requests=60)
    with Hostile(right, under_v1(Server(profile))) as served:
        for url in (served.url, f"{served.url}/v1"):
            report = run(profile, target=url, seed=1, budget=budget)
            assert report.findings == ()
            assert report.row("existence/created-session-is-readable").observations > 0
        with pytest.raises(TargetError, match="nothing is there"):
            run(profile, target=f"{served.url}/", seed=1, budget=budget)
    fake = asgi.app(Server(profile))

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            assert scope["path"].startswith("/v1/")
            scope = {**scope, "path": scope["path"][3:], "raw_path": scope["raw_path"][3:]}
        await fake(scope, receive, send)

    report = run(profile, app=mounted, budget=budget)
    assert (report.base, report.findings) == ("http://127.0.0.1:8080/v1", ())
    assert run(profile, budget=budget).base == "http://127.0.0.1:8080"


def test_the_run_is_named_after_its_seed() -> None:
    """The name of a run is a word for its seed."""
    assert [run_name(0), run_name(255)] == ["conf0", "confff"]


def test_walking_one_flow_gives_what_it_breaks() -> None:
    """A flow is walked on a fake or an application; a list of violations comes back."""
    flow = (Action(0), Action(6), Action(2))
    assert walk(ADK, flow) == []
    violations = walk(ADK, flow, fault="loses-enrichments")
    assert "enrichment/enrichment-reads-back" in {each.signature.invariant for each in violations}
    app = asgi.app(server_of(ADK, 0, "loses-enrichments"))
    assert [each.signature for each in walk(ADK, flow, app=app)] == [each.signature for each in violations]


def test_looks_at_the_end_can_be_left_out() -> None:
    """Without looks at the end only what the flow itself shows is judged."""
    flow = (Action(0), Action(6))
    assert walk(ADK, flow, fault="loses-enrichments", looks=False) == []
    assert walk(ADK, flow, fault="loses-enrichments", looks=True)


# --- right, however odd ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", RIGHT)
def test_odd_servers_break_nothing(name: str) -> None:
    """A correct server that is merely odd at the level of HTTP gets no finding, and is left empty."""
    server = Server(ADK)
    with Hostile(RIGHT[name], server.answer) as served:
        report = run(
            ADK, target=served.url, seed=1, budget=Budget(requests=150, seconds=20), limits=LIMITS, strict=False
        )
    assert report.findings == ()
    assert report.verdict is Verdict.CONFORMS
    assert report.exchanges == 150
    assert report.undeleted == ()
    assert server.sessions == {}


def test_a_server_that_resets_after_each_answer_breaks_nothing() -> None:
    """Where each answer comes whole, it does not matter how the connection ends."""
    server = Server(ADK)
    with Hostile(hostile.resets_after, server.answer) as served:
        report = run(ADK, target=served.url, seed=1, budget=Budget(requests=100, seconds=20), limits=LIMITS)
    assert report.findings == ()
    assert report.exchanges == 100


def test_cookies_are_never_sent_back() -> None:
    """Whatever a server sets, no request of a run carries a cookie."""
    server = Server(ADK)
    with Hostile(hostile.sets_cookies, server.answer) as served:
        run(ADK, target=served.url, seed=1, budget=Budget(requests=100))
        assert len(served.requests) >= 100
        assert not any(name == "cookie" for request in served.requests for name, _ in request.headers)


def test_a_clock_that_jumps_is_all_that_is_wrong() -> None:
    """A server whose clock runs to and fro ends in a verdict, and nothing but its clock is found fault with."""
    jumps = random.Random(1)

    class Jumps(Server):
        """Its clock jumps, mostly backwards."""

        def answer(self, request: Request) -> Response:
            """Answer at some other time."""
            self.clock += jumps.choice((-86_400.0, -0.5, 3_600.0))
            return super().answer(request)

    server = Jumps(ADK)
    with Hostile(right, server.answer) as served:
        report = run(ADK, target=served.url, seed=1, budget=Budget(requests=200, seconds=5))
    assert all("time" in invariant for invariant in broken(report))
    assert report.exchanges == 200
    assert server.sessions == {}


# --- wrong ----------------------------------------------------------------------------------------


def replaces(body: bytes, media_type: str = "application/json") -> Behaviour:
    """Answers 200 with another body."""
    return answers(Response(200, (("content-type", media_type),), body))


def retyped(media_type: str) -> Behaviour:
    """Answers rightly, under another content type or none."""
    headers = (("content-type", media_type),) if media_type else ()
    return rewrites(lambda response: Response(response.status, headers, response.body))


def within(value: bytes) -> Behaviour:
    """Answers rightly, with a value in the stead of each state."""

    def change(response: Response) -> Response:
        try:
            session = json.loads(response.body)
        except ValueError:
            return response
        if not isinstance(session, dict) or "state" not in session:
            return response
        body = json.dumps({**session, "state": "?"}).encode().replace(b'"?"', value)
        return Response(response.status, response.headers, body)

    return rewrites(change)


GONE = {"unreachable"}
WRONG = {"broken"}
SILENT = [hostile.hangs, hostile.drips_the_head, hostile.informs_for_ever]
ENDLESS = [hostile.drips_the_body, hostile.endless_stream]
HOSTILE: dict[str, tuple[Behaviour, set[str]]] = {
    **{
        each.__name__: (each, GONE)
        for each in (
            hostile.closes_before, hostile.resets_before, hostile.resets_in_the_head, hostile.resets_in_the_body,
            hostile.length_too_large, hostile.no_chunk_is_the_last, hostile.garbage, hostile.bad_chunks,
            hostile.gzip_that_is_none, hostile.huge_head, hostile.huge_body,
        )
    },
    "length_too_small": (hostile.length_too_small, WRONG),
    "body_with_a_204": (hostile.body_with_a_204, WRONG),
    "html": (replaces(b"<!doctype html><p>Hello</p>", "text/html"), WRONG),
    "empty": (replaces(b""), WRONG),
    "wrong type": (retyped("application/xml"), WRONG),
    "no type": (retyped(""), WRONG),
    "invalid UTF-8": (replaces(b'{"id": "\xff\xfe"}'), WRONG),
    "nothing but brackets": (replaces(b"[" * 100_000), WRONG),
    "no object": (replaces(b"[[], 1, null, {}, true]"), WRONG),
    "400": (answers(Response(400, (), b"")), WRONG),
    "503": (answers(Response(503, (), b"")), WRONG),
    "999": (answers(Response(999, (), b"")), WRONG),
    "redirects to itself": (answers(Response(307, (), b""), "location: /apps"), WRONG),
}  # fmt: skip


VALUES = {
    "invalid UTF-8": b'{"k": "\xff\xfe"}',
    "NaN": b'{"k": NaN}',
    "duplicate keys": b'{"k": 1, "k": 2}',
    "too large a number": b'{"k": 1e999}',
    "a number of 5,000 digits": b'{"k": ' + b"9" * 5_000 + b"}",
    "lone surrogate": b'{"k": "\\ud800", "\\udfff": 1}',
    "other type": b"[]",
    "null": b"null",
}
"""What is answered in the stead of each state."""


def judged(
    behaviour: Behaviour, server: Server, limits: Limits = LIMITS, seed: int = 1, budget: Budget = BUDGET
) -> Report:
    """The report of a small run against a server that misbehaves; it comes in bounded time and memory."""
    started = monotonic()
    with Hostile(behaviour, server.answer) as served, peak_memory() as peak:
        report = run(ADK, target=served.url, seed=seed, budget=budget, limits=limits)
        assert peak() < 150 * 2**20
    assert monotonic() - started < 30
    return report


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_servers_end_in_a_verdict(name: str) -> None:
    """However a server misbehaves, the run ends in a verdict that is no praise."""
    behaviour, verdicts = HOSTILE[name]
    report = judged(behaviour, Server(ADK))
    assert report.verdict in verdicts, report.stopped
    assert any(invariant.startswith("contract/") for invariant in broken(report))
    assert report.exchanges == 30 or report.exchanges <= 10 or report.stopped == "time spent"


@pytest.mark.parametrize("name", VALUES)
def test_hostile_values_end_in_a_verdict(name: str) -> None:
    """Whatever stands where the attributes should be, the run ends in a verdict that is no praise."""
    server = Server(ADK)
    report = judged(within(VALUES[name]), server)
    assert report.verdict is Verdict.BROKEN
    assert report.exchanges == 30 or report.stopped == "time spent"
    assert server.sessions == {}


@pytest.mark.parametrize("behaviour", SILENT, ids=lambda each: each.__name__)
def test_a_server_that_never_answered_was_not_reached(behaviour: Behaviour) -> None:
    """A server that accepts connections, and never says anything, is not there: nothing is to be reported."""
    with pytest.raises(TargetError, match="no answer to the first probe"):
        judged(behaviour, Server(ADK), SHORT, budget=Budget(seconds=10))


@pytest.mark.parametrize("behaviour", ENDLESS, ids=lambda each: each.__name__)
def test_endless_answers_end_in_a_verdict(behaviour: Behaviour) -> None:
    """A server that begins answers, and never finishes one, counts as gone after ten requests."""
    report = judged(behaviour, Server(ADK), SHORT, budget=Budget(seconds=10))
    assert report.verdict is Verdict.UNREACHABLE
    assert report.stopped == "10 requests in a row got no answer"
    assert any(invariant.startswith("contract/") for invariant in broken(report))


@pytest.mark.parametrize("behaviour", [hostile.gzip_bomb, hostile.torrent], ids=lambda each: each.__name__)
def test_torrents_end_in_a_verdict(behaviour: Behaviour) -> None:
    """However much a server sends, the run ends in a verdict, and in time."""
    hostile.bomb()
    started = monotonic()
    with Hostile(behaviour, Server(ADK).answer) as served:
        report = run(ADK, target=served.url, seed=1, budget=BUDGET, limits=LIMITS)
    assert monotonic() - started < 30
    assert report.verdict in (Verdict.UNREACHABLE, Verdict.BROKEN)
    assert broken(report)


def test_a_redirect_to_another_host_is_never_followed() -> None:
    """Not one request of a run goes to where the server would send it."""
    with Hostile(right) as other:
        report = judged(answers(Response(302, (), b""), f"location: {other.url}/"), Server(ADK))
        assert other.connections == 0
    assert report.verdict is Verdict.BROKEN


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_for_patience_is_not_waited_for(status: int) -> None:
    """A Retry-After of an hour does not make a run take an hour; and one that puts off all requests is no pass, and
    not asked again and again: it was not reached."""
    started = monotonic()
    report = judged(answers(Response(status, (), b""), "retry-after: 3600"), Server(ADK))
    assert monotonic() - started < 10
    assert report.verdict is Verdict.UNREACHABLE
    assert report.stopped == "it goes on asking to come again later"
    assert report.exchanges == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_a_server_that_fails_at_random_ends_in_a_verdict(seed: int) -> None:
    """A server that fails one request in twenty is broken, and what does not come back is said not to."""
    report = judged(hostile.fails_at_random, Server(ADK), seed=seed, budget=Budget(requests=150, seconds=10))
    assert report.verdict is Verdict.BROKEN
    assert any(invariant.startswith("contract/") for invariant in broken(report))
    assert False in {finding.reproduced for finding in report.findings}


def test_a_server_that_dies_is_unreachable_with_what_was_found() -> None:
    """What was found before a server died is reported, although nothing can be replayed any more."""
    server = server_of(ADK, 0, "loses-enrichments")

    async def dies(served: Hostile, line: Line, response: Response) -> None:
        """Die at the first enrichment after 150 requests."""
        if len(served.requests) > 150 and served.requests[-1].method == "PATCH":
            served.die()
        await line.send(hostile.raw(response))

    with Hostile(dies, server.answer) as served:
        report = run(ADK, target=served.url, seed=1, budget=Budget(requests=2_000))
        assert served.requests[-1].method == "PATCH"
    assert report.verdict is Verdict.UNREACHABLE
    assert "enrichment/enrichment-reads-back" in broken(report)
    assert report.stopped == "10 requests in a row got no answer"
    assert {finding.reproduced for finding in report.findings} == {None}


# --- nobody there ---------------------------------------------------------------------------------


@pytest.fixture
def closed() -> Iterator[str]:
    """A URL where nobody listens: the port is taken, so that nobody else gets it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def test_nobody_there_is_an_error(closed: str) -> None:
    """A target that cannot be reached is an error which names it, and no report."""
    started = monotonic()
    with pytest.raises(TargetError, match="cannot be reached") as caught:
        run(ADK, target=closed, seed=1)
    assert caught.value.place == closed
    assert monotonic() - started < 10


def command(*arguments: str) -> list[str]:
    """The command line."""
    return [sys.executable, "-W", "error", "-m", "conformance", "run", "adk", "--quiet", *arguments]


def test_nobody_there_is_exit_code_4(closed: str) -> None:
    """The command says in one message what is wrong and what to do, and ends with 4."""
    done = subprocess.run(command("--target", closed), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 4
    assert done.stdout == ""
    assert closed in done.stderr
    assert "is it running?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dying_server_is_exit_code_4() -> None:
    """The command reports what was found before the server died, and ends with 4."""
    server = server_of(ADK, 0, "loses-enrichments")
    with Hostile(hostile.dies_after(150), server.answer) as served:
        done = subprocess.run(
            command("--target", served.url, "--seed", "1"), capture_output=True, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (4, "")
    assert "enrichment-reads-back" in done.stdout


# --- interrupted ----------------------------------------------------------------------------------


def interrupted(server: Server, behaviour: Behaviour, how: signal.Signals, *arguments: str) -> tuple[Any, int]:
    """Run the command against a server, interrupt it in the middle of a flow: how it ended, and after what."""
    with Hostile(behaviour, server.answer) as served:
        process = subprocess.Popen(
            command("--target", served.url, "--seed", "1", "--max-requests", "100000", *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell's background job ignores the one, what was begun with nohup the other.
            preexec_fn=lambda: [signal.signal(each, signal.SIG_DFL) for each in (signal.SIGINT, signal.SIGHUP)],
        )
        try:
            deadline = monotonic() + 40
            while (len(served.requests) < 60 or not server.sessions) and monotonic() < deadline:
                sleep(0.002)
            before = len(served.requests)
            process.send_signal(how)
            output, errors = process.communicate(timeout=30)
        finally:
            process.kill()
            process.wait()
    assert before >= 60
    return (output, errors, process.returncode), len(served.requests) - before


async def unhurried(_server: Hostile, line: Line, response: Response) -> None:
    """Answers as a server should, and takes five milliseconds."""
    await asyncio.sleep(0.005)
    await line.send(hostile.raw(response))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda how: how.name)
def test_an_interrupted_run_leaves_nothing_behind(how: signal.Signals) -> None:
    """Ctrl-C, or a lost terminal, in the middle of a run: what it made is deleted, what it saw reported, soon."""
    server = Server(ADK)
    (output, errors, _), after = interrupted(server, unhurried, how)
    assert errors == ""
    assert server.sessions == {}
    assert 0 < after < 60
    assert "interrupted" in output


def test_an_interrupted_run_says_what_it_leaves(tmp_path: Path) -> None:
    """Where the server refuses to delete, an interrupted run names each session that is left there."""
    server = server_of(ADK, 0, "refuses-to-delete")
    path = tmp_path / "report.json"
    (output, errors, code), _ = interrupted(server, unhurried, signal.SIGINT, "--report", f"json={path}")
    assert (errors, code) == ("", 1)
    assert server.sessions
    named = json.dumps(json.loads(path.read_text()))
    assert all(session in named for _, session in server.sessions)
    assert "interrupted" in output
