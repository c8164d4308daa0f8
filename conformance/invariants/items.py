"""An item that a run answered can be named by later calls of its session, until it is released."""

from typing import Final

from conformance.catalogue import Known, Level, Observation, invariant, must
from conformance.features.names import names_items
from conformance.profile import RUNS, Role
from conformance.session import Status
from conformance.step import Outcome, Step

_NAMING: Final = (*RUNS, Role.READ, Role.ENRICH, Role.DELETE)


@invariant(Level.MUST, on=_NAMING, applies=names_items)
def item_that_is_not_there_is_refused(known: Known, step: Step) -> Observation | None:
    """A call that names an item which its session does not hold MUST be refused.

    It never existed, was released, or is another session's: whoever works on it all the same works on something else.
    """
    assert step.binding is not None
    if known.item not in (Status.ABSENT, Status.GONE) or not step.binding.refuses_missing or step.wrong:
        return None
    if step.outcome is Outcome.LOST:
        return None
    right = step.refused and step.says(step.binding.missing | step.binding.foreign)
    kind = f"{step.outcome.value} {step.status}" + (" after release" if known.item is Status.GONE else "")
    return must(right, step, f"a refusal, since the session holds no {step.item!r}", kind)


@invariant(Level.MUST, on=_NAMING, applies=names_items)
def live_item_is_accepted(known: Known, step: Step) -> Observation | None:
    """A call that names a live item, like one that was accepted before, MUST be accepted.

    A reference that was handed out and leads nowhere is lost together with what it stands for.
    """
    if known.item is not Status.LIVE or step.wrong or step.outcome is Outcome.LOST:
        return None
    missing = known.told_missing
    return must(step.accepted, step, "a success, as before") if missing or known.world.accepted.like(step) else None
