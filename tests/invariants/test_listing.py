"""A list holds every live session of its owner, and none else."""

from __future__ import annotations

from dataclasses import replace

from conformance.profile import Role
from conformance.session import Status
from tests.dialects import REST, cursor, rest
from tests.histories import (
    CRASH,
    LATE,
    THREADS,
    Story,
    adk,
    bound,
    breaks,
    failed,
    holds,
    judged,
    late,
    said,
    silent,
    threads,
    verdicts,
)

EVERY = "listing/list-holds-every-live-session"
DELETED = "listing/list-holds-no-deleted-session"
OWN = "listing/list-holds-only-own-sessions"
CREATED = "listing/list-holds-only-sessions-that-were-created"
TWICE = "listing/list-holds-no-session-twice"
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


@holds(TWICE)
def test_list_holds_each_session_once() -> Story:
    """Each session is listed once."""
    return [adk.create("s1"), adk.create("s2"), adk.list("s1", "s2")]


@breaks(TWICE, "list_threads", "session listed twice")
def test_list_holds_a_session_twice() -> Story:
    """A session is listed again."""
    return [threads.create("s1"), threads.create("s2"), threads.list("s1", "s2", "s1")]


@silent()
def test_one_id_of_two_owners_is_listed_for_each() -> Story:
    """Two owners have the same id: a list that shows both shows nothing twice."""
    return [
        adk.create("s1"),
        adk.create("s1", owner="bob"),
        adk.list("s1"),
        adk.list("s1", owner="bob"),
    ]


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


# --- pages ----------------------------------------------------------------------------------------

PARTITION = "listing/pages-partition-the-list"
LIMIT = "listing/page-is-no-longer-than-asked"
ORDER = "listing/list-keeps-its-order"
FILTERED = "listing/filtered-list-holds-what-matches"

THREE = [rest.create("s1"), rest.create("s2"), rest.create("s3")]
PAGED = [cursor.create(1), cursor.create(2), cursor.create(3)]


@holds(PARTITION)
def test_pages_hold_every_session_once() -> Story:
    """Two pages by offset, the second shorter than asked for."""
    return [*THREE, rest.list("s3", "s2", limit=2), rest.list("s1", limit=2, offset=2)]


@holds(PARTITION)
def test_pages_hold_every_session_once_by_cursor() -> Story:
    """The second page has no next one."""
    return [*PAGED, cursor.list(1, 2, following="2", limit=2), cursor.list(3, limit=2, cursor="2")]


@holds(PARTITION)
def test_pages_are_judged_before_the_last() -> Story:
    """A middle page repeats nothing; what is still to come cannot be missed."""
    pages = [cursor.list(1, following="1", limit=1), cursor.list(2, following="2", limit=1, cursor="1")]
    return [*PAGED, *pages]


@breaks(PARTITION, "listThreads", "session on two pages")
def test_a_page_repeats_a_session() -> Story:
    """The second page begins with what the first one ended with."""
    return [*THREE, rest.list("s3", "s2", limit=2), rest.list("s2", "s1", limit=2, offset=2)]


@breaks(PARTITION, "threads_list", "session on two pages")
def test_a_page_repeats_a_session_by_cursor() -> Story:
    """The same, by cursor."""
    return [*PAGED, cursor.list(1, 2, following="2", limit=2), cursor.list(2, 3, limit=2, cursor="2")]


@breaks(PARTITION, "listThreads", "session not listed")
def test_a_session_is_lost_between_pages() -> Story:
    """It stands on neither."""
    return [*THREE, rest.create("s4"), rest.list("s4", "s3", limit=2), rest.list("s1", limit=2, offset=2)]


@breaks(PARTITION, "threads_list", "session not listed")
def test_a_session_is_lost_between_pages_by_cursor() -> Story:
    """The last page ends before the last session."""
    return [*PAGED, cursor.list(1, following="1", limit=1), cursor.list(2, limit=1, cursor="1")]


@breaks(EVERY, "threads_list", "session not listed")
def test_the_only_page_misses_a_session() -> Story:
    """A list that says that it is whole, and is not."""
    return [*PAGED, cursor.list(1, 2)]


@breaks(EVERY, "listThreads", "session not listed")
def test_a_short_page_is_the_last() -> Story:
    """A page with fewer than were asked for has nothing after it."""
    return [*THREE, rest.list("s3", "s2", limit=20)]


@silent()
def test_a_full_page_may_have_more_after_it() -> Story:
    """What is not on it may come later."""
    return [*THREE, rest.list("s3", "s2", limit=2)]


@silent()
def test_a_page_from_the_middle_of_something() -> Story:
    """Nobody saw the pages before it: it misses nothing."""
    return [*THREE, rest.list("s1", limit=2, offset=2), rest.list(limit=2, offset=3)]


@silent()
def test_a_page_that_does_not_follow() -> Story:
    """The second page was left out."""
    return [*THREE, rest.list("s3", limit=1), rest.list("s1", limit=1, offset=2), rest.list(limit=1, offset=3)]


@silent()
def test_a_write_between_pages_moves_them() -> Story:
    """A session that was made in between shifts the rest to the next page."""
    return [
        *THREE,
        rest.list("s3", "s2", limit=2),
        rest.create("s4"),
        rest.list("s2", "s1", limit=2, offset=2),
        rest.list(limit=2, offset=4),
    ]


@silent()
def test_a_delete_between_pages_moves_them() -> Story:
    """What was on the first page is gone, and the second begins too late."""
    return [*THREE, rest.list("s3", "s2", limit=2), rest.delete("s3"), rest.list(limit=2, offset=2)]


@breaks(PARTITION, "listThreads", "session on two pages")
def test_a_refused_write_between_pages_moves_nothing() -> Story:
    """It did nothing: the pages belong together."""
    refused = rest.create("s1", answer=rest.no(409))
    return [*THREE, rest.list("s3", "s2", limit=2), refused, rest.list("s2", "s1", limit=2, offset=2)]


@silent()
def test_pages_of_another_size_are_another_list() -> Story:
    """A page belongs to those of its own limit."""
    return [*THREE, rest.list("s3", "s2", limit=2), rest.list("s2", limit=1, offset=2)]


def test_pages_of_two_owners_are_two_lists() -> None:
    """Who turns the pages of one list in turn with another one's loses nothing."""
    owned = [rest.create(name, owner="bob") for name in ("b1", "b2", "b3")]
    court = judged([*THREE, *owned, rest.list("s3", "s2", limit=2), rest.list("b3", "b2", limit=2, owner="bob")])
    court.tell(rest.list("s1", limit=2, offset=2), rest.list("b1", limit=2, offset=2, owner="bob"))
    assert court.broken == []
    assert court.observed(PARTITION) == 2


def test_what_a_whole_list_leaves_out_is_uncertain() -> None:
    """After its last page, as after a list of one page; not before."""
    court = judged([*THREE, rest.list("s3", "s2", limit=2)])
    assert court.status("s1") is Status.LIVE
    court.tell(rest.list(limit=2, offset=2))
    assert court.status("s1") is Status.UNCERTAIN
    assert court.status("s2") is Status.LIVE


# --- limits, order --------------------------------------------------------------------------------


@holds(LIMIT)
def test_a_page_is_as_long_as_asked() -> Story:
    """Two of three."""
    return [*THREE, rest.list("s3", "s2", limit=2)]


@breaks(LIMIT, "listThreads", "longer than asked")
def test_a_page_is_longer_than_asked() -> Story:
    """Three, where two were asked for."""
    return [*THREE, rest.list("s3", "s2", "s1", limit=2)]


@breaks(LIMIT, "threads_list", "longer than asked")
def test_a_page_is_longer_than_the_profile_says() -> Story:
    """Where none is asked for, there are as many as the profile says."""
    many = range(1, 12)
    return [*map(cursor.create, many), cursor.list(*many)]


@silent()
def test_a_limit_that_violates_the_spec_is_none() -> Story:
    """Nothing is said of a page of no session."""
    return [*THREE, rest.list(limit=0, answer=rest.no(422))]


@holds(ORDER)
def test_the_newest_session_comes_first() -> Story:
    """By the time of creation that the list shows."""
    young = rest.thread("s2", created_at="2024-01-02T03:04:06Z", updated_at="2024-01-02T03:04:06Z")
    return [*THREE[:2], rest.list(young, "s1")]


@holds(ORDER)
def test_sessions_of_one_moment_may_come_in_any_order() -> Story:
    """Which of them came first does not show."""
    return [*THREE[:2], rest.list("s1", "s2")]


@breaks(ORDER, "listThreads", "order")
def test_the_oldest_session_comes_first() -> Story:
    """Where the newest should."""
    young = rest.thread("s2", created_at="2024-01-02T03:04:06Z", updated_at="2024-01-02T03:04:06Z")
    return [*THREE[:2], rest.list("s1", young)]


@breaks(ORDER, "threads_list", "order")
def test_the_newest_session_comes_first_where_the_oldest_should() -> Story:
    """The other way round."""
    old = cursor.thread(2, created_at="2024-01-02T03:04:04Z")
    shown = {"threads": [cursor.thread(1), old], "next_cursor": None}
    return [*PAGED[:2], cursor.list(answer=shown)]


@breaks(ORDER, "listThreads", "order", profile=replace(REST, session=replace(REST.session, created=None)))
def test_the_order_is_that_in_which_sessions_were_made() -> Story:
    """Where the list does not show when sessions were made, it is remembered."""
    return [*THREE, rest.list("s3", "s1", "s2")]


# --- filters --------------------------------------------------------------------------------------

CLOSED = [*THREE, rest.move("s2", "closed")]


@holds(FILTERED)
def test_a_filtered_list_holds_what_matches() -> Story:
    """The one that was closed."""
    return [*CLOSED, rest.list(rest.thread("s2", status="closed"), status="closed")]


@holds(FILTERED)
def test_a_filtered_list_may_be_empty() -> Story:
    """None was archived."""
    return [*CLOSED, rest.list(status="archived")]


@holds(FILTERED)
def test_a_filtered_list_comes_in_pages() -> Story:
    """The first page need not hold all."""
    return [*CLOSED, rest.list("s3", status="open", limit=1)]


@breaks(FILTERED, "listThreads", "session not listed")
def test_a_filtered_list_misses_a_session() -> Story:
    """The one that was closed."""
    return [*CLOSED, rest.list(status="closed")]


@breaks(FILTERED, "listThreads", "session that does not match")
def test_a_filtered_list_holds_another_session() -> Story:
    """One that is open."""
    return [*CLOSED, rest.list("s3", rest.thread("s2", status="closed"), status="closed")]


@breaks(PARTITION, "listThreads", "session not listed", also=[f"{FILTERED} · listThreads · session not listed"])
def test_the_pages_of_a_filtered_list_miss_a_session() -> Story:
    """Two pages of those that are open, and one of them on neither."""
    pages = [rest.list("s3", status="open", limit=1), rest.list(status="open", limit=1, offset=1)]
    return [*CLOSED, *pages]


@silent(after=[late("moveThread")])
def test_a_session_of_an_unknown_status_may_match() -> Story:
    """Nobody knows whether it was closed."""
    return [*THREE, rest.move("s2", "closed", answer=LATE), rest.list(status="closed")]


@silent()
def test_a_filtered_list_says_nothing_of_the_rest() -> Story:
    """What it leaves out is as live as before."""
    return [*CLOSED, rest.list(rest.thread("s2", status="closed"), status="closed"), rest.list("s3", "s1", "s2")]


def test_a_list_is_filtered_by_a_member_of_a_group() -> None:
    """A filter may look at one label."""
    binding = REST.first(Role.LIST)
    assert binding is not None
    profile = bound(REST, Role.LIST, filters={"labels/team": binding.filters["status"]})
    made = [rest.create("s1", {"team": "open"}), rest.create("s2", {"team": "closed"}), rest.create("s3")]
    shown = rest.thread("s1", {"team": "open"})
    assert verdicts([*made, rest.list(shown, status="open")], profile) == []
    assert verdicts([*made, rest.list(status="open")], profile) == [f"{FILTERED} · listThreads · session not listed"]
    assert verdicts([*made, rest.list(shown, "s3", status="open")], profile) == [
        f"{FILTERED} · listThreads · session that does not match"
    ]
