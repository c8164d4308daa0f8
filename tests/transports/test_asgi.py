"""Tests of the way to an application in this process."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from time import monotonic, sleep
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, StreamingResponse
from starlette.responses import Response as Answered
from starlette.routing import Route

from conformance.exchange import Exchange, Failure, Request, Response
from conformance.fakes import asgi
from conformance.fakes.server import Server
from conformance.profile_file import load
from conformance.run import server_of
from conformance.transports import Limits
from conformance.transports.asgi import AsgiTransport, under

GET = Request("GET", "/x")
START = {"type": "http.response.start", "status": 200, "headers": [(b"X-One", b"1"), (b"x-one", b"2")]}
Send = Callable[[dict[str, Any]], Awaitable[None]]


def sent(app: Any, *requests: Request, limits: Limits | None = None) -> list[Exchange]:
    """What comes of sending these requests, one after the other."""

    async def send() -> list[Exchange]:
        transport = AsgiTransport(app, limits=limits)
        try:
            return [await transport.send(request) for request in requests]
        finally:
            await transport.close()

    return asyncio.run(send())


def only(app: Any, request: Request = GET, limits: Limits | None = None) -> Exchange:
    """What comes of sending one request."""
    return sent(app, request, limits=limits)[0]


def simple(answer: Callable[[Send], Awaitable[None]]) -> Any:
    """An application that knows no lifespan."""

    async def app(scope: dict[str, Any], _receive: Any, send: Send) -> None:
        assert scope["type"] == "http"
        await answer(send)

    return app


def body(data: bytes = b"", more: bool = False) -> dict[str, Any]:
    """A part of a body."""
    return {"type": "http.response.body", "body": data, "more_body": more}


def test_a_request_arrives_as_it_was_sent() -> None:
    """Method, path, query, headers and body arrive; the path decoded and raw."""

    async def echo(asked: Asked) -> JSONResponse:
        return JSONResponse(
            {
                "method": asked.method,
                "path": asked.url.path,
                "name": asked.path_params["name"],
                "raw": asked.scope["raw_path"].decode(),
                "query": asked.query_params.multi_items(),
                "headers": [[name.decode(), value.decode("latin-1")] for name, value in asked.headers.raw],
                "body": (await asked.body()).decode(),
            }
        )

    app = Starlette(routes=[Route("/a/{name:path}", echo, methods=["PATCH"])])
    headers = (("Content-Type", "application/json"), ("X-Twice", "1"), ("x-twice", "é"))
    request = Request("PATCH", "/a/caf%C3%A9%2Fb%20c", "q=1&q=%26&empty=", headers, b'{"k": 1}')
    exchange = only(app, request)
    assert exchange.failure is None
    assert exchange.response is not None
    seen = json.loads(exchange.response.body)
    assert seen["method"] == "PATCH"
    assert (seen["name"], seen["raw"]) == ("café/b c", "/a/caf%C3%A9%2Fb%20c")
    assert seen["query"] == [["q", "1"], ["q", "&"], ["empty", ""]]
    assert seen["body"] == '{"k": 1}'
    assert seen["headers"] == [
        ["host", "conformance.local"],
        ["content-type", "application/json"],
        ["x-twice", "1"],
        ["x-twice", "é"],
        ["content-length", "8"],
    ]
    assert exchange.request is request


def test_an_answer_comes_back_whole() -> None:
    """Status, headers in order and in lower case, and all parts of the body come back, with the time that it took."""

    async def answer(send: Send) -> None:
        await send({**START, "status": 203})
        await send(body(b"a", more=True))
        await asyncio.sleep(0.02)
        await send(body(b"b", more=True))
        await send(body())

    exchange = only(simple(answer))
    assert exchange.response == Response(203, (("x-one", "1"), ("x-one", "2")), b"ab")
    assert exchange.failure is None
    assert 0.02 <= exchange.seconds < 5


@pytest.mark.parametrize("error", [ValueError("no"), KeyError("x"), ExceptionGroup("many", [OSError()])], ids=repr)
def test_an_exception_is_a_server_error(error: Exception) -> None:
    """An application that raises is answered for with a bare 500, as any server does."""

    async def answer(_send: Send) -> None:
        raise error

    exchange = only(simple(answer))
    assert exchange.response == Response(500)
    assert exchange.failure is None


def test_an_exception_within_an_answer_closes_the_connection() -> None:
    """An application that raises after it began to answer leaves half an answer."""

    async def answer(send: Send) -> None:
        await send(START)
        await send(body(b"half", more=True))
        raise RuntimeError("oh")

    exchange = only(simple(answer))
    assert exchange.failure is Failure.CLOSED
    assert exchange.response is not None
    assert exchange.response.body == b"half"


def test_an_exception_after_the_answer_does_not_matter() -> None:
    """An answer that is whole stays whole, whatever the application does then."""

    async def answer(send: Send) -> None:
        await send(START)
        await send(body(b"whole"))
        raise RuntimeError("late")

    exchange = only(simple(answer))
    assert exchange.failure is None
    assert exchange.response is not None
    assert exchange.response.body == b"whole"


async def no_answer(_send: Send) -> None:
    """Returns without a word."""


async def no_body(send: Send) -> None:
    """Returns after the head."""
    await send(START)


async def half(send: Send) -> None:
    """Returns within the body."""
    await send(START)
    await send(body(b"half", more=True))


@pytest.mark.parametrize("answer", [no_answer, no_body, half], ids=lambda each: each.__name__)
def test_an_answer_that_does_not_end_is_closed(answer: Callable[[Send], Awaitable[None]]) -> None:
    """An application that returns before its answer is whole has closed the connection."""
    exchange = only(simple(answer))
    assert exchange.failure is Failure.CLOSED
    assert (exchange.response is None) is (answer is no_answer)


@pytest.mark.parametrize("begins", [True, False])
def test_an_answer_that_takes_too_long(begins: bool) -> None:
    """An application that hangs is given up in time; what came until then is kept."""

    async def answer(send: Send) -> None:
        if begins:
            await send(START)
            await send(body(b"first", more=True))
        await asyncio.sleep(60)

    started = monotonic()
    exchange = only(simple(answer), limits=Limits(seconds=0.1))
    assert monotonic() - started < 2
    assert exchange.failure is Failure.TIMEOUT
    assert (exchange.response.body if exchange.response else None) == (b"first" if begins else None)


def test_an_endless_stream_is_given_up() -> None:
    """A stream without end ends at the limit of time, or of size, whichever comes first."""

    async def ticks(pause: float) -> AsyncIterator[bytes]:
        while True:
            yield b"data: {}\n\n" * 100
            await asyncio.sleep(pause)

    def app(pause: float) -> Starlette:
        async def stream(_asked: Asked) -> StreamingResponse:
            return StreamingResponse(ticks(pause), media_type="text/event-stream")

        return Starlette(routes=[Route("/x", stream)])

    assert only(app(0.02), limits=Limits(seconds=0.2)).failure is Failure.TIMEOUT
    assert only(app(0.0), limits=Limits(seconds=20, body_bytes=50_000)).failure is Failure.TOO_LARGE


def test_the_limit_of_size_is_exact() -> None:
    """A body of exactly the limit is whole, one byte more is too large."""

    async def answer(send: Send) -> None:
        await send(START)
        await send(body(b"x" * 1_000, more=True))
        await send(body(b"x"))

    assert only(simple(answer), limits=Limits(body_bytes=1_001)).failure is None
    assert only(simple(answer), limits=Limits(body_bytes=1_000)).failure is Failure.TOO_LARGE


class Life:
    """What a Starlette application lived through."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def app(self) -> Starlette:
        """The application."""

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            self.events.append("up")
            yield
            self.events.append("down")

        async def answer(_asked: Asked) -> Answered:
            self.events.append("asked")
            return Answered("ok")

        return Starlette(routes=[Route("/x", answer)], lifespan=lifespan)


def test_an_application_is_started_and_stopped_once() -> None:
    """The lifespan begins before the first request, and ends when the transport is closed."""
    life = Life()
    assert [each.failure for each in sent(life.app(), GET, GET)] == [None, None]
    assert life.events == ["up", "asked", "asked", "down"]


def test_an_application_that_was_never_asked_is_never_started() -> None:
    """Closing at once starts nothing; closing twice stops once."""
    life = Life()

    async def close() -> None:
        transport = AsgiTransport(life.app())
        await transport.close()
        await transport.send(GET)
        await transport.close()
        await transport.close()

    asyncio.run(close())
    assert life.events == ["up", "asked", "down"]


def test_an_application_may_know_no_lifespan() -> None:
    """One that raises at the lifespan is asked all the same."""

    async def answer(send: Send) -> None:
        await send(START)
        await send(body(b"fine"))

    assert [each.response.body for each in sent(simple(answer), GET, GET) if each.response] == [b"fine", b"fine"]


def test_waiting_for_a_disconnect_ends_with_the_answer() -> None:
    """An application may wait until its caller is gone: that is when it has answered, and not before."""
    seen: list[str] = []

    async def app(scope: dict[str, Any], receive: Any, send: Send) -> None:
        assert scope["type"] == "http"
        seen.append((await receive())["type"])
        waiting = asyncio.ensure_future(receive())
        await asyncio.sleep(0.01)
        seen.append(str(waiting.done()))
        await send(START)
        await send(body())
        seen.append((await waiting)["type"])
        seen.append((await receive())["type"])

    assert only(app, limits=Limits(seconds=2)).failure is None
    assert seen == ["http.request", "False", "http.disconnect", "http.disconnect"]


def test_only_a_transport_with_a_reset_resets() -> None:
    """`resets` says whether `reset` does anything."""
    done: list[str] = []

    async def both() -> None:
        with_reset = AsgiTransport(simple(no_answer), reset=lambda: done.append("reset"))
        without = AsgiTransport(simple(no_answer))
        assert (with_reset.resets, without.resets) == (True, False)
        await with_reset.reset()
        await without.reset()

    asyncio.run(both())
    assert done == ["reset"]


def test_cancelling_reaches_the_application() -> None:
    """Whoever cancels a request cancels the application's call as well."""
    seen: list[str] = []

    async def answer(_send: Send) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def cancel() -> None:
        transport = AsgiTransport(simple(answer))
        task = asyncio.create_task(transport.send(GET))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await transport.close()

    asyncio.run(cancel())
    assert seen == ["cancelled"]


def test_a_fake_is_an_application() -> None:
    """A fake answers over ASGI what it answers directly."""
    profile = load("adk")
    request = Request("GET", "/apps/echo/users/u/sessions")
    exchange = only(asgi.app(Server(profile)), request)
    assert exchange.response == Server(profile).answer(request)
    assert exchange.failure is None


def test_a_fake_that_closes_the_connection_does_so_over_asgi() -> None:
    """The fault that truncates answers shows as a connection closed within an answer."""
    server = server_of(load("adk"), 0, "closes-the-connection")
    requests = [Request("GET", f"/apps/echo/users/u{number}/sessions") for number in range(60)]
    failures = {exchange.failure for exchange in sent(asgi.app(server), *requests)}
    assert failures == {None, Failure.CLOSED}


# --- applications that keep to no rule ------------------------------------------------------------


async def body_first(send: Send) -> None:
    """Sends a body before the head."""
    await send(body(b"x"))
    await send(START)


async def text_in_headers(send: Send) -> None:
    """Sends headers that are no bytes."""
    await send({**START, "headers": [("a", "b")]})
    await send(body(b"whole"))


async def text_in_body(send: Send) -> None:
    """Sends a body that is no bytes."""
    await send(START)
    await send({"type": "http.response.body", "body": "text"})


async def no_status(send: Send) -> None:
    """Sends a head without a status."""
    await send({"type": "http.response.start"})


async def no_type(send: Send) -> None:
    """Sends a message without a type."""
    await send({})


async def two_heads(send: Send) -> None:
    """Sends two heads."""
    await send(START)
    await send({**START, "status": 404})
    await send(body(b"whole"))


async def more_afterwards(send: Send) -> None:
    """Sends more after the end of the answer."""
    await send(START)
    await send(body(b"whole"))
    await send(body(b"and more"))
    await send({**START, "status": 404})


async def never_returns(send: Send) -> None:
    """Answers, and goes on doing something else."""
    await send(START)
    await send(body(b"whole"))
    await asyncio.sleep(60)


async def never_waits(send: Send) -> None:
    """Sends for ever, and never waits for anything."""
    await send(START)
    while True:
        try:
            await send(body(b"x" * 1_000, more=True))
        except Exception:
            continue


async def will_not_be_cancelled(_send: Send) -> None:
    """Hangs, and goes on hanging when it is cancelled."""
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await asyncio.sleep(60)


LAWLESS: list[tuple[Callable[[Send], Awaitable[None]], int | None, Failure | None]] = [
    (body_first, 500, None),
    (text_in_headers, 500, None),
    (text_in_body, 200, Failure.CLOSED),
    (no_status, 500, None),
    (no_type, 500, None),
    (two_heads, 200, Failure.CLOSED),
    (more_afterwards, 200, None),
    (never_returns, 200, None),
    (never_waits, 200, Failure.TOO_LARGE),
    (will_not_be_cancelled, None, Failure.TIMEOUT),
]


@pytest.mark.parametrize(("answer", "status", "failure"), LAWLESS, ids=[each[0].__name__ for each in LAWLESS])
def test_lawless_applications_are_what_a_server_makes_of_them(
    answer: Callable[[Send], Awaitable[None]],
    status: int | None,
    failure: Failure | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What no server would send is a 500, or half an answer; what comes after an answer does not matter."""
    monkeypatch.setattr("conformance.transports.asgi.GRACE", 0.05)
    started = monotonic()
    exchange = only(simple(answer), limits=Limits(seconds=0.3, body_bytes=10_000))
    assert monotonic() - started < 3
    assert (exchange.response.status if exchange.response else None) == status
    assert exchange.failure is failure
    if failure is None and status == 200:
        assert exchange.response is not None
        assert exchange.response.body == b"whole"


FATAL = [SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit(), BaseException("x")]


@pytest.mark.parametrize("error", FATAL, ids=repr)
@pytest.mark.parametrize("begins", [True, False])
def test_what_kills_a_server_closes_the_connection(error: BaseException, begins: bool) -> None:
    """An application that ends its process has closed the connection; we go on."""

    async def answer(send: Send) -> None:
        if begins:
            await send(START)
        raise error

    exchanges = sent(simple(answer), GET, GET)
    assert [each.failure for each in exchanges] == [Failure.CLOSED] * 2
    assert [each.response is not None for each in exchanges] == [begins] * 2


def test_an_application_may_end_its_process_at_the_start() -> None:
    """One that exits as it is started is asked all the same."""

    async def app(scope: dict[str, Any], _receive: Any, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise SystemExit(3)
        await send(START)
        await send(body(b"fine"))

    assert [each.response.body for each in sent(app, GET, GET) if each.response] == [b"fine", b"fine"]


def test_an_application_can_be_asked_under_a_path() -> None:
    """What stands under a path is asked for there, as it is written; the lifespan has none."""
    asked = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        asked.append((scope["path"], scope["raw_path"]))
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    async def lifespan(receive: Any, send: Any) -> None:
        for what in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{what}.complete"})

    async def ask() -> None:
        transport = AsgiTransport(under("/v1", app))
        await transport.send(Request("GET", "/a%2Fb"))
        await transport.close()

    asyncio.run(ask())
    assert asked == [("/v1/a/b", b"/v1/a%2Fb")]
    assert under("", app) is app


# --- calls that wait for nothing ------------------------------------------------------------------

SEEN: ContextVar[str] = ContextVar("SEEN", default="nothing")


def answering(tell: Callable[[], Awaitable[str] | str]) -> Any:
    """An application whose answer is what it is told; if it is told at once, it waits for nothing."""

    async def answer(send: Send) -> None:
        told = tell()
        text = told if isinstance(told, str) else await told
        await send(START)
        await send(body(text.encode()))

    return simple(answer)


def texts(exchanges: list[Exchange]) -> list[str]:
    """The bodies of answers."""
    return [exchange.response.body.decode() if exchange.response else "" for exchange in exchanges]


def test_each_call_has_a_task_and_a_context_of_its_own() -> None:
    """Nothing that an application ties to its task or to its context is there in the next call."""
    tasks: list[asyncio.Task[Any] | None] = []

    def tell() -> str:
        before = SEEN.get()
        SEEN.set("the call before")
        tasks.append(asyncio.current_task())
        return before

    assert texts(sent(answering(tell), GET, GET, GET)) == ["nothing"] * 3
    assert len({id(task) for task in tasks}) == 3
    assert None not in tasks


def test_the_caller_is_who_it_was() -> None:
    """A call leaves the task and the context of its caller alone, whether it waits or not."""

    async def late() -> str:
        await asyncio.sleep(0)
        return SEEN.get()

    def tell() -> Awaitable[str]:
        SEEN.set("the application")
        return late()

    async def ask() -> None:
        for app, text in ((answering(lambda: SEEN.get()), "the caller"), (answering(tell), "the application")):
            transport, caller = AsgiTransport(app), asyncio.current_task()
            SEEN.set("the caller")
            assert texts([await transport.send(GET)]) == [text]
            assert (SEEN.get(), asyncio.current_task()) == ("the caller", caller)
            await transport.close()

    asyncio.run(ask())


@pytest.mark.parametrize("pause", [0, 0.01])
def test_a_call_that_waits_goes_on_as_the_task_that_it_began_as(pause: float) -> None:
    """A group of tasks and a limit of time that were entered before the first wait hold afterwards."""

    async def tell() -> str:
        began = asyncio.current_task()
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            other = group.create_task(asyncio.sleep(pause, "slept"))
            await asyncio.sleep(pause)
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(5)
        except TimeoutError:
            return f"{other.result()}, late, {asyncio.current_task() is began}"
        return "never"

    assert texts(sent(answering(tell), GET, GET)) == ["slept, late, True"] * 2


def test_what_was_put_off_is_done_before_the_next_call() -> None:
    """A task that an application began, and did not wait for, gets its turns between two calls."""
    done: list[int] = []
    kept: list[asyncio.Task[None]] = []

    async def later(number: int) -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        done.append(number)

    def tell() -> str:
        kept.append(asyncio.get_running_loop().create_task(later(len(kept))))
        return str(len(done))

    assert texts(sent(answering(tell), GET, GET, GET)) == ["0", "1", "2"]


def test_a_call_may_cancel_itself(caplog: pytest.LogCaptureFixture) -> None:
    """One that has answered stays whole; one that waits then has closed the connection. Nobody complains."""

    def tell() -> str:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        return "whole"

    async def waits() -> str:
        tell()
        await asyncio.sleep(5)
        return "never"

    exchanges = sent(answering(tell), GET, GET)
    assert [(each.failure, text) for each, text in zip(exchanges, texts(exchanges), strict=True)] == [
        (None, "whole")
    ] * 2
    assert [each.failure for each in sent(answering(waits), GET, GET)] == [Failure.CLOSED] * 2
    gc.collect()
    assert caplog.records == []


def test_an_application_that_holds_up_the_loop_is_late() -> None:
    """One that sleeps without waiting answers, but not in time: a client had gone."""

    def tell() -> str:
        sleep(0.1)
        return "late"

    exchange = only(answering(tell), limits=Limits(seconds=0.05))
    assert (exchange.failure, exchange.response) == (Failure.TIMEOUT, None)


def test_whoever_calls_without_end_can_be_interrupted() -> None:
    """Between calls that wait for nothing there are turns of the loop: for timers, and for who cancels the caller."""

    async def call(transport: AsgiTransport) -> None:
        while True:
            await transport.send(GET)

    async def interrupt() -> None:
        transport = AsgiTransport(answering(lambda: "at once"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(call(transport), 0.1)
        await transport.close()

    started = monotonic()
    asyncio.run(interrupt())
    assert monotonic() - started < 5


def test_a_stream_that_never_waits_is_given_up_in_time() -> None:
    """An application that sends for ever, in ever smaller parts, is left when its time is over."""

    async def answer(send: Send) -> None:
        await send(START)
        while True:
            await send(body(b"", more=True))

    exchange = only(simple(answer), limits=Limits(seconds=0.1))
    assert (exchange.failure, exchange.response and exchange.response.status) == (Failure.TIMEOUT, 200)


def test_reading_after_the_answer_tells_of_the_disconnect() -> None:
    """An application that waits for nothing may read on when it has answered."""
    read: list[str] = []

    async def app(scope: dict[str, Any], receive: Any, send: Send) -> None:
        assert scope["type"] == "http"
        read.append((await receive())["type"])
        await send(START)
        await send(body(b"whole"))
        read.extend([(await receive())["type"], (await receive())["type"]])

    assert texts([only(app)]) == ["whole"]
    assert read == ["http.request", "http.disconnect", "http.disconnect"]


def test_a_fake_is_never_late() -> None:
    """What can be told to forget waits for nothing: if it took long, the machine was busy with other things."""

    async def slow(_scope: Any, _receive: Any, send: Send) -> None:
        sleep(0.05)
        await send({**START, "status": 200})
        await send(body(b"{}"))

    async def sent_to(reset: Callable[[], None] | None) -> Exchange:
        transport = AsgiTransport(slow, reset, Limits(seconds=0.01))
        return await transport.send(GET)

    assert asyncio.run(sent_to(None)).failure is Failure.TIMEOUT
    assert asyncio.run(sent_to(lambda: None)).failure is None
