"""What does a request ask of a list that no key of the profile names? What it is asked for so it may hold less."""

from __future__ import annotations

from collections.abc import Container

from conformance.expressions import Json, Message, Pointer, plain_text, remove
from conformance.operations import Parameter
from conformance.profile import Binding
from conformance.schemas import Schemas

Query = dict[str, tuple[str, ...]]
"""Parameters of the query, each with the texts that ask for nothing."""


class Narrowing:
    """The optional parameters and members by which a list can be asked for, beside those that the profile names.

    What has to be said is no such thing, nor what stands in the profile's values, or is the default.
    """

    def __init__(self, binding: Binding, values: Container[str]) -> None:
        request, named = binding.operation.request, binding.places
        queries = {each.name for each in named if each.place == "query"}
        self._schemas = None if request is None else request.schemas
        self._query: Query = {
            each.name: ("", *_default(each))
            for each in binding.operation.parameters
            if each.place == "query" and not each.required and each.name not in queries and each.name not in values
        }
        self._named: tuple[Pointer, ...] = tuple(each.pointer for each in named if each.place == "body")
        self._schema: Json = None if request is None else request.schema
        self._values = values

    def of(self, message: Message) -> bool:
        """Whether a request asks for anything of the kind."""
        texts = self._query
        asked = any(name in texts and value not in texts[name] for name, value in message.query.items())
        return asked or (self._schemas is not None and self._in(message.body, self._schemas))

    def _in(self, body: Json, schemas: Schemas) -> bool:
        """Whether a body does."""
        for pointer in self._named:
            body = remove(body, pointer)
        if not isinstance(body, dict) or not body:
            return False
        branches = list(schemas.branches(self._schema))
        needed = {name for branch in branches for name in branch.get("required", ())}
        defaults = {
            name: each["default"]
            for branch in branches
            for name, each in branch.get("properties", {}).items()
            if isinstance(each, dict) and "default" in each
        }
        return any(
            value not in (None, "", [], {}) and value != defaults.get(name)
            for name, value in body.items()
            if name not in needed and name not in self._values
        )


def _default(parameter: Parameter) -> tuple[str, ...]:
    """The text of a parameter's default, if it has one."""
    schema = parameter.schema
    return (plain_text(schema["default"]),) if isinstance(schema, dict) and "default" in schema else ()
