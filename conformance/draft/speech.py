"""Where is what was said? The message in a request, its text, and both in the items of a history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.draft.shapes import Input, Shape
from conformance.draft.words import ARGUMENTS, CODE, MESSAGES, TEXTS, key
from conformance.expressions import MISSING, Json, Pointer
from conformance.schemas import Schemas


@dataclass(frozen=True, slots=True)
class Speech:
    """A message in a request: the input that holds it, and where in it the text stands. `guessed`: none is named."""

    input: Input
    text: Pointer = ()
    guessed: bool = False


def message_of(shape: Shape) -> Speech | None:
    """The message that a request carries: a string by one of the usual names, or an object with a string in it.

    Where nobody says anything, it is the code or the arguments of what is to be done.
    """
    return _said(shape) or _done(shape)


def carries_code(shape: Shape) -> bool:
    """Whether a request carries code instead of a message."""
    found = None if _said(shape) else _done(shape)
    return found is not None and found.input.name.lower() in CODE


def _said(shape: Shape) -> Speech | None:
    """The message by one of some names."""
    found = [each for each in shape.inputs if each.place != "path" and each.place != "header"]
    outer = [each for each in found if _rank(each) < len(MESSAGES) and not _inside_message(each, found)]
    options = [speech for each in sorted(outer, key=_order) if (speech := _speech(shape, each))]
    return next((each for each in options if not each.guessed), options[0] if options else None)


def _done(shape: Shape) -> Speech | None:
    """The code or the arguments of what is to be done: a string, or the first of an array that may hold any."""
    bodies = [each for each in shape.inputs if each.place == "body" and len(each.pointer) == 1]
    found = [each for each in bodies if len(each.words) == 1 and each.words[0] in ARGUMENTS]
    for each in sorted(found, key=lambda each: (not each.required, ARGUMENTS.index(each.words[0]))):
        if "string" in each.types and not each.schema.keys() & {"enum", "const", "pattern", "format"}:
            return Speech(each)
        item = shape.schemas.member(each.schema, "0") if each.types == {"array"} else MISSING
        kinds = shape.schemas.types(item) if item is not MISSING else {"none"}
        if not kinds or "string" in kinds:
            inner = Input(each.place, (*each.pointer, "0"), each.required, shape.schemas.deref(item), frozenset(kinds))
            return Speech(inner, guessed=True)
    return None


def _order(found: Input) -> tuple[int, bool, int]:
    """The surest name first, then what is needed, then the outermost."""
    return len(found.pointer), not found.required, _rank(found)


def _rank(found: Input) -> int:
    """Where the name stands among those of messages."""
    last = found.words[-1:]
    return MESSAGES.index(last[0]) if last and last[0] in MESSAGES and "0" not in found.pointer else len(MESSAGES)


def _inside_message(found: Input, others: list[Input]) -> bool:
    """Whether an input lies in another one that is a message."""
    return any(
        each is not found
        and each.place == found.place == "body"
        and _rank(each) < len(MESSAGES)
        and found.pointer[: len(each.pointer)] == each.pointer
        for each in others
    )


def _speech(shape: Shape, found: Input) -> Speech | None:
    """An input as a message, if a text can stand in it."""
    if not found.types or "string" in found.types:
        return None if "enum" in found.schema else Speech(found)
    schemas, schema = shape.schemas, found.schema
    text = text_in(schemas, schema)
    if text is None:
        is_open = found.types <= {"object", "null"} and not schemas.names(schema) and schemas.is_open_object(schema)
        return Speech(found, ("message",), True) if is_open else None
    if text[0] == "0":
        item = schemas.at(schema, ("0",))
        inner = Input(found.place, (*found.pointer, "0"), found.required, schemas.deref(item), frozenset({"object"}))
        return Speech(inner, text[1:])
    return Speech(found, text)


def text_in(schemas: Schemas, schema: Json, depth: int = 3) -> Pointer | None:
    """Where in an object, or in the first item of an array, a text stands, the outermost first."""
    found = list(_texts(schemas, schema, (), depth))
    return min(found, key=len, default=None)


def _texts(schemas: Schemas, schema: Json, pointer: Pointer, depth: int) -> Iterator[Pointer]:
    """Every place of a text."""
    if depth < 0 or schema is MISSING:
        return
    names = schemas.names(schema)
    for wanted in TEXTS:
        for name in names:
            if key(name) == (wanted,) and "string" in schemas.types(schemas.at(schema, (name,))):
                yield (*pointer, name)
    for name in names:
        if set(key(name)) & {*TEXTS, "part"}:
            yield from _texts(schemas, schemas.at(schema, (name,)), (*pointer, name), depth - 1)
    if "array" in schemas.types(schema):
        yield from _texts(schemas, schemas.member(schema, "0"), (*pointer, "0"), depth)


def said_in(schemas: Schemas, item: Json, text: Pointer) -> Pointer | None:
    """Where in an item the message stands, so that its text stands at `text` in it; None if nowhere. What was sent as a
    text may stand deeper in it."""
    direct = [(name,) for wanted in TEXTS for name in schemas.names(item) if key(name) == (wanted,)]
    for pointer in (*direct, ()):
        if not text and not pointer:
            continue
        inner = schemas.at(item, (*pointer, *text))
        if inner is not MISSING and (not schemas.types(inner) or "string" in schemas.types(inner)):
            return pointer
    return None if text else text_in(schemas, item)
