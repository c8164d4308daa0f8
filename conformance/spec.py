"""What does the OpenAPI document say? Operations, the contract of requests and answers, and generated data.

The only module that imports Schemathesis, which draws the data. Documents of OpenAPI 3.0 are read as 3.1; so are those
of 3.2, without what is new there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import hypothesis
import jsonschema_rs
import schemathesis

from conformance.directions import one_way
from conformance.drawing import cache_folder, draw
from conformance.errors import SpecError, nearest
from conformance.expressions import MISSING, Expression, Json, Pointer, assign, pointer_text
from conformance.operations import (
    EVENT_STREAM,
    STREAM_TYPES,
    TEXTUAL,
    Content,
    Header,
    Operation,
    Parameter,
    json_first,
)
from conformance.schemas import Schemas
from conformance.yaml_file import as_31, check_size, read_document, references

_VERSIONS: Final = re.compile(r"3\.[012](?!\d)")
_MINOR: Final = re.compile(r"3\.\d")
METHODS: Final = ("get", "put", "post", "delete", "patch", "head", "options")


_Route = tuple[re.Pattern[str], tuple[str, ...], Operation]


class Spec:
    """An OpenAPI document, ready to be asked."""

    def __init__(self, document: Json, place: str = "spec") -> None:
        self.place = place
        self.source = document
        self._drawn: dict[tuple[str, int, int], list[Json]] = {}
        self._takes: dict[tuple[str, Pointer, str], bool] = {}
        if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
            raise SpecError("this is no OpenAPI document: it has no `paths`", place=place)
        if not _VERSIONS.match(str(document.get("openapi", ""))):
            raise SpecError(
                "only OpenAPI 3.0, 3.1 and 3.2 are read", place=place, remedy="set `openapi: 3.1.0`, or convert it"
            )
        try:
            check_size(document)
            self.document = one_way(as_31(document))
            self.schemas = Schemas(self.document)
            for pointer, reference in references(self.document):
                self._check_reference(pointer, reference)
            self.operations = {operation.id: operation for operation in self._operations()}
            self._routes: list[_Route] = [
                (*_route(operation.template), operation)
                for operation in sorted(self.operations.values(), key=lambda each: _vagueness(each.template))
            ]
            self._by_length: dict[tuple[str, int], list[_Route]] = {}
            for route in self._routes:
                each = route[2]
                self._by_length.setdefault((each.method, each.template.count("/")), []).append(route)
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
        for pattern, names, operation in self._by_length.get((method, path.count("/")), ()):
            if found := pattern.fullmatch(path):
                texts = found.groups()
                return operation, {name: _decoded(texts[index]) for index, name in enumerate(names)}
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
            return schemathesis.openapi.from_dict({**self.source, "openapi": _whole(self.source["openapi"])})
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
            request=json_first(self._contents(body)),
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
        if parameter.types and not parameter.types & TEXTUAL:
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
            schema = self._of_each(media, plain) if plain in STREAM_TYPES else media.schema()
            found[plain] = Content(plain, schema, self._validator(media, schema), self.schemas)
        return found

    def _of_each(self, stream: _At, media_type: str) -> Json:
        """The schema of each value in a stream: `itemSchema` as OpenAPI 3.2 has it, for events that of what stands in
        their `data`; else `schema`, and of one that is an array its items."""
        said = "itemSchema" in stream.value
        schema = stream.schema("itemSchema") if said else stream.schema()
        if said and media_type == EVENT_STREAM:
            data = self.schemas.at(schema, ("data",))
            return self.schemas.deref(data).get("contentSchema", {}) if data is not MISSING else {}
        items = self.schemas.at(schema, ("0",)) if self.schemas.types(schema) == {"array"} else MISSING
        return schema if items is MISSING else items

    def _validator(self, holder: _At, schema: Json = None) -> Any:
        """A compiled validator of a place's schema; references resolve in the whole document, and nowhere else."""
        dialect = "https://json-schema.org/draft/2020-12/schema"
        root = {**self.document, "allOf": [holder.schema() if schema is None else schema], "$schema": dialect}
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

    def schema(self, key: str = "schema") -> Json:
        """The schema that is a member; one that allows anything if there is none."""
        value = self.value.get(key, {})
        if not isinstance(value, (dict, bool)):
            raise self.fail("is not a schema", key)
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


_UNBINDING: Final = frozenset({
    "type", "title", "description", "example", "examples", "default", "deprecated", "$comment", "allOf", "anyOf",
    "oneOf",
})  # fmt: skip
"""What a schema can say without forbidding any text."""


def _route(template: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """A pattern that matches the paths of a template, and the name of each of its groups."""
    parts = re.split(r"\{([^}]+)\}", template)
    names = tuple(parts[1::2])
    if len(set(names)) < len(names):
        raise SpecError("a parameter stands in this path twice", place=pointer_text(("paths", template)))
    return re.compile("([^/]+)".join(map(re.escape, parts[::2]))), names


def _decoded(text: str) -> str:
    """A part of a path without its percent signs."""
    return unquote(text) if "%" in text else text


def _vagueness(template: str) -> tuple[Any, ...]:
    """The order in which templates are tried: literal text wins over parameters, more of it over less."""
    segments = [re.subn(r"\{[^}]+\}", "", segment) for segment in template.split("/")]
    return template.count("{"), [(count, -len(literal)) for literal, count in segments], template


def _whole(version: Json) -> str:
    """A version with the three numbers that Schemathesis looks for."""
    return f"{version}.0" if _MINOR.fullmatch(str(version)) else str(version)
