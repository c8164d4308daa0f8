"""Speaks to the shape with cursors."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

import httpx
from starlette.applications import Starlette

from tests.servers.shared.client import KEY, Client, Place

from .app import create_app

PATHS = {"get": "read", "messages": "history"}
KINDS = {"not_found": "missing", "closed": "ended"}


class CursorClient(Client):
    """Puts everything in the body, and has the server make up the ids."""

    chooses_ids: ClassVar[bool] = False
    newest_first: ClassVar[bool] = False
    statuses: ClassVar[tuple[str, ...]] = ("active", "paused", "closed")

    def build(self, fault: str | None) -> Starlette:
        """Build the app."""
        return create_app(fault, KEY)

    def place(self, operation: str, given: dict[str, Any]) -> Place:
        """Everything stands in the body, but for the id of a new thread, which cannot be chosen."""
        body = {name: value for name, value in given.items() if (operation, name) != ("create", "thread_id")}
        return Place("POST", f"/api/threads/{PATHS.get(operation, operation)}", body=body)

    def refused(self, answer: httpx.Response) -> str | None:
        """The body tells."""
        body = answer.json()
        assert answer.status_code == 200
        assert body["ok"] is ("error" not in body)
        return None if body["ok"] else KINDS.get(body["error"]["code"], body["error"]["code"])

    def headers(self) -> dict[str, str]:
        """A header carries the key."""
        return {} if self.key is None else {"X-Api-Key": self.key}

    def threads(self, answer: httpx.Response) -> list[dict[str, Any]]:
        """Their ids are called id."""
        return [{**thread, "thread_id": thread["id"]} for thread in super().threads(answer)]

    def messages(self, answer: httpx.Response) -> list[dict[str, Any]]:
        """Their ids are called id, and their authors roles."""
        return [{**each, "message_id": each["id"], "author": each["role"]} for each in super().messages(answer)]

    def following(self, answer: httpx.Response, given: dict[str, Any]) -> dict[str, Any] | None:
        """The answer says where the next page begins."""
        following = answer.json()["next_cursor"]
        return None if following is None else {**given, "cursor": following}

    def made_up_id(self) -> str:
        """An id like those of the server."""
        return str(uuid.uuid4())
