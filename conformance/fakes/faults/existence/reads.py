"""Reads that find what is not there, lose what is there, show something else, or change it."""

from __future__ import annotations

import dataclasses

from conformance.exchange import Request, Response
from conformance.fakes.faults import fault
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features import both
from conformance.features.answers import reads_owners, reads_sessions
from conformance.features.attributes import fills_attributes, keeps_attributes
from conformance.features.histories import runs_show
from conformance.features.names import chooses_ids, names_owners, refuses_missing_reads, takes_any_id
from conformance.invariants import existence, listing
from conformance.profile import Role
from conformance.step import Step


@fault(existence.missing_session_is_refused, applies=refuses_missing_reads)
class ServesAnEmptySessionForAnyId(Server):
    """Answers a read of an unknown id with an empty session."""

    def refuse_missing(self, step: Step) -> Response:
        if step.reads and step.session is not None:
            return self.show(step, Stored(step.session, step.owner or ()))
        return super().refuse_missing(step)


@fault(existence.missing_session_is_refused, applies=refuses_missing_reads)
class CreatesWhateverIsRead(Server):
    """Creates a session when one is read that is not there."""

    def refuse_missing(self, step: Step) -> Response:
        if step.reads and step.session is not None:
            session = Stored(step.session, step.owner or (), updated=self.clock)
            self.keep(session)
            return self.show(step, session)
        return super().refuse_missing(step)


@fault(existence.missing_session_is_refused, applies=takes_any_id)
class FindsSessionsByTheBeginningOfTheirId(Server):
    """Takes the first session of the owner whose id begins with what was asked for."""

    def find(self, step: Step) -> Stored | None:
        own = super().find(step)
        if own is not None or step.session is None:
            return own
        return next((each for each in self.among(step) if each.id.startswith(step.session)), None)


@fault(existence.missing_session_is_refused, applies=chooses_ids)
class FindsSessionsInAnyCase(Server):
    """Takes upper and lower case in an id for the same."""

    def find(self, step: Step) -> Stored | None:
        own = super().find(step)
        wanted = (step.session or "").lower()
        return own or next((each for each in self.among(step) if each.id.lower() == wanted), None)


@fault(existence.live_session_stays, listing.list_holds_every_live_session, applies=refuses_missing_reads)
class EvictsASessionOnItsThirdRead(Server):
    """Loses a session when it is read for the third time."""

    def reset(self) -> None:
        super().reset()
        self.__reads: dict[str, int] = {}

    def read(self, step: Step, session: Stored) -> Response:
        count = self.__reads[session.id] = self.__reads.get(session.id, 0) + 1
        if count >= 3:
            self.sessions.pop(self.key(session.owner, session.id), None)
        return super().read(step, session)


@fault(
    existence.live_session_stays,
    listing.list_holds_every_live_session,
    existence.created_session_is_readable,
    applies=refuses_missing_reads,
)
class KeepsThreeSessionsOfAnOwner(Server):
    """Drops the oldest session of an owner when a fourth one is created."""

    def keep(self, session: Stored) -> None:
        super().keep(session)
        for each in self.of(session.owner)[:-3]:
            self.forget(each)


@fault(existence.live_session_stays, listing.list_holds_every_live_session, applies=refuses_missing_reads)
class DropsSessionsThatWereLeftAlone(Server):
    """Drops a session to which nothing was written during twenty calls."""

    def answer(self, request: Request) -> Response:
        for each in list(self.sessions.values()):
            if self.clock - each.updated > 0.020:
                self.forget(each)
        return super().answer(request)


@fault(existence.reading_changes_nothing, applies=keeps_attributes)
class CountsReadsInTheAttributes(Server):
    """Writes the number of reads into the attributes, after each answer."""

    def read(self, step: Step, session: Stored) -> Response:
        response = super().read(step, session)
        for name in self.profile.session.attributes:
            value = session.attributes.get(name) or {}
            if isinstance(value, dict):
                session.attributes[name] = {**value, "reads": value.get("reads", 0) + 1}
        return response


@fault(existence.reading_changes_nothing, needs={Role.LIST}, applies=runs_show)
class ListEmptiesTheHistories(Server):
    """Loads sessions without their histories for a list, and saves them so."""

    def listed(self, step: Step) -> list[Stored]:
        found = super().listed(step)
        for each in found:
            each.history = []
        return found


@fault(existence.reading_changes_nothing, applies=fills_attributes)
class ReadTakesTheAttributesOut(Server):
    """Shows the attributes of a session to the first who reads them, and to nobody after."""

    def read(self, step: Step, session: Stored) -> Response:
        response = super().read(step, session)
        if step.role is Role.READ:
            session.attributes = {}
        return response


@fault(existence.answer_names_the_session_asked_for, applies=reads_sessions)
class AnswersWithTheFirstSession(Server):
    """Answers every read with the first session of the owner."""

    def read(self, step: Step, session: Stored) -> Response:
        first = self.of(session.owner)[0]
        return super().read(step, first)


@fault(existence.answer_names_the_session_asked_for, applies=both(names_owners, reads_owners))
class ShowsTheOwnerOfTheFirstSession(Server):
    """Shows every session as one of the owner who created the first."""

    def show(self, step: Step, session: Stored) -> Response:
        first = next(iter(self.sessions.values()), session)
        return super().show(step, dataclasses.replace(session, owner=first.owner))
