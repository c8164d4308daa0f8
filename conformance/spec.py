"""What does the OpenAPI document say? Operations, the contract of requests and answers, and generated data.

The only module that imports Schemathesis, which draws the data. Documents of OpenAPI 3.0 are read as 3.1.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import hypothesis
import jsonschema_rs
import schemathesis

from conformance.drawing import cache_folder, draw
from conformance.errors import SpecError, nearest
from conformance.expressions import MISSING, Expression, Json, Pointer, assign, pointer_text
from conformance.schemas import Schemas
from conformance.values import heavy
from conformance.yaml_file import as_31, check_size, read_document, references

MAX_WEIGHT = 2**20
"""Of bodies that weigh more, only the beginning is searched for what is wrong with them:"""
MAX_ITEMS, MAX_MEMBERS, MAX_LETTERS = 10, 1_000, 10_000
"""so many items of each array, so many members of each object, so many characters of each text."""
EVENT_STREAM = "text/event-stream"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


@dataclass(frozen=True, slots=True)
class Content:
    """A body as the document describes it for one media type."""

    media_type: str
    schema: Json
    validator: Any
    schemas: Schemas

    @property
    def is_text(self) -> bool:
        """Whether it is a stream of events of which the document tells only that it is text, and not what the events
        hold."""
        return self.media_type == EVENT_STREAM and self.schemas.types(self.schema) == {"string"}

    def typed(self, value: Json) -> Json:
        """What a form holds, with each member as the schema has it."""
        return self.schemas.typed(self.schema, value)

    def conforms(self, value: Json) -> bool:
        """Whether a body conforms."""
        return _valid(self.validator, value)

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
        if not self.types & _TEXTUAL and self.types:
            return None  # arrays and objects have many ways to be written
        return _text_problem(text, self.types, self.validator)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `answers` maps a documented status, or a range as `4XX`, or `default`, to its bodies; `checked`
    are the parameters for which not every text is right."""

    id: str
    method: str
    template: str
    parameters: tuple[Parameter, ...]
    request: Content | None
    body_required: bool
    answers: Mapping[str, Mapping[str, Content]]
    headers: Mapping[str, tuple[Header, ...]]
    checked: tuple[Parameter, ...] = ()

    def documented_headers(self, status: int) -> tuple[Header, ...]:
        """The headers that are documented for a status."""
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.answers:
                return self.headers.get(key, ())
        return ()

    def documented(self, status: int) -> Mapping[str, Content] | None:
        """The bodies that are documented for a status, by media type; None if the status is not documented."""
        exact = self.answers.get(str(status))
        if exact is not None:
            return exact
        return self.answers.get(f"{status // 100}XX", self.answers.get("default"))

    def success(self) -> int:
        """The first documented 2xx status, or 200."""
        return min((int(key) for key in self.answers if key.isdecimal() and key.startswith("2")), default=200)

    def success_content(self) -> Content | None:
        """The documented body of a success, JSON rather than anything else."""
        contents = self.documented(self.success()) or {}
        return _json_first(contents)

    def parameter(self, place: str, name: str) -> Parameter | None:
        """The parameter of that name; header names are compared in lower case."""
        for parameter in self.parameters:
            if parameter.place == place and name == (parameter.name.lower() if place == "header" else parameter.name):
                return parameter
        return None

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


class Spec:
    """An OpenAPI document, ready to be asked."""

    def __init__(self, document: Json, place: str = "spec") -> None:
        self.place = place
        self.source = document
        self._drawn: dict[tuple[str, int, int], list[Json]] = {}
        self._takes: dict[tuple[str, Pointer, str], bool] = {}
        if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
            raise SpecError("this is no OpenAPI document: it has no `paths`", place=place)
        if not str(document.get("openapi", "")).startswith("3."):
            raise SpecError(
                "only OpenAPI 3.0 and 3.1 are read", place=place, remedy="set `openapi: 3.1.0`, or convert it"
            )
        try:
            check_size(document)
            self.document = as_31(document)
            self.schemas = Schemas(self.document)
            for pointer, reference in references(self.document):
                self._check_reference(pointer, reference)
            self.operations = {operation.id: operation for operation in self._operations()}
            self._routes = [
                (*_route(operation.template), operation)
                for operation in sorted(self.operations.values(), key=lambda each: _vagueness(each.template))
            ]
            # Paths without parameters win over all others, and most calls of some APIs go to these.
            self._literal = {(each.method, each.template): each for _, names, each in self._routes if not names}
        except SpecError as error:
            where = f"{place}: {error.place}" if error.place else place
            raise SpecError(error.problem, place=where, remedy=error.remedy) from error
        except RecursionError as error:
            raise SpecError("is nested too deeply", place=place) from error

    @property
    def base_path(self) -> str:
        """The path under which the operations stand, by the document's first server; "" if it names none."""
        servers = self.source.get("servers")
        first = servers[0] if isinstance(servers, list) and servers and isinstance(servers[0], dict) else {}
        url = str(first.get("url", ""))
        variables = first.get("variables")
        for name, variable in variables.items() if isinstance(variables, dict) else ():
            if isinstance(variable, dict):
                url = url.replace("{" + str(name) + "}", str(variable.get("default", "")))
        try:
            path = urlsplit(url).path
        except ValueError:
            return ""
        return path.rstrip("/") if path.startswith("/") else ""

    def operation(self, name: str) -> Operation:
        """The operation with that operationId, or `METHOD /path`; SpecError names the nearest."""
        if name in self.operations:
            return self.operations[name]
        for operation in self.operations.values():
            if str(operation) == name:
                return operation
        raise SpecError(f"there is no operation {name!r}", place=self.place, remedy=nearest(name, self.operations))

    def takes(self, operation: Operation, pointer: Pointer, value: Json) -> bool:
        """Whether a value may stand at a place of an operation's request body: an example is no worse for it."""
        request = operation.request
        if request is None:
            return False
        asked = (operation.id, pointer, json.dumps(value))
        if asked not in self._takes:
            body = self.schemas.example(request.schema)
            self._takes[asked] = request.problems(assign(body, pointer, value)) <= request.problems(body)
        return self._takes[asked]

    def schema_of(self, operation: Operation, found: Expression) -> Json:
        """The schema of a place in an operation's request; one that allows anything if there is none."""
        if found.place != "body":
            parameter = operation.parameter(found.place, found.name)
            return parameter.schema if parameter else {}
        schema = self.schemas.at(operation.request.schema, found.pointer) if operation.request else {}
        return schema if schema is not MISSING else {}

    def default_of(self, operation: Operation, found: Expression) -> int | None:
        """The number that the spec says is meant where a request leaves a place out; None if it does not say."""
        values = (each.get("default") for each in self.schemas.branches(self.schema_of(operation, found)))
        return next((each for each in values if type(each) is int), None)

    def first_of(self, operation: Operation, found: Expression) -> int:
        """The number from which a place counts: its default, else the least that it may hold, else one."""
        branches = list(self.schemas.branches(self.schema_of(operation, found)))
        said = (each.get(keyword) for keyword in ("default", "minimum") for each in branches)
        return next((each for each in said if each in (0, 1)), 1)

    def match(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation that a request addresses, and its decoded path parameters."""
        if (literal := self._literal.get((method, path))) is not None:
            return literal, {}
        for pattern, names, operation in self._routes:
            if operation.method == method and (found := pattern.fullmatch(path)):
                return operation, dict(zip(names, map(unquote, found.groups()), strict=True))
        return None

    def knows_path(self, path: str) -> bool:
        """Whether any operation has this path, whatever its method."""
        return any(pattern.fullmatch(path) for pattern, _, _ in self._routes)

    def draw(self, operation: Operation, count: int, seed: int) -> list[Json]:
        """Bodies that the operation's schema allows, drawn by Schemathesis: at most `count`, all different.

        They are kept in the cache, by document, schema, seed and versions: operations of one schema share them.
        """
        if operation.request is None:
            return []
        schema = json.dumps([operation.request.media_type, operation.request.schema], sort_keys=True, default=str)
        if (schema, count, seed) in self._drawn:
            return self._drawn[schema, count, seed]
        about = json.dumps([self.source, schema, count, seed, _versions()], sort_keys=True, default=str)
        path = cache_folder() / "bodies" / f"{hashlib.sha256(about.encode()).hexdigest()}.json"
        try:
            kept: list[Json] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            kept = self._draw(operation, count, seed)
            with contextlib.suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                fresh = path.with_suffix(f".{os.getpid()}")
                fresh.write_text(json.dumps(kept), encoding="utf-8")
                fresh.replace(path)
        self._drawn[schema, count, seed] = kept
        return kept

    def _draw(self, operation: Operation, count: int, seed: int) -> list[Json]:
        """Draw bodies."""
        strategy = self._generator[operation.template][operation.method].as_strategy()
        bodies: dict[str, Json] = {}

        def take(case: Any) -> None:
            body = case.body
            if isinstance(body, (dict, list, str, int, float, bool, type(None))):
                bodies.setdefault(json.dumps(body, sort_keys=True), body)

        draw(strategy, count, seed, take)
        return list(bodies.values())

    @cached_property
    def _generator(self) -> Any:
        """Schemathesis's view of the document."""
        try:
            return schemathesis.openapi.from_dict(self.source)
        except Exception as error:
            raise SpecError(f"Schemathesis cannot read it: {error}", place=self.place) from error

    def _check_reference(self, pointer: Pointer, node: Mapping[str, Json]) -> None:
        """A reference must lead to something else in this document."""
        reference = node["$ref"]
        try:
            if not isinstance(reference, str):
                raise SpecError(f"the reference {reference!r} is not a string")
            self.schemas.deref(node)
        except SpecError as error:
            raise SpecError(error.problem, place=pointer_text(pointer), remedy=error.remedy) from error

    def _operations(self) -> Iterator[Operation]:
        """Read every operation of the document."""
        root = _At(self.schemas, self.document)
        root.inner("components")
        for template, item in root.inner("paths").all():
            for method in METHODS:
                if method in item.value:
                    yield self._operation(template, method, item)

    def _operation(self, template: str, method: str, item: _At) -> Operation:
        """Read one operation."""
        raw = item.inner(method)
        body = raw.inner("requestBody")
        answers = {
            status if status == "default" else status.upper(): answer for status, answer in raw.inner("responses").all()
        }
        parameters = self._parameters(item, raw)
        return Operation(
            id=raw.text("operationId", f"{method.upper()} {template}"),
            method=method.upper(),
            template=template,
            parameters=parameters,
            checked=tuple(each for each in parameters if each.required or not self._takes_any_text(each)),
            request=_json_first(self._contents(body)),
            body_required=bool(body.value.get("required")),
            answers={status: self._contents(answer) for status, answer in answers.items()},
            headers={
                status: tuple(
                    self._header(name, header)
                    for name, header in answer.inner("headers").all()
                    if name.lower() != "content-type"
                )
                for status, answer in answers.items()
            },
        )

    def _parameters(self, item: _At, raw: _At) -> tuple[Parameter, ...]:
        """The parameters of an operation; its own come in the stead of those of its path."""
        found = {}
        for each in (*item.items("parameters"), *raw.items("parameters")):
            name, place = each.text("name"), each.text("in")
            types = frozenset(self.schemas.types(each.schema()))
            example = each.value.get("example", self.schemas.example(each.schema()))
            text = example if isinstance(example, str) else json.dumps(example)
            found[name, place] = Parameter(
                name, place, bool(each.value.get("required")), each.schema(), types, self._validator(each), text
            )
        return tuple(found.values())

    def _takes_any_text(self, parameter: Parameter) -> bool:
        """Whether a parameter's schema says nothing that a text could violate."""
        if parameter.types and not parameter.types & _TEXTUAL:
            return True
        return all(
            each.keys() <= _UNBINDING and ("type" not in each or "string" in self.schemas.types(each))
            for each in self.schemas.branches(parameter.schema)
        )

    def _header(self, name: str, raw: _At) -> Header:
        """Read the description of one header."""
        types = frozenset(self.schemas.types(raw.schema()))
        return Header(name, bool(raw.value.get("required")), types, self._validator(raw))

    def _contents(self, holder: _At) -> dict[str, Content]:
        """The bodies by media type that a request body or an answer documents."""
        found = {}
        for media_type, media in holder.inner("content").all():
            plain = media_type.partition(";")[0].strip().lower()
            found[plain] = Content(plain, media.schema(), self._validator(media), self.schemas)
        return found

    def _validator(self, holder: _At) -> Any:
        """A compiled validator of a place's schema; references resolve in the whole document, and nowhere else."""
        dialect = "https://json-schema.org/draft/2020-12/schema"
        root = {**self.document, "allOf": [holder.schema()], "$schema": dialect}
        try:
            return jsonschema_rs.validator_for(root, validate_formats=True, retriever=_refuse)
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise holder.fail(f"a schema cannot be used: {error}") from error


@dataclass(frozen=True, slots=True)
class _At:
    """An object in the document. What it holds is read with references followed; SpecError if it is of a wrong kind."""

    schemas: Schemas
    value: Mapping[str, Json]
    pointer: Pointer = ()

    def fail(self, problem: str, key: str | None = None) -> SpecError:
        """An error that names this place, or a member of it."""
        return SpecError(problem, place=pointer_text(self.pointer if key is None else (*self.pointer, key)))

    def inner(self, key: str) -> _At:
        """The object that is a member; an empty one if there is none."""
        value = self.value.get(key, {})
        if not isinstance(value, dict):
            raise self.fail("is not an object", key)
        return _At(self.schemas, self.schemas.deref(value), (*self.pointer, key))

    def all(self) -> Iterator[tuple[str, _At]]:
        """The members, which are objects, by name; extensions may be anything."""
        return (
            (key, self.inner(key))
            for key, value in self.value.items()
            if isinstance(value, dict) or not key.startswith("x-")
        )

    def items(self, key: str) -> Iterator[_At]:
        """The objects in the array that is a member."""
        value = self.value.get(key, [])
        if not isinstance(value, list):
            raise self.fail("is not an array", key)
        numbered = {str(index): item for index, item in enumerate(value)}
        return (item for _, item in _At(self.schemas, numbered, (*self.pointer, key)).all())

    def text(self, key: str, default: str | None = None) -> str:
        """The string that is a member."""
        value = self.value.get(key, default)
        if not isinstance(value, str):
            raise self.fail("is missing" if value is None and key not in self.value else "is not a string", key)
        return value

    def schema(self) -> Json:
        """The schema that is a member; one that allows anything if there is none."""
        value = self.value.get("schema", {})
        if not isinstance(value, (dict, bool)):
            raise self.fail("is not a schema", "schema")
        return value


def _refuse(uri: str) -> Json:
    """Nothing is fetched."""
    raise ValueError(f"{uri} is outside of this document")


def load(path: Path) -> Spec:
    """Read an OpenAPI document from a YAML or JSON file."""
    return Spec(read_document(path), str(path))


def _versions() -> str:
    """The versions that drawn data depends on."""
    return f"1 hypothesis={hypothesis.__version__} schemathesis={schemathesis.__version__}"


_UNBINDING = frozenset({
    "type", "title", "description", "example", "examples", "default", "deprecated", "$comment", "allOf", "anyOf",
    "oneOf",
})  # fmt: skip
"""What a schema can say without forbidding any text."""
_TEXTUAL = frozenset({"string", "integer", "number", "boolean"})


def _text_problem(text: str, types: Collection[str], validator: Any) -> str | None:
    """What is wrong with a value that travels as text; None if it conforms as any type that its schema names."""
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
    """Whether a media type is JSON (RFC 6839, section 3.1)."""
    return media_type.endswith(("/json", "+json"))


def _json_first(contents: Mapping[str, Content]) -> Content | None:
    """The JSON body among several, or the first, or None."""
    return next((each for name, each in contents.items() if is_json(name)), next(iter(contents.values()), None))


def _route(template: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """A pattern that matches the paths of a template, and the name of each of its groups."""
    parts = re.split(r"\{([^}]+)\}", template)
    names = tuple(parts[1::2])
    if len(set(names)) < len(names):
        raise SpecError("a parameter stands in this path twice", place=pointer_text(("paths", template)))
    return re.compile("([^/]+)".join(map(re.escape, parts[::2]))), names


def _vagueness(template: str) -> tuple[Any, ...]:
    """The order in which templates are tried: literal text wins over parameters, more of it over less."""
    segments = [re.subn(r"\{[^}]+\}", "", segment) for segment in template.split("/")]
    return template.count("{"), [(count, -len(literal)) for literal, count in segments], template


def _encodable(value: Json) -> Json:
    """A value with lone surrogates replaced: the validator cannot read them, and no schema speaks of them."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
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
