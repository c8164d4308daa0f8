"""Which words are the API's own? They stand in its document for everybody to read, so they are no secrets."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.expressions import Json
from conformance.spec import Spec

_VALUES = ("enum", "const", "default", "example")


def public_words(spec: Spec) -> frozenset[str]:
    """The names and values that a document spells out, in lower case: parts of paths, members, parameters, enums."""
    found = {part for path in spec.document.get("paths", {}) for part in path.split("/") if part and "{" not in part}
    stack: list[Json] = [spec.document]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack += node
        elif isinstance(node, dict):
            found |= set(_said(node))
            stack += node.values()
    return frozenset(each.lower() for each in found) - frozenset(credential_names(spec))


def credential_names(spec: Spec) -> Iterator[str]:
    """The names of headers, parameters and cookies that the document says carry keys, in lower case."""
    components = spec.document.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    for each in schemes.values() if isinstance(schemes, dict) else ():
        if isinstance(each, dict) and each.get("type") == "apiKey" and isinstance(each.get("name"), str):
            yield each["name"].lower()


def _said(node: dict[str, Json]) -> Iterator[str]:
    """The words of one object of the document."""
    properties = node.get("properties")
    yield from properties if isinstance(properties, dict) else ()
    if isinstance(node.get("in"), str) and isinstance(node.get("name"), str):
        yield node["name"]
    for key in _VALUES:
        value = node.get(key)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str):
                yield each
