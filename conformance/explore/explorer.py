"""How long is explored, and what was found? The loop over flows, its budget, and the shortest flow of each
signature."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from time import monotonic

from conformance.errors import TargetError
from conformance.exchange import Exchange, Failure
from conformance.explore.bodies import pools
from conformance.explore.cleanup import clean
from conformance.explore.flows import Flow, generated, leaves_behind, openings
from conformance.explore.saved import SavedFlow, saved
from conformance.explore.shrink import REPLAYS, Sighting, shrink
from conformance.explore.walk import Trace, Walk, Walker
from conformance.judge import History, Judge, Signature, Violation
from conformance.profile import Profile
from conformance.step import Step
from conformance.transports import Transport

DEAD = 10
"""So many transport failures in a row end a run."""
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
class Found:
    """One signature: how often it was seen, and the shortest flow that shows it."""

    signature: Signature
    flow: Flow
    seen: int = 1
    reproduced: bool | None = None
    traces: tuple[Trace, ...] = ()
    violation: Violation | None = None
    follows: Signature | None = None
    at_request: int = 0
    at_seconds: float = 0.0

    @property
    def saved(self) -> SavedFlow:
        """The flow with its bodies."""
        return tuple(saved(trace.action, trace.call) for trace in self.traces)

    def show(self, walk: Walk, calls: int) -> None:
        """Take the first calls of a walk as the flow that shows it."""
        self.flow = walk.performed[:calls]
        self.traces = tuple(walk.traces[:calls])
        self.violation = next(each for _, signature, each in _violations(walk) if signature == self.signature)
        self.follows = _before(walk, self.signature)


@dataclass(slots=True)
class Exploration:
    """What came of exploring. `stopped` says why it ended; `undeleted` are sessions that were left behind."""

    found: dict[Signature, Found] = field(default_factory=dict)
    exchanges: int = 0
    flows: int = 0
    seconds: float = 0.0
    explored_seconds: float = 0.0
    stopped: str = ""
    unreachable: bool = False
    doing: str = "exploring"
    undeleted: list[str] = field(default_factory=list)
    stale: list[Signature] = field(default_factory=list)


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
        self._budget = budget
        self._seed = seed
        self._progress = progress
        self._done = done
        self._shrinks = shrinks
        self._pools = pools(profile, seed)
        self._started = monotonic()
        self._failures = 0
        self._shrinking = False
        self._replayed = 0
        self._probed = False
        self._known = known or {}
        self._disposable = disposable
        interval = 1 / budget.rate if budget.rate else 0.0
        self._walker = Walker(profile, transport, self._pools, run, seed, self._gate, interval, disposable)

    async def explore(self) -> Exploration:
        """Explore until the budget is spent, the target is gone, or somebody interrupts; then shrink what was found."""
        self._started = monotonic()
        try:
            await self._check_known()
            # Scripted flows look for themselves; the others are looked at whole in the end.
            scripted = ((flow, False) for flow in openings(self._profile, self._pools))
            drawn = ((flow, True) for flow in generated(self._profile, self._seed))
            for flow, looks in chain(scripted, drawn):
                if not self._gate() or self._done(self.result) or self.result.flows == self._budget.flows:
                    break
                await self._walk(flow, looks)
            self.result.explored_seconds = monotonic() - self._started
            if self._shrinks and not self.result.unreachable:
                self._shrinking = True
                await self._shrink_all()
        except asyncio.CancelledError:
            self.result.stopped = "interrupted"
        self.result.seconds = monotonic() - self._started
        self.result.explored_seconds = self.result.explored_seconds or self.result.seconds
        self.result.stopped = self.result.stopped or "flows spent"
        return self.result

    async def _check_known(self) -> None:
        """Replay the flows of known findings first: one that shows nothing in three replays is stale."""
        self._shrinking = True
        for signature, flow in self._known.items():
            if not self._disposable and any(leaves_behind(each.action) for each in flow):
                continue  # it cannot be tried here, so nothing can be said of it
            for _ in range(REPLAYS):
                walk = await self._replay(flow)
                if any(signature == each for _, each, _ in _violations(walk)):
                    break
            else:
                self.result.stale.append(signature)
        self._shrinking = False
        self._replayed = 0

    def _gate(self) -> bool:
        """Whether one more request may be sent."""
        if self._failures >= DEAD:
            self.result.unreachable = True
            self.result.stopped = f"{DEAD} requests in a row got no answer"
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
        if self._failures < DEAD:
            cleaning = asyncio.ensure_future(clean(self._walker, walk))
            try:
                self.result.undeleted += await asyncio.shield(cleaning)
            except asyncio.CancelledError:
                self.result.undeleted += await cleaning
                raise
        else:
            self.result.undeleted += [slot.id for slot in walk.slots if not slot.ghost and not slot.gone]

    def heard(self, failure: Failure | None) -> None:
        """Count an exchange, and the failures in a row."""
        probing, self._probed = not self._probed, True
        if probing and failure is Failure.CONNECT:
            base = self._walker.transport.base
            raise TargetError("the target cannot be reached", place=base, remedy="is it running? check --target")
        self._failures = self._failures + 1 if failure is not None else 0
        if self._shrinking:
            self._replayed += 1
        else:
            self.result.exchanges += 1

    def _keep(self, walk: Walk) -> None:
        """Keep the shortest flow of each signature in a walk."""
        for calls, signature, _ in _violations(walk):
            flow = walk.performed[:calls]
            known = self.result.found.get(signature)
            if known is None:
                known = Found(signature, flow, 0, at_request=self.result.exchanges - len(walk.traces) + calls)
                known.at_seconds = monotonic() - self._started
                self.result.found[signature] = known
            known.seen += 1
            if not known.traces or len(flow) < len(known.flow):
                known.show(walk, calls)

    async def _shrink_all(self) -> None:
        """Shrink each finding; those that stand first in their flow before those that follow."""
        unknown = [each for each in self.result.found.values() if each.signature not in self._known]
        ranked = sorted(unknown, key=lambda each: (each.follows is not None, len(each.flow)))
        for number, found in enumerate(ranked[:SHRINK_FINDINGS], start=1):
            if not self._gate():
                return
            self.result.doing = f"shrinking {number} of {len(ranked)}"
            self._progress(self.result)
            await self._shrink(found)
        self._settle_doubts()

    async def _shrink(self, found: Found) -> None:
        """Find the shortest flow that shows one signature."""
        shown: dict[Flow, Walk] = {}

        async def attempt(flow: Flow) -> Sighting | None:
            walk = await self._replay(flow)
            for calls, signature, _ in _violations(walk):
                if signature == found.signature:
                    shown[walk.performed[:calls]] = walk
                    return Sighting(walk.performed[:calls], _before(walk, signature) is None)
            return None

        with contextlib.suppress(_Spent):
            shrunk = await shrink(found.flow, attempt, SHRINK_ATTEMPTS)
            found.reproduced = shrunk.reproduced
            if shrunk.flow in shown:
                found.show(shown[shrunk.flow], len(shrunk.flow))
                await self._control(found)

    async def _control(self, found: Found) -> None:
        """The control experiment: if the same is seen without the call that is blamed, the blame was wrong.

        The finding then follows the one that shows instead.
        """
        operations = [self._profile.bindings[action.binding].operation.id for action in found.flow[:-1]]
        if found.follows is not None or found.signature.operation not in operations:
            return
        blamed = len(operations) - 1 - operations[::-1].index(found.signature.operation)
        walk = await self._replay(found.flow[:blamed] + found.flow[blamed + 1 :])
        for _, signature, _ in _violations(walk):
            if (
                signature.kind == found.signature.kind
                and signature != found.signature
                and signature in self.result.found
            ):
                found.follows = signature
                return

    def _settle_doubts(self) -> None:
        """A finding that other operations may be to blame for follows one that surely blames one of these."""
        sure = [each for each in self.result.found.values() if each.violation and not each.violation.observation.others]
        for found in self.result.found.values():
            doubts = found.violation.observation.others if found.violation else frozenset()
            for each in sure:
                if each.signature.operation in doubts and each.signature.kind == found.signature.kind:
                    found.follows = found.follows or each.signature
        for found in self.result.found.values():
            found.follows = self._root(found)

    def _root(self, found: Found) -> Signature | None:
        """The finding that stands first in the chain that a finding follows; None if it is itself first."""
        seen = {found.signature}
        root = found.follows
        while root is not None and root not in seen and root in self.result.found:
            seen.add(root)
            before = self.result.found[root].follows
            if before is None:
                break
            root = before
        return root

    async def _replay(self, flow: Flow | SavedFlow) -> Walk:
        """Walk a flow under a judgement of its own."""
        walk = Walk()
        try:
            history = Judge(self._profile).history()
            await self._walker.walk(flow, _Listener(self.heard, history), looks=False, into=walk)
        finally:
            await self._clean(walk)
        if walk.stopped:
            raise _Spent
        return walk


class _Spent(Exception):  # noqa: N818 - no error: the budget is spent
    """The budget does not allow another replay."""


class _Listener:
    """Hears one walk: judges it, and tells the explorer of failures."""

    def __init__(self, heard: Callable[[Failure | None], None], history: History) -> None:
        self._heard = heard
        self._history = history

    def see(self, exchange: Exchange) -> tuple[Step, list[Violation]]:
        """Take the next exchange."""
        self._heard(exchange.failure)
        return self._history.see(exchange)


def _violations(walk: Walk) -> Iterator[tuple[int, Signature, Violation]]:
    """Each signature of a walk at its first sight: after how many calls, and the violation."""
    seen: set[Signature] = set()
    for calls, trace in enumerate(walk.traces, start=1):
        for violation in trace.violations:
            if violation.signature not in seen:
                seen.add(violation.signature)
                yield calls, violation.signature, violation


def _before(walk: Walk, signature: Signature) -> Signature | None:
    """The first violation of the walk, if it is another one."""
    first = next(_violations(walk))[1]
    return None if first == signature else first
