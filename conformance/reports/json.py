"""What does a machine read? The report as JSON; `report.schema.json` beside this file is its published schema."""

from __future__ import annotations

import json
from typing import Any

from conformance.exchange import Exchange, Failure, Headers
from conformance.reports import Finding, FlowCall, Report, Row
from conformance.reports.redaction import HIDDEN

MAX_BODY = 2**16
"""So many bytes of an answer stand in a report."""


def render(report: Report) -> str:
    """The report as a JSON document."""
    return json.dumps(document(report), indent=2) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    return {
        "verdict": report.verdict.value,
        "profile": report.profile,
        "target": report.target,
        "seed": report.seed,
        "exchanges": report.exchanges,
        "flows": report.flows,
        "seconds": round(report.seconds, 3),
        "stopped": report.stopped,
        "undeleted": list(report.undeleted),
        "notes": list(report.notes),
        "lags": dict(report.lags),
        "baseline": [
            {
                "invariant": each.signature.invariant,
                "operation": each.signature.operation,
                "kind": each.signature.kind,
                "state": each.state,
                "reason": each.reason,
            }
            for each in report.baseline
        ],
        "closed": report.closed,  # before the findings, so that whoever reads on knows
        "invariants": [_row(row) for row in report.rows],
        "findings": [_finding(finding, report) for finding in report.findings],
        "latencies": {
            role: {"count": each.count, "p50": each.p50, "p95": each.p95, "p99": each.p99}
            for role, each in report.latencies.items()
        },
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "level": row.level.value,
        "source": row.source,
        "outcome": row.outcome.value,
        "observations": row.observations,
        "violations": row.violations,
    }


def _finding(finding: Finding, report: Report) -> dict[str, Any]:
    return {
        "invariant": finding.signature.invariant,
        "operation": finding.signature.operation,
        "kind": finding.signature.kind,
        "level": finding.level.value,
        "primary": finding.primary,
        "follows": str(finding.follows) if finding.follows else None,
        "expected": finding.expected,
        "got": finding.got,
        "blame": finding.blame,
        "reproduced": finding.reproduced,
        "known": finding.known or None,
        "seen": finding.seen,
        "flow": [_call(call, report) for call in finding.flow],
        "asks": [
            {"asked": each.asked, "told": each.told, "calls": [_call(call, report) for call in each.calls]}
            for each in finding.asks
        ],
        "recording": finding.recording or None,
    }


def _call(call: FlowCall, report: Report) -> dict[str, Any]:
    exchange: Exchange = call.exchange
    request, response = exchange.request, exchange.response
    return {
        "role": call.role,
        "request": {
            "method": request.method,
            "url": report.target.rstrip("/") + request.target if report.target.startswith("http") else request.target,
            "headers": _headers(request.headers, report),
            "body": request.body.decode("utf-8", "replace"),
        },
        "response": None
        if response is None
        else {
            "status": response.status,
            "headers": _headers(response.headers, report),
            "body": response.body[:MAX_BODY].decode("utf-8", "replace"),
        },
        "failure": _failure(exchange),
        "seconds": round(exchange.seconds, 6),
    }


def _failure(exchange: Exchange) -> str | None:
    """Why there is no whole answer: none came, or it is too large for a report."""
    whole = exchange.response is None or len(exchange.response.body) <= MAX_BODY
    failure = exchange.failure or (None if whole else Failure.UNRECORDED)
    return failure.value if failure else None


def _headers(headers: Headers, report: Report) -> list[list[str]]:
    """Headers with secrets replaced; cookies are secrets as well."""
    hidden = {*report.secrets, *HIDDEN}
    return [[name, "***" if name.lower() in hidden else value] for name, value in headers]
