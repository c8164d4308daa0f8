"""A cassette that we write is read back as it was, is played by vcrpy itself, and never holds a secret."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import vcr
import yaml

from conformance import InputError
from conformance.exchange import Exchange, Failure, Request, Response
from conformance.recordings import About, Entry, Shown
from conformance.recordings.opening import open_recording
from conformance.recordings.redaction import Redaction
from conformance.recordings.writer import CassetteWriter

AWKWARD = [
    b"", b"plain", "ä€😀".encode(), b"\x00\xff\xfe", b"a\r\nb\n", b"  spaces ", b"'\"\\: #-", b"\xc2\x85\xe2\x80\xa8",
    b"\xef\xbb\xbf", b"\x7f", b"null", b"123", b"2001-01-01", b"!!python/name:os", b"&a *a", b'{"a": "\\ud800"}',
]  # fmt: skip


def _exchange(body: bytes = b"", status: int = 200) -> Exchange:
    request = Request("POST", "/a%20b", "c=d", (("content-type", "text/plain"), ("accept", "*/*")), body)
    response = Response(status, (("content-type", "application/json"), ("x", "1"), ("x", "2")), body)
    return Exchange(request, response, 10.0, 10.25)


def _written(
    path: Path, *exchanges: Exchange, redaction: Redaction | None = None, findings: tuple[Shown, ...] = ()
) -> Path:
    writer = CassetteWriter(path, About(profile="adk", closed=True, seed=3), redaction or Redaction({}, {}))
    for number, each in enumerate(exchanges):
        writer.add(each, f"{number // 2}")
    writer.close(findings)
    return path


def _entries(path: Path) -> list[Entry]:
    return list(open_recording(path).entries())


@pytest.mark.parametrize("body", AWKWARD)
def test_what_is_written_is_read_back(body: bytes, tmp_path: Path) -> None:
    """Whatever a body holds, byte for byte; and flows, times and headers."""
    first, second, third = _entries(_written(tmp_path / "c.yaml", *[_exchange(body)] * 3))
    assert (first.flow, second.flow, third.flow) == ("0", "0", "1")
    assert first.exchange.request.body == body
    assert first.exchange.response == _exchange(body).response
    assert first.exchange.request.target == "/a%20b?c=d"
    assert (first.exchange.started, first.exchange.finished) == (0.0, 0.25)


def test_lost_answers_are_lost_again(tmp_path: Path) -> None:
    """Why no whole answer came is kept, and what came of it."""
    lost = Exchange(Request("GET", "/a"), None, failure=Failure.TIMEOUT)
    part = Exchange(Request("GET", "/a"), Response(200, (), b"ha"), failure=Failure.CLOSED)
    found = [each.exchange for each in _entries(_written(tmp_path / "c.yaml", lost, part))]
    assert [(each.failure, each.response) for each in found] == [
        (Failure.TIMEOUT, None),
        (Failure.CLOSED, Response(200, (), b"ha")),
    ]


def test_a_file_that_was_cut_short_gives_only_what_is_whole(tmp_path: Path) -> None:
    """Wherever it ends: an entry whose answer was cut off is none, and is no answer without a body either."""
    path = tmp_path / "c.yaml"
    lost = Exchange(Request("GET", "/a"), None, failure=Failure.TIMEOUT)
    writer = CassetteWriter(path, About(profile="adk", version="1"), Redaction({}, {}))
    for each in (_exchange(b'{"a": 1}'), lost, _exchange(b'{"b": 2}')):
        writer.add(each, "1")
    writer.close()
    whole, lines = [each.exchange for each in _entries(path)], path.read_text().splitlines(keepends=True)
    for end in range(len(lines)):
        path.write_text("".join(lines[:end]) or " ")
        found = []
        with suppress(InputError):
            found.extend(_answers(path))
        assert found == [(each.response, each.failure) for each in whole][: len(found)]


def _answers(path: Path) -> Iterator[tuple[Response | None, Failure | None]]:
    return ((each.exchange.response, each.exchange.failure) for each in open_recording(path).entries())


def test_what_is_said_of_it_is_read_back(tmp_path: Path) -> None:
    """What it was made with, and the findings that it was kept for."""
    shown = Shown("runs/run-appends", "run_agent", "lost", "0")
    recording = open_recording(_written(tmp_path / "c.yaml", _exchange(), findings=(shown,)))
    list(recording.entries())
    assert (recording.about.profile, recording.about.closed, recording.about.seed) == ("adk", True, 3)
    assert recording.about.findings == [shown]


def test_the_file_is_whole_after_each_entry(tmp_path: Path) -> None:
    """A run that is killed leaves what it wrote."""
    writer = CassetteWriter(tmp_path / "c.yaml", About(), Redaction({}, {}))
    for count in (1, 2, 3):
        writer.add(_exchange(b"x"), "1")
        assert len(_entries(tmp_path / "c.yaml")) == count
    writer.close()
    writer.close()


def test_a_secret_that_is_learnt_late_is_taken_out_before(tmp_path: Path) -> None:
    """A text that turns out to be a token had been written already; in the end it is nowhere."""
    early = Exchange(Request("GET", "/a", "state=late-secret-77"), Response(200, (), b'{"n": "late-secret-77"}'))
    late = Exchange(Request("GET", "/b", "", (("X-Auth-Token", "late-secret-77"),)), Response(200))
    path = _written(tmp_path / "c.yaml", early, late, findings=(Shown("a/b", "c", "d", "0"),))
    assert "late-secret-77" not in path.read_text(encoding="utf-8")
    first, second = _entries(path)
    token = dict(second.exchange.request.headers)["X-Auth-Token"]
    assert first.exchange.request.query == f"state={token}"
    assert list(tmp_path.iterdir()) == [path]


def test_authorization_is_never_on_the_disk(tmp_path: Path) -> None:
    """Not even between one entry and the next."""
    writer = CassetteWriter(tmp_path / "c.yaml", About(base="http://u:pass-1234@h"), Redaction({}, {}))
    secret = Exchange(
        Request("GET", "/a", "", (("Authorization", "Bearer zzz-9876543"),)), Response(200, (), b"zzz-9876543")
    )
    writer.add(secret, "1")
    text = (tmp_path / "c.yaml").read_text(encoding="utf-8")
    assert "zzz-9876543" not in text
    assert "pass-1234" not in text
    writer.close()


def test_an_empty_recording_is_a_cassette_all_the_same(tmp_path: Path) -> None:
    """It holds no entries, and says so when it is read."""
    with pytest.raises(InputError, match="holds no entries"):
        _entries(_written(tmp_path / "c.yaml"))


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """Before anything is sent."""
    with pytest.raises(InputError, match="cannot be written"):
        CassetteWriter(tmp_path, About(), Redaction({}, {}))


def test_vcrpy_plays_it(tmp_path: Path) -> None:
    """vcrpy itself answers from what we wrote, bodies and statuses alike, and lets nothing through to the network."""
    made = []
    for number, body in enumerate([b'{"id": "s-1"}', "ä€😀".encode(), b"\x00\xff"]):
        request = Request("POST", f"/sessions/{number}", "", (("content-type", "application/json"),), b'{"a": 1}')
        made.append(Exchange(request, Response(201 + number, (("content-type", "application/json"),), body)))
    missing = Exchange(Request("GET", "/sessions/9"), Response(404, (), b'{"detail": "no"}'))
    path = _written(tmp_path / "c.yaml", *made, missing)
    with vcr.use_cassette(str(path), record_mode="none", match_on=["method", "uri", "body"]) as cassette:
        for number, each in enumerate(made):
            asked = urllib.request.Request(
                f"http://conformance.local/sessions/{number}", b'{"a": 1}', {"content-type": "application/json"}
            )
            with urllib.request.urlopen(asked) as answer:
                assert each.response is not None
                assert (answer.status, answer.read()) == (each.response.status, each.response.body)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen("http://conformance.local/sessions/9")
        assert caught.value.code == 404
        assert json.load(caught.value) == {"detail": "no"}
        caught.value.close()
        assert cassette.all_played


def test_what_vcrpy_writes_is_read(tmp_path: Path) -> None:
    """Saved again by vcrpy, our cassette is one of vcrpy's own, with the same exchanges."""
    path = _written(tmp_path / "c.yaml", _exchange(b'{"a": 1}'), _exchange(b"\x00\xff", 500))
    before = [each.exchange for each in _entries(path)]
    with vcr.use_cassette(str(path), record_mode="new_episodes") as cassette:
        cassette.dirty = True
    assert "conformance" not in yaml.safe_load(path.read_text(encoding="utf-8"))
    after = [each.exchange for each in _entries(path)]
    assert [(each.request.target, each.request.body, each.response) for each in after] == [
        (each.request.target, each.request.body, each.response) for each in before
    ]
