"""Threads of messages, with a key, short metadata that is replaced whole, and messages that come newest first.

It imports nothing of the harness, and shares nothing with the other servers here. Right by default; `create_app(name)`
is wrong in one way.
"""

from __future__ import annotations

import itertools
import json
import secrets
import time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

KEY = "the-key"
FAULTS = {
    "modifies-the-newest": "metadata goes to the thread that was created last",
    "merges-metadata": "metadata that is not named is kept",
    "shares-metadata": "threads that were created without metadata share one object",
    "delete-needs-no-key": "the key is not looked at when a thread is deleted",
    "deletes-half": "messages of a deleted thread can still be written and listed",
    "says-to-nobody": "a message to a thread that is not there creates it",
    "second-delete-is-fine": "a thread that is not there is deleted as well",
    "loses-the-third-message": "the third message of a thread is answered and not kept",
    "keeps-ten-messages": "only the last ten messages are kept",
    "lowers-messages": "messages are kept in lower case",
    "trims-messages": "messages are kept without the blanks around them",
    "says-to-the-thread-before": "a message goes to the thread that was created before",
    "takes-any-metadata": "metadata may hold anything",
    "moves-the-creation": "the creation time moves with each modification",
    "counts-reads": "a read is counted in the metadata",
}


class Ascii(JSONResponse):
    """JSON in which every text can be written, a lone surrogate as well."""

    def render(self, content: Any) -> bytes:
        """Write it."""
        return json.dumps(content).encode()


def refused(status: int, message: str) -> Response:
    """An error as the API words it."""
    return Ascii({"error": {"message": message, "type": "invalid_request_error", "code": None}}, status)


class Threads:
    """The threads, and the calls on them."""

    def __init__(self, wrong: str | None) -> None:
        self.wrong = wrong
        self.threads: dict[str, dict[str, Any]] = {}
        self.shared: dict[str, Any] = {}

    async def create(self, request: Request) -> Response:
        """Create a thread."""
        body = await self.body(request, {"metadata"})
        if isinstance(body, Response):
            return body
        empty = self.shared if self.wrong == "shares-metadata" else {}
        return Ascii(self.show(self.make(f"thread_{secrets.token_hex(12)}", body.get("metadata") or empty)))

    async def one(self, request: Request) -> Response:
        """Read, modify or delete a thread."""
        open_to_all = self.wrong == "delete-needs-no-key" and request.method == "DELETE"
        body: Any = {}
        if request.method == "POST":
            body = await self.body(request, {"metadata"})
        elif not open_to_all and not self.knows(request):
            body = refused(401, "no such key")
        if isinstance(body, Response):
            return body
        thread = self.threads.get(request.path_params["thread_id"])
        if self.wrong == "second-delete-is-fine" and request.method == "DELETE" and thread is None:
            return Ascii({"id": "thread_0", "object": "thread.deleted", "deleted": True})
        if thread is None or thread.get("gone"):
            return refused(404, "no such thread")
        if request.method == "DELETE":
            return self.delete(thread)
        if request.method == "POST" and body.get("metadata") is not None:
            self.modify(thread, body["metadata"])
        shown = Ascii(self.show(thread))
        if request.method == "GET" and self.wrong == "counts-reads":
            thread["metadata"] = {**thread["metadata"], "reads": str(int(thread["metadata"].get("reads", "0")) + 1)}
        return shown

    def modify(self, thread: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Give a thread other metadata."""
        if self.wrong == "moves-the-creation":
            thread["created_at"] += 5
        if self.wrong == "modifies-the-newest":
            thread = next(reversed(self.threads.values()))
        if self.wrong == "merges-metadata":
            thread["metadata"] = {**thread["metadata"], **metadata}
        elif self.wrong == "shares-metadata":
            thread["metadata"].clear()
            thread["metadata"].update(metadata)
        else:
            thread["metadata"] = metadata

    def delete(self, thread: dict[str, Any]) -> Response:
        """Forget a thread."""
        if self.wrong == "deletes-half":
            thread["gone"] = True
        else:
            del self.threads[thread["id"]]
        return Ascii({"id": thread["id"], "object": "thread.deleted", "deleted": True})

    async def messages(self, request: Request) -> Response:
        """List the messages of a thread, or add one."""
        body = await self.body(request, {"role", "content", "metadata"}) if request.method == "POST" else {}
        if not self.knows(request):
            return refused(401, "no such key")
        if isinstance(body, Response):
            return body
        name = request.path_params["thread_id"]
        if self.wrong == "says-to-nobody" and request.method == "POST" and name not in self.threads:
            self.make(name, {})
        if name not in self.threads:
            return refused(404, "no such thread")
        return self.add(name, body) if request.method == "POST" else self.page(request, self.threads[name]["messages"])

    def add(self, name: str, body: dict[str, Any]) -> Response:
        """Add a message."""
        text = body.get("content")
        if body.get("role") not in ("user", "assistant") or not isinstance(text, str) or not 0 < len(text) <= 256_000:
            return refused(400, "role and content, please")
        kept = text.lower() if self.wrong == "lowers-messages" else text
        kept = kept.strip(" ") if self.wrong == "trims-messages" else kept
        message = {
            "id": f"msg_{secrets.token_hex(12)}",
            "object": "thread.message",
            "created_at": int(time.time()),
            "thread_id": name,
            "role": body["role"],
            "content": [{"type": "text", "text": {"value": kept, "annotations": []}}],
            "metadata": body.get("metadata") or {},
        }
        if self.wrong == "says-to-the-thread-before":
            names = list(self.threads)
            name = names[max(0, names.index(name) - 1)]
        messages = self.threads[name]["messages"]
        if self.wrong != "loses-the-third-message" or len(messages) != 2:
            messages.append(message)
        if self.wrong == "keeps-ten-messages":
            messages[:] = messages[-10:]
        return Ascii(message)

    @staticmethod
    def page(request: Request, messages: list[dict[str, Any]]) -> Response:
        """A page of messages."""
        asked = request.query_params
        order, limit = asked.get("order", "desc"), asked.get("limit", "20")
        if order not in ("asc", "desc") or not limit.isascii() or not limit.isdecimal() or not 0 < int(limit) <= 100:
            return refused(400, "no such page")
        found = messages if order == "asc" else messages[::-1]
        if "after" in asked:
            found = list(itertools.dropwhile(lambda each: each["id"] != asked["after"], found))[1:]
        data = found[: int(limit)]
        first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
        more = len(found) > len(data)
        return Ascii({"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": more})

    def make(self, name: str, metadata: dict[str, Any]) -> dict[str, Any]:
        """A new thread."""
        self.threads[name] = {
            "id": name, "object": "thread", "created_at": int(time.time()), "metadata": metadata, "messages": [],
        }  # fmt: skip
        return self.threads[name]

    @staticmethod
    def show(thread: dict[str, Any]) -> dict[str, Any]:
        """A thread as the API shows it."""
        return {name: thread[name] for name in ("id", "object", "created_at", "metadata")}

    @staticmethod
    def knows(request: Request) -> bool:
        """Whether the key is the right one."""
        return request.headers.get("authorization") == f"Bearer {KEY}"

    async def body(self, request: Request, members: set[str]) -> dict[str, Any] | Response:
        """The body of a request, or why it is refused."""
        if not self.knows(request):
            return refused(401, "no such key")
        raw = await request.body()
        try:
            body = json.loads(raw) if raw or request.url.path.count("/") > 2 else {}
        except ValueError:
            return refused(400, "no JSON")
        if not isinstance(body, dict) or set(body) - members or not self.is_metadata(body.get("metadata")):
            return refused(400, "not as the document says")
        return body

    def is_metadata(self, value: Any) -> bool:
        """Whether a value may be metadata."""
        if value is None or (self.wrong == "takes-any-metadata" and isinstance(value, dict)):
            return True
        return (
            isinstance(value, dict)
            and len(value) <= 16
            and all(len(key) <= 64 and isinstance(each, str) and len(each) <= 512 for key, each in value.items())
        )


def create_app(wrong: str | None = None) -> Starlette:
    """The API, under /v1."""
    threads = Threads(wrong)
    routes = [
        Route("/threads", threads.create, methods=["POST"]),
        Route("/threads/{thread_id}", threads.one, methods=["GET", "POST", "DELETE"]),
        Route("/threads/{thread_id}/messages", threads.messages, methods=["GET", "POST"]),
    ]
    return Starlette(routes=[Mount("/v1", routes=routes)])
