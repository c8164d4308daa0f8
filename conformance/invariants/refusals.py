"""A call that did not succeed did nothing."""

from conformance.catalogue import HELD, Known, Level, Observation, invariant
from conformance.causes import Cause
from conformance.features.values import deletes_are_refused
from conformance.profile import WRITES, Role
from conformance.step import Step


@invariant(Level.SHOULD, on=(Role.READ, Role.HISTORY), claims={Cause.FAILED})
def failed_call_was_not_applied(known: Known, step: Step) -> Observation | None:
    """A write that was answered with a server error SHOULD NOT be applied.

    The caller cannot know, tries again, and does twice what it wanted once.
    """
    return known.blames(Cause.FAILED, expected="the session as it was before the failed call")


@invariant(
    Level.MUST,
    on=(Role.READ, Role.HISTORY),
    claims={Cause.REFUSED_DELETE},
    needs={Role.DELETE},
    applies=deletes_are_refused,
)
def refused_delete_changes_nothing(known: Known, step: Step) -> Observation | None:
    """A refused delete MUST leave the session as it was.

    The caller was told that the session is still there.
    """
    return known.blames(Cause.REFUSED_DELETE, expected="the session as it was before the refused delete")


@invariant(Level.MUST, on=WRITES)
def request_that_violates_the_spec_is_refused(known: Known, step: Step) -> Observation | None:
    """A request that violates the spec MUST be refused with a 4xx.

    What is accepted against the schema is stored against the schema, and breaks whoever reads it.
    """
    if not step.invalid or step.unauthorized or not (step.accepted or step.refused):
        return None
    if step.refused:
        return HELD
    return Observation(False, f"a 4xx: {step.invalid} violates the spec", step.got, f"accepted {step.invalid}")
