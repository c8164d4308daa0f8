"""Which operation is to blame for a difference, whatever it is a difference in?"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from conformance.calls import Call
from conformance.causes import Cause, Change, refused
from conformance.comparison.case import Case
from conformance.expressions import MISSING, Json
from conformance.features.names import chooses_ids
from conformance.profile import RUNS, Role
from conformance.session import Part, Write
from conformance.step import Outcome
from conformance.values import Awkward, texts

_BY_OTHERS: Final = frozenset({Cause.ELSEWHERE, Cause.FOREIGN, Cause.DELETE_ELSEWHERE})


def leaked(case: Case, part: str, place: str, got: Json, author: Call) -> None:
    """Report a value that was written to another session, and only there."""
    cause, operation = cause_of_leak(case, author)
    case.changes.append(Change(cause, part, place, MISSING, got, operation))


def cause_of_leak(case: Case, author: Call) -> tuple[Cause, str]:
    """The cause that stands for a value of another session, of another owner's of the same id, or of an earlier
    one. Where nobody chooses ids, an earlier one of the same id is simply another."""
    if author.key == case.key:
        return (Cause.RECREATED if chooses_ids(case.world.profile) else Cause.LEAK), author.operation
    return (Cause.FOREIGN if author.key[1] == case.key[1] else Cause.LEAK), author.operation


def foreign_author(case: Case, said: Collection[str]) -> Call | None:
    """The write to another session that sent a string which is seen here, and which was never sent to this one."""
    born = case.session.born if case.world.recreated(case.key) else 0
    for text, author in case.world.authors(said, case.key, born):
        if text not in _sent_texts(case):
            return author
    return None


def _sent_texts(case: Case) -> set[str]:
    """The strings that the step itself carried."""
    return {text for value in (*case.step.sent.values(), case.step.message) for text in texts(value)}


def blame_others(case: Case, part: Part) -> tuple[Cause | None, str | None]:
    """The cause when no accepted write to this part explains a difference; but a create may have found it."""
    again = next((write for write in reversed(part.writes) if found(case, write)), None)
    if again is not None:
        return Cause.DUPLICATE, again.operation
    settled = [write for write in part.writes if not write.accepted]
    for write in reversed(settled):
        if write.outcome is Outcome.REFUSED:
            return refused(write), write.operation
    if settled:
        failed = all(write.outcome is Outcome.FAILED for write in settled)
        return (Cause.FAILED, settled[-1].operation) if failed else (None, None)
    call = case.world.calls.last_elsewhere(case.key, part.moment)
    if call is not None:
        if call.key[1] == case.key[1]:
            return Cause.FOREIGN, call.operation
        deleted = call.role is Role.DELETE and call.outcome is Outcome.ACCEPTED
        return (Cause.DELETE_ELSEWHERE if deleted else Cause.ELSEWHERE), call.operation
    if case.echo:
        return Cause.CREATE, None
    if case.session.late:
        return None, None
    return (Cause.ECHO if part.echo else Cause.READ), None


def found(case: Case, write: Write) -> bool:
    """Whether a write is an accepted create of the session that was there already."""
    return write.role is Role.CREATE and write.accepted and write.moment > case.session.born


def doubts(case: Case, part: Part, cause: Cause | Awkward, blamed: str | None) -> frozenset[str]:
    """The operations of the other writes to other sessions, where one of these is blamed."""
    if cause not in _BY_OTHERS:
        return frozenset()
    calls = case.world.calls.elsewhere(case.key, part.moment)
    return frozenset(call.operation for call in calls) - {blamed or ""}


def other_writers(part: Part, blamed: str | None) -> frozenset[str]:
    """The operations of the other writes since a part was last seen; its creation aside, which all of them follow."""
    return frozenset(write.operation for write in part.writes if write.role is not Role.CREATE) - {blamed or ""}


def rewriter(part: Part) -> Write | None:
    """The last run that may have rewritten attributes; None as well where an enrichment was not seen before it, since
    that may have been lost."""
    if any(write.accepted and write.role is Role.ENRICH for write in part.writes):
        return None
    runs = (write for write in reversed(part.writes) if write.accepted and write.role in RUNS and write.may_change)
    return next(runs, None)
