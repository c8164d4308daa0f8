"""Which operations lead to one status, and in which a session cannot be deleted: as far as names and words tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance import Verdict
from conformance import draft as drafts
from conformance.draft.bindings import kept
from conformance.draft.moves import status_after
from conformance.profile import Role
from conformance.profile_file import load
from tests.draft.invented import OPEN, TIME, call, document, many, thing
from tests.servers.judged import check_wrong, judged
from tests.servers.tickets.app import create_app

TICKETS = Path(__file__).parents[1] / "servers" / "tickets"


@pytest.mark.parametrize(
    ("verb", "values", "status"),
    [
        ("close", ["open", "closed"], "closed"),
        ("archive", ["ACTIVE", "ARCHIVED"], "ARCHIVED"),
        ("stop", ["running", "stopped"], "stopped"),
        ("cancel", ["running", "cancelled"], "cancelled"),
        ("cancel", ["running", "canceled"], "canceled"),
        ("apply", ["new", "applied"], "applied"),
        ("reopen", ["open", "closed"], "open"),
        ("resume", ["in-progress", "paused"], "in-progress"),
        ("suspend", ["active", "paused"], "paused"),
        ("end", ["active", "closed"], "closed"),
        ("end", ["ended", "closed"], "ended"),
        ("close", [], None),
        ("export", ["open", "closed"], None),
        ("share", ["open", "closed"], None),
    ],
)
def test_a_verb_leads_to_what_was_done(verb: str, values: list[str], status: str | None) -> None:
    """Its participle before anything that means the like; nothing if no session shows such a status."""
    assert status_after(verb, values) == status


@pytest.mark.parametrize(
    ("prose", "found"),
    [
        ("delete a session. only closed sessions can be deleted. gone", ["open", "busy"]),
        ("delete a session. the session is still open", ["open"]),
        ("a session that is open is not deleted", ["open"]),
        ("the session is not closed", ["open", "busy"]),
        ("sessions cannot be deleted while they are open or busy", ["open", "busy"]),
        ("delete an open session", []),
        ("delete a session", []),
        ("open, busy and closed sessions cannot be deleted", []),
    ],
)
def test_words_tell_what_cannot_be_deleted(prose: str, found: list[str]) -> None:
    """Which statuses it is refused in, or which alone allow it."""
    assert kept(prose, ["open", "busy", "closed"]) == found


DELETE = 'session = "$request.path.ticket_id"\n\n# No operation was found'
SPARED = DELETE.replace("\n\n", '\nspares = ["open"]\n\n')


@pytest.fixture(scope="module")
def tickets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The draft for an API that tells ids in a header, and changes statuses by operations of their own; its gaps are
    filled: any owner will do, and what is open cannot be deleted."""
    document = TICKETS / "openapi.yaml"
    text = drafts.render(drafts.made(drafts.fetch(str(document))).beside(str(document)))
    assert "# TODO: 409 is documented: if some statuses allow no delete, say so, as in spares" in text
    assert DELETE in text
    lines = [
        line for line in text.replace(DELETE, SPARED).splitlines() if not line.startswith(("org_id", "project_id"))
    ]
    path = tmp_path_factory.mktemp("drafts") / "tickets.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_operations_that_lead_to_one_status_are_bound(tickets: Path) -> None:
    """Each with its status; what leads back opens what had ended."""
    found = load(tickets)
    assert {each.operation.id: each.to for each in found.bound(Role.TRANSITION)} == {
        "closeTicket": "closed",
        "reopenTicket": "open",
    }
    assert found.lifecycle.transitions == {"open": {"closed"}, "closed": {"open"}}


def test_an_id_that_a_header_alone_tells_is_bound(tickets: Path) -> None:
    """Where a create answers no body, and its address is documented."""
    create = load(tickets).first(Role.CREATE)
    assert create is not None
    assert create.located is not None
    assert create.located.text == "$response.header.Location"


def test_the_draft_judges_an_independent_server(tickets: Path) -> None:
    """It conforms, and nothing is left behind."""
    report = judged(create_app(None), tickets, 3, 3_000)
    assert report.verdict is Verdict.CONFORMS, [str(each.signature) for each in report.findings]
    assert report.undeleted == ()


@pytest.mark.parametrize(
    ("wrong", "invariant"),
    [
        ("close-is-lost", "transitions/transition-reads-back"),
        ("reopens-nothing", "transitions/declared-transition-is-accepted"),
        ("points-elsewhere", "existence/created-session-is-readable"),
    ],
)
def test_the_draft_finds_independent_faults(tickets: Path, wrong: str, invariant: str) -> None:
    """In what a draft had no words for before."""
    check_wrong(create_app, tickets, wrong, invariant, 2_000)


_SESSION = thing("id state created", state={"type": "string", "enum": ["open", "paused", "closed"]}, created=TIME)
_TAGS = thing("tags?", tags=OPEN)
DESK = document(
    create={"POST /sessions": call(_TAGS, _SESSION)},
    get={"GET /sessions/{id}": call(None, _SESSION)},
    say={"POST /sessions/{id}/messages": call(thing("text"), thing("id text"))},
    history={"GET /sessions/{id}/messages": call(None, many(thing("id text")))},
    close={"POST /sessions/{id}/close": call(None, _SESSION)},
    pause={"PUT /sessions/{id}/pause": call(thing("reason?"))},
    resume={"POST /sessions/{id}/resume": call(thing("text"), thing("id text"))},
    closeTask={"POST /sessions/{id}/tasks/{task_id}/close": call()},
)


def test_what_closes_is_no_delete_where_it_shows(tmp_path: Path) -> None:
    """A session that is shown as closed is still there; what needs a message, or closes something else, is no move."""
    (tmp_path / "openapi.json").write_text(json.dumps(DESK), encoding="utf-8")
    source = drafts.fetch(str(tmp_path / "openapi.json"))
    (tmp_path / "profile.toml").write_text(drafts.render(drafts.made(source).beside("openapi.json")), encoding="utf-8")
    found = load(tmp_path)
    assert {each.operation.id: each.to for each in found.bound(Role.TRANSITION)} == {
        "close": "closed",
        "pause": "paused",
    }
    assert Role.DELETE not in found.roles
    assert found.lifecycle.transitions == {"open": {"paused", "closed"}, "paused": {"closed"}, "closed": set()}
