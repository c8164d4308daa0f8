"""Tests of flows and walks where an API has statuses, pages, keys, items, cleanups, or sessions named twice."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from conformance.explore.actions import FILTERS, Action, Flow, Wrongness
from conformance.explore.bodies import pools
from conformance.explore.course import Trace, Walk
from conformance.explore.openings import openings
from conformance.explore.resolver import BEYOND, OLD, SHORT_PAGE
from conformance.explore.saved import from_texts, saved, to_text
from conformance.explore.walk import Walker
from conformance.fakes import asgi
from conformance.fakes.server import Server
from conformance.judge import Judge
from conformance.profile import STATUS, Profile, Role
from conformance.profile_file import load
from conformance.run import ready
from conformance.step import Page, Step
from conformance.transports.asgi import AsgiTransport
from conformance.writer import NOBODY, STRANGER
from tests.dialects import BRIDGE, CURSOR, REST, SUPPORT

HONEYHIVE = ready(load("honeyhive"), fake=True)
ALL = [REST, CURSOR, SUPPORT, BRIDGE, HONEYHIVE]
EACH = pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)


@cache
def scripted(place: str) -> tuple[Flow, ...]:
    """All openings of a profile."""
    profile = next(each for each in ALL if each.place == place)
    return tuple(openings(profile, pools(profile, 1)))


def index(profile: Profile, role: Role) -> int:
    """The number of the first binding of a role."""
    return next(number for number, each in enumerate(profile.bindings) if each.role is role and not each.releases)


def walked(profile: Profile, flow: Flow, looks: bool = False, server: Server | None = None, **more: Any) -> Walk:
    """What comes of a flow that is sent to a fake."""
    server = server or Server(profile)
    walker = Walker(profile, AsgiTransport(asgi.app(server), reset=server.reset), pools(profile, 1), "conf1", 1, **more)
    return asyncio.run(walker.walk(flow, Judge(profile).history(), looks))


def steps(profile: Profile, *actions: Action, looks: bool = False) -> list[Step]:
    """The steps of a flow."""
    return [trace.step for trace in walked(profile, actions, looks).traces]


@cache
def scripted_walks(place: str) -> tuple[Walk, ...]:
    """What comes of each opening."""
    profile = next(each for each in ALL if each.place == place)
    return tuple(walked(profile, flow) for flow in scripted(place))


def traces(profile: Profile) -> list[Trace]:
    """Every call of all openings."""
    return [trace for walk in scripted_walks(profile.place) for trace in walk.traces]


# --- flows ----------------------------------------------------------------------------------------


@EACH
def test_openings_break_nothing_on_a_correct_fake(profile: Profile) -> None:
    """All that is scripted, on servers of every shape; each binding is called, and each wrongness that can be."""
    found = traces(profile)
    assert [str(violation.signature) for trace in found for violation in trace.violations] == []
    assert {trace.call.binding.operation.id for trace in found} == {each.operation.id for each in profile.bindings}
    meant = {trace.action.wrongness for trace in found}
    assert (Wrongness.NO_CREDENTIALS in meant) is (Wrongness.WRONG_CREDENTIALS in meant) is profile.credentials.required
    assert (Wrongness.SPLIT in meant) is any(each.also for each in profile.bindings)
    assert (Wrongness.STRAY_ITEM in meant) is profile.names_items


@pytest.mark.parametrize("profile", [REST, CURSOR, SUPPORT], ids=lambda profile: profile.name)
def test_arrows_reach_every_pair_of_statuses(profile: Profile) -> None:
    """Whatever status a session can have, each other one is tried from it; and then a run."""
    names = profile.lifecycle.names
    tried = set()
    for walk in scripted_walks(profile.place):
        statuses: dict[str | None, str | None] = {}
        for trace in walk.traces:
            step = trace.step
            if step.role is Role.CREATE and step.accepted:
                statuses[step.created] = profile.lifecycle.initial
            elif step.role is Role.TRANSITION and not step.wrong and step.session in statuses:
                tried.add((statuses[step.session], step.sent[STATUS]))
                statuses[step.session] = step.sent[STATUS] if step.accepted else statuses[step.session]
    assert tried >= set(itertools.product(names, names))


def test_a_status_that_no_arrow_reaches_is_no_way() -> None:
    """It is tried from the first one only."""
    profile = replace(
        REST, lifecycle=replace(REST.lifecycle, transitions={"open": frozenset(), "closed": frozenset({"archived"})})
    )
    found = [trace.step for flow in openings(profile, pools(profile, 1)) for trace in walked(profile, flow).traces]
    moved = {step.sent[STATUS] for step in found if step.role is Role.TRANSITION and step.accepted}
    assert moved <= {"open"}


@pytest.mark.parametrize("profile", [REST, CURSOR, SUPPORT], ids=lambda profile: profile.name)
def test_histories_are_asked_for_in_parts(profile: Profile) -> None:
    """Once it is known whole: the first items, those after them and after the last, where a request can say so."""
    pages = [trace.step.page for trace in traces(profile) if trace.step.role is Role.HISTORY and trace.step.accepted]
    short = [page for page in pages if page.limit == SHORT_PAGE]
    assert [page.offset for page in short] == ([0, 0] if profile is CURSOR else [0, SHORT_PAGE, BEYOND])
    assert [page.cursor for page in short[1:]] == ([short[0].next] if profile is CURSOR else [None, None])


@pytest.mark.parametrize("profile", [REST, CURSOR, SUPPORT], ids=lambda profile: profile.name)
def test_pages_are_turned_to_the_end(profile: Profile) -> None:
    """Pages of two: the first, and those after it, until none is left; and each way to filter."""
    pages = [trace.step for trace in traces(profile) if trace.step.role is Role.LIST and trace.step.accepted]
    short = [step for step in pages if step.page.limit == SHORT_PAGE and not step.page.filters]
    assert {step.page.first for step in short} == {True, False}
    filtered = {step.page.filters for step in pages}
    both = [step.page for step in pages if step.page.filters and step.page.limit == SHORT_PAGE]
    assert any(page.first for page in both)
    assert any(not page.first for page in both)
    assert {(("status", name),) for name in profile.lifecycle.names} <= filtered
    assert len(profile.lifecycle.names) < FILTERS


def test_cleanups_are_called_on_disposable_targets_only() -> None:
    """Elsewhere they would take away what others made: there is no owner to clean up for."""
    number = index(SUPPORT, Role.CLEANUP)
    flow = next(flow for flow in scripted(SUPPORT.place) if any(each.binding == number for each in flow))
    ages = [trace.call.age for trace in walked(SUPPORT, flow).traces if trace.action.binding == number]
    assert ages == [OLD * 86_400.0, 0.0]
    kept = walked(SUPPORT, flow, disposable=False)
    assert number not in {trace.action.binding for trace in kept.traces}


def test_what_a_cleanup_takes_is_looked_at_as_gone() -> None:
    """All but what it spares: that is looked at as live."""
    create, transition, cleanup = (index(SUPPORT, role) for role in (Role.CREATE, Role.TRANSITION, Role.CLEANUP))
    ended = SUPPORT.lifecycle.names.index("ended")
    flow = (Action(create), Action(create), Action(transition, 1, 0, ended), Action(cleanup))
    walk = walked(SUPPORT, flow, looks=True)
    assert [(slot.gone, slot.ghost) for slot in walk.slots] == [(False, False), (True, False)]
    reads = [trace.step.status for trace in walk.traces[4:] if trace.step.role is Role.READ]
    assert reads == [200, 404]
    assert [violation for trace in walk.traces for violation in trace.violations] == []


# --- walks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [REST, CURSOR], ids=lambda profile: profile.name)
def test_a_list_is_turned_to_its_end_when_a_walk_ends(profile: Profile) -> None:
    """Every session is seen, however many pages there are."""
    walk = walked(profile, (Action(index(profile, Role.CREATE)),) * 45, looks=True)
    lists = [trace for trace in walk.traces if trace.step.role is Role.LIST]
    assert len(lists) == (3 if profile is REST else 5)
    assert [violation for trace in walk.traces for violation in trace.violations] == []
    assert [trace.action.session for trace in lists] == [0, *[2] * (len(lists) - 1)]


def test_a_page_that_is_not_there_is_not_asked_for() -> None:
    """The one after the last, or after none."""
    create, listing = index(REST, Role.CREATE), index(REST, Role.LIST)
    found = steps(
        REST, Action(listing, 2), *[Action(create)] * 3, *[Action(listing, number) for number in (1, 2, 2, 2)]
    )
    pages = [step.page for step in found if step.role is Role.LIST]
    assert pages == [Page(limit=SHORT_PAGE), Page(limit=SHORT_PAGE, offset=SHORT_PAGE)]


def test_the_cursor_of_the_next_page_is_the_one_that_was_answered() -> None:
    """Whatever it looks like."""
    create, listing = index(CURSOR, Role.CREATE), index(CURSOR, Role.LIST)
    found = steps(CURSOR, *[Action(create)] * 3, Action(listing, 1), Action(listing, 2))
    assert found[-2].page.next is not None
    assert found[-1].page.cursor == found[-2].page.next
    assert found[-1].page.next is None


def test_lists_are_filtered_by_number() -> None:
    """Nothing first, then each status in turn."""
    create, listing = index(REST, Role.CREATE), index(REST, Role.LIST)
    found = steps(REST, Action(create), *(Action(listing, 0, 0, body) for body in range(4)))
    assert [step.page.filters for step in found[1:]] == [
        (), (("status", "closed"),), (("status", "archived"),), (("status", "open"),),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrongness", "identity"),
    [(Wrongness.NONE, 0), (Wrongness.NO_CREDENTIALS, NOBODY), (Wrongness.WRONG_CREDENTIALS, STRANGER)],
)
def test_a_call_has_the_identity_of_its_wrongness(wrongness: Wrongness, identity: int) -> None:
    """And is refused, if it has none."""
    flow = (Action(index(REST, Role.CREATE)), Action(index(REST, Role.READ), wrongness=wrongness))
    last = walked(REST, flow).traces[-1]
    assert last.call.identity == identity
    assert last.step.unauthorized is (identity != 0)
    assert last.step.status == (200 if identity == 0 else 401)


def test_without_credentials_none_can_be_wrong() -> None:
    """An API that demands none is not called without."""
    create, read = index(SUPPORT, Role.CREATE), index(SUPPORT, Role.READ)
    assert len(steps(SUPPORT, Action(create), Action(read, wrongness=Wrongness.NO_CREDENTIALS))) == 1


def test_a_second_identity_owns_what_it_makes() -> None:
    """Where two are declared, the second owner's calls carry its credentials, and each is refused the other's."""
    profile = replace(REST, credentials=replace(REST.credentials, second="Bearer ${OTHER_KEY}"))
    create, read = index(profile, Role.CREATE), index(profile, Role.READ)
    flow = (
        Action(create),
        Action(create, owner=1),
        Action(read, 0),
        Action(read, 1),
        Action(read, 1, 0, 0, Wrongness.FOREIGN),
    )
    walk = walked(profile, flow, looks=True)
    assert [trace.call.identity for trace in walk.traces[:5]] == [0, 1, 0, 1, 0]
    assert [trace.step.status for trace in walk.traces[:5]] == [201, 201, 200, 200, 404]
    assert [violation for trace in walk.traces for violation in trace.violations] == []
    assert [owner[-1] for owner in walk.owners] == ["identity 1", "identity 2"]


def test_a_split_call_names_another_live_session() -> None:
    """It needs a second session, and an operation that names its session twice."""
    run, absent = 0, Wrongness.ABSENT
    alone = steps(BRIDGE, Action(run, wrongness=absent), Action(run, 0, 0, 1, Wrongness.SPLIT))
    assert len(alone) == 1
    first, second, split = steps(
        BRIDGE, Action(run, wrongness=absent), Action(run, 0, 0, 1, absent), Action(run, 0, 0, 1, Wrongness.SPLIT)
    )
    assert (split.session, split.split) == (first.session, second.session)
    assert split.refused


def test_sessions_come_of_their_first_run() -> None:
    """What a run made is a session, and is not one any more after its release."""
    release = index(BRIDGE, Role.DELETE)
    walk = walked(
        BRIDGE, (Action(0, wrongness=Wrongness.ABSENT), Action(0), Action(release), Action(0, wrongness=Wrongness.GONE))
    )
    assert [(slot.ghost, slot.gone) for slot in walk.slots] == [(False, False)]
    assert len({trace.step.session for trace in walk.traces}) == 1
    assert all(trace.step.accepted for trace in walk.traces)


def test_items_are_named_and_released() -> None:
    """One of the session's own; or, as a stray, an unknown one, a released one, or another session's."""
    named = next(number for number, each in enumerate(BRIDGE.bindings) if each.operation.id == "call_method")
    release = next(number for number, each in enumerate(BRIDGE.bindings) if each.releases)
    made = (Action(0, wrongness=Wrongness.ABSENT), Action(0, 0, 0, 1, Wrongness.ABSENT))
    walk = walked(
        BRIDGE,
        (
            *made,
            Action(named),
            Action(release),
            *(Action(named, 0, 0, body, Wrongness.STRAY_ITEM) for body in range(3)),
        ),
    )
    one, two, plain, released, unknown, again, foreign = (trace.step for trace in walk.traces)
    ids = [list(slot.items) for slot in walk.slots]
    assert plain.accepted
    assert released.accepted
    assert released.item not in ids[0]
    assert walk.slots[0].released == [released.item]
    assert (again.item, foreign.item) == (released.item, ids[1][-1])
    assert unknown.item is not None
    assert unknown.item.startswith("conf1-item-")
    assert [step.status for step in (unknown, again, foreign)] == [404, 404, 404]
    assert one.session != two.session


def test_a_stray_that_is_not_there_is_no_call() -> None:
    """Nothing was released, and no other session holds anything."""
    named = next(number for number, each in enumerate(BRIDGE.bindings) if each.operation.id == "call_method")
    flow = (
        Action(0, wrongness=Wrongness.ABSENT),
        *(Action(named, 0, 0, body, Wrongness.STRAY_ITEM) for body in (1, 2)),
    )
    assert len(walked(BRIDGE, flow).traces) == 1


def test_a_wrong_parameter_is_sent_beside_a_plain_body() -> None:
    """INVALID says more than that a body is wrong."""
    number = index(SUPPORT, Role.TRANSITION)
    pool = pools(SUPPORT, 1)[number]
    assert pool.violations == ()
    assert pool.wrong_parameters == (("status", "none-of-these"),)
    create, moved = steps(SUPPORT, Action(index(SUPPORT, Role.CREATE)), Action(number, wrongness=Wrongness.INVALID))
    assert moved.session == create.created
    assert moved.invalid == "the query parameter status"
    assert moved.status == 422


@EACH
def test_wrong_parameters_are_wrong_and_name_no_session(profile: Profile) -> None:
    """Each violates the spec, and none is where a session or an owner is named."""
    for number, pool in pools(profile, 1).items():
        binding = profile.bindings[number]
        named = {each.name for each in (*binding.owner, binding.session, *binding.also) if each is not None}
        for name, text in pool.wrong_parameters:
            parameter = next(each for each in binding.operation.parameters if each.name == name)
            assert parameter.problem(text) is not None
            assert name not in named
            assert name.lower() not in named
        assert [pool.wrong_parameter(at) for at in range(pool.wrongs)] == [
            *[{}] * len(pool.violations), *({name: text} for name, text in pool.wrong_parameters),
        ]  # fmt: skip


def test_the_values_of_a_profile_stand_in_its_bodies() -> None:
    """Wherever a member has their name."""
    create = index(HONEYHIVE, Role.CREATE)
    pool = pools(HONEYHIVE, 1)[create]
    assert pool.base["session"]["project"] == "conformance"
    assert {body["session"]["project"] for body in pool.drawn if "project" in body["session"]} == {"conformance"}


@pytest.mark.parametrize(
    "action", [Action(7, 0, 0, 1), Action(3, 0, 0, 2, Wrongness.INVALID)], ids=["a status", "a wrong parameter"]
)
def test_a_call_is_saved_with_its_status_and_its_parameters(action: Action) -> None:
    """What a kept flow sends does not depend on what another version would draw."""
    walk = walked(REST, (Action(index(REST, Role.CREATE)), action))
    trace = walk.traces[-1]
    kept = saved(trace.action, trace.call)
    (back,) = from_texts(REST, [to_text(REST, kept)], "here")
    assert back == kept
    assert kept.content.status == trace.call.status
    assert kept.content.parameters == dict(trace.call.parameters)
    assert kept.content.status or kept.content.parameters
