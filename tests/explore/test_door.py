"""Nobody is let in: that is told as what it is, before anything is said of sessions."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette

from conformance import Budget, load, run
from conformance.errors import TargetError
from conformance.exchange import Exchange, Request, Response
from conformance.explore.door import KNOCKS, Door
from conformance.reader import Reader
from conformance.step import Step
from tests.servers.assistants.app import KEY, create_app
from tests.servers.assistants.test_judged import PROFILE

ADK = load("adk")
SESSIONS = "/apps/echo/users/u/sessions"


def asked(status: int | None, path: str = f"{SESSIONS}/s", method: str = "GET", body: bytes = b"") -> Step:
    """A call, and how it was answered."""
    answer = None if status is None else Response(status)
    return Reader(ADK).read(Exchange(Request(method, path, body=body), answer))


def heard(*steps: Step) -> Door:
    """What listened to these calls."""
    door = Door(ADK, "http://127.0.0.1:1")
    for each in steps:
        door.hear(each)
    return door


def test_who_is_turned_away_each_time_is_told() -> None:
    """After some calls, with the place, and the variable that credentials are taken from."""
    heard(*[asked(401)] * (KNOCKS - 1)).check()
    with pytest.raises(TargetError, match="refused for their credentials") as caught:
        heard(*[asked(403)] * KNOCKS).check()
    assert caught.value.place == "http://127.0.0.1:1"
    assert "CONFORMANCE_AUTHORIZATION" in str(caught.value)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("status", [200, 404, 500])
def test_who_was_let_in_once_is_let_in(status: int) -> None:
    """Any other answer comes from behind the door."""
    heard(asked(status), *[asked(401)] * KNOCKS).check()


def created(status: int) -> Step:
    """A create, and how it was answered."""
    return asked(status, SESSIONS, "POST", b"{}")


def test_where_nothing_is_that_is_told() -> None:
    """Creates that are answered as if there were no such path, while nothing is answered otherwise."""
    heard(*[created(404)] * (KNOCKS - 1)).check()
    with pytest.raises(TargetError, match="nothing is there") as caught:
        heard(asked(404), *[created(405)] * KNOCKS).check()
    assert "is the path of that address right" in str(caught.value)
    heard(*[asked(404)] * 2 * KNOCKS).check()  # sessions that are not there


@pytest.mark.parametrize("status", [200, 307, 409, 500])
def test_where_something_was_once_something_is(status: int) -> None:
    """Any other answer comes from the server that was meant."""
    heard(created(status), *[created(404)] * KNOCKS).check()


def test_another_path_than_that_of_the_document_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the path under which the document puts its operations."""
    monkeypatch.setenv("ASSISTANTS_KEY", KEY)
    with pytest.raises(TargetError, match="under /v1"):
        run(load(str(PROFILE)), app=Starlette(), budget=Budget(requests=100))


def test_calls_that_say_nothing_of_the_door() -> None:
    """One that was lost, one that violates the spec, and one of no operation."""
    wrong = asked(403, SESSIONS, "POST", b'{"state": 1}')
    heard(*[asked(None), wrong, asked(401, "/elsewhere")] * KNOCKS).check()


def test_a_wrong_key_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A right server that is asked with a wrong key is not accused."""
    monkeypatch.setenv("ASSISTANTS_KEY", f"not {KEY}")
    with pytest.raises(TargetError, match="nobody is let in"):
        run(load(str(PROFILE)), app=create_app(None), budget=Budget(requests=100))
