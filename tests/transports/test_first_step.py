"""Tests of calls that begin at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from conformance.transports.first_step import FirstStep

Life = Callable[[list[Any]], Coroutine[Any, Any, None]]


async def at_once(told: list[Any]) -> None:
    """Waits for nothing."""
    told.append(asyncio.current_task())


async def gives_way(told: list[Any]) -> None:
    """Waits for a turn of the loop."""
    told.append(asyncio.current_task())
    await asyncio.sleep(0)
    told.append(asyncio.current_task())


async def waits(told: list[Any]) -> None:
    """Waits for time to go by."""
    told.append(asyncio.current_task())
    await asyncio.sleep(0.01)
    told.append(asyncio.current_task())


@pytest.mark.parametrize("life", [at_once, gives_way, waits], ids=lambda each: each.__name__)
def test_the_first_step_is_taken_before_anything_else(life: Life) -> None:
    """What comes before the first wait has happened when the step is taken; the rest comes with the task."""
    told: list[Any] = []

    async def begin() -> None:
        first = FirstStep(life(told))
        task = first.take()
        assert told == [task]
        assert first.was_all is (life is at_once)
        await task
        assert told == [task] * (1 if life is at_once else 2)

    asyncio.run(begin())


@pytest.mark.parametrize("life", [gives_way, waits], ids=lambda each: each.__name__)
def test_the_rest_can_be_cancelled(life: Life) -> None:
    """A task that is cancelled before its first turn never goes on."""
    told: list[Any] = []

    async def begin() -> None:
        task = FirstStep(life(told)).take()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(begin())
    assert len(told) == 1


def test_cancelling_after_the_end_comes_too_late() -> None:
    """A task that has nothing left to do is done, and not cancelled."""

    async def begin() -> None:
        task = FirstStep(at_once([])).take()
        task.cancel()
        await task

    asyncio.run(begin())


def test_what_is_raised_in_the_first_step_is_raised_there() -> None:
    """An error leaves the caller who it was."""

    async def breaks() -> None:
        raise ValueError("at once")

    async def begin() -> None:
        caller = asyncio.current_task()
        first = FirstStep(breaks())
        with pytest.raises(ValueError, match="at once"):
            first.take()
        assert asyncio.current_task() is caller
        assert first.was_all

    asyncio.run(begin())
