"""What was recorded? One reader interface for every kind of file: entries one by one, with their place and flow.

A recording is read as a stream and never held as a whole. Nothing in it is ever executed, and everything is bounded: an
entry, a line, a nesting. What cannot be read is an `InputError` that names the file and the entry.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from mypy_extensions import mypyc_attr

from conformance.errors import InputError
from conformance.exchange import Exchange
from conformance.expressions import Json
from conformance.records import Record

MAX_ENTRY: Final = 2**23
"""So many bytes at most one entry, or one line, may have."""


@mypyc_attr(acyclic=True)
class Entry(Record):
    """One recorded exchange: where it stands in its file, counted from 1, and which flow it belongs to.

    Entries of one flow share what is known of sessions. A file that keeps no flows apart is one flow, with no name.
    """

    __slots__ = ("exchange", "flow", "number")

    def __init__(self, number: int, flow: str, exchange: Exchange) -> None:
        self.number: Final = number
        self.flow: Final = flow
        self.exchange: Final = exchange


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding that a recording was kept for: its signature, and the flow that shows it."""

    invariant: str
    operation: str
    kind: str
    flow: str


@dataclass(slots=True)
class About:
    """What a recording says of itself; nothing, if it was not made by us.

    `profile` is the name, `spec` and `binding` are digests of the document and of the profile. `base` is what stands
    before each path in the URLs. `closed`: each flow begins with owners that had no sessions. `findings` stand at the
    end of a file: they are known when all entries were read.
    """

    profile: str = ""
    spec: str = ""
    binding: str = ""
    version: str = ""
    base: str = ""
    target: str = ""
    seed: int | None = None
    closed: bool = False
    values: Mapping[str, Json] = field(default_factory=dict)
    findings: list[Shown] = field(default_factory=list)


class Recording(Protocol):
    """A file of entries. `about` is complete once all entries have been read; they can be read several times."""

    path: Path
    about: About

    def entries(self) -> Generator[Entry, None, None]:
        """The entries in the order of the file; InputError where it cannot be read any further."""
        ...


def read_about(recording: Recording) -> About:
    """What a recording says of itself before its first entry."""
    with closing(recording.entries()) as entries:
        next(entries, None)
    return recording.about


Kinds = Mapping[str, Callable[[Json], Exchange | None]]
"""How entries that are no HTTP exchanges are read as such, by the kind that they name; None: not to be judged."""


def fault(path: Path, problem: str, entry: int = 0, line: int = 0, remedy: str = "") -> InputError:
    """What is wrong with a recording, and where."""
    where = [f"entry {entry}"] if entry else []
    where += [f"line {line}"] if line else []
    place = f"{path}: {', '.join(where)}" if where else str(path)
    return InputError(problem, place=place, remedy=remedy)
