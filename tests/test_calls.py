"""What was attempted is remembered, within bounds."""

from __future__ import annotations

import pytest

from conformance import calls
from conformance.calls import Call, Key
from conformance.profile import Role
from conformance.step import Outcome
from tests.histories import (
    Court,
    judged,
    threads,
)


def author(court: Court, text: str, key: Key, since: int = 0) -> Call | None:
    """The write that sent a string to another session than this one."""
    return next((call for _, call in court.world.authors([text], key, since)), None)


def test_refused_call() -> None:
    """The last refused write that named a missing session is remembered until a read finds it missing."""
    court = judged([threads.say("s1", "hello", answer=threads.no()), threads.label("s1", {}, answer=threads.no())])
    found = court.world.calls.refused(court.key("s1", "ada"))
    assert found is not None
    assert (found.role, found.outcome) == (Role.ENRICH, Outcome.REFUSED)
    court.tell(threads.get("s1", answer=threads.no()))
    assert court.world.calls.refused(court.key("s1", "ada")) is None


def test_refused_delete_of_a_missing_session_is_not_remembered() -> None:
    """A delete makes no session, whatever came of it."""
    court = judged([threads.delete("s1", answer=threads.no())])
    assert court.world.calls.refused(court.key("s1", "ada")) is None


def test_calls_elsewhere() -> None:
    """Writes to other sessions since a moment, the latest first; reads are none."""
    court = judged([threads.create("s1"), threads.create("s2"), threads.get("s2"), threads.label("s2", {"a": 1})])
    calls = list(court.world.calls.elsewhere(court.key("s1", "ada"), 0))
    assert [(call.operation, call.moment) for call in calls] == [("label_thread", 4), ("create_thread", 2)]
    assert [call.moment for call in court.world.calls.elsewhere(court.key("s1", "ada"), 2)] == [4]


def test_author() -> None:
    """A distinctive string tells who else wrote it, as long as one did not write it oneself; a short one nothing."""
    court = judged([threads.create("s1", {"a": ["marker-1"], "b": "short"}), threads.create("s2")])
    one, two, three = (court.key(each, "ada") for each in ("s1", "s2", "s3"))
    found = author(court, "marker-1", two)
    assert found is not None
    assert found.key == one
    assert author(court, "marker-1", one) is None
    assert author(court, "short", two) is None
    court.tell(threads.say("s1", "marker-1"))
    assert author(court, "marker-1", two) is not None
    court.tell(threads.say("s2", "marker-1", answer=threads.no(400)))
    assert author(court, "marker-1", two) is None
    assert author(court, "marker-1", two, since=court.world.clock + 1) is not None
    found = author(court, "marker-1", three)
    assert found is not None
    assert found.key == one, "what was accepted is the more likely author"


@pytest.mark.uncompiled
def test_author_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A string that went to very many sessions tells nothing."""
    monkeypatch.setattr(calls, "MAX_AUTHORS", 2)
    court = judged([threads.create(f"s{number}", {"a": "marker-1"}) for number in range(3)])
    assert author(court, "marker-1", court.key("s9", "ada")) is None


def test_refused_write_is_an_author_as_well() -> None:
    """A refused write may leave its value in another session."""
    court = judged([threads.create("s1"), threads.label("s1", {"a": "marker-1"}, answer=threads.no(400))])
    found = author(court, "marker-1", court.key("s9", "ada"))
    assert found is not None
    assert found.outcome is Outcome.REFUSED


@pytest.mark.uncompiled
def test_too_many_strings_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A string that was forgotten tells nobody's session any more."""
    monkeypatch.setattr(calls, "MAX_REMEMBERED", 2)
    court = judged([threads.create("s1", {"a": "marker one 1", "b": "marker two 2", "c": "marker three 3"})])
    assert author(court, "marker one 1", court.key("s9", "ada")) is None
    assert author(court, "marker three 3", court.key("s9", "ada")) is not None
    court.tell(threads.create("s2", {"a": "marker one 1", "b": "marker four 4"}))
    assert author(court, "marker one 1", court.key("s9", "ada")) is None
    assert author(court, "marker four 4", court.key("s9", "ada")) is not None


@pytest.mark.uncompiled
def test_too_many_refused_ids_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many ids that refused calls named are remembered, the latest ones."""
    monkeypatch.setattr(calls, "MAX_REMEMBERED", 2)
    court = judged([threads.say(f"s{number}", "hello", answer=threads.no()) for number in range(3)])
    known = [court.world.calls.refused(court.key(f"s{number}", "ada")) is not None for number in range(3)]
    assert known == [False, True, True]
