"""How do the parts make one run? Joins them, and holds no logic of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import shlex
import signal
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from conformance.baseline import Entry, State
from conformance.catalogue import Level, catalogue
from conformance.errors import InputError, nearest
from conformance.explore.bodies import Pool, pools
from conformance.explore.cleanup import clean
from conformance.explore.explorer import Budget, Exploration, Explorer
from conformance.explore.findings import Found
from conformance.explore.flows import Flow
from conformance.explore.saved import SavedFlow, to_text
from conformance.explore.walk import Walk, Walker
from conformance.fakes import asgi
from conformance.fakes.faults import Fault, faults_for, together
from conformance.fakes.server import Server
from conformance.judge import Judge, Signature, Violation
from conformance.profile import Profile
from conformance.profile_file import built_in
from conformance.recordings import Shown
from conformance.recordings.about import about_profile
from conformance.recordings.public import credential_names, public_words
from conformance.recordings.redaction import Redaction
from conformance.recordings.writer import CassetteWriter
from conformance.reports import Finding, InvariantOutcome, Kill, Known, Matrix, Report, Verdict
from conformance.reports.redaction import redact
from conformance.reports.rows import flow_call, rows_of, secrets_of
from conformance.transports import Limits, Transport
from conformance.transports.asgi import AsgiTransport, under
from conformance.transports.http import HttpTransport
from conformance.transports.recorder import Recorder
from conformance.version import VERSION

FAKE_LIMITS = Limits(seconds=5.0)
"""A fake answers at once, or never; but the machine that it shares with others may be slow."""
_SOMEWHERE = "http://127.0.0.1:8080"
"""Where a person is thought to serve what was judged within this process."""
Progress = Callable[[Exploration], None]

FAULT_BUDGET = Budget(requests=2_000, seconds=60.0)
"""What is spent on one fault at most."""


def run(
    profile: Profile,
    *,
    target: str | None = None,
    app: Any = None,
    fault: str | None = None,
    seed: int | None = None,
    budget: Budget | None = None,
    limits: Limits | None = None,
    progress: Progress = lambda _: None,
    strict: bool = True,
    disposable: bool | None = None,
    baseline: Sequence[Entry[SavedFlow]] = (),
    record: Path | None = None,
    redacted: Collection[str] = (),
) -> Report:
    """Explore a target and judge it: a URL, an ASGI application, or by default the profile's fake, right or with a
    fault.

    Without a seed a fake gets 0 and any other target a random one. `strict`: an untested MUST is not a pass. A
    `disposable` target ends with the run (a URL does not, unless you say so): calls that may leave something behind for
    good are made only there. A `baseline` lists findings that are known (see `conformance.baseline`). `record` is the
    file in which what happens is written down, without secrets; `redacted` names further fields that are secrets.
    """
    fake = target is None and app is None
    profile = ready(profile, fake)
    chosen = seed if seed is not None else 0 if fake else secrets.randbits(31)
    transport, name = transport_to(profile, target, app, fault, chosen, limits)
    base = _SOMEWHERE + ("" if fake else profile.spec.base_path) if target is None else transport.base
    judge = Judge(profile)
    written = None if record is None else cassette(profile, record, name, transport.base, chosen, redacted)
    explorer = Explorer(
        profile,
        transport if written is None else Recorder(transport, written),
        judge,
        seed=chosen,
        run=run_name(chosen),
        budget=budget or Budget(),
        progress=progress,
        disposable=target is None if disposable is None else disposable,
        known={entry.signature: entry.flow for entry in baseline},
    )
    try:
        result = asyncio.run(_explore(explorer, transport))
    finally:
        if written is not None:
            written.close()
    serve = f"conformance serve {named(profile)}" + (f" --fault {fault}" if fault else "") if fake else ""
    return report(profile, judge, result, name, chosen, strict=strict, base=base, serve=serve, baseline=baseline)


def cassette(
    profile: Profile, path: Path, target: str, base: str, seed: int | None, redacted: Collection[str] = ()
) -> CassetteWriter:
    """A cassette to be written for a profile, which keeps its secrets, and further fields, to itself."""
    about = about_profile(profile, VERSION, target, base, seed)
    return CassetteWriter(path, about, redaction_for(profile, redacted))


def redaction_for(profile: Profile, redacted: Collection[str] = ()) -> Redaction:
    """What takes the secrets of a profile, and further fields, out of exchanges."""
    credentials = profile.credentials
    places = {credentials.name.lower(): credentials.template} if credentials.required else {}
    spec = profile.spec
    named = (*redacted, *credential_names(spec))
    return Redaction(secrets_of(credentials), places, named, public=public_words(spec))


def save_findings(profile: Profile, report: Report, folder: Path, redacted: Collection[str] = ()) -> Report:
    """Write each finding of a report that stands first in its flow as a cassette; gives the report that names them."""
    saved = []
    for number, each in enumerate(report.findings, start=1):
        if not each.primary:
            saved.append(each)
            continue
        name = re.sub(r"[^a-z0-9]+", "-", f"{each.signature.invariant} {each.signature.operation}".lower())
        path = folder / f"{number:02}-{name.strip('-')[:80]}.yaml"
        base = report.target if "://" in report.target else ""
        writer = cassette(profile, path, report.target, base, report.seed, redacted)
        for call in each.flow:
            writer.add(call.exchange, "1")
        writer.close([Shown(each.signature.invariant, each.signature.operation, each.signature.kind, "1")])
        saved.append(replace(each, recording=str(path)))
    return replace(report, findings=tuple(saved))


def walk(
    profile: Profile,
    flow: Flow,
    *,
    target: str | None = None,
    app: Any = None,
    fault: str | None = None,
    seed: int = 0,
    looks: bool = True,
) -> list[Violation]:
    """Send one flow and judge it: for a user's own `@given(flows(profile))` tests. Gives what it breaks.

    Sessions are made under fresh owners, and deleted in the end.
    """
    profile = ready(profile, target is None and app is None)
    transport, _ = transport_to(profile, target, app, fault, seed, None)
    return asyncio.run(_walk_once(profile, flow, transport, seed, looks))


async def _walk_once(profile: Profile, flow: Flow, transport: Transport, seed: int, looks: bool) -> list[Violation]:
    """Walk one flow, and clean up behind it."""
    walker = Walker(profile, transport, _pools(profile, seed), f"{run_name(seed)}{secrets.token_hex(3)}", seed)
    into = Walk()
    try:
        await walker.walk(flow, Judge(profile).history(), looks, into)
    finally:
        await clean(walker, into)
        await transport.close()
    return [violation for trace in into.traces for violation in trace.violations]


def _pools(profile: Profile, seed: int) -> dict[int, Pool]:
    """The bodies for a profile; drawn once, since a test walks many flows."""
    key = (id(profile), seed)
    if key not in _POOLS:
        _POOLS.clear()
        _POOLS[key] = pools(profile, seed)
    return _POOLS[key]


_POOLS: dict[tuple[int, int], dict[int, Pool]] = {}


def run_name(seed: int) -> str:
    """The name of a run; every owner and every id that it makes up carries it."""
    return f"conf{seed:x}"


def transport_to(
    profile: Profile, target: str | None, app: Any, fault: str | None, seed: int, limits: Limits | None
) -> tuple[Transport, str]:
    """The way to the target, and the target's name."""
    if target is not None:
        return HttpTransport(_based(target, profile), limits), target
    if app is not None:
        return AsgiTransport(under(profile.spec.base_path, app), limits=limits), "an ASGI application"
    return _fake(profile, seed, fault), f"fake with {fault}" if fault else "fake"


def _based(target: str, profile: Profile) -> str:
    """A URL with the path under which the spec puts its operations, if the URL has none of its own."""
    return target + profile.spec.base_path if target.count("/") == 2 else target


async def _explore(explorer: Explorer, transport: Transport) -> Exploration:
    """Explore; SIGTERM ends it as Ctrl-C does."""
    task = asyncio.current_task()
    with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await explorer.explore()
    finally:
        await transport.close()


def _fake(profile: Profile, seed: int, fault: str | None) -> AsgiTransport:
    """A transport to the profile's fake."""
    server = server_of(profile, seed, fault)
    return AsgiTransport(asgi.app(server), reset=server.reset, limits=FAKE_LIMITS)


def ready(profile: Profile, fake: bool) -> Profile:
    """The profile with credentials to go with its target: a fake takes made-up ones where none are set."""
    if fake:
        return replace(profile, credentials=replace(profile.credentials, made_up=profile.credentials.required))
    unset = [name for name in profile.credentials.variables() if name not in os.environ]
    if profile.credentials.required and unset:
        remedy = f"the profile sends it as {profile.credentials.name}; set it in the environment"
        raise InputError(f"{unset[0]} is not set", place="[auth]", remedy=remedy)
    return profile


def server_of(profile: Profile, seed: int = 0, fault: str | None = None) -> Server:
    """The profile's fake, right or with a fault; with several, if their names are joined by commas."""
    profile = ready(profile, fake=True)
    if fault is None:
        return Server(profile, seed)
    possible = {each.name: each for each in faults_for(profile)}
    names = list(dict.fromkeys(fault.split(",")))
    for name in names:
        if name not in possible:
            raise InputError(
                f"there is no fault {name!r} for {profile.name}", place="--fault", remedy=nearest(name, possible)
            )
    return together(*(possible[name] for name in names))(profile, seed)


# --- the kill matrix ------------------------------------------------------------------------------


def matrix(
    profile: Profile, *, seed: int = 0, budget: Budget | None = None, told: Callable[[Kill], None] = lambda _: None
) -> Matrix:
    """Explore the correct fake with the budget, then each fault until an invariant that it names catches it."""
    profile = ready(profile, fake=True)
    started = monotonic()
    budget = budget or Budget(requests=20_000, seconds=300.0)
    judge = Judge(profile)
    right = _explored(profile, judge, seed, None, budget)
    alarms = tuple(sorted(str(signature) for signature in right.found))
    kills = []
    for fault in faults_for(profile):
        kills.append(_kill(profile, fault, seed))
        told(kills[-1])
    return Matrix(profile.name, profile.title, seed, alarms, right.exchanges, monotonic() - started, tuple(kills))


def _kill(profile: Profile, fault: Fault, seed: int) -> Kill:
    """Explore one fault until it is caught."""

    def named(result: Exploration) -> list[Found]:
        return [each for each in result.found.values() if each.signature.invariant in fault.breaks]

    result = _explored(profile, Judge(profile), seed, fault.name, FAULT_BUDGET, lambda found: bool(named(found)))
    caught = sorted(
        {each.signature.invariant for each in result.found.values() if each.follows is None or each in named(result)}
    )
    first = min(named(result), key=lambda each: each.at_request, default=None)
    return Kill(
        fault.name,
        fault.breaks,
        tuple(caught),
        first.at_request if first else None,
        first.at_seconds if first else None,
    )


def caught(profile: Profile, *faults: Fault, seed: int = 0) -> tuple[bool, ...]:
    """Of faults that are served at once: whether each is caught by an invariant that it names."""

    def named(result: Exploration) -> tuple[bool, ...]:
        broken = {each.invariant for each in result.found}
        return tuple(bool(broken & fault.breaks) for fault in faults)

    names = ",".join(fault.name for fault in faults)
    return named(_explored(profile, Judge(profile), seed, names, FAULT_BUDGET, lambda found: all(named(found))))


def _explored(
    profile: Profile,
    judge: Judge,
    seed: int,
    fault: str | None,
    budget: Budget,
    done: Callable[[Exploration], bool] = lambda _: False,
) -> Exploration:
    """Explore a fake without shrinking what is found."""
    transport = _fake(profile, seed, fault)
    explorer = Explorer(
        profile, transport, judge, seed=seed, run=run_name(seed), budget=budget, done=done, shrinks=False
    )
    return asyncio.run(_explore(explorer, transport))


# --- the report -----------------------------------------------------------------------------------


def report(
    profile: Profile,
    judge: Judge,
    result: Exploration,
    target: str,
    seed: int,
    *,
    strict: bool = True,
    base: str = _SOMEWHERE,
    serve: str = "",
    baseline: Sequence[Entry[SavedFlow]] = (),
) -> Report:
    """The report of an exploration."""
    today = date.today()
    listed = tuple(_known(entry, result, today) for entry in baseline)
    reasons = {each.signature: each.reason for each in listed if each.state != State.EXPIRED}
    findings = tuple(_findings(profile, result, reasons))
    rows = tuple(rows_of(profile, judge, findings))
    untested = any(row.outcome is InvariantOutcome.UNTESTED and row.level is Level.MUST for row in rows)
    broken = any(finding.level is Level.MUST and not finding.known for finding in findings)
    broken = broken or any(each.state != State.KNOWN for each in listed)
    verdict = (
        Verdict.UNREACHABLE if result.unreachable
        else Verdict.BROKEN if broken
        else Verdict.UNTESTED if (untested and strict) or result.stopped == "interrupted"
        else Verdict.CONFORMS
    )  # fmt: skip
    credentials = profile.credentials
    made = Report(
        verdict=verdict,
        profile=profile.name,
        title=profile.title,
        target=target,
        seed=seed,
        exchanges=result.exchanges,
        flows=result.flows,
        seconds=result.seconds,
        explored_seconds=result.explored_seconds,
        stopped=result.stopped,
        rows=rows,
        findings=findings,
        undeleted=tuple(result.undeleted),
        lags=result.lags,
        baseline=listed,
        base=base,
        serve=serve,
        secrets={credentials.name.lower(): credentials.template},
        closed=True,
        latencies=result.latencies.by_role(),
    )
    return redact(made, secrets_of(credentials))


def named(profile: Profile) -> str:
    """What a command calls a profile: its name if it is built in, else its file."""
    file = built_in().get(profile.name)
    ours = not profile.place or (file is not None and file.resolve() == Path(profile.place).resolve())
    return profile.name if ours else shlex.quote(profile.place)


def _known(entry: Entry[SavedFlow], result: Exploration, today: date) -> Known:
    """What came of an entry of the baseline."""
    expired = entry.expired(today)
    state = State.EXPIRED if expired else State.STALE if entry.signature in result.stale else State.KNOWN
    return Known(entry.signature, state.value, entry.reason)


def _reason(found: Found, result: Exploration, reasons: Mapping[Signature, str]) -> str:
    """Why a finding is known: by itself, or because it follows one that is; empty if it is not."""
    seen: set[Signature] = set()
    each: Found | None = found
    while each is not None and each.signature not in seen:
        if each.signature in reasons:
            return reasons[each.signature]
        seen.add(each.signature)
        if each.follows is not None and each.follows in reasons:
            return reasons[each.follows]
        each = result.found.get(each.follows) if each.follows else None
    return ""


def _findings(profile: Profile, result: Exploration, reasons: Mapping[Signature, str]) -> Iterator[Finding]:
    """One finding for each signature: those that stand first in their flow before those that follow."""
    order = {each.id: number for number, each in enumerate(catalogue())}
    by_id = {each.id: each for each in catalogue()}
    for found in sorted(
        result.found.values(),
        key=lambda each: (each.follows is not None, order[each.signature.invariant], len(each.flow), each.signature),
    ):
        invariant = by_id[found.signature.invariant]
        assert found.violation is not None
        yield Finding(
            signature=found.signature,
            title=invariant.title,
            why=invariant.why,
            level=invariant.level,
            source=profile.sources.get(invariant.id, invariant.source),
            expected=found.violation.observation.expected,
            got=found.violation.observation.got,
            blame="backend",
            reproduced=found.reproduced,
            seen=found.seen,
            flow=tuple(flow_call(profile, trace.step) for trace in found.traces),
            follows=found.follows,
            known=_reason(found, result, reasons),
            saved=tuple(to_text(profile, each) for each in found.saved),
        )
