"""How is a recording judged? Entry by entry, each flow a world of its own; what shows a finding is looked for after."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from conformance.errors import InputError
from conformance.exchange import Exchange, Failure
from conformance.garbage import rare_collection
from conformance.judge import History, Judge, Signature, Violation
from conformance.latency import Latencies
from conformance.profile import Profile
from conformance.recordings import Kinds, Recording
from conformance.recordings.about import other_versions
from conformance.recordings.hosts import Hosts
from conformance.recordings.identities import Identities, named
from conformance.recordings.left_out import LeftOut
from conformance.recordings.opening import open_recording
from conformance.recordings.order import in_order, in_time
from conformance.recordings.overlaps import Held, Overlaps
from conformance.recordings.prefixes import prefixes, stripped
from conformance.recordings.trails import Trails
from conformance.recordings.untyped import with_type
from conformance.step import Step
from conformance.witness import Witness, shortest

MAX_FLOWS: Final = 1_000
"""So many flows are open at once; of more, what is known of the one that rested longest is forgotten."""
MAX_FOUND: Final = 200
"""So many signatures at most are kept with what shows them."""
MAX_SHORTENED: Final = 40
"""For so many of them the fewest exchanges are searched for."""
MAX_LATE: Final = 0.1
"""If more than so many of the entries of a file come long after what began later, their order says nothing."""
TOLD: Final = 1_000
"""After so many entries progress is told."""

Progress = Callable[[int], None]
Heard = Callable[[str, int, Sequence[Violation]], None]
"""Whoever hears what is broken, in which flow, and at which entry."""


@dataclass(frozen=True, slots=True)
class Options:
    """How recordings are judged.

    `prefix` is what stands before the paths of the spec. `hosts` are the only ones that are judged, each as it stands
    in URLs, with its port; none: all of them. `closed` says whether sessions that nobody was seen to create
    are absent; None: as the recording says. `strict`: an untested MUST is no pass. `partial`: what stands before a
    fault in a file is judged all the same. `kinds` read entries that are no HTTP exchanges.
    """

    prefix: str | None = None
    hosts: frozenset[str] = frozenset()
    closed: bool | None = None
    strict: bool = False
    partial: bool = False
    kinds: Kinds = field(default_factory=dict)


@dataclass(slots=True)
class Sighting:
    """A signature as it was first seen: in which file and flow, and which entries led there."""

    violation: Violation
    source: int
    numbers: tuple[int, ...]
    closed: bool
    seen: int = 1


@dataclass(slots=True)
class _Flow:
    """A flow while it is read."""

    name: str
    history: History
    trails: Trails
    overlaps: Overlaps
    closed: bool


class Check:
    """Judges recordings, one after the other; each file and each flow in it is a world of its own."""

    def __init__(
        self,
        profile: Profile,
        options: Options | None = None,
        progress: Progress = lambda _: None,
        heard: Heard = lambda *_: None,
    ) -> None:
        self.profile = profile
        self.judge = Judge(named(profile))
        self.exchanges = 0
        self.flows = 0
        self.left_out = LeftOut()
        self.notes: list[str] = []
        self.faults: list[InputError] = []
        self.found: dict[Signature, Sighting] = {}
        self.recordings: list[Recording] = []
        self.latencies = Latencies()
        self._options = options or Options()
        self._progress = progress
        self._heard = heard
        self._open: OrderedDict[str, _Flow] = OrderedDict()
        self._hosts = Hosts(self._options.hosts, self._options.closed is True)
        self._late = 0
        self._lagging = any(binding.eventual for binding in profile.bindings)

    def read(self, path: Path) -> None:
        """Judge one file. InputError says what is wrong with it, unless what stands before that is wanted."""
        for _ in self.seen(path):
            pass

    def seen(self, path: Path) -> Iterator[tuple[int, Exchange, str]]:
        """Judge one file, entry by entry: each with its number and its flow."""
        recording = open_recording(path, self._options.kinds)
        self.recordings.append(recording)
        self._open.clear()
        self._late = 0
        exchanges, strangers, silent = self.exchanges, self.left_out.strangers, self.left_out.unrecorded
        self._hosts = Hosts(self._options.hosts, self._options.closed is True)
        try:
            with rare_collection():
                for number, exchange, flow in self.judged(recording):
                    self._see(number, exchange, self._flow(recording, flow))
                    yield number, exchange, flow
        except InputError as error:
            if not self._options.partial:
                raise
            self.faults.append(error)
        for rest in self._open.values():
            self._end(rest)
        if self._late > MAX_LATE * (self.exchanges - exchanges):
            remedy = "sort them by when they began: by the order of the file nothing can be said"
            raise InputError(
                "lists its entries in another order than that of their times", place=str(path), remedy=remedy
            )
        self.notes += [f"{path}: {each}" for each in other_versions(recording.about, self.profile)]
        if self._hosts.note():
            self.notes.append(f"{path}: {self._hosts.note()}")
        if self.exchanges - exchanges == self.left_out.unrecorded - silent and not self.faults:
            raise self._nothing(path, self.left_out.strangers - strangers)

    def judged(self, recording: Recording) -> Iterator[tuple[int, Exchange, str]]:
        """The exchanges of a recording as the judge takes them: number, exchange and flow."""
        identities: Identities | None = None
        spec, required = self.profile.spec, self.profile.credentials.required
        before: tuple[str, ...] = ()
        for entry in in_order(recording.entries()):
            exchange = entry.exchange
            if identities is None:  # what a recording says of itself is known once its first entry is read
                identities = Identities(self.profile.credentials, ours=bool(recording.about.version))
                before = prefixes(self.profile, recording.about.base, self._options.prefix)
            whose = self._hosts.flow(exchange.request.base, entry.flow)
            if whose is None:
                self.left_out.elsewhere += 1
                continue
            if exchange.response is not None and exchange.response.status == 304:
                self.left_out.unchanged += 1
                continue
            if before:
                exchange = stripped(exchange, spec, before)
            if not recording.about.version:
                exchange = with_type(exchange, spec)
            known = identities.read(exchange) if required else exchange
            if known is None:
                self.left_out.untold += 1
            else:
                yield entry.number, known, whose

    def _nothing(self, path: Path, strangers: int) -> InputError:
        """What is wrong with a recording of which nothing was judged."""
        if strangers and not self.left_out.unrecorded:
            problem = f"none of its {strangers:,} exchanges is one of {self.profile.title}"
            remedy = "is it the right profile? --prefix says what stands before the paths of the spec"
            return InputError(problem, place=str(path), remedy=remedy)
        left_out = "; ".join(self.left_out.notes()) or "all answers came from a cache"
        return InputError(f"holds nothing to be judged: {left_out}", place=str(path))

    def _flow(self, recording: Recording, name: str) -> _Flow:
        """The flow of that name."""
        flow = self._open.get(name)
        if flow is not None:
            if len(self._open) > 1:
                self._open.move_to_end(name)
        else:
            closed = recording.about.closed if self._options.closed is None else self._options.closed
            flow = self._open[name] = _Flow(name, self.judge.history(closed), Trails(), Overlaps(), closed)
            self.flows += 1
            if len(self._open) > MAX_FLOWS:
                self._end(self._open.popitem(last=False)[1])
        return flow

    def _see(self, number: int, exchange: Exchange, flow: _Flow) -> None:
        """Read one exchange, and judge what can be judged now."""
        step = self.judge.reader.read(exchange)
        if step.operation is None:
            self.left_out.strangers += 1
            return
        if flow.overlaps.twice(exchange):
            self.left_out.repeated += 1
            return
        self._hosts.judged[exchange.request.base] = None
        self.left_out.unrecorded += exchange.failure is Failure.UNRECORDED and exchange.response is None
        self.exchanges += 1
        if step.role is not None:
            self.latencies.add(step.role, exchange.seconds)
        for held in flow.overlaps.take(number, step):
            self._judge(held, flow)
        if self.exchanges % TOLD == 0:
            self._progress(self.exchanges)

    def _end(self, flow: _Flow) -> None:
        """Judge what is left of a flow."""
        for held in flow.overlaps.rest():
            self._judge(held, flow)
        self._late += flow.overlaps.late

    def _judge(self, held: Held, flow: _Flow) -> None:
        """Judge one step."""
        step = held.step
        flow.trails.note(held.number, step)
        if held.doubtful:
            self.left_out.overlapping += 1
            self._doubted(step, flow)
        elif not (self._lagging and self._lags(step, flow)):
            violations = flow.history.judge(step)
            if violations:
                self._keep(violations, held, flow)

    @staticmethod
    def _doubted(step: Step, flow: _Flow) -> None:
        """Take a step that was under way together with a write: what it did is uncertain, and what it saw as well."""
        if not step.reads:
            flow.history.world.learn(step)
            flow.history.world.doubt(step)

    def _lags(self, step: Step, flow: _Flow) -> bool:
        """Whether a read does not fit, and may still lag behind as the profile lets it."""
        if step.binding is None or not step.binding.eventual:
            return False
        session = flow.history.world.get(flow.history.world.named(step))
        written = session.touched[1] if session is not None else -math.inf
        late = step.exchange.started - written > step.binding.eventual
        return not late and not flow.history.settled(step.exchange)

    def _keep(self, violations: Sequence[Violation], held: Held, flow: _Flow) -> None:
        """Keep what was broken, once a signature."""
        self._heard(flow.name, held.number, violations)
        for each in violations:
            known = self.found.get(each.signature)
            if known is not None:
                known.seen += 1
            elif len(self.found) < MAX_FOUND:
                numbers = tuple(flow.trails.leading(held.step))
                self.found[each.signature] = Sighting(each, len(self.recordings) - 1, numbers, flow.closed)

    # --- what shows it --------------------------------------------------------------------------------------------

    def witnesses(self) -> dict[Signature, Witness]:
        """What shows each signature: the entries are read once more."""
        second = Judge(named(self.profile))
        found: dict[Signature, Witness] = {}
        for source, recording in enumerate(self.recordings):
            here = [each for each in self.found.values() if each.source == source]
            held = self._held(recording, {number for each in here for number in each.numbers})
            for each in here:
                exchanges = in_time([held[number] for number in each.numbers if number in held])
                found[each.violation.signature] = self._witness(second, exchanges, each, len(found))
        return found

    @staticmethod
    def _witness(judge: Judge, exchanges: Sequence[Exchange], each: Sighting, count: int) -> Witness:
        if count < MAX_SHORTENED:
            return shortest(judge, exchanges, each.violation, each.closed)
        steps = tuple(judge.reader.read(exchange) for exchange in exchanges)
        return Witness(steps, each.violation, each.violation.signature, alone=False)

    def _held(self, recording: Recording, wanted: set[int]) -> dict[int, Exchange]:
        """The exchanges of the entries that are wanted."""
        held: dict[int, Exchange] = {}
        if not wanted:
            return held
        left_out = replace(self.left_out)
        for number, exchange, _ in self.judged(recording):
            if number in wanted:
                held[number] = exchange
                if len(held) == len(wanted):
                    break
        self.left_out = left_out
        return held
