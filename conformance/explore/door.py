"""Is the caller let in? A target that refuses the credentials of every call shows nothing that could be judged."""

from __future__ import annotations

from conformance.errors import TargetError
from conformance.profile import Profile
from conformance.step import Step

KNOCKS = 5
"""So many calls are turned away before it is said that nobody is let in."""


class Door:
    """Listens to the calls of a run until one of them is let in."""

    def __init__(self, profile: Profile, base: str) -> None:
        self._credentials = profile.credentials
        self._base = base
        self._turned_away = 0
        self._open = False

    def hear(self, step: Step) -> None:
        """Take a call. One that is wrong by itself may be turned away for that."""
        if self._open or step.wrong or step.binding is None:
            return
        if step.refused and step.says(self._credentials.refused):
            self._turned_away += 1
        elif step.exchange.response is not None:
            self._open = True

    def check(self) -> None:
        """TargetError if nobody was let in."""
        if self._open or self._turned_away < KNOCKS:
            return
        names = ", ".join(self._credentials.variables())
        needs = f"is {names} right?" if self._credentials.required else f"if it needs credentials, set {names}"
        raise TargetError(
            f"nobody is let in: the first {KNOCKS} calls were refused for their credentials",
            place=self._base,
            remedy=needs,
        )
