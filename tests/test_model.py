"""What a session is: pure functions from session to session, and the world that indexes sessions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance import model
from conformance.exchange import Exchange, Failure
from conformance.expressions import MISSING
from conformance.model import Call, Key, World
from conformance.profile import HISTORY, Merge, Profile, Role
from conformance.profile_file import load
from conformance.reader import Reader
from conformance.session import Part, Session, Status, created, echoed, empty, merged, seen, written
from conformance.step import Outcome, Snapshot, Step
from tests.histories import (
    ADK,
    CRASH,
    LATE,
    THREADS,
    Court,
    adk,
    bare,
    bound,
    event,
    exchange,
    judged,
    message,
    said,
    threads,
    without,
)


def step_of(exchange: Exchange, profile: Profile = THREADS) -> Step:
    """The step that an exchange is."""
    return Reader(profile).read(exchange)


def session(labels: Any = None, whole: bool = False, **fields: Any) -> Session:
    """A session with labels and an unknown history."""
    parts = {"labels": Part({} if labels is None else labels, whole), HISTORY: Part([])}
    return Session("s1", ("ada",), parts, **fields)


def author(court: Court, text: str, key: Key, since: int = 0) -> Call | None:
    """The write that sent a string to another session than this one."""
    return next((call for _, call in court.world.authors([text], key, since)), None)


def labels_of(found: Session) -> Part:
    """The labels of a session."""
    return found.parts["labels"]


# --- pure functions -------------------------------------------------------------------------------


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


def test_refused_call() -> None:
    """The last refused write that named a missing session is remembered until a read finds it missing."""
    court = judged([threads.say("s1", "hello", answer=threads.no()), threads.label("s1", {}, answer=threads.no())])
    found = court.world.refused_call(court.key("s1", "ada"))
    assert found is not None
    assert (found.role, found.outcome) == (Role.ENRICH, Outcome.REFUSED)
    court.tell(threads.get("s1", answer=threads.no()))
    assert court.world.refused_call(court.key("s1", "ada")) is None


def test_refused_delete_of_a_missing_session_is_not_remembered() -> None:
    """A delete makes no session, whatever came of it."""
    court = judged([threads.delete("s1", answer=threads.no())])
    assert court.world.refused_call(court.key("s1", "ada")) is None


def test_calls_elsewhere() -> None:
    """Writes to other sessions since a moment, the latest first; reads are none."""
    court = judged([threads.create("s1"), threads.create("s2"), threads.get("s2"), threads.label("s2", {"a": 1})])
    calls = list(court.world.calls_elsewhere(court.key("s1", "ada"), 0))
    assert [(call.operation, call.moment) for call in calls] == [("label_thread", 4), ("create_thread", 2)]
    assert [call.moment for call in court.world.calls_elsewhere(court.key("s1", "ada"), 2)] == [4]


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


def test_author_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A string that went to very many sessions tells nothing."""
    monkeypatch.setattr(model, "MAX_AUTHORS", 2)
    court = judged([threads.create(f"s{number}", {"a": "marker-1"}) for number in range(3)])
    assert author(court, "marker-1", court.key("s9", "ada")) is None


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
    assert model.distinctive(text) is tells


def test_refused_write_is_an_author_as_well() -> None:
    """A refused write may leave its value in another session."""
    court = judged([threads.create("s1"), threads.label("s1", {"a": "marker-1"}, answer=threads.no(400))])
    found = author(court, "marker-1", court.key("s9", "ada"))
    assert found is not None
    assert found.outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("later", "like"),
    [
        (threads.label("s1", {"a": "another long value"}), True),
        (threads.label("s1", {"a": "tiny"}), False),
        (threads.label("s1", {"a": 7}), False),
        (threads.label("s1", {"b": "another long value"}), False),
        (threads.label("s1", {"a": "another long value", "b": 1}), False),
        (threads.say("s1", "a long value"), False),
    ],
)
def test_accepted_like(later: Exchange, like: bool) -> None:
    """A request is like another if it differs in distinctive strings only."""
    court = judged([threads.create("s1"), threads.create("s2"), threads.label("s1", {"a": "a long value"})])
    assert court.world.accepted_like(step_of(later)) is like


def test_refused_request_is_no_precedent() -> None:
    """Only what was accepted is remembered."""
    court = judged([threads.create("s1"), threads.label("s1", {"a": 1}, answer=threads.no(400))])
    assert not court.world.accepted_like(step_of(threads.label("s1", {"a": 1})))


def test_request_without_a_role_teaches_nothing() -> None:
    """An operation that the profile does not bind only takes time."""
    court = judged([exchange("GET", "/somewhere", None, said(200))], ADK)
    assert court.world.clock == 1
    assert list(court.world.of_owner(None)) == []


# --- what is forgotten ----------------------------------------------------------------------------


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


def test_too_many_runs_are_unknown_never_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more runs than are remembered an earlier item may be gone."""
    monkeypatch.setattr("conformance.session.MAX_WRITES", 2)
    court = Court(THREADS)
    court.tell(threads.create("s1"), threads.messages("s1"), *(threads.say("s1", "hello") for _ in range(4)))
    court.tell(threads.messages("s1", message("a"), message("b")))
    assert court.broken == []


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


def test_too_many_strings_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A string that was forgotten tells nobody's session any more."""
    monkeypatch.setattr(model, "MAX_REMEMBERED", 2)
    court = judged([threads.create("s1", {"a": "marker one 1", "b": "marker two 2", "c": "marker three 3"})])
    assert author(court, "marker one 1", court.key("s9", "ada")) is None
    assert author(court, "marker three 3", court.key("s9", "ada")) is not None
    court.tell(threads.create("s2", {"a": "marker one 1", "b": "marker four 4"}))
    assert author(court, "marker one 1", court.key("s9", "ada")) is None
    assert author(court, "marker four 4", court.key("s9", "ada")) is not None


def test_too_many_refused_ids_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many ids that refused calls named are remembered, the latest ones."""
    monkeypatch.setattr(model, "MAX_REMEMBERED", 2)
    court = judged([threads.say(f"s{number}", "hello", answer=threads.no()) for number in range(3)])
    known = [court.world.refused_call(court.key(f"s{number}", "ada")) is not None for number in range(3)]
    assert known == [False, True, True]


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


def test_a_crowd_of_strangers_makes_the_world_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more sessions than can be known the oldest are forgotten, all at once."""
    monkeypatch.setattr(model, "MAX_SESSIONS", 50)
    court = judged([threads.create("s1"), threads.list(*[f"x{number}" for number in range(200)])])
    assert len(list(court.world.of_owner(None))) == 50
    assert court.status("s1") is Status.UNCERTAIN


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
