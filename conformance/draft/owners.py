"""Who owns a session? The inputs that the operations on sessions share, beside the session's id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.draft.roles import Cast, Guess
from conformance.draft.sessions import ids
from conformance.draft.shapes import Input, Shape
from conformance.draft.speech import message_of
from conformance.draft.words import GIVEN, OWNERS, Words, key, words
from conformance.expressions import MISSING, Json, Pointer
from conformance.schemas import Schemas

Part = Words
"""The key of one part of an owner."""


def parts(cast: Cast) -> tuple[Part, ...]:
    """The parts of an owner, in the order of the request that makes a session."""
    if not cast.makers:
        return ()
    shape = cast.makers[0].shape
    others = [each for each in cast.guesses if each.role != "create" and each.shape is not shape]
    wanted = [each for each in _candidates(shape, cast.noun) if not cast.implicit or set(key(each.name)) & OWNERS]
    shared = [key(each.name) for each in wanted if _is_part(each, others, cast.noun)]
    found = tuple(dict.fromkeys(shared))
    for guess in cast.guesses:
        covered = {part for part in found if input_of(guess.shape, part, cast.noun)}
        if covered and covered != set(found) and _demands(guess.shape, covered, cast.noun):
            found = tuple(part for part in found if part in covered)
    return found


def _candidates(shape: Shape, noun: str) -> list[Input]:
    """The inputs that may name an owner."""
    session = {each.text for each in ids(shape, noun)}
    said = message_of(shape)
    return [
        each
        for each in shape.inputs
        if each.name
        and each.scalar
        and each.text not in session
        and not (said and each.text == said.input.text)
        and not each.schema.keys() & {"enum", "const"}
        and "0" not in each.pointer
        and len(each.pointer) < 3
    ]


def _is_part(found: Input, others: Sequence[Guess], noun: str) -> bool:
    """Whether an input of what makes a session stands in the other requests as well, and may name an owner."""
    part = key(found.name)
    sharing = [each for each in others if input_of(each.shape, part, noun)]
    if not sharing:
        return found.required and found.place in ("path", "header") and bool(set(part) & OWNERS)
    if found.place == "path" or set(part) & OWNERS:
        return True
    return found.required and len(sharing) == len(others) > 1


def input_of(shape: Shape, part: Part, noun: str) -> Input | None:
    """The input of an operation that names a part of an owner: what must be given before what may be."""
    found = [each for each in _candidates(shape, noun) if key(each.name) == part]
    return min(found, key=lambda each: (not each.required, len(each.pointer)), default=None)


def _demands(shape: Shape, covered: Iterable[Part], noun: str) -> bool:
    """Whether a request cannot be written without the parts that it has."""
    found = [input_of(shape, part, noun) for part in covered]
    return any(each is not None and each.required and each.place != "body" for each in found)


def owner_of(shape: Shape, owner: Sequence[Part], noun: str) -> list[Input]:
    """The inputs that name the owner, part by part; none if any part is lacking."""
    found = [each for part in owner if (each := input_of(shape, part, noun))]
    return found if len(found) == len(owner) else []


def shown_owner(schemas: Schemas, schema: Json, owner: Sequence[str]) -> list[Pointer]:
    """Where a session object shows its owner, part by part; nothing if any part is lacking.

    Names must be the same, but for how they are written: a project and its id are two values.
    """
    names = {_bare(name): name for name in schemas.names(schema)}
    found: list[Pointer] = [(names[_bare(part)],) for part in owner if _bare(part) in names]
    return found if len(found) == len(owner) else []


def _bare(name: str) -> Words:
    """The words of a name; a header's X says nothing."""
    found = words(name)
    return found[1:] if found[:1] == ("x",) else found


def fixed(shape: Shape, owner: Sequence[Part], noun: str) -> list[Input]:
    """The parts that have to be there before there is any session: an app, a project, a tenant."""
    return [each for each in owner_of(shape, owner, noun) if set(words(each.name)) & GIVEN]


def sample(schemas: Schemas, found: Input) -> tuple[Json, bool]:
    """A value for a part, and whether the spec gives it."""
    for branch in schemas.branches(found.schema):
        for word in ("example", "default", "const"):
            if isinstance(branch.get(word), (str, int)):
                return branch[word], True
        listed = branch.get("examples", branch.get("enum"))
        if isinstance(listed, list) and listed and isinstance(listed[0], (str, int)):
            return listed[0], True
    return ("example" if not found.types or "string" in found.types else schemas.example(found.schema)), False


def contains(schemas: Schemas, schema: Json, pointer: Pointer | None) -> bool:
    """Whether a schema can hold a place; what is shown nowhere is held."""
    return pointer is None or schemas.at(schema, pointer) is not MISSING
