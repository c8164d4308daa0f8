"""By which names are sessions known? Ids, owners, items and credentials."""

from __future__ import annotations

import re
from collections.abc import Mapping

from conformance.expressions import Json
from conformance.features.answers import can_be_read
from conformance.features.attributes import creates_with_attributes
from conformance.features.histories import runs_show
from conformance.profile import Again, Merge, Profile, Returns, Role
from conformance.schemas import is_whole


def chooses_ids(profile: Profile) -> bool:
    """Whether callers may choose the ids of sessions."""
    return any(binding.session is not None for binding in profile.bound(Role.CREATE))


def refuses_duplicates(profile: Profile) -> bool:
    """Whether callers may choose the ids of sessions, and none that is taken."""
    return any(binding.session is not None and binding.again is None for binding in profile.bound(Role.CREATE))


def finds_duplicates(profile: Profile) -> bool:
    """Whether a create may find its session there already."""
    return any(binding.session is not None and binding.again is not None for binding in profile.bound(Role.CREATE))


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
