"""Memories of users: a PUT makes one or adds to it, a turn makes one as well, and what is not there is shown empty.

It imports nothing of the harness, and shares nothing with the other servers here. Right by default; `create_app(name)`
is wrong in one way.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

FAULTS = {
    "put-begins-anew": "a PUT puts a new memory in the place of the one that is there",
    "put-replaces-facts": "a PUT takes away the facts that it does not name",
    "put-is-forgotten": "a PUT on a memory that is there answers what it was given, and keeps nothing",
    "put-refuses": "a PUT on a memory that is there is refused",
    "turn-forgets-facts": "the facts beside a turn are answered and not kept",
    "turn-replaces-facts": "a turn with facts takes away all others",
    "unknown-shows-the-last": "a memory that is not there is shown as the one that was read last",
    "ids-in-any-case": "ids that differ in upper and lower case are one",
    "delete-leaves-turns": "a deleted memory loses its facts, and keeps its turns",
    "turn-digs-up": "the first turn after a delete brings the memory back",
    "delete-of-anothers": "a delete by somebody who has no memory of that name takes away those of others",
    "one-memory-a-name": "memories of one name are one, whoever's they are",
}


class Ascii(JSONResponse):
    """JSON in which every text can be written, a lone surrogate as well."""

    def render(self, content: Any) -> bytes:
        """Write it."""
        return json.dumps(content).encode()


class Memories:
    """The memories, and the calls on them."""

    def __init__(self, wrong: str | None) -> None:
        self.wrong = wrong
        self.kept: dict[tuple[str, str], dict[str, Any]] = {}
        self.buried: dict[tuple[str, str], dict[str, Any]] = {}
        self.last: dict[str, Any] = {}

    async def put(self, request: Request) -> Response:
        """Make a memory, or add facts to the one that is there."""
        key, body = self.key(request), await _body(request)
        if key is None or not isinstance(body, dict) or not isinstance(body.get("facts"), dict) or len(body) > 1:
            return _no()
        there, facts = self.kept.get(key), body["facts"]
        if there is None or self.wrong == "put-begins-anew":
            there = self.kept[key] = {"facts": {}, "turns": []}
        elif self.wrong == "put-refuses":
            return _no()
        elif self.wrong == "put-is-forgotten":
            return self.shown(request, {**there, "facts": {**there["facts"], **facts}})
        elif self.wrong == "put-replaces-facts":
            there["facts"] = {}
        there["facts"] = {**there["facts"], **facts}
        return self.shown(request, there)

    async def get(self, request: Request) -> Response:
        """Show a memory."""
        if (key := self.key(request)) is None:
            return _no()
        nothing = self.last if self.wrong == "unknown-shows-the-last" else {}
        self.last = self.kept.get(key, nothing)
        return self.shown(request, self.last)

    async def delete(self, request: Request) -> Response:
        """Forget a memory."""
        if (key := self.key(request)) is None:
            return _no()
        found = self.kept.pop(key, None)
        if found is None and self.wrong == "delete-of-anothers":
            self.kept = {each: memory for each, memory in self.kept.items() if each[1] != key[1]}
        if found is not None and self.wrong == "turn-digs-up":
            self.buried[key] = found
        if found is not None and self.wrong == "delete-leaves-turns":
            self.kept[key] = {"facts": {}, "turns": found["turns"]}
        return Response(status_code=204) if found is not None else _no(404)

    async def turn(self, request: Request) -> Response:
        """Keep what was said, what is replied, and the facts beside it."""
        key, body = self.key(request), await _body(request)
        if key is None or not isinstance(body, dict) or not _is_turn(body):
            return _no()
        there = self.kept.setdefault(key, self.buried.pop(key, {"facts": {}, "turns": []}))
        said = {"text": body["text"], "by": "user"}
        there["turns"] = [*there["turns"], said, {"text": f"Noted as {len(there['turns'])}.", "by": "agent"}]
        if self.wrong == "turn-forgets-facts":
            return self.shown(request, {**there, "facts": {**there["facts"], **body.get("facts", {})}})
        if self.wrong == "turn-replaces-facts" and "facts" in body:
            there["facts"] = {}
        there["facts"] = {**there["facts"], **body.get("facts", {})}
        return self.shown(request, there)

    def key(self, request: Request) -> tuple[str, str] | None:
        """Whose memory a request means, and which; None if these are no names."""
        user, name = request.path_params["user"], request.path_params["name"]
        if not re.fullmatch("[A-Za-z0-9_-]{1,64}", user) or not re.fullmatch("[A-Za-z0-9._-]{2,100}", name):
            return None
        name = name.lower() if self.wrong == "ids-in-any-case" else name
        return ("" if self.wrong == "one-memory-a-name" else user), name

    @staticmethod
    def shown(request: Request, memory: dict[str, Any]) -> Response:
        """Answer with a memory."""
        named = {"name": request.path_params["name"], "user": request.path_params["user"]}
        return Ascii({**named, "facts": memory.get("facts", {}), "turns": memory.get("turns", [])})


def _is_turn(body: dict[str, Any]) -> bool:
    """Whether a body says something, and carries nothing but facts beside it."""
    text = body.get("text")
    said = isinstance(text, str) and 0 < len(text) <= 20_000
    return said and isinstance(body.get("facts", {}), dict) and body.keys() <= {"text", "facts"}


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


async def _lost(_request: Request, _error: Exception) -> Response:
    """A path that names no memory."""
    return _no()


def _no(status: int = 422) -> Response:
    """A refusal."""
    return Ascii({"detail": "no"}, status)


def create_app(wrong: str | None = None) -> Starlette:
    """The server; `wrong` names its fault."""
    memories, at = Memories(wrong), "/users/{user}/memories/{name}"
    return Starlette(
        exception_handlers={404: _lost},
        routes=[
            Route(at, memories.put, methods=["PUT"]),
            Route(at, memories.get, methods=["GET"]),
            Route(at, memories.delete, methods=["DELETE"]),
            Route(f"{at}/turns", memories.turn, methods=["POST"]),
        ],
    )
