"""Where does a value sit? OpenAPI runtime expressions and JSON pointers, read and written.

Source: OpenAPI 3.1.1, section 4.8.20.3 (runtime expressions); RFC 6901 (JSON pointer).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeAlias

from mypy_extensions import mypyc_attr

from conformance.exchange import Headers, header

Json: TypeAlias = Any
"""Any value that JSON can express: None, bool, int, float, str, list, dict."""

Pointer = tuple[str, ...]


class _Missing(Enum):
    """The type of `MISSING`, which says 'there is no value here' (None is a JSON value)."""

    MISSING = "missing"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing.MISSING

_PLACES: Final = {
    "request": {"path", "query", "header", "body"},
    "response": {"header", "body"},
}


@mypyc_attr(acyclic=True)
class Message:
    """The parts of a request or an answer that an expression can name.

    `headers` are those that were put there, `said` those of a message as it was sent: they are searched when one is
    asked for, and most profiles never ask.
    """

    __slots__ = ("body", "headers", "path", "query", "said")

    def __init__(
        self,
        path: dict[str, str] | None = None,
        query: dict[str, Json] | None = None,
        said: Headers = (),
        body: Json = MISSING,
    ) -> None:
        self.path = {} if path is None else path
        self.query = {} if query is None else query
        self.said = said
        self.body = body
        self.headers: dict[str, Json] = {}

    def header(self, name: str) -> Json:
        """The value of a header, by its name in lower case, or MISSING; one that was sent empty is none."""
        put = self.headers.get(name, MISSING)
        return put if put is not MISSING else header(self.said, name) or MISSING


@dataclass(frozen=True, slots=True)
class Expression:
    """One place in a request or an answer, such as `$request.path.id` or `$response.body#/session/id`."""

    text: str
    side: str
    place: str
    name: str = ""
    pointer: Pointer = ()

    def read(self, message: Message) -> Json:
        """The value at this place, or MISSING."""
        if self.place == "body":
            return resolve(message.body, self.pointer)
        if self.place == "path":
            return message.path.get(self.name, MISSING)
        if self.place == "query":
            return message.query.get(self.name, MISSING)
        return message.header(self.name)

    def says(self, message: Message, value: Json) -> bool:
        """Whether a value stands at this place; outside of bodies everything is text."""
        found = self.read(message)
        if self.place == "body":
            return type(found) is type(value) and bool(found == value)
        return bool(found == plain_text(value))

    def clear(self, message: Message) -> None:
        """Take away what stands at this place, which is none in the path."""
        if self.place == "body":
            message.body = remove(message.body, self.pointer)
        elif self.place in ("query", "header"):
            (message.query if self.place == "query" else message.headers).pop(self.name, None)

    def write(self, message: Message, value: Json) -> None:
        """Put a value at this place; objects and arrays on the way are made as needed."""
        if self.place == "body":
            message.body = assign(message.body, self.pointer, value)
        elif self.place == "path":
            message.path[self.name] = value
        elif self.place == "query":
            message.query[self.name] = value
        else:
            message.headers[self.name] = value


def plain_text(value: Json) -> str:
    """A single value as it stands outside of bodies."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def parse(text: Json) -> Expression:
    """Read an expression; ValueError says what is wrong with it."""
    if not isinstance(text, str) or not text.startswith("$"):
        raise ValueError("an expression begins with $request or $response")
    head, _, rest = text[1:].partition(".")
    if head not in _PLACES:
        raise ValueError(f"${head} is not $request or $response")
    place, dot, name = rest.partition(".")
    if place == "body" or place.startswith("body#"):
        return Expression(text, head, "body", pointer=parse_pointer(rest[len("body") :].removeprefix("#")))
    if place not in _PLACES[head]:
        raise ValueError(f"${head}.{place} is none of {', '.join(sorted(_PLACES[head]))}")
    if not dot or not name:
        raise ValueError(f"${head}.{place} needs a name, as in ${head}.{place}.id")
    return Expression(text, head, place, name=name.lower() if place == "header" else name)


def parse_pointer(text: Json) -> Pointer:
    """Read a JSON pointer; ValueError says what is wrong with it."""
    if not isinstance(text, str):
        raise ValueError("a JSON pointer is a string")
    if not text:
        return ()
    if not text.startswith("/"):
        raise ValueError("a JSON pointer is empty or begins with /")
    if re.search("~(?![01])", text):
        raise ValueError("in a JSON pointer ~ is followed by 0 or 1")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text[1:].split("/"))


def pointer_text(pointer: Pointer) -> str:
    """The pointer in its RFC 6901 form."""
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in pointer)


@lru_cache(maxsize=1_024)
def index_of(token: str) -> int | None:
    """The index of an array that a token names (RFC 6901, section 4); None if it names none."""
    return int(token) if _INDEX.fullmatch(token) else None


_INDEX: Final = re.compile("0|[1-9][0-9]{0,17}")


def resolve(document: Json, pointer: Pointer) -> Json:
    """The value that a pointer names, or MISSING."""
    for token in pointer:
        if isinstance(document, dict):
            document = document.get(token, MISSING)
        elif isinstance(document, list) and (index := index_of(token)) is not None and index < len(document):
            document = document[index]
        else:
            return MISSING
    return document


def resolve_each(documents: Iterable[Json], pointer: Pointer) -> list[Json]:
    """What a pointer names in each of some values, or MISSING."""
    if len(pointer) != 1:
        return [resolve(each, pointer) for each in documents]
    token = pointer[0]
    return [each.get(token, MISSING) if isinstance(each, dict) else resolve(each, pointer) for each in documents]


def assign(document: Json, pointer: Pointer, value: Json) -> Json:
    """A copy of the document in which the pointer names `value`; what is not on the way is shared, not copied.

    In an array any other token than the index of an item appends: the value then stands at the index of the end.
    """
    if not pointer:
        return value
    token, rest = pointer[0], pointer[1:]
    if isinstance(document, dict):
        return {**document, token: assign(document.get(token, MISSING), rest, value)}
    index = index_of(token)
    if isinstance(document, list) or index is not None:
        items = list(document) if isinstance(document, list) else []
        index = len(items) if index is None else min(index, len(items))
        inner = items[index] if index < len(items) else MISSING
        items[index : index + 1] = [assign(inner, rest, value)]
        return items
    return {token: assign(MISSING, rest, value)}


def remove(document: Json, pointer: Pointer) -> Json:
    """A copy of the document without what the pointer names."""
    if len(pointer) == 1 and isinstance(document, dict) and pointer[0] in document:
        return {key: value for key, value in document.items() if key != pointer[0]}
    if resolve(document, pointer) is MISSING or not pointer:
        return document
    parent = resolve(document, pointer[:-1])
    if isinstance(parent, dict):
        rest: Json = {key: value for key, value in parent.items() if key != pointer[-1]}
    else:
        rest = [value for index, value in enumerate(parent) if index != int(pointer[-1])]
    return assign(document, pointer[:-1], rest)
