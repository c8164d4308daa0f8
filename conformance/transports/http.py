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


class HttpTransport:
    """Sends over kept-alive connections; keeps no cookies, uses no proxy and no .netrc of the machine."""

    resets = False

    def __init__(self, target: str, limits: Limits | None = None) -> None:
        parts = urlsplit(target)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError(f"{target!r} is not a URL", place="--target", remedy="write it as in http://127.0.0.1:8000")
        self.base = target.rstrip("/")
        self._limits = limits or Limits()
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(self._limits.seconds),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
            headers={"user-agent": "conformance", "accept": "*/*", "accept-encoding": "gzip, deflate"},
        )

    async def send(self, request: Request) -> Exchange:
        """Send a request."""
        body = bytearray()
        response: httpx.Response | None = None
        failure: Failure | None = None
        started = perf_counter()
        try:
            async with asyncio.timeout(self._limits.seconds):
                async with self._client.stream(
                    request.method,
                    self.base + request.target,
                    headers=list(request.headers),
                    content=request.body or None,
                ) as response:
                    failure = await self._read(response, body)
        except (TimeoutError, httpx.TimeoutException) as error:
            failure = Failure.CONNECT if isinstance(error, httpx.ConnectTimeout) else Failure.TIMEOUT
        except _CONNECT:
            failure = Failure.CONNECT
        except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
            failure = _failure(error)
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
