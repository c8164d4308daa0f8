"""Is the target still there? Where many calls in a row got no answer, something harmless is asked before it is given
up."""

from __future__ import annotations

from conformance.errors import TargetError
from conformance.exchange import Exchange, Failure, Request
from conformance.transports import Transport

DEAD = 10
"""So many calls in a row without an answer are many."""
SILENCE = 10.0
"""So many seconds without an answer are as bad."""
HARMLESS = Request("GET", "/")
"""What any server answers in some way, and no API of sessions minds."""


class Pulse:
    """Feels each exchange with a target.

    A server may fail at one operation each time, and answer all the others. So before a target is given up it is asked
    something that has nothing to do with sessions; if it answers, it is alive.
    """

    def __init__(self, transport: Transport) -> None:
        self.gone = ""
        self._transport = transport
        self._failures = 0
        self._silence = 0.0
        self._met = False

    def feel(self, exchange: Exchange) -> None:
        """Take an exchange."""
        if exchange.failure is None:
            self._failures, self._silence = 0, 0.0
        else:
            self._failures += 1
            self._silence += exchange.seconds
        self._met = self._met or _is_somebody(exchange)

    async def beats(self) -> bool:
        """Whether the target is there, as far as is known. TargetError if it never was."""
        if self.gone:
            return False
        if not self._failures or (self._met and self._failures < DEAD and self._silence < SILENCE):
            return True
        exchange = await self._transport.send(HARMLESS)
        self._met = self._met or _is_somebody(exchange)
        if exchange.failure is None:
            self._failures, self._silence = 0, 0.0
            return True
        many = self._failures >= DEAD
        self.gone = f"{DEAD} requests in a row got no answer" if many else f"no answer in {self._silence:.0f} seconds"
        if not self._met:
            raise TargetError(
                "the target cannot be reached: no answer to the first probe",
                place=self._transport.base,
                remedy="is it running? check --target",
            )
        return False


def _is_somebody(exchange: Exchange) -> bool:
    """Whether there was somebody, be it one who hung up."""
    return exchange.response is not None or exchange.failure not in (Failure.CONNECT, Failure.TIMEOUT, Failure.UNSENT)
