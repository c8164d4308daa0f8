"""What does the OpenAPI document say? Operations, the contract of requests and answers, and generated data.

The only module that imports Schemathesis, which draws the data. Documents of OpenAPI 3.0 are read as 3.1.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import hypothesis
import jsonschema_rs
import schemathesis
import yaml
from hypothesis.configuration import set_hypothesis_home_dir, storage_directory

from conformance.errors import SpecError, nearest
from conformance.expressions import Json, pointer_text
from conformance.schemas import Schemas

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


@dataclass(frozen=True, slots=True)
class Content:
    """A body as the document describes it for one media type."""

    media_type: str
    schema: Json
    validator: Any

    def conforms(self, value: Json) -> bool:
        """Whether a body conforms."""
        try:
            return bool(self.validator.is_valid(value))
        except UnicodeEncodeError:
            return bool(self.validator.is_valid(_encodable(value)))

    def problem(self, value: Json) -> str | None:
        """What is wrong with a body, naming the place; None if it conforms."""
        error = self._error(value)
        return None if error is None else _problem(error)

    def place(self, value: Json) -> str | None:
        """The JSON pointer of the first place that does not conform; None if all conforms."""
        error = self._error(value)
        return None if error is None else pointer_text(tuple(map(str, error.instance_path)))

    def _error(self, value: Json) -> Any:
        """The first error of a body that does not conform."""
        if self.conforms(value):
            return None
        return next(iter(self.validator.iter_errors(_encodable(value))), None)


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
        for kind, read in (("integer", int), ("number", float)):
            if kind in self.types:
                try:
                    value: Json = read(text)
                except ValueError:
                    return f"{text!r} is no {kind}"
                return None if self.validator.is_valid(value) else f"{text!r} does not conform"
        return None if self.validator.is_valid(text) else f"{text!r} does not conform"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in path, query or header."""

    name: str
    place: str
    required: bool
    schema: Json


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `answers` maps a documented status, or a range as `4XX`, or `default`, to its bodies."""

    id: str
    method: str
    template: str
    parameters: tuple[Parameter, ...]
    request: Content | None
    body_required: bool
    answers: Mapping[str, Mapping[str, Content]]
    headers: Mapping[str, tuple[Header, ...]]

    def documented_headers(self, status: int) -> tuple[Header, ...]:
        """The headers that are documented for a status."""
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.answers:
                return self.headers.get(key, ())
        return ()

    def documented(self, status: int) -> Mapping[str, Content] | None:
        """The bodies that are documented for a status, by media type; None if the status is not documented."""
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.answers:
                return self.answers[key]
        return None

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
        if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
            raise SpecError("this is no OpenAPI document: it has no `paths`", place=place)
        if not str(document.get("openapi", "")).startswith("3."):
            raise SpecError(
                "only OpenAPI 3.0 and 3.1 are read", place=place, remedy="set `openapi: 3.1.0`, or convert it"
            )
        self.document = _as_31(document)
        self.schemas = Schemas(self.document)
        try:
            self.operations = {operation.id: operation for operation in self._operations()}
        except SpecError as error:
            raise SpecError(error.problem, place=error.place or place, remedy=error.remedy) from error
        self._routes = sorted(
            ((_route(operation.template), operation) for operation in self.operations.values()),
            key=lambda route: (route[1].template.count("{"), route[1].template),
        )

    def operation(self, name: str) -> Operation:
        """The operation with that operationId, or `METHOD /path`; SpecError names the nearest."""
        if name in self.operations:
            return self.operations[name]
        for operation in self.operations.values():
            if str(operation) == name:
                return operation
        raise SpecError(f"there is no operation {name!r}", place=self.place, remedy=nearest(name, self.operations))

    def match(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation that a request addresses, and its decoded path parameters."""
        for pattern, operation in self._routes:
            if operation.method == method and (found := pattern.fullmatch(path)):
                return operation, {name: unquote(value) for name, value in found.groupdict().items()}
        return None

    def knows_path(self, path: str) -> bool:
        """Whether any operation has this path, whatever its method."""
        return any(pattern.fullmatch(path) for pattern, _ in self._routes)

    def draw(self, operation: Operation, count: int, seed: int) -> list[Json]:
        """Bodies that the operation's schema allows, drawn by Schemathesis: at most `count`, all different.

        They are kept in the cache, by document, operation, seed and versions.
        """
        if operation.request is None:
            return []
        about = json.dumps([self.source, operation.id, count, seed, _versions()], sort_keys=True, default=str)
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
        return kept

    def _draw(self, operation: Operation, count: int, seed: int) -> list[Json]:
        """Draw bodies."""
        strategy = self._generator[operation.template][operation.method].as_strategy()
        bodies: dict[str, Json] = {}

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=count,
            phases=[hypothesis.Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(strategy)
        def collect(case: Any) -> None:
            body = case.body
            if isinstance(body, (dict, list, str, int, float, bool, type(None))):
                bodies.setdefault(json.dumps(body, sort_keys=True), body)

        with quiet_hypothesis():
            collect()
        return list(bodies.values())

    @cached_property
    def _generator(self) -> Any:
        """Schemathesis's view of the document."""
        try:
            return schemathesis.openapi.from_dict(self.source)
        except Exception as error:
            raise SpecError(f"Schemathesis cannot read it: {error}", place=self.place) from error

    def _operations(self) -> Iterator[Operation]:
        """Read every operation of the document."""
        for template, item in self.document["paths"].items():
            item = self.schemas.deref(item)
            for method in METHODS:
                if isinstance(item.get(method), dict):
                    yield self._operation(template, method, item)

    def _operation(self, template: str, method: str, item: Mapping[str, Any]) -> Operation:
        """Read one operation."""
        raw = item[method]
        described = [self.schemas.deref(each) for each in (*item.get("parameters", ()), *raw.get("parameters", ()))]
        body = self.schemas.deref(raw.get("requestBody", {}))
        answers = {
            str(status).upper() if str(status) != "default" else "default": self._contents(self.schemas.deref(answer))
            for status, answer in raw.get("responses", {}).items()
        }
        return Operation(
            id=raw.get("operationId") or f"{method.upper()} {template}",
            method=method.upper(),
            template=template,
            parameters=tuple(
                Parameter(each["name"], each["in"], bool(each.get("required")), each.get("schema", {}))
                for each in described
            ),
            request=_json_first(self._contents(body)),
            body_required=bool(body.get("required")),
            answers=answers,
            headers={
                str(status).upper() if str(status) != "default" else "default": tuple(
                    self._header(name, self.schemas.deref(header))
                    for name, header in self.schemas.deref(answer).get("headers", {}).items()
                    if name.lower() != "content-type"
                )
                for status, answer in raw.get("responses", {}).items()
                if self.schemas.deref(answer).get("headers")
            },
        )

    def _header(self, name: str, raw: Mapping[str, Any]) -> Header:
        """Read the description of one header."""
        schema = raw.get("schema", {})
        return Header(name, bool(raw.get("required")), frozenset(self.schemas.types(schema)), self._validator(schema))

    def _contents(self, holder: Mapping[str, Any]) -> dict[str, Content]:
        """The bodies by media type that a request body or an answer documents."""
        return {
            media_type.partition(";")[0].strip().lower(): Content(
                media_type, media.get("schema", {}), self._validator(media.get("schema", {}))
            )
            for media_type, media in holder.get("content", {}).items()
        }

    def _validator(self, schema: Json) -> Any:
        """A compiled validator; references resolve in the whole document."""
        root = {**self.document, "allOf": [schema], "$schema": "https://json-schema.org/draft/2020-12/schema"}
        try:
            return jsonschema_rs.validator_for(root, validate_formats=True)
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise SpecError(f"a schema cannot be used: {error}", place=self.place) from error


def load(path: Path) -> Spec:
    """Read an OpenAPI document from a YAML or JSON file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"cannot be read: {error}", place=str(path)) from error
    try:
        document = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise SpecError(f"is neither YAML nor JSON: {error}", place=str(path)) from error
    return Spec(document, str(path))


@contextmanager
def quiet_hypothesis() -> Iterator[None]:
    """Within it, Hypothesis writes nothing into the working directory and warns of nothing."""
    before = storage_directory(intent_to_write=False).home_directory
    set_hypothesis_home_dir(cache_folder() / "hypothesis")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        set_hypothesis_home_dir(before)


@cache
def cache_folder() -> Path:
    """Where drawn data is kept between runs: the user's cache, or a temporary folder if that cannot be written."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "conformance"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            return home
    except OSError:
        folder = tempfile.mkdtemp(prefix="conformance-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)


def _versions() -> str:
    """The versions that drawn data depends on."""
    return f"1 hypothesis={hypothesis.__version__} schemathesis={schemathesis.__version__}"


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a date is a string, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON (RFC 6839, section 3.1)."""
    return media_type.endswith(("/json", "+json"))


def _json_first(contents: Mapping[str, Content]) -> Content | None:
    """The JSON body among several, or the first, or None."""
    return next((each for name, each in contents.items() if is_json(name)), next(iter(contents.values()), None))


def _route(template: str) -> re.Pattern[str]:
    """A pattern that matches the paths of a template; parameter values are groups."""
    parts = re.split(r"\{([^}]+)\}", template)
    names = {name: f"p{index}" for index, name in enumerate(parts[1::2])}
    if not all(name.isidentifier() for name in names):
        return _route(re.sub(r"\{([^}]+)\}", lambda found: "{" + re.sub(r"\W", "_", found[1]) + "}", template))
    return re.compile("".join(re.escape(p) if i % 2 == 0 else f"(?P<{p}>[^/]+)" for i, p in enumerate(parts)))


def _encodable(value: Json) -> Json:
    """A value with lone surrogates replaced: the validator cannot read them, and no schema speaks of them."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list) else value


def _problem(error: Any) -> str:
    """A validation error in one line, shortened."""
    place = pointer_text(tuple(map(str, error.instance_path))) or "the body"
    message = str(error.message)
    return f"{place}: {message if len(message) <= 200 else message[:200] + '…'}"


def _as_31(node: Json) -> Json:
    """A copy in which the keywords of OpenAPI 3.0 that 3.1 dropped are said in the new way."""
    if isinstance(node, list):
        return [_as_31(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {str(key): _as_31(value) for key, value in node.items()}
    if plain.pop("nullable", False) is True:
        if isinstance(plain.get("type"), str):
            plain["type"] = [plain["type"], "null"]
            if isinstance(plain.get("enum"), list):
                plain["enum"] = [*plain["enum"], None]
        else:
            plain = {"anyOf": [plain, {"type": "null"}]}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if plain.get(exclusive) is True and bound in plain:
            plain[exclusive] = plain.pop(bound)
        elif plain.get(exclusive) is False:
            del plain[exclusive]
    return plain
