"""What can be sent to a colleague? The report as one HTML page, which needs no network and runs no script."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby

from conformance.exchange import Response
from conformance.reports import Finding, FlowAsk, InvariantOutcome, Report, Row
from conformance.reports.curl import commands
from conformance.reports.plain import plain
from conformance.reports.terminal import LOOK

MAX_BODY = 4_000
"""So many characters of an answer are shown."""

_STYLE = """\
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --dim: light-dark(#666, #999);
  --good: light-dark(#17803d, #4ade80); --bad: light-dark(#b91c1c, #f87171); --odd: light-dark(#a16207, #facc15); }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 0; }
p { margin: .4rem 0; } .dim { color: var(--dim); } em { color: var(--dim); }
.verdict { font-weight: 600; padding: .1rem .6rem; border-radius: 1rem; border: 1px solid; }
.conforms, .held { color: var(--good); } .broken, .unreachable { color: var(--bad); }
.untested, .known, .should { color: var(--odd); } .not-applicable { color: var(--dim); }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .15rem .6rem .15rem 0; }
td { border-top: 1px solid var(--line); vertical-align: top; } th { font-weight: 600; padding-top: 1rem; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 1rem 0; }
dl { display: grid; grid-template-columns: 7rem 1fr; margin: .6rem 0; } dt { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
pre { background: var(--soft); padding: .5rem .7rem; border-radius: .3rem; margin: .2rem 0 .6rem;
  white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.45 ui-monospace, monospace; }
summary { cursor: pointer; }
"""


def render(report: Report) -> str:
    """The report as an HTML document."""
    return "\n".join(_document(report)) + "\n"


def _document(report: Report) -> Iterator[str]:
    title = _text(f"{report.title} · {report.target}")
    yield f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<style>\n{_STYLE}</style>\n</head>\n<body>"
    yield from _summary(report, title)
    yield from _findings(report)
    yield from _baseline(report)
    yield from _table(report)
    yield "</body>\n</html>"


def _summary(report: Report, title: str) -> Iterator[str]:
    """What it comes to, in a few lines."""
    counts = ", ".join(f"{len(report.outcomes(each))} {each.value}" for each in InvariantOutcome)
    verdict = report.verdict.value
    yield f'<h1>{title}</h1>\n<p><span class="verdict {verdict}">{verdict}</span> {counts}</p>'
    told = f"{report.exchanges:,} exchanges in {report.flows:,} flows, {report.seconds:.1f} s, seed {report.seed}"
    yield f'<p class="dim">{told}; ended: {_text(report.stopped)}</p>'
    if report.serve and any(each.flow for each in report.findings):
        yield f'<p class="dim">To run the commands, serve this fake first:</p>\n<pre>{_text(report.serve)}</pre>'
    yield from (f'<p class="untested">{_text(note)}</p>' for note in report.notes)
    for operation, seconds in sorted(report.lags.items()):
        yield f"<p>{_text(operation)} lagged behind by up to {seconds:.1f} s, as the profile lets it</p>"
    if report.undeleted:
        yield f'<p class="untested">{len(report.undeleted)} sessions could not be deleted:</p>'
        yield f"<pre>{_text(chr(10).join(report.undeleted))}</pre>"


# --- the findings ---------------------------------------------------------------------------------


def _findings(report: Report) -> Iterator[str]:
    pages = list(report.pages())
    if pages:
        yield "<h2>Findings</h2>"
    for number, (finding, followers) in enumerate(pages, 1):
        yield f'<article id="finding-{number}">'
        yield f'<h3 class="{"should" if finding.level == "SHOULD" else "broken"}">{number}. {_text(finding.title)}</h3>'
        yield f"<p><em>{_text(' '.join(finding.why.split()))}</em></p>"
        yield _facts(finding)
        yield from (_asks(finding.asks) if finding.asks else _calls(report, finding))
        if followers:
            names = "\n".join(sorted({str(each.signature) for each in followers}))
            yield f'<p class="dim">followed by:</p>\n<pre class="dim">{_text(names)}</pre>'
        yield "</article>"


def _facts(finding: Finding) -> str:
    """What a bug report begins with."""
    facts = {
        "invariant": f"{finding.signature.invariant} ({finding.level})",
        "operation": finding.signature.operation,
        "source": finding.source,
        "expected": finding.expected,
        "got": finding.got,
        "seen": f"{finding.seen} times, {finding.again}",
        "blame": finding.blame,
        "recording": finding.recording,
    }
    rows = (f"<dt>{name}</dt><dd>{_text(value)}</dd>" for name, value in facts.items() if value)
    return f"<dl>{''.join(rows)}</dl>"


def _calls(report: Report, finding: Finding) -> Iterator[str]:
    """The calls of a flow, as commands, each with what was answered."""
    lines = commands(finding.flow, report.base, report.secrets)
    for index, (call, line) in enumerate(zip(finding.flow, lines, strict=True), 1):
        yield f"<p>{index}. {_text(call.role)} → {call.exchange.said}</p>\n<pre>{_text(line)}</pre>"
        yield from _body(call.exchange.response)


def _body(response: Response | None) -> Iterator[str]:
    """What was answered, folded up."""
    if response is None or not response.body:
        return
    whole = response.body.decode("utf-8", "replace")
    shown = whole if len(whole) <= MAX_BODY else f"{whole[:MAX_BODY]}…"
    yield f'<details><summary class="dim">the answer</summary><pre>{_text(shown)}</pre></details>'


def _asks(asks: tuple[FlowAsk, ...]) -> Iterator[str]:
    """What was asked of a client, what it sent, and what it told its caller."""
    for index, ask in enumerate(asks, 1):
        yield f"<p>{index}. {_text(ask.asked)} → {_text(ask.told)}</p>"
        for call in ask.calls:
            request = call.exchange.request
            body = request.body[:MAX_BODY].decode("utf-8", "replace")
            sent = f"{request.method} {request.target} → {call.exchange.said}\n{body}".rstrip()
            yield f"<pre>{_text(sent)}</pre>"
        if not ask.calls and not ask.recorded:
            yield '<pre class="dim">nothing was sent</pre>'


# --- the rest -------------------------------------------------------------------------------------


def _baseline(report: Report) -> Iterator[str]:
    """What came of the known findings."""
    if not report.baseline:
        return
    yield "<h2>Known findings</h2>\n<table>"
    for each in report.baseline:
        style = "known" if each.state == "known" else "broken"
        yield f'<tr><td class="{style}">{_text(each.state)}</td><td>{_text(str(each.signature))}</td>'
        yield f"<td>{_text(each.reason)}</td></tr>"
    yield "</table>"


def _table(report: Report) -> Iterator[str]:
    """Every invariant, chapter by chapter; what it says is shown where the pointer rests on its name."""
    yield "<h2>Invariants</h2>\n<table>"
    for chapter, rows in groupby(report.rows, lambda row: row.chapter):
        yield f'<tr><th colspan="5">{_text(chapter)}</th></tr>'
        yield from map(_row, rows)
    yield "</table>"


def _row(row: Row) -> str:
    mark, broken = LOOK[row.outcome][0], f"{row.violations:,} broken" if row.violations else ""
    name = _text(row.id.partition("/")[2])
    return (
        f'<tr><td class="{row.outcome.value}">{mark} {row.outcome.value}</td>'
        f'<td title="{_text(row.title)}">{name}</td><td class="dim">{row.level.value}</td>'
        f'<td class="number">{row.observations:,} seen</td><td class="number broken">{broken}</td></tr>'
    )


def _text(text: str) -> str:
    """Text that is neither markup nor what no reader can take."""
    return escape(plain(text))
