"""A session, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.exchange import Failure
from conformance.expressions import MISSING
from conformance.profile import HISTORY, Merge, Role
from conformance.profile_file import load
from conformance.session import Part, Session, created, distinctive, echoed, empty, merged, seen, written
from conformance.step import Outcome, Snapshot
from tests.histories import (
    ADK,
    CRASH,
    LATE,
    THREADS,
    adk,
    bare,
    exchange,
    labels_of,
    said,
    step_of,
    threads,
)


def session(labels: Any = None, whole: bool = False, **fields: Any) -> Session:
    """A session with labels and an unknown history."""
    parts = {"labels": Part({} if labels is None else labels, whole), HISTORY: Part([])}
    return Session("s1", ("ada",), parts, **fields)


@pytest.mark.parametrize(
    ("how", "value", "change", "result"),
    [
        (Merge.REPLACE, {"a": 1}, {"b": 2}, {"b": 2}),
        (Merge.REPLACE, {"a": 1}, [], []),
        (Merge.SHALLOW, {"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        (Merge.SHALLOW, {"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"y": 2}}),
        (Merge.SHALLOW, {"a": 1}, {"a": None}, {"a": MISSING}),
        (Merge.DEEP, {"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        (Merge.DEEP, {"a": {"x": {"p": 1}}}, {"a": {"x": {"q": 2}}}, {"a": {"x": {"p": 1, "q": 2}}}),
        (Merge.DEEP, {"a": 1}, {"a": {"y": 2}}, {"a": {"y": 2}}),
        (Merge.DEEP, {"a": {"x": 1}}, {"a": {"x": None}}, {"a": {"x": MISSING}}),
        (Merge.DEEP, {"a": {"x": 1}}, {"a": [2]}, {"a": [2]}),
    ],
)
def test_merged(how: Merge, value: Any, change: Any, result: Any) -> None:
    """An enrichment replaces, or merges key by key; a null makes its member unknown. The value itself stays."""
    before = repr(value)
    assert merged(value, change, how) == result
    assert repr(value) == before


def test_empty() -> None:
    """A history is a list, an attribute group an object."""
    assert empty(HISTORY) == []
    assert empty("labels") == {}


def test_created() -> None:
    """A new session holds what was given; anything may stand beside it until it is seen."""
    found = created("s1", ("ada",), step_of(threads.create("s1", {"a": 1})), THREADS.parts, 7)
    assert found.certain
    assert labels_of(found).value == {"a": 1}
    assert not labels_of(found).whole
    assert [write.role for write in labels_of(found).writes] == [Role.CREATE]
    assert found.parts[HISTORY].value == []
    assert {part.moment for part in found.parts.values()} == {7}


def test_created_in_doubt() -> None:
    """Of a session whose create was lost nothing is expected."""
    found = created("s1", ("ada",), step_of(threads.create("s1", {"a": 1}, answer=LATE)), THREADS.parts, 7, False)
    assert not found.certain
    assert labels_of(found).value == {}
    assert not labels_of(found).whole


def test_written_by_an_enrichment() -> None:
    """An accepted enrichment is merged into what is expected, and remembered by every part."""
    before = session({"a": 1}, whole=True)
    after = written(before, step_of(threads.label("s1", {"b": 2})), 3)
    assert labels_of(after).value == {"a": 1, "b": 2}
    assert labels_of(after).whole
    assert [len(part.writes) for part in after.parts.values()] == [1, 1]
    assert after.certain
    assert labels_of(before) == Part({"a": 1}, True)


@pytest.mark.parametrize(
    ("answer", "outcome", "certain"),
    [
        (threads.no(400), Outcome.REFUSED, True),
        (CRASH, Outcome.FAILED, False),
        (LATE, Outcome.LOST, False),
        (Failure.STALE, Outcome.LOST, False),
        (bare(302), Outcome.ODD, False),
    ],
)
def test_written_without_success(answer: Any, outcome: Outcome, certain: bool) -> None:
    """A write that was not accepted changes nothing that is expected; only a refusal leaves no doubt."""
    after = written(session({"a": 1}, whole=True), step_of(threads.label("s1", {"a": 2}, answer=answer)), 3)
    assert labels_of(after).value == {"a": 1}
    assert labels_of(after).writes[0].outcome is outcome
    assert after.certain is certain


def test_doubt_is_not_taken_away_by_a_write() -> None:
    """An uncertain session stays so, whatever is written to it."""
    after = written(session(certain=False), step_of(threads.label("s1", {"a": 2})), 3)
    assert not after.certain


@pytest.mark.parametrize("answer", [None, CRASH, LATE, Failure.CLOSED, bare(302)])
def test_written_by_a_run_that_may_change_attributes(answer: Any) -> None:
    """After a run that may rewrite them the attributes are unknown, unless it was refused."""
    before = Session("s1", ("echo", "ada"), {"state": Part({"a": 1}, True), HISTORY: Part([], True)})
    after = written(before, step_of(adk.run("s1", "hello", answer=answer), ADK), 3)
    assert after.parts["state"].value == {}
    assert not after.parts["state"].whole
    assert after.parts[HISTORY].whole


def test_refused_run_leaves_attributes_known() -> None:
    """A refused run changes nothing, whatever it may change."""
    before = Session("s1", ("echo", "ada"), {"state": Part({"a": 1}, True), HISTORY: Part([], True)})
    after = written(before, step_of(adk.run("s1", "hello", answer=adk.no(422)), ADK), 3)
    assert after.parts["state"].value == {"a": 1}
    assert after.parts["state"].whole


def test_written_by_a_run_that_may_not_change_attributes() -> None:
    """After any other run they are expected to be as before."""
    after = written(session({"a": 1}, whole=True), step_of(threads.say("s1", "hello")), 3)
    assert labels_of(after).value == {"a": 1}
    assert labels_of(after).whole


@pytest.mark.uncompiled
def test_too_many_writes_make_a_part_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many writes are remembered; with one more nothing is expected of the part."""
    monkeypatch.setattr("conformance.session.MAX_WRITES", 3)
    found = session({"a": 1}, whole=True)
    for number in range(3):
        found = written(found, step_of(threads.label("s1", {"b": number})), number)
    assert labels_of(found).value == {"a": 1, "b": 2}
    assert labels_of(found).whole
    found = written(found, step_of(threads.label("s1", {"b": 3})), 4)
    assert labels_of(found).value == {}
    assert not labels_of(found).whole
    assert len(labels_of(found).writes) == 3


def test_seen() -> None:
    """What a read shows is adopted, its writes are settled, and so is the doubt; other parts are as before."""
    before = written(session({"a": 1}), step_of(threads.label("s1", {"b": 2}, answer=CRASH)), 3)
    after = seen(before, Snapshot("s1", ("ada",), {"labels": {"c": 3}}), 9)
    assert labels_of(after) == Part({"c": 3}, whole=True, moment=9)
    assert after.parts[HISTORY] == before.parts[HISTORY]
    assert after.certain


def test_echoed() -> None:
    """The answer of a write tells what stands beside the known, and neither settles nor overrules anything."""
    before = written(session({"a": 1}, certain=False), step_of(threads.label("s1", {"b": 2})), 3)
    after = echoed(before, Snapshot("s1", ("ada",), {"labels": {"a": 9, "c": 3}}))
    assert labels_of(after).value == {"a": 1, "b": 2, "c": 3}
    assert labels_of(after).whole
    assert labels_of(after).writes == labels_of(before).writes
    assert not after.certain


def test_echo_of_a_part_that_was_seen_whole() -> None:
    """What a read showed is not overruled by the answer of a write."""
    before = session({"a": 1}, whole=True)
    assert labels_of(echoed(before, Snapshot("s1", ("ada",), {"labels": {"z": 0}}))) == labels_of(before)


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("marker-1", True),
        ("1234567\u00e9", True),
        ("marker1", False),
        ("continue", False),
        ("Hello there!", False),
        ("a long sentence without a number", False),
        ("", False),
    ],
)
def test_distinctive(text: str, tells: bool) -> None:
    """A string tells who wrote it only if it is long enough and has a digit."""
    assert distinctive(text) is tells


def test_a_put_may_take_away_what_it_leaves_out() -> None:
    """A PUT in the stead of what is there puts a whole resource: a group that it does not name becomes unknown."""
    profile = load(Path(__file__).parent / "servers" / "tickets")
    path = "/orgs/ada/projects/7/tickets/1"
    before = Session("1", ("ada", "7"), {"labels": Part({"a": 1}, whole=True)})
    for body, whole, value in (({}, False, {}), ({"labels": {"b": 2}}, True, {"b": 2})):
        put = exchange("PUT", path, body, said(200, {}))
        after = written(before, step_of(put, profile), 3)
        assert (labels_of(after).whole, labels_of(after).value) == (whole, value)


@pytest.mark.parametrize(("answer", "whole"), [(None, False), (threads.no(400), True)])
def test_a_null_may_clear_a_group(answer: Any, whole: bool) -> None:
    """Or mean nothing: unless it is refused, the group becomes unknown."""
    after = written(session({"a": 1}, whole=True), step_of(threads.label("s1", None, answer=answer)), 3)
    assert labels_of(after).whole is whole
