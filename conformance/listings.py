"""Which pages of a list were seen, one after the other, and are they all?"""

from __future__ import annotations

from dataclasses import dataclass

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


_MIDDLE = (-1, None)
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
