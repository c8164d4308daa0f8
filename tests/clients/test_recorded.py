"""Asks that a client's own code recorded are judged by the session ids that were in play."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from conformance import Verdict, load
from conformance.client_run import judged_asks
from conformance.clients.recorded import asks, read
from conformance.errors import InputError, ProfileError
from conformance.reports import Report, terminal

SNAKEBRIDGE = load("snakebridge")
CASSETTES = Path(__file__).parents[2] / "cassettes" / "snakebridge"
ONE_ID = "asks/one-id-is-decided"


def judged(name: str) -> Report:
    """The report on one of the recordings."""
    path = CASSETTES / f"{name}.ndjson"
    return judged_asks(SNAKEBRIDGE, read(SNAKEBRIDGE, path), str(path))


def ways(report: Report) -> dict[str, int]:
    """How many asks were wrong, by the way in which the client was called."""
    found: Counter[str] = Counter()
    for each in report.findings:
        found[each.signature.operation] += each.seen
    return dict(found)


def test_the_version_before_the_fix_has_38_wrong_calls() -> None:
    """Of 70, by 12 of 13 ways."""
    report = judged("v0.7.5")
    row = report.row(ONE_ID)
    assert (row.observations, row.violations) == (70, 38)
    assert report.verdict is Verdict.BROKEN
    assert ways(report) == {
        **dict.fromkeys(["call/4 atom", "call_dynamic/4", "get_module_attr/3 atom", "get_module_attr/3 string"], 2),
        **dict.fromkeys(["call_class/4", "call_helper/3 list", "stream/5 atom"], 2),
        **dict.fromkeys(["call_method/4", "stream_next/2", "get_attr/3", "set_attr/4"], 4),
        "release_ref/2": 8,
    }
    assert "call_helper/3 map: 0 of 2 wrong" in report.notes
    assert "release_ref/2: 8 of 8 wrong" in report.notes


def test_the_fix_is_incomplete() -> None:
    """Two ways were forgotten: 8 of 70."""
    report = judged("v0.7.6")
    row = report.row(ONE_ID)
    assert (row.observations, row.violations) == (70, 8)
    assert report.verdict.exit_code == 1
    assert ways(report) == {"get_attr/3": 4, "set_attr/4": 4}


def test_a_finding_shows_what_was_in_play() -> None:
    """Each id by where it comes from, the one expected, and what stands in each place."""
    text = terminal.render(judged("v0.7.6"), 200)
    assert "runtime=sess-runtime [expected session sess-runtime]" in text
    assert "payload=sess-context, opts=sess-runtime" in text
    assert "nothing was sent" not in text


def line(**changes: Any) -> str:
    """A call that is right, but for what is changed."""
    found = {
        "path": "call",
        "given": {"runtime": "r", "context": "c"},
        "payload": {"session_id": "r"},
        "opts": {"session_id": "r"},
    }
    return json.dumps({**found, **changes})


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, None),
        ({"payload": {"session_id": "c"}}, "the context one"),
        ({"opts": {"session_id": "x"}}, "an unknown one"),
        ({"opts": {}}, "none"),
        ({"opts": None}, "none"),
        ({"given": {"runtime": None, "ref": None, "context": "r", "auto": "a"}}, None),
    ],
)
def test_every_place_names_the_one_that_was_decided(changes: dict[str, Any], kind: str | None) -> None:
    """By the precedence of the profile."""
    report = judged_asks(SNAKEBRIDGE, asks(SNAKEBRIDGE, [line(**changes), "\n"]), "one line")
    assert [each.signature.kind for each in report.findings] == ([] if kind is None else [kind])
    assert report.exchanges == 1


def test_where_none_was_in_play_nothing_is_judged() -> None:
    """There is nothing to decide."""
    report = judged_asks(SNAKEBRIDGE, asks(SNAKEBRIDGE, [line(given={})]), "one line")
    assert report.row(ONE_ID).observations == 0


def test_an_empty_recording_is_no_pass() -> None:
    """Nothing was judged."""
    assert judged_asks(SNAKEBRIDGE, asks(SNAKEBRIDGE, []), "nothing").verdict is Verdict.UNREACHABLE


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "x.ndjson:2: is not JSON"),
        ("[" * 100_000, "x.ndjson:2: is not JSON"),
        ("[]", "nothing of use stands at /path"),
        ('{"path": 7, "given": {}}', "nothing of use stands at /path"),
        ('{"path": "call", "given": "all"}', "nothing of use stands at /given"),
    ],
)
def test_a_line_that_is_none_is_told(tmp_path: Path, text: str, told: str) -> None:
    """With its number."""
    path = tmp_path / "x.ndjson"
    path.write_text(f"{line()}\n{text}\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        list(read(SNAKEBRIDGE, path))
    assert told in str(error.value)


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    """And so is a file that is not there."""
    path = tmp_path / "x.ndjson"
    for _ in range(2):
        with pytest.raises(InputError, match="cannot be read"):
            list(read(SNAKEBRIDGE, path))
        path.write_bytes(b"\xff\xfe")


def test_a_profile_has_to_say_how() -> None:
    """Most do not."""
    with pytest.raises(ProfileError, match="does not say how"):
        list(asks(load("adk"), [line()]))
