"""What is left behind? Deletes what a walk made, and says what could not be deleted.

Only sessions that the walk created, and whatever a list shows under owners that the walk made up, are ever touched.
"""

from __future__ import annotations

from conformance.exchange import Failure
from conformance.explore.course import Walk
from conformance.explore.walk import MAX_PAGES, Walker
from conformance.profile import STATUS, Binding, Role
from conformance.step import WHOLE, Outcome, Owner, Page, Step, turned
from conformance.writer import Call

Named = tuple[Owner, str]


MAX_STRANGERS = 100
"""So many sessions at most are deleted, and named, that only the list of an owner knows."""
LOST = 3
"""After so many calls in a row without an answer the rest of a walk is left."""


async def clean(walker: Walker, walk: Walk) -> list[str]:
    """Delete every session of a walk; gives the ids of those that are, or may be, still there."""
    if walker.transport.resets:
        return []
    mine = {(walk.owners[slot.owner], slot.id) for slot in walk.slots if not slot.gone and not slot.ghost}
    if not await walker.pulse.beats():
        return sorted(session for _, session in mine)
    doubtful = {(walk.owners[slot.owner], slot.id) for slot in walk.slots if slot.doubtful}
    return await _Cleaning(walker).clean(mine, doubtful, walk.owners)


class _Cleaning:
    """Cleans up behind one walk. A server that does not answer is not asked again and again."""

    def __init__(self, walker: Walker) -> None:
        self._walker = walker
        self._profile = walker.profile
        self._deletes, self._lists, self._reads = (
            walker.profile.first(role) for role in (Role.DELETE, Role.LIST, Role.READ)
        )
        self._lost = 0

    async def clean(self, mine: set[Named], doubtful: set[Named], owners: list[Owner]) -> list[str]:
        """Delete sessions, and what else their owners have."""
        left = {each for each in sorted(mine | doubtful) if not await self._deleted(*each)}
        if self._lists is not None and self._lists.owner and self._profile.fresh_owners:
            for owner in owners:
                found = await self._listed(self._lists, owner)
                for session in (found or [])[:MAX_STRANGERS]:
                    await self._deleted(owner, session)
                found = await self._listed(self._lists, owner) if found else found
                if found is not None:
                    left = {each for each in left if each[0] != owner} | _shown(owner, found)
                elif any(each[0] == owner for each in mine | doubtful):
                    left.add((owner, f"(the list of {'/'.join(owner)} cannot be read)"))
        elif self._reads is not None:
            left |= {each for each in sorted(mine) if await self._there(self._reads, *each)}
        return sorted(session for _, session in left)

    async def _deleted(self, owner: Owner, session: str) -> bool:
        """Delete a session; whether the answer says that it is gone."""
        if self._deletes is None:
            return False
        step = await self._step(self._deletes, owner, session)
        if (
            step is not None
            and step.refused
            and not step.says_missing
            and await self._led(self._deletes, owner, session)
        ):
            step = await self._step(self._deletes, owner, session)
        return step is not None and (step.accepted or step.says_missing)

    async def _led(self, deletes: Binding, owner: Owner, session: str) -> bool:
        """Lead a session to where it can be deleted; whether anything was done to that end."""
        profile = self._profile
        wanted = set(profile.lifecycle.names) - deletes.spares
        way = profile.way(await self._status(owner, session), wanted) if deletes.spares else ()
        for status in way or ():
            moves = next(each for each in profile.bindings if each.leads_to(status))
            await self._step(moves, owner, session, status=status)
        return bool(way)

    async def _status(self, owner: Owner, session: str) -> str:
        """The status of a session as a read shows it; else the one in which sessions begin."""
        lifecycle = self._profile.lifecycle
        step = await self._step(self._reads, owner, session) if self._reads is not None else None
        shown = step.views[0].parts.get(STATUS) if step is not None and step.views else None
        return shown if isinstance(shown, str) else lifecycle.initial or lifecycle.names[0]

    async def _listed(self, lists: Binding, owner: Owner) -> list[str] | None:
        """The ids of the sessions in an owner's list that are surely that owner's; None if the list cannot be read.

        A session that does not show its owner is ours only if a delete has to name the owner as well.
        """
        named = self._deletes is not None and bool(self._deletes.owner)
        found: list[str] = []
        page = WHOLE
        for _ in range(MAX_PAGES):
            step = await self._step(lists, owner, None, page)
            if step is None or not step.accepted or not step.shown:
                return None
            ours = (view for view in step.views if view.owner == owner or (named and view.owner is None))
            found += [view.id for view in ours if view.id is not None]
            following = turned(page, step, lists.paging)
            if following is None:
                break
            page = following
        return found

    async def _there(self, reads: Binding, owner: Owner, session: str) -> bool:
        """Whether a session can still be read."""
        step = await self._step(reads, owner, session)
        return step is not None and step.accepted and not step.says_missing

    async def _step(
        self, binding: Binding, owner: Owner, session: str | None, page: Page = WHOLE, status: str | None = None
    ) -> Step | None:
        """Make a call; None if nobody answers any more, or if the call can mean something else."""
        walker = self._walker
        pool = walker.pools[walker.profile.bindings.index(binding)]
        identity = walker.identity(owner)
        call = Call(binding, owner, session, pool.base, identity=identity, page=page, status=status)
        if self._lost >= LOST or not call.sayable or not await walker.pulse.beats():
            return None
        step = walker.reader.read(await walker.send(call))
        again = step.outcome in (Outcome.FAILED, Outcome.LOST) and step.exchange.failure is not Failure.TIMEOUT
        if again and await walker.pulse.beats():
            step = walker.reader.read(await walker.send(call))  # whatever went wrong may have been a chance
        self._lost = self._lost + 1 if step.exchange.failure is not None else 0
        return step


def _shown(owner: Owner, sessions: list[str]) -> set[Named]:
    """What is left in an owner's list, the first of it by name."""
    left = {(owner, session) for session in sessions[:MAX_STRANGERS]}
    more = len(sessions) - MAX_STRANGERS
    return left | {(owner, f"({more:,} more in the list of {'/'.join(owner)})")} if more > 0 else left
