"""Every kind of file is told by what stands in it, and read as the same entries; what is none is refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from conformance import InputError
from conformance.exchange import Exchange
from conformance.recordings.opening import open_recording

from .samples import calls, har, interaction, ndjson


def _yaml(path: Path) -> Path:
    path.write_text(yaml.safe_dump({"interactions": [interaction(each) for each in calls()], "version": 1}))
    return path


def _json(path: Path) -> Path:
    path.write_text(json.dumps({"version": 1, "interactions": [interaction(each) for each in calls()]}))
    return path


KINDS: dict[str, Callable[[Path], Path]] = {
    "ndjson": lambda path: ndjson(path, calls()),
    "har": lambda path: har(path, calls()),
    "cassette": _yaml,
    "cassette in JSON": _json,
}


def _said(exchange: Exchange) -> tuple[object, ...]:
    """What was said, in plain values."""
    request, response = exchange.request, exchange.response
    assert response is not None
    body = json.loads(request.body) if request.body else None
    return request.method, request.base, request.target, body, response.status, json.loads(response.body)


@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_give_the_same_entries(kind: str, tmp_path: Path) -> None:
    """Whatever the file is called, its entries are the same, with their numbers."""
    path = KINDS[kind](tmp_path / "recording.txt")
    entries = list(open_recording(path).entries())
    assert [each.number for each in entries] == [1, 2, 3]
    assert [_said(each.exchange) for each in entries] == [
        (each["method"], "http://api.test", each["path"], each["sent"], each["status"], each["answer"])
        for each in calls()
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_entries_can_be_read_again(kind: str, tmp_path: Path) -> None:
    """A recording is a file, not a stream that is used up."""
    recording = open_recording(KINDS[kind](tmp_path / "recording"))
    assert [each.number for each in recording.entries()] == [each.number for each in recording.entries()]


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_file_gives_what_stands_before_the_cut(kind: str, tmp_path: Path) -> None:
    """The first entries come; then an error names the file and the entry."""
    path = KINDS[kind](tmp_path / "recording")
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex(b"GET") + 20])
    entries = open_recording(path).entries()
    assert [next(entries).number, next(entries).number] == [1, 2]
    with pytest.raises(InputError) as caught:
        next(entries)
    assert f"{path}: entry 3" in str(caught.value)
    assert "truncated" in caught.value.problem
    assert caught.value.exit_code == 2


GOOD_CASSETTE = yaml.safe_dump({"interactions": [interaction(calls()[0])]}).encode()
REFUSED = {
    "empty": (b"", "is empty"),
    "blank": (b" \n\n", "is empty"),
    "binary": (bytes(range(256)), "is binary"),
    "gzip": (gzip.compress(b"{}" * 100), "is packed"),
    "zip": (b"PK\x03\x04" + bytes(99), "is packed"),
    "utf-16": ('{"log": {}}'.encode("utf-16"), "is UTF-16"),
    "an array": (b"[1, 2]", "is an array"),
    "some JSON": (b'{"hello": "there"}', "is JSON, and no recording"),
    "no interactions": (b"hello: there\n", "it has no interactions"),
    "nothing recorded": (b"interactions: []\nversion: 1\n", "holds no entries"),
    "an empty log": (b'{"log": {"entries": []}}', "holds no entries"),
    "a text": (b"just a text", "at its top there is no mapping"),
    "two documents": (GOOD_CASSETTE + b"---\n{}\n", "something stands behind"),
    "latin-1": (b"interactions:\n- request: {method: GET, uri: 'http://h/\xe4'}\n", "is not UTF-8"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_recording_is_refused(what: str, tmp_path: Path) -> None:
    """A clear error, exit code 2, and the file in it."""
    content, problem = REFUSED[what]
    path = tmp_path / "recording"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        list(open_recording(path).entries())
    assert problem in str(caught.value)
    assert str(path) in caught.value.place


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    """Neither a missing file nor a folder is opened."""
    for path, problem in ((tmp_path / "none", "there is no such file"), (tmp_path, "is no file")):
        with pytest.raises(InputError, match=problem):
            open_recording(path)
