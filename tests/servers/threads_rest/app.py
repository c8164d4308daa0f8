"""The threads API as REST: owners and ids stand in the path, paging in the query, and refusals are statuses.

Run it with `uvicorn app:app`; the environment variable THREADS_FAULT names the fault, if there shall be one, and
THREADS_KEY the key that callers have to bear.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.servers.shared import faults
from tests.servers.shared.service import Lifecycle, RefusedError, Service
from tests.servers.shared.web import Json, Rules, Shape, choice, mapping, read_json, string, whole

FAULTS = faults.FAULTS
PAGE, MOST = 20, 100
STATUSES = Lifecycle({"open": ("closed",), "closed": ("open", "archived"), "archived": ()}, frozenset({"archived"}))
REFUSALS = {
    "unreadable": 400,
    "unauthorized": 401,
    "missing": 404,
    "exists": 409,
    "ended": 409,
    "forbidden": 409,
    "invalid": 422,
    "broken": 500,
}
OWNER = string(64, "[A-Za-z0-9_-]+")
THREAD_ID = string(100, "(?s:(?![.]{1,2}$)[^\ud800-\udfff]+)")


class Problem(Json):
    """A refusal, as RFC 9457 describes it."""

    media_type = "application/problem+json"


def problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> Problem:
    """Make a refusal."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, "code": code}
    return Problem(body, status, headers)


class Segment(Convertor[str]):
    """A part of a path as it was sent: a %2F in it does not end it."""

    regex = "[^/]*"

    def convert(self, value: str) -> str:
        """Read it."""
        return unquote(value, errors="surrogateescape")

    def to_string(self, value: str) -> str:
        """Write it."""
        return quote(value, safe="")


register_url_convertor("segment", Segment())


class RawPath:
    """Has paths matched as they were sent, before anything in them is decoded."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before the application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its path as it was sent."""
        if scope["type"] == "http" and scope.get("raw_path"):
            scope = {**scope, "path": scope["raw_path"].decode("latin-1")}
        await self.app(scope, receive, send)


class Resources(Shape):
    """The resources, one method for each of their operations."""

    rules: ClassVar[Rules] = {
        "owner": OWNER,
        "thread_id": THREAD_ID,
        "text": string(10_000),
        "labels": mapping,
        "status": choice(tuple(STATUSES.transitions)),
        "limit": whole(1, MOST),
        "offset": whole(0, 1_000_000),
    }

    def refusal(self, refused: RefusedError) -> Response:
        """Answer with a status and a problem."""
        status = REFUSALS[refused.kind]
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
        return problem(status, refused.kind, refused.message, headers)

    def lost(self, problem_: HTTPException) -> Response:
        """Answer unknown paths and wrong methods."""
        return problem(problem_.status_code, "unknown", problem_.detail, problem_.headers)

    def key(self, request: Request) -> str | None:
        """The key is borne by the header Authorization."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        return key if scheme.lower() == "bearer" else None

    def routes(self) -> list[Route]:
        """The paths and what can be done with them."""
        threads = "/owners/{owner:segment}/threads"
        thread = f"{threads}/{{thread_id:segment}}"
        operations = [
            ("GET", threads, self.browse),
            ("POST", threads, self.create),
            ("GET", thread, self.get),
            ("PUT", thread, self.create),
            ("PATCH", thread, self.label),
            ("DELETE", thread, self.delete),
            ("PATCH", f"{thread}/status", self.move),
            ("GET", f"{thread}/messages", self.messages),
            ("POST", f"{thread}/messages", self.say),
        ]
        by_path: dict[str, dict[str, Any]] = {}
        for method, path, operate in operations:
            by_path.setdefault(path, {})[method] = self.endpoint(operate, method != "GET")
        return [Route(path, self.choose(methods), methods=[*methods]) for path, methods in by_path.items()]

    @staticmethod
    def choose(methods: Mapping[str, Any]) -> Any:
        """Answer each method of a path by an operation of its own."""

        async def answer(request: Request) -> Response:
            """Choose by the method."""
            response: Response = await methods["GET" if request.method == "HEAD" else request.method](request)
            return response

        return answer

    def query(self, request: Request, *names: str) -> dict[str, Any]:
        """Give the place of a request: its path, and these parameters of its query."""
        given: dict[str, Any] = dict(request.path_params)
        for name in names:
            values = request.query_params.getlist(name)
            if len(values) == 1 and name != "status" and re.fullmatch("[0-9]{1,15}", values[0]):
                given[name] = int(values[0])
            elif values:
                given[name] = values[0] if len(values) == 1 else values
        return given

    async def browse(self, request: Request) -> Response:
        """Give a page of the threads of an owner, newest first."""
        place = self.query(request, "limit", "offset", "status")
        page = self.service.browse(**self.check("list", {}, set(), place=place))
        return Json({"threads": page.threads, "total": page.total})

    async def create(self, request: Request) -> Response:
        """Create a thread, with the id in the path or a made-up one."""
        body = await read_json(request)
        thread = self.service.create(**self.check("create", body, set(), frozenset({"labels"}), request.path_params))
        place = f"/owners/{quote(thread['owner'], safe='')}/threads/{quote(thread['thread_id'], safe='')}"
        return Json(thread, 201, {"Location": place})

    async def get(self, request: Request) -> Response:
        """Give a thread."""
        return Json(self.service.get(**self.check("get", {}, set(), place=request.path_params)), self.read_status)

    async def label(self, request: Request) -> Response:
        """Merge labels into those of a thread, and give it."""
        given = self.check("label", await read_json(request), {"labels"}, place=request.path_params)
        return Json(self.service.label(**given))

    async def move(self, request: Request) -> Response:
        """Give a thread another status, and give it."""
        given = self.check("move", await read_json(request), {"status"}, place=request.path_params)
        return Json(self.service.move(**given))

    async def delete(self, request: Request) -> Response:
        """Delete a thread."""
        self.service.delete(**self.check("delete", {}, set(), place=request.path_params))
        return Response(status_code=204)

    async def messages(self, request: Request) -> Response:
        """Give a page of the messages of a thread, oldest first."""
        given = self.check("messages", {}, set(), place=self.query(request, "limit", "offset"))
        limit, offset = given.pop("limit", PAGE), given.pop("offset", 0)
        messages = self.service.messages(**given)
        return Json({"messages": messages[offset : offset + limit], "total": len(messages)})

    async def say(self, request: Request) -> Response:
        """Say something in a thread; gives the user's message and the agent's reply."""
        given = self.check("say", await read_json(request), {"text"}, place=request.path_params)
        return Json({"messages": self.service.say(**given)}, 201)


def create_app(fault: str | None = None, key: str = "sesame") -> Starlette:
    """Build an app with a store of its own, at most one fault, and that key."""
    service = Service(faults.known(fault, FAULTS), page=PAGE, lifecycle=STATUSES, key=key)
    return Resources(service).app([Middleware(RawPath)])


app = create_app(os.environ.get("THREADS_FAULT"), os.environ.get("THREADS_KEY", "sesame"))
