"""What do the answers show?"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.features.histories import keeps_history
from conformance.operations import Header
from conformance.profile import HISTORY, STATUS, WRITES, Profile, Returns, Role


def can_be_read(profile: Profile) -> bool:
    """Whether single sessions can be looked at."""
    return bool({Role.READ, Role.HISTORY} & profile.roles)


def reads_sessions(profile: Profile) -> bool:
    """Whether a read answers with a session object that has its id in it."""
    shows = any(binding.returns is Returns.SESSION for binding in profile.bound(Role.READ))
    return shows and profile.session.id is not None


def demands_members_of_reads(profile: Profile) -> bool:
    """Whether the document demands some member of the session object that a read answers with."""
    contents = (each.operation.success_content() for each in profile.bound(Role.READ))
    schemas = (profile.spec.schemas.deref(each.schema) for each in contents if each is not None)
    return reads_sessions(profile) and any(each.get("required") for each in schemas)


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


def shows_parts(profile: Profile) -> bool:
    """Whether single sessions can be looked at, and something in them can be seen."""
    return can_be_read(profile) and bool(profile.parts)


def _headers(profile: Profile) -> Iterator[Header]:
    """The headers that the spec documents for the answers of what is bound."""
    for binding in profile.bindings:
        for found in binding.operation.headers.values():
            yield from found


def demands_headers(profile: Profile) -> bool:
    """Whether the spec demands a header of an answer."""
    return any(each.required for each in _headers(profile))


def documents_headers(profile: Profile) -> bool:
    """Whether the spec documents a header of an answer."""
    return any(True for _ in _headers(profile))


def streams_on_request(profile: Profile) -> bool:
    """Whether a request says if its run is to be streamed, and the spec documents both answers."""
    return any(binding.answers_both_ways for binding in profile.bindings)


def documents_numbers_in_headers(profile: Profile) -> bool:
    """Whether the spec documents a header of an answer that is a number."""
    return any(each.types and "string" not in each.types for each in _headers(profile))


def limits_histories(profile: Profile) -> bool:
    """Whether so many items of a history can be asked for, of one that is seen whole as well."""
    paged = (each.paging is not None and each.paging.limit is not None for each in profile.bound(Role.HISTORY))
    return keeps_history(profile) and any(paged)


def shows_long_histories(profile: Profile, items: int = 20) -> bool:
    """Whether an answer shows histories of more than so many items whole, and not in pages."""
    pages = (each.paging for each in profile.bound(Role.HISTORY) if each.paging is not None)
    return keeps_history(profile) and not any(each.size is not None and each.size <= items for each in pages)
