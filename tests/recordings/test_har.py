"""HAR files as browsers, proxies and test tools write them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.exchange import Exchange, Failure
from conformance.recordings.opening import open_recording

from .samples import call, har


def _read(path: Path, *entries: Any) -> list[Exchange]:
    path.write_text(json.dumps({"log": {"version": "1.2", "creator": {}, "pages": [{}], "entries": list(entries)}}))
    return [each.exchange for each in open_recording(path).entries()]


def _entry(request: Any = None, response: Any = None) -> dict[str, Any]:
    asked = {"method": "POST", "url": "https://h/a", "headers": [], **(request or {})}
    return {"request": asked, "response": {"status": 200, "headers": [], "content": {}, **(response or {})}}


def test_times_are_taken(tmp_path: Path) -> None:
    """When it began, and how many milliseconds it took."""
    path = har(tmp_path / "r", [call("GET", "/a", None, {})])
    exchange = next(iter(open_recording(path).entries())).exchange
    assert exchange.started == 1704164645.0
    assert exchange.seconds == pytest.approx(0.0125, abs=1e-6)


def test_the_headers_of_http2_are_none(tmp_path: Path) -> None:
    """A browser writes pseudo headers beside the others."""
    headers = [{"name": ":authority", "value": "h"}, {"name": "Accept", "value": "*/*"}]
    (found,) = _read(tmp_path / "r", _entry({"headers": headers}))
    assert found.request.headers == (("Accept", "*/*"),)


def test_bodies_may_be_base64_or_fields(tmp_path: Path) -> None:
    """What is no text stands as base64; a form may stand as its fields."""
    packed = {"text": base64.b64encode(b"\0\xff").decode(), "encoding": "base64"}
    fields = {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a b", "value": "c"}]}
    found = _read(tmp_path / "r", _entry({"postData": packed}, {"content": packed}), _entry({"postData": fields}))
    assert found[0].request.body == b"\0\xff"
    assert found[0].response is not None
    assert found[0].response.body == b"\0\xff"
    assert found[1].request.body == b"a+b=c"


def test_a_request_without_an_answer_failed(tmp_path: Path) -> None:
    """A browser writes the status 0 where none came."""
    (found,) = _read(tmp_path / "r", _entry(response={"status": 0}))
    assert (found.response, found.failure) == (None, Failure.CLOSED)
