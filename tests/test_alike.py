"""Requests that are like accepted ones."""

from __future__ import annotations

import pytest

from conformance.exchange import Exchange
from tests.histories import (
    ADK,
    exchange,
    judged,
    said,
    step_of,
    threads,
)


@pytest.mark.parametrize(
    ("later", "like"),
    [
        (threads.label("s1", {"a": "another long value"}), True),
        (threads.label("s1", {"a": "tiny"}), False),
        (threads.label("s1", {"a": 7}), False),
        (threads.label("s1", {"b": "another long value"}), False),
        (threads.label("s1", {"a": "another long value", "b": 1}), False),
        (threads.say("s1", "a long value"), False),
    ],
)
def test_accepted_like(later: Exchange, like: bool) -> None:
    """A request is like another if it differs in distinctive strings only."""
    court = judged([threads.create("s1"), threads.create("s2"), threads.label("s1", {"a": "a long value"})])
    assert court.world.accepted.like(step_of(later)) is like


def test_refused_request_is_no_precedent() -> None:
    """Only what was accepted is remembered."""
    court = judged([threads.create("s1"), threads.label("s1", {"a": 1}, answer=threads.no(400))])
    assert not court.world.accepted.like(step_of(threads.label("s1", {"a": 1})))


def test_request_without_a_role_teaches_nothing() -> None:
    """An operation that the profile does not bind only takes time."""
    court = judged([exchange("GET", "/somewhere", None, said(200))], ADK)
    assert court.world.clock == 1
    assert list(court.world.of_owner(None)) == []
