"""How does a call begin at once, without a turn of the event loop?

An application that waits for nothing answers within its first step, and for such a call the turns of the loop that a
task takes are a good part of the time. So the first step is taken by hand, as the task: whatever an application ties to
its task or to its context, a limit of time or a group of tasks, is the same when it goes on. Later versions of Python
know such tasks as eager ones.

Source: https://docs.python.org/3/library/asyncio-extending.html (the life of a task).
"""

from __future__ import annotations

import asyncio
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Coroutine, Generator
from contextvars import Context, copy_context
from typing import Any


class FirstStep(Coroutine[Any, None, None]):
    """A coroutine of which the first step is taken at once, and the rest by a task. `was_all`: there is no rest."""

    __slots__ = ("_context", "_coroutine", "_waits_for", "was_all")

    def __init__(self, coroutine: Coroutine[Any, None, None]) -> None:
        self.was_all = True
        self._coroutine = coroutine
        self._context: Context = copy_context()
        self._waits_for: Any = None

    def take(self) -> asyncio.Task[None]:
        """Take the first step; the task takes the others, if there are any."""
        loop = asyncio.get_running_loop()
        caller = asyncio.current_task(loop)
        assert caller is not None
        task = asyncio.Task(self, loop=loop, context=self._context)  # what else makes tasks may take steps of its own
        _leave_task(loop, caller)
        _enter_task(loop, task)
        try:
            self._waits_for = self._context.run(self._coroutine.send, None)
            self.was_all = False
        except StopIteration:
            pass
        finally:
            _leave_task(loop, task)
            _enter_task(loop, caller)
        return task

    def send(self, value: None) -> Any:
        """Go on; the task begins with what the first step is waiting for."""
        if self.was_all:
            raise StopIteration
        if self._waits_for is not None:
            waits_for, self._waits_for = self._waits_for, None
            return waits_for
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        """Go on with an error; after the end it comes too late."""
        if self.was_all:
            raise StopIteration
        self._waits_for = None
        return self._coroutine.throw(*error)

    def close(self) -> None:
        """Give up."""
        self._coroutine.close()

    def __await__(self) -> Generator[Any, None, None]:
        """Only a task goes on with it."""
        raise NotImplementedError
