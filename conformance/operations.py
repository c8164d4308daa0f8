"""What does the document say of one operation? Its parameters, and the contract of its requests and answers."""

from __future__ import annotations

import contextlib
import math
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import jsonschema_rs

from conformance.expressions import Json, pointer_text
from conformance.schemas import Schemas
from conformance.values import heavy

MAX_WEIGHT: Final = 2**20
"""Of bodies that weigh more, only the beginning is searched for what is wrong with them:"""
MAX_ITEMS, MAX_MEMBERS, MAX_LETTERS = 10, 1_000, 10_000
"""so many items of each array, so many members of each object, so many characters of each text."""
EVENT_STREAM: Final = "text/event-stream"
LINES: Final = frozenset(
    {
        "application/jsonl",
        "application/x-ndjson",
        "application/ndjson",
        "application/x-jsonlines",
        "application/json-lines",
        "application/json-seq",
        "application/stream+json",
    }
)
"""Streams of JSON values, one a line; in a `json-seq` each begins with a record separator as well (RFC 7464)."""
STREAM_TYPES: Final = LINES | {EVENT_STREAM}
"""The media types of streams: each event or line is a value of its own, and conforms to the schema by itself."""


@dataclass(frozen=True, slots=True)
class Content:
    """A body as the document describes it for one media type."""

    media_type: str
    schema: Json
    validator: Any
    schemas: Schemas

    @property
    def is_text(self) -> bool:
        """Whether it is a stream of which the document tells only that it is text, and not what the events
        hold."""
        return self.media_type in STREAM_TYPES and self.schemas.types(self.schema) == {"string"}

    def typed(self, value: Json) -> Json:
        """What a form holds, with each member as the schema has it."""
        return self.schemas.typed(self.schema, value)

    def conforms(self, value: Json) -> bool:
        """Whether a body conforms. A number that a double cannot hold is one all the same."""
        return _valid(self.validator, value) or (_overflows(value) and _valid(self.validator, _encodable(value)))

    def problem(self, value: Json) -> str | None:
        """What is wrong with a body, naming the place; None if it conforms."""
        if self.conforms(value):
            return None
        error = self._error(value)
        return "the body: it does not conform" if error is None else _problem(error)

    def problems(self, value: Json) -> set[tuple[str, str]]:
        """Everything that does not conform in a small body: where, and which keyword of the schema it violates."""
        errors = self.validator.iter_errors(_encodable(value))
        return {(str(error.instance_path), str(error.schema_path)) for error in errors}

    def place(self, value: Json) -> str | None:
        """The JSON pointer of the first place that does not conform; None if all conforms."""
        if self.conforms(value):
            return None
        error = self._error(value)
        return "" if error is None else pointer_text(tuple(map(str, error.instance_path)))

    def _error(self, value: Json) -> Any:
        """The first error of a body that does not conform; None if it lies beyond what is looked at.

        An error carries copies of all that it is about, and a large body can have millions of them.
        """
        try:
            self.validator.validate(_encodable(_clipped(value) if heavy(value, MAX_WEIGHT) else value))
        except jsonschema_rs.ValidationError as error:
            return error
        return None


@dataclass(frozen=True, slots=True)
class Header:
    """A header of an answer, as the document describes it."""

    name: str
    required: bool
    types: frozenset[str]
    validator: Any

    def example(self) -> str:
        """A value of the declared type."""
        return "1" if self.types & {"integer", "number"} else "true" if "boolean" in self.types else "text"

    def problem(self, text: str) -> str | None:
        """What is wrong with a header's text; None if it conforms. The empty text is an absent header."""
        if not text:
            return "it is missing" if self.required else None
        return _text_problem(text, self.types, self.validator)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in path, query or header. `example` is the text of a small plain value."""

    name: str
    place: str
    required: bool
    schema: Json
    types: frozenset[str]
    validator: Any
    example: str

    def problem(self, text: str | None) -> str | None:
        """What is wrong with the text of a request's parameter; None if it conforms, or is rightly absent."""
        if text is None:
            return "it is missing" if self.required else None
        if not self.types & TEXTUAL and self.types:
            return None  # arrays and objects have many ways to be written
        return _text_problem(text, self.types, self.validator)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `answers` maps a documented status, or a range as `4XX`, or `default`, to its bodies; `checked`
    are the parameters for which not every text is right. `streams`: a stream of events is wanted, where a success may
    be that or a whole body."""

    id: str
    method: str
    template: str
    parameters: tuple[Parameter, ...]
    request: Content | None
    body_required: bool
    answers: Mapping[str, Mapping[str, Content]]
    headers: Mapping[str, tuple[Header, ...]]
    checked: tuple[Parameter, ...] = ()
    streams: bool = False
    _keys: dict[int, str | None] = field(init=False, default_factory=dict, compare=False, repr=False)

    def documented_headers(self, status: int) -> tuple[Header, ...]:
        """The headers that are documented for a status."""
        key = self._documented_as(status)
        return () if key is None else self.headers.get(key, ())

    def documented(self, status: int) -> Mapping[str, Content] | None:
        """The bodies that are documented for a status, by media type; None if the status is not documented."""
        key = self._documented_as(status)
        return None if key is None else self.answers[key]

    def _documented_as(self, status: int) -> str | None:
        """Under which key a status is documented: itself, its range, or `default`."""
        if status not in self._keys:
            keys = (str(status), f"{status // 100}XX", "default")
            self._keys[status] = next((key for key in keys if key in self.answers), None)
        return self._keys[status]

    def success(self) -> int:
        """The first documented 2xx status, or 200."""
        return min((int(key) for key in self.answers if key.isdecimal() and key.startswith("2")), default=200)

    def success_content(self) -> Content | None:
        """The documented body of a success: JSON rather than anything else, but for who wants a stream."""
        contents = self.documented(self.success()) or {}
        return (self.streams and stream_of(contents)) or json_first(contents)

    def parameter(self, place: str, name: str) -> Parameter | None:
        """The parameter of that name; header names are compared in lower case."""
        for parameter in self.parameters:
            if parameter.place == place and name == (parameter.name.lower() if place == "header" else parameter.name):
                return parameter
        return None

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


TEXTUAL: Final = frozenset({"string", "integer", "number", "boolean"})
_TEXT_ALONE: Final = frozenset({"string"})


def _text_problem(text: str, types: Collection[str], validator: Any) -> str | None:
    """What is wrong with a value that travels as text; None if it conforms as any type that its schema names."""
    if types == _TEXT_ALONE:
        return None if _valid(validator, text) else f"{text!r} does not conform"
    values: list[Json] = [text] if "string" in types or not types else []
    for kind, read in (("integer", int), ("number", float)):
        if kind in types:
            with contextlib.suppress(ValueError):
                values.append(read(text))
    if "boolean" in types and text.lower() in ("true", "false"):
        values.append(text.lower() == "true")
    if not values:
        return f"{text!r} is no {' or '.join(sorted(types))}"
    return None if any(_valid(validator, value) for value in values) else f"{text!r} does not conform"


def _valid(validator: Any, value: Json) -> bool:
    """Whether a value conforms; lone surrogates, which the validator cannot read, are replaced."""
    try:
        return bool(validator.is_valid(value))
    except ValueError:
        return bool(validator.is_valid(_encodable(value)))


def is_json(media_type: str) -> bool:
    """Whether a media type is that of one JSON value (RFC 6839, section 3.1)."""
    return media_type.endswith(("/json", "+json")) and media_type not in STREAM_TYPES


def stream_of(contents: Mapping[str, Content]) -> Content | None:
    """The stream among several bodies, or None."""
    return next((each for name, each in contents.items() if name in STREAM_TYPES), None)


def json_first(contents: Mapping[str, Content]) -> Content | None:
    """The JSON body among several, or the first, or None."""
    return next((each for name, each in contents.items() if is_json(name)), next(iter(contents.values()), None))


def _overflows(value: Json) -> bool:
    """Whether a value holds a number that is read as infinity, such as 1e999, which the validator takes for none."""
    if isinstance(value, dict):
        return any(map(_overflows, value.values()))
    return any(map(_overflows, value)) if isinstance(value, list) else isinstance(value, float) and math.isinf(value)


def _encodable(value: Json) -> Json:
    """A value with what the validator cannot read replaced: lone surrogates, of which no schema speaks, and infinities
    by the largest of all numbers."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float) and math.isinf(value):
        return math.copysign(sys.float_info.max, value)
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list) else value


def _clipped(value: Json) -> Json:
    """The beginning of a value: of each array some items, of each text some characters."""
    if isinstance(value, dict):
        members = islice(value.items(), MAX_MEMBERS)
        return {key[:MAX_LETTERS]: _clipped(item) for key, item in members}
    if isinstance(value, list):
        return [_clipped(item) for item in value[:MAX_ITEMS]]
    return value[:MAX_LETTERS] if isinstance(value, str) else value


def _problem(error: Any) -> str:
    """A validation error in one line, shortened."""
    place = pointer_text(tuple(map(str, error.instance_path))) or "the body"
    message = str(error.message)
    return f"{place}: {message if len(message) <= 200 else message[:200] + '…'}"
