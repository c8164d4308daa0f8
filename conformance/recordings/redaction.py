"""What must not reach the disk? Credentials, cookies, tokens and named fields; stable pseudonyms are written instead.

A secret is known by where it stands first, and is then replaced wherever else it stands, in any writing. Its pseudonym
has the same format, so that the recording can still be judged and sent again. The credentials of the profile become
their template, as in `Bearer ${API_KEY}`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote_plus

from conformance.exchange import Exchange, Headers, Request, Response
from conformance.expressions import Json
from conformance.recordings.pseudonyms import alike
from conformance.step import wrong
from conformance.writings import WRITINGS, form, pattern

SHORTEST = 4
"""A shorter secret would be found in every text; it is replaced only where it stands as one."""
MAX_SECRETS = 10_000
"""So many secrets are known; the values of more are replaced where they stand as secrets."""
_NAMES = re.compile(
    r"pass(word|wd|phrase)|secret|token(?!s|count|type|usage|ize)|api_?key|access_?key|private_?key|credential"
    r"|authorization|cookie|signature|jwt|otp\b"
)
_SCHEME = re.compile(r"(?i)(bearer|basic|digest|token|apikey|negotiate)( +)(.+)", re.DOTALL)
_PAIR = re.compile(r"\s*([^=;]+)=\s*\"?([^;\"]*)\"?")
_TEMPLATE = re.compile(r"\$\{\w+\}")
_LENGTH = ("content-length",)
_PACKING = ("content-encoding", "transfer-encoding")


class Redaction:
    """Takes secrets out of exchanges.

    `values` maps each known secret to its template; `places` the name of the header or parameter, in lower case, that
    carries the profile's credentials to theirs. `named` are further fields, of any kind, that are secrets. The key of
    the pseudonyms is made up and kept nowhere.
    """

    def __init__(
        self, values: Mapping[str, str], places: Mapping[str, str], named: Collection[str] = (), key: bytes = b""
    ) -> None:
        self.learnt = 0
        self._templates = dict(values)
        self._places = dict(places)
        self._named = frozenset(each.lower() for each in named)
        self._key = key or secrets.token_bytes(32)
        self._instead: dict[str, str] = {}
        self._made: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for value in sorted(values, key=len, reverse=True):
            self._know(value, values[value])

    def exchange(self, exchange: Exchange) -> Exchange:
        """An exchange without secrets; lengths fit what is left."""
        for value in self._found(exchange):
            self._learn(value)
        response = exchange.response
        return replace(
            exchange,
            request=self._request(exchange.request),
            response=None if response is None else self._response(response),
        )

    def text(self, text: str) -> str:
        """A text without known secrets."""
        if not self._instead:
            return text
        if self._pattern is None:
            self._pattern = re.compile("|".join(map(pattern, sorted(self._instead, key=len, reverse=True))))
        return self._pattern.sub(lambda found: self._instead[found[0]], text)

    def members(self, values: Mapping[str, Json]) -> Mapping[str, Json]:
        """Named values without secrets."""
        for value in self._in_json(dict(values)):
            self._learn(str(value))
        document = json.loads(self.text(json.dumps(dict(values))))
        clean: Mapping[str, Json] = self._without(document)
        return clean

    # --- what is a secret -----------------------------------------------------------------------------------------

    def _secret_name(self, name: str) -> bool:
        """Whether what has this name is a secret."""
        lower = name.lower()
        return lower in self._named or _NAMES.search(lower.replace("-", "_")) is not None

    def _found(self, exchange: Exchange) -> Iterator[str]:
        """The secrets that stand in an exchange by their names."""
        request, response = exchange.request, exchange.response
        yield from self._in_headers(request.headers)
        for name, value in parse_qsl(request.query, keep_blank_values=True):
            if name.lower() not in self._places and self._secret_name(name):
                yield value
        yield from self._in_body(request.body)
        if response is not None:
            yield from self._in_headers(response.headers)
            yield from self._in_body(response.body)

    def _in_headers(self, headers: Headers) -> Iterator[str]:
        """The secrets in headers."""
        for name, value in headers:
            lower = name.lower()
            if "cookie" in lower:
                pairs = value.split(";")[:1] if lower.startswith("set-") else value.split(";")
                yield from (found[2].strip() for each in pairs if (found := _PAIR.match(each)))
            elif lower in self._places or self._secret_name(name):
                yield from self._credentials(value)

    def _credentials(self, value: str) -> Iterator[str]:
        """The secrets in the value of a header that carries some."""
        if value in self._templates or value in self._places.values() or _TEMPLATE.search(value):
            return
        if any(value == wrong(template) for template in (*self._places.values(), *self._templates.values())):
            return
        scheme = _SCHEME.fullmatch(value)
        yield scheme[3] if scheme else value
        if scheme and scheme[1].lower() == "basic":
            try:
                yield base64.b64decode(scheme[3]).decode().partition(":")[2]
            except (binascii.Error, ValueError):
                return

    def _in_body(self, body: bytes) -> Iterator[str]:
        """The secrets in a body of JSON, or in a form."""
        document = _json_of(body)
        if document is not None:
            yield from (value for value in self._in_json(document) if isinstance(value, str))
        elif body and b"=" in body and len(body) < 2**20 and body.isascii():
            for name, value in parse_qsl(body.decode()):
                if self._secret_name(name):
                    yield value

    def _in_json(self, root: Json) -> Iterator[Json]:
        """The values of members that are secrets by their names, or explicitly named."""
        stack = [root]
        while stack:
            node = stack.pop()
            if isinstance(node, dict):
                for name, value in node.items():
                    if isinstance(value, (dict, list)):
                        stack.append(value)
                    elif (isinstance(value, str) or name.lower() in self._named) and self._secret_name(name):
                        yield value
            elif isinstance(node, list):
                stack += node

    # --- what stands instead --------------------------------------------------------------------------------------

    def _learn(self, value: str) -> None:
        """Take a value as a secret from now on."""
        if len(value) < SHORTEST or value in self._instead or value in self._made or len(self._instead) > MAX_SECRETS:
            return
        if _TEMPLATE.search(value):
            return
        self.learnt += 1
        self._know(value, alike(value, self._key))

    def _know(self, value: str, instead: str) -> None:
        if len(value) < SHORTEST:
            return
        self._made.add(instead)
        self._pattern = None
        for writing in WRITINGS:
            template = _TEMPLATE.search(instead) is not None
            self._instead.setdefault(writing(value), instead if template else writing(instead))

    def _short(self, value: str) -> str:
        """What stands instead of a secret that is known by its place."""
        if value in self._made or _TEMPLATE.search(value):
            return value
        instead = self._instead.get(value) or alike(value, self._key)
        self._made.add(instead)
        return instead

    def _request(self, request: Request) -> Request:
        """A request without secrets."""
        body = self._body(request.body)
        return replace(
            request,
            path=self.text(request.path),
            query=self._query(request.query),
            headers=self._headers(request.headers, len(body)),
            body=body,
            base=without_user(self.text(request.base)),
        )

    def _response(self, response: Response) -> Response:
        """An answer without secrets."""
        body = self._body(response.body)
        return replace(response, headers=self._headers(response.headers, len(body)), body=body)

    def _headers(self, headers: Headers, length: int) -> Headers:
        """Headers without secrets, as they fit an unpacked body of a length."""
        kept = ((name, value) for name, value in headers if name.lower() not in _PACKING)
        return tuple(
            (name, str(length) if name.lower() in _LENGTH and length else self._header(name, value))
            for name, value in kept
        )

    def _header(self, name: str, value: str) -> str:
        """The value of one header."""
        lower = name.lower()
        if lower in self._places:
            return self._templates.get(value) or self._carried(value)
        if "cookie" in lower:
            return _PAIR.sub(self._cookie(lower), value)
        return self._carried(value) if self._secret_name(name) else self.text(value)

    def _carried(self, value: str) -> str:
        """What stands instead of credentials: their scheme stays."""
        if not list(self._credentials(value)):
            return value  # a template, or credentials that are known to be wrong
        scheme = _SCHEME.fullmatch(value)
        return f"{scheme[1]}{scheme[2]}{self._short(scheme[3])}" if scheme else self._short(value)

    def _cookie(self, header: str) -> _Cookie:
        return _Cookie(self._short, only_first=header.startswith("set-"))

    def _query(self, query: str) -> str:
        """A query, parameter for parameter."""
        parts = []
        for part in self.text(query).split("&"):
            name, equals, value = part.partition("=")
            plain, lower = unquote_plus(value), unquote_plus(name).lower()
            template = self._places.get(lower)
            if template is not None and plain != wrong(template):
                parts.append(f"{name}={self._templates.get(plain, template)}")
            elif equals and template is None and self._secret_name(lower):
                parts.append(f"{name}={value if plain in self._made else form(self._short(plain))}")
            else:
                parts.append(part)
        return "&".join(parts)

    def _body(self, body: bytes) -> bytes:
        """A body: known secrets in any writing, and what stands under the name of a secret."""
        if not body:
            return body
        replaced = self.text(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        document = _json_of(replaced)
        if document is None or not any(self._left(value) for value in self._in_json(document)):
            return replaced
        return json.dumps(self._without(document)).encode()

    def _left(self, value: Json) -> bool:
        """Whether what stands under the name of a secret is still to be replaced."""
        if isinstance(value, str):
            return bool(value) and value not in self._made and not _TEMPLATE.search(value)
        return value is not None and not isinstance(value, bool)

    def _without(self, node: Json) -> Json:
        """A JSON value without what stands under the name of a secret."""
        if isinstance(node, list):
            return [self._without(each) for each in node]
        if not isinstance(node, dict):
            return node
        return {name: self._member(name, value) for name, value in node.items()}

    def _member(self, name: str, value: Json) -> Json:
        """A member of an object."""
        if isinstance(value, (dict, list)):
            return self._without(value)
        if not self._secret_name(name) or not self._left(value):
            return value
        if isinstance(value, str):
            return self._short(value)
        if name.lower() not in self._named:
            return value
        digits = alike(f"{value!r}", self._key)
        return json.loads(re.sub(r"^(-?)0(?=\d)", r"\g<1>9", digits)) if _NUMBER.fullmatch(digits) else 0


_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class _Cookie:
    """Replaces the values of cookies; in a Set-Cookie only the first pair is one."""

    def __init__(self, short: Callable[[str], str], only_first: bool) -> None:
        self._short = short
        self._only_first = only_first
        self._seen = 0

    def __call__(self, found: re.Match[str]) -> str:
        self._seen += 1
        if (self._only_first and self._seen > 1) or not found[2].strip():
            return found[0]
        value = found[2].strip()
        return found[0].replace(value, self._short(value))


def without_user(url: str) -> str:
    """A URL's scheme and authority without a user and a password."""
    scheme, separator, authority = url.partition("://")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}" if separator else url


def _json_of(body: bytes) -> Json:
    """The JSON value of a body; None if it is none, or too large to be searched by names."""
    if not body or body.lstrip()[:1] not in (b"{", b"[") or len(body) > 2**23:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
