"""What is a draft made of? Tables of keys with their values, the reason for each, and the gaps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.expressions import Json


@dataclass(frozen=True, slots=True)
class Entry:
    """One key and its value. `why` explains it; `gap` is what only its reader can know."""

    key: str
    value: Json
    why: str = ""
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a profile; the top level has no name. `array`: there are several of that name."""

    name: str
    entries: tuple[Entry, ...]
    why: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    array: bool = False

    def value(self, key: str) -> Json:
        """The value of a key; None if it is not there."""
        return next((each.value for each in self.entries if each.key == key), None)

    def without(self, key: str, gap: str) -> Table:
        """The table without a key, and with a gap that says why."""
        kept = tuple(each for each in self.entries if each.key != key)
        return replace(self, entries=kept, gaps=(*self.gaps, gap))


@dataclass(frozen=True, slots=True)
class Draft:
    """A profile to begin with. `notes` say what was left out, and why."""

    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()

    def beside(self, spec: str, gap: str = "") -> Draft:
        """The draft, of a profile from which the spec is found at a path."""
        top = replace(self.tables[0], entries=(*self.tables[0].entries, Entry("spec", spec, gap=gap)))
        return replace(self, tables=(top, *self.tables[1:]))

    @property
    def gaps(self) -> int:
        """How many gaps are marked."""
        return sum(len(each.gaps) + sum(bool(entry.gap) for entry in each.entries) for each in self.tables)
