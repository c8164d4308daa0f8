"""How long is explored, and what was found? The loop over flows, its budget, and the shortest flow of each
signature."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from time import monotonic

from conformance.exchange import Exchange
from conformance.explore.actions import Flow, leaves_behind
from conformance.explore.bodies import pools
from conformance.explore.cleanup import clean
from conformance.explore.control import with_looks, without_the_blamed
from conformance.explore.course import Walk
from conformance.explore.door import Door
from conformance.explore.findings import Found, before, settle, violations
from conformance.explore.flows import generated
from conformance.explore.openings import openings
from conformance.explore.saved import SavedFlow
from conformance.explore.shrink import REPLAYS, Sighting, Spent, shrink
from conformance.explore.walk import Walker
from conformance.explore.welcome import Welcome
from conformance.garbage import rare_collection
from conformance.judge import History, Judge, Signature, Violation
from conformance.latency import Latencies
from conformance.profile import Profile
from conformance.step import Step
from conformance.transports import Transport

MAX_FOUND = 200
"""So many signatures at most are kept with a flow: a server that is wrong in another way each time has no end."""
SHRINK_ATTEMPTS = 250
"""So many replays at most are spent on one finding."""
SHRINK_FINDINGS = 40
"""So many findings at most are shrunk."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may spend: flows, requests, seconds, and requests a second (0: as fast as it goes)."""

    flows: int | None = None
    requests: int = 2_000
    seconds: float = 60.0
    rate: float = 0.0


@dataclass(slots=True)
class Exploration:
    """What came of exploring. `stopped` says why it ended; `undeleted` are sessions that were left behind; `lags` say
    for how many seconds at most reads of an operation lagged behind, where the profile lets them; `notes` say what else
    is to be known."""

    found: dict[Signature, Found] = field(default_factory=dict)
    exchanges: int = 0
    flows: int = 0
    seconds: float = 0.0
    explored_seconds: float = 0.0
    stopped: str = ""
    unreachable: bool = False
    doing: str = "exploring"
    undeleted: list[str] = field(default_factory=list)
    lags: dict[str, float] = field(default_factory=dict)
    stale: list[Signature] = field(default_factory=list)
    latencies: Latencies = field(default_factory=Latencies)
    notes: tuple[str, ...] = ()


Progress = Callable[[Exploration], None]
Done = Callable[[Exploration], bool]


class Explorer:
    """Explores one target. `done` may end it early; `progress` is told after each flow.

    A `disposable` target ends with the run, so that what cannot be deleted there harms nobody. The flows of `known`
    findings are replayed first, and not shrunk again.
    """

    def __init__(
        self,
        profile: Profile,
        transport: Transport,
        judge: Judge,
        *,
        seed: int,
        run: str,
        budget: Budget,
        progress: Progress = lambda _: None,
        done: Done = lambda _: False,
        shrinks: bool = True,
        disposable: bool = True,
        known: Mapping[Signature, SavedFlow] | None = None,
    ) -> None:
        self.result = Exploration()
        self._profile = profile
        self._judge = judge
        self._second = Judge(profile)
        self._budget = budget
        self._seed = seed
        self._progress = progress
        self._done = done
        self._shrinks = shrinks
        self._pools = pools(profile, seed)
        self._started = monotonic()
        self._shrinking = False
        self._replayed = 0
        self._known = known or {}
        self._disposable = disposable
        self._door = Door(profile, transport.base)
        self._welcome = Welcome()
        interval = 1 / budget.rate if budget.rate else 0.0
        self._walker = Walker(profile, transport, self._pools, run, seed, self._gate, interval, disposable)

    async def explore(self) -> Exploration:
        """Explore until the budget is spent, the target is gone, or somebody interrupts; then shrink what was found."""
        with rare_collection():
            return await self._explore()

    async def _explore(self) -> Exploration:
        self._started = monotonic()
        try:
            await self._check_known()
            # Scripted flows look for themselves; the others are looked at whole in the end.
            scripted = ((flow, False) for flow in openings(self._profile, self._pools))
            drawn = ((flow, True) for flow in generated(self._profile, self._seed))
            for flow, looks in chain(scripted, drawn):
                if not await self._gate() or self._done(self.result) or self.result.flows == self._budget.flows:
                    break
                await self._walk(flow, looks)
            self.result.explored_seconds = monotonic() - self._started
            self._note_unserved()
            if self._shrinks and not self.result.unreachable:
                self._shrinking = True
                await self._shrink_all()
        except asyncio.CancelledError:
            self.result.stopped = "interrupted"
        self.result.seconds = monotonic() - self._started
        self.result.explored_seconds = self.result.explored_seconds or self.result.seconds
        self.result.stopped = self.result.stopped or "flows spent"
        self.result.lags = self._walker.lags
        self.result.notes = tuple(self._welcome.notes())
        return self.result

    def _note_unserved(self) -> None:
        """A target that answered nothing, or put it off, was not reached, however long or short it was tried."""
        if not self.result.unreachable and self._walker.pulse.unserved:
            self.result.unreachable, self.result.stopped = True, self._walker.pulse.unserved

    async def _check_known(self) -> None:
        """Replay the flows of known findings first: one that shows nothing in three replays is stale."""
        self._shrinking = True
        for signature, flow in self._known.items():
            if not self._disposable and any(leaves_behind(each.action) for each in flow):
                continue  # it cannot be tried here, so nothing can be said of it
            with contextlib.suppress(Spent):  # then nothing can be said of it either
                if not await self._shows(signature, flow):
                    self.result.stale.append(signature)
        self._shrinking = False
        self._replayed = 0

    async def _shows(self, signature: Signature, flow: SavedFlow) -> bool:
        """Whether any of three replays shows a signature."""
        for _ in range(REPLAYS):
            walk = await self._replay(flow)
            if any(signature == each for _, each, _ in violations(walk)):
                return True
        return False

    async def _gate(self) -> bool:
        """Whether one more request may be sent. TargetError if nobody is let in."""
        self._door.check()
        if not await self._walker.pulse.beats():
            self.result.unreachable = True
            self.result.stopped = self._walker.pulse.gone
            return False
        seconds = monotonic() - self._started
        if self._shrinking:
            return seconds < self._budget.seconds * 2 and self._replayed < self._budget.requests
        if self.result.exchanges >= self._budget.requests:
            self.result.stopped = "requests spent"
            return False
        if seconds >= self._budget.seconds:
            self.result.stopped = "time spent"
            return False
        return True

    async def _walk(self, flow: Flow, looks: bool) -> None:
        """Walk one flow and keep what it shows."""
        walk = Walk()
        try:
            await self._walker.walk(flow, _Listener(self.heard, self._judge.history()), looks, walk)
        finally:
            self._keep(walk)
            await self._clean(walk)
        self.result.flows += 1
        self._progress(self.result)

    async def _clean(self, walk: Walk) -> None:
        """Delete what a walk made, also while being interrupted."""
        cleaning = asyncio.ensure_future(clean(self._walker, walk))
        try:
            self.result.undeleted += await asyncio.shield(cleaning)
        except asyncio.CancelledError:
            self.result.undeleted += await cleaning
            raise

    def heard(self, step: Step) -> None:
        """Count an exchange."""
        self._door.hear(step)
        if self._shrinking:
            self._replayed += 1
            return
        self.result.exchanges += 1
        self._welcome.hear(step)
        if step.role is not None and step.exchange.failure is None:
            self.result.latencies.add(step.role, step.exchange.seconds)

    def _keep(self, walk: Walk) -> None:
        """Keep the shortest flow of each signature in a walk."""
        for calls, signature, _ in violations(walk):
            flow = walk.performed[:calls]
            known = self.result.found.get(signature)
            if known is None and len(self.result.found) >= MAX_FOUND:
                continue
            if known is None:
                known = Found(signature, flow, 0, at_request=self.result.exchanges - len(walk.traces) + calls)
                known.at_seconds = monotonic() - self._started
                self.result.found[signature] = known
            known.seen += 1
            if not known.traces or len(flow) < len(known.flow):
                known.show(walk, calls)

    async def _shrink_all(self) -> None:
        """Shrink each finding; those that stand first in their flow before those that follow, and what a control
        experiment brings up at once."""
        unknown = [each for each in self.result.found.values() if each.signature not in self._known]
        ranked = sorted(unknown, key=lambda each: (each.follows is not None, len(each.flow)))[:SHRINK_FINDINGS]
        for number, found in enumerate(ranked, start=1):
            if not await self._gate():
                break
            self.result.doing = f"shrinking {number} of {len(ranked)}"
            self._progress(self.result)
            ranked[number:number] = await self._shrink(found)
        settle(self.result.found)

    async def _shrink(self, found: Found) -> list[Found]:
        """Find the shortest flow that shows one signature; gives what else came up."""
        shown: dict[Flow, Walk] = {}

        async def attempt(flow: Flow) -> Sighting | None:
            walk = await self._replay(flow)
            for calls, signature, _ in violations(walk):
                if signature == found.signature:
                    shown[walk.performed[:calls]] = walk
                    return Sighting(walk.performed[:calls], before(walk, signature) is None)
            return None

        with contextlib.suppress(Spent):
            shrunk = await shrink(found.flow, attempt, SHRINK_ATTEMPTS)
            found.reproduced = shrunk.reproduced
            if shrunk.flow in shown:
                found.show(shown[shrunk.flow], len(shrunk.flow))
                return await self._control(found)
        return []

    async def _control(self, found: Found) -> list[Found]:
        """The control experiments: if they show that the blame was wrong, the finding follows the one that shows
        instead. Gives that one if it was never seen before."""
        every = self.result.found
        if found.follows is not None or not found.reproduced:
            return []
        alike = await without_the_blamed(self._profile, found, self._replay)
        found.follows = next((each for each in alike if each in every), None)
        apart = None if found.follows else await with_looks(self._profile, found, self._replay)
        if apart is None:
            return []
        signature, calls, walk = apart
        if signature in every:
            found.follows = None if every[signature].follows == found.signature else signature
            return []
        if len(every) >= MAX_FOUND:
            return []
        new = every[signature] = Found(signature, walk.performed[:calls])
        new.at_request, new.at_seconds = found.at_request, found.at_seconds
        new.show(walk, calls)
        found.follows = signature
        return [new]

    async def _replay(self, flow: Flow | SavedFlow) -> Walk:
        """Walk a flow under a judgement of its own."""
        walk = Walk()
        try:
            # Another judge, so that the tally of the run is left alone.
            history = self._second.history()
            await self._walker.walk(flow, _Listener(self.heard, history), looks=False, into=walk)
        finally:
            await self._clean(walk)
        if walk.stopped:
            raise Spent
        return walk


class _Listener:
    """Hears one walk: judges it, and tells the explorer."""

    def __init__(self, heard: Callable[[Step], None], history: History) -> None:
        self._heard = heard
        self._history = history

    def see(self, exchange: Exchange) -> tuple[Step, list[Violation]]:
        """Take the next exchange."""
        step, found = self._history.see(exchange)
        self._heard(step)
        return step, found

    def settled(self, exchange: Exchange) -> bool:
        """Whether an exchange would break nothing."""
        return self._history.settled(exchange)
