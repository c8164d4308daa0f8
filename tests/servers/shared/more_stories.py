"""Stories of what only some shapes have: chosen ids, pages, filters, statuses and keys."""

from __future__ import annotations

from typing import Any

from .client import Client
from .stories import ADA, BOB, story, three_threads


def create_again(api: Client) -> Any:
    """Create a thread that is already there."""
    api.create(ADA, "t1", a=1)
    api.say(ADA, "t1")
    return api.create(ADA, "t1", b=2), api.labels(ADA, "t1"), len(api.texts(ADA, "t1"))


story("duplicate-create-wipes", right=("exists", {"a": 1}, 2), wrong=("exists", {}, 0))(create_again)
story("duplicate-create-accepted", right=("exists", {"a": 1}, 2), wrong=("done", {"b": 2}, 0))(create_again)


@story("ids-shared-across-owners", right=["done", "done", "exists"], wrong=["done", "exists", "exists"])
def _(api: Client) -> Any:
    return [api.create(owner, "t1") for owner in (ADA, BOB, ADA)]


@story("chosen-id-ignored", right=(True, "done"), wrong=(False, "missing"))
def _(api: Client) -> Any:
    answer = api.call("create", owner=ADA, thread_id="t1")
    return api.threads(answer)[0]["thread_id"] == "t1", api.get(ADA, "t1")


FIVE = ["1st", "2nd", "3rd", "4th", "5th"]


def paged(api: Client, limit: int = 2) -> list[list[int]]:
    """Create five threads, and give for each page the places that its threads have in a right list."""
    for name in FIVE:
        api.create(ADA, name)
    order = FIVE[::-1] if api.newest_first else FIVE
    return [[order.index(name) for name in page] for page in api.pages(ADA, limit, most=4)]


def walk(api: Client) -> list[int]:
    """Give the places of the threads on all pages."""
    return [each for page in paged(api) for each in page]


story("page-skips-one", right=[0, 1, 2, 3, 4], wrong=[0, 1, 3, 4])(walk)
story("page-repeats-one", right=[0, 1, 2, 3, 4], wrong=[0, 1, 1, 2, 3, 4])(walk)
story("cursor-restarts", right=[0, 1, 2, 3, 4], wrong=[0, 1] * 4)(walk)


@story("list-order-reversed", right=([0, 1], [2, 3], [4]), wrong=([4, 3], [2, 1], [0]))
def _(api: Client) -> Any:
    return tuple(paged(api))


@story("limit-ignored", right=[0, 1], wrong=[0, 1, 2, 3, 4])
def _(api: Client) -> Any:
    return paged(api)[0]


def two_moved(api: Client) -> Any:
    """Give the two newest of three threads the second status, and list by status."""
    three_threads(api)
    initial, second, _ = api.statuses
    api.move(ADA, "middle", second)
    api.move(ADA, "new", second)
    return api.names(ADA, status=initial), api.names(ADA, status=second), api.names(ADA)


EVERY = ["old", "middle", "new"]

story("filter-ignored", right=(["old"], EVERY[1:], EVERY), wrong=(EVERY, EVERY, EVERY))(two_moved)
story("filter-misses-one", right=(["old"], EVERY[1:], EVERY), wrong=([], ["middle"], EVERY))(two_moved)


@story("transition-not-stored", right=(True, True), wrong=(True, False))
def _(api: Client) -> Any:
    api.create(ADA, "t1")
    second = api.statuses[1]
    answer = api.call("move", owner=ADA, thread_id="t1", status=second)
    return api.threads(answer)[0]["status"] == second, api.shown(ADA, "t1")["status"] == second


def move_back(api: Client) -> Any:
    """Try to leave the last status, and to enter the initial one anew; tell the places of the statuses."""
    initial, second, last = api.statuses
    api.create(ADA, "t1")
    api.create(ADA, "t2")
    outcomes = [api.move(ADA, "t1", status) for status in (second, last, second)]
    outcomes += [api.move(ADA, "t2", initial)]
    return outcomes, [api.statuses.index(api.shown(ADA, name)["status"]) for name in ("t1", "t2")]


REFUSED = ["done", "done", "forbidden", "forbidden"]

story("forbidden-transition-accepted", right=(REFUSED, [2, 0]), wrong=(["done"] * 4, [1, 0]))(move_back)
story("refused-transition-applied", right=(REFUSED, [2, 0]), wrong=(REFUSED, [1, 0]))(move_back)


@story("closed-thread-accepts-messages", right=(["done", "done", "ended"], 4), wrong=(["done"] * 3, 6))
def _(api: Client) -> Any:
    api.create(ADA, "t1")
    outcomes = [api.say(ADA, "t1")]
    for status in api.statuses[1:]:
        api.move(ADA, "t1", status)
        outcomes.append(api.say(ADA, "t1"))
    return outcomes, len(api.texts(ADA, "t1"))


@story("transition-clears-labels", right=("done", {"a": 1}, 2), wrong=("done", {}, 2))
def _(api: Client) -> Any:
    api.create(ADA, "t1", a=1)
    api.say(ADA, "t1")
    return api.move(ADA, "t1", api.statuses[1]), api.labels(ADA, "t1"), len(api.texts(ADA, "t1"))


def knock(api: Client, key: str | None) -> tuple[set[str], set[str]]:
    """Read and write with that key, and say what came of it: of the reads, and of the writes."""
    name = f"for-{key}"
    api.create(ADA, name)
    with api.using(key):
        reads = {api.get(ADA, name), api.do("messages", owner=ADA, thread_id=name), api.do("list", owner=ADA)}
        writes = {api.say(ADA, name), api.label(ADA, name, a=1), api.move(ADA, name, api.statuses[1])}
        writes |= {api.create(ADA, f"by-{key}"), api.delete(ADA, name)}
    return reads, writes


def two_keys(api: Client) -> Any:
    """Use no key, then a wrong one; then tell whether the threads are there, and how many there are."""
    outcomes = knock(api, None), knock(api, "wrong")
    return outcomes, [api.get(ADA, f"for-{key}") for key in (None, "wrong")], len(api.names(ADA))


SHUT, OPEN = {"unauthorized"}, {"done"}
ALL_SHUT = (((SHUT, SHUT), (SHUT, SHUT)), ["done", "done"], 2)
READS_OPEN = (((OPEN, SHUT), (OPEN, SHUT)), ["done", "done"], 2)
WRITES_OPEN = (((SHUT, OPEN), (SHUT, OPEN)), ["missing", "missing"], 2)

story("key-not-checked-on-read", right=ALL_SHUT, wrong=READS_OPEN)(two_keys)
story("key-not-checked-on-write", right=ALL_SHUT, wrong=WRITES_OPEN)(two_keys)
story("wrong-key-write-applied-then-refused", right=ALL_SHUT, wrong=(ALL_SHUT[0], ["done", "missing"], 2))(two_keys)
