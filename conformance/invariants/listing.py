"""A list holds every live session of its owner, and none else."""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from conformance.calls import Key
from conformance.catalogue import HELD, Known, Level, Observation, invariant, must
from conformance.causes import Cause
from conformance.expressions import MISSING, Json, resolve
from conformance.features.attributes import keeps_attributes
from conformance.features.lists import filters_lists, limits_lists, lists_in_pages, lists_to_the_end, orders_lists
from conformance.features.names import lists_by_owner
from conformance.listings import Listing
from conformance.model import World
from conformance.profile import Order, Role
from conformance.session import Part, Status
from conformance.step import Page, Snapshot, Step
from conformance.values import instant


def _listed(world: World, step: Step) -> set[Key]:
    """The keys of the sessions that a list shows."""
    return {world.key(view.owner or step.owner, view.id) for view in step.views if view.id is not None}


@invariant(Level.MUST, on={Role.LIST}, applies=lists_to_the_end)
def list_holds_every_live_session(known: Known, step: Step) -> Observation | None:
    """A list MUST hold every live session of its owner.

    A session that is missing from the list is lost to everyone who does not remember its id.
    """
    if not step.accepted or not step.shown or step.page.filters:
        return None
    listing = known.listing
    return _every_live(known, step, listing) if listing.complete and listing.pages == 1 else None


def _every_live(known: Known, step: Step, listing: Listing) -> Observation | None:
    """Whether a whole list holds every live session of its owner that matches what was asked."""
    live = [each for each in known.world.of_owner(step.owner) if each.certain and _matches(each.parts, step.page)]
    for session in live:
        if known.world.key(session.owner, session.id) not in listing.keys:
            return must(False, step, f"a list with {session.id!r} in it", "session not listed")
    return HELD if live else None


def _matches(parts: Mapping[str, Part], page: Page) -> bool:
    """Whether a session surely has what a list was asked for."""
    known = {name: parts.get(name.partition("/")[0]) for name, _ in page.filters}
    return all(
        (part := known[name]) is not None and _member(part.value, name) == wanted for name, wanted in page.filters
    )


def _member(value: Json, name: str) -> str | None:
    """The text that stands in a part where a filter looks; None if there is none."""
    inner = name.partition("/")[2]
    found = resolve(value, (inner,)) if inner else value
    return found if isinstance(found, str) else None


@invariant(Level.MUST, on={Role.LIST}, applies=lists_in_pages)
def pages_partition_the_list(known: Known, step: Step) -> Observation | None:
    """The pages of a list MUST hold every live session of its owner, and none of them twice.

    Whoever walks through all pages takes a session that was skipped for one that is not there.
    """
    if not step.accepted or not step.shown:
        return None
    listing = known.listing
    if listing.pages < 2:
        return None
    twice = [key for key, count in Counter(listing.keys).items() if count > 1]
    if twice:
        return must(False, step, f"{twice[0][1]!r} on one page only", "session on two pages")
    return _every_live(known, step, listing) if listing.complete else HELD


@invariant(Level.MUST, on={Role.LIST}, applies=limits_lists)
def page_is_no_longer_than_asked(known: Known, step: Step) -> Observation | None:
    """A page MUST NOT hold more sessions than were asked for.

    A limit is there to bound what a caller has to hold.
    """
    limit = step.page.limit
    if not step.accepted or not step.shown or limit is None or limit < 1:
        return None
    return must(len(step.views) <= limit, step, f"at most {limit} sessions", "longer than asked")


@invariant(Level.MUST, on={Role.LIST}, applies=orders_lists)
def list_keeps_its_order(known: Known, step: Step) -> Observation | None:
    """A list MUST show sessions in the order of their creation that the profile declares.

    The first page is all that most people ever see.
    """
    if not step.accepted or not step.shown or step.binding is None or step.binding.order is None:
        return None
    moments = [_birth(known, step, view) for view in step.views]
    newest = step.binding.order is Order.NEWEST
    observation = None
    for earlier, later in pairwise(each for each in moments if each is not None):
        observation = HELD
        if (earlier < later) if newest else (earlier > later):
            return must(False, step, f"sessions in the order of their creation, {step.binding.order} first", "order")
    return observation


def _birth(known: Known, step: Step, view: Snapshot) -> float | None:
    """When a session was created: as the list shows it, or else as we saw it; None if that is not known."""
    if view.created is not MISSING:
        return instant(view.created)
    session = None if view.id is None else known.world.get(known.world.key(view.owner or step.owner, view.id))
    return float(session.born) if session is not None and session.born else None


@invariant(Level.MUST, on={Role.LIST}, applies=filters_lists)
def filtered_list_holds_what_matches(known: Known, step: Step) -> Observation | None:
    """A filtered list MUST hold every live session that matches, and none that does not.

    Whoever works through the open cases never sees those that the filter lost.
    """
    if not step.accepted or not step.shown or not step.page.filters:
        return None
    for view in step.views:
        for name, wanted in step.page.filters:
            part = name.partition("/")[0]
            if part in view.parts and _member(view.parts[part], name) != wanted:
                return must(False, step, f"only sessions with {name} {wanted!r}", "session that does not match")
    listing = known.listing
    return _every_live(known, step, listing) or HELD if listing.complete else HELD


@invariant(Level.MUST, on={Role.LIST})
def list_holds_no_session_twice(known: Known, step: Step) -> Observation | None:
    """A list MUST hold a session only once.

    Whoever counts, bills or deletes by the list does it twice.
    """
    if not step.accepted or not step.views:
        return None
    named = [(view.owner or step.owner, view.id) for view in step.views if view.id is not None]
    if step.owner is None and any(owner is None for owner, _ in named) and known.world.profile.scoped:
        return None  # two owners may have used one id, and the list does not say whose session it shows
    twice = next((each for each, count in Counter(named).items() if count > 1), None)
    expected = "each session once" if twice is None else f"{twice[1]!r} once"
    return must(twice is None, step, expected, "session listed twice")


@invariant(Level.MUST, on={Role.LIST}, needs={Role.DELETE})
def list_holds_no_deleted_session(known: Known, step: Step) -> Observation | None:
    """A list MUST NOT hold a session whose deletion was acknowledged.

    Users are told that their data is gone.
    """
    if not step.accepted:
        return None
    for key in _listed(known.world, step):
        if known.world.status(key) is Status.GONE:
            return must(False, step, f"a list without {key[1]!r}, which was deleted", "deleted session listed")
    return HELD


@invariant(Level.MUST, on={Role.LIST}, applies=lists_by_owner)
def list_holds_only_own_sessions(known: Known, step: Step) -> Observation | None:
    """A list MUST hold only sessions of the owner that asked.

    A list is the shortest way from a missing condition to a data breach.
    """
    if not step.accepted or step.owner is None:
        return None
    owned = known.world.profile.scoped
    for view in step.views:
        foreign = view.owner is not None and view.owner != step.owner
        if view.id is not None and not foreign and owned:
            key = known.world.key(step.owner, view.id)
            foreign = known.world.status(key) is Status.ABSENT and known.world.elsewhere(key) is not None
        if foreign:
            return must(False, step, f"only sessions of {'/'.join(step.owner)}", "another owner's session listed")
    return HELD


@invariant(Level.MUST, on={Role.LIST}, applies=lists_by_owner)
def list_holds_only_sessions_that_were_created(known: Known, step: Step) -> Observation | None:
    """A list MUST NOT hold a session that nobody created.

    Such a session is somebody else's, or what a call left behind that should have made none.
    """
    if not step.accepted or known.world.unsettled_creates(step.owner):
        return None
    for view in step.views:
        if view.id is None or (view.owner is not None and view.owner != step.owner):
            continue
        key = known.world.key(view.owner or step.owner, view.id)
        unknown = known.world.status(key) is Status.ABSENT and not known.world.elsewhere(key)
        if unknown and not known.world.calls.refused(key):
            return must(False, step, f"a list without {view.id!r}, which nobody created", "unknown session listed")
    return HELD


@invariant(Level.MUST, on={Role.LIST}, claims={Cause.LIST}, needs={Role.READ}, applies=keeps_attributes)
def list_and_read_agree(known: Known, step: Step) -> Observation | None:
    """A list MUST show a session in the state that a read just showed.

    Two views that disagree are two stores, one of which is stale.
    """
    return known.blames(Cause.LIST, expected="what the last read showed")
