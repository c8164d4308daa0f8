"""A file may list its entries in any order; what counts is when they began."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance import InputError, Report, load, records
from conformance.check import check
from conformance.exchange import Exchange, Request, Response
from conformance.recordings import Entry, fault, order
from conformance.recordings.order import in_order, in_time

from .samples import PATH, call, ndjson, shown

ADK = load("adk")


def _entries(*times: float) -> Iterator[Entry]:
    """Entries that began then, numbered as they stand."""
    return (Entry(number, "", Exchange(Request("GET", "/"), None, time, time)) for number, time in enumerate(times, 1))


def _numbers(entries: Iterator[Entry]) -> list[int]:
    return [each.number for each in entries]


def test_entries_come_in_the_order_in_which_they_began() -> None:
    """Those that began at once as they stand; where one does not say when, all of them do."""
    assert _numbers(in_order(_entries(3.0, 1.0, 2.0, 1.0))) == [2, 4, 3, 1]
    assert _numbers(in_order(_entries(3.0, 1.0, float("nan")))) == [1, 2, 3]
    assert [each.started for each in in_time([each.exchange for each in _entries(2.0, 1.0)])] == [1.0, 2.0]


def _dated(*times: tuple[float, float, int]) -> list[Entry]:
    """Entries that began and ended then, and were answered at a second of the server's clock."""
    found = []
    for number, (started, finished, second) in enumerate(times, 1):
        answer = Response(200, (("Date", f"Tue, 02 Jan 2024 03:04:{second:02} GMT"),) if second >= 0 else ())
        found.append(Entry(number, "", Exchange(Request("GET", "/"), answer, started, finished)))
    return found


@pytest.mark.parametrize(
    ("times", "numbers"),
    [
        ([(100, 101, 10), (20, 21, 11), (22, 23, 13), (5, 6, 14)], [1, 2, 3, 4]),
        ([(100, 101, 20), (20, 21, 11), (22, 23, 13)], [2, 3, 1]),
        ([(100, 101, 10), (20, 21, -1), (22, 23, -1)], [2, 3, 1]),
        ([(100, 101, 10), (99, 100, 10)], [2, 1]),
        ([(100, 101, 41), (70, 130, 50)], [2, 1]),
    ],
    ids=["set back twice", "merged", "no dates", "within a second", "as they ended"],
)
def test_a_clock_that_is_set_back_changes_no_order(times: list[tuple[float, float, int]], numbers: list[int]) -> None:
    """Where the server's clock goes on meanwhile; a file that lists what began earlier behind it is put in order."""
    found = list(in_order(iter(_dated(*times))))
    assert [each.number for each in found] == numbers
    began = [each.exchange.started for each in found]
    assert began == sorted(began)
    assert {round(each.exchange.seconds, 6) for each in found} == {round(end - start, 6) for start, end, _ in times}


def test_what_stands_before_a_fault_comes_first(tmp_path: Path) -> None:
    """The fault is told after it, where entries stand as they ended, too."""

    def entries() -> Iterator[Entry]:
        for each, ended in zip(_entries(2.0, 1.0), (3.0, 4.0), strict=True):
            yield records.replace(each, exchange=records.replace(each.exchange, finished=ended))
        raise fault(tmp_path, "is truncated")

    found = in_order(entries())
    assert [next(found).number, next(found).number] == [2, 1]
    with pytest.raises(InputError, match="is truncated"):
        next(found)


def test_of_a_scattered_file_that_was_cut_off_nothing_is_known(tmp_path: Path) -> None:
    """What is missing may have happened anywhere in between."""

    def entries() -> Iterator[Entry]:
        yield from _entries(*map(float, range(9, 0, -1)))
        raise fault(tmp_path, "is truncated")

    with pytest.raises(InputError, match="is truncated"):
        next(in_order(entries()))


@pytest.mark.uncompiled
def test_a_long_file_is_read_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is never held as a whole."""
    monkeypatch.setattr(order, "MAX_HELD", 3 * order.WEIGHT)
    assert _numbers(in_order(_entries(*map(float, range(9, 0, -1))))) == list(range(1, 10))


def _story(path: Path, loses: int) -> Path:
    """Sessions one after the other, listed at random: of one of them the enrichment is lost."""
    made: list[dict[str, Any]] = []
    for number in range(60):
        name = f"s-{number}"
        given, whole = {**shown({"a": 1}), "id": name}, {**shown({"a": 1, "b": 2}), "id": name}
        made += [
            call("POST", PATH, {"sessionId": name, "state": {"a": 1}}, given),
            call("PATCH", f"{PATH}/{name}", {"stateDelta": {"b": 2}}, whole),
            call("GET", f"{PATH}/{name}", None, given if number == loses else whole),
            call("DELETE", f"{PATH}/{name}", None, None),
            call("GET", f"{PATH}/{name}", None, {"detail": "Session not found"}, 404),
        ]
    lines = [json.loads(line) for line in ndjson(path, made).read_text().splitlines()]
    lines = [{**each, "started": float(number), "seconds": 0.1} for number, each in enumerate(lines)]
    random.Random(1).shuffle(lines)
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    return path


def _judged(path: Path) -> Report:
    return check(ADK, [path])[0]


def test_a_file_in_any_order_is_judged_as_if_it_were_in_order(tmp_path: Path) -> None:
    """A right server is not accused, and what is wrong is found, with what shows it in order."""
    assert _judged(_story(tmp_path / "right", loses=-1)).findings == ()
    report = _judged(_story(tmp_path / "wrong", loses=30))
    (finding,) = report.findings
    assert finding.signature.invariant == "enrichment/enrichment-reads-back"
    assert [each.role for each in finding.flow] == ["create", "enrich", "read"]
    assert report.notes == ()


@pytest.mark.uncompiled
def test_a_long_file_in_no_order_accuses_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It cannot be put in order, and so nothing can be said."""
    monkeypatch.setattr(order, "MAX_HELD", 10 * order.WEIGHT)
    with pytest.raises(InputError, match="in another order than that of their times"):
        _judged(_story(tmp_path / "right", loses=-1))
