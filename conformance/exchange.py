"""What was said? One request and its answer, as they crossed the wire."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final

from mypy_extensions import mypyc_attr

from conformance.records import Record

Headers = tuple[tuple[str, str], ...]


class Failure(Enum):
    """Why no whole answer came."""

    CONNECT = "could not connect"
    TIMEOUT = "no whole answer in time"
    CLOSED = "the connection was closed before the answer was whole"
    STALE = "a kept-alive connection turned out to be closed"
    UNSENT = "what was to be sent is not HTTP"
    TOO_LARGE = "the answer was larger than the limit"
    MALFORMED = "what came is not HTTP"
    UNRECORDED = "the recording does not hold it"


@mypyc_attr(acyclic=True)
class Request(Record):
    """A request. `path` and `query` are percent-encoded, as sent; `base` is scheme and authority, or empty."""

    __slots__ = ("base", "body", "headers", "method", "path", "query")

    def __init__(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Headers = (),
        body: bytes = b"",
        base: str = "",
    ) -> None:
        self.method: Final = method
        self.path: Final = path
        self.query: Final = query
        self.headers: Final = headers
        self.body: Final = body
        self.base: Final = base

    @property
    def target(self) -> str:
        """Path and query, as on the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def url(self) -> str:
        """The whole URL."""
        return self.base + self.target


@mypyc_attr(acyclic=True)
class Response(Record):
    """An answer; `body` is decoded from any content coding."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Headers = (), body: bytes = b"") -> None:
        self.status: Final = status
        self.headers: Final = headers
        self.body: Final = body

    def header(self, name: str) -> str:
        """The first value of a header (any case), or the empty string."""
        return header(self.headers, name)

    @property
    def media_type(self) -> str:
        """The content type without parameters, in lower case; empty if there is none."""
        return _media_type(self.headers)


@mypyc_attr(acyclic=True)
class Exchange(Record):
    """A request with its answer, or with the reason why there is no whole one.

    `started` and `finished` are seconds on a clock that never runs backwards. A stream that we stopped reading
    at its bound has `failure` set and holds in `response` what came until then.
    """

    __slots__ = ("failure", "finished", "request", "response", "started")

    def __init__(
        self,
        request: Request,
        response: Response | None,
        started: float = 0.0,
        finished: float = 0.0,
        failure: Failure | None = None,
    ) -> None:
        self.request: Final = request
        self.response: Final = response
        self.started: Final = started
        self.finished: Final = finished
        self.failure: Final = failure

    @property
    def seconds(self) -> float:
        """How long the answer took."""
        return self.finished - self.started

    @property
    def said(self) -> str:
        """The status, or in words why no whole answer came; where only a part of one was kept, its status is known."""
        response, failure = self.response, self.failure
        if failure is not None and (response is None or failure is not Failure.UNRECORDED):
            return failure.value
        return "no answer" if response is None else str(response.status)

    @property
    def postponed(self) -> bool:
        """Whether the server asks to come again later: that says nothing of what was asked."""
        response = self.response
        return response is not None and (
            response.status == 429 or (response.status == 503 and bool(response.header("retry-after")))
        )


_MEDIA_TYPES: Final[dict[Headers, str]] = {}
MAX_MEDIA_TYPES: Final = 1_024
"""So many sets of headers are remembered with their media type: a server's answers often have the same."""


def _media_type(headers: Headers) -> str:
    """The media type that headers name."""
    found = _MEDIA_TYPES.get(headers)
    if found is None:
        if len(_MEDIA_TYPES) >= MAX_MEDIA_TYPES:
            _MEDIA_TYPES.clear()
        found = _MEDIA_TYPES[headers] = header(headers, "content-type").partition(";")[0].strip().lower()
    return found


def header(headers: Iterable[tuple[str, str]], name: str) -> str:
    """The first value of a header (any case), or the empty string."""
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return ""
