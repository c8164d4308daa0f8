"""What is recorded in lines of JSON? Each line is one entry: `{"request": …, "response": …}`.

    {"flow": "a", "started": 12.5, "seconds": 0.01,
     "request": {"method": "GET", "url": "/sessions/1", "headers": {}, "body": ""},
     "response": {"status": 200, "headers": {"content-type": "application/json"}, "json": {"id": "1"}}}

All but `request` may be left out; without a response it says why under `failure`, if that is known. A line that names a
`kind` is read by whoever declares that kind.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import msgspec

from conformance.errors import nearest
from conformance.exchange import Exchange
from conformance.json_text import decode_strictly
from conformance.recordings import MAX_ENTRY, About, Entry, Kinds, fault
from conformance.recordings.about import about_from
from conformance.recordings.messages import exchange

_DECODE: Final = json.JSONDecoder().raw_decode


class Ndjson:
    """A file of lines."""

    def __init__(self, path: Path, kinds: Kinds | None = None) -> None:
        self.path = path
        self.about = About()
        self._kinds = kinds or {}

    def entries(self) -> Generator[Entry, None, None]:
        """The entries, one a line; blank lines are none."""
        number = line = 0
        with self.path.open("rb", buffering=2**18) as file:
            while raw := file.readline(MAX_ENTRY + 1):
                line += 1
                if len(raw) > MAX_ENTRY:
                    raise fault(self.path, f"a line is longer than {MAX_ENTRY:,} bytes", number + 1, line)
                if line == 1:
                    raw = raw.removeprefix(codecs.BOM_UTF8)
                if raw.isspace():
                    continue
                number += 1
                try:
                    document = self._decoded(raw)
                    if number == 1 and "recording" in document and "request" not in document:
                        self.about, number = about_from(document["recording"]), 0
                        continue
                    found = self._of_kind(document) if "kind" in document else exchange(document)
                except (ValueError, RecursionError, LookupError, TypeError) as error:
                    raise fault(self.path, self._problem(error, raw), number, line) from error
                if found is not None:
                    flow = document.get("flow", "")
                    yield Entry(number, flow if type(flow) is str else str(flow), found)
        if not number:
            raise fault(self.path, "holds no entries")

    @staticmethod
    def _decoded(raw: bytes) -> dict[str, Any]:
        """The object of a line."""
        try:
            document = decode_strictly(raw)
        except msgspec.DecodeError:
            text = raw.decode()
            document, end = _DECODE(text, len(text) - len(text.lstrip()))
            if text[end:] and not text[end:].isspace():
                raise ValueError("something stands behind the object") from None
        if type(document) is not dict:
            raise ValueError("it is not an object")
        return document

    def _of_kind(self, document: dict[str, Any]) -> Exchange | None:
        """The exchange that an entry of another kind is read as."""
        kind = document["kind"]
        if kind == "exchange":
            return exchange(document)
        if type(kind) is not str or kind not in self._kinds:
            raise ValueError(f"there is no kind {str(kind)[:60]!r}; {nearest(str(kind), ['exchange', *self._kinds])}")
        return self._kinds[kind](document)

    @staticmethod
    def _problem(error: Exception, raw: bytes) -> str:
        """What is wrong with a line, in words."""
        if isinstance(error, UnicodeDecodeError):
            return "is not UTF-8"
        if isinstance(error, RecursionError):
            return "is nested too deeply"
        if isinstance(error, json.JSONDecodeError):
            cut = "" if raw.endswith(b"\n") else ", and the line ends here: is the file truncated?"
            return f"is not JSON: {error.msg} at character {error.pos + 1}{cut}"
        if isinstance(error, ValueError):
            return "a number has too many digits" if "integer string conversion" in str(error) else str(error)
        return "it is not written as an entry is"
