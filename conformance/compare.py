"""What has changed since the last time? Two reports, or two recordings, outcome by outcome."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.check import check
from conformance.checking import Options
from conformance.errors import InputError
from conformance.expressions import Json
from conformance.profile import Profile
from conformance.recordings import read_about
from conformance.recordings.opening import open_recording
from conformance.reports import json as json_report

MAX_REPORT = 2**28
"""A report of more bytes is not read."""
ENOUGH = 20
"""Of fewer answers it is not said that they have become slower."""
_BROKEN = ("broken", "known")
_TESTED = ("held", *_BROKEN)


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding: its level, whether it stood first in its flow, and whether the baseline knows it."""

    level: str
    primary: bool = True
    known: bool = False


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of a run or a recording: outcome and level of each invariant, signatures that were found, latencies."""

    place: str
    profile: str
    invariants: Mapping[str, tuple[str, str]]
    findings: Mapping[tuple[str, str, str], Seen]
    latencies: Mapping[str, tuple[int, float, float]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was; `regression` says whether it is worse."""

    what: str
    about: str
    said: str
    regression: bool = False


@dataclass(slots=True)
class Comparison:
    """All that changed."""

    old: str
    new: str
    changes: list[Change] = field(default_factory=list)
    latencies: list[tuple[str, tuple[int, float, float] | None, tuple[int, float, float] | None]] = field(
        default_factory=list
    )
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 if anything is worse than it was, else 0."""
        return int(any(each.regression for each in self.changes))


def profile_named(path: Path) -> str:
    """The profile that a report or a recording names; empty if it names none."""
    document = _report(path)
    if document is not None:
        return str(document.get("profile", ""))
    return read_about(open_recording(path)).profile


def outcomes(path: Path, profile: Callable[[], Profile], options: Options | None = None) -> Outcomes:
    """What came of a report, or of a recording, which is judged now by the profile."""
    document = _report(path)
    notes: tuple[str, ...] = ()
    if document is None:
        made, _ = check(profile(), [path], options)
        document, notes = json_report.document(made), made.notes
    elif document.get("verdict") == "unreachable":
        notes = (f"{path}: there was nothing to be judged: {document.get('stopped')}",)
    try:
        return Outcomes(
            str(path),
            document["profile"],
            {each["id"]: (each["outcome"], each["level"]) for each in document["invariants"]},
            {
                (each["invariant"], each["operation"], each["kind"]): Seen(
                    each["level"], each["primary"], each["known"] is not None
                )
                for each in document["findings"]
            },
            {role: (each["count"], each["p50"], each["p95"]) for role, each in document.get("latencies", {}).items()},
            notes,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"is no report: {error!r} is missing or wrong", place=str(path)) from error


def _report(path: Path) -> dict[str, Any] | None:
    """The JSON report in a file; None if it holds something else."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_REPORT:
            return None
        with path.open("rb") as file:
            if b'"verdict"' not in file.read(4_096):
                return None
        document: Json = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and "invariants" in document else None


def compared(old: Outcomes, new: Outcomes, slower: float | None = None) -> Comparison:
    """What changed from one to the other. With `slower`, it is worse if 95 of 100 answers to a role take so many times
    as long. InputError: they are of different profiles, or of a server and a client."""
    if old.profile != new.profile:
        problem = f"is of the profile {new.profile!r}, and {old.place} of {old.profile!r}"
        raise InputError(problem, place=new.place, remedy="compare reports of one profile")
    if old.invariants and new.invariants and not old.invariants.keys() & new.invariants.keys():
        problem = f"was asked nothing that {old.place} was asked: they have no invariant in common"
        raise InputError(problem, place=new.place, remedy="compare two reports on servers, or two on clients")
    found = Comparison(old.place, new.place, notes=(*old.notes, *new.notes))
    found.changes += _invariants(old, new)
    found.changes += _findings(old, new)
    for role in sorted({*old.latencies, *new.latencies}):
        before, after = old.latencies.get(role), new.latencies.get(role)
        found.latencies.append((role, before, after))
        if slower and before and after and min(before[0], after[0]) >= ENOUGH and after[2] > before[2] * slower:
            said = f"95 of 100 within {_time(after[2])} instead of {_time(before[2])}"
            found.changes.append(Change("slower", role, said, regression=True))
    return found


def _invariants(old: Outcomes, new: Outcomes) -> Iterator[Change]:
    """What changed of each invariant."""
    for each in [*old.invariants, *(name for name in new.invariants if name not in old.invariants)]:
        before, _ = old.invariants.get(each, ("not there", ""))
        after, level = new.invariants.get(each, ("not there", old.invariants.get(each, ("", ""))[1]))
        said = f"{level}: {before} → {after}"
        if before == after:
            continue
        if {before, after} == {"broken", "known"}:
            # The findings tell whether it is broken in another way, or only the baseline is another one.
            worse = after == "broken" and not any(signature[0] == each for signature in new.findings)
            yield Change("broke" if worse else "changed", each, said, regression=worse)
        elif after == "broken":
            yield Change("broke", each, said, regression=True)
        elif before in _TESTED and after not in _TESTED:
            yield Change("no longer tested", each, said, regression=level == "MUST" and after != "not-applicable")
        elif before in _BROKEN:
            yield Change("mended", each, said)
        elif after in _TESTED and before not in _TESTED:
            yield Change("new", each, said)
        else:
            yield Change("changed", each, said)


def _findings(old: Outcomes, new: Outcomes) -> Iterator[Change]:
    """Which findings came and went, where the invariant was broken before and still is. What follows from something
    else in one of them, or is known to its baseline, was there all the same."""
    for signature, seen in new.findings.items():
        was = old.invariants.get(signature[0], ("", ""))[0]
        if seen.primary and signature not in old.findings and was in _BROKEN:
            said = f"{seen.level}: broken in another way" + (", which the baseline knows" if seen.known else "")
            yield Change("changed" if seen.known else "broke", " · ".join(signature), said, regression=not seen.known)
    for signature, seen in old.findings.items():
        still = new.invariants.get(signature[0], ("", ""))[0]
        if seen.primary and signature not in new.findings and still in _BROKEN:
            yield Change("mended", " · ".join(signature), f"{seen.level}: not broken in this way any more")


def render(comparison: Comparison) -> str:
    """What changed, for a person."""
    lines = [f"{comparison.old} → {comparison.new}"]
    for what in ("broke", "slower", "no longer tested", "mended", "new", "changed"):
        here = [each for each in comparison.changes if each.what == what]
        lines += [f"{what} ({len(here)})"] if here else []
        lines += [f"  {each.about}  {each.said}" for each in here]
    if not comparison.changes:
        lines.append("nothing changed")
    for role, before, after in comparison.latencies:
        lines.append(f"  {role:10} half {_pair(before, after, 1)}, 95 of 100 {_pair(before, after, 2)}")
    worse = sum(each.regression for each in comparison.changes)
    lines += [f"note: {each}" for each in comparison.notes]
    lines.append(f"{worse} regression{'' if worse == 1 else 's'}")
    return "\n".join(lines) + "\n"


def _pair(before: tuple[int, float, float] | None, after: tuple[int, float, float] | None, index: int) -> str:
    """A time then and now."""
    return " → ".join("-" if each is None else _time(each[index]) for each in (before, after))


def _time(seconds: float) -> str:
    """Seconds in the unit that fits."""
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def render_json(comparison: Comparison) -> str:
    """What changed, for a machine."""
    document = {
        "old": comparison.old,
        "new": comparison.new,
        "regressions": sum(each.regression for each in comparison.changes),
        "changes": [
            {"what": each.what, "about": each.about, "said": each.said, "regression": each.regression}
            for each in comparison.changes
        ],
        "latencies": {
            role: {
                name: None if each is None else {"count": each[0], "p50": each[1], "p95": each[2]}
                for name, each in (("old", before), ("new", after))
            }
            for role, before, after in comparison.latencies
        },
    }
    return json.dumps(document, indent=2) + "\n"
