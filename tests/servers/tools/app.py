"""Tools that are called in a session which travels in a header, and of which nothing is ever shown.

It imports nothing of the harness, and shares nothing with the other servers here. Right by default; `create_app(name)`
is wrong in one way.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

FAULTS = {
    "tells-no-id": "a session is begun, and its id told to nobody",
    "never-begins": "an id is told of which nothing is known later",
    "ends-after-a-call": "a session is forgotten once a tool was called in it",
    "ends-all": "whoever ends a session ends those of all others",
    "ends-nothing": "a session that was ended can still be used",
    "calls-without-a-session": "a tool is called whatever the session",
    "one-id-for-two": "a session gets the id of the one before it, while that is there",
}


class Tools:
    """The sessions, and the calls in them."""

    def __init__(self, wrong: str | None, events: bool) -> None:
        self.wrong = wrong
        self.events = events
        self.sessions: dict[str, int] = {}
        self.numbers = itertools.count(1)

    async def call(self, request: Request) -> Response:
        """Do what the method asks for."""
        try:
            body = json.loads(await request.body())
        except ValueError:
            return _no(400, "no JSON")
        if request.headers.get("tools-version") != "1" or not _right(body):
            return _no(400, "invalid")
        if body["method"] == "begin":
            return self.begin(body)
        name = request.headers.get("session")
        if name is None:
            return _no(400, "which session?")
        lost = name not in self.sessions
        if lost and not (body["method"] == "call" and self.wrong == "calls-without-a-session"):
            return _no(404, "no such session")
        if body["method"] == "call":
            if self.wrong == "ends-after-a-call":
                del self.sessions[name]
            return self.result(body, {"said": body.get("params", {}).get("text", "")})
        return self.result(body, {})

    def begin(self, body: dict[str, Any]) -> Response:
        """Begin a session."""
        number = next(self.numbers)
        repeated = self.wrong == "one-id-for-two" and self.sessions
        name = next(reversed(self.sessions)) if repeated else f"session-{number}"
        if self.wrong != "never-begins":
            self.sessions[name] = number
        if self.wrong == "tells-no-id":
            return self.result(body, {"tools": ["echo"]})
        response = self.result(body, {"tools": ["echo"], "session": name})
        response.headers["Session"] = name
        return response

    async def end(self, request: Request) -> Response:
        """End a session."""
        name = request.headers.get("session")
        if name is None:
            return _no(400, "which session?")
        if name not in self.sessions:
            return _no(404, "no such session")
        if self.wrong == "ends-all":
            self.sessions.clear()
        elif self.wrong != "ends-nothing":
            del self.sessions[name]
        return Response(status_code=204)

    def result(self, body: dict[str, Any], result: dict[str, Any]) -> Response:
        """A success. JSON in which every text can be written, a lone surrogate as well."""
        text = json.dumps({"jsonrpc": "2.0", "id": body["id"], "result": result})
        if self.events:
            events = f'data: {{"jsonrpc": "2.0", "id": 0, "result": {{}}}}\n\nevent: message\ndata: {text}\n\n'
            return Response(events, media_type="text/event-stream")
        return Response(text, media_type="application/json")


def _right(body: Any) -> bool:
    """Whether a call is one that the document describes."""
    if (
        not isinstance(body, dict)
        or body.get("jsonrpc") != "2.0"
        or body.get("method") not in ("begin", "call", "ping")
    ):
        return False
    number, params = body.get("id"), body.get("params", {})
    whole = isinstance(number, int) or (isinstance(number, float) and number.is_integer())
    if isinstance(number, bool) or not whole:
        return False
    return isinstance(params, dict) and isinstance(params.get("text", ""), str)


def _no(status: int, why: str) -> Response:
    """A refusal."""
    return JSONResponse({"jsonrpc": "2.0", "error": {"code": -32600, "message": why}}, status)


def create_app(wrong: str | None = None, events: bool = False) -> Starlette:
    """The server; `wrong` names its fault, `events` says that it answers by events."""
    tools = Tools(wrong, events)
    return Starlette(routes=[Route("/rpc", tools.call, methods=["POST"]), Route("/rpc", tools.end, methods=["DELETE"])])
