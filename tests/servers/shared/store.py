"""The threads that an API keeps, in memory."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Message = dict[str, str]
Key = tuple[str, str]


class Clock:
    """Tells the time, and never the same time twice."""

    def __init__(self) -> None:
        """Begin long ago."""
        self.last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> str:
        """Give the present time as an RFC 3339 date-time."""
        self.last = max(datetime.now(UTC), self.last + timedelta(microseconds=1))
        return self.last.isoformat(timespec="microseconds")


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
    status: str | None
    created_at: str
    updated_at: str = ""
    first_labels: Any = None
    messages: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        """A new thread was last updated when it was created."""
        self.updated_at = self.created_at
        self.first_labels = self.labels

    def show(self) -> dict[str, Any]:
        """Give the thread as it is answered, without a status if it has none."""
        shown = {"thread_id": self.thread_id, "owner": self.owner, "labels": self.labels}
        if self.status is not None:
            shown["status"] = self.status
        return {**shown, "created_at": self.created_at, "updated_at": self.updated_at}


class Store:
    """All threads by owner and id, and the deleted ones, which only some faults look at."""

    def __init__(self, fault: str | None, status: str | None, new_id: Callable[[], str]) -> None:
        """Start empty; new threads have that status, and an id of that kind if none is given."""
        self.fault = fault
        self.status = status
        self.new_id = new_id
        self.clock = Clock()
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
            thread_id = self.new_id()
        self.made += 1
        thread = Thread(self.made, owner, thread_id, labels, self.status, self.clock.now())
        self.threads[owner, thread_id] = thread
        self.deleted.pop((owner, thread_id), None)
        return thread

    def listed(self, owner: str) -> list[Thread]:
        """Give the threads that list shows, oldest first."""
        threads = self.of(owner)
        if self.wrong("list-shows-everyone"):
            threads = list(self.threads.values())
        if self.wrong("deleted-still-listed"):
            threads += [thread for thread in self.deleted.values() if thread.owner == owner]
        threads.sort(key=lambda thread: thread.number)
        if self.wrong("list-omits-newest"):
            threads = threads[:-1]
        if self.wrong("list-omits-oldest-when-many") and len(threads) > 3:
            threads = threads[1:]
        return threads

    def message(self, author: str, text: str) -> Message:
        """Make a message with an id of its own."""
        return {"message_id": f"msg_{uuid.uuid4().hex}", "author": author, "text": text, "at": self.clock.now()}

    def say(self, thread: Thread, text: str) -> list[Message]:
        """Append the user's message and the agent's reply, and give both."""
        if self.wrong("say-goes-to-first-thread"):
            thread = self.of(thread.owner)[0]
        earlier = [message["text"] for message in thread.messages if message["author"] == "user"]
        said = self.message("user", text)
        reply = self.message("agent", reply_text(earlier, text))
        if self.wrong("say-appends-nothing"):
            return [said, reply]
        if self.wrong("say-replaces-history"):
            thread.messages = []
        kept = reply
        if self.wrong("reply-not-in-history"):
            kept = self.message("agent", f"{reply['text']} (as kept)")
        thread.messages += [said, kept]
        if self.wrong("say-drops-oldest"):
            thread.messages = thread.messages[-4:]
        thread.updated_at = self.clock.now()
        return [said, reply]

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
            target.updated_at = self.clock.now()
            if self.wrong("label-clears-messages"):
                target.messages = []

    def move(self, thread: Thread, status: str) -> None:
        """Give the thread another status."""
        thread.status = status
        thread.updated_at = self.clock.now()
        if self.wrong("transition-clears-labels"):
            thread.labels = {}

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
