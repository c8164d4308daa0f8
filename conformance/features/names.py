"""By which names are sessions known? Ids, owners, items and credentials."""

from __future__ import annotations

from conformance.features.answers import can_be_read
from conformance.profile import Profile, Returns, Role
from conformance.schemas import is_whole


def chooses_ids(profile: Profile) -> bool:
    """Whether callers may choose the ids of sessions."""
    return any(binding.session is not None for binding in profile.bound(Role.CREATE))


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
