"""What happens when a flow is sent? A plain loop: resolve, send, judge; at the end look at everything."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Protocol

from conformance.exchange import Exchange, Failure
from conformance.explore.actions import FILTERS, Action, Flow, Wrongness, leaves_behind
from conformance.explore.bodies import AWKWARD_IDS, PLAIN, Pool
from conformance.explore.ids import Ids
from conformance.explore.pulse import Pulse
from conformance.explore.saved import Content, SavedAction
from conformance.expressions import MISSING, remove, resolve
from conformance.judge import Violation
from conformance.profile import RUNS, STATUS, Binding, Profile, Role
from conformance.reader import Reader
from conformance.step import WHOLE, Outcome, Owner, Page, Step, as_id, turned
from conformance.transports import Transport
from conformance.writer import NOBODY, STRANGER, Call, Writer

UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
"""What an id looks like that may be written in upper or lower case."""
MAX_GHOSTS = 4
"""So many ids that should not exist are looked at when a flow ends."""
MAX_PAGES = 50
"""So many pages of one list are turned when a flow ends."""
POLL = 0.02
"""So many seconds lie between two readings of what may lag behind."""
OLD = 30
"""So many units of age no session of a run has."""
SHORT_PAGE = 2
"""So many sessions are asked for, where a list is to come in pages."""
MAX_KEPT = 2**16
"""So many bytes of an answer are kept after it was judged, of any."""
MAX_ROOM = 2**21
"""So many bytes of larger answers are kept in a walk; of more of them only the beginnings."""
OWNERS = ("a", "ab")
"""How the names of the two owners of a walk end: the one begins like the other, as names in practice do."""
NEAR = 12
"""An id at least this long is not made up twice, and neither is one that differs from it in a character."""


class Listener(Protocol):
    """Whoever hears each exchange: a history under judgement."""

    def see(self, exchange: Exchange) -> tuple[Step, list[Violation]]:
        """Take the next exchange; give the step that it is, and what it breaks."""
        ...

    def settled(self, exchange: Exchange) -> bool:
        """Whether an exchange would break nothing, if it were the next one."""
        ...


@dataclass(slots=True)
class Slot:
    """A session that a walk made, or an id that it made up (`ghost`), under which there may be one (`doubtful`)."""

    id: str
    owner: int
    gone: bool = False
    ghost: bool = False
    doubtful: bool = False
    items: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Trace:
    """One call of a walk: the action, the call that it was, the step that came of it, and what that breaks.

    Of the step only what a report tells is kept: not what the answer showed, and of a long body the beginning.
    """

    action: Action
    call: Call
    step: Step
    violations: tuple[Violation, ...]


@dataclass(slots=True)
class Walk:
    """A walk as far as it went: in `traces` every call, looks at the end included; in `calls` the last of each
    binding, in `following` the next page of each list. `room` is left for large answers, in bytes."""

    owners: list[Owner] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    calls: dict[int, Call] = field(default_factory=dict)
    following: dict[int, Page | None] = field(default_factory=dict)
    stopped: bool = False
    room: int = MAX_ROOM

    @property
    def performed(self) -> Flow:
        """Every action that became a call: a flow which does the same again without looks at the end."""
        return tuple(trace.action for trace in self.traces)


async def always() -> bool:
    """A gate that never closes."""
    return True


class Walker:
    """Sends flows over one transport.

    `run` names the run, and so the owners; `gate` may stop a walk before each call. Only a `disposable` target is sent
    what may not be deletable again.
    """

    def __init__(
        self,
        profile: Profile,
        transport: Transport,
        pools: dict[int, Pool],
        run: str,
        seed: int,
        gate: Callable[[], Awaitable[bool]] = always,
        interval: float = 0.0,
        disposable: bool = True,
    ) -> None:
        self.profile = profile
        self.transport = transport
        self.pulse = Pulse(transport)
        self.pools = pools
        self.run = run
        self.sent = 0
        self.lags: dict[str, float] = {}
        self.reader = Reader(profile)
        self._writer = Writer(profile)
        self._ids = Ids(profile, run, seed)
        self._gate = gate
        self._disposable = disposable
        self._interval = interval
        self._next = 0.0
        self._number = 0
        self._looks = [index for index, each in enumerate(profile.bindings) if each.role in (Role.READ, Role.HISTORY)]
        self._lists = [index for index, each in enumerate(profile.bindings) if each.role is Role.LIST]

    async def walk(
        self, flow: Iterable[Action | SavedAction], listener: Listener, looks: bool = True, into: Walk | None = None
    ) -> Walk:
        """Send a flow under fresh owners. With `looks`, read every session and list every owner in the end.

        What happens is kept in `into` as it happens, so that an interrupted walk is not lost.
        """
        await self.transport.reset()
        walk = Walk() if into is None else into
        self._number += 1
        for each in flow:
            action, content = (each.action, each.content) if isinstance(each, SavedAction) else (each, None)
            if not await self._perform(walk, action, listener, content):
                return walk
        if looks:
            for action in self._looks_at_the_end(walk):
                if not await self._perform(walk, action, listener) or not await self._turn(walk, action, listener):
                    return walk
        return walk

    async def _turn(self, walk: Walk, action: Action, listener: Listener) -> bool:
        """Turn all pages of a list. False: the walk has to stop."""
        binding = self.profile.bindings[action.binding]
        if binding.role is not Role.LIST or binding.paging is None or not binding.paging.turns:
            return True
        for _ in range(MAX_PAGES):
            if walk.following.get(action.binding) is None:
                return True
            if not await self._perform(walk, action._replace(session=2), listener):
                return False
        return True

    async def _perform(self, walk: Walk, action: Action, listener: Listener, content: Content | None = None) -> bool:
        """Make one call, if the action means one here. False: the walk has to stop."""
        call = self._resolve(walk, action)
        if call is not None and content is not None:
            call = replace(
                call,
                body=content.body,
                attributes=content.attributes,
                text=content.text,
                variation=content.variation,
                parameters=content.parameters,
                status=content.status,
            )
        if call is None or not call.sayable:
            return True
        if not await self._gate():
            walk.stopped = True
            return False
        exchange = await self.send(call)
        if call.binding.eventual:
            exchange = await self._settled(call, exchange, listener)
        step, violations = listener.see(exchange)
        walk.calls[action.binding] = call
        walk.following[action.binding] = turned(call.page, step, call.binding.paging)
        self._settle(walk, action, call, step)
        walk.room -= _lighten(step, walk.room)
        walk.traces.append(Trace(action, call, step, tuple(violations)))
        return True

    async def _settled(self, call: Call, exchange: Exchange, listener: Listener) -> Exchange:
        """The answer of a read that may lag behind: asked again until it fits what is known, or its time is over."""
        binding, loop = call.binding, asyncio.get_running_loop()
        started = loop.time()
        while not listener.settled(exchange) and loop.time() - started < binding.eventual and await self._gate():
            await asyncio.sleep(POLL)
            exchange = await self.send(call)
        lag = loop.time() - started
        if lag > POLL and listener.settled(exchange):
            name = binding.operation.id
            self.lags[name] = max(lag, self.lags.get(name, 0.0))
        return exchange

    async def send(self, call: Call) -> Exchange:
        """Send one call, no faster than the rate allows."""
        if self._interval:
            loop = asyncio.get_running_loop()
            await asyncio.sleep(max(0.0, self._next - loop.time()))
            self._next = max(self._next, loop.time()) + self._interval
        self.sent += 1
        exchange = await self.transport.send(self._writer.request(call))
        self.pulse.feel(exchange)
        return exchange

    # --- what an action means here ----------------------------------------------------------------

    def _resolve(self, walk: Walk, action: Action) -> Call | None:
        """The call that an action is, given the sessions made so far; None if it is none."""
        binding = self.profile.bindings[action.binding % len(self.profile.bindings)]
        owner = action.owner % self.profile.owners
        if binding.role in (Role.LIST, Role.CLEANUP):
            return self._resolve_sessionless(walk, binding, action, owner)
        if binding.role is Role.CREATE:
            return self._resolve_create(walk, binding, action, owner)
        slot = self._pick(walk, action)
        if action.wrongness == Wrongness.ABSENT and slot is None:
            made = self._ids.fresh(binding, self._number) if binding.creates else self._absent(walk, binding)
            slot = Slot(made, owner, ghost=True)
            walk.slots.append(slot)
        if action.wrongness == Wrongness.ALMOST and slot is not None:
            slot = self._almost(walk, slot, action.body)
        if slot is None or action.wrongness == Wrongness.DUPLICATE:
            return None
        owner = slot.owner
        if action.wrongness == Wrongness.FOREIGN:
            if not self.profile.two_owners:
                return None
            owner = self._other_owner(owner, action)
        return self._call(walk, binding, action, self._owner(walk, owner), slot.id)

    def _resolve_sessionless(self, walk: Walk, binding: Binding, action: Action, owner: int) -> Call | None:
        """The list or the cleanup that an action is."""
        plain = (Wrongness.NONE, Wrongness.INVALID, Wrongness.NO_CREDENTIALS, Wrongness.WRONG_CREDENTIALS)
        if action.wrongness not in plain:
            return None
        if binding.role is Role.CLEANUP and not self._disposable and not (binding.owner and self.profile.fresh_owners):
            return None  # it would take away what others made
        call = self._call(walk, binding, action, self._owner(walk, owner), None)
        if call is not None and binding.cleaning is not None:
            return replace(call, age=(0.0, OLD * binding.cleaning.unit)[action.body % 2])
        if call is None or binding.role is Role.CLEANUP:
            return call
        page = self._page(walk, binding, action)
        if page is None or page is WHOLE:
            return None if page is None else call
        return replace(call, page=page)

    def _page(self, walk: Walk, binding: Binding, action: Action) -> Page | None:
        """The part of a list that an action asks for; None if there is none."""
        paging, turn = binding.paging, action.session % 3
        filters = self._filters(walk, binding, action.body % FILTERS)
        if turn == 0 or paging is None or not paging.turns:
            return WHOLE if not filters else Page(filters=filters)
        if turn == 1:
            return Page(limit=SHORT_PAGE, filters=filters)
        return walk.following.get(action.binding)

    def _filters(self, walk: Walk, binding: Binding, number: int) -> tuple[tuple[str, str], ...]:
        """What a list asks of sessions, by number: nothing first, then each status, or a value that was written."""
        if not binding.filters or number == 0:
            return ()
        name = sorted(binding.filters)[number % len(binding.filters)]
        if name == STATUS:
            names = self.profile.lifecycle.names
            return ((name, names[number % len(names)]),) if names else ()
        part, _, inner = name.partition("/")
        values = [resolve(trace.call.attributes.get(part), (inner,)) for trace in walk.traces if trace.call.attributes]
        found = [value for value in values if isinstance(value, str)]
        return ((name, found[number % len(found)]),) if found else ()

    def _resolve_create(self, walk: Walk, binding: Binding, action: Action, owner: int) -> Call | None:
        """The create that an action is."""
        chosen: str | None = None
        if action.wrongness == Wrongness.AWKWARD_ID:
            # Whoever keeps the target must not be left with sessions that nothing can delete.
            if binding.session is None or (leaves_behind(action) and not self._disposable):
                return None
            chosen = self._ids.fresh(binding, self._number) + AWKWARD_IDS[action.body % len(AWKWARD_IDS)]
            if not self._ids.allowed(chosen):
                return None
        elif action.wrongness in (Wrongness.GONE, Wrongness.FOREIGN, Wrongness.DUPLICATE):
            slot = self._pick(walk, action)
            if slot is None or binding.session is None:
                return None
            owner = slot.owner
            if action.wrongness == Wrongness.FOREIGN:
                if not self.profile.two_owners:
                    return None
                owner = self._other_owner(owner, action)
            chosen = slot.id
        elif action.wrongness in (Wrongness.ABSENT, Wrongness.REPEAT, Wrongness.SPLIT, Wrongness.ALMOST):
            return None
        elif binding.session is not None and self._chooses(binding, action):
            chosen = self._ids.fresh(binding, self._number)
        return self._call(walk, binding, action, self._owner(walk, owner), chosen)

    @staticmethod
    def _chooses(binding: Binding, action: Action) -> bool:
        """Whether a create chooses its id; with an awkward value always, so that it can be deleted if it fails."""
        return binding.caller_chooses or action.session % 2 == 1 or action.wrongness == Wrongness.AWKWARD

    def _pick(self, walk: Walk, action: Action) -> Slot | None:
        """The session, made so far, that an action means."""
        if action.wrongness == Wrongness.ABSENT:
            ghosts = [slot for slot in walk.slots if slot.ghost]
            return ghosts[(action.session - 1) % len(ghosts)] if ghosts and action.session else None
        gone = action.wrongness == Wrongness.GONE
        fitting = [slot for slot in walk.slots if not slot.ghost and slot.gone is gone]
        return fitting[action.session % len(fitting)] if fitting else None

    def _absent(self, walk: Walk, binding: Binding) -> str:
        """An id that nobody has, like those that the server hands out."""
        sample = next((slot.id for slot in walk.slots if not slot.ghost), None)
        return self._ids.absent(binding, self._number, sample)

    @staticmethod
    def _almost(walk: Walk, slot: Slot, kind: int) -> Slot | None:
        """A ghost whose id is almost that of a session: it is shorter, longer, or written otherwise."""
        near = (slot.id[:-1], f"{slot.id}0", slot.id.upper())[kind % 3]
        if len(slot.id) < NEAR or slot.id.isdecimal():
            return None
        if kind % 3 == 2 and UUID.fullmatch(slot.id):
            return None  # upper and lower case are the same in a UUID (RFC 9562, section 4)
        known = next((each for each in walk.slots if each.id == near), None)
        if known is None:
            known = Slot(near, slot.owner, ghost=True)
            walk.slots.append(known)
        return known if known.ghost and known.owner == slot.owner else None

    def _call(self, walk: Walk, binding: Binding, action: Action, owner: Owner, session: str | None) -> Call | None:
        """A call with a body from the pool."""
        pool = self.pools[action.binding % len(self.profile.bindings)]
        marker = f"{self.run}-m{self.sent}"
        identity = self._identity(owner, action)
        if identity is None:
            return None
        if action.wrongness == Wrongness.REPEAT:
            before = walk.calls.get(action.binding)
            return replace(before, owner=owner, session=session, identity=identity) if before else None
        parameters: dict[str, str] = {}
        split = self._other(walk, session) if action.wrongness == Wrongness.SPLIT and binding.also else None
        item = self._item(walk, binding, action, owner, session)
        if (action.wrongness == Wrongness.SPLIT and split is None) or (binding.item is not None and item is None):
            return None
        if action.wrongness == Wrongness.AWKWARD:
            awkward = pool.awkward(action.body, marker)
            if awkward is None:
                return None
            text = awkward[1] if binding.message is not None else None
            return Call(binding, owner, session, pool.base, awkward[0], text, identity=identity)
        if action.wrongness == Wrongness.INVALID:
            if not pool.wrongs:
                return None
            body, attributes, variation = pool.invalid(action.body, marker)
            parameters = pool.wrong_parameter(action.body)
        else:
            body, attributes, variation = pool.valid(
                action.body if action.wrongness == Wrongness.NONE else action.body % PLAIN, marker
            )
        expression = binding.session
        if session is None and expression is not None and expression.place == "body" and body is not MISSING:
            body = remove(body, expression.pointer)
        text = pool.text(action.body, marker) if attributes is not None and binding.message is not None else None
        names = self.profile.lifecycle.names
        status = names[action.body % len(names)] if binding.role is Role.TRANSITION and names else None
        status = binding.to or status
        return Call(
            binding,
            owner,
            session,
            body,
            attributes,
            text,
            variation,
            identity,
            split,
            item,
            status,
            parameters=parameters,
        )

    def _item(self, walk: Walk, binding: Binding, action: Action, owner: Owner, session: str | None) -> str | None:
        """The item that a call names: one of its session's, or one that it does not hold; None if there is none."""
        if binding.item is None:
            return None
        number = walk.owners.index(owner)
        slot = next((each for each in walk.slots if each.id == session and each.owner == number), None)
        if action.wrongness != Wrongness.STRAY_ITEM:
            return slot.items[action.body % len(slot.items)] if slot and slot.items else self._ids.item()
        others = [item for each in walk.slots if each is not slot for item in each.items]
        strays = ([self._ids.item()], slot.released if slot else [], others)[action.body % 3]
        return strays[-1] if strays else None

    def _identity(self, owner: Owner, action: Action) -> int | None:
        """Whose credentials a call carries; None if it cannot be made."""
        if action.wrongness in (Wrongness.NO_CREDENTIALS, Wrongness.WRONG_CREDENTIALS):
            if not self.profile.credentials.required:
                return None
            return NOBODY if action.wrongness == Wrongness.NO_CREDENTIALS else STRANGER
        return self.identity(owner)

    def identity(self, owner: Owner) -> int:
        """Whose credentials go with an owner."""
        return self.profile.credentials.identity_of(owner[-1]) if self.profile.by_identity else 0

    @staticmethod
    def _other(walk: Walk, session: str | None) -> str | None:
        """Another live session than one; None if there is none."""
        return next((slot.id for slot in walk.slots if not (slot.ghost or slot.gone) and slot.id != session), None)

    def _other_owner(self, owner: int, action: Action) -> int:
        """Another owner than one: the one that an action means, if it can be that one."""
        meant = action.owner % self.profile.owners
        return meant if meant != owner else 1 - owner if owner < len(OWNERS) else 0

    def _owner(self, walk: Walk, index: int) -> Owner:
        """An owner of this walk: the first, the second, and then those that are the first but for one part."""
        while len(walk.owners) <= index:
            number = len(walk.owners)
            if number < len(OWNERS):
                walk.owners.append(self._made_up(number))
                continue
            first, second = walk.owners[: len(OWNERS)]
            differ = [place for place, part in enumerate(first) if part != second[place]]
            here = differ[number - len(OWNERS)]
            walk.owners.append((*first[:here], second[here], *first[here + 1 :]))
        return walk.owners[index]

    def _made_up(self, number: int) -> Owner:
        """The first or the second owner. Its parts are not alike, so that parts which change places are seen."""
        made = f"{self.run}-{self._number}-{OWNERS[number]}"
        names = (f"{made}{place or ''}" for place in count())
        fixed = enumerate(self.profile.owner)
        parts = tuple(self._ids.part(place, next(names)) if part is None else part for place, part in fixed)
        return (*parts, self.profile.credentials.as_owner(number)) if self.profile.by_identity else parts

    # --- what came of it ----------------------------------------------------------------------------------------------

    def _settle(self, walk: Walk, action: Action, call: Call, step: Step) -> None:
        """Keep track of the sessions that this walk made."""
        role = call.binding.role
        owner = walk.owners.index(call.owner)
        self._settle_items(walk, call, step, owner)
        if role is Role.CREATE:
            if step.outcome is Outcome.ACCEPTED and step.created is not None:
                if not any(slot.id == step.created and slot.owner == owner and not slot.gone for slot in walk.slots):
                    walk.slots.append(Slot(step.created, owner))
            elif call.session is not None and action.wrongness not in (Wrongness.DUPLICATE, Wrongness.FOREIGN):
                walk.slots.append(Slot(call.session, owner, ghost=True, doubtful=not step.refused))
        elif role in RUNS and call.binding.creates and step.accepted:
            for slot in walk.slots:
                if slot.id == call.session and slot.owner == owner:
                    slot.ghost = slot.gone = False
        elif role is Role.CLEANUP and step.accepted and not call.age:
            for slot in walk.slots:
                # What is left of these is looked at, and deleted, as if it had to be gone.
                slot.gone = slot.gone or not (slot.ghost or self._status(walk, slot) in call.binding.spares)
        elif role is Role.DELETE and step.accepted and not call.binding.releases:
            for slot in walk.slots:
                if slot.id == call.session and slot.owner == owner and not slot.ghost:
                    slot.gone = True

    def _settle_items(self, walk: Walk, call: Call, step: Step, owner: int) -> None:
        """Keep track of the items that calls can name."""
        place = self.profile.item.id
        if not self.profile.names_items or not step.accepted or place is None:
            return
        for slot in walk.slots:
            if slot.id == call.session and slot.owner == owner:
                found = (as_id(resolve(each, place)) for each in step.items)
                slot.items += [each for each in found if each is not None]
                if call.binding.releases and call.item in slot.items:
                    slot.items.remove(call.item or "")
                    slot.released.append(call.item or "")

    def _status(self, walk: Walk, slot: Slot) -> str | None:
        """The status that a session was given last."""
        for trace in reversed(walk.traces):
            if trace.call.session == slot.id and trace.step.accepted and STATUS in trace.step.sent:
                return str(trace.step.sent[STATUS])
        return self.profile.lifecycle.initial

    def _looks_at_the_end(self, walk: Walk) -> list[Action]:
        """Read every session and list every owner."""
        kinds = {
            Wrongness.NONE: [slot for slot in walk.slots if not slot.ghost and not slot.gone],
            Wrongness.GONE: [slot for slot in walk.slots if slot.gone and not slot.ghost][:MAX_GHOSTS],
            Wrongness.ABSENT: [slot for slot in walk.slots if slot.ghost][:MAX_GHOSTS],
        }
        looks = [
            Action(binding, index + (wrongness is Wrongness.ABSENT), wrongness=wrongness)
            for wrongness, slots in kinds.items()
            for index in range(len(slots))
            for binding in self._looks
        ]
        return looks + [Action(binding, owner=owner) for owner in range(len(walk.owners)) for binding in self._lists]


def _lighten(step: Step, room: int) -> int:
    """Drop from a step that was judged what makes it heavy; gives how much of the room for large answers it takes.

    It is not copied: that took as long as to read it. An answer that was cut off says so, lest it be taken as whole.
    """
    step.body, step.views, step.items = MISSING, (), ()
    exchange, response = step.exchange, step.exchange.response
    size = 0 if response is None or len(response.body) <= MAX_KEPT else len(response.body)
    if response is None or size <= room:
        return size
    part = replace(response, body=response.body[:MAX_KEPT])
    step.exchange = replace(exchange, response=part, failure=exchange.failure or Failure.UNRECORDED)
    return 0
