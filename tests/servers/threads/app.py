"""The threads API as remote procedure calls: every operation is a POST, and ids stand in its body.

Run it with `uvicorn app:app`; the environment variable THREADS_FAULT names the fault, if there shall be one.
"""

from __future__ import annotations

import os
import sys
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
from tests.servers.shared.service import RefusedError, Service
from tests.servers.shared.web import Json, Rules, Shape, mapping, read_json, string

UNSUPPORTED = {*faults.PAGING, *faults.FILTERS, *faults.TRANSITIONS, *faults.CREDENTIALS}
FAULTS = {name: text for name, text in faults.FAULTS.items() if name not in UNSUPPORTED}

REFUSALS = {
    "unreadable": (400, "invalid_json"),
    "invalid": (400, "invalid_body"),
    "missing": (404, "thread_not_found"),
    "exists": (409, "thread_exists"),
    "broken": (500, "internal"),
}


def error(status: int, code: str, message: str, headers: Any = None) -> Response:
    """Make an error answer."""
    return Json({"error": {"code": code, "message": message}}, status, headers)


class Calls(Shape):
    """The operations, one method each."""

    rules: ClassVar[Rules] = {"owner": string(200), "thread_id": string(100), "text": string(10_000), "labels": mapping}

    def refusal(self, refused: RefusedError) -> Response:
        """Answer with a status and a code."""
        return error(*REFUSALS[refused.kind], refused.message)

    def lost(self, problem: HTTPException) -> Response:
        """Answer unknown paths and wrong methods."""
        codes = {404: "unknown_path", 405: "wrong_method"}
        return error(problem.status_code, codes[problem.status_code], problem.detail, problem.headers)

    def routes(self) -> list[Route]:
        """One path for each operation."""
        operations = {
            "create": (self.create, True),
            "search": (self.search, False),
            "list": (self.browse, False),
            "say": (self.say, True),
            "messages": (self.messages, False),
            "label": (self.label, True),
            "delete": (self.delete, True),
        }
        return [
            Route(f"/threads.{name}", self.endpoint(operate, writes), methods=["POST"])
            for name, (operate, writes) in operations.items()
        ]

    async def create(self, request: Request) -> Response:
        """Create a thread."""
        given = self.check("create", await read_json(request), {"owner"}, frozenset({"thread_id", "labels"}))
        return Json({"thread": self.service.create(**given)}, 201)

    async def search(self, request: Request) -> Response:
        """Give the thread that has the owner and the id, as a list of one."""
        given = self.check("get", await read_json(request), {"owner", "thread_id"})
        return Json({"threads": [self.service.get(**given)]}, self.read_status)

    async def browse(self, request: Request) -> Response:
        """Give the threads of an owner, newest first."""
        given = self.check("list", await read_json(request), {"owner"})
        page = self.service.browse(**given)
        return Json({"threads": page.threads}, headers={"X-Total-Count": str(page.total)})

    async def say(self, request: Request) -> Response:
        """Say something in a thread and give the agent's reply."""
        given = self.check("say", await read_json(request), {"owner", "thread_id", "text"})
        return Json({"messages": self.service.say(**given)[1:]})

    async def messages(self, request: Request) -> Response:
        """Give the messages of a thread, oldest first."""
        given = self.check("messages", await read_json(request), {"owner", "thread_id"})
        return Json({"messages": self.service.messages(**given)})

    async def label(self, request: Request) -> Response:
        """Merge labels into those of a thread."""
        given = self.check("label", await read_json(request), {"owner", "thread_id", "labels"})
        self.service.label(**given)
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        """Delete a thread."""
        self.service.delete(**self.check("delete", await read_json(request), {"owner", "thread_id"}))
        return Response(status_code=204)


def create_app(fault: str | None = None) -> Starlette:
    """Build an app with a store of its own and at most one fault."""
    return Calls(Service(faults.known(fault, FAULTS))).app()


app = create_app(os.environ.get("THREADS_FAULT"))
