"""What stands beside a pull request? The report as GitHub workflow commands: an annotation for each finding.

What the baseline lists is silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.catalogue import Level
from conformance.reports import Finding, InvariantOutcome, Report, terminal
from conformance.reports.plain import plain

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})


def render(report: Report) -> str:
    """One command a line: an error for a broken MUST, a warning for a broken SHOULD and for an untested MUST."""
    return "".join(f"{line}\n" for line in _commands(report))


def _commands(report: Report) -> Iterator[str]:
    known = {row.id for row in report.outcomes(InvariantOutcome.KNOWN)}
    for finding in report.findings:
        if finding.primary and finding.signature.invariant not in known:
            command = "error" if finding.level is Level.MUST else "warning"
            yield _command(command, str(finding.signature), _text(report, finding))
    for row in report.outcomes(InvariantOutcome.UNTESTED):
        if row.level is Level.MUST:
            yield _command("warning", f"{row.id} · untested", f"{row.title}\nNo observation reached it.")


def _command(command: str, title: str, message: str) -> str:
    """A workflow command; a property ends at a comma or colon, and a message at the end of its line."""
    return f"::{command} title={plain(title).translate(_PROPERTY)}::{plain(message).translate(_DATA)}"


def _text(report: Report, finding: Finding) -> str:
    """One finding as text, without its number."""
    alone = replace(report, findings=(finding,))
    return terminal.findings(alone, finding.signature.invariant).strip("\n").removeprefix("1. ")
