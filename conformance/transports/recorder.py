"""What was carried? A transport that writes down what another one carries, each flow by itself."""

from __future__ import annotations

from typing import Protocol

from conformance.exchange import Exchange, Request
from conformance.transports import Transport


class Writer(Protocol):
    """Whoever writes exchanges down."""

    def add(self, exchange: Exchange, flow: str) -> None:
        """Write an exchange of a flow."""
        ...


class Recorder:
    """Carries requests by another transport. A flow begins where that one is told to forget."""

    def __init__(self, inner: Transport, writer: Writer) -> None:
        self.base = inner.base
        self.resets = inner.resets
        self._inner = inner
        self._writer = writer
        self._flow = 0

    async def send(self, request: Request) -> Exchange:
        """Send a request, and write down what came of it."""
        exchange = await self._inner.send(request)
        self._writer.add(exchange, str(self._flow))
        return exchange

    async def reset(self) -> None:
        """Begin another flow."""
        self._flow += 1
        await self._inner.reset()

    async def close(self) -> None:
        """Let go of connections."""
        await self._inner.close()
