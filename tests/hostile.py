"""Servers on loopback that are hostile, or merely old: each misbehaves in one way at the level of HTTP.

A `Hostile` reads requests, has them answered by a plain function (by default the same small JSON for all), and lets its
behaviour put that answer on the line.
"""

from __future__ import annotations

import asyncio
import gzip
import random
import socket
import struct
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from conformance.exchange import Request, Response, header

BOUND = 60.0
"""Seconds after which a connection is given up, whatever its behaviour wants."""

SMALL = Response(200, (("content-type", "application/json"), ("content-length", "11")), b'{"ok":true}')
"""What is answered by default."""

LONGEST_HEAD = 2**22
"""Bytes of a request up to its body at most."""

BLOCK = b" " * 65_536


class Line:
    """One connection, as a behaviour sees it. It is kept alive until it is closed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.open = True

    async def send(self, data: bytes) -> None:
        """Send bytes, and wait until they are on their way."""
        self.writer.write(data)
        await self.writer.drain()

    def close(self) -> None:
        """End the connection in an orderly way."""
        self.open = False
        self.writer.close()

    def reset(self) -> None:
        """End the connection with a reset."""
        self.open = False
        connection = self.writer.get_extra_info("socket")
        with suppress(OSError):  # the other side may have been faster
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Answer = Callable[[Request], Response]
Behaviour = Callable[["Hostile", Line, Response], Awaitable[None]]


class Hostile:
    """A server with one behaviour, on a free port of loopback, in a thread of its own."""

    def __init__(self, behaviour: Behaviour, answer: Answer = lambda _: SMALL, seed: int = 0) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.random = random.Random(seed)
        self.port = 0
        self._behaviour = behaviour
        self._answer = answer
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Hostile:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def die(self) -> None:
        """Listen no longer, and reset every connection; to be called by a behaviour."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LONGEST_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self.die()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        line = Line(reader, writer)
        try:
            async with asyncio.timeout(BOUND):
                while line.open:
                    request = await read_request(reader)
                    self.requests.append(request)
                    await self._behaviour(self, line, self._answer(request))
        except asyncio.CancelledError:
            line.reset()
        except (OSError, EOFError, TimeoutError):
            line.close()
        finally:
            self._tasks.discard(task)


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Read one request; EOFError if there is none."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    headers = tuple((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    body = await reader.readexactly(int(header(headers, "content-length") or 0))
    return Request(method, path, query, headers, body)


def head(response: Response, *more: str, length: int | None = None, version: str = "1.1") -> bytes:
    """The head of an answer with this content length, or with none; and with more header lines."""
    lines = [f"HTTP/{version} {response.status} Because"]
    lines += [f"{name}: {value}" for name, value in response.headers if name != "content-length"]
    if length is not None:
        lines.append(f"content-length: {length}")
    return "\r\n".join([*lines, *more, "", ""]).encode("latin-1")


def raw(response: Response, *more: str) -> bytes:
    """A whole answer, and more header lines."""
    length = None if response.status in (204, 304) else len(response.body)
    return head(response, *more, length=length) + response.body


# --- right, at the level of HTTP ------------------------------------------------------------------


async def right(_server: Hostile, line: Line, response: Response) -> None:
    """Answers as a server should."""
    await line.send(raw(response))


async def http_1_0(_server: Hostile, line: Line, response: Response) -> None:
    """Speaks HTTP/1.0: no length, the end of the connection is the end of the body."""
    await line.send(head(response, version="1.0") + response.body)
    line.close()


async def closes_silently(_server: Hostile, line: Line, response: Response) -> None:
    """Closes the connection after each answer without having said so."""
    await line.send(raw(response))
    line.close()


async def closes_late(_server: Hostile, line: Line, response: Response) -> None:
    """Closes the connection a little after each answer, so that the next request may be on its way."""
    await line.send(raw(response))
    await asyncio.sleep(0.001)
    line.close()


async def says_close(_server: Hostile, line: Line, response: Response) -> None:
    """Says that it closes the connection, and does."""
    await line.send(raw(response, "connection: close"))
    line.close()


async def informs_first(_server: Hostile, line: Line, response: Response) -> None:
    """Sends 100 and 103 before each answer."""
    await line.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    await line.send(b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n")
    await line.send(raw(response))


async def sets_cookies(server: Hostile, line: Line, response: Response) -> None:
    """Sets two cookies with each answer."""
    number = len(server.requests)
    await line.send(raw(response, f"set-cookie: sid={number}; Path=/", "set-cookie: tracked=yes; Max-Age=3600"))


async def chunks(_server: Hostile, line: Line, response: Response) -> None:
    """Sends the body in chunks of five bytes, with a trailer."""
    if response.status == 204:
        await line.send(raw(response))
        return
    parts = (response.body[start : start + 5] for start in range(0, len(response.body), 5))
    coded = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    await line.send(head(response, "transfer-encoding: chunked") + coded + b"0\r\nx-trailer: yes\r\n\r\n")


async def compresses(_server: Hostile, line: Line, response: Response) -> None:
    """Compresses each body."""
    if not response.body:
        await line.send(raw(response))
        return
    await line.send(
        raw(Response(response.status, response.headers, gzip.compress(response.body)), "content-encoding: gzip")
    )


async def chunks_with_extensions(_server: Hostile, line: Line, response: Response) -> None:
    """Sends the body as one chunk, with extensions and trailers that say otherwise."""
    if response.status == 204:
        await line.send(raw(response))
        return
    coded = b'%x;kind=whole;why="a; b"\r\n%s\r\n0;last\r\n' % (len(response.body), response.body)
    await line.send(
        head(response, "transfer-encoding: chunked") + coded + b"content-length: 3\r\nset-cookie: a=b\r\n\r\n"
    )


async def packs_in_members(_server: Hostile, line: Line, response: Response) -> None:
    """Compresses each body in two members."""
    body = gzip.compress(response.body[:5]) + gzip.compress(response.body[5:]) if response.body else b""
    more = ("content-encoding: gzip",) if body else ()
    await line.send(raw(Response(response.status, response.headers, body), *more))


RIGHT: dict[str, Behaviour] = {
    each.__name__: each
    for each in (
        right, http_1_0, closes_silently, closes_late, says_close, informs_first, sets_cookies, chunks, compresses,
        chunks_with_extensions, packs_in_members,
    )
}  # fmt: skip
"""Behaviours that are no fault, however odd."""

# --- wrong, at the level of HTTP ------------------------------------------------------------------


async def hangs(_server: Hostile, _line: Line, _response: Response) -> None:
    """Never answers."""
    await asyncio.sleep(BOUND)


async def drips_the_head(_server: Hostile, line: Line, response: Response) -> None:
    """Sends the head a byte at a time, so slowly that no answer is whole in time."""
    await _drip(line, raw(response))


async def drips_the_body(_server: Hostile, line: Line, response: Response) -> None:
    """Sends the body a byte at a time, so slowly that no answer is whole in time."""
    await line.send(head(response, length=1_000))
    await _drip(line, response.body.ljust(1_000))


async def _drip(line: Line, data: bytes) -> None:
    for byte in data:
        await line.send(bytes([byte]))
        await asyncio.sleep(0.05)


async def informs_for_ever(_server: Hostile, line: Line, _response: Response) -> None:
    """Sends 102 again and again, and never an answer."""
    for _ in range(100_000):
        await line.send(b"HTTP/1.1 102 Processing\r\n\r\n" * 10)
        await asyncio.sleep(0)


async def resets_before(_server: Hostile, line: Line, _response: Response) -> None:
    """Resets the connection before it answers."""
    line.reset()


async def closes_before(_server: Hostile, line: Line, _response: Response) -> None:
    """Closes the connection before it answers."""
    line.close()


async def resets_in_the_head(_server: Hostile, line: Line, response: Response) -> None:
    """Resets the connection within the head of the answer."""
    await line.send(raw(response)[:20])
    await asyncio.sleep(0.01)
    line.reset()


async def resets_in_the_body(_server: Hostile, line: Line, response: Response) -> None:
    """Resets the connection within the body of the answer."""
    await line.send(head(response, length=1_000) + response.body[:5])
    await asyncio.sleep(0.01)
    line.reset()


async def resets_after(_server: Hostile, line: Line, response: Response) -> None:
    """Resets the connection after a whole answer."""
    await line.send(raw(response))
    await asyncio.sleep(0.01)
    line.reset()


async def length_too_large(_server: Hostile, line: Line, response: Response) -> None:
    """Says a longer content length than the body has, and closes."""
    await line.send(head(response, length=len(response.body) + 100) + response.body)
    line.close()


async def length_too_small(_server: Hostile, line: Line, response: Response) -> None:
    """Says a shorter content length than the body has."""
    await line.send(head(response, length=min(5, len(response.body))) + response.body)


async def body_with_a_204(_server: Hostile, line: Line, _response: Response) -> None:
    """Answers 204, and a body all the same."""
    await line.send(b"HTTP/1.1 204 No Content\r\ncontent-length: 11\r\n\r\n" + SMALL.body)


async def huge_body(_server: Hostile, line: Line, response: Response) -> None:
    """Sends a body of 200 MB."""
    blocks = 200 * 2**20 // len(BLOCK)
    await line.send(head(response, length=blocks * len(BLOCK)))
    for _ in range(blocks):
        await line.send(BLOCK)


async def huge_head(_server: Hostile, line: Line, response: Response) -> None:
    """Sends a header of 2 MB."""
    await line.send(head(response, f"x-huge: {'x' * 2 * 2**20}", length=len(response.body)) + response.body)


async def gzip_bomb(_server: Hostile, line: Line, response: Response) -> None:
    """Sends 200 kB that unpack to 200 MB."""
    await line.send(head(response, "content-encoding: gzip", length=len(bomb())) + bomb())


async def gzip_that_is_none(_server: Hostile, line: Line, response: Response) -> None:
    """Says that the body is compressed, which it is not."""
    await line.send(raw(response, "content-encoding: gzip"))


async def endless_stream(_server: Hostile, line: Line, _response: Response) -> None:
    """Sends an event stream without end, slowly."""
    await line.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
    for _ in range(3_000):
        await line.send(b'data: {"tick": 1}\n\n')
        await asyncio.sleep(0.02)


async def torrent(_server: Hostile, line: Line, _response: Response) -> None:
    """Sends an event stream without end, as fast as it can."""
    await line.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
    for _ in range(10_000):
        await line.send(b'data: {"tick": 1}\n\n' * 3_000)


async def garbage(_server: Hostile, line: Line, _response: Response) -> None:
    """Sends what is not HTTP."""
    await line.send(b"\x16\x03\x01 SSH-2.0-nonsense\r\n\r\n")
    line.close()


async def two_lengths(_server: Hostile, line: Line, response: Response) -> None:
    """Says two lengths, which differ."""
    await line.send(
        head(response, f"content-length: {len(response.body) + 3}", length=len(response.body)) + response.body
    )


async def endless_head(_server: Hostile, line: Line, _response: Response) -> None:
    """Sends header after header, as fast as it can."""
    await line.send(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        await line.send(b"x-%d: y\r\n" % number * 50)


async def switches_protocols(_server: Hostile, line: Line, _response: Response) -> None:
    """Goes on in another protocol than HTTP, and says nothing in it."""
    await line.send(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
    await asyncio.sleep(BOUND)


async def speaks_tls(_server: Hostile, line: Line, _response: Response) -> None:
    """Answers as a server that was expecting TLS, with an alert."""
    await line.send(b"\x15\x03\x03\x00\x02\x02\x28")
    line.close()


async def bad_chunks(_server: Hostile, line: Line, response: Response) -> None:
    """Sends a chunk whose size is no number."""
    await line.send(head(response, "transfer-encoding: chunked") + b"zz\r\nhello\r\n0\r\n\r\n")
    line.close()


async def no_chunk_is_the_last(_server: Hostile, line: Line, response: Response) -> None:
    """Sends chunks, and closes before the last."""
    await line.send(head(response, "transfer-encoding: chunked") + b"5\r\nhello\r\n")
    line.close()


def answers(response: Response, *more: str) -> Behaviour:
    """Answers the same whatever is asked."""

    async def answer(_server: Hostile, line: Line, _response: Response) -> None:
        await line.send(raw(response, *more))

    return answer


def rewrites(change: Callable[[Response], Response]) -> Behaviour:
    """Changes each answer."""

    async def answer(_server: Hostile, line: Line, response: Response) -> None:
        await line.send(raw(change(response)))

    return answer


def dies_after(requests: int) -> Behaviour:
    """Answers so many requests, then dies."""

    async def answer(server: Hostile, line: Line, response: Response) -> None:
        if len(server.requests) > requests:
            server.die()
            await asyncio.sleep(BOUND)  # this call dies as well
        await line.send(raw(response))

    return answer


async def fails_at_random(server: Hostile, line: Line, response: Response) -> None:
    """Fails one request in twenty, each time in another way."""
    if server.random.random() >= 0.05:
        await line.send(raw(response))
        return
    how = server.random.choice((resets_before, resets_in_the_body, garbage, answers(Response(500))))
    await how(server, line, response)


def bomb() -> bytes:
    """200 MB of blanks, packed."""
    if not _BOMB:
        packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        _BOMB.append(b"".join(packer.compress(BLOCK) for _ in range(200 * 2**20 // len(BLOCK))) + packer.flush())
    return _BOMB[0]


_BOMB: list[bytes] = []


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """Gives a function that says by how many bytes this process has grown at its peak; 0 where nobody can tell."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        yield lambda: 0
        return
    before = _status("VmRSS")
    yield lambda: _status("VmHWM") - before


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))
