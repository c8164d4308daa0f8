"""A run needs a session, adds to its history, and changes nothing else."""

from __future__ import annotations

from conformance.exchange import Failure
from tests.histories import (
    CRASH,
    LATE,
    Story,
    adk,
    bare,
    breaks,
    event,
    failed,
    holds,
    late,
    message,
    silent,
    threads,
)

HELLO = event("u1", "hello", "user")
REPLY = event("r1", "good day")
AGAIN = event("u2", "again", "user")
SECOND = event("r2", "once more")

USER = message("u1", "hello", "user")
AGENT = message("r1", "good day")


# --- a run needs a session ------------------------------------------------------------------------

REQUIRES = "runs/run-requires-existing-session"
ACCEPTS = "runs/live-session-accepts-runs"
AGREE = "runs/stream-and-run-agree"


@holds(REQUIRES)
def test_run_on_a_missing_session_is_refused() -> Story:
    """A run on a session that never existed is answered as missing."""
    return [adk.run("never", "hello", answer=adk.no())]


@holds(REQUIRES)
def test_invalid_run_on_a_missing_session_is_refused() -> Story:
    """A run that is wrong in two ways may be refused for either."""
    return [threads.say("never", "hello", extra=1, answer=threads.no(400))]


@breaks(REQUIRES, "run_agent", "accepted 200")
def test_run_on_a_missing_session_is_answered() -> Story:
    """A run on a session that never existed is answered."""
    return [adk.run("never", "hello", REPLY)]


@breaks(REQUIRES, "run_agent_sse", "accepted 200")
def test_stream_on_a_missing_session_is_answered() -> Story:
    """A stream on a session that never existed is answered."""
    return [adk.stream("never", "hello", REPLY)]


@breaks(REQUIRES, "say_in_thread", "accepted 200 after delete")
def test_run_on_a_deleted_session_is_answered() -> Story:
    """A run on a deleted session is answered: that is another bug than one on a session that never existed."""
    return [threads.create("s1"), threads.delete("s1"), threads.say("s1", "hello", AGENT)]


@breaks(REQUIRES, "say_in_thread", "refused 400")
def test_run_on_a_missing_session_is_refused_in_another_way() -> Story:
    """A valid run on a missing session is refused, but not as missing."""
    return [threads.say("never", "hello", answer=threads.no(400))]


@silent(after=[late("run_agent")])
def test_lost_run_on_a_missing_session_proves_nothing() -> Story:
    """Nobody knows what a lost run did: the session may be there now, or not."""
    return [adk.run("never", "hello", answer=LATE), adk.get("never")]


@holds(ACCEPTS)
def test_second_run_is_accepted() -> Story:
    """A run like an accepted one is accepted by the same session."""
    return [adk.create("s1"), adk.run("s1", "hello", REPLY), adk.run("s1", "hello", SECOND)]


@holds(ACCEPTS)
def test_run_in_a_second_session_is_accepted() -> Story:
    """A run like an accepted one is accepted by any session; long strings may differ."""
    return [
        threads.create("thread-one"),
        threads.create("thread-two"),
        threads.say("thread-one", "hello there", AGENT),
        threads.say("thread-two", "how are you", message("r2")),
    ]


@breaks(ACCEPTS, "say_in_thread", "refused 400")
def test_second_run_is_refused() -> Story:
    """A run like an accepted one is refused."""
    return [threads.create("s1"), threads.say("s1", "hello", AGENT), threads.say("s1", "hello", answer=threads.no(400))]


@breaks(ACCEPTS, "say_in_thread", "refused 404")
def test_second_run_finds_no_session() -> Story:
    """A run like an accepted one does not find the live session."""
    return [threads.create("s1"), threads.say("s1", "hello", AGENT), threads.say("s1", "hello", answer=threads.no())]


@silent()
def test_first_run_may_be_refused() -> Story:
    """A run unlike all that were accepted may be refused: nobody knows whether it is right."""
    return [threads.create("s1"), threads.say("s1", "hello", answer=threads.no(400))]


@breaks(ACCEPTS, "say_in_thread", "refused 404")
def test_first_run_finds_no_session() -> Story:
    """Already the first run does not find the live session."""
    return [threads.create("s1"), threads.say("s1", "hello", answer=threads.no())]


@holds(AGREE)
def test_stream_takes_what_a_run_took() -> Story:
    """A body that one operation accepted is accepted by the other."""
    return [adk.create("s1"), adk.run("s1", "hello", REPLY), adk.stream("s1", "hello", SECOND)]


@breaks(AGREE, "run_agent_sse", "refused 400")
def test_stream_refuses_what_a_run_took() -> Story:
    """A body that a run accepted is refused by the stream."""
    return [adk.create("s1"), adk.run("s1", "hello", REPLY), adk.stream("s1", "hello", answer=adk.no(400))]


@breaks(AGREE, "run_agent", "refused 400")
def test_run_refuses_what_a_stream_took() -> Story:
    """A body that a stream accepted is refused by the run."""
    return [adk.create("s1"), adk.stream("s1", "hello", REPLY), adk.run("s1", "hello", answer=adk.no(400))]


# --- a refused run leaves no trace ----------------------------------------------------------------

TRACE = "runs/refused-run-leaves-no-trace"


@holds(TRACE)
def test_refused_run_changes_nothing() -> Story:
    """After a refused run the history is as before."""
    return [
        threads.create("s1"),
        threads.messages("s1"),
        threads.say("s1", "hello", extra=1, answer=threads.no(400)),
        threads.messages("s1"),
    ]


@holds(TRACE)
def test_refused_run_makes_no_session() -> Story:
    """After a run on a missing session was refused it is still missing."""
    return [adk.run("never", "hello", answer=adk.no()), adk.get("never", answer=adk.no())]


@breaks(TRACE, "say_in_thread", "history")
def test_refused_run_is_kept() -> Story:
    """A run was refused, and its message stands in the history."""
    return [
        threads.create("s1"),
        threads.messages("s1"),
        threads.say("s1", "hello", extra=1, answer=threads.no(400)),
        threads.messages("s1", USER),
    ]


@breaks(TRACE, "run_agent", "state")
def test_refused_run_changes_attributes() -> Story:
    """A run was refused, and an attribute is another one; also where runs may change attributes."""
    return [
        adk.create("s1", {"a": 1}),
        adk.get("s1", {"a": 1}),
        adk.run("s1", "hello", body={"streaming": "no"}, answer=adk.no(422)),
        adk.get("s1", {"a": 2}),
    ]


@breaks(TRACE, "run_agent_sse", "served")
def test_refused_stream_makes_a_session() -> Story:
    """A stream on a missing session was refused, and the session is there."""
    return [adk.stream("never", "hello", answer=adk.no()), adk.get("never", {}, HELLO)]


@breaks(TRACE, "say_in_thread", "served")
def test_refused_run_makes_a_listed_session() -> Story:
    """A run on a missing session was refused, and the session is listed."""
    return [threads.say("never", "hello", answer=threads.no()), threads.list("never")]


@breaks(TRACE, "say_in_thread", "vanished")
def test_refused_run_removes_the_session() -> Story:
    """A run was refused, and the session is gone."""
    return [
        threads.create("s1"),
        threads.messages("s1"),
        threads.get("s1"),
        threads.say("s1", "hello", extra=1, answer=threads.no(400)),
        threads.get("s1", answer=threads.no()),
    ]


# --- what a run appends ---------------------------------------------------------------------------

APPENDS = "runs/run-appends"
KEEPS = "runs/run-keeps-history"
ANSWER = "runs/answer-stands-in-history"


@holds(APPENDS)
def test_run_appends_its_items() -> Story:
    """After a run the history holds what was said."""
    return [adk.create("s1"), adk.run("s1", "hello", REPLY), adk.get("s1", {}, HELLO, REPLY)]


@holds(APPENDS)
def test_each_run_appends() -> Story:
    """After three runs the history has at least three more items."""
    return [
        threads.create("s1"),
        threads.say("s1", "a"),
        threads.say("s1", "b"),
        threads.say("s1", "c"),
        threads.messages("s1", message("a"), message("b"), message("c")),
    ]


@breaks(APPENDS, "run_agent", "history")
def test_run_appends_nothing() -> Story:
    """A run was answered, and the history is empty."""
    return [adk.create("s1"), adk.run("s1", "hello", REPLY), adk.get("s1")]


@breaks(APPENDS, "say_in_thread", "history")
def test_one_of_three_runs_appends_nothing() -> Story:
    """Three runs were accepted, and there are two more items."""
    return [
        threads.create("s1"),
        threads.say("s1", "a"),
        threads.say("s1", "b"),
        threads.say("s1", "c"),
        threads.messages("s1", message("a"), message("b")),
    ]


@holds(KEEPS)
def test_run_keeps_earlier_items() -> Story:
    """A second run leaves the items of the first where they were."""
    return [
        adk.create("s1"),
        adk.run("s1", "hello", REPLY),
        adk.get("s1", {}, HELLO, REPLY),
        adk.run("s1", "again", SECOND),
        adk.get("s1", {}, HELLO, REPLY, AGAIN, SECOND),
    ]


@breaks(KEEPS, "run_agent", "history")
def test_run_replaces_the_history() -> Story:
    """After a second run the items of the first are gone."""
    return [
        adk.create("s1"),
        adk.run("s1", "hello", REPLY),
        adk.get("s1", {}, HELLO, REPLY),
        adk.run("s1", "again", SECOND),
        adk.get("s1", {}, AGAIN, SECOND),
    ]


@breaks(KEEPS, "run_agent", "history")
def test_run_reorders_the_history() -> Story:
    """After a second run the items of the first stand behind."""
    return [
        adk.create("s1"),
        adk.run("s1", "hello", REPLY),
        adk.get("s1", {}, HELLO, REPLY),
        adk.run("s1", "again", SECOND),
        adk.get("s1", {}, AGAIN, SECOND, HELLO, REPLY),
    ]


@breaks(KEEPS, "say_in_thread", "history")
def test_run_rewrites_an_earlier_item() -> Story:
    """After a second run an item of the first says something else under the same id."""
    return [
        threads.create("s1"),
        threads.say("s1", "hello", AGENT),
        threads.messages("s1", USER, AGENT),
        threads.say("s1", "again", message("r2")),
        threads.messages("s1", USER, message("r1", "good night"), message("u2"), message("r2")),
    ]


@silent()
def test_items_are_told_apart_by_id_and_message() -> Story:
    """An item may gain members, as long as its id and its message stay."""
    return [
        adk.create("s1"),
        adk.run("s1", "hello", REPLY),
        adk.get("s1", {}, HELLO, {**REPLY, "actions": {"later": True}}),
        adk.get("s1", {}, {**HELLO, "invocationId": "i1"}, REPLY),
    ]


@holds(ANSWER)
def test_answered_item_is_kept() -> Story:
    """The answered item stands in the history."""
    return [threads.create("s1"), threads.say("s1", "hello", AGENT), threads.messages("s1", USER, AGENT)]


@holds(ANSWER)
def test_partial_items_need_not_be_kept() -> Story:
    """A stream's partial items are answered and not kept."""
    return [
        adk.create("s1"),
        adk.stream("s1", "hello", event("p1", "good", partial=True), REPLY),
        adk.get("s1", {}, HELLO, REPLY),
    ]


@breaks(ANSWER, "say_in_thread", "history")
def test_answered_item_is_not_kept() -> Story:
    """The history holds what the user said, and not the answer."""
    return [threads.create("s1"), threads.say("s1", "hello", AGENT), threads.messages("s1", USER)]


@breaks(ANSWER, "run_agent", "history")
def test_another_item_is_kept_than_was_answered() -> Story:
    """The history holds an item with the id of the answer and another text."""
    return [adk.create("s1"), adk.run("s1", "hello", REPLY), adk.get("s1", {}, HELLO, event("r1", "good night"))]


@breaks(ANSWER, "run_agent_sse", "history")
def test_streamed_item_is_not_kept() -> Story:
    """The history misses the item that ended the stream."""
    return [
        adk.create("s1"),
        adk.stream("s1", "hello", event("p1", "good", partial=True), REPLY),
        adk.get("s1", {}, HELLO, event("p1", "good")),
    ]


# --- what a run leaves alone ----------------------------------------------------------------------

OWN = "runs/run-answers-for-its-own-session"
ALONE = "runs/run-leaves-attributes-alone"


@holds(OWN)
def test_answer_repeats_its_own_session() -> Story:
    """An answer may repeat what was said in its own session."""
    return [
        threads.create("s1"),
        threads.create("s2"),
        threads.say("s1", "my own 12 words", AGENT),
        threads.say("s1", "again", message("r2", "you said: my own 12 words")),
    ]


@breaks(OWN, "say_in_thread", "foreign words")
def test_answer_repeats_another_session() -> Story:
    """An answer repeats what was said in another session only."""
    return [
        threads.create("s1"),
        threads.create("s2"),
        threads.say("s1", "marker-of-one-1", AGENT),
        threads.say("s2", "again", message("r2", "you said: marker-of-one-1")),
    ]


@breaks(OWN, "run_agent_sse", "foreign words")
def test_stream_repeats_another_owner() -> Story:
    """A stream repeats an attribute of another owner's session."""
    return [
        adk.create("s1", {"secret": "marker-of-ada-1"}),
        adk.create("s2", owner="bob"),
        adk.stream("s2", "hello", event("r1", "I know marker-of-ada-1"), owner="bob"),
    ]


@silent()
def test_answer_may_say_what_both_sessions_said() -> Story:
    """What was said to two sessions tells nothing."""
    return [
        threads.create("s1"),
        threads.create("s2"),
        threads.say("s1", "the same 12 words", AGENT),
        threads.say("s2", "the same 12 words", message("r2", "the same 12 words")),
        threads.say("s2", "again", message("r3", "the same 12 words")),
    ]


@silent()
def test_answer_may_use_common_words() -> Story:
    """Words that anybody may say are not foreign, whoever said them before."""
    return [
        threads.create("s1"),
        threads.create("s2"),
        threads.say("s1", "continue", AGENT),
        threads.say("s1", "Hello there!", message("r2")),
        threads.say("s2", "again", message("r3", "Hello there!")),
        threads.say("s2", "again", message("r4", "shall I continue")),
    ]


@silent()
def test_words_of_the_message_are_its_own() -> Story:
    """An answer may repeat each word of the message that it answers."""
    return [
        threads.create("s1"),
        threads.create("s2"),
        threads.say("s1", "marker-of-one-1", AGENT),
        threads.say("s2", "what is marker-of-one-1?", message("r2", "I do not know marker-of-one-1")),
    ]


@silent(after=[failed("run_agent")])
def test_failed_run_may_have_changed_what_it_may_change() -> Story:
    """A run that failed may have rewritten the state that the profile lets it change."""
    return [
        adk.create("s1", {"a": 1}),
        adk.get("s1", {"a": 1}),
        adk.run("s1", "hello", answer=CRASH),
        adk.get("s1", {"a": 2, "b": 3}),
    ]


@holds(ALONE)
def test_run_leaves_the_attributes() -> Story:
    """After a run the attributes are as before."""
    return [threads.create("s1", {"a": 1}), threads.say("s1", "hello"), threads.get("s1", {"a": 1})]


@breaks(ALONE, "say_in_thread", "labels")
def test_run_changes_an_attribute() -> Story:
    """A run changed an attribute."""
    return [
        threads.create("s1", {"a": 1}),
        threads.get("s1", {"a": 1}),
        threads.say("s1", "hello"),
        threads.get("s1", {"a": 2}),
    ]


@breaks(ALONE, "say_in_thread", "labels")
def test_run_adds_an_attribute() -> Story:
    """A run added an attribute."""
    return [
        threads.create("s1", {"a": 1}),
        threads.get("s1", {"a": 1}),
        threads.say("s1", "hello"),
        threads.get("s1", {"a": 1, "runs": 1}),
    ]


@silent()
def test_run_may_change_what_the_profile_lets_it_change() -> Story:
    """A run of the ADK API may rewrite the state."""
    return [
        adk.create("s1", {"a": 1}),
        adk.get("s1", {"a": 1}),
        adk.run("s1", "hello", REPLY),
        adk.get("s1", {"a": 2, "b": 3}, HELLO, REPLY),
    ]


# --- no whole answer ------------------------------------------------------------------------------


@silent(after=[late("run_agent")])
def test_lost_run_may_have_been_kept() -> Story:
    """Nobody is blamed if a run that was lost stands in the history."""
    return [adk.create("s1"), adk.run("s1", "hello", answer=LATE), adk.get("s1", {}, HELLO, REPLY)]


@silent(after=["contract/answer-comes-whole · run_agent · closed"])
def test_lost_run_may_not_have_been_kept() -> Story:
    """Nobody is blamed if a run that was lost does not stand in the history."""
    return [adk.create("s1"), adk.run("s1", "hello", answer=Failure.CLOSED), adk.get("s1")]


@silent(after=[failed("say_in_thread")])
def test_failed_run_may_not_have_been_kept() -> Story:
    """A run that failed and left nothing behind is as it should be."""
    return [threads.create("s1"), threads.say("s1", "hello", answer=CRASH), threads.messages("s1")]


@silent()
def test_stream_that_ends_in_a_declared_failure_need_not_be_kept() -> Story:
    """A stream that ended in an error frame is no accepted run."""
    return [adk.create("s1"), adk.stream("s1", "hello", {"error": "no model"}), adk.get("s1")]


@silent()
def test_empty_stream_of_a_refused_run() -> Story:
    """A refusal is one whatever its media type."""
    return [threads.create("s1"), threads.say("s1", "hello", answer=bare(400, threads.no().body, "application/json"))]
