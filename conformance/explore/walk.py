"""What happens when a flow is sent? A plain loop: resolve, send, judge; at the end look at everything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from conformance.exchange import Exchange
from conformance.explore.bodies import AWKWARD_IDS, PLAIN, Pool
from conformance.explore.flows import Action, Flow, Wrongness, leaves_behind
from conformance.explore.ids import Ids
from conformance.explore.saved import Content, SavedAction
from conformance.expressions import MISSING, remove
from conformance.judge import Violation
from conformance.profile import Binding, Profile, Role
from conformance.step import Call, Outcome, Owner, Reader, Step, Writer
from conformance.transports import Transport

MAX_GHOSTS = 4
"""So many ids that should not exist are looked at when a flow ends."""


class Listener(Protocol):
    """Whoever hears each exchange: a history under judgement."""

    def see(self, exchange: Exchange) -> tuple[Step, list[Violation]]:
        """Take the next exchange; give the step that it is, and what it breaks."""
        ...


@dataclass(slots=True)
class Slot:
    """A session that a walk made, or an id that it made up (`ghost`), under which there may be one (`doubtful`)."""

    id: str
    owner: int
    gone: bool = False
    ghost: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Trace:
    """One call of a walk: the action, the call that it was, the step that came of it, and what that breaks."""

    action: Action
    call: Call
    step: Step
    violations: tuple[Violation, ...]


@dataclass(slots=True)
class Walk:
    """A walk as far as it went: in `traces` every call, looks at the end included; in `calls` the last by binding."""

    owners: list[Owner] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    calls: dict[int, Call] = field(default_factory=dict)
    stopped: bool = False

    @property
    def performed(self) -> Flow:
        """Every action that became a call: a flow which does the same again without looks at the end."""
        return tuple(trace.action for trace in self.traces)


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
        gate: Callable[[], bool] = lambda: True,
        interval: float = 0.0,
        disposable: bool = True,
    ) -> None:
        self.profile = profile
        self.transport = transport
        self.pools = pools
        self.run = run
        self.sent = 0
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
                if not await self._perform(walk, action, listener):
                    return walk
        return walk

    async def _perform(self, walk: Walk, action: Action, listener: Listener, content: Content | None = None) -> bool:
        """Make one call, if the action means one here. False: the walk has to stop."""
        call = self._resolve(walk, action)
        if call is not None and content is not None:
            attributes, text, variation = content.attributes, content.text, content.variation
            call = replace(call, body=content.body, attributes=attributes, text=text, variation=variation)
        if call is None:
            return True
        if not self._gate():
            walk.stopped = True
            return False
        exchange = await self.send(call)
        step, violations = listener.see(exchange)
        walk.calls[action.binding] = call
        walk.traces.append(Trace(action, call, step, tuple(violations)))
        self._settle(walk, action, call, step)
        return True

    async def send(self, call: Call) -> Exchange:
        """Send one call, no faster than the rate allows."""
        if self._interval:
            loop = asyncio.get_running_loop()
            await asyncio.sleep(max(0.0, self._next - loop.time()))
            self._next = max(self._next, loop.time()) + self._interval
        self.sent += 1
        return await self.transport.send(self._writer.request(call))

    # --- what an action means here ----------------------------------------------------------------

    def _resolve(self, walk: Walk, action: Action) -> Call | None:
        """The call that an action is, given the sessions made so far; None if it is none."""
        binding = self.profile.bindings[action.binding % len(self.profile.bindings)]
        owner = action.owner % 2
        if binding.role is Role.LIST:
            plain = action.wrongness == Wrongness.NONE
            return self._call(walk, binding, action, self._owner(walk, owner), None) if plain else None
        if binding.role is Role.CREATE:
            return self._resolve_create(walk, binding, action, owner)
        slot = self._pick(walk, action)
        if action.wrongness == Wrongness.ABSENT and slot is None:
            slot = Slot(self._absent(walk, binding), owner, ghost=True)
            walk.slots.append(slot)
        if slot is None or action.wrongness == Wrongness.DUPLICATE:
            return None
        owner = slot.owner
        if action.wrongness == Wrongness.FOREIGN:
            if not (self.profile.scoped and self.profile.fresh_owners):
                return None
            owner = 1 - owner
        return self._call(walk, binding, action, self._owner(walk, owner), slot.id)

    def _resolve_create(self, walk: Walk, binding: Binding, action: Action, owner: int) -> Call | None:
        """The create that an action is."""
        chosen: str | None = None
        if action.wrongness == Wrongness.AWKWARD_ID:
            # Whoever keeps the target must not be left with sessions that nothing can delete.
            if binding.session is None or (leaves_behind(action) and not self._disposable):
                return None
            chosen = self._ids.fresh(binding, self._number) + AWKWARD_IDS[action.body % len(AWKWARD_IDS)]
        elif action.wrongness in (Wrongness.GONE, Wrongness.FOREIGN, Wrongness.DUPLICATE):
            slot = self._pick(walk, action)
            if slot is None or binding.session is None:
                return None
            owner = slot.owner
            if action.wrongness == Wrongness.FOREIGN:
                if not (self.profile.scoped and self.profile.fresh_owners):
                    return None
                owner = 1 - owner
            chosen = slot.id
        elif action.wrongness in (Wrongness.ABSENT, Wrongness.REPEAT):
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

    def _call(self, walk: Walk, binding: Binding, action: Action, owner: Owner, session: str | None) -> Call | None:
        """A call with a body from the pool."""
        pool = self.pools[action.binding % len(self.profile.bindings)]
        marker = f"{self.run}-m{self.sent}"
        if action.wrongness == Wrongness.REPEAT:
            before = walk.calls.get(action.binding)
            return replace(before, owner=owner, session=session) if before else None
        if action.wrongness == Wrongness.AWKWARD:
            awkward = pool.awkward(action.body, marker)
            if awkward is None:
                return None
            text = awkward[1] if binding.message is not None else None
            return Call(binding, owner, session, pool.base, awkward[0], text)
        if action.wrongness == Wrongness.INVALID:
            if not pool.violations:
                return None
            body, attributes, variation = pool.invalid(action.body, marker)
        else:
            body, attributes, variation = pool.valid(
                action.body if action.wrongness == Wrongness.NONE else action.body % PLAIN, marker
            )
        expression = binding.session
        if session is None and expression is not None and expression.place == "body" and body is not MISSING:
            body = remove(body, expression.pointer)
        text = marker if attributes is not None and binding.message is not None else None
        return Call(binding, owner, session, body, attributes, text, variation)

    def _owner(self, walk: Walk, index: int) -> Owner:
        """The first or second owner of this walk."""
        while len(walk.owners) <= index:
            made = f"{self.run}-{self._number}-{'ab'[len(walk.owners)]}"
            walk.owners.append(tuple(made if value is None else value for value in self.profile.owner))
        return walk.owners[index]

    # --- what came of it ----------------------------------------------------------------------------------------------

    def _settle(self, walk: Walk, action: Action, call: Call, step: Step) -> None:
        """Keep track of the sessions that this walk made."""
        role = call.binding.role
        owner = walk.owners.index(call.owner)
        if role is Role.CREATE:
            if step.outcome is Outcome.ACCEPTED and step.created is not None:
                if not any(slot.id == step.created and slot.owner == owner and not slot.gone for slot in walk.slots):
                    walk.slots.append(Slot(step.created, owner))
            elif call.session is not None and action.wrongness not in (Wrongness.DUPLICATE, Wrongness.FOREIGN):
                walk.slots.append(Slot(call.session, owner, ghost=True, doubtful=not step.refused))
        elif role is Role.DELETE and step.accepted:
            for slot in walk.slots:
                if slot.id == call.session and slot.owner == owner and not slot.ghost:
                    slot.gone = True

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
