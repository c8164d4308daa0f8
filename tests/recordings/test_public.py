"""Words of the API are no secrets; the names of its keys are none of them."""

from __future__ import annotations

from conformance import load
from conformance.recordings.public import credential_names, public_words
from conformance.spec import Spec

SPEC = Spec(
    {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/things/{id}": {
                "get": {
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                        {"name": "key", "in": "query", "schema": {"enum": ["Basic", "whole"]}},
                    ],
                    "responses": {"200": {"description": "ok"}},
                }
            }
        },
        "components": {"securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "appid"}}},
    }
)


def test_what_a_document_spells_out() -> None:
    """Parts of paths, parameters and enums."""
    assert {"things", "key", "basic", "whole", "id"} <= public_words(SPEC)
    assert "sessions" in public_words(load("adk").spec)


def test_the_names_of_keys() -> None:
    """What they carry is a secret."""
    assert list(credential_names(SPEC)) == ["appid"]
    assert "appid" not in public_words(SPEC)
