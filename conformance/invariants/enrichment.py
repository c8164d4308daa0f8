"""What is attached to a session stays attached to it, and to nothing else."""

from typing import Final

from conformance.catalogue import Known, Level, Observation, invariant, must
from conformance.causes import Cause
from conformance.features.attributes import (
    enriches_what_is_shown,
    keeps_attributes,
    keeps_nothing_of_some,
    keeps_what_is_not_named,
)
from conformance.features.histories import keeps_history
from conformance.features.names import enrichments_need_sessions
from conformance.profile import RUNS, Role
from conformance.session import Status
from conformance.step import Outcome, Step

_LOOKS: Final = (Role.READ, Role.HISTORY)
_SHOWS: Final = (Role.READ, Role.LIST, Role.ENRICH, *RUNS)


@invariant(Level.MUST, on={Role.ENRICH}, applies=enrichments_need_sessions)
def enrichment_requires_existing_session(known: Known, step: Step) -> Observation | None:
    """An enrichment of a session that does not exist MUST be refused.

    Otherwise it is lost, or creates a session that nobody owns.
    """
    assert step.binding is not None
    if not known.absent or known.foreign or step.binding.creates or step.outcome is Outcome.LOST:
        return None
    right = step.refused and (step.says_missing or step.wrong)
    deleted = " after delete" if known.status is Status.GONE else ""
    return must(right, step, "a 'missing session' answer", f"{step.outcome.value} {step.status}{deleted}")


@invariant(Level.MUST, on={Role.ENRICH})
def live_session_accepts_enrichment(known: Known, step: Step) -> Observation | None:
    """An enrichment like one that was accepted before MUST be accepted by any live session.

    Enrichment that works once and not again is noticed only when the metadata is needed.
    """
    missing = known.told_missing
    if not known.takes_runs or step.wrong or not (missing or known.world.accepted.like(step)):
        return None
    return None if step.outcome is Outcome.LOST else must(step.accepted, step, "a success, as before")


@invariant(Level.MUST, on=_SHOWS, claims={Cause.ENRICH}, applies=enriches_what_is_shown)
def enrichment_reads_back(known: Known, step: Step) -> Observation | None:
    """What an accepted enrichment wrote MUST read back from the session that it named.

    Metadata that is acknowledged and lost, or lands elsewhere, is the bug that mocks never see.
    """
    return known.blames(Cause.ENRICH, expected="what the enrichment wrote")


@invariant(Level.MUST, on=_SHOWS, claims={Cause.REPEATED}, needs={Role.ENRICH}, applies=keeps_attributes)
def repeating_an_enrichment_changes_nothing(known: Known, step: Step) -> Observation | None:
    """An enrichment that writes what is there already MUST change nothing.

    Callers repeat what they could not see succeed; lists that grow and counters that count are the thanks.
    """
    return known.blames(Cause.REPEATED, expected="the attributes as they were before they were written again")


@invariant(Level.MUST, on=_SHOWS, claims={Cause.ENRICH_REST}, needs={Role.ENRICH}, applies=keeps_what_is_not_named)
def enrichment_keeps_other_keys(known: Known, step: Step) -> Observation | None:
    """An enrichment MUST keep the keys and the groups that it did not name, and add no others.

    A partial update that replaces the whole destroys what other callers attached.
    """
    return known.blames(Cause.ENRICH_REST, expected="every key that the enrichment did not name, as it was")


@invariant(Level.MUST, on=_LOOKS, claims={Cause.ENRICH_HISTORY}, needs={Role.ENRICH}, applies=keeps_history)
def enrichment_leaves_history_alone(known: Known, step: Step) -> Observation | None:
    """An enrichment MUST leave the history as it was, but for items that the profile lets it add.

    Metadata is not a message: the agent must not see it as one, nor lose one to it.
    """
    return known.blames(Cause.ENRICH_HISTORY, expected="the history as it was before the enrichment")


@invariant(Level.MUST, on=(*_LOOKS, Role.LIST), claims={Cause.REFUSED_ENRICH}, needs={Role.ENRICH})
def refused_enrichment_changes_nothing(known: Known, step: Step) -> Observation | None:
    """A refused enrichment MUST change nothing, and create nothing.

    The caller was told that it did not happen.
    """
    return known.blames(Cause.REFUSED_ENRICH, expected="the session as it was before the refused enrichment")


@invariant(Level.MUST, on=(Role.READ, Role.LIST), claims={Cause.UNSTORED}, applies=keeps_nothing_of_some)
def unstored_attributes_are_not_kept(known: Known, step: Step) -> Observation | None:
    """Attributes that the API declares to be passing MUST NOT be shown by a later read.

    What was said to last no longer than a call is where secrets are put.
    """
    return known.blames(Cause.UNSTORED, expected="nothing under a name that is not kept")
