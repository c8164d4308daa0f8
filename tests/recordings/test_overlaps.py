"""What was under way together is not judged by an order that nobody knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance import Report, load, records
from conformance.check import check
from conformance.judge import Judge
from conformance.recordings.overlaps import AT_ONCE, WAITING, Overlaps

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
    ("read", "found", "doubtful"),
    [
        ((2.0, 2.1), True, False),
        ((1.5, 2.1), False, True),
        ((0.5, 0.6), False, False),
        ((1.9995, 2.1), True, False),
        ((None, None), True, False),
    ],
)
def test_a_read_that_began_before_a_write_had_ended(read: Any, found: bool, doubtful: bool, tmp_path: Path) -> None:
    """It may show what was before; and what ended before it began shows that for sure, wherever the file lists it."""
    times = [(0.0, 0.1), (1.0, 2.0), read]
    if read[0] is None:
        report = check(ADK, [ndjson(tmp_path / "r", calls(loses=True))])[0]
    else:
        report = _judged(tmp_path / "r", calls(loses=True), times)
    assert bool(report.findings) is found
    assert any("under way together" in note for note in report.notes) is doubtful


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


def test_steps_come_in_the_order_in_which_they_began() -> None:
    """However the file lists them, within bounds; what comes too late is doubtful."""
    reader, overlaps = Judge(PROFILE).reader, Overlaps()
    adk = Adk()
    given = []
    for number in range(1_000):
        began = float(number - 10 if number % 7 == 0 else number)
        made = records.replace(adk.create(f"s-{number}"), started=began, finished=began + 0.5)
        given += overlaps.take(number, reader.read(made))
        assert len(overlaps._held) < WAITING + AT_ONCE
    given += overlaps.rest()
    assert [each.started for each in given] == sorted(each.started for each in given)
    assert not any(each.doubtful for each in given)
    late = records.replace(adk.get("s-999"), started=0.0, finished=0.1)
    assert [each.doubtful for each in (*overlaps.take(1_000, reader.read(late)), *overlaps.rest())] == [True]


def test_both_sides_of_an_overlap_are_doubtful() -> None:
    """A read that began first may show what a write did that is listed after it."""
    reader, overlaps = Judge(PROFILE).reader, Overlaps()
    adk = Adk()
    story = [
        records.replace(adk.get("s-1"), started=0.0, finished=2.0),
        records.replace(adk.create("s-1"), started=1.0, finished=3.0),
        records.replace(adk.get("s-2"), started=1.5, finished=3.0),
        records.replace(adk.get("s-1"), started=4.0, finished=5.0),
    ]
    held = [each for number, made in enumerate(story) for each in overlaps.take(number, reader.read(made))]
    held += overlaps.rest()
    assert [each.doubtful for each in held] == [True, True, False, False]


def test_what_comes_far_too_late_is_doubtful() -> None:
    """Two files put one behind the other have no order: the second begins before what was judged long ago."""
    overlaps, judge = Overlaps(), Judge(PROFILE)
    step = judge.reader.read(Adk().create("s-1"))
    timed = [
        records.replace(step, exchange=records.replace(step.exchange, started=float(at), finished=at + 0.5))
        for at in (*range(6 * WAITING), 0)
    ]
    given = [held for number, each in enumerate(timed) for held in overlaps.take(number, each)]
    given += overlaps.rest()
    assert [held.number for held in given if held.doubtful] == [6 * WAITING]
