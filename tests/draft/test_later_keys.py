"""Keys that profiles do not have yet: they are written as soon as the loader knows them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import yaml

from conformance import draft as drafts
from conformance import profile_file
from conformance.draft.composer import draft

SPECS = Path(__file__).parent / "specs"


def _drafted(name: str) -> dict[str, Any]:
    """The draft for a spec as a table, not loaded."""
    source = drafts.fetch(str(SPECS / name))
    return tomllib.loads(drafts.render(draft(source.spec).beside("openapi.yaml")))


def test_statuses() -> None:
    """Where a status sits, which there are, and what changes it."""
    found = _drafted("support.yaml")
    assert found["session"]["status"] == "/status"
    assert found["session"]["created"] == "/created_at"
    assert found["status"]["initial"] == "active"
    assert "closed" in found["status"]["ended"]
    assert found["transition"]["status"] == "$request.query.status"
    assert found["transition"]["session"] == "$request.path.session_id"


def test_a_status_that_only_runs_can_change(tmp_path: Path) -> None:
    """Where no operation leads to another status, runs may; where one does, they are not expected to."""
    assert "changes" not in _drafted("support.yaml")["run"]
    document = yaml.safe_load((SPECS / "support.yaml").read_text(encoding="utf-8"))
    document["paths"] = {path: each for path, each in document["paths"].items() if not path.endswith("/status")}
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    found = _drafted(str(tmp_path / "openapi.yaml"))
    assert "transition" not in found
    assert found["run"]["changes"] == ["status"]


def test_cleanup() -> None:
    """A cleanup by age, in which unit, and what it spares."""
    cleanup = _drafted("support.yaml")["cleanup"]
    assert (cleanup["age"], cleanup["unit"], cleanup["spares"]) == ("$request.query.days", "days", ["active"])


def test_paging() -> None:
    """Pages by offset and by cursor, their size and order, and filters."""
    support, cursor = _drafted("support.yaml")["list"], _drafted("cursor.yaml")["list"]
    assert (support["limit"], support["offset"], support["page"]) == (
        "$request.query.limit",
        "$request.query.offset",
        50,
    )
    assert support["filters"] == {"status": "$request.query.status"}
    assert (cursor["cursor"], cursor["next"]) == ("$request.body#/cursor", "$response.body#/next_cursor")
    assert cursor["order"] == "newest"
    assert _drafted("cursor.yaml")["history"]["order"] == "oldest"


def test_codes_of_failures() -> None:
    """Where every answer is a success, codes say what went wrong."""
    found = _drafted("cursor.yaml")
    assert found["run"]["failed"] == "$response.body#/error/code"
    assert found["run"]["missing"] == ["dialog_not_found"]
    assert found["run"]["ended"] == ["dialog_closed"]
    assert found["create"]["duplicate"] == ["dialog_exists"]
    assert found["create"]["invalid"] == ["invalid_arguments"]
    assert "missing" not in found["list"]


def test_unknown_keys_are_left_out() -> None:
    """Until then nothing of it is written, and roles that cannot be bound are named in a comment."""
    source = drafts.fetch(str(SPECS / "support.yaml"))
    text = drafts.render(drafts.made(source).beside("openapi.yaml"))
    if "transition" not in profile_file.valid_keys():
        assert "looks like a transition, which profiles cannot bind yet" in text.replace("\n# ", " ")


def test_counted_pages() -> None:
    """Pages by number, and the flag that says whether there is a further one."""
    found = _drafted("counted.yaml")["list"]
    assert (found["number"], found["limit"]) == ("$request.query.page", "$request.query.per_page")
    assert (found["more"], found["page"]) == ("$response.body#/has_more", 10)
