"""How does a request reach an ASGI application in this process?"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any
from urllib.parse import unquote

from conformance.exchange import Exchange, Failure, Request, Response
from conformance.transports import Limits

App = Callable[..., Awaitable[None]]
_HOST = (b"host", b"conformance.local")


class AsgiTransport:
    """Calls an application directly, on the running event loop. `reset` is what makes it forget, if anything does."""

    base = ""

    def __init__(self, app: App, reset: Callable[[], None] | None = None, limits: Limits | None = None) -> None:
        self._app = app
        self._reset = reset
        self._limits = limits or Limits()
        self._lifespan: _Lifespan | None = None
        self.resets = reset is not None

    async def send(self, request: Request) -> Exchange:
        """Send a request into the application."""
        if self._lifespan is None:
            self._lifespan = _Lifespan(self._app)
            await self._lifespan.start()
        started = perf_counter()
        call = _Call(request, self._limits.body_bytes, self._lifespan.state)
        failure = None
        try:
            async with asyncio.timeout(self._limits.seconds):
                await self._app(call.scope(), call.receive, call.send)
        except TimeoutError:
            failure = Failure.TIMEOUT
        except _TooLargeError:
            failure = Failure.TOO_LARGE
        except Exception:
            # Servers answer an application's exception with a bare 500, unless it has begun to answer.
            if call.status is None:
                call.status = 500
            elif not call.whole:
                failure = Failure.CLOSED
        if failure is None and not call.whole and call.status != 500:
            failure = Failure.CLOSED
        return Exchange(request, call.response(), started, perf_counter(), failure)

    async def reset(self) -> None:
        """Make the application forget."""
        if self._reset is not None:
            self._reset()

    async def close(self) -> None:
        """End the application's lifespan."""
        if self._lifespan is not None:
            await self._lifespan.stop()


class _TooLargeError(Exception):
    """The body exceeds the limit."""


class _Call:
    """One call of the application: its side of the ASGI conversation."""

    __slots__ = ("_asked", "_body", "_done", "_headers", "_limit", "_request", "_state", "status", "whole")

    def __init__(self, request: Request, limit: int, state: dict[str, Any]) -> None:
        self._request = request
        self._state = state
        self._limit = limit
        self._asked = False
        self._done: asyncio.Event | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self.status: int | None = None
        self.whole = False

    def scope(self) -> dict[str, Any]:
        """The request as an ASGI scope."""
        request = self._request
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in request.headers
        ]
        if request.body:
            headers.append((b"content-length", b"%d" % len(request.body)))
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(request.path),
            "raw_path": request.path.encode("latin-1", "replace"),
            "query_string": request.query.encode("latin-1", "replace"),
            "root_path": "",
            "headers": [_HOST, *headers],
            "client": ("127.0.0.1", 1),
            "server": ("conformance.local", 80),
            "state": dict(self._state),
        }

    async def receive(self) -> dict[str, Any]:
        """Hand over the body once; then wait, as a client does that stays connected."""
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": self._request.body, "more_body": False}
        if not self.whole:
            self._done = self._done or asyncio.Event()
            await self._done.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._headers = list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if len(self._body) > self._limit:
                raise _TooLargeError
            if not message.get("more_body", False):
                self.whole = True
                if self._done is not None:
                    self._done.set()

    def response(self) -> Response | None:
        """What was answered so far."""
        if self.status is None:
            return None
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in self._headers)
        return Response(self.status, headers, bytes(self._body))


class _Lifespan:
    """Starts and stops an application, as a server does (ASGI lifespan protocol); many do not care."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.state: dict[str, Any] = {}
        self._events: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._answered = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the application, and wait until it is up."""
        self._task = asyncio.create_task(self._run())
        await self._tell("lifespan.startup")

    async def stop(self) -> None:
        """Stop it."""
        if self._task is not None and not self._task.done():
            await self._tell("lifespan.shutdown")
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _tell(self, event: str) -> None:
        self._answered.clear()
        self._events.put_nowait({"type": event})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._answered.wait(), 10)

    async def _run(self) -> None:
        """Hold the conversation; an application that knows no lifespan raises at once."""
        with contextlib.suppress(Exception):
            await self._app(
                {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self.state}, self._events.get, self._send
            )
        self._answered.set()

    async def _send(self, _message: MutableMapping[str, Any]) -> None:
        self._answered.set()
