"""If a session does not look as expected, which of the writes since it was last seen can have caused it?

`examine` compares what a step shows with what the world expects. Each difference is blamed on exactly one cause, and
each cause that the step put to the test without a difference is reported as looked at. Invariants claim causes. The
order of blame is written down in docs/architecture.md.
"""

from __future__ import annotations

import re
from typing import Final

from conformance.calls import Key
from conformance.causes import NOTHING, Cause, Change, Examination, refused
from conformance.comparison import compare
from conformance.comparison.case import Case
from conformance.model import World
from conformance.profile import STATUS, Role
from conformance.session import Session, Status
from conformance.step import Outcome, Snapshot, Step, holds_nothing
from conformance.values import Awkward

PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_.:~-]+")
_LOOKS_AT_ONE: Final = frozenset({Role.READ, Role.HISTORY})
_TAKES_AWAY: Final = frozenset({Cause.CLEANUP, Cause.FOREIGN, Cause.DELETE_ELSEWHERE})
"""What takes a session away, so that it is shown as one that holds nothing where none is missing."""
_MADE: Final = {
    Role.CREATE: Cause.REFUSED_CREATE,
    Role.RUN: Cause.REFUSED_RUN,
    Role.STREAM: Cause.REFUSED_RUN,
    Role.ENRICH: Cause.REFUSED_ENRICH,
    Role.TRANSITION: Cause.REFUSED_TRANSITION,
}


def examine(world: World, step: Step) -> Examination:
    """Compare every session that a step shows with what the world expects of it."""
    if not step.views and step.role not in _LOOKS_AT_ONE:
        return NOTHING
    changes: list[Change] = []
    looked: set[Cause] = set()
    awkward: set[Awkward] = set()
    if step.role in _LOOKS_AT_ONE:
        _existence(world, step, changes, looked)
        if any(change.kind == "vanished" for change in changes):
            return Examination(tuple(changes))
    elif step.role is Role.LIST:
        _listed_ghosts(world, step, changes)
    for view in step.views:
        session = _expected(world, step, view)
        if session is not None:
            compare(Case(world, step, session, changes, looked, awkward), view)
    if not changes and not looked and not awkward:
        return NOTHING
    return Examination(tuple(changes), frozenset(looked), frozenset(awkward))


def _existence(world: World, step: Step, changes: list[Change], looked: set[Cause]) -> None:
    """Whether a read was answered as the session's existence demands."""
    key = world.named(step)
    if key is None or step.wrong or not (step.accepted or step.says_missing):
        return
    status = world.status(key)
    if status is Status.UNCERTAIN or (status is Status.GONE and step.illegible):
        return  # what cannot be read was not served
    session = world.get(key)
    cause, operation = _presence(world, key, step) if session is None else _absence(world, key, session)
    if session is not None and step.accepted and step.says_missing and cause in _TAKES_AWAY and _holds(session):
        changes.append(Change(cause, "vanished", "", "the session", step.got, operation))
    elif step.accepted is (session is not None) or (session is None and step.says_missing):
        looked.add(cause)
    elif cause is not Cause.FOREIGN_SESSION:
        kind = "served" if session is None else "vanished"
        wanted = "a 'missing session' answer" if session is None else "the session"
        changes.append(Change(cause, kind, "", wanted, step.got, operation))


def _holds(session: Session) -> bool:
    """Whether there should be something in a session."""
    return any(not holds_nothing(part.value) for name, part in session.parts.items() if name != STATUS)


def _listed_ghosts(world: World, step: Step, changes: list[Change]) -> None:
    """Sessions in a list that only a refused call can have made."""
    for view in step.views:
        key = None if view.id is None else world.key(view.owner or step.owner, view.id)
        if key is not None and world.status(key) is Status.ABSENT and world.calls.refused(key):
            cause, operation = _presence(world, key, step)
            changes.append(Change(cause, "served", "", f"no session {view.id!r}", step.got, operation))


def _presence(world: World, key: Key, step: Step) -> tuple[Cause, str | None]:
    """What is to blame if a session is served that should not be there."""
    shown = step.views[0].owner if step.views else None
    if world.elsewhere(key) and (shown is None or shown != step.owner):
        return Cause.FOREIGN_SESSION, None
    if world.status(key) is Status.GONE:
        return (Cause.CLEANED if world.cleaned(key) else Cause.GONE), None
    refused = world.calls.refused(key)
    if refused is not None and refused.role in _MADE:
        return (Cause.UNAUTHORIZED if refused.unauthorized else _MADE[refused.role]), refused.operation
    return Cause.NEVER, None


def _absence(world: World, key: Key, session: Session) -> tuple[Cause, str | None]:
    """What is to blame if a live session is answered as missing."""
    cleanup = world.cleanup_since(max(session.found, session.born))
    if cleanup is not None:
        return Cause.CLEANUP, cleanup.operation
    if not PLAIN_ID.fullmatch(key[1]):
        return Cause.UNREACHABLE, None
    if session.born and session.found <= session.born:
        return Cause.CREATED, None
    for part in reversed(tuple(session.parts.values())):
        for write in reversed(part.writes):
            if write.outcome is Outcome.REFUSED:
                return refused(write), write.operation
    for call in world.calls.elsewhere(key, max(session.found, session.born)):
        if call.key[1] == key[1]:
            return Cause.FOREIGN, call.operation
        if call.role is Role.DELETE and call.outcome is Outcome.ACCEPTED:
            return Cause.DELETE_ELSEWHERE, call.operation
    return Cause.VANISHED, None


def _expected(world: World, step: Step, view: Snapshot) -> Session | None:
    """The session as it should look in this step's answer; None if nothing is expected."""
    if step.role is Role.CREATE:
        if (there := world.found(step)) is not None:
            return world.after(step, there, world.clock + 1)
        if step.created is None or world.older(step):
            return None
        return world.born(step, step.created, world.clock + 1)
    if step.role is Role.LIST:
        return None if view.id is None else world.get(world.key(view.owner or step.owner, view.id))
    session = world.get(world.named(step))
    if session is not None and not step.reads:
        return world.after(step, session, world.clock + 1)
    return session
