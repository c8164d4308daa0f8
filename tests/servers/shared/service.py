"""What a threads API does, whatever its shape: plain arguments in, plain data out, or a refusal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .store import Message, Store, Thread, reply_text

Shown = dict[str, Any]


class RefusedError(Exception):
    """The API does not do it: `kind` says why, `message` says it to people."""

    def __init__(self, kind: str, message: str) -> None:
        """Of the kinds unreadable, invalid, missing, exists, ended, forbidden, unauthorized and broken."""
        super().__init__(message)
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Lifecycle:
    """Which statuses threads have, the initial one first; what may follow each; in which they take no messages."""

    transitions: Mapping[str, tuple[str, ...]]
    ended: frozenset[str]

    @property
    def initial(self) -> str:
        """The status of a new thread."""
        return next(iter(self.transitions))


@dataclass(frozen=True)
class Page:
    """A part of a list: `last` is the number after which the next part begins, if there is one."""

    threads: list[Shown]
    total: int
    last: int | None


def prefixed_id() -> str:
    """Make up an id that tells what it is of."""
    return f"thr_{uuid.uuid4().hex}"


@dataclass
class Service:
    """The operations; without `page` lists come whole, without `lifecycle` threads have no status."""

    fault: str | None
    newest_first: bool = True
    page: int | None = None
    lifecycle: Lifecycle | None = None
    new_id: Callable[[], str] = prefixed_id
    key: str | None = None
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        """Start with an empty store."""
        status = None if self.lifecycle is None else self.lifecycle.initial
        self.store = Store(self.fault, status, self.new_id)
        self.wrong = self.store.wrong

    def admits(self, given: str | None, writes: bool) -> bool:
        """Tell whether that key opens the door."""
        if self.key is None or given == self.key:
            return True
        return self.wrong("key-not-checked-on-write") if writes else self.wrong("key-not-checked-on-read")

    def existing(self, owner: str, thread_id: str, deleted_too: bool = False) -> Thread:
        """Find a thread, or refuse."""
        thread = self.store.find(owner, thread_id, deleted_too)
        if thread is None:
            raise RefusedError("missing", "This owner has no such thread.")
        return thread

    def turn_down(self, operation: str, given: Mapping[str, Any]) -> None:
        """Do what only some faults do with a request that is going to be refused as invalid."""
        owner, thread_id = given.get("owner"), given.get("thread_id")
        if not isinstance(owner, str) or not isinstance(thread_id, str):
            return
        thread, text, labels = self.store.find(owner, thread_id), given.get("text"), given.get("labels")
        if thread is None:
            return
        if operation == "say" and self.wrong("failed-run-is-kept"):
            thread.messages.append(self.store.message("user", text if isinstance(text, str) else ""))
        if operation == "label" and isinstance(labels, dict) and self.wrong("label-applied-though-refused"):
            self.store.label(thread, labels)

    def create(self, owner: str, thread_id: str | None = None, labels: Any = None) -> Shown:
        """Create a thread, with the id that is given or a made-up one."""
        if self.wrong("chosen-id-ignored"):
            thread_id = None
        self.store.creates[owner] += 1
        if self.wrong("second-create-fails") and self.store.creates[owner] % 2 == 0:
            raise RefusedError("broken", "Something went wrong.")
        if thread_id is not None and self.store.taken(owner, thread_id):
            original = self.store.find(owner, thread_id)
            if self.wrong("duplicate-create-wipes") and original is not None:
                original.labels, original.messages = {}, []
            if not self.wrong("duplicate-create-accepted"):
                raise RefusedError("exists", "This owner already has a thread with that id.")
        thread = self.store.add(owner, thread_id, {} if labels is None else labels)
        answer = thread.show()
        if self.wrong("labels-echoed-not-stored"):
            thread.labels = {}
        return answer

    def get(self, owner: str, thread_id: str) -> Shown:
        """Give a thread."""
        if self.wrong("get-ignores-owner") and self.store.find(owner, thread_id) is None:
            owner = next((thread.owner for thread in self.store.with_id(thread_id)), owner)
        thread = self.existing(owner, thread_id, deleted_too=self.wrong("deleted-still-readable"))
        answer = thread.show()
        if self.wrong("missing-field"):
            del answer["updated_at"]
        if self.wrong("read-changes-labels"):
            reads = thread.labels.get("reads")
            thread.labels = {**thread.labels, "reads": reads + 1 if isinstance(reads, int) else 1}
        return answer

    def browse(
        self,
        owner: str,
        limit: int | None = None,
        offset: int = 0,
        after: int | None = None,
        status: str | None = None,
    ) -> Page:
        """Give a page of the threads of an owner: from an offset on, or after the thread of a number."""
        threads = self.store.listed(owner)
        if status is not None and not self.wrong("filter-ignored"):
            threads = [thread for thread in threads if thread.status == status]
            if self.wrong("filter-misses-one"):
                threads = threads[:-1]
        newest_first = self.newest_first != self.wrong("list-order-reversed")
        if newest_first:
            threads.reverse()
        if after is not None:
            offset = sum((thread.number >= after) if newest_first else (thread.number <= after) for thread in threads)
        size = self.page if limit is None or self.wrong("limit-ignored") else limit
        size = len(threads) if size is None else size
        begin = self.begin(offset)
        shown = [self.in_list(thread) for thread in threads[begin : begin + size]]
        more = begin + size < len(threads)
        return Page(shown, len(threads), threads[min(offset + size, len(threads)) - 1].number if more else None)

    def begin(self, offset: int) -> int:
        """Give the place of the first thread of the page that should begin at the offset."""
        if not offset or self.wrong("cursor-restarts"):
            return 0
        return offset + self.wrong("page-skips-one") - self.wrong("page-repeats-one")

    def in_list(self, thread: Thread) -> Shown:
        """Give a thread as list shows it."""
        if self.wrong("list-label-stale"):
            return {**thread.show(), "labels": thread.first_labels}
        return thread.show()

    def say(self, owner: str, thread_id: str, text: str) -> list[Message]:
        """Say something in a thread: gives the user's message and the agent's reply."""
        try:
            thread = self.existing(owner, thread_id, deleted_too=self.wrong("deleted-accepts-runs"))
        except RefusedError:
            if self.wrong("run-without-thread"):
                return [self.store.message("user", text), self.store.message("agent", reply_text([], text))]
            if self.wrong("refused-run-creates-thread"):
                self.store.add(owner, thread_id, {})
            raise
        over = self.lifecycle is not None and thread.status in self.lifecycle.ended
        if over and not self.wrong("closed-thread-accepts-messages"):
            raise RefusedError("ended", f"The thread is {thread.status} and takes no more messages.")
        return self.store.say(thread, text)

    def messages(self, owner: str, thread_id: str) -> list[Message]:
        """Give the messages of a thread, oldest first."""
        return self.existing(owner, thread_id, deleted_too=self.wrong("deleted-still-readable")).messages

    def label(self, owner: str, thread_id: str, labels: dict[str, Any]) -> Shown:
        """Merge labels into those of a thread."""
        try:
            thread = self.existing(owner, thread_id)
        except RefusedError:
            if self.wrong("label-creates-missing"):
                self.store.add(owner, thread_id, labels)
            raise
        if self.wrong("crash-on-empty-labels") and not labels:
            raise RefusedError("broken", "Something went wrong.")
        self.store.label(thread, labels)
        return thread.show()

    def move(self, owner: str, thread_id: str, status: str) -> Shown:
        """Give a thread another status, if that may follow the present one."""
        assert self.lifecycle is not None
        thread = self.existing(owner, thread_id)
        allowed = status in self.lifecycle.transitions[str(thread.status)]
        if not allowed and not self.wrong("forbidden-transition-accepted"):
            message = f"A thread that is {thread.status} cannot become {status}."
            if self.wrong("refused-transition-applied"):
                self.store.move(thread, status)
            raise RefusedError("forbidden", message)
        if self.wrong("transition-not-stored"):
            return {**thread.show(), "status": status}
        self.store.move(thread, status)
        return thread.show()

    def delete(self, owner: str, thread_id: str) -> None:
        """Delete a thread."""
        if not self.store.delete(owner, thread_id):
            raise RefusedError("missing", "This owner has no such thread.")
