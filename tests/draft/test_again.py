"""Tests of what documents say of a create of a session that is there already."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.draft.again import again, makes_or_finds
from conformance.draft.composer import draft
from conformance.profile import Again
from conformance.spec import Spec


@pytest.mark.parametrize(
    ("prose", "said"),
    [
        ("creates a new session or modifies an existing one.", Again.ENRICHES),
        ("create or update a thread", Again.ENRICHES),
        ("upserts a memory.", Again.ENRICHES),
        ("creates a session, or returns the one that is there.", Again.KEEPS),
        ("get or create a session", Again.KEEPS),
        ("creates a session.", None),
        ("creates a session. updates are sent to patch.", None),
        ("returns a session or 404.", None),
    ],
)
def test_what_becomes_of_a_session_that_is_there(prose: str, said: Again | None) -> None:
    """In one sentence, however it is put."""
    assert again(prose) is said
    assert makes_or_finds(prose) or said in (None, Again.KEEPS)


def found(described: str) -> dict[str, dict[str, Any]]:
    """The keys of the tables of a draft, of an API whose sessions are put, within something that has an id."""
    session = {"type": "object", "properties": {"sessionId": {"type": "string"}, "state": {"type": "object"}}}
    shown = {"200": {"description": "", "content": {"application/json": {"schema": session}}}}
    body = {
        "content": {"application/json": {"schema": {"type": "object", "properties": {"state": {"type": "object"}}}}}
    }
    said = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
    named = [{"name": each, "in": "path", "required": True, "schema": {}} for each in ("localeId", "sessionId")]
    at = "/locales/{localeId}/sessions/{sessionId}"
    run = {"content": {"application/json": {"schema": said}}}
    one = {
        "parameters": named,
        "put": {"operationId": "PutSession", "description": described, "requestBody": body, "responses": shown},
        "get": {"operationId": "GetSession", "responses": shown},
        "delete": {"operationId": "DeleteSession", "responses": {"204": {"description": ""}}},
    }
    talk = {"parameters": named, "post": {"operationId": "Say", "requestBody": run, "responses": shown}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {at: one, f"{at}/text": talk}}
    return {each.name: {entry.key: entry.value for entry in each.entries} for each in draft(Spec(document)).tables}


def test_a_put_that_makes_sessions_is_a_create() -> None:
    """With what it does with one that is there; what stands before the session in the path is whose it is."""
    tables = found("Creates a new session or modifies an existing session.")
    assert tables["create"]["operation"] == "PutSession"
    assert tables["create"]["duplicate"] == "enriches"
    assert tables["create"]["merge"] == "replace"
    owner = ["$request.path.localeId"]
    assert [tables[role]["owner"] for role in ("create", "read", "run", "delete")] == [owner] * 4


def test_a_put_that_changes_what_is_there_is_none() -> None:
    """It enriches, and the first run makes the session."""
    tables = found("Changes the state of a session.")
    assert "create" not in tables
    assert tables["enrich"]["operation"] == "PutSession"
    assert {"read", "run", "delete"} <= tables.keys()
