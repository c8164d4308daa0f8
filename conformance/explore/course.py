"""What has a walk done so far? Which sessions it made, which ids it made up, and what came of every call."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.explore.actions import Action, Flow, Wrongness
from conformance.expressions import resolve
from conformance.judge import Violation
from conformance.profile import STATUS, Profile, Role
from conformance.step import Outcome, Owner, Page, Step, as_id
from conformance.writer import Call

MAX_ROOM = 2**21
"""So many bytes of larger answers are kept in a walk; of more of them only the beginnings."""


@dataclass(slots=True)
class Slot:
    """A session that a walk made, or an id that it made up (`ghost`), under which there may be one (`doubtful`)."""

    id: str
    owner: int
    gone: bool = False
    ghost: bool = False
    doubtful: bool = False
    items: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Trace:
    """One call of a walk: the action, the call that it was, the step that came of it, and what that breaks.

    Of the step only what a report tells is kept: not what the answer showed, and of a long body the beginning.
    """

    action: Action
    call: Call
    step: Step
    violations: tuple[Violation, ...]


@dataclass(slots=True)
class Walk:
    """A walk as far as it went: in `traces` every call, looks at the end included; in `calls` the last of each
    binding, in `following` the next page of each list. `room` is left for large answers, in bytes."""

    owners: list[Owner] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    calls: dict[int, Call] = field(default_factory=dict)
    following: dict[int, Page | None] = field(default_factory=dict)
    stopped: bool = False
    room: int = MAX_ROOM

    @property
    def performed(self) -> Flow:
        """Every action that became a call: a flow which does the same again without looks at the end."""
        return tuple(trace.action for trace in self.traces)


def settle(profile: Profile, walk: Walk, action: Action, call: Call, step: Step) -> None:
    """Keep track of the sessions that this walk made."""
    role = call.binding.role
    owner = walk.owners.index(call.owner)
    _settle_items(profile, walk, call, step, owner)
    if role is Role.CREATE:
        if step.outcome is Outcome.ACCEPTED and step.created is not None:
            if not any(slot.id == step.created and slot.owner == owner and not slot.gone for slot in walk.slots):
                walk.slots.append(Slot(step.created, owner))
        elif call.session is not None and action.wrongness not in (Wrongness.DUPLICATE, Wrongness.FOREIGN):
            walk.slots.append(Slot(call.session, owner, ghost=True, doubtful=not step.refused))
    elif call.binding.creates and step.accepted:
        for slot in walk.slots:
            if slot.id == call.session and slot.owner == owner:
                slot.ghost = slot.gone = False
    elif role is Role.CLEANUP and step.accepted and not call.age:
        for slot in walk.slots:
            # What is left of these is looked at, and deleted, as if it had to be gone.
            slot.gone = slot.gone or not (slot.ghost or _status(profile, walk, slot) in call.binding.spares)
    elif role is Role.DELETE and step.accepted and not call.binding.releases:
        for slot in walk.slots:
            if slot.id == call.session and slot.owner == owner and not slot.ghost:
                slot.gone = True


def _settle_items(profile: Profile, walk: Walk, call: Call, step: Step, owner: int) -> None:
    """Keep track of the items that calls can name."""
    place = profile.item.id
    if not profile.names_items or not step.accepted or place is None:
        return
    for slot in walk.slots:
        if slot.id == call.session and slot.owner == owner:
            found = (as_id(resolve(each, place)) for each in step.items)
            slot.items += [each for each in found if each is not None]
            if call.binding.releases and call.item in slot.items:
                slot.items.remove(call.item or "")
                slot.released.append(call.item or "")


def _status(profile: Profile, walk: Walk, slot: Slot) -> str | None:
    """The status that a session was given last."""
    for trace in reversed(walk.traces):
        if trace.call.session == slot.id and trace.step.accepted and STATUS in trace.step.sent:
            return str(trace.step.sent[STATUS])
    return profile.lifecycle.initial
