"""How can a server be wrong? Each fault is the correct fake, wrong in exactly one named way; its docstring is its bug.

`breaks` names the invariants that a fault breaks. A test runs every fault of every profile: each must be caught by an
invariant that it names, and every invariant must catch at least one.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import re
from collections.abc import Callable, Collection

from conformance.catalogue import Check, invariant_of, keeps_attributes, keeps_history
from conformance.exchange import Request, Response
from conformance.expressions import Json
from conformance.fakes.server import Server, Stored
from conformance.invariants import contract, enrichment, existence, isolation, listing, refusals, runs, times, values
from conformance.model import Key
from conformance.profile import HISTORY, RUNS, Binding, Merge, Profile, Returns, Role
from conformance.step import Owner, Step

__all__ = ["Fault", "all_faults", "faults_for"]


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """A fault: its name, the server that has it, and the ids of the invariants that it breaks."""

    name: str
    server: type[Server]
    breaks: frozenset[str]
    needs: frozenset[Role]
    applies: Callable[[Profile], bool] | None

    @property
    def title(self) -> str:
        """The bug in one line."""
        return (inspect.getdoc(self.server) or "").partition("\n")[0]

    def possible(self, profile: Profile) -> bool:
        """Whether a server of this profile can be wrong in this way."""
        return self.needs <= profile.roles and (self.applies is None or self.applies(profile))


_FAULTS: dict[str, Fault] = {}


def fault(
    *breaks: Check, needs: Collection[Role] = (), applies: Callable[[Profile], bool] | None = None
) -> Callable[[type[Server]], type[Server]]:
    """Register a server as a fault, under its class name with dashes."""

    def register(server: type[Server]) -> type[Server]:
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", server.__name__).lower()
        ids = frozenset(invariant_of(check).id for check in breaks)
        _FAULTS[name] = Fault(name, server, ids, frozenset(needs), applies)
        return server

    return register


def all_faults() -> tuple[Fault, ...]:
    """Every fault, in the order of this file."""
    return tuple(_FAULTS.values())


def faults_for(profile: Profile) -> tuple[Fault, ...]:
    """The faults that a server of this profile can have."""
    return tuple(each for each in _FAULTS.values() if each.possible(profile))


# --- what a profile must have for a fault to be possible ------------------------------------------


def _chosen(profile: Profile) -> bool:
    """Whether callers may choose ids."""
    return any(binding.session is not None for binding in profile.bound(Role.CREATE))


def _scoped(profile: Profile) -> bool:
    """Whether calls name owners."""
    return profile.scoped and profile.fresh_owners


def _scoped_and_chosen(profile: Profile) -> bool:
    return _scoped(profile) and _chosen(profile)


def _seen_history(profile: Profile) -> bool:
    return keeps_history(profile) and bool(RUNS & profile.roles)


def _answers_items(profile: Profile) -> bool:
    """Whether runs answer history items."""
    return _seen_history(profile) and any(
        each.returns is Returns.HISTORY for each in profile.bindings if each.role in RUNS
    )


def _merges(profile: Profile) -> bool:
    return keeps_attributes(profile) and any(each.merge is not Merge.REPLACE for each in profile.bound(Role.ENRICH))


def _given_attributes(profile: Profile) -> bool:
    return keeps_attributes(profile) and any(each.attributes for each in profile.bound(Role.CREATE))


def _list_shows_attributes(profile: Profile) -> bool:
    shown = set(profile.session.attributes)
    return Role.READ in profile.roles and any(shown - each.omits for each in profile.bound(Role.LIST))


def _enrich_leaves_history(profile: Profile) -> bool:
    return _seen_history(profile) and any(HISTORY not in each.changes for each in profile.bound(Role.ENRICH))


def _runs_leave_attributes(profile: Profile) -> bool:
    shown = set(profile.session.attributes)
    return any(shown - each.changes for each in profile.bindings if each.role in RUNS)


def _delete_refuses_missing(profile: Profile) -> bool:
    return any(min(each.missing) >= 400 for each in profile.bound(Role.DELETE))


def _delete_takes_a_body(profile: Profile) -> bool:
    return any(each.operation.request is not None for each in profile.bound(Role.DELETE))


def _create_shows_attributes(profile: Profile) -> bool:
    shown = set(profile.session.attributes)
    return any(each.returns is Returns.SESSION and shown - each.omits for each in profile.bound(Role.CREATE))


def _answers_texts(profile: Profile) -> bool:
    """Whether the text of a run's answer can be seen."""
    return _answers_items(profile) and profile.item.message is not None


def _shows_times(profile: Profile) -> bool:
    return profile.session.updated is not None or profile.item.time is not None


def _open_attributes(profile: Profile) -> bool:
    """Whether any value can be put into some attribute group, and seen again."""
    schemas = profile.spec.schemas
    return keeps_attributes(profile) and any(
        expression.place == "body"
        and binding.operation.request is not None
        and schemas.is_open_object(schemas.at(binding.operation.request.schema, expression.pointer))
        for binding in profile.bindings
        for expression in binding.attributes.values()
    )


def _values_and_owners(profile: Profile) -> bool:
    return profile.fresh_owners and _open_attributes(profile)


def _documents_headers(profile: Profile) -> bool:
    return any(each for binding in profile.bindings for each in binding.operation.headers.values())


def _cut(value: Json, levels: int) -> Json:
    """A value with everything below so many levels dropped."""
    if isinstance(value, dict):
        return {key: _cut(item, levels - 1) for key, item in value.items()} if levels else {}
    if isinstance(value, list):
        return [_cut(item, levels - 1) for item in value] if levels else []
    return value


def _shows_sessions(profile: Profile) -> bool:
    return profile.session.id is not None and any(each.returns is Returns.SESSION for each in profile.bound(Role.READ))


# --- existence ------------------------------------------------------------------------------------


@fault(existence.later_create_is_as_good_as_the_first)
class RefusesTheThirdCreate(Server):
    """Creates two sessions and refuses the next, although nothing is wrong with it."""

    def create(self, step: Step) -> Response:
        return self.refuse_invalid(step) if len(self.sessions) >= 2 else super().create(step)


@fault(contract.no_server_error)
class SecondCreateFails(Server):
    """Answers every second create with a server error, and creates nothing."""

    def reset(self) -> None:
        super().reset()
        self.creates = 0

    def create(self, step: Step) -> Response:
        self.creates += 1
        return Response(500) if self.creates % 2 == 0 else super().create(step)


@fault(existence.created_id_is_new)
class HandsOutOneIdTwice(Server):
    """Gives a new session the id that the session before it got."""

    def choose_id(self, step: Step) -> str:
        if step.session is None and self.sessions:
            return next(reversed(self.sessions.values())).id
        return super().choose_id(step)


@fault(existence.chosen_id_is_honoured, applies=_chosen)
class IgnoresTheChosenId(Server):
    """Makes up an id although the caller chose one."""

    def choose_id(self, step: Step) -> str:
        return self.new_id()


@fault(existence.created_session_is_readable)
class NeverCommitsACreate(Server):
    """Acknowledges a create and stores nothing."""

    def keep(self, session: Stored) -> None:
        return


@fault(existence.created_session_reads_back, applies=_given_attributes)
class EchoesAndForgetsAttributes(Server):
    """Echoes the attributes of a create and never stores them."""

    def create(self, step: Step) -> Response:
        response = super().create(step)
        for session in self.sessions.values():
            if session.updated == self.clock:
                session.attributes = {}
        return response


@fault(existence.missing_session_is_refused)
class ServesAnEmptySessionForAnyId(Server):
    """Answers a read of an unknown id with an empty session."""

    def refuse_missing(self, step: Step) -> Response:
        if step.reads and step.session is not None:
            return self.show(step, Stored(step.session, step.owner or ()))
        return super().refuse_missing(step)


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
        self.deleted: set[str] = set()

    def delete(self, step: Step, session: Stored) -> Response:
        self.deleted.add(session.id)
        return self.succeed(step)

    def listed(self, step: Step) -> list[Stored]:
        return [each for each in super().listed(step) if each.id not in self.deleted]


@fault(existence.live_session_can_be_deleted, needs={Role.DELETE})
class RefusesToDelete(Server):
    """Answers every delete as if the session were locked."""

    def delete(self, step: Step, session: Stored) -> Response:
        return self.refuse_invalid(step)


@fault(existence.delete_of_a_missing_session_answers_as_declared, needs={Role.DELETE})
class AnswersADeleteOfNothingOtherwise(Server):
    """Answers a delete of a missing session as a success where it should refuse, and the other way round."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role is not Role.DELETE or step.binding is None:
            return super().refuse_missing(step)
        return Response(404) if min(step.binding.missing) < 400 else self.succeed(step)


@fault(existence.duplicate_create_is_refused, applies=_chosen)
class AcceptsDuplicates(Server):
    """Creates a second session under an id that is in use, in place of the first."""

    def taken(self, owner: Owner, session_id: str) -> bool:
        return False


@fault(existence.duplicate_create_leaves_the_original, applies=_chosen)
class RefusedDuplicateWipesTheOriginal(Server):
    """Refuses a duplicate create after it has emptied the original session."""

    def refuse_duplicate(self, step: Step) -> Response:
        session = self.find(step)
        if session is not None:
            session.attributes, session.history = {}, []
        return super().refuse_duplicate(step)


@fault(existence.refused_create_creates_nothing, applies=_chosen)
class RefusedCreateLeavesASession(Server):
    """Stores a session before it checks the request, and refuses an invalid one too late."""

    def refuse_invalid(self, step: Step) -> Response:
        if step.role is Role.CREATE and step.session is not None and step.owner is not None:
            self.keep(Stored(step.session, step.owner))
        return super().refuse_invalid(step)


@fault(existence.live_session_stays, listing.list_holds_every_live_session)
class EvictsASessionOnItsThirdRead(Server):
    """Loses a session when it is read for the third time."""

    def reset(self) -> None:
        super().reset()
        self.reads: dict[str, int] = {}

    def read(self, step: Step, session: Stored) -> Response:
        count = self.reads[session.id] = self.reads.get(session.id, 0) + 1
        if count >= 3:
            self.sessions.pop(self.key(session.owner, session.id), None)
        return super().read(step, session)


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


@fault(existence.answer_names_the_session_asked_for, applies=_shows_sessions)
class AnswersWithTheFirstSession(Server):
    """Answers every read with the first session of the owner."""

    def read(self, step: Step, session: Stored) -> Response:
        first = next(each for each in self.sessions.values() if each.owner == session.owner)
        return super().read(step, first)


@fault(existence.answer_of_a_write_equals_the_next_read, applies=_create_shows_attributes)
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


@fault(existence.recreated_session_starts_empty, needs={Role.DELETE}, applies=_chosen)
class BringsBackTheDeleted(Server):
    """Marks a session as deleted, and takes the mark away when its id is used again."""

    def reset(self) -> None:
        super().reset()
        self.buried: dict[Key, Stored] = {}

    def delete(self, step: Step, session: Stored) -> Response:
        self.buried[self.key(session.owner, session.id)] = session
        return super().delete(step, session)

    def fill(self, session: Stored, step: Step) -> None:
        super().fill(session, step)
        old = self.buried.get(self.key(session.owner, session.id))
        if old is not None:
            session.history = [*old.history, *session.history]
            for name, value in old.attributes.items():
                given = session.attributes.get(name)
                session.attributes[name] = {**(value or {}), **(given or {})}


@fault(existence.accepted_id_is_reachable, applies=_chosen)
class CannotFindAwkwardIds(Server):
    """Accepts any id, and finds only those of letters, digits and dashes."""

    def find(self, step: Step) -> Stored | None:
        plain = re.fullmatch(r"[A-Za-z0-9_-]*", step.session or "")
        return super().find(step) if plain else None


# --- runs -----------------------------------------------------------------------------------------


@fault(runs.run_requires_existing_session, needs={Role.RUN})
class RunsWithoutASession(Server):
    """Answers a run on a session that does not exist, and stores nothing."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role in RUNS and step.session is not None:
            return self.run(step, Stored(step.session, step.owner or ()))
        return super().refuse_missing(step)


@fault(runs.run_requires_existing_session, needs={Role.RUN, Role.DELETE})
class RunsOnDeletedSessions(Server):
    """Answers a run on a session that was deleted."""

    def reset(self) -> None:
        super().reset()
        self.deleted: set[str] = set()

    def delete(self, step: Step, session: Stored) -> Response:
        self.deleted.add(session.id)
        return super().delete(step, session)

    def refuse_missing(self, step: Step) -> Response:
        if step.role in RUNS and step.session in self.deleted:
            return self.run(step, Stored(step.session, step.owner or ()))
        return super().refuse_missing(step)


@fault(runs.live_session_accepts_runs, needs={Role.RUN})
class RefusesTheSecondRun(Server):
    """Refuses every run but the first of a session."""

    def run(self, step: Step, session: Stored) -> Response:
        return self.refuse_invalid(step) if session.history else super().run(step, session)


@fault(runs.refused_run_leaves_no_trace, applies=_seen_history)
class RefusedRunCreatesTheSession(Server):
    """Refuses a run on a missing session, and creates the session all the same."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role in RUNS and step.session is not None:
            self.keep(Stored(step.session, step.owner or ()))
        return super().refuse_missing(step)


@fault(runs.refused_run_leaves_no_trace, applies=_seen_history)
class RefusedRunIsKept(Server):
    """Appends a message to the history before it checks the request, and refuses an invalid one too late."""

    def refuse_invalid(self, step: Step) -> Response:
        session = self.find(step)
        if step.role in RUNS and session is not None:
            message = self.render.message(step, "kept although refused")
            self.append(session, [self.render.item(message, self.new_id(), self.clock)])
        return super().refuse_invalid(step)


@fault(runs.run_appends, applies=_seen_history)
class RunAppendsNothing(Server):
    """Answers a run and keeps nothing of it."""

    def append(self, session: Stored, items: list[Json]) -> None:
        return


@fault(runs.run_appends, isolation.writes_stay_in_their_session, applies=_seen_history)
class RunGoesToTheFirstSession(Server):
    """Appends what a run says to the first session of the owner."""

    def append(self, session: Stored, items: list[Json]) -> None:
        super().append(next(each for each in self.sessions.values() if each.owner == session.owner), items)


@fault(runs.run_keeps_history, applies=_seen_history)
class RunReplacesTheHistory(Server):
    """Keeps only what the last run said."""

    def append(self, session: Stored, items: list[Json]) -> None:
        session.history = []
        super().append(session, items)


@fault(runs.run_keeps_history, applies=_seen_history)
class HistoryIsCutToTheLastItems(Server):
    """Keeps only the last five items of a history."""

    def append(self, session: Stored, items: list[Json]) -> None:
        super().append(session, items)
        session.history = session.history[-5:]


@fault(runs.run_keeps_history, applies=_seen_history)
class RunPutsItsItemsFirst(Server):
    """Puts new items before the earlier ones."""

    def append(self, session: Stored, items: list[Json]) -> None:
        session.history = [*items, *session.history]


@fault(runs.answer_stands_in_history, applies=_answers_items)
class KeepsAnotherAnswer(Server):
    """Keeps another answer in the history than the one that it gave."""

    def append(self, session: Stored, items: list[Json]) -> None:
        forged = self.render.stamped(items[-1], self.new_id(), self.clock)
        item = self.profile.item
        if item.id is None and isinstance(forged, dict):
            forged = {**forged, "forged": True}
        super().append(session, [*items[:-1], forged])


@fault(runs.run_leaves_attributes_alone, applies=_runs_leave_attributes)
class RunWipesTheAttributes(Server):
    """Empties the attributes of a session whenever it runs."""

    def run(self, step: Step, session: Stored) -> Response:
        session.attributes = {}
        return super().run(step, session)


@fault(runs.run_answers_for_its_own_session, applies=_answers_texts)
class AnswersFromTheFirstSession(Server):
    """Answers a run from what was said in the first session of the owner."""

    def reply(self, step: Step, session: Stored) -> Json:
        first = next((each for each in self.sessions.values() if each.owner == session.owner), session)
        return super().reply(step, first)


@fault(runs.stream_and_run_agree, needs=RUNS)
class RefusesStreams(Server):
    """Refuses every stream, although the same run is accepted."""

    def run(self, step: Step, session: Stored) -> Response:
        return self.refuse_invalid(step) if step.role is Role.STREAM else super().run(step, session)


@fault(times.time_moves_forward, applies=_shows_times)
class ClockJumpsBack(Server):
    """Has a clock that jumps back by an hour now and then."""

    def answer(self, request: Request) -> Response:
        response = super().answer(request)
        if round(self.clock * 1000) % 9 == 0:
            self.clock -= 3600
        return response


# --- enrichment -----------------------------------------------------------------------------------


@fault(enrichment.enrichment_requires_existing_session, needs={Role.ENRICH})
class EnrichesNothing(Server):
    """Acknowledges the enrichment of a session that does not exist, and drops it."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role is Role.ENRICH and step.session is not None:
            return self.show(step, Stored(step.session, step.owner or ()))
        return super().refuse_missing(step)


@fault(enrichment.live_session_accepts_enrichment, needs={Role.ENRICH})
class RefusesTheSecondEnrichment(Server):
    """Refuses every enrichment but the first of a session."""

    def reset(self) -> None:
        super().reset()
        self.enriched: set[int] = set()

    def enrich(self, step: Step, session: Stored) -> Response:
        before = id(session) in self.enriched
        self.enriched.add(id(session))
        return self.refuse_invalid(step) if before else super().enrich(step, session)


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=keeps_attributes)
class LosesEnrichments(Server):
    """Acknowledges an enrichment, echoes it, and stores nothing."""

    def enrich(self, step: Step, session: Stored) -> Response:
        copy = dataclasses.replace(session, attributes=dict(session.attributes))
        self.merge(step, copy)
        return self.show(step, copy)


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=keeps_attributes)
class EnrichesTheLastSession(Server):
    """Stores every enrichment in the session that was created last."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, next(reversed(self.sessions.values())))


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=keeps_attributes)
class EnrichesTheFirstSessionOfTheOwner(Server):
    """Stores every enrichment in the first session of the owner."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, next(each for each in self.sessions.values() if each.owner == session.owner))


@fault(isolation.writes_stay_in_their_session, needs={Role.ENRICH}, applies=keeps_attributes)
class EnrichesEverySession(Server):
    """Stores an enrichment in every session."""

    def merge(self, step: Step, session: Stored) -> None:
        for each in self.sessions.values():
            super().merge(step, each)


@fault(enrichment.enrichment_keeps_other_keys, needs={Role.ENRICH}, applies=_merges)
class EnrichmentReplaces(Server):
    """Replaces the attributes by what an enrichment names."""

    def merge(self, step: Step, session: Stored) -> None:
        for name in step.sent:
            session.attributes[name] = {}
        super().merge(step, session)


@fault(enrichment.enrichment_leaves_history_alone, needs={Role.ENRICH}, applies=_enrich_leaves_history)
class EnrichmentClearsTheHistory(Server):
    """Clears the history of a session when it is enriched."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, session)
        session.history = []


@fault(enrichment.refused_enrichment_changes_nothing, needs={Role.ENRICH})
class RefusedEnrichmentCreatesTheSession(Server):
    """Refuses the enrichment of a missing session, and creates the session all the same."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role is Role.ENRICH and step.session is not None:
            self.keep(Stored(step.session, step.owner or ()))
        return super().refuse_missing(step)


@fault(enrichment.repeating_an_enrichment_changes_nothing, needs={Role.ENRICH}, applies=_merges)
class RepeatedEnrichmentDoubles(Server):
    """Appends to what is there when an enrichment is repeated."""

    def merge(self, step: Step, session: Stored) -> None:
        before = copy.deepcopy(session.attributes)
        super().merge(step, session)
        for name, sent in step.sent.items():
            value = before.get(name)
            if isinstance(value, dict) and isinstance(sent, dict) and sent and sent.items() <= value.items():
                session.attributes[name] = {**value, **{key: [item, item] for key, item in sent.items()}}


# --- isolation ------------------------------------------------------------------------------------


@fault(isolation.other_owners_are_refused, applies=_scoped)
class FindsSessionsOfOtherOwners(Server):
    """Looks only at the id when it looks for a session."""

    def find(self, step: Step) -> Stored | None:
        own = super().find(step)
        return own or next((each for each in self.sessions.values() if each.id == step.session), None)


@fault(isolation.other_owners_change_nothing, needs={Role.DELETE}, applies=_scoped)
class DeletesUnderEveryOwner(Server):
    """Deletes a session under every owner that has the id."""

    def perform(self, step: Step, binding: Binding) -> Response:
        response = super().perform(step, binding)
        if step.role is Role.DELETE:
            for key in [key for key in self.sessions if key[1] == step.session]:
                del self.sessions[key]
        return response


@fault(isolation.one_id_under_two_owners_is_two_sessions, applies=_scoped_and_chosen)
class IdsAreTakenForEveryone(Server):
    """Refuses an id because another owner uses it."""

    def taken(self, owner: Owner, session_id: str) -> bool:
        return any(key[1] == session_id for key in self.sessions)


@fault(isolation.deleting_one_session_leaves_the_rest, needs={Role.DELETE})
class DeletesAllOfTheOwner(Server):
    """Deletes every session of the owner."""

    def delete(self, step: Step, session: Stored) -> Response:
        for key in [key for key, each in self.sessions.items() if each.owner == session.owner]:
            del self.sessions[key]
        return self.succeed(step)


@fault(isolation.values_of_one_owner_break_no_other, applies=_values_and_owners)
class OneValueBreaksEverybody(Server):
    """Cannot answer anybody any more once somebody stored text beyond ASCII."""

    def perform(self, step: Step, binding: Binding) -> Response:
        stored = json.dumps([each.attributes for each in self.sessions.values()], ensure_ascii=False)
        spoken = json.dumps([each.history for each in self.sessions.values()], ensure_ascii=False)
        return super().perform(step, binding) if (stored + spoken).isascii() else Response(500)


# --- listing --------------------------------------------------------------------------------------


@fault(listing.list_holds_every_live_session, needs={Role.LIST})
class ListsOnlyTheNewest(Server):
    """Lists only the three sessions that were created last."""

    def listed(self, step: Step) -> list[Stored]:
        return super().listed(step)[-3:]


@fault(listing.list_holds_every_live_session, needs={Role.LIST})
class ListIsOneSessionBehind(Server):
    """Leaves the session that was created last out of the list."""

    def listed(self, step: Step) -> list[Stored]:
        return super().listed(step)[:-1]


@fault(listing.list_holds_no_deleted_session, needs={Role.LIST, Role.DELETE})
class ListsDeletedSessions(Server):
    """Goes on listing sessions that were deleted."""

    def reset(self) -> None:
        super().reset()
        self.deleted: list[Stored] = []

    def delete(self, step: Step, session: Stored) -> Response:
        self.deleted.append(session)
        return super().delete(step, session)

    def listed(self, step: Step) -> list[Stored]:
        return [*super().listed(step), *(each for each in self.deleted if each.owner == step.owner)]


@fault(listing.list_holds_only_own_sessions, needs={Role.LIST}, applies=_scoped)
class ListsEverybodysSessions(Server):
    """Lists the sessions of every owner."""

    def listed(self, step: Step) -> list[Stored]:
        return list(self.sessions.values())


@fault(listing.list_holds_only_sessions_that_were_created, needs={Role.LIST}, applies=_scoped)
class ListsASessionThatNobodyCreated(Server):
    """Puts a session into every list that was never created."""

    def listed(self, step: Step) -> list[Stored]:
        return [*super().listed(step), Stored("00000000-0000-4000-8000-000000000000", step.owner or ())]


@fault(listing.list_and_read_agree, needs={Role.LIST}, applies=_list_shows_attributes)
class ListShowsWhatWasCreated(Server):
    """Lists sessions with the attributes that they were created with."""

    def reset(self) -> None:
        super().reset()
        self.first: dict[tuple[Owner, str], Stored] = {}

    def keep(self, session: Stored) -> None:
        super().keep(session)
        first = dataclasses.replace(session, attributes=dict(session.attributes))
        self.first[self.key(session.owner, session.id)] = first

    def listed(self, step: Step) -> list[Stored]:
        return [self.first.get(self.key(each.owner, each.id), each) for each in super().listed(step)]


# --- refusals -------------------------------------------------------------------------------------


@fault(refusals.failed_call_was_not_applied, needs={Role.RUN}, applies=_seen_history)
class FailsAfterTheRunWasStored(Server):
    """Answers every second run with a server error, after it has stored what was said."""

    def reset(self) -> None:
        super().reset()
        self.runs = 0

    def run(self, step: Step, session: Stored) -> Response:
        response = super().run(step, session)
        self.runs += 1
        return Response(500) if self.runs % 2 == 0 else response


@fault(refusals.refused_delete_changes_nothing, needs={Role.DELETE}, applies=_delete_takes_a_body)
class RefusedDeleteEmptiesTheSession(Server):
    """Empties a session before it checks a delete, and refuses an invalid one too late."""

    def refuse_invalid(self, step: Step) -> Response:
        session = self.find(step)
        if step.role is Role.DELETE and session is not None:
            session.attributes, session.history = {}, []
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


# --- values ---


class Mangles(Server):
    """Stores every attribute value as something else."""

    def mangled(self, value: Json) -> Json:
        """What is stored for a value; objects and arrays are gone into by the caller."""
        return value

    def kept(self, key: str, value: Json) -> bool:
        """Whether a member is stored at all."""
        return True

    def named(self, key: str) -> str:
        """The name under which a member is stored."""
        return key

    def _mangle(self, value: Json, depth: int = 0) -> Json:
        value = self.mangled(value) if depth else value
        if isinstance(value, dict):
            members = {self.named(key): self._mangle(item, depth + 1) for key, item in value.items()}
            return {key: item for key, item in members.items() if self.kept(key, item)}
        return [self._mangle(item, depth + 1) for item in value] if isinstance(value, list) else value

    def fill(self, session: Stored, step: Step) -> None:
        super().fill(session, step)
        session.attributes = {name: self._mangle(value) for name, value in session.attributes.items()}

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, session)
        session.attributes = {name: self._mangle(value) for name, value in session.attributes.items()}


@fault(values.unicode_is_kept, applies=_open_attributes)
class StoresAscii(Mangles):
    """Replaces every character beyond ASCII by a question mark."""

    def mangled(self, value: Json) -> Json:
        return re.sub(r"[^\x00-\x7f\ud800-\udfff]", "?", value) if isinstance(value, str) else value


@fault(values.control_characters_are_kept, applies=_open_attributes)
class DropsControlCharacters(Mangles):
    """Drops control characters."""

    def mangled(self, value: Json) -> Json:
        return re.sub("[\x01-\x1f\x7f]", "", value) if isinstance(value, str) else value


@fault(values.nul_is_kept, applies=_open_attributes)
class CutsTextAtNul(Mangles):
    """Keeps text up to the first NUL."""

    def mangled(self, value: Json) -> Json:
        return value.partition("\0")[0] if isinstance(value, str) else value


@fault(values.lone_surrogates_are_kept, applies=_open_attributes)
class CannotReadSurrogatesBack(Server):
    """Stores a lone surrogate, and fails whenever it has to encode it."""

    def show(self, step: Step, session: Stored) -> Response:
        try:
            json.dumps(session.attributes, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return Response(500) if step.reads else super().show(step, session)
        return super().show(step, session)


@fault(values.lone_surrogates_are_kept, applies=_open_attributes)
class FailsOnSurrogates(Server):
    """Fails on a request with a lone surrogate in it."""

    def perform(self, step: Step, binding: Binding) -> Response:
        try:
            json.dumps([step.sent, step.message or None], ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return Response(500)
        return super().perform(step, binding)


@fault(values.empty_values_are_kept, applies=_open_attributes)
class DropsEmptyValues(Mangles):
    """Drops members whose value is empty."""

    def kept(self, key: str, value: Json) -> bool:
        return value not in ("", [], {})


@fault(values.very_long_text_is_kept, applies=_open_attributes)
class CutsLongText(Mangles):
    """Keeps the first 4,096 characters of a text."""

    def mangled(self, value: Json) -> Json:
        return value[:4096] if isinstance(value, str) else value


@fault(values.deeply_nested_values_are_kept, applies=_open_attributes)
class FlattensDeepValues(Server):
    """Keeps only so many levels of nesting."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, session)
        session.attributes = _cut(session.attributes, 40)

    def fill(self, session: Stored, step: Step) -> None:
        super().fill(session, step)
        session.attributes = _cut(session.attributes, 40)


@fault(values.large_integers_are_kept, applies=_open_attributes)
class RoundsLargeIntegers(Mangles):
    """Keeps integers as doubles."""

    def mangled(self, value: Json) -> Json:
        return int(float(value)) if type(value) is int and abs(value) < 10**300 else value


@fault(values.unusual_numbers_are_kept, applies=_open_attributes)
class StoresInfinityAsNull(Mangles):
    """Turns numbers that a double cannot hold into null."""

    def mangled(self, value: Json) -> Json:
        return None if isinstance(value, float) and value in (float("inf"), float("-inf")) else value


@fault(values.awkward_keys_are_kept, applies=_open_attributes)
class RenamesAwkwardKeys(Mangles):
    """Replaces dots and dollar signs in member names."""

    def named(self, key: str) -> str:
        return key.replace(".", "_").replace("$", "_")


# --- contract -------------------------------------------------------------------------------------


@fault(contract.answer_comes_whole)
class ClosesTheConnection(Server):
    """Closes the connection in the middle of every seventh answer."""

    def reset(self) -> None:
        super().reset()
        self.answers = 0

    def answer(self, request: Request) -> Response:
        self.answers += 1
        return super().answer(request)

    def truncates(self) -> bool:
        return self.answers % 7 == 0


@fault(contract.answer_comes_in_time, needs={Role.LIST})
class ListHangsWithTwoSessions(Server):
    """Never answers a list of two sessions or more."""

    def reset(self) -> None:
        super().reset()
        self.held = 0.0

    def answer(self, request: Request) -> Response:
        self.held = 0.0
        return super().answer(request)

    def list_sessions(self, step: Step) -> Response:
        self.held = 3600.0 if len(self.listed(step)) > 1 else 0.0
        return super().list_sessions(step)

    def delay(self) -> float:
        return self.held


@fault(contract.headers_conform, applies=_documents_headers)
class LeavesOutHeaders(Server):
    """Leaves out the headers that the spec documents."""

    def answer(self, request: Request) -> Response:
        response = super().answer(request)
        kept = tuple(each for each in response.headers if each[0].startswith("content-"))
        return dataclasses.replace(response, headers=kept)


@fault(contract.status_is_documented)
class AnswersAnUndocumentedStatus(Server):
    """Answers reads with 203."""

    def read(self, step: Step, session: Stored) -> Response:
        return dataclasses.replace(super().read(step, session), status=203)


@fault(contract.content_type_is_documented)
class AnswersHtml(Server):
    """Answers a missing session with a page of HTML."""

    def refuse_missing(self, step: Step) -> Response:
        status = super().refuse_missing(step).status
        return Response(status, (("content-type", "text/html"),), b"<html><body>Not found</body></html>")


@fault(contract.body_conforms, applies=_shows_sessions)
class LeavesOutARequiredMember(Server):
    """Leaves the first required member out of the answer of a read."""

    def read(self, step: Step, session: Stored) -> Response:
        response = super().read(step, session)
        content = step.operation.success_content() if step.operation else None
        body = json.loads(response.body)
        for name in self.profile.spec.schemas.deref(content.schema if content else {}).get("required", ()):
            body.pop(name, None)
            break
        return dataclasses.replace(response, body=json.dumps(body).encode())
