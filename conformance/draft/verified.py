"""Does a draft load? What the loader refuses is taken out, and marked as a gap."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

from conformance.draft.table import Draft
from conformance.draft.writer import render
from conformance.errors import ProfileError
from conformance.expressions import Json
from conformance.profile_file import load

TRIES = 40
"""So many keys are taken out at most."""


def verified(draft: Draft, document: Json) -> Draft:
    """The draft, without what does not load."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        home = Path(folder)
        (home / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
        path = home / "profile.toml"
        for _ in range(TRIES):
            path.write_text(render(draft.beside("openapi.json")), encoding="utf-8")
            try:
                load(path)
            except ProfileError as error:
                draft = _repaired(draft, error, str(path))
                continue
            return draft
    raise ProfileError(
        "no draft could be made that loads", remedy="write the profile by hand: docs/profiles.md says how"
    )


def _repaired(draft: Draft, error: ProfileError, path: str) -> Draft:
    """The draft without the key that an error names, or without its table if it cannot do without that key."""
    place = error.place.removeprefix(path).removeprefix(": ")
    head, _, key = place.partition(".")
    at = _index(draft, head)
    if at is None:
        raise error
    table, gap = draft.tables[at], f"{place}: {error.problem}"
    key = key.partition(".")[0]
    if any(each.key == key for each in table.entries) and key != "operation":
        kept = (*draft.tables[:at], table.without(key, gap), *draft.tables[at + 1 :])
        return replace(draft, tables=kept)
    if table.name == "create":
        raise error
    return replace(draft, tables=(*draft.tables[:at], *draft.tables[at + 1 :]), notes=(*draft.notes, f"TODO: {gap}."))


def _index(draft: Draft, head: str) -> int | None:
    """Which table an error speaks of, as in `create[1]`."""
    name, _, number = head.partition("[")
    found = [at for at, each in enumerate(draft.tables) if each.name == name]
    wanted = int(number.rstrip("]")) if number else 0
    return found[wanted] if wanted < len(found) else None
