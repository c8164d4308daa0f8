"""What came of sending a recording again? Each finding, each answer, and the verdict; as text and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from conformance.catalogue import Level
from conformance.judge import Signature
from conformance.reports.plain import plain

MOST = 40
"""So many kinds of changes at most are told."""
_NUMBER = re.compile(r"/\d+")


class State(StrEnum):
    """What came of a finding."""

    BROKEN = "still broken"
    FIXED = "fixed"
    FLAKY = "flaky"
    NEW = "new"
    NOT_SENT = "not sent"


@dataclass(frozen=True, slots=True)
class Again:
    """A finding that was looked for again: in how many of how many replays it was seen."""

    signature: Signature
    level: Level
    state: State
    seen: int
    replays: int
    flow: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer beside the recorded one. `differences` say how it changed; `left_out` why nothing was sent."""

    number: int
    flow: str
    operation: str
    what: str
    differences: tuple[str, ...] = ()
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay."""

    recording: str
    profile: str
    target: str
    findings: tuple[Again, ...]
    answers: tuple[Answer, ...]
    notes: tuple[str, ...] = ()
    undeleted: tuple[str, ...] = ()
    unreachable: str = ""
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """0 if no MUST is broken any more, 1 if one is, at times or always, 3 if it was interrupted before it was seen
        to the end, 4 if the target was gone."""
        if self.unreachable:
            return 4
        gone = (State.FIXED, State.NOT_SENT)
        broken = any(each.level is Level.MUST and each.state not in gone for each in self.findings)
        return 1 if broken else 3 if self.interrupted else 0

    @property
    def changed(self) -> list[Answer]:
        """The answers that differ."""
        return [each for each in self.answers if each.differences]


def render(replayed: Replayed) -> str:
    """What came of it, for a person."""
    return "".join(f"{plain(line)}\n" for line in _lines(replayed))


def _lines(replayed: Replayed) -> Iterator[str]:
    yield f"{replayed.recording} against {replayed.target}"
    for each in replayed.findings:
        yield f"  {each.state:12} {each.signature} ({each.level}; seen in {each.seen} of {each.replays} replays)"
    sent = [each for each in replayed.answers if not each.left_out]
    yield f"{len(sent) - len(replayed.changed):,} answers are the same, {len(replayed.changed):,} changed"
    alike = _alike(replayed.changed)
    for answer, *others in alike[:MOST]:
        more = f" (and {len(others):,} alike)" if others else ""
        yield f"  {_place(answer)} {answer.what}{more}"
        yield from (f"      {each}" for each in answer.differences)
    if len(alike) > MOST:
        yield f"  … and {sum(map(len, alike[MOST:])):,} more; --report json=FILE has all"
    reasons: dict[str, list[Answer]] = {}
    for answer in replayed.answers:
        if answer.left_out:
            reasons.setdefault(answer.left_out, []).append(answer)
    for reason, left in reasons.items():
        yield f"{len(left):,} not sent: {reason}"
    yield from (f"note: {each}" for each in replayed.notes)
    if replayed.undeleted:
        yield f"{len(replayed.undeleted)} sessions could not be deleted: {', '.join(replayed.undeleted[:20])}"
    if replayed.unreachable:
        yield f"ended: {replayed.unreachable}"
    if replayed.interrupted:
        yield "ended: interrupted"


def _alike(answers: Sequence[Answer]) -> list[list[Answer]]:
    """Answers of one operation that changed in the same ways, whatever the values and positions are."""
    groups: dict[tuple[str, frozenset[str]], list[Answer]] = {}
    for each in answers:
        ways = frozenset(_NUMBER.sub("/*", text.partition(": ")[0]) for text in each.differences)
        groups.setdefault((each.operation, ways), []).append(each)
    return list(groups.values())


def _place(answer: Answer) -> str:
    """Where the recorded answer stands."""
    return f"entry {answer.number}" + (f" of flow {answer.flow}" if answer.flow else "")


def render_json(replayed: Replayed) -> str:
    """What came of it, for a machine."""
    document: dict[str, Any] = {
        "recording": replayed.recording,
        "profile": replayed.profile,
        "target": replayed.target,
        "findings": [
            {
                "invariant": each.signature.invariant,
                "operation": each.signature.operation,
                "kind": each.signature.kind,
                "level": each.level.value,
                "state": each.state.value,
                "seen": each.seen,
                "replays": each.replays,
                "flow": each.flow,
            }
            for each in replayed.findings
        ],
        "answers": [
            {
                "entry": each.number,
                "flow": each.flow,
                "call": each.what,
                "state": "not sent" if each.left_out else "changed" if each.differences else "same",
                "differences": [*each.differences, *([each.left_out] if each.left_out else [])],
            }
            for each in replayed.answers
        ],
        "notes": list(replayed.notes),
        "undeleted": list(replayed.undeleted),
        "unreachable": replayed.unreachable,
        "interrupted": replayed.interrupted,
    }
    return json.dumps(document, indent=2) + "\n"
