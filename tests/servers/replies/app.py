"""Threads in which a message is answered whole or by a stream of events, as a member of its body says.

It imports nothing of the harness, and shares nothing with the other servers here. Right by default; `create_app(name)`
is wrong in one way.
"""

from __future__ import annotations

import itertools
import json
import math
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

FAULTS = {
    "never-streams": "a stream that is asked for comes as a whole body",
    "streams-always": "a reply comes as a stream that nobody asked for",
    "forgets-streams": "what is streamed is not kept",
    "keeps-streams-elsewhere": "what is streamed is kept in the thread that was created last",
    "streams-to-nobody": "a stream to a thread that is not there is answered",
    "refuses-streams": "a stream is refused",
    "streams-another-reply": "the reply that is streamed is not the one that is kept",
    "stream-clears-metadata": "a stream clears the metadata of its thread",
    "takes-any-stream-flag": "a flag that is no boolean is taken for true",
}


class Ascii(JSONResponse):
    """JSON in which every text can be written, a lone surrogate as well."""

    def render(self, content: Any) -> bytes:
        """Write it."""
        return json.dumps(content).encode()


class Threads:
    """The threads, and the calls on them."""

    def __init__(self, wrong: str | None, lines: bool) -> None:
        self.wrong = wrong
        self.lines = lines
        self.threads: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.numbers = itertools.count(1)

    async def create(self, request: Request) -> Response:
        """Make a thread."""
        body = await _body(request)
        given = body.get("metadata", {}) if isinstance(body, dict) else None
        if not isinstance(given, dict):
            return _no(422)
        name = f"thread_{next(self.numbers)}"
        self.threads[name] = {"id": name, "metadata": given, "created_at": _now()}
        self.messages[name] = []
        return Ascii(self.threads[name], 201)

    async def read(self, request: Request) -> Response:
        """Show a thread."""
        found = self.threads.get(request.path_params["name"])
        return Ascii(found) if found else _no(404)

    async def delete(self, request: Request) -> Response:
        """Forget a thread."""
        found = self.threads.pop(request.path_params["name"], None)
        self.messages.pop(request.path_params["name"], None)
        return Response(status_code=204) if found else _no(404)

    async def history(self, request: Request) -> Response:
        """Show the messages of a thread."""
        found = self.messages.get(request.path_params["name"])
        return Ascii({"messages": found}) if found is not None else _no(404)

    async def send(self, request: Request) -> Response:
        """Keep a message and its reply, and answer the reply as it is asked for."""
        name, body = request.path_params["name"], await _body(request)
        if not isinstance(body, dict) or not isinstance(body.get("content"), str):
            return _no(422)
        asked = body.get("stream")
        if asked is not None and not isinstance(asked, bool) and self.wrong != "takes-any-stream-flag":
            return _no(422)
        streamed = bool(asked)
        if name not in self.threads and not (streamed and self.wrong == "streams-to-nobody"):
            return _no(404)
        if streamed and self.wrong == "refuses-streams":
            return _no(422)
        said = [self.message("user", body["content"]), self.message("assistant", f"You said: {body['content']}")]
        self.keep(name, said, streamed)
        streamed = streamed if self.wrong not in ("never-streams", "streams-always") else self.wrong == "streams-always"
        if not streamed:
            return Ascii({"messages": said})
        if self.wrong == "streams-another-reply":
            said = [said[0], self.message("assistant", "Something else.")]
        if self.lines:
            return Response("".join(f"{json.dumps(each)}\n" for each in said), media_type="application/x-ndjson")
        events = "".join(f"event: message\ndata: {json.dumps(each)}\n\n" for each in said)
        return Response(f": hello\n\n{events}data: [DONE]\n\n", media_type="text/event-stream")

    def keep(self, name: str, said: list[dict[str, Any]], streamed: bool) -> None:
        """Keep what was said."""
        wrong = self.wrong if streamed else None
        if wrong == "stream-clears-metadata":
            self.threads[name]["metadata"] = {}
        place = list(self.messages)[-1] if wrong == "keeps-streams-elsewhere" else name
        if wrong != "forgets-streams" and place in self.messages:
            self.messages[place] += said

    def message(self, role: str, text: str) -> dict[str, Any]:
        """A message."""
        return {"id": f"msg_{next(self.numbers)}", "role": role, "content": text, "created_at": _now()}


async def _body(request: Request) -> Any:
    """The body of a request; None if it is not JSON, or holds a number that no answer can show."""
    try:
        return json.loads(await request.body(), parse_float=_finite)
    except ValueError:
        return None


def _finite(text: str) -> float:
    """A number; ValueError if it is too large."""
    if math.isinf(number := float(text)):
        raise ValueError(text)
    return number


def _now() -> str:
    """The time."""
    return datetime.now(UTC).isoformat()


def _no(status: int) -> Response:
    """A refusal."""
    return Ascii({"detail": "no"}, status)


def create_app(wrong: str | None = None, lines: bool = False) -> Starlette:
    """The server; `wrong` names its fault, `lines` says that it streams JSON lines, and no events."""
    threads = Threads(wrong, lines)
    return Starlette(
        routes=[
            Route("/threads", threads.create, methods=["POST"]),
            Route("/threads/{name}", threads.read, methods=["GET"]),
            Route("/threads/{name}", threads.delete, methods=["DELETE"]),
            Route("/threads/{name}/messages", threads.history, methods=["GET"]),
            Route("/threads/{name}/messages", threads.send, methods=["POST"]),
        ]
    )
