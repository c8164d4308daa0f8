"""What came of an exploration? Its report."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from conformance.baseline import Entry, State
from conformance.catalogue import Level, catalogue
from conformance.explore.explorer import Exploration
from conformance.explore.findings import Found
from conformance.explore.saved import SavedFlow, to_text
from conformance.judge import Judge, Signature
from conformance.profile import Profile
from conformance.profile_file import built_in
from conformance.reports import Finding, InvariantOutcome, Known, Report, Verdict
from conformance.reports.redaction import redact
from conformance.reports.rows import flow_call, rows_of, secrets_of

SOMEWHERE = "http://127.0.0.1:8080"
"""Where a person is thought to serve what was judged within this process."""


# --- the report -----------------------------------------------------------------------------------


def report(
    profile: Profile,
    judge: Judge,
    result: Exploration,
    target: str,
    seed: int,
    *,
    strict: bool = True,
    base: str = SOMEWHERE,
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
        notes=result.notes,
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
