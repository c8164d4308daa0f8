"""What can be read off a JSON schema alone? An example, its leaves, and whether a pointer can exist.

Everything here works on one document whose local references resolve inside it.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from fractions import Fraction
from typing import Any
from urllib.parse import unquote

from conformance.errors import SpecError
from conformance.expressions import (
    MISSING,
    Json,
    Pointer,
    assign,
    index_of,
    parse_pointer,
    resolve,
)

Schema = Mapping[str, Any]

MAX_DEPTH = 6
"""How deep leaves are followed; schemas may be recursive."""

MAX_LEAVES = 300
"""How many leaves of a schema are looked at, the outer ones first."""
ANOTHER = "anotherOne"
"""The name of a member that a schema describes without naming it."""


MAX_LENGTH = 100_000
"""Strings are not made longer than this, whatever length is declared."""

MAX_ITEMS = 100
"""Arrays are not made longer than this to reach a declared length."""

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
            schema = self._target(reference)
        return schema if isinstance(schema, dict) else {}

    def _target(self, reference: str) -> Json:
        """What stands where a reference leads."""
        remedy = "use a reference to this document, as in '#/components/schemas/NAME'"
        if not reference.startswith("#"):
            raise SpecError(f"the reference {reference!r} leads out of this document", remedy=remedy)
        try:
            target = resolve(self._document, parse_pointer(unquote(reference[1:])))
        except ValueError:
            target = MISSING
        if target is MISSING:
            raise SpecError(f"the reference {reference!r} leads nowhere", remedy=remedy)
        return target

    def demands(self, schema: Json, pointer: Pointer) -> bool:
        """Whether a value of a schema that has what stands around a place has to have that as well."""
        parent = self.at(schema, pointer[:-1])
        return any(pointer[-1:] == (name,) for each in self.branches(parent) for name in each.get("required", ()))

    def branches(self, schema: Json) -> Iterator[Schema]:
        """The schema and every alternative or part that applies at the same place, each once."""
        seen: set[int] = set()
        waiting = [schema]
        while waiting:
            plain = self.deref(waiting.pop())
            if id(plain) not in seen:
                seen.add(id(plain))
                yield plain
                parts = [part for keyword in ("allOf", "anyOf", "oneOf") for part in plain.get(keyword, ())]
                waiting.extend(reversed(parts))

    def types(self, schema: Json) -> set[str]:
        """The JSON types that a schema names; empty if it names none."""
        found: set[str] = set()
        for branch in self.branches(schema):
            found |= _declared(branch.get("type"))
        return found

    def member(self, schema: Json, token: str) -> Json:
        """The schema of one member or item, or MISSING if the schema cannot contain it."""
        known = False
        for branch in self.branches(schema):
            if token in branch.get("properties", {}):
                return branch["properties"][token]
            if index_of(token) is not None and "items" in branch:
                return branch["items"]
            known = known or "properties" in branch or "items" in branch or "type" in branch
            extra = branch.get("additionalProperties")
            if extra is True or (isinstance(extra, dict) and "object" in self.types(branch)):
                return extra if isinstance(extra, dict) else {}
        types = self.types(schema)
        if known and "object" in types and self._open(schema):
            return {}
        if (
            "array" in types
            and index_of(token) is not None
            and not any("items" in each for each in self.branches(schema))
        ):
            return {}
        return MISSING if known else {}

    def _open(self, schema: Json) -> bool:
        """Whether the objects of a schema have no property by name, so that any may stand in them."""
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

    def typed(self, schema: Json, value: Json) -> Json:
        """An object of texts, as a form sends it, with each member as its schema has it, where its text allows that."""
        if not isinstance(value, dict):
            return value
        return {name: self._typed(self.member(schema, name), text) for name, text in value.items()}

    def _typed(self, schema: Json, text: Json) -> Json:
        """One member of a form."""
        types = self.types(schema) if schema is not MISSING else set()
        if "array" in types:
            items = text if isinstance(text, list) else [text]
            return [self._typed(self.member(schema, "0"), each) for each in items]
        if not isinstance(text, str) or not types or "string" in types:
            return text
        try:
            return json.loads(text)
        except ValueError:
            return text

    def example(self, schema: Json, text: str = "text") -> Json:
        """A small plain value of the schema: its own example if it has one, else its required members only."""
        return _Examples(self, text).of(schema)

    def leaves(self, schema: Json, unnamed: bool = False) -> Iterator[tuple[Pointer, Schema]]:
        """The places that the schema describes, each before those in it, with the schema that stands there; also, if
        wished, one for all members that have no name of their own.

        Schemas may be recursive: of too many places the outermost are taken.
        """
        found: list[tuple[tuple[int, ...], Pointer, Schema]] = []
        waiting: deque[tuple[tuple[int, ...], Pointer, Json]] = deque([((), (), schema)])
        while waiting and len(found) < MAX_LEAVES:
            rank, pointer, described = waiting.popleft()
            found.append((rank, pointer, self.deref(described)))
            if len(pointer) < MAX_DEPTH:
                inner = enumerate(self._inner(described, unnamed).items())
                waiting.extend(((*rank, number), (*pointer, name), each) for number, (name, each) in inner)
        yield from ((pointer, plain) for _, pointer, plain in sorted(found, key=lambda each: each[0]))

    def _inner(self, schema: Json, unnamed: bool) -> dict[str, Json]:
        """The members and items that a schema describes; what several branches describe comes once."""
        inner: dict[str, Json] = {}
        for branch in self.branches(schema):
            for name, each in branch.get("properties", {}).items():
                inner.setdefault(name, each)
            if isinstance(branch.get("items"), dict):
                inner.setdefault("0", branch["items"])
            others = branch.get("additionalProperties")
            if unnamed and isinstance(others, dict) and others:
                inner.setdefault(ANOTHER, others)
        return inner

    def room(self, schema: Json, base: Json, pointer: Pointer) -> tuple[tuple[Pointer, Json], ...] | None:
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


_SAYS_LITTLE = frozenset({"type", "title", "description", "allOf", "anyOf", "oneOf", "deprecated", "discriminator"})
_TIGHTER: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), min),
    "properties": lambda first, second: {**second, **first},
    "required": lambda first, second: [*first, *second],
    "enum": lambda first, second: [value for value in first if value in second] or first,
    "type": lambda first, second: sorted(_kinds(first) & _kinds(second)) or first,
}

_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "exclusiveMinimum": operator.gt,
    "maximum": operator.le,
    "exclusiveMaximum": operator.lt,
}


class _Examples:
    """Makes the example of one schema. That of each schema in it is made once, and an endless one is cut off."""

    def __init__(self, schemas: Schemas, text: str) -> None:
        self._schemas = schemas
        self._text = text
        self._way: list[int] = []
        self._done: dict[int, tuple[Schema, Json]] = {}

    def of(self, schema: Json) -> Json:
        """The example of a schema."""
        plain = self._schemas.deref(schema)
        if id(plain) not in self._done:
            if self._way.count(id(plain)) > 1:
                return [] if "array" in self._schemas.types(plain) else {}
            parts = self._parts(plain)
            before = len(self._way)
            self._way.extend(map(id, parts))
            # With the schema, so that no other gets its id.
            self._done[id(plain)] = (plain, self._made(parts))
            del self._way[before:]
        return self._done[id(plain)][1]

    def _parts(self, plain: Schema) -> list[Schema]:
        """All that applies together: the schema, its parts, and of alternatives the first that leads to an end."""
        found: dict[int, Schema] = {}
        waiting = [plain]
        while waiting:
            part = waiting.pop(0)
            if id(part) not in found:
                found[id(part)] = part
                inner = [self._schemas.deref(each) for each in part.get("allOf", ())]
                for keyword in ("oneOf", "anyOf"):
                    options = [self._schemas.deref(each) for each in part.get(keyword, ())]
                    inner += sorted(options, key=lambda option: self._rank(option, found))[:1]
                waiting = [*inner, *waiting]
        return list(found.values())

    def _rank(self, option: Schema, found: Mapping[int, Schema]) -> int:
        """How far an alternative is from a plain value that ends."""
        if id(option) in self._way or id(option) in found:
            return 2
        return int(self._schemas.types(option) == {"null"})

    def _made(self, parts: list[Schema]) -> Json:
        """The example of schemas that apply together."""
        telling = [part for part in parts if part.keys() - _SAYS_LITTLE] or parts[:1]
        for part in (parts[0], *(telling if len(telling) == 1 else ())):
            for keyword in ("example", "const", "default"):
                if part.get(keyword) is not None:
                    return part[keyword]
            if isinstance(part.get("examples"), list) and part["examples"]:
                return part["examples"][0]
        whole: dict[str, Any] = {}
        for part in parts:
            for keyword, value in part.items():
                tighter = _TIGHTER.get(keyword)
                whole[keyword] = tighter(whole[keyword], value) if tighter and keyword in whole else value
        return self._by_type(whole)

    def _by_type(self, whole: Schema) -> Json:
        """An example by the declared type."""
        if "const" in whole or whole.get("enum"):
            return whole["const"] if "const" in whole else whole["enum"][0]
        types = _kinds(whole.get("type", ()))
        if "object" in types or (not types and "properties" in whole):
            return self._object(whole)
        if "array" in types:
            wanted = min(max(0, int(whole.get("minItems", 0))), MAX_ITEMS)
            return [self.of(whole.get("items", {}))] * wanted
        if "string" in types:
            return _string(whole, self._text)
        for name in ("number", "integer"):
            if name in types:
                return _number(whole, _BY_TYPE[name])
        return _BY_TYPE.get(min(types, default=""), self._text)

    def _object(self, whole: Schema) -> Json:
        """An object with the required members."""
        known, others = whole.get("properties", {}), whole.get("additionalProperties", {})
        return {name: self.of(known.get(name, others)) for name in whole.get("required", ())}


def is_whole(types: Collection[str]) -> bool:
    """Whether of all numbers and texts only whole numbers are of these types."""
    return "integer" in types and not {"string", "number"} & set(types)


def named(text: str, types: Collection[str]) -> Json:
    """A name, as the id of something, in JSON of these types: a number where only whole numbers go."""
    return int(text) if is_whole(types) and _WHOLE.fullmatch(text) else text


_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")


def _declared(names: Json) -> set[str]:
    """The names of types, as one or as an array; what is none of both names nothing."""
    return {each for each in (names if isinstance(names, list) else [names]) if isinstance(each, str)}


def _kinds(declared: Json) -> set[str]:
    """The types that a schema declares, of which a number may be an integer."""
    kinds = _declared(declared)
    return kinds | {"integer"} if "number" in kinds else kinds


def _string(plain: Schema, text: str) -> str:
    """A string within the declared format and lengths."""
    value = _BY_FORMAT.get(str(plain.get("format")), text)
    least, most = int(plain.get("minLength", 0)), int(plain.get("maxLength", MAX_LENGTH))
    return value.ljust(min(least, MAX_LENGTH), "x")[:most]


def _number(plain: Schema, usual: float) -> float:
    """A number within the declared bounds: the usual one, or one close to a bound."""
    limits = {name: Fraction(str(plain[name])) for name in _BOUNDS if abs(plain.get(name, math.inf)) < math.inf}
    near = [limit + change for change in (0, 1, -1) for limit in limits.values()]
    near += [Fraction(usual), sum(limits.values(), Fraction()) / (len(limits) or 1)]
    whole = isinstance(usual, int)
    step = Fraction(str(plain.get("multipleOf", int(whole))))
    if step:
        # What is whole and a multiple of a fraction is a multiple of its numerator.
        step = Fraction(step.numerator) if whole else step
        near = [(each // step + more) * step for each in near for more in (0, 1, -1)]
    found = next((each for each in (Fraction(usual), *near) if _within(each, step, limits)), Fraction(usual))
    return int(found) if found.denominator == 1 else float(found)


def _within(value: Fraction, step: Fraction, limits: Mapping[str, Fraction]) -> bool:
    """Whether a number is a multiple of a step, if there is one, and within all limits."""
    return not (step and value % step) and all(_BOUNDS[name](value, limit) for name, limit in limits.items())
