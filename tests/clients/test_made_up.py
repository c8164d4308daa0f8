"""What a caller makes up is what the document allows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance import Profile, load
from conformance.ask import Ask, Verb
from conformance.clients.made_up import GIVEN, MadeUp
from conformance.expressions import MISSING, Json
from conformance.profile import Role

ASK = Ask(2, Verb.ENRICH, "a", marker="marker0x2")
OBJECT = {"type": "object"}


def profile(folder: Path, group: Json, *, session: Json | None = None, owner: Json | None = None) -> Profile:
    """The profile of an API whose sessions have one group of attributes, of this schema."""
    members: dict[str, Any] = {"id": session or {"type": "string"}, "user": owner or {"type": "string"}, "about": group}
    body = {"application/json": {"schema": {"type": "object", "properties": members}}}
    answers = {"200": {"description": "made", "content": body}, "404": {"description": "none"}}
    named = {"name": "id", "in": "path", "required": True, "schema": members["id"]}
    paths = {
        "/sessions": {"post": {"operationId": "make", "requestBody": {"content": body}, "responses": answers}},
        "/sessions/{id}": {
            "parameters": [named],
            "patch": {"operationId": "change", "requestBody": {"content": body}, "responses": answers},
        },
    }
    document = {"openapi": "3.1.0", "info": {"title": "small", "version": "1"}, "paths": paths}
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "profile.toml").write_text(
        """
title = "small"
spec = "openapi.json"
[session]
id = "/id"
owner = ["/user"]
attributes = { about = "/about" }
[create]
operation = "make"
owner = ["$request.body#/user"]
session = "$request.body#/id"
attributes = { about = "$request.body#/about" }
returns = "session"
[enrich]
operation = "change"
session = "$request.path.id"
attributes = { about = "$request.body#/about" }
""",
        encoding="utf-8",
    )
    return load(str(folder / "profile.toml"))


def attached(of: Profile, *, whole: bool = True) -> Json:
    """What is attached to the one group."""
    return MadeUp(of).attributes(ASK, "about", of.bound(Role.ENRICH), whole=whole)


def test_an_open_object_takes_values_of_every_kind(tmp_path: Path) -> None:
    """And of one kind alone, if no more is wished."""
    found = attached(profile(tmp_path, OBJECT))
    assert isinstance(found, dict)
    assert found.keys() > {"key2_about", "number", "share", "flag", "list", "inner2", "zero", "off", "blank"}
    assert attached(profile(tmp_path, OBJECT), whole=False) == {"key2_about": "marker0x2 about"}


def test_texts_alone_are_attached_where_nothing_else_may_stand(tmp_path: Path) -> None:
    """A client that sends on what it was asked is not to blame for numbers that the document forbids."""
    texts = {"type": "object", "additionalProperties": {"type": "string"}}
    expected = {"key2_about": "marker0x2 about", "Two Words": "à la 日本", "blank": ""}
    assert attached(profile(tmp_path, texts)) == expected
    assert attached(profile(tmp_path, {"anyOf": [texts, {"type": "null"}]})) == expected
    keys = {"type": "object", "propertyNames": {"pattern": "^key"}}
    assert attached(profile(tmp_path, keys)) == {"key2_about": "marker0x2 about"}


def test_members_that_the_document_names_are_attached(tmp_path: Path) -> None:
    """Where it allows no others; the one that is required as well."""
    named = {
        "type": "object",
        "properties": {"mood": {"type": "string"}, "kind": {"enum": ["a", "b"]}, "count": {"type": "integer"}},
        "required": ["kind"],
        "additionalProperties": False,
    }
    assert attached(profile(tmp_path, named)) == {"kind": "a", "mood": "marker0x2 about"}


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ({"type": "string"}, "marker0x2 about"),
        ({"type": ["string", "null"]}, "marker0x2 about"),
        ({"type": "array", "items": {"type": "string"}}, ["marker0x2 about"]),
    ],
)
def test_a_single_value_is_one(tmp_path: Path, group: Json, expected: Json) -> None:
    """A title is a text, and no object."""
    assert attached(profile(tmp_path, group)) == expected


def test_what_can_carry_no_marker_is_not_attached(tmp_path: Path) -> None:
    """Nobody could tell whose it is."""
    numbers = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert attached(profile(tmp_path, numbers)) is MISSING


def test_an_awkward_id_is_chosen_only_where_it_is_allowed(tmp_path: Path) -> None:
    """An id that is a UUID has no such signs."""
    assert MadeUp(profile(tmp_path, OBJECT)).odd_session(3) == "conf é 3"
    assert MadeUp(profile(tmp_path, OBJECT, session={"type": "string", "format": "uuid"})).odd_session(3) is None


@pytest.mark.parametrize(
    ("form", "matches"),
    [
        ({"type": "string"}, GIVEN.format(3)),
        ({"type": "string", "format": "uuid"}, GIVEN.format(3)),
        ({"type": "string", "pattern": "^thread_[a-z]{8}$"}, "thread_"),
        ({"type": "integer"}, ""),
    ],
)
def test_ids_and_owners_are_in_the_form_that_the_document_demands(tmp_path: Path, form: Json, matches: str) -> None:
    """A client is not to blame for an id that its caller must not choose."""
    of = profile(tmp_path, OBJECT, session=form, owner=form)
    made = MadeUp(of)
    assert made.session(3).startswith(matches)
    parameter = next(each for each in of.bound(Role.ENRICH)[0].operation.parameters if each.name == "id")
    assert parameter.problem(made.session(3)) is None
    assert parameter.problem(made.owner("a")[0]) is None
    assert made.owner("a") == made.owner("a") != made.owner("b")
