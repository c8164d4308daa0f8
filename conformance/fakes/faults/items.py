"""Items that are lost, kept too long, or found by the wrong session."""

from __future__ import annotations

from conformance.exchange import Response
from conformance.fakes.faults import fault
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features.names import names_items, releases_items
from conformance.invariants import items
from conformance.step import Step


@fault(items.item_that_is_not_there_is_refused, applies=names_items)
class FindsItemsOfOtherSessions(Server):
    """Looks for an item in every session."""

    def holds(self, session: Stored, item: str) -> bool:
        return any(super(FindsItemsOfOtherSessions, self).holds(each, item) for each in self.sessions.values())


@fault(items.item_that_is_not_there_is_refused, applies=names_items)
class TakesAnyItem(Server):
    """Takes whatever item is named."""

    def holds(self, session: Stored, item: str) -> bool:
        return True


@fault(items.item_that_is_not_there_is_refused, applies=releases_items)
class KeepsReleasedItems(Server):
    """Acknowledges the release of an item, and keeps it."""

    def release(self, step: Step, session: Stored) -> Response:
        return self.succeed(step)


@fault(items.live_item_is_accepted, applies=names_items)
class ForgetsAllItemsButTheLast(Server):
    """Knows only the item that it answered last in a session."""

    def holds(self, session: Stored, item: str) -> bool:
        return item in session.items[-1:]
