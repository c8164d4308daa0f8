"""Tests of names in which ids stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance import Budget, Verdict, load, run
from conformance.exchange import Exchange, Request
from conformance.fakes.server import Server
from conformance.naming import Naming
from conformance.reader import Reader
from tests.test_profile_keys import changed

NAMING = Naming("projects/{project}/sessions/{id}")


@pytest.mark.parametrize(
    ("name", "session"),
    [
        ("projects/demo/sessions/7", "7"),
        ("projects/123/sessions/a.b-c", "a.b-c"),
        ("projects/demo/sessions/7/events/1", "projects/demo/sessions/7/events/1"),
        ("7", "7"),
    ],
)
def test_the_id_is_taken_out_of_a_name_of_the_form(name: str, session: str) -> None:
    """What stands in the other braces may be anything without a slash; another name is none but itself."""
    assert NAMING.id_in(name) == session


def test_signs_outside_of_braces_stand_for_themselves() -> None:
    """A dot is a dot."""
    assert Naming("a.b/{id}").id_in("axb/1") == "axb/1"
    assert Naming("a.b/{id}").id_in("a.b/1") == "1"


def test_a_name_is_written_in_full() -> None:
    """A word without a value stands for itself."""
    assert NAMING.full("7", {"project": "demo"}) == "projects/demo/sessions/7"
    assert NAMING.full("7", {}) == "projects/project/sessions/7"


def test_a_session_is_known_by_the_id_in_its_name(tmp_path: Path) -> None:
    """A fake shows names in full, calls go on with the id, and a name of another session is found out."""
    folder = changed(tmp_path, "memories", ('id = "/name"', 'id = "/name"\nname = "users/{user}/memories/{id}"'))
    profile = load(folder)
    request = Request("PUT", "/users/ada/memories/m1", "", (("content-type", "application/json"),), b'{"facts": {}}')
    answer = Server(profile).answer(request)
    assert json.loads(answer.body)["name"] == "users/ada/memories/m1"
    assert Reader(profile).read(Exchange(request, answer)).created == "m1"
    assert run(profile, budget=Budget(requests=400), strict=False).verdict is Verdict.CONFORMS
    found = run(profile, fault="answers-with-the-first-session", budget=Budget(requests=400)).findings
    assert "existence/answer-names-the-session-asked-for" in {each.signature.invariant for each in found}
