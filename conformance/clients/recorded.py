"""What was asked before we came? Asks that a client's own code recorded, each with the session ids that were in play.

One JSON object a line; where its parts stand is said by `[recorded]` of the profile.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from conformance.ask import Ask, Asked, Reply, Verb, decided
from conformance.errors import InputError, ProfileError
from conformance.expressions import MISSING, Json, resolve
from conformance.profile import Profile, Recorded

_GLANCE = 2**20


def holds_asks(profile: Profile, path: Path) -> bool:
    """Whether a file holds asks as the profile has them, and no exchanges: told by its first line."""
    shape = profile.client.recorded
    if shape is None or not path.is_file():
        return False
    with path.open("rb") as file:
        begin = file.read(_GLANCE).removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        found = json.loads(begin.partition(b"\n")[0])
    except (ValueError, RecursionError):
        return False
    if not isinstance(found, dict) or "request" in found:
        return False
    return isinstance(resolve(found, shape.path), str) and isinstance(resolve(found, shape.given), dict)


def read(profile: Profile, path: Path) -> Iterator[Asked]:
    """The asks in a file; InputError names the line and what is wrong with it."""
    try:
        with path.open(encoding="utf-8") as lines:
            yield from asks(profile, lines, str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", place=str(path)) from error


def asks(profile: Profile, lines: Iterable[str], place: str = "recording") -> Iterator[Asked]:
    """The asks in these lines; empty ones hold none."""
    shape = profile.client.recorded
    if shape is None:
        raise ProfileError("does not say how recorded asks are read", place=profile.place, remedy="write [recorded]")
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _asked(profile, shape, line, number, f"{place}:{number}")


def _asked(profile: Profile, shape: Recorded, line: str, number: int, place: str) -> Asked:
    """One line."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON: {error}", place=place) from error
    path, given = resolve(found, shape.path), resolve(found, shape.given)
    if not isinstance(path, str) or not isinstance(given, dict):
        missing = shape.path if not isinstance(path, str) else shape.given
        remedy = "[recorded] of the profile says where it has to be"
        raise InputError(f"nothing of use stands at /{'/'.join(missing)}", place=place, remedy=remedy)
    in_play = {name: _id(each) for name, each in given.items()}
    expected = decided(in_play, profile.client.precedence)
    named = {name: _id(resolve(found, pointer)) for name, pointer in shape.places.items()}
    return Asked(Ask(number, Verb.RUN, path=path, given=in_play, expected=expected), Reply(True), named=named)


def _id(value: Json) -> str | None:
    """A session id; None if there is none."""
    return None if value is MISSING or value is None else str(value)
