"""One session is not another, and one owner not another owner."""

from conformance.attribution import Cause
from conformance.catalogue import HELD, Known, Level, Observation, answer_kind, invariant, must, takes_values
from conformance.model import Status
from conformance.profile import ROLES, Profile, Role
from conformance.step import Outcome, Step

_LOOKS = (Role.READ, Role.HISTORY)
_NAMING = (Role.READ, Role.HISTORY, Role.RUN, Role.STREAM, Role.ENRICH, Role.DELETE)


def _scoped(profile: Profile) -> bool:
    """Whether sessions belong to owners that a call names, and these can be made up."""
    return profile.scoped and profile.fresh_owners


def _chosen(profile: Profile) -> bool:
    """Whether, beside that, callers may choose ids."""
    return _scoped(profile) and any(binding.session for binding in profile.bound(Role.CREATE))


def _can_be_read(profile: Profile) -> bool:
    """Whether sessions can be looked at."""
    return bool({Role.READ, Role.HISTORY} & profile.roles)


def _values_and_owners(profile: Profile) -> bool:
    """Whether owners can store values of their own choice."""
    return profile.fresh_owners and takes_values(profile)


@invariant(Level.MUST, on=(Role.CREATE, Role.READ, Role.HISTORY, Role.LIST, Role.ENRICH), applies=_can_be_read)
def writes_stay_in_their_session(known: Known, step: Step) -> Observation | None:
    """Nothing that is written to one session MUST show in another.

    One customer's words in another customer's conversation is the worst that a session backend can do.
    """
    return known.blames(Cause.LEAK, Cause.ELSEWHERE, expected="the session, untouched by writes to others")


@invariant(Level.MUST, on=_NAMING, applies=_scoped)
def other_owners_are_refused(known: Known, step: Step) -> Observation | None:
    """A call that names another owner's session under one's own name MUST be refused.

    Ids are guessed, logged and shared; they must not be keys.
    """
    assert step.binding is not None
    if not known.foreign or step.outcome is Outcome.LOST:
        return None
    if min(step.binding.missing) < 400 and step.says_missing:
        return None  # the answer tells nothing: it is the same for any id
    right = step.refused and (step.status in step.binding.foreign | step.binding.missing or bool(step.invalid))
    return must(right, step, "a refusal, since the session is another owner's")


@invariant(Level.MUST, on=(*_LOOKS, Role.LIST), applies=_scoped)
def other_owners_change_nothing(known: Known, step: Step) -> Observation | None:
    """A call by another owner under the same id MUST leave the session as it was.

    A write or a delete that looks only at the id reaches into somebody else's session.
    """
    return known.blames(Cause.FOREIGN, expected="the session, untouched by the other owner")


@invariant(Level.MUST, on={Role.CREATE}, applies=_chosen)
def one_id_under_two_owners_is_two_sessions(known: Known, step: Step) -> Observation | None:
    """Two owners MUST be able to choose the same id.

    A refusal tells one owner which ids another one has.
    """
    if known.status is not Status.ABSENT or not known.foreign or step.outcome is Outcome.LOST:
        return None
    if step.invalid or not known.world.accepted_like(step):
        return None
    return must(step.accepted, step, "a session of its own")


@invariant(Level.MUST, on=ROLES, applies=_values_and_owners)
def values_of_one_owner_break_no_other(known: Known, step: Step) -> Observation | None:
    """A value that one owner stored MUST NOT make another owner's calls fail.

    One customer's emoji takes everybody's list down.
    """
    if step.outcome is Outcome.LOST or not known.among_awkward_neighbours:
        return None
    if step.outcome is not Outcome.FAILED or step.operation is None:
        return HELD
    # If the operation fails without neighbours as well, they are not to blame.
    doubts = frozenset({step.operation.id})
    expected = "an answer, whatever other owners stored"
    return Observation(False, expected, step.got, answer_kind(step), others=doubts)


@invariant(Level.MUST, on=(*_LOOKS, Role.LIST), needs={Role.DELETE})
def deleting_one_session_leaves_the_rest(known: Known, step: Step) -> Observation | None:
    """A delete MUST leave every other session as it was.

    A delete with too wide a condition is noticed by those who did not ask for it.
    """
    return known.blames(Cause.DELETE_ELSEWHERE, expected="the session, since another one was deleted")
