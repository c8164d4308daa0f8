"""Is an answer the same as it was? Ids that the server made up, and times, may differ; nothing else may."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from conformance.exchange import Exchange, Failure
from conformance.expressions import MISSING, Json
from conformance.operations import STREAM_TYPES
from conformance.replaying.links import DISTINCTIVE, Links
from conformance.replaying.requests import compact
from conformance.step import Step

MOST = 5
"""So many differences of one answer are told."""
_ID = re.compile(r"[A-Za-z0-9_.:~+/=-]{6,}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")
_EPOCHS = ((1e9, 4.2e9), (1e12, 4.2e12), (1e15, 4.2e15), (1e18, 4.2e18))
_SHAPE = (re.compile(r"[0-9a-f]+"), re.compile(r"[0-9A-F]+"), re.compile(r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]+"))
"""What may differ in ids of one kind: runs of hexadecimal digits, and words with a digit in them."""


class Comparison:
    """Compares the answers of one replay, in order; learns what the server calls things now.

    What a request sent is no id of the server's, so it has to come back as it was sent.
    """

    def __init__(self, links: Links) -> None:
        self._links = links
        self._sent: set[str] = set()

    def sent(self, texts: set[str]) -> None:
        """Take the texts that a recorded request sends."""
        self._sent |= texts

    def differences(self, recorded: Step, now: Step) -> tuple[str, ...]:
        """In which ways the answer differs, in words; none if it is the same, or as far as it was recorded."""
        unrecorded = recorded.exchange.failure is Failure.UNRECORDED
        if unrecorded and recorded.exchange.response is None:
            return ()
        found = list(self._heads(recorded.exchange, now.exchange))
        broken_off = now.exchange.failure is not None  # how much of it came is chance
        if found or unrecorded or broken_off or recorded.exchange.response is None or now.exchange.response is None:
            return tuple(found)
        for each in self._bodies(recorded, now):
            if len(found) == MOST:
                return (*found, "…")
            found.append(each)
        return tuple(found)

    def _heads(self, recorded: Exchange, now: Exchange) -> Iterator[str]:
        """How status and media type differ."""
        before, after = recorded.said, now.said
        if before != after:
            yield f"{after} instead of {before}"
        elif recorded.response and now.response and recorded.response.media_type != now.response.media_type:
            yield f"{now.response.media_type or 'no type'} instead of {recorded.response.media_type or 'no type'}"

    def _bodies(self, recorded: Step, now: Step) -> Iterator[str]:
        """How the bodies differ."""
        if recorded.body is not MISSING and now.body is not MISSING:
            yield from self._values(recorded.body, now.body, "")
            return
        before = recorded.exchange.response.body if recorded.exchange.response else b""
        after = now.exchange.response.body if now.exchange.response else b""
        if self._links.within(before.decode("utf-8", "replace")) != after.decode("utf-8", "replace"):
            what = "stream" if recorded.media_type in STREAM_TYPES else "body"
            yield f"the {what} differs: {len(after):,} bytes instead of {len(before):,}"

    def _values(self, before: Json, after: Json, place: str) -> Iterator[str]:
        """How two JSON values differ, and where."""
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self._members(before, after, place)
        elif isinstance(before, list) and isinstance(after, list):
            for index, (old, new) in enumerate(zip(before, after, strict=False)):
                yield from self._values(old, new, f"{place}/{index}")
            if len(before) != len(after):
                yield f"{place or 'the body'}: {len(after)} items instead of {len(before)}"
        elif not self._same(before, after):
            yield f"{place or 'the body'}: {compact(after)} instead of {compact(before)}"

    def _members(self, before: dict[str, Json], after: dict[str, Json], place: str) -> Iterator[str]:
        """How two objects differ."""
        renamed = {self._links.text(name): name for name in before}
        for name, old in renamed.items():
            if name not in after:
                yield f"{place}/{name}: it is missing"
            else:
                yield from self._values(before[old], after[name], f"{place}/{name}")
        for name in after:
            if name not in renamed:
                yield f"{place}/{name}: it is new"

    def _same(self, before: Json, after: Json) -> bool:
        """Whether two plain values are the same, as far as they can be."""
        if isinstance(before, str) and isinstance(after, str):
            return self._same_text(before, after)
        if type(before) is int and type(after) is int and str(after) in self._renamed(str(before)):
            return True
        if type(before) in (int, float) and type(after) in (int, float):
            return bool(before == after) or any(low < before < high and low < after < high for low, high in _EPOCHS)
        return type(before) is type(after) and bool(before == after)

    def _renamed(self, number: str) -> Collection[str]:
        """What a number is called now, if it is an id."""
        return {*self._links.names(number), self._links.known(number) or number}

    def _same_text(self, before: str, after: str) -> bool:
        """Whether two texts are the same, or ids or times of the same form, of which the server made up each."""
        if after in self._links.names(before):
            return True
        if before == after:
            return self._links.known(before) in (None, after) or len(before) < DISTINCTIVE
        known = self._links.known(before)
        if known is not None:
            return known == after
        if _TIME.fullmatch(before) and _TIME.fullmatch(after):
            return True
        if before in self._sent or self._links.text(before) != before:
            return self._links.text(before) == after
        if _alike(before, after):
            return self._links.learn(before, after)
        return self._links.within(before) == after


def _alike(before: str, after: str) -> bool:
    """Whether two texts look like ids of the same kind."""
    if not _ID.fullmatch(before) or not _ID.fullmatch(after):
        return False
    if not any(map(str.isdigit, before)) and not any(map(str.isdigit, after)):
        return False
    return any(shape.sub("#", before) == shape.sub("#", after) for shape in _SHAPE)
