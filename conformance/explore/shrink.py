"""Which is the shortest flow that still shows it? Replays, drops, lowers; accepts only what shows the same."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from conformance.explore.actions import Action, Flow

REPLAYS = 3
"""A flow is first replayed so many times unchanged."""


class Spent(Exception):  # noqa: N818 - no error: the budget is spent
    """There is no budget left for another attempt."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A replay that showed the signature: the actions that became calls until then, and whether it was the first
    violation."""

    flow: Flow
    first: bool


Attempt = Callable[[Flow], Awaitable[Sighting | None]]
"""Replays a flow and says where it showed the signature, if it did."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What came of shrinking: the shortest flow, and whether the first one came back each time."""

    flow: Flow
    reproduced: bool


async def shrink(flow: Flow, attempt: Attempt, attempts: int, replays: int = REPLAYS) -> Shrunk:
    """Shrink a flow within a number of attempts. Where the budget ends before that, what was found until then counts;
    `Spent` if not even the replays could be made."""
    search = _Search(flow, attempt, attempts)
    for _ in range(replays):
        if not await search.confirm():
            return Shrunk(flow, False)
    with contextlib.suppress(Spent):
        changed = True
        while changed and search.left > 0:
            changed = await search.pass_over(_shorter)
            changed = await search.pass_over(_simpler) or changed
    return Shrunk(search.flow, True)


class _Search:
    """Greedy search for a shorter flow."""

    def __init__(self, flow: Flow, attempt: Attempt, attempts: int) -> None:
        self.flow = flow
        self.left = attempts
        self._attempt = attempt
        self._first = False

    async def confirm(self) -> bool:
        """Replay the flow unchanged, and drop what comes after the sighting."""
        self.left -= 1
        seen = await self._attempt(self.flow)
        if seen is None:
            return False
        self._first = seen.first
        self.flow = seen.flow
        return True

    async def pass_over(self, candidates: Callable[[Flow], Iterator[Flow]]) -> bool:
        """Try each candidate; begin again from whatever is accepted. True: something was."""
        improved = False
        again = True
        while again:
            again = False
            for candidate in candidates(self.flow):
                if self.left <= 0:
                    return improved
                self.left -= 1
                seen = await self._attempt(candidate)
                if seen is not None and (seen.first or not self._first):
                    self.flow = seen.flow
                    self._first = seen.first
                    improved = again = True
                    break
        return improved


def _shorter(flow: Flow) -> Iterator[Flow]:
    """The flow without a chunk: all but its end first, then half of it, single actions last."""
    for kept in range(1, min(6, len(flow) - 1)):
        yield flow[-kept:]
        yield (flow[0], *flow[-kept:])
    size = max(1, len(flow) // 2)
    while True:
        for start in range(len(flow) - size, -1, -size):
            yield flow[:start] + flow[start + size :]
        if size == 1:
            return
        size //= 2


def _simpler(flow: Flow) -> Iterator[Flow]:
    """The flow with one integer lowered: a body to any before it, which are simpler; others to nothing or to half."""
    for index, action in enumerate(flow):
        for place, name in list(enumerate(Action._fields))[1:]:
            value = action[place]
            halved = {0} if name == "wrongness" else {0, value // 2}
            for lower in range(value) if name == "body" else sorted(halved - {value}):
                changed = Action(*(lower if each == place else old for each, old in enumerate(action)))
                yield (*flow[:index], changed, *flow[index + 1 :])
