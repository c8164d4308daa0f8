"""Who can be to blame, if a session does not look as expected?"""

from __future__ import annotations

from enum import Enum
from typing import Final

from mypy_extensions import mypyc_attr

from conformance.expressions import Json
from conformance.profile import Role
from conformance.records import Record
from conformance.session import Write
from conformance.step import Outcome
from conformance.values import Awkward


class Cause(Enum):
    """What can make a session look other than expected."""

    # Sets of causes are made at every step, and the hash of an Enum is slow.
    __hash__ = object.__hash__

    CREATE = "what was given at creation"
    ENRICH = "what an enrichment wrote"
    ENRICH_REST = "what an enrichment should have kept"
    ENRICH_HISTORY = "an enrichment touched the history"
    TRANSITION = "what a transition wrote"
    TRANSITION_REST = "a transition touched more than the status"
    RUN_APPENDS = "a run should have appended"
    RUN_ANSWER = "the answer of a run should stand in the history"
    RUN_MESSAGE = "the message of a run should stand in the history"
    RUN_KEEPS = "a run should have kept earlier items"
    RUN_ATTRIBUTES = "a run should have left these attributes alone"
    RUN_BRINGS_BACK = "a run brought back what an enrichment replaced"
    DUPLICATE = "a refused create touched the session that has the id"
    REFUSED_RUN = "a refused run left a trace"
    REFUSED_ENRICH = "a refused enrichment left a trace"
    REFUSED_TRANSITION = "a refused transition left a trace"
    REFUSED_DELETE = "a refused delete left a trace"
    UNAUTHORIZED = "a call without valid credentials left a trace"
    CLEANUP = "a cleanup removed a session that it should spare"
    CLEANED = "a session that a cleanup should have removed"
    FAILED = "a call answered with a server error was applied"
    FOREIGN = "a call of another owner"
    DELETE_ELSEWHERE = "a delete of another session"
    ELSEWHERE = "a write to another session"
    LEAK = "a value that was written to another session"
    READ = "nothing but reading"
    LIST = "the list shows another state than the read"
    GONE = "a deleted session"
    NEVER = "a session that never existed"
    FOREIGN_SESSION = "a session of another owner"
    REFUSED_CREATE = "a refused create made a session"
    CREATED = "a session that was created and never seen since"
    VANISHED = "a live session"
    UNREACHABLE = "a session under an awkward id that was accepted"
    ECHO = "what the answer of a write showed beside what it was given"
    REPEATED = "an enrichment that wrote what was there already"
    UNSTORED = "an attribute that is not to be kept"
    RECREATED = "what was written to a deleted session of the same id"
    UNTOLD = "one of several kinds of awkward values, nobody can tell which"


@mypyc_attr(acyclic=True)
class Change(Record):
    """One difference between what was expected of a session and what was seen, and what is to blame for it.

    `others` are the operations that may be to blame as well: their writes were not seen apart from the blamed one.
    `hint` is what else may explain it: a profile that says too little.
    """

    __slots__ = ("cause", "expected", "got", "hint", "kind", "operation", "others", "place")

    def __init__(
        self,
        cause: Cause | Awkward,
        kind: str,
        place: str,
        expected: Json,
        got: Json,
        operation: str | None,
        others: frozenset[str] = frozenset(),
        hint: str = "",
    ) -> None:
        self.cause: Final = cause
        self.kind: Final = kind
        self.place: Final = place
        self.expected: Final = expected
        self.got: Final = got
        self.operation: Final = operation
        self.others: Final = others
        self.hint: Final = hint


@mypyc_attr(acyclic=True)
class Examination(Record):
    """What came of comparing a step with the world: the differences, and the causes that were put to the test.

    `awkward` are the kinds of awkward values that were looked for, found or not.
    """

    __slots__ = ("awkward", "changes", "looked")

    def __init__(
        self,
        changes: tuple[Change, ...] = (),
        looked: frozenset[Cause] = frozenset(),
        awkward: frozenset[Awkward] = frozenset(),
    ) -> None:
        self.changes: Final = changes
        self.looked: Final = looked
        self.awkward: Final = awkward


NOTHING: Final = Examination()
_REFUSED: Final = {
    Role.CREATE: Cause.DUPLICATE,
    Role.RUN: Cause.REFUSED_RUN,
    Role.STREAM: Cause.REFUSED_RUN,
    Role.ENRICH: Cause.REFUSED_ENRICH,
    Role.TRANSITION: Cause.REFUSED_TRANSITION,
    Role.DELETE: Cause.REFUSED_DELETE,
}


def refused(write: Write) -> Cause:
    """The cause that stands for a write which was not accepted."""
    if write.outcome is Outcome.FAILED:
        return Cause.FAILED
    return Cause.UNAUTHORIZED if write.unauthorized else _REFUSED[write.role]
