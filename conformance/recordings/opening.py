"""Which kind of recording is a file? Told by what stands in it, and not by its name."""

from __future__ import annotations

import json
from pathlib import Path

from conformance.recordings import Kinds, Recording, fault
from conformance.recordings.findings import Findings
from conformance.recordings.har import Har
from conformance.recordings.json_stream import JsonStream
from conformance.recordings.ndjson import Ndjson
from conformance.recordings.vcr import INTERACTIONS, Cassette

_GLANCE = 2**16
_BEGINNING = 512
"""A zero byte that stands later is one wrong character of a text; the readers say where."""
_PACKED = (b"\x1f\x8b", b"PK\x03\x04")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_KNOWN = "write vcrpy cassettes, HAR files, NDJSON, or the findings of a JSON report"


def open_recording(path: Path, kinds: Kinds | None = None) -> Recording:
    """The recording in a file; InputError if it is none."""
    if not path.is_file():
        raise fault(path, "is no file" if path.exists() else "there is no such file")
    try:
        with path.open("rb") as file:
            begin = file.read(_GLANCE)
    except OSError as error:
        raise fault(path, f"cannot be read: {error.strerror}") from error
    if not begin.strip():
        raise fault(path, "is empty")
    if begin.startswith(_UTF_16):
        raise fault(path, "is UTF-16", remedy="recordings are UTF-8")
    if begin.startswith(_PACKED):
        raise fault(path, "is packed", remedy="unpack it, and name the recording that is in it")
    if b"\0" in begin[:_BEGINNING]:
        raise fault(path, "is binary, and no recording", remedy=_KNOWN)
    text = begin.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith(b"{"):
        if text.startswith(b"["):
            raise fault(path, "is an array, and no recording", remedy=_KNOWN)
        return Cassette(path)
    return Ndjson(path, kinds) if _is_lines(text) or path.suffix in (".ndjson", ".jsonl") else _document(path)


def _is_lines(text: bytes) -> bool:
    """Whether the first line is an object of its own, and an entry."""
    line = text.partition(b"\n")[0]
    try:
        found = json.loads(line, parse_int=float)  # a number with very many digits is told as what is wrong later
    except (ValueError, RecursionError):
        return (
            len(text) > _GLANCE - 16 and b"\n" not in text and text.lstrip(b"{ ").startswith((b'"request"', b'"flow"'))
        )
    return isinstance(found, dict) and bool(found.keys() & {"request", "recording", "kind"})


def _document(path: Path) -> Recording:
    """The recording that is one JSON object."""
    arrays = frozenset({"entries", "findings"}) | INTERACTIONS
    for name, number, _ in JsonStream(path, frozenset({"log"}), arrays).parts():
        if name == "entries" or (name in ("creator", "browser") and not number):
            return Har(path)
        if name in INTERACTIONS or name == "conformance":
            return Cassette(path, yaml=False)
        if name in ("findings", "verdict"):
            return Findings(path)
    raise fault(path, "is JSON, and no recording", remedy=_KNOWN)
