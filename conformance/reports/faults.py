"""Which invariants caught which faults? The kill matrix, for people and for machines."""

from __future__ import annotations

import json

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from conformance.reports import Matrix
from conformance.reports.terminal import shown


def render(matrix: Matrix) -> RenderableType:
    """The matrix as a table."""
    table = Table(title=shown(f"\n{matrix.title} · faults", "bold"), title_justify="left", box=None)
    table.add_column("")
    table.add_column("fault", overflow="fold")
    table.add_column("caught by", overflow="fold")
    table.add_column("requests", justify="right")
    table.add_column("seconds", justify="right")
    for kill in matrix.kills:
        caught = kill.requests is not None
        names = Text("\n").join(Text(name, "bold" if name in kill.breaks else "dim") for name in kill.caught_by)
        table.add_row(
            Text("✓", "green") if caught else Text("✗", "bold red"),
            kill.fault,
            names if kill.caught_by else Text(f"nothing; expected {', '.join(sorted(kill.breaks))}", "bold red"),
            f"{kill.requests:,}" if kill.requests is not None else "-",
            f"{kill.seconds:.2f}" if kill.seconds is not None else "-",
        )
    missed = sum(kill.requests is None for kill in matrix.kills)
    text = Text("\n")
    text.append(
        f"{len(matrix.kills) - missed} of {len(matrix.kills)} faults caught", "bold red" if missed else "bold green"
    )
    alarms = f"{len(matrix.alarms)} alarms" if matrix.alarms else "no alarm"
    text.append(
        f" · {alarms} on the correct fake in {matrix.exchanges:,} exchanges", "bold red" if matrix.alarms else ""
    )
    text.append(f"\n{matrix.seconds:.1f} s, seed {matrix.seed}", "dim")
    return Group(table, *(shown(f"false alarm: {alarm}", "red") for alarm in matrix.alarms), text)


def render_json(matrix: Matrix) -> str:
    """The matrix as a JSON document."""
    document = {
        "profile": matrix.profile,
        "seed": matrix.seed,
        "exchanges": matrix.exchanges,
        "alarms": list(matrix.alarms),
        "faults": [
            {
                "name": kill.fault,
                "breaks": sorted(kill.breaks),
                "caught_by": list(kill.caught_by),
                "requests": kill.requests,
                "seconds": kill.seconds,
            }
            for kill in matrix.kills
        ],
    }
    return json.dumps(document, indent=2) + "\n"
