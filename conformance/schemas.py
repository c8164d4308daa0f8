"""What can be read off a JSON schema alone? An example, its leaves, and whether a pointer can exist.

Everything here works on one document whose local references resolve inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.errors import SpecError
from conformance.expressions import MISSING, Json, Pointer, assign, parse_pointer, pointer_text, remove, resolve

Schema = Mapping[str, Any]

MAX_DEPTH = 6
"""How deep leaves and examples are followed; schemas may be recursive."""

MAX_LENGTH = 100_000
"""Strings are not made longer than this to exceed a declared length."""

# Objects and arrays first: lenient parsers turn numbers into strings and back, but not these.
_WRONG: tuple[tuple[str, Json], ...] = (
    ("object", {"wrong": "type"}),
    ("array", ["wrong"]),
    ("string", "wrong"),
    ("number", 7.5),
    ("boolean", True),
)
_BY_TYPE: dict[str, Json] = {"integer": 1, "number": 1.5, "boolean": True, "null": None}
_BY_FORMAT = {
    "date-time": "2024-01-02T03:04:05Z",
    "date": "2024-01-02",
    "time": "03:04:05Z",
    "uuid": "11111111-2222-4333-8444-555555555555",
    "email": "someone@example.org",
    "uri": "https://example.org/",
    "byte": "dGV4dA==",
    "ipv4": "192.0.2.1",
}


@dataclass(frozen=True, slots=True)
class Variation:
    """One leaf of a body made unusual: where, in which way, and the changes to a plain body that do it.

    The last change is the unusual one, those before it make room for it. A value of MISSING takes the member away.
    """

    pointer: Pointer
    kind: str
    changes: tuple[tuple[Pointer, Json], ...]

    def apply(self, body: Json) -> Json:
        """The body with this variation in it."""
        for pointer, value in self.changes:
            body = remove(body, pointer) if value is MISSING else assign(body, pointer, value)
        return body

    def __str__(self) -> str:
        return f"{pointer_text(self.pointer) or 'the body'} ({self.kind})"


_EDGES: tuple[tuple[str, Json], ...] = (
    ("null", None),
    ("object", {}),
    ("array", []),
    ("string", ""),
    ("integer", 0),
    ("number", 0),
    ("boolean", False),
)
_HOLLOW = frozenset({"object", "array", "string"})


class Schemas:
    """The schemas of one document."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._targets: dict[str, Schema] = {}

    def deref(self, schema: Json) -> Schema:
        """The schema behind a chain of local references; booleans become empty schemas."""
        if not isinstance(schema, dict) or "$ref" not in schema:
            return schema if isinstance(schema, dict) else {}
        reference = str(schema["$ref"])
        if reference not in self._targets:
            self._targets[reference] = self._follow(schema)
        return self._targets[reference]

    def _follow(self, schema: Json) -> Schema:
        """Follow references until there is none."""
        seen: set[str] = set()
        while isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
            reference = schema["$ref"]
            if reference in seen:
                raise SpecError(f"the reference {reference!r} leads back to itself")
            seen.add(reference)
            target = resolve(self._document, parse_pointer(reference.removeprefix("#")))
            if not reference.startswith("#") or target is MISSING:
                raise SpecError(f"the reference {reference!r} leads nowhere", remedy="use a reference to this document")
            schema = target
        return schema if isinstance(schema, dict) else {}

    def branches(self, schema: Json, depth: int = 0) -> Iterator[Schema]:
        """The schema and every alternative or part that applies at the same place."""
        plain = self.deref(schema)
        yield plain
        if depth < MAX_DEPTH:
            for keyword in ("allOf", "anyOf", "oneOf"):
                for part in plain.get(keyword, ()):
                    yield from self.branches(part, depth + 1)

    def types(self, schema: Json) -> set[str]:
        """The JSON types that a schema names; empty if it names none."""
        found: set[str] = set()
        for branch in self.branches(schema):
            declared = branch.get("type", ())
            found |= {declared} if isinstance(declared, str) else set(declared)
        return found

    def member(self, schema: Json, token: str) -> Json:
        """The schema of one member or item, or MISSING if the schema cannot contain it."""
        known = False
        for branch in self.branches(schema):
            if token in branch.get("properties", {}):
                return branch["properties"][token]
            if token.isdecimal() and "items" in branch:
                return branch["items"]
            known = known or "properties" in branch or "items" in branch or "type" in branch
            extra = branch.get("additionalProperties")
            if extra is True or (isinstance(extra, dict) and "object" in self.types(branch)):
                return extra if isinstance(extra, dict) else {}
        if known and self.types(schema) <= {"object", "null"} and self._open(schema):
            return {}
        return MISSING if known else {}

    def _open(self, schema: Json) -> bool:
        """Whether an object schema names no property at all, so that any may stand in it."""
        return not any("properties" in branch for branch in self.branches(schema))

    def at(self, schema: Json, pointer: Pointer) -> Json:
        """The schema of the place that a pointer names, or MISSING if the schema cannot contain it."""
        for token in pointer:
            schema = self.member(schema, token)
            if schema is MISSING:
                return MISSING
        return schema

    def names(self, schema: Json) -> list[str]:
        """The members that a schema names."""
        return [name for branch in self.branches(schema) for name in branch.get("properties", {})]

    def is_open_object(self, schema: Json) -> bool:
        """Whether any member may stand in values of this schema."""
        types = self.types(schema)
        return ("object" in types or not types) and self.member(schema, "any name") is not MISSING

    def example(self, schema: Json, text: str = "text", depth: int = 0) -> Json:
        """A small plain value of the schema: its own example if it has one, else its required members only."""
        plain = self.deref(schema)
        for keyword in ("example", "const", "default"):
            if keyword in plain and plain[keyword] is not None:
                return plain[keyword]
        for keyword in ("examples", "enum"):
            if isinstance(plain.get(keyword), list) and plain[keyword]:
                return plain[keyword][0]
        for keyword in ("oneOf", "anyOf"):
            options = [part for part in plain.get(keyword, ()) if self.types(part) != {"null"}]
            if options:
                return self.example(options[0], text, depth + 1)
        return self._by_type(plain, text, depth)

    def _by_type(self, plain: Schema, text: str, depth: int) -> Json:
        """An example by the declared type."""
        types = self.types(plain)
        if "object" in types or "properties" in plain or "allOf" in plain:
            return self._object(plain, text, depth)
        if "array" in types:
            wanted = max(0, int(plain.get("minItems", 0)))
            return [self.example(plain.get("items", {}), text, depth + 1) for _ in range(wanted)]
        if "string" in types:
            return self._string(plain, text)
        for name in ("integer", "number"):
            if name in types:
                return self._number(plain, _BY_TYPE[name])
        return _BY_TYPE.get(next(iter(sorted(types)), ""), text)

    def _object(self, plain: Schema, text: str, depth: int) -> Json:
        """An object with the required members."""
        members: dict[str, Json] = {}
        if depth < MAX_DEPTH * 2:
            for branch in self.branches(
                {key: plain[key] for key in ("properties", "required", "allOf") if key in plain}
            ):
                for name in branch.get("required", ()):
                    members[name] = self.example(self.member(plain, name) or {}, text, depth + 1)
        return members

    @staticmethod
    def _string(plain: Schema, text: str) -> str:
        """A string within the declared format and lengths."""
        value = _BY_FORMAT.get(str(plain.get("format")), text)
        least, most = int(plain.get("minLength", 0)), int(plain.get("maxLength", 10_000))
        return value.ljust(least, "x")[:most]

    @staticmethod
    def _number(plain: Schema, value: float) -> float:
        """A number within the declared bounds."""
        lowest: float = max(plain.get("minimum", value), plain.get("exclusiveMinimum", value - 1) + 1, value)
        highest: float = min(plain.get("maximum", lowest), plain.get("exclusiveMaximum", lowest + 1) - 1)
        return min(lowest, highest)

    def leaves(self, schema: Json, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Schema]]:
        """Every place that the schema describes, outermost first, with the schema that stands there."""
        yield pointer, self.deref(schema)
        if len(pointer) >= MAX_DEPTH:
            return
        done: set[str] = set()
        for branch in self.branches(schema):
            for name, inner in branch.get("properties", {}).items():
                if name not in done:
                    done.add(name)
                    yield from self.leaves(inner, (*pointer, name))
            if isinstance(branch.get("items"), dict) and "0" not in done:
                done.add("0")
                yield from self.leaves(branch["items"], (*pointer, "0"))

    def violations(self, schema: Json, base: Json, valid: Callable[[Json], bool]) -> Iterator[Variation]:
        """For each leaf, the ways to violate it alone: the body is valid without the last change, and invalid with
        it."""
        for pointer, leaf in self.leaves(schema):
            room = self._room(schema, base, pointer)
            if room is None or not valid(host := Variation(pointer, "", room).apply(base)):
                continue
            for place, kind, value in (*self._wrong_values(leaf, pointer), *self._wrong_members(leaf, pointer, host)):
                candidate = Variation(place, kind, (*room, (place, value)))
                if not valid(candidate.apply(base)):
                    yield candidate

    def edges(self, schema: Json, base: Json, valid: Callable[[Json], bool]) -> Iterator[Variation]:
        """For each leaf, the ways to take it to an edge of what the schema allows: absent, null, empty, zero."""
        for pointer, leaf in self.leaves(schema):
            room = self._room(schema, base, pointer)
            if room is None or not valid(Variation(pointer, "", room).apply(base)):
                continue
            types = self.types(leaf)
            if pointer and resolve(base, pointer) is not MISSING:
                yield from self._valid_edge(Variation(pointer, "absent", ((pointer, MISSING),)), base, valid)
            for kind, value in _EDGES:
                if kind in types:
                    name = "null" if value is None else f"empty {kind}" if kind in _HOLLOW else repr(value)
                    yield from self._valid_edge(Variation(pointer, name, (*room, (pointer, value))), base, valid)

    @staticmethod
    def _valid_edge(variation: Variation, base: Json, valid: Callable[[Json], bool]) -> Iterator[Variation]:
        """The variation, if it changes the body and leaves it valid."""
        body = variation.apply(base)
        if body != base and valid(body):
            yield variation

    def _room(self, schema: Json, base: Json, pointer: Pointer) -> tuple[tuple[Pointer, Json], ...] | None:
        """The changes that make a pointer's place exist in a body; None if that cannot be."""
        changes: list[tuple[Pointer, Json]] = []
        for end in range(1, len(pointer) + 1):
            here = pointer[:end]
            if resolve(base, here) in (MISSING, None):
                inner = self.at(schema, here)
                if inner is MISSING:
                    return None
                changes.append((here, self.example(inner)))
                base = assign(base, *changes[-1])
        return tuple(changes)

    def _wrong_values(self, leaf: Schema, place: Pointer) -> Iterator[tuple[Pointer, str, Json]]:
        """Values that a leaf is likely to reject, each with the kind of wrongness."""
        if "enum" in leaf:
            yield from ((place, "enum", value) for value in (0, "none-of-these"))
        if "minLength" in leaf:
            yield place, "minLength", "x" * (int(leaf["minLength"]) - 1)
        if int(leaf.get("maxLength", MAX_LENGTH)) < MAX_LENGTH:
            yield place, "maxLength", "x" * (int(leaf["maxLength"]) + 1)
        if "minimum" in leaf:
            yield place, "minimum", leaf["minimum"] - 1
        if "maximum" in leaf:
            yield place, "maximum", leaf["maximum"] + 1
        if "pattern" in leaf or "format" in leaf:
            yield place, "format", "not in this format!"
        types = self.types(leaf)
        wrong = next((value for name, value in _WRONG if name not in types), MISSING)
        if types and wrong is not MISSING:
            yield place, "type", wrong

    def _wrong_members(self, leaf: Schema, place: Pointer, host: Json) -> Iterator[tuple[Pointer, str, Json]]:
        """An object without each required member, and one with a member that no schema names."""
        found = resolve(host, place)
        if isinstance(found, dict):
            required = {name for branch in self.branches(leaf) for name in branch.get("required", ())}
            yield from (((*place, name), "required", MISSING) for name in sorted(required) if name in found)
            yield (*place, "notInTheSpec"), "additional", "extra"
