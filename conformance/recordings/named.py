"""What is a secret by its name? The values of headers, cookies, parameters, fields and members that are called so.

Bodies are searched as what they are, JSON or a form, and besides as plain text: the frames of a stream, lines of JSON,
an answer that was cut off, a URL in a header, JSON within a text of JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

from conformance.exchange import Exchange, Headers
from conformance.expressions import Json
from conformance.recordings.unfolding import unfolded

DEPTH = 3
"""So many texts, one within the other, are searched."""
MAX_DOCUMENT = 2**23
"""A larger body is not read as JSON."""
MAX_FORM = 2**20
"""A larger body is not read as a form."""
_NAMES = re.compile(
    r"pass(word|wd|phrase|code)|secret|token(?!s|count|type|usage|ize)|api_?key|access_?key|private_?key|credential"
    r"|authorization|cookie|signature|jwt|(^|_)otp(_|$)|otp$|(^|_)(pwd?|bearer)(_|$)"
)
_IN_URLS = frozenset({"key", "sig", "auth", "sas", "assertion"})
"""Names that are those of secrets in a URL, where the API gives them no other meaning."""
_NUMBERS = re.compile(r"(pass(word|wd|phrase|code)|secret|api_?key|access_?key|otp|(^|_)token)$")
"""Names whose values are secrets even where they are numbers."""
SMALLEST_NUMBER = 1_000
LOOKS_LIKE_ONE = 8
"""In a text that people write, fewer characters after a name are no secret, nor a word without a digit."""
SURELY = 20
"""So many characters without a space are no word."""
_NAMING = ("name", "key", "header", "field")
"""Where an object that is a name and a `value`, as headers are listed, has its name."""
_NAME = r"[\w.\-\[\]$]{1,64}"
_WHOLE_NAME = re.compile(_NAME)
_MEMBER = re.compile(rf'["\']({_NAME})["\']\s*:\s*(?:"([^"\\]*(?:\\.[^"\\]*)*)|\'([^\'\\]*(?:\\.[^\'\\]*)*))')
_PARAMETER = re.compile(rf"(?:^|[?&;#\s\"'(,])({_NAME})=(?:\"([^\"]+)|([^&;#\s\"'<>,\\]+))")
# A line of a part's head is bounded, and its name looked for apart: else a long line is gone through again and again.
_PART = re.compile(
    r"content-disposition:([^\r\n]{0,1024})\r?\n(?:[^\r\n]{1,1024}\r?\n){0,8}\r?\n(.*?)(?:\r?\n--|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_PART_NAME = re.compile(rf"[;\s]name=\"?({_NAME})", re.IGNORECASE)
_NUMBER = re.compile(rf'"({_NAME})"\s*:\s*(-?\d+(?:\.\d+)?)(?=\s*[,}}\]])')
_ELEMENT = re.compile(rf"<({_NAME})>([^<]{{1,4096}})</")
_USER = re.compile(rf"://(?:[^/\s:@\"']*:([^/\s@\"']+)|([^/\s:@\"']{{{SURELY},}}))@")
# Where nothing is in quotes: the head of a request in a text, a line of a log. One beginning for each word, and no
# colon in the value, so that a long text is gone through once.
_LINE = re.compile(
    rf"(?<![\w.\-\[\]$])({_NAME})[ \t]{{0,8}}:[ \t]{{0,8}}([^\s\"'\\,;:<>{{}}\[\]]{{{LOOKS_LIKE_ONE},}})"
)
_CREDENTIALS = re.compile(
    rf"(?<!\w)(?:(?i:bearer|basic)[ \t]{{1,8}}([\w.~+/=\-]{{{LOOKS_LIKE_ONE},}})|(eyJ[\w\-]{{8,}}(?:\.[\w\-]+){{2,4}}))"
)
"""What is a credential by its looks: what follows the name of a scheme, and a JSON Web Token."""
_MAY_HOLD = re.compile(r"[=:]|eyJ|(?i:bearer|basic) ")
_PAIR = re.compile(r"\s*([^=;]+)=\s*\"?([^;\"]*)\"?")


class Place(NamedTuple):
    """Where a secret stands in a text."""

    start: int
    end: int


class Names:
    """Knows the names of secrets. `places` are those, in lower case, of headers that carry the profile's credentials;
    `named` those of further fields, of any kind; `public` words have another meaning."""

    def __init__(self, places: Mapping[str, str], named: Collection[str], public: Collection[str]) -> None:
        self.named = frozenset(each.lower() for each in named)
        self._places = frozenset(places)
        self._public = frozenset(each.lower() for each in public)

    def secret(self, name: str) -> bool:
        """Whether what has this name is a secret."""
        lower = name.lower()
        return lower in self.named or _NAMES.search(lower.replace("-", "_")) is not None

    def secret_parameter(self, name: str) -> bool:
        """Whether a parameter of this name is a secret."""
        lower = name.lower()
        return self.secret(lower) or (lower in _IN_URLS and lower not in self._public)

    def secret_number(self, name: str, value: Json) -> bool:
        """Whether a number of this name is a secret."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        lower = name.lower()
        large = abs(value) >= SMALLEST_NUMBER and _NUMBERS.search(lower.replace("-", "_")) is not None
        return lower in self.named or large

    def values(self, exchange: Exchange) -> Iterator[str]:
        """The secrets of an exchange, but for those in headers that carry nothing else."""
        request, response = exchange.request, exchange.response
        yield from self.text(request.url)
        yield from self._in_form(request.query)
        yield from self._in_body(request.body)
        yield from self._in_headers(request.headers)
        if response is not None:
            yield from self._in_headers(response.headers)
            yield from self._in_body(response.body)

    def members(self, root: Json, depth: int = DEPTH) -> Iterator[str]:
        """The secrets among the members of a JSON value, and in its texts. Of what is a secret by its name all is."""
        stack: list[tuple[Json, str]] = [(root, "")]
        while stack:
            node, within = stack.pop()
            if isinstance(node, str):
                yield from (node,) if within else self._in_string(node, depth)
            elif isinstance(node, list):
                pair = not within and len(node) == 2 and isinstance(node[0], str) and self._is_name(node[0])
                stack += [(node[0], ""), (node[1], node[0])] if pair else [(each, within) for each in node]
            elif isinstance(node, dict):
                called = self._called(node)
                for name, value in node.items():
                    named = name if self.secret(name) else called if called and name.lower() == "value" else within
                    stack.append((value, named))
            elif self.secret_number(within, node):
                yield json.dumps(node)

    def _called(self, node: dict[str, Json]) -> str:
        """The name of a secret that an object says its value has; else none."""
        names = (value for name, value in node.items() if name.lower() in _NAMING)
        return next((each for each in names if isinstance(each, str) and self._is_name(each)), "")

    def _is_name(self, text: str) -> bool:
        """Whether a text is the name of a secret, and nothing that people write."""
        return _WHOLE_NAME.fullmatch(text) is not None and self.secret(text)

    def places(self, text: str) -> Iterator[Place]:
        """Where secrets stand in a text that is no JSON document."""
        for pattern in (_MEMBER, _PARAMETER, _ELEMENT):
            secret = self.secret_parameter if pattern is _PARAMETER else self.secret
            for found in pattern.finditer(text):
                if secret(found[1]):
                    group = next(index for index in range(2, pattern.groups + 1) if found[index] is not None)
                    yield Place(*found.span(group))
        for found in _PART.finditer(text):
            name = _PART_NAME.search(found[1])
            if name is not None and self.secret(name[1]):
                yield Place(*found.span(2))
        for found in _NUMBER.finditer(text):
            if self.secret_number(found[1], float(found[2])):
                yield Place(*found.span(2))
        yield from (Place(*found.span(found.lastindex or 0)) for found in _USER.finditer(text))
        yield from self._said(text)

    def _said(self, text: str) -> Iterator[Place]:
        """Where secrets stand in words: by what looks like a credential, or behind a name and a colon."""
        for found in _CREDENTIALS.finditer(text):
            if found[2] or _is_no_word(found[1]):
                yield Place(*found.span(found.lastindex or 0))
        for found in _LINE.finditer(text):
            if _is_no_word(found[2]) and self.secret(found[1]):
                counts = found[2].isdecimal() and not self.secret_number(found[1], float(found[2]))
                if not counts:
                    yield Place(*found.span(2))

    def text(self, text: str) -> Iterator[str]:
        """The secrets in a text that is no JSON document."""
        return self._in_text(text, DEPTH)

    def _in_headers(self, headers: Headers) -> Iterator[str]:
        for name, value in headers:
            if not cookies(name) and name.lower() not in self._places and not self.secret(name):
                yield from self.text(value)

    def _in_body(self, body: bytes) -> Iterator[str]:
        """The secrets in a body."""
        document = document_of(body)
        if document is not None:
            yield from self.members(document)
        elif body:
            text = body.decode("utf-8", "surrogateescape")
            yield from self.text(text)
            yield from self._in_form(text)

    def _in_form(self, text: str) -> Iterator[str]:
        """The secrets in a query, or in a form."""
        if "=" in text and len(text) <= MAX_FORM:
            pairs = parse_qsl(text, keep_blank_values=True, errors="surrogateescape")
            for name, value in pairs:
                yield from (value,) if self.secret_parameter(name) else self._in_string(value, DEPTH)

    def _in_string(self, text: str, depth: int) -> Iterator[str]:
        """The secrets in a text of JSON, if it may hold any."""
        if depth and len(text) > 4 and _MAY_HOLD.search(text):
            document = document_of(text.encode("utf-8", "surrogatepass"))
            yield from self._in_text(text, depth - 1) if document is None else self.members(document, depth - 1)

    def _in_text(self, text: str, depth: int) -> Iterator[str]:
        """The secrets in a text, as it stands and with its escapes undone."""
        for start, end in self.places(text):
            value = text[start:end].strip()
            yield from {value, unfolded(value)[0], unfolded(value.replace("+", " "))[0]}  # a form writes a space as +
        plain, starts = unfolded(text) if depth else (text, None)
        if starts is not None:
            yield from self._in_text(plain, depth - 1)


def _is_no_word(text: str) -> bool:
    """Whether a text is nothing that people write: it has a digit, or is very long."""
    return len(text) >= SURELY or any(map(str.isdigit, text))


def cookies(name: str) -> bool:
    """Whether a header carries cookies."""
    return "cookie" in name.lower()


def cookie_values(name: str, value: str) -> Iterator[str]:
    """The values of the cookies in a header; in a Set-Cookie only the first pair is one."""
    pairs = value.split(";")[:1] if name.lower().startswith("set-") else value.split(";")
    yield from (found[2].strip() for each in pairs if (found := _PAIR.match(each)))


def document_of(body: bytes) -> Json:
    """The JSON value of a body; None if it is none, or too large to be searched by names."""
    if not body or body.lstrip()[:1] not in (b"{", b"[") or len(body) > MAX_DOCUMENT:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
