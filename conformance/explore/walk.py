"""What happens when a flow is sent? A plain loop: resolve, send, judge; at the end look at everything."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Protocol

from conformance import records
from conformance.exchange import Exchange, Failure
from conformance.explore.actions import Action
from conformance.explore.bodies import Pool
from conformance.explore.course import Trace, Walk, settle
from conformance.explore.pulse import Pulse
from conformance.explore.resolver import Resolver
from conformance.explore.saved import Content, SavedAction
from conformance.expressions import MISSING
from conformance.judge import Violation
from conformance.profile import Profile, Role
from conformance.reader import Reader
from conformance.step import Owner, Step, turned
from conformance.transports import Transport
from conformance.writer import Call, Writer

MAX_PAGES = 50
"""So many pages of one list are turned when a flow ends."""
POLL = 0.02
"""So many seconds lie between two readings of what may lag behind."""
MAX_KEPT = 2**16
"""So many bytes of an answer are kept after it was judged, of any."""


class Listener(Protocol):
    """Whoever hears each exchange: a history under judgement."""

    def see(self, exchange: Exchange) -> tuple[Step, list[Violation]]:
        """Take the next exchange; give the step that it is, and what it breaks."""
        ...

    def settled(self, exchange: Exchange) -> bool:
        """Whether an exchange would break nothing, if it were the next one."""
        ...


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
        self.sent = 0
        self.lags: dict[str, float] = {}
        self.reader = Reader(profile)
        self._writer = Writer(profile)
        self._resolver = Resolver(profile, pools, run, seed, disposable)
        self._gate = gate
        self._interval = interval
        self._next = 0.0

    def identity(self, owner: Owner) -> int:
        """Whose credentials go with an owner."""
        return self._resolver.identity(owner)

    async def walk(
        self, flow: Iterable[Action | SavedAction], listener: Listener, looks: bool = True, into: Walk | None = None
    ) -> Walk:
        """Send a flow under fresh owners. With `looks`, read every session and list every owner in the end.

        What happens is kept in `into` as it happens, so that an interrupted walk is not lost.
        """
        await self.transport.reset()
        walk = Walk() if into is None else into
        self._resolver.begin()
        for each in flow:
            action, content = (each.action, each.content) if isinstance(each, SavedAction) else (each, None)
            if not await self._perform(walk, action, listener, content):
                return walk
        if looks:
            for action in self._resolver.looks_at_the_end(walk):
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
        call = self._resolver.resolve(walk, action, self.sent)
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
        settle(self.profile, walk, action, call, step)
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


def _lighten(step: Step, room: int) -> int:
    """Drop from a step that was judged what makes it heavy; gives how much of the room for large answers it takes.

    It is not copied: that took as long as to read it. An answer that was cut off says so, lest it be taken as whole.
    """
    step.body, step.views, step.items = MISSING, (), ()
    exchange, response = step.exchange, step.exchange.response
    size = 0 if response is None or len(response.body) <= MAX_KEPT else len(response.body)
    if response is None or size <= room:
        return size
    part = records.replace(response, body=response.body[:MAX_KEPT])
    step.exchange = records.replace(exchange, response=part, failure=exchange.failure or Failure.UNRECORDED)
    return 0
