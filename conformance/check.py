"""Does recorded traffic keep the promises? Judges recordings as a run is judged, without sending anything."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import monotonic

from conformance import records
from conformance.baseline import Entry, State
from conformance.catalogue import Level, catalogue
from conformance.checking import Check, Options, Progress
from conformance.errors import InputError
from conformance.explore.saved import SavedFlow
from conformance.judge import Signature, surer
from conformance.profile import Profile
from conformance.recordings.public import credential_names, public_words
from conformance.recordings.redaction import Redaction
from conformance.reports import Finding, FlowCall, InvariantOutcome, Known, Report, Verdict
from conformance.reports.redaction import redact
from conformance.reports.rows import flow_call, rows_of, secrets_of
from conformance.step import Step
from conformance.witness import Witness


def check(
    profile: Profile,
    paths: Sequence[Path],
    options: Options | None = None,
    *,
    baseline: Sequence[Entry[SavedFlow]] = (),
    progress: Progress = lambda _: None,
) -> tuple[Report, tuple[InputError, ...]]:
    """Judge recordings: the report, and the faults before which files were judged, if that was wanted."""
    started = monotonic()
    options = options or Options()
    checking = Check(profile, options, progress)
    for path in paths:
        checking.read(path)
    made = report(checking, paths, monotonic() - started, strict=options.strict, baseline=baseline)
    return made, tuple(checking.faults)


def report(
    checking: Check,
    paths: Sequence[Path],
    seconds: float,
    *,
    strict: bool = False,
    baseline: Sequence[Entry[SavedFlow]] = (),
) -> Report:
    """The report of what was judged."""
    profile, today = checking.profile, date.today()
    listed = tuple(
        Known(each.signature, (State.EXPIRED if each.expired(today) else State.KNOWN).value, each.reason)
        for each in baseline
    )
    reasons = {each.signature: each.reason for each in listed if each.state != State.EXPIRED}
    findings = tuple(_findings(checking, reasons))
    rows = tuple(rows_of(profile, checking.judge, findings))
    broken = any(each.level is Level.MUST and not each.known for each in findings)
    untested = any(row.outcome is InvariantOutcome.UNTESTED and row.level is Level.MUST for row in rows)
    broken = broken or any(each.state != State.KNOWN for each in listed)
    credentials = profile.credentials
    made = Report(
        verdict=Verdict.BROKEN if broken else Verdict.UNTESTED if untested and strict else Verdict.CONFORMS,
        profile=profile.name,
        title=profile.title,
        target=", ".join(map(str, paths)),
        seed=next((each.about.seed for each in checking.recordings if each.about.seed is not None), 0),
        exchanges=checking.exchanges,
        flows=checking.flows,
        seconds=seconds,
        explored_seconds=seconds,
        stopped="a recording is faulty" if checking.faults else "all recordings read",
        rows=rows,
        findings=findings,
        baseline=listed,
        secrets={credentials.name.lower(): credentials.template},
        notes=(*checking.notes, *checking.left_out.notes(), *_untold(checking.judge.untold)),
        latencies=checking.latencies.by_role(),
    )
    return redact(made, secrets_of(credentials))


def _untold(count: int) -> Iterator[str]:
    """That something was written and did not come back, if nobody can be accused of it."""
    if count:
        told = "did not read back as they were written, and which of them was too much cannot be told"
        yield f"in {count:,} answers values that are awkward in several ways {told}"


def _findings(checking: Check, reasons: dict[Signature, str]) -> Iterator[Finding]:
    """One finding for each signature: those that stand first before those that follow."""
    by_id = {each.id: (order, each) for order, each in enumerate(catalogue())}
    witnesses = checking.witnesses()
    credentials = checking.profile.credentials
    spec, places = checking.profile.spec, {credentials.name.lower(): credentials.template}
    redaction = Redaction(secrets_of(credentials), places, tuple(credential_names(spec)), public=public_words(spec))

    links = _links(witnesses)
    chains = {signature: _chain(signature, links) for signature in witnesses}

    def place(signature: Signature) -> tuple[bool, int, int, Signature]:
        return len(chains[signature]) > 1, by_id[signature.invariant][0], len(witnesses[signature].steps), signature

    for signature in sorted(witnesses, key=place):
        witness, invariant = witnesses[signature], by_id[signature.invariant][1]
        calls = tuple(_call(checking.profile, step, redaction) for step in witness.steps)
        follows = chains[signature][-1]
        yield Finding(
            signature=signature,
            title=invariant.title,
            why=invariant.why,
            level=invariant.level,
            source=checking.profile.sources.get(invariant.id, invariant.source),
            expected=redaction.text(witness.violation.observation.expected),
            got=redaction.text(witness.violation.observation.got),
            blame="backend",
            reproduced=None,
            seen=checking.found[signature].seen,
            flow=calls,
            follows=None if follows == signature else follows,
            known=next((reasons[each] for each in chains[signature] if each in reasons), ""),
        )


def _links(witnesses: Mapping[Signature, Witness]) -> dict[Signature, Signature]:
    """Which finding each of them follows; those that stand first follow none."""
    sure = surer({signature: each.violation.observation.others for signature, each in witnesses.items()})
    first = {signature: each.first for signature, each in witnesses.items()}
    shown = {signature: each for signature, each in first.items() if each != signature and each in witnesses}
    return sure | shown


def _chain(signature: Signature, links: Mapping[Signature, Signature]) -> list[Signature]:
    """A finding, and what it follows in the end: the last follows none. Where each of some follows another, the least
    of these does not."""
    found = [signature]
    while (after := links.get(found[-1])) is not None and after not in found:
        found.append(after)
    if after is not None:
        least = min(found[found.index(after) :])
        return [signature] if least == signature else [*(each for each in found if each != least), least]
    return found


def _call(profile: Profile, step: Step, redaction: Redaction) -> FlowCall:
    """A call of a finding: without secrets, and with a time of its own only if that was recorded."""
    call = flow_call(profile, step)
    exchange = redaction.exchange(call.exchange)
    if not math.isfinite(exchange.started) or not math.isfinite(exchange.finished):
        exchange = records.replace(exchange, started=0.0, finished=0.0)
    return replace(call, exchange=exchange)
