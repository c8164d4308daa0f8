"""Tests of the loop over flows: its budget, what it finds, and how it ends."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from conformance import records
from conformance.errors import TargetError
from conformance.exchange import Exchange, Failure, Request, Response
from conformance.explore.actions import Flow
from conformance.explore.course import MAX_ROOM
from conformance.explore.explorer import Budget, Exploration, Explorer
from conformance.explore.findings import Found
from conformance.explore.pulse import DEAD
from conformance.explore.walk import MAX_KEPT
from conformance.expressions import Json
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.judge import Judge, Signature
from conformance.profile import Paging, Profile, Role
from conformance.profile_file import load
from conformance.run import server_of
from conformance.step import Step
from conformance.transports import Transport
from conformance.transports.asgi import AsgiTransport
from tests.explore.tiny import Recorder
from tests.histories import bound
from tests.hostile import Hostile, right
from tests.hostile_sessions import FailsBefore, Says

ADK = load("adk")
REPLIES = load(Path(__file__).parents[1] / "servers" / "replies")
LOST_ENRICHMENT = Signature("enrichment/enrichment-reads-back", "update_session", "state")


class Broken:
    """A transport that fails as it is told to, and else hands requests to another one."""

    base = "http://nowhere.invalid"
    resets = False

    def __init__(self, inner: Transport, fails: Callable[[int], Failure | None]) -> None:
        self.sent = 0
        self._inner = inner
        self._fails = fails

    async def send(self, request: Request) -> Exchange:
        """Fail, or send."""
        self.sent += 1
        failure = self._fails(self.sent)
        return await self._inner.send(request) if failure is None else Exchange(request, None, 0.0, 0.0, failure)

    async def reset(self) -> None:
        """Nothing is emptied."""

    async def close(self) -> None:
        """Let go of the other one."""
        await self._inner.close()


class Slow(Recorder):
    """A fake that takes its time."""

    seconds = 0.02

    async def before(self) -> None:
        """Wait."""
        await asyncio.sleep(self.seconds)


def explorer(transport: Transport, budget: Budget, profile: Profile = ADK, seed: int = 1, **more: Any) -> Explorer:
    """An explorer whose run is named after the seed."""
    return Explorer(profile, transport, Judge(profile), seed=seed, run=f"conf{seed:x}", budget=budget, **more)


def explored(transport: Transport, budget: Budget, **more: Any) -> Exploration:
    """What comes of exploring."""

    async def explore() -> Exploration:
        try:
            return await explorer(transport, budget, **more).explore()
        finally:
            await transport.close()

    return asyncio.run(explore())


def fake(fault: str | None = None) -> Recorder:
    """A fake that keeps the requests."""
    return Recorder(server_of(ADK, 0, fault))


def sent(app: Recorder) -> list[tuple[str, str, bytes]]:
    """What a fake was asked."""
    return [(request.method, request.target, request.body) for request in app.requests]


# --- the same again -------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [None, "loses-enrichments", "answers-html"])
def test_the_same_seed_and_budget_send_the_same_requests(fault: str | None) -> None:
    """Each request is the same the second time, in the same order, also while cleaning up and shrinking."""
    apps = [fake(fault), fake(fault)]
    results = [explored(AsgiTransport(app), Budget(requests=200, seconds=600), seed=7) for app in apps]
    assert sent(apps[0]) == sent(apps[1])
    assert len(apps[0].requests) > 200
    assert list(results[0].found) == list(results[1].found)
    assert bool(results[0].found) is (fault is not None)


def test_another_seed_sends_other_requests() -> None:
    """Another seed sends other requests, under other owners."""
    apps = [fake(), fake()]
    for seed, app in enumerate(apps):
        explored(AsgiTransport(app), Budget(requests=300), seed=seed)
    assert not {path for _, path, _ in sent(apps[0])} & {path for _, path, _ in sent(apps[1])} - {"/run", "/run_sse"}


def test_another_process_sends_the_same_requests(tmp_path: Path) -> None:
    """Neither the process nor its hash seed matters, and nothing is left in the working directory."""
    records = []
    for hash_seed in ("1", "2"):
        server = Server(ADK)
        with Hostile(right, server.answer) as served:
            command = ["run", "adk", "--target", served.url, "--seed", "5", "--max-requests", "200", "--quiet"]
            done = subprocess.run(
                [sys.executable, "-W", "error", "-m", "conformance", *command],
                cwd=tmp_path,
                env={**os.environ, "PYTHONHASHSEED": hash_seed},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, "")
            records.append([(request.method, request.target, request.body) for request in served.requests])
    assert records[0] == records[1]
    assert len(records[0]) > 200
    assert list(tmp_path.iterdir()) == []


# --- the budget -----------------------------------------------------------------------------------


@pytest.mark.parametrize("requests", [0, 1, 7, 100])
def test_the_budget_of_requests_is_kept(requests: int) -> None:
    """Not one request more is judged, and none more is sent where nothing has to be deleted."""
    server = server_of(ADK)
    app = Recorder(server)
    result = explored(AsgiTransport(app, reset=server.reset), Budget(requests=requests))
    assert result.exchanges == len(app.requests) == requests
    assert result.stopped == "requests spent"
    assert result.found == {}


@pytest.mark.parametrize("flows", [0, 1, 5])
def test_the_budget_of_flows_is_kept(flows: int) -> None:
    """Not one flow more is walked."""
    told: list[int] = []
    result = explored(AsgiTransport(fake()), Budget(flows=flows), progress=lambda each: told.append(each.flows))
    assert result.flows == flows
    assert result.stopped == "flows spent"
    assert told == list(range(1, flows + 1))


def test_the_budget_of_seconds_is_kept() -> None:
    """When the time is spent no further request is judged; sessions are deleted all the same."""
    app = Slow(Server(ADK))
    result = explored(AsgiTransport(app), Budget(requests=10**6, seconds=0.5))
    assert result.stopped == "time spent"
    assert 0.5 <= result.seconds < 3.0
    assert 3 <= result.exchanges <= 26
    assert app.server.sessions == {}


def test_shrinking_ends_in_time() -> None:
    """Shrinking takes at most as long again as was granted for exploring; what is left over is not shrunk."""

    class OnlyCreates(Server):
        """Fails at everything but a create."""

        def find(self, step: Step) -> Stored | None:
            """Fail."""
            if self.clock:
                raise RuntimeError(f"no session, not even {step.session}")
            return None

    app = Slow(OnlyCreates(ADK))
    app.seconds = 0.01
    started = monotonic()
    result = explored(AsgiTransport(app), Budget(requests=10**6, seconds=0.5))
    assert 1.0 <= monotonic() - started < 3.0
    assert any(each.reproduced is None for each in result.found.values())


@pytest.mark.parametrize("fault", [None, "answers-html"])
def test_the_rate_is_kept(fault: str | None) -> None:
    """In any tenth of a second no more requests are sent than granted, in exploring, shrinking and cleaning."""
    app = fake(fault)
    explored(AsgiTransport(app), Budget(requests=60, seconds=0.6, rate=100))
    windows = [bisect_left(app.times, start + 0.1) - index for index, start in enumerate(app.times)]
    assert 10 < len(app.times) < 250
    assert max(windows) <= 12
    assert len(app.times) / (app.times[-1] - app.times[0]) <= 103


def test_done_ends_it_early() -> None:
    """Whoever knows enough ends the exploration after a flow."""
    result = explored(AsgiTransport(fake("answers-html")), Budget(), done=lambda each: bool(each.found))
    assert result.flows == 1
    assert result.found


# --- what is found --------------------------------------------------------------------------------


def roles(found: Found) -> list[Role | None]:
    """The roles of the calls of the flow that shows a finding."""
    return [trace.step.role for trace in found.traces]


def test_the_shortest_flow_is_found() -> None:
    """Create, enrich and read are all that it takes to show a lost enrichment, and the last call shows it."""
    found = explored(AsgiTransport(fake("loses-enrichments")), Budget(requests=400)).found[LOST_ENRICHMENT]
    assert found.reproduced is True
    assert roles(found) == [Role.CREATE, Role.ENRICH, Role.READ]
    assert found.flow == tuple(trace.action for trace in found.traces)
    assert all(set(action[1:]) == {0} for action in found.flow)
    assert found.seen > 1
    assert found.violation is not None
    assert found.violation.signature == LOST_ENRICHMENT


@pytest.mark.parametrize("fault", ["counts-reads-in-the-attributes", "answers-html", "forgets-to-delete"])
def test_each_shortest_flow_shows_its_own_signature(fault: str) -> None:
    """Where a server breaks several things, each flow ends with the call that shows its own, and did not before."""
    result = explored(AsgiTransport(fake(fault)), Budget(requests=400))
    assert len(result.found) > 1
    for signature, found in result.found.items():
        shown = [[each.signature for each in trace.violations] for trace in found.traces]
        assert signature in shown[-1], signature
        assert not any(signature in each for each in shown[:-1]), signature
        assert found.violation is not None
        assert found.violation.signature == found.signature == signature
        assert found.follows is not None or shown[:-1] == [[]] * (len(shown) - 1)


def test_what_does_not_come_back_is_said_to_be_so() -> None:
    """A server that fails once and never again is found out, and the finding is not reproduced."""

    class FailsOnce(Server):
        """Fails at the fifth read, and never again."""

        reads = 0

        def read(self, step: Step, session: Stored) -> Response:
            """Fail once."""
            self.reads += 1
            return Response(500) if self.reads == 5 else super().read(step, session)

    result = explored(AsgiTransport(Recorder(FailsOnce(ADK))), Budget(requests=200))
    assert {found.reproduced for found in result.found.values()} == {False}
    assert all(found.seen == 1 for found in result.found.values())
    assert [found.traces[-1].step.status for found in result.found.values() if found.follows is None] == [500]


def test_without_shrinking_the_first_flow_is_kept() -> None:
    """Without shrinking a finding keeps a flow that was walked, and nobody says whether it comes back."""
    app = fake("loses-enrichments")
    result = explored(AsgiTransport(app), Budget(requests=200), shrinks=False)
    found = result.found[LOST_ENRICHMENT]
    assert found.reproduced is None
    assert len(found.flow) > 3
    assert app.requests[found.at_request - 1].method == "GET"


def test_where_it_was_found_is_kept() -> None:
    """A finding knows at which request it was first seen; with that many requests it is found, with one less not."""
    budget = Budget(requests=300)
    server = server_of(ADK, 0, "loses-enrichments")
    at = explored(AsgiTransport(Recorder(server), reset=server.reset), budget).found[LOST_ENRICHMENT].at_request
    for requests, seen in ((at, True), (at - 1, False)):
        again = server_of(ADK, 0, "loses-enrichments")
        transport = AsgiTransport(Recorder(again), reset=again.reset)
        assert (LOST_ENRICHMENT in explored(transport, Budget(requests=requests)).found) is seen


def test_the_control_experiment_clears_who_was_blamed_wrongly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused create is not to blame for a session that is served without it too: the finding follows that one."""
    blamed = Signature("existence/refused-create-creates-nothing", "create_session", "served")
    guilty = Signature("existence/missing-session-is-refused", "get_session", "served")
    budget = Budget(requests=220)
    found = explored(AsgiTransport(fake("serves-an-empty-session-for-any-id")), budget).found
    assert (found[blamed].follows, found[guilty].follows) == (guilty, None)

    async def nothing(_self: Explorer, _found: Found) -> list[Found]:
        """No experiment."""
        return []

    monkeypatch.setattr(Explorer, "_control", nothing)
    found = explored(AsgiTransport(fake("serves-an-empty-session-for-any-id")), budget).found
    assert (found[blamed].follows, found[guilty].follows) == (None, None)


def test_a_wrong_description_hides_nothing_that_comes_after_it() -> None:
    """Every create is answered with a status that nobody documents: lost enrichments are a finding beside it."""

    class SaysTwoHundredAndOne(type(server_of(ADK, 0, "loses-enrichments"))):  # type: ignore[misc]
        """Loses enrichments as well."""

        def create(self, step: Step) -> Response:
            """Say that it was made."""
            made = super().create(step)
            return records.replace(made, status=201) if made.status == 200 else made

    found = explored(AsgiTransport(Recorder(SaysTwoHundredAndOne(ADK))), Budget(requests=320)).found
    first = Signature("contract/status-is-documented", "create_session", "201")
    other = Signature("contract/status-is-documented", "create_session_with_id", "201")
    assert (found[first].follows, found[LOST_ENRICHMENT].follows) == (None, None)
    assert len(found[LOST_ENRICHMENT].flow) == 3
    assert other in found


def test_a_server_that_keeps_fifty_sessions_is_found_out() -> None:
    """The oldest of more than fifty is looked at again, within the default budget."""

    class KeepsFifty(Server):
        """Drops the oldest session of all when there are more."""

        def keep(self, session: Stored) -> None:
            """Keep it, and the forty-nine before it."""
            super().keep(session)
            for each in list(self.sessions.values())[:-50]:
                self.forget(each)

    found = explored(AsgiTransport(Recorder(KeepsFifty(ADK))), Budget(requests=2_000)).found
    assert Signature("existence/live-session-stays", "get_session", "vanished") in found


def test_the_control_experiment_leaves_the_guilty_alone() -> None:
    """A finding whose blame is right stays the first of its flow."""
    found = explored(AsgiTransport(fake("enrichment-replaces")), Budget(requests=400)).found
    keeps = Signature("enrichment/enrichment-keeps-other-keys", "update_session", "state")
    assert found[keeps].follows is None
    assert found[keeps].reproduced is True


@pytest.mark.parametrize("kept", [50, 100])
def test_a_conversation_is_as_long_as_many_servers_do_not_keep(kept: int) -> None:
    """A server that keeps the last fifty or hundred items is found out by the scripted flows."""

    class KeepsTheLast(Server):
        """Keeps so many items."""

        def append(self, session: Stored, items: list[Json]) -> None:
            """Drop the oldest."""
            super().append(session, items)
            session.history = session.history[-kept:]

    found = explored(AsgiTransport(Recorder(KeepsTheLast(ADK))), Budget(requests=1_400), shrinks=False).found
    assert {signature.invariant for signature in found} == {"runs/run-keeps-history"}


def test_a_conversation_is_as_long_as_a_page_shows_whole() -> None:
    """Where a history comes in pages, more is said than short memories hold, and no more than is shown at once."""

    class KeepsTheLast(Server):
        """Keeps thirty items."""

        def append(self, session: Stored, items: list[Json]) -> None:
            """Drop the oldest."""
            super().append(session, items)
            session.history = session.history[-30:]

    paged = bound(REPLIES, Role.HISTORY, paging=Paging(size=50))
    transport = AsgiTransport(Recorder(KeepsTheLast(paged)))
    found = explored(transport, Budget(requests=1_400), profile=paged, shrinks=False).found
    assert {signature.invariant for signature in found} == {"runs/run-keeps-history"}


# --- how it ends ----------------------------------------------------------------------------------


def test_a_target_that_cannot_be_reached_is_an_error() -> None:
    """If the very first request finds nobody there is nothing to report: the error names the target."""
    transport = Broken(AsgiTransport(fake()), lambda _: Failure.CONNECT)
    with pytest.raises(TargetError, match="cannot be reached") as caught:
        explored(transport, Budget())
    assert caught.value.place == transport.base


@pytest.mark.parametrize("failure", list(Failure))
def test_so_many_failures_in_a_row_end_it(failure: Failure) -> None:
    """After so many requests without an answer the target counts as gone; nothing is shrunk or cleaned any more."""
    app = fake("loses-enrichments")
    transport = Broken(AsgiTransport(app), lambda number: failure if number > 24 else None)
    result = explored(transport, Budget())
    assert result.unreachable
    assert result.stopped == f"{DEAD} requests in a row got no answer"
    assert transport.sent == 24 + DEAD + 1
    assert result.found[LOST_ENRICHMENT].reproduced is None
    assert len(app.server.sessions) == 2
    assert {session for _, session in app.server.sessions} == set(result.undeleted)


def test_fewer_failures_in_a_row_do_not_end_it() -> None:
    """One answer in between, and the count begins again."""
    transport = Broken(AsgiTransport(fake()), lambda number: Failure.TIMEOUT if number % 5 != 1 else None)
    result = explored(transport, Budget(requests=100))
    assert not result.unreachable
    assert result.stopped == "requests spent"


def cancelled(app: Recorder, after: Callable[[Explorer], bool]) -> Exploration:
    """Explore, and cancel as soon as something is the case."""

    async def explore() -> Exploration:
        transport = AsgiTransport(app)
        exploring = explorer(transport, Budget(requests=10**6))
        task = asyncio.create_task(exploring.explore())
        while not after(exploring):
            await asyncio.sleep(0.005)
        task.cancel()
        try:
            return await asyncio.wait_for(task, 20)
        finally:
            await transport.close()

    return asyncio.run(explore())


@pytest.mark.parametrize("requests", [1, 2, 5, 23, 60])
def test_whoever_interrupts_leaves_nothing_behind(requests: int) -> None:
    """Cancelled in the middle of a flow, the exploration deletes what it made and says why it ended."""
    app = Slow(Server(ADK))
    app.seconds = 0.004
    result = cancelled(app, lambda _: len(app.requests) >= requests)
    assert result.stopped == "interrupted"
    assert app.server.sessions == {}
    assert result.undeleted == []
    assert result.exchanges <= len(app.requests) < 600


def test_whoever_interrupts_the_cleaning_leaves_nothing_behind() -> None:
    """Cancelled while it deletes, the exploration goes on deleting."""
    app = Slow(Server(ADK))
    app.seconds = 0.005

    def deleting(_: Explorer) -> bool:
        flow_is_over = bool(app.requests) and "/sessions/" in app.requests[-1].path
        return flow_is_over and app.requests[-1].method == "DELETE" and len(app.server.sessions) > 3

    result = cancelled(app, deleting)
    assert result.stopped == "interrupted"
    assert app.server.sessions == {}
    assert result.undeleted == []


def test_what_was_found_survives_an_interruption() -> None:
    """What was found until then is kept, with the flow that showed it."""
    app = Slow(server_of(ADK, 0, "loses-enrichments"))
    app.seconds = 0.001
    result = cancelled(app, lambda exploring: LOST_ENRICHMENT in exploring.result.found)
    assert result.stopped == "interrupted"
    found = result.found[LOST_ENRICHMENT]
    assert isinstance(found.flow, tuple)
    assert len(found.traces) == len(found.flow) > 2
    assert app.server.sessions == {}


def test_shrinking_can_be_interrupted() -> None:
    """Cancelled while it shrinks, the exploration keeps its findings and deletes what the replay made."""
    app = Slow(server_of(ADK, 0, "answers-html"))
    app.seconds = 0.001
    seen: list[Flow] = []

    async def explore() -> Exploration:
        transport = AsgiTransport(app)
        exploring = explorer(transport, Budget(requests=150))
        task = asyncio.create_task(exploring.explore())
        while not exploring.result.doing.startswith("shrinking"):
            await asyncio.sleep(0.001)
        seen.extend(found.flow for found in exploring.result.found.values())
        await asyncio.sleep(0.05)
        task.cancel()
        try:
            return await asyncio.wait_for(task, 20)
        finally:
            await transport.close()

    result = asyncio.run(explore())
    assert result.stopped == "interrupted"
    assert len(result.found) == len(seen) > 0
    assert app.server.sessions == {}


# --- what a hostile server cannot do --------------------------------------------------------------


def test_a_server_that_crashes_at_one_operation_is_alive() -> None:
    """Who hangs up on each run, often in a row, and answers all else, is explored to the end."""
    runs = Broken(AsgiTransport(fake()), lambda _: None)

    async def crash(request: Request) -> Exchange:
        """Hang up on what changes anything, once there are some sessions."""
        runs.sent += 1
        if runs.sent > 60 and request.method != "GET":
            return Exchange(request, None, 0.0, 0.0, Failure.CLOSED)
        return await runs._inner.send(request)

    runs.send = crash  # type: ignore[method-assign]
    result = explored(runs, Budget(requests=300), shrinks=False)
    assert not result.unreachable
    assert result.stopped == "requests spent"
    assert "contract/answer-comes-whole" in {each.invariant for each in result.found}


@pytest.mark.parametrize("size", [300_000, MAX_ROOM])
def test_what_a_walk_keeps_is_small(size: int) -> None:
    """After it was judged, large answers are kept as long as there is room, and then their beginnings, which say so."""

    class Huge(Server):
        """Answers each read with a large state."""

        def read(self, step: Step, session: Stored) -> Response:
            """Answer it."""
            session.attributes = {**session.attributes, "state": {"k": "x" * size}}
            return super().read(step, session)

    result = explored(AsgiTransport(Recorder(Huge(ADK))), Budget(requests=60), shrinks=False)
    traces = [trace for found in result.found.values() for trace in found.traces]
    assert traces
    assert all(trace.step.views == () for trace in traces)
    kept = [trace.step.exchange for trace in traces if trace.step.exchange.response]
    most = max(len(each.response.body) for each in kept if each.response)
    assert most == MAX_KEPT if size == MAX_ROOM else most > size
    cut = [each for each in kept if each.response and len(each.response.body) == MAX_KEPT]
    assert [each for each in kept if each.failure is Failure.UNRECORDED] == cut


def test_the_number_of_findings_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is wrong in another way each time does not fill the memory."""
    monkeypatch.setattr("conformance.explore.explorer.MAX_FOUND", 3)
    result = explored(AsgiTransport(fake("answers-html")), Budget(requests=100), shrinks=False)
    assert len(result.found) == 3


def test_known_findings_that_cannot_be_replayed_are_not_stale() -> None:
    """Where the budget does not allow to replay a known finding, nothing is said of it, and nothing breaks."""
    found = explored(AsgiTransport(fake("loses-enrichments")), Budget(requests=400)).found[LOST_ENRICHMENT]
    result = explored(AsgiTransport(fake()), Budget(requests=1), known={LOST_ENRICHMENT: found.saved})
    assert result.stale == []
    result = explored(AsgiTransport(fake()), Budget(requests=100), known={LOST_ENRICHMENT: found.saved})
    assert result.stale == [LOST_ENRICHMENT]


def test_failures_by_chance_are_one_finding() -> None:
    """What failed once and never again is told once, whatever was asked; nobody is accused of more."""
    result = explored(AsgiTransport(Recorder(FailsBefore(Response(500)))), Budget(requests=400))
    primary = [signature for signature, found in result.found.items() if found.follows is None]
    assert [each.invariant for each in primary] == ["contract/no-server-error"]
    assert len(result.found) > 5


@pytest.mark.parametrize(("status", "invariant"), [(503, "no-server-error"), (307, "status-is-documented")])
def test_an_outage_is_one_finding(status: int, invariant: str) -> None:
    """Where not even a plain create is understood, the same answer to anything else follows from that."""
    result = explored(AsgiTransport(Recorder(Says(Response(status)))), Budget(requests=60))
    primary = [signature for signature, found in result.found.items() if found.follows is None]
    assert [str(each) for each in primary] == [str(primary[0])]
    assert (primary[0].invariant, primary[0].operation) == (f"contract/{invariant}", "create_session")
