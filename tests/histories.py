"""Histories written by hand: exchanges with two APIs, and what the judge makes of them.

`adk` writes exchanges with the built-in profile, `threads` with that of the threads server. Both answer as a correct
server would, unless a test says otherwise. Nothing here sends anything. `tests.dialects` has words for further APIs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from conformance.exchange import Exchange, Failure, Headers, Request, Response
from conformance.judge import History, Judge, Violation
from conformance.model import World
from conformance.profile import Binding, Profile, Role
from conformance.profile_file import load
from conformance.reader import Reader
from conformance.session import Part, Session, Status
from conformance.step import Step

ADK = load("adk")
THREADS = load(Path(__file__).parent / "servers" / "threads" / "profile.toml")

JSON = "application/json"
TIME = "2024-01-02T03:04:05Z"
LATE = Failure.TIMEOUT

Answer = Response | Failure
Story = list[Exchange]


# --- answers --------------------------------------------------------------------------------------


def said(status: int, body: Any = None, media: str = JSON, **headers: str) -> Response:
    """An answer with a JSON body; a header's name is written with underscores."""
    more = ((name.replace("_", "-"), text) for name, text in headers.items())
    return Response(status, (("content-type", media), *more), json.dumps(body).encode())


def failed(operation: str, status: int = 500) -> str:
    """The signature of a valid request that was answered with a server error."""
    return f"contract/no-server-error · {operation} · failed {status}"


def late(operation: str) -> str:
    """The signature of a request that was not answered in time."""
    return f"contract/answer-comes-in-time · {operation} · timeout"


def bare(status: int, body: bytes = b"", media: str = "") -> Response:
    """An answer with raw bytes."""
    return Response(status, (("content-type", media),) if media else (), body)


CRASH = said(500, {"detail": "internal error"})


def exchange(
    method: str, path: str, body: Any, answer: Answer, query: str = "", headers: Headers = (), media: str = JSON
) -> Exchange:
    """One exchange; a body of None is none at all, bytes are sent as they are, a failure is no answer."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    headers = (*headers, ("content-type", media)) if raw else headers
    request = Request(method, path, query, headers, raw)
    if isinstance(answer, Failure):
        return Exchange(request, None, failure=answer)
    return Exchange(request, answer)


# --- the ADK API ----------------------------------------------------------------------------------


def event(name: str, text: str = "", author: str = "echo", **more: Any) -> dict[str, Any]:
    """An event of the ADK API; its text is its name unless given."""
    content = {"role": author, "parts": [{"text": text or name}]}
    return {"id": name, "author": author, "content": content, **more}


class Adk:
    """Exchanges with the ADK API. `no` refuses as it does: 404, 409 or 422 with a detail."""

    profile = ADK

    @staticmethod
    def no(status: int = 404) -> Response:
        """A refusal."""
        return said(status, {"detail": "no"})

    @staticmethod
    def session(name: str, state: Any = None, *events: Any, owner: str = "ada", **more: Any) -> dict[str, Any]:
        """A session object."""
        shown = {"id": name, "appName": "echo", "userId": owner, "state": state or {}, "events": list(events)}
        return {**shown, "lastUpdateTime": 1.0, **more}

    @staticmethod
    def path(owner: str, name: str | None = None) -> str:
        """The path of a session, or of all."""
        base = f"/apps/echo/users/{quote(owner, safe='')}/sessions"
        return base if name is None else f"{base}/{quote(name, safe='')}"

    def create(
        self, name: str, state: Any = None, *events: Any, owner: str = "ada", shows: Any = None, answer: Any = None
    ) -> Exchange:
        """A create under a chosen id; the echo shows what was given, or `shows`."""
        echo = said(200, self.session(name, state if shows is None else shows, *events, owner=owner))
        return exchange("POST", self.path(owner, name), state, answer or echo)

    def create_any(
        self, name: str, state: Any = None, *, owner: str = "ada", answer: Any = None, **body: Any
    ) -> Exchange:
        """A create that leaves the id to the server, which makes up `name`; `body` may choose it."""
        given = {**({} if state is None else {"state": state}), **body}
        return exchange("POST", self.path(owner), given, answer or said(200, self.session(name, state, owner=owner)))

    def get(self, name: str, state: Any = None, *events: Any, owner: str = "ada", answer: Any = None) -> Exchange:
        """A read."""
        shown = said(200, self.session(name, state, *events, owner=owner))
        return exchange("GET", self.path(owner, name), None, answer or shown)

    def list(self, *sessions: Any, owner: str = "ada", answer: Any = None) -> Exchange:
        """A list; a session is an object, or the id of one with an empty state."""
        shown = [each if isinstance(each, dict) else self.session(each, owner=owner) for each in sessions]
        for each in shown:
            each.pop("events", None)
        return exchange("GET", self.path(owner), None, answer or said(200, shown))

    def run(
        self, name: str, text: str, *events: Any, owner: str = "ada", answer: Any = None, body: Any = None
    ) -> Exchange:
        """A run that answers these events; `body` adds members to the request, or takes the place of some."""
        return exchange("POST", "/run", self._asked(name, text, owner, body), answer or said(200, list(events)))

    def stream(
        self, name: str, text: str, *events: Any, owner: str = "ada", answer: Any = None, body: Any = None
    ) -> Exchange:
        """A run that streams these events."""
        frames = "".join(f"data: {json.dumps(each)}\n\n" for each in events).encode()
        streamed = bare(200, frames, "text/event-stream")
        return exchange("POST", "/run_sse", self._asked(name, text, owner, body), answer or streamed)

    def patch(
        self, name: str, delta: Any, state: Any = None, *events: Any, owner: str = "ada", answer: Any = None
    ) -> Exchange:
        """An enrichment; the echo shows `state` with `events`."""
        echo = said(200, self.session(name, delta if state is None else state, *events, owner=owner))
        return exchange("PATCH", self.path(owner, name), {"stateDelta": delta}, answer or echo)

    def delete(self, name: str, owner: str = "ada", answer: Any = None) -> Exchange:
        """A delete."""
        return exchange("DELETE", self.path(owner, name), None, answer or said(200))

    @staticmethod
    def _asked(name: str, text: str, owner: str, body: Any) -> dict[str, Any]:
        message = {"role": "user", "parts": [{"text": text}]}
        return {"appName": "echo", "userId": owner, "sessionId": name, "newMessage": message, **(body or {})}


# --- the threads API ------------------------------------------------------------------------------


def message(name: str, text: str = "", author: str = "agent") -> dict[str, Any]:
    """A message of the threads API; its text is its name unless given."""
    return {"message_id": name, "author": author, "text": text or name, "at": TIME}


class Threads:
    """Exchanges with the threads API. `no` refuses as it does: 400, 404 or 409 with an error."""

    profile = THREADS

    @staticmethod
    def no(status: int = 404) -> Response:
        """A refusal."""
        return said(status, {"error": {"code": "no", "message": "no"}})

    @staticmethod
    def thread(name: str, labels: Any = None, owner: str = "ada", **more: Any) -> dict[str, Any]:
        """A thread object."""
        shown = {"thread_id": name, "owner": owner, "labels": {} if labels is None else labels}
        return {**shown, "created_at": TIME, "updated_at": TIME, **more}

    def create(
        self, name: str, labels: Any = None, owner: str = "ada", shows: Any = None, answer: Any = None, **more: Any
    ) -> Exchange:
        """A create under a chosen id; the echo shows what was given, or `shows`."""
        given = {"owner": owner, "thread_id": name, **({} if labels is None else {"labels": labels}), **more}
        echo = said(201, {"thread": self.thread(name, labels if shows is None else shows, owner)})
        return exchange("POST", "/threads.create", given, answer or echo)

    def create_any(self, name: str, labels: Any = None, owner: str = "ada", answer: Any = None) -> Exchange:
        """A create that leaves the id to the server, which makes up `name`."""
        given = {"owner": owner, **({} if labels is None else {"labels": labels})}
        return exchange(
            "POST", "/threads.create", given, answer or said(201, {"thread": self.thread(name, labels, owner)})
        )

    def get(self, name: str, labels: Any = None, owner: str = "ada", answer: Any = None) -> Exchange:
        """A read."""
        return exchange(
            "POST", "/threads.search", {"owner": owner, "thread_id": name}, answer or self.found(name, labels, owner)
        )

    def found(self, name: str, labels: Any = None, owner: str = "ada", **more: Any) -> Response:
        """The answer of a read: all that was found, which is one."""
        return said(200, {"threads": [self.thread(name, labels, owner, **more)]})

    def list(self, *threads: Any, owner: str = "ada", answer: Any = None) -> Exchange:
        """A list; a thread is an object, or the id of one without labels."""
        shown = [each if isinstance(each, dict) else self.thread(each, owner=owner) for each in threads]
        listed = said(200, {"threads": shown}, x_total_count=str(len(shown)))
        return exchange("POST", "/threads.list", {"owner": owner}, answer or listed)

    def say(
        self, name: str, text: str, *messages: Any, owner: str = "ada", answer: Any = None, **more: Any
    ) -> Exchange:
        """A run that answers these messages."""
        given = {"owner": owner, "thread_id": name, "text": text, **more}
        return exchange("POST", "/threads.say", given, answer or said(200, {"messages": list(messages)}))

    def messages(self, name: str, *messages: Any, owner: str = "ada", answer: Any = None) -> Exchange:
        """A look at the history."""
        given = {"owner": owner, "thread_id": name}
        return exchange("POST", "/threads.messages", given, answer or said(200, {"messages": list(messages)}))

    def label(self, name: str, labels: Any, owner: str = "ada", answer: Any = None, **more: Any) -> Exchange:
        """An enrichment."""
        given = {"owner": owner, "thread_id": name, "labels": labels, **more}
        return exchange("POST", "/threads.label", given, answer or bare(204))

    def delete(self, name: str, owner: str = "ada", answer: Any = None, **more: Any) -> Exchange:
        """A delete."""
        return exchange("POST", "/threads.delete", {"owner": owner, "thread_id": name, **more}, answer or bare(204))


adk = Adk()
threads = Threads()


# --- judging --------------------------------------------------------------------------------------


SPOKEN = {"/apps/": ADK, "/run": ADK, "/threads.": THREADS}
"""The profile of an API, by how its paths begin."""


def profile_of(story: Iterable[Exchange]) -> Profile:
    """The profile of the API that a history talks to."""
    path = next((each.request.path for each in story), "/apps/")
    return next(profile for start, profile in SPOKEN.items() if path.startswith(start))


def bound(profile: Profile, role: Role, **fields: Any) -> Profile:
    """The profile with fields of every binding of a role changed."""

    def changed(binding: Binding) -> Binding:
        return replace(binding, **fields) if binding.role is role else binding

    return replace(profile, bindings=tuple(map(changed, profile.bindings)))


def without(profile: Profile, *roles: Role) -> Profile:
    """The profile without these roles."""
    return replace(profile, bindings=tuple(each for each in profile.bindings if each.role not in roles))


class Court:
    """A history under judgement, to be told step by step. `said` holds every violation as `index: signature`."""

    def __init__(self, profile: Profile, closed: bool = True) -> None:
        self.judge = Judge(profile)
        self.history: History = self.judge.history(closed)
        self.violations: list[Violation] = []

    @property
    def world(self) -> World:
        """What is known."""
        return self.history.world

    def tell(self, *story: Exchange) -> list[Step]:
        """Judge these exchanges; give the steps that they are."""
        steps = []
        for each in story:
            step, violations = self.history.see(each)
            self.violations += violations
            steps.append(step)
        return steps

    @property
    def broken(self) -> list[str]:
        """The signature of every violation so far, in order."""
        return [str(violation.signature) for violation in self.violations]

    def observed(self, invariant: str) -> int:
        """How often an invariant applied."""
        return self.judge.tally[invariant].observations

    def status(self, name: str, owner: str = "ada") -> Status:
        """What is known of a session's existence."""
        return self.world.status(self.key(name, owner))

    def session(self, name: str, owner: str = "ada") -> Session:
        """A session that is known."""
        found = self.world.get(self.key(name, owner))
        assert found is not None
        return found

    def key(self, name: str, owner: str) -> tuple[tuple[str, ...], str]:
        """The key of a session."""
        if not self.judge.profile.scoped:
            return ((), name)
        return ((owner,) if len(self.judge.profile.owner) == 1 else ("echo", owner), name)


def judged(story: Story, profile: Profile | None = None, closed: bool = True) -> Court:
    """A whole history, judged."""
    court = Court(profile or profile_of(story), closed)
    court.tell(*story)
    return court


def verdicts(story: Story, profile: Profile | None = None, closed: bool = True) -> list[str]:
    """The signature of every violation in a history, in order."""
    return judged(story, profile, closed).broken


# --- cases: for each invariant a history that holds it and one that breaks it ---------------------

Tell = Callable[[], Story]

HOLDING: defaultdict[str, list[str]] = defaultdict(list)
BREAKING: defaultdict[str, list[str]] = defaultdict(list)


def holds(
    invariant: str, *, after: Iterable[str] = (), profile: Profile | None = None, closed: bool = True
) -> Callable[[Tell], Callable[[], None]]:
    """A test: the last step of the history puts the invariant to the test, and breaks nothing.

    `after` are the signatures that the steps before it break.
    """

    def decorate(tell: Tell) -> Callable[[], None]:
        def test() -> None:
            story = tell()
            court = judged(story[:-1], profile or profile_of(story), closed)
            before = court.observed(invariant)
            court.tell(story[-1])
            assert court.broken == list(after), court.broken
            assert court.observed(invariant) == before + 1

        return _named(test, tell, HOLDING[invariant])

    return decorate


def breaks(
    invariant: str,
    operation: str,
    kind: str,
    *,
    also: Iterable[str] = (),
    after: Iterable[str] = (),
    others: Iterable[str] = (),
    profile: Profile | None = None,
    closed: bool = True,
) -> Callable[[Tell], Callable[[], None]]:
    """A test: the last step of the history breaks the invariant with this signature, and nothing else is broken.

    `also` are the signatures of other invariants that the same step breaks, `after` those that the steps before it
    break; `others` are the operations that may be to blame as well.
    """
    signature = f"{invariant} · {operation} · {kind}"

    def decorate(tell: Tell) -> Callable[[], None]:
        def test() -> None:
            story = tell()
            court = judged(story, profile, closed)
            last = [each for each in court.violations if each.index == len(story) - 1]
            assert sorted(str(each.signature) for each in last) == sorted([signature, *also]), court.broken
            assert [str(each.signature) for each in court.violations if each not in last] == list(after), court.broken
            found = next(each for each in last if str(each.signature) == signature)
            assert found.observation.others == frozenset(others)
            assert found.observation.expected
            assert found.observation.got

        return _named(test, tell, BREAKING[invariant])

    return decorate


def silent(
    *, after: Iterable[str] = (), profile: Profile | None = None, closed: bool = True
) -> Callable[[Tell], Callable[[], None]]:
    """A test: the history breaks nothing; `after` are the signatures that the steps before the last one break."""

    def decorate(tell: Tell) -> Callable[[], None]:
        def test() -> None:
            story = tell()
            court = judged(story, profile, closed)
            assert court.broken == list(after), court.broken
            assert all(each.index < len(story) - 1 for each in court.violations)

        return _named(test, tell, [])

    return decorate


def _named(test: Callable[[], None], tell: Tell, cases: list[str]) -> Callable[[], None]:
    """The test under the name and with the docstring of the history, entered into the list of cases."""
    test.__name__, test.__qualname__ = tell.__name__, tell.__qualname__
    test.__module__, test.__doc__ = tell.__module__, tell.__doc__
    cases.append(f"{tell.__module__}.{tell.__name__}")
    return test


def step_of(exchange: Exchange, profile: Profile = THREADS) -> Step:
    """The step that an exchange is."""
    return Reader(profile).read(exchange)


def labels_of(found: Session) -> Part:
    """The labels of a session."""
    return found.parts["labels"]
