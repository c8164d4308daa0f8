"""Calls that did not succeed, and did something all the same."""

from __future__ import annotations

from conformance.exchange import Response
from conformance.fakes.faults import fault
from conformance.fakes.faults.ways import Counts
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features.attributes import keeps_attributes
from conformance.features.histories import runs_show
from conformance.features.values import delete_takes_a_body
from conformance.invariants import refusals
from conformance.profile import HISTORY, Role
from conformance.step import Step


@fault(refusals.failed_call_was_not_applied, needs={Role.RUN}, applies=runs_show)
class FailsAfterTheRunWasStored(Server):
    """Answers every second run with a server error, after it has stored what was said."""

    def reset(self) -> None:
        super().reset()
        self.__runs = 0

    def run(self, step: Step, session: Stored) -> Response:
        response = super().run(step, session)
        self.__runs += 1
        return Response(500) if self.__runs % 2 == 0 else response


@fault(refusals.failed_call_was_not_applied, needs={Role.ENRICH}, applies=keeps_attributes)
class FailsAfterTheEnrichmentWasStored(Counts):
    """Answers every second enrichment with a server error, after it has stored it."""

    def enrich(self, step: Step, session: Stored) -> Response:
        response = super().enrich(step, session)
        return Response(500) if self.count(FailsAfterTheEnrichmentWasStored) % 2 == 0 else response


@fault(refusals.refused_delete_changes_nothing, needs={Role.DELETE}, applies=delete_takes_a_body)
class RefusedDeleteEmptiesTheSession(Server):
    """Empties a session before it checks a delete, and refuses an invalid one too late."""

    def refuse_invalid(self, step: Step) -> Response:
        session = self.find(step)
        if step.role is Role.DELETE and session is not None:
            session.attributes, session.history = {}, []
        return super().refuse_invalid(step)


@fault(refusals.refused_delete_changes_nothing, needs={Role.DELETE}, applies=delete_takes_a_body)
class RefusedDeleteDeletes(Server):
    """Deletes a session before it checks the request, and refuses an invalid one too late."""

    def refuse_invalid(self, step: Step) -> Response:
        session = self.find(step)
        if step.role is Role.DELETE and session is not None:
            self.forget(session)
        return super().refuse_invalid(step)


@fault(refusals.request_that_violates_the_spec_is_refused)
class AcceptsWhatTheSpecForbids(Server):
    """Does not check requests against the spec, as far as it can act on them at all."""

    def refuse_invalid(self, step: Step) -> Response:
        if step.binding is None or (step.binding.role is not Role.CREATE and self.find(step) is None):
            return super().refuse_invalid(step)
        if step.binding.role is Role.CREATE and step.binding.owner and step.owner is None:
            return super().refuse_invalid(step)
        if any(not isinstance(value, dict) for name, value in step.sent.items() if name != HISTORY):
            return super().refuse_invalid(step)
        return self.perform(step, step.binding)
