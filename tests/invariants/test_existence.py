"""Sessions are there from their creation until their deletion, and at no other time."""

from __future__ import annotations

from dataclasses import replace

from conformance.profile import Role
from tests.dialects import REST, rest
from tests.histories import (
    CRASH,
    LATE,
    THREADS,
    Story,
    adk,
    bare,
    bound,
    breaks,
    event,
    exchange,
    failed,
    holds,
    judged,
    late,
    message,
    said,
    silent,
    threads,
    without,
)

# --- a later create is as good as the first -------------------------------------------------------

LATER = "existence/later-create-is-as-good-as-the-first"


@holds(LATER)
def test_second_create_is_accepted() -> Story:
    """A create like an accepted one is accepted as well."""
    return [adk.create_any("s1"), adk.create_any("s2")]


@holds(LATER)
def test_second_create_under_a_chosen_id_is_accepted() -> Story:
    """A create that differs only in its long strings is like an accepted one, also under an id of its own."""
    return [threads.create("thread-one", {"a": "one value"}), threads.create("thread-two", {"a": "another value"})]


@breaks(LATER, "create_session", "refused 400")
def test_second_create_is_refused() -> Story:
    """A create like an accepted one is refused."""
    return [adk.create_any("s1"), adk.create_any("s2", answer=adk.no(400))]


@breaks(LATER, "create_thread", "failed 500", also=[failed("create_thread")])
def test_second_create_fails() -> Story:
    """A create like an accepted one is answered with a server error."""
    return [threads.create("s1"), threads.create_any("s2"), threads.create_any("s3", answer=CRASH)]


@silent()
def test_create_of_another_shape_may_be_refused() -> Story:
    """A create unlike all that were accepted may be refused: nobody knows whether it is right."""
    return [adk.create_any("s1"), adk.create_any("s2", {"a": 1}, answer=adk.no(400))]


@silent()
def test_spent_id_may_be_refused() -> Story:
    """A create under the id of a deleted session may be refused: some APIs never give out an id again."""
    return [threads.create("s1"), threads.delete("s1"), threads.create("s1", answer=threads.no(409))]


@silent(after=[late("create_session")])
def test_lost_create_is_not_held_against_the_server() -> Story:
    """A create that nobody answered in time was neither accepted nor refused."""
    return [adk.create_any("s1"), adk.create_any("s2", answer=LATE), adk.create_any("s2")]


# --- ids ------------------------------------------------------------------------------------------

NEW = "existence/created-id-is-new"
CHOSEN = "existence/chosen-id-is-honoured"
NAMED = "existence/created-session-is-named"


@holds(NEW)
def test_each_create_answers_another_id() -> Story:
    """Ids that the server makes up differ."""
    return [adk.create_any("s1"), adk.create_any("s2")]


@breaks(NEW, "create_thread", "id of a deleted session")
def test_id_of_a_deleted_session_is_handed_out_again() -> Story:
    """Whoever still holds the id of the deleted session would talk to another one."""
    return [threads.create_any("s1"), threads.delete("s1"), threads.create_any("s1")]


@silent()
def test_id_of_a_deleted_session_may_be_chosen_again() -> Story:
    """Who chooses an id knows what it does."""
    return [threads.create_any("s1"), threads.delete("s1"), threads.create("s1")]


@holds(NEW)
def test_id_of_another_owner_is_not_in_use() -> Story:
    """Ids count up for each owner: a made-up id that another owner has is new."""
    return [adk.create_any("s1"), adk.create_any("s1", owner="bob")]


@breaks(NEW, "create_session", "id in use")
def test_one_id_is_handed_out_twice() -> Story:
    """The server makes up the id of a live session."""
    return [adk.create_any("s1"), adk.create_any("s1")]


@holds(NAMED)
def test_the_answer_tells_the_id() -> Story:
    """Whoever made a session can name it."""
    return [adk.create_any("s1")]


NAMELESS = said(200, {key: value for key, value in adk.session("s1").items() if key != "id"})
WITHOUT_ID = "contract/body-conforms · create_session · 200 the body"


@breaks(NAMED, "create_session", "no id", also=[WITHOUT_ID])
def test_nobody_is_told_the_id() -> Story:
    """A session object without the id that the server made up."""
    return [adk.create_any("s1", answer=NAMELESS)]


@silent(after=[f"{NAMED} · create_session · no id", WITHOUT_ID])
def test_a_session_without_a_name_may_be_listed() -> Story:
    """It was created: that nobody was told how it is called does not make it a stranger."""
    return [adk.create_any("s1", answer=NAMELESS), adk.list(adk.session("s1"))]


@silent(after=["contract/body-conforms · create_session · 200 the body is empty"])
def test_an_empty_answer_tells_nothing() -> Story:
    """An answer that cannot be read is another matter."""
    return [adk.create_any("s1", answer=bare(200, b"", "application/json")), adk.list(adk.session("s1"))]


@holds(CHOSEN)
def test_chosen_id_is_taken() -> Story:
    """The session is made under the id in the path."""
    return [adk.create("mine")]


@holds(CHOSEN)
def test_chosen_id_in_the_body_is_taken() -> Story:
    """The session is made under the id in the body."""
    return [adk.create_any("mine", sessionId="mine")]


@breaks(CHOSEN, "create_session_with_id", "another id")
def test_chosen_id_is_ignored() -> Story:
    """The server makes up an id although one was chosen."""
    return [adk.create("mine", answer=said(200, adk.session("made up")))]


@silent()
def test_ignored_id_stays_free() -> Story:
    """An id that the server made up names the session from then on."""
    return [adk.create_any("made-up"), adk.get("made-up"), adk.get("mine", answer=adk.no())]


# --- from its creation ----------------------------------------------------------------------------

READABLE = "existence/created-session-is-readable"
BACK = "existence/created-session-reads-back"


@holds(READABLE)
def test_created_session_is_found() -> Story:
    """A read right after a create finds the session."""
    return [adk.create("s1"), adk.get("s1")]


@holds(READABLE)
def test_created_session_has_a_history() -> Story:
    """A look at the history right after a create finds the session."""
    return [threads.create("s1"), threads.messages("s1")]


@breaks(READABLE, "get_session", "vanished")
def test_created_session_is_not_found() -> Story:
    """An acknowledged create was never committed."""
    return [adk.create("s1"), adk.get("s1", answer=adk.no())]


@breaks(READABLE, "list_messages", "vanished")
def test_created_session_has_no_history() -> Story:
    """A look at the history does not find the session that was created."""
    return [threads.create("s1"), threads.messages("s1", answer=threads.no())]


@holds(BACK)
def test_created_attributes_read_back() -> Story:
    """A read shows what was given."""
    return [
        adk.create("s1", {"a": "one", "n": {"deep": [1, True]}}),
        adk.get("s1", {"a": "one", "n": {"deep": [1, True]}}),
    ]


@holds(BACK)
def test_created_attributes_read_back_beside_others() -> Story:
    """The server may put attributes of its own beside those that were given."""
    return [threads.create("s1", {"a": 1}, shows={"a": 1, "made": "here"}), threads.get("s1", {"a": 1, "made": "here"})]


@breaks(BACK, "create_session_with_id", "state")
def test_created_attributes_are_echoed_and_lost() -> Story:
    """The echo of the create shows what was given, the first read does not."""
    return [adk.create("s1", {"a": "one"}), adk.get("s1", {})]


@breaks(BACK, "create_session_with_id", "state")
def test_created_attributes_are_mangled_in_the_echo() -> Story:
    """Already the answer of the create shows something else than was given."""
    return [adk.create("s1", {"a": "one"}, shows={"a": "two"})]


@breaks(BACK, "create_session_with_id", "state")
def test_created_truth_becomes_a_number() -> Story:
    """True is not 1."""
    return [adk.create("s1", {"a": True}), adk.get("s1", {"a": 1})]


@breaks(BACK, "create_thread", "labels", profile=without(THREADS, Role.READ, Role.HISTORY))
def test_created_attributes_are_lost_in_a_list() -> Story:
    """Where nothing can be read, the list must show what was given."""
    return [threads.create("s1", {"a": 1}), threads.list(threads.thread("s1", {}))]


@silent()
def test_number_may_read_back_in_another_form() -> Story:
    """1 and 1.0 are one number in JSON."""
    return [adk.create("s1", {"a": 1}), adk.get("s1", {"a": 1.0})]


ECHO = "existence/answer-of-a-write-equals-the-next-read"
EMPTY = "existence/recreated-session-starts-empty"
REACHABLE = "existence/accepted-id-is-reachable"


@holds(ECHO)
def test_answer_of_a_create_is_what_is_read() -> Story:
    """What the create showed beside what was given is read as well."""
    return [threads.create("s1", {"a": 1}, shows={"a": 1, "plan": "free"}), threads.get("s1", {"a": 1, "plan": "free"})]


@breaks(ECHO, "search_threads", "labels")
def test_answer_of_a_create_shows_more_than_is_stored() -> Story:
    """The create showed a default that the read does not show."""
    return [threads.create("s1", {"a": 1}, shows={"a": 1, "plan": "free"}), threads.get("s1", {"a": 1})]


@breaks(ECHO, "get_session", "history")
def test_answer_of_a_create_hides_what_is_stored() -> Story:
    """The create showed an empty history, and the read shows a welcome."""
    return [adk.create("s1"), adk.get("s1", {}, event("welcome"))]


@silent()
def test_read_after_the_first_read_is_no_echo() -> Story:
    """Once a read has shown the session, the answer of the create is settled."""
    return [
        threads.create("s1", shows={"plan": "free"}),
        threads.get("s1", {"plan": "free"}),
        threads.get("s1", {"plan": "free"}),
    ]


@holds(REACHABLE, profile=bound(THREADS, Role.CREATE, duplicate=frozenset({409})))
def test_an_awkward_id_may_be_refused() -> Story:
    """What was never made need not be reached."""
    return [threads.create("s1"), threads.create("caf\u00e9 1", answer=threads.no(400))]


def test_a_plain_id_that_is_refused_says_nothing_of_awkward_ones() -> None:
    """Nor does an awkward one that is accepted, or taken."""
    plain = threads.create("s2", {"a": 1}, answer=threads.no(400))
    awkward = [threads.create("caf\u00e9 1"), threads.create("caf\u00e9 1", answer=threads.no(409))]
    assert judged([threads.create("s1"), plain, *awkward]).observed(REACHABLE) == 0


@holds(EMPTY)
def test_recreated_session_is_empty() -> Story:
    """A session under the id of a deleted one shows nothing of it."""
    return [
        threads.create("s1", {"a": "marker-of-one-1"}),
        threads.delete("s1"),
        threads.create("s1"),
        threads.get("s1"),
    ]


@breaks(EMPTY, "create_thread", "labels")
def test_recreated_session_has_the_old_attributes() -> Story:
    """A session under the id of a deleted one shows the attributes of that one."""
    return [
        threads.create("s1", {"a": "marker-of-one-1"}),
        threads.delete("s1"),
        threads.create("s1"),
        threads.get("s1", {"a": "marker-of-one-1"}),
    ]


@breaks(EMPTY, "say_in_thread", "history")
def test_recreated_session_has_the_old_history() -> Story:
    """A session under the id of a deleted one shows the messages of that one."""
    return [
        threads.create("s1"),
        threads.say("s1", "marker-of-one-1", message("r1")),
        threads.delete("s1"),
        threads.create("s1"),
        threads.messages("s1", message("u1", "marker-of-one-1", "user"), message("r1")),
    ]


@holds(REACHABLE)
def test_awkward_id_is_reachable() -> Story:
    """A session under an id with a slash is read under it."""
    return [adk.create("one/two"), adk.get("one/two")]


@breaks(REACHABLE, "get_session", "vanished")
def test_awkward_id_is_not_reachable() -> Story:
    """A session under an id with a slash was made, and cannot be read."""
    return [adk.create("one/two"), adk.get("one/two", answer=adk.no())]


# --- until its deletion ---------------------------------------------------------------------------

MISSING = "existence/missing-session-is-refused"
GONE = "existence/deleted-session-stays-gone"
DELETED = "existence/live-session-can-be-deleted"
NOTHING = "existence/delete-of-a-missing-session-answers-as-declared"


@holds(MISSING)
def test_unknown_session_is_missing() -> Story:
    """A read of a session that nobody made is answered as missing."""
    return [adk.get("never", answer=adk.no())]


@breaks(MISSING, "get_session", "served")
def test_unknown_session_is_served() -> Story:
    """A read of a session that nobody made is answered with an empty one."""
    return [adk.get("never")]


@breaks(MISSING, "list_messages", "served")
def test_unknown_session_has_a_history() -> Story:
    """The history of a session that nobody made is answered as empty."""
    return [threads.messages("never")]


@silent(closed=False)
def test_unknown_session_may_be_older_than_the_recording() -> Story:
    """In an open world a session that nobody was seen to make may have been there before."""
    return [adk.get("never", {"a": 1})]


@holds(GONE)
def test_deleted_session_is_missing() -> Story:
    """A deleted session is answered as missing."""
    return [adk.create("s1"), adk.delete("s1"), adk.get("s1", answer=adk.no())]


@breaks(GONE, "get_session", "served")
def test_deleted_session_is_served() -> Story:
    """A deleted session is served again."""
    return [adk.create("s1"), adk.delete("s1"), adk.get("s1")]


@breaks(GONE, "list_messages", "served")
def test_deleted_session_has_a_history() -> Story:
    """The history of a deleted session is still answered."""
    return [threads.create("s1"), threads.delete("s1"), threads.messages("s1", message("m1"))]


@breaks(GONE, "get_session", "served", closed=False)
def test_deleted_session_is_served_in_a_recording() -> Story:
    """Also in an open world a session that was deleted there is gone."""
    return [adk.create("s1"), adk.delete("s1"), adk.get("s1")]


@silent()
def test_deleted_session_may_be_made_again() -> Story:
    """A create brings an id back to life."""
    return [threads.create("s1"), threads.delete("s1"), threads.create("s1", {"a": 1}), threads.get("s1", {"a": 1})]


@holds(DELETED)
def test_live_session_is_deleted() -> Story:
    """A delete of a live session succeeds."""
    return [adk.create("s1"), adk.delete("s1")]


@breaks(DELETED, "delete_session", "refused 422")
def test_live_session_cannot_be_deleted() -> Story:
    """A delete of a live session is refused."""
    return [adk.create("s1"), adk.delete("s1", answer=adk.no(422))]


@breaks(DELETED, "delete_thread", "refused 404")
def test_live_session_is_missing_to_its_delete() -> Story:
    """A delete does not find a live session."""
    return [threads.create("s1"), threads.delete("s1", answer=threads.no())]


@silent()
def test_invalid_delete_may_be_refused() -> Story:
    """A delete that violates the spec is refused with right."""
    return [threads.create("s1"), threads.delete("s1", extra=1, answer=threads.no(400))]


@holds(NOTHING)
def test_delete_of_nothing_is_refused_where_that_is_declared() -> Story:
    """The threads API answers 404."""
    return [threads.delete("never", answer=threads.no())]


@holds(NOTHING)
def test_delete_of_nothing_succeeds_where_that_is_declared() -> Story:
    """The ADK API answers 200."""
    return [adk.create("s1"), adk.delete("s1"), adk.delete("s1")]


@breaks(
    "contract/status-is-documented",
    "delete_session",
    "204",
    after=["contract/status-is-documented · delete_session · 204"],
)
def test_delete_of_nothing_succeeds_as_any_other() -> Story:
    """Another success than the declared one says the same: only that it is not documented is told."""
    return [adk.create("s1"), adk.delete("s1", answer=bare(204)), adk.delete("s1", answer=bare(204))]


@breaks(NOTHING, "delete_thread", "accepted 204")
def test_delete_of_nothing_succeeds_against_the_declaration() -> Story:
    """The threads API answers 204 although nothing was there."""
    return [threads.create("s1"), threads.delete("s1"), threads.delete("s1")]


@breaks(NOTHING, "delete_session", "refused 404", also=["contract/status-is-documented · delete_session · 404"])
def test_delete_of_nothing_is_refused_against_the_declaration() -> Story:
    """The ADK API answers 404 although it declares 200."""
    return [adk.delete("never", answer=adk.no())]


# --- one session an id ----------------------------------------------------------------------------

DUPLICATE = "existence/duplicate-create-is-refused"
ORIGINAL = "existence/duplicate-create-leaves-the-original"
REFUSED = "existence/refused-create-creates-nothing"


@holds(DUPLICATE)
def test_duplicate_is_refused() -> Story:
    """A create under a live id is refused with 409."""
    return [adk.create("s1"), adk.create("s1", answer=adk.no(409))]


@breaks(ORIGINAL, "create_session_with_id", "state")
def test_refused_duplicate_wipes_what_was_never_read() -> Story:
    """Nothing was read between the create and its duplicate: that is asked first, then left out, to see."""
    return [adk.create("s1", {"a": "one"}), adk.create("s1", {"a": "two"}, answer=adk.no(409)), adk.get("s1", {})]


@breaks(DUPLICATE, "create_thread", "accepted 201")
def test_duplicate_is_accepted() -> Story:
    """A create under a live id succeeds."""
    return [threads.create("s1", {"a": 1}), threads.create("s1", {"a": 1})]


@breaks(DUPLICATE, "create_thread", "refused 404", also=["contract/status-is-documented · create_thread · 404"])
def test_duplicate_is_refused_in_another_way() -> Story:
    """A create under a live id is refused, but not as a duplicate."""
    return [threads.create("s1"), threads.create("s1", answer=threads.no(404))]


@holds(DUPLICATE, profile=bound(THREADS, Role.CREATE, duplicate=frozenset({409})))
def test_duplicate_that_is_invalid_as_well_is_refused_for_either() -> Story:
    """A create that is wrong in two ways may be refused for either."""
    return [threads.create("s1"), threads.create("s1", extra=1, answer=threads.no(400))]


@breaks(DUPLICATE, "create_thread", "refused 400", profile=bound(THREADS, Role.CREATE, duplicate=frozenset({409})))
def test_duplicate_is_refused_against_the_declaration() -> Story:
    """A create that is wrong only in its id is refused with another status than the profile declares."""
    return [threads.create("s1"), threads.create("s1", answer=threads.no(400))]


@silent(profile=bound(THREADS, Role.CREATE, duplicate=frozenset({409})))
def test_duplicate_that_carries_what_was_never_accepted_may_be_refused_for_that() -> Story:
    """Nobody knows whether a create of that shape is right at all."""
    return [threads.create("s1", {"a": 1}), threads.create("s1", {}, answer=threads.no(400))]


@silent(after=[failed("create_thread")])
def test_create_again_after_a_failed_create_is_free() -> Story:
    """After a create that failed nobody knows whether the id is in use: both answers are right."""
    return [
        threads.create("s1", answer=CRASH),
        threads.create("s1", answer=threads.no(409)),
        threads.get("s1"),
    ]


@holds(ORIGINAL)
def test_duplicate_leaves_the_original() -> Story:
    """After a refused duplicate the session is as before."""
    return [
        threads.create("s1", {"a": 1}),
        threads.get("s1", {"a": 1}),
        threads.create("s1", {"a": 2}, answer=threads.no(409)),
        threads.get("s1", {"a": 1}),
    ]


@breaks(ORIGINAL, "create_thread", "labels")
def test_duplicate_wipes_the_original() -> Story:
    """A refused duplicate has emptied the session."""
    return [
        threads.create("s1", {"a": 1}),
        threads.get("s1", {"a": 1}),
        threads.create("s1", answer=threads.no(409)),
        threads.get("s1", {}),
    ]


@breaks(ORIGINAL, "create_thread", "labels")
def test_duplicate_overwrites_the_original() -> Story:
    """A refused duplicate has put its own attributes into the session."""
    return [
        threads.create("s1", {"a": 1}),
        threads.create("s1", {"a": 2}, answer=threads.no(409)),
        threads.get("s1", {"a": 2}),
    ]


@breaks(ORIGINAL, "create_thread", "history")
def test_duplicate_drops_the_history() -> Story:
    """A refused duplicate has removed the messages."""
    return [
        threads.create("s1"),
        threads.say("s1", "hello", message("r1")),
        threads.messages("s1", message("u1", "hello", "user"), message("r1")),
        threads.create("s1", answer=threads.no(409)),
        threads.messages("s1"),
    ]


@breaks(ORIGINAL, "create_thread", "vanished")
def test_duplicate_removes_the_original() -> Story:
    """A refused duplicate has removed the session."""
    return [
        threads.create("s1"),
        threads.get("s1"),
        threads.create("s1", answer=threads.no(409)),
        threads.get("s1", answer=threads.no()),
    ]


@holds(REFUSED)
def test_refused_create_makes_nothing() -> Story:
    """After a refused create the id is still missing."""
    return [threads.create("s1", extra=1, answer=threads.no(400)), threads.get("s1", answer=threads.no())]


@breaks(REFUSED, "create_thread", "served")
def test_refused_create_makes_a_session() -> Story:
    """A create was refused, and its session is served."""
    return [threads.create("s1", extra=1, answer=threads.no(400)), threads.get("s1")]


@breaks(REFUSED, "create_thread", "served")
def test_refused_create_is_listed() -> Story:
    """A create was refused, and its session is listed."""
    return [threads.create("s1", extra=1, answer=threads.no(400)), threads.list("s1")]


# --- in between -----------------------------------------------------------------------------------

STAYS = "existence/live-session-stays"
READING = "existence/reading-changes-nothing"
NAMES = "existence/answer-names-the-session-asked-for"


@holds(STAYS)
def test_live_session_is_served() -> Story:
    """A session that was read is there when it is read again."""
    return [adk.create("s1"), adk.get("s1"), adk.get("s1")]


@breaks(STAYS, "get_session", "vanished")
def test_live_session_vanishes() -> Story:
    """A session that was read is missing, though nobody wrote anything."""
    return [adk.create("s1"), adk.get("s1"), adk.get("s1", answer=adk.no())]


@breaks(STAYS, "search_threads", "vanished", closed=False)
def test_live_session_vanishes_in_a_recording() -> Story:
    """A session that was read is known to be live, also if it is older than the recording."""
    return [threads.get("s1"), threads.get("s1", answer=threads.no())]


@breaks(STAYS, "search_threads", "refused 400")
def test_read_of_a_live_session_is_refused() -> Story:
    """A valid read of a live session is refused, though not as missing."""
    return [threads.create("s1"), threads.get("s1", answer=threads.no(400))]


@breaks(STAYS, "list_messages", "refused 409", also=["contract/status-is-documented · list_messages · 409"])
def test_history_of_a_live_session_is_refused() -> Story:
    """A look at the history of a live session is refused, though not as missing."""
    return [threads.create("s1"), threads.messages("s1", answer=threads.no(409))]


@holds(READING)
def test_two_reads_agree() -> Story:
    """Two reads with nothing between them show the same."""
    return [adk.create("s1", {"a": 1}), adk.get("s1", {"a": 1}), adk.get("s1", {"a": 1})]


@breaks(READING, "get_session", "state")
def test_reading_writes() -> Story:
    """A read changed the attributes."""
    return [
        adk.create("s1"),
        adk.get("s1", {"reads": 1}, answer=said(200, adk.session("s1"))),
        adk.get("s1", {"reads": 1}),
    ]


@breaks(READING, "list_messages", "history")
def test_looking_at_the_history_writes() -> Story:
    """A look at the history added to it."""
    return [threads.create("s1"), threads.messages("s1"), threads.messages("s1", message("m1", "seen"))]


@breaks(READING, "list_messages", "history")
def test_reading_takes_away() -> Story:
    """A look at the history took its first item away."""
    return [
        threads.create("s1"),
        threads.say("s1", "hello", message("r1")),
        threads.messages("s1", message("u1", "hello", "user"), message("r1")),
        threads.messages("s1", message("r1")),
    ]


@holds(NAMES)
def test_answer_is_about_the_session() -> Story:
    """The session in the answer has the id and the owner that were asked for."""
    return [adk.create("s1"), adk.get("s1")]


@breaks(NAMES, "get_session", "another id")
def test_answer_is_about_another_session() -> Story:
    """The session in the answer has another id."""
    return [adk.create("s1"), adk.create("s2"), adk.get("s1", answer=said(200, adk.session("s2")))]


@breaks(NAMES, "update_session", "another owner")
def test_answer_is_about_another_owner() -> Story:
    """The session in the answer has another owner."""
    return [adk.create("s1"), adk.patch("s1", {"a": 1}, answer=said(200, adk.session("s1", {"a": 1}, owner="bob")))]


@breaks(NAMES, "create_session", "another owner")
def test_session_is_made_for_another_owner() -> Story:
    """A create answers a session of somebody else."""
    return [exchange("POST", adk.path("ada"), {}, said(200, adk.session("s1", owner="bob")))]


@holds(NAMES, profile=replace(THREADS, session=replace(THREADS.session, id=None)))
def test_answer_that_shows_no_id_is_about_its_owner() -> Story:
    """Where sessions do not show their ids, their owners are compared."""
    return [threads.create("s1"), threads.get("s1")]


@silent(profile=replace(THREADS, session=replace(THREADS.session, owner=())))
def test_answer_that_shows_no_owner_is_about_its_id() -> Story:
    """Where sessions do not show their owners, their ids are compared."""
    return [threads.create("s1"), threads.create("s1", owner="bob"), threads.get("s1", owner="bob")]


# --- a delete that not every status allows --------------------------------------------------------

SPARED = "existence/delete-in-a-spared-status-is-refused"
DELETABLE = "existence/live-session-can-be-deleted"
EARLY = frozenset({409})
CLOSED_ONLY = bound(REST, Role.DELETE, spares=frozenset({"open"}), forbidden=EARLY, declared=EARLY)


@holds(SPARED, profile=CLOSED_ONLY)
def test_a_delete_that_comes_too_early_is_refused() -> Story:
    """With the code that the profile declares; that is no session that cannot be deleted."""
    return [rest.create("s1"), rest.delete("s1", answer=rest.no(409))]


@breaks(SPARED, "deleteThread", "accepted 204", profile=CLOSED_ONLY)
def test_a_session_is_deleted_too_early() -> Story:
    """A success in a status that does not allow it."""
    return [rest.create("s1"), rest.delete("s1")]


@breaks(SPARED, "deleteThread", "refused 422", profile=CLOSED_ONLY)
def test_a_delete_that_comes_too_early_is_refused_for_another_reason() -> Story:
    """An answer that says something else."""
    return [rest.create("s1"), rest.delete("s1", answer=rest.no(422))]


@holds(DELETABLE, profile=CLOSED_ONLY)
def test_a_session_that_was_led_there_is_deleted() -> Story:
    """In a status that allows it."""
    return [rest.create("s1"), rest.move("s1", "closed"), rest.delete("s1")]


@breaks(DELETABLE, "deleteThread", "refused 409", profile=CLOSED_ONLY)
def test_a_session_that_was_led_there_cannot_be_deleted() -> Story:
    """A refusal in a status that allows it."""
    return [rest.create("s1"), rest.move("s1", "closed"), rest.delete("s1", answer=rest.no(409))]


@silent(profile=CLOSED_ONLY, after=[late("moveThread")])
def test_nobody_knows_whether_a_session_can_be_deleted() -> Story:
    """Its transition was never answered: it may be open, or closed."""
    return [rest.create("s1"), rest.move("s1", "closed", answer=LATE), rest.delete("s1", answer=rest.no(409))]
