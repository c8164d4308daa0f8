"""One session is not another, and one owner not another owner."""

from typing import Final

from conformance.catalogue import HELD, Known, Level, Observation, answer_kind, invariant, must
from conformance.causes import Cause
from conformance.features.answers import shows_parts
from conformance.features.names import names_owners, names_sessions_twice, owners_choose_ids
from conformance.features.values import owners_take_values
from conformance.profile import ROLES, Role
from conformance.session import Status
from conformance.step import Outcome, Step

_LOOKS: Final = (Role.READ, Role.HISTORY)
_NAMING: Final = (Role.READ, Role.HISTORY, Role.RUN, Role.STREAM, Role.ENRICH, Role.TRANSITION, Role.DELETE)


@invariant(
    Level.MUST,
    on=(Role.CREATE, Role.READ, Role.HISTORY, Role.LIST, Role.ENRICH),
    claims={Cause.LEAK, Cause.ELSEWHERE},
    applies=shows_parts,
)
def writes_stay_in_their_session(known: Known, step: Step) -> Observation | None:
    """Nothing that is written to one session MUST show in another.

    One customer's words in another customer's conversation is the worst that a session backend can do.
    """
    return known.blames(Cause.LEAK, Cause.ELSEWHERE, expected="the session, untouched by writes to others")


@invariant(Level.MUST, on=_NAMING, applies=names_sessions_twice)
def call_that_names_two_sessions_is_refused(known: Known, step: Step) -> Observation | None:
    """A call that names one session in one place and another one in another MUST be refused.

    An id that is decided twice routes the call to one session, and stores what it did in another.
    """
    if step.split is None or step.outcome is Outcome.LOST:
        return None
    return must(step.refused, step, f"a refusal, since {step.session!r} is not {step.split!r}")


@invariant(Level.MUST, on=_NAMING, applies=names_owners)
def other_owners_are_refused(known: Known, step: Step) -> Observation | None:
    """A call that names another owner's session under one's own name MUST be refused.

    Ids are guessed, logged and shared; they must not be keys.
    """
    assert step.binding is not None
    if not known.foreign or step.outcome is Outcome.LOST:
        return None
    if step.binding.empties and step.says_missing:
        return HELD
    if not step.binding.refuses_missing and step.says_missing:
        return None  # the answer tells nothing: it is the same for any id
    if step.binding.creates and step.accepted:
        return None  # two owners may have the same id, and it made a session of its own
    right = step.refused and (step.says(step.binding.foreign | step.binding.missing) or step.wrong)
    return must(right, step, "a refusal, since the session is another owner's")


@invariant(Level.MUST, on=(*_LOOKS, Role.LIST), claims={Cause.FOREIGN}, applies=names_owners)
def other_owners_change_nothing(known: Known, step: Step) -> Observation | None:
    """A call by another owner under the same id MUST leave the session as it was.

    A write or a delete that looks only at the id reaches into somebody else's session.
    """
    return known.blames(Cause.FOREIGN, expected="the session, untouched by the other owner")


@invariant(Level.MUST, on={Role.CREATE}, applies=owners_choose_ids)
def one_id_under_two_owners_is_two_sessions(known: Known, step: Step) -> Observation | None:
    """Two owners MUST be able to choose the same id.

    A refusal tells one owner which ids another one has.
    """
    if known.status is not Status.ABSENT or not known.foreign or step.outcome is Outcome.LOST:
        return None
    if step.wrong or not known.world.accepted.like(step):
        return None
    return must(step.accepted, step, "a session of its own")


@invariant(Level.MUST, on=ROLES, applies=owners_take_values)
def values_of_one_owner_break_no_other(known: Known, step: Step) -> Observation | None:
    """A value that one owner stored MUST NOT make another owner's calls fail.

    One customer's emoji takes everybody's list down.
    """
    if not known.among_awkward_neighbours or step.outcome is Outcome.LOST:
        return None
    if step.outcome is not Outcome.FAILED or step.operation is None:
        return HELD
    # If the operation fails without neighbours as well, they are not to blame.
    doubts = frozenset({step.operation.id})
    expected = "an answer, whatever other owners stored"
    return Observation(False, expected, step.got, answer_kind(step), others=doubts)


@invariant(Level.MUST, on=(*_LOOKS, Role.LIST), claims={Cause.DELETE_ELSEWHERE}, needs={Role.DELETE})
def deleting_one_session_leaves_the_rest(known: Known, step: Step) -> Observation | None:
    """A delete MUST leave every other session as it was.

    A delete with too wide a condition is noticed by those who did not ask for it.
    """
    return known.blames(Cause.DELETE_ELSEWHERE, expected="the session, since another one was deleted")
