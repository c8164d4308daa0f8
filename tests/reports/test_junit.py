"""JUnit XML: valid in the dialect of Jenkins and Surefire, one case for each invariant, whatever the findings say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from conformance import InvariantOutcome, Level, Report, Verdict
from conformance.reports import junit
from conformance.reports.plain import plain
from tests.reports import samples
from tests.reports.samples import NOT_APPLIED, READS_BACK, judged

SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))
AWKWARD = "\x00\x01\x1b[31m\ud800\udfff\ufffe\uffff\x7f\x85\u2028 \t\r\n]]>&amp;<b>\"'💥 [/bold]"
REPORTS: dict[str, Callable[[], Report]] = {
    "conforming": samples.report,
    "broken": samples.broken,
    "advised against": samples.advised_against,
    "untested": samples.untested,
    "unreachable": samples.unreachable,
    "known": samples.known,
    "awkward": lambda: samples.saying(AWKWARD),
    "empty": lambda: replace(samples.report(), rows=(), findings=()),
    "broken without a finding": lambda: replace(samples.broken(), findings=()),
}


def suite(report: Report) -> ElementTree.Element:
    """The suite that a report becomes, read back from the bytes of a file."""
    return ElementTree.fromstring(junit.render(report).encode())


def case(report: Report, invariant: str) -> ElementTree.Element:
    """The case of one invariant."""
    chapter, _, name = invariant.partition("/")
    path = f"testcase[@classname='{report.profile}.{chapter}'][@name='{name}']"
    found = suite(report).findall(path)
    assert len(found) == 1
    return found[0]


def tags(element: ElementTree.Element) -> list[str]:
    """The tags of the children."""
    return [each.tag for each in element]


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_valid(name: str) -> None:
    """Whatever came of a run, the document conforms to the schema."""
    SCHEMA.validate(junit.render(REPORTS[name]()))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (' failures="0"', ""),
        (' time="0"', ""),
        (' type="untested"', ""),
        ('time="0"', 'time="soon"'),
        ("<error", "<system-out>first</system-out><error"),
        ("<testcase", '<property name="late" value="1" /><testcase'),
    ],
)
def test_the_schema_refuses(right: str, wrong: str) -> None:
    """The schema can tell: a document with one thing wrong is not valid."""
    document = junit.render(samples.untested())
    assert right in document
    assert not SCHEMA.is_valid(document.replace(right, wrong, 1))


@pytest.mark.parametrize("name", REPORTS)
def test_counts_are_those_of_the_cases(name: str) -> None:
    """The counts of the suite are what its cases say."""
    found = suite(REPORTS[name]())
    assert found.get("tests") == str(len(found.findall("testcase")))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert found.get(attribute) == str(len(found.findall(f"testcase/{tag}")))


def test_one_case_for_each_invariant() -> None:
    """Cases stand in the order of the report; class and name together are the profile and the id."""
    report = samples.report()
    cases = suite(report).findall("testcase")
    names = [f"{each.get('classname', '').removeprefix('adk.')}/{each.get('name')}" for each in cases]
    assert names == [row.id for row in report.rows]


def test_the_suite_says_what_the_run_was() -> None:
    """Seed, target, verdict and the number of exchanges are properties."""
    report = samples.broken()
    found = suite(report)
    assert found.get("name") == "conformance.adk"
    assert {each.get("name"): each.get("value") for each in found.iter("property")} == {
        "seed": "0",
        "target": "fake with loses-enrichments",
        "verdict": "broken",
        "exchanges": str(report.exchanges),
    }


def test_only_the_suite_takes_time() -> None:
    """Invariants are judged together, so the time is that of the suite; no clock is read for a timestamp."""
    found = suite(replace(samples.report(), seconds=12.34567))
    assert found.get("time") == "12.346"
    assert found.get("timestamp") is None
    assert {each.get("time") for each in found.iter("testcase")} == {"0"}


def test_a_held_invariant_passes() -> None:
    """Its case is empty."""
    report = samples.report()
    held = report.outcomes(InvariantOutcome.HELD)[0]
    assert tags(case(report, held.id)) == []


def test_a_broken_must_fails_with_its_finding() -> None:
    """The type is the signature, the message what was expected and got, the text the finding with its commands."""
    finding = samples.finding()
    failure = case(samples.broken(), READS_BACK)[0]
    assert failure.tag == "failure"
    assert failure.get("type") == str(finding.signature)
    assert failure.get("message") == f"expected {finding.expected}, got {finding.got}"
    assert finding.title in (failure.text or "")
    assert "curl -sS -X PATCH" in (failure.text or "")


def test_two_findings_are_one_failure() -> None:
    """Readers take one failure a case, so all findings of an invariant stand in one."""
    first = samples.finding()
    second = replace(first, signature=replace(first.signature, operation="another_operation"))
    failures = case(replace(samples.broken(), findings=(first, second)), READS_BACK).findall("failure")
    assert [each.get("type") for each in failures] == [str(first.signature)]
    assert "another_operation" in (failures[0].text or "")


def test_a_broken_should_passes_and_says_so() -> None:
    """Its finding is output of a case that passes."""
    found = case(samples.advised_against(), NOT_APPLIED)
    assert tags(found) == ["system-out"]
    assert "SHOULD NOT be applied" in (found[0].text or "")


@pytest.mark.parametrize(
    ("verdict", "level", "tag"),
    [
        (Verdict.UNTESTED, Level.MUST, "error"),
        (Verdict.UNREACHABLE, Level.MUST, "error"),
        (Verdict.BROKEN, Level.MUST, "skipped"),
        (Verdict.CONFORMS, Level.MUST, "skipped"),
        (Verdict.UNTESTED, Level.SHOULD, "skipped"),
        (Verdict.UNREACHABLE, Level.SHOULD, "skipped"),
    ],
)
def test_an_untested_must_is_an_error_if_the_verdict_rests_on_it(verdict: Verdict, level: Level, tag: str) -> None:
    """Otherwise what is untested is skipped."""
    report = replace(samples.report(), verdict=verdict)
    found = case(judged(report, READS_BACK, outcome=InvariantOutcome.UNTESTED, level=level), READS_BACK)
    assert tags(found) == [tag]
    assert (found[0].get("message") or "").startswith("untested: ")


def test_what_is_not_applicable_is_skipped() -> None:
    """The message says that the profile lacks something."""
    found = case(judged(samples.report(), READS_BACK, outcome=InvariantOutcome.NOT_APPLICABLE), READS_BACK)
    assert tags(found) == ["skipped"]
    assert (found[0].get("message") or "").startswith("not applicable: ")


def test_what_the_baseline_lists_is_skipped() -> None:
    """The message names the signatures."""
    found = case(samples.known(), READS_BACK)
    assert tags(found) == ["skipped"]
    assert found[0].get("message") == f"known: {samples.finding().signature}"


def test_what_the_baseline_lists_may_have_no_finding() -> None:
    """Without a finding the requirement is named."""
    report = replace(samples.known(), findings=())
    assert case(report, READS_BACK)[0].get("message") == f"known: {report.row(READS_BACK).title}"


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_reported(text: str) -> None:
    """No character of a finding breaks the document, and what XML can carry comes back as it was."""
    found = suite(samples.saying(text))
    assert found.findall("testcase/failure")[0].get("message") == f"expected {plain(text)}, got {plain(text)}"
    assert found.findall("properties/property[@name='target']")[0].get("value") == plain(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b", "a\\x00b"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\ud800", "\\ud800"),
        ("\uffff", "\\uffff"),
        ("\x9b", "\\x9b"),
        ("tab\tand\r\nlines, ünï💥", "tab\tand\r\nlines, ünï💥"),
    ],
)
def test_what_cannot_be_written_is_shown_as_an_escape(text: str, shown: str) -> None:
    """Characters that XML forbids, or advises against, are still told apart."""
    assert plain(text) == shown
