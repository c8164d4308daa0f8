"""Which reports are rendered here? Real ones, of runs on the fake, and such as are made from them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from conformance import Budget, Finding, InvariantOutcome, Level, Report, Verdict, load, run

READS_BACK = "enrichment/enrichment-reads-back"
NOT_APPLIED = "refusals/failed-call-was-not-applied"


@cache
def report(fault: str | None = None, requests: int = 300) -> Report:
    """The report of a run on the fake, right or with a fault."""
    return run(load("adk"), fault=fault, budget=Budget(requests=requests))


def broken() -> Report:
    """A report with a broken MUST."""
    return report("loses-enrichments")


def advised_against() -> Report:
    """A report in which a SHOULD is broken, and nothing else."""
    found = report("fails-after-the-run-was-stored")
    findings = tuple(replace(each, follows=None) for each in found.findings if each.level is Level.SHOULD)
    rows = tuple(
        replace(each, outcome=InvariantOutcome.BROKEN if each.id == NOT_APPLIED else InvariantOutcome.HELD)
        for each in found.rows
    )
    return replace(found, verdict=Verdict.CONFORMS, findings=findings, rows=rows)


def untested() -> Report:
    """A report of so short a run that most invariants are untested."""
    return report(requests=2)


def unreachable() -> Report:
    """A report of a target that never answered."""
    return replace(untested(), verdict=Verdict.UNREACHABLE, stopped="8 requests in a row got no answer")


def judged(original: Report, invariant: str, **changes: Any) -> Report:
    """A report with a row that says something else."""
    rows = tuple(replace(each, **changes) if each.id == invariant else each for each in original.rows)
    return replace(original, rows=rows)


def known() -> Report:
    """A report in which what is broken is listed in the baseline."""
    found = finding()
    return judged(replace(broken(), findings=(found,)), READS_BACK, outcome=InvariantOutcome.KNOWN)


def finding() -> Finding:
    """One primary finding."""
    found = next(each for each in broken().findings if each.signature.invariant == READS_BACK)
    return replace(found, follows=None)


def saying(text: str) -> Report:
    """A report with one finding and one row that hold a text wherever one can stand."""
    original = broken()
    found = replace(finding(), title=text, why=text, expected=text, got=text)
    row = replace(original.row(READS_BACK), title=text)
    return replace(original, target=text, stopped=text, findings=(found,), rows=(row,))
