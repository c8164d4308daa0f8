"""What has come of an answer so far? Its body is unpacked as it comes, and never beyond the limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from conformance.exchange import Failure, Headers, Response
from conformance.transports import LostError

MAX_CODINGS = 4
"""An answer that was packed more often than this is not unpacked."""


class Arriving:
    """An answer while it comes; a body beyond the limit ends it."""

    __slots__ = ("_body", "_headers", "_left", "_limit", "_packings", "_status")

    def __init__(self, limit: int) -> None:
        self._limit = self._left = limit
        self._status: int | None = None
        self._headers: Headers = ()
        self._body = bytearray()
        self._packings: list[_Packing] = []

    def begin(self, status: int, headers: Headers) -> None:
        """Take the head."""
        self._status, self._headers = status, headers
        values = [value for name, value in headers if name == "content-encoding"]
        codings = [each for value in values for each in value.lower().replace(" ", "").split(",")]
        windows = [_WINDOWS[each] for each in codings if each in _WINDOWS]
        if len(windows) > MAX_CODINGS:
            raise LostError(Failure.MALFORMED)
        self._packings = [_Packing(window, self._limit) for window in reversed(windows)]

    def take(self, data: bytes) -> None:
        """Take a part of the body."""
        if self._packings:
            # What unpacks to nothing costs time all the same.
            self._left -= len(data)
            if self._left < 0:
                raise LostError(Failure.TOO_LARGE)
        self._put(data, 0)

    def end(self) -> None:
        """Nothing more comes."""
        if any(packing.cut for packing in self._packings):
            raise LostError(Failure.MALFORMED)

    def response(self) -> Response | None:
        """What was answered so far; None before the head is there."""
        return None if self._status is None else Response(self._status, self._headers, bytes(self._body))

    def _put(self, data: bytes, unpacked: int) -> None:
        """Put data, of which so many packings are off, through the others into the body."""
        if unpacked < len(self._packings):
            for piece in self._packings[unpacked].open(data):
                self._put(piece, unpacked + 1)
            return
        self._body += data[: self._limit - len(self._body) + 1]
        if len(self._body) > self._limit:
            del self._body[self._limit :]
            raise LostError(Failure.TOO_LARGE)


_GZIP = zlib.MAX_WBITS | 16
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}
_MAGIC = b"\x1f\x8b"
CODINGS = (*_WINDOWS, "identity")
"""The content codings that are taken off."""
_PIECE = 2**16


class _Packing:
    """One content coding, taken off piece by piece (RFC 9110, section 8.4.1). `cut`: its end has not come."""

    __slots__ = ("_begins", "_left", "_rest", "_unpacker", "_window", "cut")

    def __init__(self, window: int, limit: int) -> None:
        self._window = window
        self._unpacker: Any = None
        self._begins = b""
        self._rest = b""
        self._left = limit
        self.cut = False

    def open(self, data: bytes) -> Iterator[bytes]:
        """What the data unpacks to, in pieces; beyond the limit it is too large, whatever lies within it."""
        self.cut = True
        if self._unpacker is None:
            data = self._begins = self._begins + data
            if len(data) < 2:
                return
            self._unpacker = zlib.decompressobj(self._window if self._wrapped(data) else -zlib.MAX_WBITS)
        elif self._unpacker.eof:
            data = self._next_member(self._rest + data)
        full = False
        while (data or full) and not self._unpacker.eof:
            try:
                piece = self._unpacker.decompress(data, _PIECE)
            except zlib.error:
                raise LostError(Failure.MALFORMED) from None
            data, full = self._unpacker.unconsumed_tail, len(piece) == _PIECE
            if self._unpacker.eof:
                data, full = self._next_member(self._unpacker.unused_data), False
            self._left -= len(piece)
            yield piece
            if self._left < 0:
                raise LostError(Failure.TOO_LARGE)
        self.cut = not self._unpacker.eof

    def _next_member(self, rest: bytes) -> bytes:
        """Begin with the next member, if one follows: a gzip file may be several (RFC 1952, section 2.2). Gives what is
        to be unpacked; whatever else stands behind the end is passed over."""
        self._rest = rest if rest == _MAGIC[:1] else b""
        if self._window != _GZIP or not rest.startswith(_MAGIC):
            return b""
        self._unpacker = zlib.decompressobj(self._window)
        return rest

    def _wrapped(self, data: bytes) -> bool:
        """Whether the data begins as its coding should; many servers send what is called deflate without wrapping."""
        return self._window == _GZIP or (data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0)
