"""How does a request reach a server over HTTP? Bounded in time and size; redirects are answers, never followed."""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from time import perf_counter
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

import h11
import httpx

from conformance.errors import InputError
from conformance.exchange import Exchange, Failure, Headers, Request
from conformance.transports import Limits, LostError
from conformance.transports.answer import Arriving
from conformance.transports.connection import Connection

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_BODIES = frozenset({"POST", "PUT", "PATCH"})
_MOMENT = 0.001
_IDLE = 408
MAX_STALE = 3
"""After so many kept-alive connections that turned out to be closed none is kept any more."""
_ODD = re.compile(rb"[^\x21-\x7e]")


class HttpTransport:
    """Sends over kept-alive connections; keeps no cookies, uses no proxy and no .netrc of the machine.

    A server may close a kept-alive connection at any time, so that a request on it never arrives, or is done and never
    answered. Where that makes no difference the request is sent once more (RFC 9110, section 9.2.1); elsewhere it is
    given back as STALE, which accuses nobody.
    """

    resets = False

    def __init__(self, target: str, limits: Limits | None = None) -> None:
        parts, self._port = _parts(target)
        self.base = target.rstrip("/")
        self._limits = limits or Limits()
        self._host = parts.hostname or ""
        self._path = parts.path.rstrip("/")
        self._tls: ssl.SSLContext | None = None
        if parts.scheme == "https":
            self._tls = httpx.create_ssl_context(trust_env=False)
        self._headers = _own_headers(parts)
        self._idle: list[Connection] = []
        self._stale = 0

    async def send(self, request: Request) -> Exchange:
        """Send a request."""
        exchange = await self._send(request)
        if exchange.failure is Failure.STALE and request.method in _SAFE:
            exchange = await self._send(request)
        return exchange

    async def _send(self, request: Request) -> Exchange:
        """Send a request once."""
        answer = Arriving(self._limits.body_bytes)
        connection: Connection | None = None
        failure: Failure | None = None
        started = perf_counter()
        try:
            async with asyncio.timeout(self._limits.seconds):
                head = self._head(request)
                connection = await self._kept() or await Connection.open(self._host, self._port, self._tls)
                await connection.ask(head, request.body, answer)
        except TimeoutError:
            failure = Failure.CONNECT if connection is None else Failure.TIMEOUT
        except LostError as error:
            failure = error.failure
            if failure is Failure.CLOSED and connection is not None and connection.reused and not connection.heard:
                failure = Failure.STALE
                self._stale += 1
        except BaseException:
            if connection is not None:
                connection.drop()
            raise
        response = answer.response()
        if connection is not None and connection.reused and response is not None and response.status == _IDLE:
            # It speaks of the connection (RFC 9110, section 15.5.9), and was sent before the request came.
            response, failure = None, Failure.STALE
            self._stale += 1
        self._put_back(connection, failure is None and response is not None and response.status < 500)
        return Exchange(request, response, started, perf_counter(), failure)

    def _head(self, request: Request) -> h11.Request:
        """A request as it goes on the line: its path as it stands, dots and all."""
        named = {name.lower() for name, _ in request.headers}
        headers = [pair for pair in self._headers if pair[0] not in named]
        headers += [(name.lower(), value) for name, value in request.headers]
        if request.body or request.method in _BODIES:
            headers.append(("content-length", str(len(request.body))))
        target = (self._path + request.target).encode("utf-8", "replace")
        try:
            return h11.Request(
                method=request.method,
                target=_ODD.sub(lambda found: b"%%%02X" % found[0][0], target),
                headers=[(name.encode("latin-1"), _bytes(value)) for name, value in headers],
            )
        except (h11.LocalProtocolError, ValueError) as error:
            raise LostError(Failure.UNSENT) from error

    async def _kept(self) -> Connection | None:
        """A connection that was kept alive, and on which nobody has said anything since then."""
        while self._idle:
            connection = self._idle.pop()
            # Many a server ends a connection right behind its first answer, without a word.
            await asyncio.sleep(_MOMENT if connection.answers == 1 else 0)
            await asyncio.sleep(0)  # now the loop has asked what came, and told
            if connection.quiet:
                return connection
            connection.drop()
        return None

    def _put_back(self, connection: Connection | None, well: bool) -> None:
        """Keep a connection for the next request. After a crash a server often closes those that it has."""
        if connection is None:
            return
        if well and self._stale < MAX_STALE and connection.keep():
            self._idle.append(connection)
            return
        connection.drop()
        if not well:
            self._drop_all()

    def _drop_all(self) -> None:
        while self._idle:
            self._idle.pop().drop()

    async def reset(self) -> None:
        """A live server is not emptied: its sessions are deleted one by one."""

    async def close(self) -> None:
        """Close all connections."""
        self._drop_all()
        await asyncio.sleep(0)


def _parts(target: str) -> tuple[SplitResult, int]:
    """A target's parts, and its port."""
    try:
        parts = urlsplit(target)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        if not parts.hostname:
            raise ValueError("it names no host")
        parts.hostname.encode("idna")
        return parts, port
    except (ValueError, KeyError) as error:
        raise InputError(
            f"{target!r} is not a URL", place="--target", remedy="write it as in http://127.0.0.1:8000"
        ) from error


def _own_headers(parts: SplitResult) -> Headers:
    """What goes with every request that does not say otherwise."""
    user, _, host = parts.netloc.rpartition("@")
    headers = [
        ("host", host.encode("idna").decode() if not host.isascii() else host),
        ("user-agent", "conformance"),
        ("accept", "*/*"),
        ("accept-encoding", "gzip, deflate"),
    ]
    if user:
        name, _, word = user.partition(":")
        secret = base64.b64encode(unquote_to_bytes(name) + b":" + unquote_to_bytes(word))
        headers.append(("authorization", f"Basic {secret.decode()}"))
    return tuple(headers)


def _bytes(value: str) -> bytes:
    """A header's value: Latin-1 where it can be that, else UTF-8."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")
