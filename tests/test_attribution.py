"""Which of the writes since a session was last seen can have caused what is seen now? The order of blame.

Each history ends in the step that is examined. Where two causes fit, the one that is documented first is blamed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.attribution import examine
from conformance.causes import NOTHING, Cause, Change, Examination
from conformance.exchange import Failure
from conformance.expressions import MISSING
from conformance.profile import ItemShape, Role
from conformance.values import every_kind
from tests.histories import (
    CRASH,
    LATE,
    THREADS,
    Story,
    adk,
    bare,
    event,
    judged,
    message,
    profile_of,
    said,
    threads,
    without,
)

LEAKED = "marker-of-two-2"
BAD = threads.no(400)

USER, AGENT = message("u1", "hello", "user"), message("r1", "good day")


def examined(story: Story, closed: bool = True, profile: Any = None) -> Examination:
    """What comes of examining the last step of a history."""
    court = judged(story[:-1], profile or profile_of(story), closed)
    return examine(court.world, court.judge.reader.read(story[-1]))


def blamed(story: Story) -> list[tuple[Cause, str | None]]:
    """Each difference that the last step shows: its cause, and the operation to blame."""
    return [(change.cause, change.operation) for change in examined(story).changes]


def looked(story: Story) -> set[Any]:
    """The causes that the last step puts to the test without a difference."""
    found = examined(story)
    assert found.changes == ()
    return set(found.looked)


def known(labels: Any, *more: Any) -> Story:
    """A session whose labels were read, and what happens then."""
    return [threads.create("s1", labels), threads.get("s1", labels), *more]


def talked(*more: Any) -> Story:
    """A session whose history was read after a run, and what happens then."""
    return [threads.create("s1"), threads.say("s1", "hello", AGENT), threads.messages("s1", USER, AGENT), *more]


# --- attributes: one cause, the first that fits ---------------------------------------------------


def test_leak_before_enrichment() -> None:
    """1 before 2: a value of another session under a key that an enrichment wrote is a leak."""
    story = known({}, threads.create("s2", {"x": LEAKED}), threads.label("s1", {"a": "mine"}))
    assert blamed([*story, threads.get("s1", {"a": LEAKED})]) == [(Cause.LEAK, "create_thread")]


def test_leak_before_refused_write() -> None:
    """1 before 3: a value that was written to another session only, though a refused write was on the way."""
    story = known({}, threads.create("s2", {"x": LEAKED}), threads.label("s1", {"b": 1}, answer=BAD))
    assert blamed([*story, threads.get("s1", {"b": LEAKED})]) == [(Cause.LEAK, "create_thread")]


def test_leak_of_a_refused_write() -> None:
    """1: also a value that another session's refused write carried is a leak."""
    story = known({}, threads.create("s2"), threads.label("s2", {"x": LEAKED}, answer=BAD))
    assert blamed([*story, threads.get("s1", {"x": LEAKED})]) == [(Cause.LEAK, "label_thread")]


def test_leak_deep_inside() -> None:
    """1: a leaked string is found wherever it stands."""
    story = known({}, threads.create("s2", {"x": LEAKED}))
    assert blamed([*story, threads.get("s1", {"y": {"z": [1, {"w": LEAKED}]}})]) == [(Cause.LEAK, "create_thread")]


def test_no_leak_of_what_was_written_to_both() -> None:
    """1: a value that was written to this session as well proves no leak."""
    story = [*known({"a": LEAKED}), threads.create("s2", {"x": LEAKED}), threads.label("s1", {"b": 1})]
    assert blamed([*story, threads.get("s1", {"a": LEAKED, "b": LEAKED})]) == [(Cause.ENRICH, "label_thread")]


def test_leak_of_what_was_sent_elsewhere_twice() -> None:
    """1: a value that went to two other sessions, and never to this one, is a leak of the write that was accepted."""
    story = known({"x": "first"}, threads.create("s2"), threads.say("s3", LEAKED, answer=threads.no()))
    story = [*story, threads.label("s2", {"x": LEAKED}), threads.label("s3", {"x": LEAKED}, answer=threads.no())]
    assert blamed([*story, threads.get("s1", {"x": LEAKED})]) == [(Cause.LEAK, "label_thread")]


def test_leak_of_all_that_was_sent_together() -> None:
    """1: short values that were sent with a leaked string, under the same keys, leaked with it."""
    story = known({"n": 1}, threads.create("s2"), threads.label("s1", {"b": "mine"}))
    story = [*story, threads.label("s2", {"x": LEAKED, "n": 7, "flag": True})]
    leaked = {"n": 7, "b": "mine", "x": LEAKED, "flag": True}
    assert blamed([*story, threads.get("s1", leaked)]) == [(Cause.LEAK, "label_thread")] * 3


def test_leak_under_a_key_that_was_never_written() -> None:
    """1: what nobody wrote here, and a write to another session sent under the very key, is a leak however short."""
    story = known({"b": 1}, threads.create("s2"), threads.label("s2", {"n": 7}), threads.label("s1", {"b": 2}))
    assert blamed([*story, threads.get("s1", {"b": 2, "n": 7})]) == [(Cause.LEAK, "label_thread")]
    assert blamed([*story, threads.get("s1", {"b": 2, "n": 8})]) == [(Cause.ENRICH_REST, "label_thread")]
    assert blamed([*story, threads.get("s1", {"b": 2, "m": 7})]) == [(Cause.ENRICH_REST, "label_thread")]


def test_no_leak_of_a_short_value_under_a_key_that_was_written() -> None:
    """1: where both sessions were sent the key, a short value proves nothing."""
    story = known({}, threads.create("s2"), threads.label("s2", {"n": 7}), threads.label("s1", {"n": 2}))
    assert blamed([*story, threads.get("s1", {"n": 7})]) == [(Cause.ENRICH, "label_thread")]


def test_no_leak_of_a_short_value() -> None:
    """1: a short value may stand anywhere."""
    story = known({}, threads.create("s2", {"x": "blue"}), threads.label("s1", {"a": "red"}))
    assert blamed([*story, threads.get("s1", {"a": "blue"})]) == [(Cause.ENRICH, "label_thread")]


@pytest.mark.parametrize("word", ["continue", "Hello there!", "step 2", "a value of another session"])
def test_no_leak_of_common_words(word: str) -> None:
    """1: a string that is short, or has no digit in it, may stand anywhere."""
    story = known({}, threads.create("s2", {"x": word}), threads.label("s1", {"a": "red"}))
    assert blamed([*story, threads.get("s1", {"a": word})]) == [(Cause.ENRICH, "label_thread")]


def test_enrichment_before_creation() -> None:
    """2 before 4: the enrichment wrote the key after the creation."""
    story = [threads.create("s1", {"a": 1}), threads.label("s1", {"a": 2})]
    assert blamed([*story, threads.get("s1", {"a": 1})]) == [(Cause.ENRICH, "label_thread")]


def test_enrichment_before_run() -> None:
    """2 before 5: the key was written by the enrichment, though a run came after it."""
    story = known({}, threads.label("s1", {"a": 2}), threads.say("s1", "hello"))
    found = examined([*story, threads.get("s1", {})]).changes
    assert [(change.cause, change.operation, change.others) for change in found] == [
        (Cause.ENRICH, "label_thread", {"say_in_thread"})
    ]


def test_enrichment_before_another_enrichment() -> None:
    """2 before 6: the first enrichment wrote the key, the second did not."""
    story = known({}, threads.label("s1", {"a": 1}), threads.label("s1", {"b": 2}))
    assert blamed([*story, threads.get("s1", {"b": 2})]) == [(Cause.ENRICH, "label_thread")]


@pytest.mark.parametrize(
    ("answer", "cause"), [(BAD, Cause.REFUSED_ENRICH), (threads.no(409), Cause.REFUSED_ENRICH), (CRASH, Cause.FAILED)]
)
def test_write_without_success_before_creation(answer: Any, cause: Cause) -> None:
    """3 before 4: what is seen is what the refused or failed write carried."""
    story = [threads.create("s1", {"a": 1}), threads.label("s1", {"a": 2}, answer=answer)]
    assert blamed([*story, threads.get("s1", {"a": 2})]) == [(cause, "label_thread")]


@pytest.mark.parametrize(("answer", "cause"), [(BAD, Cause.REFUSED_ENRICH), (CRASH, Cause.FAILED)])
def test_write_without_success_before_run(answer: Any, cause: Cause) -> None:
    """3 before 5: what is seen is what the refused or failed write carried, though a run came after it."""
    story = known({}, threads.label("s1", {"a": 2}, answer=answer), threads.say("s1", "hello"))
    assert blamed([*story, threads.get("s1", {"a": 2})]) == [(cause, "label_thread")]


def test_the_refused_write_that_carried_it() -> None:
    """3: of two writes without success, the one that carried what is seen is blamed."""
    story = known({}, threads.create("s1", {"a": 1}, answer=threads.no(409)), threads.label("s1", {"b": 1}, answer=BAD))
    assert blamed([*story, threads.get("s1", {"a": 1})]) == [(Cause.DUPLICATE, "create_thread")]
    assert blamed([*story, threads.get("s1", {"b": 1})]) == [(Cause.REFUSED_ENRICH, "label_thread")]
    story = known({}, threads.label("s1", {"a": 1}, answer=CRASH), threads.label("s1", {"b": 1}, answer=BAD))
    assert blamed([*story, threads.get("s1", {"a": 1})]) == [(Cause.FAILED, "label_thread")]


def test_creation_if_the_refused_write_did_not_carry_it() -> None:
    """4 before 7: what is seen is neither what was given nor what was refused."""
    story = [threads.create("s1", {"a": 1}), threads.label("s1", {"a": 2}, answer=BAD)]
    found = examined([*story, threads.get("s1", {"a": 3})]).changes
    assert [(change.cause, change.operation, change.others) for change in found] == [
        (Cause.CREATE, "create_thread", {"label_thread"})
    ]


def test_creation_before_run() -> None:
    """4 before 5: the key was given at creation, and never seen since."""
    story = [threads.create("s1", {"a": 1}), threads.say("s1", "hello")]
    found = examined([*story, threads.get("s1", {})]).changes
    assert [(change.cause, change.others) for change in found] == [(Cause.CREATE, {"say_in_thread"})]


def test_creation_before_enrichment_of_other_keys() -> None:
    """4 before 6: the key was given at creation, and an enrichment wrote another one; both may be to blame."""
    story = [threads.create("s1", {"a": 1}), threads.label("s1", {"b": 2})]
    found = examined([*story, threads.get("s1", {"b": 2})]).changes
    assert [(change.cause, change.others) for change in found] == [(Cause.CREATE, {"label_thread"})]


def test_creation_before_a_write_elsewhere() -> None:
    """4 before 9: the key was given at creation, and another session was written since."""
    story = [threads.create("s1", {"a": 1}), threads.create("s2"), threads.label("s2", {"b": 2})]
    assert blamed([*story, threads.get("s1", {})]) == [(Cause.CREATE, "create_thread")]


def test_run_before_enrichment_of_other_keys() -> None:
    """5 before 6: neither wrote the key."""
    story = known({"a": 1}, threads.say("s1", "hello"), threads.label("s1", {"b": 2}))
    found = examined([*story, threads.get("s1", {"b": 2})]).changes
    assert [(change.cause, change.operation, change.others) for change in found] == [
        (Cause.RUN_ATTRIBUTES, "say_in_thread", {"label_thread"})
    ]


def test_run_before_refused_write() -> None:
    """5 before 7: an accepted run rather than a refused enrichment."""
    story = known({"a": 1}, threads.say("s1", "hello"), threads.label("s1", {"b": 2}, answer=BAD))
    assert blamed([*story, threads.get("s1", {})]) == [(Cause.RUN_ATTRIBUTES, "say_in_thread")]


def test_enrichment_of_other_keys_before_refused_write() -> None:
    """6 before 7: an accepted enrichment rather than a refused run."""
    story = known({"a": 1}, threads.label("s1", {"b": 2}), threads.say("s1", "hello", answer=BAD))
    assert blamed([*story, threads.get("s1", {"b": 2})]) == [(Cause.ENRICH_REST, "label_thread")]


def test_enrichment_of_other_keys_before_failed_write() -> None:
    """6 before 8: the failed run is not blamed where an enrichment may be, and in doubt neither is that."""
    story = known({"a": 1}, threads.label("s1", {"b": 2}), threads.say("s1", "hello", answer=CRASH))
    assert blamed([*story, threads.get("s1", {"b": 2})]) == []
    assert blamed([*story[:-2], story[-1], threads.get("s1", {})]) == [(Cause.FAILED, "say_in_thread")]
    assert blamed([*story[:-1], threads.get("s1", {"b": 2})]) == [(Cause.ENRICH_REST, "label_thread")]


@pytest.mark.parametrize(
    ("write", "cause"),
    [
        (threads.create("s1", answer=threads.no(409)), Cause.DUPLICATE),
        (threads.say("s1", "hello", answer=BAD), Cause.REFUSED_RUN),
        (threads.label("s1", {"b": 1}, answer=BAD), Cause.REFUSED_ENRICH),
        (threads.delete("s1", answer=BAD), Cause.REFUSED_DELETE),
        (threads.label("s1", {"b": 1}, answer=CRASH), Cause.FAILED),
        (threads.delete("s1", answer=CRASH), Cause.FAILED),
    ],
)
def test_write_without_success_before_a_write_elsewhere(write: Any, cause: Cause) -> None:
    """7 and 8 before 9: a write to this session that had no success, rather than one to another session."""
    story = known({"a": 1}, write, threads.create("s2"))
    assert [each[0] for each in blamed([*story, threads.get("s1", {})])] == [cause]


@pytest.mark.parametrize("failure", list(Failure))
def test_lost_write_blames_nobody(failure: Failure) -> None:
    """8: a lost write proves nothing, though another session was written since."""
    story = known({"a": 1}, threads.label("s1", {"b": 1}, answer=failure), threads.create("s2"))
    for shown in ({}, {"a": 1}, {"a": 1, "b": 1}, {"b": 1}):
        assert blamed([*story, threads.get("s1", shown)]) == []


@pytest.mark.parametrize("answer", [CRASH, LATE, bare(302), threads.no()])
@pytest.mark.parametrize("shown", [{}, {"a": 2}, {"a": 1, "b": 9}, {"a": 1, "c": 3}])
def test_read_in_doubt_blames_only_failed_writes(answer: Any, shown: Any) -> None:
    """What a read shows of an uncertain session is blamed on nobody, unless a failed write is to blame."""
    story = known({"a": 1}, threads.label("s1", {"b": 2}), threads.say("s1", "hello", answer=answer))
    assert {each[0] for each in blamed([*story, threads.get("s1", shown)])} <= {Cause.FAILED}
    assert blamed([*story[:-1], threads.get("s1", shown)]) != []


def test_lost_write_may_land_after_a_read() -> None:
    """A write that was lost may be applied between two later reads; after one that failed nothing may change."""
    for answer, expected in ((LATE, []), (CRASH, [(Cause.READ, None)])):
        story = known({}, threads.label("s1", {"a": 1}, answer=answer), threads.get("s1"))
        assert blamed([*story, threads.get("s1", {"a": 1})]) == expected


@pytest.mark.parametrize("shown", [{}, {"b": 1}, {"a": 1, "b": 1}, {"a": 1, "c": 3}])
def test_odd_answer_is_no_refusal(shown: Any) -> None:
    """8: a redirected write may be applied, also where a look at the history said that the session is there."""
    for answer, blame in ((bare(302), False), (BAD, True)):
        story = known({"a": 1}, threads.label("s1", {"b": 1}, answer=answer), threads.messages("s1"))
        assert bool(blamed([*story, threads.get("s1", shown)])) is blame


@pytest.mark.parametrize(
    ("story", "cause"),
    [
        (known({"a": 1}, threads.label("s1", {"a": 1})), Cause.REPEATED),
        ([threads.create("s1", {"a": 1}), threads.label("s1", {"a": 1})], Cause.ENRICH),
        (known({"a": 1}, threads.say("s1", "hello"), threads.label("s1", {"a": 1})), Cause.ENRICH),
    ],
)
def test_repeated_enrichment(story: Story, cause: Cause) -> None:
    """An enrichment repeats only what a read had shown, with no write since: an echo and pending writes do not do."""
    assert blamed([*story, threads.get("s1", {"a": 2})]) == [(cause, "label_thread")]


def test_old_value_of_a_deleted_session_only() -> None:
    """What was written under the id before its creation comes from the deleted session, if there was one."""
    begin = [threads.create("s1", {"a": LEAKED}), threads.delete("s1"), threads.create("s1")]
    assert blamed([*begin, threads.get("s1", {"a": LEAKED})]) == [(Cause.RECREATED, "create_thread")]
    begin = [threads.create("s1", {"a": LEAKED}, answer=BAD), threads.create("s1")]
    assert Cause.RECREATED not in {each[0] for each in blamed([*begin, threads.get("s1", {"a": LEAKED})])}


def test_answer_outside_of_http_blames_nobody() -> None:
    """8: a redirect is neither a success nor a refusal."""
    story = known({"a": 1}, threads.label("s1", {"b": 1}, answer=bare(302)))
    assert blamed([*story, threads.get("s1", {})]) == []


@pytest.mark.parametrize(
    ("write", "cause"),
    [
        (threads.create("s2"), Cause.ELSEWHERE),
        (threads.label("s2", {"b": 1}), Cause.ELSEWHERE),
        (threads.say("s2", "hello"), Cause.ELSEWHERE),
        (threads.delete("s2"), Cause.DELETE_ELSEWHERE),
        (threads.create("s1", owner="bob"), Cause.FOREIGN),
        (threads.label("s1", {"b": 1}, owner="bob", answer=threads.no()), Cause.FOREIGN),
        (threads.delete("s1", owner="bob", answer=threads.no()), Cause.FOREIGN),
    ],
)
def test_write_elsewhere_before_reading(write: Any, cause: Cause) -> None:
    """9 before 10: another session was written since; one of the same id is told apart, and so is a delete."""
    assert [each[0] for each in blamed(known({"a": 1}, write, threads.get("s1", {})))] == [cause]


def test_reading() -> None:
    """10: nothing at all was written since."""
    assert blamed(known({"a": 1}, threads.get("s1", {}))) == [(Cause.READ, None)]


def test_write_before_the_last_read_is_settled() -> None:
    """10: what was written before the last read has been seen."""
    story = [threads.create("s1"), threads.create("s2"), threads.label("s1", {"a": 1}), threads.get("s1", {"a": 1})]
    assert blamed([*story, threads.get("s1", {})]) == [(Cause.READ, None)]


def test_read_of_one_part_does_not_settle_another() -> None:
    """A look at the history leaves the attributes as open as before."""
    story = [threads.create("s1", {"a": 1}), threads.messages("s1")]
    assert blamed([*story, threads.get("s1", {})]) == [(Cause.CREATE, "create_thread")]


def test_each_key_is_judged_on_its_own() -> None:
    """Two keys that differ may have two causes."""
    story = [threads.create("s1", {"a": 1, "c": 3}), threads.label("s1", {"b": 2})]
    assert blamed([*story, threads.get("s1", {"a": 9, "b": 9, "c": 3})]) == [
        (Cause.CREATE, "create_thread"),
        (Cause.ENRICH, "label_thread"),
    ]


def test_places_and_kinds() -> None:
    """A difference names its part, its place, and what was expected and seen there."""
    story = known({"a": 1}, threads.label("s1", {"b": {"x": 1}}))
    found = examined([*story, threads.get("s1", {"a": 1, "b": {"x": 2}, "c": None})]).changes
    assert found[0] == Change(Cause.ENRICH, "labels", "labels/b", {"x": 1}, {"x": 2}, "label_thread")
    found = examined([*story, threads.get("s1", {"a": 1, "b": {"x": 1}, "c": 3})]).changes
    assert found == (Change(Cause.ENRICH_REST, "labels", "labels/c", MISSING, 3, "label_thread"),)


def test_unknown_part_is_not_compared() -> None:
    """Of a session that was never seen whole only what was written is expected."""
    profile = without(THREADS, Role.READ)
    story = [threads.create("s1", answer=said(201, {"thread": {"thread_id": "s1"}})), threads.label("s1", {"b": 2})]
    found = examined([*story, threads.list(threads.thread("s1", {"a": 7, "z": 0}))], profile=profile).changes
    assert [(change.cause, change.place) for change in found] == [(Cause.ENRICH, "labels/b")]


# --- ambiguous blame ------------------------------------------------------------------------------


def test_others_are_all_writes_since() -> None:
    """The operations that may be to blame as well: every other write since, its creation aside."""
    story = known({}, threads.label("s1", {"a": 1}), threads.say("s1", "x"), threads.delete("s1", answer=BAD))
    (change,) = examined([*story, threads.get("s1", {})]).changes
    assert change.operation == "label_thread"
    assert change.others == {"say_in_thread", "delete_thread"}


def test_nobody_else_is_in_doubt() -> None:
    """A single write is to blame for sure."""
    (change,) = examined(known({}, threads.label("s1", {"a": 1}), threads.get("s1", {}))).changes
    assert change.others == frozenset()


def test_read_in_between_takes_the_doubt_away() -> None:
    """A write that was seen to be right is in no doubt."""
    story = known({}, threads.say("s1", "x"), threads.get("s1", {}), threads.label("s1", {"a": 1}))
    (change,) = examined([*story, threads.get("s1", {})]).changes
    assert change.others == frozenset()


# --- histories ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["caf\u00e9", "before\0after", "a\ud800b", "long " * 300])
def test_awkward_message_has_to_stand_in_the_history(text: str) -> None:
    """A message that is awkward in one way is looked for; what mangles plain messages too is not to blame for that."""
    story = talked(threads.say("s1", text, message("r2", "fine")))
    kept = examined([*story, threads.messages("s1", USER, AGENT, message("u2", text, "user"), message("r2", "fine"))])
    assert kept.changes == ()
    assert kept.awkward == every_kind(text)
    mangled = message("u2", "something else", "user")
    (change,) = examined([*story, threads.messages("s1", USER, AGENT, mangled, message("r2", "fine"))]).changes
    assert {change.cause} == every_kind(text)
    assert (change.operation, change.others) == ("say_in_thread", {"say_in_thread"})


def test_message_that_is_awkward_in_two_ways_is_not_looked_for() -> None:
    """Which of them was too much cannot be told."""
    story = talked(threads.say("s1", "caf\u00e9\0", message("r2", "fine")))
    found = examined([*story, threads.messages("s1", USER, AGENT, message("u2", "x", "user"), message("r2", "fine"))])
    assert (found.changes, found.awkward) == ((), frozenset())


def test_leak_in_the_history() -> None:
    """1: a new item holds what was said to another session only."""
    story = talked(threads.create("s2"), threads.say("s2", LEAKED))
    assert blamed([*story, threads.messages("s1", USER, AGENT, message("x", LEAKED))]) == [
        (Cause.LEAK, "say_in_thread")
    ]


@pytest.mark.parametrize(
    ("shown", "cause", "place"),
    [
        ([USER, AGENT], Cause.RUN_APPENDS, "history"),
        ([USER, AGENT, message("u2")], Cause.RUN_ANSWER, "history"),
        ([USER, message("u2"), message("r2")], Cause.RUN_KEEPS, "history/1"),
        ([message("u2"), message("r2"), USER, AGENT], Cause.RUN_KEEPS, "history/0"),
        ([], Cause.RUN_KEEPS, "history/0"),
    ],
)
def test_run(shown: list[Any], cause: Cause, place: str) -> None:
    """5: a run appended nothing, did not keep its answer, or lost, moved or changed earlier items."""
    story = talked(threads.say("s1", "again", message("r2")))
    (change,) = examined([*story, threads.messages("s1", *shown)]).changes
    assert (change.cause, change.operation, change.place) == (cause, "say_in_thread", place)


def test_run_before_enrichment_in_the_history() -> None:
    """5 before 6: an item is gone, and both may be to blame."""
    story = talked(threads.say("s1", "again", message("r2")), threads.label("s1", {"a": 1}))
    (change,) = examined([*story, threads.messages("s1")]).changes
    assert (change.cause, change.others) == (Cause.RUN_KEEPS, {"label_thread"})


def test_enrichment_before_refused_write_in_the_history() -> None:
    """6 before 7: an item is gone after an accepted enrichment and a refused run."""
    story = talked(threads.label("s1", {"a": 1}), threads.say("s1", "again", answer=BAD))
    (change,) = examined([*story, threads.messages("s1")]).changes
    assert (change.cause, change.others) == (Cause.ENRICH_HISTORY, {"say_in_thread"})


@pytest.mark.parametrize(
    ("write", "cause"),
    [
        (threads.create("s1", answer=threads.no(409)), Cause.DUPLICATE),
        (threads.say("s1", "again", answer=BAD), Cause.REFUSED_RUN),
        (threads.label("s1", {"b": 1}, answer=BAD), Cause.REFUSED_ENRICH),
        (threads.delete("s1", answer=BAD), Cause.REFUSED_DELETE),
        (threads.say("s1", "again", answer=CRASH), Cause.FAILED),
        (threads.create("s2"), Cause.ELSEWHERE),
        (threads.create("s1", owner="bob"), Cause.FOREIGN),
        (threads.get("s1"), Cause.READ),
    ],
)
@pytest.mark.parametrize("shown", [[], [USER], [USER, AGENT, message("x")], [AGENT, USER]])
def test_history_without_an_accepted_write(write: Any, cause: Cause, shown: list[Any]) -> None:
    """7 to 10: items were lost, added or moved, and no write to this session had success."""
    assert [each[0] for each in blamed(talked(write, threads.messages("s1", *shown)))] == [cause]


@pytest.mark.parametrize("shown", [[], [USER], [USER, AGENT, message("x")], [AGENT, USER]])
def test_lost_run_blames_nobody_for_the_history(shown: list[Any]) -> None:
    """8: after a lost run the history may be anything."""
    assert blamed(talked(threads.say("s1", "again", answer=LATE), threads.messages("s1", *shown))) == []


def test_two_accepted_runs_need_two_items() -> None:
    """Each accepted run appends at least one item, whatever else was lost or refused."""
    runs = [threads.say("s1", "a"), threads.say("s1", "b", answer=BAD), threads.say("s1", "c")]
    assert blamed([threads.create("s1"), *runs, threads.messages("s1", USER)]) == [(Cause.RUN_APPENDS, "say_in_thread")]


def test_answered_item_may_stand_anywhere() -> None:
    """An item that a run answered once more may stand where it stood before."""
    story = talked(threads.say("s1", "again", AGENT))
    assert blamed([*story, threads.messages("s1", USER, AGENT, message("u2", "again", "user"))]) == []
    story = talked(threads.say("s1", "again", message("r2")))
    assert blamed([*story, threads.messages("s1", USER, AGENT, message("u2"))]) == [(Cause.RUN_ANSWER, "say_in_thread")]


def test_items_without_ids_are_compared_whole() -> None:
    """Where the profile does not say where an item's id stands, an item is all that it holds."""
    profile = replace(THREADS, item=ItemShape())
    story = talked(threads.messages("s1", USER, {**AGENT, "at": "2024-01-02T03:04:06Z"}))
    assert [each.cause for each in examined(story, profile=profile).changes] == [Cause.READ]
    assert examined(story).changes == ()


# --- existence ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("story", "cause", "operation"),
    [
        ([], Cause.NEVER, None),
        ([threads.create("s1"), threads.delete("s1")], Cause.GONE, None),
        ([threads.create("s1", answer=BAD)], Cause.REFUSED_CREATE, "create_thread"),
        ([threads.say("s1", "hello", answer=threads.no())], Cause.REFUSED_RUN, "say_in_thread"),
        ([threads.label("s1", {"a": 1}, answer=threads.no())], Cause.REFUSED_ENRICH, "label_thread"),
        ([threads.delete("s1", answer=threads.no())], Cause.NEVER, None),
    ],
)
def test_session_that_should_not_be_there(story: Story, cause: Cause, operation: str | None) -> None:
    """A session is served: the refused call that named it made it, or it was never gone, or never there."""
    assert blamed([*story, threads.get("s1")]) == [(cause, operation)]
    assert looked([*story, threads.get("s1", answer=threads.no())]) == {cause}


@pytest.mark.parametrize(
    ("story", "cause", "operation"),
    [
        ([threads.create("s1")], Cause.CREATED, None),
        (known({}, threads.messages("s1")), Cause.VANISHED, None),
        (known({}, threads.messages("s1"), threads.label("s1", {"a": 1})), Cause.VANISHED, None),
        (known({}, threads.messages("s1"), threads.say("s1", "x", answer=BAD)), Cause.REFUSED_RUN, "say_in_thread"),
        (known({}, threads.messages("s1"), threads.create("s1", answer=BAD)), Cause.DUPLICATE, "create_thread"),
        (known({}, threads.messages("s1"), threads.delete("s1", answer=BAD)), Cause.REFUSED_DELETE, "delete_thread"),
        (
            known({}, threads.messages("s1"), threads.create("s2"), threads.delete("s2")),
            Cause.DELETE_ELSEWHERE,
            "delete_thread",
        ),
        (
            known({}, threads.messages("s1"), threads.delete("s1", owner="bob", answer=threads.no())),
            Cause.FOREIGN,
            "delete_thread",
        ),
    ],
)
def test_session_that_should_be_there(story: Story, cause: Cause, operation: str | None) -> None:
    """A live session is missing: what happened since it was last seen is to blame, or nothing."""
    assert blamed([*story, threads.get("s1", answer=threads.no())]) == [(cause, operation)]
    assert cause in looked([*story, threads.get("s1", {"a": 1} if cause is Cause.VANISHED and len(story) > 3 else {})])


def test_session_of_another_owner_is_no_difference() -> None:
    """That another owner's session is served is for the chapter on isolation to say."""
    served = threads.get("s1", owner="bob", answer=threads.found("s1"))
    assert blamed([threads.create("s1"), served]) == []


def test_session_of_another_owner_before_all_else() -> None:
    """Also where the asker's own session is gone, or a refused call named it, the other owner's one is served."""
    served = threads.get("s1", owner="bob", answer=threads.found("s1"))
    gone = [threads.create("s1"), threads.create("s1", owner="bob"), threads.delete("s1", owner="bob")]
    refused = [threads.create("s1"), threads.say("s1", "hello", owner="bob", answer=threads.no())]
    assert blamed([*gone, served]) == []
    assert blamed([*refused, served]) == []
    assert blamed([*gone, threads.get("s1", owner="bob")]) == [(Cause.GONE, None)]


def test_deleted_session_before_a_refused_call() -> None:
    """A session that was deleted is served: it was never gone, whatever a refused call did since."""
    story = [threads.create("s1"), threads.delete("s1"), threads.say("s1", "hello", answer=threads.no())]
    assert blamed([*story, threads.get("s1")]) == [(Cause.GONE, None)]


@pytest.mark.parametrize(
    ("story", "cause", "operation"),
    [
        ([threads.create("s/1"), threads.say("s/1", "x", answer=BAD)], Cause.UNREACHABLE, None),
        ([threads.create("s1"), threads.say("s1", "x", answer=BAD)], Cause.CREATED, None),
        ([threads.create("s1"), threads.create("s2"), threads.delete("s2")], Cause.CREATED, None),
        (
            known(
                {},
                threads.label("s1", {"a": 1}, answer=BAD),
                threads.delete("s1", owner="bob", answer=threads.no()),
                threads.create("s2"),
                threads.delete("s2"),
            ),
            Cause.REFUSED_ENRICH,
            "label_thread",
        ),
        (
            known(
                {},
                threads.create("s2"),
                threads.delete("s2"),
                threads.label("s1", {"a": 1}, owner="bob", answer=threads.no()),
            ),
            Cause.FOREIGN,
            "label_thread",
        ),
        (known({}, threads.create("s2"), threads.delete("s2", answer=BAD)), Cause.VANISHED, None),
    ],
)
def test_order_of_blame_for_an_absence(story: Story, cause: Cause, operation: str | None) -> None:
    """Awkward id, never seen since creation, own refused writes, foreign calls, accepted deletes elsewhere."""
    name = "s/1" if cause is Cause.UNREACHABLE else "s1"
    assert blamed([*story, threads.get(name, answer=threads.no())]) == [(cause, operation)]


def test_uncertain_session_may_be_there_or_not() -> None:
    """While a session is uncertain nothing about its existence is put to the test."""
    story = [threads.create("s1", answer=LATE)]
    assert Cause.CREATED not in looked([*story, threads.get("s1")])
    assert examined([*story, threads.get("s1", answer=threads.no())]) == NOTHING


def test_open_world_knows_of_no_absence() -> None:
    """In an open world a session that nobody was seen to make may be there or not."""
    assert examined([threads.get("s1")], closed=False) == NOTHING
    assert examined([threads.get("s1", answer=threads.no())], closed=False) == NOTHING


def test_refusal_that_does_not_say_missing_proves_nothing() -> None:
    """A read that is refused for another reason says nothing about the session."""
    assert examined([threads.get("s1", answer=BAD)]) == NOTHING


# --- the answers of writes ------------------------------------------------------------------------


def test_echo_is_compared() -> None:
    """The answer of an enrichment is held against what is expected after it."""
    assert blamed([adk.create("s1"), adk.patch("s1", {"a": 1}, {"a": 2})]) == [(Cause.ENRICH, "update_session")]
    assert blamed([adk.create("s1", {"b": 1}), adk.get("s1", {"b": 1}), adk.patch("s1", {"a": 1}, {"a": 1})]) == [
        (Cause.ENRICH_REST, "update_session")
    ]


def test_echo_proves_nothing() -> None:
    """An enrichment that was echoed and not stored is found by the next read."""
    story = [adk.create("s1"), adk.get("s1"), adk.patch("s1", {"a": 1}, {"a": 1})]
    assert blamed([*story, adk.get("s1", {}, event("e1"))]) == [(Cause.ENRICH, "update_session")]


def test_echo_settles_no_earlier_write() -> None:
    """The answer of a later write that shows an earlier one does not settle it."""
    story = [adk.create("s1"), adk.patch("s1", {"a": 1}), adk.patch("s1", {"b": 2}, {"a": 1, "b": 2})]
    assert blamed([*story, adk.get("s1", {"b": 2}, event("e1"))]) == [(Cause.ENRICH, "update_session")]


def test_echo_of_a_create_settles_nothing() -> None:
    """A create that was echoed and not stored is found by the next read, also after another write."""
    story = [adk.create("s1", {"a": 1}), adk.patch("s1", {"b": 2}, {"a": 1, "b": 2})]
    (change,) = examined([*story, adk.get("s1", {"b": 2}, event("e1"))]).changes
    assert (change.cause, change.others) == (Cause.CREATE, {"update_session"})


# --- awkward values -------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["na\u00efve", "", None, 2**53 + 1, "x" * 1001, {"": 1}, 0.12345678901234567])
def test_awkward_value_is_no_cause_of_others(value: Any) -> None:
    """A lost awkward value is blamed on its kind, not on the write that carried it."""
    for story in (
        [threads.create("s1", {"a": value})],
        [threads.create("s1"), threads.label("s1", {"a": value})],
        known({}, threads.label("s1", {"a": value}, answer=BAD)),
    ):
        causes = {each.cause for each in examined([*story, threads.get("s1", {})]).changes}
        assert not any(isinstance(cause, Cause) for cause in causes)


def test_awkward_value_that_came_without_a_write() -> None:
    """An awkward value that nobody wrote is blamed on its kind as well."""
    found = examined(known({}, threads.label("s1", {"b": 1}), threads.get("s1", {"b": 1, "a": "\u00fc"}))).changes
    assert not any(isinstance(change.cause, Cause) for change in found)


# --- what was put to the test ---------------------------------------------------------------------


def test_nothing_to_examine() -> None:
    """A step that shows nothing puts nothing to the test."""
    assert examined([threads.create("s1"), threads.say("s1", "hello")]) is NOTHING


@pytest.mark.parametrize(
    ("story", "causes"),
    [
        ([threads.create("s1", {"a": 1}), threads.get("s1", {"a": 1})], {Cause.CREATED, Cause.CREATE}),
        (known({}, threads.get("s1")), {Cause.READ}),
        (known({}, threads.label("s1", {"a": 1}), threads.get("s1", {"a": 1})), {Cause.ENRICH}),
        (known({"b": 1}, threads.label("s1", {"a": 1}), threads.get("s1", {"a": 1, "b": 1})), {Cause.ENRICH_REST}),
        (known({}, threads.say("s1", "hello"), threads.get("s1")), {Cause.RUN_ATTRIBUTES}),
        (known({}, threads.label("s1", {"a": 1}, answer=BAD), threads.get("s1")), {Cause.REFUSED_ENRICH}),
        (known({}, threads.say("s1", "hello", answer=BAD), threads.get("s1")), {Cause.REFUSED_RUN}),
        (known({}, threads.delete("s1", answer=BAD), threads.get("s1")), {Cause.REFUSED_DELETE}),
        (known({}, threads.create("s1", answer=BAD), threads.get("s1")), {Cause.DUPLICATE}),
        (known({}, threads.label("s1", {"a": 1}, answer=CRASH), threads.get("s1")), {Cause.FAILED}),
        (known({}, threads.create("s2"), threads.get("s1")), {Cause.ELSEWHERE, Cause.LEAK}),
        (known({}, threads.create("s1", owner="bob"), threads.get("s1")), {Cause.FOREIGN, Cause.LEAK}),
        (
            known({}, threads.create("s2"), threads.delete("s2"), threads.get("s1")),
            {Cause.DELETE_ELSEWHERE, Cause.ELSEWHERE, Cause.LEAK},
        ),
        (
            talked(threads.say("s1", "again", message("r2")), threads.messages("s1", USER, AGENT, message("r2"))),
            {Cause.RUN_APPENDS, Cause.RUN_KEEPS, Cause.RUN_ANSWER},
        ),
        (talked(threads.label("s1", {"a": 1}), threads.messages("s1", USER, AGENT)), {Cause.ENRICH_HISTORY}),
        (known({"a": 1}, threads.list(threads.thread("s1", {"a": 1}))), {Cause.LIST}),
    ],
)
def test_looked(story: Story, causes: set[Cause]) -> None:
    """A view that differs nowhere speaks for every cause that it puts to the test."""
    assert causes <= looked(story)


@pytest.mark.parametrize(
    ("story", "cause"),
    [
        (known({}, threads.get("s1")), Cause.ELSEWHERE),
        (known({}, threads.create("s2"), threads.get("s1")), Cause.FOREIGN),
        (known({}, threads.label("s1", {"a": 1}, answer=LATE), threads.get("s1")), Cause.FAILED),
        (known({}, threads.label("s1", {"a": 1}, answer=BAD), threads.get("s1")), Cause.ENRICH),
        ([threads.create("s1"), threads.get("s1")], Cause.CREATE),
        (talked(threads.messages("s1", USER, AGENT)), Cause.RUN_KEEPS),
        ([adk.create("s1"), adk.run("s1", "x"), adk.get("s1", {}, event("e1"))], Cause.RUN_ATTRIBUTES),
        ([adk.create("s1"), adk.patch("s1", {"a": 1}), adk.get("s1", {"a": 1}, event("e1"))], Cause.ENRICH_HISTORY),
    ],
)
def test_not_looked(story: Story, cause: Cause) -> None:
    """What did not happen was not put to the test."""
    assert cause not in looked(story)


def test_difference_speaks_for_nothing_else() -> None:
    """A part that differs speaks for no cause."""
    story = known({"a": 1}, threads.label("s1", {"b": 2}), threads.get("s1", {"b": 2}))
    assert not examined(story).looked & {Cause.ENRICH, Cause.ENRICH_REST}


# --- lists ----------------------------------------------------------------------------------------


def test_list_is_held_against_the_last_read() -> None:
    """A list that shows another state than the read before is stale; where it is the only look it is one itself."""
    stale = [*known({"a": 1}), threads.list(threads.thread("s1", {}))]
    assert blamed(stale) == [(Cause.LIST, None)]
    assert [each.cause for each in examined(stale, profile=without(THREADS, Role.READ)).changes] == [Cause.CREATE]


@pytest.mark.parametrize(
    "write", [threads.label("s1", {"a": 2}), threads.label("s1", {"a": 2}, answer=LATE), threads.create("s2")]
)
def test_list_after_a_write_is_not_compared(write: Any) -> None:
    """Whatever was written since the read may show in the list."""
    story = known({"a": 1}, write, threads.list(threads.thread("s1", {"z": 0})))
    assert examined(story).changes == ()


def test_list_shows_what_a_refused_call_made() -> None:
    """A session that only a refused call can have made is blamed on that call, also if a list shows it."""
    story = [threads.say("s1", "hello", answer=threads.no()), threads.list("s1")]
    assert blamed(story) == [(Cause.REFUSED_RUN, "say_in_thread")]


def test_list_without_ids_is_not_examined() -> None:
    """A session without an id is nobody's."""
    nameless = threads.thread("s1", {"a": 2})
    del nameless["thread_id"]
    assert examined([*known({"a": 1}), threads.list(answer=said(200, {"threads": [nameless]}))]).changes == ()


# --- groups that are single values ----------------------------------------------------------------------------------


def test_nothing_is_expected_of_a_single_value_that_nobody_gave() -> None:
    """A server may make one up; what it showed then is what it has to show."""
    made = [threads.create("s1", shows="untitled"), threads.get("s1", "untitled")]
    assert blamed(made) == []
    assert blamed([*made, threads.get("s1", "other")]) == [(Cause.READ, None)]


def test_a_single_value_is_kept_like_any_other() -> None:
    """What was given at creation, or written since, has to read back."""
    assert blamed([threads.create("s1", "mine"), threads.get("s1", "untitled")]) == [(Cause.CREATE, "create_thread")]
    story = [threads.create("s1", "mine"), threads.label("s1", "yours")]
    assert Cause.ENRICH in looked([*story, threads.get("s1", "yours")])
    assert blamed([*story, threads.get("s1", "mine")]) == [(Cause.ENRICH, "label_thread")]


def test_a_single_value_can_leak() -> None:
    """A value of another session tells who wrote it, also where nothing was expected."""
    story = [threads.create("s1", shows="untitled"), threads.create("s2", LEAKED), threads.get("s1", LEAKED)]
    assert blamed(story) == [(Cause.LEAK, "create_thread")]
