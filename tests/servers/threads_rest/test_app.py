"""Tests of what only the REST shape has: statuses, problems, paths, queries and the bearer of the key."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from tests.servers.shared.client import Place

from .app import create_app
from .client import RestClient


@pytest.fixture
def api() -> RestClient:
    """A client of an app that is right, with the thread t1 of Ada."""
    api = RestClient()
    api.create("ada", "t1")
    return api


def test_statuses(api: RestClient) -> None:
    """What was made is 201, what is gone 204 without a body, and the rest 200."""
    place = {"owner": "ada", "thread_id": "t1"}
    made = api.call("create", owner="ada"), api.call("say", **place, text="hello")
    assert [answer.status_code for answer in made] == [201, 201]
    shown = [api.call("label", **place, labels={}), api.call("move", **place, status="closed")]
    shown += [api.call("get", **place), api.call("list", owner="ada"), api.call("messages", **place)]
    assert {answer.status_code for answer in shown} == {200}
    gone = api.call("delete", **place)
    assert (gone.status_code, gone.content) == (204, b"")


def test_refusals_are_problems(api: RestClient) -> None:
    """A refusal has a status, a code, and the content type of RFC 9457."""
    api.move("ada", "t1", "closed")
    api.move("ada", "t1", "archived")
    place = {"owner": "ada", "thread_id": "t1"}
    refusals = {
        (409, "exists"): api.call("create", **place),
        (409, "ended"): api.call("say", **place, text="hello"),
        (409, "forbidden"): api.call("move", **place, status="open"),
        (404, "missing"): api.call("get", owner="ada", thread_id="t2"),
        (422, "invalid"): api.call("say", **place, text=""),
        (400, "unreadable"): api.send(Place("PUT", "/owners/ada/threads/t2", body=b"{")),
    }
    for (status, code), answer in refusals.items():
        assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (status, status, code)
        assert answer.headers["content-type"] == "application/problem+json"


def test_location_leads_to_the_thread(api: RestClient) -> None:
    """The header Location of what was created names its path."""
    answer = api.call("create", owner="ada")
    assert api.send(Place("GET", answer.headers["location"])).json() == answer.json()


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "the-right-key", "Basic the-right-key"]
)
def test_the_key_is_borne(api: RestClient, monkeypatch: pytest.MonkeyPatch, header: str | None) -> None:
    """Without the right key all is answered 401; the word Bearer may be written in any way."""
    monkeypatch.setattr(api, "headers", lambda: {} if header is None else {"Authorization": header})
    for answer in (api.call("get", owner="ada", thread_id="t1"), api.call("create", owner="ada", extra=1)):
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    monkeypatch.setattr(api, "headers", lambda: {"Authorization": "bEARER the-right-key"})
    assert api.get("ada", "t1") == "done"


ENCODED = ["%2F", "a%2Fb", "a.b", "%C3%A4", "a%20b", "%00", "a%0A", "%2541", "..."]
UNREACHABLE = ["%FF", "%ED%A0%80", "%2E", "%2E%2E", "x" * 101, ""]


@pytest.mark.parametrize("name", [*ENCODED, *UNREACHABLE])
def test_owners_that_are_not_allowed(api: RestClient, name: str) -> None:
    """An owner that violates its pattern is refused, also one with a slash in it, and an empty one."""
    for path in (f"/owners/{name}/threads/t1", f"/owners/{name}/threads"):
        answer = api.send(Place("GET", path))
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("name", UNREACHABLE)
def test_ids_that_are_not_allowed(api: RestClient, name: str) -> None:
    """An id that is no text, means something in paths, is too long or empty is refused."""
    for method in ("GET", "PUT"):
        answer = api.send(Place(method, f"/owners/ada/threads/{name}", body={}))
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("name", ENCODED)
def test_ids_are_any_text(api: RestClient, name: str) -> None:
    """A thread is found under the id that it was given, whatever characters it has."""
    path = f"/owners/ada/threads/{name}"
    made = api.send(Place("PUT", path, body={}))
    assert (made.status_code, made.json()["thread_id"]) == (201, unquote(name))
    assert api.send(Place("GET", path)).json() == api.send(Place("GET", made.headers["location"])).json() == made.json()
    assert api.send(Place("DELETE", path)).status_code == 204


def test_names_are_decoded(api: RestClient) -> None:
    """A name may be sent with its characters encoded."""
    assert api.send(Place("GET", "/owners/%61da/threads/t%31")).json()["thread_id"] == "t1"


QUERIES = ["limit=0", "limit=101", "limit=x", "limit=", "limit=1.5", "limit=-1", "limit=1&limit=2", "limit=%C2%B2"]
QUERIES += ["offset=-1", "offset=1000001", "offset=x", f"offset={'9' * 5000}"]


@pytest.mark.parametrize("query", [*QUERIES, "status=none", "status=", "status=open&status=closed"])
def test_queries_that_are_not_allowed(api: RestClient, query: str) -> None:
    """Parameters that violate their schemas are refused, in both lists that have them; others are ignored."""
    paths = ["/owners/ada/threads"] + ["/owners/ada/threads/t1/messages"] * (not query.startswith("status"))
    for path in paths:
        assert api.send(Place("GET", f"{path}?{query}")).status_code == 422
    assert api.send(Place("GET", "/owners/ada/threads/t1?limit=0")).status_code == 200
    assert api.send(Place("GET", "/owners/ada/threads?limit=1&unknown=1")).status_code == 200


def test_pages_are_of_twenty(api: RestClient) -> None:
    """Without a limit a page has 20, of threads as of messages; total says how many there are on all pages."""
    for number in range(24):
        api.create("ada", f"more-{number}")
        api.say("ada", "t1", str(number))
    assert len(api.names("ada")) == 20
    assert len(api.names("ada", limit=100)) == 25
    assert api.names("ada", limit=3, offset=20) == ["more-1", "more-2", "more-3"]
    assert api.call("list", owner="ada", limit=1).json()["total"] == 25
    page = api.call("messages", owner="ada", thread_id="t1", offset=2).json()
    assert (len(page["messages"]), page["messages"][0]["text"], page["total"]) == (20, "1", 48)
    last = api.call("messages", owner="ada", thread_id="t1", offset=44, limit=10).json()
    assert [each["text"] for each in last["messages"][::2]] == ["22", "23"]


def test_unknown_paths_and_wrong_methods(api: RestClient) -> None:
    """Unknown paths are 404 and wrong methods 405, both with a problem."""
    for path in ("/", "/owners", "/owners/ada", "/owners/ada/threads/t1/", "/owners/ada/threads/t1/unknown"):
        answer = api.send(Place("GET", path))
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown")
    answer = api.send(Place("DELETE", "/owners/ada/threads"))
    assert (answer.status_code, sorted(answer.headers["allow"].split(", "))) == (405, ["GET", "HEAD", "POST"])


def test_the_key_can_be_chosen() -> None:
    """An app asks for the key that it was built with."""
    api = RestClient()
    api.app = create_app(key="another")
    assert api.create("ada", "t1") == "unauthorized"
    with api.using("another"):
        assert api.create("ada", "t1") == "done"
