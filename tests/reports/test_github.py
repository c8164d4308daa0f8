"""GitHub workflow commands: one line for each thing that a reviewer must see, escaped as the runner reads it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from conformance import InvariantOutcome, Level, Report
from conformance.reports import github
from conformance.reports.plain import plain
from tests.reports import samples
from tests.reports.samples import NOT_APPLIED, READS_BACK, judged

COMMAND = re.compile(r"::(?P<name>error|warning) title=(?P<title>[^:,\r\n]*)::(?P<message>[^\r\n]*)")


class Annotation(NamedTuple):
    """A command as the runner understands it."""

    name: str
    title: str
    message: str


def commands(report: Report) -> list[Annotation]:
    """The commands of a report, unescaped as the runner does: the percent sign last."""
    text = github.render(report)
    text.encode()
    lines = text.split("\n")
    assert lines.pop() == ""
    found = []
    for line in lines:
        match = COMMAND.fullmatch(line)
        assert match is not None, line
        title = match["title"].replace("%3A", ":").replace("%2C", ",")
        found.append(Annotation(match["name"], _read(title), _read(match["message"])))
    return found


def _read(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def without_untested(report: Report) -> Report:
    """A report whose rows leave nothing to warn of."""
    rows = tuple(
        replace(each, outcome=InvariantOutcome.HELD) if each.outcome is InvariantOutcome.UNTESTED else each
        for each in report.rows
    )
    return replace(report, rows=rows)


def test_nothing_is_said_of_what_holds() -> None:
    """A report without findings and without an untested MUST is empty."""
    assert github.render(without_untested(samples.report())) == ""


def test_each_primary_finding_is_an_error() -> None:
    """One command a finding: its signature, then what it says, with the commands that show it."""
    first = samples.finding()
    second = replace(first, signature=replace(first.signature, operation="another_operation"))
    found = commands(replace(without_untested(samples.broken()), findings=(first, second)))
    assert [each.title for each in found] == [str(first.signature), str(second.signature)]
    assert {each.name for each in found} == {"error"}
    assert all(each.message.startswith(first.title) for each in found)
    assert all("\n   curl -sS -X PATCH" in each.message for each in found)


def test_findings_that_follow_are_silent() -> None:
    """What was broken only after something else was is no annotation of its own."""
    first = samples.finding()
    second = replace(first, signature=replace(first.signature, operation="later"), follows=first.signature)
    report = replace(without_untested(samples.broken()), findings=(first, second))
    assert [each.title for each in commands(report)] == [str(first.signature)]


def test_a_broken_should_is_a_warning() -> None:
    """It does not fail a run, and so it is no error."""
    found = commands(samples.advised_against())
    assert {each.name for each in found} == {"warning"}
    assert all(each.title.startswith(NOT_APPLIED) for each in found)


def test_an_untested_must_is_a_warning() -> None:
    """Once for each MUST, and never for a SHOULD."""
    report = samples.untested()
    musts = [row for row in report.outcomes(InvariantOutcome.UNTESTED) if row.level is Level.MUST]
    found = commands(report)
    assert [each.title for each in found] == [f"{row.id} · untested" for row in musts]
    assert {each.name for each in found} == {"warning"}
    assert found[0].message == f"{musts[0].title}\nNo observation reached it."


def test_an_untested_should_is_silent() -> None:
    """Nobody need act on it."""
    report = without_untested(samples.report())
    report = judged(report, READS_BACK, outcome=InvariantOutcome.UNTESTED, level=Level.SHOULD)
    assert github.render(report) == ""


def test_what_the_baseline_lists_is_silent() -> None:
    """It is known, and shall not stand beside every change."""
    assert github.render(without_untested(samples.known())) == ""


def test_escapes_are_those_of_the_runner() -> None:
    """Percent signs and line ends in a message, colons and commas in a title as well."""
    finding = replace(samples.finding(), title="100%: a, b\nc")
    signature = replace(finding.signature, operation="GET /a:b,c", kind="50%\r\n")
    report = replace(without_untested(samples.broken()), findings=(replace(finding, signature=signature),))
    line = github.render(report)
    assert line.startswith(f"::error title={READS_BACK} · GET /a%3Ab%2Cc · 50%25%0D%0A::100%25: a, b%0Ac%0A   ")
    assert line.count("\n") == 1


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_stays_in_its_command(text: str) -> None:
    """No character of a finding ends its command, begins another, or cannot be printed."""
    report = samples.saying("fixed")
    finding = report.findings[0]
    signature = replace(finding.signature, kind=text)
    found = commands(replace(report, findings=(replace(finding, signature=signature, expected=text, got=text),)))
    assert [each.title for each in found] == [plain(str(signature))]
