"""Chats that are made by their first message: one that names none.

It imports nothing of the harness, and shares nothing with the other servers here. Right by default; `create_app(name)`
is wrong in one way.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FAULTS = {
    "forgets-the-first-message": "what begins a chat is answered, and not kept",
    "keeps-the-first-message-twice": "what begins a chat is kept twice",
    "begins-anew": "every message begins a chat, whichever it names",
    "goes-on-with-the-last": "a message that names no chat goes on with the last one of the user",
    "forgets-the-inputs": "what a chat is begun with is not kept",
    "tells-no-id-in-a-stream": "a streamed reply does not tell which chat was begun",
    "repeats-the-last": "a page begins with the last chat of the page before",
    "begins-what-is-not-there": "a message to a chat that is not there begins one of that id",
}


class Chats:
    """The chats, and the calls on them."""

    def __init__(self, wrong: str | None) -> None:
        self.wrong = wrong
        self.chats: dict[str, dict[str, Any]] = {}
        self.owners: dict[str, str] = {}
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.numbers = itertools.count(1)

    async def chat(self, request: Request) -> Response:
        """Take a message, and reply."""
        body = await _body(request)
        if not _right(body):
            return _no(422)
        user, name = body["user"], body.get("chat_id") or None
        begins = name is None or self.wrong == "begins-anew"
        if name is None and self.wrong == "goes-on-with-the-last":
            name = next((each for each in reversed(self.chats) if self.owners[each] == user), None)
            begins = name is None
        missing = not begins and self.owners.get(name or "") != user
        if missing and (self.wrong != "begins-what-is-not-there" or name in self.chats):
            return _no(404)
        if begins or missing:
            name = name if missing and name else f"chat-{next(self.numbers)}"
            self.begin(name, user, body.get("inputs", {}))
        assert name is not None
        said = {"id": f"message-{next(self.numbers)}", "query": body["text"], "answer": f"You said: {body['text']}"}
        times = {"forgets-the-first-message": 0, "keeps-the-first-message-twice": 2}.get(self.wrong or "", 1)
        self.messages[name] += [{**said, "id": f"{said['id']}-{each}"} for each in range(times if begins else 1)]
        if body.get("mode") == "stream":
            told = not (begins and self.wrong == "tells-no-id-in-a-stream")
            return _events(name if told else "", said["answer"])
        return _shown({"chat_id": name, "answer": said["answer"]})

    def begin(self, name: str, user: str, inputs: dict[str, Any]) -> None:
        """Make a chat."""
        kept = {} if self.wrong == "forgets-the-inputs" else inputs
        self.chats[name] = {"id": name, "inputs": kept, "created_at": datetime.now(UTC).isoformat()}
        self.owners[name] = user
        self.messages[name] = []

    async def list(self, request: Request) -> Response:
        """Show the chats of a user."""
        asked = request.query_params
        limit = asked.get("limit", "20")
        if "user" not in asked or not limit.isdecimal() or not 1 <= int(limit) <= 100:
            return _no(422)
        names = [name for name in reversed(self.chats) if self.owners[name] == asked["user"]]
        if "last_id" in asked and asked["last_id"] not in names:
            return _no(422)
        begin = 0 if "last_id" not in asked else names.index(asked["last_id"]) + (self.wrong != "repeats-the-last")
        shown = names[begin : begin + int(limit)]
        return _shown({"chats": [self.chats[each] for each in shown], "has_more": begin + int(limit) < len(names)})

    async def history(self, request: Request) -> Response:
        """Show what was said in a chat."""
        name = request.path_params["name"]
        if "user" not in request.query_params:
            return _no(422)
        mine = self.owners.get(name) == request.query_params["user"]
        return _shown({"messages": self.messages[name]}) if mine else _no(404)

    async def delete(self, request: Request) -> Response:
        """Forget a chat."""
        name = request.path_params["name"]
        if "user" not in request.query_params:
            return _no(422)
        if self.owners.get(name) != request.query_params["user"]:
            return _no(404)
        del self.chats[name], self.owners[name], self.messages[name]
        return Response(status_code=204)


def _right(body: Any) -> bool:
    """Whether a message is one that the document describes."""
    if not isinstance(body, dict) or not all(isinstance(body.get(name), str) for name in ("user", "text")):
        return False
    named, inputs = body.get("chat_id", ""), body.get("inputs", {})
    return isinstance(named, str) and isinstance(inputs, dict) and body.get("mode", "whole") in ("whole", "stream")


async def _body(request: Request) -> Any:
    """The JSON body of a request; None if it has none that a document of JSON can hold."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        return None
    return body if all(map(math.isfinite, _numbers(body))) else None


def _numbers(value: Any) -> Iterator[float]:
    """The numbers in a value."""
    if isinstance(value, float):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _numbers(each)


def _events(name: str, answer: str) -> Response:
    """A reply in words, one an event; the first tells the chat, as later ones need not."""
    parts = [{"chat_id": name, "answer": ""}, *({"chat_id": name, "answer": word} for word in answer.split(" "))]
    return Response("".join(f"data: {json.dumps(each)}\n\n" for each in parts), media_type="text/event-stream")


def _shown(value: Any) -> Response:
    """A success. JSON in which every text can be written, a lone surrogate as well."""
    return Response(json.dumps(value), media_type="application/json")


def _no(status: int) -> Response:
    """A refusal."""
    return Response(json.dumps({"error": "no"}), status, media_type="application/json")


def create_app(wrong: str | None = None) -> Starlette:
    """The server; `wrong` names its fault."""
    chats = Chats(wrong)
    return Starlette(
        routes=[
            Route("/chat", chats.chat, methods=["POST"]),
            Route("/chats", chats.list, methods=["GET"]),
            Route("/chats/{name}", chats.delete, methods=["DELETE"]),
            Route("/chats/{name}/messages", chats.history, methods=["GET"]),
        ]
    )
