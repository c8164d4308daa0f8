"""Does an SDK keep its promises? Flows are asked of it until the budget is spent, and what breaks is made shorter.

Each flow begins with a driver that is as if just started: what an SDK remembers must not be blamed on the next flow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic

from conformance.ask import Verb
from conformance.clients.driver import ANSWER_SECONDS, Driver
from conformance.clients.flows import Flow, planned
from conformance.clients.protocol import Supports
from conformance.clients.walk import Trace, Walked, Walker
from conformance.clients.wire import Wire, served
from conformance.errors import DriverError
from conformance.judge import Judge, Signature, Violation

TROUBLES = 3
"""After so many flows in a row in which the driver broke down, it is given up."""
REPLAYS = 12
"""So many replays are spent on making one finding shorter."""
NOTES = 5
"""Of so many troubles is told."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What an exploration may cost: seconds, and flows."""

    seconds: float = 120.0
    flows: int | None = None


@dataclass(slots=True)
class Found:
    """One signature: how often it was seen, and the shortest flow that shows it."""

    signature: Signature
    violation: Violation
    flow: Flow
    traces: tuple[Trace, ...]
    seen: int = 1
    reproduced: bool | None = None
    follows: Signature | None = None

    def show(self, walked: Walked, number: int, violation: Violation) -> None:
        """Take the first asks of a walk as the flow that shows it."""
        self.violation = violation
        self.traces = tuple(walked.traces[: number + 1])
        last = self.traces[-1]
        self.flow = walked.flow[: max(last.until + 1, last.action + _width(walked, number))]
        first = last.violations[0]  # what an ask finds was taken in when the one before it was judged
        self.follows = first.signature if first.signature != self.signature else None


@dataclass(slots=True)
class Exploration:
    """What came of it."""

    found: dict[Signature, Found] = field(default_factory=dict)
    exchanges: int = 0
    flows: int = 0
    seconds: float = 0.0
    stopped: str = "all flows were asked"
    broken_down: bool = False
    opened: bool = False
    notes: list[str] = field(default_factory=list)
    supports: Supports | None = None


def _width(walked: Walked, number: int) -> int:
    """How many actions the ask of a trace was asked together with, itself included."""
    at = walked.traces[number].action
    rest = walked.flow[at:]
    if not rest[0].together:
        return 1
    return next((index for index, each in enumerate(rest) if not each.together), len(rest))


class Explorer:
    """Asks the driver that `command` starts."""

    def __init__(
        self,
        command: Sequence[str],
        wire: Wire,
        judge: Judge,
        *,
        seed: int = 0,
        budget: Budget | None = None,
        shrinks: bool = True,
        answer_seconds: float = ANSWER_SECONDS,
        known: Sequence[tuple[Signature, Flow]] = (),
        told: Callable[[Exploration], None] = lambda _: None,
        done: Callable[[Exploration], bool] = lambda _: False,
    ) -> None:
        self._command = command
        self._wire = wire
        self._judge = judge
        self._seed = seed
        self._budget = budget or Budget()
        self._shrinks = shrinks
        self._answer_seconds = answer_seconds
        self._known = known
        self._told = told
        self._done = done
        self._url = ""
        self._last: Driver | None = None
        self.stale: list[Signature] = []
        self.result = Exploration()

    def explore(self, flows: Iterator[Flow] | None = None) -> Exploration:
        """Ask until the budget is spent, or the driver is given up. DriverError: not even hello was understood."""
        started = monotonic()
        result = self.result
        with served(self._wire) as url:
            self._url = url
            first = Driver(self._command, self._wire.profile, url, self._answer_seconds)
            result.supports = first.supports
            self._last = first
            try:
                self._replay_known()
                asked = flows if flows is not None else planned(first.supports, self._seed, self._budget.flows)
                self._ask_all(asked, started + self._budget.seconds)
                if self._shrinks:
                    self._shorten(monotonic() + self._budget.seconds)
            except KeyboardInterrupt:
                result.stopped = "interrupted"
            finally:
                self._let_go()
        result.seconds = monotonic() - started
        return result

    def _ask_all(self, flows: Iterator[Flow], deadline: float) -> None:
        """Ask for flow after flow."""
        result = self.result
        troubles = 0
        for flow in flows:
            if monotonic() > deadline:
                result.stopped = f"{self._budget.seconds:.0f} s are over"
                return
            walked = Walked(flow)
            trouble = self._tried(flow, walked, self._judge)
            result.flows += 1
            result.exchanges += walked.exchanges
            self._note(walked)
            self._note_openings(walked)
            self._told(result)
            if self._done(result):
                result.stopped = "what was looked for was found"
                return
            troubles = troubles + 1 if trouble else 0
            if trouble:
                result.broken_down = True
                self._tell(trouble)
            if troubles >= TROUBLES:
                result.stopped = f"the driver broke down {TROUBLES} times in a row"
                return

    def _tell(self, trouble: str) -> None:
        """Tell what is the matter with the driver, once."""
        if trouble not in self.result.notes and len(self.result.notes) < NOTES:
            self.result.notes.append(trouble)

    def _note_openings(self, walked: Walked) -> None:
        """Of clients that could not be opened nothing is asked; so that is told."""
        for each in (trace.asked for trace in walked.traces if trace.asked.ask.verb is Verb.OPEN):
            self.result.opened = self.result.opened or each.opened
            if not each.opened:
                self._tell(f"{each.ask} failed, and nothing more is asked of that client: {each.reply.said}")

    def _note(self, walked: Walked) -> None:
        """Keep what a walk breaks, each signature with its shortest flow."""
        for number, violation in walked.violations:
            found = self.result.found.get(violation.signature)
            if found is None:
                found = Found(violation.signature, violation, walked.flow, ())
                self.result.found[violation.signature] = found
                found.show(walked, number, violation)
                continue
            found.seen += 1
            is_first = walked.traces[number].violations[0] is violation
            shorter = number + 1 < len(found.traces)
            if (is_first and found.follows is not None) or (shorter and (is_first or found.follows is not None)):
                found.show(walked, number, violation)

    def _driver(self) -> Driver:
        """A driver that is as if just started: the last one if that can be so, else a new one."""
        last = self._last
        if last is not None and last.freshen():
            return last
        self._let_go()
        self._last = Driver(self._command, self._wire.profile, self._url, self._answer_seconds)
        return self._last

    def _let_go(self) -> None:
        """End the driver that there is."""
        last, self._last = self._last, None
        if last is not None and last.close() is None:
            self._tell(
                f"{self._command[0]}: the driver does not end when its input does: each time it has to be stopped"
            )

    def _tried(self, flow: Flow, into: Walked, judge: Judge) -> str:
        """Ask for a flow; gives what went wrong with the driver, if something did."""
        try:
            Walker(self._wire, self._driver(), judge.history(), self._seed).walk(flow, into)
        except DriverError as error:
            self._let_go()
            return str(error)
        return ""

    def _walk(self, flow: Flow, judge: Judge) -> Walked:
        walked = Walked(flow)
        self._tried(flow, walked, judge)
        return walked

    # --- replaying --------------------------------------------------------------------------------

    def _shows(self, flow: Flow, signature: Signature) -> tuple[Walked, int, Violation] | None:
        """What shows a signature, if a flow does."""
        walked = self._walk(flow, Judge(self._wire.profile, self._judge.invariants))
        found = ((number, each) for number, each in walked.violations if each.signature == signature)
        number, violation = next(found, (0, None))
        return None if violation is None else (walked, number, violation)

    def _replay_known(self) -> None:
        """Replay what is known to be broken; what shows nothing three times is stale."""
        for signature, flow in self._known:
            shown = None
            for _ in range(3):
                shown = shown or self._shows(flow, signature)
            if shown is None:
                self.stale.append(signature)
                continue
            self._note(shown[0])

    def _shorten(self, deadline: float) -> None:
        """Make the flow of each primary finding shorter, and see whether it comes back."""
        known = {signature for signature, _ in self._known}
        for found in list(self.result.found.values()):
            if found.follows is not None or found.signature in known or monotonic() > deadline:
                continue
            replays = 0
            index = len(found.flow) - 2
            while index >= 0 and replays < REPLAYS and len(found.flow) > 1:
                shorter = found.flow[:index] + found.flow[index + 1 :]
                replays += 1
                shown = self._shows(shorter, found.signature)
                if shown is not None and shown[0].traces[shown[1]].violations[0].signature == found.signature:
                    found.show(*shown)
                index = min(index - 1, len(found.flow) - 2)
            found.reproduced = all(self._shows(found.flow, found.signature) for _ in range(3))
