"""What is left behind? Deletes what a walk made, and says what could not be deleted.

Only sessions that the walk created, and whatever a list shows under owners that the walk made up, are ever touched.
"""

from __future__ import annotations

from conformance.explore.walk import Walk, Walker
from conformance.profile import Binding, Role
from conformance.step import Call, Owner


async def clean(walker: Walker, walk: Walk) -> list[str]:
    """Delete every session of a walk; gives the ids of those that are, or may be, still there."""
    if walker.transport.resets:
        return []
    profile = walker.profile
    deletes, lists, reads = (profile.first(role) for role in (Role.DELETE, Role.LIST, Role.READ))
    mine = {(walk.owners[slot.owner], slot.id) for slot in walk.slots if not slot.gone and not slot.ghost}
    doubtful = {(walk.owners[slot.owner], slot.id) for slot in walk.slots if slot.doubtful}
    left = {each for each in sorted(mine | doubtful) if not await _deleted(walker, deletes, *each)}
    if lists is not None and lists.owner and profile.fresh_owners:
        for owner in walk.owners:
            found = await _listed(walker, lists, deletes, owner)
            for session in found or ():
                await _deleted(walker, deletes, owner, session)
            found = await _listed(walker, lists, deletes, owner) if found else found
            if found is not None:
                left = {each for each in left if each[0] != owner} | {(owner, session) for session in found}
            elif any(each[0] == owner for each in mine | doubtful):
                left.add((owner, f"(the list of {'/'.join(owner)} cannot be read)"))
    elif reads is not None:
        left |= {each for each in sorted(mine) if await _there(walker, reads, *each)}
    return sorted(session for _, session in left)


async def _deleted(walker: Walker, binding: Binding | None, owner: Owner, session: str) -> bool:
    """Delete a session; whether the answer says that it is gone."""
    if binding is None:
        return False
    step = walker.reader.read(await walker.send(_call(walker, binding, owner, session)))
    return step.accepted or step.says_missing


async def _listed(walker: Walker, binding: Binding, deletes: Binding | None, owner: Owner) -> list[str] | None:
    """The ids of the sessions in an owner's list that are surely that owner's; None if the list cannot be read.

    A session that does not show its owner is ours only if a delete has to name the owner as well.
    """
    step = walker.reader.read(await walker.send(_call(walker, binding, owner, None)))
    if not step.accepted or not step.shown:
        return None
    named = deletes is not None and bool(deletes.owner)
    return [
        view.id
        for view in step.views
        if view.id is not None and (view.owner == owner or (named and view.owner is None))
    ]


async def _there(walker: Walker, binding: Binding, owner: Owner, session: str) -> bool:
    """Whether a session can still be read."""
    return walker.reader.read(await walker.send(_call(walker, binding, owner, session))).accepted


def _call(walker: Walker, binding: Binding, owner: Owner, session: str | None) -> Call:
    pool = walker.pools[walker.profile.bindings.index(binding)]
    return Call(binding, owner, session, pool.base)
