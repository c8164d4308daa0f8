"""An item that a run answered can be named by later calls of its session, until it is released."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.exchange import Exchange
from conformance.profile import ItemShape
from conformance.session import Status
from tests.dialects import BRIDGE, bridge
from tests.histories import CRASH, LATE, Story, breaks, failed, holds, judged, late, silent

STRAY = "items/item-that-is-not-there-is-refused"
LIVE = "items/live-item-is-accepted"
ONE, TWO = "session-1", "session-2"


# --- an item that is not there --------------------------------------------------------------------


@holds(STRAY)
def test_an_unknown_item_is_refused() -> Story:
    """No call ever answered it."""
    return [bridge.call(ONE, "r1"), bridge.method(ONE, "r9", answer=bridge.no())]


@holds(STRAY)
def test_an_item_of_another_session_is_refused() -> Story:
    """It is there, but not here."""
    return [bridge.call(ONE, "r1"), bridge.call(TWO, "r2"), bridge.method(ONE, "r2", answer=bridge.no(400))]


@holds(STRAY)
def test_a_released_item_is_refused() -> Story:
    """It was here."""
    return [bridge.call(ONE, "r1"), bridge.release(ONE, "r1"), bridge.method(ONE, "r1", answer=bridge.no())]


@holds(STRAY)
def test_an_item_of_a_session_that_never_was_is_refused() -> Story:
    """A session that is not there holds nothing, and a call that names an item makes none."""
    return [bridge.method(ONE, "r1", answer=bridge.no())]


@breaks(STRAY, "call_method", "accepted 200")
def test_an_unknown_item_is_taken() -> Story:
    """Whatever is named is worked on."""
    return [bridge.call(ONE, "r1"), bridge.method(ONE, "r9")]


@breaks(STRAY, "call_method", "accepted 200")
def test_an_item_of_another_session_is_taken() -> Story:
    """It is looked for everywhere."""
    return [bridge.call(ONE, "r1"), bridge.call(TWO, "r2"), bridge.method(ONE, "r2")]


@breaks(STRAY, "call_method", "accepted 200 after release")
def test_a_released_item_is_taken() -> Story:
    """The release was acknowledged, and nothing released."""
    return [bridge.call(ONE, "r1"), bridge.release(ONE, "r1"), bridge.method(ONE, "r1")]


@breaks(STRAY, "call_method", "failed 500", also=[failed("call_method")])
def test_an_unknown_item_crashes_the_server() -> Story:
    """A server error is no refusal."""
    return [bridge.call(ONE, "r1"), bridge.method(ONE, "r9", answer=CRASH)]


@silent(after=[late("release_ref")])
def test_an_item_whose_release_was_lost_may_be_there() -> Story:
    """Nobody knows whether it was released."""
    return [bridge.call(ONE, "r1"), bridge.release(ONE, "r1", answer=LATE), bridge.method(ONE, "r1")]


@silent()
def test_a_release_of_an_unknown_item_may_be_acknowledged() -> Story:
    """The profile says that such a release is answered with a success."""
    return [bridge.call(ONE, "r1"), bridge.release(ONE, "r9")]


@silent()
def test_a_session_that_was_released_holds_nothing() -> Story:
    """With the session go its items; the first call makes it anew."""
    return [
        bridge.call(ONE, "r1"),
        bridge.end(ONE),
        bridge.method(ONE, "r1", answer=bridge.no()),
        bridge.call(ONE, "r2"),
        bridge.method(ONE, "r1", answer=bridge.no()),
        bridge.method(ONE, "r2"),
    ]


# --- an item that is there ------------------------------------------------------------------------


@holds(LIVE)
def test_an_item_can_be_named_again() -> Story:
    """As often as one likes."""
    return [bridge.call(ONE, "r1"), bridge.method(ONE, "r1", "r2"), bridge.method(ONE, "r1", "r3")]


@holds(LIVE)
def test_what_a_call_on_an_item_answered_can_be_named() -> Story:
    """Items come of items."""
    begin = [bridge.call(ONE, "r1"), bridge.method(ONE, "r1", "item-000002"), bridge.call(TWO, "item-000001")]
    return [*begin, bridge.method(TWO, "item-000001", "x"), bridge.method(ONE, "item-000002", "y")]


@breaks(LIVE, "call_method", "refused 404")
def test_an_item_is_forgotten() -> Story:
    """It was answered, and is unknown."""
    return [bridge.call(ONE, "r1"), bridge.method(ONE, "r1", answer=bridge.no())]


@breaks(LIVE, "call_method", "refused 404")
def test_an_item_is_forgotten_once_it_was_named() -> Story:
    """The second time it is unknown."""
    return [bridge.call(ONE, "r1"), bridge.method(ONE, "r1"), bridge.method(ONE, "r1", answer=bridge.no())]


@breaks(LIVE, "call_method", "failed 500", also=[failed("call_method")])
def test_an_item_that_was_named_before_crashes_the_server() -> Story:
    """A call like one that was accepted fails."""
    return [bridge.call(ONE, "r1"), bridge.method(ONE, "r1", "r2"), bridge.method(ONE, "r1", answer=CRASH)]


@silent(after=["runs/live-session-accepts-runs · call_function · failed 500", failed("call_function")])
def test_an_item_of_a_session_that_may_be_gone() -> Story:
    """Nobody knows what the server did while it failed."""
    return [bridge.call(ONE, "r1"), bridge.call(ONE, "r2", answer=CRASH), bridge.method(ONE, "r1", answer=bridge.no())]


# --- what is known of items -----------------------------------------------------------------------


def test_items_are_known_by_their_session() -> None:
    """Live, released, uncertain, or never there."""
    court = judged([bridge.call(ONE, "r1"), bridge.call(ONE, "r2"), bridge.call(TWO, "r3"), bridge.release(ONE, "r2")])
    world, key = court.world, court.key(ONE, "ada")
    assert [world.item(key, name) for name in ("r1", "r2", "r3")] == [Status.LIVE, Status.GONE, Status.ABSENT]
    court.tell(bridge.release(ONE, "r1", answer=LATE))
    assert world.item(key, "r1") is Status.UNCERTAIN


def test_an_open_world_does_not_know_every_item() -> None:
    """A recording that begins in mid-life names items that it never saw."""
    court = judged([bridge.call(ONE, "r1"), bridge.method(ONE, "r9")], closed=False)
    assert court.broken == []
    assert court.observed(STRAY) == 0


@pytest.mark.parametrize(
    "call",
    [bridge.method(ONE, "r9", answer=bridge.no()), bridge.method(ONE, "r9", answer=bridge.no(400))],
)
def test_a_missing_item_is_no_missing_session(call: Exchange) -> None:
    """What is refused for its item leaves the session as certain as it was."""
    court = judged([bridge.call(ONE, "r1"), call])
    assert court.status(ONE) is Status.LIVE
    assert court.world.calls.refused(court.key(ONE, "ada")) is None


def test_a_missing_item_makes_no_ghost() -> None:
    """A refused call on an item of a session that never was leaves no name behind."""
    court = judged([bridge.method(ONE, "r9", answer=bridge.no())])
    assert court.status(ONE) is Status.ABSENT
    assert court.world.calls.refused(court.key(ONE, "ada")) is None


def test_items_without_ids_cannot_be_named() -> None:
    """Without a place for their ids nothing is known of items."""
    court = judged([bridge.call(ONE, "r1")], replace(BRIDGE, item=ItemShape()))
    assert court.session(ONE).items == {}
