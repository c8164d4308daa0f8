"""Tests of what only the remote procedure calls have: statuses, headers, codes and limits."""

from __future__ import annotations

import pytest

from tests.servers.shared.client import Place

from .app import FAULTS, create_app
from .client import CallsClient

NAMES = ("create", "search", "list", "say", "messages", "label", "delete")


@pytest.fixture
def api() -> CallsClient:
    """A client of an app that is right."""
    return CallsClient()


def test_statuses(api: CallsClient) -> None:
    """Create answers 201, what has nothing to answer 204 without a body, and the rest 200."""
    assert api.call("create", owner="ada", thread_id="t1").status_code == 201
    assert api.call("say", owner="ada", thread_id="t1", text="hello").status_code == 200
    for operation in ("get", "messages"):
        assert api.call(operation, owner="ada", thread_id="t1").status_code == 200
    label = api.call("label", owner="ada", thread_id="t1", labels={})
    for answer in (label, api.call("delete", owner="ada", thread_id="t1")):
        assert (answer.status_code, answer.content) == (204, b"")


def test_list_tells_how_many(api: CallsClient) -> None:
    """The header X-Total-Count says how many threads there are."""
    for name in ("t1", "t2"):
        api.create("ada", name)
    assert api.call("list", owner="ada").headers["x-total-count"] == "2"
    assert api.call("list", owner="nobody").headers["x-total-count"] == "0"


def test_search_finds_one_or_is_refused(api: CallsClient) -> None:
    """What is found is answered as a list of one; nothing is found with 404."""
    api.create("ada", "t1")
    api.create("ada", "t2")
    found = api.call("get", owner="ada", thread_id="t1").json()
    assert [thread["thread_id"] for thread in found["threads"]] == ["t1"]
    answer = api.call("get", owner="ada", thread_id="t3")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "thread_not_found")


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
def test_unreadable_bodies_are_400(api: CallsClient, content: bytes) -> None:
    """What is no JSON, too deep or too large is answered 400."""
    answer = api.send(Place("POST", "/threads.create", body=content))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")


def test_longest_names_are_taken(api: CallsClient) -> None:
    """Owners and ids can be any text, up to their limits."""
    assert api.create("x" * 200, "y" * 100) == "done"
    assert api.create("\ud800", "d") == "done"
    assert api.shown("\ud800", "d")["owner"] == "\ud800"


def test_one_id_under_two_owners(api: CallsClient) -> None:
    """Two owners can use the same id and do not touch each other's threads."""
    api.create("ada", "t1", of="ada")
    api.create("bob", "t1", of="bob")
    api.say("ada", "t1")
    api.label("ada", "t1", more=True)
    assert (api.labels("bob", "t1"), api.texts("bob", "t1")) == ({"of": "bob"}, [])
    assert api.delete("ada", "t1") == "done"
    assert (api.get("ada", "t1"), api.get("bob", "t1")) == ("missing", "done")


def test_unknown_paths_and_wrong_methods(api: CallsClient) -> None:
    """Unknown paths are 404 and wrong methods 405, both with an error as JSON."""
    for path in ("/", "/threads", "/threads.create/", "/threads.rename"):
        answer = api.send(Place("POST", path, body={}))
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_path")
    for name in NAMES:
        for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
            answer = api.send(Place(method, f"/threads.{name}"))
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
            assert answer.json()["error"]["code"] == "wrong_method"


def test_unknown_fault_is_refused() -> None:
    """create_app refuses an unknown fault and names the known ones."""
    with pytest.raises(ValueError, match=r"unknown fault 'nonsense'.*label-lost") as caught:
        create_app("nonsense")
    assert all(name in str(caught.value) for name in FAULTS)
