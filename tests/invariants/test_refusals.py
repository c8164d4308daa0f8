"""A call that did not succeed did nothing."""

from __future__ import annotations

from tests.histories import CRASH, Story, adk, breaks, event, exchange, failed, holds, message, said, threads

FAILED = "refusals/failed-call-was-not-applied"
DELETE = "refusals/refused-delete-changes-nothing"
SPEC = "refusals/request-that-violates-the-spec-is-refused"

CRASHED_LABEL = failed("label_thread")
CRASHED_SAY = failed("say_in_thread")


@holds(FAILED, after=[CRASHED_LABEL])
def test_failed_enrichment_is_not_applied() -> Story:
    """An enrichment that failed is not there."""
    return [threads.create("s1"), threads.label("s1", {"a": 1}, answer=CRASH), threads.get("s1")]


@breaks(FAILED, "label_thread", "labels", after=[CRASHED_LABEL])
def test_failed_enrichment_is_applied() -> Story:
    """An enrichment that failed is there."""
    return [threads.create("s1"), threads.label("s1", {"a": 1}, answer=CRASH), threads.get("s1", {"a": 1})]


@breaks(FAILED, "say_in_thread", "history", after=[CRASHED_SAY])
def test_failed_run_is_kept() -> Story:
    """A run that failed stands in the history."""
    return [
        threads.create("s1"),
        threads.messages("s1"),
        threads.say("s1", "hello", answer=CRASH),
        threads.messages("s1", message("u1", "hello", "user")),
    ]


@breaks(FAILED, "say_in_thread", "history", after=[CRASHED_SAY])
def test_failed_run_empties_the_history() -> Story:
    """A run that failed removed earlier items."""
    return [
        threads.create("s1"),
        threads.say("s1", "hello", message("r1")),
        threads.messages("s1", message("u1", "hello", "user"), message("r1")),
        threads.say("s1", "again", answer=CRASH),
        threads.messages("s1"),
    ]


@breaks(FAILED, "run_agent_sse", "history")
def test_failed_stream_is_kept() -> Story:
    """A stream that ended in a declared failure stands in the history."""
    return [
        adk.create("s1"),
        adk.stream("s1", "hello", event("r1"), {"error": "no model"}),
        adk.get("s1", {}, event("u1", "hello", "user"), event("r1")),
    ]


@holds(DELETE)
def test_refused_delete_changes_nothing() -> Story:
    """After a refused delete the session is as before."""
    return [
        threads.create("s1", {"a": 1}),
        threads.get("s1", {"a": 1}),
        threads.delete("s1", extra=1, answer=threads.no(400)),
        threads.get("s1", {"a": 1}),
    ]


@breaks(DELETE, "delete_thread", "labels")
def test_refused_delete_empties_the_session() -> Story:
    """A delete was refused, and the attributes are gone."""
    return [
        threads.create("s1", {"a": 1}),
        threads.get("s1", {"a": 1}),
        threads.delete("s1", extra=1, answer=threads.no(400)),
        threads.get("s1"),
    ]


@breaks(DELETE, "delete_thread", "vanished")
def test_refused_delete_deletes() -> Story:
    """A delete was refused, and the session is gone."""
    return [
        threads.create("s1"),
        threads.get("s1"),
        threads.delete("s1", extra=1, answer=threads.no(400)),
        threads.get("s1", answer=threads.no()),
    ]


@holds(SPEC)
def test_invalid_request_is_refused() -> Story:
    """A request with a member that the spec forbids is refused."""
    return [threads.create("s1", extra=1, answer=threads.no(400))]


@breaks(SPEC, "create_thread", "accepted the body")
def test_request_with_a_forbidden_member_is_accepted() -> Story:
    """A request with a member that the spec forbids is accepted."""
    return [threads.create("s1", extra=1)]


@breaks(SPEC, "label_thread", "accepted /labels")
def test_request_with_a_wrong_type_is_accepted() -> Story:
    """A request with a text in the stead of an object is accepted."""
    return [threads.create("s1"), threads.label("s1", "text")]


@breaks(SPEC, "create_thread", "accepted the body is not JSON")
def test_request_that_is_no_json_is_accepted() -> Story:
    """A request whose body is not JSON is accepted."""
    return [exchange("POST", "/threads.create", b"{", said(201, {"thread": threads.thread("s1")}))]


@breaks(SPEC, "create_thread", "accepted the body")
def test_request_without_its_body_is_accepted() -> Story:
    """A request without the body that it needs is accepted."""
    return [exchange("POST", "/threads.create", None, said(201, {"thread": threads.thread("s1")}))]
