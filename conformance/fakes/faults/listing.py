"""Lists with too little, too much, or something stale in them."""

from __future__ import annotations

import dataclasses

from conformance.exchange import Response
from conformance.fakes.faults import fault
from conformance.fakes.faults.ways import Remembers
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server, T
from conformance.features import both
from conformance.features.attributes import creates_with_attributes, lists_attributes, sessions_change
from conformance.features.histories import sessions_begin_silent
from conformance.features.lists import ends_with_short_pages, filters_lists, limits_lists, lists_in_pages, orders_lists
from conformance.features.names import lists_by_owner, names_owners
from conformance.invariants import listing
from conformance.profile import Role
from conformance.step import Owner, Page, Step


@fault(listing.list_holds_every_live_session, needs={Role.LIST})
class ListsOnlyTheNewest(Server):
    """Lists only the three sessions that were created last."""

    def listed(self, step: Step) -> list[Stored]:
        return super().listed(step)[-3:]


@fault(listing.filtered_list_holds_what_matches, applies=both(filters_lists, ends_with_short_pages))
class FiltersThePage(Server):
    """Filters the page that was asked for, in the stead of the list that it is a part of."""

    def list_sessions(self, step: Step) -> Response:
        page, following = self.page(step, self.ordered(step, self.listed(step)))
        return self.render.sessions(step, [each for each in page if self.matches(each, step.page)], following)


@fault(listing.list_holds_every_live_session, needs={Role.LIST})
class ListsTenSessions(Server):
    """Lists the first ten sessions, and shows no way to the others."""

    def listed(self, step: Step) -> list[Stored]:
        return super().listed(step)[:10]


@fault(listing.list_holds_every_live_session, needs={Role.LIST})
class ListsTheLastUpdated(Server):
    """Lists the three sessions to which something was written last."""

    def listed(self, step: Step) -> list[Stored]:
        return sorted(super().listed(step), key=lambda each: each.updated)[-3:]


@fault(listing.list_holds_every_live_session, needs={Role.LIST})
class ListIsOneSessionBehind(Server):
    """Leaves the session that was created last out of the list."""

    def listed(self, step: Step) -> list[Stored]:
        return super().listed(step)[:-1]


@fault(listing.list_holds_every_live_session, listing.list_holds_no_deleted_session, needs={Role.LIST})
class ListIsCached(Server):
    """Shows an owner the same list four times before it looks again."""

    def reset(self) -> None:
        super().reset()
        self.__cache: dict[Owner | None, tuple[int, list[Stored]]] = {}

    def listed(self, step: Step) -> list[Stored]:
        left, cached = self.__cache.get(step.owner, (0, []))
        if left == 0:
            left, cached = 4, super().listed(step)
        self.__cache[step.owner] = (left - 1, cached)
        return cached


@fault(listing.list_holds_every_live_session, needs={Role.LIST, Role.RUN, Role.CREATE}, applies=sessions_begin_silent)
class ListsOnlyWhatWasRun(Server):
    """Leaves sessions without a history out of the list."""

    def listed(self, step: Step) -> list[Stored]:
        return [each for each in super().listed(step) if each.history]


@fault(listing.list_holds_every_live_session, needs={Role.LIST}, applies=creates_with_attributes)
class ListsOnlyWhatHasAttributes(Server):
    """Leaves sessions without attributes out of the list."""

    def listed(self, step: Step) -> list[Stored]:
        return [each for each in super().listed(step) if any(each.attributes.values())]


@fault(listing.list_holds_every_live_session, needs={Role.LIST, Role.ENRICH})
class EnrichmentTakesASessionOutOfTheList(Remembers):
    """Leaves a session out of the list once it was enriched."""

    def listed(self, step: Step) -> list[Stored]:
        return [each for each in super().listed(step) if not self.was_enriched(each)]


@fault(listing.list_holds_no_deleted_session, needs={Role.LIST, Role.DELETE})
class ListsDeletedSessions(Server):
    """Goes on listing sessions that were deleted."""

    def reset(self) -> None:
        super().reset()
        self.__deleted: list[Stored] = []

    def delete(self, step: Step, session: Stored) -> Response:
        self.__deleted.append(session)
        return super().delete(step, session)

    def listed(self, step: Step) -> list[Stored]:
        return [*super().listed(step), *(each for each in self.__deleted if step.owner in (None, each.owner))]


@fault(listing.list_holds_only_own_sessions, needs={Role.LIST}, applies=names_owners)
class ListsEverybodysSessions(Server):
    """Lists the sessions of every owner."""

    def listed(self, step: Step) -> list[Stored]:
        return list(self.sessions.values())


@fault(
    listing.list_holds_only_own_sessions,
    listing.filtered_list_holds_what_matches,
    needs={Role.LIST},
    applies=both(names_owners, filters_lists),
)
class FilterForgetsTheOwner(Server):
    """Shows the sessions of every owner in a list that is filtered."""

    def listed(self, step: Step) -> list[Stored]:
        return list(self.sessions.values()) if step.page.filters else super().listed(step)


@fault(listing.list_holds_only_own_sessions, needs={Role.LIST}, applies=both(names_owners, lists_by_owner))
class ListsOwnersThatBeginAlike(Server):
    """Lists the sessions of every owner whose name begins with that of the one who asked."""

    def listed(self, step: Step) -> list[Stored]:
        asked = step.owner or ()
        return [each for each in self.sessions.values() if _begins(each.owner, asked)]


@fault(listing.list_holds_only_sessions_that_were_created, needs={Role.LIST}, applies=names_owners)
class ListsASessionThatNobodyCreated(Server):
    """Puts a session into every list that was never created."""

    def listed(self, step: Step) -> list[Stored]:
        return [*super().listed(step), Stored("00000000-0000-4000-8000-000000000000", step.owner or ())]


@fault(listing.list_holds_no_session_twice, needs={Role.LIST, Role.RUN})
class ListsASessionOnceARun(Server):
    """Lists a session once for each two items of its history."""

    def listed(self, step: Step) -> list[Stored]:
        return [each for each in super().listed(step) for _ in range(max(1, len(each.history) // 2))]


@fault(listing.list_and_read_agree, needs={Role.LIST}, applies=both(lists_attributes, sessions_change))
class ListShowsWhatWasCreated(Server):
    """Lists sessions with the attributes that they were created with."""

    def reset(self) -> None:
        super().reset()
        self.__first: dict[tuple[Owner, str], Stored] = {}

    def keep(self, session: Stored) -> None:
        super().keep(session)
        first = dataclasses.replace(session, attributes=dict(session.attributes))
        self.__first[self.key(session.owner, session.id)] = first

    def listed(self, step: Step) -> list[Stored]:
        return [self.__first.get(self.key(each.owner, each.id), each) for each in super().listed(step)]


@fault(listing.list_and_read_agree, needs={Role.LIST}, applies=lists_attributes)
class ListShowsNoAttributes(Server):
    """Lists sessions with empty attributes."""

    def listed(self, step: Step) -> list[Stored]:
        return [dataclasses.replace(each, attributes={}) for each in super().listed(step)]


@fault(listing.list_and_read_agree, needs={Role.LIST}, applies=lists_attributes)
class ListMixesTheAttributesUp(Server):
    """Lists each session with the attributes of the one that stands before it."""

    def listed(self, step: Step) -> list[Stored]:
        found = super().listed(step)
        pairs = zip(found, [*found[-1:], *found[:-1]], strict=True)
        return [dataclasses.replace(each, attributes=other.attributes) for each, other in pairs]


@fault(listing.pages_partition_the_list, needs={Role.LIST}, applies=lists_in_pages)
class SkipsOneBetweenPages(Server):
    """Leaves out the first session of every page but the first."""

    def page(self, step: Step, items: list[T]) -> tuple[list[T], str | None]:
        found, following = super().page(step, items)
        return (found if step.page.first else found[1:]), following


@fault(listing.pages_partition_the_list, needs={Role.LIST}, applies=lists_in_pages)
class RepeatsOneBetweenPages(Server):
    """Begins every page with the last session of the page before."""

    def page(self, step: Step, items: list[T]) -> tuple[list[T], str | None]:
        found, following = super().page(step, items)
        if step.page.first or not found:
            return found, following
        before = items[items.index(found[0]) - 1]
        return [before, *found[:-1]], following


@fault(listing.page_is_no_longer_than_asked, needs={Role.LIST}, applies=limits_lists)
class IgnoresTheLimit(Server):
    """Shows every session, however few were asked for."""

    def page(self, step: Step, items: list[T]) -> tuple[list[T], str | None]:
        return items, None


@fault(listing.list_keeps_its_order, needs={Role.LIST}, applies=orders_lists)
class ListsInTheOtherOrder(Server):
    """Lists sessions in the reverse of the declared order."""

    def ordered(self, step: Step, sessions: list[Stored]) -> list[Stored]:
        return super().ordered(step, sessions)[::-1]


@fault(listing.filtered_list_holds_what_matches, needs={Role.LIST}, applies=filters_lists)
class IgnoresTheFilter(Server):
    """Shows every session, whatever the list was filtered by."""

    def matches(self, session: Stored, page: Page) -> bool:
        return True


@fault(listing.filtered_list_holds_what_matches, needs={Role.LIST}, applies=filters_lists)
class FilterMissesOne(Server):
    """Leaves the session that was created last out of a filtered list."""

    def matches(self, session: Stored, page: Page) -> bool:
        last = next(reversed(self.sessions.values()), None)
        return super().matches(session, page) and not (page.filters and session is last)


def _begins(owner: Owner, asked: Owner) -> bool:
    """Whether each part of an owner's name begins with that part of the one who asked."""
    return all(name.startswith(part) for name, part in zip(owner, asked, strict=False))
