"""Cassettes as vcrpy writes them: bodies packed or not, as text or bytes; and what others leave in them."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.exchange import Exchange, Failure
from conformance.recordings.opening import open_recording

from .samples import call, interaction


def _read(path: Path, *interactions: Any, **more: Any) -> list[Exchange]:
    path.write_text(yaml.safe_dump({"interactions": list(interactions), "version": 1, **more}))
    return [each.exchange for each in open_recording(path).entries()]


def test_a_packed_body_is_unpacked(tmp_path: Path) -> None:
    """vcrpy keeps what came over the wire; so a body may be packed, or may have been unpacked before."""
    packed = interaction(call("GET", "/a", None, {"a": 1}))
    packed["response"]["headers"]["Content-Encoding"] = ["gzip"]
    plain = json.loads(json.dumps(packed))
    packed["response"]["body"]["string"] = gzip.compress(b'{"a": 1}')
    found = _read(tmp_path / "c", packed, plain)
    assert [each.response.body for each in found if each.response] == [b'{"a": 1}'] * 2


def test_an_unpacked_bomb_is_refused(tmp_path: Path) -> None:
    """A body that unpacks to more than an entry may hold is a fault of its entry."""
    bomb = interaction(call("GET", "/a", None, {}))
    bomb["response"]["headers"]["Content-Encoding"] = ["gzip"]
    bomb["response"]["body"]["string"] = gzip.compress(b"\0" * 2**25)
    with pytest.raises(Exception, match="unpacks to more than"):
        _read(tmp_path / "c", bomb)


def test_times_are_taken_where_vcrpy_has_them(tmp_path: Path) -> None:
    """`recorded_at` is when; without it nobody knows."""
    timed = {**interaction(call("GET", "/a", None, {})), "recorded_at": "2024-01-02T03:04:05+00:00"}
    first, second = _read(tmp_path / "c", timed, interaction(call("GET", "/a", None, {})))
    assert first.started == 1704164645.0
    assert math.isnan(second.started)


def test_an_answer_that_is_missing_was_lost(tmp_path: Path) -> None:
    """An interaction without a response is a request that nobody answered."""
    lost = {**interaction(call("GET", "/a", None, {})), "response": None}
    (found,) = _read(tmp_path / "c", lost)
    assert (found.response, found.failure) == (None, Failure.CLOSED)


def test_findings_stand_at_the_end(tmp_path: Path) -> None:
    """What a recording was kept for is known when all was read."""
    path = tmp_path / "c"
    shown = {"invariant": "runs/run-appends", "operation": "run_agent", "kind": "lost", "flow": "1"}
    _read(path, interaction(call("GET", "/a", None, {})), findings=[shown, {"invariant": 7}, "x"])
    recording = open_recording(path)
    list(recording.entries())
    (found,) = recording.about.findings
    assert (found.invariant, found.flow) == ("runs/run-appends", "1")


@pytest.mark.parametrize("broken", [7, {}, {"request": {}}, {"request": {"method": "GET", "uri": 7}}])
def test_an_entry_that_is_none_is_named(broken: Any, tmp_path: Path) -> None:
    """The error says which interaction."""
    with pytest.raises(Exception, match="entry 2"):
        _read(tmp_path / "c", interaction(call("GET", "/a", None, {})), broken)


FORM = {"Content-Type": ["application/x-www-form-urlencoded"]}


@pytest.mark.parametrize(
    ("kept", "headers", "body"),
    [
        ({"state": {"k": [1]}}, {}, b'{"state": {"k": [1]}}'),
        ({}, {}, b"{}"),
        ([{"string": "a"}], {}, b'[{"string": "a"}]'),
        ({"other": 1, "string": "a"}, {}, b'{"other": 1, "string": "a"}'),
        ({"string": "a", "encoding": "utf-8"}, {}, b"a"),
        ({"n": [1, 2], "user": "ada"}, FORM, b"n=1&n=2&user=ada"),
        ([b"a\xff", b"b"], {}, b"a\xffb"),
        (7, {}, b"7"),
    ],
)
def test_a_request_is_kept_as_what_was_given_to_the_library(
    kept: Any, headers: Any, body: bytes, tmp_path: Path
) -> None:
    """vcrpy under aiohttp keeps the value that becomes JSON or a form, and the pieces of a stream elsewhere."""
    entry = interaction(call("POST", "/a", None, {}))
    entry["request"] |= {"body": kept, "headers": headers}
    (found,) = _read(tmp_path / "c", entry)
    assert found.request.body == body


@pytest.mark.parametrize("side", ["request", "response"])
def test_a_body_that_was_left_out_is_not_recorded(side: str, tmp_path: Path) -> None:
    """Who takes bodies out of a cassette leaves their lengths in it: what such a call did, or said, is not known."""
    entry = interaction(call("PATCH", "/a", {"a": 1}, {"b": 2}))
    entry[side]["headers"]["Content-Length"] = ["8"]
    entry[side]["body"] = {"string": ""}
    head = json.loads(json.dumps(entry | {"request": {**entry["request"], "method": "HEAD", "body": "x"}}))
    found, empty = _read(tmp_path / "c", entry, head)
    assert (found.response, found.failure) == (None, Failure.UNRECORDED)
    assert empty.response is not None


def test_what_we_recorded_is_what_came(tmp_path: Path) -> None:
    """A server that promises a body and sends none is not excused in a recording of ours."""
    entry = interaction(call("PATCH", "/a", {"a": 1}, {"b": 2}))
    entry["response"] |= {"headers": {"Content-Length": ["8"]}, "body": {"string": ""}}
    entry["conformance"] = {"flow": "1", "started": 0.0, "seconds": 0.0}
    (found,) = _read(tmp_path / "c", entry)
    assert found.response is not None
    assert (found.response.body, found.failure) == (b"", None)


RUBY = """---
http_interactions:
- request:
    method: post
    uri: http://h/a
    body:
      encoding: UTF-8
      string: '{"a":1}'
    headers:
      Content-Type:
      - application/json
  response:
    status:
      code: 201
      message: Created
    headers:
      Content-Type:
      - application/json
    body:
      encoding: ASCII-8BIT
      string: !binary |-
        eyJiIjoyfQ==
  recorded_at: Mon, 01 Jan 2024 00:00:00 GMT
- id: 'x'
  checks:
  - name: 'a'
    status: 'SUCCESS'
    message: ~
  recorded_at: '2024-01-01T00:00:01+00:00'
  request:
    uri: 'http://h/b'
    method: 'GET'
    headers: {}
  response:
    status:
      code: '200'
      message: "OK"
    headers: {}
    body:
      encoding: 'utf-8'
      base64_string: 'eyJjIjozfQ=='"""


@pytest.mark.parametrize("ending", ["", "\n", "\nrecorded_with: VCR 6.1.0\n"])
def test_cassettes_of_rubys_vcr_and_of_those_who_write_its_like(ending: str, tmp_path: Path) -> None:
    """They call the interactions otherwise; bytes have a tag of their own, or are base64 under another name."""
    path = tmp_path / "c.yml"
    path.write_text(RUBY + ending, encoding="utf-8")
    first, second = (each.exchange for each in open_recording(path).entries())
    assert first.response is not None
    assert second.response is not None
    assert (first.request.method, first.request.body) == ("POST", b'{"a":1}')
    assert (first.response.status, first.response.body) == (201, b'{"b":2}')
    assert (second.response.status, second.response.body, second.started) == (200, b'{"c":3}', 1_704_067_201.0)


def test_a_json_cassette_may_call_them_so_as_well(tmp_path: Path) -> None:
    """Ruby's VCR writes JSON where it is told to."""
    path = tmp_path / "c.json"
    said = {"request": {"method": "get", "uri": "http://h/"}, "response": {"status": {"code": 204}}}
    path.write_text(json.dumps({"http_interactions": [said], "recorded_with": "VCR 6.1.0"}), encoding="utf-8")
    (entry,) = open_recording(path).entries()
    assert entry.exchange.said == "204"
