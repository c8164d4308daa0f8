"""Tests of the way to a server over HTTP, against servers that misbehave: it never raises, and never takes for ever."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic

import pytest

from conformance.errors import InputError
from conformance.exchange import Exchange, Failure, Headers, Request, Response, header
from conformance.transports import Limits
from conformance.transports.http import HttpTransport
from tests import hostile
from tests.hostile import RIGHT, SMALL, Behaviour, Hostile, Line, answers, peak_memory, right

GET = Request("GET", "/x")
POST = Request("POST", "/x", "", (("content-type", "application/json"),), b'{"k": 1}')
LIMITS = Limits(seconds=20, body_bytes=2**20)
SHORT = Limits(seconds=0.3, body_bytes=2**20)
JSON: Headers = (("content-type", "application/json"),)


def sent(url: str, *requests: Request, limits: Limits = LIMITS) -> list[Exchange]:
    """What comes of sending these requests over one transport."""

    async def send() -> list[Exchange]:
        transport = HttpTransport(url, limits)
        try:
            return [await transport.send(request) for request in requests]
        finally:
            await transport.close()

    return asyncio.run(send())


def only(behaviour: Behaviour, request: Request = GET, limits: Limits = LIMITS) -> Exchange:
    """What comes of sending one request to a server that behaves so."""
    with Hostile(behaviour) as server:
        return sent(server.url, request, limits=limits)[0]


# --- right, however odd ---------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])
@pytest.mark.parametrize("name", [name for name in RIGHT if name != "closes_late"])
def test_odd_servers_are_understood(name: str, request_: Request) -> None:
    """A server that is right, however odd, is understood each time."""
    with Hostile(RIGHT[name]) as server:
        exchanges = sent(server.url, *[request_] * 4)
        assert len(server.requests) == 4
    assert [each.failure for each in exchanges] == [None] * 4
    for exchange in exchanges:
        assert exchange.response is not None
        assert (exchange.response.status, exchange.response.body) == (200, SMALL.body)
        assert exchange.response.media_type == "application/json"
        assert 0 <= exchange.seconds < LIMITS.seconds


def test_a_connection_that_closes_late_costs_no_answer_to_a_get() -> None:
    """Where the next request meets the end of the connection, a GET is sent again."""
    with Hostile(hostile.closes_late) as server:
        exchanges = sent(server.url, *[GET] * 30)
    assert [each.failure for each in exchanges] == [None] * 30


def test_a_connection_that_closes_late_accuses_nobody_of_a_post() -> None:
    """There a POST is either answered, or stale; and a stale one never arrived."""
    with Hostile(hostile.closes_late) as server:
        failures = [each.failure for each in sent(server.url, *[POST] * 30)]
    assert set(failures) <= {None, Failure.STALE}
    assert len(server.requests) == failures.count(None) > 0


async def hangs_up_on_every_second(server: Hostile, line: Line, response: Response) -> None:
    """Answers the first request on a connection, and hangs up as it has read the second."""
    if len(server.requests) % 2:
        await line.send(hostile.raw(response))
    else:
        line.close()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_changes_nothing_is_sent_again(method: str) -> None:
    """On a connection that was kept alive, a request that changes nothing is sent once more."""
    with Hostile(hangs_up_on_every_second) as server:
        exchanges = sent(server.url, GET, Request(method, "/again"))
        assert [request.method for request in server.requests] == ["GET", method, method]
    assert [each.failure for each in exchanges] == [None, None]


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_what_may_have_been_done_is_stale(method: str) -> None:
    """On a connection that was kept alive, any other request is given back as stale: the first may have been done, and
    then the second is not answered as if it were the first."""
    with Hostile(hangs_up_on_every_second) as server:
        exchanges = sent(server.url, GET, Request(method, "/once"), GET)
        assert [request.method for request in server.requests] == ["GET", method, "GET"]
    assert [each.failure for each in exchanges] == [None, Failure.STALE, None]
    assert exchanges[1].response is None


async def tires_of_waiting(server: Hostile, line: Line, response: Response) -> None:
    """Answers the second request on a connection as if none had come."""
    await line.send(hostile.raw(response if len(server.requests) % 2 else Response(408)))


def test_an_idle_connection_that_is_closed_accuses_nobody() -> None:
    """A 408 on a connection that was kept alive may have been sent before the request came: it is asked again, or
    stale. On a fresh one it is an answer."""
    with Hostile(tires_of_waiting) as server:
        exchanges = sent(server.url, GET, POST, GET)
    assert [each.failure for each in exchanges] == [None, Failure.STALE, None]
    assert exchanges[1].response is None
    with Hostile(hostile.answers(Response(408))) as server:
        (exchange,) = sent(server.url, GET)
    assert exchange.response is not None
    assert exchange.response.status == 408


@pytest.mark.parametrize("behaviour", [hostile.closes_before, hostile.resets_before], ids=lambda each: each.__name__)
@pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])
def test_a_fresh_connection_is_never_stale(behaviour: Behaviour, request_: Request) -> None:
    """A server that hangs up on a connection which is new is to blame, and is not asked twice."""
    with Hostile(behaviour) as server:
        exchanges = sent(server.url, request_, request_)
        assert len(server.requests) == 2
    assert [each.failure for each in exchanges] == [Failure.CLOSED] * 2


@pytest.mark.parametrize("status", [500, 503, 599])
def test_after_a_server_error_the_connection_is_not_used_again(status: int) -> None:
    """A server that has crashed is about to close the connection on which it said so."""
    with Hostile(answers(Response(status, JSON, b"{}"))) as server:
        exchanges = sent(server.url, POST, POST)
        assert server.connections == 2
    assert [each.response.status for each in exchanges if each.response] == [status, status]


def test_connections_are_kept_alive() -> None:
    """Nothing but a failure or a server error opens another connection."""
    with Hostile(right) as server:
        sent(server.url, GET, POST, GET, Request("DELETE", "/x"))
        assert server.connections == 1


# --- wrong ----------------------------------------------------------------------------------------

WRONG: list[tuple[Behaviour, Failure, bytes | None]] = [
    (hostile.hangs, Failure.TIMEOUT, None),
    (hostile.drips_the_head, Failure.TIMEOUT, None),
    (hostile.drips_the_body, Failure.TIMEOUT, b"{"),
    (hostile.informs_for_ever, Failure.TIMEOUT, None),
    (hostile.endless_stream, Failure.TIMEOUT, b'data: {"tick": 1}\n\n'),
    (hostile.closes_before, Failure.CLOSED, None),
    (hostile.resets_before, Failure.CLOSED, None),
    (hostile.resets_in_the_head, Failure.CLOSED, None),
    (hostile.resets_in_the_body, Failure.CLOSED, b'{"ok"'),
    (hostile.length_too_large, Failure.CLOSED, SMALL.body),
    (hostile.no_chunk_is_the_last, Failure.CLOSED, b"hello"),
    (hostile.garbage, Failure.MALFORMED, None),
    (hostile.bad_chunks, Failure.MALFORMED, b""),
    (hostile.gzip_that_is_none, Failure.MALFORMED, b""),
    (hostile.huge_head, Failure.MALFORMED, None),
    (hostile.huge_body, Failure.TOO_LARGE, b" " * 2**20),
    (hostile.torrent, Failure.TOO_LARGE, b'data: {"tick": 1}\n\n'),
]


@pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])
@pytest.mark.parametrize(("behaviour", "failure", "begins"), WRONG, ids=[each[0].__name__ for each in WRONG])
def test_hostile_servers_are_failures(
    behaviour: Behaviour, failure: Failure, begins: bytes | None, request_: Request
) -> None:
    """Each wrongness is the right failure, in bounded time and memory, with what came until then; and again so."""
    limits = SHORT if failure is Failure.TIMEOUT else LIMITS
    with Hostile(behaviour) as server, peak_memory() as peak:
        started = monotonic()
        exchanges = sent(server.url, request_, request_, limits=limits)
        assert monotonic() - started < 5
        assert peak() < 48 * 2**20
    assert [each.failure for each in exchanges] == [failure, failure]
    for exchange in exchanges:
        assert exchange.request is request_
        if begins is None:
            assert exchange.response is None
        else:
            assert exchange.response is not None
            assert exchange.response.status == 200
            assert exchange.response.body.startswith(begins)
            assert len(exchange.response.body) <= LIMITS.body_bytes


def test_a_bomb_goes_off_in_bounds() -> None:
    """A body that unpacks to 200 MB is too large, and never stands in memory whole."""
    hostile.bomb()
    with Hostile(hostile.gzip_bomb) as server, peak_memory() as peak:
        exchange = sent(server.url, GET)[0]
        assert peak() < 190 * 2**20
    assert exchange.failure is Failure.TOO_LARGE
    assert exchange.response is not None
    assert exchange.response.body == b" " * 2**20


def test_the_limit_of_size_is_exact() -> None:
    """A body of exactly the limit is whole, one byte more is too large."""
    server = answers(Response(200, JSON, b"x" * 1_000))
    assert only(server, limits=Limits(body_bytes=1_000)).failure is None
    exchange = only(server, limits=Limits(body_bytes=999))
    assert exchange.failure is Failure.TOO_LARGE
    assert exchange.response is not None
    assert exchange.response.body == b"x" * 999


def test_a_reset_after_the_answer_does_not_matter() -> None:
    """An answer that is whole stays whole; the next request does not suffer from it either, if it may be repeated."""
    with Hostile(hostile.resets_after) as server:
        exchanges = sent(server.url, *[GET] * 10)
    assert [each.failure for each in exchanges] == [None] * 10
    assert {each.response.body for each in exchanges if each.response} == {SMALL.body}


def test_a_length_that_is_too_small_cuts_the_body() -> None:
    """What the content length promises is the body; what comes after it is not HTTP, and spoils one answer."""
    with Hostile(hostile.length_too_small) as server:
        first, *others = sent(server.url, *[GET] * 4)
    assert first.failure is None
    assert first.response is not None
    assert first.response.body == SMALL.body[:5]
    assert {each.failure for each in others} <= {None, Failure.MALFORMED}


def test_a_204_has_no_body() -> None:
    """A body with a 204 is none (RFC 9110, section 15.3.5)."""
    with Hostile(hostile.body_with_a_204) as server:
        first, *others = sent(server.url, *[GET] * 4)
    assert first.failure is None
    assert first.response is not None
    assert (first.response.status, first.response.body) == (204, b"")
    assert {each.failure for each in others} <= {None, Failure.MALFORMED}


CONTENT = {
    "html": ((("content-type", "text/html; charset=utf-8"),), b"<!doctype html><p>Hello</p>"),
    "empty": (JSON, b""),
    "wrong type": ((("content-type", "application/xml"),), b"{}"),
    "no type": ((), b"{}"),
    "impossible type": ((("content-type", ";;; = / charset=klingon"),), b"{}"),
    "invalid UTF-8": (JSON, b'{"k": "\xff\xfe"}'),
    "NaN": (JSON, b'{"k": NaN}'),
    "duplicate keys": (JSON, b'{"k": 1, "k": 2}'),
    "lone surrogate": (JSON, b'{"k": "\\ud800"}'),
    "deep": (JSON, b"[" * 100_000),
    "header in Latin-1": ((*JSON, ("x-name", "caf\xe9")), b"{}"),
    "a thousand headers": ((*JSON, *((f"x-{number}", "y") for number in range(1_000))), b"{}"),
}


@pytest.mark.parametrize("name", CONTENT)
def test_any_content_is_an_answer(name: str) -> None:
    """What the body says is not the transport's business: it comes back as it was sent, byte by byte."""
    headers, body = CONTENT[name]
    exchange = only(answers(Response(200, headers, body)))
    assert exchange.failure is None
    assert exchange.response is not None
    assert exchange.response.body == body
    kept = [pair for pair in exchange.response.headers if pair[0] != "content-length"]
    assert kept == list(headers)


@pytest.mark.parametrize("status", [200, 201, 299, 304, 400, 404, 418, 429, 451, 500, 503, 599, 999])
def test_any_status_is_an_answer(status: int) -> None:
    """Every status is an answer, those too that nobody has heard of."""
    exchange = only(answers(Response(status, JSON, b"" if status == 304 else b"{}")))
    assert exchange.failure is None
    assert exchange.response is not None
    assert exchange.response.status == status


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("wait", ["3600", "Fri, 31 Dec 2999 23:59:59 GMT", "soon"])
def test_nobody_is_waited_for(status: int, wait: str) -> None:
    """An answer that asks to come back later is an answer, at once, and the request is not repeated."""
    with Hostile(answers(Response(status, JSON, b"{}"), f"retry-after: {wait}")) as server:
        (exchange,) = sent(server.url, GET)
        assert len(server.requests) == 1
    assert exchange.failure is None
    assert exchange.response is not None
    assert exchange.response.header("retry-after") == wait
    assert exchange.seconds < 5


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """A redirect is an answer: neither the other host nor the same one is asked again."""
    with Hostile(right) as other:
        redirect = answers(Response(status, JSON, b"{}"), f"location: {other.url}/stolen")
        with Hostile(redirect) as server:
            exchanges = sent(server.url, GET, POST)
            assert len(server.requests) == 2
        assert other.connections == 0
    assert [each.failure for each in exchanges] == [None, None]
    assert [each.response.status for each in exchanges if each.response] == [status, status]


@pytest.mark.parametrize("location", ["/elsewhere", "app://login", "", "http://user:secret@host.invalid/", "a b c"])
def test_a_redirect_to_anywhere_is_an_answer(location: str) -> None:
    """Wherever a redirect points, nobody goes there."""
    exchange = only(answers(Response(302, JSON, b"{}"), f"location: {location}"))
    assert exchange.failure is None
    assert exchange.response is not None
    assert exchange.response.status == 302


@pytest.mark.parametrize(
    "cookie", ["sid=1; Path=/", "sid=1; Max-Age=999999", "=;;;", "sid=1; expires=never", "x" * 9_000]
)
def test_cookies_are_not_sent_back(cookie: str) -> None:
    """What a server sets as a cookie it never sees again, so that no two requests hang together by one."""
    with Hostile(answers(SMALL, f"set-cookie: {cookie}")) as server:
        exchanges = sent(server.url, GET, POST, GET)
        assert [header(request.headers, "cookie") for request in server.requests] == ["", "", ""]
    assert [each.failure for each in exchanges] == [None] * 3
    assert all(each.response and each.response.header("set-cookie") == cookie for each in exchanges)


def test_one_bad_answer_spoils_no_other() -> None:
    """On a server that fails in many ways at random, each request that is answered well comes back well."""
    with Hostile(hostile.fails_at_random, seed=3) as server:
        exchanges = sent(server.url, *[GET] * 300)
    failures = [each.failure for each in exchanges]
    good = [
        each.response for each in exchanges if each.failure is None and each.response and each.response.status == 200
    ]
    assert {each.body for each in good} == {SMALL.body}
    assert 250 < len(good) < 300
    assert {None, Failure.CLOSED, Failure.MALFORMED} == set(failures)


def test_a_server_that_dies_is_gone() -> None:
    """Once a server is dead, there is no connection to it."""
    with Hostile(hostile.dies_after(3)) as server:
        failures = [each.failure for each in sent(server.url, *[POST] * 6)]
    assert failures[:3] == [None] * 3
    assert failures[4:] == [Failure.CONNECT] * 2


# --- what is sent ---------------------------------------------------------------------------------


def test_a_request_arrives_as_it_is() -> None:
    """Method, target, headers and body arrive as they stand in the request; nothing is decoded or tidied."""
    request = Request(
        "PATCH", "/a%2Fb/%7Ec//d", "q=%20x&q=+", (("X-One", "1"), ("content-type", "text/odd")), b"\x00\xff"
    )
    with Hostile(right) as server:
        assert sent(server.url, request)[0].failure is None
        (arrived,) = server.requests
    assert (arrived.method, arrived.target, arrived.body) == ("PATCH", "/a%2Fb/%7Ec//d?q=%20x&q=+", b"\x00\xff")
    assert header(arrived.headers, "x-one") == "1"
    assert header(arrived.headers, "content-type") == "text/odd"
    assert header(arrived.headers, "user-agent") == "conformance"


@pytest.mark.parametrize(("suffix", "prefix"), [("", ""), ("/", ""), ("/api/v1", "/api/v1"), ("/api/v1/", "/api/v1")])
def test_a_target_may_have_a_path(suffix: str, prefix: str) -> None:
    """The path of the target comes before that of the request."""
    with Hostile(right) as server:
        sent(server.url + suffix, GET)
        assert [request.path for request in server.requests] == [f"{prefix}/x"]
        assert HttpTransport(server.url + suffix).base == server.url + prefix


@pytest.mark.parametrize("target", ["127.0.0.1:8000", "ftp://host/", "http://", "", "/path", "localhost"])
def test_a_target_must_be_a_url(target: str) -> None:
    """What is not a URL of HTTP is refused before anything is sent."""
    with pytest.raises(InputError, match="is not a URL") as caught:
        HttpTransport(target)
    assert caught.value.exit_code == 2


@pytest.fixture
def closed() -> Iterator[str]:
    """A URL where nobody listens: the port is taken, so that nobody else gets it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def test_nobody_there_is_no_connection(closed: str) -> None:
    """Where nobody listens there is no connection, each time, and at once."""
    exchanges = sent(closed, GET, POST)
    assert [each.failure for each in exchanges] == [Failure.CONNECT] * 2
    assert [each.response for each in exchanges] == [None, None]


def test_the_machines_settings_do_not_matter(closed: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a proxy of the environment nor a .netrc has any effect."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, closed)
    with Hostile(right) as server:
        assert sent(server.url, GET)[0].failure is None
        assert header(server.requests[0].headers, "authorization") == ""


def test_a_reset_does_nothing() -> None:
    """A live server is not emptied: nothing is sent for it."""
    with Hostile(right) as server:
        transport = HttpTransport(server.url)
        assert transport.resets is False
        asyncio.run(transport.reset())
        assert server.requests == []


def test_a_cancelled_request_spoils_no_other() -> None:
    """Whoever cancels a request can go on with the next."""

    async def slow_at_first(server: Hostile, line: Line, response: Response) -> None:
        """Hang at the first request only."""
        if len(server.requests) == 1:
            await asyncio.sleep(30)
        await line.send(hostile.raw(response))

    async def both(url: str) -> Sequence[Exchange]:
        transport = HttpTransport(url, Limits(seconds=20))
        task = asyncio.create_task(transport.send(POST))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        exchanges = [await transport.send(POST), await transport.send(GET)]
        await transport.close()
        return exchanges

    with Hostile(slow_at_first) as server:
        exchanges = asyncio.run(both(server.url))
    assert [each.failure for each in exchanges] == [None, None]
    assert [json.loads(each.response.body) for each in exchanges if each.response] == [{"ok": True}] * 2
