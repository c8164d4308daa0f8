"""What is asked first? Scripted flows, derived from the roles that are bound."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from conformance.explore.actions import CROWD, FILTERS, LONG_TALK, PARTS, VARIATIONS_A_FLOW, Action, Flow, Wrongness
from conformance.explore.bodies import AWKWARD, AWKWARD_IDS, AWKWARD_VALUES, PLAIN, Pool
from conformance.features.answers import shows_long_histories
from conformance.features.attributes import shows_attributes_in_lists_alone
from conformance.features.names import chooses_ids
from conformance.profile import RUNS, Profile, Role
from conformance.values import SPOKEN


def openings(profile: Profile, pools: dict[int, Pool]) -> Iterator[Flow]:
    """Scripted flows, derived from the bound roles: tours, each wrongness, each violation and edge of a schema, each
    pair of roles."""
    script = Script(profile)
    yield script.tour()
    if profile.two_owners:
        yield script.twins()
        yield script.strangers()
    yield script.gaps()
    yield script.neighbours()
    yield script.many()
    yield from script.wrongnesses()
    yield from script.credentials()
    yield from script.splits()
    yield from script.items()
    yield from script.pages()
    yield from script.histories()
    yield from script.cleanups()
    yield from script.haste()
    yield script.awkward_values()
    yield script.awkward_ids()
    yield from script.arrows()
    yield from script.deletions()
    yield from script.edges(pools)
    yield from script.violations(pools)
    yield from script.awkward()
    yield from script.pairs()
    yield from script.marathon()
    yield from script.crowd()


class Script:
    """Writes flows for one profile."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        whole = [(index, each.role) for index, each in enumerate(profile.bindings) if not each.releases]
        self._index = {role: index for index, role in reversed(whole)}
        numbered = list(enumerate(profile.bindings))
        makers = [index for index, each in numbered if each.role is Role.CREATE]
        makers = makers or [index for index, each in numbered if each.role in RUNS and each.creates]
        # One that leaves the id to the server, if there is one: the others are told to choose anyway.
        self._maker = next((each for each in makers if not profile.bindings[each].caller_chooses), makers[0])
        self._looks = [role for role in (Role.READ, Role.HISTORY) if role in self._index]
        if profile.session.history is not None and Role.READ in self._index:
            self._looks.remove(Role.HISTORY) if Role.HISTORY in self._looks else None
        self._listed = self.do(Role.LIST) if shows_attributes_in_lists_alone(profile) else ()
        chosen = [index for index, each in enumerate(profile.bindings) if each.role is Role.CREATE and each.session]
        self._chosen = chosen[0] if chosen else self._maker

    def create(self, **fields: int) -> Action:
        """A create; by an operation that takes an id, if one is chosen. Where nobody creates sessions, a first run."""
        if self._profile.bindings[self._maker].creates:
            if fields.get("wrongness", Wrongness.NONE) == Wrongness.NONE:
                fields |= {"session": 0, "wrongness": Wrongness.ABSENT}
            return Action(self._maker, **fields)
        return Action(self._chosen if fields.get("session") else self._maker, **fields)

    def do(self, role: Role, **fields: int) -> Flow:
        """One call of a role, or none if it is not bound. Before a session is deleted, it is led to where it can be."""
        if role not in self._index:
            return ()
        plain = fields.get("wrongness", Wrongness.NONE) == Wrongness.NONE
        before = self._to_be_deleted(fields.get("session", 0)) if role is Role.DELETE and plain else ()
        return (*before, Action(self._index[role], **fields))

    def _to_be_deleted(self, session: int) -> Flow:
        """The transitions of a new session to a status in which it can be deleted, if it has to be led there."""
        lifecycle, spares = self._profile.lifecycle, self._profile.bindings[self._index[Role.DELETE]].spares
        allowed = set(lifecycle.names) - spares
        way = self._profile.way(self._first, allowed) if spares else ()
        return tuple(each for name in way or () for each in self._move(name, session))

    @property
    def _first(self) -> str:
        """The status in which a session begins."""
        lifecycle = self._profile.lifecycle
        return lifecycle.initial or lifecycle.names[0]

    def look(self, *sessions: int, **fields: int) -> Flow:
        """Read sessions whole."""
        read = tuple(Action(self._index[role], session, **fields) for session in sessions for role in self._looks)
        return read if fields else (*read, *self._listed)

    def _look_after(self, role: Role, *sessions: int) -> Flow:
        """A look at what a call of a role may have touched in sessions, else in the first."""
        looks = self._looks[:]
        if len(looks) > 1 and role in (Role.RUN, Role.STREAM):
            looks = looks[1:]
        elif len(looks) > 1 and role is Role.ENRICH:
            looks = looks[:1]
        read = tuple(Action(self._index[each], session) for session in sessions or (0,) for each in looks)
        return (*read, *self._listed)

    def _do_and_look(self, role: Role, *sessions: int, **fields: int) -> Flow:
        """One call of a role, and a look at what it may have touched in sessions, if the role is bound."""
        done = self.do(role, **fields)
        return (*done, *self._look_after(role, *sessions)) if done else ()

    def tour(self) -> Flow:
        """Two sessions of one owner go through everything once, and are looked at after each write."""
        both = self.look(0, 1)
        listed = self.do(Role.LIST)
        # Under the id of a deleted one if that can be chosen; if not, it is for the server to find another.
        anew = Wrongness.GONE if chooses_ids(self._profile) else Wrongness.NONE
        return (
            self.create(), self.create(session=1, body=1), *both, *listed,
            *self._do_and_look(Role.RUN, 0, 1), *self._do_and_look(Role.RUN, 0),
            *self._do_and_look(Role.RUN, 0, 1, session=1), *listed, *self.look(1),
            *self._do_and_look(Role.STREAM, 0, 1, session=1),
            *self.do(Role.ENRICH, body=2), *both, *self._do_and_look(Role.ENRICH, 0, 1, session=1, body=3),
            *self.do(Role.RUN, session=1), *self.look(1),
            *self._do_and_look(Role.ENRICH, 0, body=4),
            *self._do_and_look(Role.ENRICH, 0, wrongness=Wrongness.REPEAT),
            *self.do(Role.ENRICH, session=1, body=5), *listed, *both,
            *self._do_and_look(Role.TRANSITION, 0, 1, body=1), *listed,
            *self.do(Role.DELETE, session=1), *self.look(0), *self.look(0, wrongness=Wrongness.GONE),
            *self.do(Role.DELETE, wrongness=Wrongness.GONE), *listed,
            self.create(wrongness=anew, session=1), *both, *self.do(Role.DELETE), *listed,
        )  # fmt: skip

    def twins(self) -> Flow:
        """One id under two owners: whatever is done to the one session leaves the other alone."""
        lists = (*self.do(Role.LIST), *self.do(Role.LIST, owner=1))
        return (
            self.create(session=1), *self.look(0),
            self.create(session=1, owner=1, wrongness=Wrongness.FOREIGN), *self.look(0, 1), *lists,
            *self._do_and_look(Role.RUN, 0, 1), *self._do_and_look(Role.ENRICH, 0, 1, session=1),
            *self.do(Role.DELETE), *self.look(0), *lists,
        )  # fmt: skip

    def strangers(self) -> Flow:
        """Calls of one owner on another one's session; after each a look by both, which tells what it did. Owners who
        are the other one but for a part of the name look as well, and make sessions of their own."""
        foreign: Flow = ()
        # What makes a session where there is none comes last: after it the stranger has one of that id.
        for index, binding in sorted(enumerate(self._profile.bindings), key=lambda each: each[1].creates):
            if binding.role in (Role.CREATE, Role.LIST, Role.CLEANUP):
                continue
            foreign += (Action(index, 0, 0, 1, Wrongness.FOREIGN),)
            if binding.role not in self._looks:
                foreign += (*self._look_after(binding.role), *self.look(0, wrongness=Wrongness.FOREIGN)[:1])
        almost: Flow = ()
        for number, owner in enumerate(range(2, self._profile.owners), start=2):
            almost += self.look(0, owner=owner, wrongness=Wrongness.FOREIGN)
            almost += (self.create(session=1, owner=owner, body=1), *self.look(number))
            almost += (*self.do(Role.LIST, owner=owner), *self.do(Role.LIST))
        return (
            self.create(session=1), *self.look(0), *foreign,
            self.create(session=1, owner=1, body=1), *self.look(0, 1), *self.do(Role.LIST, owner=1), *almost,
        )  # fmt: skip

    def gaps(self) -> Flow:
        """Sessions without anything in them, the first of which is enriched, and deleted before others are created."""
        empty = PLAIN - 1
        return (
            self.create(body=empty), self.create(body=empty), *self._do_and_look(Role.ENRICH, 1), *self.do(Role.DELETE),
            self.create(body=empty), self.create(session=1), *self.look(0, 1), *self.do(Role.LIST),
        )  # fmt: skip

    def haste(self) -> Iterator[Flow]:
        """A session that is deleted right after it was written to, before anybody looked: what is written later than it
        is answered brings it back."""
        written = (*self.do(Role.RUN), *self.do(Role.TRANSITION, body=1), *self.do(Role.ENRICH))
        if written and Role.DELETE in self._index:
            gone = self.look(0, wrongness=Wrongness.GONE)[:1]
            yield (self.create(session=1, body=1), *written, *self.do(Role.DELETE), *gone)

    def neighbours(self) -> Flow:
        """Ids that are almost that of a session: read, and deleted."""
        read = [self.look(0, body=kind, wrongness=Wrongness.ALMOST)[:1] for kind in range(3)]
        return (
            self.create(session=1), *self.look(0), *itertools.chain(*read),
            *self.do(Role.DELETE, wrongness=Wrongness.ALMOST), *self.look(0), *self.do(Role.LIST),
        )  # fmt: skip

    def many(self) -> Flow:
        """Many sessions, and many runs and enrichments on one of them."""
        creates = tuple(self.create(session=number // 6, body=max(0, number - 4)) for number in range(12))
        turns: Flow = ()
        for body in (0, 1, 0, 6):
            turns += (*self.do(Role.ENRICH, session=1, body=body), *self.do(Role.RUN, session=1, body=body))
            turns += tuple(reversed(self.look(1)))
        other = (self.create(owner=1), *self.do(Role.LIST, owner=1)) if self._profile.fresh_owners else ()
        seven = self.do(Role.RUN, session=1) * 7
        return (*creates, *self.do(Role.LIST), *other, *self.look(6)[:1], *turns, *seven, *self.look(1, 6, 2))

    def marathon(self) -> Iterator[Flow]:
        """A conversation of more than a hundred items, or of as many as are shown at once: many a server keeps the last
        ten, fifty or hundred."""
        runs, look = self.do(Role.RUN), self.look(0)
        stages = (20, 6, 26) if shows_long_histories(self._profile, LONG_TALK) else (8, 12, 6)
        talk: Flow = ()
        for said in stages:
            if runs and shows_long_histories(self._profile, 2 * (len(talk) + said)):
                talk += (*runs * said, *look)
        if talk:
            yield (self.create(), *talk)

    def crowd(self) -> Iterator[Flow]:
        """More sessions than many a server keeps, or lists: the first and the last are looked at, all are listed."""
        first, *others = (self.create(session=number % 2) for number in range(CROWD))
        looks = self.look(0, CROWD - 1)
        if looks or Role.LIST in self._index:
            yield (first, *self.look(0), *others, *looks, *self.do(Role.LIST))

    def wrongnesses(self) -> Iterator[Flow]:
        """Each binding with each wrongness; after each a look at a bystander, or at the id that should not exist."""
        duplicate = (Wrongness.DUPLICATE,) if chooses_ids(self._profile) else ()
        gone = ((Wrongness.GONE,),) if Role.DELETE in self._index else ()
        for wrongs in ((Wrongness.ABSENT, *duplicate), (Wrongness.INVALID,), *gone):
            flow = (self.create(session=1), *self.do(Role.RUN), *self.do(Role.ENRICH), *self.look(0))
            if Wrongness.GONE in wrongs:
                flow += (self.create(session=1), *self.do(Role.DELETE, session=1))
                flow += self.look(0, wrongness=Wrongness.GONE)[:1]
            ghosts = 0
            for wrongness, (index, binding) in itertools.product(wrongs, enumerate(self._profile.bindings)):
                creates = binding.role is Role.CREATE
                if binding.role in (Role.LIST, Role.CLEANUP) or (wrongness is Wrongness.DUPLICATE) > creates:
                    continue
                if wrongness is Wrongness.GONE and creates:
                    continue  # it would not be gone any more
                chosen = int(creates)
                flow += (Action(index, chosen, 0, 0, wrongness),)
                if wrongness is Wrongness.GONE and binding.creates:
                    flow += (*self.look(1), *self.do(Role.DELETE, session=1))  # it is there anew
                elif wrongness is Wrongness.GONE:
                    # A call that was refused may have made the session anew: only a look makes sure that it is gone.
                    flow += self.look(0, wrongness=wrongness)[:1]
                else:
                    flow += self._look_after(binding.role)
                if wrongness is Wrongness.ABSENT or (chosen and wrongness is Wrongness.INVALID):
                    ghosts += 1
                    flow += self.look(ghosts, wrongness=Wrongness.ABSENT)[:1]
            yield (*flow, *self.look(0), *self.do(Role.LIST))

    def violations(self, pools: dict[int, Pool]) -> Iterator[Flow]:
        """Each violation of each request schema once."""
        for index, pool in pools.items():
            yield from self._bodies(index, range(pool.wrongs), Wrongness.INVALID)

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

    def credentials(self) -> Iterator[Flow]:
        """Each binding without credentials, and with wrong ones; after each a look, by those who have some."""
        if not self._profile.credentials.required:
            return
        for wrongness in (Wrongness.NO_CREDENTIALS, Wrongness.WRONG_CREDENTIALS):
            flow: Flow = (self.create(), *self.do(Role.RUN), *self.look(0))
            for index, binding in enumerate(self._profile.bindings):
                if binding.role is not Role.CLEANUP:
                    flow += (Action(index, 0, 0, 1, wrongness), *self._look_after(binding.role))
            yield (*flow, *self.do(Role.LIST))

    def splits(self) -> Iterator[Flow]:
        """Each binding that names its session twice, naming two; a look at both."""
        for index, binding in enumerate(self._profile.bindings):
            if binding.also and binding.role is not Role.CREATE:
                split, both = Action(index, 0, 0, 1, Wrongness.SPLIT), self.look(0, 1)
                yield (self.create(), self.create(body=1), *both, split, *both, *self.do(Role.LIST))

    def items(self) -> Iterator[Flow]:
        """Each binding that names an item, with the session's own, and with each that it does not hold."""
        naming = [(index, each) for index, each in enumerate(self._profile.bindings) if each.item is not None]
        if not naming:
            return
        runs = self.do(Role.RUN) * 3 + self.do(Role.RUN, session=1)
        flow: Flow = (self.create(), self.create(body=1), *runs)
        for index, _ in naming:
            strays = (Action(index, 0, 0, number, Wrongness.STRAY_ITEM) for number in (0, 2))
            flow += (*strays, Action(index))
        for index, each in naming:
            if each.releases:
                again = (Action(other, 0, 0, 1, Wrongness.STRAY_ITEM) for other, _ in naming)
                flow += (Action(index), *again, *(Action(other, 0, 0, 1) for other, _ in naming), Action(index, 1))
        gone = tuple(Action(index, wrongness=Wrongness.GONE) for index, _ in naming)
        yield (*flow, *self.do(Role.DELETE), *gone)
        for index, each in naming:
            if each.releases:  # a session that holds nothing any more can be deleted as well
                first = () if self._profile.bindings[self._maker].creates else self.do(Role.RUN)
                yield (self.create(), *first, Action(index), *self.do(Role.DELETE))

    def arrows(self) -> Iterator[Flow]:
        """A session for each pair of statuses: led to the first of them, then told to take the second; then a run. What
        each of them did is looked at."""
        names = self._profile.lifecycle.names
        if Role.TRANSITION not in self._index:
            return
        flow: Flow = ()
        for number, (first, second) in enumerate(itertools.product(names, names)):
            flow += (self.create(body=1),)
            for name in (*self._way_to(first), second):
                flow += self._move(name, number)
            flow += (*self.look(number), *self.do(Role.RUN, session=number), *self.look(number)[:1])
        yield (*flow, *self.do(Role.LIST))

    def deletions(self) -> Iterator[Flow]:
        """A session in each status, deleted where some statuses do not allow it; what became of each is looked at."""
        if Role.DELETE not in self._index or not self._profile.bindings[self._index[Role.DELETE]].spares:
            return
        delete = Action(self._index[Role.DELETE])
        flow: Flow = ()
        for name in self._profile.lifecycle.names:
            moves = tuple(each for status in self._way_to(name) for each in self._move(status, 0))
            flow += (self.create(body=1), *moves, *self.look(0), delete, *self.look(0))
            flow += (*self.look(0, wrongness=Wrongness.GONE), *self.do(Role.DELETE))
        yield (*flow, *self.do(Role.LIST))

    def _move(self, status: str, session: int) -> Flow:
        """The transition of a session to a status, or none if no operation leads there."""
        leading = (index for index, each in enumerate(self._profile.bindings) if each.leads_to(status))
        body = self._profile.lifecycle.names.index(status)
        return tuple(Action(index, session, body=body) for index in itertools.islice(leading, 1))

    def _way_to(self, status: str) -> tuple[str, ...]:
        """The statuses to go through from the first one to another, by declared arrows; nothing if none lead there."""
        return self._profile.way(self._first, {status}) or ()

    def _moved(self, number: int) -> Flow:
        """The transition of a session to the status of the same number, if there are statuses."""
        names = self._profile.lifecycle.names
        return self._move(names[number], number) if number < len(names) else ()

    def pages(self) -> Iterator[Flow]:
        """All pages of a list, and each way to filter it."""
        for index, binding in enumerate(self._profile.bindings):
            if binding.role is not Role.LIST or not (binding.paging or binding.filters or binding.order):
                continue
            made = tuple(self.create(body=number % 3) for number in range(5))
            moved = self.do(Role.TRANSITION, session=1, body=1) + self.do(Role.TRANSITION, session=3, body=2)
            moved += self.do(Role.ENRICH, session=2)
            turned = tuple(Action(index, min(number, 1) + 1) for number in range(4))
            filtered = tuple(Action(index, 0, 0, body) for body in range(1, FILTERS))
            if binding.filters and binding.paging is not None and binding.paging.turns:
                filtered += tuple(Action(index, turn, 0, body) for body in range(1, 4) for turn in (1, 2))
            other = (self.create(owner=1), Action(index, 1), Action(index, 2))
            theirs = tuple(Action(index, 0, 1, body) for body in range(FILTERS if binding.filters else 1))
            looks = self.look(1, 2, 3)
            yield (*made, *self.look(0), *turned, *moved, *looks, *turned, Action(index), *filtered, *other, *theirs)

    def histories(self) -> Iterator[Flow]:
        """A history in pages, once it is known whole."""
        runs = self.do(Role.RUN)
        for index, binding in enumerate(self._profile.bindings):
            if (
                binding.role is Role.HISTORY
                and binding.paging is not None
                and binding.paging.limit is not None
                and runs
            ):
                parts = tuple(Action(index, body=body) for body in PARTS)
                yield (self.create(), *runs * 3, Action(index), *self.look(0), *parts)

    def cleanups(self) -> Iterator[Flow]:
        """A cleanup of what is old, of which there is nothing, and of everything, with a session in each status."""
        if Role.CLEANUP not in self._index:
            return
        names = range(max(1, len(self._profile.lifecycle.names)))
        made: Flow = ()
        for number in names:
            made += (self.create(body=1), *self._moved(number))
        looks = self.look(*names)
        gone = self.look(*names, wrongness=Wrongness.GONE)
        listed = self.do(Role.LIST)
        after = (*looks, *gone, *listed)
        yield (*made, *looks, *self.do(Role.CLEANUP, body=1), *after, *self.do(Role.CLEANUP), *after)

    def awkward_values(self) -> Flow:
        """A session for each kind of awkward values, given at its creation or right after, and said to it, beside
        another owner's."""
        gives = Action(self._chosen, 1, 0, 0, Wrongness.AWKWARD)
        given_later = not self._profile.bindings[gives.binding].attributes
        flow: Flow = (self.create(session=1, owner=1),)
        for number, body in enumerate(range(AWKWARD_VALUES, len(AWKWARD)), start=1):
            given = {"session": number, "body": body, "wrongness": Wrongness.AWKWARD}
            flow += (self.create(), *self.do(Role.ENRICH, **given)) if given_later else (gives._replace(body=body),)
            said = AWKWARD[body][0] in SPOKEN
            flow += self.do(Role.RUN, **given) if said else ()
            flow += self.look(number) if said else self.look(number)[:1]
            flow += self.look(0)[:1] if number == 1 else ()
        return (*flow, *self.do(Role.LIST), *self.look(0), *self.do(Role.LIST, owner=1))

    def awkward(self) -> Iterator[Flow]:
        """Each awkward value in each binding that takes one, beside a bystander and another owner."""
        takes = {Role.CREATE, Role.RUN, Role.STREAM, Role.ENRICH}
        bindings = [index for index, each in enumerate(self._profile.bindings) if each.role in takes]
        for body in range(AWKWARD_VALUES):
            flow: Flow = (self.create(session=1), self.create(session=1, owner=1), *self.look(0))
            for index in bindings:
                # Where a success can fail after all, a plain run first tells whether it is the value that fails.
                each = self._profile.bindings[index]
                plain = (Action(index),) if each.failed is not None and each.role in RUNS else ()
                flow += (*plain, Action(index, 0, 0, body, Wrongness.AWKWARD), *self.look(0))
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
