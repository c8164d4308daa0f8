"""What does a build server read? The report as JUnit XML in the dialect of Jenkins and Surefire.

An invariant is a test case. A broken SHOULD passes, and says so in its output. An untested MUST is an error if the
verdict rests on it.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from conformance.catalogue import Level
from conformance.reports import Finding, InvariantOutcome, Report, Row, Verdict, terminal
from conformance.reports.plain import plain

_INCONCLUSIVE = (Verdict.UNTESTED, Verdict.UNREACHABLE)


def render(report: Report) -> str:
    """The report as an XML document."""
    cases = [_case(report, row) for row in report.rows]
    suite = _element(
        "testsuite",
        name=f"conformance.{report.profile}",
        tests=f"{len(cases)}",
        failures=_count(cases, "failure"),
        errors=_count(cases, "error"),
        skipped=_count(cases, "skipped"),
        time=f"{report.seconds:.3f}",
    )
    suite.append(_properties(report))
    suite.extend(cases)
    indent(suite)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suite, encoding="unicode")}\n'


def _properties(report: Report) -> Element:
    """What the run was, and what it came to."""
    properties = Element("properties")
    facts = {
        "seed": f"{report.seed}",
        "target": report.target,
        "verdict": report.verdict.value,
        "exchanges": f"{report.exchanges}",
    }
    for name, value in facts.items():
        properties.append(_element("property", name=name, value=value))
    return properties


def _case(report: Report, row: Row) -> Element:
    """One invariant."""
    name = row.id.partition("/")[2]
    case = _element("testcase", classname=f"{report.profile}.{row.chapter}", name=name, time="0")
    must = row.level is Level.MUST
    match row.outcome:
        case InvariantOutcome.BROKEN if must:
            case.append(_failure(report, row))
        case InvariantOutcome.BROKEN:
            SubElement(case, "system-out").text = _findings(report, row)
        case InvariantOutcome.UNTESTED if must and report.verdict in _INCONCLUSIVE:
            case.append(_element("error", type="untested", message=_untested(report)))
        case InvariantOutcome.UNTESTED:
            case.append(_element("skipped", message=_untested(report)))
        case InvariantOutcome.KNOWN:
            case.append(_element("skipped", message=_known(report, row)))
        case InvariantOutcome.NOT_APPLICABLE:
            message = "not applicable: the profile omits a role or a feature that it needs"
            case.append(_element("skipped", message=message))
        case InvariantOutcome.HELD:
            pass
    return case


def _failure(report: Report, row: Row) -> Element:
    """A broken MUST, headed by the first of its findings; readers of this dialect take one failure a case."""
    found = _of(report, row)
    first = found[0] if found else None
    failure = _element(
        "failure",
        type=str(first.signature) if first else row.id,
        message=f"expected {first.expected}, got {first.got}" if first else f"broken {row.violations} times",
    )
    failure.text = _findings(report, row)
    return failure


def _of(report: Report, row: Row) -> list[Finding]:
    """The findings of an invariant."""
    return [each for each in report.findings if each.signature.invariant == row.id]


def _findings(report: Report, row: Row) -> str:
    """The findings of an invariant, as text."""
    return plain(terminal.findings(report, row.id).strip("\n"))


def _untested(report: Report) -> str:
    """Why nothing can be said of an invariant."""
    if report.verdict is Verdict.UNREACHABLE:
        return f"untested: the target cannot be reached ({report.stopped})"
    return f"untested: no observation reached it ({report.stopped})"


def _known(report: Report, row: Row) -> str:
    """Which bugs of an invariant the baseline lists."""
    signatures = ", ".join(str(each.signature) for each in _of(report, row))
    return f"known: {signatures or row.title}"


def _count(cases: list[Element], tag: str) -> str:
    """How many cases ended so."""
    return f"{sum(case.find(tag) is not None for case in cases)}"


def _element(tag: str, **attributes: str) -> Element:
    """An element whose attributes hold no character that XML forbids."""
    return Element(tag, {name: plain(value) for name, value in attributes.items()})
