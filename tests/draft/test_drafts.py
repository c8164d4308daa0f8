"""The drafts of many APIs: who plays which role, where things sit, and that each draft loads and runs."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from conformance import draft as drafts
from conformance.cli import main
from conformance.errors import SpecError
from conformance.profile import Binding, Profile, Role
from conformance.profile_file import load

SPECS = Path(__file__).parent / "specs"
ROOT = Path(__file__).parents[2]
ADK = ROOT / "specs" / "adk" / "openapi.yaml"
THREADS = ROOT / "tests" / "servers" / "threads" / "openapi.yaml"

CASTS: dict[str, dict[str, str]] = {
    "assistants.yaml": {
        "create": "createThread",
        "read": "getThread",
        "list": "listThreads",
        "run": "createMessage",
        "history": "listMessages",
        "enrich": "modifyThread",
        "delete": "deleteThread",
    },
    "graph.yaml": {
        "create": "create_thread_threads_post",
        "read": "get_thread_threads__thread_id__get",
        "list": "search_threads_threads_search_post",
        "run": "wait_run",
        "stream": "stream_run",
        "history": "get_thread_history",
        "enrich": "patch_thread_threads__thread_id__patch, update_thread_state",
        "delete": "delete_thread_threads__thread_id__delete",
    },
    "chatbot.yaml": {
        "create": "POST /conversations",
        "read": "GET /conversations/{id}",
        "list": "GET /conversations",
        "run": "POST /conversations/{id}/turns",
        "enrich": "PUT /conversations/{id}/context",
        "transition": "PUT /conversations/{id}/status",
        "delete": "DELETE /conversations/{id}",
    },
    "traces.yaml": {
        "create": "startSession",
        "read": "getSession",
        "run": "createEvent",
        "enrich": "updateEvent",
        "delete": "deleteSession",
    },
    "support.yaml": {
        "create": "create_session_api_sessions_post",
        "read": "get_session_api_sessions__session_id__get",
        "list": "list_sessions_api_sessions_get",
        "run": "send_message_api_chat_sessions__session_id__messages_post",
        "history": "get_messages_api_chat_sessions__session_id__messages_get",
        "transition": "update_session_status_api_sessions__session_id__status_patch",
        "delete": "delete_session_api_sessions__session_id__delete",
        "cleanup": "cleanup_api_sessions_cleanup_post",
    },
    "bridge.yaml": {
        "create": "session_open",
        "read": "session_info",
        "list": "session_list",
        "run": "execute",
        "enrich": "set_variables",
        "delete": "session_close",
    },
    "cursor.yaml": {
        "create": "dialogs_create",
        "read": "dialogs_info",
        "list": "dialogs_list",
        "run": "dialogs_post",
        "history": "dialogs_history",
        "enrich": "dialogs_setProps",
        "delete": "dialogs_delete",
    },
    "owners.yaml": {
        "create": "addThread, putThread",
        "read": "thread",
        "list": "threads",
        "run": "say",
        "history": "messages",
        "enrich": "retag",
        "delete": "dropThread",
    },
    "completion.json": {
        "create": "newChat",
        "read": "getChat",
        "list": "allChats",
        "run": "ask",
        "stream": "askStream",
        "enrich": "annotateChat",
        "delete": "removeChat",
    },
    "memory.json": {
        "create": "addSession",
        "read": "getSession",
        "list": "listSessions",
        "run": "addMemory",
        "history": "getMessages",
        "enrich": "updateSession",
        "delete": "deleteMemory",
    },
    "actions.json": {
        "create": "CreateSession",
        "read": "GetSession",
        "list": "ListSessions",
        "run": "InvokeAgent",
        "history": "ListSessionMessages",
        "enrich": "PutSessionAttributes",
        "transition": "EndSession",
        "delete": "DeleteSession",
    },
    "agents.json": {
        "create": "create_conversation",
        "read": "retrieve_conversation",
        "list": "list_conversations",
        "run": "send_message",
        "history": "list_messages",
        "enrich": "update_conversation",
        "delete": "delete_conversation",
    },
    "rooms.json": {
        "create": "createRoom",
        "read": "getRoom",
        "list": "listRooms",
        "run": "postMessage",
        "history": "listMessages",
        "enrich": "changeRoom",
        "delete": "removeRoom",
    },
    "envelope.json": {
        "create": "POST /api/v2/conversations",
        "read": "GET /api/v2/conversations/{uuid}",
        "list": "GET /api/v2/conversations",
        "run": "POST /api/v2/conversations/{uuid}/events",
        "enrich": "PUT /api/v2/conversations/{uuid}",
        "delete": "DELETE /api/v2/conversations/{uuid}",
    },
    "chatapi.json": {
        "create": "create_session_sessions_post",
        "read": "get_session_sessions__session_id__get",
        "list": "list_sessions_sessions_get",
        "run": "chat_chat_post",
        "enrich": "update_context_sessions__session_id__context_patch",
        "delete": "delete_session_sessions__session_id__delete",
    },
}


@cache
def _text(spec: Path) -> str:
    """The draft for a spec, as it is written."""
    source = drafts.fetch(str(spec))
    return drafts.render(drafts.made(source).beside(str(spec)))


def _drafted(spec: Path, folder: Path) -> Profile:
    """The draft for a spec, loaded."""
    path = folder / "profile.toml"
    path.write_text(_text(spec), encoding="utf-8")
    return load(path)


def _bound(profile: Profile, role: Role) -> str:
    """The operations that play a role."""
    return ", ".join(each.operation.id for each in profile.bound(role))


def _sits(binding: Binding | None) -> tuple[str, list[str], dict[str, str], str]:
    """Where session, owner, attributes and message of a binding sit."""
    assert binding is not None
    places = {name: each.text for name, each in binding.attributes.items()}
    owner = [each.text for each in binding.owner]
    said = binding.message.text if binding.message else ""
    return binding.session.text if binding.session else "", owner, places, said


@pytest.mark.parametrize("name", CASTS)
def test_roles_are_bound(name: str, tmp_path: Path) -> None:
    """Every role that an API has is bound to its operation, and no other."""
    profile = _drafted(SPECS / name, tmp_path)
    expected = {role: wanted for role, wanted in CASTS[name].items() if role in set(Role)}
    assert {str(role): _bound(profile, role) for role in profile.roles} == expected


@pytest.mark.parametrize("name", CASTS)
def test_drafts_run(name: str, tmp_path: Path) -> None:
    """A draft as it is judges the fake of its own spec, and finds nothing."""
    path = tmp_path / "profile.toml"
    path.write_text(_text(SPECS / name), encoding="utf-8")
    assert main(["run", str(path), "--max-requests", "700", "--quiet"]) == 0


@pytest.mark.parametrize(("spec", "by_hand"), [(ADK, "adk"), (THREADS, str(THREADS.with_name("profile.toml")))])
def test_drafts_agree_with_profiles_written_by_hand(spec: Path, by_hand: str, tmp_path: Path) -> None:
    """Where somebody wrote a profile, the draft says the same of every place; which names are shared no spec tells."""
    draft, wanted = _drafted(spec, tmp_path), load(by_hand)
    assert draft.session == replace(wanted.session, shared=(), unstored=(), created=draft.session.created)
    assert (draft.item, draft.text, draft.owner[1:]) == (wanted.item, wanted.text, wanted.owner[1:])
    for one, other in zip(draft.bindings, wanted.bindings, strict=True):
        assert (one.role, one.operation.id, one.returns, one.at) == (
            other.role,
            other.operation.id,
            other.returns,
            other.at,
        )
        assert (_sits(one), one.merge, one.changes) == (_sits(other), other.merge, other.changes)


@pytest.mark.parametrize(
    ("name", "role", "session", "owner", "attributes", "message"),
    [
        (
            "traces.yaml",
            Role.RUN,
            "$request.body#/event/session_id",
            ["$request.body#/event/project"],
            {},
            "$request.body#/event/inputs",
        ),
        ("bridge.yaml", Role.RUN, "$request.header.X-Session-Id", [], {}, "$request.body#/input"),
        (
            "bridge.yaml",
            Role.ENRICH,
            "$request.header.X-Session-Id",
            [],
            {"variables": "$request.body#/variables"},
            "",
        ),
        (
            "chatbot.yaml",
            Role.ENRICH,
            "$request.path.id",
            ["$request.header.X-Tenant-ID"],
            {"context": "$request.body"},
            "",
        ),
        (
            "chatbot.yaml",
            Role.RUN,
            "$request.path.id",
            ["$request.header.X-Tenant-ID"],
            {},
            "$request.body#/utterance",
        ),
        (
            "cursor.yaml",
            Role.RUN,
            "$request.body#/dialog",
            ["$request.body#/user"],
            {},
            "$request.body#/message",
        ),
        ("completion.json", Role.RUN, "$request.body#/chatId", [], {}, "$request.body#/messages/0"),
        ("completion.json", Role.CREATE, "", ["$request.query.owner"], {"attributes": "$request.body#/attributes"}, ""),
        ("support.yaml", Role.RUN, "$request.path.session_id", [], {}, "$request.body#/message"),
        (
            "agents.json",
            Role.LIST,
            "",
            ["$request.path.agent_id"],
            {},
            "",
        ),
    ],
)
def test_places_in_requests(
    name: str,
    role: Role,
    session: str,
    owner: list[str],
    attributes: dict[str, str],
    message: str,
    tmp_path: Path,
) -> None:
    """The session may be named in path, query, header or body; so may its owner."""
    found = _drafted(SPECS / name, tmp_path).first(role)
    assert _sits(found) == (session, owner, attributes, message)


def test_places_in_answers(tmp_path: Path) -> None:
    """Sessions lie in envelopes, and histories in sessions."""
    profile = _drafted(SPECS / "envelope.json", tmp_path)
    read, listed = profile.first(Role.READ), profile.first(Role.LIST)
    assert read is not None
    assert listed is not None
    assert (read.at, listed.at) == (("data", "conversation"), ("data", "conversations"))
    assert (profile.session.id, profile.session.history) == (("uuid",), ("events",))
    assert (profile.item.id, profile.item.message, profile.item.time) == (("eventId",), ("body",), ("at",))


def test_an_id_alone_is_told_from_a_session(tmp_path: Path) -> None:
    """A create that answers little more than an id returns an id."""
    create = _drafted(SPECS / "actions.json", tmp_path).first(Role.CREATE)
    assert create is not None
    assert (create.returns, create.at) == ("id", ("SessionId",))


def test_a_list_without_histories_omits_them(tmp_path: Path) -> None:
    """What the schema of a list has no place for is left out of the judgement."""
    listed = _drafted(SPECS / "chatbot.yaml", tmp_path).first(Role.LIST)
    assert listed is not None
    assert listed.omits == {"context", "history"}


def test_fixed_owners_are_gaps(tmp_path: Path) -> None:
    """What has to be there before, as a tenant, is a value to be filled in."""
    profile = _drafted(SPECS / "chatbot.yaml", tmp_path)
    assert profile.owner == ("example",)
    assert "# TODO: name one that the server has" in _text(SPECS / "chatbot.yaml")


def test_a_link_by_shared_groups_is_a_gap() -> None:
    """An enrichment of something else is guessed, and said to be."""
    text = _text(SPECS / "traces.yaml")
    assert "as the create does" in text.replace("\n# ", " ")
    assert "# TODO: make sure that event_id is the id of a session" in text


def test_merging_is_a_gap_unless_the_spec_says() -> None:
    """Whether other keys stay is seldom told by a schema."""
    assert "# The spec says that it merges.\nmerge" in _text(SPECS / "bridge.yaml")
    assert "# The spec says that it replaces.\nmerge" in _text(SPECS / "chatbot.yaml")
    assert "# TODO: the spec does not say which: shallow" in _text(SPECS / "rooms.json")


def test_credentials_come_from_the_environment() -> None:
    """The variable is named after the API; the scheme says how it is sent."""
    assert 'value = "Bearer ${ASSISTANTS_API_KEY}"' in _text(SPECS / "assistants.yaml")
    assert 'name = "X-Api-Key"\nvalue = "${CHATBOT_API_KEY}"' in _text(SPECS / "chatbot.yaml")
    assert 'value = "Basic ${CHAT_BACKEND_API_KEY}"' in _text(SPECS / "completion.json")
    assert "[auth]" not in _text(SPECS / "graph.yaml")


def test_a_spec_without_sessions_is_refused() -> None:
    """Accounts are none, and a login is none, whatever it is called."""
    with pytest.raises(SpecError, match="no operation creates a session"):
        drafts.made(drafts.fetch(str(SPECS / "bank.yaml")))


def test_an_agent_with_a_path_of_its_own_speaks_in_the_session_of_the_body(tmp_path: Path) -> None:
    """The run's path names no session, so nothing in it lies beyond one; and the plainest name is the session's id."""
    shown = {"agent_session_id": {"type": "string"}, "session_id": {"type": "string"}, "state": {"type": "object"}}
    session = {"type": "object", "title": "SessionDetail", "properties": shown}
    answer = {"200": {"description": "it", "content": {"application/json": {"schema": session}}}}
    named = {"name": "session_id", "in": "path", "required": True, "schema": {"type": "string"}}
    agent = {"name": "agent_id", "in": "path", "required": True, "schema": {"type": "string"}}
    said = {"message": {"type": "string"}, "session_id": {"type": "string"}}
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": said}}}}
    paths = {
        "/sessions": {"post": {"operationId": "create_session", "responses": answer}},
        "/sessions/{session_id}": {"get": {"operationId": "get_session", "parameters": [named], "responses": answer}},
        "/agents/{agent_id}/runs": {
            "post": {
                "operationId": "create_agent_run",
                "parameters": [agent],
                "requestBody": body,
                "responses": {"200": {"description": "it"}},
            }
        },
    }
    document = {"openapi": "3.1.0", "info": {"title": "Agents", "version": "1"}, "paths": paths}
    (tmp_path / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    text = _text(tmp_path / "openapi.json")
    assert 'id = "/session_id"' in text
    assert '[run]\noperation = "create_agent_run"' in text
    assert 'session = "$request.body#/session_id"' in text
