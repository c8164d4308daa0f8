"""Ids that are used a second time: while the first session is there, and after it was deleted."""

from __future__ import annotations

from dataclasses import replace

from conformance.calls import Key
from conformance.exchange import Response
from conformance.expressions import Json
from conformance.fakes.faults import fault
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features import both
from conformance.features.attributes import creates_with_attributes, enriches_duplicates
from conformance.features.histories import runs_keep_messages
from conformance.features.names import (
    chooses_ids,
    finds_duplicates,
    keeps_more_than_duplicates_write,
    refuses_duplicates,
)
from conformance.invariants import existence
from conformance.profile import HISTORY, Role
from conformance.step import Owner, Step


@fault(existence.duplicate_create_is_refused, applies=refuses_duplicates)
class AcceptsDuplicates(Server):
    """Creates a second session under an id that is in use, in place of the first."""

    def taken(self, owner: Owner, session_id: str) -> bool:
        return False


@fault(existence.duplicate_create_is_refused, applies=refuses_duplicates)
class AnswersADuplicateWithTheOriginal(Server):
    """Answers a duplicate create with the session that is there, as if it had just been made."""

    def refuse_duplicate(self, step: Step) -> Response:
        session = self.find(step)
        return self.show(step, session) if session is not None else super().refuse_duplicate(step)


@fault(existence.duplicate_create_is_refused, applies=refuses_duplicates)
class GivesADuplicateAnotherId(Server):
    """Creates a session under an id of its own if the chosen one is in use."""

    def refuse_duplicate(self, step: Step) -> Response:
        session = Stored(self.new_id(), step.owner or (), updated=self.clock)
        self.fill(session, step)
        self.keep(session)
        return self.show(step, session)


@fault(existence.duplicate_create_leaves_the_original, applies=refuses_duplicates)
class RefusedDuplicateWipesTheOriginal(Server):
    """Refuses a duplicate create after it has emptied the original session."""

    def refuse_duplicate(self, step: Step) -> Response:
        session = self.find(step)
        if session is not None:
            session.attributes, session.history = {}, []
        return super().refuse_duplicate(step)


@fault(existence.duplicate_create_leaves_the_original, applies=both(refuses_duplicates, creates_with_attributes))
class RefusedDuplicateFillsTheOriginal(Server):
    """Refuses a duplicate create after it has written its attributes into the original session."""

    def refuse_duplicate(self, step: Step) -> Response:
        session = self.find(step)
        if session is not None:
            session.attributes = {name: value for name, value in step.sent.items() if name != HISTORY}
        return super().refuse_duplicate(step)


@fault(existence.duplicate_create_is_refused, applies=finds_duplicates)
class RefusesASecondCreate(Server):
    """Refuses a create of a session that is there, although it was to find that."""

    def meet(self, step: Step, session: Stored) -> Response:
        return self.refuse_invalid(step)


@fault(existence.duplicate_create_leaves_the_original, applies=keeps_more_than_duplicates_write)
class ASecondCreateBeginsAnew(Server):
    """Makes a new session in place of the one that a create was to find."""

    def taken(self, owner: Owner, session_id: str) -> bool:
        return False


@fault(existence.created_session_reads_back, applies=enriches_duplicates)
class ASecondCreateIsLost(Server):
    """Answers a create of a session that is there with what it was given, and keeps nothing of that."""

    def meet(self, step: Step, session: Stored) -> Response:
        return super().meet(step, replace(session, attributes=dict(session.attributes)))


@fault(existence.recreated_session_starts_empty, needs={Role.DELETE}, applies=chooses_ids)
class BringsBackTheDeleted(Server):
    """Marks a session as deleted, and takes the mark away when its id is used again."""

    def reset(self) -> None:
        super().reset()
        self.__buried: dict[Key, Stored] = {}

    def delete(self, step: Step, session: Stored) -> Response:
        self.__buried[self.key(session.owner, session.id)] = session
        return super().delete(step, session)

    def fill(self, session: Stored, step: Step) -> None:
        super().fill(session, step)
        old = self.__buried.get(self.key(session.owner, session.id))
        if old is not None:
            session.history = [*old.history, *session.history]
            for name, value in old.attributes.items():
                given = session.attributes.get(name)
                session.attributes[name] = {**(value or {}), **(given or {})}


@fault(
    existence.recreated_session_starts_empty,
    needs={Role.DELETE, Role.RUN},
    applies=both(chooses_ids, runs_keep_messages),
)
class BringsBackTheHistoryOfTheDeleted(Server):
    """Deletes a session and leaves its history in a table of its own, where the next session of that id finds it."""

    def reset(self) -> None:
        super().reset()
        self.__left: dict[Key, list[Json]] = {}

    def delete(self, step: Step, session: Stored) -> Response:
        self.__left[self.key(session.owner, session.id)] = session.history
        return super().delete(step, session)

    def fill(self, session: Stored, step: Step) -> None:
        super().fill(session, step)
        session.history = [*self.__left.get(self.key(session.owner, session.id), ()), *session.history]
