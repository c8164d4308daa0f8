"""Without valid credentials nothing is read, and nothing is changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.exchange import Exchange
from conformance.profile import Credentials
from conformance.session import Status
from tests.dialects import REST, cursor, rest
from tests.histories import CRASH, LATE, Story, bare, breaks, failed, holds, judged, late, message, said, silent

REFUSED = "credentials/call-without-valid-credentials-is-refused"
NOTHING = "credentials/call-without-valid-credentials-changes-nothing"

NO = {"key": None, "answer": rest.no(401)}
WRONG: dict[str, Any] = {"key": "Bearer no-such-secret", "answer": rest.no(401)}
USER, AGENT = message("u1", "hello", "user"), message("r1", "good day")


# --- the answer -----------------------------------------------------------------------------------


@holds(REFUSED)
def test_a_read_without_credentials_is_refused() -> Story:
    """None at all."""
    return [rest.create("s1"), rest.get("s1", **NO)]


@holds(REFUSED)
def test_a_write_with_wrong_credentials_is_refused() -> Story:
    """Some that nobody has."""
    return [rest.create("s1"), rest.label("s1", {"a": 1}, **WRONG)]


@holds(REFUSED)
def test_a_list_without_credentials_is_refused_by_a_code() -> Story:
    """A code, in an answer of status 200."""
    return [cursor.list(key=None, answer=cursor.no("unauthorized"))]


@holds(REFUSED)
def test_that_the_session_is_missing_is_not_said_to_everybody() -> Story:
    """The credentials are looked at first, also where there is no session."""
    return [rest.get("s1", **NO)]


@breaks(REFUSED, "readThread", "accepted 200")
def test_a_read_without_credentials_is_answered() -> Story:
    """Everybody may read."""
    return [rest.create("s1"), rest.get("s1", key=None)]


@breaks(REFUSED, "readThread", "refused 404")
def test_without_credentials_an_id_is_looked_up() -> Story:
    """The answer tells who has which sessions."""
    return [rest.create("s1"), rest.get("s2", key=None, answer=rest.no())]


@breaks(REFUSED, "threads_read", "refused 200")
def test_without_credentials_an_id_is_looked_up_and_a_code_says_so() -> Story:
    """The same, in an answer of status 200."""
    return [cursor.read(1, key=None, answer=cursor.no())]


@breaks(REFUSED, "labelThread", "failed 500", also=[failed("labelThread")])
def test_wrong_credentials_crash_the_server() -> Story:
    """A server error is no refusal."""
    return [rest.create("s1"), rest.label("s1", {}, key="Bearer no-such-secret", answer=CRASH)]


@breaks(REFUSED, "createThreadWithId", "accepted 201")
def test_a_create_without_credentials_is_accepted() -> Story:
    """Everybody may create."""
    return [rest.create("s1", key=None)]


@silent(after=[late("labelThread")])
def test_a_call_that_was_lost_was_not_answered() -> Story:
    """No answer is neither right nor wrong; what it did is not known."""
    return [rest.create("s1"), rest.label("s1", {"a": 1}, key=None, answer=LATE), rest.get("s1", {"a": 1})]


def test_where_nothing_is_demanded_everybody_may_call() -> None:
    """Without credentials in the profile no call is unauthorized."""
    court = judged([rest.create("s1", key=None), rest.get("s1", key="x")], replace(REST, credentials=Credentials()))
    assert court.broken == []
    assert court.observed(REFUSED) == court.observed(NOTHING) == 0


# --- what it does ---------------------------------------------------------------------------------


@holds(NOTHING)
def test_a_refused_write_leaves_the_session() -> Story:
    """The labels are what they were."""
    return [rest.create("s1"), rest.get("s1"), rest.label("s1", {"a": 1}, **NO), rest.get("s1")]


@holds(NOTHING)
def test_a_refused_run_leaves_the_history() -> Story:
    """Nothing was said."""
    return [rest.create("s1"), rest.messages("s1"), rest.say("s1", "hello", **WRONG), rest.messages("s1")]


@holds(NOTHING)
def test_a_refused_create_makes_no_session() -> Story:
    """What was refused is not there."""
    return [rest.create("s1", **NO), rest.get("s1", answer=rest.no())]


@breaks(NOTHING, "labelThread", "labels")
def test_a_refused_enrichment_is_stored() -> Story:
    """The check comes after the write."""
    return [rest.create("s1"), rest.get("s1"), rest.label("s1", {"a": 1}, **NO), rest.get("s1", {"a": 1})]


@breaks(NOTHING, "moveThread", "status")
def test_a_refused_transition_is_stored() -> Story:
    """A stranger ends a session."""
    return [rest.create("s1"), rest.get("s1"), rest.move("s1", "closed", **WRONG), rest.get("s1", status="closed")]


@breaks(NOTHING, "sayInThread", "history")
def test_a_refused_run_is_kept() -> Story:
    """A stranger's words stand in the history."""
    said = [rest.create("s1"), rest.messages("s1"), rest.say("s1", "hello", **NO)]
    return [*said, rest.messages("s1", USER, AGENT)]


@breaks(NOTHING, "createThreadWithId", "served")
def test_a_refused_create_makes_a_session() -> Story:
    """What was refused is there."""
    return [rest.create("s1", **NO), rest.get("s1")]


@breaks(NOTHING, "deleteThread", "vanished")
def test_a_refused_delete_deletes() -> Story:
    """A stranger deletes a session."""
    return [rest.create("s1"), rest.get("s1"), rest.delete("s1", **NO), rest.get("s1", answer=rest.no())]


@breaks(NOTHING, "createThreadWithId", "served")
def test_a_refused_create_is_listed() -> Story:
    """What was refused stands in the list."""
    return [rest.create("s1", **NO), rest.list("s1")]


# --- nobody who is innocent -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        rest.get("s1", key=None, answer=rest.no()),
        rest.get("s1", key=None, answer=bare(410)),
        rest.label("s1", {"a": 1}, key=None, answer=rest.no()),
        rest.delete("s1", key=None, answer=rest.no()),
        rest.say("s1", "x", key=None, answer=rest.no()),
    ],
)
def test_what_a_stranger_is_told_says_nothing_of_a_session(call: Exchange) -> None:
    """A session that a stranger is told is missing is as live as it was."""
    court = judged([rest.create("s1"), rest.get("s1"), call])
    assert {each.signature.invariant for each in court.violations} <= {REFUSED, "contract/status-is-documented"}
    assert court.status("s1") is Status.LIVE
    before = court.broken
    court.tell(rest.get("s1"), rest.list("s1"))
    assert court.broken == before


def test_what_a_stranger_is_shown_is_compared_as_well() -> None:
    """An answer that should not be there is the only thing that is wrong with it."""
    court = judged([rest.create("s1", {"a": 1}), rest.get("s1", {"a": 1}, key=None), rest.get("s1", {"a": 1})])
    assert court.broken == [f"{REFUSED} · readThread · accepted 200"]


def test_a_live_session_answers_for_nothing_that_a_stranger_made() -> None:
    """Only the call that left a trace is blamed, where an honest call was made beside it."""
    story = [rest.create("s1"), rest.get("s1"), rest.label("s1", {"b": 2}, **NO), rest.label("s1", {"a": 1})]
    assert judged([*story, rest.get("s1", {"a": 1})]).broken == []
    found = judged([*story, rest.get("s1", {"a": 1, "b": 2})]).violations
    assert [str(each.signature) for each in found] == [f"{NOTHING} · labelThread · labels"]


def test_a_stranger_is_refused_whatever_else_is_wrong() -> None:
    """That the body is invalid, or the id in use, is no excuse, and no fault of its own."""
    court = judged([rest.create("s1"), rest.create("s1", **NO), rest.label("s1", 5, **NO), rest.move("s1", "x", **NO)])
    assert court.broken == []
    assert court.observed(REFUSED) == 3
    assert court.observed("refusals/request-that-violates-the-spec-is-refused") == 0
    assert court.observed("transitions/declared-transition-is-accepted") == 0


def test_identities_are_owners_of_their_own() -> None:
    """Where a second identity is declared, its sessions are not the first one's."""
    credentials = replace(REST.credentials, second="Bearer ${SECOND_KEY}")
    profile = replace(REST, credentials=credentials)
    first, second = credentials.identities()
    assert profile.two_owners
    story = [rest.create("s1", key=first), rest.get("s1", key=first), rest.get("s1", key=second, answer=rest.no())]
    assert judged(story, profile).broken == []
    stolen = judged([*story, rest.get("s1", key=second)], profile)
    assert stolen.broken == ["isolation/other-owners-are-refused · readThread · accepted 200"]
    twin = judged([*story, rest.create("s1", {"a": 1}, key=second), rest.get("s1", {}, key=first)], profile)
    assert twin.broken == []
    leaked = judged([*story, rest.create("s1", {"a": 1}, key=second), rest.get("s1", {"a": 1}, key=first)], profile)
    assert leaked.broken == ["isolation/other-owners-change-nothing · createThreadWithId · labels"]


def test_a_secret_in_the_query_is_read_from_there() -> None:
    """Where the profile says that the secret stands in the query, the header is not looked at."""
    profile = replace(REST, credentials=replace(REST.credentials, place="query", name="limit"))
    secret = profile.credentials.value()
    assert secret is not None
    court = judged([rest.list(key=None, limit=secret, answer=said(200, {"threads": [], "total": 0}))], profile)
    assert court.observed(REFUSED) == 0
    assert judged([rest.list(key=secret, answer=rest.no(401))], profile).observed(REFUSED) == 1
