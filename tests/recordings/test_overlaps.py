"""What was under way together is not judged by an order that nobody knows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance import Report, load
from conformance.check import check
from conformance.judge import Judge
from conformance.recordings.overlaps import MAX_REMEMBERED, Overlaps

from ..histories import ADK as PROFILE
from ..histories import Adk
from .samples import PATH, call, calls, har, ndjson, shown

ADK = load("adk")


def _judged(path: Path, story: list[dict[str, Any]], times: list[tuple[float, float]]) -> Report:
    """What is found where each call began and ended at these times."""
    lines = ndjson(path, story).read_text().splitlines()
    timed = [
        {**json.loads(line), "started": began, "seconds": ended - began}
        for line, (began, ended) in zip(lines, times, strict=True)
    ]
    path.write_text("".join(json.dumps(each) + "\n" for each in timed))
    return check(ADK, [path])[0]


def _signatures(report: Report) -> list[str]:
    return [str(each.signature) for each in report.findings]


@pytest.mark.parametrize(
    ("read", "found"),
    [((2.0, 2.1), True), ((1.5, 2.1), False), ((0.5, 0.6), False), ((1.9995, 2.1), True), ((None, None), True)],
)
def test_a_read_that_began_before_a_write_had_ended(read: Any, found: bool, tmp_path: Path) -> None:
    """It may show what was before, wherever the file lists it."""
    times = [(0.0, 0.1), (1.0, 2.0), read]
    if read[0] is None:
        report = check(ADK, [ndjson(tmp_path / "r", calls(loses=True))])[0]
    else:
        report = _judged(tmp_path / "r", calls(loses=True), times)
    assert bool(report.findings) is found
    assert any("under way together" in note for note in report.notes) is not found


def test_what_follows_is_judged_by_what_is_seen_then(tmp_path: Path) -> None:
    """Two writes at once leave the session uncertain until the next read, and no longer."""
    both = {"a": "value-0001", "b": "value-0002"}
    story = [
        call("POST", PATH, {"sessionId": "s-1", "state": {}}, shown({})),
        call("PATCH", f"{PATH}/s-1", {"stateDelta": {"a": "value-0001"}}, shown({"a": "value-0001"})),
        call("PATCH", f"{PATH}/s-1", {"stateDelta": {"b": "value-0002"}}, shown({"b": "value-0002"})),
        call("GET", f"{PATH}/s-1", None, shown(both)),
        call("GET", f"{PATH}/s-1", None, shown({"a": "other-0003"})),
    ]
    report = _judged(tmp_path / "r", story, [(0, 0.1), (1, 2), (1.5, 2.5), (3, 3.1), (4, 4.1)])
    (finding,) = report.findings
    assert finding.flow[-1].exchange.started == 4.0


def test_a_delete_and_a_read_at_once(tmp_path: Path) -> None:
    """Whether the read came before the delete cannot be known; a later one has to be refused."""
    story = [
        call("POST", PATH, {"sessionId": "s-1", "state": {}}, shown({})),
        call("DELETE", f"{PATH}/s-1", None, None),
        call("GET", f"{PATH}/s-1", None, shown({})),
    ]
    assert _signatures(_judged(tmp_path / "r", story, [(0, 0.1), (1, 2), (1.5, 2.5)])) == []
    assert len(_signatures(_judged(tmp_path / "r", story, [(0, 0.1), (1, 2), (2.5, 2.6)]))) == 1


def test_a_list_and_a_create_at_once(tmp_path: Path) -> None:
    """The list may leave the new session out."""
    story = [call("POST", PATH, {"sessionId": "s-1", "state": {}}, shown({})), call("GET", PATH, None, [])]
    assert _signatures(_judged(tmp_path / "r", story, [(0, 2), (1, 3)])) == []
    assert len(_signatures(_judged(tmp_path / "r", story, [(0, 2), (3, 4)]))) == 1


def test_a_cached_answer_is_none(tmp_path: Path) -> None:
    """A browser lists what it did not ask for."""
    story = calls(loses=True)
    assert _signatures(check(ADK, [har(tmp_path / "a", story)])[0]) != []
    path = har(tmp_path / "b", story)
    document = json.loads(path.read_text())
    document["log"]["entries"][2]["_fromCache"] = "memory"
    path.write_text(json.dumps(document))
    assert _signatures(check(ADK, [path])[0]) == []


def test_what_is_remembered_is_bounded() -> None:
    """Of many writes only the last are."""
    reader, overlaps = Judge(PROFILE).reader, Overlaps()
    adk = Adk()
    for number in range(2 * MAX_REMEMBERED):
        made = replace(adk.create(f"s-{number}"), started=float(number), finished=number + 0.5)
        assert not overlaps.take(reader.read(made))
    assert len(overlaps._writes) == MAX_REMEMBERED
    late = replace(adk.get(f"s-{2 * MAX_REMEMBERED - 1}"), started=0.0, finished=0.1)
    assert overlaps.take(reader.read(late))
