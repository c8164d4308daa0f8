"""Without valid credentials nothing is read, and nothing is changed."""

from conformance.catalogue import Known, Level, Observation, invariant, must
from conformance.causes import Cause
from conformance.features.names import demands_credentials
from conformance.profile import ROLES, Role
from conformance.step import Outcome, Step


@invariant(Level.MUST, on=ROLES, source="RFC 9110, section 15.5.2", applies=demands_credentials)
def call_without_valid_credentials_is_refused(known: Known, step: Step) -> Observation | None:
    """A call without credentials, or with wrong ones, MUST be refused as such.

    One operation that was forgotten is enough.
    """
    if not step.unauthorized or step.outcome is Outcome.LOST:
        return None
    right = step.refused and step.says(known.world.profile.credentials.refused)
    return must(right, step, "a 'credentials are missing or wrong' answer")


@invariant(
    Level.MUST, on=(Role.READ, Role.HISTORY, Role.LIST), claims={Cause.UNAUTHORIZED}, applies=demands_credentials
)
def call_without_valid_credentials_changes_nothing(known: Known, step: Step) -> Observation | None:
    """A call that was refused for its credentials MUST leave every session as it was, and make none.

    A check that comes after the write protects nothing but the answer.
    """
    return known.blames(Cause.UNAUTHORIZED, expected="the session as it was before the unauthorized call")
