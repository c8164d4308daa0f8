"""How do several clients compare? A table, version beside version, and where their traffic differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Protocol

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance.reports import InvariantOutcome, Report, Row
from conformance.reports.json import document
from conformance.reports.terminal import LOOK, shown

WAYS = 8
"""Of asks that differ in the same way, so many are named."""


class Differing(Protocol):
    """One ask that two clients carry out otherwise."""

    @property
    def before(self) -> tuple[str, ...]: ...

    @property
    def asked(self) -> str: ...

    @property
    def first(self) -> tuple[str, ...]: ...

    @property
    def second(self) -> tuple[str, ...]: ...

    @property
    def alike(self) -> tuple[str, ...]: ...


def table(reports: Sequence[Report]) -> Table:
    """Every invariant with its outcome for each client; what changed from one to the next is marked."""
    found = Table(title=shown(f"\n{reports[0].title}", "bold"), title_justify="left", box=None)
    found.add_column("invariant", overflow="fold")
    for report in reports:
        found.add_column(report.target)
    found.add_column("")
    for rows in zip(*(report.rows for report in reports), strict=True):
        kinds = [_kinds(report, row) for report, row in zip(reports, rows, strict=True)]
        outcomes = [_outcome(row, len(kind)) for row, kind in zip(rows, kinds, strict=True)]
        changed = len({(row.outcome, tuple(kind)) for row, kind in zip(rows, kinds, strict=True)}) > 1
        found.add_row(rows[0].id, *outcomes, Text("changed", "yellow") if changed else "")
    found.add_row("")
    found.add_row("verdict", *(shown(report.verdict.value, "bold") for report in reports))
    return found


def _kinds(report: Report, row: Row) -> list[str]:
    """In which ways an invariant is broken."""
    mine = (each.signature for each in report.findings if each.signature.invariant == row.id and not each.known)
    return sorted(f"{each.operation} · {each.kind}" for each in mine)


def _outcome(row: Row, kinds: int) -> Text:
    """One cell."""
    mark, style = LOOK[row.outcome]
    ways = f" in {kinds} ways" if row.outcome is InvariantOutcome.BROKEN and kinds > 1 else ""
    return Text(f"{mark} {row.outcome.value}{ways}", style)


def differences(first: str, second: str, found: Sequence[Differing]) -> Group:
    """Where two clients send or tell something else when they are asked for the same."""
    return Group(*_differences(first, second, found))


def _differences(first: str, second: str, found: Sequence[Differing]) -> Iterator[RenderableType]:
    yield shown(f"\n{second} beside {first}: {len(found) or 'no'} difference{'' if len(found) == 1 else 's'}", "bold")
    for number, each in enumerate(found, 1):
        yield shown(f"\n{number}. {each.asked}")
        if each.before:
            yield Padding(shown(f"after {', then '.join(each.before)}", "dim"), (0, 3))
        for name, lines, style in ((first, each.first, "red"), (second, each.second, "green")):
            yield Padding(shown(f"{name}:", style), (0, 3))
            for line in lines:
                yield Padding(shown(line if len(line) <= 400 else line[:400] + "…", "dim"), (0, 6))
        if each.alike:
            ways = list(dict.fromkeys(each.alike))
            more = f"; and {len(ways) - WAYS} more" if len(ways) > WAYS else ""
            yield Padding(shown(f"so do {len(each.alike)} more: {'; '.join(ways[:WAYS])}{more}"), (0, 3))


def render_json(reports: Sequence[Report]) -> str:
    """The reports as one JSON document: an object by the names of the clients."""
    return json.dumps({report.target: document(report) for report in reports}, indent=2) + "\n"
