"""Which call is an action, given the sessions that a walk has made so far?"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import count

from conformance.explore.actions import FILTERS, PARTS, Action, Wrongness, leaves_behind
from conformance.explore.bodies import AWKWARD_IDS, PLAIN, Pool
from conformance.explore.course import Slot, Walk
from conformance.explore.ids import Ids
from conformance.expressions import MISSING, remove, resolve
from conformance.profile import STATUS, Binding, Profile, Role
from conformance.step import WHOLE, Owner, Page
from conformance.writer import NOBODY, STRANGER, Call

UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
"""What an id looks like that may be written in upper or lower case."""
MAX_GHOSTS = 4
"""So many ids that should not exist are looked at when a flow ends."""
OLD = 30
"""So many units of age no session of a run has."""
SHORT_PAGE = 2
"""So many sessions, or items, are asked for, where they are to come in pages."""
BEYOND = 1_000
"""No history of a flow has so many items."""
OWNERS = ("a", "ab")
"""How the names of the two owners of a walk end: the one begins like the other, as names in practice do."""
NEAR = 12
"""An id at least this long is not made up twice, and neither is one that differs from it in a character."""


class Resolver:
    """Says what actions mean.

    `run` names the run, and so the owners. Only a `disposable` target is sent what may not be deletable again.
    """

    def __init__(self, profile: Profile, pools: dict[int, Pool], run: str, seed: int, disposable: bool) -> None:
        self.profile = profile
        self._pools = pools
        self._run = run
        self._ids = Ids(profile, run, seed)
        self._disposable = disposable
        self._number = 0
        self._sent = 0
        self._looks = [index for index, each in enumerate(profile.bindings) if each.role in (Role.READ, Role.HISTORY)]
        self._lists = [index for index, each in enumerate(profile.bindings) if each.role is Role.LIST]

    def begin(self) -> None:
        """A new walk begins: it has owners of its own."""
        self._number += 1

    def resolve(self, walk: Walk, action: Action, sent: int) -> Call | None:
        """The call that an action is, after so many others were sent, which mark its values; None if it is none."""
        self._sent = sent
        binding = self.profile.bindings[action.binding % len(self.profile.bindings)]
        owner = action.owner % self.profile.owners
        if binding.role in (Role.LIST, Role.CLEANUP):
            return self._resolve_sessionless(walk, binding, action, owner)
        if binding.role is Role.CREATE:
            return self._resolve_create(walk, binding, action, owner)
        slot = self._pick(walk, action)
        if action.wrongness == Wrongness.ABSENT and slot is None:
            made = self._ids.fresh(binding, self._number) if binding.creates else self._absent(walk, binding)
            slot = Slot(made, owner, ghost=True)
            walk.slots.append(slot)
        if action.wrongness == Wrongness.ALMOST and slot is not None:
            slot = self._almost(walk, slot, action.body)
        if slot is None or action.wrongness == Wrongness.DUPLICATE:
            return None
        meant = self._meant_owner(slot, action)
        if meant is None:
            return None
        call = self._call(walk, binding, action, self._owner(walk, meant), slot.id)
        page = _part(walk, binding, action, slot)
        return call if call is None or page is WHOLE else replace(call, page=page)

    def looks_at_the_end(self, walk: Walk) -> list[Action]:
        """Read every session and list every owner."""
        kinds = {
            Wrongness.NONE: [slot for slot in walk.slots if not slot.ghost and not slot.gone],
            Wrongness.GONE: [slot for slot in walk.slots if slot.gone and not slot.ghost][:MAX_GHOSTS],
            Wrongness.ABSENT: [slot for slot in walk.slots if slot.ghost][:MAX_GHOSTS],
        }
        looks = [
            Action(binding, index + (wrongness is Wrongness.ABSENT), wrongness=wrongness)
            for wrongness, slots in kinds.items()
            for index in range(len(slots))
            for binding in self._looks
        ]
        return looks + [Action(binding, owner=owner) for owner in range(len(walk.owners)) for binding in self._lists]

    def _resolve_sessionless(self, walk: Walk, binding: Binding, action: Action, owner: int) -> Call | None:
        """The list or the cleanup that an action is."""
        plain = (Wrongness.NONE, Wrongness.INVALID, Wrongness.NO_CREDENTIALS, Wrongness.WRONG_CREDENTIALS)
        if action.wrongness not in plain:
            return None
        if binding.role is Role.CLEANUP and not self._disposable and not (binding.owner and self.profile.fresh_owners):
            return None  # it would take away what others made
        call = self._call(walk, binding, action, self._owner(walk, owner), None)
        if call is not None and binding.cleaning is not None:
            return replace(call, age=(0.0, OLD * binding.cleaning.unit)[action.body % 2])
        if call is None or binding.role is Role.CLEANUP:
            return call
        page = self._page(walk, binding, action)
        if page is None or page is WHOLE:
            return None if page is None else call
        return replace(call, page=page)

    def _page(self, walk: Walk, binding: Binding, action: Action) -> Page | None:
        """The part of a list that an action asks for; None if there is none."""
        paging, turn = binding.paging, action.session % 3
        filters = self._filters(walk, binding, action.body % FILTERS)
        if turn == 0 or paging is None or not (paging.turns or paging.limit):
            return WHOLE if not filters else Page(filters=filters)
        if turn == 1:
            return Page(limit=SHORT_PAGE, filters=filters)
        return walk.following.get(action.binding)

    def _filters(self, walk: Walk, binding: Binding, number: int) -> tuple[tuple[str, str], ...]:
        """What a list asks of sessions, by number: nothing first, then each status, or a value that was written."""
        if not binding.filters or number == 0:
            return ()
        name = sorted(binding.filters)[number % len(binding.filters)]
        if name == STATUS:
            names = self.profile.lifecycle.names
            return ((name, names[number % len(names)]),) if names else ()
        part, _, inner = name.partition("/")
        values = [resolve(trace.call.attributes.get(part), (inner,)) for trace in walk.traces if trace.call.attributes]
        found = [value for value in values if isinstance(value, str)]
        return ((name, found[number % len(found)]),) if found else ()

    def _resolve_create(self, walk: Walk, binding: Binding, action: Action, owner: int) -> Call | None:
        """The create that an action is."""
        chosen: str | None = None
        if action.wrongness == Wrongness.AWKWARD_ID:
            # Whoever keeps the target must not be left with sessions that nothing can delete.
            if binding.session is None or (leaves_behind(action) and not self._disposable):
                return None
            chosen = self._ids.fresh(binding, self._number) + AWKWARD_IDS[action.body % len(AWKWARD_IDS)]
            if not self._ids.allowed(chosen):
                return None
        elif action.wrongness in (Wrongness.GONE, Wrongness.FOREIGN, Wrongness.DUPLICATE):
            slot = self._pick(walk, action)
            meant = None if slot is None else self._meant_owner(slot, action)
            if slot is None or meant is None or binding.session is None:
                return None
            owner, chosen = meant, slot.id
        elif action.wrongness in (Wrongness.ABSENT, Wrongness.REPEAT, Wrongness.SPLIT, Wrongness.ALMOST):
            return None
        elif binding.session is not None and self._chooses(binding, action):
            chosen = self._ids.fresh(binding, self._number)
        return self._call(walk, binding, action, self._owner(walk, owner), chosen)

    @staticmethod
    def _chooses(binding: Binding, action: Action) -> bool:
        """Whether a create chooses its id; with an awkward value always, so that it can be deleted if it fails."""
        return binding.caller_chooses or action.session % 2 == 1 or action.wrongness == Wrongness.AWKWARD

    def _pick(self, walk: Walk, action: Action) -> Slot | None:
        """The session, made so far, that an action means."""
        if action.wrongness == Wrongness.ABSENT:
            ghosts = [slot for slot in walk.slots if slot.ghost]
            return ghosts[(action.session - 1) % len(ghosts)] if ghosts and action.session else None
        gone = action.wrongness == Wrongness.GONE
        fitting = [slot for slot in walk.slots if not slot.ghost and slot.gone is gone]
        return fitting[action.session % len(fitting)] if fitting else None

    def _absent(self, walk: Walk, binding: Binding) -> str:
        """An id that nobody has, like those that the server hands out."""
        sample = next((slot.id for slot in walk.slots if not slot.ghost), None)
        return self._ids.absent(binding, self._number, sample)

    @staticmethod
    def _almost(walk: Walk, slot: Slot, kind: int) -> Slot | None:
        """A ghost whose id is almost that of a session: it is shorter, longer, or written otherwise."""
        near = (slot.id[:-1], f"{slot.id}0", slot.id.upper())[kind % 3]
        if len(slot.id) < NEAR or slot.id.isdecimal():
            return None
        if kind % 3 == 2 and UUID.fullmatch(slot.id):
            return None  # upper and lower case are the same in a UUID (RFC 9562, section 4)
        known = next((each for each in walk.slots if each.id == near), None)
        if known is None:
            known = Slot(near, slot.owner, ghost=True)
            walk.slots.append(known)
        return known if known.ghost and known.owner == slot.owner else None

    def _call(self, walk: Walk, binding: Binding, action: Action, owner: Owner, session: str | None) -> Call | None:
        """A call with a body from the pool."""
        pool = self._pools[action.binding % len(self.profile.bindings)]
        marker = f"{self._run}-m{self._sent}"
        identity = self._identity(owner, action)
        if identity is None:
            return None
        if action.wrongness == Wrongness.REPEAT:
            before = walk.calls.get(action.binding)
            return replace(before, owner=owner, session=session, identity=identity) if before else None
        parameters: dict[str, str] = {}
        split = self._other(walk, session) if action.wrongness == Wrongness.SPLIT and binding.also else None
        item = self._item(walk, binding, action, owner, session)
        if (action.wrongness == Wrongness.SPLIT and split is None) or (binding.item is not None and item is None):
            return None
        if action.wrongness == Wrongness.AWKWARD:
            awkward = pool.awkward(action.body, marker)
            if awkward is None:
                return None
            text = awkward[1] if binding.message is not None else None
            return Call(binding, owner, session, pool.base, awkward[0], text, identity=identity)
        if action.wrongness == Wrongness.INVALID:
            if not pool.wrongs:
                return None
            body, attributes, variation = pool.invalid(action.body, marker)
            parameters = pool.wrong_parameter(action.body)
        else:
            body, attributes, variation = pool.valid(
                action.body if action.wrongness == Wrongness.NONE else action.body % PLAIN, marker
            )
        expression = binding.session
        if session is None and expression is not None and expression.place == "body" and body is not MISSING:
            body = remove(body, expression.pointer)
        text = pool.text(action.body, marker) if attributes is not None and binding.message is not None else None
        names = self.profile.lifecycle.names
        status = names[action.body % len(names)] if binding.role is Role.TRANSITION and names else None
        status = binding.to or status
        return Call(
            binding,
            owner,
            session,
            body,
            attributes,
            text,
            variation,
            identity,
            split,
            item,
            status,
            parameters=parameters,
        )

    def _item(self, walk: Walk, binding: Binding, action: Action, owner: Owner, session: str | None) -> str | None:
        """The item that a call names: one of its session's, or one that it does not hold; None if there is none."""
        if binding.item is None:
            return None
        number = walk.owners.index(owner)
        slot = next((each for each in walk.slots if each.id == session and each.owner == number), None)
        if action.wrongness != Wrongness.STRAY_ITEM:
            return slot.items[action.body % len(slot.items)] if slot and slot.items else self._ids.item()
        others = [item for each in walk.slots if each is not slot for item in each.items]
        strays = ([self._ids.item()], slot.released if slot else [], others)[action.body % 3]
        return strays[-1] if strays else None

    def _identity(self, owner: Owner, action: Action) -> int | None:
        """Whose credentials a call carries; None if it cannot be made."""
        if action.wrongness in (Wrongness.NO_CREDENTIALS, Wrongness.WRONG_CREDENTIALS):
            if not self.profile.credentials.required:
                return None
            return NOBODY if action.wrongness == Wrongness.NO_CREDENTIALS else STRANGER
        return self.identity(owner)

    def identity(self, owner: Owner) -> int:
        """Whose credentials go with an owner."""
        return self.profile.credentials.identity_of(owner[-1]) if self.profile.by_identity else 0

    @staticmethod
    def _other(walk: Walk, session: str | None) -> str | None:
        """Another live session than one; None if there is none."""
        return next((slot.id for slot in walk.slots if not (slot.ghost or slot.gone) and slot.id != session), None)

    def _meant_owner(self, slot: Slot, action: Action) -> int | None:
        """Under whose name a session is asked for: its owner's, or with FOREIGN another's; None if there is none."""
        if action.wrongness != Wrongness.FOREIGN:
            return slot.owner
        return self._other_owner(slot.owner, action) if self.profile.two_owners else None

    def _other_owner(self, owner: int, action: Action) -> int:
        """Another owner than one: the one that an action means, if it can be that one."""
        meant = action.owner % self.profile.owners
        return meant if meant != owner else 1 - owner if owner < len(OWNERS) else 0

    def _owner(self, walk: Walk, index: int) -> Owner:
        """An owner of this walk: the first, the second, and then those that are the first but for one part."""
        while len(walk.owners) <= index:
            number = len(walk.owners)
            if number < len(OWNERS):
                walk.owners.append(self._made_up(number))
                continue
            first, second = walk.owners[: len(OWNERS)]
            differ = [place for place, part in enumerate(first) if part != second[place]]
            here = differ[number - len(OWNERS)]
            walk.owners.append((*first[:here], second[here], *first[here + 1 :]))
        return walk.owners[index]

    def _made_up(self, number: int) -> Owner:
        """The first or the second owner. Its parts are not alike, so that parts which change places are seen."""
        made = f"{self._run}-{self._number}-{OWNERS[number]}"
        names = (f"{made}{place or ''}" for place in count())
        fixed = enumerate(self.profile.owner)
        parts = tuple(self._ids.part(place, next(names)) if part is None else part for place, part in fixed)
        return (*parts, self.profile.credentials.as_owner(number)) if self.profile.by_identity else parts


def _part(walk: Walk, binding: Binding, action: Action, slot: Slot) -> Page:
    """The part of a history that an action asks for. Where the next one begins is told by the answer, with cursors."""
    paging = binding.paging
    plain = binding.role is Role.HISTORY and action.wrongness == Wrongness.NONE and action.body in PARTS
    if not plain or paging is None or paging.limit is None:
        return WHOLE
    number, before = PARTS.index(action.body), walk.calls.get(action.binding)
    if number == len(PARTS) - 1:
        # Beyond the last of numbered pages many have none, and say so.
        return WHOLE if paging.offset is None else Page(limit=SHORT_PAGE, offset=BEYOND)
    if number and paging.next is not None:
        following = walk.following.get(action.binding) if before and before.session == slot.id else None
        return following or WHOLE
    later = paging.offset is not None or paging.number is not None
    return Page(limit=SHORT_PAGE, offset=SHORT_PAGE * number * later)
