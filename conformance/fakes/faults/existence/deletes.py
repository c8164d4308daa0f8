"""Deletes that do not delete, or are not allowed to."""

from __future__ import annotations

from conformance.calls import Key
from conformance.exchange import Response
from conformance.fakes.faults import fault
from conformance.fakes.faults.ways import Late, Remembers
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features.names import refuses_missing_reads
from conformance.features.statuses import deletes_by_status
from conformance.invariants import existence, refusals
from conformance.profile import Role
from conformance.step import Step


@fault(existence.deleted_session_stays_gone, needs={Role.DELETE})
class ForgetsToDelete(Server):
    """Acknowledges a delete and keeps serving the session."""

    def delete(self, step: Step, session: Stored) -> Response:
        return self.succeed(step)


@fault(existence.deleted_session_stays_gone, needs={Role.DELETE})
class ServesDeletedSessions(Server):
    """Takes a deleted session out of the list, and goes on serving it to those who know its id."""

    def reset(self) -> None:
        super().reset()
        self.__deleted: set[str] = set()

    def delete(self, step: Step, session: Stored) -> Response:
        self.__deleted.add(session.id)
        return self.succeed(step)

    def listed(self, step: Step) -> list[Stored]:
        return [each for each in super().listed(step) if each.id not in self.__deleted]


@fault(existence.deleted_session_stays_gone, needs={Role.DELETE})
class DeletesOneCallLate(Late):
    """Deletes a session only after the next call was answered."""

    def forget(self, session: Stored) -> None:
        forget = super().forget
        self.later(lambda: forget(session))


@fault(existence.deleted_session_stays_gone, needs={Role.DELETE, Role.ENRICH}, applies=refuses_missing_reads)
class LateWriteBringsBackTheDeleted(Late):
    """Writes an enrichment to its store only after the next call, even if that deleted the session."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, session)
        self.later(lambda: self.keep(session))


@fault(existence.deleted_session_stays_gone, needs={Role.DELETE}, applies=refuses_missing_reads)
class DeleteOnlyEmptiesTheSession(Server):
    """Empties a session that is to be deleted, and keeps it."""

    def forget(self, session: Stored) -> None:
        session.attributes, session.history = {}, []


@fault(existence.deleted_session_stays_gone, needs={Role.DELETE})
class ServesDeletedSessionsFromItsCache(Server):
    """Goes on serving a deleted session that it had served before."""

    def reset(self) -> None:
        super().reset()
        self.__cache: dict[Key, Stored] = {}

    def read(self, step: Step, session: Stored) -> Response:
        self.__cache[self.key(session.owner, session.id)] = session
        return super().read(step, session)

    def refuse_missing(self, step: Step) -> Response:
        cached = self.__cache.get(self.key(step.owner or (), step.session or ""))
        return self.show(step, cached) if cached is not None and step.reads else super().refuse_missing(step)


@fault(existence.live_session_can_be_deleted, needs={Role.DELETE})
class RefusesToDelete(Server):
    """Answers every delete as if the session were locked."""

    def delete(self, step: Step, session: Stored) -> Response:
        return self.refuse_invalid(step)


@fault(existence.live_session_can_be_deleted, needs={Role.DELETE, Role.RUN})
class RefusesToDeleteWhatHasAHistory(Server):
    """Refuses to delete a session with a history, as items still refer to it."""

    def delete(self, step: Step, session: Stored) -> Response:
        return self.refuse_invalid(step) if session.history else super().delete(step, session)


@fault(existence.delete_in_a_spared_status_is_refused, applies=deletes_by_status)
class DeletesInEveryStatus(Server):
    """Deletes a session whatever its status is."""

    def spared(self, step: Step, session: Stored) -> bool:
        return step.role is not Role.DELETE and super().spared(step, session)


@fault(refusals.refused_delete_changes_nothing, applies=deletes_by_status)
class RefusesToDeleteTooLate(Server):
    """Deletes a session before it looks at its status, and refuses then."""

    def refuse_spared(self, step: Step, session: Stored) -> Response:
        self.forget(session)
        return super().refuse_spared(step, session)


@fault(existence.delete_of_a_missing_session_answers_as_declared, needs={Role.DELETE})
class AnswersADeleteOfNothingOtherwise(Server):
    """Answers a delete of a missing session as a success where it should refuse, and the other way round."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role is not Role.DELETE or step.binding is None:
            return super().refuse_missing(step)
        return self.succeed(step) if step.binding.refuses_missing else Response(404)


@fault(existence.delete_of_a_missing_session_answers_as_declared, needs={Role.DELETE})
class AnswersASecondDeleteOtherwise(Remembers):
    """Answers a second delete of a session otherwise than that of one which never existed."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role is not Role.DELETE or step.binding is None or self.grave(step) is None:
            return super().refuse_missing(step)
        return self.succeed(step) if step.binding.refuses_missing else Response(404)
