"""What is told of operations that accepted nothing."""

from __future__ import annotations

from typing import Any

import pytest

from conformance import Budget, load, run
from conformance.exchange import Exchange, Request, Response
from conformance.explore.welcome import ENOUGH, Welcome
from conformance.profile import Profile, Role
from conformance.reader import Reader
from conformance.step import Step
from tests.histories import bound
from tests.servers.shapes import HERE

ADK = load("adk")
RUN = b'{"appName": "echo", "userId": "ada", "sessionId": "s", "newMessage": {"parts": [{"text": "hello"}]}}'


def ran(status: int, body: bytes = RUN, profile: Profile = ADK, shows: bytes = b"[]") -> Step:
    """A run, and how it was answered."""
    headers = (("content-type", "application/json"),)
    return Reader(profile).read(Exchange(Request("POST", "/run", "", headers, body), Response(status, headers, shows)))


def told(*steps: Step) -> list[str]:
    """What is told of these calls."""
    welcome = Welcome()
    for each in steps:
        welcome.hear(each)
    return list(welcome.notes())


def test_an_operation_that_accepts_nothing_is_told_with_what_it_says() -> None:
    """A run that lacks something is refused each time, which says nothing of sessions."""
    found = told(*[ran(400, shows=b'{"detail":\n "no such agent"}')] * ENOUGH)
    assert len(found) == 1
    assert found[0].startswith("run_agent accepted none of 5 calls that looked right")
    assert '400 {"detail": "no such agent"}' in found[0]


@pytest.mark.parametrize(
    "steps",
    [
        [ran(400)] * (ENOUGH - 1),
        [*[ran(400)] * ENOUGH, ran(200)],
        [ran(404)] * ENOUGH,
        [ran(422, b'{"appName": 7}')] * ENOUGH,
        [ran(429)] * ENOUGH,
    ],
    ids=["few", "one accepted", "no session", "against the spec", "later"],
)
def test_what_is_rightly_turned_away_is_not_told(steps: list[Step]) -> None:
    """Nor what was accepted once, nor a few calls."""
    assert told(*steps) == []


def test_where_a_run_makes_its_session_none_is_missing() -> None:
    """A 404 says that something else is."""
    assert told(*[ran(404, profile=bound(ADK, Role.RUN, creates=True))] * ENOUGH)


@pytest.mark.parametrize("name", ["adk", "support", "honeyhive", "snakebridge", "memories", "tickets"])
def test_nothing_is_told_of_a_right_server(name: str) -> None:
    """Each operation accepts something."""
    profile = load(name if name in {"adk", "support", "honeyhive", "snakebridge"} else HERE / name)
    assert run(profile, budget=Budget(requests=1_000)).notes == ()


def test_a_report_tells_it() -> None:
    """A server that wants to be told something else says so, and so does the report."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b"say more"})

    notes = run(ADK, app=app, budget=Budget(requests=200)).notes
    assert any(each.startswith("create_session accepted none of ") and "say more" in each for each in notes)
