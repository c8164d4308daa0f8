"""Time runs in one direction."""

import re
from itertools import pairwise
from typing import Final

from conformance.calls import Key
from conformance.catalogue import HELD, Known, Level, Observation, invariant, must
from conformance.differences import same_item
from conformance.expressions import MISSING, Json, resolve, resolve_each
from conformance.features import both
from conformance.features.answers import shows_creation, shows_moving_times, shows_times
from conformance.features.histories import items_have_times, keeps_history
from conformance.profile import HISTORY, Role
from conformance.step import Snapshot, Step
from conformance.values import instant, one_moment

_LOOKS: Final = (Role.READ, Role.HISTORY)


def _key(known: Known, step: Step, view: Snapshot) -> Key | None:
    """The key of a session in a list."""
    return None if view.id is None else known.world.key(view.owner or step.owner, view.id)


@invariant(Level.MUST, on=(*_LOOKS, Role.CREATE, Role.ENRICH, Role.LIST), applies=shows_moving_times)
def time_moves_forward(known: Known, step: Step) -> Observation | None:
    """The times that a session shows MUST NOT run backwards: of its last update, and from item to item.

    Whoever sorts or synchronises by them loses what was said in between.
    """
    shape = known.world.profile.item
    observation = None
    for view in step.views:
        session = known.session if step.role is not Role.LIST else known.world.get(_key(known, step, view))
        if session is None or not session.certain:
            continue
        before, now = instant(session.updated), instant(view.updated)
        if before is not None and now is not None:
            observation = HELD
            if now < before and not one_moment(session.updated, view.updated):
                return must(False, step, f"a time not before {session.updated}", "last update")
        part, history = session.parts.get(HISTORY), view.parts.get(HISTORY)
        if shape.time is None or part is None or not part.whole or not isinstance(history, list):
            continue
        times = [instant(each) for each in resolve_each(history[max(0, len(part.value) - 1) :], shape.time)]
        for earlier, later in pairwise(times):
            if earlier is not None and later is not None:
                observation = HELD
                if later < earlier:
                    return must(False, step, "items in the order of their times", "items")
    return observation


@invariant(
    Level.MUST,
    on=(*_LOOKS, Role.CREATE, Role.ENRICH, Role.TRANSITION, Role.LIST),
    source="RFC 3339",
    applies=shows_times,
    form=True,
)
def times_are_valid(known: Known, step: Step) -> Observation | None:
    """The times that a session shows MUST be valid, and that of its creation MUST NOT lie after that of its update.

    Clients parse them, and sort by them.
    """
    observation = None
    for view in step.views:
        for name, shown in (("created", view.created), ("updated", view.updated)):
            if shown is MISSING or shown is None:
                continue
            observation = HELD
            if instant(shown) is None:
                return must(False, step, f"a valid time, not {shown!r}", f"{name}: no time")
        if view.created is not MISSING and _later(view.created, view.updated):
            return must(False, step, f"a creation not after the update at {view.updated}", "created after updated")
    return observation


@invariant(Level.MUST, on=(*_LOOKS, Role.LIST), applies=shows_creation)
def creation_time_stays(known: Known, step: Step) -> Observation | None:
    """The time of a session's creation MUST stay as it was.

    A session that gets younger with every write is never old enough to be cleaned up.
    """
    observation = None
    for view in step.views:
        session = known.session if step.role is not Role.LIST else known.world.get(_key(known, step, view))
        before, now = instant(session.created) if session else None, instant(view.created)
        if before is not None and now is not None:
            observation = HELD
            if session is not None and session.certain and not one_moment(session.created, view.created):
                return must(False, step, f"the creation at {session.created}", "creation moved")
    return observation


@invariant(Level.MUST, on=_LOOKS, applies=both(items_have_times, keeps_history))
def item_keeps_its_time(known: Known, step: Step) -> Observation | None:
    """The time of an item MUST stay as it was, while nothing is written.

    A conversation whose times are those of its last look cannot be sorted, and never grows old.
    """
    part = known.session.parts.get(HISTORY) if known.session is not None and known.session.certain else None
    shown = step.views[0].parts.get(HISTORY) if step.accepted and step.views else None
    shape, observation = known.world.profile.item, None
    if part is None or shape.time is None or not part.whole or part.echo or part.writes or not isinstance(shown, list):
        return None
    for earlier, later in zip(part.value, shown, strict=False):
        before, now = resolve(earlier, shape.time), resolve(later, shape.time)
        if instant(before) is None or instant(now) is None or not same_item(earlier, later, shape):
            continue
        observation = HELD
        if not one_moment(before, now):
            return must(False, step, f"an item of the time {before}, as before", "item")
    return observation


def _later(first: Json, second: Json) -> bool:
    """Whether one time is surely later than another: times with and without a zone cannot be compared."""
    times = instant(first), instant(second)
    if times[0] is None or times[1] is None or times[0] <= times[1] or one_moment(first, second):
        return False
    return isinstance(first, str) is isinstance(second, str) and _zoned(first) is _zoned(second)


def _zoned(value: Json) -> bool:
    """Whether a time says its zone."""
    return isinstance(value, str) and re.search(r"(Z|[+-]\d\d:?\d\d)$", value) is not None
