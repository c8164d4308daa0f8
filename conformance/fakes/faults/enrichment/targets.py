"""Enrichments that are accepted or refused where they should not be, are lost, or land elsewhere."""

from __future__ import annotations

import dataclasses

from conformance.calls import Key
from conformance.exchange import Response
from conformance.expressions import Json
from conformance.fakes.faults import fault
from conformance.fakes.faults.ways import Late, Remembers
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features.attributes import enrichment_shows_attributes, keeps_attributes, keeps_objects
from conformance.features.histories import sessions_begin_silent
from conformance.invariants import enrichment
from conformance.profile import Role
from conformance.step import Step


@fault(enrichment.enrichment_requires_existing_session, needs={Role.ENRICH})
class EnrichesNothing(Server):
    """Acknowledges the enrichment of a session that does not exist, and drops it."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role is Role.ENRICH and step.session is not None:
            return self.show(step, Stored(step.session, step.owner or ()))
        return super().refuse_missing(step)


@fault(enrichment.enrichment_requires_existing_session, needs={Role.ENRICH})
class EnrichmentCreatesTheSession(Server):
    """Creates a session when one is enriched that is not there."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role is Role.ENRICH and step.session is not None:
            session = Stored(step.session, step.owner or (), updated=self.clock)
            self.keep(session)
            return self.enrich(step, session)
        return super().refuse_missing(step)


@fault(enrichment.enrichment_requires_existing_session, needs={Role.ENRICH, Role.DELETE})
class EnrichesDeletedSessions(Remembers):
    """Acknowledges the enrichment of a session that was deleted."""

    def refuse_missing(self, step: Step) -> Response:
        gone = self.grave(step)
        if step.role is Role.ENRICH and gone is not None:
            return self.enrich(step, gone)
        return super().refuse_missing(step)


@fault(enrichment.live_session_accepts_enrichment, needs={Role.ENRICH})
class RefusesTheSecondEnrichment(Remembers):
    """Refuses every enrichment but the first of a session."""

    def enrich(self, step: Step, session: Stored) -> Response:
        return self.refuse_invalid(step) if self.was_enriched(session) else super().enrich(step, session)


@fault(enrichment.live_session_accepts_enrichment, needs={Role.ENRICH, Role.RUN}, applies=sessions_begin_silent)
class RefusesEnrichmentsAfterARun(Server):
    """Refuses the enrichment of a session that was run, as its version is another one now."""

    def enrich(self, step: Step, session: Stored) -> Response:
        return self.refuse_invalid(step) if session.history else super().enrich(step, session)


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=keeps_attributes)
class LosesEnrichments(Server):
    """Acknowledges an enrichment, echoes it, and stores nothing."""

    def enrich(self, step: Step, session: Stored) -> Response:
        copy = dataclasses.replace(session, attributes=dict(session.attributes))
        self.merge(step, copy)
        return self.show(step, copy)


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=keeps_attributes)
class EnrichmentLandsOneCallLate(Late):
    """Stores an enrichment only after the next call was answered."""

    def merge(self, step: Step, session: Stored) -> None:
        merge = super().merge
        self.later(lambda: merge(step, session))


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=keeps_attributes)
class LosesTheSecondEnrichment(Remembers):
    """Stores the first enrichment of a session, and none after it."""

    def merge(self, step: Step, session: Stored) -> None:
        if not self.was_enriched(session):
            super().merge(step, session)


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=keeps_attributes)
class EnrichesTheLastSession(Server):
    """Stores every enrichment in the session that was created last."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, next(reversed(self.sessions.values())))


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=keeps_attributes)
class EnrichesTheFirstSessionOfTheOwner(Server):
    """Stores every enrichment in the first session of the owner."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, self.of(session.owner)[0])


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=enrichment_shows_attributes)
class AnswersAnEnrichmentWithTheStateBefore(Server):
    """Answers an enrichment with the session as it was before."""

    def enrich(self, step: Step, session: Stored) -> Response:
        response = self.show(step, session)
        super().enrich(step, session)
        return response


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH, Role.READ}, applies=keeps_attributes)
class ReadsFromItsCache(Server):
    """Shows a session three times as it was when it was first read."""

    def reset(self) -> None:
        super().reset()
        self.__cache: dict[Key, tuple[int, dict[str, Json]]] = {}

    def read(self, step: Step, session: Stored) -> Response:
        key = self.key(session.owner, session.id)
        left, cached = self.__cache.get(key, (3, dict(session.attributes)))
        if left == 0:
            left, cached = 3, dict(session.attributes)
        self.__cache[key] = (left - 1, cached)
        return super().read(step, dataclasses.replace(session, attributes=cached))


@fault(enrichment.refused_enrichment_changes_nothing, needs={Role.ENRICH})
class RefusedEnrichmentCreatesTheSession(Server):
    """Refuses the enrichment of a missing session, and creates the session all the same."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role is Role.ENRICH and step.session is not None:
            self.keep(Stored(step.session, step.owner or ()))
        return super().refuse_missing(step)


@fault(enrichment.refused_enrichment_changes_nothing, needs={Role.ENRICH}, applies=keeps_objects)
class RefusedEnrichmentIsKept(Server):
    """Stores an enrichment before it checks the request, and refuses an invalid one too late."""

    def refuse_invalid(self, step: Step) -> Response:
        session = self.find(step)
        if step.role is Role.ENRICH and session is not None:
            for name in self.profile.session.attributes.keys() - self.profile.singles:
                session.attributes[name] = {**(session.attributes.get(name) or {}), "kept": "although refused"}
        return super().refuse_invalid(step)


@fault(enrichment.live_session_accepts_enrichment, needs={Role.ENRICH})
class HasNoEndpointForEnrichment(Server):
    """Answers every enrichment as if there were no such operation."""

    def enrich(self, step: Step, session: Stored) -> Response:
        return self.refuse_missing(step)
