"""Two faults at once are both found: one bug does not hide another, unless it must."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from conformance import load
from conformance.fakes.faults import Fault, faults_for, together
from conformance.fakes.server import Server
from conformance.kills import caught
from conformance.run import server_of

ADK = load("adk")
PAIRS = 40
HIDING = {
    "never-commits-a-create": "there is no session to do anything with",
    "commits-a-create-one-call-late": "the call after a create finds no session",
    "keeps-three-sessions-of-an-owner": "sessions are gone before anything else shows",
    "drops-sessions-that-were-left-alone": "sessions are gone before anything else shows",
    "evicts-a-session-on-its-third-read": "sessions are gone before anything else shows",
    "ignores-the-chosen-id": "no session has the id that the other fault is about",
    "wraps-the-answer": "no read can be understood",
    "answers-an-empty-body": "no read can be understood",
    "answers-json-as-text": "no read can be understood",
    "fails-on-an-invalid-request": "what the other fault refuses fails instead",
    "accepts-what-the-spec-forbids": "what the other fault refuses is carried out",
    "second-create-fails": "there are never two sessions",
    "refuses-the-third-create": "there are never three sessions",
    "deletes-one-call-late": "what else a delete takes away goes when nobody deletes any more",
}
"""Faults that leave nothing to be seen of many others, and why."""


def _touches(fault: Fault) -> set[str]:
    """The methods of a server that a fault has of its own."""
    own: set[str] = set()
    for each in fault.server.__mro__[: fault.server.__mro__.index(Server)]:
        own |= {name for name in vars(each) if not name.startswith("_")}
    return own - {"reset"}


def _compatible(one: Fault, other: Fault) -> bool:
    """Whether two faults are about different things: other methods, other chapters, other promises."""
    apart = not _touches(one) & _touches(other) and one.chapter != other.chapter
    return apart and not one.breaks & other.breaks and not {one.name, other.name} & HIDING.keys()


def _sample() -> list[tuple[Fault, Fault]]:
    """Some pairs, always the same ones."""
    pairs = [pair for pair in combinations(faults_for(ADK), 2) if _compatible(*pair)]
    return random.Random(7).sample(pairs, PAIRS)


@pytest.mark.parametrize(("one", "other"), _sample(), ids=lambda each: each.name)
def test_both_of_two_faults_are_found(one: Fault, other: Fault) -> None:
    """Each is caught by an invariant that it names, within what is spent on one fault."""
    assert caught(ADK, one, other) == (True, True)


def test_a_server_with_two_faults_has_both() -> None:
    """Each fault does its wrong, and what it calls is what the other one does."""
    one, other = (each for each in faults_for(ADK) if each.name in ("stores-ascii", "drops-empty-values"))
    assert issubclass(together(one, other), one.server)
    assert issubclass(together(one, other), other.server)
    assert together(one) is one.server
    assert type(server_of(ADK, 0, f"{one.name},{other.name}")).__mro__[1:3] == (one.server, other.server)
    assert caught(ADK, one, other) == (True, True)


def test_faults_keep_what_they_remember_apart() -> None:
    """No two faults have a name for what they remember in common, so that they can be served at once."""
    for fault in faults_for(ADK):
        fresh = vars(Server(ADK)).keys()
        own = {name for name in vars(fault.server(ADK)) if name not in fresh}
        assert all("__" in name for name in own), (fault.name, own)
