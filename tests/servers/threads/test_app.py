"""Tests of the threads server: right by default, and wrong in one way under each fault."""

from __future__ import annotations

import ast
import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import yaml

from .app import FAULTS, create_app

HERE = Path(__file__).parent
ADA, BOB = "ada", "bob"


class Api:
    """A client of a fresh app, with one short method per operation."""

    def __init__(self, fault: str | None = None) -> None:
        """Build the app with that fault."""
        self.app = create_app(fault)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send any request."""

        async def send() -> httpx.Response:
            """Send it without a network."""
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://threads") as client:
                return await client.request(method, path, **more)

        return asyncio.run(send())

    def post(self, operation: str, body: Any) -> httpx.Response:
        """Call an operation with any body; bytes are sent as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", f"/threads.{operation}", content=content)

    def call(self, operation: str, **body: Any) -> httpx.Response:
        """Call an operation with an object of these keys."""
        return self.post(operation, body)

    def create(self, owner: str, thread_id: str, **labels: Any) -> int:
        """Create a thread and give the status."""
        return self.call("create", owner=owner, thread_id=thread_id, labels=labels).status_code

    def say(self, owner: str, thread_id: str, text: str) -> int:
        """Say something and give the status."""
        return self.call("say", owner=owner, thread_id=thread_id, text=text).status_code

    def label(self, owner: str, thread_id: str, **labels: Any) -> int:
        """Label a thread and give the status."""
        return self.call("label", owner=owner, thread_id=thread_id, labels=labels).status_code

    def delete(self, owner: str, thread_id: str) -> int:
        """Delete a thread and give the status."""
        return self.call("delete", owner=owner, thread_id=thread_id).status_code

    def get(self, owner: str, thread_id: str) -> int:
        """Read a thread and give the status."""
        return self.call("get", owner=owner, thread_id=thread_id).status_code

    def labels(self, owner: str, thread_id: str) -> Any:
        """Give the labels of a thread as get tells them."""
        return self.call("get", owner=owner, thread_id=thread_id).json()["thread"]["labels"]

    def texts(self, owner: str, thread_id: str) -> list[str]:
        """Give the texts of the messages of a thread."""
        answer = self.call("messages", owner=owner, thread_id=thread_id)
        return [message["text"] for message in answer.json()["messages"]]

    def ids(self, owner: str) -> list[str]:
        """Give the ids that list tells."""
        return [thread["thread_id"] for thread in self.call("list", owner=owner).json()["threads"]]


@pytest.fixture
def api() -> Api:
    """A client of an app that is right."""
    return Api()


# Right behaviour


def test_create_answers_the_thread(api: Api) -> None:
    """create answers 201 with the whole thread."""
    answer = api.call("create", owner=ADA, thread_id="t1", labels={"a": [1, None, {"b": 2.5}]})
    assert answer.status_code == 201
    thread = answer.json()["thread"]
    assert set(thread) == {"thread_id", "owner", "labels", "created_at", "updated_at"}
    assert (thread["thread_id"], thread["owner"]) == ("t1", ADA)
    assert thread["labels"] == {"a": [1, None, {"b": 2.5}]}
    assert thread["created_at"] == thread["updated_at"]
    assert datetime.fromisoformat(thread["created_at"]).tzinfo is not None
    assert api.call("get", owner=ADA, thread_id="t1").json() == answer.json()


def test_create_makes_up_ids(api: Api) -> None:
    """Without an id create makes up a new one each time, and there are no labels."""
    first, second = (api.call("create", owner=ADA).json()["thread"] for _ in range(2))
    assert first["thread_id"] != second["thread_id"]
    assert first["labels"] == {}
    assert api.get(ADA, first["thread_id"]) == 200


def test_duplicate_create_changes_nothing(api: Api) -> None:
    """create with an id that is taken answers 409 and leaves the thread as it was."""
    api.create(ADA, "t1", a=1)
    api.say(ADA, "t1", "hello")
    before = api.call("get", owner=ADA, thread_id="t1").json()
    answer = api.call("create", owner=ADA, thread_id="t1", labels={"b": 2})
    assert answer.status_code == 409
    assert set(answer.json()["error"]) == {"code", "message"}
    assert api.call("get", owner=ADA, thread_id="t1").json() == before
    assert len(api.texts(ADA, "t1")) == 2


def test_owners_are_apart(api: Api) -> None:
    """Two owners can use the same id and do not touch each other's threads."""
    assert (api.create(ADA, "t1", of="ada"), api.create(BOB, "t1", of="bob")) == (201, 201)
    api.say(ADA, "t1", "hello")
    api.label(ADA, "t1", more=True)
    assert api.labels(BOB, "t1") == {"of": "bob"}
    assert api.texts(BOB, "t1") == []
    assert api.delete(ADA, "t1") == 204
    assert (api.get(ADA, "t1"), api.get(BOB, "t1")) == (404, 200)


def test_list_is_newest_first(api: Api) -> None:
    """list sorts by creation, whatever happens later."""
    for thread_id in ("b", "c", "a", "d"):
        api.create(ADA, thread_id)
    api.create(BOB, "other")
    api.say(ADA, "b", "hello")
    api.label(ADA, "c", x=1)
    assert api.ids(ADA) == ["d", "a", "c", "b"]
    listed = api.call("list", owner=ADA).json()["threads"]
    got = [api.call("get", owner=ADA, thread_id=i).json()["thread"] for i in ("d", "a", "c", "b")]
    assert listed == got
    assert api.ids("nobody") == []


def test_say_answers_and_keeps_the_reply(api: Api) -> None:
    """say answers only the reply; messages has the user's messages and the replies."""
    api.create(ADA, "t1")
    replies = []
    for text in ("a", "b", "c"):
        answer = api.call("say", owner=ADA, thread_id="t1", text=text)
        assert answer.status_code == 200
        (reply,) = answer.json()["messages"]
        replies.append(reply)
    expected = ["0 earlier; now: a", "1 earlier: a; now: b", "2 earlier: a | b; now: c"]
    assert [reply["text"] for reply in replies] == expected
    assert {reply["author"] for reply in replies} == {"agent"}
    messages = api.call("messages", owner=ADA, thread_id="t1").json()["messages"]
    assert [message["author"] for message in messages] == ["user", "agent"] * 3
    assert [message["text"] for message in messages[::2]] == ["a", "b", "c"]
    assert messages[1::2] == replies
    assert len({message["message_id"] for message in messages}) == 6
    thread = api.call("get", owner=ADA, thread_id="t1").json()["thread"]
    assert thread["updated_at"] > thread["created_at"]


def test_label_merges_shallowly(api: Api) -> None:
    """label answers 204 without a body, replaces named labels and keeps the others."""
    api.create(ADA, "t1", a={"x": 1}, b=2)
    api.say(ADA, "t1", "hello")
    answer = api.call("label", owner=ADA, thread_id="t1", labels={"a": {"y": 2}, "c": None})
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.label(ADA, "t1") == 204
    assert api.labels(ADA, "t1") == {"a": {"y": 2}, "b": 2, "c": None}
    assert len(api.texts(ADA, "t1")) == 2


def test_deleted_threads_are_gone(api: Api) -> None:
    """After delete nothing finds the thread, and its id can be used anew."""
    api.create(ADA, "t1", a=1)
    api.create(ADA, "t2")
    api.say(ADA, "t1", "hello")
    answer = api.call("delete", owner=ADA, thread_id="t1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert api.ids(ADA) == ["t2"]
    assert missing_statuses(api, "t1") == [404] * 5
    assert api.create(ADA, "t1") == 201
    assert (api.labels(ADA, "t1"), api.texts(ADA, "t1")) == ({}, [])
    assert api.ids(ADA) == ["t1", "t2"]


def missing_statuses(api: Api, thread_id: str) -> list[int]:
    """Give the statuses of all operations that need a thread."""
    return [
        api.get(ADA, thread_id),
        api.say(ADA, thread_id, "hello"),
        api.call("messages", owner=ADA, thread_id=thread_id).status_code,
        api.label(ADA, thread_id, a=1),
        api.delete(ADA, thread_id),
    ]


def test_missing_threads_are_404_and_stay_missing(api: Api) -> None:
    """Operations on a missing thread answer 404 with an error and create nothing."""
    assert missing_statuses(api, "t1") == [404] * 5
    assert set(api.call("get", owner=ADA, thread_id="t1").json()["error"]) == {"code", "message"}
    assert api.ids(ADA) == []


GOOD: dict[str, dict[str, Any]] = {
    "create": {"owner": ADA, "thread_id": "new", "labels": {}},
    "get": {"owner": ADA, "thread_id": "t1"},
    "list": {"owner": ADA},
    "say": {"owner": ADA, "thread_id": "t1", "text": "hello"},
    "messages": {"owner": ADA, "thread_id": "t1"},
    "label": {"owner": ADA, "thread_id": "t1", "labels": {"x": 1}},
    "delete": {"owner": ADA, "thread_id": "t1"},
}
WRONG: list[Any] = [None, 1, True, "", []]
TOO_LONG = {"owner": "x" * 201, "thread_id": "x" * 101, "text": "x" * 10_001}
LONGEST = {"owner": "x" * 200, "thread_id": "x" * 100, "text": "x" * 10_000}


def bad_bodies(operation: str) -> list[Any]:
    """Give bodies that violate the spec of an operation."""
    good = GOOD[operation]
    bodies: list[Any] = [[], "text", 1, None, {}, {**good, "extra": 1}]
    bodies += [{**good, key: wrong} for key in good for wrong in WRONG]
    bodies += [{**good, key: TOO_LONG[key]} for key in good if key in TOO_LONG]
    optional = ("thread_id", "labels") if operation == "create" else ()
    bodies += [{k: v for k, v in good.items() if k != key} for key in good if key not in optional]
    return bodies


@pytest.mark.parametrize("operation", GOOD)
def test_invalid_bodies_are_400_and_change_nothing(api: Api, operation: str) -> None:
    """Each body that violates the spec is answered 400, and nothing changes."""
    api.create(ADA, "t1", a=1)
    before = api.call("get", owner=ADA, thread_id="t1").json()
    for body in bad_bodies(operation):
        answer = api.post(operation, body)
        assert answer.status_code == 400, body
        assert set(answer.json()["error"]) == {"code", "message"}
    assert api.call("get", owner=ADA, thread_id="t1").json() == before
    assert (api.ids(ADA), api.texts(ADA, "t1")) == (["t1"], [])
    assert api.call(operation, **GOOD[operation]).status_code in (200, 201, 204)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe\xff",
        b'{"owner": NaN}',
        b'{"owner": "a", "labels": {"x": 1e999}}',
        b"[" * 100_000,
        b'{"owner": "a", "labels": {"x": ' + b"[" * 63 + b"]" * 63 + b"}}",
    ],
)
def test_unreadable_bodies_are_400(api: Api, content: bytes) -> None:
    """What is no JSON, too deep or too large is answered 400."""
    answer = api.post("create", content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")


def test_odd_but_valid_bodies_are_taken(api: Api) -> None:
    """The longest strings, deep labels and lone surrogates are stored and given back."""
    assert api.create(LONGEST["owner"], LONGEST["thread_id"]) == 201
    assert api.say(LONGEST["owner"], LONGEST["thread_id"], LONGEST["text"]) == 200
    deep = b'{"owner": "\\ud800", "thread_id": "d", "labels": {"x": ' + b"[" * 62 + b"]" * 62 + b"}}"
    assert api.post("create", deep).status_code == 201
    got = api.post("get", b'{"owner": "\\ud800", "thread_id": "d"}')
    assert (got.status_code, got.json()["thread"]["owner"]) == (200, "\ud800")


def test_unknown_paths_and_wrong_methods(api: Api) -> None:
    """Unknown paths are 404 and wrong methods 405, both with an error as JSON."""
    for path in ("/", "/threads", "/threads.create/", "/threads.rename"):
        answer = api.request("POST", path, json={})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_path")
    for operation in GOOD:
        for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
            answer = api.request(method, f"/threads.{operation}")
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
            assert answer.json()["error"]["code"] == "wrong_method"


def test_apps_have_stores_of_their_own(api: Api) -> None:
    """What one app stores another does not know."""
    api.create(ADA, "t1")
    assert Api().ids(ADA) == []


def test_unknown_fault_is_refused() -> None:
    """create_app refuses an unknown fault and names the known ones."""
    with pytest.raises(ValueError, match=r"unknown fault 'nonsense'.*label-lost") as caught:
        create_app("nonsense")
    assert all(name in str(caught.value) for name in FAULTS)


# The spec


def test_answers_are_as_the_spec_says(api: Api) -> None:
    """Every answer of every operation has a documented status and a body of its schema."""
    spec = yaml.safe_load((HERE / "openapi.yaml").read_text())
    assert set(spec["paths"]) == {f"/threads.{operation}" for operation in GOOD}
    seen = set()

    def check(answer: httpx.Response) -> None:
        """Compare one answer with the spec."""
        path = answer.request.url.path
        documented = spec["paths"][path]["post"]["responses"]
        described = documented[str(answer.status_code)]
        if "$ref" in described:
            described = spec["components"]["responses"][described["$ref"].split("/")[-1]]
        seen.add((path, str(answer.status_code)))
        if "content" not in described:
            assert answer.content == b""
            return
        assert answer.headers["content-type"] == "application/json"
        schema = {**described["content"]["application/json"]["schema"], "components": spec["components"]}
        jsonschema_rs.validate(schema, answer.json(), validate_formats=True)

    api.create(ADA, "t1", a=1)
    for operation, body in GOOD.items():
        check(api.call(operation, **body))
        check(api.call(operation, wrong=1))
        check(api.call(operation, **body))
        if operation not in ("create", "list"):
            check(api.call(operation, **{**body, "owner": "nobody"}))
    assert seen == {(path, status) for path, item in spec["paths"].items() for status in item["post"]["responses"]}


def test_spec_agrees_with_the_checks() -> None:
    """The request schemas refuse the same bodies as the server, and take the good ones."""
    spec = yaml.safe_load((HERE / "openapi.yaml").read_text())
    for operation, good in GOOD.items():
        body = spec["paths"][f"/threads.{operation}"]["post"]["requestBody"]
        schema = {**body["content"]["application/json"]["schema"], "components": spec["components"]}
        validator = jsonschema_rs.Draft202012Validator(schema)
        assert validator.is_valid(good)
        assert not any(validator.is_valid(bad) for bad in bad_bodies(operation))


# The faults: a probe gives one thing when the server is right and another under its fault

Probe = Callable[[Api], Any]
PROBES: dict[str, tuple[Probe, Any, Any]] = {}


def fault(name: str, *, right: Any, wrong: Any) -> Callable[[Probe], Probe]:
    """Say what a probe gives from a right server, and what under the fault of that name."""

    def keep(probe: Probe) -> Probe:
        """Keep the probe."""
        PROBES[name] = (probe, right, wrong)
        return probe

    return keep


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str) -> None:
    """Each fault makes wrong what it says, and without it that is right."""
    probe, right, wrong = PROBES[name]
    assert probe(Api()) == right
    assert probe(Api(name)) == wrong


def test_each_fault_is_looked_at() -> None:
    """The names asked for in app.py, those in FAULTS and those with a probe are the same."""
    asked = set()
    for node in ast.walk(ast.parse((HERE / "app.py").read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "wrong":
            (argument,) = node.args
            assert isinstance(argument, ast.Constant)
            asked.add(argument.value)
    assert asked == set(FAULTS) == set(PROBES)


def three_threads(api: Api) -> None:
    """Create the threads old, middle and new of Ada."""
    for thread_id in ("old", "middle", "new"):
        api.create(ADA, thread_id)


@fault("run-without-thread", right=(404, []), wrong=(200, []))
def _(api: Api) -> Any:
    return api.say(ADA, "t1", "hello"), api.ids(ADA)


@fault("refused-run-creates-thread", right=(404, []), wrong=(404, ["t1"]))
def _(api: Api) -> Any:
    return api.say(ADA, "t1", "hello"), api.ids(ADA)


@fault("failed-run-is-kept", right=([400] * 4, []), wrong=([400] * 4, ["kept", "", "", ""]))
def _(api: Api) -> Any:
    api.create(ADA, "t1")
    bodies: list[dict[str, Any]] = [{"text": "kept", "extra": 1}, {"text": ""}, {"text": 7}, {}]
    answers = [api.call("say", owner=ADA, thread_id="t1", **body) for body in bodies]
    return [answer.status_code for answer in answers], api.texts(ADA, "t1")


@fault("labels-echoed-not-stored", right=({"a": 1}, {"a": 1}), wrong=({"a": 1}, {}))
def _(api: Api) -> Any:
    answer = api.call("create", owner=ADA, thread_id="t1", labels={"a": 1})
    return answer.json()["thread"]["labels"], api.labels(ADA, "t1")


@fault("delete-does-nothing", right=(204, 404, []), wrong=(204, 200, ["t1"]))
def _(api: Api) -> Any:
    api.create(ADA, "t1")
    return api.delete(ADA, "t1"), api.get(ADA, "t1"), api.ids(ADA)


@fault("deleted-still-listed", right=(404, ["t2"]), wrong=(404, ["t2", "t1"]))
def _(api: Api) -> Any:
    api.create(ADA, "t1")
    api.create(ADA, "t2")
    api.delete(ADA, "t1")
    return api.get(ADA, "t1"), api.ids(ADA)


@fault("deleted-still-readable", right=(404, 404, 404, []), wrong=(200, 200, 404, []))
def _(api: Api) -> Any:
    api.create(ADA, "t1")
    api.delete(ADA, "t1")
    messages = api.call("messages", owner=ADA, thread_id="t1").status_code
    return api.get(ADA, "t1"), messages, api.say(ADA, "t1", "hello"), api.ids(ADA)


@fault("deleted-accepts-runs", right=(404, 404, 404), wrong=(200, 404, 404))
def _(api: Api) -> Any:
    api.create(ADA, "t1")
    api.delete(ADA, "t1")
    return api.say(ADA, "t1", "hello"), api.get(ADA, "t1"), api.delete(ADA, "t1")


@fault("duplicate-create-wipes", right=(409, {"a": 1}, 2), wrong=(409, {}, 0))
def _(api: Api) -> Any:
    api.create(ADA, "t1", a=1)
    api.say(ADA, "t1", "hello")
    return api.create(ADA, "t1", b=2), api.labels(ADA, "t1"), len(api.texts(ADA, "t1"))


@fault("duplicate-create-accepted", right=(409, {"a": 1}, 2), wrong=(201, {"b": 2}, 0))
def _(api: Api) -> Any:
    api.create(ADA, "t1", a=1)
    api.say(ADA, "t1", "hello")
    return api.create(ADA, "t1", b=2), api.labels(ADA, "t1"), len(api.texts(ADA, "t1"))


TALK = ["a", "0 earlier; now: a", "b", "1 earlier: a; now: b", "c", "2 earlier: a | b; now: c"]


def talk(api: Api) -> list[str]:
    """Say a, b and c in a new thread and give the texts of its messages."""
    api.create(ADA, "t1")
    for text in ("a", "b", "c"):
        api.say(ADA, "t1", text)
    return api.texts(ADA, "t1")


@fault("say-replaces-history", right=TALK, wrong=["c", "1 earlier: b; now: c"])
def _(api: Api) -> Any:
    return talk(api)


@fault("say-appends-nothing", right=TALK, wrong=[])
def _(api: Api) -> Any:
    return talk(api)


@fault("say-drops-oldest", right=TALK, wrong=TALK[2:])
def _(api: Api) -> Any:
    return talk(api)


@fault("reply-not-in-history", right=(2, True, True), wrong=(2, False, False))
def _(api: Api) -> Any:
    api.create(ADA, "t1")
    (reply,) = api.call("say", owner=ADA, thread_id="t1", text="hello").json()["messages"]
    stored = api.call("messages", owner=ADA, thread_id="t1").json()["messages"]
    same_id = stored[1]["message_id"] == reply["message_id"]
    return len(stored), same_id, stored[1]["text"] == reply["text"]


@fault("label-lost", right=(204, {"a": 1, "b": 2}), wrong=(204, {"a": 1}))
def _(api: Api) -> Any:
    api.create(ADA, "t1", a=1)
    return api.label(ADA, "t1", b=2), api.labels(ADA, "t1")


@fault("label-replaces", right=(204, {"a": 1, "b": 2}), wrong=(204, {"b": 2}))
def _(api: Api) -> Any:
    api.create(ADA, "t1", a=1)
    return api.label(ADA, "t1", b=2), api.labels(ADA, "t1")


def label_middle(api: Api) -> Any:
    """Label the middle of three threads and give the labels of all."""
    three_threads(api)
    api.create(BOB, "other")
    status = api.label(ADA, "middle", x=1)
    return status, *(api.labels(ADA, i) for i in ("old", "middle", "new")), api.labels(BOB, "other")


X: dict[str, Any] = {"x": 1}


@fault("label-to-latest-thread", right=(204, {}, X, {}, {}), wrong=(204, {}, {}, X, {}))
def _(api: Api) -> Any:
    return label_middle(api)


@fault("label-to-first-thread", right=(204, {}, X, {}, {}), wrong=(204, X, {}, {}, {}))
def _(api: Api) -> Any:
    return label_middle(api)


@fault("label-to-all-threads-of-owner", right=(204, {}, X, {}, {}), wrong=(204, X, X, X, {}))
def _(api: Api) -> Any:
    return label_middle(api)


@fault("label-creates-missing", right=(404, []), wrong=(404, ["t1"]))
def _(api: Api) -> Any:
    return api.label(ADA, "t1", a=1), api.ids(ADA)


@fault("label-applied-though-refused", right=(400, {"a": 1}), wrong=(400, {"a": 1, "b": 2}))
def _(api: Api) -> Any:
    api.create(ADA, "t1", a=1)
    answer = api.call("label", owner=ADA, thread_id="t1", labels={"b": 2}, extra=True)
    return answer.status_code, api.labels(ADA, "t1")


@fault("label-clears-messages", right=(204, {"a": 1}, 2), wrong=(204, {"a": 1}, 0))
def _(api: Api) -> Any:
    api.create(ADA, "t1")
    api.say(ADA, "t1", "hello")
    return api.label(ADA, "t1", a=1), api.labels(ADA, "t1"), len(api.texts(ADA, "t1"))


@fault("say-goes-to-first-thread", right=(200, 0, 2, 0), wrong=(200, 2, 0, 0))
def _(api: Api) -> Any:
    three_threads(api)
    status = api.say(ADA, "middle", "hello")
    return status, *(len(api.texts(ADA, i)) for i in ("old", "middle", "new"))


@fault("list-omits-newest", right=["new", "middle", "old"], wrong=["middle", "old"])
def _(api: Api) -> Any:
    three_threads(api)
    return api.ids(ADA)


@fault(
    "list-omits-oldest-when-many",
    right=(["new", "middle", "old"], ["4th", "new", "middle", "old"]),
    wrong=(["new", "middle", "old"], ["4th", "new", "middle"]),
)
def _(api: Api) -> Any:
    three_threads(api)
    few = api.ids(ADA)
    api.create(ADA, "4th")
    return few, api.ids(ADA)


@fault("list-shows-everyone", right=["a1"], wrong=["b1", "a1"])
def _(api: Api) -> Any:
    api.create(ADA, "a1")
    api.create(BOB, "b1")
    return api.ids(ADA)


@fault("get-ignores-owner", right=(404, 404), wrong=(200, 404))
def _(api: Api) -> Any:
    api.create(BOB, "t1")
    return api.get(ADA, "t1"), api.call("messages", owner=ADA, thread_id="t1").status_code


@fault("ids-shared-across-owners", right=(201, 201, 409), wrong=(201, 409, 409))
def _(api: Api) -> Any:
    return api.create(ADA, "t1"), api.create(BOB, "t1"), api.create(ADA, "t1")


@fault("delete-ignores-owner", right=(204, [], ["t1"]), wrong=(204, [], []))
def _(api: Api) -> Any:
    api.create(ADA, "t1")
    api.create(BOB, "t1")
    return api.delete(ADA, "t1"), api.ids(ADA), api.ids(BOB)


@fault("delete-removes-all-of-owner", right=(204, ["new", "old"], ["b1"]), wrong=(204, [], ["b1"]))
def _(api: Api) -> Any:
    three_threads(api)
    api.create(BOB, "b1")
    return api.delete(ADA, "middle"), api.ids(ADA), api.ids(BOB)


@fault("second-create-fails", right=(201, 201, 201, 201, 201), wrong=(201, 500, 201, 201, 500))
def _(api: Api) -> Any:
    return (
        api.create(ADA, "t1"),
        api.create(ADA, "t2"),
        api.create(ADA, "t3"),
        api.create(BOB, "t1"),
        api.create(BOB, "t2"),
    )


@fault("chosen-id-ignored", right=(201, True, 200), wrong=(201, False, 404))
def _(api: Api) -> Any:
    answer = api.call("create", owner=ADA, thread_id="t1")
    same = answer.json()["thread"]["thread_id"] == "t1"
    return answer.status_code, same, api.get(ADA, "t1")


@fault("undocumented-status", right=200, wrong=203)
def _(api: Api) -> Any:
    api.create(ADA, "t1")
    return api.get(ADA, "t1")


@fault("missing-field", right=True, wrong=False)
def _(api: Api) -> Any:
    api.create(ADA, "t1")
    return "updated_at" in api.call("get", owner=ADA, thread_id="t1").json()["thread"]


@fault("accepts-invalid", right=([400] * 10, 0), wrong=([201] * 10, "text"))
def _(api: Api) -> Any:
    wrong: list[Any] = [{}, [], {"owner": 1}, {"owner": ""}, {"owner": ADA, "extra": 1}]
    wrong += [{"owner": ADA, "thread_id": i} for i in ("", 7, None)]
    wrong += [{"owner": ADA, "thread_id": f"t{i}", "labels": i} for i in ("text", [1])]
    statuses = [api.post("create", body).status_code for body in wrong]
    listed = api.call("list", owner=ADA).json()["threads"]
    return statuses, next((thread["labels"] for thread in listed if thread["thread_id"] == "ttext"), 0)


@fault(
    "read-changes-labels",
    right=[{"a": 1}, {"a": 1}, {"a": 1}],
    wrong=[{"a": 1}, {"a": 1, "reads": 1}, {"a": 1, "reads": 2}],
)
def _(api: Api) -> Any:
    api.create(ADA, "t1", a=1)
    return [api.labels(ADA, "t1") for _ in range(3)]


@fault("list-label-stale", right=({"a": 1, "b": 2}, {"a": 1, "b": 2}), wrong=({"a": 1}, {"a": 1, "b": 2}))
def _(api: Api) -> Any:
    api.create(ADA, "t1", a=1)
    api.label(ADA, "t1", b=2)
    return api.call("list", owner=ADA).json()["threads"][0]["labels"], api.labels(ADA, "t1")


@fault("crash-on-empty-labels", right=(204, 204), wrong=(500, 204))
def _(api: Api) -> Any:
    api.create(ADA, "t1")
    return api.label(ADA, "t1"), api.label(ADA, "t1", a=1)


@fault("html-on-missing", right=(404, "application/json"), wrong=(404, "text/html"))
def _(api: Api) -> Any:
    answer = api.call("get", owner=ADA, thread_id="t1")
    return answer.status_code, answer.headers["content-type"].split(";")[0]
