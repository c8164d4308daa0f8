"""A cleanup removes what is old enough, and nothing else."""

from typing import Final

from conformance.catalogue import Known, Level, Observation, invariant
from conformance.causes import Cause
from conformance.profile import Role
from conformance.step import Step

_LOOKS: Final = (Role.READ, Role.HISTORY)


@invariant(Level.MUST, on=_LOOKS, claims={Cause.CLEANED}, needs={Role.CLEANUP})
def cleanup_removes_what_is_due(known: Known, step: Step) -> Observation | None:
    """A cleanup MUST remove every session that is old enough, and has no status that is spared.

    Data that outlives its term is a liability.
    """
    return known.blames(Cause.CLEANED, expected="a 'missing session' answer, since a cleanup was due to remove it")


@invariant(Level.MUST, on=_LOOKS, claims={Cause.CLEANUP}, needs={Role.CLEANUP})
def cleanup_spares_the_rest(known: Known, step: Step) -> Observation | None:
    """A cleanup MUST leave every session that is too young, or has a status that is spared.

    Nobody asks for a session to be cleaned up while it is in use.
    """
    return known.blames(Cause.CLEANUP, expected="the session, since a cleanup has to spare it")
