"""The threads API with cursors and made-up ids: every answer is 200, and its body says whether it is a refusal.

Run it with `uvicorn app:app`; the environment variable THREADS_FAULT names the fault, if there shall be one, and
THREADS_KEY the key that callers have to send.
"""

from __future__ import annotations

import base64
import os
import re
import sys
import uuid
from pathlib import Path
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.servers.shared import faults
from tests.servers.shared.service import Lifecycle, RefusedError, Service
from tests.servers.shared.web import Check, Json, Rules, Shape, choice, mapping, read_json, string, whole

UNSUPPORTED = {*faults.CHOSEN_IDS}
FAULTS = {name: text for name, text in faults.FAULTS.items() if name not in UNSUPPORTED}

PAGE, MOST = 10, 50
STATUSES = Lifecycle(
    {"active": ("paused", "closed"), "paused": ("active", "closed"), "closed": ()}, frozenset({"closed"})
)
CODES = {
    "unreadable": "invalid",
    "invalid": "invalid",
    "missing": "not_found",
    "ended": "closed",
    "forbidden": "forbidden",
    "unauthorized": "unauthorized",
    "broken": "internal",
}
OWNED = {"owner", "thread_id"}
PAGED = frozenset({"limit", "cursor"})
RENAMED = {"thread_id": "id", "message_id": "id", "author": "role", "at": "sent_at"}


def success(status: int = 200, **parts: Any) -> Response:
    """Make the answer of an operation that was done."""
    return Json({"ok": True, **parts}, status)


def failure(code: str, message: str, status: int = 200) -> Response:
    """Make the answer of an operation that was not done."""
    return Json({"ok": False, "error": {"code": code, "message": message}}, status)


def renamed(shown: dict[str, Any]) -> dict[str, Any]:
    """Give a thread or a message in the words of this shape."""
    return {RENAMED.get(name, name): value for name, value in shown.items()}


def cursor(kind: str, number: int | None) -> str | None:
    """Give a cursor of a list, which tells callers nothing; None at the end."""
    return None if number is None else base64.urlsafe_b64encode(f"{kind} {number}".encode()).decode()


def position(kind: str, given: str | None) -> int | None:
    """Read a cursor of a list; None is the beginning."""
    if given is None:
        return None
    try:
        found = re.fullmatch(rf"{kind} ([0-9]{{1,15}})", base64.urlsafe_b64decode(given).decode("ascii"))
    except ValueError:
        found = None
    if found is None:
        raise RefusedError("invalid", "This list has no such cursor.")
    return int(found[1])


def optional_string(most: int) -> Check:
    """A rule: null, or a string of 1 to so many characters."""
    rule = string(most)
    return lambda value: None if value is None else rule(value)


class Methods(Shape):
    """The operations, one method each."""

    rules: ClassVar[Rules] = {
        "owner": string(200),
        "thread_id": string(36, "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"),
        "text": string(10_000),
        "labels": mapping,
        "status": choice(tuple(STATUSES.transitions)),
        "limit": whole(1, MOST),
        "cursor": optional_string(100),
    }

    def refusal(self, refused: RefusedError) -> Response:
        """Answer with a code; only what is broken has a status."""
        return failure(CODES[refused.kind], refused.message, 500 if refused.kind == "broken" else 200)

    def lost(self, problem: HTTPException) -> Response:
        """Answer unknown paths and wrong methods."""
        return failure("unknown_operation", problem.detail)

    def key(self, request: Request) -> str | None:
        """The key stands in a header of its own."""
        return request.headers.get("X-Api-Key")

    def routes(self) -> list[Route]:
        """One path for each operation."""
        operations = {
            "create": (self.create, True),
            "read": (self.get, False),
            "list": (self.browse, False),
            "say": (self.say, True),
            "history": (self.messages, False),
            "label": (self.label, True),
            "move": (self.move, True),
            "delete": (self.delete, True),
        }
        return [
            Route(f"/api/threads/{name}", self.endpoint(operate, writes), methods=["POST"])
            for name, (operate, writes) in operations.items()
        ]

    async def create(self, request: Request) -> Response:
        """Create a thread."""
        given = self.check("create", await read_json(request), {"owner"}, frozenset({"labels"}))
        return success(thread=renamed(self.service.create(**given)))

    async def get(self, request: Request) -> Response:
        """Give a thread."""
        given = self.check("get", await read_json(request), OWNED)
        return success(self.read_status, thread=renamed(self.service.get(**given)))

    async def browse(self, request: Request) -> Response:
        """Give a page of the threads of an owner, oldest first."""
        given = self.check("list", await read_json(request), {"owner"}, PAGED | {"status"})
        limit, after = int(given.pop("limit", PAGE)), position("thread", given.pop("cursor", None))
        page = self.service.browse(**given, limit=limit, after=after)
        return success(threads=[renamed(each) for each in page.threads], next_cursor=cursor("thread", page.last))

    async def say(self, request: Request) -> Response:
        """Say something in a thread and give the agent's reply."""
        given = self.check("say", await read_json(request), {*OWNED, "text"})
        return success(messages=[renamed(each) for each in self.service.say(**given)[1:]])

    async def messages(self, request: Request) -> Response:
        """Give a page of the messages of a thread, oldest first."""
        given = self.check("messages", await read_json(request), OWNED, PAGED)
        limit, begin = int(given.pop("limit", PAGE)), position("message", given.pop("cursor", None)) or 0
        messages = self.service.messages(**given)
        end = begin + limit
        following = cursor("message", end if end < len(messages) else None)
        return success(messages=[renamed(each) for each in messages[begin:end]], next_cursor=following)

    async def label(self, request: Request) -> Response:
        """Merge labels into those of a thread."""
        self.service.label(**self.check("label", await read_json(request), {*OWNED, "labels"}))
        return success()

    async def move(self, request: Request) -> Response:
        """Give a thread another status, and give it."""
        given = self.check("move", await read_json(request), {*OWNED, "status"})
        return success(thread=renamed(self.service.move(**given)))

    async def delete(self, request: Request) -> Response:
        """Delete a thread."""
        self.service.delete(**self.check("delete", await read_json(request), OWNED))
        return success()


def new_id() -> str:
    """Make up an id."""
    return str(uuid.uuid4())


def create_app(fault: str | None = None, key: str = "sesame") -> Starlette:
    """Build an app with a store of its own, at most one fault, and that key."""
    fault = faults.known(fault, FAULTS)
    return Methods(Service(fault, newest_first=False, page=PAGE, lifecycle=STATUSES, new_id=new_id, key=key)).app()


app = create_app(os.environ.get("THREADS_FAULT"), os.environ.get("THREADS_KEY", "sesame"))
