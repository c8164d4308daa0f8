"""What happens on one connection? HTTP/1.1, one request after the other (RFC 9112), read in bounds."""

from __future__ import annotations

import asyncio
import ssl

import h11

from conformance.exchange import Failure
from conformance.transports import LostError
from conformance.transports.answer import Arriving

MAX_HEAD = 100 * 1024
"""Bytes of a head, of a chunk's first line or of trailers at most."""
_HIGH = 2**18
_PIECE = 2**15
_RACE = 0.25


class Connection:
    """A connection to a server. `answers`: so many came on it; `heard`: the next has begun to come."""

    def __init__(self, transport: asyncio.BaseTransport, inbox: _Inbox) -> None:
        self.answers = 0
        self.heard = False
        self._ended = False
        self._transport = transport
        self._inbox = inbox
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)

    @classmethod
    async def open(cls, host: str, port: int, tls: ssl.SSLContext | None) -> Connection:
        """Connect."""
        try:
            transport, inbox = await asyncio.get_running_loop().create_connection(
                _Inbox, host, port, ssl=tls, happy_eyeballs_delay=_RACE
            )
        except OSError as error:
            raise LostError(Failure.CONNECT) from error
        return cls(transport, inbox)

    async def ask(self, request: h11.Request, body: bytes, answer: Arriving) -> None:
        """Send a request, and take the answer."""
        self.heard = False
        try:
            self._send(request, body)
        except h11.LocalProtocolError as error:
            raise LostError(Failure.UNSENT) from error
        try:
            await self._take(answer)
        except h11.RemoteProtocolError as error:
            raise LostError(Failure.CLOSED if self._ended else Failure.MALFORMED) from error

    def keep(self) -> bool:
        """Get ready for another request; whether the connection can be used again."""
        if self._state.our_state is not h11.DONE or self._state.their_state is not h11.DONE:
            return False
        # What comes after an answer is no answer to what is asked next.
        if self._state.trailing_data[0] or not self.quiet:
            return False
        self._state.start_next_cycle()
        self.answers += 1
        return True

    @property
    def reused(self) -> bool:
        """Whether an earlier request was answered on it."""
        return self.answers > 0

    @property
    def quiet(self) -> bool:
        """Whether the server has neither said anything more nor ended the connection."""
        return not self._inbox.ended and not self._inbox.data

    def drop(self) -> None:
        """End the connection at once."""
        self._transport.abort()  # type: ignore[attr-defined]

    def _send(self, request: h11.Request, body: bytes) -> None:
        """Send a request. A server may end the connection meanwhile, and have answered all the same."""
        events: list[h11.Event] = [request, *([h11.Data(body)] if body else []), h11.EndOfMessage()]
        data = b"".join(self._state.send(event) or b"" for event in events)
        self._transport.write(data)  # type: ignore[attr-defined]

    async def _take(self, answer: Arriving) -> None:
        """Take the answer; what only announces it is passed over."""
        event = await self._event()
        while isinstance(event, h11.InformationalResponse):
            event = await self._event()
        assert isinstance(event, h11.Response)
        headers = ((name.decode("latin-1"), value) for name, value in event.headers)
        answer.begin(event.status_code, tuple((name, _text(value)) for name, value in headers))
        while isinstance(event := await self._event(), h11.Data):
            answer.take(bytes(event.data))
        answer.end()

    async def _event(self) -> object:
        """The next part of what the server says."""
        while (event := self._state.next_event()) is h11.NEED_DATA:
            data = await self._inbox.read()
            self.heard = self.heard or bool(data)
            self._ended = not data
            self._state.receive_data(data)
        return event


class _Inbox(asyncio.Protocol):
    """What came on a connection and was not read yet: little, the rest waits where it is."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.ended = False
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember whom to stop."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Keep what came."""
        self.data += data
        if len(self.data) > _HIGH and self._transport is not None:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """The server has said all."""
        self.ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - named by the protocol
        """The connection is gone, in one way or the other."""
        self.ended = True
        self._wake()

    async def read(self) -> bytes:
        """Some of what came, as soon as there is anything; nothing at the end."""
        if not self.data and not self.ended:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        else:
            await asyncio.sleep(0)  # whoever sends without a pause must not keep us from looking at the clock
        data = bytes(self.data[:_PIECE])
        del self.data[:_PIECE]
        if not self.data and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        return data

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


def _text(value: bytes) -> str:
    """A header's value: UTF-8 where it is that, else Latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
