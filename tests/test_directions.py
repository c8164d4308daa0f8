"""Tests of what is read only in requests, and write only in answers."""

from __future__ import annotations

from typing import Any

from conformance.directions import one_way
from conformance.spec import Spec


def document(**more: Any) -> dict[str, Any]:
    """A document with one schema for what is sent and what is shown."""
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Session"}}}
    session = {
        "type": "object",
        "required": ["id", "secret", "tags"],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "secret": {"type": "string", "writeOnly": True},
            "tags": {"type": "object"},
        },
    }
    post = {
        "operationId": "make",
        "requestBody": {"content": body},
        "responses": {"200": {"description": "", "content": body}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "", "version": ""},
        "paths": {"/sessions": {"post": post}},
        "components": {"schemas": {"Session": session, **more}},
    }


def test_what_is_read_only_is_not_asked_of_a_request() -> None:
    """It may be left out, and hold what it will; all else is asked."""
    request = Spec(document()).operations["make"].request
    assert request is not None
    assert request.conforms({"secret": "x", "tags": {}})
    assert request.conforms({"secret": "x", "tags": {}, "id": 7})
    assert not request.conforms({"tags": {}})
    assert not request.conforms({"secret": "x", "tags": 7})


def test_what_is_write_only_is_not_asked_of_an_answer() -> None:
    """An answer shows what is read only, and no secret."""
    answer = Spec(document()).operations["make"].success_content()
    assert answer is not None
    assert answer.conforms({"id": "1", "tags": {}})
    assert not answer.conforms({"tags": {}})


def test_what_refers_to_such_a_schema_is_rewritten_as_well() -> None:
    """A body that holds such sessions in an array asks no more of them."""
    held = document(Batch={"type": "array", "items": {"$ref": "#/components/schemas/Session"}})
    body = held["paths"]["/sessions"]["post"]["requestBody"]["content"]["application/json"]
    body["schema"] = {"$ref": "#/components/schemas/Batch"}
    request = Spec(held).operations["make"].request
    assert request is not None
    assert request.conforms([{"secret": "x", "tags": {}}])
    assert not request.conforms([{"tags": {}}])


def test_a_schema_may_hold_itself() -> None:
    """References in a circle end."""
    node = {"type": "object", "properties": {"id": {"readOnly": True}, "next": {"$ref": "#/components/schemas/Node"}}}
    found = one_way(document(Node=node))["components"]["schemas"]
    assert found["SentNode"]["properties"]["next"] == {"$ref": "#/components/schemas/SentNode"}
    assert found["Node"] == node


def test_examples_are_no_schemas() -> None:
    """A value that says readOnly is left as it is."""
    plain = {"type": "object", "example": {"properties": {"id": {"readOnly": True}}}}
    assert one_way(document(Plain=plain))["components"]["schemas"]["SentPlain"] == plain


def test_a_document_without_such_members_is_left_alone() -> None:
    """Nothing is copied."""
    plain = {"openapi": "3.1.0", "paths": {}, "components": {"schemas": {"A": {"type": "object"}}}}
    assert one_way(plain) is plain
