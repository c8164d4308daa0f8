"""What an action means depends on what came of those before it."""

from __future__ import annotations

from conformance.ask import Ask, Asked, Reply, Verb
from conformance.clients.flows import Action
from conformance.clients.protocol import Supports
from conformance.clients.script import Script
from conformance.exchange import Exchange, Request, Response
from conformance.profile import Role
from conformance.reader import Reader
from tests.clients.driven import PROFILES

SUPPORTS = Supports("any", frozenset(), {"enrich": ("state",)})
CREATE, ENRICH = Action(Verb.CREATE), Action(Verb.ENRICH)
DELETE, READ = Action(Verb.DELETE), Action(Verb.READ)


class Told:
    """A script for ADK, and what came of its asks."""

    def __init__(self) -> None:
        self.script = Script(PROFILES["adk"], SUPPORTS)
        self.made = 0
        self.comes(Action(Verb.OPEN))

    def ask(self, action: Action) -> Ask:
        """The ask that an action is by now."""
        found = self.script.ask(action)
        assert found is not None
        return found

    def comes(self, action: Action, status: int = 200) -> Ask:
        """The ask that an action is, answered with a status, of which the caller is told."""
        ask = self.ask(action)
        self.made += 1
        paths = {Verb.DELETE: f"/{ask.expected}"}
        method = "DELETE" if ask.verb is Verb.DELETE else "POST"
        request = Request(method, f"/apps/echo/users/u/sessions{paths.get(ask.verb, '')}", body=b"{}")
        body = f'{{"id": "s{self.made}", "appName": "echo", "userId": "u", "state": {{}}, "events": []}}'
        answer = Response(status, (("content-type", "application/json"),), body.encode())
        step = Reader(PROFILES["adk"]).read(Exchange(request, answer))
        assert step.role in (Role.CREATE, Role.DELETE)
        ok = status == 200
        self.script.learn(Asked(ask, Reply(ok, session=f"s{self.made}" if ok else None), [step]))
        return ask


def test_a_session_is_lost_with_its_delete() -> None:
    """Until the client has another one; who is to look at it is not asked to."""
    told = Told()
    assert told.ask(ENRICH).expected == "s1"
    told.comes(DELETE)
    ask = told.ask(ENRICH)
    assert (ask.expected, ask.lost) == (None, {"s1"})
    assert ask.given["reference"] is None
    assert str(ask).endswith(", whose session is lost: s1")
    assert told.script.ask(READ) is None
    told.comes(CREATE)
    ask = told.ask(ENRICH)
    assert (ask.expected, ask.lost) == ("s3", frozenset())


def test_a_session_is_in_doubt_after_a_create_that_failed() -> None:
    """Some keep the one that they had, and some have none any more."""
    told = Told()
    told.comes(CREATE, status=500)
    ask = told.ask(ENRICH)
    assert (ask.expected, ask.lost) == (None, {"s1"})
    assert told.ask(ENRICH._replace(session=1)).expected == "s1"
    told.comes(CREATE)
    assert told.ask(ENRICH).expected == "s3"


def test_what_was_said_to_a_lost_session_is_not_foreign() -> None:
    """It may be said again to the one that takes its place; what was said to others may not."""
    told = Told()
    said = told.ask(ENRICH)
    told.script.learn(Asked(said, Reply(True)))
    told.comes(DELETE)
    assert said.marker not in told.ask(ENRICH).foreign
