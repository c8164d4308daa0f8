"""One session is not another, and one owner not another owner."""

from __future__ import annotations

from conformance.profile import Role
from conformance.session import Status
from tests.dialects import BRIDGE, bridge, rest
from tests.histories import (
    ADK,
    CRASH,
    LATE,
    Story,
    adk,
    bound,
    breaks,
    event,
    failed,
    holds,
    judged,
    late,
    message,
    said,
    silent,
    threads,
    verdicts,
)

# --- writes stay in their session -----------------------------------------------------------------

STAY = "isolation/writes-stay-in-their-session"
LEAKED = "marker-of-one-1"


@holds(STAY)
def test_write_to_another_session_does_not_show() -> Story:
    """A session is as before after a write to another one."""
    return [
        threads.create("s1", {"a": 1}),
        threads.create("s2"),
        threads.get("s1", {"a": 1}),
        threads.label("s2", {"b": 2}),
        threads.get("s1", {"a": 1}),
    ]


@breaks(
    STAY, "label_thread", "labels", after=["listing/list-holds-every-live-session · list_threads · session not listed"]
)
def test_value_leaks_into_a_session_that_was_not_listed() -> Story:
    """Whatever became of a session that a list left out: what was written to another alone does not belong there."""
    return [
        threads.create("s1"),
        threads.create("s2"),
        threads.list("s2"),
        threads.label("s2", {"b": LEAKED}),
        threads.get("s1", {"b": LEAKED}),
    ]


@silent(after=[late("create_thread")])
def test_lost_create_that_was_tried_again_is_no_leak() -> Story:
    """A create was lost and tried again: the session that it made after all holds what the other one was given."""
    lost, listed = threads.create_any("s1", {"a": LEAKED}, answer=LATE), threads.thread("s1", {"a": LEAKED})
    again = threads.create_any("s2", {"a": LEAKED})
    return [lost, again, threads.list(listed, threads.thread("s2", {"a": LEAKED})), threads.get("s1", {"a": LEAKED})]


@breaks(STAY, "label_thread", "labels")
def test_enrichment_goes_to_all_sessions() -> Story:
    """A session shows a key that was written to another one."""
    return [
        threads.create("s1"),
        threads.create("s2"),
        threads.get("s1"),
        threads.label("s2", {"b": 2}),
        threads.get("s1", {"b": 2}),
    ]


@breaks(STAY, "create_thread", "labels")
def test_value_leaks_into_a_new_session() -> Story:
    """A new session shows, beside what it was given, what another one was given."""
    return [
        threads.create("s1", {"a": LEAKED}),
        threads.create("s2", {"b": 2}, shows={"b": 2}),
        threads.get("s2", {"a": LEAKED, "b": 2}),
    ]


@breaks(STAY, "create_session_with_id", "state")
def test_value_leaks_into_an_answer() -> Story:
    """Already the answer of a create shows what another session was given."""
    return [adk.create("s1", {"a": LEAKED}), adk.create("s2", {"b": 2}, shows={"a": LEAKED, "b": 2})]


@breaks(STAY, "say_in_thread", "history")
def test_message_leaks_into_another_history() -> Story:
    """A history holds what was said in another session."""
    return [
        threads.create("s1"),
        threads.create("s2"),
        threads.say("s1", LEAKED, message("r1")),
        threads.messages("s2", message("u1", LEAKED, "user")),
    ]


@breaks(STAY, "run_agent", "history")
def test_message_leaks_to_another_owner() -> Story:
    """A history holds what another owner said."""
    return [
        adk.create("s1"),
        adk.create("s2", owner="bob"),
        adk.run("s1", LEAKED, event("r1", "yes")),
        adk.get("s2", {}, event("u1", LEAKED, "user"), owner="bob"),
    ]


@silent()
def test_two_sessions_may_be_given_the_same() -> Story:
    """A value that was written to both sessions leaked from neither."""
    return [
        threads.create("s1", {"a": LEAKED}),
        threads.create("s2", {"b": LEAKED}),
        threads.get("s1", {"a": LEAKED}),
        threads.get("s2", {"b": LEAKED}),
    ]


# --- one owner is not another ---------------------------------------------------------------------

OWNERS = "isolation/other-owners-are-refused"
CHANGE = "isolation/other-owners-change-nothing"
TWO = "isolation/one-id-under-two-owners-is-two-sessions"
VALUES = "isolation/values-of-one-owner-break-no-other"


@holds(OWNERS)
def test_foreign_read_is_refused() -> Story:
    """A read of another owner's session is refused."""
    return [adk.create("s1"), adk.get("s1", owner="bob", answer=adk.no())]


@holds(OWNERS)
def test_foreign_history_is_refused() -> Story:
    """A look at the history of another owner's session is refused."""
    return [
        threads.create("s1"),
        threads.messages("s1", owner="bob", answer=threads.no()),
    ]


@breaks(OWNERS, "get_session", "accepted 200")
def test_foreign_read_is_served() -> Story:
    """A read of another owner's session is served."""
    return [adk.create("s1", {"a": 1}), adk.get("s1", answer=said(200, adk.session("s1", {"a": 1})), owner="bob")]


@breaks(OWNERS, "list_messages", "accepted 200")
def test_foreign_history_is_served() -> Story:
    """The history of another owner's session is served."""
    return [threads.create("s1"), threads.messages("s1", owner="bob")]


@breaks(OWNERS, "run_agent", "accepted 200")
def test_foreign_run_is_answered() -> Story:
    """A run on another owner's session is answered."""
    return [adk.create("s1"), adk.run("s1", "hello", event("r1"), owner="bob")]


@breaks(OWNERS, "label_thread", "accepted 204")
def test_foreign_enrichment_is_accepted() -> Story:
    """An enrichment of another owner's session is accepted."""
    return [threads.create("s1"), threads.label("s1", {"a": 1}, owner="bob")]


@breaks(OWNERS, "delete_thread", "accepted 204")
def test_foreign_delete_is_accepted() -> Story:
    """A delete of another owner's session is accepted."""
    return [threads.create("s1"), threads.delete("s1", owner="bob")]


@breaks(OWNERS, "search_threads", "refused 400")
def test_foreign_read_is_refused_in_another_way() -> Story:
    """A valid read of another owner's session is refused, but not as one that is missing or forbidden."""
    return [threads.create("s1"), threads.get("s1", owner="bob", answer=threads.no(400))]


@breaks(OWNERS, "delete_session", "refused 422")
def test_foreign_delete_is_refused_in_another_way() -> Story:
    """A delete of another owner's session is answered otherwise than one of any other id."""
    return [adk.create("s1"), adk.delete("s1", owner="bob", answer=adk.no(422))]


@silent()
def test_foreign_delete_tells_nothing_where_any_id_is_answered_alike() -> Story:
    """The ADK API answers every delete with 200; the session must be there all the same."""
    return [adk.create("s1"), adk.delete("s1", owner="bob"), adk.get("s1")]


@holds(CHANGE)
def test_foreign_delete_changes_nothing() -> Story:
    """After a delete under another owner's name the session is as before."""
    return [adk.create("s1"), adk.get("s1"), adk.delete("s1", owner="bob"), adk.get("s1")]


@breaks(CHANGE, "delete_session", "vanished")
def test_foreign_delete_removes_the_session() -> Story:
    """A delete under another owner's name removed the session."""
    return [adk.create("s1"), adk.get("s1"), adk.delete("s1", owner="bob"), adk.get("s1", answer=adk.no())]


@breaks(CHANGE, "label_thread", "labels")
def test_twin_is_enriched() -> Story:
    """An enrichment of another owner's session of the same id shows in this one."""
    return [
        threads.create("s1"),
        threads.create("s1", owner="bob"),
        threads.get("s1"),
        threads.label("s1", {"a": 1}, owner="bob"),
        threads.get("s1", {"a": 1}),
    ]


@breaks(CHANGE, "label_thread", "labels")
def test_refused_foreign_enrichment_is_applied() -> Story:
    """An enrichment by another owner was refused, and changed the session all the same."""
    return [
        threads.create("s1"),
        threads.get("s1"),
        threads.label("s1", {"a": 1}, owner="bob", answer=threads.no()),
        threads.get("s1", {"a": 1}),
    ]


@holds(TWO)
def test_two_owners_choose_one_id() -> Story:
    """An id that another owner has is free."""
    return [adk.create("s1"), adk.create("s1", owner="bob")]


@breaks(TWO, "create_session_with_id", "refused 409")
def test_id_of_another_owner_is_taken() -> Story:
    """An id that another owner has is refused as a duplicate."""
    return [adk.create("s1"), adk.create("s1", owner="bob", answer=adk.no(409))]


def test_id_of_another_owner_is_taken_as_declared() -> None:
    """Where ids are one for all owners, the profile says how that is answered; nothing is demanded then."""
    profile = bound(ADK, Role.CREATE, foreign=frozenset({409}))
    court = judged([adk.create("s1"), adk.create("s1", owner="bob", answer=adk.no(409))], profile)
    assert (court.broken, court.observed(TWO)) == ([], 0)


def test_run_of_another_owner_may_make_a_session_of_its_own() -> None:
    """Where a run makes its session, and two owners may have the same id."""
    profile = bound(ADK, Role.RUN, creates=True)
    assert verdicts([adk.create("s1"), adk.run("s1", "hello", event("r1"), owner="bob")], profile) == []


@silent()
def test_twins_keep_what_each_was_given() -> Story:
    """Two sessions of one id have attributes, histories and ends of their own."""
    return [
        threads.create("s1", {"a": 1}),
        threads.create("s1", {"a": 2}, owner="bob"),
        threads.get("s1", {"a": 1}),
        threads.get("s1", {"a": 2}, owner="bob"),
        threads.delete("s1"),
        threads.get("s1", answer=threads.no()),
        threads.get("s1", {"a": 2}, owner="bob"),
    ]


@holds(VALUES)
def test_value_of_another_owner_breaks_nothing() -> Story:
    """A list is answered whatever another owner stored."""
    return [threads.create("s1", {"a": "\U0001f600"}, owner="bob"), threads.create("s2"), threads.list("s2")]


@breaks(VALUES, "list_threads", "failed 500", others=["list_threads"])
def test_value_of_another_owner_breaks_the_list() -> Story:
    """A list fails since another owner stored an emoji."""
    return [threads.create("s1", {"a": "\U0001f600"}, owner="bob"), threads.create("s2"), threads.list(answer=CRASH)]


# --- deletes --------------------------------------------------------------------------------------

REST = "isolation/deleting-one-session-leaves-the-rest"


@holds(REST)
def test_delete_leaves_the_other_session() -> Story:
    """After a delete of another session this one is as before."""
    return [
        threads.create("s1", {"a": 1}),
        threads.create("s2"),
        threads.get("s1", {"a": 1}),
        threads.delete("s2"),
        threads.get("s1", {"a": 1}),
    ]


@breaks(REST, "delete_thread", "vanished")
def test_delete_removes_the_other_session() -> Story:
    """A delete of another session removed this one."""
    return [
        threads.create("s1"),
        threads.create("s2"),
        threads.get("s1"),
        threads.delete("s2"),
        threads.get("s1", answer=threads.no()),
    ]


@breaks(REST, "delete_thread", "labels")
def test_delete_empties_the_other_session() -> Story:
    """A delete of another session emptied this one."""
    return [
        threads.create("s1", {"a": 1}),
        threads.create("s2"),
        threads.get("s1", {"a": 1}),
        threads.delete("s2"),
        threads.get("s1"),
    ]


@breaks(REST, "delete_thread", "history")
def test_delete_empties_the_other_history() -> Story:
    """A delete of another session removed the messages of this one."""
    return [
        threads.create("s1"),
        threads.create("s2"),
        threads.say("s1", "hello", message("r1")),
        threads.messages("s1", message("u1", "hello"), message("r1")),
        threads.delete("s2"),
        threads.messages("s1"),
    ]


# --- what is no evidence -------------------------------------------------------------------------


@silent()
def test_common_words_are_no_leak() -> Story:
    """What anybody may say proves nothing, wherever it stands."""
    return [
        threads.create("s1"),
        threads.create("s2"),
        threads.say("s1", "continue", message("r1")),
        threads.say("s1", "Hello there!", message("r2")),
        threads.say("s2", "go on", message("r3")),
        threads.messages("s2", message("u3", "continue", "user"), message("r3"), message("m4", "Hello there!")),
    ]


def test_empty_value_of_another_owner_is_not_to_blame() -> None:
    """An owner that stored nothing but empty values breaks nobody's list."""
    story = [threads.create("s1", {"a": "", "b": {}}, owner="bob"), threads.create("s2")]
    assert verdicts([*story, threads.list(answer=CRASH)]) == [failed("list_threads")]
    assert judged([*story, threads.list("s2")]).observed(VALUES) == 0


# --- what is not put to the test ------------------------------------------------------------------


def test_ordinary_create_says_nothing_about_two_owners() -> None:
    """Only a create under an id that another owner has puts that to the test."""
    assert judged([adk.create("s1"), adk.create("s2")]).observed(TWO) == 0


def test_own_awkward_value_is_not_blamed_on_others() -> None:
    """A request that fails with a value of its own is not broken by what another owner stored."""
    story = [threads.create("s1", {"a": "\U0001f600"}, owner="bob"), threads.create("s2")]
    story += [threads.label("s2", {"b": "before\0after"}, answer=CRASH)]
    assert verdicts(story) == ["values/nul-is-kept · label_thread · failed 500"]


def test_own_stored_value_is_not_blamed_on_others() -> None:
    """A read that fails may fail by what its own owner stored."""
    story = [threads.create("s1", {"a": "\U0001f600"}, owner="bob"), threads.create("s2", {"b": "before\0after"})]
    assert verdicts([*story, threads.get("s2", answer=CRASH)]) == ["values/nul-is-kept · search_threads · failed 500"]


def test_request_unlike_all_others_may_fail_by_itself() -> None:
    """A write unlike all that were accepted fails for reasons of its own."""
    story = [threads.create("s1", {"a": "\U0001f600"}, owner="bob"), threads.create("s2")]
    assert verdicts([*story, threads.say("s2", "hello", answer=CRASH)]) == [failed("say_in_thread")]


# --- a session that is named twice ----------------------------------------------------------------

TWICE = "isolation/call-that-names-two-sessions-is-refused"
HERE, THERE = "session-1", "session-2"
BOTH = [bridge.call(HERE, "r1"), bridge.call(THERE, "r2")]


@holds(TWICE)
def test_a_call_that_names_two_sessions_is_refused() -> Story:
    """One in the payload, and another one in the header that routes it."""
    return [*BOTH, bridge.call(HERE, route=THERE, answer=bridge.no(400))]


@holds(TWICE)
def test_a_reference_of_another_session_is_refused() -> Story:
    """The third place counts as well."""
    return [*BOTH, bridge.method(HERE, "r2", of=THERE, answer=bridge.no(400))]


@breaks(TWICE, "call_function", "accepted 200")
def test_a_call_that_names_two_sessions_is_taken() -> Story:
    """It works on one of them, and nobody knows on which."""
    return [*BOTH, bridge.call(HERE, "r3", route=THERE)]


@breaks(TWICE, "call_method", "accepted 200")
def test_a_reference_of_another_session_is_taken() -> Story:
    """The reference says whose it is."""
    return [*BOTH, bridge.method(HERE, "r2", of=THERE)]


@breaks(TWICE, "call_function", "failed 500", also=[failed("call_function")])
def test_a_call_that_names_two_sessions_crashes_the_server() -> Story:
    """A server error is no refusal."""
    return [*BOTH, bridge.call(HERE, route=THERE, answer=CRASH)]


@silent(after=[late("call_function")])
def test_a_call_that_names_two_sessions_is_lost() -> Story:
    """No answer is no success."""
    return [*BOTH, bridge.call(HERE, route=THERE, answer=LATE), bridge.method(HERE, "r1")]


@silent()
def test_a_call_that_names_one_session_twice() -> Story:
    """As it should be."""
    return [*BOTH, bridge.call(HERE, "r3", route=HERE), bridge.method(HERE, "r1", of=HERE)]


def test_a_split_call_says_nothing_of_either_session() -> None:
    """That it was refused, in whatever words, makes neither session uncertain, and no session anew."""
    court = judged(
        [
            *BOTH,
            bridge.call(HERE, route=THERE, answer=bridge.no()),
            bridge.call(HERE, route="other", answer=bridge.no()),
        ]
    )
    assert court.broken == []
    assert [court.status(each) for each in (HERE, THERE, "other")] == [Status.LIVE, Status.LIVE, Status.ABSENT]
    court.tell(bridge.method(HERE, "r1"), bridge.method(THERE, "r2"))
    assert court.broken == []


def test_only_where_sessions_are_named_twice() -> None:
    """An API that names each session once has nothing to decide."""
    assert judged([rest.create("s1"), rest.get("s1")]).observed(TWICE) == 0
    assert [len(each.also) for each in BRIDGE.bindings if each.item is not None] == [2] * 5


@breaks(
    "isolation/writes-stay-in-their-session",
    "label_thread",
    "history",
    others={"create_thread", "say_in_thread"},
)
def test_any_of_the_writes_elsewhere_may_be_to_blame() -> Story:
    """Nobody knows which of them added the item, so the last is blamed, and the others are named."""
    return [
        threads.create("s1"),
        threads.messages("s1"),
        threads.create("s2"),
        threads.say("s2", "hello", message("r2")),
        threads.label("s2", {"a": 1}),
        threads.messages("s1", message("x1", "good day")),
    ]
