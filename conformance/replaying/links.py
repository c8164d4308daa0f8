"""Which id of a recording is which id now? Ids that the server chooses are learnt, those that callers choose are new.

A target that forgets everything before each flow is sent the very ids of the recording.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from conformance.expressions import Json, resolve
from conformance.profile import HISTORY, RUNS, Profile, Role
from conformance.recordings.pseudonyms import alike
from conformance.step import Owner, Step, as_id

DISTINCTIVE = 8
"""A text at least this long is an id wherever it stands; a shorter one only where the profile says so."""
NEAR = 12
"""What differs from an id at least this long only in its end, or in its case, is meant to be almost that id."""
SMALL = 5
"""A number of more digits keeps its first one."""
MORE = 4
"""So many characters more than an id has what is almost that id."""
MANY = 2_000
"""Of more ids than this, only those that stand as words of their own are found in a text."""
_TOKEN = re.compile(r"[A-Za-z0-9_.:~+-]{8,}")
_COMPOUND = re.compile(r"[^A-Za-z0-9_.:~+-]")
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
        self._items: dict[tuple[str | None, str], str] = {}
        self._cursors: dict[str, str] = {}
        self._named: dict[str, set[str]] = {}

    def owner(self, index: int, recorded: str) -> str:
        """A part of an owner's name as it is now: the profile's own value, or a new one that carries the run's name."""
        fixed = self._profile.owner[index] if index < len(self._profile.owner) else recorded
        if not self._run:
            return recorded
        if fixed is not None:
            return fixed
        if (index, recorded) not in self._owners:
            new = self._owners[index, recorded] = self._renamed(recorded, index)
            self._named.setdefault(recorded, set()).add(new)
        return self._owners[index, recorded]

    def names(self, recorded: str) -> Collection[str]:
        """What an owner, an item or a cursor of this name is called now, however short the name is."""
        return self._named.get(recorded, ())

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

    def item(self, session: str | None, recorded: str) -> str:
        """An item of a session as it is now."""
        return self._items.get((session, recorded)) or self.known(recorded) or recorded

    def cursor(self, recorded: str) -> str:
        """Where a page begins, as it is called now."""
        return self._cursors.get(recorded) or self.known(recorded) or recorded

    def known(self, recorded: str) -> str | None:
        """What a text of the recording is now, if that was learnt, or follows from what was learnt."""
        now = self._now.get(recorded)
        return now if now is not None else self._almost(recorded)

    def text(self, recorded: str) -> str:
        """A text as it is now, whatever it stands for; or what stands in it between slashes, commas and the like."""
        if len(recorded) < DISTINCTIVE:
            return recorded
        now = self._whole(recorded)
        if now is not None or not _COMPOUND.search(recorded):
            return recorded if now is None else now
        return _TOKEN.sub(self._token, recorded)

    def _whole(self, recorded: str) -> str | None:
        """A text as it is now, if all of it is the name of something."""
        now = self.known(recorded)
        return next((new for (_, old), new in self._owners.items() if old == recorded), None) if now is None else now

    def _token(self, found: re.Match[str]) -> str:
        """What stands in a text by itself, as it is now."""
        return self._whole(found[0]) or found[0]

    def within(self, recorded: str) -> str:
        """A text in which ids stand, as it is now."""
        if len(self._now) > MANY:
            return _TOKEN.sub(self._token, recorded)
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

    def learn_item(self, session: str | None, recorded: str, now: str, *, made: bool) -> None:
        """Link two items of a session; where they were `made`, whatever was thought before."""
        if made or (session, recorded) not in self._items:
            self._items[session, recorded] = now
            self._learn_name(recorded, now)

    def learn_cursor(self, recorded: str, now: str) -> None:
        """Link the beginnings of two pages, whatever was thought before."""
        self._cursors[recorded] = now
        self._learn_name(recorded, now)

    def _learn_name(self, recorded: str, now: str) -> None:
        """Link what the server calls something; where that is long, wherever it stands."""
        self._named.setdefault(recorded, set()).add(now)
        if len(recorded) >= DISTINCTIVE:
            self.relearn(recorded, now)

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
        kept = 1 if recorded.isdecimal() and len(recorded) > SMALL else 0  # a number may have to stay in its range
        return recorded[:kept] + alike(recorded[kept:], self._key)

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


def learn_shown(links: Links, profile: Profile, recorded: Step, now: Step) -> None:
    """Link what a server named, then and now, where the profile says that it does: the session that a create made, the
    items that it answered, and the beginning of the next page."""
    if not (recorded.accepted and now.accepted):
        return
    if recorded.role is Role.CREATE and recorded.created is not None and now.created is not None:
        links.relearn(recorded.created, now.created)
    if recorded.page.next is not None and now.page.next is not None:
        links.learn_cursor(recorded.page.next, now.page.next)
    if profile.item.id is None:
        return
    for one, other in zip(_items(recorded), _items(now), strict=False):
        ids = as_id(resolve(one, profile.item.id)), as_id(resolve(other, profile.item.id))
        if ids[0] is not None and ids[1] is not None:
            session = recorded.session or recorded.created
            links.learn_item(session, ids[0], ids[1], made=recorded.role in RUNS)


def _items(step: Step) -> list[Json]:
    """The items that an answer shows of one session."""
    kept = step.views[0].parts.get(HISTORY) if len(step.views) == 1 else None
    return list(step.items) or (kept if isinstance(kept, list) else [])
