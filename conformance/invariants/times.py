"""Time runs in one direction."""

from itertools import pairwise

from conformance.catalogue import HELD, Known, Level, Observation, invariant, keeps_history, must
from conformance.expressions import resolve
from conformance.model import Key
from conformance.profile import HISTORY, Profile, Role
from conformance.step import Snapshot, Step
from conformance.values import instant

_LOOKS = (Role.READ, Role.HISTORY)


def _shows_times(profile: Profile) -> bool:
    """Whether sessions or items show when they changed."""
    return profile.session.updated is not None or (profile.item.time is not None and keeps_history(profile))


def _key(known: Known, step: Step, view: Snapshot) -> Key | None:
    """The key of a session in a list."""
    return None if view.id is None else known.world.key(view.owner or step.owner, view.id)


@invariant(Level.MUST, on=(*_LOOKS, Role.CREATE, Role.ENRICH, Role.LIST), applies=_shows_times)
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
            if now < before:
                return must(False, step, f"a time not before {session.updated}", "last update")
        part, history = session.parts.get(HISTORY), view.parts.get(HISTORY)
        if shape.time is None or part is None or not part.whole or not isinstance(history, list):
            continue
        times = [instant(resolve(item, shape.time)) for item in history[max(0, len(part.value) - 1) :]]
        for earlier, later in pairwise(times):
            if earlier is not None and later is not None:
                observation = HELD
                if later < earlier:
                    return must(False, step, "items in the order of their times", "items")
    return observation
