"""Session servers that are hostile: what `tests/hostile.py` cannot say without knowing what was asked.

Each is right but for one thing; some are a behaviour on the line, others a `Server` that answers wrongly.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections.abc import Callable

from conformance import records
from conformance.exchange import Request, Response
from conformance.fakes.server import Server
from conformance.profile_file import load
from conformance.step import Step
from tests import hostile
from tests.hostile import Behaviour, Hostile, Line, bomb, head, raw

ADK = load("adk")
JSON = (("content-type", "application/json"),)


def asked(server: Hostile) -> Request:
    """What was asked last."""
    return server.requests[-1]


def runs(request: Request) -> bool:
    """Whether a request is a run."""
    return request.path in ("/run", "/run_sse")


def only_on(wanted: Callable[[Request], bool], behaviour: Behaviour) -> Behaviour:
    """Misbehaves at some requests, and answers all the others."""

    async def sometimes(server: Hostile, line: Line, response: Response) -> None:
        await (behaviour if wanted(asked(server)) else hostile.right)(server, line, response)

    return sometimes


def one_in_twenty(behaviour: Behaviour) -> Behaviour:
    """Misbehaves at one request in twenty, at random; what was asked is done all the same."""

    async def sometimes(server: Hostile, line: Line, response: Response) -> None:
        await (behaviour if server.random.random() < 0.05 else hostile.right)(server, line, response)

    return sometimes


# --- on the line ----------------------------------------------------------------------------------


async def double_bomb(_server: Hostile, line: Line, response: Response) -> None:
    """Sends a few hundred bytes that unpack twice, to 200 MB."""
    body = gzip.compress(bomb())
    await line.send(head(response, "content-encoding: gzip, gzip", length=len(body)) + body)


async def packed_nothing(_server: Hostile, line: Line, response: Response) -> None:
    """Sends a body that never ends and unpacks to nothing."""
    await line.send(head(response, "content-encoding: deflate") + b"\x78\x9c")
    for _ in range(10_000):
        await line.send(b"\0\0\0\xff\xff" * 10_000)


async def crumbs(_server: Hostile, line: Line, response: Response) -> None:
    """Sends chunks of one byte without end."""
    await line.send(head(response, "transfer-encoding: chunked"))
    for _ in range(10_000):
        await line.send(b"1\r\n \r\n" * 10_000)


async def negative_length(_server: Hostile, line: Line, response: Response) -> None:
    """Says that the body has less than no bytes."""
    await line.send(head(response, length=-1) + response.body)


async def answers_twice(_server: Hostile, line: Line, response: Response) -> None:
    """Sends each answer twice."""
    await line.send(raw(response) * 2)


def answers_late() -> Behaviour:
    """Answers each request with the answer to the one before."""
    answers = [Response(200, JSON, b"{}")]

    async def answer(_server: Hostile, line: Line, response: Response) -> None:
        answers.append(response)
        await line.send(raw(answers[-2]))

    return answer


async def drips_slowly(_server: Hostile, line: Line, response: Response) -> None:
    """Sends the head, a byte a second."""
    for byte in raw(response):
        await line.send(bytes([byte]))
        await asyncio.sleep(1)


async def too_slow(_server: Hostile, line: Line, response: Response) -> None:
    """Takes half a second for each answer."""
    await asyncio.sleep(0.5)
    await line.send(raw(response))


async def tires_at_once(_server: Hostile, line: Line, response: Response) -> None:
    """Says, a moment after each answer, that it is tired of waiting for the next request."""
    await line.send(raw(response))
    await asyncio.sleep(0.0005)
    await line.send(raw(Response(408)))


def from_then_on(after: int, behaviour: Behaviour) -> Behaviour:
    """Misbehaves when it has answered so many requests."""

    async def sometimes(server: Hostile, line: Line, response: Response) -> None:
        await (behaviour if len(server.requests) > after else hostile.right)(server, line, response)

    return sometimes


def redirects(location: str) -> Behaviour:
    """Sends everybody elsewhere."""
    return hostile.answers(Response(307, JSON, b"{}"), f"location: {location}")


def dies_at(wanted: Callable[[Request], bool], after: int, hangs: bool = False) -> Behaviour:
    """Answers so many requests; dies at the first after that which is of some kind, or never answers again."""
    dead: list[Request] = []

    async def answer(server: Hostile, line: Line, response: Response) -> None:
        if dead or (len(server.requests) > after and wanted(asked(server))):
            dead.append(asked(server))
            await hostile.hangs(server, line, response) if hangs else server.die()
        await line.send(raw(response))

    return answer


def deletes(request: Request) -> bool:
    """Whether a request is a delete."""
    return request.method == "DELETE"


# --- in what is answered --------------------------------------------------------------------------


class Says(Server):
    """Answers the same to a kind of requests, whatever they ask."""

    def __init__(self, response: Response, wanted: Callable[[Request], bool] = lambda _: True) -> None:
        self._response = response
        self._wanted = wanted
        super().__init__(ADK)

    def answer(self, request: Request) -> Response:
        """Answer rightly, or the same."""
        right = super().answer(request)
        return self._response if self._wanted(request) else right


class FailsBefore(Server):
    """Fails one request in twenty, before it has done anything."""

    def __init__(self, response: Response) -> None:
        self._response = response
        self._chance = random.Random(5)
        super().__init__(ADK)

    def answer(self, request: Request) -> Response:
        """Answer, or fail."""
        return self._response if self._chance.random() < 0.05 else super().answer(request)


class Jumps(Server):
    """Its clock jumps, mostly backwards."""

    def __init__(self) -> None:
        self._jumps = random.Random(1)
        super().__init__(ADK)

    def answer(self, request: Request) -> Response:
        """Answer at some other time."""
        self.clock += self._jumps.choice((-86_400.0, -0.5, 3_600.0))
        return super().answer(request)


class Shows(Server):
    """Shows something else in the stead of each state."""

    def __init__(self, state: bytes) -> None:
        self._state = state
        super().__init__(ADK)

    def answer(self, request: Request) -> Response:
        """Answer, with another state."""
        response = super().answer(request)
        try:
            session = json.loads(response.body)
        except ValueError:
            return response
        if not isinstance(session, dict) or "state" not in session:
            return response
        return records.replace(
            response, body=json.dumps({**session, "state": "?"}).encode().replace(b'"?"', self._state)
        )


class ErrsElsewhere(Server):
    """Shows a session that is wrong at another place each time, and large."""

    def __init__(self) -> None:
        self._count = 0
        super().__init__(ADK)

    def answer(self, request: Request) -> Response:
        """Answer, with one more item of which only the last is wrong."""
        response = super().answer(request)
        if request.method != "GET" or response.status != 200 or response.body[:1] != b"{":
            return response
        self._count += 1
        session = json.loads(response.body)
        session["events"] = [{"id": "e", "author": "a"}] * self._count + [1]
        session["state"] = {"padding": "x" * 60_000}
        return records.replace(response, body=json.dumps(session).encode())


class NamesThem(Server):
    """Gives each session that it may name the same odd id."""

    def __init__(self, name: str) -> None:
        self._name = name
        super().__init__(ADK)

    def new_id(self, _kind: str = "item") -> str:
        """The odd id."""
        return self._name


class ListsMany(Server):
    """Lists a great many sessions of which nobody has heard."""

    def __init__(self, count: int) -> None:
        self._strangers = count
        super().__init__(ADK)

    def list_sessions(self, step: Step) -> Response:
        """List them beside the right ones."""
        response = super().list_sessions(step)
        right = json.loads(response.body)
        common = {"appName": "echo", "userId": (step.owner or ("", ""))[-1], "lastUpdateTime": 1.0}
        strangers = [{"id": f"stranger-{number}", **common} for number in range(self._strangers)]
        return records.replace(response, body=json.dumps(right + strangers).encode())
