"""Cleanups that take too much, or too little."""

from __future__ import annotations

from conformance.exchange import Response
from conformance.fakes.faults import fault
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features.statuses import spares_statuses
from conformance.invariants import cleanup
from conformance.profile import Role
from conformance.step import Step


@fault(cleanup.cleanup_removes_what_is_due, needs={Role.CLEANUP})
class CleansUpNothing(Server):
    """Acknowledges a cleanup and removes nothing."""

    def clean_up(self, step: Step) -> Response:
        return self.succeed(step)


@fault(cleanup.cleanup_removes_what_is_due, needs={Role.CLEANUP})
class CleansUpOneAtATime(Server):
    """Removes only the oldest of the sessions that are due."""

    def clean_up(self, step: Step) -> Response:
        for session in [each for each in self.listed(step) if self.is_due(step, each)][:1]:
            del self.sessions[self.key(session.owner, session.id)]
        return self.succeed(step)


@fault(cleanup.cleanup_spares_the_rest, needs={Role.CLEANUP})
class CleansUpWhateverItsAge(Server):
    """Removes sessions without asking how old they are."""

    def is_due(self, step: Step, session: Stored) -> bool:
        step.age = 0.0
        return super().is_due(step, session)


@fault(cleanup.cleanup_spares_the_rest, needs={Role.CLEANUP}, applies=spares_statuses)
class CleansUpWhateverItsStatus(Server):
    """Removes sessions whose status it has to spare."""

    def is_due(self, step: Step, session: Stored) -> bool:
        return self.clock - session.updated > (step.age or 0.0)
