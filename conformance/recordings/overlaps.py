"""Did these happen one after the other? What was under way together has no order that anybody could know.

A browser asks for several things at once, and a file lists them in some order. What overlaps a write to the same
session says nothing for sure: neither what it saw, nor what is left of what it wrote.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from typing import Final

from mypy_extensions import mypyc_attr

from conformance.exchange import Exchange
from conformance.profile import READS, Role
from conformance.step import Owner, Step

ROUNDING: Final = 0.001
"""So many seconds recorded times may be off."""
WAITING: Final = 64
"""So many steps are held back, since a file may list what began first after what ended first."""
AT_ONCE: Final = 32
"""So many are given at once: to read many and then to judge many is faster than to do both by turns."""


_About = tuple[Role | None, str | None, Owner | None]
"""What a step is about: its role, its session and whose that is."""
_Given = tuple[float, float, _About]
"""What is remembered of a step that was given: when it began and ended, and what it is about."""


@mypyc_attr(acyclic=True)
class Held:
    """A step that is held back: the number of its entry, and whether it overlaps another one that bears on it."""

    __slots__ = ("doubtful", "finished", "number", "started", "step")

    def __init__(self, number: int, step: Step, started: float, finished: float, doubtful: bool = False) -> None:
        self.number = number
        self.step = step
        self.started = started
        self.finished = finished
        self.doubtful = doubtful


class Overlaps:
    """Gives the steps of one flow in the order in which they began. `late` is how many came too late for that."""

    __slots__ = ("_forgotten", "_given", "_held", "_latest", "_newest", "_recent", "late")

    def __init__(self) -> None:
        self._held: list[Held] = []
        self._latest = float("-inf")
        self._given: list[_Given] = []
        self._forgotten = float("-inf")
        self._recent: list[Exchange] = []
        self._newest = float("-inf")
        self.late = 0

    def twice(self, exchange: Exchange) -> bool:
        """Whether the very same exchange was just listed: a file may hold one more than once."""
        started = exchange.started
        if started <= self._newest:
            if any(each.started == started and each == exchange for each in self._recent):
                return True
        elif started != started:
            return False
        else:
            self._newest = started
        self._recent.append(exchange)
        if len(self._recent) > 4 * WAITING:
            del self._recent[: 2 * WAITING]
        return False

    def take(self, number: int, step: Step) -> Sequence[Held]:
        """Take the next step; gives those that need not wait any longer. Where times were not recorded nobody can
        tell: such a step is given at once, behind all others."""
        exchange = step.exchange
        new = Held(number, step, exchange.started, exchange.finished)
        if new.started != new.started:
            return [*self.rest(), new]
        if self._latest - new.started > ROUNDING:
            self._compare(new)
            insort(self._held, new, key=_started)
        else:
            self._held.append(new)
        if new.finished > self._latest:
            self._latest = new.finished
        return self._give(AT_ONCE) if len(self._held) >= WAITING + AT_ONCE else ()

    def rest(self) -> Sequence[Held]:
        """All that still wait."""
        return self._give(len(self._held))

    def _give(self, count: int) -> Sequence[Held]:
        """So many of the steps, those that began first; the last are remembered for what comes too late."""
        first, self._held = self._held[:count], self._held[count:]
        self._given += [(each.started, each.finished, _about(each.step)) for each in first]
        if (more := len(self._given) - 2 * WAITING) > 0:
            self._forgotten = max(self._forgotten, self._given[more - 1][0])
            del self._given[:more]
        return first

    def _compare(self, new: Held) -> None:
        """Find what overlaps a step and bears on it, or was given before although it began later."""
        about = _about(new.step)
        for each in self._held:
            together = each.finished - new.started > ROUNDING and new.finished - each.started > ROUNDING
            if together and _bear(_about(each.step), about):
                each.doubtful = new.doubtful = True
        if self._given and self._given[-1][0] - new.started > ROUNDING:
            self.late += 1
        if self._forgotten - new.started > ROUNDING:
            new.doubtful = True  # it began before what was given, and is not remembered any more
        for _, finished, before in self._given:
            if finished - new.started > ROUNDING and _bear(before, about):
                new.doubtful = True


def _started(held: Held) -> float:
    return held.started


def _about(step: Step) -> _About:
    """What a step is about."""
    return (step.role, step.session or step.created, step.owner)


def _bear(one: _About, other: _About) -> bool:
    """Whether two steps bear on each other: one of them writes, and they are of the same session, or one is of all
    sessions of the same owner."""
    (first, session, owner), (second, other_session, other_owner) = one, other
    if first is None or second is None or (first in READS and second in READS):
        return False
    if Role.CLEANUP in (first, second):
        return True
    if session is not None and other_session is not None:
        return session == other_session
    return owner == other_owner or owner is None or other_owner is None
