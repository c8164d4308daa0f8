"""What does a person see? The report as a table of invariants and a page for each finding."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance.catalogue import Level
from conformance.reports import Finding, FlowCall, InvariantOutcome, Report, Verdict
from conformance.reports.curl import commands
from conformance.reports.plain import plain

LOOK = {
    InvariantOutcome.HELD: ("✓", "green"),
    InvariantOutcome.BROKEN: ("✗", "bold red"),
    InvariantOutcome.KNOWN: ("~", "yellow"),
    InvariantOutcome.UNTESTED: ("?", "yellow"),
    InvariantOutcome.NOT_APPLICABLE: ("-", "dim"),
}
_VERDICT = {
    Verdict.CONFORMS: "bold green",
    Verdict.BROKEN: "bold red",
    Verdict.UNTESTED: "bold yellow",
    Verdict.UNREACHABLE: "bold red",
}


MAX_LINE = 1_000
"""So many characters of a line at most are shown; commands are shown whole."""
MAX_BODY = 300
"""So much of the body of a request is shown where it stands under what was asked of a client."""


def render(report: Report, width: int = 100, color: bool = False) -> str:
    """The whole report, for a terminal so many columns wide. Commands are never wrapped, so that they can be copied."""
    text = StringIO()
    console = _console(text, width, color)
    for part in _parts(report):
        console.print(part, soft_wrap=isinstance(part, _Commands))
    return text.getvalue()


def findings(report: Report, invariant: str, width: int = 100) -> str:
    """The findings of one invariant, as text."""
    text = StringIO()
    console = _console(text, width, False)
    for number, finding in enumerate((each for each in report.findings if each.signature.invariant == invariant), 1):
        for part in _finding(report, finding, f"{number}", []):
            console.print(part, soft_wrap=isinstance(part, _Commands))
    if report.serve:
        console.print(shown(f"to run the curl commands, serve this fake first: {report.serve}"), soft_wrap=True)
    return text.getvalue()


def _console(text: StringIO, width: int, color: bool) -> Console:
    return Console(file=text, width=width, force_terminal=color, no_color=not color, highlight=False)


def shown(text: str, style: str = "") -> Text:
    """Text as it is, neither markup nor emoji codes; what a terminal would obey, or cannot show, is escaped.

    Long lines are cut: to wrap a word of a megabyte takes minutes.
    """
    lines = text.split("\n")
    return Text(_safe("\n".join(line if len(line) <= MAX_LINE else line[:MAX_LINE] + "…" for line in lines)), style)


def _safe(text: str) -> str:
    """Text without control characters and halves of surrogate pairs."""
    return plain(text).replace("\r", "\\r")


class _Commands(Text):
    """Text that must not be wrapped."""


def _parts(report: Report) -> Iterator[RenderableType]:
    yield _table(report)
    yield from _baseline(report)
    for number, (finding, followers) in enumerate(report.pages(), start=1):
        yield from _finding(report, finding, f"{number}", followers)
    for operation, seconds in sorted(report.lags.items()):
        yield shown(f"{operation} lagged behind by up to {seconds:.1f} s, as the profile lets it")
    if report.undeleted:
        yield Text(f"\n{len(report.undeleted)} sessions could not be deleted:", "yellow")
        yield Padding(shown("\n".join(report.undeleted[:20])), (0, 2))
    for note in report.notes:
        yield shown(f"note: {note}", "yellow")
    yield _summary(report)


def _baseline(report: Report) -> Iterator[RenderableType]:
    """What came of the known findings, and what follows from them."""
    if not report.baseline:
        return
    yield Text("\nknown findings", "bold")
    for each in report.baseline:
        style = "yellow" if each.state == "known" else "bold red"
        yield Padding(Text.assemble((f"{each.state:8}", style), shown(f"{each.signature}: {each.reason}")), (0, 2))
    following = [each for each in report.findings if each.known and each.follows is not None]
    for finding in following:
        yield Padding(shown(f"follows {finding.signature}", "dim"), (0, 2))


def _table(report: Report) -> Table:
    """Every invariant with its outcome."""
    table = Table(title=shown(f"\n{report.title} · {report.target}", "bold"), title_justify="left", box=None)
    table.add_column("")
    table.add_column("invariant", overflow="fold")
    table.add_column("level", style="dim")
    table.add_column("outcome")
    table.add_column("seen", justify="right")
    table.add_column("broken", justify="right")
    for row in report.rows:
        mark, style = LOOK[row.outcome]
        table.add_row(
            Text(mark, style),
            Text(row.id, "dim" if row.outcome is InvariantOutcome.NOT_APPLICABLE else ""),
            row.level.value,
            Text(row.outcome.value, style),
            f"{row.observations:,}",
            Text(f"{row.violations:,}", style) if row.violations else "",
        )
    return table


def _finding(report: Report, finding: Finding, number: str, followers: list[Finding]) -> Iterator[RenderableType]:
    """One finding, as a bug report."""
    style = "bold red" if finding.level is Level.MUST else "bold yellow"
    heading = Text.assemble((f"\n{number}. ", style), shown(finding.title, style))
    yield heading
    yield Padding(shown(" ".join(finding.why.split()), "italic"), (0, 3))
    facts = Table(box=None, show_header=False, padding=(0, 2, 0, 3))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    facts.add_row("invariant", shown(f"{finding.signature.invariant} ({finding.level})"))
    facts.add_row("operation", shown(finding.signature.operation))
    if finding.source:
        facts.add_row("source", shown(finding.source))
    facts.add_row("expected", shown(finding.expected))
    facts.add_row("got", shown(finding.got))
    facts.add_row("seen", f"{finding.seen} times, {finding.again}; blame: {finding.blame}")
    if finding.recording:
        facts.add_row("recording", shown(finding.recording))
    yield facts
    if finding.asks:
        yield from _asks(finding)
    else:
        yield _calls(report, finding)
    if followers:
        names = sorted({str(each.signature) for each in followers})
        yield Padding(shown("followed by:\n" + "\n".join(f"  {name}" for name in names), "dim"), (0, 3))


def _asks(finding: Finding) -> Iterator[RenderableType]:
    """What was asked of a client, what it sent, and what it told its caller."""
    for index, ask in enumerate(finding.asks, 1):
        yield Padding(Text.assemble((f"{index}. ", "dim"), shown(ask.asked), ("  → ", "dim"), shown(ask.told)), (0, 3))
        for call in ask.calls:
            yield Padding(shown(_line(call), "dim"), (0, 6))
        if not ask.calls and not ask.recorded:
            yield Padding(shown("nothing was sent", "dim"), (0, 6))


def _line(call: FlowCall) -> str:
    """A call in one line."""
    request = call.exchange.request
    body = request.body[:MAX_BODY].decode("utf-8", "replace") + ("…" if len(request.body) > MAX_BODY else "")
    told = "".join(f"{name}: {value} " for name, value in request.headers if name.lower() in call.telling)
    return f"{request.method} {request.target} {told}{body}".strip() + f" → {call.exchange.said}"


def _calls(report: Report, finding: Finding) -> Text:
    """The calls of a flow, as commands."""
    lines = _Commands()
    for index, (call, line) in enumerate(
        zip(finding.flow, commands(finding.flow, report.base, report.secrets), strict=True), 1
    ):
        lines.append(f"   # {index}. {call.role} → {call.exchange.said}\n", "dim")
        lines.append(f"   {_safe(line)}\n")
    return lines


def _summary(report: Report) -> Text:
    """The verdict in two lines."""
    held = len(report.outcomes(InvariantOutcome.HELD))
    broken = report.outcomes(InvariantOutcome.BROKEN)
    untested = report.outcomes(InvariantOutcome.UNTESTED)
    rate = report.exchanges / report.explored_seconds if report.explored_seconds else 0
    text = Text("\n")
    text.append(f"{report.verdict.value}", _VERDICT[report.verdict])
    text.append(f" · {held} held, {len(broken)} broken, {len(untested)} untested")
    known = len(report.outcomes(InvariantOutcome.KNOWN))
    text.append(f", {known} known" if known else "")
    text.append(
        f"\n{report.exchanges:,} exchanges in {report.flows:,} flows, {report.seconds:.1f} s ({rate:,.0f}/s),"
        f" seed {report.seed}; ended: {_safe(report.stopped)}",
        "dim",
    )
    if any(each.flow for each in report.findings) and report.serve:
        text.append(f"\nto run the curl commands, serve this fake first: {_safe(report.serve)}", "dim")
    return text
