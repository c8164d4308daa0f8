"""Tests of whether a target is still there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from conformance.errors import TargetError
from conformance.exchange import Exchange, Failure, Request, Response
from conformance.explore.pulse import DEAD, HARMLESS, SILENCE, Pulse

READ = Request("GET", "/sessions/s1")
WELL = Exchange(READ, Response(200))
CLOSED = Exchange(READ, None, failure=Failure.CLOSED)


class Says:
    """A transport that answers as it is told."""

    base = "http://nowhere.invalid"
    resets = False

    def __init__(self, failure: Failure | None) -> None:
        self.asked: list[Request] = []
        self.failure = failure

    async def send(self, request: Request) -> Exchange:
        """Answer, or fail."""
        self.asked.append(request)
        return Exchange(request, Response(404) if self.failure is None else None, failure=self.failure)

    async def reset(self) -> None:
        """Nothing is emptied."""

    async def close(self) -> None:
        """Nothing is open."""


def felt(transport: Says, exchanges: Sequence[Exchange]) -> tuple[Pulse, bool]:
    """A pulse after these exchanges, and whether it beats."""
    pulse = Pulse(transport)
    for exchange in exchanges:
        pulse.feel(exchange)
    return pulse, asyncio.run(pulse.beats())


def test_a_target_that_answers_is_not_asked() -> None:
    """Nobody is asked for nothing: neither before the first call, nor after few failures in a row."""
    transport = Says(Failure.CLOSED)
    for exchanges in ([], [WELL], [WELL, *[CLOSED] * (DEAD - 1)], [*[CLOSED] * (DEAD - 1), WELL, CLOSED]):
        assert felt(transport, exchanges)[1]
    assert transport.asked == []


def test_a_target_that_fails_often_is_asked_and_gone() -> None:
    """After many failures in a row something harmless is asked, once; who does not answer is gone for good."""
    transport = Says(Failure.CLOSED)
    pulse, beats = felt(transport, [WELL, *[CLOSED] * DEAD])
    assert not beats
    assert pulse.gone == f"{DEAD} requests in a row got no answer"
    transport.failure = None
    assert not asyncio.run(pulse.beats())
    assert transport.asked == [HARMLESS]


def test_a_target_that_answers_something_harmless_is_alive() -> None:
    """Who answers, be it with a 404, is alive, and the count begins again."""
    transport = Says(None)
    pulse, beats = felt(transport, [CLOSED] * DEAD)
    assert beats
    for _ in range(DEAD - 1):
        pulse.feel(CLOSED)
    assert asyncio.run(pulse.beats())
    assert transport.asked == [HARMLESS]


def test_a_long_silence_is_as_bad() -> None:
    """One call that is not answered for long is enough to ask."""
    silent = Exchange(READ, None, 0.0, SILENCE, Failure.TIMEOUT)
    pulse, beats = felt(Says(Failure.TIMEOUT), [WELL, silent])
    assert not beats
    assert pulse.gone == "no answer in 10 seconds"


@pytest.mark.parametrize("failure", [Failure.CONNECT, Failure.TIMEOUT])
def test_a_target_that_never_was_there_is_an_error(failure: Failure) -> None:
    """If the first call and the probe find nobody, the target was not reached; afterwards it is simply gone."""
    transport = Says(failure)
    pulse = Pulse(transport)
    pulse.feel(Exchange(READ, None, failure=failure))
    with pytest.raises(TargetError, match="no answer to the first probe") as caught:
        asyncio.run(pulse.beats())
    assert caught.value.place == transport.base
    assert not asyncio.run(pulse.beats())
    assert transport.asked == [HARMLESS]


@pytest.mark.parametrize("first", [CLOSED, Exchange(READ, Response(200), failure=Failure.TIMEOUT)])
def test_whoever_hangs_up_is_there(first: Exchange) -> None:
    """Somebody who hangs up, or begins an answer, was reached: that is a finding, and no error."""
    assert felt(Says(Failure.CLOSED), [first])[1]
