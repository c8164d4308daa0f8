"""Where does a view differ from what is known of the session, and which write is to blame for it?"""

from __future__ import annotations

from conformance.causes import Cause, Change
from conformance.comparison.attributes import compare_attributes
from conformance.comparison.case import Case
from conformance.comparison.history import compare_history
from conformance.comparison.tested import RESTS, note_tested
from conformance.expressions import Json
from conformance.profile import HISTORY, Role
from conformance.session import Part
from conformance.step import Snapshot
from conformance.values import awkwardness, same


def compare(case: Case, view: Snapshot) -> None:
    """Compare each part that a view shows."""
    listed = case.step.role is Role.LIST and Role.READ in case.world.profile.roles
    for name, shown in view.parts.items():
        part = case.session.parts.get(name)
        if part is None:
            continue
        if listed:
            _compare_listed(case, name, part, shown)
            continue
        found = len(case.changes)
        if name == HISTORY:
            if isinstance(shown, list):
                compare_history(case, part, shown)
        else:
            compare_attributes(case, name, part, shown)
        if not case.session.certain:
            case.changes[found:] = [change for change in case.changes[found:] if _is_sure(case, change)]
        if len(case.changes) == found:
            note_tested(case, name, part)


def _is_sure(case: Case, change: Change) -> bool:
    """Whether a difference tells something although a failed or lost call left open what is there.

    An answer must show what its own call wrote. A read settles all: only an answered failure can be blamed then;
    and if the creation was seen, and so every write since, whoever wrote what nobody wrote here.
    """
    if case.echo:
        return change.cause not in RESTS
    return change.cause is Cause.FAILED or (change.cause is Cause.LEAK and case.session.born > 0)


def _compare_listed(case: Case, name: str, part: Part, shown: Json) -> None:
    """A list must agree with the last read, if nothing was written since then."""
    if not part.whole or part.writes or case.world.calls.last_elsewhere(case.key, part.moment):
        return
    if same(part.value, shown):
        case.looked.add(Cause.LIST)
    elif awkwardness(part.value) is None:
        case.changes.append(Change(Cause.LIST, name, name, part.value, shown, None))
