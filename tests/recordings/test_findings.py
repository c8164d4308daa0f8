"""A JSON report is a recording: each finding a flow, with what it is to show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance import Budget, InputError, load, run
from conformance.recordings.opening import open_recording
from conformance.reports import json as json_report


def _report(path: Path, **changes: Any) -> Path:
    document = json.loads(json_report.render(run(load("adk"), fault="loses-enrichments", budget=Budget(requests=500))))
    path.write_text(json.dumps({**document, **changes}), encoding="utf-8")
    return path


def test_each_finding_is_a_flow(tmp_path: Path) -> None:
    """Its calls in order, and its signature."""
    recording = open_recording(_report(tmp_path / "r.json"))
    entries = list(recording.entries())
    assert {each.flow for each in entries} == {each.flow for each in recording.about.findings}
    assert [each.number for each in entries] == list(range(1, len(entries) + 1))
    shown = recording.about.findings[0]
    assert (shown.invariant, shown.operation, shown.flow) == (
        "enrichment/enrichment-reads-back", "update_session", "finding 1",
    )  # fmt: skip
    assert recording.about.profile == "adk"
    assert recording.about.closed


def test_reading_twice_finds_no_more(tmp_path: Path) -> None:
    """What a report says of itself does not add up."""
    recording = open_recording(_report(tmp_path / "r.json"))
    for _ in range(2):
        entries = list(recording.entries())
    assert len({each.flow for each in entries}) == len(recording.about.findings)


@pytest.mark.parametrize(
    ("findings", "problem"), [([], "has no findings"), ([{}], "is no finding"), ([{"invariant": 1}], "is no finding")]
)
def test_a_report_without_findings_is_no_recording(findings: Any, problem: str, tmp_path: Path) -> None:
    """Nothing can be judged or sent."""
    with pytest.raises(InputError, match=problem):
        list(open_recording(_report(tmp_path / "r.json", findings=findings)).entries())
