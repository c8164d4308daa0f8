"""A client that speaks to every shape in the same words, so that a story is told only once."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx
from starlette.applications import Starlette

KEY = "the-right-key"


@dataclass(frozen=True)
class Place:
    """Where a request goes, and what it carries."""

    method: str
    path: str
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None


class Client(ABC):
    """A client of a fresh app; threads go by names, whatever their ids."""

    chooses_ids: ClassVar[bool] = True
    newest_first: ClassVar[bool] = True
    statuses: ClassVar[tuple[str, ...]] = ()
    """A status of new threads, one that may follow it, and one that may follow that and is the last."""

    def __init__(self, fault: str | None = None) -> None:
        """Build the app with that fault."""
        self.app = self.build(fault)
        self.key: str | None = KEY
        self.ids_by_name: dict[str, str] = {}
        self.answers: list[httpx.Response] = []

    @abstractmethod
    def build(self, fault: str | None) -> Starlette:
        """Build the app."""

    @abstractmethod
    def place(self, operation: str, given: dict[str, Any]) -> Place:
        """Put the arguments of an operation where this shape has them."""

    @abstractmethod
    def refused(self, answer: httpx.Response) -> str | None:
        """Give the kind of a refusal, or None."""

    @abstractmethod
    def made_up_id(self) -> str:
        """Give an id that no thread has."""

    def headers(self) -> dict[str, str]:
        """Give the headers that carry the key."""
        return {}

    def threads(self, answer: httpx.Response) -> list[dict[str, Any]]:
        """Give the threads of an answer, in the words of the core."""
        body = answer.json()
        threads: list[dict[str, Any]] = body["threads"] if "threads" in body else [body["thread"]]
        return threads

    def messages(self, answer: httpx.Response) -> list[dict[str, Any]]:
        """Give the messages of an answer, in the words of the core."""
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages

    def following(self, answer: httpx.Response, given: dict[str, Any]) -> dict[str, Any] | None:
        """Give what to ask for the page after this one, or None."""
        raise NotImplementedError

    def send(self, place: Place) -> httpx.Response:
        """Send any request; a body of bytes is sent as it is."""

        async def send() -> httpx.Response:
            """Send it without a network."""
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://threads") as client:
                content = place.body if isinstance(place.body, bytes) else json.dumps(place.body).encode()
                return await client.request(
                    place.method,
                    place.path,
                    params=place.query or None,
                    content=None if place.body is None else content,
                    headers=self.headers() | ({} if place.body is None else {"Content-Type": "application/json"}),
                )

        answer = asyncio.run(send())
        self.answers.append(answer)
        return answer

    def outcome(self, answer: httpx.Response) -> str:
        """Say in one word what came of a request."""
        if answer.headers.get("content-type", "").startswith("text/html"):
            return "html"
        if answer.status_code in (203, 500):
            return str(answer.status_code)
        return self.refused(answer) or "done"

    def id_of(self, name: str) -> str:
        """Give the id of the thread of that name, which may not be there."""
        return name if self.chooses_ids else self.ids_by_name.setdefault(name, self.made_up_id())

    def name_of(self, thread: dict[str, Any]) -> str:
        """Give the name of a thread that was answered."""
        found = thread["thread_id"]
        return next((name for name, each in self.ids_by_name.items() if each == found), found)

    def call(self, operation: str, **given: Any) -> httpx.Response:
        """Call an operation; the thread_id is a name."""
        name = given.pop("thread_id", None)
        creates = operation == "create"
        if name is not None and (self.chooses_ids or not creates):
            given["thread_id"] = self.id_of(name)
        answer = self.send(self.place(operation, given))
        if creates and name is not None and not self.chooses_ids and self.outcome(answer) == "done":
            self.ids_by_name[name] = self.threads(answer)[0]["thread_id"]
        return answer

    def do(self, operation: str, **given: Any) -> str:
        """Call an operation and say what came of it."""
        return self.outcome(self.call(operation, **given))

    def create(self, owner: str, name: str, **labels: Any) -> str:
        """Create a thread with these labels."""
        return self.do("create", owner=owner, thread_id=name, labels=labels)

    def get(self, owner: str, name: str) -> str:
        """Read a thread."""
        return self.do("get", owner=owner, thread_id=name)

    def say(self, owner: str, name: str, text: str = "hello") -> str:
        """Say something."""
        return self.do("say", owner=owner, thread_id=name, text=text)

    def label(self, owner: str, name: str, **labels: Any) -> str:
        """Label a thread."""
        return self.do("label", owner=owner, thread_id=name, labels=labels)

    def move(self, owner: str, name: str, status: str) -> str:
        """Give a thread another status."""
        return self.do("move", owner=owner, thread_id=name, status=status)

    def delete(self, owner: str, name: str) -> str:
        """Delete a thread."""
        return self.do("delete", owner=owner, thread_id=name)

    def shown(self, owner: str, name: str) -> dict[str, Any]:
        """Give a thread as get shows it."""
        return self.threads(self.call("get", owner=owner, thread_id=name))[0]

    def labels(self, owner: str, name: str) -> Any:
        """Give the labels of a thread as get shows them."""
        return self.shown(owner, name)["labels"]

    def texts(self, owner: str, name: str) -> list[str]:
        """Give the texts of the messages of a thread."""
        return [each["text"] for each in self.messages(self.call("messages", owner=owner, thread_id=name))]

    def listed(self, owner: str, **given: Any) -> list[dict[str, Any]]:
        """Give the threads that list shows; put oldest first if the shape sorts as it says."""
        threads = self.threads(self.call("list", owner=owner, **given))
        return threads[::-1] if self.newest_first else threads

    def names(self, owner: str, **given: Any) -> list[str]:
        """Give the names of the threads that list shows."""
        return [self.name_of(thread) for thread in self.listed(owner, **given)]

    def pages(self, owner: str, limit: int, most: int = 6) -> list[list[str]]:
        """Walk through the list, and give the names on each page, in the order of the answers."""
        asked: dict[str, Any] | None = {"owner": owner, "limit": limit}
        pages: list[list[str]] = []
        while asked is not None and len(pages) < most:
            answer = self.call("list", **asked)
            pages.append([self.name_of(thread) for thread in self.threads(answer)])
            asked = self.following(answer, asked)
        return pages

    @contextmanager
    def using(self, key: str | None) -> Iterator[None]:
        """Use another key, or none."""
        self.key, kept = key, self.key
        try:
            yield
        finally:
            self.key = kept
