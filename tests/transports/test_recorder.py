"""A recorder writes down what another transport carries, flow by flow, and changes nothing."""

from __future__ import annotations

import asyncio

from conformance.exchange import Exchange, Request, Response
from conformance.transports.recorder import Recorder


class _Inner:
    """A transport that answers 200, and counts."""

    base = "http://h"
    resets = True

    def __init__(self) -> None:
        self.told: list[str] = []

    async def send(self, request: Request) -> Exchange:
        return Exchange(request, Response(200))

    async def reset(self) -> None:
        self.told.append("reset")

    async def close(self) -> None:
        self.told.append("close")


class _Written:
    def __init__(self) -> None:
        self.entries: list[tuple[str, str]] = []

    def add(self, exchange: Exchange, flow: str) -> None:
        self.entries.append((flow, exchange.request.path))


def test_flows_begin_where_the_target_forgets() -> None:
    """Each exchange is written with the flow that it is of."""
    inner, written = _Inner(), _Written()
    recorder = Recorder(inner, written)

    async def talk() -> None:
        for path in ("/a", "/b"):
            await recorder.reset()
            assert (await recorder.send(Request("GET", path))).response == Response(200)
            await recorder.send(Request("GET", f"{path}/x"))
        await recorder.close()

    asyncio.run(talk())
    assert written.entries == [("1", "/a"), ("1", "/a/x"), ("2", "/b"), ("2", "/b/x")]
    assert inner.told == ["reset", "reset", "close"]
    assert (recorder.base, recorder.resets) == ("http://h", True)
