"""Tests of what happens when a flow is sent: which call an action means, what is looked at, what is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice, pairwise
from pathlib import Path

import pytest

from conformance.exchange import Exchange, Response
from conformance.explore.actions import Action, Wrongness
from conformance.explore.bodies import pools
from conformance.explore.course import Walk
from conformance.explore.flows import generated
from conformance.explore.walk import Walker, always
from conformance.fakes import asgi
from conformance.fakes.server import Server
from conformance.judge import Judge, Violation
from conformance.profile import Profile, Role
from conformance.profile_file import load
from conformance.step import Step
from conformance.transports.asgi import AsgiTransport
from tests.explore.tiny import Recorder, tiny

ADK = load("adk")
CREATE, CREATE_WITH_ID, READ, LIST, RUN, STREAM, ENRICH, DELETE = range(8)


def test_the_numbers_above_are_those_of_the_profile() -> None:
    """The bindings of the profile have the numbers that these tests use."""
    roles = [Role.CREATE, Role.CREATE, Role.READ, Role.LIST, Role.RUN, Role.STREAM, Role.ENRICH, Role.DELETE]
    assert [binding.role for binding in ADK.bindings] == roles


class Walks:
    """Walks flows over a recording fake."""

    def __init__(
        self,
        profile: Profile = ADK,
        gate: Callable[[], Awaitable[bool]] = always,
        interval: float = 0.0,
        server: Server | None = None,
    ) -> None:
        self.profile = profile
        self.app = Recorder(server or Server(profile))
        self.transport = AsgiTransport(self.app)
        self.walker = Walker(profile, self.transport, pools(profile, 1), "conf1", 1, gate, interval)

    def walk(self, *actions: Action, looks: bool = False) -> Walk:
        """Walk a flow; without looks at the end."""
        return asyncio.run(self.walker.walk(actions, Judge(self.profile).history(), looks))

    def steps(self, *actions: Action, looks: bool = False) -> list[Step]:
        """The steps that came of a flow."""
        return [trace.step for trace in self.walk(*actions, looks=looks).traces]


def one(*actions: Action) -> Step:
    """The last step of a flow."""
    return Walks().steps(*actions)[-1]


def outcomes(steps: Sequence[Step]) -> list[tuple[str, int]]:
    """Role and status of each step."""
    return [(str(step.role), step.status) for step in steps]


def test_an_action_that_means_nothing_is_left_out() -> None:
    """A call on a session is no call as long as there is none; nor is a wrongness that the role cannot have."""
    nothing = [
        Action(READ),
        Action(READ, wrongness=Wrongness.GONE),
        Action(CREATE_WITH_ID, wrongness=Wrongness.DUPLICATE),
        Action(CREATE, wrongness=Wrongness.ABSENT),
        Action(LIST, wrongness=Wrongness.INVALID),
        Action(READ, wrongness=Wrongness.DUPLICATE),
    ]
    walks = Walks()
    walk = walks.walk(*nothing, Action(CREATE))
    assert walk.performed == (Action(CREATE),)
    assert len(walks.app.requests) == 1


def test_any_number_names_a_session() -> None:
    """Sessions are counted round: of two, number 3 is the second; a deleted one is not counted."""
    steps = Walks().steps(Action(CREATE), Action(CREATE), Action(READ, 3), Action(DELETE, 0), Action(READ, 3))
    assert steps[2].session == steps[1].created
    assert steps[4].session == steps[1].created
    assert steps[3].session == steps[0].created


def test_any_number_names_a_binding() -> None:
    """Bindings are counted round as well."""
    assert outcomes(Walks().steps(Action(CREATE + 8), Action(READ + 16))) == [("create", 200), ("read", 200)]


def test_owners_are_fresh_and_carry_the_runs_name() -> None:
    """Each walk has two owners of its own, under the run's name; what the profile fixes stays fixed."""
    walks = Walks()
    found = [walks.walk(Action(CREATE), Action(CREATE, owner=1)).owners for _ in range(2)]
    assert found == [
        [("echo", "conf1-1-a"), ("echo", "conf1-1-ab")],
        [("echo", "conf1-2-a"), ("echo", "conf1-2-ab")],
    ]
    assert [request.path for request in walks.app.requests] == [
        f"/apps/echo/users/{owner[1]}/sessions" for owners in found for owner in owners
    ]


def test_a_call_goes_under_the_owner_of_its_session() -> None:
    """Whatever owner an action names, a session is called under its own."""
    steps = Walks().steps(Action(CREATE, owner=1), Action(READ, owner=0), Action(ENRICH, owner=0))
    assert {step.owner for step in steps} == {("echo", "conf1-1-ab")}
    assert [step.status for step in steps] == [200, 200, 200]


def test_an_even_create_leaves_the_id_to_the_server() -> None:
    """An odd number chooses an id that carries the run's name, an even one leaves the choice to the server."""
    even, odd, always = Walks().steps(Action(CREATE, 0), Action(CREATE, 1), Action(CREATE_WITH_ID, 0))
    assert even.session is None
    assert not (even.created or "").startswith("conf1")
    for step in (odd, always):
        assert (step.created or "").startswith("conf1-s1-")
        assert step.session == step.created


def test_markers_are_used_once() -> None:
    """Each write carries a marker of its own under the run's name, so that it is known again anywhere."""
    writes = (Action(CREATE), Action(ENRICH), Action(RUN), Action(STREAM), Action(CREATE_WITH_ID), Action(ENRICH, 1))
    steps = Walks().steps(*writes)
    texts = [json.dumps([step.sent.get("state"), step.message if step.message else None]) for step in steps]
    markers = [f"conf1-m{number}" for number in range(6)]
    assert all(marker in text for marker, text in zip(markers, texts, strict=True))
    assert all(text.count("conf1-m") == 1 for text in texts)


@pytest.mark.parametrize("binding", [READ, RUN, STREAM, ENRICH, DELETE])
def test_absent_is_an_id_that_nobody_made(binding: int) -> None:
    """ABSENT makes up an id, and a number above 0 uses it again."""
    steps = Walks().steps(
        Action(CREATE), Action(binding, wrongness=Wrongness.ABSENT), Action(READ, 1, wrongness=Wrongness.ABSENT)
    )
    assert steps[1].session not in (None, steps[0].created)
    assert steps[2].session == steps[1].session
    assert steps[1].owner == steps[0].owner
    assert steps[2].status == 404


@pytest.mark.parametrize("binding", [READ, RUN, STREAM, ENRICH, DELETE, CREATE, CREATE_WITH_ID])
def test_gone_is_a_session_that_was_deleted(binding: int) -> None:
    """GONE names a deleted session; for a create it uses the id again."""
    steps = Walks().steps(Action(CREATE), Action(CREATE), Action(DELETE, 1), Action(binding, wrongness=Wrongness.GONE))
    assert steps[3].session == steps[1].created
    assert steps[3].status == (404 if binding not in (CREATE, CREATE_WITH_ID, DELETE) else 200)


@pytest.mark.parametrize("binding", [READ, RUN, STREAM, ENRICH, DELETE])
def test_foreign_is_another_owners_session(binding: int) -> None:
    """FOREIGN names a session under an owner that is not its own."""
    create, foreign = Walks().steps(Action(CREATE, owner=1), Action(binding, wrongness=Wrongness.FOREIGN))
    assert foreign.session == create.created
    assert (create.owner, foreign.owner) == (("echo", "conf1-1-ab"), ("echo", "conf1-1-a"))


@pytest.mark.parametrize("binding", [READ, RUN, STREAM, ENRICH, DELETE])
def test_almost_is_an_id_near_to_that_of_a_session(binding: int) -> None:
    """ALMOST names an id that is shorter, longer or written otherwise than that of a session, and nobody's."""
    create, shorter, longer, otherwise = Walks().steps(
        Action(CREATE, 1), *(Action(binding, body=kind, wrongness=Wrongness.ALMOST) for kind in range(3))
    )
    made = create.created or ""
    assert [step.session for step in (shorter, longer, otherwise)] == [made[:-1], f"{made}0", made.upper()]
    assert {step.owner for step in (shorter, longer, otherwise)} == {create.owner}
    assert all(step.refused or binding == DELETE for step in (shorter, longer, otherwise))


def test_almost_is_not_made_up_where_it_may_be_somebodys() -> None:
    """What differs from a UUID in its case alone is that UUID, and short ids and numbers have neighbours."""
    almost = [Action(READ, body=kind, wrongness=Wrongness.ALMOST) for kind in range(3)]
    assert len(Walks().steps(Action(CREATE), *almost)) == 3
    for made in ("short", "1234567890123456"):
        walks = Walks(server=Handing(ADK, made))
        assert len(walks.steps(Action(CREATE), *almost)) == 1


class Handing(Server):
    """A fake that hands out a certain id."""

    def __init__(self, profile: Profile, made: str) -> None:
        super().__init__(profile)
        self._made = made

    def new_id(self, _kind: str = "item") -> str:
        """The id of each new session."""
        return self._made


@pytest.mark.parametrize("binding", [CREATE, CREATE_WITH_ID])
def test_creates_with_an_id_that_is_in_use(binding: int) -> None:
    """DUPLICATE creates with an id of the same owner; FOREIGN with that id under the other owner, which is right."""
    create, duplicate, twin = Walks().steps(
        Action(CREATE), Action(binding, wrongness=Wrongness.DUPLICATE), Action(binding, wrongness=Wrongness.FOREIGN)
    )
    assert create.created == duplicate.session == twin.session
    assert (duplicate.owner == create.owner, twin.owner == create.owner) == (True, False)
    assert duplicate.refused
    assert twin.accepted


def test_invalid_violates_the_spec() -> None:
    """INVALID sends a body that violates the spec, and no other action does, unless it repeats one."""
    walks = Walks()
    for flow in islice(generated(ADK, 3), 40):
        for trace in walks.walk(*flow, looks=True).traces:
            if trace.action.wrongness != Wrongness.REPEAT:
                assert (trace.step.invalid is not None) is (trace.action.wrongness == Wrongness.INVALID), trace


def test_a_correct_server_is_never_surprised() -> None:
    """On generated flows a correct fake breaks nothing, and every accepted call is a plain or an unusual one."""
    walks = Walks()
    for flow in islice(generated(ADK, 4), 40):
        traces = walks.walk(*flow, looks=True).traces
        assert [violation.signature for trace in traces for violation in trace.violations] == []


def test_looks_at_the_end_see_everything() -> None:
    """At the end each session is read, deleted ones and made-up ids too, and each owner is listed."""
    flow = (
        *(Action(CREATE), Action(CREATE), Action(CREATE, owner=1)),
        *(Action(DELETE, 1), Action(RUN, wrongness=Wrongness.ABSENT)),
    )
    walks = Walks()
    walk = walks.walk(*flow, looks=True)
    first, second, third, _, ghost = (trace.step for trace in walk.traces[:5])
    looks = [trace.step for trace in walk.traces[5:]]
    reads = [(step.session, step.status) for step in looks if step.role is Role.READ]
    assert reads == [(first.created, 200), (third.created, 200), (second.created, 404), (ghost.session, 404)]
    assert [step.owner for step in looks if step.role is Role.LIST] == walk.owners
    assert len(looks) == 6
    assert walks.walk(*flow).performed == flow


def test_what_was_performed_can_be_walked_again() -> None:
    """The performed flow, looks included, does the same again without looks at the end."""
    for flow in islice(generated(ADK, 5), 10):
        walks = Walks()
        walk = walks.walk(*flow, looks=True)
        again = Walks().walk(*walk.performed)
        assert [(t.step.role, t.step.status) for t in again.traces] == [
            (t.step.role, t.step.status) for t in walk.traces
        ]
        assert again.performed == walk.performed


def test_a_gate_stops_a_walk() -> None:
    """When the gate closes no further request is sent, neither for the flow nor for looks."""
    granted = [True, True, True]

    async def gate() -> bool:
        """Let three requests pass."""
        return bool(granted) and granted.pop()

    walks = Walks(gate=gate)
    walk = walks.walk(Action(CREATE), Action(ENRICH), Action(RUN), Action(READ), looks=True)
    assert walk.stopped
    assert outcomes([trace.step for trace in walk.traces]) == [("create", 200), ("enrich", 200), ("run", 200)]
    assert len(walks.app.requests) == walks.walker.sent == 3


def test_a_walk_that_went_through_is_not_stopped() -> None:
    """Without a gate a walk goes to its end."""
    assert not Walks().walk(Action(CREATE), looks=True).stopped


def test_the_rate_is_kept() -> None:
    """With an interval no two requests are closer to each other, on the average nor at once."""
    walk = Walks(interval=0.02).walk(*[Action(CREATE)] * 12)
    times = [trace.step.exchange.started for trace in walk.traces]
    assert times[-1] - times[0] >= 0.02 * 11 - 0.005
    assert min(late - early for early, late in pairwise(times)) > 0.01


def test_an_interrupted_walk_is_not_lost() -> None:
    """What happened before an error stands in the walk that was handed in."""

    class Stubborn:
        """Hears three exchanges."""

        def __init__(self) -> None:
            self.history = Judge(ADK).history()

        def see(self, exchange: Exchange) -> tuple[Step, list[Violation]]:
            """Take the next exchange."""
            if self.history.length == 3:
                raise KeyError("enough")
            return self.history.see(exchange)

    walks = Walks()
    walk = Walk()
    flow = (Action(CREATE), Action(CREATE), Action(ENRICH), Action(RUN))
    with pytest.raises(KeyError, match="enough"):
        asyncio.run(walks.walker.walk(flow, Stubborn(), into=walk))
    assert walk.performed == flow[:3]
    assert len(walk.slots) == 2


def test_a_fake_is_emptied_before_each_walk() -> None:
    """A transport that resets does so at the beginning of a walk."""
    server = Server(ADK)
    walker = Walker(ADK, AsgiTransport(asgi.app(server), reset=server.reset), pools(ADK, 1), "conf1", 1)
    for _ in range(2):
        asyncio.run(walker.walk([Action(CREATE), Action(CREATE)], Judge(ADK).history()))
        assert len(server.sessions) == 2


def test_a_refused_create_leaves_an_id_that_is_looked_at() -> None:
    """An id that was chosen for an invalid create should not exist, and is read at the end."""
    steps = Walks().steps(Action(CREATE_WITH_ID, 1, 0, 0, Wrongness.INVALID), looks=True)
    assert steps[0].refused
    assert [(step.session, step.status) for step in steps if step.role is Role.READ] == [(steps[0].session, 404)]


def test_a_server_that_hands_out_one_id_twice_has_one_session() -> None:
    """An id that comes back is the session that it was."""

    class Repeats(Server):
        """Answers each create with the same id."""

        def new_id(self, _kind: str = "item") -> str:
            """The same id."""
            return "e3e70682-0000-4000-8000-000000000000"

    walk = Walks(server=Repeats(ADK)).walk(Action(CREATE), Action(CREATE))
    assert len(walk.slots) == 1


def test_calls_without_answers_make_no_sessions() -> None:
    """A create that fails under a chosen id leaves a made-up id, and one under no id leaves nothing."""

    class Fails(Server):
        """Fails at each create."""

        def create(self, _step: Step) -> Response:
            """Fail."""
            return Response(500)

    walk = Walks(server=Fails(ADK)).walk(Action(CREATE), Action(CREATE_WITH_ID, 1))
    assert [(slot.ghost, slot.gone) for slot in walk.slots] == [(True, False)]


def test_fixed_owners_are_nobodys_own(tmp_path: Path) -> None:
    """Where nothing in the owner can be made up, no call is made under another one."""
    profile = tiny(tmp_path, "read", scoped=False)
    foreign = [Action(0, 1), Action(1, wrongness=Wrongness.FOREIGN), Action(0, 1, wrongness=Wrongness.FOREIGN)]
    walk = Walks(profile).walk(*foreign)
    assert walk.performed == tuple(foreign[:1])


def test_owners_can_differ_in_one_part_alone() -> None:
    """After the two owners come those that are the first but for one part: nested tenants are told apart by each."""
    profile = load(Path(__file__).parents[1] / "servers" / "tickets")
    assert profile.owners == 4
    walks = Walks(profile)
    read = next(number for number, each in enumerate(profile.bindings) if each.role is Role.READ)
    foreign = [Action(read, owner=owner, wrongness=Wrongness.FOREIGN) for owner in range(4)]
    walk = walks.walk(Action(0), *foreign)
    first, second, org, project = walk.owners
    assert all(here != there for here, there in zip(first, second, strict=True))
    assert first[0] != first[1]
    assert (org, project) == ((second[0], first[1]), (first[0], second[1]))
    assert [trace.call.owner for trace in walk.traces[1:]] == [second, second, org, project]
    assert [trace.step.status for trace in walk.traces] == [201, 404, 404, 404, 404]


def test_one_part_makes_two_owners() -> None:
    """Where owners differ in one part, nobody is almost another."""
    assert ADK.owners == 2
