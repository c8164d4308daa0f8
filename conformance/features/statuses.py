"""Which statuses do sessions have, and what depends on them?"""

from __future__ import annotations

from conformance.profile import RUNS, STATUS, Profile, Role


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
