"""Filling the gaps of a draft, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping


def filled(text: str, values: Mapping[str, str]) -> str:
    """A draft with the lines of some keys written anew; each of them has to stand right below a TODO."""
    lines, left, marked = [], dict(values), False
    for line in text.splitlines():
        key = line.partition(" = ")[0]
        if marked and key in left:
            line = f"{key} = {left.pop(key)}"
        marked = line.startswith("#") and (marked or line.startswith("# TODO:"))
        lines.append(line)
    assert not left, f"no gap is marked for {', '.join(left)}"
    return "\n".join(lines) + "\n"
