"""Answers are the same up to what the server made up: ids that differ alike, and times."""

from __future__ import annotations

from typing import Any

import pytest

from conformance import load, records
from conformance.exchange import Exchange, Failure
from conformance.judge import Judge
from conformance.replaying.answers import Comparison
from conformance.replaying.links import Links
from conformance.replaying.requests import texts_sent
from conformance.step import Step

from ..histories import Adk, said

ADK = load("adk")
READER = Judge(ADK).reader
UUIDS = ["0123abcd-0123-4567-89ab-0123456789ab", "fedc9876-0123-4567-89ab-ba9876543210"]


def _step(body: Any, status: int = 200) -> Step:
    return READER.read(Adk().get("s-1", answer=said(status, body)))


def _differences(before: Any, after: Any, sent: tuple[str, ...] = ()) -> tuple[str, ...]:
    comparison = Comparison(Links(ADK, ""))
    comparison.sent(set(sent))
    return comparison.differences(_step(before), _step(after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (UUIDS[0], UUIDS[1]),
        ("2024-01-02T03:04:05Z", "2025-06-07T08:09:10.123+00:00"),
        (1_700_000_000.5, 1_800_000_000.25),
        (1_700_000_000_000, 1_800_000_000_000),
        ({"id": "run_0a1b2c3d"}, {"id": "run_9f8e7d6c"}),
        ({"id": "sess-XyZ81kQ"}, {"id": "sess-7TbqPz4"}),
        ([UUIDS[0], {"same": UUIDS[0]}], [UUIDS[1], {"same": UUIDS[1]}]),
    ],
)
def test_the_same(before: Any, after: Any) -> None:
    """Order of members, ids, and times make no difference."""
    assert _differences(before, after) == ()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 2}, "/a: 2 instead of 1"),
        ({"a": 1}, {"a": True}, "/a: true instead of 1"),
        ({"a": 1}, {}, "/a: it is missing"),
        ({}, {"a": 1}, "/a: it is new"),
        ([1, 2], [1], "the body: 1 items instead of 2"),
        ("text one", "text two", 'the body: "text two" instead of "text one"'),
        ("key-00001", "name-00001", 'the body: "name-00001" instead of "key-00001"'),
        ("step-1-done", "step-2-failed", 'the body: "step-2-failed" instead of "step-1-done"'),
        (1_700_000_000, 17, "the body: 17 instead of 1700000000"),
        ([UUIDS[0], UUIDS[0]], [UUIDS[1], UUIDS[0]], f'/1: "{UUIDS[0]}" instead of "{UUIDS[0]}"'),
        (None, {}, "the body: {} instead of null"),
    ],
)
def test_changed(before: Any, after: Any, expected: str) -> None:
    """With the place, and both values."""
    assert _differences(before, after) == (expected,)


def test_what_was_sent_has_to_come_back() -> None:
    """A value that looks like an id, but was written by the caller, is none of the server's."""
    assert _differences({"a": "mark-0001"}, {"a": "mark-0002"}) == ()
    assert _differences({"a": "mark-0001"}, {"a": "mark-0002"}, ("mark-0001",)) == (
        '/a: "mark-0002" instead of "mark-0001"',
    )
    assert texts_sent(READER.read(Adk().create_any("s-1", {"a": ["mark-0001"], "b": "x"}))) == {"mark-0001"}


def test_another_status_is_all_that_is_told() -> None:
    """What came with it is another answer altogether; no answer is one, too."""
    comparison = Comparison(Links(ADK, ""))
    assert comparison.differences(_step({"a": 1}), _step({"detail": "no"}, 404)) == ("404 instead of 200",)
    lost = READER.read(Exchange(Adk().get("s-1").request, None, failure=Failure.TIMEOUT))
    assert comparison.differences(_step({}), lost) == (f"{Failure.TIMEOUT.value} instead of 200",)
    assert comparison.differences(lost, lost) == ()


def test_of_many_differences_some_are_told() -> None:
    """An answer that changed altogether does not fill the screen."""
    found = _differences({str(each): each for each in range(100)}, {})
    assert len(found) == 6
    assert found[-1] == "…"


@pytest.mark.parametrize(
    ("kept", "status", "expected"), [(True, 200, ()), (True, 404, ("404 instead of 200",)), (False, 200, ())]
)
def test_what_was_not_recorded_cannot_differ(kept: bool, status: int, expected: tuple[str, ...]) -> None:
    """Of an answer that was cut off its status is known, of one that was left out nothing."""
    whole = Adk().get("s-1", answer=said(200, {"a": 1}))
    response = records.replace(whole.response, body=b'{"a') if kept and whole.response else None
    recorded = READER.read(records.replace(whole, response=response, failure=Failure.UNRECORDED))
    assert Comparison(Links(ADK, "")).differences(recorded, _step({"a": 2}, status)) == expected


def test_how_much_came_of_an_answer_that_broke_off_is_chance() -> None:
    """It broke off both times, and that is all there is to compare."""
    whole = Adk().get("s-1", answer=said(200, {"a": 1}))
    assert whole.response is not None
    steps = [
        READER.read(records.replace(whole, response=records.replace(whole.response, body=body), failure=Failure.CLOSED))
        for body in (b'{"id": "0123', b'{"id": "4')
    ]
    assert Comparison(Links(ADK, "")).differences(*steps) == ()


def test_numbers_that_are_ids_differ_as_they_were_linked() -> None:
    """Which number a session or an item is now is known; any other number that differs has changed."""
    links = Links(ADK, "")
    links.relearn("17", "4")
    links.learn_item("17", "18", "5", made=True)
    before, after = {"id": 17, "item": 18, "n": 17}, {"id": 4, "item": 5, "n": 3}
    assert Comparison(links).differences(_step(before), _step(after)) == ("/n: 3 instead of 17",)
