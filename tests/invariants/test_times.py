"""Time runs in one direction."""

from __future__ import annotations

from typing import Any

from conformance.exchange import Exchange
from tests.histories import LATE, Story, adk, breaks, event, holds, late, message, said, silent, threads

TIMES = "times/time-moves-forward"

USER, AGENT = message("u1", "hello", "user"), message("r1", "good day")


def at(shown: dict[str, Any], second: int) -> dict[str, Any]:
    """A message at another time."""
    return {**shown, "at": f"2024-01-02T03:04:{second:02}Z"}


def read(second: int | float) -> Exchange:
    """A read of the session that shows when it was last updated."""
    return adk.get("s1", answer=said(200, adk.session("s1", lastUpdateTime=second)))


@holds(TIMES)
def test_last_update_moves_forward() -> Story:
    """A session is shown with a later time."""
    return [adk.create("s1"), read(5), read(5.5)]


@holds(TIMES)
def test_last_update_stands_still() -> Story:
    """A session is shown with the same time."""
    return [adk.create("s1"), read(5), read(5.0)]


@holds(TIMES)
def test_items_move_forward() -> Story:
    """Items are no earlier than those before them."""
    return [
        threads.create("s1"),
        threads.messages("s1"),
        threads.say("s1", "hello"),
        threads.messages("s1", at(USER, 6), at(AGENT, 6)),
    ]


@breaks(TIMES, "get_session", "last update")
def test_last_update_runs_backwards() -> Story:
    """A session is read with an earlier time than before."""
    return [adk.create("s1"), read(5), read(4.5)]


@breaks(TIMES, "get_thread", "last update")
def test_last_update_as_a_text_runs_backwards() -> Story:
    """A time that is written as a text is understood."""
    earlier = threads.thread("s1", updated_at="2024-01-02T03:04:04Z")
    return [threads.create("s1"), threads.get("s1"), threads.get("s1", answer=said(200, {"thread": earlier}))]


@breaks(TIMES, "list_sessions", "last update")
def test_last_update_runs_backwards_in_a_list() -> Story:
    """A session is listed with an earlier time than it was read with."""
    return [adk.create("s1"), read(5.5), adk.list(adk.session("s1", lastUpdateTime=5.25))]


@breaks(TIMES, "list_messages", "items")
def test_items_run_backwards() -> Story:
    """An item is earlier than the one before it."""
    return [
        threads.create("s1"),
        threads.messages("s1"),
        threads.say("s1", "hello"),
        threads.messages("s1", at(USER, 6), at(AGENT, 5)),
    ]


@breaks(TIMES, "get_session", "items")
def test_new_item_is_earlier_than_the_last_known() -> Story:
    """The first new item is earlier than the last one that was known."""
    first, second = event("u1", "hello", "user", timestamp=6.0), event("r1", timestamp=5.0)
    return [
        adk.create("s1"),
        adk.run("s1", "hello"),
        adk.get("s1", {}, first),
        adk.run("s1", "again"),
        adk.get("s1", {}, first, second),
    ]


@silent()
def test_items_that_are_known_are_not_reported_again() -> Story:
    """Only new items are compared, with each other and with the last known one."""
    return [
        threads.create("s1"),
        threads.say("s1", "hello"),
        threads.messages("s1", at(USER, 6), at(AGENT, 5)),
        threads.messages("s1", at(USER, 6), at(AGENT, 5)),
    ]


@silent()
def test_time_may_be_written_in_another_zone() -> Story:
    """Times are compared as instants, not as text."""
    elsewhere = threads.thread("s1", updated_at="2024-01-02T02:04:05-01:00")
    return [threads.create("s1"), threads.get("s1"), threads.get("s1", answer=said(200, {"thread": elsewhere}))]


@silent()
def test_items_without_a_time_are_not_compared() -> Story:
    """An item that shows no time is neither early nor late."""
    first, second = event("u1", "hello", "user", timestamp=6.0), event("r1")
    return [adk.create("s1"), adk.get("s1"), adk.run("s1", "hello"), adk.get("s1", {}, first, second)]


@silent(after=[late("delete_session")])
def test_uncertain_session_may_be_another_one() -> Story:
    """While nobody knows whether it is the same session, its time may be earlier."""
    return [adk.create("s1"), read(5), adk.delete("s1", answer=LATE), read(4)]
