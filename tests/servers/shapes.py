"""The shapes in which the same API is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .shared.client import Client
from .threads.app import FAULTS as CALLS_FAULTS
from .threads.client import CallsClient
from .threads_cursor.app import FAULTS as CURSOR_FAULTS
from .threads_cursor.client import CursorClient
from .threads_rest.app import FAULTS as REST_FAULTS
from .threads_rest.client import RestClient

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Kind:
    """A shape: its folder, how to speak to it, and how it can be wrong."""

    name: str
    client: type[Client]
    faults: dict[str, str]

    @property
    def folder(self) -> Path:
        """Where it lives."""
        return HERE / self.name


SHAPES = (
    Kind("threads", CallsClient, CALLS_FAULTS),
    Kind("threads_rest", RestClient, REST_FAULTS),
    Kind("threads_cursor", CursorClient, CURSOR_FAULTS),
)

OWNED: dict[str, Any] = {"owner": "ada", "thread_id": "t1"}
GOOD: dict[str, dict[str, Any]] = {
    "create": {"owner": "ada", "thread_id": "new", "labels": {}},
    "get": OWNED,
    "list": {"owner": "ada"},
    "say": {**OWNED, "text": "hello"},
    "messages": OWNED,
    "label": {**OWNED, "labels": {"x": 1}},
    "delete": OWNED,
}
"""Arguments that each operation takes, delete last."""


def good(kind: Kind) -> dict[str, dict[str, Any]]:
    """Give arguments that each operation of a shape takes."""
    moves = {"move": {**OWNED, "status": kind.client.statuses[1]}} if kind.client.statuses else {}
    return {**moves, **GOOD}
