"""How is a draft written? TOML with a comment for each guess, and a line with TODO for each gap."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from textwrap import wrap

from conformance.draft.table import Draft, Entry, Table
from conformance.expressions import Json

_BARE = re.compile(r"[A-Za-z0-9_-]+")
WIDTH = 116
"""So long are lines of comments at most."""


def render(draft: Draft, origin: str = "") -> str:
    """The text of a profile. `origin` is where the document came from."""
    top, *rest = draft.tables
    blocks = ["\n".join((*_head(draft, origin), *_entries(top)))]
    blocks += ["\n".join(_table(each)) for each in rest]
    if draft.notes:
        blocks.append("\n".join(line for note in draft.notes for line in _comment(note)))
    return "\n\n".join(blocks) + "\n"


def _head(draft: Draft, origin: str) -> Iterator[str]:
    """What the file is."""
    where = f" from {origin}" if origin else ""
    told = "TODO marks what it does not tell" if draft.gaps else "it leaves no gap"
    yield from _comment(f"A draft, read off the OpenAPI document{where}; {told}. Comments say why.")


def _table(table: Table) -> Iterator[str]:
    """One table."""
    for why in table.why:
        yield from _comment(why)
    for gap in table.gaps:
        yield from _comment(f"TODO: {gap}.")
    yield f"[[{table.name}]]" if table.array else f"[{table.name}]"
    yield from _entries(table)


def _entries(table: Table) -> Iterator[str]:
    """The keys of a table."""
    for entry in table.entries:
        yield from _entry(entry)


def _entry(entry: Entry) -> Iterator[str]:
    """One key, below what is said of it."""
    if entry.why:
        yield from _comment(entry.why)
    if entry.gap:
        yield from _comment(f"TODO: {entry.gap.rstrip('.')}.")
    yield f"{name(entry.key)} = {value(entry.value)}"


def _comment(text: str) -> Iterator[str]:
    """A comment in lines that are not too long; what a spec says cannot end it."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    yield from (f"# {line}" for line in wrap(plain, WIDTH, break_long_words=False, break_on_hyphens=False))


def name(key: str) -> str:
    """A key, quoted where it must be."""
    return key if _BARE.fullmatch(key) else string(key)


def value(found: Json) -> str:
    """A value as TOML writes it."""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, list):
        return f"[{', '.join(map(value, found))}]"
    if isinstance(found, dict):
        return f"{{ {', '.join(f'{name(key)} = {value(each)}' for key, each in found.items())} }}"
    return string(found) if isinstance(found, str) else str(found)


def string(text: str) -> str:
    """A string as TOML writes it: as JSON does, and DEL is escaped too."""
    encodable = text.encode("utf-8", "replace").decode()
    return json.dumps(encodable, ensure_ascii=False).replace("\x7f", "\\u007f")
