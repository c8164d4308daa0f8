"""The fake that listens keeps what is said to it, and behaves as it is told to."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance import load
from conformance.ask import STUBBORN, Behaviour
from conformance.clients.wire import CLIENTS, RETRY_AFTER, SLOW, Wire, credentials, served
from conformance.exchange import Failure, Request
from conformance.profile import Role
from conformance.reader import Reader
from tests.clients.driven import PROFILES

HONEYHIVE = PROFILES["honeyhive"]
START = {"session": {"project": "p", "session_name": "n", "source": "s"}}


class Said:
    """A wire that listens, and a client of it."""

    def __init__(self, wire: Wire, http: httpx.Client) -> None:
        self.wire = wire
        self.http = http

    def start(self) -> str:
        """Make a session."""
        return str(self.http.post("/session/start", json=START).json()["session_id"])

    def enrich(self, session: str) -> httpx.Response:
        """Attach something to it."""
        return self.http.put("/events", json={"event_id": session, "metadata": {"a": 1}})

    def kept(self, session: str) -> bool:
        """Whether it is attached."""
        return bool(self.http.get(f"/session/{session}").json()["metadata"])


@pytest.fixture
def said() -> Iterator[Said]:
    """A wire that listens on loopback."""
    wire = Wire(HONEYHIVE)
    headers = {"authorization": credentials(HONEYHIVE, "a") or ""}
    with served(wire) as url, httpx.Client(base_url=url, headers=headers, trust_env=False) as http:
        yield Said(wire, http)


def test_everything_is_kept_in_order(said: Said) -> None:
    """Until it is taken, and once."""
    session = said.start()
    said.enrich(session)
    said.http.get("/nowhere?a=%20b")
    found = said.wire.taken()
    assert [(each.request.method, each.request.target) for each in found] == [
        ("POST", "/session/start"),
        ("PUT", "/events"),
        ("GET", "/nowhere?a=%20b"),
    ]
    assert [each.response.status for each in found if each.response] == [200, 200, 404]
    assert json.loads(found[1].request.body)["event_id"] == session
    assert said.wire.taken() == []


@pytest.mark.parametrize(
    ("behaviour", "status", "kept"),
    [
        (Behaviour.PLAIN, 200, True),
        (Behaviour.BAD_REQUEST, 400, False),
        (Behaviour.UNAUTHORIZED, 401, False),
        (Behaviour.NOT_FOUND, 404, False),
        (Behaviour.CONFLICT, 409, False),
        (Behaviour.TOO_MANY, 429, False),
        (Behaviour.FAILURE, 500, False),
        (Behaviour.EMPTY, 200, True),
        (Behaviour.NO_CONTENT, 204, True),
        (Behaviour.SLOW, 200, True),
    ],
)
def test_it_behaves_as_it_is_told(said: Said, behaviour: Behaviour, status: int, kept: bool) -> None:
    """A refusal does nothing; an answer of another form changes nothing of what was done."""
    session = said.start()
    said.wire.behave(behaviour, {Role.ENRICH})
    began = time.monotonic()
    answer = said.enrich(session)
    assert answer.status_code == status
    assert (time.monotonic() - began >= SLOW) is (behaviour is Behaviour.SLOW)
    assert (answer.headers.get("retry-after") == str(RETRY_AFTER)) is (behaviour is Behaviour.TOO_MANY)
    said.wire.behave(Behaviour.PLAIN)
    assert said.kept(session) is kept


def test_a_connection_is_closed_after_the_work_was_done(said: Said) -> None:
    """The client has no answer, not even a status, and the exchange says so."""
    session = said.start()
    said.wire.behave(Behaviour.CLOSED, {Role.ENRICH})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        said.enrich(session)
    assert said.wire.taken()[-1].failure is Failure.CLOSED
    assert said.enrich(session).status_code == 200
    assert said.kept(session)


@pytest.mark.parametrize("behaviour", [Behaviour.TOO_MANY, Behaviour.NOT_FOUND])
def test_only_what_was_asked_for_is_answered_otherwise(said: Said, behaviour: Behaviour) -> None:
    """Other requests are answered as ever; a server is busy for the first attempt only."""
    said.wire.behave(behaviour, {Role.ENRICH})
    session = said.start()
    assert said.enrich(session).status_code == int(behaviour)
    assert said.enrich(session).status_code == (200 if behaviour is Behaviour.TOO_MANY else 404)
    said.wire.reset()
    assert said.enrich(said.start()).status_code == 200


def test_a_server_that_stays_busy_asks_for_time_once(said: Said) -> None:
    """Of whoever comes again; and who never gives up gets an answer in the end."""
    session = said.start()
    said.wire.behave(Behaviour.BUSY, {Role.ENRICH})
    answers = [said.enrich(session) for _ in range(STUBBORN + 1)]
    assert [each.status_code for each in answers] == [429] * STUBBORN + [200]
    assert [each.headers.get("retry-after") for each in answers[:4]] == ["0", str(RETRY_AFTER), "0", "0"]


def test_a_server_that_stays_busy_relents(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that waits longer each time is not taken for one that hangs."""
    monkeypatch.setattr("conformance.clients.wire.RELENTS", 0.0)
    session = said.start()
    said.wire.behave(Behaviour.BUSY, {Role.ENRICH})
    assert [said.enrich(session).status_code for _ in range(2)] == [429, 200]


def test_each_client_has_credentials_of_its_own(said: Said) -> None:
    """All are as good as the first identity's; others are none."""
    reader = Reader(said.wire.profile)
    session = said.start()
    for client in ("", *CLIENTS):
        headers = {"authorization": credentials(HONEYHIVE, client) or ""}
        assert said.http.get(f"/session/{session}", headers=headers).status_code == 200
    assert said.http.get(f"/session/{session}", headers={"authorization": "Bearer nobody"}).status_code == 401
    steps = [reader.read(each) for each in said.wire.taken()]
    assert [each.unauthorized for each in steps] == [False] * 5 + [True]
    assert credentials(PROFILES["adk"], "a") is None


def test_what_is_beside_the_api_is_not_kept(said: Said) -> None:
    """It is answered, so that its sender is content."""
    assert said.http.post("/opentelemetry/v1/traces", json={}).json() == {}
    assert said.wire.taken() == []


def test_a_request_that_is_never_asked_to_the_end_is_none(said: Said) -> None:
    """A client that hangs up in the middle of its body was not understood as half of one."""
    with socket.create_connection((said.http.base_url.host, said.http.base_url.port or 0)) as connection:
        connection.sendall(b"PUT /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    time.sleep(0.1)
    said.start()
    assert [each.request.path for each in said.wire.taken()] == ["/session/start"]


def test_many_at_the_same_time_are_all_kept(said: Said) -> None:
    """Each with its own answer."""
    session = said.start()
    threads = [threading.Thread(target=said.enrich, args=(session,)) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(said.wire.taken()) == 21


class Threads:
    """A wire for an API that tells everything in bodies, and what is asked of it."""

    def __init__(self, *, sparing: bool = False) -> None:
        self.profile = load(str(Path(__file__).parents[1] / "servers" / "threads_cursor" / "profile.toml"))
        self.wire = Wire(self.profile, sparing=sparing)

    def call(self, role: Role, **body: Any) -> Any:
        """What an operation answers, always with the same status."""
        operation = self.profile.bound(role)[0].operation
        headers = (("x-api-key", credentials(self.profile, "a") or ""), ("content-type", "application/json"))
        sent = json.dumps({"owner": "me", **body}).encode()
        answer = self.wire.answer(Request(operation.method, operation.template, headers=headers, body=sent))
        assert answer.status == 200
        return json.loads(answer.body)


@pytest.mark.parametrize(("sparing", "lengths"), [(False, [3]), (True, [2, 1])])
def test_pages_are_short_where_cursors_lead_on(sparing: bool, lengths: list[int]) -> None:
    """Whoever stops at the first misses something; where a user's own tests list sessions they are as ever."""
    threads = Threads(sparing=sparing)
    for _ in range(3):
        threads.call(Role.CREATE)
    found, cursor = [], None
    for _ in lengths:
        page = threads.call(Role.LIST, **({"cursor": cursor} if cursor else {}))
        cursor = page.get("next_cursor")
        found.append(len(page["threads"]))
    assert (found, cursor) == (lengths, None)


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (Behaviour.NOT_FOUND, "not_found"),
        (Behaviour.BAD_REQUEST, "invalid"),
        (Behaviour.UNAUTHORIZED, "unauthorized"),
    ],
)
def test_a_server_refuses_in_the_words_of_its_api(behaviour: Behaviour, code: str) -> None:
    """Where errors stand in a success, a client that looks at the status alone overlooks them."""
    threads = Threads()
    made = threads.call(Role.CREATE)["thread"]["id"]
    threads.wire.behave(behaviour, {Role.ENRICH})
    answer = threads.call(Role.ENRICH, thread_id=made, labels={"a": "b"})
    assert answer["error"]["code"] == code
    assert threads.call(Role.READ, thread_id=made)["thread"]["labels"] == {}
