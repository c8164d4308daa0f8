"""How are sessions listed?"""

from __future__ import annotations

from conformance.profile import Profile, Role


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
