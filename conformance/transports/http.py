"""How does a request reach a server over HTTP? Bounded in time and size; redirects are answers, never followed."""

from __future__ import annotations

import asyncio
from time import perf_counter
from urllib.parse import urlsplit

import httpx

from conformance.errors import InputError
from conformance.exchange import Exchange, Failure, Request, Response
from conformance.transports import Limits

_CONNECT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol)


_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


class HttpTransport:
    """Sends over kept-alive connections; keeps no cookies, uses no proxy and no .netrc of the machine.

    A server may close a kept-alive connection at any time, so that a request on it never arrives. Idempotent requests
    are then sent once more (RFC 9112, section 9.3.1); others are given back as STALE, which accuses nobody.
    """

    resets = False

    def __init__(self, target: str, limits: Limits | None = None) -> None:
        parts = urlsplit(target)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError(
                f"{target!r} is not a URL", place="--target", remedy="write it as in http://127.0.0.1:8000"
            )
        self.base = target.rstrip("/")
        self._limits = limits or Limits()
        self._tls = httpx.create_ssl_context(trust_env=False) if parts.scheme == "https" else False
        self._client = self._fresh()

    def _fresh(self) -> httpx.AsyncClient:
        """A client without connections."""
        return httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            verify=self._tls,
            timeout=httpx.Timeout(self._limits.seconds),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
            headers={"user-agent": "conformance", "accept": "*/*", "accept-encoding": "gzip, deflate"},
        )

    async def send(self, request: Request) -> Exchange:
        """Send a request."""
        exchange = await self._send(request)
        if exchange.failure is Failure.STALE and request.method in _IDEMPOTENT:
            exchange = await self._send(request)
        if exchange.failure is not None or (exchange.response and exchange.response.status >= 500):
            # After a crash a server often closes the connection that it has just answered on.
            await self._client.aclose()
            self._client = self._fresh()
        return exchange

    async def _send(self, request: Request) -> Exchange:
        """Send a request once."""
        body = bytearray()
        events: list[str] = []
        response: httpx.Response | None = None
        failure: Failure | None = None

        async def trace(event: str, _info: object) -> None:
            events.append(event)

        started = perf_counter()
        try:
            async with asyncio.timeout(self._limits.seconds):
                async with self._client.stream(
                    request.method,
                    self.base + request.target,
                    headers=list(request.headers),
                    content=request.body or None,
                    extensions={"trace": trace},
                ) as response:
                    failure = await self._read(response, body)
        except (TimeoutError, httpx.TimeoutException) as error:
            failure = Failure.CONNECT if isinstance(error, httpx.ConnectTimeout) else Failure.TIMEOUT
        except _CONNECT:
            failure = Failure.CONNECT
        except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
            failure = _failure(error)
            if failure is Failure.CLOSED and response is None and not any("connect_tcp" in each for each in events):
                failure = Failure.STALE
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError):
            failure = Failure.MALFORMED
        finally:
            self._client.cookies.clear()
        finished = perf_counter()
        return Exchange(request, None if response is None else _answer(response, body), started, finished, failure)

    async def _read(self, response: httpx.Response, body: bytearray) -> Failure | None:
        """Read the body up to the limit."""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._limits.body_bytes:
                del body[self._limits.body_bytes :]
                return Failure.TOO_LARGE
        return None

    async def reset(self) -> None:
        """A live server is not emptied: its sessions are deleted one by one."""

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


def _failure(error: Exception) -> Failure:
    """What a transport error means: httpx tells a closed connection from other nonsense only by its text."""
    closed = isinstance(error, httpx.NetworkError) or "disconnected" in str(error) or "closed" in str(error)
    return Failure.CLOSED if closed else Failure.MALFORMED


def _answer(response: httpx.Response, body: bytearray) -> Response:
    headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
    return Response(response.status_code, headers, bytes(body))
