"""Tests of what only the shape with cursors has: answers of status 200, cursors, made-up ids and a header."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest

from tests.servers.shared.client import Client, Place

from .app import create_app
from .client import CursorClient


@pytest.fixture
def api() -> CursorClient:
    """A client of an app that is right, with the thread t1 of Ada."""
    api = CursorClient()
    api.create("ada", "t1")
    return api


def test_all_is_200(api: CursorClient) -> None:
    """Whatever comes of it, the status is 200, and a code says what is wrong."""
    api.move("ada", "t1", "closed")
    t1 = {"owner": "ada", "thread_id": "t1"}
    refusals = {
        "closed": api.call("say", **t1, text="hello"),
        "forbidden": api.call("move", **t1, status="active"),
        "not_found": api.call("get", owner="ada", thread_id="t2"),
        "invalid": api.call("say", **t1, text=""),
        "unknown_operation": api.send(Place("POST", "/api/threads/rename", body={})),
    }
    with api.using("wrong"):
        refusals["unauthorized"] = api.call("get", **t1)
    for code, answer in refusals.items():
        assert (answer.status_code, answer.json()["ok"], answer.json()["error"]["code"]) == (200, False, code)
        assert set(answer.json()) == {"ok", "error"}
    for answer in (api.call("label", **t1, labels={}), api.call("delete", **t1)):
        assert (answer.status_code, answer.json()) == (200, {"ok": True})


def test_unknown_paths_and_methods(api: CursorClient) -> None:
    """Unknown paths and wrong methods are not done either."""
    for method, path in (("POST", "/"), ("POST", "/api/threads/"), ("GET", "/api/threads/list"), ("PUT", "/nowhere")):
        answer = api.send(Place(method, path, body={}))
        assert (answer.status_code, answer.json()["error"]["code"]) == (200, "unknown_operation")


def test_ids_are_made_up(api: CursorClient) -> None:
    """Ids are UUIDs; one cannot be chosen, and what is none is invalid."""
    assert uuid.UUID(api.shown("ada", "t1")["id"]).version == 4
    body = {"owner": "ada", "thread_id": str(uuid.uuid4())}
    assert api.outcome(api.send(Place("POST", "/api/threads/create", body=body))) == "invalid"
    assert api.outcome(api.send(Place("POST", "/api/threads/read", body=body))) == "missing"
    for wrong in ("t1", str(uuid.uuid4())[:-1], uuid.uuid4().hex, f"{uuid.uuid4()}\n"):
        assert api.outcome(api.send(Place("POST", "/api/threads/read", body={**body, "thread_id": wrong}))) == "invalid"


@pytest.mark.parametrize("header", [None, "", "wrong", "the-right-key2"])
def test_the_key_stands_in_a_header(api: CursorClient, monkeypatch: pytest.MonkeyPatch, header: str | None) -> None:
    """Without the right key nothing is done, not even looked at."""
    monkeypatch.setattr(api, "headers", lambda: {} if header is None else {"X-Api-Key": header})
    assert api.get("ada", "t1") == "unauthorized"
    assert api.do("create", owner="ada", extra=1) == "unauthorized"


def test_the_key_can_be_chosen() -> None:
    """An app asks for the key that it was built with."""
    api = CursorClient()
    api.app = create_app(key="another")
    assert api.create("ada", "t1") == "unauthorized"
    with api.using("another"):
        assert api.create("ada", "t1") == "done"


def walked(api: Client, operation: str, member: str, given: dict[str, Any]) -> list[int]:
    """Walk through a list, and tell how many there are on each page."""
    sizes = []
    asked: dict[str, Any] | None = given
    while asked is not None:
        answer = api.call(operation, **asked)
        sizes.append(len(answer.json()[member]))
        asked = api.following(answer, asked)
    return sizes


def test_pages_are_of_ten(api: CursorClient) -> None:
    """Without a limit a page has 10, of threads as of messages; a full last page is the last."""
    for number in range(11):
        api.create("ada", f"more-{number}")
        api.say("ada", "t1", str(number))
    t1 = {"owner": "ada", "thread_id": "t1"}
    assert walked(api, "list", "threads", {"owner": "ada"}) == [10, 2]
    assert walked(api, "list", "threads", {"owner": "ada", "limit": 4}) == [4, 4, 4]
    assert walked(api, "list", "threads", {"owner": "ada", "limit": 1, "status": "active", "cursor": None}) == [1] * 12
    assert walked(api, "list", "threads", {"owner": "nobody"}) == [0]
    assert walked(api, "messages", "messages", t1) == [10, 10, 2]
    assert walked(api, "messages", "messages", {**t1, "limit": 11.0}) == [11, 11]
    assert api.texts("ada", "t1")[::2] == ["0", "1", "2", "3", "4"]


def test_a_cursor_outlives_its_thread(api: CursorClient) -> None:
    """The page after a thread begins with the next one, also when that thread or others have gone."""
    for name in ("t2", "t3", "t4"):
        api.create("ada", name)
    following = api.call("list", owner="ada", limit=2).json()["next_cursor"]
    for name in ("t1", "t2"):
        api.delete("ada", name)
    assert api.names("ada", cursor=following) == ["t3", "t4"]


def encoded(text: str) -> str:
    """Write something as cursors are written."""
    return base64.urlsafe_b64encode(text.encode()).decode()


CURSORS = [
    "",
    "!",
    "abc",
    "\u00e4",
    "x" * 101,
    1,
    [],
    encoded("nothing"),
    encoded("thread -1"),
    encoded("thread \u0663"),
]


@pytest.mark.parametrize("cursor", [*CURSORS, encoded("thread 1 "), encoded(f"thread {'9' * 60}")])
def test_cursors_that_are_not_allowed(api: CursorClient, cursor: Any) -> None:
    """What was never given as a cursor is invalid, in both lists that have them, and so is that of the other."""
    assert api.do("list", owner="ada", cursor=cursor) == "invalid"
    assert api.do("messages", owner="ada", thread_id="t1", cursor=cursor) == "invalid"
    assert api.do("list", owner="ada", cursor=encoded("message 1")) == "invalid"
    assert api.do("messages", owner="ada", thread_id="t1", cursor=encoded("thread 1")) == "invalid"


@pytest.mark.parametrize("limit", [0, 51, -1, 1.5, "1", True, None, [], 1e300])
def test_limits_that_are_not_allowed(api: CursorClient, limit: Any) -> None:
    """A limit that violates its schema is invalid."""
    assert api.do("list", owner="ada", limit=limit) == "invalid"
    assert api.do("messages", owner="ada", thread_id="t1", limit=limit) == "invalid"
    assert api.do("list", owner="ada", limit=50) == "done"
