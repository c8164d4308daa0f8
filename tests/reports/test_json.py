"""The report for machines: it fits its published schema, and says what the report says."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import conformance.reports
from conformance import InvariantOutcome, Report, Verdict
from conformance.exchange import Exchange, Failure, Request, Response
from conformance.recordings.messages import exchange
from conformance.reports import FlowCall, Known
from conformance.reports.json import document, render

from . import samples

SCHEMA = json.loads((Path(conformance.reports.__file__).parent / "report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)

REPORTS = {
    "right": samples.report,
    "broken": samples.broken,
    "advised against": samples.advised_against,
    "untested": samples.untested,
    "unreachable": samples.unreachable,
    "known": samples.known,
    "odd text": lambda: samples.saying('<&">\0\ud800\x1b[2J ü 😀\n'),
}


def with_call(exchange: Exchange, secrets: dict[str, str] | None = None, target: str = "fake") -> Report:
    """A report with one finding of one call."""
    finding = replace(samples.finding(), flow=(FlowCall("read", exchange),))
    return replace(samples.broken(), findings=(finding,), secrets=secrets or {}, target=target)


def call_of(report: Report) -> Any:
    """The only call of the only finding, as written."""
    (finding,) = json.loads(render(report))["findings"]
    (call,) = finding["flow"]
    return call


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_fits_the_schema(name: str) -> None:
    """Whatever came of a run, the document is JSON that the published schema accepts, and text that can be stored."""
    text = render(REPORTS[name]())
    text.encode("utf-8")
    assert text.endswith("}\n")
    VALIDATOR.validate(json.loads(text))


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("outcome", list(InvariantOutcome))
def test_every_verdict_and_every_outcome_fits_the_schema(verdict: Verdict, outcome: InvariantOutcome) -> None:
    """No word that a report can hold is missing from the schema."""
    report = replace(samples.judged(samples.broken(), samples.READS_BACK, outcome=outcome), verdict=verdict)
    written = json.loads(render(report))
    VALIDATOR.validate(written)
    assert written["verdict"] == verdict.value
    assert outcome.value in {row["outcome"] for row in written["invariants"]}


def test_the_schema_is_one_and_is_strict() -> None:
    """The schema is valid, and every change to the form of a report is one to the schema as well."""
    jsonschema_rs.meta.validate(SCHEMA)
    written = document(samples.broken())
    assert VALIDATOR.is_valid(written)
    holders = [written, written["invariants"][0], written["findings"][0], written["findings"][0]["flow"][0]]
    holders.append(holders[-1]["request"])
    for holder in holders:
        for key in list(holder):
            kept = holder.pop(key)
            assert not VALIDATOR.is_valid(written), key
            holder[key] = kept
        holder["new"] = 1
        assert not VALIDATOR.is_valid(written)
        del holder["new"]
    assert VALIDATOR.is_valid(written)


def test_the_document_says_what_the_report_says() -> None:
    """Verdict, counts, rows and findings, in the report's own order."""
    report = samples.broken()
    written = json.loads(render(report))
    assert written == document(report)
    assert (written["verdict"], written["profile"], written["seed"]) == ("broken", "adk", 0)
    assert (written["exchanges"], written["flows"], written["stopped"]) == (
        report.exchanges, report.flows, report.stopped,
    )  # fmt: skip
    assert [row["id"] for row in written["invariants"]] == [row.id for row in report.rows]
    assert len(written["findings"]) == len(report.findings) > 0
    for found, finding in zip(written["findings"], report.findings, strict=True):
        signature = finding.signature
        assert (found["invariant"], found["operation"], found["kind"]) == (
            signature.invariant, signature.operation, signature.kind,
        )  # fmt: skip
        assert found["primary"] is (found["follows"] is None) is finding.primary
        assert [call["role"] for call in found["flow"]] == [call.role for call in finding.flow]
        assert (found["seen"], found["reproduced"]) == (finding.seen, finding.reproduced)
        assert (found["expected"], found["got"]) == (finding.expected, finding.got)


@pytest.mark.parametrize("state", ["known", "stale", "expired"])
def test_what_came_of_the_baseline_is_said(state: str) -> None:
    """Each entry of the baseline with its state and reason; a finding that is known names the reason."""
    finding = replace(samples.finding(), known="a reason")
    known = Known(finding.signature, state, "a reason")
    written = json.loads(render(replace(samples.broken(), findings=(finding,), baseline=(known,))))
    VALIDATOR.validate(written)
    (entry,) = written["baseline"]
    assert (entry["invariant"], entry["state"], entry["reason"]) == (finding.signature.invariant, state, "a reason")
    assert written["findings"][0]["known"] == "a reason"
    assert json.loads(render(samples.broken()))["findings"][0]["known"] is None


@pytest.mark.uncompiled
def test_the_report_is_left_as_it_was() -> None:
    """Rendering is a pure function."""
    report = samples.broken()
    before = copy.deepcopy(report)
    assert render(report) == render(report)
    assert report == before


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/a%2Fb?c=d"),
        ("http://127.0.0.1:8000/api/", "http://127.0.0.1:8000/api/a%2Fb?c=d"),
        ("fake with a fault", "/a%2Fb?c=d"),
    ],
)
def test_a_call_names_its_url(target: str, url: str) -> None:
    """The whole URL if there is one, as it was sent."""
    exchange = Exchange(Request("PATCH", "/a%2Fb", "c=d", (("A", "b"),), b"\xc3\xbc"), Response(200))
    call = call_of(with_call(exchange, target=target))
    assert call["request"] == {"method": "PATCH", "url": url, "headers": [["A", "b"]], "body": "ü"}


def test_a_call_without_a_whole_answer_says_why() -> None:
    """No answer is null; a part of one stands beside the failure."""
    request = Request("GET", "/")
    call = call_of(with_call(Exchange(request, None, 1.0, 3.5, Failure.TIMEOUT)))
    assert (call["response"], call["failure"], call["seconds"]) == (None, Failure.TIMEOUT.value, 2.5)
    call = call_of(with_call(Exchange(request, Response(200, (), b"\xffhalf"), failure=Failure.CLOSED)))
    assert call["response"] == {"status": 200, "headers": [], "body": "\ufffdhalf"}
    assert call["failure"] == Failure.CLOSED.value


def test_a_long_answer_is_cut() -> None:
    """A report stays readable, whatever a server sends; what is cut off says so, lest it be judged as if whole."""
    call = call_of(with_call(Exchange(Request("GET", "/"), Response(200, (), b"x" * 1_000_000))))
    assert call["response"]["body"] == "x" * 65_536
    assert call["failure"] == Failure.UNRECORDED.value
    read = exchange(call)
    assert (read.failure, read.said) == (Failure.UNRECORDED, "200")


@pytest.mark.parametrize("name", ["Authorization", "PROXY-Authorization", "Cookie", "X-Key"])
def test_secret_headers_are_hidden(name: str) -> None:
    """Those of the profile, and those that always are; in any case, on both sides."""
    headers = ((name, "s3cret"), ("set-cookie", "s3cret"), ("x-shown", "shown"))
    exchange = Exchange(Request("GET", "/", headers=headers), Response(200, headers))
    report = with_call(exchange, {"x-key": "$KEY"})
    assert "s3cret" not in render(report)
    call = call_of(report)
    for side in ("request", "response"):
        assert call[side]["headers"] == [[name, "***"], ["set-cookie", "***"], ["x-shown", "shown"]]
