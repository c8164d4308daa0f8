"""Is it still broken? Sends the flows of a recording again, and looks for what was broken then."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.catalogue import Level, Subject, catalogue
from conformance.checking import Check, Options
from conformance.errors import InputError
from conformance.judge import Signature, Violation
from conformance.profile import Profile
from conformance.reader import Reader
from conformance.recordings import Shown
from conformance.recordings.identities import named
from conformance.recordings.redaction import Redaction
from conformance.replaying.sender import Played, Recorded, Sender
from conformance.reports.replayed import Again, Answer, Replayed, State
from conformance.run import heeding_signals, ready, run_name, transport_to
from conformance.saving import redaction_for
from conformance.transports import Limits, Transport
from conformance.transports.cassette import CassetteTransport

REPLAYS = 3
"""A flow with a finding is sent so many times."""
MAX_ENTRIES = 100_000
"""A recording of more entries is too long to be sent again."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a recording is sent to: a URL, an ASGI application, the fake (`fake`), perhaps with a fault, or, without any
    of these, the recording itself. A `disposable` target ends with the replay."""

    url: str | None = None
    app: Any = None
    fault: str | None = None
    fake: bool = False
    disposable: bool = False
    limits: Limits | None = None
    rate: float = 0.0

    @property
    def itself(self) -> bool:
        """Whether the recording answers itself."""
        return self.url is None and self.app is None and self.fault is None and not self.fake


@dataclass(slots=True)
class _Recording:
    """A recording as it is sent again: its flows, the signatures to look for in each, and where they show."""

    flows: dict[str, list[Recorded]] = field(default_factory=dict)
    wanted: dict[str, list[Signature]] = field(default_factory=dict)
    shown: dict[str, dict[Signature, set[int]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    closed: bool = False
    ours: bool = False


def replay(
    profile: Profile,
    path: Path,
    target: Target | None = None,
    options: Options | None = None,
    redacted: Collection[str] = (),
) -> Replayed:
    """Send a recording again. `redacted` names further secrets. InputError: it cannot be read, or does not answer
    itself."""
    target = target or Target()
    recording = _read(profile, path, options or Options())
    fake = target.itself or (target.url is None and target.app is None)
    sent = ready(profile, fake)
    transport, name = _transport(sent, path, recording, target)
    return asyncio.run(_replay(sent, path, recording, target, transport, name, redaction_for(sent, redacted)))


def _read(profile: Profile, path: Path, options: Options) -> _Recording:
    """The flows of a recording, and what is to be looked for."""
    found = _Recording()

    def heard(flow: str, number: int, violations: Sequence[Violation]) -> None:
        for each in violations:
            found.shown.setdefault(flow, {}).setdefault(each.signature, set()).add(number)

    checking = Check(profile, options, heard=heard)
    for number, exchange, flow in checking.seen(path):
        found.flows.setdefault(flow, []).append(Recorded(number, exchange))
        if number > MAX_ENTRIES:
            problem = f"has more than {MAX_ENTRIES:,} entries, which is too long to be sent again"
            raise InputError(problem, place=str(path), remedy="`conformance check` judges it as it is")
    about = checking.recordings[-1].about
    found.notes = [*checking.notes, *_strange(about.findings, path)]
    for each in about.findings:
        found.wanted.setdefault(each.flow, []).append(Signature(each.invariant, each.operation, each.kind))
    if not about.findings:
        first: dict[Signature, str] = {}
        for flow, shown in found.shown.items():
            for signature in shown:
                kept = first.setdefault(signature, flow)
                if len(found.flows[flow]) < len(found.flows[kept]):
                    first[signature] = flow
        for signature, flow in first.items():
            found.wanted.setdefault(flow, []).append(signature)
    found.ours = bool(about.profile)
    found.closed = about.closed if options.closed is None else options.closed
    return found


def _strange(findings: Sequence[Shown], path: Path) -> list[str]:
    """What to note of findings that this version knows nothing of. InputError: they are about a client."""
    subjects = {each.id: each.subject for each in catalogue(None)}
    notes = []
    for name in dict.fromkeys(each.invariant for each in findings):
        if subjects.get(name) is Subject.CLIENT:
            problem = f"holds what a client did wrong, {name}: no server shows that again"
            raise InputError(problem, place=str(path), remedy="ask the client again, with `conformance client`")
        if name not in subjects:
            notes.append(f"{path}: there is no invariant {name!r} any more, so it cannot be seen whether it is broken")
    return notes


def _transport(profile: Profile, path: Path, recording: _Recording, target: Target) -> tuple[Transport, str]:
    """The way to the target, and its name."""
    if target.itself:
        flows = [[(each.number, each.exchange) for each in flow] for flow in recording.flows.values()]
        return CassetteTransport(flows, str(path)), "itself"
    return transport_to(profile, target.url, target.app, target.fault, 0, target.limits)


async def _replay(
    profile: Profile,
    path: Path,
    recording: _Recording,
    target: Target,
    transport: Transport,
    name: str,
    redaction: Redaction,
) -> Replayed:
    """Send each flow once, and those with findings as often as it takes to tell."""
    run = run_name(secrets.randbits(31))
    judged = named(profile) if target.itself else profile
    sender = Sender(
        judged,
        Reader(named(profile)),
        transport,
        run,
        disposable=target.disposable or transport.resets,
        rate=target.rate,
        closed=recording.closed,
        itself=target.itself,
        ours=recording.ours,
        redaction=redaction,
    )
    answers: list[Answer] = []
    again: list[Again] = []
    undeleted: list[str] = []
    ended = Played()
    heeding_signals()
    try:
        for flow, entries in recording.flows.items():
            wanted, shown = sorted(recording.wanted.get(flow, ())), recording.shown.get(flow, {})
            plays = [] if ended.stopped else [await sender.play(flow, entries)]
            while wanted and not target.itself and 0 < len(plays) < REPLAYS and not plays[-1].stopped:
                plays.append(await sender.play(flow, entries))
            answers += plays[0].answers if plays else []
            again += _again(flow, wanted, shown, plays)
            undeleted += [session for each in plays for session in each.undeleted]
            ended = plays[-1] if plays else ended
    finally:
        await transport.close()
    return Replayed(
        str(path),
        profile.name,
        name,
        tuple(_unique(again)),
        tuple(answers),
        tuple(each for each in (*recording.notes, sender.withheld.note()) if each),
        tuple(undeleted),
        (sender.pulse.gone or "the target does not answer") if ended.stopped and not ended.interrupted else "",
        ended.interrupted,
    )


def _again(
    flow: str, wanted: Sequence[Signature], shown: Mapping[Signature, Collection[int]], plays: Sequence[Played]
) -> list[Again]:
    """What came of each finding of a flow, and what is broken that was not."""
    levels = {each.id: each.level for each in catalogue()}
    seen = [{each.signature for each in play.violations} for play in plays]
    found = []
    for each in wanted:
        if each.invariant not in levels:
            found.append(Again(each, Level.MUST, State.NOT_SENT, 0, len(plays), flow))
            continue
        count = sum(each in signatures for signatures in seen)
        asked = [signatures for signatures, play in zip(seen, plays, strict=True) if _looked(play, shown.get(each, ()))]
        state = State.FLAKY if count else State.FIXED if plays and len(asked) == len(plays) else State.NOT_SENT
        if count and all(each in signatures for signatures in asked):
            state = State.BROKEN
        found.append(Again(each, levels[each.invariant], state, count, len(plays), flow))
    for each in sorted(set().union(*seen) - set(shown) - set(wanted)):
        count = sum(each in signatures for signatures in seen)
        found.append(Again(each, levels[each.invariant], State.NEW, count, len(plays), flow))
    return found


def _looked(play: Played, shown: Collection[int]) -> bool:
    """Whether what showed a finding was sent: any of the entries at which it was seen, or, if these are not known,
    anything of a flow that was sent to its end."""
    sent = [answer.number for answer in play.answers if not answer.left_out]
    return any(number in shown for number in sent) if shown else bool(sent) and not play.stopped


def _unique(again: Sequence[Again]) -> list[Again]:
    """Each signature once: what is new in many flows is told for the first."""
    kept: dict[Signature, Again] = {}
    for each in again:
        known = kept.get(each.signature)
        if known is None or (known.state is State.NEW and each.state is not State.NEW):
            kept[each.signature] = each
    return list(kept.values())
