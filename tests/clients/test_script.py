"""What an action means depends on what came of those before it."""

from __future__ import annotations

from conformance.ask import Ask, Asked, Reply, Verb
from conformance.clients.flows import ODD, Action
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


def test_a_session_that_was_deleted_may_be_read() -> None:
    """If it is named, behind those that are there; nothing else is asked of it."""
    told = Told()
    told.comes(CREATE)
    told.comes(DELETE._replace(session=1))
    ask = told.ask(READ._replace(session=2))
    assert (ask.expected, ask.deleted) == ("s1", True)
    assert str(ask) == "a.read(session=s1), which was deleted before"
    assert not told.ask(READ._replace(session=1)).deleted
    assert told.ask(ENRICH._replace(session=2)).expected == "s2"


def test_a_list_has_what_is_there_and_nothing_that_was_deleted() -> None:
    """As far as that is known: a delete that failed proves nothing."""
    told = Told()
    told.comes(CREATE)
    told.comes(CREATE)
    told.comes(DELETE._replace(session=1))
    told.comes(DELETE._replace(session=1), status=500)
    ask = told.ask(Action(Verb.LIST))
    assert (ask.there, ask.removed) == ({"s2", "s3"}, {"s1"})


def test_an_awkward_id_is_chosen_where_paths_hold_it() -> None:
    """And the asks that name it are known to be awkward."""
    told = Told()
    assert told.ask(CREATE._replace(session=ODD)).expected == "c0ffee00-0000-4000-8000-000000000002"
    told.script = Script(PROFILES["adk"], Supports("any", frozenset({"enrich with session"}), {}))
    told.comes(Action(Verb.OPEN))
    ask = told.ask(CREATE._replace(session=ODD))
    assert (ask.expected, ask.awkward) == ("conf é 2", True)
