"""Where is the session in a request or an answer? Its id, whole sessions, lists of them, and the items of a history.

`noun` is what the API calls a session: `session`, `thread`, `conversation` …
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.draft.resource_names import is_resource_name
from conformance.draft.shapes import Input, Output, Shape, member
from conformance.draft.words import (
    ANYTHING,
    HISTORIES,
    IDS,
    ITEMS,
    OTHERS,
    OWN,
    OWNERS,
    TEXTS,
    Words,
    key,
    singular,
    words,
)
from conformance.expressions import Json, Pointer
from conformance.schemas import Schemas

_PLACES = ("path", "body", "query", "header")


@dataclass(frozen=True, slots=True)
class Whole:
    """A session object, or an array of them: where it stands in the answer, its schema, and where its id stands."""

    at: Pointer
    schema: Json
    id: Pointer


def ids(shape: Shape, noun: str) -> list[Input]:
    """The inputs that name the session, the surest first; an API may want it in several places."""
    named = [each for each in shape.inputs if each.scalar and names_session(each.words, noun)]
    named += [each for each in shape.inputs if each.place == "path" and each.name in _after(shape, noun)]
    plain = [
        each
        for each in shape.inputs
        if each.scalar and each.words in {(word,) for word in OWN - {"uid"}} and _within(each, shape, noun)
    ]
    found = [each for each in {each.text: each for each in named or plain}.values() if "0" not in each.pointer]
    return sorted(found, key=lambda each: (not each.required, _PLACES.index(each.place), len(each.pointer)))


def names_session(found: Words, noun: str) -> bool:
    """Whether words name the thing by its id, as in `session_id`, `X-Thread-Id`, or `thread` alone."""
    if found and found[0] in OTHERS:
        return False
    if found[-1:] and found[-1] in IDS - {"key"}:
        found = found[:-1]
        return found[-1:] == (noun,)
    return found in ((noun,), ("x", noun))


def _after(shape: Shape, noun: str) -> tuple[str, ...]:
    """The path parameter behind the thing, whatever its name."""
    at = shape.anchor(noun)
    following = shape.segments[at + 1 : at + 2] if at is not None else ()
    return tuple(each[1:-1] for each in following if each.startswith("{"))


def _within(found: Input, shape: Shape, noun: str) -> bool:
    """Whether a plain `id` is that of the thing: inside of its object, or where the call is about the thing."""
    if found.place == "body" and len(found.pointer) > 1:
        return words(found.pointer[-2])[-1:] == (noun,)
    return shape.direct(noun)


def whole(shape: Shape, noun: str) -> Whole | None:
    """The session object in an answer, the outermost."""
    for output in shape.outputs:
        if output.item is None and (found := session_id_of(shape, output, output.schema, noun)):
            return Whole(output.pointer, output.schema, (found,))
    return None


def wholes(shape: Shape, noun: str) -> Whole | None:
    """The array of session objects in an answer, the outermost."""
    for output in shape.outputs:
        if output.item is not None and (found := session_id_of(shape, output, output.item, noun)):
            return Whole(output.pointer, output.item, (found,))
    return None


def searched(shape: Shape, noun: str) -> Whole | None:
    """The one session object in the array that answers a search for it."""
    found = wholes(shape, noun) if any(each.required for each in ids(shape, noun)) else None
    return None if found is None else Whole((*found.at, "0"), found.schema, found.id)


def session_id_of(shape: Shape, output: Output, schema: Json, noun: str) -> str | None:
    """The member of an object that is the session's id; None if the object is something else."""
    schemas = shape.schemas
    names = schemas.names(schema)
    if len(names) < 2:
        return None
    # The plainest: a `session_id` says more than an `agent_session_id` beside it.
    own = min(
        (name for name in names if names_session(words(name), noun)), key=lambda name: len(words(name)), default=None
    )
    plain = next((name for name in names if words(name) in {(word,) for word in OWN}), None)
    container = words(output.name)[-1:]
    named = container == (noun,) or _titled(schemas, schema, noun)
    if own and is_scalar(schemas, schema, own):
        child = plain is not None or any(_is_item_id(name) for name in names)
        direct_item = shape.direct(noun) and output.item is None and not shape.tail(noun)[0]
        return own if not child or named or direct_item else None
    elsewhere = bool(container) and not named and container[0] in (ITEMS - ANYTHING) | OWNERS | {"error"}
    if plain and is_scalar(schemas, schema, plain) and (named or (shape.direct(noun) and not elsewhere)):
        return plain
    called = next((name for name in names if is_resource_name(schemas, schema, name)), None)
    return called if named or (shape.direct(noun) and not elsewhere) else None


def _titled(schemas: Schemas, schema: Json, noun: str) -> bool:
    """Whether a schema calls itself after the thing; references and titles end with its kind."""
    reference = schema.get("$ref", "") if isinstance(schema, dict) else ""
    names = (str(reference).rpartition("/")[2], str(schemas.deref(schema).get("title", "")))
    return any(words(name)[-1:] == (noun,) for name in names)


def _is_item_id(name: str) -> bool:
    """Whether a member is the id of an item of a history, as `message_id`."""
    found = words(name)
    return len(found) > 1 and found[-1] in IDS and found[-2] in ITEMS


def is_scalar(schemas: Schemas, schema: Json, name: str) -> bool:
    """Whether a member may be a string or a number."""
    types = schemas.types(schemas.at(schema, (name,)))
    return not types or bool(types & {"string", "integer"})


def bare_id(shape: Shape, noun: str) -> Pointer | None:
    """Where an answer holds the session's id alone."""
    scalars = [each for each in shape.outputs if each.types & {"string", "integer"}]
    for each in scalars:
        if each.pointer and names_session(words(each.name), noun):
            return each.pointer
    plain = (each.pointer for each in scalars if words(each.name) in {(word,) for word in IDS - {"key"}})
    return next(plain, None) if shape.direct(noun) else None


def items(shape: Shape, noun: str) -> Output | None:
    """The array of a history's items in an answer: objects that are no sessions, or anything where words say so."""
    for output in shape.outputs:
        if output.item is None:
            continue
        if looks_like_item(shape.schemas, output.item) and session_id_of(shape, output, output.item, noun) is None:
            return output
    return next((each for each in shape.outputs if each.item is not None and _says_items(each, shape, noun)), None)


def _says_items(output: Output, shape: Shape, noun: str) -> bool:
    """Whether the name of an array, or the end of the path, speaks of items."""
    types = shape.schemas.types(output.item)
    spoken = {singular(each) for each in (*words(output.name), *shape.tail(noun)[0])}
    return bool(spoken & HISTORIES) and (not types or "object" in types)


def looks_like_item(schemas: Schemas, schema: Json) -> bool:
    """Whether objects of a schema hold something that was said."""
    names = {key(name) for name in schemas.names(schema)}
    return bool(names & {(each,) for each in TEXTS}) and len(names) > 1


def history_of(schemas: Schemas, schema: Json) -> Pointer | None:
    """The array in a session object that holds its history."""
    found = list(_arrays(schemas, schema))
    return next((pointer for pointer, named, like in found if named and like), None) or next(
        (pointer for pointer, named, _ in found if named), None
    )


def _arrays(schemas: Schemas, schema: Json) -> Iterator[tuple[Pointer, bool, bool]]:
    """The arrays of objects in a session object: where, whether the name says history, whether items look like it."""
    for name in schemas.names(schema):
        inner = schemas.at(schema, (name,))
        if "array" in schemas.types(inner):
            item = schemas.member(inner, "0") or {}
            if not schemas.types(item) or "object" in schemas.types(item):
                yield (name,), bool(set(words(name)[-1:]) & HISTORIES), looks_like_item(schemas, item)


def member_at(schemas: Schemas, schema: Json, *names: Words) -> Pointer | None:
    """The pointer to the member of an object that has one of some names."""
    found = member(schemas, schema, *names)
    return None if found is None else (found,)
