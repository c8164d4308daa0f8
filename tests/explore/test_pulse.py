"""Tests of whether a target is still there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from conformance.errors import TargetError
from conformance.exchange import Exchange, Failure, Request, Response
from conformance.explore import pulse as pulses
from conformance.explore.pulse import DEAD, HARMLESS, PROBES, SILENCE, Pulse

READ = Request("GET", "/sessions/s1")
WELL = Exchange(READ, Response(200))
CLOSED = Exchange(READ, None, failure=Failure.CLOSED)


class Says:
    """A transport that answers as it is told."""

    base = "http://nowhere.invalid"
    resets = False

    def __init__(self, failure: Failure | None, status: int = 404) -> None:
        self.asked: list[Request] = []
        self.failure = failure
        self.status = status

    async def send(self, request: Request) -> Exchange:
        """Answer, or fail."""
        self.asked.append(request)
        return Exchange(request, Response(self.status) if self.failure is None else None, failure=self.failure)

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


# --- who asks to come again later -----------------------------------------------------------------


def later(told: str = "", status: int = 429) -> Exchange:
    """An answer that asks to come again later."""
    return Exchange(READ, Response(status, (("retry-after", told),) if told else ()))


@pytest.fixture(name="slept")
def _slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, without waiting."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        """Wait for nothing."""
        slept.append(seconds)

    monkeypatch.setattr(pulses.asyncio, "sleep", sleep)
    return slept


@pytest.mark.parametrize(
    ("told", "wait"), [("2", 2.0), ("0.5", 0.5), ("0", 0.0), ("-5", 0.0), ("soon", 0.0), ("nan", 0.0), ("", 0.0),
                       ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)  # fmt: skip
def test_what_a_server_tells_is_waited(told: str, wait: float, slept: list[float]) -> None:
    """As long as it says, once; and no time where what it says cannot be understood, or lies in the past."""
    transport = Says(None)
    pulse, beats = felt(transport, [WELL, later(told)])
    assert beats
    assert asyncio.run(pulse.beats())
    assert (slept, transport.asked) == ([wait, 0.0], [])


@pytest.mark.parametrize("told", ["3600", "1e30", "Wed, 21 Oct 2215 07:28:00 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_time_too_far_away_is_not_waited(told: str, status: int, slept: list[float]) -> None:
    """Whoever is told to come tomorrow asks for something harmless, and goes on only if that is answered."""
    for answer, there in ((404, True), (429, False)):
        transport = Says(None, answer)
        pulse, beats = felt(transport, [WELL, later(told, status)])
        assert (beats, pulse.gone) == (there, "" if there else "it goes on asking to come again later")
        assert len(transport.asked) == (1 if there else PROBES)
    assert slept == []


@pytest.mark.parametrize(("told", "times"), [("", DEAD), ("1", DEAD), ("5", 2)])
def test_a_server_that_always_puts_off_is_gone(told: str, times: int, slept: list[float]) -> None:
    """After many such answers in a row, or a long wait, it is asked something harmless, and given up."""
    pulse = Pulse(Says(None, 429))
    for number in range(1, times + 1):
        pulse.feel(later(told))
        assert asyncio.run(pulse.beats()) is (number < times)
    assert sum(slept) <= SILENCE


def test_who_never_served_anybody_is_known() -> None:
    """A target that put off everything, or answered nothing whole, was not reached; one that answered anything was."""
    refused = Exchange(READ, None, failure=Failure.CONNECT)
    assert felt(Says(None), [refused])[0].unserved == ""  # the probe was answered
    assert felt(Says(Failure.CLOSED), [CLOSED, CLOSED])[0].unserved == "no answer came whole"
    assert not felt(Says(None), [WELL, CLOSED])[0].unserved
    assert felt(Says(None), [later(), later()])[0].unserved
    assert not felt(Says(None), [WELL, later()])[0].unserved
    assert not felt(Says(None), [later(), WELL])[0].unserved
    assert not felt(Says(None), [])[0].unserved
