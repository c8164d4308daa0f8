"""A body that was recorded without its type has the one that the API documents."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.exchange import Exchange, Request, header
from conformance.recordings.untyped import with_type
from conformance.spec import Spec

JSON, URLENCODED, MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"


def _spec(media_type: str) -> Spec:
    operation = {
        "operationId": "say",
        "requestBody": {"content": {media_type: {"schema": {"type": "object"}}}},
        "responses": {"200": {"description": "said"}},
    }
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/say": {"post": operation}},
    }
    return Spec(document, "spec")


def _typed(spec: Spec, body: bytes, path: str = "/say", *headers: tuple[str, str]) -> Request:
    return with_type(Exchange(Request("POST", path, "", headers, body), None), spec).request


@pytest.mark.parametrize(
    ("media_type", "body", "expected", "sent"),
    [
        (JSON, b'{"a": 1}', JSON, b'{"a": 1}'),
        (URLENCODED, b'{"a": "b c"}', URLENCODED, b"a=b+c"),
        (URLENCODED, b"a=b", URLENCODED, b"a=b"),
        (MULTIPART, b"a=b", URLENCODED, b"a=b"),
        (MULTIPART, b"--x\r\n\r\n--x--\r\n", f'{MULTIPART}; boundary="x"', b"--x\r\n\r\n--x--\r\n"),
    ],
)
def test_the_type_is_that_of_the_document(media_type: str, body: bytes, expected: str, sent: bytes) -> None:
    """Forms are told by their looks, or made of the value that was kept."""
    request = _typed(_spec(media_type), body)
    assert (header(request.headers, "content-type"), request.body) == (expected, sent)


def test_what_says_its_type_keeps_it() -> None:
    """So does what has no body, or is of no operation."""
    spec = _spec(JSON)
    assert header(_typed(spec, b"{}", "/say", ("Content-Type", "text/plain")).headers, "content-type") == "text/plain"
    assert _typed(spec, b"").headers == _typed(spec, b"{}", "/elsewhere").headers == ()
