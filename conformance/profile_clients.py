"""What does a profile say of the programs that call its API?"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from conformance.errors import nearest
from conformance.expressions import Json
from conformance.profile import Client, Recorded
from conformance.profile_keys import Keys

CLIENT_KEYS: dict[str, frozenset[str]] = {
    "client": frozenset({"base_url", "environment", "precedence", "beside"}),
    "recorded": frozenset({"path", "given", "places"}),
}
"""The keys that the tables on clients can have."""
_ORIGINS = Client().precedence


def client(keys: Keys, values: Mapping[str, Json], secrets: Collection[str]) -> Client:
    """What a program is told by its environment, and which session id it has to take."""
    table = keys.table_of("client", CLIENT_KEYS["client"])
    named = table.get("base_url", [])
    recorded = _recorded(keys)
    return Client(
        base_url=tuple(keys.texts("client.base_url", [named] if isinstance(named, str) else named)),
        environment=_environment(keys, table.get("environment", {}), {"base_url", *values, *secrets}),
        precedence=_precedence(keys, table.get("precedence", list(_ORIGINS)), any_name=recorded is not None),
        beside=_beside(keys, table.get("beside", [])),
        recorded=recorded,
    )


def _environment(keys: Keys, table: Any, known: Collection[str]) -> dict[str, str]:
    """Further variables; what they are filled with is known."""
    if not isinstance(table, dict):
        raise keys.fail("client.environment", "is not a table", 'write { NAME = "value" }')
    found = {name: keys.text(f"client.environment.{name}", text) for name, text in table.items()}
    for name, text in found.items():
        for inner in re.findall(r"\$\{(\w+)\}", text):
            if inner not in known:
                raise keys.fail(f"client.environment.{name}", f"there is no ${{{inner}}}", nearest(inner, known))
    return found


def _precedence(keys: Keys, value: Any, *, any_name: bool) -> tuple[str, ...]:
    """Where ids come from, the strongest first; recorded asks have names of their own for that."""
    names = keys.texts("client.precedence", value)
    for name in names:
        if not any_name and name not in _ORIGINS:
            raise keys.fail("client.precedence", f"ids do not come from {name!r}", nearest(name, _ORIGINS))
    if not names or len(set(names)) < len(names):
        raise keys.fail("client.precedence", "is empty, or names something twice", f"write {list(_ORIGINS)}")
    return tuple(names)


def _beside(keys: Keys, value: Any) -> tuple[str, ...]:
    """The beginnings of paths that are of something else; "/" would be all of them."""
    found = keys.texts("client.beside", value)
    for each in found:
        if not each.startswith("/") or each == "/":
            raise keys.fail("client.beside", f"{each!r} is no beginning of a path", 'write it as in "/telemetry/"')
    return tuple(found)


def _recorded(keys: Keys) -> Recorded | None:
    """Where the parts of recorded asks stand."""
    table = keys.table_of("recorded", CLIENT_KEYS["recorded"])
    if not table:
        return None
    places = table.get("places", {})
    if not isinstance(places, dict) or not places:
        remedy = 'write { payload = "/payload/session_id" }'
        raise keys.fail("recorded.places", "names no place of a session", remedy)
    return Recorded(
        keys.pointer("recorded.path", table.get("path", "/path")),
        keys.pointer("recorded.given", table.get("given", "/given")),
        {name: keys.pointer(f"recorded.places.{name}", text) for name, text in places.items()},
    )
