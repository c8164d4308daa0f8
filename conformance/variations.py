"""In which ways can one leaf of a body be unusual: wrong, or at the edge of what its schema allows?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.expressions import MISSING, Json, Pointer, assign, pointer_text, remove, resolve
from conformance.schemas import ANOTHER, MAX_LEAVES, MAX_LENGTH, Schema, Schemas

# Objects and arrays first: lenient parsers turn numbers into strings and back, but not these.
_WRONG: tuple[tuple[str, Json], ...] = (
    ("object", {"wrong": "type"}),
    ("array", ["wrong"]),
    ("string", "wrong"),
    ("number", 7.5),
    ("boolean", True),
)
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


_Change = tuple[Pointer, str, Json]
"""A place, in which way it is wrong, and what stands there."""


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


def violations(schemas: Schemas, schema: Json, base: Json, valid: Callable[[Json], bool]) -> Iterator[Variation]:
    """For each leaf, the ways to violate it alone: the body is valid without the last change, and invalid with
    it."""
    for pointer, leaf in schemas.leaves(schema, unnamed=True):
        room = schemas.room(schema, base, pointer)
        if room is None or not valid(host := Variation(pointer, "", room).apply(base)):
            continue
        for place, kind, value in (
            *_wrong_values(schemas, leaf, pointer),
            *_wrong_members(schemas, leaf, pointer, host),
        ):
            candidate = Variation(place, kind, (*room, (place, value)))
            if not valid(candidate.apply(base)):
                yield candidate


def edges(schemas: Schemas, schema: Json, base: Json, valid: Callable[[Json], bool]) -> Iterator[Variation]:
    """For each leaf, the ways to take it to an edge of what the schema allows: absent, null, empty, zero."""
    for pointer, leaf in schemas.leaves(schema, unnamed=True):
        room = schemas.room(schema, base, pointer)
        if room is None or not valid(Variation(pointer, "", room).apply(base)):
            continue
        types = schemas.types(leaf)
        if pointer and resolve(base, pointer) is not MISSING:
            yield from _valid_edge(Variation(pointer, "absent", ((pointer, MISSING),)), base, valid)
        for kind, value in _EDGES:
            if kind in types:
                name = "null" if value is None else f"empty {kind}" if kind in _HOLLOW else repr(value)
                yield from _valid_edge(Variation(pointer, name, (*room, (pointer, value))), base, valid)


def _valid_edge(variation: Variation, base: Json, valid: Callable[[Json], bool]) -> Iterator[Variation]:
    """The variation, if it changes the body and leaves it valid."""
    body = variation.apply(base)
    if body != base and valid(body):
        yield variation


def _wrong_values(schemas: Schemas, leaf: Schema, place: Pointer) -> Iterator[_Change]:
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
    types = schemas.types(leaf)
    wrong = next((value for name, value in _WRONG if name not in types), MISSING)
    if types and wrong is not MISSING:
        yield place, "type", wrong


def _wrong_members(schemas: Schemas, leaf: Schema, place: Pointer, host: Json) -> Iterator[_Change]:
    """An object without each required member, and one with a member that no schema names."""
    found = resolve(host, place)
    if isinstance(found, dict):
        required = {name for branch in schemas.branches(leaf) for name in branch.get("required", ())}
        yield from (((*place, name), "required", MISSING) for name in sorted(required) if name in found)
        yield (*place, "notInTheSpec"), "additional", "extra"
        yield from _wrong_sizes(schemas, leaf, place, found)


def _wrong_sizes(schemas: Schemas, leaf: Schema, place: Pointer, found: dict[str, Json]) -> Iterator[_Change]:
    """An object with one member more than it may have, and one with a name that is too long."""
    member = schemas.member(leaf, ANOTHER)
    another = "text" if member is MISSING else schemas.example(member)
    for branch in schemas.branches(leaf):
        most = branch.get("maxProperties")
        if isinstance(most, int) and most <= MAX_LEAVES:
            more = {f"{ANOTHER}{number}": another for number in range(most + 1 - len(found))}
            yield place, "maxProperties", {**found, **more}
        longest = branch.get("propertyNames", {}).get("maxLength")
        if isinstance(longest, int) and longest < MAX_LENGTH:
            yield (*place, "x" * (longest + 1)), "propertyNames", another
