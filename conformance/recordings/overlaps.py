"""Did these happen one after the other? What was under way together has no order that anybody could know.

A browser asks for several things at once, and a file lists them in some order. What began before a write to the same
session had ended says nothing for sure of what that write did.
"""

from __future__ import annotations

from collections import deque

from conformance.profile import READS, Role
from conformance.step import Owner, Step

ROUNDING = 0.001
"""So many seconds recorded times may be off."""
MAX_REMEMBERED = 512
"""So many of the last writes are remembered: what began longer ago than that is listed in another order altogether."""


class Overlaps:
    """When the last writes ended, as far as one flow shows it."""

    __slots__ = ("_latest", "_writes")

    def __init__(self) -> None:
        self._latest = float("-inf")
        self._writes: deque[tuple[float, str | None, Owner | None, Role]] = deque(maxlen=MAX_REMEMBERED)

    def take(self, step: Step) -> bool:
        """Take the next step; whether it began before a write that bears on it had ended. Nobody can tell where times
        were not recorded."""
        role, exchange = step.role, step.exchange
        started = exchange.started
        if role is None or started != started:
            return False
        session = step.session or step.created
        overlapped = self._latest - started > ROUNDING and self._bears(step, session, started + ROUNDING)
        if role not in READS:
            self._writes.append((exchange.finished, session, step.owner, role))
            if exchange.finished > self._latest:
                self._latest = exchange.finished
        return overlapped

    def _bears(self, step: Step, session: str | None, since: float) -> bool:
        """Whether a write that ended later than a moment bears on a step: it is of the same session, or either is of
        all sessions of the same owner."""
        everything = step.role is Role.CLEANUP
        for finished, written, owner, role in self._writes:
            if finished > since and (
                everything
                or role is Role.CLEANUP
                or (written == session if session is not None and written is not None else owner == step.owner)
                or (session is None and step.owner is None)
            ):
                return True
        return False
