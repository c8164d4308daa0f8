"""What a session is: pure functions from session to session, and the world that indexes sessions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance import model
from conformance.exchange import Exchange
from conformance.model import World
from conformance.profile import HISTORY, Role
from conformance.session import Part, Status
from tests.histories import (
    CRASH,
    LATE,
    THREADS,
    Court,
    adk,
    bare,
    bound,
    event,
    judged,
    labels_of,
    message,
    said,
    threads,
    without,
)

# --- pure functions -------------------------------------------------------------------------------


# --- the life of a session ------------------------------------------------------------------------


def test_unknown_session() -> None:
    """In a closed world an unknown session is absent; in an open one nobody knows."""
    key = (("ada",), "s1")
    assert World(THREADS).status(key) is Status.ABSENT
    assert World(THREADS, closed=False).status(key) is Status.UNCERTAIN
    assert World(THREADS).status(None) is Status.UNCERTAIN


@pytest.mark.parametrize(
    ("story", "status"),
    [
        ([threads.create("s1")], Status.LIVE),
        ([threads.create("s1", answer=threads.no(400))], Status.ABSENT),
        ([threads.create("s1", answer=CRASH)], Status.UNCERTAIN),
        ([threads.create("s1", answer=LATE)], Status.UNCERTAIN),
        ([threads.create("s1"), threads.delete("s1")], Status.GONE),
        ([threads.create("s1"), threads.delete("s1", answer=threads.no(400))], Status.LIVE),
        ([threads.create("s1"), threads.delete("s1", answer=CRASH)], Status.UNCERTAIN),
        ([threads.create("s1"), threads.delete("s1", answer=LATE)], Status.UNCERTAIN),
        ([threads.create("s1"), threads.say("s1", "hello", answer=LATE)], Status.UNCERTAIN),
        ([threads.create("s1"), threads.say("s1", "hello", answer=threads.no(400))], Status.LIVE),
        ([threads.create("s1"), threads.say("s1", "hello", answer=threads.no(404))], Status.UNCERTAIN),
        ([threads.create("s1"), threads.label("s1", {}, answer=bare(302))], Status.UNCERTAIN),
        ([threads.create("s1"), threads.delete("s1", answer=LATE), threads.get("s1")], Status.LIVE),
        ([threads.create("s1"), threads.delete("s1", answer=LATE), threads.messages("s1")], Status.LIVE),
        (
            [threads.create("s1"), threads.delete("s1", answer=LATE), threads.get("s1", answer=threads.no())],
            Status.GONE,
        ),
        (
            [threads.create("s1"), threads.delete("s1", answer=CRASH), threads.get("s1", answer=threads.no())],
            Status.GONE,
        ),
        ([threads.create("s1", answer=CRASH), threads.get("s1", answer=threads.no())], Status.UNCERTAIN),
        (
            [threads.create("s1"), threads.say("s1", "x", answer=LATE), threads.get("s1", answer=threads.no())],
            Status.UNCERTAIN,
        ),
        (
            [
                threads.create("s1"),
                threads.delete("s1", answer=LATE),
                threads.label("s1", {"a": 1}, answer=LATE),
                threads.get("s1", answer=threads.no()),
            ],
            Status.UNCERTAIN,
        ),
        ([threads.create("s1"), threads.delete("s1", answer=LATE), threads.get("s1", answer=LATE)], Status.UNCERTAIN),
        ([threads.create("s1"), threads.delete("s1", answer=LATE), threads.list("s1")], Status.UNCERTAIN),
        ([threads.create("s1"), threads.delete("s1", answer=LATE), threads.delete("s1")], Status.GONE),
        ([threads.create("s1"), threads.delete("s1", answer=LATE), threads.label("s1", {})], Status.UNCERTAIN),
        ([threads.create("s1"), threads.get("s1", answer=threads.no())], Status.UNCERTAIN),
        ([threads.create("s1"), threads.get("s1", answer=threads.no(400))], Status.LIVE),
        ([threads.create("s1"), threads.delete("s1"), threads.create("s1")], Status.LIVE),
        ([threads.create("s1"), threads.delete("s1"), threads.get("s1")], Status.LIVE),
        ([threads.get("s1")], Status.LIVE),
        ([threads.messages("s1")], Status.LIVE),
        ([threads.list("s1")], Status.UNCERTAIN),
        ([threads.create("s1"), threads.list()], Status.UNCERTAIN),
        ([threads.create("s1"), threads.list(answer=threads.no(400))], Status.LIVE),
        ([threads.say("s1", "hello")], Status.UNCERTAIN),
        ([threads.say("s1", "hello", answer=LATE)], Status.UNCERTAIN),
        ([threads.say("s1", "hello", answer=threads.no())], Status.ABSENT),
        ([threads.delete("s1")], Status.ABSENT),
    ],
)
def test_status(story: list[Exchange], status: Status) -> None:
    """What is known of a session's existence after each history."""
    assert judged(story).status("s1") is status


def test_first_word_of_a_list_is_not_the_last() -> None:
    """Where nothing but a list shows sessions, the list settles them."""
    profile = without(THREADS, Role.READ, Role.HISTORY)
    story = [threads.create("s1"), threads.delete("s1", answer=LATE), threads.list("s1")]
    assert judged(story, profile).status("s1") is Status.LIVE


def test_created_id_is_that_of_the_answer() -> None:
    """The id that the server made up names the session."""
    court = judged([adk.create_any("made up")])
    assert court.status("made up") is Status.LIVE


def test_owner_is_that_of_the_answer_if_the_request_names_none() -> None:
    """Where the credentials say whose session it is, the answer shows its owner."""
    court = judged([threads.create("s1")], bound(THREADS, Role.CREATE, owner=()))
    assert court.status("s1") is Status.LIVE
    assert court.session("s1").owner == ("ada",)


def test_session_is_listed_under_the_owner_that_the_list_shows() -> None:
    """Where a list does not name the owner, its sessions do."""
    profile = bound(THREADS, Role.LIST, owner=())
    story = [threads.create("s1"), threads.list("s1", threads.thread("s2", owner="bob"))]
    court = judged(story, profile)
    assert court.broken == []
    assert (court.status("s1"), court.status("s2", "bob")) == (Status.LIVE, Status.UNCERTAIN)
    assert court.status("s2") is Status.ABSENT


def test_accepted_create_without_an_id_is_forgotten() -> None:
    """A create whose answer names no id makes no session that anybody knows."""
    court = judged([threads.create_any("s1", answer=said(201, {}))])
    assert list(court.world.of_owner(None)) == []


def test_gone_session_leaves_a_hash() -> None:
    """Nothing of a deleted session is kept but a number, which its next create takes away."""
    court = judged([threads.create("s1", {"a": 1}), threads.get("s1", {"a": 1}), threads.delete("s1")])
    world = court.world
    assert court.status("s1") is Status.GONE
    assert world.get(court.key("s1", "ada")) is None
    assert list(world.of_owner(None)) == []
    assert world._by_id == {}
    assert world._gone == {hash(court.key("s1", "ada"))}
    court.tell(threads.create("s1"))
    assert world._gone == set()


def test_one_id_under_two_owners() -> None:
    """Two sessions of one id know of each other, and end alone."""
    court = judged([threads.create("s1"), threads.create("s1", owner="bob")])
    ada, bob = court.key("s1", "ada"), court.key("s1", "bob")
    assert court.world.elsewhere(ada) == bob
    assert court.world.elsewhere(bob) == ada
    assert [each.owner for each in court.world.of_owner(("bob",))] == [("bob",)]
    court.tell(threads.delete("s1"))
    assert court.status("s1") is Status.GONE
    assert court.status("s1", "bob") is Status.LIVE
    assert court.world.elsewhere(bob) is None


def test_uncertain_session_is_not_elsewhere() -> None:
    """A session of another owner that may be gone is none."""
    court = judged([threads.create("s1"), threads.delete("s1", answer=LATE)])
    assert court.world.elsewhere(court.key("s1", "bob")) is None


def test_sessions_of_an_api_without_owners() -> None:
    """Where a call does not name the owner, ids name sessions by themselves."""
    bindings = tuple(
        each if each.role in (Role.CREATE, Role.LIST) else replace(each, owner=()) for each in THREADS.bindings
    )
    profile = replace(THREADS, bindings=bindings)
    court = judged([threads.create("s1"), threads.get("s1", owner="bob")], profile)
    assert court.broken == []
    assert court.world.status(((), "s1")) is Status.LIVE
    assert [each.id for each in court.world.of_owner(("ada",))] == ["s1"]


def test_creates_that_nobody_can_name() -> None:
    """Creates that failed or were lost are counted by owner, unless they chose an id."""
    world = judged(
        [
            threads.create_any("?", answer=CRASH),
            threads.create_any("?", answer=LATE),
            threads.create_any("?", answer=threads.no(400)),
            threads.create("s1", answer=LATE),
        ]
    ).world
    assert world.unsettled_creates(("ada",)) == 2
    assert world.unsettled_creates(("bob",)) == 0


# --- what is remembered ---------------------------------------------------------------------------


# --- what is forgotten ----------------------------------------------------------------------------


@pytest.mark.uncompiled
def test_too_many_writes_are_unknown_never_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more writes than are remembered nobody is blamed for anything; the next read makes the part known again."""
    monkeypatch.setattr("conformance.session.MAX_WRITES", 4)
    court = Court(THREADS)
    court.tell(threads.create("s1", {"first": 1}))
    court.tell(*(threads.label("s1", {f"key{number}": number}) for number in range(6)))
    court.tell(threads.get("s1", {"anything": "else"}))
    assert court.broken == []
    court.tell(threads.get("s1", {"anything": "new"}))
    assert court.broken == ["existence/reading-changes-nothing · search_threads · labels"]


@pytest.mark.uncompiled
def test_too_many_runs_are_unknown_never_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more runs than are remembered an earlier item may be gone."""
    monkeypatch.setattr("conformance.session.MAX_WRITES", 2)
    court = Court(THREADS)
    court.tell(threads.create("s1"), threads.messages("s1"), *(threads.say("s1", "hello") for _ in range(4)))
    court.tell(threads.messages("s1", message("a"), message("b")))
    assert court.broken == []


@pytest.mark.uncompiled
def test_too_many_sessions_are_uncertain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more sessions than are known the oldest become uncertain: nobody is blamed for them any more."""
    monkeypatch.setattr(model, "MAX_SESSIONS", 2)
    court = judged([threads.create(f"s{number}") for number in range(3)])
    assert [court.status(f"s{number}") for number in range(3)] == [Status.UNCERTAIN, Status.LIVE, Status.LIVE]
    court.tell(threads.list("s1", "s2"), threads.get("s0", answer=threads.no()), threads.get("never", {"a": 1}))
    assert court.broken == []


def test_session_that_was_deleted_stays_gone_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deleted session takes no place, and its hash is not forgotten."""
    monkeypatch.setattr(model, "MAX_SESSIONS", 2)
    court = judged([threads.create("s0"), threads.delete("s0"), *(threads.create(f"s{n}") for n in range(1, 5))])
    assert court.status("s0") is Status.GONE


def test_run_that_appends_is_settled_by_its_read() -> None:
    """Only a reading role clears the writes; the history of an answer that is no read leaves them open."""
    court = judged([adk.create("s1"), adk.run("s1", "hello", event("r1"))])
    assert len(court.session("s1").parts[HISTORY].writes) == 2
    court.tell(adk.patch("s1", {"a": 1}, {"a": 1}, event("u1"), event("r1")))
    assert len(court.session("s1").parts[HISTORY].writes) == 3
    court.tell(adk.get("s1", {"a": 1}, event("u1"), event("r1"), event("e1")))
    assert [part.writes for part in court.session("s1").parts.values()] == [(), ()]


@pytest.mark.parametrize(
    "big", ["x" * 300_000, {f"k{number}": number for number in range(20_000)}], ids=["text", "many"]
)
def test_a_part_that_is_too_large_becomes_unknown(big: Any) -> None:
    """What is too large to be remembered is judged when it is seen, and then unknown: no later look differs from it."""
    court = judged([threads.create("s1", {"a": 1}), threads.get("s1", {"a": 1, "b": big})])
    assert len(court.broken) == 1
    (found,) = court.world.of_owner(None)
    assert labels_of(found) == Part({}, moment=labels_of(found).moment)
    court.tell(threads.get("s1", {"a": 2}))
    assert len(court.broken) == 1
    court.tell(threads.get("s1", {"a": 3}))
    assert len(court.broken) == 2


@pytest.mark.uncompiled
def test_a_crowd_of_strangers_makes_the_world_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more sessions than can be known the oldest are forgotten, all at once."""
    monkeypatch.setattr(model, "MAX_SESSIONS", 50)
    court = judged([threads.create("s1"), threads.list(*[f"x{number}" for number in range(200)])])
    assert len(list(court.world.of_owner(None))) == 50
    assert court.status("s1") is Status.UNCERTAIN
