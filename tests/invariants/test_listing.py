"""A list holds every live session of its owner, and none else."""

from __future__ import annotations

from dataclasses import replace

from conformance.profile import Role
from tests.histories import CRASH, LATE, THREADS, Story, adk, bound, breaks, failed, holds, late, said, silent, threads

EVERY = "listing/list-holds-every-live-session"
DELETED = "listing/list-holds-no-deleted-session"
OWN = "listing/list-holds-only-own-sessions"
CREATED = "listing/list-holds-only-sessions-that-were-created"
AGREE = "listing/list-and-read-agree"


@holds(EVERY)
def test_list_holds_both_sessions() -> Story:
    """Both live sessions are listed, in any order."""
    return [adk.create("s1"), adk.create_any("s2"), adk.list("s2", "s1")]


@breaks(EVERY, "list_sessions", "session not listed")
def test_list_misses_a_session() -> Story:
    """A live session is not listed."""
    return [adk.create("s1"), adk.create("s2"), adk.list("s2")]


@silent(after=["listing/list-holds-every-live-session · list_sessions · session not listed"])
def test_session_that_was_not_listed_is_uncertain() -> Story:
    """A session that was not listed may be missing: that was reported already."""
    return [adk.create("s1"), adk.list(), adk.get("s1", answer=adk.no())]


@silent(after=[late("delete_session")])
def test_uncertain_session_need_not_be_listed() -> Story:
    """A session whose delete was lost is listed or not."""
    return [adk.create("s1"), adk.delete("s1", answer=LATE), adk.list()]


@silent()
def test_session_of_another_owner_is_not_missed() -> Story:
    """A list holds the sessions of one owner."""
    return [adk.create("s1"), adk.create("s2", owner="bob"), adk.list("s1"), adk.list("s2", owner="bob")]


@holds(DELETED)
def test_list_leaves_out_the_deleted() -> Story:
    """A deleted session is not listed."""
    return [adk.create("s1"), adk.create("s2"), adk.delete("s1"), adk.list("s2")]


@breaks(DELETED, "list_threads", "deleted session listed")
def test_list_holds_a_deleted_session() -> Story:
    """A deleted session is listed."""
    return [threads.create("s1"), threads.create("s2"), threads.delete("s1"), threads.list("s1", "s2")]


@holds(OWN)
def test_list_holds_own_sessions() -> Story:
    """A list shows sessions of its owner."""
    return [threads.create("s1"), threads.create("s2", owner="bob"), threads.list("s1")]


@breaks(OWN, "list_threads", "another owner's session listed")
def test_list_holds_a_session_of_another_owner() -> Story:
    """A list shows a session that says that it is another owner's."""
    return [
        threads.create("s1"),
        threads.create("s2", owner="bob"),
        threads.list("s1", threads.thread("s2", owner="bob")),
    ]


@breaks(OWN, "list_sessions", "another owner's session listed")
def test_list_hides_whose_session_it_holds() -> Story:
    """A list shows another owner's session as if it were its owner's."""
    return [adk.create("s1", owner="bob"), adk.list("s1")]


@silent()
def test_twin_may_be_listed() -> Story:
    """A session whose id another owner has as well is listed."""
    return [threads.create("s1"), threads.create("s1", owner="bob"), threads.list("s1")]


@holds(CREATED)
def test_list_of_a_new_owner_is_empty() -> Story:
    """An owner without sessions has an empty list."""
    return [adk.list()]


@breaks(CREATED, "list_sessions", "unknown session listed")
def test_list_holds_a_session_that_nobody_created() -> Story:
    """A list shows a session that nobody created."""
    return [adk.create("s1"), adk.list("s1", "never")]


@breaks(CREATED, "list_sessions", "unknown session listed")
def test_refused_create_without_an_id_is_listed() -> Story:
    """A create that left the id to the server was refused, and there is a session."""
    return [adk.create_any("s1", answer=adk.no(400)), adk.list("s1")]


@silent(after=[failed("create_session")])
def test_failed_create_may_be_listed() -> Story:
    """After a create that failed without naming an id nobody knows which sessions there are."""
    return [adk.create_any("s1", answer=CRASH), adk.list("s1")]


@silent(after=[late("create_session")])
def test_lost_create_may_be_listed() -> Story:
    """After a create that was lost without naming an id nobody knows which sessions there are."""
    return [adk.create_any("s1", answer=LATE), adk.list("s1")]


@breaks(
    CREATED,
    "list_sessions",
    "unknown session listed",
    after=[late("create_session")],
)
def test_lost_create_of_another_owner_is_no_excuse() -> Story:
    """A lost create makes only the list of its own owner doubtful."""
    return [adk.create_any("s1", owner="bob", answer=LATE), adk.list("s1")]


@silent(closed=False)
def test_listed_session_may_be_older_than_the_recording() -> Story:
    """In an open world a list may hold sessions that nobody was seen to create."""
    return [adk.list("never"), adk.get("never", {"a": 1}), adk.list(adk.session("never", {"a": 1}))]


@holds(AGREE)
def test_list_shows_what_was_read() -> Story:
    """The attributes in the list are those of the read before."""
    return [threads.create("s1", {"a": 1}), threads.get("s1", {"a": 1}), threads.list(threads.thread("s1", {"a": 1}))]


@breaks(AGREE, "list_threads", "labels")
def test_list_is_stale() -> Story:
    """The attributes in the list are those of the creation."""
    return [
        threads.create("s1", {"a": 1}),
        threads.label("s1", {"a": 2}),
        threads.get("s1", {"a": 2}),
        threads.list(threads.thread("s1", {"a": 1})),
    ]


@silent()
def test_list_after_a_write_is_not_compared() -> Story:
    """Only what a read showed last is held against a list: a stale list is another bug than a lost write."""
    return [
        threads.create("s1", {"a": 1}),
        threads.get("s1", {"a": 1}),
        threads.label("s1", {"a": 2}),
        threads.list("s1"),
    ]


@silent()
def test_stale_list_does_not_settle_the_session() -> Story:
    """Reads are held against what was read before, whatever a list showed in between."""
    return [
        threads.create("s1", {"a": 1}),
        threads.get("s1", {"a": 1}),
        threads.label("s1", {"a": 2}),
        threads.list(threads.thread("s1", {"a": 1})),
        threads.get("s1", {"a": 2}),
    ]


@silent(after=["contract/body-conforms · list_threads · 200 /threads"])
def test_list_that_cannot_be_read_misses_nothing() -> Story:
    """An answer that holds no list is one bug, not one for every session that it misses."""
    return [
        threads.create("s1"),
        threads.list(answer=said(200, {"threads": "none"}, x_total_count="1")),
        threads.get("s1"),
    ]


@breaks(EVERY, "list_threads", "session not listed", profile=bound(THREADS, Role.LIST, owner=()))
def test_list_of_all_owners_misses_a_session() -> Story:
    """Where a list does not name the owner, it must hold the sessions of all that are known."""
    return [threads.create("s1"), threads.create("s2", owner="bob"), threads.list("s1")]


@holds(EVERY, profile=bound(THREADS, Role.LIST, owner=()))
def test_list_of_all_owners_holds_all_sessions() -> Story:
    """Where a list does not name the owner, the sessions that it shows do."""
    return [
        threads.create("s1"),
        threads.create("s1", owner="bob"),
        threads.list("s1", threads.thread("s1", owner="bob")),
    ]


@holds(EVERY, profile=replace(THREADS, session=replace(THREADS.session, owner=())))
def test_list_that_does_not_show_owners() -> Story:
    """Sessions that do not show whose they are belong to the owner that asked."""
    return [threads.create("s1"), threads.create("s1", owner="bob"), threads.list("s1", owner="bob")]


@silent(after=["listing/list-holds-only-own-sessions · list_threads · another owner's session listed"])
def test_session_of_another_owner_in_a_list_is_one_bug() -> Story:
    """A foreign session in a list is not reported as one that nobody created as well."""
    return [threads.create("s1"), threads.list("s1", threads.thread("s2", owner="bob")), threads.get("s1")]
