"""How does a request travel? Each transport sends requests one by one and gives back exchanges; none ever raises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from conformance.exchange import Exchange, Failure, Request


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one answer: seconds until it is whole, and bytes of its body."""

    seconds: float = 10.0
    body_bytes: int = 8 * 2**20


class LostError(Exception):
    """Why no whole answer came; it never leaves a transport."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.value)


class Transport(Protocol):
    """A way to a server. `base` is its scheme and authority, or empty; `resets` says whether `reset` empties it."""

    base: str
    resets: bool

    async def send(self, request: Request) -> Exchange:
        """Send a request; what goes wrong on the way stands in the exchange."""
        ...

    async def reset(self) -> None:
        """Make the server forget everything, if it can."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
