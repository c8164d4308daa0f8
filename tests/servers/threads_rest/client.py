"""Speaks to the REST shape."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote

import httpx
from starlette.applications import Starlette

from tests.servers.shared.client import KEY, Client, Place

from .app import create_app

METHODS = {
    "list": ("GET", ""),
    "get": ("GET", ""),
    "label": ("PATCH", ""),
    "delete": ("DELETE", ""),
    "move": ("PATCH", "/status"),
    "messages": ("GET", "/messages"),
    "say": ("POST", "/messages"),
}


class RestClient(Client):
    """Puts owner and id in the path, and paging in the query."""

    statuses: ClassVar[tuple[str, ...]] = ("open", "closed", "archived")

    def build(self, fault: str | None) -> Starlette:
        """Build the app."""
        return create_app(fault, KEY)

    def place(self, operation: str, given: dict[str, Any]) -> Place:
        """Owner and id stand in the path; what is left in the query or in the body."""
        left = dict(given)
        path = f"/owners/{quote(left.pop('owner'), safe='')}/threads"
        thread_id = left.pop("thread_id", None)
        if thread_id is not None:
            path += f"/{quote(thread_id, safe='')}"
        method, more = METHODS.get(operation, ("POST" if thread_id is None else "PUT", ""))
        if method in ("GET", "DELETE"):
            return Place(method, path + more, query=left)
        return Place(method, path + more, body=left)

    def refused(self, answer: httpx.Response) -> str | None:
        """The code of the problem tells."""
        if answer.status_code in (200, 201, 204):
            return None
        code = str(answer.json()["code"])
        return "invalid" if code == "unreadable" else code

    def headers(self) -> dict[str, str]:
        """The header Authorization bears the key."""
        return {} if self.key is None else {"Authorization": f"Bearer {self.key}"}

    def threads(self, answer: httpx.Response) -> list[dict[str, Any]]:
        """A thread is the whole body, and threads are a member of it."""
        body = answer.json()
        threads: list[dict[str, Any]] = body.get("threads", [body])
        return threads

    def following(self, answer: httpx.Response, given: dict[str, Any]) -> dict[str, Any] | None:
        """The list is over when a page is not full."""
        limit, offset = given["limit"], given.get("offset", 0)
        return {**given, "offset": offset + limit} if len(self.threads(answer)) >= limit else None

    def made_up_id(self) -> str:
        """Any name will do."""
        return "not-there"
