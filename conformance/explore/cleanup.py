"""What is left behind? Deletes what a walk made, and says what could not be deleted.

Only sessions that the walk created, and whatever a list shows under owners that the walk made up, are ever touched.
"""

from __future__ import annotations

from conformance.explore.walk import Walk, Walker
from conformance.profile import Binding, Role
from conformance.step import Call, Owner


async def clean(walker: Walker, walk: Walk) -> list[str]:
    """Delete every session of a walk; gives the ids of those that are still there."""
    profile = walker.profile
    if walker.transport.resets:
        return []
    deletes, lists, reads = (profile.first(role) for role in (Role.DELETE, Role.LIST, Role.READ))
    mine = {(walk.owners[slot.owner], slot.id) for slot in walk.slots if not slot.gone and not slot.ghost}
    if deletes is not None:
        for owner, session in sorted(mine):
            await walker.send(_call(walker, deletes, owner, session))
    if lists is None or not lists.owner or not profile.fresh_owners:
        return [each for owner, each in sorted(mine) if reads and await _there(walker, reads, owner, each)]
    left = [(owner, each) for owner in walk.owners for each in await _listed(walker, lists, owner)]
    if not left or deletes is None:
        return [session for _, session in left]
    for owner, session in left:
        await walker.send(_call(walker, deletes, owner, session))
    return [each for owner in walk.owners for each in await _listed(walker, lists, owner)]


async def _listed(walker: Walker, binding: Binding, owner: Owner) -> list[str]:
    """The ids of the sessions that an owner's list shows."""
    step = walker.reader.read(await walker.send(_call(walker, binding, owner, None)))
    return [view.id for view in step.views if view.id is not None and view.owner in (None, owner)]


async def _there(walker: Walker, binding: Binding, owner: Owner, session: str) -> bool:
    """Whether a session can still be read."""
    return walker.reader.read(await walker.send(_call(walker, binding, owner, session))).accepted


def _call(walker: Walker, binding: Binding, owner: Owner, session: str | None) -> Call:
    pool = walker.pools[walker.profile.bindings.index(binding)]
    return Call(binding, owner, session, pool.base)
