"""Is the target still there? Where many calls in a row got no answer, something harmless is asked before it is given
up."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from conformance.errors import TargetError
from conformance.exchange import Exchange, Failure, Request
from conformance.transports import Transport

DEAD = 10
"""So many calls in a row without an answer are many."""
SILENCE = 10.0
"""So many seconds without an answer are as bad."""
LONGEST_WAIT = 5.0
"""So many seconds are waited at most where a server asks to come again later."""
PROBES = 3
"""So many times a server may say so to what is harmless before it is given up: some say it at random."""
HARMLESS = Request("GET", "/")
"""What any server answers in some way, and no API of sessions minds."""


class Pulse:
    """Feels each exchange with a target.

    A server may fail at one operation each time, and answer all the others. So before a target is given up it is asked
    something that has nothing to do with sessions; if it answers, it is alive. A server that asks to come again later
    is left alone for as long as it says; if it goes on saying so, or names a time that is too far away, it is asked in
    the same way, and given up if it says so again.
    """

    def __init__(self, transport: Transport) -> None:
        self.gone = ""
        self._transport = transport
        self._failures = 0
        self._silence = 0.0
        self._met = False
        self._put_off = 0
        self._wait = 0.0
        self._waited = 0.0
        self._served = False

    def feel(self, exchange: Exchange) -> None:
        """Take an exchange."""
        if exchange.failure is None:
            self._failures, self._silence = 0, 0.0
        else:
            self._failures += 1
            self._silence += exchange.seconds
        if exchange.postponed:
            self._put_off += 1
            self._wait = _told(exchange)
        else:
            self._put_off, self._wait, self._waited = 0, 0.0, 0.0
            self._served = self._served or exchange.failure is None
        self._met = self._met or _is_somebody(exchange)

    @property
    def unserved(self) -> str:
        """Why a target that was asked did nothing for anybody so far; empty if it did, or was asked nothing."""
        if self._served or not (self._put_off or self._failures):
            return ""
        return "every answer asked to come again later" if self._put_off else "no answer came whole"

    async def beats(self) -> bool:
        """Whether the target is there, as far as is known. TargetError if it never was."""
        if self.gone:
            return False
        if self._put_off:
            return await self._comes_back()
        if not self._failures or (self._met and self._failures < DEAD and self._silence < SILENCE):
            return True
        exchange = await self._transport.send(HARMLESS)
        self._met = self._met or _is_somebody(exchange)
        if exchange.failure is None:
            self._served = True
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

    async def _comes_back(self) -> bool:
        """Whether a target that asks to come again later answers anything by then."""
        wait, self._wait = self._wait, 0.0
        if wait <= LONGEST_WAIT:
            await asyncio.sleep(wait)
            self._waited += wait
            if self._put_off < DEAD and self._waited < SILENCE:
                return True
        for _ in range(PROBES):
            exchange = await self._transport.send(HARMLESS)
            if exchange.failure is None and not exchange.postponed:
                self._put_off, self._waited, self._served = 0, 0.0, True
                return True
        self.gone = "it goes on asking to come again later"
        return False


def _told(exchange: Exchange) -> float:
    """In how many seconds a server asks to come again (RFC 9110, section 10.2.3); none if that cannot be understood."""
    text = exchange.response.header("retry-after") if exchange.response is not None else ""
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
            seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return 0.0
    return max(0.0, seconds) if isfinite(seconds) else 0.0


def _is_somebody(exchange: Exchange) -> bool:
    """Whether there was somebody, be it one who hung up."""
    return exchange.response is not None or exchange.failure not in (Failure.CONNECT, Failure.TIMEOUT, Failure.UNSENT)
