"""Which writes were attempted, and which of them sent a string that is seen?

What is seen in a session and was never written to it came from somewhere. All of it is remembered within bounds.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection, Iterable, Iterator
from itertools import chain, islice
from typing import Final

from mypy_extensions import mypyc_attr

from conformance.expressions import Json
from conformance.profile import Role
from conformance.records import Record
from conformance.session import MAX_PART, distinctive, words
from conformance.step import Outcome, Owner, Step
from conformance.values import texts

Key = tuple[Owner, str]
"""What names a session: its owner (empty where the API's ids are unique by themselves) and its id."""
MAX_CALLS: Final = 256
"""So many of the last writes are remembered."""
MAX_REMEMBERED: Final = 4_096
"""So many written strings, and ids named by refused calls, are remembered for attribution."""
MAX_FORGOTTEN: Final = 262_144
"""So many strings are known to have been written by somebody; with more, no string tells who wrote it."""
MAX_AUTHORS: Final = 16
"""So many sessions that one string was sent to are remembered; a string of more tells nothing."""


@mypyc_attr(acyclic=True)
class Call(Record):
    """A write that was attempted, as the world remembers it: when, on which session, by which operation."""

    __slots__ = ("key", "moment", "operation", "outcome", "role", "sent", "unauthorized")

    def __init__(
        self,
        moment: int,
        key: Key,
        role: Role,
        operation: str,
        outcome: Outcome,
        unauthorized: bool = False,
        sent: dict[str, Json] | None = None,
    ) -> None:
        self.moment: Final = moment
        self.key: Final = key
        self.role: Final = role
        self.operation: Final = operation
        self.outcome: Final = outcome
        self.unauthorized: Final = unauthorized
        self.sent: Final = {} if sent is None else sent


def call_of(step: Step, key: Key, moment: int) -> Call:
    """A step as a write that is remembered, without what is too large to be kept."""
    assert step.binding is not None
    binding = step.binding
    sent = {} if len(step.exchange.request.body) > MAX_PART else step.sent
    return Call(moment, key, binding.role, binding.operation.id, step.outcome, step.unauthorized, sent)


class Calls:
    """The last writes, those that named sessions which were not there, and who sent which distinctive string."""

    def __init__(self) -> None:
        self._last: deque[Call] = deque(maxlen=MAX_CALLS)
        self._refused: OrderedDict[Key, Call] = OrderedDict()
        self._authors: dict[str, Call | dict[Key, Call] | None] = {}
        self._forgotten: set[int] = set()

    def note(self, call: Call, step: Step, closed: bool) -> None:
        """Remember a write, and the distinctive strings that it carried; of messages also the words, if all who wrote
        any are known, as in a closed world."""
        self._last.append(call)
        carried = [text for value in step.sent.values() for text in texts(value) if distinctive(text)]
        for text in texts(step.message):
            carried += words(text) if closed else [text] if distinctive(text) else []
        authors = self._authors
        for text in carried:
            if text not in authors:
                authors[text] = None if hash(text) in self._forgotten else call
                continue
            before = authors[text]
            if isinstance(before, Call):
                authors[text] = call if before.key == call.key else {before.key: before, call.key: call}
            elif before is not None:
                before[call.key] = call
                if len(before) > MAX_AUTHORS:
                    authors[text] = None
        if (more := len(authors) - MAX_REMEMBERED) > 0:
            for text in list(islice(authors, more + MAX_REMEMBERED // 16)):  # several at once, which is faster
                self._forgotten.add(hash(text))
                del authors[text]

    def remember(self, call: Call) -> None:
        """Remember that a write named a session which is not there."""
        self._refused[call.key] = call
        if len(self._refused) > MAX_REMEMBERED:
            self._refused.popitem(last=False)

    def settle(self, key: Key) -> None:
        """Nothing is left of a write that named a session which is not there."""
        self._refused.pop(key, None)

    def refused(self, key: Key) -> Call | None:
        """The last refused or failed write that named a session which did not exist."""
        return self._refused.get(key)

    def elsewhere(self, key: Key, since: int) -> Iterator[Call]:
        """The remembered writes to other sessions since a moment, the latest first."""
        for call in reversed(self._last):
            if call.moment <= since:
                return
            if call.key != key:
                yield call

    def last_elsewhere(self, key: Key, since: int) -> Call | None:
        """The last write to another session since a moment."""
        return next(self.elsewhere(key, since), None)

    def knows_any(self, strings: Iterable[Collection[str]]) -> bool:
        """Whether any of some strings is one that somebody is remembered to have sent."""
        return not self._authors.keys().isdisjoint(chain.from_iterable(strings))

    def authors(self, strings: Collection[str], key: Key, since: int) -> Iterator[tuple[str, Call]]:
        """Of some strings the distinctive ones that were sent to another session, and the write that did so, an
        accepted one if there is one. None that was sent to this one too since a moment, or of which it is not known who
        sent it."""
        if len(self._forgotten) >= MAX_FORGOTTEN or self._authors.keys().isdisjoint(strings):
            return
        for text in strings:
            found = self._authors.get(text)
            if found is None:
                continue
            if isinstance(found, Call):
                if found.key != key or found.moment < since:
                    yield text, found
            elif not (key in found and found[key].moment >= since):
                yield text, max(found.values(), key=_weight)


def _weight(call: Call) -> tuple[bool, int]:
    """How much speaks for a write to have left what is seen."""
    return call.outcome is Outcome.ACCEPTED, call.moment
