"""A run needs a session, adds to its history, and changes nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.exchange import Exchange, Failure
from conformance.expressions import Json, parse
from conformance.profile import Order, Role
from conformance.session import Status
from tests.dialects import CURSOR, REST, bridge, cursor, remark, rest, support
from tests.histories import (
    ADK,
    CRASH,
    LATE,
    THREADS,
    Story,
    adk,
    bare,
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


@silent()
def test_a_run_may_refuse_what_is_awkward_in_another_way() -> Story:
    """One kind of awkward text was taken by both: that another is refused by one of them tells nothing."""
    return [
        adk.create("s1"),
        adk.run("s1", "na\u00efve", REPLY),
        adk.stream("s1", "na\u00efve", SECOND),
        adk.run("s1", "before\0after", answer=adk.no(422)),
    ]


@breaks(AGREE, "run_agent", "refused 422")
def test_run_refuses_what_is_awkward_and_a_stream_took() -> Story:
    """The same kind of awkward text was taken by the other."""
    return [
        adk.create("s1"),
        adk.stream("s1", "before\0after", REPLY),
        adk.run("s1", "before\0after", answer=adk.no(422)),
    ]


@silent()
def test_an_answer_that_shows_a_run_before_it_takes_nothing_from_it() -> Story:
    """A create that shows no history, a run, an enrichment whose answer shows what the run appended, and a read."""
    bare_session = adk.session("s1")
    del bare_session["events"]
    shown = adk.session("s1", {"a": 1}, HELLO, REPLY, event("e1", "", "user"))
    return [
        adk.create("s1", answer=said(200, bare_session)),
        adk.run("s1", "hello", REPLY),
        adk.patch("s1", {"a": 1}, answer=said(200, shown)),
        adk.get("s1", {"a": 1}, HELLO, REPLY, event("e1", "", "user")),
    ]


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
MESSAGE = "runs/message-stands-in-history"


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


@pytest.mark.parametrize("said", [None, {}])
def test_a_run_that_is_told_nothing_may_add_nothing(said: Json) -> None:
    """An agent that is told nothing has nothing to answer; each of the others adds something all the same."""
    empty = adk.run("s1", "", body={"newMessage": said})
    assert verdicts([adk.create("s1"), empty, adk.get("s1")]) == []
    told = [adk.create("s1"), empty, adk.run("s1", "hello", REPLY), adk.run("s1", "again", SECOND)]
    assert verdicts([*told, adk.get("s1", {}, REPLY, SECOND)]) == []
    assert "runs/run-appends · run_agent · history" in verdicts([*told, adk.get("s1", {}, REPLY)])


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


@holds(MESSAGE)
def test_message_is_kept() -> Story:
    """What was said stands in the history, beside the answer."""
    asked = event("e1", "order 4711-17", "user")
    return [adk.create("s1"), adk.run("s1", "order 4711-17", REPLY), adk.get("s1", {}, asked, REPLY)]


@breaks(MESSAGE, "run_agent", "history")
def test_answer_is_kept_without_its_message() -> Story:
    """The history holds the answer alone."""
    return [adk.create("s1"), adk.run("s1", "order 4711-17", REPLY), adk.get("s1", {}, REPLY)]


@breaks(MESSAGE, "run_agent", "history")
def test_message_is_kept_twice() -> Story:
    """What was said stands in the history twice, under two ids."""
    once, twice = event("e1", "order 4711-17", "user"), event("e2", "order 4711-17", "user", timestamp=2.0)
    return [adk.create("s1"), adk.run("s1", "order 4711-17", REPLY), adk.get("s1", {}, once, twice, REPLY)]


TALKED = [adk.create("s1"), adk.run("s1", "hello", REPLY), adk.get("s1", {}, HELLO, REPLY)]
LATER = event("u2", "order 4711-17", "user")


@breaks("runs/answer-stands-in-history", "run_agent", "history")
def test_run_answers_what_it_answered_before() -> Story:
    """The history holds the reply to the message; what was answered is the one to the message before."""
    return [*TALKED, adk.run("s1", "order 4711-17", REPLY), adk.get("s1", {}, HELLO, REPLY, LATER, SECOND)]


@holds("runs/answer-stands-in-history")
def test_run_answers_the_whole_history() -> Story:
    """Some answer all that was said so far, the new reply as well."""
    said = adk.run("s1", "order 4711-17", HELLO, REPLY, LATER, SECOND)
    return [*TALKED, said, adk.get("s1", {}, HELLO, REPLY, LATER, SECOND)]


@holds("runs/answer-stands-in-history")
def test_run_has_nothing_to_reply() -> Story:
    """Nothing was replied to the message; the last reply is answered again."""
    return [*TALKED, adk.run("s1", "order 4711-17", REPLY), adk.get("s1", {}, HELLO, REPLY, LATER)]


@holds(MESSAGE)
def test_message_is_said_twice() -> Story:
    """What was said twice stands in the history twice."""
    once, twice, reply = event("e1", "order 4711-17", "user"), event("e2", "order 4711-17", "user"), event("r2")
    said = [adk.run("s1", "order 4711-17", REPLY), adk.run("s1", "order 4711-17", reply)]
    return [adk.create("s1"), *said, adk.get("s1", {}, once, REPLY, twice, reply)]


@holds(MESSAGE)
def test_message_that_was_tried_before_may_stand_there_twice() -> Story:
    """A run was lost, and tried again: both may have been kept."""
    once, twice = event("e1", "order 4711-17", "user"), event("e2", "order 4711-17", "user")
    return [
        adk.create("s1"),
        adk.get("s1", {}),
        adk.run("s1", "order 4711-17", answer=Failure.STALE),
        adk.run("s1", "order 4711-17", REPLY),
        adk.get("s1", {}, once, twice, REPLY),
    ]


@holds(MESSAGE)
def test_another_role_may_repeat_the_message() -> Story:
    """An agent that passes the message on to another one repeats it, in another role than the user's."""
    asked, passed = event("e1", "order 4711-17", "user"), event("e2", "order 4711-17", "router")
    return [adk.create("s1"), adk.run("s1", "order 4711-17", REPLY), adk.get("s1", {}, asked, passed, REPLY)]


@breaks(MESSAGE, "say_in_thread", "history")
def test_answer_that_quotes_the_message_does_not_count() -> Story:
    """The answer repeats the message, which is not kept itself."""
    quote = message("m2", "you said order 4711-17")
    return [threads.create("s1"), threads.say("s1", "order 4711-17", quote), threads.messages("s1", quote)]


@silent()
def test_message_may_be_kept_with_something_around_it() -> Story:
    """The message stands in an item that holds more than it."""
    asked, reply = message("m1", "ada: order 4711-17", "user"), message("m2", "yes")
    return [threads.create("s1"), threads.say("s1", "order 4711-17", reply), threads.messages("s1", asked, reply)]


@silent()
def test_echoed_message_counts() -> Story:
    """The answer is the very message: which of the two is kept cannot be told."""
    echo = message("m2", "order 4711-17")
    return [threads.create("s1"), threads.say("s1", "order 4711-17", echo), threads.messages("s1", echo)]


@silent()
def test_common_words_are_not_looked_for() -> Story:
    """A short message may be kept in any form."""
    return [adk.create("s1"), adk.run("s1", "hello", REPLY), adk.get("s1", {}, REPLY)]


@breaks(ANSWER, "run_agent", "history")
def test_answer_is_kept_twice() -> Story:
    """The answered item stands in the history twice, under one id."""
    return [adk.create("s1"), adk.run("s1", "hello", REPLY), adk.get("s1", {}, HELLO, REPLY, REPLY)]


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


# --- a history in pages -------------------------------------------------------------------------------

PAGE = "runs/page-of-a-history-holds-what-stands-there"
SAID = [message(f"m{number}", f"number {number}", ("user", "agent")[number % 2]) for number in range(6)]


def talked(*rest_of_it: Exchange) -> Story:
    """Three runs whose history is known whole, and what is asked then."""
    runs = [rest.say("s1", SAID[number]["text"], *SAID[number : number + 2]) for number in (0, 2, 4)]
    return [rest.create("s1"), *runs, rest.messages("s1", *SAID), *rest_of_it]


@holds(PAGE)
def test_first_page_of_a_history() -> Story:
    """The first items, if so many were asked for."""
    return talked(rest.messages("s1", *SAID[:2], limit=2))


@holds(PAGE)
def test_later_page_of_a_history() -> Story:
    """The items from a place on."""
    return talked(rest.messages("s1", *SAID[2:4], limit=2, offset=2))


@holds(PAGE)
def test_page_beyond_the_end_of_a_history() -> Story:
    """Nothing stands there."""
    return talked(rest.messages("s1", limit=2, offset=8))


@breaks(PAGE, "listMessages", "other items")
def test_page_is_counted_from_the_end() -> Story:
    """The last items in the stead of the first."""
    return talked(rest.messages("s1", *SAID[4:], limit=2))


@breaks(PAGE, "listMessages", "other items")
def test_page_begins_at_another_place() -> Story:
    """The offset does not count."""
    return talked(rest.messages("s1", *SAID[:2], limit=2, offset=2))


@breaks(PAGE, "listMessages", "other items")
def test_page_ends_too_soon() -> Story:
    """Fewer items than stand there, and than were asked for."""
    return talked(rest.messages("s1", *SAID[2:3], limit=2, offset=2))


@breaks(PAGE, "listMessages", "longer than asked")
def test_page_of_a_history_is_longer_than_asked() -> Story:
    """The limit does not count."""
    return talked(rest.messages("s1", *SAID, limit=2))


@silent()
def test_page_of_a_history_that_is_not_known() -> Story:
    """After a run, nobody knows what stands where until the whole is seen."""
    more = [message("m7", "more", "user"), message("m8", "more of it")]
    return talked(rest.say("s1", "more", *more), rest.messages("s1", *SAID[2:4], limit=2))


def test_page_of_a_history_that_is_shown_newest_first() -> None:
    """It holds the last items, in that order."""
    bindings = [replace(each, order=Order.NEWEST) if each.role is Role.HISTORY else each for each in REST.bindings]
    profile = replace(REST, bindings=tuple(bindings))
    known = [each for each in talked() if each.request.method != "GET"] + [rest.messages("s1", *SAID[::-1])]
    assert verdicts([*known, rest.messages("s1", *SAID[:3:-1], limit=2)], profile) == []
    assert verdicts([*known, rest.messages("s1", *SAID[:2], limit=2)], profile) == [
        f"{PAGE} · listMessages · other items"
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


# --- sessions that end ----------------------------------------------------------------------------

ENDED = "runs/ended-session-refuses-runs"
FIRST = "runs/first-run-creates-the-session"
ARCHIVED = [rest.create("s1"), rest.move("s1", "closed"), rest.move("s1", "archived")]
ITEM = support.message(1, "r1")


@holds(ENDED)
def test_an_ended_session_takes_no_run() -> Story:
    """What is archived is closed for good."""
    return [*ARCHIVED, rest.say("s1", "hello", answer=rest.no(409))]


@holds(ENDED)
def test_an_ended_session_says_so_by_a_code() -> Story:
    """A code, in an answer of status 200."""
    return [cursor.create(1), cursor.move(1, "closed"), cursor.say(1, "hello", answer=cursor.no("closed"))]


@breaks(ENDED, "sayInThread", "accepted 201")
def test_an_ended_session_takes_a_run() -> Story:
    """The agent answers after the end."""
    return [*ARCHIVED, rest.say("s1", "hello", USER, AGENT)]


@breaks(ENDED, "send_message", "refused 404")
def test_an_ended_session_is_said_to_be_missing() -> Story:
    """It is there: that it has ended is what is wrong."""
    return [support.create(1), support.move(1, "ended"), support.send(1, "hello", answer=support.no())]


@silent()
def test_a_session_that_was_opened_again_takes_runs() -> Story:
    """Where an arrow leads back, the end is none."""
    opened = [support.create(1), support.move(1, "ended"), support.move(1, "active")]
    return [*opened, support.send(1, "hello", ITEM)]


@silent(after=[late("update_session_status")])
def test_a_session_that_may_have_ended_may_take_a_run_or_not() -> Story:
    """Nobody knows whether it ended."""
    moved = support.move(1, "ended", answer=LATE)
    return [support.create(1), support.send(1, "hello", ITEM), moved, support.send(1, "hello", answer=support.no(400))]


@silent()
def test_an_invalid_run_on_an_ended_session_may_be_refused_as_such() -> Story:
    """Two things are wrong with it."""
    return [*ARCHIVED, rest.say("s1", "", answer=rest.no(422))]


@silent()
def test_an_ended_session_is_no_dead_one() -> Story:
    """A run that was accepted before may be refused after the end; it can still be read."""
    return [
        rest.create("s1"),
        rest.say("s1", "hello", USER, AGENT),
        *ARCHIVED[1:],
        rest.say("s1", "hello", answer=rest.no(409)),
        rest.messages("s1", USER, AGENT),
    ]


# --- sessions that begin with a run ---------------------------------------------------------------


@holds(FIRST)
def test_a_first_run_makes_its_session() -> Story:
    """As the first run on another session did."""
    return [bridge.call("session-1", "r1"), bridge.call("session-2", "r2")]


@breaks(FIRST, "call_function", "refused 404")
def test_a_first_run_finds_no_session() -> Story:
    """Where nobody but a run makes sessions."""
    return [bridge.call("session-1", "r1"), bridge.call("session-2", answer=bridge.no())]


@breaks(FIRST, "call_function", "refused 404")
def test_a_run_finds_no_session_after_the_session_was_released() -> Story:
    """It can be begun again."""
    return [bridge.call("session-1", "r1"), bridge.end("session-1"), bridge.call("session-1", answer=bridge.no())]


@silent(after=[failed("update_session")])
def test_a_first_run_may_find_that_another_owner_has_the_id() -> Story:
    """Also where it is not known for sure what became of that session."""
    return [
        adk.create("s1"),
        adk.patch("s1", {"a": 1}, answer=CRASH),
        adk.run("s1", "hello", REPLY),
        adk.run("s1", "hello", answer=adk.no(), owner="bob"),
    ]


@silent()
def test_the_very_first_run_may_be_refused() -> Story:
    """No run like it was ever accepted."""
    return [bridge.call("session-1", answer=bridge.no())]


@silent(after=[late("call_function")])
def test_a_first_run_may_be_lost() -> Story:
    """No answer is no refusal."""
    return [bridge.call("session-1", "r1"), bridge.call("session-2", answer=LATE), bridge.call("session-2", "r2")]


def test_a_run_that_may_make_its_session_needs_none() -> None:
    """That a run requires a session is nothing to demand of such an API; the session is there afterwards."""
    court = judged([bridge.call("session-1", "r1")])
    assert court.status("session-1") is Status.LIVE
    assert court.observed(REQUIRES) == 0
    court.tell(bridge.end("session-1"))
    assert court.status("session-1") is Status.GONE
    assert court.broken == []


def test_a_run_that_moves_the_status_is_to_blame() -> None:
    """Its creation said nothing of a status: what came after it is asked first, and it alone if nothing did."""
    moved = [rest.create("s1"), rest.say("s1", "hello", USER, AGENT), rest.get("s1", status="closed")]
    assert verdicts(moved) == [f"{ALONE} · sayInThread · status"]
    assert verdicts([rest.create("s1", status="open"), rest.get("s1", status="closed")]) == [
        "existence/created-session-reads-back · createThreadWithId · status"
    ]


UNTOLD = frozenset({404, 410})
"""What says that a session is missing, by statuses alone."""


def test_an_error_in_a_success_that_may_be_anything_accuses_nobody() -> None:
    """The profile does not tell which errors say that a session is missing: a run that went wrong is no such thing."""
    profile = bound(CURSOR, Role.RUN, missing=UNTOLD)
    assert verdicts([cursor.create(1), cursor.say(1, "hello", answer=cursor.no("forbidden"))], profile) == []


def test_a_run_that_went_wrong_may_have_left_something() -> None:
    """Its error stands for no refusal: what an enrichment shows beside its own is not the enrichment's doing."""
    broken = [rest.create("s1"), rest.say("s1", "hello", USER, message("m2", "failed"))]
    profile = bound(REST, Role.RUN, failed=parse("$response.body#/messages/1/text"))
    assert verdicts([*broken, rest.label("s1", {"a": 1}, status="closed")], profile) == []
    assert verdicts([*broken, rest.label("s1", {"a": 1}, {"a": 2})], profile) == [
        "enrichment/enrichment-reads-back · labelThread · labels"
    ]


def test_a_run_that_makes_its_session_is_one_run() -> None:
    """One item is enough for it."""
    profile = bound(ADK, Role.RUN, creates=True)
    assert verdicts([adk.run("s1", "hello", REPLY), adk.get("s1", {}, REPLY)], profile) == []
    assert verdicts([adk.run("s1", "hello"), adk.get("s1")], profile) == ["runs/run-appends · run_agent · history"]


def test_a_run_that_makes_its_session_finds_none_missing() -> None:
    """A 404 then means something else that is not there, as an agent; unless what was accepted before is refused."""
    profile = bound(ADK, Role.RUN, creates=True)
    first, other = adk.run("s1", "hello", REPLY), adk.run("s1", "hello", body={"streaming": True}, answer=adk.no())
    assert verdicts([first, other], profile) == []
    assert verdicts([first, adk.run("s1", "hello", answer=adk.no())], profile) == [
        f"{ACCEPTS} · run_agent · refused 404"
    ]
    assert verdicts([adk.create("s1"), first, other]) == [f"{ACCEPTS} · run_agent · refused 404"]


def test_a_session_that_a_run_made_has_the_first_status() -> None:
    """And everything that the run said."""
    profile = bound(REST, Role.RUN, creates=True)
    court = judged([rest.say("s1", "hello", USER, AGENT)], profile)
    assert court.session("s1").status == "open"
    assert verdicts([rest.say("s1", "hello", USER, AGENT), rest.messages("s1", USER, AGENT)], profile) == []
    assert verdicts([rest.say("s1", "hello", USER, AGENT), rest.messages("s1")], profile) == [
        "runs/run-appends · sayInThread · history"
    ]


# --- answers of one item, histories in pages --------------------------------------------------------


@breaks(ANSWER, "send_message", "history")
def test_an_item_that_was_answered_is_not_kept() -> Story:
    """An answer may be one item; it has to stand in the history like any other."""
    user, other = support.message(1, "u1", "hello", "user"), support.message(1, "r2")
    return [support.create(1), support.messages(1), support.send(1, "hello", ITEM), support.messages(1, user, other)]


@silent()
def test_an_item_that_was_answered_is_kept() -> Story:
    """It stands in the history."""
    user = support.message(1, "u1", "hello", "user")
    return [support.create(1), support.messages(1), support.send(1, "hello", ITEM), support.messages(1, user, ITEM)]


@silent()
def test_a_page_of_the_history_is_not_the_history() -> Story:
    """What is not on a page is not lost."""
    said = [rest.create("s1"), rest.say("s1", "hello", USER, AGENT), rest.messages("s1", USER, AGENT)]
    return [*said, rest.messages("s1", USER, limit=1), rest.messages("s1", AGENT, offset=1, limit=1)]


@silent(profile=bound(REST, Role.HISTORY, order=Order.NEWEST))
def test_a_history_that_begins_with_the_newest() -> Story:
    """It is turned round before it is compared."""
    more = message("u2", "more", "user"), message("r2", "yes")
    first = [rest.create("s1"), rest.say("s1", "hello", USER, AGENT), rest.messages("s1", AGENT, USER)]
    return [*first, rest.say("s1", "more", *more), rest.messages("s1", more[1], more[0], AGENT, USER)]


@breaks(KEEPS, "sayInThread", "history", profile=bound(REST, Role.HISTORY, order=Order.NEWEST))
def test_a_history_that_begins_with_the_newest_loses_the_oldest() -> Story:
    """What is lost stands at its end."""
    more = message("u2", "more", "user"), message("r2", "yes")
    first = [rest.create("s1"), rest.say("s1", "hello", USER, AGENT), rest.messages("s1", AGENT, USER)]
    return [*first, rest.say("s1", "more", *more), rest.messages("s1", more[1], more[0], AGENT)]


# --- a run that may write attributes ----------------------------------------------------------------

BACK = "runs/run-brings-nothing-back"
OLD, NEW = {"owner": "customer-0001"}, {"owner": "customer-0002"}
"""Of two customers a session was given to, one after the other."""
GIVEN = [adk.create("s1", OLD), adk.get("s1", OLD), adk.patch("s1", NEW), adk.get("s1", NEW)]


@holds(BACK)
def test_run_keeps_what_was_enriched() -> Story:
    """What the enrichment wrote is there, beside what the agent wrote."""
    return [*GIVEN, adk.run("s1", "hello", REPLY), adk.get("s1", {**NEW, "turns": 1}, HELLO, REPLY)]


@holds(BACK)
def test_run_writes_what_it_likes() -> Story:
    """An agent may write another value, or take a key away."""
    return [*GIVEN, adk.run("s1", "hello", REPLY), adk.get("s1", {"owner": "nobody-0000"}, HELLO, REPLY)]


@breaks(BACK, "run_agent", "state")
def test_run_brings_back_what_was_replaced() -> Story:
    """The session was loaded before the enrichment, and is saved whole after it."""
    return [*GIVEN, adk.run("s1", "hello", REPLY), adk.get("s1", OLD, HELLO, REPLY)]


@silent()
def test_replaced_value_comes_back_and_the_enrichment_was_never_seen() -> Story:
    """It may as well have been lost: nobody is blamed."""
    return [*GIVEN[:3], adk.run("s1", "hello", REPLY), adk.get("s1", OLD, HELLO, REPLY)]


@silent()
def test_enrichment_brings_back_what_it_replaced() -> Story:
    """The value was enriched back: nobody else did that."""
    return [*GIVEN, adk.patch("s1", OLD), adk.run("s1", "hello", REPLY), adk.get("s1", OLD, HELLO, REPLY)]


@silent()
def test_common_word_that_was_replaced_may_come_back() -> Story:
    """An agent may write a word that stood there before."""
    story = [adk.create("s1", {"mood": "calm"}), adk.patch("s1", {"mood": "angry"}), adk.get("s1", {"mood": "angry"})]
    return [*story, adk.run("s1", "hello", REPLY), adk.get("s1", {"mood": "calm"}, HELLO, REPLY)]


@silent()
def test_null_in_the_place_of_nothing_is_nobodys() -> Story:
    """Nothing was replaced under a key that shows a null."""
    return [*GIVEN, adk.run("s1", "hello", REPLY), adk.get("s1", {**NEW, "": None}, HELLO, REPLY)]


# --- a history the other way round ---------------------------------------------------------------

ONE, TWO, THREE = (message(each, f"said {each}") for each in ("a1", "b2", "c3"))
MISSING_ORDER = 'is order = "newest" missing in [history]?'


@pytest.mark.parametrize(
    ("before", "after", "hint"),
    [
        ((ONE,), (TWO, ONE), True),
        ((ONE, TWO), (THREE, TWO, ONE), True),
        ((TWO, ONE), (THREE, TWO, ONE), True),
        ((ONE, TWO), (ONE, THREE), False),
        ((ONE, TWO), (ONE,), False),
        ((ONE,), (TWO, THREE), False),
    ],
    ids=["one", "told", "shown", "lost", "short", "another"],
)
def test_a_history_the_other_way_round_names_the_key(before: Story, after: Story, hint: bool) -> None:
    """Where all items are there, the earlier ones after the later, the profile may have to say the order."""
    story = [threads.create("s1"), threads.say("s1", "x"), threads.messages("s1", *before)]
    court = judged([*story, threads.say("s1", "y"), threads.messages("s1", *after)])
    assert [each.signature.invariant for each in court.violations][-1] == KEEPS
    assert (MISSING_ORDER in court.violations[-1].observation.got) is hint


def test_an_order_that_is_said_may_be_wrong() -> None:
    """A history that is said to be newest first, and is not, is told as well."""
    said_so = bound(THREADS, Role.HISTORY, order=Order.NEWEST)
    story = [threads.create("s1"), threads.say("s1", "x"), threads.messages("s1", ONE)]
    court = judged([*story, threads.say("s1", "y"), threads.messages("s1", ONE, TWO)], said_so)
    assert 'is order = "newest" wrong in [history]?' in court.violations[-1].observation.got


# --- the ids of items ---------------------------------------------------------------------------------

OWN_IDS = "runs/added-items-have-ids-of-their-own"


@holds(OWN_IDS)
def test_added_items_have_ids_of_their_own() -> Story:
    """Each of them has another id."""
    return [threads.create("s1"), threads.say("s1", "x"), threads.messages("s1", ONE, TWO)]


@breaks(OWN_IDS, "say_in_thread", "one id twice")
def test_two_added_items_have_one_id() -> Story:
    """What was said, and what was answered."""
    return [threads.create("s1"), threads.say("s1", "x"), threads.messages("s1", ONE, message("a1", "another"))]


@breaks(OWN_IDS, "say_in_thread", "one id twice")
def test_an_added_item_has_the_id_of_an_earlier_one() -> Story:
    """The first run was seen before, with an id that the second gives again."""
    before = [threads.create("s1"), threads.say("s1", "x"), threads.messages("s1", ONE)]
    return [*before, threads.say("s1", "y"), threads.messages("s1", ONE, message("a1", "another"))]


@silent()
def test_ids_that_a_creator_gave_are_its_own() -> Story:
    """Two items with one id were there before the run."""
    given = event("e1", "one"), event("e1", "two")
    begins = [adk.create_any("s1", events=[*given]), adk.run("s1", "hello", REPLY)]
    return [*begins, adk.get("s1", {}, *given, HELLO, REPLY), adk.get("s1", {}, *given, HELLO, REPLY)]


# --- streams --------------------------------------------------------------------------------------

END = "runs/stream-goes-on-to-the-end"


def run_before() -> Story:
    """A run whose answer shows the last item that it adds, seen in the history."""
    return [adk.create("s1"), adk.get("s1"), adk.run("s1", "hello", REPLY), adk.get("s1", {}, HELLO, REPLY)]


MORE = event("u2", "more", "user")


@holds(END)
def test_stream_shows_the_last_item() -> Story:
    """What it adds last is what it showed last."""
    return [*run_before(), adk.stream("s1", "more", SECOND), adk.get("s1", {}, HELLO, REPLY, MORE, SECOND)]


@breaks(END, "run_agent_sse", "end")
def test_stream_stops_before_the_last_item() -> Story:
    """The message is streamed, and the reply to it is not."""
    return [*run_before(), adk.stream("s1", "more", MORE), adk.get("s1", {}, HELLO, REPLY, MORE, SECOND)]


@silent()
def test_stream_that_stops_where_runs_do() -> Story:
    """Where no answer of a run shows what is added last, replies may come later."""
    return [
        adk.create("s1"),
        adk.get("s1"),
        adk.run("s1", "hello", HELLO),
        adk.get("s1", {}, HELLO, REPLY),
        adk.stream("s1", "more", MORE),
        adk.get("s1", {}, HELLO, REPLY, MORE, SECOND),
    ]


@silent()
def test_stream_that_was_not_alone() -> Story:
    """Two runs since the history was seen: whose the last item is nobody knows."""
    third = event("u3", "third", "user")
    return [
        *run_before(),
        adk.stream("s1", "more", MORE),
        adk.run("s1", "third", event("r3")),
        adk.get("s1", {}, HELLO, REPLY, MORE, SECOND, third, event("r3")),
    ]


@breaks("runs/answer-stands-in-history", "run_agent_sse", "history")
def test_stream_shows_an_item_twice() -> Story:
    """It stands in the history once."""
    return [adk.create("s1"), adk.stream("s1", "hello", REPLY, REPLY), adk.get("s1", {}, HELLO, REPLY)]


@silent()
def test_stream_shows_an_item_as_it_grows() -> Story:
    """Two states of one item are not that item twice."""
    growing = {**REPLY, "author": "somebody"}
    return [adk.create("s1"), adk.stream("s1", "hello", growing, REPLY), adk.get("s1", {}, HELLO, REPLY)]


# --- pages by cursor ------------------------------------------------------------------------------

REMARKS = [remark(f"r{number}", f"number {number}", ("user", "agent")[number % 2]) for number in range(6)]


def remarked(*rest_of_it: Exchange) -> Story:
    """Three runs whose history is known whole, its first page with the cursor of the next, and what is asked then."""
    runs = [cursor.say(1, REMARKS[number]["text"], REMARKS[number + 1]) for number in (0, 2, 4)]
    first = cursor.history(1, *REMARKS[:2], following="two", limit=2)
    return [cursor.create(1), *runs, cursor.history(1, *REMARKS), first, *rest_of_it]


@holds(PAGE)
def test_page_behind_a_cursor() -> Story:
    """It goes on where the page before ended."""
    return remarked(cursor.history(1, *REMARKS[2:4], limit=2, cursor="two", following="four"))


@breaks(PAGE, "threads_history", "other items")
def test_page_behind_a_cursor_repeats_an_item() -> Story:
    """It begins with the last item of the page before."""
    return remarked(cursor.history(1, *REMARKS[1:3], limit=2, cursor="two", following="three"))


@breaks(PAGE, "threads_history", "other items")
def test_third_page_skips_an_item() -> Story:
    """Each cursor leads on from the page that told it."""
    second = cursor.history(1, *REMARKS[2:4], limit=2, cursor="two", following="four")
    return remarked(second, cursor.history(1, *REMARKS[5:], limit=2, cursor="four"))


@silent()
def test_page_behind_a_cursor_that_nobody_told() -> Story:
    """Where it leads is not known; nor after a write, which may move what stands there."""
    said_more = [remark("r6", "number 6", "user"), remark("r7")]
    return remarked(
        cursor.history(1, *REMARKS[4:], limit=2, cursor="unknown"),
        cursor.say(1, "number 6", said_more[1]),
        cursor.history(1, *REMARKS, *said_more),
        cursor.history(1, *REMARKS[1:3], limit=2, cursor="two"),
    )


@silent()
def test_an_answer_that_shows_a_reply_before_it_is_read_takes_nothing_from_it() -> Story:
    """A history that is left out while it is empty is first seen in the answer of a later write, a run included."""
    empty, noted = adk.session("s1"), event("e1", "", "user")
    del empty["events"]
    said_more, reply = event("u1", "hello 1234567", "user"), event("r1", "good day")
    shown = adk.session("s1", {"a": 1}, said_more, reply, noted)
    return [
        adk.create("s1", answer=said(200, empty)),
        adk.run("s1", "hello 1234567", reply),
        adk.patch("s1", {"a": 1}, answer=said(200, shown)),
        adk.get("s1", {"a": 1}, said_more, reply, noted),
    ]
