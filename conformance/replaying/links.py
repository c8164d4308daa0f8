"""Which id of a recording is which id now? Ids that the server chooses are learnt, those that callers choose are new.

A target that forgets everything before each flow is sent the very ids of the recording.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.profile import Profile
from conformance.recordings.pseudonyms import alike
from conformance.step import Owner, Step

DISTINCTIVE = 8
"""A text at least this long is an id wherever it stands; a shorter one only where the profile says so."""
NEAR = 12
"""What differs from an id at least this long only in its end, or in its case, is meant to be almost that id."""
MORE = 4
"""So many characters more than an id has what is almost that id."""
MANY = 2_000
"""Of more ids than this, only those that stand as words of their own are found in a text."""
_TOKEN = re.compile(r"[A-Za-z0-9_.:~+-]{8,}")
_RUN = re.compile(r"conf[0-9a-f]+-")


class Links:
    """The links of one replay of one flow. `run` names it; empty: all stays as it was recorded."""

    def __init__(self, profile: Profile, run: str) -> None:
        self._profile = profile
        self._run = run
        self._key = run.encode()
        self._now: dict[str, str] = {}
        self._near: dict[str, str] = {}
        self._owners: dict[tuple[int, str], str] = {}

    def owner(self, index: int, recorded: str) -> str:
        """A part of an owner's name as it is now: the profile's own value, or a new one that carries the run's name."""
        fixed = self._profile.owner[index] if index < len(self._profile.owner) else recorded
        if not self._run:
            return recorded
        if fixed is not None:
            return fixed
        if (index, recorded) not in self._owners:
            self._owners[index, recorded] = self._renamed(recorded, index)
        return self._owners[index, recorded]

    def owners(self, recorded: str) -> set[str]:
        """What an owner of this name is called now, however short the name is."""
        return {new for (_, old), new in self._owners.items() if old == recorded}

    def whole_owner(self, recorded: Owner) -> Owner:
        """An owner as it is now; an identity stays the same."""
        parts = len(self._profile.owner)
        return tuple(self.owner(index, each) if index < parts else each for index, each in enumerate(recorded))

    def session(self, recorded: str) -> str:
        """A session's id as it is now; one that was never learnt is made up in the same format."""
        known = self.known(recorded)
        if known is None:
            known = self._renamed(recorded) if self._run else recorded
        self.relearn(recorded, known)
        return known

    def known(self, recorded: str) -> str | None:
        """What a text of the recording is now, if that was learnt, or follows from what was learnt."""
        now = self._now.get(recorded)
        return now if now is not None else self._almost(recorded)

    def text(self, recorded: str) -> str:
        """A text as it is now, whatever it stands for."""
        if len(recorded) < DISTINCTIVE:
            return recorded
        now = self.known(recorded)
        if now is not None:
            return now
        return next((new for (_, old), new in self._owners.items() if old == recorded), recorded)

    def within(self, recorded: str) -> str:
        """A text in which ids stand, as it is now."""
        if len(self._now) > MANY:
            return _TOKEN.sub(lambda found: self.text(found[0]), recorded)
        for old, new in self._pairs():
            if len(old) >= DISTINCTIVE and old in recorded:
                recorded = recorded.replace(old, new)
        return recorded

    def learn(self, recorded: str, now: str) -> bool:
        """Link two ids; False if the recorded one was linked to another before."""
        if recorded in self._now:
            return self._now[recorded] == now
        self.relearn(recorded, now)
        return True

    def relearn(self, recorded: str, now: str) -> None:
        """Link two ids, whatever was thought before: a session was created."""
        self._now[recorded] = now
        if len(recorded) >= NEAR:
            self._near[recorded[:-1]] = self._near[recorded.upper()] = recorded

    def _pairs(self) -> Iterable[tuple[str, str]]:
        """All links, the longest first."""
        owners = ((old, new) for (_, old), new in self._owners.items())
        return sorted({**dict(owners), **self._now}.items(), key=lambda pair: -len(pair[0]))

    def _renamed(self, recorded: str, index: int | None = None) -> str:
        """A new name in the stead of a recorded one, which tells which run made it if the format leaves room."""
        if _RUN.match(recorded):
            return _RUN.sub(f"{self._run}-", recorded, count=1)
        if index is not None and self._takes_any_text(index):
            return f"{self._run}-{recorded}"
        return alike(recorded, self._key)

    def _takes_any_text(self, index: int) -> bool:
        """Whether an owner's name may be any text."""
        spec = self._profile.spec
        for binding in self._profile.bindings:
            if index < len(binding.owner):
                schema = spec.schema_of(binding.operation, binding.owner[index])
                for each in spec.schemas.branches(schema):
                    if each.keys() & {"pattern", "format", "maxLength", "enum", "const"} or "string" not in str(
                        each.get("type", "string")
                    ):
                        return False
        return True

    def _almost(self, recorded: str) -> str | None:
        """What is almost a known id, made from what that id is now."""
        whole = self._near.get(recorded)
        if whole is not None and whole != recorded:
            return self._now[whole].upper() if recorded == whole.upper() else self._now[whole][:-1]
        for more in range(1, MORE + 1):
            if len(recorded) - more >= NEAR and recorded[:-more] in self._now:
                return self._now[recorded[:-more]] + recorded[-more:]
        return None


def learn_created(links: Links, recorded: Step, now: Step) -> None:
    """Link the sessions that a create made, then and now."""
    if recorded.created is not None and now.created is not None and now.accepted:
        links.relearn(recorded.created, now.created)
