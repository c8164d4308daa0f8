"""Which causes were put to the test where nothing differs?"""

from __future__ import annotations

from typing import Final

from conformance.causes import Cause, refused
from conformance.comparison.blame import found, rewriter
from conformance.comparison.case import Case
from conformance.expressions import MISSING
from conformance.profile import HISTORY, RUNS, Role
from conformance.session import Part
from conformance.step import Outcome

_RUN_HISTORY: Final = frozenset({Cause.RUN_APPENDS, Cause.RUN_ANSWER, Cause.RUN_MESSAGE, Cause.RUN_KEEPS})
_RUN_ATTRIBUTES: Final = frozenset({Cause.RUN_ATTRIBUTES})
_ENRICH_HISTORY: Final = frozenset({Cause.ENRICH_HISTORY})
RESTS: Final = frozenset(
    {Cause.ENRICH_REST, Cause.ENRICH_HISTORY, Cause.TRANSITION_REST, *_RUN_HISTORY, *_RUN_ATTRIBUTES}
)
"""What a call did beside what it was asked to do."""
_ELSEWHERE: Final = frozenset({Cause.ELSEWHERE, Cause.LEAK})
_FOREIGN: Final = frozenset({Cause.FOREIGN, Cause.LEAK})


def note_tested(case: Case, name: str, part: Part) -> None:
    """Note every cause that this part, being as expected, speaks for."""
    looked = case.looked
    for write in part.writes:
        if write.dropped and name != HISTORY:
            looked.add(Cause.UNSTORED)
        if not write.accepted:
            if write.outcome is Outcome.REFUSED:
                looked.add(refused(write))
            elif write.outcome is Outcome.FAILED:
                looked.add(Cause.FAILED)
        elif write.speaks and name == HISTORY:
            looked.update(_RUN_HISTORY)
        elif write.role in RUNS:
            looked.update(() if write.may_change else _RUN_ATTRIBUTES)
            looked.update(() if write.sent is MISSING else (Cause.ENRICH,))
            if part.replaced and rewriter(part) is not None:
                looked.add(Cause.RUN_BRINGS_BACK)
        elif write.role is Role.ENRICH:
            looked.update(_ENRICH_HISTORY if name == HISTORY and (part.value or not write.may_change) else ())
            if name != HISTORY and write.sent is MISSING and part.value and not write.may_change:
                looked.add(Cause.ENRICH_REST)
            if name != HISTORY and write.sent is not MISSING:
                looked.add(Cause.REPEATED if write.repeats else Cause.ENRICH)
                case.awkward |= write.awkward
                both = isinstance(part.value, dict) and isinstance(write.sent, dict)
                if both and not part.value.keys() <= write.sent.keys():
                    looked.add(Cause.ENRICH_REST)
        elif write.role is Role.TRANSITION:
            looked.add(Cause.TRANSITION_REST if write.sent is MISSING else Cause.TRANSITION)
        elif found(case, write) and (name == HISTORY or write.sent is MISSING):
            looked.update((Cause.DUPLICATE,) if part.value else ())
        elif write.role is Role.CREATE and name != HISTORY and write.sent:
            looked.add(Cause.CREATE)
            case.awkward |= write.awkward
    if case.echo:
        return
    if part.echo:
        looked.add(Cause.ECHO)
    if case.session.born and case.world.recreated(case.key):
        looked.add(Cause.RECREATED)
    if not part.writes and part.whole:
        looked.add(Cause.READ)
    call = case.world.calls.last_elsewhere(case.key, part.moment)
    if call is not None:
        looked.update(_FOREIGN if call.key[1] == case.key[1] else _ELSEWHERE)
        if call.role is Role.DELETE:
            looked.add(Cause.DELETE_ELSEWHERE)
