"""The report for people: every invariant, a page for each finding, and lines that can be copied."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from time import monotonic

import pytest
from rich.cells import cell_len
from rich.console import Console

from conformance import InvariantOutcome, Level, Report
from conformance.exchange import Exchange, Failure, Request, Response
from conformance.reports import FlowCall, Known, Matrix, faults
from conformance.reports.curl import commands
from conformance.reports.terminal import findings, render

from . import samples

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
BASE = "http://127.0.0.1:8080"


def lines_of(report: Report, width: int = 100, color: bool = False) -> list[str]:
    """The lines of a rendered report, without colours."""
    return [line.rstrip() for line in ESCAPE.sub("", render(report, width, color)).split("\n")]


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_commands_are_never_wrapped(width: int, color: bool) -> None:
    """Each shell line of each finding stands on one line, however narrow the terminal is."""
    report = samples.broken()
    lines = lines_of(report, width, color)
    shown = [finding for finding in report.findings if finding.primary]
    assert shown
    expected = [line for finding in shown for line in commands(finding.flow, BASE, report.secrets)]
    assert any(len(line) > 100 for line in expected)
    for line in expected:
        assert f"   {line}" in lines


def test_commands_keep_every_character() -> None:
    """Brackets, backslashes, colons and tabs in a body are not taken for markup."""
    body = b'{"a": "[bold]x[/bold] [/] \\\\ :smile: \\t [link=y]"}'
    finding = replace(samples.finding(), flow=(FlowCall("run", Exchange(Request("POST", "/x", body=body), None)),))
    lines = lines_of(replace(samples.broken(), findings=(finding,)))
    assert f"   curl -sS -X POST {BASE}/x --data-raw '{body.decode()}'" in lines


@pytest.mark.parametrize("width", [60, 100, 160])
def test_everything_else_fits_the_width(width: int) -> None:
    """Prose and tables are wrapped; only commands are wider."""
    for line in lines_of(samples.broken(), width):
        assert cell_len(line) <= width or "curl -sS" in line


def test_colours_only_where_they_are_wanted() -> None:
    """A pipe gets plain text; a terminal gets the same text in colours."""
    report = samples.broken()
    assert "\x1b" not in render(report)
    assert "\x1b" in render(report, color=True)
    assert lines_of(report, 120, True) == lines_of(report, 120, False)


@pytest.mark.parametrize("make", [samples.report, samples.broken, samples.untested, samples.known])
def test_every_invariant_has_its_row(make: object) -> None:
    """Id, level, outcome and counts of each, in the order of the catalogue."""
    report: Report = make()  # type: ignore[operator]
    rows = [line.split() for line in lines_of(report, 160)]
    found = [row for row in rows if len(row) > 2 and row[0] in "✓✗~?-" and "/" in row[1]]
    assert [row[1] for row in found] == [each.id for each in report.rows]
    for row, each in zip(found, report.rows, strict=True):
        assert row[2:4] == [each.level.value, each.outcome.value]
        assert row[4] == f"{each.observations:,}"
        assert row[5:] == ([f"{each.violations:,}"] if each.violations else [])


def test_a_finding_is_a_bug_report() -> None:
    """What, why, where, expected, got, how often, and the calls with their answers."""
    report = replace(samples.broken(), findings=(samples.finding(),))
    finding = report.findings[0]
    text = "\n".join(lines_of(report, 200))
    for part in (
        finding.title,
        finding.signature.invariant,
        finding.signature.operation,
        finding.expected,
        finding.got,
    ):
        assert part in text
    assert re.search(rf"seen +{finding.seen} times, came back in 3 of 3 replays; blame: backend", text)
    for number, each in enumerate(finding.flow, 1):
        assert each.exchange.response is not None
        assert f"   # {number}. {each.role} → {each.exchange.response.status}" in text


@pytest.mark.parametrize(
    ("reproduced", "words"),
    [(True, "came back in 3 of 3 replays"), (False, "did not come back when replayed"), (None, "not replayed")],
)
def test_whether_it_came_back_is_said(reproduced: bool | None, words: str) -> None:
    """What could not be reproduced is not sold as certain."""
    report = replace(samples.broken(), findings=(replace(samples.finding(), reproduced=reproduced),))
    assert words in render(report, 160)


def test_a_call_that_got_no_answer_says_so() -> None:
    """The failure stands where the status would."""
    flow = (
        FlowCall("run", Exchange(Request("POST", "/x"), None, failure=Failure.TIMEOUT)),
        FlowCall("read", Exchange(Request("GET", "/x"), Response(200), failure=Failure.CLOSED)),
        FlowCall("read", Exchange(Request("GET", "/x"), None)),
    )
    lines = lines_of(replace(samples.broken(), findings=(replace(samples.finding(), flow=flow),)))
    assert f"   # 1. run → {Failure.TIMEOUT.value}" in lines
    assert f"   # 2. read → {Failure.CLOSED.value}" in lines
    assert "   # 3. read → no answer" in lines


def test_what_follows_stands_under_what_comes_first() -> None:
    """A follower has no page of its own, unless what it follows is not in the report."""
    first = samples.finding()
    other = replace(first.signature, kind="another kind")
    follower = replace(first, signature=other, title="The follower", follows=first.signature)
    text = "\n".join(lines_of(replace(samples.broken(), findings=(first, follower)), 160))
    assert f"\n   followed by:\n     {other}\n" in text
    assert "The follower" not in text
    assert "\n1. " in text
    assert "\n2. " not in text
    stray = render(replace(samples.broken(), findings=(follower,)), 160)
    assert "\n1. The follower" in stray


def test_what_was_left_behind_is_listed() -> None:
    """All are counted, the first ones named."""
    ids = tuple(f"left-{number}" for number in range(25))
    lines = lines_of(replace(samples.report(), undeleted=ids))
    assert "25 sessions could not be deleted:" in lines
    assert [line.strip() for line in lines if line.startswith("  left-")] == list(ids[:20])
    assert "could not be deleted" not in render(samples.report())


def test_the_end_sums_it_up() -> None:
    """The verdict, the counts, the seed, why it ended, and how to serve the fake."""
    report = samples.broken()
    end = "\n".join(lines_of(report, 200)[-4:])
    held, broken = (len(report.outcomes(each)) for each in (InvariantOutcome.HELD, InvariantOutcome.BROKEN))
    untested = len(report.outcomes(InvariantOutcome.UNTESTED))
    assert f"broken · {held} held, {broken} broken, {untested} untested\n" in end
    assert f"{report.exchanges:,} exchanges in {report.flows:,} flows" in end
    assert f"seed 0; ended: {report.stopped}" in end
    assert "to run the curl commands, serve this fake first: conformance serve adk --fault loses-enrichments" in end
    assert "serve this fake" not in render(samples.report())
    assert "1 known" in render(samples.known(), 200)


def test_a_run_that_took_no_time_has_no_rate() -> None:
    """Nothing is divided by zero."""
    report = replace(samples.unreachable(), seconds=0.0, explored_seconds=0.0)
    text = render(report, 200)
    assert "unreachable · " in text
    assert "(0/s)" in text


def test_should_and_must_are_told_apart() -> None:
    """The level stands beside the invariant."""
    for level in Level:
        report = replace(samples.broken(), findings=(replace(samples.finding(), level=level),))
        assert f"{samples.READS_BACK} ({level.value})" in render(report, 160)


def test_the_findings_of_one_invariant_can_be_had_alone() -> None:
    """For a test that fails: its findings with their commands, and the fake to serve."""
    report = samples.broken()
    text = findings(report, samples.READS_BACK)
    wanted = [each for each in report.findings if each.signature.invariant == samples.READS_BACK]
    assert wanted
    for finding in wanted:
        for line in commands(finding.flow, BASE, report.secrets):
            assert f"   {line}" in [each.rstrip() for each in text.splitlines()]
    assert "conformance serve adk --fault loses-enrichments" in text
    assert "held" not in text
    assert "1. " not in findings(replace(report, serve=""), "contract/none")


@pytest.mark.parametrize("text", ["[bold]odd[/] [/nope]", ":smile:", "a\\[b]", "ü 日本 😀"])
def test_what_a_server_said_is_shown_and_not_obeyed(text: str) -> None:
    """Markup and emoji codes in the texts of a finding are kept as they are."""
    report = replace(samples.saying(text), target="fake")
    assert render(report, 160).count(text) >= 4


@pytest.mark.parametrize("text", ["Sessions [/v1]", "Sessions [beta] :smile:"])
def test_titles_are_shown_as_they_are(text: str) -> None:
    """Also those of a profile and of a target, and in the matrix of faults."""
    assert f"{text} · {text}" in render(replace(samples.report(), title=text, target=text), 160)
    console = Console(file=StringIO(), width=160)
    console.print(faults.render(Matrix("p", text, 0, (text,), 1, 1.0, ())))
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().count(text) == 2


def test_no_server_moves_the_cursor() -> None:
    """Whatever it says, nothing reaches the terminal that is not text."""
    odd = "a\x1b[2J\x1b]0;x\x07\r\x9b1m\ud800b"
    report = samples.saying(odd)
    exchange = Exchange(Request("GET", "/x", headers=(("x", odd),)), None)
    finding = replace(report.findings[0], flow=(FlowCall("run", exchange),))
    known = Known(replace(finding.signature, kind=odd), "stale", odd)
    other = replace(report, findings=(finding,), baseline=(known,), undeleted=(odd,), serve=odd, title=odd)
    for each in (report, other):
        text = render(each, 160)
        text.encode()
        assert not set(text) & set("\x1b\x07\r\x9b\ud800")
        assert "\\x1b[2J" in text


@pytest.mark.parametrize("text", ["\0", "\ud800", "\r\n\v\f\b", "\ufffe"])
def test_text_that_no_terminal_can_show_does_no_harm(text: str) -> None:
    """Control characters and unpaired surrogates in the texts of a finding do not stop the report."""
    assert samples.READS_BACK in render(replace(samples.saying(f"a{text}b"), target="fake"), 160)


def test_a_word_of_a_megabyte_does_not_take_minutes() -> None:
    """Long lines are cut; commands are not, so that they can be copied."""
    word = "x" * 1_000_000
    report = samples.saying(word)
    exchange = Exchange(Request("GET", f"/{word}"), None)
    finding = replace(report.findings[0], flow=(FlowCall("run", exchange),))
    started = monotonic()
    text = render(replace(report, findings=(finding,), undeleted=(word,)), 100)
    assert monotonic() - started < 10
    assert f"/{word}" in text
    assert len(text) < 2_100_000
