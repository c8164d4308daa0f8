"""Reads the OpenAPI document of a shape: which requests it allows, and which answers it describes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx
import jsonschema_rs
import yaml

Found = tuple[str, str, dict[str, str]]


class Spec:
    """A document, and which of its answers were seen."""

    def __init__(self, path: Path) -> None:
        """Read it."""
        self.document = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.seen: set[tuple[str, str, str]] = set()

    def resolved(self, part: Any) -> Any:
        """Follow a reference, if it is one."""
        while "$ref" in part:
            found: Any = self.document
            for token in part["$ref"].removeprefix("#/").split("/"):
                found = found[token]
            part = found
        return part

    def valid(self, schema: Any, value: Any) -> bool:
        """Tell whether a value is of a schema, formats included."""
        whole = {"allOf": [schema], "components": self.document["components"]}
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=True).is_valid(value)

    def operation(self, request: httpx.Request) -> Found:
        """Find the path and the method of a request, and the parameters in its path."""
        raw = request.url.raw_path.decode().partition("?")[0]
        for template in self.document["paths"]:
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]*)", re.escape(template))
            if match := re.fullmatch(pattern, raw):
                parameters = {name: unquote(value) for name, value in match.groupdict().items()}
                return template, request.method.lower(), parameters
        raise LookupError(raw)

    def allows(self, request: httpx.Request) -> bool:
        """Tell whether a request is as the document says, its key aside."""
        template, method, in_path = self.operation(request)
        item = self.document["paths"][template]
        operation = item[method]
        in_query = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        for parameter in map(self.resolved, [*item.get("parameters", []), *operation.get("parameters", [])]):
            values = in_path if parameter["in"] == "path" else in_query
            if parameter["name"] in values and not self.valid(
                parameter["schema"], self.typed(parameter["schema"], values[parameter["name"]])
            ):
                return False
        if "requestBody" not in operation:
            return True
        schema = self.resolved(operation["requestBody"])["content"]["application/json"]["schema"]
        try:
            return self.valid(schema, json.loads(request.content))
        except (ValueError, RecursionError):
            return False

    def typed(self, schema: Any, value: str) -> Any:
        """Read a parameter as a number if it shall be one."""
        number = self.resolved(schema).get("type") == "integer" and re.fullmatch(r"-?[0-9]+", value)
        return int(value) if number else value

    def describes(self, answer: httpx.Response) -> str | None:
        """Say what about an answer is not as the document says, or None."""
        template, method, _ = self.operation(answer.request)
        documented = self.document["paths"][template][method]["responses"]
        status = str(answer.status_code)
        if status not in documented:
            return f"{method} {template}: {status} is not documented"
        self.seen.add((template, method, status))
        described = self.resolved(documented[status])
        if "content" not in described:
            return f"{method} {template}: {status} has a body" if answer.content else None
        kind = answer.headers["content-type"]
        if kind not in described["content"]:
            return f"{method} {template}: {kind} is not documented"
        if not self.valid(described["content"][kind]["schema"], answer.json()):
            return f"{method} {template}: {answer.text} is not of its schema"
        return None

    def documented(self) -> set[tuple[str, str, str]]:
        """Give every answer that is described: path, method and status."""
        return {
            (template, method, status)
            for template, item in self.document["paths"].items()
            for method, operation in item.items()
            if method != "parameters"
            for status in operation["responses"]
        }
