"""Tests of connections to servers that answer too much, too early, or to somebody else."""

from __future__ import annotations

import asyncio

import pytest

from conformance.errors import InputError
from conformance.exchange import Exchange, Failure, Headers, Request, Response, header
from conformance.transports import Limits
from conformance.transports.http import MAX_STALE, HttpTransport
from tests import hostile
from tests.hostile import SMALL, Behaviour, Hostile, Line, answers, right
from tests.transports.test_http import GET, JSON, POST, sent

OTHER = Response(200, JSON, b'{"ok":false}')


def both(behaviour: Behaviour, *requests: Request) -> tuple[list[Exchange], Hostile]:
    """What comes of requests to a server, and the server."""
    with Hostile(behaviour) as server:
        return sent(server.url, *requests), server


def bodies(exchanges: list[Exchange]) -> list[bytes | None]:
    """The bodies of the answers."""
    return [each.response.body if each.response else None for each in exchanges]


async def answers_twice(_server: Hostile, line: Line, response: Response) -> None:
    """Sends two answers to each request, in one piece."""
    await line.send(hostile.raw(response) + hostile.raw(OTHER))


async def babbles(_server: Hostile, line: Line, response: Response) -> None:
    """Sends something after each answer that is none."""
    await line.send(hostile.raw(response) + b"\r\n\r\nanything else?")


@pytest.mark.parametrize("behaviour", [answers_twice, babbles], ids=lambda each: each.__name__)
@pytest.mark.parametrize("request_", [GET, POST], ids=["GET", "POST"])
def test_what_comes_after_an_answer_answers_nothing(behaviour: Behaviour, request_: Request) -> None:
    """What nobody asked for is not taken for the answer to the next request: that gets a connection of its own."""
    exchanges, server = both(behaviour, *[request_] * 5)
    assert [each.failure for each in exchanges] == [None] * 5
    assert bodies(exchanges) == [SMALL.body] * 5
    assert len(server.requests) == 5


def test_keeping_alive_is_given_up() -> None:
    """A server that hangs up on connections which it kept costs a few requests, and not half of them."""

    async def hangs_up_on_a_second(_server: Hostile, line: Line, response: Response) -> None:
        """Answers the first request on a connection, and hangs up as it has read the second."""
        if getattr(line, "answered", False):
            line.close()
            return
        line.answered = True  # type: ignore[attr-defined]
        await line.send(hostile.raw(response))

    exchanges, _ = both(hangs_up_on_a_second, *[POST] * 30)
    assert [each.failure for each in exchanges].count(Failure.STALE) == MAX_STALE
    assert [each.failure for each in exchanges[10:]] == [None] * 20


LOCATIONS = ["http://[::1", "http://[", "//", "http://a:b:c/", "http://host:99999999/", "\x7f", "%", "?" * 70_000]


@pytest.mark.parametrize("location", LOCATIONS, ids=range(len(LOCATIONS)))
def test_a_redirect_to_nowhere_is_an_answer(location: str) -> None:
    """A location that is no URL does not make an answer any other than it is."""
    exchanges, server = both(answers(Response(307, JSON, b"{}"), f"location: {location}"), GET, POST)
    if "\x7f" not in location:
        assert [each.failure for each in exchanges] == [None, None]
        assert [each.response.status for each in exchanges if each.response] == [307, 307]
    assert len(server.requests) == 2


PATHS = ["/a/.", "/a/..", "/a/../b", "/./..//x", "/%2e%2E/x", "/a;b=c", "/a/b%2F..%2Fc", "/..."]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("prefix", ["", "/v1"])
def test_a_path_is_sent_as_it_stands(path: str, prefix: str) -> None:
    """Dots in a path are not resolved: where that leads is the server's business."""
    with Hostile(right) as server:
        sent(server.url + prefix, Request("DELETE", path, "q=../x"))
        assert [request.target for request in server.requests] == [f"{prefix}{path}?q=../x"]


def test_odd_characters_are_escaped() -> None:
    """What may not stand on a request line is escaped there."""
    with Hostile(right) as server:
        assert [each.failure for each in sent(server.url, Request("GET", "/caf\u00e9 \x00/x", "q=\n"))] == [None]
        assert [request.target for request in server.requests] == ["/caf%C3%A9%20%00/x?q=%0A"]


@pytest.mark.parametrize("value", ["a\nb: c", "a\r\n\r\nGET /", "\x00"])
def test_a_header_that_cannot_be_sent_is_not_sent(value: str) -> None:
    """A value that would end its header is given back as unsent, and nothing arrives."""
    exchanges, server = both(right, Request("GET", "/x", "", (("x-session", value),)), GET)
    assert [each.failure for each in exchanges] == [Failure.UNSENT, None]
    assert len(server.requests) == 1


@pytest.mark.parametrize(("value", "arrives"), [("café", "café"), ("日本", "日本".encode().decode("latin-1"))])
def test_a_header_may_hold_other_letters(value: str, arrives: str) -> None:
    """Letters that Latin-1 has go as such, others as UTF-8."""
    exchanges, server = both(right, Request("GET", "/x", "", (("x-session", value),)))
    assert exchanges[0].failure is None
    assert header(server.requests[0].headers, "x-session") == arrives


@pytest.mark.parametrize(("user", "secret"), [("me:pass", "bWU6cGFzcw=="), ("me%40x:p%3Aq", "bWVAeDpwOnE=")])
def test_a_target_may_name_a_user(user: str, secret: str) -> None:
    """A user and a password in the target are sent as such, unless the request brings credentials of its own."""
    own: Headers = (("Authorization", "Bearer x"),)
    with Hostile(right) as server:
        sent(server.url.replace("//", f"//{user}@"), GET, Request("GET", "/x", "", own))
        assert [header(each.headers, "authorization") for each in server.requests] == [f"Basic {secret}", "Bearer x"]
        assert header(server.requests[0].headers, "host") == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("target", ["http://[::1", "http://host:99999", "http://host:x", "http://a..b/", "http://:80"])
def test_a_target_that_is_no_url_is_refused(target: str) -> None:
    """What looks like a URL and is none is refused before anything is sent."""
    with pytest.raises(InputError, match="is not a URL"):
        HttpTransport(target)


def said(data: bytes, wait: float = 0.0) -> Behaviour:
    """Says this whatever is asked, and ends the connection, after a while."""

    async def say(_server: Hostile, line: Line, _response: Response) -> None:
        await line.send(data)
        await asyncio.sleep(wait)
        line.close()

    return say


HEAD = b"HTTP/1.1 200 OK\r\n"
SAID: dict[str, tuple[bytes, Failure | None, bytes | None]] = {
    "a length of many gigabytes": (HEAD + b"content-length: 99999999999\r\n\r\n{}", Failure.CLOSED, b"{}"),
    "a length below nothing": (HEAD + b"content-length: -1\r\n\r\n{}", Failure.MALFORMED, None),
    "a length in letters": (HEAD + b"content-length: two\r\n\r\n{}", Failure.MALFORMED, None),
    "two lengths": (HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}", Failure.MALFORMED, None),
    "a length of a thousand digits": (HEAD + b"content-length: " + b"9" * 1_000 + b"\r\n\r\n", Failure.MALFORMED, None),
    "no length": (HEAD + b"\r\n{}", None, b"{}"),
    "an old version": (b"HTTP/1.0 200 OK\r\n\r\n{}", None, b"{}"),
    "an older version": (b"<h1>It works</h1>\r\n\r\n", Failure.MALFORMED, None),
    "a new version": (b"HTTP/2.0 200 OK\r\n\r\n{}", None, b"{}"),
    "no reason": (b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\n{}", None, b"{}"),
    "another protocol": (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n", Failure.MALFORMED, None),
    "no status": (b"HTTP/1.1 OK\r\n\r\n", Failure.MALFORMED, None),
    "a head without end": (HEAD + b"x: " + b"y" * 2**20, Failure.MALFORMED, None),
    "headers without end": (HEAD + b"x: y\r\n" * 2**17, Failure.MALFORMED, None),
    "a wrong trailer": (
        HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nno trailer\r\n\r\n", Failure.MALFORMED, b"{}"
    ),
    "trailers without end": (
        HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n" + b"x: y\r\n" * 2**17, Failure.MALFORMED, b"{}"
    ),
    "a chunk below nothing": (HEAD + b"transfer-encoding: chunked\r\n\r\n-2\r\n{}\r\n", Failure.MALFORMED, b""),
    "a chunk beyond all": (HEAD + b"transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{}", Failure.CLOSED, b"{}"),
    "a coding of no name": (HEAD + b"transfer-encoding: pigeon\r\n\r\n{}", Failure.MALFORMED, None),
    "chunks of a byte": (
        HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 50_000 + b"0\r\n\r\n", None, b" " * 50_000
    ),
    "a letter of TLS": (b"\x15\x03\x03\x00\x02\x02\x46", Failure.MALFORMED, None),
    "nothing but ends of lines": (b"\r\n" * 2**17, Failure.MALFORMED, None),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_whatever_is_said_is_an_answer_or_a_failure(name: str) -> None:
    """Whatever comes on a connection is an answer or the right failure, at once."""
    data, failure, body = SAID[name]
    (exchange,), _ = both(said(data), GET)
    assert exchange.failure is failure
    assert (exchange.response.body if exchange.response else None) == body
    assert exchange.seconds < 2


def test_a_host_that_does_not_speak_tls_is_no_connection() -> None:
    """Where TLS cannot be agreed upon, nobody was reached."""
    with Hostile(said(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:

        async def speak() -> Exchange:
            transport = HttpTransport(server.url.replace("http:", "https:"), Limits(seconds=0.3))
            try:
                return await transport.send(GET)
            finally:
                await transport.close()

        exchange = asyncio.run(speak())
    assert exchange.failure is Failure.CONNECT


def test_a_large_answer_that_is_reset_keeps_what_came() -> None:
    """What came before a reset is kept, however fast the reset follows."""

    async def resets(_server: Hostile, line: Line, _response: Response) -> None:
        """Sends a part of a large body, and resets."""
        await line.send(hostile.head(SMALL, length=2**20) + b"x" * 2**16)
        await asyncio.sleep(0.05)
        line.reset()

    (exchange,), _ = both(resets, GET)
    assert exchange.failure is Failure.CLOSED
    assert exchange.response is not None
    assert exchange.response.body == b"x" * 2**16
