"""What stands in the document's file? YAML or JSON in, plain data in the words of OpenAPI 3.1 out.

A document may share parts of itself by YAML aliases, but not contain itself, nor be too large once written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from conformance.errors import SpecError
from conformance.expressions import Json, Pointer

MAX_NODES = 1_000_000
"""How many values a document may have, counting each as often as it would be written without aliases."""

# What the members of an object in the document are. Names are free; data is not ours to read.
_KEYWORDS, _NAMES, _DATA = "keywords", "names", "data"
_HOLDS = {
    **dict.fromkeys(("properties", "patternProperties", "dependentSchemas", "$defs", "definitions"), _NAMES),
    **dict.fromkeys(("paths", "pathItems", "responses", "parameters", "headers", "requestBodies"), _NAMES),
    **dict.fromkeys(("schemas", "content", "callbacks", "webhooks", "links"), _NAMES),
    **dict.fromkeys(("example", "examples", "default", "const", "enum"), _DATA),
}


class _Loader(yaml.SafeLoader):
    """Safe YAML in which words such as `no` and `on`, dates, and numbers of base 60 are strings, as YAML 1.2 has it."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge what `<<` names, within bounds: merged mappings are copied before anything is shared."""
        super().flatten_mapping(node)
        if len(node.value) > MAX_NODES // 10:
            raise yaml.constructor.ConstructorError(None, None, "it merges too many members", node.start_mark)


_PLAIN = {
    "tag:yaml.org,2002:bool": re.compile("(?:true|True|TRUE|false|False|FALSE)$"),
    "tag:yaml.org,2002:int": re.compile("[-+]?(?:0[0-7]*|[1-9][0-9]*|0x[0-9a-fA-F]+)$"),
    "tag:yaml.org,2002:float": re.compile(
        r"[-+]?(?:[0-9]+[eE][-+]?[0-9]+|(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))$|\.(?:nan|NaN|NAN)$"
    ),
    "tag:yaml.org,2002:timestamp": re.compile("(?!)"),
}
"""What is no string, where YAML 1.1 knows more than YAML 1.2, and OpenAPI."""
_Loader.yaml_implicit_resolvers = {
    first: [(tag, _PLAIN.get(tag, pattern)) for tag, pattern in resolvers]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(path: Path) -> Json:
    """The document in a YAML or JSON file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise SpecError(f"cannot be read: {error}", place=str(path)) from error
    return parse_document(text, str(path))


def parse_document(text: str, place: str) -> Json:
    """The document in a text, which came from some place."""
    try:
        return yaml.load(text, Loader=_Loader)
    except RecursionError as error:
        raise SpecError("is nested too deeply", place=place) from error
    except (yaml.YAMLError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        raise SpecError(f"is neither YAML nor JSON: {error}", place=place) from error


def check_size(node: Json, sizes: dict[int, int] | None = None) -> int:
    """How many values a document has; SpecError if too many, if it contains itself, or if it is not JSON."""
    if not isinstance(node, (dict, list)):
        if node is None or isinstance(node, (str, int, float)):
            return 1
        raise SpecError(f"it holds {node!r:.80}, which is no value of JSON")
    sizes = {} if sizes is None else sizes
    key, unfinished = id(node), 0
    if key not in sizes:
        sizes[key] = unfinished
        sizes[key] = 1 + sum(check_size(each, sizes) for each in (node.values() if isinstance(node, dict) else node))
    if sizes[key] == unfinished:
        raise SpecError("a part of it contains itself")
    if sizes[key] > MAX_NODES:
        raise SpecError(f"it is too large: its aliases stand for more than {MAX_NODES} values")
    return sizes[key]


def _holds(kind: str, key: str) -> str:
    """What the members below a key are."""
    return _DATA if kind == _DATA else _HOLDS.get(key, _KEYWORDS) if kind == _KEYWORDS else _KEYWORDS


def as_31(node: Json, kind: str = _KEYWORDS, done: dict[tuple[int, str], Json] | None = None) -> Json:
    """A copy in which the keywords of OpenAPI 3.0 that 3.1 dropped are said in the new way; what is shared stays so."""
    if not isinstance(node, (dict, list)):
        return node
    done = {} if done is None else done
    key = (id(node), kind)
    if key not in done:
        if isinstance(node, list):
            done[key] = [as_31(item, _DATA if kind == _DATA else _KEYWORDS, done) for item in node]
        else:
            plain = {str(name): as_31(value, _holds(kind, str(name)), done) for name, value in node.items()}
            done[key] = _keywords_of_31(plain) if kind == _KEYWORDS else plain
    return done[key]


def _keywords_of_31(plain: dict[str, Json]) -> dict[str, Json]:
    """One object of keywords, said in the new way."""
    if isinstance(plain.get("nullable"), bool) and plain.pop("nullable"):
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


def references(
    node: Json, kind: str = _KEYWORDS, place: Pointer = (), seen: set[tuple[int, str]] | None = None
) -> Iterator[tuple[Pointer, Json]]:
    """Every object of a document that is a reference, with its place; what is shared comes once."""
    seen = set() if seen is None else seen
    if kind == _DATA or not isinstance(node, (dict, list)) or (id(node), kind) in seen:
        return
    seen.add((id(node), kind))
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from references(item, _KEYWORDS, (*place, str(index)), seen)
        return
    if kind == _KEYWORDS and "$ref" in node:
        yield place, node
    for name, value in node.items():
        yield from references(value, _holds(kind, name), (*place, name), seen)
