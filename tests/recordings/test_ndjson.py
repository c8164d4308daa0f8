"""Lines of JSON: flows, times, failures, bodies of all kinds, and entries of other kinds."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from conformance.exchange import Exchange, Failure, Request
from conformance.recordings import Entry
from conformance.recordings.ndjson import Ndjson
from conformance.recordings.opening import open_recording


def _entries(path: Path, *documents: Any) -> list[Entry]:
    path.write_text("".join(json.dumps(each) + "\n" for each in documents), encoding="utf-8")
    return list(open_recording(path).entries())


def _asked(**more: Any) -> dict[str, Any]:
    return {"request": {"method": "get", "url": "http://h:80/a?b=c#d", **more}}


def test_flows_and_times_are_read(tmp_path: Path) -> None:
    """A flow may be any name; a time that is not there is not known."""
    first, second = _entries(tmp_path / "r", {**_asked(), "flow": 7, "started": 2, "seconds": 0.5}, _asked())
    assert (first.flow, second.flow) == ("7", "")
    assert (first.exchange.started, first.exchange.finished) == (2.0, 2.5)
    assert math.isnan(second.exchange.started)
    assert first.exchange.request == Request("GET", "/a", "b=c", base="http://h:80")


def test_what_was_not_answered_failed(tmp_path: Path) -> None:
    """The reason is taken by its name or by its words; without one the connection was closed."""
    reasons = ({"failure": "timeout"}, {"failure": Failure.CONNECT.value}, {})
    found = _entries(tmp_path / "r", *({**_asked(), **each} for each in reasons))
    assert [each.exchange.failure for each in found] == [Failure.TIMEOUT, Failure.CONNECT, Failure.CLOSED]


def test_bodies_are_text_bytes_or_json(tmp_path: Path) -> None:
    """All are bytes in the end; half a surrogate pair does no harm."""
    bodies: list[dict[str, Any]] = [{"body": "ä"}, {"base64": "AP8="}, {"json": {"a": 1}}, {"body": "\ud800"}]
    found = _entries(tmp_path / "r", *(_asked(**each) for each in bodies))
    assert [each.exchange.request.body for each in found] == ["ä".encode(), b"\0\xff", b'{"a": 1}', b"\xed\xa0\x80"]


def test_what_the_recording_says_of_itself(tmp_path: Path) -> None:
    """The first line may be about the recording; entries are counted without it."""
    path = tmp_path / "r"
    (entry,) = _entries(path, {"recording": {"profile": "adk", "closed": True, "spec": 7}}, _asked())
    recording = open_recording(path)
    list(recording.entries())
    assert entry.number == 1
    assert (recording.about.profile, recording.about.closed, recording.about.spec) == ("adk", True, "")


def test_entries_of_other_kinds_are_read_by_whoever_declares_them(tmp_path: Path) -> None:
    """A kind gives the exchange that its entry is, or none."""
    path = tmp_path / "r.ndjson"
    lines = [{"kind": "ask", "name": "a"}, {"kind": "skip"}, {"kind": "exchange", **_asked()}]
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))

    def ask(document: Any) -> Exchange:
        return Exchange(Request("POST", f"/{document['name']}"), None)

    found = list(Ndjson(path, {"ask": ask, "skip": lambda _: None}).entries())
    assert [(each.number, each.exchange.request.path) for each in found] == [(1, "/a"), (3, "/a")]
