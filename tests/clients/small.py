"""A small SDK, right in every way that we judge, for two APIs; it knows nothing of conformance.

A client has a session of its own, made when it is opened. What is asked without naming a session is about that one;
a free function, which has no client, is about the session of the context it is called in, or of the first client.
"""

from __future__ import annotations

import contextlib
import contextvars
import http.client
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

CONTEXT: contextvars.ContextVar[tuple[tuple[Client, str], ...]] = contextvars.ContextVar("context", default=())
"""The contexts that we are in, the innermost last: whose, and with which session."""
PATIENCE = 5.0


class ApiError(Exception):
    """The server refused, failed, or never answered."""


class Api:
    """How an API is called: each method gives method, path and body of one request."""

    groups: tuple[str, ...] = ()
    lists = False

    def __init__(self, owner: list[str], values: dict[str, Any]) -> None:
        self.owner = owner
        self.values = values


class HoneyHive(Api):
    """Sessions are started under /session, and enriched as the events that they are."""

    groups = ("metadata", "feedback", "metrics", "outputs", "config", "user_properties")

    def create(self, session: str | None, attributes: dict[str, Any]) -> tuple[str, str, Any]:
        about = {"project": self.values["project"], "session_name": "small", "source": "test", **attributes}
        return "POST", "/session/start", {"session": {**about, **({"session_id": session} if session else {})}}

    @staticmethod
    def created(answer: Any) -> str:
        return str(answer["session_id"])

    @staticmethod
    def id(shown: Any) -> str:
        return str(shown.get("session_id") or shown["event_id"])

    def run(self, session: str, text: str) -> tuple[str, str, Any]:
        event = {"project": self.values["project"], "source": "test", "event_name": "say", "event_type": "chain"}
        return "POST", "/events", {
            "event": {**event, "config": {}, "inputs": {"text": text}, "duration": 1, "session_id": session}
        }  # fmt: skip

    def enrich(self, session: str, attributes: dict[str, Any]) -> tuple[str, str, Any]:
        return "PUT", "/events", {"event_id": session, **attributes}

    def read(self, session: str) -> tuple[str, str, Any]:
        return "GET", f"/session/{quote(session)}", None

    def delete(self, session: str) -> tuple[str, str, Any]:
        return "DELETE", f"/session/{quote(session)}", None


class Adk(Api):
    """Sessions belong to a user of an app; what is attached to them is their state."""

    groups = ("state",)
    lists = True

    @property
    def sessions(self) -> str:
        app, user = map(quote, self.owner)
        return f"/apps/{app}/users/{user}/sessions"

    def create(self, session: str | None, attributes: dict[str, Any]) -> tuple[str, str, Any]:
        return "POST", self.sessions, {**attributes, **({"sessionId": session} if session else {})}

    @staticmethod
    def created(answer: Any) -> str:
        return str(answer["id"])

    @staticmethod
    def id(shown: Any) -> str:
        return str(shown["id"])

    def run(self, session: str, text: str) -> tuple[str, str, Any]:
        message = {"role": "user", "parts": [{"text": text}]}
        return "POST", "/run", {
            "appName": self.owner[0], "userId": self.owner[1], "sessionId": session, "newMessage": message
        }  # fmt: skip

    def enrich(self, session: str, attributes: dict[str, Any]) -> tuple[str, str, Any]:
        return "PATCH", f"{self.sessions}/{quote(session)}", {"stateDelta": attributes.get("state", {})}

    def read(self, session: str) -> tuple[str, str, Any]:
        return "GET", f"{self.sessions}/{quote(session)}", None

    def list(self) -> tuple[str, str, Any]:
        return "GET", self.sessions, None

    def delete(self, session: str) -> tuple[str, str, Any]:
        return "DELETE", f"{self.sessions}/{quote(session)}", None


class Client:
    """One client. What a wrong one does otherwise is one of its methods."""

    deferred = False
    first: Client | None = None
    """The client whose session is the default of free functions."""

    def __init__(self, api: Api, base_url: str, key: str | None, session: str | None = None) -> None:
        self.api = api
        self.base = urlsplit(base_url)
        self.key = key
        self.session: str | None = self.begin(session)
        if Client.first is None:
            Client.first = self

    # --- what it can be asked ---------------------------------------------------------------------------------------

    def begin(self, session: str | None) -> str | None:
        """Make the session of its own, or the one that is given."""
        return self.make(session, {})

    def make(self, session: str | None, attributes: dict[str, Any]) -> str:
        """Make a session."""
        answer = self.send(*self.api.create(session, attributes), again=False)
        return self.api.created(answer)

    def create(self, session: str | None, attributes: dict[str, Any]) -> str | None:
        """Make a session, and go on with it."""
        self.session = self.make(session, attributes)
        return self.session

    def run(self, text: str, session: str | None = None) -> None:
        """Say something in a session."""
        self.send(*self.api.run(self.decide(session), text), again=False)

    def enrich(self, attributes: dict[str, Any], session: str | None = None) -> None:
        """Attach something to a session."""
        self.send(*self.api.enrich(self.decide(session), attributes))

    def read(self, session: str | None = None) -> Any:
        """Look at a session."""
        return self.send(*self.api.read(self.decide(session)))

    def list(self) -> Any:
        """Look at all sessions."""
        return self.send(*self.api.list())

    def delete(self, session: str | None = None) -> None:
        """Delete a session."""
        self.send(*self.api.delete(self.decide(session)))

    def span(self, attributes: dict[str, Any]) -> str | None:
        """Enrich within a session that is made for this alone."""
        session = self.make(None, {})
        with self.within(session):
            self.enrich(attributes)
        return session

    def evaluate(self, datapoints: int) -> list[str]:
        """Run each datapoint in a session of its own."""
        made = []
        for number in range(datapoints):
            made.append(self.make(None, {}))
            self.run(f"datapoint {number}", made[-1])
        return made

    def flush(self) -> None:
        """Send what waits to be sent: nothing does."""

    def close(self) -> None:
        """End it."""
        self.flush()

    # --- which session ----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def within(self, session: str | None = None) -> Iterator[None]:
        """A context of this client, with a session of its own or the client's."""
        own, inner = self.session, session or self.session
        token = CONTEXT.set((*CONTEXT.get(), (self, inner or "")))
        self.session = inner
        try:
            yield
        finally:
            self.session = own
            CONTEXT.reset(token)

    def decide(self, session: str | None) -> str:
        """The session that is meant: the one that is named, the client's own, that of the context, the default."""
        inner = CONTEXT.get()[-1][1] if CONTEXT.get() else None
        found = session or self.session or inner or (Client.first.session if Client.first else None)
        if found is None:
            raise ApiError("there is no session")
        return found

    # --- the wire ---------------------------------------------------------------------------------------------------

    def headers(self) -> dict[str, str]:
        """What goes with every request."""
        return {"authorization": f"Bearer {self.key}"} if self.key else {}

    def target(self, path: str) -> str:
        """The target of a request."""
        return path

    def send(self, method: str, path: str, body: Any, *, again: bool = True) -> Any:
        """Send a request. If it may be sent again it is, once; if the server is busy, after the time it asks for."""
        for attempt in (1, 2):
            try:
                status, headers, answer = self.sent(method, path, body)
            except (OSError, http.client.HTTPException) as error:
                if attempt == 2 or not self.repeats_lost(again):
                    raise ApiError(f"no answer: {error!r}") from error
                continue
            if status == 429 and attempt == 1:
                time.sleep(self.patience(headers))
                continue
            return self.understood(status, answer)
        raise ApiError("the server is busy")

    def repeats_lost(self, again: bool) -> bool:
        """Whether a request whose answer never came is sent again."""
        return again

    def patience(self, headers: dict[str, str]) -> float:
        """How long to wait for a server that is busy."""
        return float(headers.get("retry-after", 0)) + 0.02

    def understood(self, status: int, answer: bytes) -> Any:
        """What an answer says."""
        if not 200 <= status < 300:
            raise ApiError(f"{status} {answer[:100].decode('utf-8', 'replace')}")
        return json.loads(answer) if answer else None

    def sent(self, method: str, path: str, body: Any) -> tuple[int, dict[str, str], bytes]:
        """Send one request over a connection of its own."""
        connection = http.client.HTTPConnection(self.base.hostname or "", self.base.port, timeout=PATIENCE)
        try:
            headers = {**self.headers(), **({} if body is None else {"content-type": "application/json"})}
            text = None if body is None else json.dumps(body)
            connection.request(method, self.target(path), text, headers)
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
        finally:
            connection.close()


def free_enrich(client: Client, attributes: dict[str, Any], session: str | None = None) -> None:
    """Attach something to a session without naming a client: that of the context, or of the first client."""
    inner = CONTEXT.get()[-1] if CONTEXT.get() else None
    if session is None and inner is not None:
        client, session = inner
    elif session is None and Client.first is not None:
        client, session = Client.first, Client.first.session
    if session is None:
        raise ApiError("there is no session")
    client.send(*client.api.enrich(session, attributes))


def new_id() -> str:
    """An id that nobody has."""
    return str(uuid.uuid4())
