"""Where does a group of attributes, as it is shown, differ from what is known of it?"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Final

from conformance.calls import Call
from conformance.causes import Cause, Change, refused
from conformance.comparison.blame import (
    blame_others,
    cause_of_leak,
    doubts,
    foreign_author,
    leaked,
    other_writers,
    rewriter,
)
from conformance.comparison.case import Case
from conformance.differences import differences, kinds_at_odds, without_nulls
from conformance.expressions import MISSING, Json, resolve
from conformance.profile import RUNS, Role
from conformance.session import Part, Write
from conformance.step import Outcome
from conformance.values import Awkward, awkwardness, every_kind, same, texts, traits

_WROTE: Final = {Role.CREATE: Cause.CREATE, Role.TRANSITION: Cause.TRANSITION}


def compare_attributes(case: Case, name: str, part: Part, shown: Json) -> None:
    """Compare an attribute group, key by key; if plain members differ, others do not for being awkward."""
    if same(part.value, shown) or _says_nothing(case, part, shown):
        return
    found: list[Change] = []
    # Of a group that is a single value nothing is known before it was written or seen.
    unknown = not part.whole and part.value == {} and not isinstance(shown, dict)
    differing = list(differences(MISSING if unknown else part.value, shown))
    if not differing:
        return
    gone = {key for key, _, got in differing if key is not None and got is MISSING}
    wholly = _lost_wholly(case, part, gone, shown)
    said = [texts(got) for *_, got in differing]
    authors = [foreign_author(case, each) for each in said] if case.world.calls.knows_any(said) else [None] * len(said)
    leaks = [author for author in authors if author is not None]
    for (key, expected, got), author in zip(differing, authors, strict=True):
        place = name if key is None else f"{name}/{key}"
        if key is not None and key.startswith(case.world.profile.session.unstored):
            if got is MISSING:
                continue  # it was kept before, which was told, and is now gone as it should be
            sender = next((write.operation for write in reversed(part.writes) if write.dropped), None)
            case.changes.append(Change(Cause.UNSTORED, name, place, MISSING, got, sender))
            continue
        if not part.whole and expected is MISSING:
            if author is not None:
                leaked(case, name, place, got, author)
            elif (old := part.replaced.get(key or "")) is not None and old == got:
                _brings_back(case, name, place, part, got)
            continue
        leak = author or _sent_elsewhere(case, name, part, key, expected, got, leaks)
        cause, operation = cause_of_leak(case, leak) if leak else _blame(case, part, key, expected, got, key in wholly)
        if cause is not None:
            # What loses plain values as well loses awkward ones, but not for being awkward.
            same_operation = frozenset({operation or ""}) if isinstance(cause, Awkward) else frozenset()
            others = other_writers(part, operation) | same_operation | doubts(case, part, cause, operation)
            found.append(Change(cause, name, place, expected, got, operation, others))

    case.awkward |= {change.cause for change in found if isinstance(change.cause, Awkward)}
    awkward = [change for change in found if isinstance(change.cause, Awkward) or change.cause is Cause.UNTOLD]
    plain = [change for change in found if change not in awkward]
    lost = [change for change in plain if change.expected is not MISSING]
    case.changes.extend(plain if lost or not awkward else awkward)


def _says_nothing(case: Case, part: Part, shown: Json) -> bool:
    """Whether nothing is known of a group that could differ, and nobody else wrote what is shown."""
    if part.whole or part.value != {} or part.replaced or not isinstance(shown, dict):
        return False
    return not case.world.profile.session.unstored and foreign_author(case, texts(shown)) is None


def _lost_wholly(case: Case, part: Part, lost: set[str], shown: Json) -> set[str]:
    """The members that were lost with all else that one write sent, and not for being awkward: nothing awkward is
    in all of them, but for what this API was seen to keep."""
    found: set[str] = set()
    later: set[str] = set()
    for write in reversed(part.writes) if lost else ():
        if not write.accepted or not isinstance(write.sent, dict):
            continue
        own = {key: value for key, value in write.sent.items() if key not in later and value is not None}
        later |= own.keys()
        if own and own.keys() <= lost:
            suspects = frozenset.intersection(*(traits({key: value}) for key, value in own.items()))
            if suspects <= case.world.kept or suspects <= case.world.kept | traits(shown):
                found |= own.keys()
    return found


def _brings_back(case: Case, name: str, place: str, part: Part, got: Json) -> None:
    """Blame a run that may rewrite attributes for a value which an enrichment had replaced: no agent knows it."""
    run = rewriter(part)
    if run is not None:
        change = Change(
            Cause.RUN_BRINGS_BACK, name, place, MISSING, got, run.operation, other_writers(part, run.operation)
        )
        case.changes.append(change)


def _sent_elsewhere(
    case: Case, name: str, part: Part, key: str | None, expected: Json, got: Json, leaks: list[Call]
) -> Call | None:
    """The write to another session that sent a value as it is seen here, though many may send its like: one whose
    own strings leaked with it, or else any since the part was last seen, if here nobody ever wrote such a key."""
    if key is None:
        return None
    calls: Iterable[Call] = leaks
    wrote = any(write.replaces or resolve(write.sent, (key,)) is not MISSING for write in part.writes)
    if expected is MISSING and not wrote and not case.world.recreated(case.key):
        calls = chain(leaks, case.world.calls.elsewhere(case.key, part.moment))
    for call in calls:
        sent = resolve(call.sent.get(name, MISSING), (key,))
        if sent is not MISSING and same(sent, got):
            return call
    return None


def _blame(
    case: Case, part: Part, key: str | None, expected: Json, got: Json, lost: bool = False
) -> tuple[Cause | Awkward | None, str | None]:
    """The cause of one difference in an attribute group, and the operation that is to blame. `lost`: it was lost,
    and not for being awkward."""
    value, stated = got if expected is MISSING else expected, (without_nulls(expected), without_nulls(got))
    if same(*stated):
        return None, None
    found = frozenset() if lost else kinds_at_odds(*stated)
    if not found and awkwardness(value) is Awkward.NULL:
        return None, None  # APIs differ in what they make of nulls
    if key is None and (value != "" or _sender(part, key, Awkward.EMPTY) is None):
        found -= {Awkward.EMPTY}  # a whole group that is empty is plain, but for a text that was just written
    elif not lost and (expected is MISSING or got is MISSING):
        found |= every_kind({key: 0})
    if found:
        if len(found) > 1:
            return Cause.UNTOLD, None  # which of them was too much
        kind = next(iter(found))
        return kind, _sender(part, key, kind)
    for write in reversed(part.writes):
        sent = write.sent if key is None else resolve(write.sent, (key,))
        if sent is MISSING and not (write.replaces and write.accepted):
            continue
        if write.outcome in (Outcome.LOST, Outcome.ODD):
            return None, None
        if write.repeats:
            return Cause.REPEATED, write.operation
        if write.implied:
            continue  # it said nothing of its own, so whatever came after it is to blame first
        if write.accepted and write.role is Role.CREATE and (taken := _refused_since(part, write)):
            return refused(taken), taken.operation
        if write.accepted:
            return _WROTE.get(write.role, Cause.ENRICH), write.operation
        if same(sent, got):
            return refused(write), write.operation
    for write in reversed(part.writes):
        if write.accepted and write.role in RUNS and not write.may_change:
            return Cause.RUN_ATTRIBUTES, write.operation
    for role, cause in ((Role.ENRICH, Cause.ENRICH_REST), (Role.TRANSITION, Cause.TRANSITION_REST)):
        for write in reversed(part.writes):
            if write.accepted and write.role is role and not write.may_change:
                return cause, write.operation
    implied = next((write.operation for write in part.writes if write.implied and write.accepted), None)
    return blame_others(case, part) if implied is None else (Cause.CREATE, implied)


def _sender(part: Part, key: str | None, kind: Awkward) -> str | None:
    """The operation that sent an awkward value: the last one accepted with that very member, or else with its like."""
    writes = [write for write in reversed(part.writes) if kind in write.awkward]
    for write in writes:
        if write.accepted and resolve(write.sent, () if key is None else (key,)) is not MISSING:
            return write.operation
    return writes[0].operation if writes else None


def _refused_since(part: Part, creation: Write) -> Write | None:
    """The last create that was refused because the session was there already, or that found it."""
    later = (each for each in reversed(part.writes) if each.role is Role.CREATE and each.moment > creation.moment)
    return next((each for each in later if each.outcome in (Outcome.REFUSED, Outcome.ACCEPTED)), None)
