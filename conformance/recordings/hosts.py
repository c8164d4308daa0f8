"""Who answered? A browser or a proxy records what went to several hosts, and each has sessions of its own."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from urllib.parse import urlsplit


class Hosts:
    """Tells the hosts of one recording apart. `wanted` are the only ones that are judged; none: all of them."""

    def __init__(self, wanted: Collection[str], together: bool) -> None:
        self.judged: dict[str, None] = {}
        self._wanted = frozenset(each.lower() for each in wanted)
        self._together = together
        self._first: str | None = None

    def flow(self, base: str, flow: str) -> str | None:
        """The flow of what went to a host: that of any but the first is another one. None: the host is not wanted."""
        if self._wanted and host(base) not in self._wanted:
            return None
        if self._first is None:
            self._first = base
        return flow if base in ("", self._first) or self._together else f"{flow} {base}".strip()

    def note(self) -> str:
        """What to tell where several hosts were judged; else nothing."""
        names = [each for each in self.judged if each]
        if len(names) < 2 or self._together:
            return ""
        shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
        return f"what several hosts answered was judged apart: {shown}; --host names those that matter"


@lru_cache(maxsize=256)
def host(base: str) -> str:
    """The host of a URL, with its port if that is named, in lower case."""
    try:
        return urlsplit(base).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""
