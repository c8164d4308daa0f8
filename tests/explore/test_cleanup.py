"""Tests of what is left behind: nothing, or else it is said; and nobody else's sessions are touched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.exchange import Exchange, Response
from conformance.explore.actions import Action, Wrongness
from conformance.explore.bodies import pools
from conformance.explore.cleanup import LOST, MAX_STRANGERS, clean
from conformance.explore.course import Walk
from conformance.explore.explorer import Budget
from conformance.explore.walk import Walker
from conformance.fakes import asgi
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.judge import Judge
from conformance.profile import Profile, Role
from conformance.profile_file import load
from conformance.reader import Reader
from conformance.run import run, server_of, walk
from conformance.step import Step
from conformance.transports import Limits
from conformance.transports.asgi import AsgiTransport
from tests.explore.tiny import ROLES, Recorder, tiny

ADK = load("adk")


class Keeps(Server):
    """Refuses each delete."""

    def delete(self, step: Step, _session: Stored) -> Response:
        """Refuse it."""
        return self.refuse_duplicate(step)


def cleaned(
    server: Server, *actions: Action, resets: Callable[[], None] | None = None
) -> tuple[Walk, list[str], Recorder]:
    """Walk a flow and clean up: the walk, what is said to be left, and the requests that cleaning took."""
    app = Recorder(server)
    walker = Walker(server.profile, AsgiTransport(app, reset=resets), pools(server.profile, 1), "conf1", 1)

    async def both() -> tuple[Walk, list[str]]:
        walked = await walker.walk(actions, Judge(server.profile).history(), looks=False)
        app.requests.clear()
        return walked, await clean(walker, walked)

    return *asyncio.run(both()), app


def creates(*owners: int) -> Sequence[Action]:
    """Creates for these owners."""
    return [Action(0, owner=owner) for owner in owners]


def binding(profile: Profile, role: Role) -> int:
    """The number of the first binding of a role."""
    return next(index for index, each in enumerate(profile.bindings) if each.role is role)


@pytest.mark.parametrize("scoped", [True, False], ids=["scoped", "global"])
@pytest.mark.parametrize("roles", [("delete",), ("read", "delete"), ("list", "delete"), ROLES[1:]], ids="-".join)
def test_everything_is_deleted(tmp_path: Path, roles: tuple[str, ...], scoped: bool) -> None:
    """Whichever roles are bound beside the delete, no session of the walk is left."""
    server = Server(tiny(tmp_path, *roles, scoped=scoped))
    walked, left, _ = cleaned(server, *creates(0, 0, 1, 1, 0))
    assert len(walked.slots) == 5
    assert left == []
    assert server.sessions == {}


def test_sessions_that_only_the_list_knows_are_deleted(tmp_path: Path) -> None:
    """A session whose creation was never answered is found in the list of its owner."""

    class Fails(Server):
        """Stores what is created, and answers 500."""

        def create(self, step: Step) -> Response:
            """Create, and fail."""
            super().create(step)
            return Response(500)

    server = Fails(tiny(tmp_path, "read", "list", "delete"))
    walked, left, _ = cleaned(server, *creates(0, 1, 0))
    assert walked.slots == []
    assert left == []
    assert server.sessions == {}


def test_without_a_delete_all_sessions_are_named(tmp_path: Path) -> None:
    """Where nothing can be deleted, whatever the walk made is listed, and nothing is written."""
    server = Server(tiny(tmp_path, "read"))
    walked, left, app = cleaned(server, *creates(0, 1))
    assert sorted(left) == sorted(slot.id for slot in walked.slots)
    assert len(left) == 2
    assert {request.method for request in app.requests} <= {"GET"}


@pytest.mark.parametrize("roles", [("read", "delete"), ("list", "delete"), ("read", "list", "delete")], ids="-".join)
def test_what_cannot_be_deleted_is_named(tmp_path: Path, roles: tuple[str, ...]) -> None:
    """A refused delete leaves its session behind, as a read or a list shows; its id is listed once."""
    server = Keeps(tiny(tmp_path, *roles))
    walked, left, _ = cleaned(server, *creates(0, 1, 0))
    assert sorted(left) == sorted(slot.id for slot in walked.slots)
    assert len(server.sessions) == 3


def test_only_what_is_still_there_is_named(tmp_path: Path) -> None:
    """Of several sessions those are listed that the server kept."""

    class KeepsSome(Server):
        """Refuses to delete what has an id that was chosen."""

        def delete(self, step: Step, session: Stored) -> Response:
            """Refuse, or delete."""
            return self.refuse_duplicate(step) if session.id.startswith("conf1") else super().delete(step, session)

    server = KeepsSome(tiny(tmp_path, "read", "delete"))
    _, left, _ = cleaned(server, Action(0), Action(0, 1), Action(0))
    assert left == [session for _, session in server.sessions]
    assert len(left) == 1


def test_a_fake_that_is_emptied_is_not_cleaned() -> None:
    """Where the transport empties the server nothing is sent."""
    server = Server(ADK)
    _, left, app = cleaned(server, *creates(0, 0), resets=server.reset)
    assert (left, app.requests) == ([], [])


def test_what_is_gone_already_is_left_alone(tmp_path: Path) -> None:
    """Sessions that the walk itself deleted, and ids that it made up, are not deleted."""
    profile = tiny(tmp_path, "read", "delete")
    delete, read = binding(profile, Role.DELETE), binding(profile, Role.READ)
    walked, _, app = cleaned(
        Server(profile), *creates(0, 0), Action(delete, 1), Action(read, wrongness=Wrongness.ABSENT)
    )
    assert [slot.gone or slot.ghost for slot in walked.slots] == [False, True, True]
    deleted = [request.path for request in app.requests if request.method == "DELETE"]
    assert deleted == [f"/owners/conf1-1-a/notes/{walked.slots[0].id}"]


def test_sessions_of_others_are_left_alone(tmp_path: Path) -> None:
    """A list that shows everybody's sessions does not mislead the cleaning: those of other owners stay."""

    class ListsAll(Server):
        """Lists everybody's sessions."""

        def listed(self, _step: Step) -> list[Stored]:
            """All of them."""
            return list(self.sessions.values())

    server = ListsAll(tiny(tmp_path, "read", "list", "delete"))
    for number in range(3):
        server.keep(Stored(f"precious-{number}", ("alice",)))
    before = deepcopy(server.sessions)
    _, left, _ = cleaned(server, *creates(0, 1))
    assert server.sessions == before
    assert left == []


@pytest.mark.parametrize("chosen", [True, False], ids=["chosen", "handed out"])
@pytest.mark.parametrize("scoped", [True, False], ids=["scoped", "global"])
def test_a_run_touches_its_own_sessions_only(tmp_path: Path, scoped: bool, chosen: bool) -> None:
    """A whole run leaves the sessions of others as they were, and none of its own."""
    profile = tiny(tmp_path, *ROLES[1:], scoped=scoped, chosen=chosen)
    server = Server(profile, seed=9)
    for number in range(5):
        server.keep(
            Stored(f"precious-{number}", (f"alice{number}",), {"tags": {"number": number}}, [{"text": "hello"}])
        )
    before = deepcopy(server.sessions)
    report = run(profile, app=asgi.app(server), seed=3, budget=Budget(requests=1_500))
    assert report.findings == ()
    assert report.exchanges == 1_500
    assert report.undeleted == ()
    assert server.sessions == before


def test_every_write_of_a_run_is_under_an_owner_that_carries_its_name() -> None:
    """Owners carry the name of the run, in each valid write and in each read."""
    app = Recorder(Server(ADK))
    reader = Reader(ADK)
    report = run(ADK, app=app, seed=0xBEEF, budget=Budget(requests=1_000))
    steps = [reader.asked(Exchange(request, None)) for request in app.requests]
    owners = {step.owner for step in steps if step.invalid is None}
    assert len(steps) > report.exchanges == 1_000
    assert len(owners) > 20
    assert all(owner is not None and owner[0] == "echo" and owner[1].startswith("confbeef-") for owner in owners)
    assert app.server.sessions == {}


@pytest.mark.parametrize("fault", ["refuses-to-delete", "forgets-to-delete"])
def test_a_run_names_what_it_left(fault: str) -> None:
    """The report of a run against a server that does not delete names each session that is left there."""
    server = server_of(ADK, 0, fault)
    report = run(ADK, app=asgi.app(server), seed=1, budget=Budget(flows=3))
    assert set(report.undeleted) == {session for _, session in server.sessions}
    assert report.undeleted


def test_a_walk_of_the_users_own_is_cleaned_up() -> None:
    """`walk` deletes what it made, also if something is broken."""
    server = Server(ADK)
    flow = (Action(0), Action(0, 1), Action(6), Action(4, 1))
    assert walk(ADK, flow, app=asgi.app(server)) == []
    assert server.sessions == {}


def test_a_crowd_of_strangers_is_not_deleted(tmp_path: Path) -> None:
    """Of what only the list of an owner knows a part is deleted and named; the rest is counted."""

    class Crowded(Server):
        """Shows a crowd in each list."""

        def list_sessions(self, step: Step) -> Response:
            """List them."""
            (owner,) = step.owner or ("",)
            crowd = [{"id": f"stranger-{number}", "tags": {}, "owner": owner} for number in range(5_000)]
            return Response(200, (("content-type", "application/json"),), json.dumps(crowd).encode())

    _, left, app = cleaned(Crowded(tiny(tmp_path, "list", "delete")), *creates(0))
    assert len(app.requests) == 1 + 1 + MAX_STRANGERS + 1
    assert len(left) == MAX_STRANGERS + 1
    assert any("4,900 more in the list of conf1-1-a" in each for each in left)


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_what_cannot_be_named_is_not_touched(tmp_path: Path, name: str) -> None:
    """A session whose name leads elsewhere is neither read nor deleted: that might mean all of them."""

    class Names(Server):
        """Gives each session an odd id."""

        def new_id(self, _kind: str = "item") -> str:
            """The odd id."""
            return name

    server = Names(tiny(tmp_path, "read", "list", "delete", chosen=False))
    _, left, app = cleaned(server, *creates(0), Action(1))
    assert left == [name]
    assert {request.path for request in app.requests} == {"/owners/conf1-1-a/notes"}
    assert {request.method for request in app.requests} == {"GET"}


def test_a_delete_that_failed_by_chance_is_made_again(tmp_path: Path) -> None:
    """A delete that is answered with a 5xx is made once more."""

    class FailsOnce(Server):
        """Fails at the first delete."""

        failed = False

        def delete(self, step: Step, session: Stored) -> Response:
            """Fail once."""
            if not self.failed:
                self.failed = True
                return Response(503)
            return super().delete(step, session)

    server = FailsOnce(tiny(tmp_path, "delete"))
    _, left, app = cleaned(server, *creates(0, 0))
    assert (left, server.sessions) == ([], {})
    assert [request.method for request in app.requests] == ["DELETE"] * 3


def test_whoever_does_not_answer_is_not_asked_again_and_again(tmp_path: Path) -> None:
    """After some deletes without an answer the rest of a walk is left, and named."""
    server = Server(tiny(tmp_path, "delete"))
    app = Recorder(server)
    transport = AsgiTransport(app, limits=Limits(seconds=0.05))
    walker = Walker(server.profile, transport, pools(server.profile, 1), "conf1", 1)

    async def both() -> list[str]:
        walked = await walker.walk(creates(*[0] * 8), Judge(server.profile).history(), looks=False)
        app.requests.clear()

        async def hang() -> None:
            """Hang."""
            await asyncio.sleep(60)

        app.before = hang  # type: ignore[method-assign]
        return await clean(walker, walked)

    assert len(asyncio.run(both())) == 8
    assert len(app.requests) == LOST


TICKETS = load(Path(__file__).parents[1] / "servers" / "tickets")


def changed_arrows(**arrows: frozenset[str]) -> Profile:
    """The tickets, with other arrows."""
    return replace(TICKETS, lifecycle=replace(TICKETS.lifecycle, transitions=arrows))


def test_sessions_are_led_to_where_they_can_be_deleted() -> None:
    """What is open is closed first; what was closed is deleted at once."""
    server = Server(TICKETS)
    closes = next(index for index, each in enumerate(TICKETS.bindings) if each.to == "closed")
    walked, left, app = cleaned(server, *creates(0, 0), Action(closes, 1))
    assert len(walked.slots) == 2
    assert left == []
    assert server.sessions == {}
    assert [each.path.rpartition("/")[2] for each in app.requests if each.method == "POST"] == ["close"]


def test_what_cannot_be_led_there_is_said_to_be_left() -> None:
    """No arrow leads out of the status in which it is."""
    server = Server(changed_arrows(open=frozenset(), closed=frozenset({"open"})))
    walked, left, app = cleaned(server, *creates(0))
    assert left == [walked.slots[0].id]
    assert all(each.method != "POST" for each in app.requests)
