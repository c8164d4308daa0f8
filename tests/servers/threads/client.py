"""Speaks to the remote procedure calls."""

from __future__ import annotations

from typing import Any

import httpx
from starlette.applications import Starlette

from tests.servers.shared.client import Client, Place

from .app import create_app

CODES = {
    (400, "invalid_json"): "invalid",
    (400, "invalid_body"): "invalid",
    (404, "thread_not_found"): "missing",
    (409, "thread_exists"): "exists",
}


class CallsClient(Client):
    """Puts everything in the body."""

    def build(self, fault: str | None) -> Starlette:
        """Build the app."""
        return create_app(fault)

    def place(self, operation: str, given: dict[str, Any]) -> Place:
        """Everything stands in the body."""
        return Place("POST", f"/threads.{'search' if operation == 'get' else operation}", body=given)

    def refused(self, answer: httpx.Response) -> str | None:
        """The status tells, and so does the code."""
        if answer.status_code in (200, 201, 204):
            return None
        return CODES[answer.status_code, answer.json()["error"]["code"]]

    def made_up_id(self) -> str:
        """Any text will do."""
        return "not-there"
