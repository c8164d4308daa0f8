"""What deserves a second look in a profile."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conformance import draft as drafts
from conformance.profile_file import built_in, load

SPECS = Path(__file__).parent / "specs"
START = f"""
spec = "{SPECS / "rooms.json"}"
[session]
id = "/id"
[create]
operation = "createRoom"
attributes = {{ info = "$request.body#/info" }}
returns = "session"
"""
CHATBOT = f"""
spec = "{SPECS / "chatbot.yaml"}"
[create]
operation = "POST /conversations"
returns = "id"
at = "/id"
"""


def _doubts(folder: Path, text: str) -> str:
    """What is said of a profile."""
    path = folder / "profile.toml"
    path.write_text(text, encoding="utf-8")
    return "\n".join(drafts.doubts(load(path)))


def test_roles_that_look_bindable(tmp_path: Path) -> None:
    """A role that is not bound, and the operation that could play it."""
    found = _doubts(tmp_path, START)
    assert "read is not bound, and GET /rooms/{roomId} (getRoom) looks like one: GET of one room" in found
    assert "stream" not in found


def test_attributes_that_nothing_shows(tmp_path: Path) -> None:
    """What is written and never seen cannot be judged."""
    assert "the attributes 'info' are written, and no session shows them" in _doubts(tmp_path, START)


def test_undocumented_statuses(tmp_path: Path) -> None:
    """A status that only the profile knows of."""
    read = '[read]\noperation = "getRoom"\nsession = "$request.path.roomId"\nmissing = [418]\n'
    assert "[read] missing = [418]: the spec of GET /rooms/{roomId} does not document 418" in _doubts(
        tmp_path, START + read
    )


def test_missing_sessions_of_which_nothing_is_said(tmp_path: Path) -> None:
    """The document has no status for one, and the profile none either: whatever is answered would be wrong."""
    document = json.loads((SPECS / "rooms.json").read_text(encoding="utf-8"))
    del document["paths"]["/rooms/{roomId}"]["get"]["responses"]["404"]
    (tmp_path / "rooms.json").write_text(json.dumps(document), encoding="utf-8")
    start = START.replace(str(SPECS / "rooms.json"), "rooms.json")
    read = '[read]\noperation = "getRoom"\nsession = "$request.path.roomId"\n'
    said = "[read] the spec of GET /rooms/{roomId} documents neither 404 nor 410: say missing = [404] if it is so"
    assert said in _doubts(tmp_path, start + read)
    assert said not in _doubts(tmp_path, start + read + "missing = [404]\n")
    assert said not in _doubts(tmp_path, START + read)


def test_parameters_that_nothing_fills(tmp_path: Path) -> None:
    """A header that every call needs."""
    assert "[create] POST /conversations needs the header parameter 'X-Tenant-ID'" in _doubts(tmp_path, CHATBOT)


@pytest.mark.parametrize("name", built_in())
def test_built_in_profiles_leave_no_doubt(name: str) -> None:
    """What comes with the package is whole."""
    assert drafts.doubts(load(name)) == []


REPLIES = Path(__file__).parents[1] / "servers" / "replies"


def test_a_stream_on_request_that_is_not_bound(tmp_path: Path) -> None:
    """The operation is bound to a run, and could be a stream as well."""
    text = (REPLIES / "profile.toml").read_text(encoding="utf-8")
    text = text.replace('spec = "openapi.yaml"', f'spec = "{REPLIES / "openapi.yaml"}"')
    assert "stream" not in _doubts(tmp_path, text)
    without = re.sub(r"\[stream\]\n(\S.*\n)+", "", text)
    assert "stream is not bound, and POST /threads/{thread_id}/messages (sendMessage) looks like one" in _doubts(
        tmp_path, without
    )


def test_values_that_the_spec_does_not_allow(tmp_path: Path) -> None:
    """A project whose id is a number has no name."""
    folder = REPLIES.parent / "tickets"
    text = (folder / "profile.toml").read_text(encoding="utf-8")
    text = text.replace('spec = "openapi.yaml"', f'spec = "{folder / "openapi.yaml"}"\n[values]\nproject_id = "ours"')
    assert "[values] project_id: 'ours' is no integer, as the path parameter of " in _doubts(tmp_path, text)
    assert "[values]" not in _doubts(tmp_path, text.replace('"ours"', "7"))


def test_pages_without_an_end(tmp_path: Path) -> None:
    """With a cursor, somebody has to say which page is the last."""
    folder = REPLIES.parent / "threads_cursor"
    text = (folder / "profile.toml").read_text(encoding="utf-8")
    text = text.replace('spec = "openapi.yaml"', f'spec = "{folder / "openapi.yaml"}"')
    assert "which page" not in _doubts(tmp_path, text)
    lines = [line for line in text.splitlines() if not line.startswith(("next =", "limit =", "page ="))]
    assert "[list] nothing says which page is the last: name next or more, or say page" in _doubts(
        tmp_path, "\n".join(lines)
    )
