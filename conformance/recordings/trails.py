"""Which entries led here? For each session those that named it, and of all the last few; all bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Final

from conformance.step import Step

RECENT: Final = 48
"""So many of the last entries of a flow are remembered."""
MAX_TRAILS: Final = 20_000
"""Of so many sessions it is remembered which entries named them; of more, the half met first is forgotten."""
LONGEST: Final = 24
"""So many entries are remembered of one session: the first few, and the last."""
FIRST: Final = 4
MAX_VIEWS: Final = 16
"""So many of the sessions that an answer shows are followed back."""


class Trails:
    """The numbers of a flow's entries, as far as they may be needed to show what went wrong."""

    __slots__ = ("_recent", "_sessions")

    def __init__(self) -> None:
        self._recent: deque[int] = deque(maxlen=RECENT)
        self._sessions: dict[str, list[int]] = {}

    def note(self, number: int, step: Step) -> None:
        """Remember an entry."""
        self._recent.append(number)
        session = step.session or step.created
        if session is None:
            return
        trail = self._sessions.get(session)
        if trail is None:
            self._sessions[session] = [number]
            if len(self._sessions) > MAX_TRAILS:
                self._sessions = dict(islice(self._sessions.items(), MAX_TRAILS // 2, None))
            return
        trail.append(number)
        if len(trail) > LONGEST:
            del trail[FIRST]

    def leading(self, step: Step) -> list[int]:
        """The entries that may matter for a step, which is the last of them."""
        shown = (view.id for view in step.views[:MAX_VIEWS])
        sessions: Iterable[str | None] = {step.session, step.created, step.split, *shown}
        return sorted({*self._recent, *(each for name in sessions for each in self._sessions.get(name or "", ()))})
