"""Time runs in one direction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.exchange import Exchange
from conformance.expressions import MISSING, Json
from tests.dialects import REST, rest
from tests.histories import LATE, Story, adk, breaks, event, holds, judged, late, message, said, silent, threads

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


@breaks(TIMES, "search_threads", "last update")
def test_last_update_as_a_text_runs_backwards() -> Story:
    """A time that is written as a text is understood."""
    earlier = threads.thread("s1", updated_at="2024-01-02T03:04:04Z")
    return [threads.create("s1"), threads.get("s1"), threads.get("s1", answer=said(200, {"threads": [earlier]}))]


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
    return [threads.create("s1"), threads.get("s1"), threads.get("s1", answer=said(200, {"threads": [elsewhere]}))]


@silent()
def test_items_without_a_time_are_not_compared() -> Story:
    """An item that shows no time is neither early nor late."""
    first, second = event("u1", "hello", "user", timestamp=6.0), event("r1")
    return [adk.create("s1"), adk.get("s1"), adk.run("s1", "hello"), adk.get("s1", {}, first, second)]


@silent()
def test_a_list_may_leave_fractions_out() -> Story:
    """A last update and a creation in whole seconds are those that a read showed with fractions."""
    exact = {"created_at": "2024-01-02T03:04:05.25Z", "updated_at": "2024-01-02T03:04:05.75Z"}
    coarse = dict.fromkeys(exact, "2024-01-02T03:04:05+00:00")
    create = rest.create("s1", answer=said(201, rest.thread("s1", **exact), location="/"))
    return [create, rest.get("s1", **exact), rest.list(rest.thread("s1", **coarse)), rest.get("s1", **exact)]


@breaks(TIMES, "get_session", "last update")
def test_whole_seconds_are_not_those_of_another_second() -> Story:
    """Only the fraction may be left out."""
    return [adk.create("s1"), read(5.5), read(4)]


@silent(after=[late("delete_session")])
def test_uncertain_session_may_be_another_one() -> Story:
    """While nobody knows whether it is the same session, its time may be earlier."""
    return [adk.create("s1"), read(5), adk.delete("s1", answer=LATE), read(4)]


# --- times that are times -------------------------------------------------------------------------

VALID = "times/times-are-valid"
CREATION = "times/creation-time-stays"
LATER = "2024-01-02T03:04:06Z"


@holds(VALID)
def test_times_are_times() -> Story:
    """A creation, and an update after it."""
    return [rest.create("s1"), rest.get("s1", updated_at=LATER)]


@holds(VALID)
def test_times_are_numbers() -> Story:
    """Seconds since 1970 are times as well."""
    return [adk.create("s1"), read(5)]


@holds(VALID)
def test_a_creation_and_an_update_may_be_one() -> Story:
    """In another zone, even."""
    return [rest.create("s1"), rest.get("s1", updated_at="2024-01-02T05:04:05+02:00")]


@breaks(VALID, "readThread", "created after updated")
def test_a_session_is_updated_before_it_was_created() -> Story:
    """The creation lies after the update."""
    return [rest.create("s1"), rest.get("s1", created_at=LATER)]


@pytest.mark.parametrize("name", ["created", "updated"])
@pytest.mark.parametrize("shown", ["yesterday", "", "2024-13-01T00:00:00Z", {}, True])
def test_a_time_is_none(name: str, shown: Any) -> None:
    """What is no time is named by its part."""
    court = judged([rest.create("s1"), rest.get("s1", **{f"{name}_at": shown})])
    assert f"{VALID} · readThread · {name}: no time" in court.broken
    assert {each.signature.invariant for each in court.violations} <= {VALID, "contract/body-conforms"}


@breaks(
    VALID,
    "listThreads",
    "created: no time",
    also=["contract/body-conforms · listThreads · 200 /threads/*/created_at"],
)
def test_a_time_in_a_list_is_none() -> Story:
    """Every session that is shown counts."""
    return [rest.create("s1"), rest.list(rest.thread("s1", created_at="yesterday"))]


@pytest.mark.parametrize("shown", [None, MISSING])
def test_a_time_that_is_not_shown_is_not_judged(shown: Json) -> None:
    """Null and nothing are no times, and no wrong ones."""
    thread = rest.thread("s1", created_at=shown, updated_at=shown)
    told = {name: value for name, value in thread.items() if value is not MISSING}
    court = judged([rest.create("s1"), rest.get("s1", answer=said(200, told))])
    assert court.observed(VALID) == 1
    assert {each.signature.invariant for each in court.violations} <= {"contract/body-conforms"}


@pytest.mark.parametrize("made", ["2024-01-02T03:04:05", 5_000_000_000, 5e9])
def test_times_with_and_without_a_zone_are_not_compared(made: Any) -> None:
    """A text without a zone may be of any; a number is never compared with a text."""
    profile = replace(REST, session=replace(REST.session, created=("labels", "made")))
    earlier = {"updated_at": "2024-01-01T00:00:00Z"}
    court = judged([rest.create("s1", {"made": made}, **earlier), rest.get("s1", {"made": made}, **earlier)], profile)
    assert court.broken == []
    assert court.observed(VALID) == 2


# --- a creation that stays ------------------------------------------------------------------------


@holds(CREATION)
def test_a_creation_stays() -> Story:
    """A read shows what the create showed."""
    return [rest.create("s1"), rest.get("s1"), rest.get("s1")]


@holds(CREATION)
def test_a_creation_is_shown_in_another_zone() -> Story:
    """The instant counts."""
    return [rest.create("s1"), rest.get("s1"), rest.get("s1", created_at="2024-01-02T02:04:05-01:00")]


@breaks(CREATION, "readThread", "creation moved")
def test_a_creation_moves_with_a_write() -> Story:
    """The session gets younger."""
    begin = [rest.create("s1"), rest.get("s1"), rest.label("s1", {"a": 1})]
    return [*begin, rest.get("s1", {"a": 1}, created_at=LATER, updated_at=LATER)]


@breaks(CREATION, "listThreads", "creation moved")
def test_a_creation_differs_in_the_list() -> Story:
    """The list tells another time than the read."""
    return [rest.create("s1"), rest.get("s1"), rest.list(rest.thread("s1", created_at="2024-01-02T03:04:04Z"))]


@silent(after=[late("deleteThread")])
def test_a_session_that_may_be_another_one_may_be_younger() -> Story:
    """It may have been made again."""
    begin = [rest.create("s1"), rest.get("s1"), rest.delete("s1", answer=LATE)]
    return [*begin, rest.get("s1", created_at=LATER, updated_at=LATER)]


@silent()
def test_a_session_that_was_made_again_is_younger() -> Story:
    """It is another one, under the same id."""
    made = rest.create("s1", created_at=LATER, updated_at=LATER)
    return [
        rest.create("s1"),
        rest.get("s1"),
        rest.delete("s1"),
        made,
        rest.get("s1", created_at=LATER, updated_at=LATER),
    ]


# --- times of items -------------------------------------------------------------------------------

ITEM = "times/item-keeps-its-time"


@holds(ITEM)
def test_items_are_shown_with_their_times() -> Story:
    """The same history is read twice; the second time without fractions."""
    exact = [{**each, "at": "2024-01-02T03:04:06.25Z"} for each in (USER, AGENT)]
    return [
        threads.create("s1"),
        threads.say("s1", "hello"),
        threads.messages("s1", *exact),
        threads.messages("s1", at(USER, 6), at(AGENT, 6)),
    ]


@breaks(ITEM, "list_messages", "item")
def test_items_are_stamped_anew() -> Story:
    """The second read shows a later time, and nothing was written."""
    return [
        threads.create("s1"),
        threads.say("s1", "hello"),
        threads.messages("s1", at(USER, 6), at(AGENT, 6)),
        threads.messages("s1", at(USER, 6), at(AGENT, 7)),
    ]


@silent()
def test_items_may_be_stamped_by_a_write() -> Story:
    """What is written may touch the items before it."""
    more, reply = message("u2", "more", "user"), message("r2")
    return [
        threads.create("s1"),
        threads.say("s1", "hello"),
        threads.messages("s1", at(USER, 6), at(AGENT, 6)),
        threads.say("s1", "more"),
        threads.messages("s1", at(USER, 7), at(AGENT, 7), at(more, 8), at(reply, 8)),
    ]
