"""What is recorded in a cassette of vcrpy? Its interactions, in YAML or JSON; ours say besides which flow each is of.

Source: vcrpy's cassette format, version 1, and that of Ruby's VCR, which others write as well. What we add stands under
names of its own, which neither reads.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from datetime import datetime
from pathlib import Path
from typing import Any

from conformance import forms
from conformance.errors import InputError
from conformance.exchange import Exchange, Failure, Headers, Request, Response, header
from conformance.expressions import Json, resolve
from conformance.recordings import About, Entry, fault
from conformance.recordings.about import about_from, findings_from
from conformance.recordings.json_stream import JsonStream
from conformance.recordings.messages import (
    UNKNOWN_TIME,
    failure_of,
    headers,
    left_out,
    opened,
    parted,
    shown,
    status,
    text_bytes,
    typed,
    unpacked,
)
from conformance.recordings.yaml_stream import YamlStream
from conformance.records import replace

OURS = "conformance"
"""The name under which our own facts stand, in a cassette and in each of its interactions."""
INTERACTIONS = frozenset({"interactions", "http_interactions"})
"""What vcrpy calls them, and what Ruby's VCR does."""
NO_ANSWER = 599
"""The status that stands where no answer came; a cassette cannot leave it out."""
_WRAPPED = frozenset({"string", "base64_string"})
"""Under which a body stands, where it stands under a name."""


class Cassette:
    """A cassette."""

    def __init__(self, path: Path, *, yaml: bool = True) -> None:
        self.path = path
        self.about = About()
        self._yaml = yaml

    def entries(self) -> Generator[Entry, None, None]:
        """The interactions. Each is given once something stands behind it: a file that was cut short ends anywhere."""
        known, found, held = False, 0, None
        parts = self._source().parts()
        while True:
            try:
                part = next(parts, None)
            except InputError:
                yield from () if held is None else (held,)
                raise
            if held is not None and (part is not None or not self._yaml or self._ends()):
                yield held
            elif held is not None:
                raise fault(self.path, "is truncated: its last line has no end", found)
            if part is None:
                break
            name, number, value = part
            held = self._entry(number, value) if name in INTERACTIONS and number else None
            found = number or found
            known = known or (name in INTERACTIONS and value in (None, []))
            self._note(name, value)
        if not known:
            raise fault(self.path, "is no recording: it has no interactions")
        if not found:
            raise fault(self.path, "holds no entries")

    def _source(self) -> YamlStream | JsonStream:
        """What the file holds, part by part."""
        if self._yaml:
            return YamlStream(self.path, INTERACTIONS)
        return JsonStream(self.path, frozenset(), INTERACTIONS)

    def _note(self, name: str, value: Json) -> None:
        """Take what the recording says of itself."""
        if name == OURS:
            findings = self.about.findings
            self.about = about_from(value)
            self.about.findings = findings
        elif name == "findings":
            self.about.findings = findings_from(value)

    def _ends(self) -> bool:
        """Whether the last line of the file has an end: a text that was begun with a quote has one by itself."""
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() in (b"\n", b"'", b'"')

    def _entry(self, number: int, value: Json) -> Entry:
        """One interaction."""
        try:
            ours = value.get(OURS) if isinstance(value, dict) else None
            ours = ours if isinstance(ours, dict) else {}
            if self.about.version and not _is_whole(value, ours):
                raise ValueError("it is not whole: is the file truncated?")
            return Entry(number, str(ours.get("flow", "")), _exchange(value, ours))
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            problem = str(error) if isinstance(error, ValueError) else "is no interaction of a cassette"
            raise fault(self.path, problem, number) from error


def _is_whole(value: Json, ours: dict[str, Any]) -> bool:
    """Whether an interaction that we wrote stands there as it was written: what we add comes last, the reason for no
    answer at its end."""
    status_code = resolve(value, ("response", "status", "code"))
    return "flow" in ours and ("failure" in ours or status_code != NO_ANSWER)


def _exchange(value: Json, ours: dict[str, Any]) -> Exchange:
    """The exchange that an interaction is."""
    if not isinstance(value, dict) or not isinstance(value.get("request"), dict):
        raise ValueError("it has no request")
    if "response" not in value:
        raise ValueError("it has no response: is the file truncated?")
    asked = value["request"]
    if not isinstance(asked.get("method"), str) or not isinstance(asked.get("uri"), str):
        raise ValueError("the request has no method, or no URI")
    base, path, query = parted(asked["uri"])
    found = headers(asked.get("headers"))
    request = Request(asked["method"].upper(), path, query, found, _sent(asked.get("body"), found), base)
    started, seconds = ours.get("started"), ours.get("seconds", 0.0)
    if not isinstance(started, (int, float)) or not isinstance(seconds, (int, float)):
        started, seconds = _recorded_at(value.get("recorded_at")), 0.0
    failure = failure_of(ours["failure"]) if ours.get("failure") else None
    whole = failure is None or ours.get("part") is True
    cut = not ours and left_out(found, request.body)
    response = _response(value.get("response"), request.method, ours=bool(ours)) if whole and not cut else None
    if response is not None and not ours:
        response = replace(response, headers=typed(response.headers, response.body))
    if response is None and failure is None:
        failure = Failure.CLOSED if value.get("response") is None else Failure.UNRECORDED
    return Exchange(request, response, float(started), float(started + seconds), failure)


def _recorded_at(value: Json) -> float:
    """When an interaction was recorded, if it says so."""
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    except (ValueError, TypeError, AttributeError):
        return UNKNOWN_TIME


def _sent(value: Json, found: Headers) -> bytes:
    """The body of a request, also where vcrpy keeps what a program gave to its library: the value that was to become
    JSON or a form, or the pieces of a stream."""
    if isinstance(value, list) and value and all(isinstance(each, bytes) for each in value):
        return b"".join(value)
    wrapped = isinstance(value, dict) and (value.keys() & _WRAPPED) and not value.keys() - {"encoding", *_WRAPPED}
    if wrapped or not isinstance(value, (dict, list, bool, int, float)):
        return _body(value)
    media_type = header(found, "content-type").partition(";")[0].strip().lower()
    return forms.written(value, media_type)[0] if media_type == forms.URLENCODED else json.dumps(value).encode()


def _response(value: Json, method: str, *, ours: bool) -> Response | None:
    """The answer of an interaction, unpacked; None if there is none, or its body cannot be read, or was left out by who
    recorded it: what we write is what came, whatever length its headers tell."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError(f"the response is not a mapping, but {shown(value)}")
    code = value.get("status", value.get("status_code"))
    found = headers(value.get("headers"))
    content = value.get("body", value.get("content"))
    body = opened(_body(content), found)
    code = code.get("code") if isinstance(code, dict) else code
    code = int(code) if isinstance(code, str) and code.isdecimal() else code
    empty = ours or method == "HEAD" or code in (204, 304)
    return None if body is None or (not empty and left_out(found, body)) else Response(status(code), found, body)


def _body(value: Json) -> bytes:
    """A body: text or bytes, as they are or under `string` or `base64_string`."""
    if isinstance(value, dict):
        value = unpacked(value["base64_string"]) if "base64_string" in value else value.get("string")
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError(f"a body is no text, but {shown(value)}")
    return text_bytes(value)
