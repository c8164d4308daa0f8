"""Is the caller let in, and is there anything? A target that refuses the credentials of every call, or that has nothing
at the paths of the document, shows nothing that could be judged."""

from __future__ import annotations

from conformance.errors import TargetError
from conformance.profile import Profile, Role
from conformance.step import Step

KNOCKS = 5
"""So many calls are turned away before it is said that nobody is let in, or that nothing is there."""
_NOTHING = (404, 405)


class Door:
    """Listens to the calls of a run until one of them is let in, and finds something."""

    def __init__(self, profile: Profile, base: str) -> None:
        self._credentials = profile.credentials
        self._base = base
        self._base_path = profile.spec.base_path
        self._turned_away = 0
        self._not_found: list[str] = []
        self._open = self._found = False

    def hear(self, step: Step) -> None:
        """Take a call. One that is wrong by itself may be turned away for that."""
        if self._found or step.wrong or step.binding is None or step.exchange.response is None:
            return
        if step.refused and step.says(self._credentials.refused):
            self._turned_away += 1
            return
        self._open = True
        if step.status not in _NOTHING:
            self._found = True
        elif step.role in (Role.CREATE, Role.LIST):  # of a session that is not there, that is the right answer
            self._not_found.append(step.got)

    def check(self) -> None:
        """TargetError if nobody was let in, or nothing was found."""
        if not self._open and self._turned_away >= KNOCKS:
            names = ", ".join(self._credentials.variables())
            needs = f"is {names} right?" if self._credentials.required else f"if it needs credentials, set {names}"
            raise TargetError(
                f"nobody is let in: the first {KNOCKS} calls were refused for their credentials",
                place=self._base,
                remedy=needs,
            )
        if not self._found and len(self._not_found) >= KNOCKS:
            where = f" (the document puts its operations under {self._base_path})" if self._base_path else ""
            raise TargetError(
                f"nothing is there: no call was answered otherwise than the last one, {self._not_found[-1]}",
                place=self._base,
                remedy=f"is the path of that address right{where}, and are the [values] those of the server?",
            )
