"""What can be told of an operation by its looks? Its path, its words, what it takes, and what it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.draft.words import (
    ASIDE,
    CLEANUPS,
    CREATES,
    DELETES,
    ENDS,
    ENRICHES,
    LISTS,
    OWNERS,
    READS,
    STREAMS,
    TRANSITIONS,
    Words,
    key,
    names_id,
    words,
)
from conformance.expressions import MISSING, Json, Pointer, pointer_text
from conformance.operations import STREAM_TYPES, Operation, is_json
from conformance.schemas import Schema, Schemas
from conformance.spec import Spec

DEEP = 4
"""How deep bodies are looked into."""
_PLAIN_VERBS = CREATES | READS | LISTS | DELETES | ENDS | ENRICHES | CLEANUPS | TRANSITIONS
_METHODS = frozenset({"put", "patch"})
"""Verbs that may only repeat the method."""


@dataclass(frozen=True, slots=True)
class Input:
    """A place in a request: a parameter, or a member of the body at any depth."""

    place: str
    pointer: Pointer
    required: bool
    schema: Schema
    types: frozenset[str]

    @property
    def name(self) -> str:
        """The name of the parameter or member; empty for the whole body."""
        return self.pointer[-1] if self.pointer else ""

    @property
    def words(self) -> Words:
        """The words of the name."""
        return words(self.name)

    @property
    def text(self) -> str:
        """The place as a runtime expression."""
        if self.place != "body":
            return f"$request.{self.place}.{self.name}"
        return "$request.body" + (f"#{pointer_text(self.pointer)}" if self.pointer else "")

    @property
    def scalar(self) -> bool:
        """Whether a string or an integer may stand here."""
        return not self.types or bool(self.types & {"string", "integer"})


@dataclass(frozen=True, slots=True)
class Output:
    """An object, an array or a value in an answer. `item` is the schema of an array's items."""

    pointer: Pointer
    schema: Schema
    types: frozenset[str]
    item: Json = None

    @property
    def name(self) -> str:
        """The name of the member; empty for the whole answer."""
        return self.pointer[-1] if self.pointer else ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A place in a request that says how the answer is to come: what stands there for a stream, and what else."""

    input: Input
    streamed: Json
    whole: Json

    @property
    def needed(self) -> bool:
        """Whether nothing is said by leaving it out."""
        return self.input.required

    @property
    def streams(self) -> bool:
        """Whether the answer is streamed if nothing is said."""
        return bool(self.input.schema.get("default") == self.streamed)


@dataclass(frozen=True, slots=True)
class Shape:
    """An operation by its looks. `segments` are the parts of its path, of which parameters keep their braces."""

    operation: Operation
    schemas: Schemas
    segments: tuple[str, ...]
    name: Words
    summary: Words
    prose: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    streams: bool
    unspecified: bool
    security: Json = None

    @property
    def id(self) -> str:
        """The operationId."""
        return self.operation.id

    @property
    def method(self) -> str:
        """The method in capitals."""
        return self.operation.method

    def anchor(self, noun: str) -> int | None:
        """Which part of the path names the thing: the last one that does, as in /users/x/sessions."""
        found = [at for at, part in enumerate(self.segments) if not part.startswith("{") and noun in words(part)]
        return found[-1] if found else None

    def tail(self, noun: str) -> tuple[Words, tuple[str, ...]]:
        """What follows the thing and its id in the path: words, and names of parameters."""
        at = self.anchor(noun)
        rest = list(self.segments if at is None else self.segments[at + 1 :])
        beside = () if at is None else tuple(each for each in words(self.segments[at]) if each in _PLAIN_VERBS)
        if at is not None and rest and rest[0].startswith("{"):
            rest.pop(0)
        static = tuple(word for part in rest if not part.startswith("{") for word in words(part))
        params = tuple(part[1:-1] for part in rest if part.startswith("{"))
        return (*beside, *static), params

    def verbs(self, noun: str) -> Words:
        """The words that say what is done: those of the path behind the thing, and those of the operation's name."""
        named = self.name or self.summary[:5]
        return (*self.tail(noun)[0], *(each for each in named if each != noun))

    def verb(self, noun: str) -> str:
        """The first word of the name, or of the path, that is a plain verb."""
        said = [each for each in (*self.name, *self.tail(noun)[0], *self.summary[:4]) if each != noun]
        found = [each for each in said if each in _PLAIN_VERBS | ASIDE]
        return next((each for each in found if each not in _METHODS), found[0] if found else "")

    def direct(self, noun: str) -> bool:
        """Whether it is about the thing itself, not about something that belongs to it."""
        static, params = self.tail(noun)
        if self.anchor(noun) is None:
            return noun in self.name or (not self.name and noun in self.summary)
        if self.summary[1:] == (noun,) and self.summary[0] in _PLAIN_VERBS:
            return not params
        return all(each in _PLAIN_VERBS or each == noun for each in static) and not params

    def itself(self, noun: str) -> bool:
        """Whether it is about the thing as a whole: nothing but verbs follow it in the path, or the summary says so."""
        told = self.summary[1:] == (noun,) and self.summary[0] in _PLAIN_VERBS
        parts = set(self.tail(noun)[0]) - (_PLAIN_VERBS - ENRICHES | {noun})
        return self.direct(noun) and (told or self.anchor(noun) is None or not parts)

    def foreign(self, noun: str) -> list[Input]:
        """What must be given and names another thing than the session, its owner, or what stands before it in the
        path."""
        after, at = self.tail(noun)[1], self.anchor(noun)
        before = self.segments if at is None else self.segments[:at]
        return [
            each
            for each in self.inputs
            if each.required
            and noun not in each.words
            and (names_id(each.name) or each.name in after)
            and not set(each.words) & OWNERS
            and not (each.place == "path" and f"{{{each.name}}}" in before)
        ]

    @property
    def located(self) -> str | None:
        """The header of a success that holds the address of what was made."""
        headers = self.operation.documented_headers(self.operation.success())
        return next((each.name for each in headers if each.name.lower() in ("location", "content-location")), None)

    @property
    def choice(self) -> Choice | None:
        """What says whether the answer is to be streamed, where both a stream and a whole body are documented."""
        both = self.streams and (self.outputs or self.unspecified)
        return next((found for each in self.inputs if both and (found := _choice(each))), None)

    def open_groups(self) -> list[Input]:
        """The objects in the request in which anything may stand, the body itself included."""
        bodies = [each for each in self.inputs if each.place == "body" and len(each.pointer) < 3]
        return [each for each in bodies if "0" not in each.pointer and is_group(self.schemas, each.schema)]


def _choice(found: Input) -> Choice | None:
    """An input that chooses between a stream and a whole body: a flag, or one of a few words, by its name."""
    outer = found.place in ("query", "header") or (found.place == "body" and len(found.pointer) == 1)
    if not outer or not set(found.words) & {*STREAMS, "mode", "format"}:
        return None
    if "boolean" in found.types:
        return Choice(found, True, False) if set(found.words) & STREAMS else None
    listed = [each for each in found.schema.get("enum", ()) if isinstance(each, str)]
    streamed = [each for each in listed if set(words(each)) & STREAMS]
    whole = [each for each in listed if each not in streamed]
    return Choice(found, streamed[0], whole[0]) if len(streamed) == 1 and whole else None


def is_group(schemas: Schemas, schema: Json) -> bool:
    """Whether a schema is an object in which any member may stand."""
    types = schemas.types(schema) - {"null"}
    if types != {"object"} or any("properties" in branch for branch in schemas.branches(schema)):
        return False
    return schemas.is_open_object(schema)


def shapes(spec: Spec) -> list[Shape]:
    """The shape of every operation of a document."""
    return [_shape(spec, operation) for operation in spec.operations.values()]


def _shape(spec: Spec, operation: Operation) -> Shape:
    """The shape of one operation."""
    raw = _raw(spec, operation)
    summary, description = str(raw.get("summary", "")), str(raw.get("description", ""))
    content = operation.success_content()
    kinds = set(operation.documented(operation.success()) or ())
    answers = raw.get("responses", {}) if isinstance(raw.get("responses"), dict) else {}
    told = [spec.schemas.deref(each).get("description", "") for each in answers.values()]
    json_answer = content is not None and is_json(content.media_type.partition(";")[0])
    outputs = tuple(_outputs(spec.schemas, content.schema)) if content and json_answer else ()
    return Shape(
        operation=operation,
        schemas=spec.schemas,
        segments=tuple(part for part in re.split(r"[/:]|(?<=\w)\.(?=\w)|(?<=\})(?=[^/])", operation.template) if part),
        name=_name(operation),
        summary=words(summary),
        prose=". ".join(map(str, (summary, description, *told))).lower(),
        inputs=tuple(_inputs(spec.schemas, operation)),
        outputs=outputs,
        streams=not STREAM_TYPES.isdisjoint(kinds),
        unspecified=json_answer and not outputs,
        security=raw.get("security"),
    )


def _raw(spec: Spec, operation: Operation) -> Schema:
    """What the document says of an operation."""
    item = spec.schemas.deref(spec.document["paths"][operation.template])
    return spec.schemas.deref(item.get(operation.method.lower(), {}))


def _name(operation: Operation) -> Words:
    """The words of an operationId; none if there is none. Frameworks put path and method behind the name."""
    if operation.id == str(operation):
        return ()
    path = re.sub(r"\W", "_", operation.template)
    name = operation.id.removesuffix("_" + operation.method.lower()).removesuffix(path)
    return words(name or operation.id)


def _inputs(schemas: Schemas, operation: Operation) -> Iterator[Input]:
    """Everything that a request can carry: parameters as they stand in the path, then the others, then the body."""
    order = {name: at for at, name in enumerate(re.findall(r"\{([^}]+)\}", operation.template))}
    for each in sorted(operation.parameters, key=lambda each: order.get(each.name, len(order))):
        if each.place in ("path", "query", "header"):
            yield Input(
                each.place,
                (each.name,),
                each.required or each.place == "path",
                schemas.deref(each.schema),
                frozenset(schemas.types(each.schema)),
            )
    if operation.request is None:
        return
    for pointer, schema in schemas.leaves(operation.request.schema):
        if len(pointer) <= DEEP and schema.get("readOnly") is not True:
            needed = required(schemas, operation.request.schema, pointer)
            yield Input("body", pointer, needed, schema, frozenset(schemas.types(schema)))


def required(schemas: Schemas, schema: Json, pointer: Pointer) -> bool:
    """Whether a valid body always has what stands at a pointer."""
    for end, token in enumerate(pointer):
        parent = schemas.at(schema, pointer[:end])
        if parent is MISSING or not any(token in each.get("required", ()) for each in schemas.branches(parent)):
            return False
    return True


def _outputs(schemas: Schemas, schema: Json) -> Iterator[Output]:
    """What an answer holds, the outermost first: objects and values, and arrays with their items, never in arrays."""
    found = [
        Output(pointer, plain, frozenset(schemas.types(plain)), _item(schemas, plain))
        for pointer, plain in schemas.leaves(schema)
        if len(pointer) < DEEP and "0" not in pointer
    ]
    if len(found) == 1 and not found[0].types and found[0].item is None:
        return
    yield from sorted(found, key=lambda each: len(each.pointer))


def _item(schemas: Schemas, schema: Json) -> Any:
    """The schema of an array's items; None if it is no array."""
    if "array" not in schemas.types(schema):
        return None
    return schemas.member(schema, "0") or {}


def member(schemas: Schemas, schema: Json, *names: Words) -> str | None:
    """The member of an object whose name is one of some keys."""
    return next((name for name in schemas.names(schema) if key(name) in names), None)
