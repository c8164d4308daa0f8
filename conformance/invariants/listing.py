"""A list holds every live session of its owner, and none else."""

from conformance.attribution import Cause
from conformance.catalogue import HELD, Known, Level, Observation, invariant, keeps_attributes, must
from conformance.model import Key, Status, World
from conformance.profile import Profile, Role
from conformance.step import Step


def _fresh(profile: Profile) -> bool:
    """Whether owners can be made up, so that every session in their list is known."""
    return profile.fresh_owners and bool(profile.first(Role.LIST) and profile.bound(Role.LIST)[0].owner)


def _listed(world: World, step: Step) -> set[Key]:
    """The keys of the sessions that a list shows."""
    return {world.key(view.owner or step.owner, view.id) for view in step.views if view.id is not None}


@invariant(Level.MUST, on={Role.LIST})
def list_holds_every_live_session(known: Known, step: Step) -> Observation | None:
    """A list MUST hold every live session of its owner.

    A session that is missing from the list is lost to everyone who does not remember its id.
    """
    if not step.accepted or not step.shown:
        return None
    listed = _listed(known.world, step)
    live = [each for each in known.world.of_owner(step.owner) if each.certain]
    for session in live:
        if known.world.key(session.owner, session.id) not in listed:
            return must(False, step, f"a list with {session.id!r} in it", "session not listed")
    return HELD if live else None


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


@invariant(Level.MUST, on={Role.LIST}, applies=_fresh)
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


@invariant(Level.MUST, on={Role.LIST}, applies=_fresh)
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
        if unknown and not known.world.refused_call(key):
            return must(False, step, f"a list without {view.id!r}, which nobody created", "unknown session listed")
    return HELD


@invariant(Level.MUST, on={Role.LIST}, needs={Role.READ}, applies=keeps_attributes)
def list_and_read_agree(known: Known, step: Step) -> Observation | None:
    """A list MUST show a session in the state that a read just showed.

    Two views that disagree are two stores, one of which is stale.
    """
    return known.blames(Cause.LIST, expected="what the last read showed")
