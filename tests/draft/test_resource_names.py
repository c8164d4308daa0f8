"""Tests of ids that stand in the names of resources."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.draft.composer import draft
from conformance.draft.resource_names import form_of, form_of_path, is_resource_name
from conformance.schemas import Schemas
from conformance.spec import Spec

SCHEMAS = Schemas({})


def session(description: str, name: str = "name") -> dict[str, Any]:
    """The schema of a session that is called by a name."""
    return {"type": "object", "properties": {name: {"type": "string", "description": description}, "labels": {}}}


@pytest.mark.parametrize(
    ("description", "form"),
    [
        ("Format: projects/{project}/sessions/{session}.", "projects/{project}/sessions/{id}"),
        ("The resource name, `agents/{agent-id}/sessions/{session-id}`", "agents/{agent_id}/sessions/{id}"),
        ("Output only. The resource name of the session.", None),
    ],
)
def test_a_name_that_holds_an_id(description: str, form: str | None) -> None:
    """The last word in braces is the id; where no form is told, it is a name all the same."""
    assert is_resource_name(SCHEMAS, session(description), "name")
    assert form_of(SCHEMAS, session(description), "name") == form


@pytest.mark.parametrize(("description", "name"), [("What people call it.", "name"), ("a/{b}", "path"), ("", "name")])
def test_a_name_that_is_none_of_a_resource(description: str, name: str) -> None:
    """A title is no id, and another member is no name."""
    assert not is_resource_name(SCHEMAS, session(description, name), name)


def test_a_path_tells_the_form() -> None:
    """The version is no part of a name."""
    assert form_of_path("/v1beta1/projects/{project}/sessions/{session}") == "projects/{project}/sessions/{id}"
    assert form_of_path("/sessions/{session}") == "sessions/{id}"


@pytest.mark.parametrize(
    ("told", "gap"), [("The resource name: apps/{app}/sessions/{session}", ""), ("Its resource name.", "form")]
)
def test_the_draft_says_of_which_form_names_are(told: str, gap: str) -> None:
    """As the description has it, or as the path is, and then with a gap."""
    shown = {"description": "", "content": {"application/json": {"schema": session(told)}}}
    app = {"name": "app", "in": "path", "required": True, "schema": {"type": "string"}}
    one = {"name": "session", "in": "path", "required": True, "schema": {"type": "string"}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "", "version": ""},
        "paths": {
            "/v1/apps/{app}/sessions": {"parameters": [app], "post": {"responses": {"200": shown}}},
            "/v1/apps/{app}/sessions/{session}": {"parameters": [app, one], "get": {"responses": {"200": shown}}},
        },
    }
    entries = {
        entry.key: entry for table in draft(Spec(document)).tables if table.name == "session" for entry in table.entries
    }
    assert entries["id"].value == "/name"
    assert entries["name"].value == "apps/{app}/sessions/{id}"
    assert gap in entries["name"].gap
    assert bool(gap) == bool(entries["name"].gap)
