"""A fake as an ASGI application, to be called in this process or served by any ASGI server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol
from urllib.parse import quote

from conformance.exchange import Request, Response

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Answering(Protocol):
    """What can be served: a fake, or something that stands before one.

    `delay` and `truncates` speak of the answer that was just made: how many seconds it is held back, and whether the
    connection is closed in the middle of it.
    """

    def answer(self, request: Request) -> Response:
        """The answer to a request."""
        ...

    def delay(self) -> float: ...

    def truncates(self) -> bool: ...


def app(server: Answering, hang_up: Callable[[Scope], None] | None = None) -> App:
    """The ASGI application of a fake.

    With `hang_up`, which closes the connection of a request, an answer that would be cut short is not begun at all: one
    without a body cannot be cut, and who has read a status has been told something.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return  # it was never asked to the end
            body += message.get("body", b"")
            more = message.get("more_body", False)
        raw = scope.get("raw_path") or quote(scope["path"]).encode()
        request = Request(
            method=scope["method"],
            path=raw.decode("latin-1").partition("?")[0],
            query=scope.get("query_string", b"").decode("latin-1"),
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
            body=body,
        )
        response = server.answer(request)
        delay, truncates = server.delay(), server.truncates()
        if delay:
            await asyncio.sleep(delay)
        if truncates and hang_up is not None:
            hang_up(scope)
            await receive()  # it is over when that is heard: until then the server would answer by itself
            return
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if truncates:
            await send(
                {"type": "http.response.body", "body": response.body[: len(response.body) // 2], "more_body": True}
            )
            return
        await send({"type": "http.response.body", "body": response.body})

    return serve


def based(path: str, app: App) -> App:
    """An application that is asked under the path under which the spec puts its operations as well as without it."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path") or quote(scope.get("path", "")).encode()
        if path and raw.startswith(path.encode() + b"/"):
            scope = {**scope, "raw_path": raw[len(path.encode()) :]}
        await app(scope, receive, send)

    return serve


async def _lifespan(receive: Receive, send: Send) -> None:
    """Start and stop at once: a fake holds nothing."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
