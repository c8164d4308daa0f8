"""What did a client send? The profile's fake, which keeps every exchange, and answers otherwise where it is told to."""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock, Thread
from time import monotonic, sleep
from typing import TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from conformance import records
from conformance.ask import APPLIED, STUBBORN, Behaviour
from conformance.errors import LaunchError
from conformance.exchange import Exchange, Failure, Request, Response
from conformance.fakes import asgi
from conformance.fakes.server import Server
from conformance.profile import Profile, Role
from conformance.reader import Reader
from conformance.step import Step

CLIENTS = ("a", "b", "c")
"""The names of the clients of a flow; each has credentials of its own."""
SLOW = 0.3
"""For how many seconds a slow answer is held back: no client gives up so soon."""
RETRY_AFTER = 2
"""How many seconds a server that is busy asks for: more than the second that many wait of themselves."""
_ONCE = frozenset({Behaviour.TOO_MANY, Behaviour.SLOW, Behaviour.CLOSED})
"""What a server does to the first attempt only."""
RELENTS = 10.0
"""After so many seconds even a server that stays busy answers: its client is not to be taken for one that hangs."""
PAGE = 2
"""So many are on a page of a list whose pages have cursors."""
START_SECONDS = 10.0
T = TypeVar("T")


def secrets(profile: Profile, client: str = "") -> dict[str, str]:
    """Made-up values for the variables of a profile's credentials, of one client."""
    end = f"-{client}" if client else ""
    return {name: f"made-up-{name.lower().replace('_', '-')}{end}" for name in profile.credentials.variables()}


def credentials(profile: Profile, client: str = "") -> str | None:
    """The whole value that carries a client's made-up credentials; None if the API demands none."""
    if not profile.credentials.required:
        return None
    values = secrets(profile, client)
    return re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], profile.credentials.template)


def heard(profile: Profile) -> Profile:
    """The profile of a fake that takes the made-up credentials of every client."""
    whole = (credentials(profile, each) for each in ("", *CLIENTS))
    further = tuple(each for each in whole if each is not None)
    made_up = profile.credentials.required
    return replace(profile, credentials=replace(profile.credentials, made_up=made_up, further=further))


def environment(profile: Profile, base_url: str, client: str = "") -> dict[str, str]:
    """What a command is told: where the API is, and which credentials it takes."""
    values = secrets(profile, client)
    told = {**os.environ, **values, "CONFORMANCE_BASE_URL": base_url, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    told |= dict.fromkeys(profile.client.base_url, base_url)
    whole = credentials(profile, client)
    if whole is not None:
        told["CONFORMANCE_AUTHORIZATION"] = whole
    known = {**{name: str(value) for name, value in profile.values.items()}, **values, "base_url": base_url}
    for name, text in profile.client.environment.items():
        told[name] = re.sub(r"\$\{(\w+)\}", lambda found: known.get(found[1], found[0]), text)
    return told


@dataclass(frozen=True, slots=True)
class _Order:
    """How the requests of some roles are to be answered from now on."""

    behaviour: Behaviour = Behaviour.PLAIN
    roles: frozenset[Role] = frozenset()
    attempts: int = 0
    until: float = 0.0

    def after(self) -> _Order:
        """How they are to be answered after the next one."""
        attempts = self.attempts + 1
        patient = self.behaviour is not Behaviour.BUSY or (attempts < STUBBORN and monotonic() < self.until)
        return replace(self, attempts=attempts) if patient and self.behaviour not in _ONCE else _Order()


class _Sparing(Server):
    """A fake whose pages are short, where it tells what follows: whoever stops at the first one misses something."""

    def page(self, step: Step, items: list[T]) -> tuple[list[T], str | None]:
        """A page with few on it: where cursors lead on, the server says how many there are."""
        paging = step.binding.paging if step.binding else None
        if paging is None or paging.cursor is None or paging.next is None:
            return super().page(step, items)
        limit = min(step.page.limit or PAGE, PAGE)
        return super().page(records.replace(step, page=records.replace(step.page, limit=limit)), items)


class Wire:
    """A fake and everything that was said to it. `profile` is the one that its traffic has to be read with.

    `sparing`: its pages are short.
    """

    def __init__(self, profile: Profile, seed: int = 0, *, sparing: bool = False) -> None:
        self.profile = heard(profile)
        self._server = (_Sparing if sparing else Server)(self.profile, seed)
        self._reader = Reader(self.profile)
        self._exchanges: list[Exchange] = []
        self._order = _Order()
        self._lock = Lock()
        self._delay = 0.0
        self._truncates = False

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._server.reset()
            self._exchanges = []
            self._order = _Order()

    def behave(self, behaviour: Behaviour, roles: Collection[Role] = ()) -> None:
        """Answer requests of these roles so, until something else is said."""
        with self._lock:
            self._order = _Order(behaviour, frozenset(roles), until=monotonic() + RELENTS)

    def taken(self) -> list[Exchange]:
        """What was said since it was asked for last, in the order in which it was answered."""
        with self._lock:
            found, self._exchanges = self._exchanges, []
        return found

    def answer(self, request: Request) -> Response:
        """The answer to a request, which is kept together with it."""
        if request.path.startswith(self.profile.client.beside):
            return Response(200, (("content-type", "application/json"),), b"{}")
        with self._lock:
            started = monotonic()
            order = self._ordered(request)
            behaviour = order.behaviour
            response = self._server.answer(request) if behaviour in APPLIED else self._refused(request, order)
            self._delay = SLOW if behaviour is Behaviour.SLOW else 0.0
            self._truncates = behaviour is Behaviour.CLOSED
            if response.status < 300 and behaviour in (Behaviour.EMPTY, Behaviour.NO_CONTENT):
                response = Response(200 if behaviour is Behaviour.EMPTY else 204)
            kept = Exchange(request, response, started, monotonic() + self._delay)
            if self._truncates:
                kept = records.replace(kept, response=None, failure=Failure.CLOSED)
            self._exchanges.append(kept)
            return response

    def delay(self) -> float:
        """How many seconds the answer that was just made is held back."""
        return self._delay

    def truncates(self) -> bool:
        """Whether the connection is to be closed before the answer that was just made is whole."""
        return self._truncates

    def _refused(self, request: Request, order: _Order) -> Response:
        """The answer of a server that does not do what it is asked: within a success, where the API tells errors so."""
        step = self._reader.asked(Exchange(request, None))
        server = self._server
        words = {
            Behaviour.BAD_REQUEST: server.refuse_invalid, Behaviour.UNAUTHORIZED: server.refuse_credentials,
            Behaviour.NOT_FOUND: server.refuse_missing, Behaviour.CONFLICT: server.refuse_duplicate,
        }  # fmt: skip
        if order.behaviour in words and step.binding is not None and step.binding.failed is not None:
            told = words[order.behaviour](step)
            if told.status < 300:
                return told
        return _refusal(order)

    def _ordered(self, request: Request) -> _Order:
        """How a request is to be answered."""
        order = self._order
        if order.behaviour is Behaviour.PLAIN:
            return _Order()
        if self._reader.asked(Exchange(request, None)).role not in order.roles:
            return _Order()
        self._order = order.after()
        return order


def _refusal(order: _Order) -> Response:
    """The answer of a server that does not do what it is asked.

    One that stays busy asks for time of whoever comes again, once; so it takes none to see whether it is given up.
    """
    headers: Mapping[str, str] = {"content-type": "application/json"}
    if order.behaviour is Behaviour.TOO_MANY:
        headers = {**headers, "retry-after": str(RETRY_AFTER)}
    if order.behaviour is Behaviour.BUSY:
        headers = {**headers, "retry-after": str(RETRY_AFTER) if order.attempts == 1 else "0"}
    status = 429 if order.behaviour is Behaviour.BUSY else int(order.behaviour)
    return Response(status, tuple(headers.items()), b'{"error": "refused on demand", "detail": "on demand"}')


class _Connections:
    """The connections that are open, by who is at their other end."""

    def __init__(self) -> None:
        self._open: dict[object, asyncio.BaseTransport] = {}

    def protocol(self) -> type[H11Protocol]:
        """What speaks HTTP, and keeps its connection here."""
        connections = self._open

        class Kept(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                connections[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                connections.pop(self.client, None)
                super().connection_lost(exc)

        return Kept

    def hang_up(self, scope: asgi.Scope) -> None:
        """Close the connection of a request."""
        transport = self._open.get(scope["client"])
        if transport is not None:
            transport.close()


@contextmanager
def served(wire: Wire) -> Iterator[str]:
    """Serve it on a free port on loopback; gives its URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        connections = _Connections()
        config = uvicorn.Config(
            asgi.app(wire, connections.hang_up), http=connections.protocol(), log_level="critical", access_log=False,
            lifespan="off", timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = monotonic() + START_SECONDS
        while not server.started:
            if monotonic() > deadline or not thread.is_alive():
                raise LaunchError("the fake cannot be served on loopback")
            sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)
