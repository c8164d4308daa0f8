"""How is an exchange written as JSON? Plain values of any recording in, one `Exchange` out, or `ValueError` that says
what is wrong."""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import Any, Final

from conformance.exchange import Exchange, Failure, Headers, Request, Response, header
from conformance.expressions import Json
from conformance.recordings import MAX_ENTRY
from conformance.transports import LostError
from conformance.transports.answer import CODINGS, Arriving

UNKNOWN_TIME: Final = math.nan
"""A time that was not recorded: nothing is earlier, later or as late."""
_BY_NAME: Final = {name: each for each in Failure for name in (each.value, each.name.lower())}
_NONE: Final[Headers] = ()


def exchange(document: Json) -> Exchange:
    """An exchange as our own files have it: in NDJSON, and in reports."""
    if type(document) is not dict:
        raise ValueError("it is not an object")
    asked = document.get("request")
    if type(asked) is not dict:
        raise ValueError("it has no request")
    answered = document.get("response")
    failure = document.get("failure")
    started, finished = _times(document)
    response = None if answered is None else _response(answered)
    if response is None and answered is not None:
        return Exchange(_request(asked), None, started, finished, Failure.UNRECORDED)
    reason = None if failure is None and answered is not None else failure_of(failure)
    return Exchange(_request(asked), response, started, finished, reason)


def failure_of(name: Json) -> Failure:
    """Why no whole answer came; what others call it is a broken connection."""
    return _BY_NAME.get(name, Failure.CLOSED) if type(name) is str else Failure.CLOSED


def _times(document: dict[str, Any]) -> tuple[float, float]:
    """When it began and ended, as far as that was recorded."""
    started, seconds = document.get("started"), document.get("seconds")
    if started is None:
        return UNKNOWN_TIME, UNKNOWN_TIME
    if type(started) not in (int, float) or (seconds is not None and type(seconds) not in (int, float)):
        raise ValueError("'started' and 'seconds' are not numbers")
    return float(started), float(started + (seconds or 0.0))


def _request(asked: dict[str, Any]) -> Request:
    """The request of an exchange."""
    method, url = asked.get("method"), asked.get("url")
    if type(method) is not str or not method:
        raise ValueError("the request has no method")
    if type(url) is not str:
        raise ValueError("the request has no URL")
    base, path, query = parted(url)
    return Request(method.upper(), path, query, headers(asked.get("headers")), body(asked), base)


def _response(answered: Json) -> Response | None:
    """The answer of an exchange; None if its body cannot be read."""
    if type(answered) is not dict:
        raise ValueError("the response is not an object")
    found, content = headers(answered.get("headers")), body(answered)
    if "base64" in answered:
        unpacked_body = opened(content, found)
        if unpacked_body is None:
            return None
        content = unpacked_body
    return Response(status(answered.get("status")), found or typed(found, content), content)


def status(value: Json) -> int:
    """A status code."""
    if type(value) is not int or not 0 <= value <= 999:
        raise ValueError(f"the response has no status code, but {shown(value)}")
    return value


_PARTED: Final[dict[str, tuple[str, str, str]]] = {}
MAX_PARTED: Final = 1_024
"""So many URLs are remembered with their parts: a session's come again."""


def parted(url: str) -> tuple[str, str, str]:
    """A URL as its scheme and authority, its path, and its query; both as they stand."""
    found = _PARTED.get(url)
    if found is None:
        if len(_PARTED) >= MAX_PARTED:
            _PARTED.clear()
        found = _PARTED[url] = _parted(url)
    return found


def _parted(url: str) -> tuple[str, str, str]:
    """The parts of a URL."""
    base = ""
    if not url.startswith("/"):
        scheme = url.find("://")
        if scheme < 0:
            raise ValueError(f"{shown(url)} is not a URL")
        slash = url.find("/", scheme + 3)
        ask = url.find("?", scheme + 3)
        end = min((each for each in (slash, ask) if each >= 0), default=len(url))
        base, url = url[:end], url[end:]
        if not url.startswith("/"):
            url = "/" + url
    if "#" in url:
        url = url.partition("#")[0]
    path, _, query = url.partition("?")
    return base, path, query


def headers(value: Json) -> Headers:
    """Headers: an object (of texts, or of arrays of texts), pairs, or objects with name and value; none at all."""
    if not value:
        return _NONE
    pairs: list[tuple[Json, ...]]
    if type(value) is dict:
        for each in value.values():
            if type(each) is not str:
                break
        else:
            return tuple(value.items())
        pairs = [(name, text) for name, each in value.items() for text in (each if type(each) is list else [each])]
    elif type(value) is list:
        pairs = [_pair(each) for each in value]
    else:
        raise ValueError("the headers are neither an object nor an array")
    if not all(len(pair) == 2 and type(pair[0]) is str for pair in pairs):
        raise ValueError("a header is not a name and a value")
    return tuple((name, text if type(text) is str else _header(text)) for name, text in pairs)


def _pair(value: Json) -> tuple[Json, ...]:
    """A header of a list: an object with name and value, or a pair."""
    if type(value) is dict:
        return value.get("name"), value.get("value", "")
    return tuple(value) if type(value) in (list, tuple) else ()


def _header(value: Json) -> str:
    """The value of a header that is no text."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if value is None or isinstance(value, (int, float)):
        return "" if value is None else str(value)
    raise ValueError(f"the value of a header is no text, but {shown(value)}")


def body(message: dict[str, Any]) -> bytes:
    """A body: text under `body`, bytes under `base64`, or a JSON value under `json`."""
    text = message.get("body")
    if type(text) is str:
        return text_bytes(text)
    if text is not None:
        raise ValueError("the body is no text; a JSON value goes under 'json', bytes go under 'base64'")
    if "base64" in message:
        return unpacked(message["base64"])
    if "json" in message:
        return json.dumps(message["json"]).encode()
    return b""


def text_bytes(text: str) -> bytes:
    """A text as the bytes that it was read from."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def unpacked(text: Json) -> bytes:
    """Bytes that were written as base64."""
    if type(text) is not str:
        raise ValueError("what should be base64 is no text")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"what should be base64 is none: {error}") from error


def opened(body: bytes, found: Headers) -> bytes | None:
    """A body without its content coding, which a recorder may have taken off before; None if it cannot be read."""
    coding = header(found, "content-encoding").strip().lower() if body else ""
    if not coding or coding == "identity":
        return body
    arriving = Arriving(MAX_ENTRY)
    try:
        arriving.begin(200, (("content-encoding", coding),))
        arriving.take(body)
        arriving.end()
    except LostError as error:
        if error.failure is Failure.TOO_LARGE:
            raise ValueError(f"a body unpacks to more than {MAX_ENTRY:,} bytes") from error
        return body
    response = arriving.response()
    unpacked_body = body if response is None else response.body
    known = all(each.strip() in CODINGS for each in coding.split(","))
    return unpacked_body if known or _is_text(unpacked_body) else None


def left_out(found: Headers, body: bytes) -> bool:
    """Whether a body was left out: its headers say that there was one."""
    return not body and header(found, "content-length").strip("0 ").isdecimal()


def typed(found: Headers, body: bytes) -> Headers:
    """The headers of an answer. Where a recorder kept none at all, its type is what its body looks like."""
    if found or not body:
        return found
    if body.startswith((b"data:", b"event:", b"id:", b": ")):
        return (("content-type", "text/event-stream"),)
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return found
    return (("content-type", "application/json"),)


def _is_text(body: bytes) -> bool:
    try:
        return body.decode().isprintable() or b"\0" not in body
    except UnicodeDecodeError:
        return False


def shown(value: Json) -> str:
    """A value in a few characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"
