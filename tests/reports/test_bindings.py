"""The bindings of a profile as a table."""

from __future__ import annotations

import io

from rich.console import Console

from conformance.profile_file import load
from conformance.reports import bindings


def _render(width: int, *doubts: str, name: str = "adk") -> str:
    """The report of a built-in profile as plain text."""
    console = Console(file=io.StringIO(), width=width)
    console.print(bindings.render(load(name), doubts))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_every_binding_has_its_places() -> None:
    """Role, operation, operationId, and where everything sits."""
    text = " ".join(_render(160).split())
    assert "create POST /apps/{app_name}/users/{user_id}/sessions" in text
    assert "create_session_with_id" in text
    assert "session path.session_id (the caller has to choose it)" in text
    assert "owner path.app_name, path.user_id" in text
    assert "attributes state: body#/stateDelta" in text
    assert "message body#/newMessage" in text
    assert "returns history" in text
    assert "in a session: id /id, history /events, updated /lastUpdateTime" in text


def test_a_status_and_a_creation_sit_somewhere_as_well() -> None:
    """They are shown beside the other parts of a session."""
    text = " ".join(_render(160, name="support").split())
    assert "in a session: id /session_id, status /status, created /created_at" in text


def test_what_does_not_apply_has_a_reason() -> None:
    """Roles that are not bound, and invariants that say nothing therefore."""
    text = " ".join(_render(160).split())
    assert "not bound: history" in text
    assert "contract/headers-conform applies only if the spec documents a header of an answer" in text


def test_warnings_are_counted_and_are_no_markup() -> None:
    """What deserves a second look stands at the end; text of a spec is never markup."""
    text = _render(80, "[bold]one[/]")
    assert "warning: [bold]one[/]" in text
    assert "1 warning" in text
    assert "0 warnings" in _render(80)
