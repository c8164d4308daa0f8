"""The drafts of APIs that nobody made: right, or refused, or honest about what cannot be known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance import Budget, Verdict, run
from conformance import draft as drafts
from conformance.cli import main
from conformance.errors import SpecError
from conformance.expressions import Json, parse
from conformance.fakes.faults import all_faults
from conformance.profile import Profile, Returns, Role
from conformance.profile_file import load
from tests.draft import invented

CASTS: dict[str, dict[str, str]] = {
    "ASSISTANTS": {
        "create": "createThread",
        "read": "getThread",
        "run": "createMessage",
        "history": "listMessages",
        "enrich": "modifyThread",
        "delete": "deleteThread",
    },
    "COMPLETIONS": {"run": "createChatCompletion"},
    "CONTEXTS": {"run": "eval invoke", "delete": "close_context drop"},
    "NESTED": {
        "create": "createConversation",
        "read": "getConversation",
        "list": "listConversations",
        "run": "addTurn",
        "history": "listTurns",
        "enrich": "patchConversation",
        "delete": "deleteConversation",
    },
    "MEMORIES": {
        "create": "addSession",
        "read": "getSession",
        "list": "listSessions",
        "run": "addMemory",
        "history": "listMessages",
        "enrich": "updateSession",
        "delete": "deleteSession",
    },
    "CHAT": {"create": "chat", "run": "chat", "history": "getHistory"},
    "TERSE": {"run": "chat"},
    "INTENTS": {"run": "detectIntent"},
    "CONFIGURED": {"run": "invoke", "stream": "stream"},
    "CELLS": {"create": "startSession", "read": "getSession", "run": "execute rerun", "delete": "stopSession discard"},
}
UNTOLD = "make sure that a call with an id that nobody has is accepted"


def _text(document: Json, folder: Path) -> str:
    """The draft for a document."""
    path = folder / "openapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return drafts.render(drafts.made(drafts.fetch(str(path))).beside("openapi.json"))


def _drafted(name: str, folder: Path) -> Profile:
    """The draft for an invented API, loaded."""
    (folder / "profile.toml").write_text(_text(getattr(invented, name), folder), encoding="utf-8")
    return load(folder / "profile.toml")


def _told(text: str) -> str:
    """What the comments of a draft say, in one line."""
    return " ".join(line.lstrip("# ") for line in text.splitlines())


@pytest.mark.parametrize("name", CASTS)
def test_roles(name: str, tmp_path: Path) -> None:
    """Each role is played by what plays it, and by nothing else."""
    profile = _drafted(name, tmp_path)
    found = {str(role): " ".join(each.operation.id for each in profile.bound(role)) for role in profile.roles}
    assert found == CASTS[name]


@pytest.mark.parametrize("name", CASTS)
def test_drafts_run(name: str, tmp_path: Path) -> None:
    """A draft as it is judges the fake of its own document, and finds nothing."""
    _drafted(name, tmp_path)
    assert main(["run", str(tmp_path / "profile.toml"), "--max-requests", "1000", "--quiet"]) == 0


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("SHOP", "nothing is said in one that the first call could make, although POST /contact looks like its run"),
        ("SILENT", "POST /conversations looks as if it made a conversation, but neither takes nor answers its id"),
        ("ANSWERS", "no operation creates a session"),
        ("POSTS", "no operation creates a session"),
        ("LOGIN", "no operation creates a session"),
    ],
)
def test_what_has_no_sessions_is_refused(name: str, says: str, tmp_path: Path) -> None:
    """A cart, a context that is a text, a channel, a login: none of them is made by what is said in it."""
    with pytest.raises(SpecError, match=says) as caught:
        _text(getattr(invented, name), tmp_path)
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["COMPLETIONS", "TERSE", "INTENTS", "CONFIGURED"])
def test_untold_beginnings_are_gaps(name: str, tmp_path: Path) -> None:
    """Where nothing says how sessions begin, the draft takes the first call for it, and says that it cannot know."""
    profile = _drafted(name, tmp_path)
    assert [each.creates for each in profile.bound(Role.RUN)] == [True]
    assert UNTOLD in _told(_text(getattr(invented, name), tmp_path))


@pytest.mark.parametrize(
    ("name", "needed"), [("agent_name", True), ("model", True), ("flow_id", True), ("title", False)]
)
def test_what_has_to_be_there_before_a_run_is_a_gap(name: str, needed: bool, tmp_path: Path) -> None:
    """An agent that is named is one that the server has, whether by its id or by its name."""
    session = invented.thing("id")
    api = invented.document(
        makeSession={"POST /sessions": invented.call(None, session)},
        getSession={"GET /sessions/{session_id}": invented.call(None, session)},
        run={"POST /sessions/{session_id}/runs": invented.call(invented.thing(f"message {name}"), session)},
    )
    assert (f"{name} is sent as 'text': say one that the server knows" in _told(_text(api, tmp_path))) is needed


def test_told_beginnings_are_none(tmp_path: Path) -> None:
    """Where the document says it, the draft repeats it."""
    told = _told(_text(invented.CONTEXTS, tmp_path))
    assert "No operation makes a context; the spec says that the first call on it does." in told
    assert "TODO" not in told


@pytest.mark.parametrize(
    ("name", "at", "id", "session"),
    [("CONTEXTS", ("value",), "handle", "context_id"), ("CELLS", ("cell",), "id", "session_id")],
)
def test_items(name: str, at: tuple[str, ...], id: str, session: str, tmp_path: Path) -> None:
    """What calls answer has an id of its own, by which others name it, whole or alone."""
    profile = _drafted(name, tmp_path)
    assert (profile.item.id, profile.item.session) == ((id,), (session,))
    assert {(each.returns, each.at) for each in profile.bound(Role.RUN)} == {(Returns.ITEM, at)}
    first, second = profile.bound(Role.RUN)
    assert (first.item, first.creates) == (None, name == "CONTEXTS")
    assert second.item is not None
    assert not second.creates


@pytest.mark.parametrize("name", ["CONTEXTS", "CELLS"])
def test_a_release_is_told_from_a_delete(name: str, tmp_path: Path) -> None:
    """One delete takes the session away, the other an item of it."""
    assert [each.releases for each in _drafted(name, tmp_path).bound(Role.DELETE)] == [False, True]


def test_sessions_in_several_places(tmp_path: Path) -> None:
    """All places that are needed are named; one that may be left out stays out, and the draft says so."""
    _, invoke = _drafted("CONTEXTS", tmp_path).bound(Role.RUN)
    named = [each.text for each in (invoke.session, *invoke.also) if each is not None]
    assert named == ["$request.body#/context_id", "$request.body#/target/context_id"]
    told = {**invented.CHAT, "info": {**invented.CHAT["info"], "description": "Conversations are created implicitly."}}
    assert "Where it is left out the server makes one: that is not judged." in _text(told, tmp_path)


def test_a_message_that_names_no_session_begins_one(tmp_path: Path) -> None:
    """Where its answer tells which: the same operation is bound twice, and told apart by the id alone."""
    profile = _drafted("CHAT", tmp_path)
    (create,) = profile.bound(Role.CREATE)
    assert (create.session, create.message, create.returns, create.at) == (
        None, parse("$request.body#/message"), Returns.ID, ("conversation_id",),
    )  # fmt: skip
    assert create.nameless == (parse("$request.body#/conversation_id"),)
    assert not any(each.creates for each in profile.bindings)


def test_items_of_a_history_are_none(tmp_path: Path) -> None:
    """Where a history shows, the delete of a message is not bound: what is gone from a history is another matter."""
    assert not any(each.item for each in _drafted("ASSISTANTS", tmp_path).bindings)
    assert "deleteMessage" not in _text(invented.ASSISTANTS, tmp_path)


def _without(document: dict[str, Any], *names: str) -> dict[str, Any]:
    """A document without some operations."""
    paths = {
        path: {method: each for method, each in table.items() if each["operationId"] not in names}
        for path, table in document["paths"].items()
    }
    return {**document, "paths": paths}


def test_a_document_without_its_create_is_drafted_with_a_gap(tmp_path: Path) -> None:
    """An excerpt that leaves out where sessions come from is taken for an implicit one, which the gap says."""
    text = _text(_without(invented.NESTED, "createConversation", "createProject"), tmp_path)
    assert UNTOLD in _told(text)
    assert 'missing = "creates"' in text


def test_what_no_profile_can_say_is_told(tmp_path: Path) -> None:
    """Attributes that are no objects, and sessions that are named in cookies."""
    assert "and not judged unless [session] and its writers name them in attributes: title." in _told(
        _text(invented.NESTED, tmp_path)
    )
    cookie = {"in": "cookie", "name": "session_id", "required": True, "schema": {"type": "string"}}
    say = {**invented.call(invented.thing("text"), invented.thing("reply")), "parameters": [cookie]}
    with pytest.raises(SpecError, match="POST /say names one in a cookie, which no profile can"):
        _text(invented.document(say={"POST /say": say}), tmp_path)
    paths = {**invented.CELLS["paths"], "/say": {"post": {**say, "operationId": "say"}}}
    told = _told(_text({**invented.CELLS, "paths": paths}, tmp_path))
    assert "No profile can name a session in a cookie, as is done by: POST /say." in told


def test_messages_that_are_items_are_answered_whole(tmp_path: Path) -> None:
    """Where a message is all of an item, a fake keeps what only items have, and the draft conforms to itself."""
    profile = _drafted("MEMORIES", tmp_path)
    assert profile.item.message == ()
    report = run(profile, budget=Budget(requests=1_500), strict=True)
    assert report.verdict is Verdict.CONFORMS, [row for row in report.rows if row.outcome in ("broken", "untested")]


@pytest.mark.parametrize("fault", ["lists-deleted-sessions", "ignores-the-limit"])
def test_lists_of_everybody_whose_pages_cannot_be_turned(fault: str, tmp_path: Path) -> None:
    """They hold nothing that was deleted, and no more than was asked for."""
    profile = _drafted("MEMORIES", tmp_path)
    report = run(profile, fault=fault, budget=Budget(requests=1_500))
    wanted = next(each.breaks for each in all_faults() if each.name == fault)
    assert wanted & {each.signature.invariant for each in report.findings}
