"""How does a request reach an ASGI application in this process?"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any
from urllib.parse import unquote

from conformance.exchange import Exchange, Failure, Headers, Request, Response
from conformance.transports import Limits
from conformance.transports.first_step import FirstStep

App = Callable[..., Awaitable[None]]
GRACE = 1.0
"""Seconds that a call may go on after its answer, or after it was cancelled."""
TURNS = 5
"""So many turns of the event loop at most lie between two calls, for what an application put off until later."""
QUIET = 0.002
"""So many seconds at most go by without a turn: timers and sockets need one, and whoever interrupts us."""
_HOST = (b"host", b"conformance.local")


class AsgiTransport:
    """Calls an application directly, on the running event loop. `reset` is what makes it forget, if anything does."""

    base = ""

    def __init__(self, app: App, reset: Callable[[], None] | None = None, limits: Limits | None = None) -> None:
        self._app = app
        self._reset = reset
        self._limits = limits or Limits()
        self._lifespan: _Lifespan | None = None
        self._late: set[asyncio.Task[None]] = set()
        self._over: list[asyncio.Task[None]] = []
        self._turned = 0.0
        self.resets = reset is not None

    async def send(self, request: Request) -> Exchange:
        """Send a request into the application."""
        if self._lifespan is None:
            self._lifespan = _Lifespan(self._app)
            await self._lifespan.start()
        started = perf_counter()
        call = _Call(request, self._limits.body_bytes, self._lifespan.state)
        first = FirstStep(call.run(self._app))
        task = first.take()
        if not first.was_all:
            return await self._rest(call, task, started)
        finished = perf_counter()
        await self._turn(task, finished)
        if finished - started > self._limits.seconds and not self.resets:
            # One that can be told to forget is a fake, and waits for nothing: the machine was busy with other things.
            return Exchange(request, None, started, finished, Failure.TIMEOUT)
        return Exchange(request, call.response(), started, finished, call.failure)

    async def _rest(self, call: _Call, task: asyncio.Task[None], started: float) -> Exchange:
        """The exchange that comes of a call which waits for something."""
        try:
            async with asyncio.timeout(self._limits.seconds - (perf_counter() - started)):
                await call.end()
        except TimeoutError:
            call.failure = Failure.TIMEOUT
        except asyncio.CancelledError:
            task.cancel()
            await self._let_end(task)
            raise
        finished = perf_counter()
        if call.failure is not None:
            task.cancel()
        await self._let_end(task)
        return Exchange(call.request, call.response(), started, finished, call.failure)

    async def _turn(self, task: asyncio.Task[None], now: float) -> None:
        """Let the event loop do what the application has begun and not waited for, as it could between two requests.

        Turns take time, and most applications put nothing off. Then all that is due in the loop are the tasks of the
        calls since its last turn, which have nothing left to do.
        """
        if self._over and self._over[0].done():
            self._over.clear()  # the loop was turned meanwhile
        self._over.append(task)
        due = getattr(asyncio.get_running_loop(), "_ready", None)  # all loops of asyncio itself have it
        if due is not None and len(due) == len(self._over) and now - self._turned < QUIET:
            return
        self._turned = now
        for _ in range(TURNS):
            await asyncio.sleep(0)
            if due is not None and not due:
                break

    async def _let_end(self, task: asyncio.Task[None]) -> None:
        """Let a call end that has been answered or cancelled; one that does not is left alone."""
        await asyncio.wait({task}, timeout=GRACE)
        if not task.done():
            self._late.add(task)
            task.add_done_callback(self._late.discard)

    async def reset(self) -> None:
        """Make the application forget."""
        if self._reset is not None:
            self._reset()

    async def close(self) -> None:
        """End the application's lifespan, and the calls that did not end by themselves."""
        for task in self._late:
            task.cancel()
        if self._lifespan is not None:
            await self._lifespan.stop()


def under(path: str, app: App) -> App:
    """An application that is asked for everything under a path."""

    async def asked(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": path + scope["path"], "raw_path": path.encode() + scope["raw_path"]}
        await app(scope, receive, send)

    return asked if path else app


class _Call:
    """One call of the application: its side of the ASGI conversation. It is `over` as soon as its answer is."""

    __slots__ = (
        "_asked", "_body", "_headers", "_limit", "_state", "_status", "_waiting", "_whole",
        "failure", "over", "request",
    )  # fmt: skip

    def __init__(self, request: Request, limit: int, state: dict[str, Any]) -> None:
        self.failure: Failure | None = None
        self.over = False
        self._waiting: asyncio.Event | None = None
        self.request = request
        self._state = state
        self._limit = limit
        self._asked = False
        self._headers: Headers = ()
        self._body = bytearray()
        self._status: int | None = None
        self._whole = False

    async def run(self, app: App) -> None:
        """Hold the conversation. Whatever an application raises, the one who asked sees only what a server makes of it:
        a bare 500, unless the answer had begun, or the server died of it."""
        try:
            await app(self.scope(), self.receive, self.send)
        except Exception:
            if self._status is None:
                self._status, self._whole = 500, True
        except BaseException:
            pass
        if not self._whole and self.failure is None:
            self.failure = Failure.CLOSED
        self._end()

    async def end(self) -> None:
        """Wait until it is over. Most calls are before anybody waits."""
        if not self.over:
            self._waiting = self._waiting or asyncio.Event()
            await self._waiting.wait()

    def _end(self) -> None:
        """It is over."""
        self.over = True
        if self._waiting is not None:
            self._waiting.set()

    def scope(self) -> dict[str, Any]:
        """The request as an ASGI scope."""
        request = self.request
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
            return {"type": "http.request", "body": self.request.body, "more_body": False}
        await self.end()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Take a part of the answer. What no server would send is an error of the application."""
        kind = message["type"]
        if self._status is not None and (message.get("more_body", False) or self.over):
            await asyncio.sleep(0)  # one that never ends must not keep us from looking at the clock
        if self.over:
            return  # the caller is gone
        if kind == "http.response.start" and self._status is None:
            self._headers = tuple([_header(name, value) for name, value in message.get("headers", ())])
            self._status = int(message["status"])
        elif kind == "http.response.body" and self._status is not None:
            self._take(message.get("body", b""), message.get("more_body", False))
        else:
            raise RuntimeError(f"{kind} has no place here")

    def _take(self, data: bytes, more: bool) -> None:
        """Take a part of the body."""
        self._body += data[: self._limit - len(self._body) + 1]
        if len(self._body) > self._limit:
            self.failure = Failure.TOO_LARGE
            self._end()
        elif not more:
            self._whole = True
            self._end()

    def response(self) -> Response | None:
        """What was answered so far."""
        return None if self._status is None else Response(self._status, self._headers, bytes(self._body))


def _header(name: bytes, value: bytes) -> tuple[str, str]:
    """A header as text; both its parts must be bytes."""
    return bytes(name).decode("latin-1").lower(), bytes(value).decode("latin-1")


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
            await asyncio.wait({self._task}, timeout=GRACE)

    async def _tell(self, event: str) -> None:
        self._answered.clear()
        self._events.put_nowait({"type": event})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._answered.wait(), 10)

    async def _run(self) -> None:
        """Hold the conversation; an application that knows no lifespan raises at once."""
        with contextlib.suppress(BaseException):
            await self._app(
                {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self.state}, self._events.get, self._send
            )
        self._answered.set()

    async def _send(self, _message: MutableMapping[str, Any]) -> None:
        self._answered.set()
