"""What is recorded in a HAR file? The entries of its log, from a browser, a proxy or a test tool.

Source: HTTP Archive 1.2.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Generator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from conformance.exchange import Exchange, Failure, Headers, Request, Response, header
from conformance.expressions import Json, resolve
from conformance.recordings import MAX_ENTRY, About, Entry, fault
from conformance.recordings.json_stream import JsonStream
from conformance.recordings.messages import (
    UNKNOWN_TIME,
    headers,
    opened,
    parted,
    shown,
    status,
    text_bytes,
    typed,
    unpacked,
)

_REASONS = {
    ("EMPTY_RESPONSE", "CONNECTION_RESET", "CONNECTION_CLOSED", "INCOMPLETE_CHUNKED", "MISMATCH"): Failure.CLOSED,
    ("CONNECTION_REFUSED", "ADDRESS_UNREACHABLE"): Failure.CONNECT,
    ("TIMED_OUT",): Failure.TIMEOUT,
}
"""What browsers call a broken connection."""
_ATTACHED = re.compile(r"[0-9a-f]{40}\.[A-Za-z0-9]{1,16}")
"""The name of a file that holds a body: no other file is opened because a recording says so."""


class Har:
    """A HAR file: one flow. Entries are taken in the order of the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.about = About()

    def entries(self) -> Generator[Entry, None, None]:
        """The entries of the log."""
        known, found = False, 0
        for name, number, value in JsonStream(self.path, frozenset({"log"}), frozenset({"entries"})).parts():
            if name != "entries":
                continue
            known = True
            if number:
                found = number
                if isinstance(value, dict) and _unasked(value):
                    continue
                try:
                    yield Entry(number, "", _exchange(_whole(value, self.path.parent)))
                except (ValueError, TypeError, LookupError, AttributeError) as error:
                    problem = str(error) if isinstance(error, ValueError) else "is no entry of a HAR file"
                    raise fault(self.path, problem, number) from error
        if not known:
            raise fault(self.path, "is no HAR file: its log has no entries")
        if not found:
            raise fault(self.path, "holds no entries")


def _whole(value: Json, folder: Path) -> Json:
    """An entry with the bodies that were written to files of their own beside it, as Playwright does."""
    for message, part in (("request", "postData"), ("response", "content")):
        held = resolve(value, (message, part))
        name = held.get("_file") if isinstance(held, dict) and "text" not in held else None
        if not isinstance(name, str) or not _ATTACHED.fullmatch(name) or not (folder / name).is_file():
            continue
        with (folder / name).open("rb") as file:
            body = file.read(MAX_ENTRY + 1)
        if len(body) <= MAX_ENTRY:
            text = base64.b64encode(body).decode()
            value = {**value, message: {**value[message], part: {**held, "text": text, "encoding": "base64"}}}
    return value


def _exchange(value: Json) -> Exchange:
    """The exchange that an entry is."""
    asked, answered = value.get("request"), value.get("response")
    if not isinstance(asked, dict) or not isinstance(asked.get("method"), str) or not isinstance(asked.get("url"), str):
        raise ValueError("it has no request with a method and a URL")
    base, path, query = _target(asked["url"])
    found = _headers(asked)
    sent = _sent(asked.get("postData"), found, asked.get("bodySize"))
    request = Request(asked["method"].upper(), path, query, found, sent or b"", base)
    started = _instant(value.get("startedDateTime"))
    took = value.get("time")
    finished = started + (took / 1000 if isinstance(took, (int, float)) and took > 0 else 0.0)
    response = _answer(answered, request.method) if sent is not None or not _said(asked, found) else None
    return Exchange(request, response, started, finished, None if response else _reason(answered))


def _unasked(value: dict[str, Any]) -> bool:
    """Whether the server was not asked: a cache, or the page's own worker answered."""
    answered = value.get("response")
    return bool(value.get("_fromCache") or (isinstance(answered, dict) and answered.get("_fetchedViaServiceWorker")))


def _target(url: str) -> tuple[str, str, str]:
    """Where a request went; what is not HTTP, as `about:blank`, is of nobody's API."""
    return parted(url) if url[:8].lower().startswith(("http://", "https://", "/")) else ("", url, "")


def _answer(answered: Json, method: str) -> Response | None:
    """The answer of an entry; None if the file does not hold it: the browser gave up, or bodies were left out."""
    if not isinstance(answered, dict) or not answered.get("status"):
        return None
    code, found = status(answered["status"]), _headers(answered)
    content = _content(answered.get("content"), found)
    empty = method == "HEAD" or code < 200 or code in (204, 304)
    return None if content is None and not empty else Response(code, typed(found, content or b""), content or b"")


def _reason(answered: Json) -> Failure:
    """Why there is no answer. Only what a browser says of the connection is the server's doing: most often it was the
    browser that went elsewhere."""
    said = answered.get("_error", answered.get("_failureText")) if isinstance(answered, dict) else None
    named = (failure for words, failure in _REASONS.items() if any(each in str(said) for each in words))
    return next(named, Failure.UNRECORDED)


def _said(asked: dict[str, Any], found: Headers) -> bool:
    """Whether a request says that it had a body."""
    if asked["method"].upper() not in ("POST", "PUT", "PATCH", "DELETE"):
        return False
    length, size, data = header(found, "content-length"), asked.get("bodySize"), asked.get("postData")
    long = (length.isdecimal() and int(length) > 0) or (isinstance(size, (int, float)) and size > 0)
    return long or (isinstance(data, dict) and "text" not in data)


def _headers(message: dict[str, Any]) -> Headers:
    """The headers; those that begin with a colon are HTTP/2's own."""
    return tuple(pair for pair in headers(message.get("headers")) if not pair[0].startswith(":"))


def _instant(value: Json) -> float:
    """A time as seconds; no number if there is none."""
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    except (ValueError, TypeError, AttributeError, OverflowError):
        return UNKNOWN_TIME


def _is_packed(text: str, size: Json) -> bool:
    """Whether a body was written as base64, although nothing says so but how long it was: HAR has no word for that."""
    if not isinstance(size, int) or size <= 0 or size == len(text) or len(text) // 4 * 3 - size not in (0, 1, 2):
        return False
    try:
        return len(unpacked(text)) == size
    except ValueError:
        return False


def _sent(data: Json, found: Headers, size: Json) -> bytes | None:
    """The body of a request of a size in bytes, as far as that is known; None if there is none."""
    if not isinstance(data, dict):
        return None
    text, fields = data.get("text"), data.get("params")
    if isinstance(text, str) and (text or not fields):
        packed = data.get("encoding") == "base64" or _is_packed(text, size)
        raw = unpacked(text) if packed else text_bytes(text)
        return (opened(raw, found) if raw != text_bytes(text) else raw) or None
    if isinstance(fields, list) and fields:
        return urlencode([(str(each.get("name", "")), str(each.get("value", ""))) for each in fields]).encode()
    return None


def _content(content: Json, found: Headers) -> bytes | None:
    """The body of an answer, which a HAR file holds unpacked; None if it does not hold it, or not the whole."""
    text = content.get("text") if isinstance(content, dict) else None
    size = content.get("size") if isinstance(content, dict) else None
    if text is None:
        length = header(found, "content-length")
        typed_or_long = header(found, "content-type") or (length and length != "0")
        # Of a stream, or of what it let go of, a browser says 0 as well.
        return b"" if length == "0" or (size == 0 and not typed_or_long) else None
    if not isinstance(text, str):
        raise ValueError(f"the text of an answer is no text, but {shown(text)}")
    if content.get("encoding") == "base64":
        return opened(unpacked(text), found)
    packed = text.startswith("\x1f\x8b") and max(text) <= "\xff"  # bytes that were taken for characters
    body = opened(text.encode("latin-1"), found) if packed else text_bytes(text)
    return None if body is not None and isinstance(size, int) and len(body) < size and _broken(body) else body


def _broken(body: bytes) -> bool:
    """Whether a body begins as JSON does, and is none."""
    if body.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return True
    return False
