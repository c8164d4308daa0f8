"""Which flows are tried? Lists of small integers: scripted openings first, then what Hypothesis generates.

No draw ever sees an answer, so nothing is flaky: what an integer means is decided by the walk, from the sessions
made so far.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

import hypothesis
from hypothesis import strategies as st

from conformance.explore.bodies import AWKWARD, AWKWARD_IDS, DRAWN, PLAIN, Pool
from conformance.profile import Profile, Role
from conformance.spec import quiet_hypothesis

BATCH = 50
"""So many flows are generated at a time."""
VARIATIONS_A_FLOW = 12
"""So many unusual bodies are put into one scripted flow."""


class Wrongness(IntEnum):
    """The single thing that is wrong with a call, or unusual.

    ABSENT: an id that never existed. GONE: an id that was deleted (for a create: used again). FOREIGN: another
    owner's id (for a create: the same id under a second owner). DUPLICATE: a create with an id in use. INVALID: a
    body that violates the spec in one leaf. AWKWARD: a legal but awkward value. AWKWARD_ID: a create with a legal but
    awkward id. REPEAT: the same body as in the call of this binding before.
    """

    NONE = 0
    ABSENT = 1
    GONE = 2
    FOREIGN = 3
    DUPLICATE = 4
    INVALID = 5
    AWKWARD = 6
    AWKWARD_ID = 7
    REPEAT = 8


class Action(NamedTuple):
    """One call to be made: which binding, which session made so far, which owner, which body, what is wrong with it.

    For a create an even `session` leaves the id to the server, an odd one chooses it. With ABSENT, `session` 0 makes up
    an id, and higher ones use again those that were made up before.
    """

    binding: int
    session: int = 0
    owner: int = 0
    body: int = 0
    wrongness: int = Wrongness.NONE


Flow = tuple[Action, ...]


def leaves_behind(action: Action) -> bool:
    """Whether a create may make a session that cannot be deleted again: its id has a slash in it."""
    return action.wrongness == Wrongness.AWKWARD_ID and "/" in AWKWARD_IDS[action.body % len(AWKWARD_IDS)]


def flows(profile: Profile, min_size: int = 4, max_size: int = 20) -> st.SearchStrategy[Flow]:
    """A strategy for flows that begin with two sessions, simplest first; for `@given` tests, together with `walk`."""
    for binding in profile.bindings:  # drawn now, since nothing can be drawn within a test that draws
        profile.spec.draw(binding.operation, DRAWN, 0)
    return _flows(profile, min_size, max_size)


def _flows(profile: Profile, min_size: int, max_size: int) -> st.SearchStrategy[Flow]:
    script = _Script(profile)
    deck = _Deck(profile)
    opening = (script.create(), script.create(session=1, body=1))
    numbers = st.tuples(*(st.integers(0, len(digit) - 1) for digit in deck.digits))
    return st.lists(numbers, min_size=min_size, max_size=max_size).map(
        lambda rest: (*opening, *itertools.starmap(deck.action, rest))
    )


class _Deck:
    """Every action that is drawn, as three numbers: few draws are fast, and small ranges are drawn evenly."""

    def __init__(self, profile: Profile) -> None:
        weights = {Role.CREATE: 2, Role.READ: 3, Role.RUN: 3, Role.STREAM: 2, Role.ENRICH: 4, Role.LIST: 1}
        bindings = [index for index, each in enumerate(profile.bindings) for _ in range(weights.get(each.role, 1))]
        unusual = [each for each in Wrongness if each not in (Wrongness.NONE, Wrongness.AWKWARD_ID)]
        wrongness = [Wrongness.NONE] * 16 + unusual
        bodies = [*range(PLAIN)] * 12 + [*range(12 * PLAIN)]
        self.digits: tuple[Sequence[tuple[int, ...]], ...] = (
            [(binding, session) for session in range(6) for binding in bindings],
            [(kind, owner) for owner in range(2) for kind in wrongness],
            [(body,) for body in bodies],
        )

    def action(self, first: int, second: int, third: int) -> Action:
        """The action of three numbers."""
        binding, session = self.digits[0][first]
        wrongness, owner = self.digits[1][second]
        return Action(binding, session, owner, self.digits[2][third][0], wrongness)


def generated(profile: Profile, seed: int, shard: tuple[int, int] = (0, 1)) -> Iterator[Flow]:
    """Flows without end: batch after batch, each seeded by its number. A shard (i, n) takes every n-th batch."""
    strategy = _flows(profile, 4, 20)
    number, step = shard
    while True:
        yield from _batch(strategy, seed * 1_000_003 + number)
        number += step


def _batch(strategy: st.SearchStrategy[Flow], seed: int) -> list[Flow]:
    """One batch of flows, all different."""
    found: dict[Flow, None] = {}

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=BATCH,
        phases=[hypothesis.Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(flow: Flow) -> None:
        found.setdefault(flow)

    with quiet_hypothesis():
        collect()
    return list(found)


def openings(profile: Profile, pools: dict[int, Pool]) -> Iterator[Flow]:
    """Scripted flows, derived from the bound roles: tours, each wrongness, each violation and edge of a schema, each
    pair of roles."""
    script = _Script(profile)
    yield script.tour()
    yield script.twins()
    yield script.strangers()
    yield script.many()
    yield from script.wrongnesses()
    yield script.awkward_values()
    yield script.awkward_ids()
    yield from script.edges(pools)
    yield from script.violations(pools)
    yield from script.awkward()
    yield from script.pairs()


class _Script:
    """Writes flows for one profile."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._index = {role: index for index, role in reversed(list(enumerate(b.role for b in profile.bindings)))}
        self._looks = [role for role in (Role.READ, Role.HISTORY) if role in self._index]
        if profile.session.history is not None and Role.READ in self._index:
            self._looks.remove(Role.HISTORY) if Role.HISTORY in self._looks else None
        chosen = [index for index, each in enumerate(profile.bindings) if each.role is Role.CREATE and each.session]
        self._chosen = chosen[0] if chosen else self._index[Role.CREATE]

    def create(self, **fields: int) -> Action:
        """A create; by an operation that takes an id, if one is chosen."""
        return Action(self._chosen if fields.get("session") else self._index[Role.CREATE], **fields)

    def do(self, role: Role, **fields: int) -> Flow:
        """One call of a role, or none if it is not bound."""
        return (Action(self._index[role], **fields),) if role in self._index else ()

    def look(self, *sessions: int, **fields: int) -> Flow:
        """Read sessions whole."""
        return tuple(Action(self._index[role], session, **fields) for session in sessions for role in self._looks)

    def _look_after(self, role: Role) -> Flow:
        """A look at what a call of a role may have touched in the first session."""
        looks = self.look(0)
        if len(looks) < 2 or role not in (Role.RUN, Role.STREAM, Role.ENRICH):
            return looks
        return looks[:1] if role is Role.ENRICH else looks[1:]

    def tour(self) -> Flow:
        """Two sessions of one owner go through everything once, and are looked at after each write."""
        both = self.look(0, 1)
        listed = self.do(Role.LIST)
        return (
            self.create(), self.create(session=1, body=1), *both, *listed,
            *self.do(Role.RUN), *both, *self.do(Role.RUN), *self.look(0), *self.do(Role.RUN, session=1), *self.look(1),
            *self.do(Role.STREAM, session=1), *both,
            *self.do(Role.ENRICH), *both, *self.do(Role.ENRICH, session=1, body=1), *both,
            *self.do(Role.ENRICH, body=3), *self.look(0),
            *self.do(Role.ENRICH, wrongness=Wrongness.REPEAT), *self.look(0),
            *self.do(Role.ENRICH, body=4), *both, *listed, *both,
            *self.do(Role.DELETE, session=1), *self.look(0), *self.look(0, wrongness=Wrongness.GONE), *listed,
            self.create(wrongness=Wrongness.GONE, session=1), *both, *self.do(Role.DELETE), *listed,
        )  # fmt: skip

    def twins(self) -> Flow:
        """One id under two owners: whatever is done to the one session leaves the other alone."""
        both = self.look(0, 1)
        lists = (*self.do(Role.LIST), *self.do(Role.LIST, owner=1))
        return (
            self.create(session=1), *self.look(0),
            self.create(session=1, owner=1, wrongness=Wrongness.FOREIGN), *both, *lists,
            *self.do(Role.RUN), *both, *self.do(Role.ENRICH, session=1), *both, *self.do(Role.DELETE), *both, *lists,
        )  # fmt: skip

    def strangers(self) -> Flow:
        """Calls of one owner on another one's session."""
        foreign: Flow = ()
        for role in (Role.READ, Role.HISTORY, Role.RUN, Role.STREAM, Role.ENRICH, Role.DELETE):
            foreign += (*self.do(role, wrongness=Wrongness.FOREIGN, body=1), *self._look_after(role))
        return (
            self.create(session=1), *self.look(0), *foreign,
            self.create(session=1, owner=1, body=1), *self.look(0, 1), *self.do(Role.LIST, owner=1),
        )  # fmt: skip

    def many(self) -> Flow:
        """Many sessions, and many runs and enrichments on one of them."""
        runs: Flow = ()
        for body in (0, 1, 0, 3):
            runs += (*self.do(Role.RUN, session=1), *self.do(Role.ENRICH, session=1, body=body), *self.look(1))
        creates = tuple(self.create(session=session) for session in (0, 0, 0, 1, 1, 1))
        return (*creates, *self.do(Role.LIST), *runs, *self.look(0, 2))

    def wrongnesses(self) -> Iterator[Flow]:
        """Each binding with each wrongness; after each a look at a bystander, and at the id that should not exist."""
        for wrongness in (Wrongness.ABSENT, Wrongness.INVALID, Wrongness.DUPLICATE, Wrongness.GONE, Wrongness.FOREIGN):
            flow = (self.create(session=1), *self.do(Role.RUN), *self.do(Role.ENRICH), *self.look(0))
            if wrongness is Wrongness.GONE:
                flow += (self.create(session=1), *self.do(Role.DELETE, session=1))
            for index, binding in enumerate(self._profile.bindings):
                creates = binding.role is Role.CREATE
                if binding.role is Role.LIST or (wrongness is Wrongness.DUPLICATE) > creates:
                    continue
                if wrongness is Wrongness.GONE and creates:
                    continue  # it would not be gone any more
                chosen = int(creates)
                flow += (Action(index, chosen, 0, 0, wrongness), *self._look_after(binding.role))
                if wrongness is Wrongness.ABSENT or (chosen and wrongness is Wrongness.INVALID):
                    flow += self.look(1, wrongness=Wrongness.ABSENT)[:1]
            yield (*flow, *self.look(0), *self.do(Role.LIST))

    def violations(self, pools: dict[int, Pool]) -> Iterator[Flow]:
        """Each violation of each request schema once."""
        for index, pool in pools.items():
            yield from self._bodies(index, range(len(pool.violations)), Wrongness.INVALID)

    def edges(self, pools: dict[int, Pool]) -> Iterator[Flow]:
        """Each edge of each request schema once."""
        for index, pool in pools.items():
            yield from self._bodies(index, range(PLAIN, PLAIN + len(pool.edges)), Wrongness.NONE)

    def _bodies(self, index: int, bodies: range, wrongness: Wrongness) -> Iterator[Flow]:
        """Calls with these bodies, several in a flow, between two looks at the session that they go to."""
        creates = self._profile.bindings[index].role is Role.CREATE
        for start in range(0, len(bodies), VARIATIONS_A_FLOW):
            calls = (
                Action(index, body % 2 if creates else 0, 0, body, wrongness)
                for body in bodies[start : start + VARIATIONS_A_FLOW]
            )
            yield (self.create(session=1), *self.do(Role.RUN), *self.look(0), *calls, *self.look(0))

    def awkward_values(self) -> Flow:
        """A session for each awkward value, given at its creation or right after, beside another owner's."""
        gives = Action(self._chosen, 1, 0, 0, Wrongness.AWKWARD)
        given_later = not self._profile.bindings[gives.binding].attributes
        flow: Flow = (self.create(session=1, owner=1),)
        for body in range(len(AWKWARD)):
            flow += (self.create(),) if given_later else (gives._replace(body=body),)
            flow += (
                self.do(Role.ENRICH, session=body + 1, body=body, wrongness=Wrongness.AWKWARD) if given_later else ()
            )
            flow += self.look(body + 1)[:1]
        return (*flow, *self.do(Role.LIST), *self.look(0), *self.do(Role.LIST, owner=1))

    def awkward(self) -> Iterator[Flow]:
        """Each awkward value in each binding that takes one, beside a bystander and another owner."""
        takes = {Role.CREATE, Role.RUN, Role.STREAM, Role.ENRICH}
        bindings = [index for index, each in enumerate(self._profile.bindings) if each.role in takes]
        for body in range(len(AWKWARD)):
            flow: Flow = (self.create(session=1), self.create(session=1, owner=1), *self.look(0))
            for index in bindings:
                flow += (Action(index, 0, 0, body, Wrongness.AWKWARD), *self.look(0))
            yield (*flow, *self.look(2), *self.do(Role.LIST), *self.look(1), *self.do(Role.LIST, owner=1))

    def awkward_ids(self) -> Flow:
        """A session under each awkward id."""
        create = Action(self._chosen, 1, 0, 0, Wrongness.AWKWARD_ID)
        flow: Flow = ()
        for body in range(len(AWKWARD_IDS)):
            flow += (create._replace(body=body), *self.look(body)[:1])
        return (*flow, *self.do(Role.LIST), *self.do(Role.RUN), *self.do(Role.ENRICH, session=1), *self.look(0, 1))

    def pairs(self) -> Iterator[Flow]:
        """Each pair of roles on one session, a look after each; then a run on a session that never existed."""
        shown = {Role.READ, Role.HISTORY}
        roles = [role for role in self._index if role not in shown]
        for first in roles:
            for second in roles:
                pair = (*self._pair(first, 1), *self.look(0, 1), *self._pair(second, 3), *self.look(0, 1))
                stray = self.do(Role.RUN, wrongness=Wrongness.ABSENT)
                yield (self.create(body=1), self.create(body=2), *self.look(0), *pair, *stray)

    def _pair(self, role: Role, body: int) -> Flow:
        return (self.create(session=1, body=body),) if role is Role.CREATE else self.do(role, body=body)
