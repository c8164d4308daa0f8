"""What came of watching, or asking, a client? Joins the fake, the program and the judge, and makes the report."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from time import monotonic
from typing import Any

from conformance import records
from conformance.ask import ROLES_OF, Ask, Asked, Verb
from conformance.baseline import Entry, State
from conformance.catalogue import Level, Subject, catalogue
from conformance.clients import differences as compared
from conformance.clients.differences import Difference
from conformance.clients.explorer import Budget, Exploration, Explorer, Found
from conformance.clients.flows import Flow, to_text
from conformance.clients.observed import observe
from conformance.clients.protocol import Supports
from conformance.clients.walk import Trace
from conformance.clients.wire import Wire
from conformance.exchange import Exchange
from conformance.judge import Judge, Signature, Violation
from conformance.profile import Profile
from conformance.reporting import SOMEWHERE, named
from conformance.reports import Finding, FlowAsk, FlowCall, InvariantOutcome, Known, Report, Row, Verdict
from conformance.reports.redaction import redact
from conformance.reports.rows import flow_call, rows_of, secrets_of
from conformance.step import Step

TRANSPORT = frozenset(
    {"host", "user-agent", "accept", "accept-encoding", "connection", "content-length", "transfer-encoding"}
)
"""Headers (in lower case) that say nothing of what was asked."""
SHOWN = 12
"""Of what a program sent before it broke something, so many calls are shown."""


def judge_of(profile: Profile, *, asked: bool = True) -> Judge:
    """A judge that knows what clients have to keep; if nothing was asked of them, as far as requests alone tell it.

    The profile is that of the wire, whose credentials are made up.
    """
    return Judge(profile, [each for each in catalogue(Subject.CLIENT) if asked or each.judges is None])


def _call(profile: Profile, step: Step) -> FlowCall:
    """A call of a flow, without the headers that say nothing."""
    call = flow_call(profile, step)
    request = call.exchange.request
    kept = tuple((name, value) for name, value in request.headers if name.lower() not in TRANSPORT)
    exchange = records.replace(call.exchange, request=records.replace(request, headers=kept))
    return replace(call, exchange=exchange, telling=step.binding.headers if step.binding else frozenset())


# --- watching -------------------------------------------------------------------------------------


def watch(profile: Profile, command: Sequence[str], *, seconds: float | None = None, strict: bool = False) -> Report:
    """Run any program against the profile's fake, and judge what it sent."""
    started = monotonic()
    wire = Wire(profile)
    seen = observe(wire, command, seconds)
    ended = "its time was over" if seen.code is None else f"the command ended with code {seen.code}"
    notes = () if seen.code == 0 else (ended,)
    if not seen.exchanges:
        told = ", ".join(f"${name}" for name in (*profile.client.base_url, "CONFORMANCE_BASE_URL"))
        notes = (*notes, f"nothing was sent: the command has to call the API at {told}")
    return judged(
        wire.profile, seen.exchanges, shlex.join(command), stopped=ended, notes=notes, strict=strict,
        seconds=monotonic() - started,
    )  # fmt: skip


def judged(
    profile: Profile,
    exchanges: Sequence[Exchange],
    target: str,
    *,
    stopped: str = "",
    notes: Sequence[str] = (),
    strict: bool = False,
    seconds: float = 0.0,
) -> Report:
    """The report on what a client sent to a fake that knew nothing before."""
    judge = judge_of(profile, asked=False)
    history = judge.history(closed=True)
    steps: list[Step] = []
    first: dict[Signature, tuple[Violation, int]] = {}
    seen: dict[Signature, int] = {}
    for exchange in exchanges:
        step, violations = history.see(exchange)
        steps.append(step)
        for each in violations:
            first.setdefault(each.signature, (each, len(steps) - 1))
            seen[each.signature] = seen.get(each.signature, 0) + 1
    findings = [
        _finding(profile, each, seen[signature], [_call(profile, step) for step in _told(steps, index)])
        for signature, (each, index) in first.items()
    ]
    made = _Made(profile, judge, tuple(findings), target, len(steps), strict=strict, notes=tuple(notes))
    return made.report(stopped=stopped, seconds=seconds, reached=bool(steps))


def _told(steps: Sequence[Step], index: int) -> list[Step]:
    """What is shown of a history: the step that broke something, and those before it that are about its session."""
    last = steps[index]
    about = [
        each for each in steps[:index] if last.session is not None and last.session in (each.session, each.created)
    ]
    return [*about[-SHOWN:], last]


def judged_asks(
    profile: Profile,
    asks: Iterable[Asked],
    target: str,
    *,
    baseline: Sequence[Entry[Any]] = (),
    strict: bool = False,
) -> Report:
    """The report on asks that were recorded (see `conformance.clients.recorded`); each counts as an exchange.

    Of a baseline whose flows cannot be asked again, the entries hide their signatures, and those that expired fail.
    """
    started = monotonic()
    judge = Judge(profile, [each for each in catalogue(Subject.CLIENT) if each.by_places])
    history = judge.history(closed=False)
    first: dict[Signature, Found] = {}
    ways: dict[str, list[int]] = {}
    for asked in asks:
        violations = history.judge_ask(asked)
        seen = ways.setdefault(asked.ask.path, [0, 0])
        seen[0] += 1
        seen[1] += bool(violations)
        for each in violations:
            found = first.get(each.signature)
            if found is not None:
                found.seen += 1
                continue
            follows = violations[0].signature if violations[0] is not each else None
            first[each.signature] = Found(each.signature, each, (), (Trace(asked, (), 0),), follows=follows)
    notes = tuple(f"{way}: {wrong} of {all_} wrong" for way, (all_, wrong) in ways.items())
    listed, reasons = _listed(baseline, ())
    findings = tuple(_finding(profile, each.violation, each.seen, (), each, reasons) for each in first.values())
    total = sum(each[0] for each in ways.values())
    made = _Made(profile, judge, findings, target, total, strict=strict, notes=notes, baseline=listed)
    return made.report(stopped="the recording ended", seconds=monotonic() - started, reached=bool(total))


# --- asking ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked, and for how long: the seed of the flows, the budget, and what is known to be broken."""

    seed: int = 0
    budget: Budget = field(default_factory=Budget)
    baseline: Sequence[Entry[Flow]] = ()
    strict: bool = False
    shrinks: bool = True


def ask(
    profile: Profile,
    command: Sequence[str],
    asking: Asking | None = None,
    *,
    target: str = "",
    told: Callable[[Exploration], None] = lambda _: None,
) -> Report:
    """Ask the driver that a command starts, and judge what its SDK makes of that."""
    asking = asking or Asking()
    wire = Wire(profile, asking.seed, sparing=True)
    judge = judge_of(wire.profile)
    explorer = Explorer(
        command, wire, judge, seed=asking.seed, budget=asking.budget, shrinks=asking.shrinks, told=told,
        known=[(each.signature, each.flow) for each in asking.baseline],
    )  # fmt: skip
    result = explorer.explore()
    name = target or (result.supports.sdk if result.supports else shlex.join(command))
    listed, reasons = _listed(asking.baseline, explorer.stale)
    findings = tuple(
        _finding(wire.profile, each.violation, each.seen, list(_calls(wire.profile, each)), each, reasons)
        for each in result.found.values()
    )
    notes = (*result.notes, *_unasked(profile, result.supports))
    made = _Made(
        wire.profile, judge, findings, name, result.exchanges, strict=asking.strict, notes=notes,
        baseline=listed, seed=asking.seed, flows=result.flows,
    )  # fmt: skip
    return made.report(stopped=result.stopped, seconds=result.seconds, reached=result.opened and not result.broken_down)


def _unasked(profile: Profile, supports: Supports | None) -> Iterator[str]:
    """What the API has, and the driver cannot be asked for in any way: so it is not judged."""
    ways = [(free, named) for free in (False, True) for named in (False, True)]
    found = [
        verb.value
        for verb, roles in ROLES_OF.items()
        if verb is not Verb.SPAN
        and any(profile.bound(role) for role in roles)
        and not any(supports is None or supports.can(verb, free=free, named=named) for free, named in ways)
    ]
    if found:
        yield f"the driver cannot be asked for: {', '.join(found)}"


def differences(profile: Profile, first: Sequence[str], second: Sequence[str], seed: int = 0) -> list[Difference]:
    """Where the SDKs of two drivers send or tell something else when they are asked for the same."""
    return compared.differences(profile, first, second, seed)


def _calls(profile: Profile, found: Found) -> Iterator[FlowCall]:
    """The calls that a flow caused."""
    for trace in found.traces:
        for step in (*trace.asked.steps, *trace.asked.late):
            yield _call(profile, step)


def flow_asks(profile: Profile, asks: Sequence[Asked]) -> tuple[FlowAsk, ...]:
    """What was asked, told and sent."""
    found = []
    for each in asks:
        if each.named is not None:
            found.append(FlowAsk(_in_play(each.ask), _pairs(each.named), recorded=True))
            continue
        reply = each.reply
        told = "success" if reply.ok else "failure"
        told += f", session {reply.session}" if reply.session else ""
        told += f": {reply.said}" if reply.said else ""
        expected = f" [expected session {each.ask.expected}]" if each.ask.expected else ""
        calls = tuple(_call(profile, step) for step in (*each.steps, *each.late))
        found.append(FlowAsk(f"{each.ask}{expected}", told, calls))
    return tuple(found)


def _in_play(ask: Ask) -> str:
    """A recorded ask: by which way, and with which sessions in play."""
    return f"{ask.path}, given {_pairs(ask.given)} [expected session {ask.expected}]"


def _listed(
    baseline: Sequence[Entry[Any]], stale: Sequence[Signature]
) -> tuple[tuple[Known, ...], dict[Signature, str]]:
    """What came of the entries of a baseline, and the reasons of those that hide something."""
    today = date.today()
    states = dict.fromkeys(stale, State.STALE)
    listed = tuple(
        Known(
            each.signature,
            (State.EXPIRED if each.expired(today) else states.get(each.signature, State.KNOWN)).value,
            each.reason,
        )
        for each in baseline
    )
    return listed, {each.signature: each.reason for each in listed if each.state != State.EXPIRED}


def _pairs(sessions: Mapping[str, str | None]) -> str:
    """Sessions by their names."""
    return ", ".join(f"{name}={session or 'none'}" for name, session in sessions.items())


# --- the report -----------------------------------------------------------------------------------


def _finding(
    profile: Profile,
    violation: Violation,
    seen: int,
    flow: Sequence[FlowCall],
    found: Found | None = None,
    reasons: Mapping[Signature, str] | None = None,
) -> Finding:
    """A finding for which the client is to blame."""
    invariant = next(each for each in catalogue(None) if each.id == violation.signature.invariant)
    follows = found.follows if found else None
    known = (reasons or {}).get(violation.signature) or (reasons or {}).get(follows or violation.signature, "")
    return Finding(
        signature=violation.signature,
        title=invariant.title,
        why=invariant.why,
        level=invariant.level,
        source=profile.sources.get(invariant.id, invariant.source),
        expected=violation.observation.expected,
        got=violation.observation.got,
        blame="client",
        reproduced=found.reproduced if found else None,
        seen=seen,
        flow=tuple(flow),
        follows=follows,
        known=known,
        saved=tuple(to_text(each) for each in found.flow) if found else (),
        asks=flow_asks(profile, [trace.asked for trace in found.traces]) if found else (),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """What a report is made of."""

    profile: Profile
    judge: Judge
    findings: tuple[Finding, ...]
    target: str
    exchanges: int
    strict: bool = False
    notes: tuple[str, ...] = ()
    baseline: tuple[Known, ...] = ()
    seed: int = 0
    flows: int = 1

    def report(self, *, stopped: str, seconds: float, reached: bool) -> Report:
        """The whole report, without secrets."""
        order = [each.id for each in catalogue(None)]
        findings = tuple(
            sorted(
                self.findings,
                key=lambda each: (not each.primary, order.index(each.signature.invariant), each.signature),
            )
        )
        rows = tuple(rows_of(self.profile, self.judge, findings))
        made = Report(
            verdict=self._verdict(rows, reached and stopped != "interrupted"),
            profile=self.profile.name,
            title=self.profile.title,
            target=self.target,
            seed=self.seed,
            exchanges=self.exchanges,
            flows=self.flows,
            seconds=seconds,
            explored_seconds=seconds,
            stopped=stopped,
            rows=rows,
            findings=findings,
            baseline=self.baseline,
            base=SOMEWHERE,
            serve="" if all(each.asks for each in findings) else f"conformance serve {named(self.profile)}",
            notes=self.notes,
            secrets={self.profile.credentials.name.lower(): self.profile.credentials.template},
        )
        further = {each: each for each in self.profile.credentials.further[1:]}
        return redact(made, {**secrets_of(self.profile.credentials), **further})

    def _verdict(self, rows: Sequence[Row], reached: bool) -> Verdict:
        """What the whole comes to: what was found is told, even where the driver broke down."""
        broken = any(each.level is Level.MUST and not each.known for each in self.findings)
        if broken or any(each.state != State.KNOWN for each in self.baseline):
            return Verdict.BROKEN
        if not reached:
            return Verdict.UNREACHABLE
        untested = any(row.outcome is InvariantOutcome.UNTESTED and row.level is Level.MUST for row in rows)
        return Verdict.UNTESTED if untested and self.strict else Verdict.CONFORMS
