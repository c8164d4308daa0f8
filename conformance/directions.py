"""What do requests and answers share? A schema that both name is two: members that are read only are not asked of who
sends it, nor those that are write only of who answers (OpenAPI 3.1, as JSON Schema 2020-12 has it)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from conformance.expressions import Json

_SCHEMAS = "#/components/schemas/"
_DATA = frozenset({"example", "examples", "default", "enum", "const"})
"""Keywords that hold values, and no schemas."""
_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
"""Keywords that hold schemas by name."""


def one_way(document: dict[str, Any]) -> dict[str, Any]:
    """The document, in which bodies of requests and of answers have schemas of their own where they differ."""
    for keyword, prefix, holders in (("readOnly", "Sent", _SENT), ("writeOnly", "Shown", _SHOWN)):
        if _says(document, keyword, set()):
            document = _Direction(document, keyword, prefix).turned(holders)
    return document


_SENT = ("requestBody", "requestBodies")
_SHOWN = ("responses",)


class _Direction:
    """Takes out of bodies that go one way what only goes the other."""

    def __init__(self, document: dict[str, Any], keyword: str, prefix: str) -> None:
        self._document = document
        self._keyword = keyword
        self._prefix = prefix
        components = document.get("components")
        found = components.get("schemas") if isinstance(components, dict) else None
        self._schemas: dict[str, Json] = found if isinstance(found, dict) else {}
        self._affected = self._reached()

    def turned(self, holders: Collection[str]) -> dict[str, Any]:
        """The document with the bodies that stand under some keys rewritten."""
        turned: dict[str, Any] = self._bodies(self._document, holders)
        if self._affected:
            named = {f"{self._prefix}{name}": self._schema(self._schemas[name]) for name in sorted(self._affected)}
            components = turned["components"]
            turned = {**turned, "components": {**components, "schemas": {**components["schemas"], **named}}}
        return turned

    def _reached(self) -> set[str]:
        """The schemas that hold such a member, themselves or by way of others."""
        reached = {name for name, schema in self._schemas.items() if self._holds(schema)}
        names = {name: set(_names(schema)) for name, schema in self._schemas.items()}
        while more := {name for name, named in names.items() if named & reached} - reached:
            reached |= more
        return reached

    def _holds(self, node: Json) -> bool:
        """Whether something in a schema goes one way alone."""
        if isinstance(node, dict):
            return node.get(self._keyword) is True or any(map(self._holds, node.values()))
        return isinstance(node, list) and any(map(self._holds, node))

    def _bodies(self, node: Any, holders: Collection[str], inside: bool = False) -> Any:
        """A part of the document outside of schemas, with those in bodies rewritten; what does not change is shared."""
        if isinstance(node, list):
            return [self._bodies(each, holders, inside) for each in node]
        if not isinstance(node, dict):
            return node
        return {
            name: self._schema(each)
            if inside and name == "schema"
            else each
            if name in _DATA or name == "schemas"
            else self._bodies(each, holders, inside or name in holders)
            for name, each in node.items()
        }

    def _schema(self, node: Json, names: bool = False) -> Json:
        """A schema without demands on what goes the other way; `names`: an object of schemas by name."""
        if isinstance(node, list):
            return [self._schema(each) for each in node]
        if not isinstance(node, dict):
            return node
        if names:
            return {name: self._member(each) for name, each in node.items()}
        found = {
            name: each if name in _DATA else self._schema(each, name in _MAPS and isinstance(each, dict))
            for name, each in node.items()
        }
        name = _named(node)
        if name in self._affected:
            found["$ref"] = f"{_SCHEMAS}{self._prefix}{name}"
        members = node.get("properties")
        if isinstance(members, dict) and isinstance(node.get("required"), list):
            found["required"] = [each for each in node["required"] if not self._turns(members.get(each))]
        return found

    def _member(self, schema: Json) -> Json:
        """The schema of a member: of one that goes the other way nothing is known but that."""
        return {self._keyword: True} if self._turns(schema) else self._schema(schema)

    def _turns(self, schema: Json) -> bool:
        """Whether a member goes the other way."""
        return isinstance(schema, dict) and schema.get(self._keyword) is True


def _says(node: Json, keyword: str, seen: set[int]) -> bool:
    """Whether a keyword is true somewhere; what is shared is looked at once."""
    if not isinstance(node, (dict, list)) or id(node) in seen:
        return False
    seen.add(id(node))
    inner = node.values() if isinstance(node, dict) else node
    return (isinstance(node, dict) and node.get(keyword) is True) or any(_says(each, keyword, seen) for each in inner)


def _named(node: Json) -> str:
    """The name of the schema that an object refers to; "" if it refers to none."""
    reference = node.get("$ref") if isinstance(node, dict) else None
    return reference.removeprefix(_SCHEMAS) if isinstance(reference, str) and reference.startswith(_SCHEMAS) else ""


def _names(node: Json) -> Iterator[str]:
    """The names of the schemas that a schema refers to."""
    if isinstance(node, dict):
        if name := _named(node):
            yield name
        for each in node.values():
            yield from _names(each)
    elif isinstance(node, list):
        for each in node:
            yield from _names(each)
