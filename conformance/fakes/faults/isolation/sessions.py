"""Writes and deletes that reach into other sessions."""

from __future__ import annotations

from conformance.exchange import Response
from conformance.expressions import Json
from conformance.fakes.faults import fault
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features.attributes import creates_with_objects, fills_attributes, keeps_attributes, keeps_objects
from conformance.features.histories import runs_show
from conformance.features.names import takes_any_id, twice_named
from conformance.invariants import isolation
from conformance.profile import Binding, Role
from conformance.step import Step


@fault(isolation.writes_stay_in_their_session, needs={Role.ENRICH}, applies=keeps_attributes)
class EnrichesEverySession(Server):
    """Stores an enrichment in every session."""

    def merge(self, step: Step, session: Stored) -> None:
        for each in self.sessions.values():
            super().merge(step, each)


@fault(isolation.writes_stay_in_their_session, needs={Role.ENRICH}, applies=keeps_attributes)
class EnrichesEverySessionOfTheOwner(Server):
    """Stores an enrichment in every session of the owner."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, session)
        for each in self.of(session.owner):
            if each is not session:
                super().merge(step, each)


@fault(isolation.writes_stay_in_their_session, applies=runs_show)
class RunGoesToEverySessionOfTheOwner(Server):
    """Appends what a run says to every session of the owner."""

    def append(self, session: Stored, items: list[Json]) -> None:
        super().append(session, items)
        for each in self.of(session.owner):
            if each is not session:
                super().append(each, items)


@fault(isolation.writes_stay_in_their_session, applies=runs_show)
class RunTrimsTheOtherSessions(Server):
    """Keeps only the last item in every other session of the owner when one is run."""

    def append(self, session: Stored, items: list[Json]) -> None:
        super().append(session, items)
        for each in self.of(session.owner):
            if each is not session:
                each.history = each.history[-1:]


@fault(isolation.writes_stay_in_their_session, applies=creates_with_objects)
class NewSessionsShareTheirAttributes(Server):
    """Stores what one session is given in the defaults of all that come after it."""

    def reset(self) -> None:
        super().reset()
        self.__defaults: dict[str, Json] = {}

    def fill(self, session: Stored, step: Step) -> None:
        super().fill(session, step)
        for name in self.profile.session.attributes.keys() - self.profile.singles:
            given = session.attributes.get(name) or {}
            self.__defaults[name] = session.attributes[name] = {**self.__defaults.get(name, {}), **given}


@fault(isolation.writes_stay_in_their_session, needs={Role.ENRICH}, applies=keeps_objects)
class EmptySessionsShareTheirAttributes(Server):
    """Keeps one object for the attributes of all sessions that were created without any."""

    def reset(self) -> None:
        super().reset()
        self.__empty: list[Stored] = []

    def fill(self, session: Stored, step: Step) -> None:
        super().fill(session, step)
        if not any(each for name, each in session.attributes.items() if name not in self.profile.singles):
            self.__empty.append(session)

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, session)
        if any(each is session for each in self.__empty):
            for each in self.__empty:
                each.attributes = session.attributes


@fault(isolation.writes_stay_in_their_session, applies=fills_attributes)
class CreateEmptiesTheSessionBefore(Server):
    """Empties the attributes of the session that was created before when another is created."""

    def keep(self, session: Stored) -> None:
        for each in self.of(session.owner)[-1:]:
            each.attributes = {}
        super().keep(session)


@fault(isolation.deleting_one_session_leaves_the_rest, needs={Role.DELETE})
class DeletesAllOfTheOwner(Server):
    """Deletes every session of the owner."""

    def delete(self, step: Step, session: Stored) -> Response:
        for each in self.of(session.owner):
            self.forget(each)
        return self.succeed(step)


@fault(isolation.deleting_one_session_leaves_the_rest, needs={Role.DELETE})
class DeletesTheOldestSession(Server):
    """Deletes the oldest session of the owner, whichever it was asked to."""

    def forget(self, session: Stored) -> None:
        super().forget(next(iter(self.of(session.owner)), session))


@fault(isolation.deleting_one_session_leaves_the_rest, needs={Role.DELETE}, applies=takes_any_id)
class DeletesByTheBeginningOfTheId(Server):
    """Deletes every session of the owner whose id begins with what it was asked for."""

    def perform(self, step: Step, binding: Binding) -> Response:
        named = [each for each in self.among(step) if each.id.startswith(step.session or "-")]
        if step.role is not Role.DELETE or not named:
            return super().perform(step, binding)
        for each in named:
            self.forget(each)
        return self.succeed(step)


@fault(isolation.deleting_one_session_leaves_the_rest, needs={Role.DELETE}, applies=runs_show)
class DeleteClearsEveryHistory(Server):
    """Deletes the items of all sessions of the owner together with one session."""

    def forget(self, session: Stored) -> None:
        super().forget(session)
        for each in self.of(session.owner):
            each.history = []


@fault(isolation.call_that_names_two_sessions_is_refused, variants=twice_named)
class DecidesTheSessionTwice(Server):
    """Takes a call that names two sessions, and works on the one that stands first."""

    def refuse_invalid(self, step: Step) -> Response:
        mine = step.operation is not None and step.operation.id == self.variant
        if mine and step.invalid is None and step.binding is not None:
            return self.perform(step, step.binding)
        return super().refuse_invalid(step)
