"""What can be attached to a session, and what becomes of it?"""

from __future__ import annotations

from conformance.profile import RUNS, STATUS, Again, Binding, Merge, Profile, Returns, Role


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


def enriches_what_is_shown(profile: Profile) -> bool:
    """Whether an enrichment, or a run that carries attributes, writes what can be seen."""
    return any(_writes_shown(profile, each) for each in profile.bindings if each.role in (Role.ENRICH, *RUNS))


def enriches_duplicates(profile: Profile) -> bool:
    """Whether a create writes attributes that can be seen into a session that is there already."""
    return any(_writes_shown(profile, each) for each in profile.bound(Role.CREATE) if each.again is Again.ENRICHES)


def sessions_change(profile: Profile) -> bool:
    """Whether attributes that can be seen, or the status, become others in the life of a session."""
    rewritten = {name for each in profile.bindings if each.role in RUNS for name in each.changes}
    moved = profile.session.status is not None and Role.TRANSITION in profile.roles
    return moved or enriches_what_is_shown(profile) or bool(rewritten & set(profile.session.attributes))


def fills_attributes(profile: Profile) -> bool:
    """Whether callers can put attributes into a session, and see them again."""
    return enriches_what_is_shown(profile) or creates_with_attributes(profile)


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


def shows_attributes_in_lists_alone(profile: Profile) -> bool:
    """Whether attributes can be seen in lists, and no read of a single session shows any."""
    return Role.READ not in profile.roles and any(_shown(profile, each) for each in profile.bound(Role.LIST))


def keeps_nothing_of_some(profile: Profile) -> bool:
    """Whether there are attributes that are taken and not kept, and groups that would show them."""
    return bool(profile.session.unstored) and keeps_attributes(profile)


def merges(profile: Profile) -> bool:
    """Whether some enrichment keeps the keys that it does not name, and they can be seen."""
    objects = set(profile.session.attributes) - set(profile.singles)
    enriches = [each for each in profile.bound(Role.ENRICH) if objects & each.attributes.keys()]
    return any(binding.merge is not Merge.REPLACE for binding in enriches)


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


def _shown(profile: Profile, binding: Binding) -> set[str]:
    """The attribute groups that the answer of an operation shows."""
    return set(profile.session.attributes) - binding.omits


def _writes_shown(profile: Profile, binding: Binding) -> bool:
    """Whether a call carries attributes that can be seen."""
    return not binding.attributes.keys().isdisjoint(profile.session.attributes)
