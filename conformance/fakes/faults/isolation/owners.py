"""Calls that reach into another owner's sessions."""

from __future__ import annotations

import json

from conformance.exchange import Response
from conformance.expressions import Json
from conformance.fakes.faults import fault
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features import both
from conformance.features.attributes import keeps_attributes
from conformance.features.histories import runs_show
from conformance.features.names import names_owners, owners_choose_ids
from conformance.features.values import keeps_awkward, owners_take_values
from conformance.invariants import isolation
from conformance.profile import Binding, Role
from conformance.step import Owner, Step
from conformance.values import Awkward


@fault(isolation.other_owners_are_refused, applies=names_owners)
class FindsSessionsOfOtherOwners(Server):
    """Looks only at the id when it looks for a session."""

    def find(self, step: Step) -> Stored | None:
        own = super().find(step)
        return own or next((each for each in self.sessions.values() if each.id == step.session), None)


class _OpenDoor(Server):
    """Looks only at the id when it looks for a session to do some things with it."""

    def opens(self, step: Step) -> bool:
        """Whether anybody may do what is asked."""
        return False

    def find(self, step: Step) -> Stored | None:
        own = super().find(step)
        if own is not None or not self.opens(step):
            return own
        return next((each for each in self.sessions.values() if each.id == step.session), None)


@fault(isolation.other_owners_are_refused, needs={Role.READ}, applies=names_owners)
class OthersMayRead(_OpenDoor):
    """Looks only at the id when a session is read."""

    def opens(self, step: Step) -> bool:
        return super().opens(step) or step.role is Role.READ


@fault(
    isolation.other_owners_are_refused, isolation.other_owners_change_nothing, needs={Role.RUN}, applies=names_owners
)
class OthersMayRun(_OpenDoor):
    """Looks only at the id when a session is run."""

    def opens(self, step: Step) -> bool:
        return super().opens(step) or step.role is Role.RUN


@fault(
    isolation.other_owners_are_refused, isolation.other_owners_change_nothing, needs={Role.STREAM}, applies=names_owners
)
class OthersMayStream(_OpenDoor):
    """Looks only at the id when a session is run as a stream."""

    def opens(self, step: Step) -> bool:
        return super().opens(step) or step.role is Role.STREAM


@fault(isolation.other_owners_are_refused, needs={Role.ENRICH}, applies=names_owners)
class OthersMayEnrich(_OpenDoor):
    """Looks only at the id when a session is enriched."""

    def opens(self, step: Step) -> bool:
        return super().opens(step) or step.role is Role.ENRICH


@fault(
    isolation.other_owners_are_refused, isolation.other_owners_change_nothing, needs={Role.DELETE}, applies=names_owners
)
class OthersMayDelete(_OpenDoor):
    """Looks only at the id when a session is deleted."""

    def opens(self, step: Step) -> bool:
        return super().opens(step) or step.role is Role.DELETE


@fault(isolation.other_owners_change_nothing, needs={Role.DELETE}, applies=names_owners)
class DeletesUnderEveryOwner(Server):
    """Deletes a session under every owner that has the id."""

    def perform(self, step: Step, binding: Binding) -> Response:
        response = super().perform(step, binding)
        if step.role is Role.DELETE:
            for key in [key for key in self.sessions if key[1] == step.session]:
                del self.sessions[key]
        return response


@fault(
    isolation.writes_stay_in_their_session,
    isolation.other_owners_change_nothing,
    needs={Role.ENRICH},
    applies=both(owners_choose_ids, keeps_attributes),
)
class EnrichesUnderEveryOwner(Server):
    """Stores an enrichment in the sessions of that id of all owners."""

    def merge(self, step: Step, session: Stored) -> None:
        for each in list(self.sessions.values()):
            if each.id == session.id:
                super().merge(step, each)


@fault(
    isolation.writes_stay_in_their_session,
    isolation.other_owners_change_nothing,
    needs={Role.RUN},
    applies=both(owners_choose_ids, runs_show),
)
class RunsUnderEveryOwner(Server):
    """Appends what a run says to the sessions of that id of all owners."""

    def append(self, session: Stored, items: list[Json]) -> None:
        for each in list(self.sessions.values()):
            if each.id == session.id:
                super().append(each, items)


@fault(isolation.other_owners_change_nothing, needs={Role.ENRICH}, applies=both(names_owners, keeps_attributes))
class RefusedEnrichmentOfAStrangerIsKept(Server):
    """Refuses to enrich another owner's session after it has done so."""

    def refuse_missing(self, step: Step) -> Response:
        for each in self.sessions.values():
            if step.role is Role.ENRICH and each.id == step.session:
                self.merge(step, each)
        return super().refuse_missing(step)


@fault(isolation.one_id_under_two_owners_is_two_sessions, applies=owners_choose_ids)
class IdsAreTakenForEveryone(Server):
    """Refuses an id because another owner uses it."""

    def taken(self, owner: Owner, session_id: str) -> bool:
        return any(key[1] == session_id for key in self.sessions)


@fault(isolation.other_owners_change_nothing, applies=owners_choose_ids)
class NewOwnerTakesTheSessionOver(Server):
    """Takes a session from its owner when another one creates one of the same id."""

    def keep(self, session: Stored) -> None:
        for each in list(self.sessions.values()):
            if each.id == session.id:
                self.forget(each)
        super().keep(session)


@fault(isolation.values_of_one_owner_break_no_other, applies=owners_take_values)
class OneValueBreaksEverybody(Server):
    """Cannot answer anybody any more once somebody stored text beyond ASCII."""

    def perform(self, step: Step, binding: Binding) -> Response:
        stored = json.dumps([each.attributes for each in self.sessions.values()], ensure_ascii=False)
        spoken = json.dumps([each.history for each in self.sessions.values()], ensure_ascii=False)
        return super().perform(step, binding) if (stored + spoken).isascii() else Response(500)


@fault(
    isolation.values_of_one_owner_break_no_other,
    needs={Role.LIST},
    applies=both(owners_take_values, keeps_awkward(Awkward.UNICODE)),
)
class OneValueBreaksEveryList(Server):
    """Cannot list the sessions of anybody any more once somebody stored text beyond ASCII."""

    def list_sessions(self, step: Step) -> Response:
        stored = json.dumps([each.attributes for each in self.sessions.values()], ensure_ascii=False)
        return super().list_sessions(step) if stored.isascii() else Response(500)
