"""What comes of one flow? It is asked of a driver, ask by ask, and the judge sees what each caused."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from time import sleep

from conformance.ask import Ask, Asked, Behaviour, Reply, Verb
from conformance.clients.driver import Driver
from conformance.clients.flows import Action, Flow
from conformance.clients.protocol import DEFERRED
from conformance.clients.script import Script
from conformance.clients.wire import Wire
from conformance.judge import History, Violation
from conformance.step import Step

GRACE = 0.15
"""For how many seconds we listen after a client was flushed or closed."""
_ENDS = (Verb.FLUSH, Verb.CLOSE)
_DEFERRABLE = (Verb.CREATE, Verb.RUN, Verb.ENRICH, Verb.SPAN)
_WAITING = (Verb.RUN, Verb.ENRICH)
"""What may wait while something else is asked."""
_BETWEEN = (*_WAITING, Verb.CREATE)
"""What may be asked while something waits."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What came of one ask: the ask with its steps, and what they break.

    `action` is its place in the flow, `until` that of the action with which what was asked was sent at the latest.
    """

    asked: Asked
    violations: tuple[Violation, ...]
    action: int
    until: int = 0


@dataclass(slots=True)
class Walked:
    """What came of a flow."""

    flow: Flow
    traces: list[Trace] = field(default_factory=list)
    exchanges: int = 0
    unsupported: list[str] = field(default_factory=list)

    @property
    def violations(self) -> Iterator[tuple[int, Violation]]:
        """Everything that is broken, with the number of the trace that shows it."""
        for number, trace in enumerate(self.traces):
            for violation in trace.violations:
                yield number, violation


@dataclass(frozen=True, slots=True)
class _Pending:
    """An ask that may be carried out when the client is flushed or closed, and the steps that it caused until then."""

    ask: Ask
    reply: Reply
    index: int
    steps: list[Step]
    violations: list[Violation]


class Walker:
    """Asks one driver for the actions of flows, and lets a history judge."""

    def __init__(self, wire: Wire, driver: Driver, history: History, seed: int = 0) -> None:
        self._wire = wire
        self._driver = driver
        self._history = history
        self._script = Script(wire.profile, driver.supports, seed)
        self._deferred = DEFERRED in driver.supports.asks
        self._pending: list[_Pending] = []
        self._owed: list[str] = []

    def walk(self, flow: Flow, into: Walked) -> None:
        """Ask for a whole flow. What comes of it is put into `into`: it must not be lost if the driver breaks down."""
        self._wire.reset()
        index = 0
        while index < len(flow):
            group = list(_group(flow, index))
            if len(group) > 1:
                self._together(group, index, into)
            else:
                self._one(group[0], flow[index + 1 :], index, into)
            index += len(group)
        if self._owed:  # what comes after all is not to be taken for a part of the next flow
            sleep(GRACE)
            self._wire.taken()

    def _one(self, action: Action, following: Flow, index: int, into: Walked) -> None:
        """Ask for one action; `following` are those that come after it."""
        ask = self._script.ask(action)
        if ask is None:
            return
        self._wire.behave(ask.behaviour, ask.roles)
        reply = self._driver.ask(ask, self._script.owner(ask.client))
        if reply is None:
            into.unsupported.append(str(ask))
            return
        if ask.verb is Verb.SPAN:
            ask = replace(ask, given={"context": reply.session}, expected=reply.session)
        if self._deferred and ask.verb in _DEFERRABLE:
            if self._waits(ask, following):
                steps, violations = self._heard(into)
                steps = self._without_stragglers(steps, ask.marker)
                self._pending.append(_Pending(ask, reply, index, steps, violations))
                return
            reply = reply.after(self._driver.ask(Ask(0, Verb.FLUSH, ask.client)))
        steps, violations = self._heard(into, ask.lost)
        steps = self._without_stragglers(steps, ask.marker)
        if ask.verb in _ENDS:
            self._end(Asked(ask, reply, steps), violations, index, into)
            return
        self._judge(Asked(ask, reply, steps), violations, index, into)

    def _waits(self, ask: Ask, following: Flow) -> bool:
        """Whether what is asked may wait until its client is flushed or closed, because of what follows.

        What is asked meanwhile must not depend on what comes of it, and what goes wrong must be told of it alone.
        """
        end = next((at for at, each in enumerate(following) if each.verb not in _BETWEEN or each.together), None)
        if end is None or following[end].verb not in _ENDS or self._script.client(following[end]) != ask.client:
            return False
        plain = all(each is Behaviour.PLAIN for each in (ask.behaviour, *(each.behaviour for each in following[:end])))
        return end == 0 or (ask.verb in _WAITING and plain and not ask.lost)

    def _end(self, asked: Asked, violations: list[Violation], index: int, into: Walked) -> None:
        """A client was flushed or closed: what waited for that is on the wire by now, and nothing comes later."""
        waited, self._pending = self._pending, []
        sleep(GRACE)
        late, more = self._heard(into)
        unsent, sent = [], []
        for each in waited:
            told = Asked(each.ask, each.reply.after(asked.reply), each.steps)
            if told.right:
                sent.append(told)
                self._judge(told, each.violations, each.index, into, until=index)
            else:
                unsent.append(each.ask)
        self._judge(replace(asked, late=late, unsent=unsent, waited=sent), [*violations, *more], index, into)

    def _together(self, group: Sequence[Action], index: int, into: Walked) -> None:
        """Ask for several actions at the same time; which request belongs to which is told by its marker."""
        asks = [ask for ask in map(self._script.ask, group) if ask is not None]
        if not asks:
            return
        whole = Ask(asks[0].number, Verb.TOGETHER, together=tuple(asks))
        self._wire.behave(whole.behaviour)
        found = self._driver.ask_together(whole)
        if self._deferred:
            ends = {client: self._driver.ask(Ask(0, Verb.FLUSH, client)) for client in {each.client for each in asks}}
            pairs = zip(asks, found, strict=True)
            found = [None if reply is None else reply.after(ends[ask.client]) for ask, reply in pairs]
        steps, violations = self._heard(into, frozenset[str]().union(*(each.lost for each in asks)))
        for ask, reply in zip(asks, found, strict=True):
            if reply is not None:
                mine = [each for each in steps if _carries(each, ask.marker)]
                self._judge(Asked(ask, reply, mine), violations, index, into)
                violations = []

    def _heard(self, into: Walked, lost: Collection[str] = ()) -> tuple[list[Step], list[Violation]]:
        """The steps that came since it was listened last, and what each breaks by itself; but for lost sessions."""
        steps, violations = [], []
        self._history.lost = lost
        for exchange in self._wire.taken():
            step, broken = self._history.see(exchange)
            steps.append(step)
            violations += broken
        into.exchanges += len(steps)
        for each in self._pending:
            each.steps.extend(step for step in steps if _carries(step, each.ask.marker))
        return steps, violations

    def _without_stragglers(self, steps: list[Step], marker: str) -> list[Step]:
        """These steps without those of what was asked earlier: it waits, or was judged without them; once each."""
        kept = []
        for step in steps:
            whose = next((each for each in self._owed if _carries(step, each)), None)
            waited = any(_carries(step, each.ask.marker) for each in self._pending)
            if _carries(step, marker) or (whose is None and not waited):
                kept.append(step)
            elif whose is not None:
                self._owed.remove(whose)
        return kept

    def _judge(
        self, asked: Asked, violations: list[Violation], index: int, into: Walked, until: int | None = None
    ) -> None:
        """Judge an ask, and go on with what came of it."""
        found = tuple(_in_order(asked, self._history.judge_ask(asked), violations))
        into.traces.append(Trace(asked, found, index, index if until is None else until))
        self._script.learn(asked)
        if asked.ask.marker and not asked.right and asked.ask.roles:
            self._owed.append(asked.ask.marker)


def _in_order(asked: Asked, of_ask: Sequence[Violation], of_steps: Sequence[Violation]) -> list[Violation]:
    """The violations of an ask, and those of its steps, the one first that the others follow from.

    That is the ask's, unless what it misses is missing because the request violates the spec.
    """
    if of_ask and of_ask[0].observation.unplaced and asked.misshapen:
        return [*(each for each in of_steps if each.form), *of_ask, *(each for each in of_steps if not each.form)]
    return [*of_ask, *of_steps]


def _group(flow: Flow, index: int) -> Iterator[Action]:
    """The actions from here on that are asked for at the same time; one, if the next is not."""
    yield flow[index]
    for before, after in pairwise(flow[index:]):
        if not (before.together and after.together):
            return
        yield after


def _carries(step: Step, marker: str) -> bool:
    """Whether a request carries a text that stands in it alone."""
    request = step.exchange.request
    return bool(marker) and (marker.encode() in request.body or marker in request.target)
