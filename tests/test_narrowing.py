"""Tests of what lists are asked for beside what the profile names."""

from __future__ import annotations

import json

import pytest

from conformance.exchange import Exchange, Request, Response
from conformance.expressions import MISSING, Json
from conformance.judge import Judge
from conformance.profile import Profile
from conformance.profile_file import load
from conformance.reader import Reader

SPEC = """
openapi: 3.1.0
info: {title: Cases, version: "1"}
paths:
  /cases:
    post:
      operationId: make
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"200": {description: d, content: {application/json: {schema: {type: object}}}}}
    get:
      operationId: list
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
        - {name: kind, in: query, schema: {type: string}}
        - {name: sort, in: query, schema: {type: string, default: newest}}
        - {name: deep, in: query, schema: {type: boolean}}
        - {name: team, in: query, required: true, schema: {type: string}}
      responses: {"200": {description: d, content: {application/json: {schema: {type: array, items: {type: object}}}}}}
  /cases/search:
    post:
      operationId: search
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [team]
              properties:
                team: {type: string}
                sort: {type: string, default: newest}
                page: {type: object, properties: {limit: {type: integer}}}
                where: {type: object}
      responses: {"200": {description: d, content: {application/json: {schema: {type: array, items: {type: object}}}}}}
"""
PROFILE = """
title = "Cases"
spec = "openapi.yaml"
[values]
deep = true
[session]
id = "/id"
[create]
operation = "make"
returns = "session"
[[list]]
operation = "list"
limit = "$request.query.limit"
[[list]]
operation = "search"
limit = "$request.body#/page/limit"
"""


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A profile with a list that is asked for in the query, and one in the body."""
    folder = tmp_path_factory.mktemp("cases")
    (folder / "openapi.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "profile.toml").write_text(PROFILE, encoding="utf-8")
    return load(folder)


def called(method: str, path: str, query: str = "", body: Json = MISSING, shows: Json = None) -> Exchange:
    """A call that is answered with a success."""
    raw = b"" if body is MISSING else json.dumps(body).encode()
    headers = (("content-type", "application/json"),)
    return Exchange(Request(method, path, query, headers, raw), Response(200, headers, json.dumps(shows).encode()))


@pytest.mark.parametrize(
    ("query", "narrowed"),
    [
        ("team=a", False),
        ("team=a&limit=5", False),
        ("team=a&deep=true&_=17", False),
        ("team=a&sort=newest", False),
        ("team=a&kind=", False),
        ("team=a&kind=open", True),
        ("team=a&sort=oldest", True),
    ],
)
def test_what_is_optional_and_named_by_no_key_may_narrow_a_list(cases: Profile, query: str, narrowed: bool) -> None:
    """Not what has to be said, what the profile names or gives a value, a default, nor what no document knows."""
    assert Reader(cases).read(called("GET", "/cases", query, shows=[])).page.narrowed is narrowed


@pytest.mark.parametrize(
    ("body", "narrowed"),
    [
        (MISSING, False),
        ({"team": "a"}, False),
        ({"team": "a", "page": {"limit": 5}, "sort": "newest"}, False),
        ({"team": "a", "where": {}, "deep": True}, False),
        ({"team": "a", "where": None}, False),
        ({"team": "a", "page": {"limit": 5, "size": 2}}, True),
        ({"team": "a", "where": {"kind": {"any": []}}}, True),
        ({"team": "a", "else": 1}, True),
        ([], False),
    ],
)
def test_members_of_a_body_may_as_well(cases: Profile, body: Json, narrowed: bool) -> None:
    """A list that is asked for by a POST can be asked for anything."""
    assert Reader(cases).read(called("POST", "/cases/search", body=body, shows=[])).page.narrowed is narrowed


def test_a_list_that_may_be_narrowed_lacks_nothing(cases: Profile) -> None:
    """It need not hold every session, and what it leaves out is there all the same; without that it does."""
    made = called("POST", "/cases", body={}, shows={"id": "s1"})
    whole, narrow = {"team": "a"}, {"team": "a", "where": {"kind": {"any": []}}}
    history = Judge(cases).history(closed=True)
    assert [history.see(each)[1] for each in (made, called("POST", "/cases/search", body=narrow, shows=[]))] == [[], []]
    found = history.see(called("POST", "/cases/search", body=whole, shows=[]))[1]
    assert [each.signature.kind for each in found] == ["session not listed"]
