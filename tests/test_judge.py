"""Does a history keep the promises? The judge over whole histories: signatures, tallies, adoption, outcomes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.catalogue import HELD, Invariant, Known, Level, catalogue, invariant_of
from conformance.causes import Cause
from conformance.exchange import Failure
from conformance.explore.explorer import Budget, Exploration, Found
from conformance.invariants import CHAPTERS, existence, refusals
from conformance.judge import History, Judge, Signature, Tally, Violation, surer
from conformance.profile import Credentials, Merge, Profile, Role, SessionShape
from conformance.profile_file import built_in, load
from conformance.reporting import report
from conformance.reports import InvariantOutcome, Report, Verdict
from conformance.run import run
from conformance.session import Status
from conformance.step import Outcome, Step
from conformance.values import Awkward
from tests.histories import (
    ADK,
    CRASH,
    LATE,
    THREADS,
    Court,
    Story,
    adk,
    bound,
    event,
    exchange,
    failed,
    judged,
    late,
    message,
    said,
    threads,
    verdicts,
    without,
)
from tests.servers.shapes import HERE, SHAPES

# --- signatures -----------------------------------------------------------------------------------


def test_signature_as_text() -> None:
    """A signature is an invariant, an operation and a kind."""
    assert str(Signature("a/b", "op", "kind")) == "a/b · op · kind"


def test_signatures_have_an_order() -> None:
    """Signatures are sorted by invariant, then operation, then kind."""
    ordered = [Signature("a", "x", "2"), Signature("a", "y", "1"), Signature("b", "a", "1"), Signature("b", "a", "2")]
    assert sorted([ordered[2], ordered[0], ordered[3], ordered[1]]) == ordered


def test_two_violations_of_one_bug_are_the_same() -> None:
    """The same bug in two sessions of two owners with two values is one signature."""
    court = Court(THREADS)
    for owner, value in (("ada", 1), ("bob", "two")):
        court.tell(threads.create("s1", {"a": value}, owner=owner), threads.get("s1", {"a": 9}, owner=owner))
    assert len(court.violations) == 2
    assert len(set(court.broken)) == 1


def test_blamed_operation_is_part_of_the_signature() -> None:
    """The operation is the one that is to blame, else that of the step."""
    lost = [threads.create("s1"), threads.label("s1", {"a": 1}), threads.get("s1")]
    assert verdicts(lost) == ["enrichment/enrichment-reads-back · label_thread · labels"]
    assert verdicts([threads.get("s1")]) == ["existence/missing-session-is-refused · search_threads · served"]


def test_kinds_tell_bugs_apart() -> None:
    """One invariant and one operation may have several bugs."""
    court = Court(THREADS)
    court.tell(threads.say("never", "hello"))
    court.tell(threads.create("s1"), threads.delete("s1"), threads.say("s1", "hello"))
    assert court.broken == [
        "runs/run-requires-existing-session · say_in_thread · accepted 200",
        "runs/run-requires-existing-session · say_in_thread · accepted 200 after delete",
    ]


def test_violation_knows_its_step() -> None:
    """A violation has the index of its step in the history, and says what was expected and what came."""
    court = judged([threads.create("s1"), threads.delete("s1"), threads.get("s1", {"a": 1})])
    (violation,) = court.violations
    assert violation.index == 2
    assert not violation.observation.held
    assert "deleted" in violation.observation.expected
    assert violation.observation.got.startswith("200 ")


def test_one_step_may_break_several() -> None:
    """A step breaks invariants in the order of the catalogue, which puts its outward form last."""
    ids = [each.id for each in catalogue()]
    story = [threads.get("s1", answer=said(203, {"thread": threads.thread("s1")}))]
    broken = [str(violation.signature.invariant) for violation in judged(story).violations]
    assert broken == ["existence/missing-session-is-refused", "contract/status-is-documented"]
    assert [ids.index(each) for each in broken] == sorted(ids.index(each) for each in broken)


def test_long_values_are_shortened() -> None:
    """What is told of a value is short enough to be read."""
    story = [threads.create("s1", {"a": 1}), threads.get("s1", {"a": "x" * 900})]
    (violation,) = judged(story).violations
    assert len(violation.observation.got) < 300


# --- the tally ------------------------------------------------------------------------------------


def test_tally_counts_over_several_histories() -> None:
    """Each history has a world of its own; the tally goes on."""
    judge = Judge(THREADS)
    for _ in range(2):
        history = judge.history()
        history.see(threads.create("s1"))
        step, violations = history.see(threads.get("s1", answer=threads.no()))
        assert step.says_missing
        assert [str(each.signature) for each in violations] == [
            "existence/created-session-is-readable · search_threads · vanished"
        ]
        assert history.length == 2
    assert judge.tally["existence/created-session-is-readable"] == Tally(2, 2)
    assert judge.tally["existence/missing-session-is-refused"] == Tally()
    assert judge.tally["contract/status-is-documented"] == Tally(4, 0)


def test_histories_know_nothing_of_each_other() -> None:
    """What was done in one history is unknown in the next."""
    judge = Judge(THREADS)
    judge.history().see(threads.create("s1"))
    assert judge.history().see(threads.get("s1", answer=threads.no()))[1] == []


def test_judge_with_a_few_invariants() -> None:
    """Only the chosen invariants look."""
    judge = Judge(THREADS, [invariant_of(existence.missing_session_is_refused)])
    _, violations = judge.history().see(threads.get("s1", answer=said(203, {"thread": threads.thread("s1")})))
    assert [each.signature.invariant for each in violations] == ["existence/missing-session-is-refused"]
    assert set(judge.tally) == {"existence/missing-session-is-refused"}


def test_invariants_look_only_at_their_roles() -> None:
    """An invariant is asked at steps of its roles, and only if the profile has what it needs."""
    judge = Judge(ADK)
    for role in Role:
        assert all(role in each.on and each.applicable(ADK) for each in judge.invariants_on(role))
    assert judge.invariants_on(None) == []
    assert judge.invariants_on(Role.HISTORY) != []


@pytest.mark.uncompiled
@pytest.mark.parametrize("each", [each for each in catalogue() if each.claims], ids=lambda each: each.id)
def test_claims_are_the_causes_that_the_function_names(each: Invariant) -> None:
    """What an invariant claims, and what it looks for, is the same: else it would never be asked about the rest."""
    names = {name for kind in (Cause, Awkward) for name in kind.__members__} & {*each.check.__code__.co_names}
    assert {cause.name for cause in each.claims} == names


def test_no_cause_is_claimed_twice() -> None:
    """Each cause is blamed on one invariant's account."""
    claimed = [cause for each in catalogue() for cause in each.claims]
    assert len(claimed) == len(set(claimed))


@pytest.mark.uncompiled
@pytest.mark.parametrize("fault", [None, "cannot-read-surrogates-back", "run-replaces-the-history"])
def test_who_is_not_asked_has_nothing_to_say(fault: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The invariants whose causes are not at stake would say nothing, whatever the server does; and those that are not
    asked where nothing differs would say that they are held."""
    spared = 0
    judges = History.judge

    def watching(history: History, step: Step) -> list[Violation]:
        nonlocal spared
        known = Known(history.world, step)
        jury = judge.asked(step.role, known.at_stake, bool(known.differences.changes))
        asked = {each.id for each, _ in jury.looking}
        for each in judge.invariants_on(step.role):
            if each.id not in asked:
                spared += 1
                held = any(judge.tally[each.id] is count for count in jury.held)
                assert each.check(known, step) is (HELD if held else None)
        return judges(history, step)

    judge = Judge(ADK)
    monkeypatch.setattr(History, "judge", watching)
    run(ADK, fault=fault, budget=Budget(flows=60))
    assert spared > 1_000


def test_invariants_look_before_the_world_learns() -> None:
    """An invariant sees the world before the step."""
    seen: list[Status] = []

    def look(known: Any, _: Any) -> Any:
        """Note the status."""
        seen.append(known.status)
        return HELD

    spy = Invariant("a/spy", Level.MUST, look, frozenset({Role.CREATE, Role.DELETE}), frozenset(), "")
    history = Judge(THREADS, [spy]).history()
    history.see(threads.create("s1"))
    history.see(threads.delete("s1"))
    assert seen == [Status.ABSENT, Status.LIVE]


# --- adoption: one bug is reported once, where it happened ------------------------------------------


@pytest.mark.parametrize(
    ("story", "again", "broken"),
    [
        (
            [threads.get("s1", {"a": 1})],
            [threads.get("s1", {"a": 1}), threads.messages("s1"), threads.list(threads.thread("s1", {"a": 1}))],
            "existence/missing-session-is-refused · search_threads · served",
        ),
        (
            [threads.create("s1"), threads.delete("s1"), threads.get("s1")],
            [threads.get("s1"), threads.messages("s1"), threads.label("s1", {"a": 1}), threads.get("s1", {"a": 1})],
            "existence/deleted-session-stays-gone · search_threads · served",
        ),
        (
            [threads.create("s1"), threads.get("s1", answer=threads.no())],
            [
                threads.get("s1", answer=threads.no()),
                threads.say("s1", "hello", answer=threads.no()),
                threads.delete("s1", answer=threads.no()),
                threads.list(),
            ],
            "existence/created-session-is-readable · search_threads · vanished",
        ),
        (
            [threads.create("s1", {"a": 1}), threads.get("s1")],
            [threads.get("s1"), threads.label("s1", {"b": 1}), threads.get("s1", {"b": 1})],
            "existence/created-session-reads-back · create_thread · labels",
        ),
        (
            [threads.create("s1"), threads.label("s1", {"a": 1}), threads.get("s1")],
            [threads.get("s1"), threads.list("s1")],
            "enrichment/enrichment-reads-back · label_thread · labels",
        ),
        (
            [threads.create("s1"), threads.say("s1", "hello", message("r1")), threads.messages("s1")],
            [threads.messages("s1"), threads.say("s1", "x"), threads.messages("s1", message("m1"))],
            "runs/run-appends · say_in_thread · history",
        ),
        (
            [threads.create("s1"), threads.list()],
            [threads.list(), threads.get("s1", answer=threads.no()), threads.list()],
            "listing/list-holds-every-live-session · list_threads · session not listed",
        ),
        (
            [threads.list("s1")],
            [threads.list("s1"), threads.get("s1", {"a": 1}), threads.list(threads.thread("s1", {"a": 1}))],
            "listing/list-holds-only-sessions-that-were-created · list_threads · unknown session listed",
        ),
        (
            [threads.create("s1"), threads.delete("s1"), threads.list("s1")],
            [threads.list("s1"), threads.get("s1"), threads.list("s1")],
            "listing/list-holds-no-deleted-session · list_threads · deleted session listed",
        ),
        (
            [threads.create("s1", answer=threads.no(400)), threads.list("s1")],
            [threads.list("s1"), threads.get("s1"), threads.delete("s1")],
            "existence/refused-create-creates-nothing · create_thread · served",
        ),
        (
            [threads.create("s1", {"a": 1}), threads.create("s1", {"a": 2}, shows={"a": 2})],
            [threads.get("s1", {"a": 2}), threads.messages("s1")],
            "existence/duplicate-create-is-refused · create_thread · accepted 201",
        ),
        (
            [threads.say("s1", "hello")],
            [threads.get("s1", answer=threads.no()), threads.get("s1", answer=threads.no())],
            "runs/run-requires-existing-session · say_in_thread · accepted 200",
        ),
        (
            [threads.label("s1", {"a": 1})],
            [threads.get("s1", {"a": 1}), threads.get("s1", {"a": 1})],
            "enrichment/enrichment-requires-existing-session · label_thread · accepted 204",
        ),
    ],
)
def test_what_was_seen_is_adopted(story: Story, again: Story, broken: str) -> None:
    """After a violation the judge goes on from what was seen."""
    court = judged(story)
    assert court.broken == [broken]
    court.tell(*again)
    assert court.broken == [broken]


def test_adopted_session_is_judged_as_any_other() -> None:
    """A session that should not have been there is held to what it showed."""
    court = judged([threads.get("s1", {"a": 1}), threads.get("s1", {"a": 2})])
    assert court.broken == [
        "existence/missing-session-is-refused · search_threads · served",
        "existence/reading-changes-nothing · search_threads · labels",
    ]


def test_second_bug_after_the_first() -> None:
    """Adoption hides no later bug."""
    court = judged([threads.create("s1", {"a": 1}), threads.get("s1", {}), threads.label("s1", {"b": 2})])
    court.tell(threads.get("s1", {}))
    assert court.broken == [
        "existence/created-session-reads-back · create_thread · labels",
        "enrichment/enrichment-reads-back · label_thread · labels",
    ]


# --- uncertainty ----------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.CLOSED, Failure.STALE])
@pytest.mark.parametrize(
    "write",
    [
        lambda answer: threads.create("s1", {"a": 2}, answer=answer),
        lambda answer: threads.label("s1", {"a": 2}, answer=answer),
        lambda answer: threads.say("s1", "again", answer=answer),
        lambda answer: threads.delete("s1", answer=answer),
    ],
)
@pytest.mark.parametrize(
    "looks",
    [
        [threads.get("s1", {"a": 1}), threads.messages("s1", message("m1"))],
        [threads.get("s1", {"a": 2}), threads.messages("s1", message("m1"), message("m2"))],
        [threads.get("s1", {}), threads.messages("s1")],
        [threads.get("s1", answer=threads.no()), threads.messages("s1", answer=threads.no())],
        [threads.list(), threads.get("s1", answer=threads.no())],
        [threads.list("s1"), threads.delete("s1", answer=threads.no())],
        [threads.say("s1", "x", answer=threads.no()), threads.label("s1", {}, answer=threads.no())],
        [threads.delete("s1", answer=threads.no()), threads.get("s1", answer=threads.no())],
    ],
)
def test_lost_write_blames_nobody(failure: Failure, write: Any, looks: Story) -> None:
    """After a write that was lost the session may be anything: as before, as it was to be, emptied, or gone."""
    before = [threads.create("s1", {"a": 1}), threads.get("s1", {"a": 1})]
    before += [threads.say("s1", "hi", message("m1")), threads.messages("s1", message("m1"))]
    court = judged([*before, threads.get("s1", {"a": 1}), write(failure)])
    court.tell(*looks)
    assert [each for each in court.broken if not each.startswith("contract/")] == []


def test_lost_create_of_a_new_session_blames_nobody() -> None:
    """A create that was lost made its session, or did not."""
    for look in (threads.get("s1", {"a": 1}), threads.get("s1", {}), threads.get("s1", answer=threads.no())):
        assert verdicts([threads.create("s1", {"a": 1}, answer=LATE), look]) == [late("create_thread")]


def test_read_settles_the_doubt() -> None:
    """From the read on the session is judged as ever."""
    story = [threads.create("s1"), threads.delete("s1", answer=LATE), threads.get("s1")]
    court = judged(story)
    court.tell(threads.get("s1", answer=threads.no()))
    assert [str(each.signature) for each in court.violations[1:]] == [
        "existence/live-session-stays · search_threads · vanished"
    ]


def test_read_that_says_missing_settles_the_doubt() -> None:
    """A session that was found missing must be refused from then on."""
    court = judged([threads.create("s1"), threads.delete("s1", answer=LATE), threads.get("s1", answer=threads.no())])
    assert court.status("s1") is Status.GONE
    court.tell(threads.say("s1", "hello"))
    assert [each.signature.invariant for each in court.violations[1:]] == ["runs/run-requires-existing-session"]


def test_uncertain_session_may_refuse_or_accept() -> None:
    """While nobody knows whether it is there, a session may answer a write in either way."""
    for answer in (None, threads.no()):
        story = [threads.create("s1"), threads.say("s1", "hello there")]
        story += [threads.delete("s1", answer=LATE), threads.say("s1", "hello again", answer=answer)]
        assert verdicts(story) == [late("delete_thread")]


def test_failed_write_that_was_applied_is_a_should() -> None:
    """An answered 5xx that was applied all the same is reported, and is no MUST."""
    court = judged([threads.create("s1"), threads.label("s1", {"a": 1}, answer=CRASH), threads.get("s1", {"a": 1})])
    assert court.broken == [
        failed("label_thread"),
        "refusals/failed-call-was-not-applied · label_thread · labels",
    ]
    assert invariant_of(refusals.failed_call_was_not_applied).level is Level.SHOULD


def test_failed_delete_leaves_the_session_or_not() -> None:
    """After a delete that failed the session is there or gone."""
    for look in (threads.get("s1"), threads.get("s1", answer=threads.no())):
        story = [threads.create("s1"), threads.get("s1"), threads.delete("s1", answer=CRASH), look]
        assert verdicts(story) == [
            "existence/live-session-can-be-deleted · delete_thread · failed 500",
            failed("delete_thread"),
        ]


POSTPONED = [said(429, {"detail": "slow down"}), said(429, {}, retry_after="1"), said(503, {}, retry_after="1")]


@pytest.mark.parametrize("answer", POSTPONED)
@pytest.mark.parametrize(
    ("call", "unsure"),
    [
        (lambda answer: threads.create("s2", answer=answer), "s2"),
        (lambda answer: threads.get("s1", answer=answer), None),
        (lambda answer: threads.list(answer=answer), None),
        (lambda answer: threads.say("s1", "hello", answer=answer), "s1"),
        (lambda answer: threads.label("s1", {"a": 2}, answer=answer), "s1"),
        (lambda answer: threads.delete("s1", answer=answer), "s1"),
        (lambda answer: threads.label("never", {"a": 2}, answer=answer), "never"),
    ],
)
def test_postponed_call_is_judged_by_nothing(answer: Any, call: Any, unsure: str | None) -> None:
    """A server that asks to come again later has not said what it did: nobody is accused of it, now or later."""
    court = judged([threads.create("s1", {"a": 1}), threads.say("s1", "hello", message("r1"))])
    tally = {name: replace(each) for name, each in court.judge.tally.items()}
    (step,) = court.tell(call(answer))
    assert step.postponed
    assert step.outcome is Outcome.LOST
    assert (court.broken, court.judge.tally) == ([], tally)
    known = {"s1": Status.LIVE, "s2": Status.ABSENT, "never": Status.ABSENT}
    expected = {name: Status.UNCERTAIN if name == unsure else status for name, status in known.items()}
    assert {name: court.status(name) for name in known} == expected
    court.tell(threads.get("s1", {"a": 9}))
    assert [each.index for each in court.violations] == ([] if unsure == "s1" else [3])


def test_server_error_without_a_time_to_come_again_is_judged() -> None:
    """A 503 that does not ask to come again is a server error."""
    (step,) = Court(THREADS).tell(threads.list(answer=said(503, {})))
    assert not step.postponed
    assert verdicts([threads.list(answer=said(503, {}))]) == ["contract/no-server-error · list_threads · failed 503"]


def test_refused_call_excuses_no_later_one_of_its_operation() -> None:
    """A session stays absent after a refused call of the same operation; another operation may have made it."""
    refused = threads.say("s1", "hello", answer=threads.no())
    assert verdicts([refused, refused, threads.say("s1", "hello")]) == [
        "runs/run-requires-existing-session · say_in_thread · accepted 200"
    ]
    assert verdicts([refused, threads.label("s1", {"a": 1})]) == []


# --- open worlds ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "story",
    [
        [
            threads.get("s1", {"a": 1}),
            threads.messages("s1", message("m1")),
            threads.list(threads.thread("s1", {"a": 1}), "s2"),
        ],
        [threads.get("s1", answer=threads.no()), threads.get("s1", answer=threads.no())],
        [threads.say("s1", "hello", message("r1")), threads.messages("s1", message("m1"), message("r1"))],
        [threads.say("s1", "hello", answer=threads.no()), threads.label("s1", {}, answer=threads.no())],
        [threads.label("s1", {"a": 1}), threads.get("s1", {"a": 1, "older": 2})],
        [threads.delete("s1", answer=threads.no()), threads.create("s1", answer=threads.no(409))],
        [threads.delete("s1"), threads.get("s1", answer=threads.no())],
        [threads.create("s1", answer=threads.no(409)), threads.get("s1", {"a": 1})],
    ],
)
def test_open_world_is_older_than_the_recording(story: Story) -> None:
    """In an open world nothing is demanded of a session of which nothing is known."""
    assert verdicts(story, closed=False) == []


@pytest.mark.parametrize(
    ("story", "broken"),
    [
        (
            [threads.get("s1", {"a": 1}), threads.get("s1", {"a": 2})],
            "existence/reading-changes-nothing · search_threads · labels",
        ),
        (
            [threads.get("s1", {"a": 1}), threads.label("s1", {"b": 1}), threads.get("s1", {"b": 1})],
            "enrichment/enrichment-keeps-other-keys · label_thread · labels",
        ),
        (
            [threads.get("s1"), threads.delete("s1"), threads.say("s1", "hello")],
            "runs/run-requires-existing-session · say_in_thread · accepted 200 after delete",
        ),
        (
            [threads.get("s1"), threads.list()],
            "listing/list-holds-every-live-session · list_threads · session not listed",
        ),
        (
            [threads.get("s1"), threads.create("s1")],
            "existence/duplicate-create-is-refused · create_thread · accepted 201",
        ),
    ],
)
def test_open_world_is_judged_by_what_it_showed(story: Story, broken: str) -> None:
    """What a recording itself has shown or written is demanded in an open world as well."""
    assert verdicts(story, closed=False) == [broken]


# --- what is applicable ---------------------------------------------------------------------------


def applicable(profile: Profile) -> set[str]:
    """The invariants that a profile has what they need for."""
    return {each.id for each in catalogue() if each.applicable(profile)}


def test_every_invariant_is_applicable_somewhere() -> None:
    """Each invariant means something to a profile that comes with the package, or to one of the servers here."""
    others = (load(HERE / name) for name in ("tickets", "replies"))
    profiles = [*map(load, built_in()), *(load(kind.folder) for kind in SHAPES), *others]
    assert set().union(*map(applicable, profiles)) == {each.id for each in catalogue()}


def test_what_the_adk_profile_leaves_out() -> None:
    """Its runs may change the state, and its deletes take no body."""
    assert {
        "runs/run-leaves-attributes-alone",
        "refusals/refused-delete-changes-nothing",
    } <= applicable(THREADS) - applicable(ADK)
    assert "runs/run-brings-nothing-back" in applicable(ADK) - applicable(THREADS)


@pytest.mark.parametrize(
    ("profile", "gone"),
    [
        (
            without(THREADS, Role.DELETE),
            {
                "existence/deleted-session-stays-gone",
                "existence/live-session-can-be-deleted",
                "isolation/deleting-one-session-leaves-the-rest",
                "listing/list-holds-no-deleted-session",
                "refusals/refused-delete-changes-nothing",
            },
        ),
        (
            without(THREADS, Role.LIST),
            {each.id for each in catalogue() if each.chapter == "listing"} & applicable(THREADS),
        ),
        (
            without(THREADS, Role.ENRICH),
            {each.id for each in catalogue() if each.chapter == "enrichment" and each.applicable(THREADS)},
        ),
        (
            without(THREADS, Role.RUN),
            {"runs/run-appends", "runs/run-keeps-history", "runs/run-requires-existing-session"},
        ),
        (without(THREADS, Role.READ), {"listing/list-and-read-agree"}),
        (without(THREADS, Role.HISTORY), {"runs/run-appends", "enrichment/enrichment-leaves-history-alone"}),
        (bound(THREADS, Role.ENRICH, merge=Merge.REPLACE), {"enrichment/enrichment-keeps-other-keys"}),
        (bound(THREADS, Role.RUN, changes=frozenset({"labels"})), {"runs/run-leaves-attributes-alone"}),
        (bound(THREADS, Role.CREATE, session=None), {"isolation/one-id-under-two-owners-is-two-sessions"}),
        (bound(THREADS, Role.LIST, owner=()), {"listing/list-holds-only-own-sessions"}),
        (
            replace(THREADS, owner=("ada",)),
            {"isolation/other-owners-are-refused", "listing/list-holds-only-sessions-that-were-created"},
        ),
        (
            replace(THREADS, session=SessionShape(id=("thread_id",), owner=("owner",))),
            {"existence/created-session-reads-back", "enrichment/enrichment-reads-back"},
        ),
    ],
)
def test_not_applicable(profile: Profile, gone: set[str]) -> None:
    """Where a profile omits a role or a feature, what needs it is not applicable; and nothing comes of it."""
    assert gone
    assert gone <= applicable(THREADS)
    assert not gone & applicable(profile)


def test_not_applicable_invariant_does_not_look() -> None:
    """An invariant that is not applicable counts nothing, whatever happens."""
    profile = bound(THREADS, Role.RUN, changes=frozenset({"labels"}))
    story = [threads.create("s1", {"a": 1}), threads.get("s1", {"a": 1}), threads.say("s1", "x"), threads.get("s1", {})]
    court = judged(story, profile)
    assert court.broken == []
    assert court.observed("runs/run-leaves-attributes-alone") == 0


# --- outcomes -------------------------------------------------------------------------------------


def reported(story: Story, profile: Profile = THREADS, strict: bool = True) -> Report:
    """The report of an exploration that was this one history."""
    court = judged(story, profile)
    result = Exploration(exchanges=len(story), flows=1, stopped="flows spent")
    for each in court.violations:
        result.found.setdefault(each.signature, Found(each.signature, (), violation=each))
    return report(profile, court.judge, result, "by hand", 7, strict=strict)


def test_outcomes() -> None:
    """Each row tells whether its invariant held, was broken, was not put to the test, or means nothing here."""
    profile = without(THREADS, Role.DELETE)
    rows = reported([threads.create("s1", {"a": 1}), threads.get("s1", {"a": 2}), threads.list("s1")], profile)
    assert [row.id for row in rows.rows] == [each.id for each in catalogue()]
    held = rows.row("existence/created-session-is-readable")
    assert (held.outcome, held.observations, held.violations) == (InvariantOutcome.HELD, 1, 0)
    broken = rows.row("existence/created-session-reads-back")
    assert (broken.outcome, broken.observations, broken.violations) == (InvariantOutcome.BROKEN, 2, 1)
    untested = rows.row("runs/run-appends")
    assert (untested.outcome, untested.observations) == (InvariantOutcome.UNTESTED, 0)
    missing = rows.row("existence/deleted-session-stays-gone")
    assert (missing.outcome, missing.observations) == (InvariantOutcome.NOT_APPLICABLE, 0)


def test_once_broken_is_broken() -> None:
    """An invariant that held many times and was broken once is broken."""
    story = [threads.create("s1"), *(threads.get("s1") for _ in range(3)), threads.get("s1", {"a": 1})]
    row = reported(story).row("existence/reading-changes-nothing")
    assert (row.outcome, row.observations, row.violations) == (InvariantOutcome.BROKEN, 3, 1)


def test_profile_is_the_source_of_what_it_documents() -> None:
    """The source of a requirement is what the profile quotes, else the general one."""
    rows = reported([adk.create("s1"), adk.run("s1", "hello", event("r1"))], ADK)
    assert "Session not found" in rows.row("runs/run-requires-existing-session").source
    assert "RFC 9110" in rows.row("contract/no-server-error").source


def test_broken_must_decides_the_verdict() -> None:
    """One broken MUST, and the API does not conform."""
    assert reported([threads.get("s1")], strict=False).verdict is Verdict.BROKEN


def test_broken_should_leaves_the_verdict_alone() -> None:
    """A broken SHOULD is a finding, and not the verdict."""
    story = [adk.create("s1"), adk.stream("s1", "hello", event("r1"), {"error": "no model"})]
    story += [adk.get("s1", {}, event("u1"), event("r1"))]
    found = reported(story, ADK, strict=False)
    assert [str(finding.signature) for finding in found.findings] == [
        "refusals/failed-call-was-not-applied · run_agent_sse · history"
    ]
    assert found.findings[0].level is Level.SHOULD
    assert found.verdict is Verdict.CONFORMS


def test_untested_must_is_not_a_pass() -> None:
    """A history that put little to the test proves little, unless the caller is content with that."""
    assert reported([threads.create("s1")]).verdict is Verdict.UNTESTED
    assert reported([threads.create("s1")], strict=False).verdict is Verdict.CONFORMS


# --- the catalogue itself -------------------------------------------------------------------------


@pytest.mark.parametrize("invariant", catalogue(), ids=lambda each: each.id)
def test_invariant_is_written_down(invariant: Invariant) -> None:
    """An invariant says in one line what must hold, with its level, and then why."""
    assert f" {invariant.level} " in f" {invariant.title} "
    assert invariant.title.endswith(".")
    assert invariant.why
    assert invariant.on
    assert invariant.chapter in CHAPTERS
    assert invariant.id == f"{invariant.chapter}/{invariant.check.__name__.replace('_', '-')}"


def test_chapters_stand_in_their_order() -> None:
    """The catalogue is sorted by chapter: what a violation means first, its outward form last."""
    chapters = [each.chapter for each in catalogue(None)]
    assert chapters == sorted(chapters, key=CHAPTERS.index)
    assert set(chapters) == set(CHAPTERS)
    assert [each.chapter for each in catalogue()][-1] == "contract"


def test_ids_are_unique() -> None:
    """No two invariants have one id."""
    assert len({each.id for each in catalogue()}) == len(catalogue())


# --- correct servers that differ ------------------------------------------------------------------


def test_long_life_without_a_fault() -> None:
    """A whole life of two sessions under two owners, as a correct server tells it, breaks nothing."""
    story = [
        threads.create("s1", {"a": 1}),
        threads.create_any("s2", owner="bob"),
        threads.get("s1", {"a": 1}),
        threads.say("s1", "hello there", message("r1", "0 earlier; now: hello there")),
        threads.messages("s1", message("u1", "hello there", "user"), message("r1", "0 earlier; now: hello there")),
        threads.get("s1", owner="bob", answer=threads.no()),
        threads.label("s1", {"a": 2, "b": {"c": None}}),
        threads.get("s1", {"a": 2, "b": {"c": None}}),
        threads.list(threads.thread("s1", {"a": 2, "b": {"c": None}})),
        threads.list("s2", owner="bob"),
        threads.create("s1", answer=threads.no(409)),
        threads.say("s1", "", answer=threads.no(400)),
        threads.label("s1", {"a": 3}, extra=1, answer=threads.no(400)),
        threads.get("s1", {"a": 2, "b": {"c": None}}),
        threads.messages("s1", message("u1", "hello there", "user"), message("r1", "0 earlier; now: hello there")),
        threads.delete("s1"),
        threads.get("s1", answer=threads.no()),
        threads.list(),
        threads.list("s2", owner="bob"),
        threads.delete("s1", answer=threads.no()),
        threads.say("s1", "hello there", answer=threads.no()),
        threads.label("s1", {"a": 1}, answer=threads.no()),
        threads.get("s1", answer=threads.no()),
    ]
    assert verdicts(story) == []


def test_long_life_of_the_adk_api() -> None:
    """The same for the ADK API: events of enrichments, state of runs, deletes that always succeed."""
    said_first = [event("u1", "hello there", "user"), event("r1", "1 turns")]
    patched = [*said_first, event("e1", "state changed", "user")]
    again = [*patched, event("u2", "hello again", "user"), event("r2", "2 turns")]
    story = [
        adk.create("s1", {"a": 1}),
        adk.create_any("s2"),
        adk.list("s2", adk.session("s1", {"a": 1})),
        adk.get("s1", {"a": 1}),
        adk.run("s1", "hello there", said_first[1]),
        adk.get("s1", {"a": 1, "turns": 1}, *said_first),
        adk.patch("s1", {"a": 2}, {"a": 2, "turns": 1}, *patched),
        adk.get("s1", {"a": 2, "turns": 1}, *patched),
        adk.stream("s1", "hello again", event("p2", "2 tu", partial=True), again[-1]),
        adk.get("s1", {"a": 2, "turns": 2}, *again),
        adk.get("s1", owner="bob", answer=adk.no()),
        adk.delete("s1", owner="bob"),
        adk.get("s1", {"a": 2, "turns": 2}, *again),
        adk.delete("s1"),
        adk.delete("s1"),
        adk.run("s1", "hello there", answer=adk.no()),
        adk.get("s1", answer=adk.no()),
        adk.list("s2"),
    ]
    assert verdicts(story) == []


def test_calls_outside_of_the_profile_change_nothing() -> None:
    """Requests that no role is bound to may stand anywhere in a history."""
    story = [adk.create("s1"), exchange("GET", "/list-apps", None, said(200, ["echo"])), adk.get("s1")]
    assert verdicts(story) == []


def test_profile_with_required_credentials_changes_no_verdict() -> None:
    """A profile that names credentials judges calls as one that does not."""
    profile = replace(ADK, credentials=Credentials(required=True))
    assert verdicts([adk.create("s1"), adk.get("s1", {"a": 1})], profile) == verdicts(
        [adk.create("s1"), adk.get("s1", {"a": 1})]
    )


def test_who_is_surely_to_blame_comes_first() -> None:
    """What another operation may be to blame for follows the finding that surely blames that one, in the same way."""
    lost, back = Signature("a/lost", "enrich", "state"), Signature("a/back", "run", "state")
    other, alone = Signature("a/other", "run", "history"), Signature("a/alone", "delete", "state")
    nobody: frozenset[str] = frozenset()
    doubts = {back: frozenset({"enrich"}), lost: nobody, other: frozenset({"enrich"}), alone: nobody}
    assert surer(doubts) == {back: lost}
    assert surer({back: frozenset({"enrich"}), lost: frozenset({"run"})}) == {}


def test_a_value_that_another_call_spoils_is_no_other_finding() -> None:
    """What is surely said of a value at one call explains what is doubtful at another, and no other kind of value."""
    create, enrich = Signature("values/nul", "create", "state"), Signature("values/nul", "enrich", "state")
    unicode = Signature("values/unicode", "enrich", "state")
    own = frozenset({"enrich"})
    assert surer({create: own | {"create"}, enrich: own, unicode: own}) == {create: enrich}
