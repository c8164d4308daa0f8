"""What must not reach the disk? Credentials, cookies, tokens and named fields; stable pseudonyms are written instead.

A secret is known by where it stands first, and is then replaced wherever else it stands, in any writing. Its pseudonym
has the same format, so that the recording can still be judged and sent again. The credentials of the profile become
their template, as in `Bearer ${API_KEY}`.
"""

from __future__ import annotations

import gzip
import json
import re
import secrets
import zlib
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import unquote_plus

from conformance.exchange import Exchange, Headers, Request, Response, header
from conformance.expressions import Json
from conformance.recordings import MAX_ENTRY
from conformance.recordings.known import SHORTEST, Known
from conformance.recordings.named import Names, cookie_values, cookies
from conformance.recordings.pseudonyms import alike
from conformance.recordings.unfolding import Edit, changes, replaced, unfolded
from conformance.records import replace
from conformance.writer import wrong
from conformance.writings import credentials_in, form

MAX_SECRETS = 10_000
"""So many secrets are known; the values of more are replaced where they stand as secrets."""
_TEMPLATE = re.compile(r"\$\{\w+\}")
_LENGTH = ("content-length",)
_PACKING = ("content-encoding", "transfer-encoding")
_GZIP = b"\x1f\x8b"
_WORDS = frozenset({"true", "false", "null", "none", "bearer", "basic", "http", "https", "json", "text", "application"})
"""Words that say how something is written; as secrets they are replaced only where they stand as one."""


class Redaction:
    """Takes secrets out of exchanges.

    `values` maps each known secret to its template; `places` the name of the header or parameter, in lower case, that
    carries the profile's credentials to theirs. `named` are further fields, of any kind, that are secrets. `public`
    words are those of the API itself: as secrets they are replaced only where they stand as one. The key of the
    pseudonyms is made up and kept nowhere.
    """

    def __init__(
        self,
        values: Mapping[str, str],
        places: Mapping[str, str],
        named: Collection[str] = (),
        key: bytes = b"",
        public: Collection[str] = (),
    ) -> None:
        self.learnt = 0
        self._templates = dict(values)
        self._places = dict(places)
        self._names = Names(places, named, public)
        self._public = _WORDS | frozenset(public)
        self._key = key or secrets.token_bytes(32)
        self._known = Known()
        self._made: set[str] = set()
        written = {wrong(each) for each in (*places.values(), *values.values()) if _TEMPLATE.search(each)}
        self._wrong = written | {part for each in written for part in credentials_in(each)}
        for value in sorted(values, key=len, reverse=True):
            self._know(value, values[value])

    def exchange(self, exchange: Exchange) -> Exchange:
        """An exchange without secrets; lengths fit what is left."""
        exchange = _opened(exchange)
        for value in (*self._carriers(exchange), *self._names.values(exchange)):
            for each in credentials_in(value):
                self._learn(each)
        response = exchange.response
        return replace(
            exchange,
            request=self._request(exchange.request),
            response=None if response is None else self._response(response),
        )

    def text(self, text: str) -> str:
        """A text without known secrets, whichever way they are written in it."""
        return replaced(text, self._known.search) if len(self._known) else text

    def members(self, values: Mapping[str, Json]) -> Mapping[str, Json]:
        """Named values without secrets."""
        for value in self._names.members(dict(values)):
            for each in credentials_in(value):
                self._learn(each)
        clean: Mapping[str, Json] = json.loads(self._clean(json.dumps(dict(values))))
        return clean

    # --- what is a secret -----------------------------------------------------------------------------------------

    def _carriers(self, exchange: Exchange) -> Iterator[str]:
        """The secrets in headers that carry nothing else."""
        response = exchange.response
        for name, value in (*exchange.request.headers, *(() if response is None else response.headers)):
            if cookies(name):
                yield from cookie_values(name, value)
            elif (name.lower() in self._places or self._names.secret(name)) and not self._stays(value):
                yield from credentials_in(value)

    def _stays(self, value: str) -> bool:
        """Whether a value may be read by anybody: a template, or credentials that are known to be wrong."""
        return value in self._wrong or _TEMPLATE.search(value) is not None

    def _learn(self, value: str) -> None:
        """Take a value as a secret from now on."""
        known = value in self._known or value in self._made or len(self._known) > MAX_SECRETS
        if len(value) < SHORTEST or known or self._stays(value) or value.lower() in self._public:
            return
        self.learnt += 1
        self._know(value, alike(value, self._key))

    def _know(self, value: str, instead: str) -> None:
        if len(value) < SHORTEST:
            return
        self._made.add(instead)
        self._known.add(value, instead)
        if " " in value:  # as a form writes it
            self._known.add(value.replace(" ", "+"), instead.replace(" ", "+"))

    # --- what stands instead --------------------------------------------------------------------------------------

    def _short(self, value: str) -> str:
        """What stands instead of a secret that is known by its place."""
        if value in self._made or self._stays(value):
            return value
        instead = self._known.get(value) or alike(value, self._key)
        self._made.add(instead)
        return instead

    def _placed(self, text: str) -> Iterator[Edit]:
        """Where something stands as a secret that is not known: it is too short, or a common word."""
        for start, end in self._names.places(text):
            plain, starts = unfolded(text[start:end])
            writings = [text[start:end], plain, plain.strip(), unfolded(plain)[0]]
            writings += (each for one in tuple(writings) for each in credentials_in(one))
            if not any(each in self._made or self._stays(each) for each in writings):
                for each in changes(0, plain, self._short(plain)):
                    places = (each.start, each.end) if starts is None else (starts[each.start], starts[each.end])
                    yield Edit(start + places[0], start + places[1], each.instead)

    def _clean(self, text: str) -> str:
        """A text without secrets, known or not."""
        return replaced(self.text(text), self._placed)

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
        if cookies(lower):
            return self._cookies(lower, value)
        if lower in self._places or self._names.secret(name):
            return self._templates.get(value) or self._carried(value)
        return value if lower == "content-type" else self._clean(value)

    def _carried(self, value: str) -> str:
        """What stands instead of credentials: their scheme stays."""
        if self._stays(value):
            return value
        secret = next(iter(credentials_in(value)))
        return value.removesuffix(secret) + self._short(secret)

    def _cookies(self, name: str, value: str) -> str:
        """Cookies, each with another value."""
        pairs = value.split(";")
        count = 1 if name.startswith("set-") else len(pairs)
        return ";".join([*map(self._cookie, pairs[:count]), *pairs[count:]])

    def _cookie(self, pair: str) -> str:
        """One cookie."""
        name, equals, value = pair.partition("=")
        plain = value.strip().strip('"')
        return f"{name}={value.replace(plain, self._short(plain))}" if equals and plain else pair

    def _query(self, query: str) -> str:
        """A query, parameter for parameter."""
        parts = []
        for part in self.text(query).split("&"):
            name, equals, value = part.partition("=")
            plain, lower = unquote_plus(value), unquote_plus(name).lower()
            template = self._places.get(lower)
            if template is not None and plain != wrong(template):
                parts.append(f"{name}={self._templates.get(plain, template)}")
            elif equals and template is None and self._names.secret_parameter(lower):
                parts.append(f"{name}={value if plain in self._made else form(self._short(plain))}")
            else:
                parts.append(replaced(part, self._placed))
        return "&".join(parts)

    def _body(self, body: bytes) -> bytes:
        """A body without secrets; one that is a packed file is packed again."""
        unpacked = _unpacked(body) if body.startswith(_GZIP) else None
        if unpacked is not None:
            clean = self._body(unpacked)
            return body if clean == unpacked else gzip.compress(clean, mtime=0)
        text = body.decode("utf-8", "surrogateescape")
        return self._clean(text).encode("utf-8", "surrogateescape") if body else body


def _opened(exchange: Exchange) -> Exchange:
    """An exchange whose request is not packed, as answers are not."""
    coding = header(exchange.request.headers, "content-encoding").lower()
    body = _unpacked(exchange.request.body) if coding in ("gzip", "x-gzip", "deflate") else None
    return exchange if body is None else replace(exchange, request=replace(exchange.request, body=body))


def _unpacked(body: bytes) -> bytes | None:
    """What was packed; None if it cannot be told, or is too large."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        found = unpacker.decompress(body, MAX_ENTRY)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else found


def without_user(url: str) -> str:
    """A URL's scheme and authority without a user and a password."""
    scheme, separator, authority = url.partition("://")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}" if separator else url
