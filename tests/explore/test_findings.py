"""Tests of what follows from what, among findings."""

from __future__ import annotations

from conformance.catalogue import Observation
from conformance.explore.actions import Action
from conformance.explore.findings import Found, settle
from conformance.judge import Signature, Violation


def found(invariant: str, calls: int, follows: Signature | None = None) -> Found:
    """A finding with a flow of so many calls."""
    return Found(Signature(invariant, "put", "labels"), (Action(0),) * calls, follows=follows)


def settled(*every: Found) -> list[Signature | None]:
    """What each of them follows, after all is settled."""
    settle({each.signature: each for each in every})
    return [each.follows for each in every]


def test_a_chain_leads_to_its_first() -> None:
    """What follows from a finding that itself follows from another is listed under the first of them."""
    first = found("a/first", 3)
    second = found("a/second", 2, first.signature)
    third = found("a/third", 1, second.signature)
    assert settled(third, second, first) == [first.signature, first.signature, None]


def test_no_finding_is_lost_in_a_circle() -> None:
    """Where each is said to follow the other, the one with the shortest flow stands first, and all others under it."""
    short, long = found("a/short", 2), found("a/long", 3)
    short.follows, long.follows = long.signature, short.signature
    beside = found("a/beside", 1, long.signature)
    assert settled(beside, long, short) == [short.signature, short.signature, None]


def test_a_finding_does_not_follow_itself() -> None:
    """One that is said to follow itself stands for itself."""
    alone = found("a/alone", 2)
    alone.follows = alone.signature
    assert settled(alone) == [None]


def doubtful(operation: str, calls: int, *others: str) -> Found:
    """A finding about a value, blamed on an operation, where others may be to blame."""
    signature = Signature("values/nul", operation, "labels")
    observation = Observation(False, kind="labels", operation=operation, others=frozenset({operation, *others}))
    return Found(signature, (Action(0),) * calls, violation=Violation(signature, observation, 0))


def test_who_is_surely_to_blame_ends_a_circle() -> None:
    """Where control experiments lead from one doubtful finding to the other and back, both follow the sure one."""
    sure, made, read = doubtful("put", 3), doubtful("create", 3, "put"), doubtful("get", 4, "put")
    made.follows, read.follows = read.signature, made.signature
    assert settled(read, made, sure) == [sure.signature, sure.signature, None]
