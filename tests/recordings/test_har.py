"""HAR files as browsers, proxies and test tools write them."""

from __future__ import annotations

import base64
import gzip
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


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        ({}, Failure.UNRECORDED),
        ({"_error": "net::ERR_ABORTED"}, Failure.UNRECORDED),
        ({"_error": "net::ERR_EMPTY_RESPONSE"}, Failure.CLOSED),
        ({"_failureText": "net::ERR_TIMED_OUT"}, Failure.TIMEOUT),
    ],
)
def test_a_request_without_an_answer(said: dict[str, str], failure: Failure, tmp_path: Path) -> None:
    """A browser writes the status 0 where none came; only a broken connection is the server's doing."""
    (found,) = _read(tmp_path / "r", _entry(response={"status": 0, **said}))
    assert (found.response, found.failure) == (None, failure)


def test_bodies_that_were_left_out_are_not_recorded(tmp_path: Path) -> None:
    """A browser may leave out the bodies, or keep only the beginning; an empty one is empty."""
    missing: list[Any] = [{}, {"size": 12}, {"size": 90, "text": '{"a": 1, '}]
    empty = [{"size": 0}, {"size": 0, "text": ""}]
    found = _read(tmp_path / "r", *(_entry(response={"content": each}) for each in (*missing, *empty)))
    assert [each.failure for each in found] == [Failure.UNRECORDED] * 3 + [None] * 2
    (gone,) = _read(tmp_path / "r", _entry(response={"status": 204}))
    assert (gone.failure, gone.response and gone.response.body) == (None, b"")
    (asked,) = _read(
        tmp_path / "r", _entry({"postData": {"mimeType": "application/json", "params": []}}, {"content": empty[0]})
    )
    assert asked.failure is Failure.UNRECORDED


def test_packed_bodies_are_unpacked(tmp_path: Path) -> None:
    """A proxy may write what travelled, as base64 or as characters; what nobody can unpack was not recorded."""
    packed = gzip.compress(b'{"a": 1}')
    coded = [{"name": "Content-Encoding", "value": "gzip"}]
    text = {"text": base64.b64encode(packed).decode(), "encoding": "base64"}
    (one,) = _read(tmp_path / "r", _entry({"headers": coded, "postData": text}, {"headers": coded, "content": text}))
    assert one.request.body == b'{"a": 1}'
    (other,) = _read(tmp_path / "r", _entry(response={"headers": coded, "content": {"text": packed.decode("latin-1")}}))
    for each in (one, other):
        assert each.response is not None
        assert each.response.body == b'{"a": 1}'
    unknown = {
        "headers": [{"name": "content-encoding", "value": "br"}],
        "content": {"text": "/wA=", "encoding": "base64"},
    }
    (lost,) = _read(tmp_path / "r", _entry(response=unknown))
    assert lost.failure is Failure.UNRECORDED


def test_what_is_not_http_is_of_nobody(tmp_path: Path) -> None:
    """A browser lists its own pages, extensions and sockets as well."""
    urls = ["about:blank", "data:text/plain,x", "blob:https://h/a", "wss://h/a", "h:443"]
    assert [each.request.path for each in _read(tmp_path / "r", *(_entry({"url": url}) for url in urls))] == urls


def test_what_the_server_was_not_asked_is_left_out(tmp_path: Path) -> None:
    """A cache, or the page's own worker, answered."""
    cached = {**_entry(), "_fromCache": "disk"}
    worker = _entry(response={"_fetchedViaServiceWorker": True})
    assert len(_read(tmp_path / "r", cached, worker, _entry())) == 1


@pytest.mark.parametrize(
    ("text", "size", "body"),
    [
        ("bnVsbA==", 4, b"null"),
        ("bnVsbA==", 8, b"bnVsbA=="),
        ("bnVsbA==", -1, b"bnVsbA=="),
        ("bnVsbA==", 5, b"bnVsbA=="),
        ("na\u00efve", 6, "na\u00efve".encode()),
        ("eyJhIjoxfQ==", 7, b'{"a":1}'),
    ],
)
def test_a_request_that_is_base64_without_a_word(text: str, size: int, body: bytes, tmp_path: Path) -> None:
    """How long it was tells, where a recorder keeps the very bytes and HAR has no name for that."""
    request = {"method": "POST", "url": "http://h/a", "bodySize": size, "postData": {"text": text}}
    (exchange,) = _read(tmp_path / "h", _entry(request))
    assert exchange.request.body == body


@pytest.mark.parametrize(
    ("name", "value", "body"),
    [("Content-Type", "application/json", None), ("Content-Length", "90", None), ("Content-Length", "0", b"")],
)
def test_a_browser_says_of_what_it_let_go_of_that_it_is_empty(
    name: str, value: str, body: bytes | None, tmp_path: Path
) -> None:
    """An answer that has a type or a length had a body; who kept none cannot accuse the server of an empty one."""
    answer = {"headers": [{"name": name, "value": value}], "content": {"size": 0, "mimeType": "x-unknown"}}
    (found,) = _read(tmp_path / "r", _entry(response=answer))
    assert (found.response.body if found.response else None) == body


@pytest.mark.parametrize(("name", "read"), [(f"{'0f' * 20}.json", True), ("secret.env", False), ("../x.json", False)])
def test_a_body_may_stand_in_a_file_beside_it(name: str, read: bool, tmp_path: Path) -> None:
    """Playwright names it by its digest; no other file is opened, and one that is not there was left out."""
    folder = tmp_path / "of"
    folder.mkdir()
    (folder / name).write_text('{"a": 1}')
    path = har(folder / "h", [call("POST", "/a", {"a": 1}, {"a": 1})] * 2)
    document = json.loads(path.read_text())
    there, gone = document["log"]["entries"]
    for entry, file in ((there, name), (gone, f"{'0e' * 20}.json")):
        entry["request"]["postData"] = {"mimeType": "application/json", "_file": file}
        entry["response"]["content"] = {"mimeType": "application/json", "size": 8, "_file": file}
    path.write_text(json.dumps(document))
    found, lost = (each.exchange for each in open_recording(path).entries())
    assert lost.failure is Failure.UNRECORDED
    assert (found.failure is None) == read
    if read:
        assert found.response is not None
        assert found.request.body == found.response.body == b'{"a": 1}'
