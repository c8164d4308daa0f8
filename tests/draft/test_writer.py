"""TOML with comments, whatever stands in a spec; and drafts that would not load."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from conformance import draft as drafts
from conformance.draft.composer import draft
from conformance.draft.table import Draft, Entry, Table
from conformance.draft.verified import verified
from conformance.draft.writer import render, value
from conformance.errors import ProfileError

SPECS = Path(__file__).parent / "specs"


@pytest.mark.parametrize(
    "found",
    [
        "",
        'quote " and \\',
        "line\nbreak",
        "\x7f\x00",
        "caf\u00e9 \U0001f600",
        7,
        True,
        ["a", ["b"]],
        {"a b": {"c": []}},
    ],
)
def test_values_read_back(found: object) -> None:
    """What is written is read back as it was."""
    assert tomllib.loads(f"key = {value(found)}")["key"] == found


def test_half_a_surrogate_pair_is_replaced() -> None:
    """TOML is UTF-8."""
    assert tomllib.loads(f"key = {value(chr(0xD800))}")["key"] == "?"


def test_what_a_spec_says_cannot_end_a_comment() -> None:
    """A summary with line breaks stays in its comment."""
    table = Table("create", (Entry("operation", "x", "one\ntwo = 3", "four\r\n[five]"),), ("six\u2028seven = 8",))
    text = render(Draft((Table("", (Entry("title", "T"),)), table), ("nine\nten = 11",)))
    assert tomllib.loads(text) == {"title": "T", "create": {"operation": "x"}}


def test_a_title_may_be_anything(tmp_path: Path) -> None:
    """Specs without a title, or with an odd one, are drafted as well."""
    document = json.loads((SPECS / "rooms.json").read_text(encoding="utf-8"))
    for info in ({"version": "1"}, {"title": 'a "b"\nc', "version": "1"}):
        path = tmp_path / "openapi.json"
        path.write_text(json.dumps({**document, "info": info}), encoding="utf-8")
        assert drafts.made(drafts.fetch(str(path))).tables[0].value("title") in ("An API", info.get("title"))


def _changed(found: Draft, name: str, entry: Entry) -> Draft:
    """A draft with one more key in a table."""
    changed = [
        Table(each.name, (*each.entries, entry), each.why, each.gaps, each.array) if each.name == name else each
        for each in found.tables
    ]
    return Draft(tuple(changed), found.notes)


def test_what_does_not_load_becomes_a_gap() -> None:
    """A key that the loader refuses is taken out, and so is a role that cannot do without it."""
    source = drafts.fetch(str(SPECS / "rooms.json"))
    found = _changed(draft(source.spec), "read", Entry("at", "/nowhere"))
    text = render(verified(found, source.document).beside("openapi.json"))
    assert "# TODO: read.at: the schema of GET /rooms/{roomId} cannot contain '/nowhere'" in text
    wrong = _changed(draft(source.spec), "run", Entry("merge", "sideways"))
    assert "run.merge" in render(verified(wrong, source.document))


def test_a_create_that_does_not_load_is_an_error() -> None:
    """There is no profile without a create."""
    source = drafts.fetch(str(SPECS / "rooms.json"))
    with pytest.raises(ProfileError):
        verified(Draft((Table("", ()), Table("create", (Entry("operation", "nothing"),)))), source.document)
