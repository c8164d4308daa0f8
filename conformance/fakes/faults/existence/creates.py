"""Creates that are refused, not kept, or kept otherwise than they were asked for."""

from __future__ import annotations

import dataclasses
import json
import re
from urllib.parse import unquote

from conformance import records
from conformance.exchange import Response
from conformance.expressions import Json, remove
from conformance.fakes.faults import fault
from conformance.fakes.faults.ways import Late
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features import both
from conformance.features.attributes import create_shows_attributes, creates_with_attributes
from conformance.features.names import chooses_ids, makes_ids, refuses_missing_reads, takes_awkward_ids
from conformance.invariants import existence
from conformance.json_text import encoded
from conformance.profile import Returns, Role
from conformance.step import Owner, Step


@fault(existence.later_create_is_as_good_as_the_first, needs={Role.CREATE})
class RefusesTheThirdCreate(Server):
    """Creates two sessions and refuses the next, although nothing is wrong with it."""

    def create(self, step: Step) -> Response:
        return self.refuse_invalid(step) if len(self.sessions) >= 2 else super().create(step)


@fault(existence.later_create_is_as_good_as_the_first, needs={Role.DELETE})
class RefusesCreatesAfterADelete(Server):
    """Refuses every create of an owner who has deleted a session."""

    def reset(self) -> None:
        super().reset()
        self.__owners: set[Owner] = set()

    def delete(self, step: Step, session: Stored) -> Response:
        self.__owners.add(session.owner)
        return super().delete(step, session)

    def create(self, step: Step) -> Response:
        return self.refuse_invalid(step) if (step.owner or ()) in self.__owners else super().create(step)


@fault(existence.created_session_is_named, applies=makes_ids)
class TellsNobodyTheId(Server):
    """Makes up an id for a new session, and leaves it out of the answer."""

    def create(self, step: Step) -> Response:
        response, binding = super().create(step), step.binding
        if binding is None or step.session is not None or response.status >= 300:
            return response
        if binding.located is not None:
            kept = tuple(each for each in response.headers if each[0] != binding.located.name)
            return records.replace(response, headers=kept)
        within = self.profile.session.id if binding.returns is Returns.SESSION else ()
        body = remove(json.loads(response.body), (*binding.at, *(within or ())))
        return records.replace(response, body=encoded(body))


@fault(existence.created_id_is_new, applies=makes_ids)
class HandsOutOneIdTwice(Server):
    """Gives a new session the id that the session before it got."""

    def choose_id(self, step: Step) -> str:
        if step.session is None and self.sessions:
            return next(reversed(self.sessions.values())).id
        return super().choose_id(step)


@fault(existence.created_id_is_new, needs={Role.DELETE}, applies=makes_ids)
class GivesIdsOfDeletedSessionsAgain(Server):
    """Gives a new session the id of one that was deleted, as a database without a sequence does."""

    def reset(self) -> None:
        super().reset()
        self.__free: list[tuple[Owner, str]] = []

    def delete(self, step: Step, session: Stored) -> Response:
        self.__free.append((session.owner, session.id))
        return super().delete(step, session)

    def choose_id(self, step: Step) -> str:
        free = [name for owner, name in self.__free if owner == (step.owner or ())]
        return free[-1] if free and step.session is None else super().choose_id(step)


@fault(existence.created_id_is_new, needs={Role.DELETE}, applies=makes_ids)
class NumbersSessionsByTheirCount(Server):
    """Gives a new session the number of sessions as its id, which is in use once another one was deleted."""

    def choose_id(self, step: Step) -> str:
        if step.session is None:
            return self.numbered("session", len(self.sessions) + 1)
        return super().choose_id(step)


@fault(existence.chosen_id_is_honoured, applies=chooses_ids)
class IgnoresTheChosenId(Server):
    """Makes up an id although the caller chose one."""

    def choose_id(self, step: Step) -> str:
        return self.new_id()


@fault(existence.chosen_id_is_honoured, applies=chooses_ids)
class LowersTheChosenId(Server):
    """Stores a session under its id in lower case, and finds it by that alone."""

    def choose_id(self, step: Step) -> str:
        return super().choose_id(step).lower()


@fault(existence.chosen_id_is_honoured, applies=takes_awkward_ids)
class StripsTheChosenId(Server):
    """Takes the blanks off a chosen id."""

    def choose_id(self, step: Step) -> str:
        return super().choose_id(step).strip()


@fault(existence.chosen_id_is_honoured, applies=chooses_ids)
class CutsTheChosenId(Server):
    """Keeps the first 64 characters of a chosen id."""

    def choose_id(self, step: Step) -> str:
        return super().choose_id(step)[:64]


@fault(existence.created_session_is_readable, needs={Role.CREATE}, applies=refuses_missing_reads)
class NeverCommitsACreate(Server):
    """Acknowledges a create and stores nothing."""

    def keep(self, session: Stored) -> None:
        return


@fault(existence.created_session_is_readable, applies=refuses_missing_reads)
class CommitsACreateOneCallLate(Late):
    """Stores a new session only after the next call was answered."""

    def keep(self, session: Stored) -> None:
        keep = super().keep
        self.later(lambda: keep(session))


@fault(existence.created_session_reads_back, applies=creates_with_attributes)
class EchoesAndForgetsAttributes(Server):
    """Echoes the attributes of a create and never stores them."""

    def create(self, step: Step) -> Response:
        response = super().create(step)
        for session in self.sessions.values():
            if session.updated == self.clock:
                session.attributes = {}
        return response


@fault(existence.created_session_reads_back, applies=both(chooses_ids, creates_with_attributes))
class ForgetsAttributesUnderAChosenId(Server):
    """Creates a session under a chosen id without its attributes."""

    def fill(self, session: Stored, step: Step) -> None:
        super().fill(session, step)
        if step.session is not None:
            session.attributes = {}


@fault(existence.answer_of_a_write_equals_the_next_read, applies=create_shows_attributes)
class AnswersMoreThanItStores(Server):
    """Shows a default attribute in the answer of a create, and never stores it."""

    def create(self, step: Step) -> Response:
        before = set(self.sessions)
        response = super().create(step)
        for key in set(self.sessions) - before:
            session = self.sessions[key]
            shown = {name: {**value, "plan": "free"} for name, value in self._groups(session).items()}
            response = self.show(step, dataclasses.replace(session, attributes=shown))
        return response

    def _groups(self, session: Stored) -> dict[str, Json]:
        found = {name: session.attributes.get(name, {}) for name in self.profile.session.attributes}
        return {name: value for name, value in found.items() if isinstance(value, dict)}


@fault(existence.refused_create_creates_nothing, applies=both(chooses_ids, refuses_missing_reads))
class RefusedCreateLeavesASession(Server):
    """Stores a session before it checks the request, and refuses an invalid one too late."""

    def refuse_invalid(self, step: Step) -> Response:
        named = step.binding is not None and (step.owner is not None or not step.binding.owner)
        if step.role is Role.CREATE and step.session is not None and named:
            self.keep(Stored(step.session, step.owner or ()))
        return super().refuse_invalid(step)


@fault(existence.accepted_id_is_reachable, applies=chooses_ids)
class CannotFindAwkwardIds(Server):
    """Accepts any id, and finds only those of letters, digits and dashes."""

    def find(self, step: Step) -> Stored | None:
        plain = re.fullmatch(r"[A-Za-z0-9_-]*", step.session or "")
        return super().find(step) if plain else None


@fault(existence.accepted_id_is_reachable, applies=chooses_ids)
class DecodesIdsTwice(Server):
    """Decodes percent signs in an id a second time when it looks for a session."""

    def find(self, step: Step) -> Stored | None:
        if step.session is None or step.role is Role.CREATE:
            return super().find(step)
        return self.sessions.get(self.key(step.owner or (), unquote(step.session)))
