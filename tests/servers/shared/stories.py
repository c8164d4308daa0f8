"""Stories of which each has one end when the API is right, and another under the fault of that name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .client import Client

ADA, BOB = "ada", "bob"

Story = Callable[[Client], Any]
STORIES: dict[str, tuple[Story, Any, Any]] = {}


def story(fault: str, *, right: Any, wrong: Any) -> Callable[[Story], Story]:
    """Say how a story ends with a right server, and how under the fault of that name."""

    def keep(told: Story) -> Story:
        """Keep the story."""
        STORIES[fault] = (told, right, wrong)
        return told

    return keep


def three_threads(api: Client) -> None:
    """Create the threads old, middle and new of Ada."""
    for name in ("old", "middle", "new"):
        api.create(ADA, name)


@story("run-without-thread", right=("missing", []), wrong=("done", []))
def _(api: Client) -> Any:
    return api.say(ADA, "t1"), api.names(ADA)


@story("refused-run-creates-thread", right=("missing", []), wrong=("missing", ["t1"]))
def _(api: Client) -> Any:
    return api.say(ADA, "t1"), api.names(ADA)


@story("failed-run-is-kept", right=(["invalid"] * 4, []), wrong=(["invalid"] * 4, ["kept", "", "", ""]))
def _(api: Client) -> Any:
    api.create(ADA, "t1")
    bodies: list[dict[str, Any]] = [{"text": "kept", "extra": 1}, {"text": ""}, {"text": 7}, {}]
    return [api.do("say", owner=ADA, thread_id="t1", **body) for body in bodies], api.texts(ADA, "t1")


@story("labels-echoed-not-stored", right=({"a": 1}, {"a": 1}), wrong=({"a": 1}, {}))
def _(api: Client) -> Any:
    answer = api.call("create", owner=ADA, thread_id="t1", labels={"a": 1})
    return api.threads(answer)[0]["labels"], api.labels(ADA, "t1")


@story("delete-does-nothing", right=("done", "missing", []), wrong=("done", "done", ["t1"]))
def _(api: Client) -> Any:
    api.create(ADA, "t1")
    return api.delete(ADA, "t1"), api.get(ADA, "t1"), api.names(ADA)


@story("deleted-still-listed", right=("missing", ["t2"]), wrong=("missing", ["t1", "t2"]))
def _(api: Client) -> Any:
    api.create(ADA, "t1")
    api.create(ADA, "t2")
    api.delete(ADA, "t1")
    return api.get(ADA, "t1"), api.names(ADA)


@story("deleted-still-readable", right=(["missing"] * 3, []), wrong=(["done", "done", "missing"], []))
def _(api: Client) -> Any:
    api.create(ADA, "t1")
    api.delete(ADA, "t1")
    read = [api.get(ADA, "t1"), api.do("messages", owner=ADA, thread_id="t1")]
    return [*read, api.say(ADA, "t1")], api.names(ADA)


@story("deleted-accepts-runs", right=["missing"] * 3, wrong=["done", "missing", "missing"])
def _(api: Client) -> Any:
    api.create(ADA, "t1")
    api.delete(ADA, "t1")
    return [api.say(ADA, "t1"), api.get(ADA, "t1"), api.delete(ADA, "t1")]


TALK = ["a", "0 earlier; now: a", "b", "1 earlier: a; now: b", "c", "2 earlier: a | b; now: c"]


def talk(api: Client) -> list[str]:
    """Say a, b and c in a new thread and give the texts of its messages."""
    api.create(ADA, "t1")
    for text in ("a", "b", "c"):
        api.say(ADA, "t1", text)
    return api.texts(ADA, "t1")


story("say-replaces-history", right=TALK, wrong=["c", "1 earlier: b; now: c"])(talk)
story("say-appends-nothing", right=TALK, wrong=[])(talk)
story("say-drops-oldest", right=TALK, wrong=TALK[2:])(talk)


@story("reply-not-in-history", right=(2, True, True), wrong=(2, False, False))
def _(api: Client) -> Any:
    api.create(ADA, "t1")
    reply = api.messages(api.call("say", owner=ADA, thread_id="t1", text="hello"))[-1]
    stored = api.messages(api.call("messages", owner=ADA, thread_id="t1"))
    return len(stored), stored[1]["message_id"] == reply["message_id"], stored[1]["text"] == reply["text"]


def label_twice(api: Client) -> Any:
    """Label a thread that has a label."""
    api.create(ADA, "t1", a=1)
    return api.label(ADA, "t1", b=2), api.labels(ADA, "t1")


story("label-lost", right=("done", {"a": 1, "b": 2}), wrong=("done", {"a": 1}))(label_twice)
story("label-replaces", right=("done", {"a": 1, "b": 2}), wrong=("done", {"b": 2}))(label_twice)


def label_middle(api: Client) -> Any:
    """Label the middle of three threads and give the labels of all."""
    three_threads(api)
    api.create(BOB, "other")
    outcome = api.label(ADA, "middle", x=1)
    return outcome, *(api.labels(ADA, name) for name in ("old", "middle", "new")), api.labels(BOB, "other")


X: dict[str, Any] = {"x": 1}
ONE: Any = ("done", {}, X, {}, {})

story("label-to-latest-thread", right=ONE, wrong=("done", {}, {}, X, {}))(label_middle)
story("label-to-first-thread", right=ONE, wrong=("done", X, {}, {}, {}))(label_middle)
story("label-to-all-threads-of-owner", right=ONE, wrong=("done", X, X, X, {}))(label_middle)


@story("label-creates-missing", right=("missing", []), wrong=("missing", ["t1"]))
def _(api: Client) -> Any:
    return api.label(ADA, "t1", a=1), api.names(ADA)


@story("label-applied-though-refused", right=("invalid", {"a": 1}), wrong=("invalid", {"a": 1, "b": 2}))
def _(api: Client) -> Any:
    api.create(ADA, "t1", a=1)
    return api.do("label", owner=ADA, thread_id="t1", labels={"b": 2}, extra=True), api.labels(ADA, "t1")


@story("label-clears-messages", right=("done", {"a": 1}, 2), wrong=("done", {"a": 1}, 0))
def _(api: Client) -> Any:
    api.create(ADA, "t1")
    api.say(ADA, "t1")
    return api.label(ADA, "t1", a=1), api.labels(ADA, "t1"), len(api.texts(ADA, "t1"))


@story("say-goes-to-first-thread", right=("done", 0, 2, 0), wrong=("done", 2, 0, 0))
def _(api: Client) -> Any:
    three_threads(api)
    outcome = api.say(ADA, "middle")
    return outcome, *(len(api.texts(ADA, name)) for name in ("old", "middle", "new"))


@story("list-omits-newest", right=["old", "middle", "new"], wrong=["old", "middle"])
def _(api: Client) -> Any:
    three_threads(api)
    return api.names(ADA)


@story(
    "list-omits-oldest-when-many",
    right=(["old", "middle", "new"], ["old", "middle", "new", "4th"]),
    wrong=(["old", "middle", "new"], ["middle", "new", "4th"]),
)
def _(api: Client) -> Any:
    three_threads(api)
    few = api.names(ADA)
    api.create(ADA, "4th")
    return few, api.names(ADA)


@story("list-shows-everyone", right=["a1"], wrong=["a1", "b1"])
def _(api: Client) -> Any:
    api.create(ADA, "a1")
    api.create(BOB, "b1")
    return api.names(ADA)


@story("get-ignores-owner", right=("missing", "missing"), wrong=("done", "missing"))
def _(api: Client) -> Any:
    api.create(BOB, "t1")
    return api.get(ADA, "t1"), api.do("messages", owner=ADA, thread_id="t1")


@story("delete-ignores-owner", right=("missing", ["b1"]), wrong=("done", []))
def _(api: Client) -> Any:
    api.create(BOB, "b1")
    return api.delete(ADA, "b1"), api.names(BOB)


@story("delete-removes-all-of-owner", right=("done", ["old", "new"], ["b1"]), wrong=("done", [], ["b1"]))
def _(api: Client) -> Any:
    three_threads(api)
    api.create(BOB, "b1")
    return api.delete(ADA, "middle"), api.names(ADA), api.names(BOB)


@story("second-create-fails", right=["done"] * 5, wrong=["done", "500", "done", "done", "500"])
def _(api: Client) -> Any:
    return [api.create(owner, name) for owner, name in ((ADA, "1"), (ADA, "2"), (ADA, "3"), (BOB, "4"), (BOB, "5"))]


@story("undocumented-status", right="done", wrong="203")
def _(api: Client) -> Any:
    api.create(ADA, "t1")
    return api.get(ADA, "t1")


@story("missing-field", right=True, wrong=False)
def _(api: Client) -> Any:
    api.create(ADA, "t1")
    return "updated_at" in api.shown(ADA, "t1")


@story("accepts-invalid", right=(["invalid"] * 3, []), wrong=(["done"] * 3, [{}, "text", [1]]))
def _(api: Client) -> Any:
    bodies: list[dict[str, Any]] = [{"extra": 1}, {"labels": "text"}, {"labels": [1]}]
    outcomes = [api.do("create", owner=ADA, thread_id=f"t{i}", **body) for i, body in enumerate(bodies)]
    return outcomes, [thread["labels"] for thread in api.listed(ADA)]


@story(
    "read-changes-labels",
    right=[{"a": 1}, {"a": 1}, {"a": 1}],
    wrong=[{"a": 1}, {"a": 1, "reads": 1}, {"a": 1, "reads": 2}],
)
def _(api: Client) -> Any:
    api.create(ADA, "t1", a=1)
    return [api.labels(ADA, "t1") for _ in range(3)]


@story("list-label-stale", right=({"a": 1, "b": 2}, {"a": 1, "b": 2}), wrong=({"a": 1}, {"a": 1, "b": 2}))
def _(api: Client) -> Any:
    label_twice(api)
    return api.listed(ADA)[0]["labels"], api.labels(ADA, "t1")


@story("crash-on-empty-labels", right=("done", "done"), wrong=("500", "done"))
def _(api: Client) -> Any:
    api.create(ADA, "t1")
    return api.label(ADA, "t1"), api.label(ADA, "t1", a=1)


@story("html-on-missing", right="missing", wrong="html")
def _(api: Client) -> Any:
    return api.get(ADA, "t1")
