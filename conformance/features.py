"""What can the API of a profile do? One question, one function.

Invariants ask to know whether they mean anything for an API, and faults to know whether its server can be wrong in
their way. Both ask here, so that they cannot disagree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from conformance.expressions import Json
from conformance.profile import HISTORY, RUNS, STATUS, WRITES, Again, Binding, Merge, Profile, Returns, Role
from conformance.schemas import is_whole
from conformance.values import EXAMPLES, SPOKEN, Awkward


def both(*questions: Callable[[Profile], bool]) -> Callable[[Profile], bool]:
    """The question whether all of these are answered with yes."""

    def asked(profile: Profile) -> bool:
        return all(question(profile) for question in questions)

    return asked


def either(*questions: Callable[[Profile], bool]) -> Callable[[Profile], bool]:
    """The question whether any of these is answered with yes."""

    def asked(profile: Profile) -> bool:
        return any(question(profile) for question in questions)

    return asked


# --- ids and owners -------------------------------------------------------------------------------


def chooses_ids(profile: Profile) -> bool:
    """Whether callers may choose the ids of sessions."""
    return any(binding.session is not None for binding in profile.bound(Role.CREATE))


def refuses_duplicates(profile: Profile) -> bool:
    """Whether callers may choose the ids of sessions, and none that is taken."""
    return any(binding.session is not None and binding.again is None for binding in profile.bound(Role.CREATE))


def finds_duplicates(profile: Profile) -> bool:
    """Whether a create may find its session there already."""
    return any(binding.session is not None and binding.again is not None for binding in profile.bound(Role.CREATE))


def enriches_duplicates(profile: Profile) -> bool:
    """Whether a create writes attributes that can be seen into a session that is there already."""
    enriching = (each for each in profile.bound(Role.CREATE) if each.again is Again.ENRICHES)
    return any(set(each.attributes) & set(profile.session.attributes) for each in enriching)


def keeps_more_than_duplicates_write(profile: Profile) -> bool:
    """Whether a session that is created again holds something that such a create must not touch."""
    finding = [each for each in profile.bound(Role.CREATE) if each.session is not None and each.again is not None]
    keeping = [each for each in finding if each.again is Again.KEEPS or each.merge is not Merge.REPLACE]
    return bool(finding) and (runs_show(profile) or (bool(keeping) and creates_with_attributes(profile)))


def originals_can_be_touched(profile: Profile) -> bool:
    """Whether a create of a session that is there can do to it what it must not."""
    return refuses_duplicates(profile) or keeps_more_than_duplicates_write(profile)


def takes_awkward_ids(profile: Profile) -> bool:
    """Whether a create takes ids with signs that paths, or those who compare ids, are known to stumble on."""
    spec = profile.spec
    places = [(each.operation, each.session) for each in profile.bound(Role.CREATE) if each.session is not None]
    return any(
        not is_whole(spec.schemas.types(schema)) and all(map(_takes_signs, spec.schemas.branches(schema)))
        for schema in (spec.schema_of(*each) for each in places)
    )


def _takes_signs(schema: Mapping[str, Json]) -> bool:
    """Whether a schema of ids allows some of these signs."""
    pattern = schema.get("pattern")
    if "format" in schema or not isinstance(pattern, str):
        return "format" not in schema
    return any(re.search(pattern, f"id-1{sign}2") is not None for sign in " é%?#/")


def shows_missing_as_empty(profile: Profile) -> bool:
    """Whether some read shows what is not there as a session that holds nothing."""
    return any(binding.empties for binding in profile.bindings)


def refuses_missing_reads(profile: Profile) -> bool:
    """Whether sessions can be looked at, and every read of what is not there is refused."""
    return can_be_read(profile) and not shows_missing_as_empty(profile)


def enriches_what_is_shown(profile: Profile) -> bool:
    """Whether an enrichment, or a run that carries attributes, writes what can be seen."""
    enriching = (*profile.bound(Role.ENRICH), *(each for role in RUNS for each in profile.bound(role)))
    return any(set(each.attributes) & set(profile.session.attributes) for each in enriching)


def fills_attributes(profile: Profile) -> bool:
    """Whether callers can put attributes into a session, and see them again."""
    return enriches_what_is_shown(profile) or creates_with_attributes(profile)


def enrichments_need_sessions(profile: Profile) -> bool:
    """Whether some enrichment needs a session that is there."""
    return any(not binding.creates for binding in profile.bound(Role.ENRICH))


def makes_ids(profile: Profile) -> bool:
    """Whether some create leaves the id to the server."""
    return any(not binding.caller_chooses for binding in profile.bound(Role.CREATE))


def answers_name_sessions(profile: Profile) -> bool:
    """Whether some answer shows which session it is about: by a session object, or by items that say whose they are."""
    shown = any(binding.returns is Returns.SESSION for binding in profile.bindings if binding.role is not Role.DELETE)
    named = profile.session.id is not None or bool(profile.session.owner)
    return profile.item.session is not None or (shown and named)


def names_owners(profile: Profile) -> bool:
    """Whether sessions belong to owners that a call names, of whom there can be two."""
    return profile.two_owners


def owners_choose_ids(profile: Profile) -> bool:
    """Whether two owners can choose the same id: no create declares how one that another owner has is refused."""
    taken = any(binding.foreign for binding in profile.bound(Role.CREATE))
    return names_owners(profile) and chooses_ids(profile) and not taken


def takes_any_id(profile: Profile) -> bool:
    """Whether a request can name any id: the spec demands no form of it."""
    spec = profile.spec
    places = [(each.operation, each.session) for each in profile.bindings if each.session is not None]
    schemas = (branch for each in places for branch in spec.schemas.branches(spec.schema_of(*each)))
    return bool(places) and not any(
        schema.keys() & {"format", "pattern"} or is_whole(spec.schemas.types(schema)) for schema in schemas
    )


def names_sessions_twice(profile: Profile) -> bool:
    """Whether a request names its session in more than one place."""
    return any(binding.also for binding in profile.bindings)


def twice_named(profile: Profile) -> list[str]:
    """The operations that name their session in more than one place."""
    return [binding.operation.id for binding in profile.bindings if binding.also and binding.role is not Role.CREATE]


def names_items(profile: Profile) -> bool:
    """Whether a call can name an item of its session that has to be there."""
    return any(binding.item is not None and binding.refuses_missing for binding in profile.bindings)


def releases_items(profile: Profile) -> bool:
    """Whether items can be released, after which they are not there any more."""
    return names_items(profile) and any(binding.releases for binding in profile.bindings)


def protects_sessions(profile: Profile) -> bool:
    """Whether the API demands credentials, and what a call did can be seen afterwards."""
    return demands_credentials(profile) and can_be_read(profile)


def demands_credentials(profile: Profile) -> bool:
    """Whether the API demands credentials."""
    return profile.credentials.required


def lists_by_owner(profile: Profile) -> bool:
    """Whether a list is that of an owner who can be made up, so that every session in it is known."""
    return profile.fresh_owners and any(binding.owner for binding in profile.bound(Role.LIST)[:1])


# --- what is shown --------------------------------------------------------------------------------


def can_be_read(profile: Profile) -> bool:
    """Whether single sessions can be looked at."""
    return bool({Role.READ, Role.HISTORY} & profile.roles)


def reads_sessions(profile: Profile) -> bool:
    """Whether a read answers with a session object that has its id in it."""
    shows = any(binding.returns is Returns.SESSION for binding in profile.bound(Role.READ))
    return shows and profile.session.id is not None


def writes_show_sessions(profile: Profile) -> bool:
    """Whether the answer of some write shows a session."""
    return any(each.returns is Returns.SESSION for each in profile.bindings if each.role in WRITES)


def writes_show_parts(profile: Profile) -> bool:
    """Whether the answer of some write shows a session, and more of it than its id, which a read shows as well."""
    shape = profile.session
    places = {**shape.attributes, HISTORY: shape.history, STATUS: shape.status}
    shown = {name for name, place in places.items() if place is not None}
    writes = (each for each in profile.bindings if each.role in WRITES and each.returns is Returns.SESSION)
    return Role.READ in profile.roles and any(shown - each.omits for each in writes)


def reads_owners(profile: Profile) -> bool:
    """Whether a read answers with a session object that has its owner in it."""
    shows = any(binding.returns is Returns.SESSION for binding in profile.bound(Role.READ))
    return shows and bool(profile.session.owner)


def shows_updates(profile: Profile) -> bool:
    """Whether sessions show when they changed."""
    return profile.session.updated is not None


def shows_times(profile: Profile) -> bool:
    """Whether sessions show when they were made or changed."""
    return shows_creation(profile) or shows_updates(profile)


def shows_moving_times(profile: Profile) -> bool:
    """Whether sessions, or the items of a history, show times that move on."""
    return shows_updates(profile) or (profile.item.time is not None and keeps_history(profile))


def shows_creation(profile: Profile) -> bool:
    """Whether sessions show when they were created."""
    return profile.session.created is not None


def shows_creation_and_update(profile: Profile) -> bool:
    """Whether sessions show when they were created, and when they changed."""
    return profile.session.created is not None and profile.session.updated is not None


def documents_headers(profile: Profile) -> bool:
    """Whether the spec documents a header of an answer."""
    return any(each for binding in profile.bindings for each in binding.operation.headers.values())


def streams_on_request(profile: Profile) -> bool:
    """Whether a request says if its run is to be streamed, and the spec documents both answers."""
    return any(binding.answers_both_ways for binding in profile.bindings)


def documents_numbers_in_headers(profile: Profile) -> bool:
    """Whether the spec documents a header of an answer that is a number."""
    headers = (each for binding in profile.bindings for found in binding.operation.headers.values() for each in found)
    return any(each.types and "string" not in each.types for each in headers)


def limits_histories(profile: Profile) -> bool:
    """Whether so many items of a history can be asked for, of one that is seen whole as well."""
    paged = (each.paging is not None and each.paging.limit is not None for each in profile.bound(Role.HISTORY))
    return keeps_history(profile) and any(paged)


def shows_long_histories(profile: Profile, items: int = 20) -> bool:
    """Whether an answer shows histories of more than so many items whole, and not in pages."""
    pages = (each.paging for each in profile.bound(Role.HISTORY) if each.paging is not None)
    return keeps_history(profile) and not any(each.size is not None and each.size <= items for each in pages)


# --- attributes -----------------------------------------------------------------------------------


def keeps_attributes(profile: Profile) -> bool:
    """Whether any attribute group can be seen."""
    return bool(profile.session.attributes)


def keeps_objects(profile: Profile) -> bool:
    """Whether any attribute group can be seen that is an object."""
    return any(name not in profile.singles for name in profile.session.attributes)


def creates_with_objects(profile: Profile) -> bool:
    """Whether a session can be given such objects at its creation."""
    given = {name for binding in profile.bound(Role.CREATE) for name in binding.attributes}
    return any(name in given and name not in profile.singles for name in profile.session.attributes)


def creates_with_attributes(profile: Profile) -> bool:
    """Whether a session can be given attributes at its creation, and they can be seen."""
    return keeps_attributes(profile) and any(binding.attributes for binding in profile.bound(Role.CREATE))


def create_shows_attributes(profile: Profile) -> bool:
    """Whether the answer of a create shows attributes."""
    creates = profile.bound(Role.CREATE)
    return any(each.returns is Returns.SESSION and _shown(profile, each) for each in creates)


def enrichment_shows_attributes(profile: Profile) -> bool:
    """Whether the answer of an enrichment shows attributes."""
    enriches = profile.bound(Role.ENRICH)
    return any(each.returns is Returns.SESSION and _shown(profile, each) for each in enriches)


def lists_attributes(profile: Profile) -> bool:
    """Whether a list shows attributes, and a read shows what they should be."""
    return Role.READ in profile.roles and any(_shown(profile, each) for each in profile.bound(Role.LIST))


def keeps_nothing_of_some(profile: Profile) -> bool:
    """Whether there are attributes that are taken and not kept, and groups that would show them."""
    return bool(profile.session.unstored) and keeps_attributes(profile)


def merges(profile: Profile) -> bool:
    """Whether some enrichment keeps the keys that it does not name, and they can be seen."""
    enriches = profile.bound(Role.ENRICH)
    return keeps_objects(profile) and any(binding.merge is not Merge.REPLACE for binding in enriches)


def keeps_what_is_not_named(profile: Profile) -> bool:
    """Whether some enrichment keeps the keys, or the groups, that it does not name, and they can be seen."""
    return merges(profile) or leaves_groups_out(profile)


def leaves_groups_out(profile: Profile) -> bool:
    """Whether an enrichment can leave out a group that can be filled and seen, and that it must not touch."""
    writers = (*profile.bound(Role.CREATE), *profile.bound(Role.ENRICH))
    filled = {name for each in writers for name in each.attributes} & set(profile.session.attributes)
    partial = [each for each in profile.bound(Role.ENRICH) if each.merge is not Merge.REPLACE or not _puts(each)]
    return any(len(filled) > 1 and not _demands(profile, each, name) for each in partial for name in filled)


def _puts(binding: Binding) -> bool:
    """Whether a whole resource is put in the stead of what is there."""
    return binding.operation.method == "PUT"


def _demands(profile: Profile, binding: Binding, group: str) -> bool:
    """Whether each call has to carry an attribute group."""
    place, request = binding.attributes.get(group), binding.operation.request
    if place is None or place.place != "body" or request is None:
        return False
    return not place.pointer or profile.spec.schemas.demands(request.schema, place.pointer)


def merges_shallowly(profile: Profile) -> bool:
    """Whether every enrichment merges key by key, and not within the values."""
    enriches = profile.bound(Role.ENRICH)
    return merges(profile) and all(binding.merge is Merge.SHALLOW for binding in enriches)


def merges_deeply(profile: Profile) -> bool:
    """Whether every enrichment merges key by key at every depth."""
    enriches = profile.bound(Role.ENRICH)
    return merges(profile) and all(binding.merge is Merge.DEEP for binding in enriches)


def runs_leave_attributes(profile: Profile) -> bool:
    """Whether some run may not change some attribute group that can be seen."""
    groups = set(profile.session.attributes)
    return any(groups - binding.changes for binding in profile.bindings if binding.role in RUNS)


def runs_may_write_attributes(profile: Profile) -> bool:
    """Whether some run may change an attribute group that can be seen, and that an enrichment merges into."""
    groups = set(profile.session.attributes)
    return merges(profile) and any(groups & each.changes for each in profile.bindings if each.role in RUNS)


def runs_leave_status(profile: Profile) -> bool:
    """Whether some run may not change the status of a session, and there are several that it can show."""
    can_change = profile.session.status is not None and len(profile.lifecycle.names) > 1
    return can_change and any(STATUS not in each.changes for each in profile.bindings if each.role in RUNS)


def runs_leave_later_statuses(profile: Profile) -> bool:
    """Whether a session can be given a status after the first, in which it takes runs that may not change it."""
    later = set(profile.lifecycle.names) - {profile.lifecycle.initial} - profile.lifecycle.ended
    return runs_leave_status(profile) and Role.TRANSITION in profile.roles and bool(later)


# --- status ---------------------------------------------------------------------------------------


def declares_arrows(profile: Profile) -> bool:
    """Whether the profile says which transitions there are, and others than these can be asked for."""
    lifecycle = profile.lifecycle
    moves = profile.bound(Role.TRANSITION)
    asked = [name for name in lifecycle.names if any(each.leads_to(name) for each in moves)]
    return any(name != here and not lifecycle.allows(here, name) for here in _reachable(profile) for name in asked)


def _reachable(profile: Profile) -> list[str]:
    """The statuses that a session can be given, as far as is known: by what runs or creates do, any."""
    names = profile.lifecycle.names
    free = any(STATUS in each.changes or (each.role is Role.CREATE and each.status) for each in profile.bindings)
    first = profile.lifecycle.initial
    return [name for name in names if free or first is None or profile.way(first, {name}) is not None]


def moves_on(profile: Profile) -> bool:
    """Whether a session can be given one status after another, along declared arrows, and then a third."""
    lifecycle, moves = profile.lifecycle, profile.bound(Role.TRANSITION)
    led = [name for name in lifecycle.names if any(each.leads_to(name) for each in moves)]
    steps = [(here, name) for here in lifecycle.names for name in led if name != here and lifecycle.allows(here, name)]
    begins = set(_reachable(profile))
    return any(before in begins and here == after for before, here in steps for after, _ in steps)


def documents_refusals(profile: Profile) -> bool:
    """Whether the spec describes the body of the answer to a call on a session that is missing."""
    named = [each for each in profile.bindings if each.names_session]
    told = any(each.operation.documented(code) for each in named for code in each.missing if isinstance(code, int))
    return told or any(each.failed is not None for each in named)


def sessions_end(profile: Profile) -> bool:
    """Whether there are statuses in which a session takes no runs."""
    return bool(profile.lifecycle.ended)


def runs_need_sessions(profile: Profile) -> bool:
    """Whether runs need a session that is there."""
    return bool(RUNS & profile.roles) and not profile.implicit


def runs_create_sessions(profile: Profile) -> bool:
    """Whether some run creates its session."""
    return profile.implicit


def spares_statuses(profile: Profile) -> bool:
    """Whether a cleanup spares some status."""
    return any(binding.spares for binding in profile.bound(Role.CLEANUP))


def deletes_by_status(profile: Profile) -> bool:
    """Whether there are statuses in which a session cannot be deleted."""
    return any(binding.spares for binding in profile.bound(Role.DELETE))


# --- lists ----------------------------------------------------------------------------------------


def lists_in_pages(profile: Profile) -> bool:
    """Whether the pages of a list can be turned."""
    return any(binding.paging is not None and binding.paging.turns for binding in profile.bound(Role.LIST))


def ends_with_short_pages(profile: Profile) -> bool:
    """Whether a page of a list that is shorter than asked is the last one: no answer says whether there are more."""
    pages = (binding.paging for binding in profile.bound(Role.LIST) if binding.paging is not None)
    return any(each.turns and each.next is None and each.more is None for each in pages)


def lists_to_the_end(profile: Profile) -> bool:
    """Whether it can be told that a list was shown to its end."""
    return any(binding.paging is None or binding.paging.ends for binding in profile.bound(Role.LIST))


def limits_lists(profile: Profile) -> bool:
    """Whether a list can be limited to so many."""
    return any(binding.paging is not None and binding.paging.limit is not None for binding in profile.bound(Role.LIST))


def orders_lists(profile: Profile) -> bool:
    """Whether a list has a declared order."""
    return any(binding.order is not None for binding in profile.bound(Role.LIST))


def filters_lists(profile: Profile) -> bool:
    """Whether a list can be filtered."""
    return any(binding.filters for binding in profile.bound(Role.LIST))


# --- history --------------------------------------------------------------------------------------


def keeps_history(profile: Profile) -> bool:
    """Whether the history can be seen."""
    return HISTORY in profile.parts


def items_have_ids(profile: Profile) -> bool:
    """Whether the items of the history have ids."""
    return profile.item.id is not None


def items_have_times(profile: Profile) -> bool:
    """Whether the items of the history tell when they were made."""
    return profile.item.time is not None


def runs_keep_messages(profile: Profile) -> bool:
    """Whether what is said to a run can be seen among the messages of the history."""
    said = any(binding.message is not None for binding in profile.bindings if binding.role in RUNS)
    return said and keeps_history(profile) and profile.item.message is not None


def runs_show(profile: Profile) -> bool:
    """Whether sessions can be run, and what a run says can be seen afterwards."""
    return keeps_history(profile) and bool(RUNS & profile.roles)


def runs_answer_items(profile: Profile) -> bool:
    """Whether a run answers with items of the history."""
    return keeps_history(profile) and runs_answer(profile)


def runs_answer(profile: Profile) -> bool:
    """Whether the answer of a run shows what the agent says."""
    runs = [binding for binding in profile.bindings if binding.role in RUNS]
    return any(binding.returns in (Returns.HISTORY, Returns.ITEM) for binding in runs)


def runs_answer_texts(profile: Profile) -> bool:
    """Whether the text of a run's answer can be seen."""
    return runs_answer_items(profile) and profile.item.message is not None


def enrichment_adds_no_items(profile: Profile) -> bool:
    """Whether some enrichment may not add to the history, and it can be seen."""
    return keeps_history(profile) and any(HISTORY not in each.changes for each in profile.bound(Role.ENRICH))


# --- values ---------------------------------------------------------------------------------------


def takes_values(profile: Profile) -> bool:
    """Whether callers can put values of their own choice into a session: open attributes, or the text of a message."""
    return any(each.message is not None or _is_open(profile, each) for each in profile.bindings)


def keeps(group: dict[str, Json]) -> Callable[[Profile], bool]:
    """The question whether callers can put such members into an attribute group that can be seen."""
    return both(keeps_attributes, _takes(group))


def keeps_awkward(kind: Awkward) -> Callable[[Profile], bool]:
    """The question whether callers can put such a value into an attribute group that can be seen."""
    return keeps(_member(kind))


def carries(kind: Awkward) -> Callable[[Profile], bool]:
    """The question whether callers can put such a value into a session, and see it again."""
    asked = either(keeps_awkward(kind), history_keeps_awkward(kind))
    asked.__doc__ = f"Whether callers can put a value of the kind '{kind}' into a session, and see it again."
    return asked


def owners_take_values(profile: Profile) -> bool:
    """Whether owners can be made up, and put values of their own choice into a session."""
    return profile.fresh_owners and takes_values(profile)


def delete_takes_a_body(profile: Profile) -> bool:
    """Whether a delete of a live session can be wrong in itself, and still says which session is meant."""
    return any(_can_be_wrong(profile, binding) for binding in profile.bound(Role.DELETE))


def _can_be_wrong(profile: Profile, binding: Binding) -> bool:
    """Whether a body can violate the spec in something else than the ids that it holds."""
    request, schemas = binding.operation.request, profile.spec.schemas
    if request is None:
        return False
    names = (binding.session, *binding.also, *(binding.owner if profile.scoped else ()))
    named = [each.pointer for each in names if each is not None and each.place == "body"]
    places = [pointer for pointer, _ in schemas.leaves(request.schema) if pointer]
    others = [place for place in places if not any(place[: len(each)] == each[: len(place)] for each in named)]
    closed = any(each.get("additionalProperties") is False for each in schemas.branches(request.schema))
    return bool(others) or not named or closed


def deletes_are_refused(profile: Profile) -> bool:
    """Whether a delete of a live session can be wrong in itself, or comes too early, so that it is refused."""
    return delete_takes_a_body(profile) or deletes_by_status(profile)


def history_keeps(text: str) -> Callable[[Profile], bool]:
    """The question whether such a text can be said to a run, and seen among the messages of the history."""

    def asked(profile: Profile) -> bool:
        runs = (each for each in profile.bindings if each.role in RUNS)
        return runs_keep_messages(profile) and any(_takes_text(profile, each, text) for each in runs)

    return asked


def history_keeps_awkward(kind: Awkward) -> Callable[[Profile], bool]:
    """The question whether a text of this kind can be said to a run, and seen among the messages of the history."""

    def asked(profile: Profile) -> bool:
        return kind in SPOKEN and history_keeps(str(EXAMPLES[kind]))(profile)

    return asked


# --- parts of these questions ---------------------------------------------------------------------


def _shown(profile: Profile, binding: Binding) -> set[str]:
    """The attribute groups that the answer of an operation shows."""
    return set(profile.session.attributes) - binding.omits


def _member(kind: Awkward) -> dict[str, Json]:
    """An attribute group with such a value in it."""
    example = EXAMPLES[kind]
    return {example: "text"} if kind is Awkward.KEY else {"member": example}


def _takes(group: dict[str, Json]) -> Callable[[Profile], bool]:
    """The question whether some request takes such members in some attribute group."""

    def asked(profile: Profile) -> bool:
        return any(
            profile.spec.takes(binding.operation, place.pointer, group)
            for binding in profile.bindings
            for place in binding.attributes.values()
            if place.place == "body"
        )

    return asked


def _takes_text(profile: Profile, binding: Binding, text: str) -> bool:
    """Whether a request takes such text in its message."""
    place = binding.message
    return (
        place is not None
        and place.place == "body"
        and profile.spec.takes(binding.operation, (*place.pointer, *profile.text), text)
    )


def _is_open(profile: Profile, binding: Binding) -> bool:
    """Whether a request has an attribute group that takes any member."""
    schemas, request = profile.spec.schemas, binding.operation.request
    places = [each.pointer for each in binding.attributes.values() if each.place == "body"]
    return request is not None and any(schemas.is_open_object(schemas.at(request.schema, each)) for each in places)
