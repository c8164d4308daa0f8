"""A status changes along the declared arrows, and only then."""

from typing import Final

from conformance.catalogue import Known, Level, Observation, invariant, must
from conformance.causes import Cause
from conformance.expressions import MISSING
from conformance.features.statuses import declares_arrows
from conformance.profile import STATUS, Role
from conformance.session import Status
from conformance.step import Outcome, Step

_LOOKS: Final = (Role.READ, Role.HISTORY, Role.LIST)


def _arrow(known: Known, step: Step) -> bool | None:
    """Whether a transition follows a declared arrow; None if that is not known, or nothing would change."""
    before = known.session.status if known.session is not None else MISSING
    after = step.sent.get(STATUS)
    lifecycle = known.world.lifecycle
    if known.status is not Status.LIVE or before in (MISSING, after) or after not in lifecycle.names or step.wrong:
        return None
    return lifecycle.allows(before, after)


@invariant(Level.MUST, on={Role.TRANSITION})
def transition_requires_existing_session(known: Known, step: Step) -> Observation | None:
    """A change of the status of a session that does not exist MUST be refused.

    A caller that ended the wrong session believes that the right one has ended.
    """
    if not known.absent or known.foreign or step.outcome is Outcome.LOST:
        return None
    right = step.refused and (step.says_missing or step.wrong)
    deleted = " after delete" if known.status is Status.GONE else ""
    return must(right, step, "a 'missing session' answer", f"{step.outcome.value} {step.status}{deleted}")


@invariant(Level.MUST, on={Role.TRANSITION})
def declared_transition_is_accepted(known: Known, step: Step) -> Observation | None:
    """A transition along a declared arrow MUST be accepted.

    A session that cannot be ended stays open for ever.
    """
    if not _arrow(known, step) or step.outcome is Outcome.LOST:
        return None
    return must(step.accepted, step, "the new status")


@invariant(Level.MUST, on={Role.TRANSITION}, applies=declares_arrows)
def undeclared_transition_is_refused(known: Known, step: Step) -> Observation | None:
    """A transition to which no declared arrow leads MUST be refused.

    A closed case that can be opened again was never closed.
    """
    if _arrow(known, step) is not False or step.outcome is Outcome.LOST:
        return None
    assert step.binding is not None
    return must(step.refused and step.says(step.binding.forbidden), step, "a refusal, since no arrow leads there")


@invariant(Level.MUST, on=(*_LOOKS, Role.TRANSITION), claims={Cause.TRANSITION}, needs={Role.TRANSITION})
def transition_reads_back(known: Known, step: Step) -> Observation | None:
    """The status that an accepted transition wrote MUST read back.

    A session that was ended, and is shown as active, is billed, cleaned up and answered wrongly.
    """
    return known.blames(Cause.TRANSITION, expected="the status that the transition wrote")


@invariant(Level.MUST, on=_LOOKS, claims={Cause.REFUSED_TRANSITION}, needs={Role.TRANSITION})
def refused_transition_changes_nothing(known: Known, step: Step) -> Observation | None:
    """A refused transition MUST leave the session as it was.

    The caller was told that it did not happen.
    """
    return known.blames(Cause.REFUSED_TRANSITION, expected="the session as it was before the refused transition")


@invariant(Level.MUST, on=_LOOKS, claims={Cause.TRANSITION_REST}, needs={Role.TRANSITION})
def transition_leaves_the_rest_alone(known: Known, step: Step) -> Observation | None:
    """A transition MUST change the status, and neither attributes nor history.

    What was said before the end is what people come back for.
    """
    return known.blames(Cause.TRANSITION_REST, expected="everything but the status, as it was")
