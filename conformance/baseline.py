"""What is known to be broken? A file of findings with their reasons, each with the flow that shows it.

An entry hides exactly its signature. It goes stale when its flow no longer shows it, and expires on its date; stale and
expired entries fail a run, so that nothing stays hidden for longer than it is true.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

from conformance.catalogue import catalogue
from conformance.errors import InputError, nearest
from conformance.explore.saved import SavedFlow, from_texts, to_text
from conformance.judge import Signature
from conformance.profile import Profile

F = TypeVar("F")
"""How a flow is kept in memory: as calls, or as what a client is asked."""

_KEYS = {"invariant", "operation", "kind", "reason", "link", "expires", "flow"}


class State(StrEnum):
    """What came of an entry."""

    KNOWN = "known"
    STALE = "stale"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Entry(Generic[F]):
    """One known finding. Without `expires` it holds until it goes stale."""

    signature: Signature
    reason: str
    flow: F
    link: str = ""
    expires: date | None = None

    def expired(self, today: date) -> bool:
        """Whether its date has passed."""
        return self.expires is not None and self.expires < today


def load(path: Path, profile: Profile) -> tuple[Entry[SavedFlow], ...]:
    """Read a baseline; InputError names file, entry and key."""
    return load_with(path, lambda lines, place: from_texts(profile, lines, place))


def load_with(path: Path, read: Callable[[Sequence[str], str], F]) -> tuple[Entry[F], ...]:
    """Read a baseline whose flows are read so: from their texts, with their place for errors."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"cannot be read: {error}", place=str(path)) from error
    known = table.pop("known", [])
    if table or not isinstance(known, list):
        raise InputError("holds something other than [[known]] entries", place=str(path))
    return tuple(_entry(each, read, f"{path}: known[{index}]") for index, each in enumerate(known))


def _entry(table: Any, read: Callable[[Sequence[str], str], F], place: str) -> Entry[F]:
    """One entry, checked."""
    if not isinstance(table, dict):
        raise InputError("is not a table", place=place, remedy="write [[known]]")
    for key in table:
        if key not in _KEYS:
            raise InputError(f"{key!r} is no key of an entry", place=place, remedy=nearest(key, _KEYS))
    for key in ("invariant", "operation", "kind", "reason", "link"):
        value = table.get(key, "" if key == "link" else None)
        if not isinstance(value, str) or (not value.strip() and key != "link"):
            raise InputError(
                f"{key!r} is missing or empty", place=place, remedy="say why it is known" if key == "reason" else ""
            )
    ids = [each.id for each in catalogue(None)]
    if table["invariant"] not in ids:
        name = table["invariant"]
        raise InputError(f"there is no invariant {name!r}", place=place, remedy=nearest(name, ids))
    expires, flow = table.get("expires"), table.get("flow")
    if expires is not None and type(expires) is not date:
        raise InputError("'expires' is not a date", place=place, remedy="write it as in 2030-01-31")
    if not isinstance(flow, list) or not flow or not all(isinstance(line, str) for line in flow):
        raise InputError("'flow' is not an array of JSON texts", place=place)
    return Entry(
        Signature(table["invariant"], table["operation"], table["kind"]),
        table["reason"],
        read(flow, f"{place}: flow"),
        table.get("link", ""),
        expires,
    )


def render(profile: Profile, entries: Iterable[tuple[Signature, SavedFlow]], reason: str = "") -> str:
    """Entries as a file. Without a reason it has to be filled in before the file can be read."""
    texts = ((signature, [to_text(profile, each) for each in flow]) for signature, flow in entries)
    return render_texts(texts, reason)


def render_texts(entries: Iterable[tuple[Signature, Sequence[str]]], reason: str = "") -> str:
    """Entries as a file, their flows as texts."""
    parts = ["# Findings that are known. Each needs its reason; `link` and `expires` (a date) may be added.\n"]
    for signature, flow in entries:
        lines = "".join(f"  '{_literal(each)}',\n" for each in flow)
        parts.append(
            f"\n[[known]]\ninvariant = {json.dumps(signature.invariant)}\n"
            f"operation = {json.dumps(signature.operation)}\nkind = {json.dumps(signature.kind)}\n"
            f"reason = {json.dumps(reason)}\nflow = [\n{lines}]\n"
        )
    return "".join(parts)


def _literal(text: str) -> str:
    """JSON text as it may stand between the single quotes of TOML."""
    return text.replace("'", "\\u0027")
