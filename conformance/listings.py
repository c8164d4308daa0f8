"""Which pages of a list were seen, one after the other, and are they all? Where does a page of a history begin?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from conformance.calls import Key
from conformance.step import Step, is_last, next_offset


@dataclass(frozen=True, slots=True)
class Listing:
    """The pages of one list so far: the sessions on them in order, and whether they are all.

    `begins` says where the next page has to begin, by offset or by cursor.
    """

    keys: tuple[Key, ...] = ()
    pages: int = 0
    complete: bool = False
    begins: tuple[int, str | None] = (0, None)


class Bookmarks:
    """Where in a history the page behind a cursor begins, as far as the answer before it told, since the last write."""

    def __init__(self) -> None:
        self._known: dict[tuple[Key, str, str], int] = {}

    def begins(self, key: Key, step: Step) -> int | None:
        """The number of the item with which the page that a step asks for has to begin; None if nobody knows."""
        operation = step.operation.id if step.operation else ""
        cursor = step.page.cursor
        return step.page.offset if cursor is None else self._known.get((key, operation, cursor))

    def keep(self, key: Key, step: Step) -> None:
        """Remember where the page begins of which an answer tells the cursor."""
        begins, following = self.begins(key, step), step.page.next
        if begins is not None and following is not None and step.operation is not None:
            self._known[key, step.operation.id, following] = begins + len(step.items)

    def forget(self) -> None:
        """Something was written."""
        self._known.clear()


_MIDDLE: Final = (-1, None)
"""Where no page begins."""


class Listings:
    """The lists that were begun since the last write: what is written between two pages may move sessions."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Listing] = {}

    def with_page(self, step: Step, keys: tuple[Key, ...]) -> Listing:
        """The pages of a list so far, together with the one that a step shows, which holds these sessions."""
        assert step.binding is not None
        page, paging = step.page, step.binding.paging
        before = Listing() if page.first else self._known.get(_series(step), Listing(begins=_MIDDLE))
        if page.narrowed or (page.offset, page.cursor) != before.begins:
            return Listing(keys, begins=_MIDDLE)
        by_offset = paging is None or not paging.by_cursor
        begins = (next_offset(page, paging, len(step.views)), None) if by_offset else (0, page.next)
        last = is_last(page, paging, len(step.views))
        return Listing((*before.keys, *keys), before.pages + 1, last, begins)

    def keep(self, step: Step, listing: Listing) -> None:
        """Remember the pages up to that of a step."""
        self._known[_series(step)] = listing

    def forget(self) -> None:
        """Something was written."""
        self._known.clear()


def _series(step: Step) -> tuple[object, ...]:
    """What the pages of one list have in common."""
    return (step.operation.id if step.operation else "", step.owner, step.page.limit, step.page.filters)
