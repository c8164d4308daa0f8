"""What is recorded in a HAR file? The entries of its log, from a browser, a proxy or a test tool.

Source: HTTP Archive 1.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from conformance.exchange import Exchange, Failure, Headers, Request, Response
from conformance.expressions import Json
from conformance.recordings import About, Entry, fault
from conformance.recordings.json_stream import JsonStream
from conformance.recordings.messages import UNKNOWN_TIME, headers, parted, shown, status, text_bytes, unpacked


class Har:
    """A HAR file: one flow. Entries are taken in the order of the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.about = About()

    def entries(self) -> Iterator[Entry]:
        """The entries of the log."""
        known, found = False, 0
        for name, number, value in JsonStream(self.path, frozenset({"log"}), frozenset({"entries"})).parts():
            if name != "entries":
                continue
            known = True
            if number:
                found = number
                if isinstance(value, dict) and value.get("_fromCache"):
                    continue  # the server was not asked
                try:
                    yield Entry(number, "", _exchange(value))
                except (ValueError, TypeError, LookupError, AttributeError) as error:
                    problem = str(error) if isinstance(error, ValueError) else "is no entry of a HAR file"
                    raise fault(self.path, problem, number) from error
        if not known:
            raise fault(self.path, "is no HAR file: its log has no entries")
        if not found:
            raise fault(self.path, "holds no entries")


def _exchange(value: Json) -> Exchange:
    """The exchange that an entry is."""
    asked, answered = value.get("request"), value.get("response")
    if not isinstance(asked, dict) or not isinstance(asked.get("method"), str) or not isinstance(asked.get("url"), str):
        raise ValueError("it has no request with a method and a URL")
    base, path, query = parted(asked["url"])
    request = Request(asked["method"].upper(), path, query, _headers(asked), _sent(asked.get("postData")), base)
    started = _instant(value.get("startedDateTime"))
    took = value.get("time")
    finished = started + (took / 1000 if isinstance(took, (int, float)) and took > 0 else 0.0)
    if not isinstance(answered, dict) or not answered.get("status"):
        return Exchange(request, None, started, finished, Failure.CLOSED)
    response = Response(status(answered["status"]), _headers(answered), _content(answered.get("content")))
    return Exchange(request, response, started, finished)


def _headers(message: dict[str, Any]) -> Headers:
    """The headers; those that begin with a colon are HTTP/2's own."""
    return tuple(pair for pair in headers(message.get("headers")) if not pair[0].startswith(":"))


def _instant(value: Json) -> float:
    """A time as seconds; no number if there is none."""
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    except (ValueError, TypeError, AttributeError, OverflowError):
        return UNKNOWN_TIME


def _sent(data: Json) -> bytes:
    """The body of a request."""
    if not isinstance(data, dict):
        return b""
    text, fields = data.get("text"), data.get("params")
    if isinstance(text, str) and (text or not fields):
        return unpacked(text) if data.get("encoding") == "base64" else text_bytes(text)
    if isinstance(fields, list):
        return urlencode([(str(each.get("name", "")), str(each.get("value", ""))) for each in fields]).encode()
    return b""


def _content(content: Json) -> bytes:
    """The body of an answer, which a HAR file holds unpacked."""
    text = content.get("text") if isinstance(content, dict) else None
    if text is None:
        return b""
    if not isinstance(text, str):
        raise ValueError(f"the text of an answer is no text, but {shown(text)}")
    return unpacked(text) if content.get("encoding") == "base64" else text_bytes(text)
