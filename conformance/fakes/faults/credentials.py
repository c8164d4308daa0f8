"""Checks of credentials that are forgotten, or come too late."""

from __future__ import annotations

from conformance.exchange import Response
from conformance.fakes.faults import fault
from conformance.fakes.server import Server
from conformance.features.names import demands_credentials, protects_sessions
from conformance.invariants import credentials
from conformance.step import Step


@fault(credentials.call_without_valid_credentials_is_refused, applies=demands_credentials)
class ReadsWithoutCredentials(Server):
    """Checks credentials at writes, and lets everybody read."""

    def admits(self, step: Step) -> bool:
        return step.reads or super().admits(step)


@fault(credentials.call_without_valid_credentials_is_refused, applies=demands_credentials)
class WritesWithoutCredentials(Server):
    """Checks credentials at reads, and lets everybody write."""

    def admits(self, step: Step) -> bool:
        return not step.reads or super().admits(step)


@fault(credentials.call_without_valid_credentials_changes_nothing, applies=protects_sessions)
class ChecksCredentialsTooLate(Server):
    """Does what it is asked to do, and only then looks at the credentials."""

    def refuse_credentials(self, step: Step) -> Response:
        if step.binding is not None and step.invalid is None:
            self.perform(step, step.binding)
        return super().refuse_credentials(step)
