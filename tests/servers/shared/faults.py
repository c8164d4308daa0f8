"""The ways in which a threads API can be wrong: one at a time, whatever its shape."""

from __future__ import annotations

CHOSEN_IDS: dict[str, str] = {
    "duplicate-create-wipes": "a duplicate create is refused but empties the original",
    "duplicate-create-accepted": "a duplicate create is accepted and replaces the original",
    "ids-shared-across-owners": "create is refused when another owner has that thread id",
    "chosen-id-ignored": "create makes up an id though one was given",
}
"""Faults of APIs whose callers can choose the id of a thread."""

BASIC: dict[str, str] = {
    "run-without-thread": "say on a missing thread is answered with a reply and stores nothing",
    "refused-run-creates-thread": "say on a missing thread is refused but creates the thread",
    "failed-run-is-kept": "say with an invalid body is refused but appends a user message",
    "labels-echoed-not-stored": "create echoes the labels and stores none",
    "delete-does-nothing": "delete is accepted and the thread is kept",
    "deleted-still-listed": "list shows deleted threads",
    "deleted-still-readable": "get and messages still find deleted threads",
    "deleted-accepts-runs": "say on a deleted thread is answered with a reply",
    "say-replaces-history": "say keeps only the newest message and its reply",
    "say-appends-nothing": "say answers a reply and stores neither message",
    "say-drops-oldest": "say keeps only the last 4 messages of the thread",
    "reply-not-in-history": "the stored reply has another id and text than the answered one",
    "label-lost": "label is accepted and stores nothing",
    "label-replaces": "label replaces all labels in place of merging",
    "label-to-latest-thread": "label goes to the latest thread of that owner",
    "label-to-first-thread": "label goes to the first thread of that owner",
    "label-to-all-threads-of-owner": "label goes to every thread of that owner",
    "label-creates-missing": "label on a missing thread is refused but creates it",
    "label-applied-though-refused": "label with an extra key is refused but the labels are applied",
    "label-clears-messages": "label removes the messages of the thread",
    "say-goes-to-first-thread": "say goes to the first thread of that owner",
    "list-omits-newest": "list leaves out the newest thread",
    "list-omits-oldest-when-many": "list leaves out the oldest thread when there are more than 3",
    "list-shows-everyone": "list shows the threads of all owners",
    "get-ignores-owner": "get finds a thread by its id under any owner",
    "delete-ignores-owner": "delete removes the thread with that id under every owner",
    "delete-removes-all-of-owner": "delete removes every thread of that owner",
    "second-create-fails": "every second create by an owner answers 500",
    "undocumented-status": "get answers 203",
    "missing-field": "get leaves out updated_at",
    "accepts-invalid": "create checks nothing and stores what it is given",
    "read-changes-labels": "each get counts up a label 'reads' after answering",
    "list-label-stale": "list shows the labels as they were at creation",
    "crash-on-empty-labels": "label with {} answers 500",
    "html-on-missing": "a missing thread is answered with an HTML body",
}

PAGING: dict[str, str] = {
    "page-skips-one": "every page of list but the first begins one thread too late",
    "page-repeats-one": "every page of list but the first begins with the last thread of the page before",
    "cursor-restarts": "every page of list is the first one",
    "list-order-reversed": "list is sorted the other way round",
    "limit-ignored": "list gives pages of the usual size, whatever limit was given",
}
"""Faults of APIs that give their lists in pages."""

FILTERS: dict[str, str] = {
    "filter-ignored": "list shows threads of every status, whatever status was asked for",
    "filter-misses-one": "list leaves out the newest thread that has the status that was asked for",
}
"""Faults of APIs whose lists can be filtered."""

TRANSITIONS: dict[str, str] = {
    "transition-not-stored": "a transition is answered with the new status and stores nothing",
    "forbidden-transition-accepted": "every transition is accepted, from any status to any other",
    "refused-transition-applied": "a transition that is not allowed is refused but stored",
    "closed-thread-accepts-messages": "say is accepted in a thread that has ended",
    "transition-clears-labels": "a transition removes the labels of the thread",
}
"""Faults of APIs whose threads have a status."""

CREDENTIALS: dict[str, str] = {
    "key-not-checked-on-read": "get, list and messages are answered whatever the key",
    "key-not-checked-on-write": "create, say, label, delete and transitions are done whatever the key",
    "wrong-key-write-applied-then-refused": "a write with a wrong key is refused but done",
}
"""Faults of APIs that ask for a key."""

FAULTS: dict[str, str] = {**BASIC, **CHOSEN_IDS, **PAGING, **FILTERS, **TRANSITIONS, **CREDENTIALS}


def known(fault: str | None, faults: dict[str, str]) -> str | None:
    """Give the fault, or say which faults there are."""
    if fault is not None and fault not in faults:
        raise ValueError(f"unknown fault {fault!r}; known are: {', '.join(faults)}")
    return fault
