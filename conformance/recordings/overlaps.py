"""Did these happen one after the other? What was under way together has no order that anybody could know.

A browser asks for several things at once, and a file lists them in some order. What began before a write to the same
session had ended says nothing for sure of what that write did.
"""

from __future__ import annotations

from collections import OrderedDict

from conformance.profile import READS, Role
from conformance.step import Step

ROUNDING = 0.001
"""So many seconds recorded times may be off."""
MAX_REMEMBERED = 20_000
"""Of so many sessions and owners it is remembered when the last write to them ended."""
_ALL = ""


class Overlaps:
    """When the last write to each session ended, as far as one flow shows it."""

    __slots__ = ("_ended",)

    def __init__(self) -> None:
        self._ended: OrderedDict[object, float] = OrderedDict()

    def take(self, step: Step) -> bool:
        """Take the next step; whether it began before a write that bears on it had ended. Nobody can tell where times
        were not recorded."""
        exchange = step.exchange
        if step.role is None or exchange.started != exchange.started:
            return False
        keys = self._keys(step)
        latest = max((self._ended.get(each, exchange.started) for each in keys), default=exchange.started)
        if step.role not in READS:
            self._write(step, exchange.finished)
        return latest - exchange.started > ROUNDING

    @staticmethod
    def _keys(step: Step) -> tuple[object, ...]:
        """What a step is about: a session, or all of an owner; a cleanup is about everything."""
        if step.role is Role.CLEANUP or (step.role is Role.LIST and step.owner is None):
            return (_ALL,)
        session = step.session or step.created
        return ((step.owner,),) if session is None else (session, Role.CLEANUP)

    def _write(self, step: Step, finished: float) -> None:
        """Remember when a write ended."""
        session = step.session or step.created
        kept = [_ALL, (step.owner,), *([session] if session is not None else [])]
        for each in (*kept, *([Role.CLEANUP] if step.role is Role.CLEANUP else [])):
            self._ended[each] = max(finished, self._ended.get(each, finished))
            self._ended.move_to_end(each)
        while len(self._ended) > MAX_REMEMBERED:
            self._ended.popitem(last=False)
