"""A small session API, held in memory, that can be made wrong in one chosen way.

Run it with `uvicorn app:app`; the environment variable THREADS_FAULT names the fault, if there shall be one.
"""

from __future__ import annotations

import json
import math
import os
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

FAULTS: dict[str, str] = {
    "run-without-thread": "say on a missing thread answers 200 with a reply and stores nothing",
    "refused-run-creates-thread": "say on a missing thread answers 404 but creates the thread",
    "failed-run-is-kept": "say with an invalid body answers 400 but appends a user message",
    "labels-echoed-not-stored": "create echoes the labels and stores none",
    "delete-does-nothing": "delete answers 204 and the thread is kept",
    "deleted-still-listed": "list shows deleted threads",
    "deleted-still-readable": "get and messages still find deleted threads",
    "deleted-accepts-runs": "say on a deleted thread answers 200 with a reply",
    "duplicate-create-wipes": "a duplicate create answers 409 but empties the original",
    "duplicate-create-accepted": "a duplicate create answers 201 and replaces the original",
    "say-replaces-history": "say keeps only the newest message and its reply",
    "say-appends-nothing": "say answers a reply and stores neither message",
    "say-drops-oldest": "say keeps only the last 4 messages of the thread",
    "reply-not-in-history": "the stored reply has another id and text than the answered one",
    "label-lost": "label answers 204 and stores nothing",
    "label-replaces": "label replaces all labels in place of merging",
    "label-to-latest-thread": "label goes to the latest thread of that owner",
    "label-to-first-thread": "label goes to the first thread of that owner",
    "label-to-all-threads-of-owner": "label goes to every thread of that owner",
    "label-creates-missing": "label on a missing thread answers 404 but creates it",
    "label-applied-though-refused": "label with an extra key answers 400 but the labels are applied",
    "label-clears-messages": "label removes the messages of the thread",
    "say-goes-to-first-thread": "say goes to the first thread of that owner",
    "list-omits-newest": "list leaves out the newest thread",
    "list-omits-oldest-when-many": "list leaves out the oldest thread when there are more than 3",
    "list-shows-everyone": "list shows the threads of all owners",
    "get-ignores-owner": "get finds a thread by its id under any owner",
    "ids-shared-across-owners": "create answers 409 when another owner has that thread id",
    "delete-ignores-owner": "delete removes the thread with that id under every owner",
    "delete-removes-all-of-owner": "delete removes every thread of that owner",
    "second-create-fails": "every second create by an owner answers 500",
    "chosen-id-ignored": "create makes up an id though one was given",
    "undocumented-status": "get answers 203",
    "missing-field": "get leaves out updated_at",
    "accepts-invalid": "create checks nothing and stores what it is given",
    "read-changes-labels": "each get counts up a label 'reads' after answering",
    "list-label-stale": "list shows the labels as they were at creation",
    "crash-on-empty-labels": "label with {} answers 500",
    "html-on-missing": "a missing thread is answered 404 with an HTML body",
}

LONGEST = {"owner": 200, "thread_id": 100, "text": 10_000}
DEEPEST = 64

Message = dict[str, str]
Key = tuple[str, str]


def now() -> str:
    """Give the present time as an RFC 3339 date-time."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def new_message(author: str, text: str) -> Message:
    """Make a message with an id of its own."""
    return {"message_id": f"msg_{uuid.uuid4().hex}", "author": author, "text": text, "at": now()}


def reply_text(earlier: list[str], text: str) -> str:
    """Say what the agent replies to `text` when it remembers the `earlier` ones."""
    remembered = f": {' | '.join(earlier)}" if earlier else ""
    return f"{len(earlier)} earlier{remembered}; now: {text}"


@dataclass
class Thread:
    """One thread with its messages; `labels` is an object unless the fault accepts-invalid is on."""

    number: int
    owner: str
    thread_id: str
    labels: Any
    first_labels: Any
    created_at: str = field(default_factory=now)
    updated_at: str = ""
    messages: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        """A new thread was last updated when it was created."""
        self.updated_at = self.created_at

    def show(self) -> dict[str, Any]:
        """Give the thread as it is answered."""
        return {
            "thread_id": self.thread_id,
            "owner": self.owner,
            "labels": self.labels,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        }


class Store:
    """All threads by owner and id, and the deleted ones, which only some faults look at."""

    def __init__(self, fault: str | None) -> None:
        """Start empty."""
        self.fault = fault
        self.threads: dict[Key, Thread] = {}
        self.deleted: dict[Key, Thread] = {}
        self.creates: Counter[str] = Counter()
        self.made = 0

    def wrong(self, name: str) -> bool:
        """Tell whether the fault of that name is on."""
        return self.fault == name

    def find(self, owner: str, thread_id: str, deleted_too: bool = False) -> Thread | None:
        """Find a thread, if wished among the deleted ones too."""
        thread = self.threads.get((owner, thread_id))
        if thread is None and deleted_too:
            thread = self.deleted.get((owner, thread_id))
        return thread

    def addressed(self, body: Any) -> Thread | None:
        """Find the thread that a refused body speaks of (only some faults ask)."""
        if not isinstance(body, dict):
            return None
        owner, thread_id = body.get("owner"), body.get("thread_id")
        if isinstance(owner, str) and isinstance(thread_id, str):
            return self.find(owner, thread_id)
        return None

    def with_id(self, thread_id: str) -> list[Thread]:
        """Find the threads with that id under all owners (only some faults ask)."""
        return [thread for thread in self.threads.values() if thread.thread_id == thread_id]

    def of(self, owner: str) -> list[Thread]:
        """Give the threads of an owner, oldest first."""
        threads = [thread for thread in self.threads.values() if thread.owner == owner]
        return sorted(threads, key=lambda thread: thread.number)

    def taken(self, owner: str, thread_id: str) -> bool:
        """Tell whether a new thread of that owner cannot have that id."""
        if self.wrong("ids-shared-across-owners"):
            return bool(self.with_id(thread_id))
        return (owner, thread_id) in self.threads

    def add(self, owner: str, thread_id: str | None, labels: Any) -> Thread:
        """Store a new thread, with a made-up id if none is given."""
        if thread_id is None:
            thread_id = f"thr_{uuid.uuid4().hex}"
        self.made += 1
        thread = Thread(self.made, owner, thread_id, labels, first_labels=labels)
        self.threads[owner, thread_id] = thread
        self.deleted.pop((owner, thread_id), None)
        return thread

    def newest_first(self, owner: str) -> list[Thread]:
        """Give the threads of an owner, newest first."""
        threads = self.of(owner)
        if self.wrong("list-shows-everyone"):
            threads = list(self.threads.values())
        if self.wrong("deleted-still-listed"):
            threads += [thread for thread in self.deleted.values() if thread.owner == owner]
        threads.sort(key=lambda thread: thread.number, reverse=True)
        if self.wrong("list-omits-newest"):
            threads = threads[1:]
        if self.wrong("list-omits-oldest-when-many") and len(threads) > 3:
            threads = threads[:-1]
        return threads

    def say(self, thread: Thread, text: str) -> Message:
        """Append the user's message and the agent's reply, and give the reply."""
        if self.wrong("say-goes-to-first-thread"):
            thread = self.of(thread.owner)[0]
        earlier = [message["text"] for message in thread.messages if message["author"] == "user"]
        said = new_message("user", text)
        reply = new_message("agent", reply_text(earlier, text))
        if self.wrong("say-appends-nothing"):
            return reply
        if self.wrong("say-replaces-history"):
            thread.messages = []
        kept = reply
        if self.wrong("reply-not-in-history"):
            kept = new_message("agent", f"{reply['text']} (as kept)")
        thread.messages += [said, kept]
        if self.wrong("say-drops-oldest"):
            thread.messages = thread.messages[-4:]
        thread.updated_at = now()
        return reply

    def label(self, thread: Thread, labels: dict[str, Any]) -> None:
        """Merge the labels into those of the thread."""
        if self.wrong("label-lost"):
            return
        targets = [thread]
        if self.wrong("label-to-latest-thread"):
            targets = self.of(thread.owner)[-1:]
        if self.wrong("label-to-first-thread"):
            targets = self.of(thread.owner)[:1]
        if self.wrong("label-to-all-threads-of-owner"):
            targets = self.of(thread.owner)
        for target in targets:
            old = target.labels if isinstance(target.labels, dict) else {}
            target.labels = labels if self.wrong("label-replaces") else {**old, **labels}
            target.updated_at = now()
            if self.wrong("label-clears-messages"):
                target.messages = []

    def delete(self, owner: str, thread_id: str) -> bool:
        """Delete a thread, and tell whether there was one."""
        thread = self.find(owner, thread_id)
        targets = [] if thread is None else [thread]
        if self.wrong("delete-ignores-owner"):
            targets = self.with_id(thread_id)
        if self.wrong("delete-removes-all-of-owner") and targets:
            targets = self.of(owner)
        if not targets:
            return False
        if self.wrong("delete-does-nothing"):
            return True
        for target in targets:
            key = (target.owner, target.thread_id)
            self.deleted[key] = self.threads.pop(key)
        return True


class Json(Response):
    """A JSON answer in plain ASCII, so that every string that was read can be written."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Write the content as JSON."""
        return json.dumps(content, allow_nan=False).encode()


def error(status: int, code: str, message: str, headers: Any = None) -> Response:
    """Make an error answer."""
    return Json({"error": {"code": code, "message": message}}, status, headers)


def finite(digits: str) -> float:
    """Read a number, and refuse those that a float cannot hold."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is out of range")
    return number


def too_deep(value: Any, left: int = DEEPEST) -> bool:
    """Tell whether objects and arrays are nested more than `left` deep."""
    if not isinstance(value, dict | list):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return left == 0 or any(too_deep(part, left - 1) for part in parts)


async def read_json(request: Request) -> Any:
    """Read the body as JSON, or refuse the request with 400."""
    try:
        body = json.loads(await request.body(), parse_float=finite, parse_constant=finite)
    except (ValueError, RecursionError):
        raise HTTPException(400, "The body is not JSON that can be read.") from None
    if too_deep(body):
        raise HTTPException(400, f"The body is nested more than {DEEPEST} deep.")
    return body


def find_problem(body: Any, required: set[str], optional: frozenset[str] = frozenset()) -> str | None:
    """Say what is wrong with a body, or None."""
    if not isinstance(body, dict):
        return "The body must be an object."
    if missing := required - body.keys():
        return f"Missing: {', '.join(sorted(missing))}."
    if unknown := body.keys() - required - optional:
        return f"Unknown: {', '.join(sorted(unknown))}."
    for key, value in body.items():
        if key == "labels":
            if not isinstance(value, dict):
                return "labels must be an object."
        elif not isinstance(value, str) or not 1 <= len(value) <= LONGEST[key]:
            return f"{key} must be a string of 1 to {LONGEST[key]} characters."
    return None


def unchecked(body: Any) -> dict[str, Any]:
    """Take any body for that of create: what the fault accepts-invalid does in place of checking."""
    given = body if isinstance(body, dict) else {}
    taken: dict[str, Any] = {"owner": str(given.get("owner", "")), "labels": given.get("labels", {})}
    if "thread_id" in given:
        taken["thread_id"] = str(given["thread_id"])
    return taken


class Handlers:
    """The operations of the API, one method each."""

    def __init__(self, store: Store) -> None:
        """Serve that store."""
        self.store = store
        self.wrong = store.wrong

    def invalid(self, problem: str) -> Response:
        """Answer that the body violates the spec."""
        return error(400, "invalid_body", problem)

    def missing(self) -> Response:
        """Answer that the owner has no such thread."""
        if self.wrong("html-on-missing"):
            return HTMLResponse("<html><body><h1>Not Found</h1></body></html>", 404)
        return error(404, "thread_not_found", "This owner has no such thread.")

    async def create(self, request: Request) -> Response:
        """Create a thread."""
        body = await read_json(request)
        if self.wrong("accepts-invalid"):
            body = unchecked(body)
        elif problem := find_problem(body, {"owner"}, frozenset({"thread_id", "labels"})):
            return self.invalid(problem)
        owner, thread_id, labels = body["owner"], body.get("thread_id"), body.get("labels", {})
        if self.wrong("chosen-id-ignored"):
            thread_id = None
        self.store.creates[owner] += 1
        if self.wrong("second-create-fails") and self.store.creates[owner] % 2 == 0:
            return error(500, "internal", "Something went wrong.")
        if thread_id is not None and self.store.taken(owner, thread_id):
            original = self.store.find(owner, thread_id)
            if self.wrong("duplicate-create-wipes") and original is not None:
                original.labels, original.messages = {}, []
            if not self.wrong("duplicate-create-accepted"):
                return error(409, "thread_exists", "This owner already has a thread with that id.")
        thread = self.store.add(owner, thread_id, labels)
        answer = thread.show()
        if self.wrong("labels-echoed-not-stored"):
            thread.labels = {}
        return Json({"thread": answer}, 201)

    async def get(self, request: Request) -> Response:
        """Give a thread."""
        body = await read_json(request)
        if problem := find_problem(body, {"owner", "thread_id"}):
            return self.invalid(problem)
        owner, thread_id = body["owner"], body["thread_id"]
        thread = self.store.find(owner, thread_id, deleted_too=self.wrong("deleted-still-readable"))
        if thread is None and self.wrong("get-ignores-owner"):
            thread = next(iter(self.store.with_id(thread_id)), None)
        if thread is None:
            return self.missing()
        answer = thread.show()
        if self.wrong("missing-field"):
            del answer["updated_at"]
        if self.wrong("read-changes-labels"):
            reads = thread.labels.get("reads")
            thread.labels = {**thread.labels, "reads": reads + 1 if isinstance(reads, int) else 1}
        return Json({"thread": answer}, 203 if self.wrong("undocumented-status") else 200)

    async def list(self, request: Request) -> Response:
        """Give the threads of an owner, newest first."""
        body = await read_json(request)
        if problem := find_problem(body, {"owner"}):
            return self.invalid(problem)
        threads = self.store.newest_first(body["owner"])
        answers = [thread.show() for thread in threads]
        if self.wrong("list-label-stale"):
            answers = [{**thread.show(), "labels": thread.first_labels} for thread in threads]
        return Json({"threads": answers}, headers={"X-Total-Count": str(len(answers))})

    async def say(self, request: Request) -> Response:
        """Say something in a thread and give the agent's reply."""
        body = await read_json(request)
        if problem := find_problem(body, {"owner", "thread_id", "text"}):
            if self.wrong("failed-run-is-kept"):
                refused = self.store.addressed(body)
                if refused is not None:
                    text = body.get("text")
                    refused.messages.append(new_message("user", text if isinstance(text, str) else ""))
            return self.invalid(problem)
        owner, thread_id, text = body["owner"], body["thread_id"], body["text"]
        thread = self.store.find(owner, thread_id, deleted_too=self.wrong("deleted-accepts-runs"))
        if thread is None:
            if self.wrong("run-without-thread"):
                return Json({"messages": [new_message("agent", reply_text([], text))]})
            if self.wrong("refused-run-creates-thread"):
                self.store.add(owner, thread_id, {})
            return self.missing()
        return Json({"messages": [self.store.say(thread, text)]})

    async def messages(self, request: Request) -> Response:
        """Give the messages of a thread, oldest first."""
        body = await read_json(request)
        if problem := find_problem(body, {"owner", "thread_id"}):
            return self.invalid(problem)
        readable = self.wrong("deleted-still-readable")
        thread = self.store.find(body["owner"], body["thread_id"], deleted_too=readable)
        if thread is None:
            return self.missing()
        return Json({"messages": thread.messages})

    async def label(self, request: Request) -> Response:
        """Merge labels into those of a thread."""
        body = await read_json(request)
        if problem := find_problem(body, {"owner", "thread_id", "labels"}):
            if self.wrong("label-applied-though-refused"):
                refused = self.store.addressed(body)
                if refused is not None and isinstance(body.get("labels"), dict):
                    self.store.label(refused, body["labels"])
            return self.invalid(problem)
        owner, thread_id, labels = body["owner"], body["thread_id"], body["labels"]
        thread = self.store.find(owner, thread_id)
        if thread is None:
            if self.wrong("label-creates-missing"):
                self.store.add(owner, thread_id, labels)
            return self.missing()
        if self.wrong("crash-on-empty-labels") and not labels:
            return error(500, "internal", "Something went wrong.")
        self.store.label(thread, labels)
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        """Delete a thread."""
        body = await read_json(request)
        if problem := find_problem(body, {"owner", "thread_id"}):
            return self.invalid(problem)
        if not self.store.delete(body["owner"], body["thread_id"]):
            return self.missing()
        return Response(status_code=204)


async def refuse(_request: Request, problem: Exception) -> Response:
    """Answer unreadable bodies, unknown paths and wrong methods."""
    assert isinstance(problem, HTTPException)
    codes = {400: "invalid_json", 404: "unknown_path", 405: "wrong_method"}
    code = codes.get(problem.status_code, "refused")
    return error(problem.status_code, code, problem.detail, problem.headers)


def create_app(fault: str | None = None) -> Starlette:
    """Build an app with a store of its own and at most one fault."""
    if fault is not None and fault not in FAULTS:
        raise ValueError(f"unknown fault {fault!r}; known are: {', '.join(FAULTS)}")
    handlers = Handlers(Store(fault))
    routes = [
        Route("/threads.create", handlers.create, methods=["POST"]),
        Route("/threads.get", handlers.get, methods=["POST"]),
        Route("/threads.list", handlers.list, methods=["POST"]),
        Route("/threads.say", handlers.say, methods=["POST"]),
        Route("/threads.messages", handlers.messages, methods=["POST"]),
        Route("/threads.label", handlers.label, methods=["POST"]),
        Route("/threads.delete", handlers.delete, methods=["POST"]),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: refuse})
    app.router.redirect_slashes = False
    return app


app = create_app(os.environ.get("THREADS_FAULT"))
