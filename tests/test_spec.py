"""What the OpenAPI document says: operations, the contract of requests and answers, and generated data."""

from __future__ import annotations

import json
from pathlib import Path
from time import monotonic
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import spec as spec_module
from conformance.errors import SpecError
from conformance.expressions import Json, parse
from conformance.json_text import parsed
from conformance.operations import Content, Operation, is_json
from conformance.profile_file import load as load_profile
from conformance.spec import Spec, load

THREADS = Path(__file__).parent / "servers" / "threads"
ADK = load_profile("adk").spec


def document(paths: Json, version: str = "3.1.0", **components: Json) -> Json:
    """A small OpenAPI document."""
    return {
        "openapi": version,
        "info": {"title": "Small", "version": "1"},
        "paths": paths,
        "components": components,
    }


def answers(**statuses: Json) -> Json:
    """The responses of an operation, by `s200` and the like: a schema of JSON, or None for no body."""
    return {
        name.removeprefix("s"): {
            "description": name,
            **({} if schema is None else {"content": {"application/json": {"schema": schema}}}),
        }
        for name, schema in statuses.items()
    }


def small(schema: Json, version: str = "3.1.0", **components: Json) -> Content:
    """The documented success of the only operation of a small document."""
    spec = Spec(document({"/a": {"get": {"responses": answers(s200=schema)}}}, version, **components))
    content = spec.operation("GET /a").success_content()
    assert content is not None
    return content


# --- operations -------------------------------------------------------------------------------------------------------


def test_every_operation_is_read() -> None:
    """Each method of each path is an operation, under its operationId."""
    assert set(ADK.operations) == {
        "list_sessions", "create_session", "get_session", "create_session_with_id", "update_session",
        "delete_session", "run_agent", "run_agent_sse",
    }  # fmt: skip
    operation = ADK.operation("update_session")
    assert str(operation) == "PATCH /apps/{app_name}/users/{user_id}/sessions/{session_id}"
    assert operation.body_required
    assert [each.name for each in operation.parameters] == ["app_name", "user_id", "session_id"]
    assert all(each.place == "path" and each.required for each in operation.parameters)
    assert set(operation.answers) == {"200", "404", "422"}


def test_an_operation_without_id_is_named_by_method_and_path() -> None:
    """What has no operationId can still be bound; what has one can be found by both names."""
    spec = Spec(document({"/a/{b}": {"get": {"responses": {}}, "put": {"operationId": "put_b", "responses": {}}}}))
    assert spec.operation("GET /a/{b}").id == "GET /a/{b}"
    assert spec.operation("PUT /a/{b}") is spec.operation("put_b")


def test_an_unknown_operation_names_the_nearest() -> None:
    """A slip in an operation's name is an error that helps."""
    with pytest.raises(SpecError) as caught:
        ADK.operation("get_sesion")
    assert caught.value.exit_code == 2
    assert "there is no operation 'get_sesion'" in str(caught.value)
    assert "did you mean 'get_session'?" in str(caught.value)
    assert "openapi.yaml" in str(caught.value)


def test_parameters_of_the_path_are_those_of_its_operations() -> None:
    """Shared parameters come first; references are followed; header names have no case."""
    spec = Spec(
        document(
            {
                "/a/{id}": {
                    "parameters": [{"$ref": "#/components/parameters/Id"}],
                    "get": {
                        "parameters": [{"name": "X-Owner", "in": "header", "schema": {"type": "string"}}],
                        "responses": {},
                    },
                }
            },
            parameters={"Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}},
        )
    )
    operation = spec.operation("GET /a/{id}")
    found = operation.parameter("path", "id")
    assert found is not None
    assert found.required
    assert found.schema == {"type": "integer"}
    owner = operation.parameter("header", "x-owner")
    assert owner is not None
    assert (owner.name, owner.required) == ("X-Owner", False)
    assert operation.parameter("path", "ID") is None
    assert operation.parameter("query", "id") is None


def test_a_path_item_may_be_a_reference() -> None:
    """What stands elsewhere in the document is read there."""
    spec = Spec(
        document(
            {"/a": {"$ref": "#/components/pathItems/A"}}, pathItems={"A": {"delete": {"responses": answers(s204=None)}}}
        )
    )
    assert spec.operation("DELETE /a").success() == 204


# --- routes -----------------------------------------------------------------------------------------------------------

ROUTES = Spec(
    document(
        {
            "/s": {"get": {"operationId": "list", "responses": {}}, "post": {"operationId": "make", "responses": {}}},
            "/s/{id}": {"get": {"operationId": "read", "responses": {}}},
            "/s/latest": {"get": {"operationId": "latest", "responses": {}}},
            "/s/{id}/items/{item}": {"get": {"operationId": "item", "responses": {}}},
            "/s.find": {"post": {"operationId": "find", "responses": {}}},
        }
    )
)


@pytest.mark.parametrize(
    ("method", "path", "operation", "parameters"),
    [
        ("GET", "/s", "list", {}),
        ("POST", "/s", "make", {}),
        ("GET", "/s/1", "read", {"id": "1"}),
        ("GET", "/s/latest", "latest", {}),
        ("GET", "/s/a%2Fb%20c", "read", {"id": "a/b c"}),
        ("GET", "/s/%C3%BC", "read", {"id": "ü"}),
        ("GET", "/s/latest/items/x", "item", {"id": "latest", "item": "x"}),
        ("POST", "/s.find", "find", {}),
    ],
)
def test_a_request_finds_its_operation(method: str, path: str, operation: str, parameters: dict[str, str]) -> None:
    """Literal paths win over parameters, whose values are decoded."""
    found = ROUTES.match(method, path)
    assert found is not None
    assert found[0].id == operation
    assert found[1] == parameters


@pytest.mark.parametrize(
    ("method", "path", "known"),
    [
        ("DELETE", "/s", True),
        ("get", "/s", True),
        ("GET", "/s/", False),
        ("GET", "/", False),
        ("GET", "/t", False),
        ("GET", "/s/1/2", False),
        ("POST", "/sXfind", False),
        ("GET", "//s", False),
    ],
)
def test_a_request_to_nothing_finds_nothing(method: str, path: str, known: bool) -> None:
    """Another method, a trailing slash or a deeper path is another place."""
    assert ROUTES.match(method, path) is None
    assert ROUTES.knows_path(path) is known


@pytest.mark.parametrize(
    ("template", "path", "parameters"),
    [
        ("/a/{session-id}", "/a/x", {"session-id": "x"}),
        ("/a/{0}", "/a/x", {"0": "x"}),
        ("/a/{a-b}/{a_b}", "/a/x/y", {"a-b": "x", "a_b": "y"}),
    ],
)
def test_parameters_have_the_names_of_the_template(template: str, path: str, parameters: dict[str, str]) -> None:
    """Whatever stands between the braces is the name."""
    found = Spec(document({template: {"get": {}}})).match("GET", path)
    assert found is not None
    assert found[1] == parameters


def test_the_more_specific_template_wins() -> None:
    """More literal text before less."""
    spec = Spec(document({path: {"post": {"operationId": path}} for path in ("/a/{id}", "/a/{id}:go", "/{x}/b")}))
    for path, template in (("/a/x:go", "/a/{id}:go"), ("/a/x", "/a/{id}"), ("/a/b", "/a/{id}"), ("/c/b", "/{x}/b")):
        found = spec.match("POST", path)
        assert found is not None
        assert found[0].template == template


# --- answers ----------------------------------------------------------------------------------------------------------


def operation_with(**statuses: Json) -> Operation:
    """An operation with these answers."""
    return Spec(document({"/a": {"get": {"responses": answers(**statuses)}}})).operation("GET /a")


@pytest.mark.parametrize(
    ("statuses", "status", "documented"),
    [
        ({"s200": None}, 200, True),
        ({"s200": None}, 201, False),
        ({"s4XX": None}, 404, True),
        ({"s4xx": None}, 404, True),
        ({"s4XX": None}, 500, False),
        ({"default": None}, 500, True),
        ({}, 200, False),
    ],
)
def test_a_status_is_documented_alone_in_a_range_or_by_default(
    statuses: dict[str, Json], status: int, documented: bool
) -> None:
    """Ranges may be written in either case; `default` is for all the rest."""
    assert (operation_with(**statuses).documented(status) is not None) is documented


def test_the_most_exact_documentation_counts() -> None:
    """A status before its range, the range before the default."""
    operation = operation_with(
        **{"404": {"const": "status"}, "4XX": {"const": "range"}, "default": {"const": "default"}}
    )
    for status, word in ((404, "status"), (409, "range"), (200, "default")):
        contents = operation.documented(status)
        assert contents is not None
        assert contents["application/json"].problem(word) is None
        assert contents["application/json"].problem("other") is not None


@pytest.mark.parametrize(
    ("statuses", "success"),
    [
        ({"s404": None, "s201": None, "s202": None}, 201),
        ({"s404": None}, 200),
        ({"s2XX": {"type": "null"}}, 200),
        ({"default": None}, 200),
    ],
)
def test_the_success_is_the_first_documented(statuses: dict[str, Json], success: int) -> None:
    """Without an exact status it is 200."""
    assert operation_with(**statuses).success() == success


def test_json_is_preferred_among_the_bodies() -> None:
    """Media types are compared without parameters and case; JSON comes before what stands first."""
    content = {"text/plain": {}, "Application/Problem+JSON; charset=utf-8": {"schema": {"type": "null"}}}
    spec = Spec(document({"/a": {"get": {"responses": {"200": {"description": "", "content": content}}}}}))
    operation = spec.operation("GET /a")
    found = operation.success_content()
    assert found is not None
    assert found.schema == {"type": "null"}
    contents = operation.documented(200)
    assert contents is not None
    assert set(contents) == {"text/plain", "application/problem+json"}


@pytest.mark.parametrize(
    ("media_type", "answer"),
    [
        ("application/json", True),
        ("application/problem+json", True),
        ("text/json", True),
        ("text/event-stream", False),
        ("application/jsonl", False),
        ("", False),
    ],
)
def test_json_is_told_by_the_media_type(media_type: str, answer: bool) -> None:
    """The subtype or its suffix says so (RFC 6839)."""
    assert is_json(media_type) is answer


# --- bodies -----------------------------------------------------------------------------------------------------------


_ITEM = {"type": "object", "required": ["id"]}


@pytest.mark.parametrize(
    ("media_type", "media"),
    [
        ("application/x-ndjson", {"schema": _ITEM}),
        ("application/jsonl; charset=utf-8", {"schema": {"type": "array", "items": _ITEM}}),
        ("application/jsonl", {"itemSchema": _ITEM}),
        ("text/event-stream", {"schema": {"$ref": "#/components/schemas/Item"}}),
        ("text/event-stream", {"itemSchema": {"type": "object", "properties": {"data": {"contentSchema": _ITEM}}}}),
    ],
)
def test_a_stream_is_described_value_by_value(media_type: str, media: Json) -> None:
    """Whichever way it is said: the schema is that of each value."""
    responses = {"200": {"description": "a stream", "content": {media_type: media}}}
    spec = Spec(document({"/a": {"get": {"responses": responses}}}, "3.2.0", schemas={"Item": _ITEM}))
    content = spec.operation("GET /a").success_content()
    assert content is not None
    assert content.conforms({"id": "1"})
    assert not content.conforms({})


def test_a_body_that_conforms_has_no_problem() -> None:
    """Nothing is wrong, nowhere."""
    content = small({"type": "object", "properties": {"a": {"type": "integer"}}})
    assert content.problem({"a": 1}) is None
    assert content.place({"a": 1}) is None


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a/b": ["x"]}, "/a~1b/0"),
        ({"a/b": 5}, "/a~1b"),
        ([], ""),
    ],
)
def test_a_problem_names_its_place(value: Json, place: str) -> None:
    """The JSON pointer of what is wrong; the body itself has the empty one."""
    content = small({"type": "object", "properties": {"a/b": {"type": "array", "items": {"type": "integer"}}}})
    assert content.place(value) == place
    problem = content.problem(value)
    assert problem is not None
    assert problem.startswith(f"{place or 'the body'}: ")


def test_a_long_problem_is_shortened() -> None:
    """A problem fits on a few lines, whatever was sent."""
    problem = small({"type": "integer"}).problem("x" * 10_000)
    assert problem is not None
    assert len(problem) < 250
    assert problem.endswith("…")


@pytest.mark.parametrize(
    ("schema", "conforms"),
    [({"type": "number"}, True), ({"type": "string"}, False), ({"type": "number", "maximum": 9}, False)],
)
def test_a_number_that_a_double_cannot_hold_is_a_number(schema: Json, conforms: bool) -> None:
    """1e999 is read as infinity, and JSON calls it a number all the same."""
    content = small({"type": "object", "additionalProperties": {"anyOf": [{"type": "boolean"}, schema]}})
    body, _ = parsed(b'{"a": true, "b": 1e999}')
    assert content.conforms(body) is conforms
    assert content.place(body) == (None if conforms else "/b")


def test_formats_are_judged() -> None:
    """A date-time that is none is a violation."""
    content = small({"type": "string", "format": "date-time"})
    assert content.problem("2024-01-02T03:04:05Z") is None
    assert content.problem("yesterday") is not None


def test_references_resolve_in_the_whole_document() -> None:
    """Also from within what is referenced, and in a circle that ends."""
    tree = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"$ref": "#/components/schemas/Name"},
            "inner": {"$ref": "#/components/schemas/Tree"},
        },
    }
    content = small({"$ref": "#/components/schemas/Tree"}, schemas={"Name": {"type": "string"}, "Tree": tree})
    assert content.problem({"name": "a", "inner": {"name": "b", "inner": {"name": "c"}}}) is None
    assert content.place({"name": "a", "inner": {"name": "b", "inner": {"name": 5}}}) == "/inner/inner/name"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=6,
    )
)
def test_problem_and_place_agree_with_the_validator(value: Json) -> None:
    """There is a problem and a place exactly if the body does not conform."""
    contents = ADK.operation("get_session").documented(200)
    assert contents is not None
    content = contents["application/json"]
    for body in (value, {"id": value, "appName": "a", "userId": "u"}, {"id": "i", "appName": "a", "userId": "u"}):
        conforms = content.validator.is_valid(body)
        assert (content.problem(body) is None) is conforms
        assert (content.place(body) is None) is conforms


# --- OpenAPI 3.0 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "accepted", "rejected"),
    [
        ({"type": "string", "nullable": True}, ["a", None], [5]),
        ({"type": "string", "nullable": False}, ["a"], [None]),
        ({"type": "string", "enum": ["a"], "nullable": True}, ["a", None], ["b"]),
        ({"$ref": "#/components/schemas/Name", "nullable": True}, ["a", None], [5]),
        ({"allOf": [{"$ref": "#/components/schemas/Name"}], "nullable": True}, ["a", None], [5]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, [2], [1]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": False}, [1], [0]),
        ({"type": "integer", "maximum": 9, "exclusiveMaximum": True}, [8], [9]),
        ({"type": "integer", "maximum": 9, "exclusiveMaximum": False}, [9], [10]),
        ({"type": "array", "items": {"type": "string", "nullable": True}}, [["a", None]], [[5]]),
    ],
)
def test_documents_of_3_0_are_read_as_3_1(schema: Json, accepted: list[Json], rejected: list[Json]) -> None:
    """Nullable and exclusive bounds mean what they meant."""
    content = small(schema, "3.0.3", schemas={"Name": {"type": "string"}})
    assert [content.problem(value) for value in accepted] == [None] * len(accepted)
    assert all(content.problem(value) is not None for value in rejected)


def test_the_document_itself_is_left_as_it_was() -> None:
    """Reading a document of 3.0 makes a copy."""
    source = document({"/a": {"get": {"responses": answers(s200={"type": "string", "nullable": True})}}}, "3.0.0")
    before = json.dumps(source)
    Spec(source)
    assert json.dumps(source) == before


# --- documents that cannot be used ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.1", "3.2.0", "3.1"])
def test_documents_of_these_versions_are_read(version: str) -> None:
    """What they have in common says what it always says, and data is drawn from it."""
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
    operation = {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": answers(s200={})}
    spec = Spec(document({"/a": {"post": operation}}, version), "api.yaml")
    assert all("a" in body for body in spec.draw(spec.operation("POST /a"), 3, 0))


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (None, "no `paths`"),
        ([], "no `paths`"),
        ("text", "no `paths`"),
        ({"openapi": "3.1.0"}, "no `paths`"),
        ({"openapi": "3.1.0", "paths": []}, "no `paths`"),
        ({"swagger": "2.0", "paths": {}}, "only OpenAPI 3.0, 3.1 and 3.2"),
        ({"openapi": "2.0", "paths": {}}, "only OpenAPI 3.0, 3.1 and 3.2"),
        ({"openapi": "3.3.0", "paths": {}}, "only OpenAPI 3.0, 3.1 and 3.2"),
        ({"openapi": "3.10.0", "paths": {}}, "only OpenAPI 3.0, 3.1 and 3.2"),
        ({"openapi": "4.0.0", "paths": {}}, "only OpenAPI 3.0, 3.1 and 3.2"),
        ({"paths": {}}, "only OpenAPI 3.0, 3.1 and 3.2"),
        (document({"/a": {"get": {"responses": answers(s200={"type": "strng"})}}}), "strng"),
        (document({"/a": {"get": {"responses": answers(s200={"pattern": "["})}}}), "a schema cannot be used"),
        (document({"/a": {"get": {"responses": answers(s200={"$ref": "#/nope"})}}}), "/nope"),
        (document({"/a": {"get": {"responses": {"200": {"$ref": "#/components/nope"}}}}}), "'#/components/nope'"),
        (document({"/a": {"$ref": "#/paths/~1a"}}), "leads back to itself"),
    ],
)
def test_a_document_that_cannot_be_used_says_why(source: Json, problem: str) -> None:
    """The error names the document and what is wrong with it, and costs the exit code of wrong input."""
    with pytest.raises(SpecError) as caught:
        Spec(source, "api.yaml")
    assert str(caught.value).startswith("api.yaml: ")
    assert problem in str(caught.value)
    assert caught.value.exit_code == 2


def get(**members: Json) -> Json:
    """A document with one operation that has these members."""
    return document({"/a": {"get": {"responses": {}, **members}}})


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (get(parameters=None), "/paths/~1a/get/parameters: is not an array"),
        (get(parameters="x"), "/paths/~1a/get/parameters: is not an array"),
        (get(parameters=[5]), "/paths/~1a/get/parameters/0: is not an object"),
        (get(parameters=[{"in": "query"}]), "/paths/~1a/get/parameters/0/name: is missing"),
        (get(parameters=[{"name": "q", "in": 5}]), "/paths/~1a/get/parameters/0/in: is not a string"),
        (get(responses=None), "/paths/~1a/get/responses: is not an object"),
        (get(responses=[]), "/paths/~1a/get/responses: is not an object"),
        (get(responses={"200": None}), "/paths/~1a/get/responses/200: is not an object"),
        (get(responses={"200": {"content": None}}), "/responses/200/content: is not an object"),
        (get(responses={"200": {"content": {"a/b": None}}}), "/200/content/a~1b: is not an object"),
        (get(responses={"200": {"content": {"a/b": {"schema": None}}}}), "/a~1b/schema: is not a schema"),
        (get(responses={"200": {"headers": [1]}}), "/responses/200/headers: is not an object"),
        (get(responses={"200": {"headers": {"X": None}}}), "/200/headers/X: is not an object"),
        (get(requestBody={"content": []}), "/paths/~1a/get/requestBody/content: is not an object"),
        (get(operationId=5), "/paths/~1a/get/operationId: is not a string"),
        (document({"/a": None}), "/paths/~1a: is not an object"),
        (document({"/a": {"get": None}}), "/paths/~1a/get: is not an object"),
        ({**get(), "components": None}, "/components: is not an object"),
        (get(responses={"200": {"$ref": 5}}), "/responses/200: the reference 5 is not a string"),
        (document({}, schemas={"A": {"$ref": "#/components/schemas/A"}}), "/components/schemas/A: the reference "),
        (
            document({}, schemas={"A": {"$ref": "other.yaml"}}),
            "/components/schemas/A: the reference 'other.yaml' leads",
        ),
        (document({"/a/{id}/{id}": {"get": {}}}), "/paths/~1a~1{id}~1{id}: a parameter stands in this path twice"),
    ],
)
def test_a_malformed_document_names_the_place(source: Json, place: str) -> None:
    """What is read has the kind that OpenAPI gives it, or the error is one of the document."""
    with pytest.raises(SpecError) as caught:
        Spec(source, "api.yaml")
    assert str(caught.value).startswith("api.yaml: /")
    assert place in str(caught.value)


def test_extensions_may_be_anything() -> None:
    """What begins with x- is read by others."""
    assert (
        Spec(document({"x-note": "text", "/a": {"get": {"responses": {"x-y": 5}}}})).operation("GET /a").answers == {}
    )


def test_a_document_that_contains_itself_is_refused() -> None:
    """Also one that was built, not read."""
    source = document({})
    source["x-self"] = source
    with pytest.raises(SpecError, match="contains itself"):
        Spec(source)


@pytest.mark.uncompiled
def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a reference that only the validator sees stays within the document."""
    monkeypatch.setattr(Spec, "_check_reference", lambda *_: None)
    with pytest.raises(SpecError, match="outside of this document"):
        small({"items": {"$ref": "http://127.0.0.1:9/x"}})


def test_data_and_names_are_no_keywords() -> None:
    """A property named `nullable`, a value that looks like a schema: both stay as they are."""
    content = small(
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {"nullable": {"type": "boolean"}, "example": {"type": "string", "nullable": True}},
            "example": {"nullable": True, "$ref": "nothing"},
        },
        "3.0.3",
    )
    assert content.problem({"nullable": True, "example": None}) is None
    assert content.problem({"nullable": "no"}) is not None
    assert content.schema["example"] == {"nullable": True, "$ref": "nothing"}
    assert small({"properties": {"nullable": True}}).problem({"nullable": 5}) is None


def test_json_is_read_like_yaml(tmp_path: Path) -> None:
    """A document in JSON is the same document."""
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(ADK.source), encoding="utf-8")
    read = load(path)
    assert read.document == ADK.document
    assert read.place == str(path)


def test_dates_in_yaml_are_strings(tmp_path: Path) -> None:
    """An unquoted date in an example or a version stays the text that it is in JSON."""
    path = tmp_path / "openapi.yaml"
    path.write_text(
        "openapi: 3.1.0\ninfo: {title: t, version: 2024-01-02}\n"
        "paths: {/a: {get: {responses: {200: {description: d, content: {application/json: {schema: "
        "{type: string, example: 2024-01-02T03:04:05Z}}}}}}}}\n",
        encoding="utf-8",
    )
    spec = load(path)
    assert spec.document["info"]["version"] == "2024-01-02"
    content = spec.operation("GET /a").success_content()
    assert content is not None
    assert spec.schemas.example(content.schema) == "2024-01-02T03:04:05Z"
    json.dumps(spec.source)


def test_anchors_in_yaml_are_followed(tmp_path: Path) -> None:
    """Aliases in reasonable number are part of YAML, and share nothing that matters."""
    path = tmp_path / "openapi.yaml"
    path.write_text(
        "openapi: 3.1.0\nx-ok: &ok {200: {description: d}}\n"
        "paths: {/a: {get: {responses: *ok}}, /b: {get: {responses: *ok}}}\n",
        encoding="utf-8",
    )
    spec = load(path)
    assert spec.operation("GET /a").documented(200) == spec.operation("GET /b").documented(200) == {}


# --- where the operations stand, and what they take ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("servers", "path"),
    [
        (None, ""), ([], ""), ("/v1", ""), ([{"url": "/"}], ""), ([{"url": "/v1"}], "/v1"),
        ([{"url": "/v1/"}, 3], "/v1"),
        ([{"url": "https://api.example.org"}], ""), ([{"url": "https://api.example.org:8443/a/b?x=1"}], "/a/b"),
        ([{"url": "v1"}], ""), ([{"url": "https://[broken/v1"}], ""), ([{}], ""), ([7], ""),
        ([{"url": "https://h/{version}", "variables": {"version": {"default": "v2"}, "other": 1}}], "/v2"),
    ],
)  # fmt: skip
def test_base_path(servers: Json, path: str) -> None:
    """The path of the first server, its variables filled in; a document need not name one."""
    written = document({})
    if servers is not None:
        written["servers"] = servers
    assert Spec(written).base_path == path


def test_takes() -> None:
    """Whether a value may stand at a place, whatever is wrong elsewhere."""
    schema = {
        "type": "object",
        "required": ["tags", "other"],
        "properties": {
            "tags": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 5}},
            "other": {"type": "string", "pattern": "^[a-c]{40}$"},
        },
        "additionalProperties": False,
    }
    content = {"content": {"application/json": {"schema": schema}}}
    spec = Spec(document({"/a": {"post": {"requestBody": content, "responses": {}}, "get": {"responses": {}}}}))
    make, see = spec.operation("POST /a"), spec.operation("GET /a")
    assert spec.takes(make, ("tags",), {"a": "short"})
    assert not spec.takes(make, ("tags",), {"a": "too long"})
    assert not spec.takes(make, ("tags",), {"a": 7})
    assert not spec.takes(make, ("tags", "a"), 7)
    assert not spec.takes(make, ("more",), "text")
    assert not spec.takes(see, ("tags",), {"a": "short"})


# --- drawn bodies -----------------------------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setattr(spec_module, "cache_folder", lambda: tmp_path)
    return tmp_path


def test_drawn_bodies_are_valid_and_different(cache: Path) -> None:
    """Schemathesis draws from the schema of the operation; no body comes twice, and none too many."""
    for name in ("create_session", "run_agent"):
        operation = ADK.operation(name)
        bodies = ADK.draw(operation, 12, seed=1)
        assert 3 <= len(bodies) <= 12
        assert operation.request is not None
        assert all(operation.request.problem(body) is None for body in bodies)
        assert len({json.dumps(body, sort_keys=True) for body in bodies}) == len(bodies)
    assert len(list((cache / "bodies").glob("*.json"))) == 2


def test_the_same_seed_draws_the_same(cache: Path) -> None:
    """Without any cache two draws agree; another seed draws something else."""
    drawn = []
    for seed in (1, 1, 2):
        drawn.append(ADK.draw(ADK.operation("update_session"), 10, seed))
        for path in (cache / "bodies").iterdir():
            path.unlink()
    assert json.dumps(drawn[0]) == json.dumps(drawn[1])
    assert json.dumps(drawn[0]) != json.dumps(drawn[2])


@pytest.mark.uncompiled
def test_what_was_drawn_is_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second draw reads the cache; a broken cache is drawn anew; another count is another entry."""
    operation = ADK.operation("update_session")
    first = ADK.draw(operation, 8, seed=3)
    draws: list[Any] = []

    def draw(*arguments: Any) -> list[Json]:
        draws.append(arguments)
        return first

    monkeypatch.setattr(ADK, "_draw", draw)
    monkeypatch.setattr(ADK, "_drawn", {})  # another process
    assert ADK.draw(operation, 8, seed=3) == first
    assert draws == []
    ADK.draw(operation, 9, seed=3)
    assert len(draws) == 1
    for path in (cache / "bodies").iterdir():
        path.write_text("no json", encoding="utf-8")
    monkeypatch.setattr(ADK, "_drawn", {})
    assert ADK.draw(operation, 8, seed=3) == first
    assert len(draws) == 2
    assert ADK.draw(operation, 8, seed=3) == first
    assert len(draws) == 2


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the cache's place costs time, and nothing else."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr(spec_module, "cache_folder", lambda: tmp_path / "file")
    assert ADK.draw(ADK.operation("update_session"), 5, seed=4)


def test_an_operation_without_a_body_has_none_to_draw(cache: Path) -> None:
    """Nothing is drawn, nothing is kept."""
    assert ADK.draw(ADK.operation("get_session"), 5, seed=0) == []
    assert list(cache.iterdir()) == []


def test_a_document_that_schemathesis_cannot_read_is_an_error_of_the_input(cache: Path) -> None:
    """What only shows when bodies are drawn is reported like any other fault of the document."""
    body = {"content": {"application/json": {"schema": {"type": "integer"}}}}
    spec = Spec(document({"/a": {"post": {"requestBody": body, "responses": {}}}}), "api.yaml")
    spec.source = {"openapi": "nonsense"}
    with pytest.raises(SpecError, match="Schemathesis cannot read it") as caught:
        spec.draw(spec.operation("POST /a"), 3, 0)
    assert str(caught.value).startswith("api.yaml: ")
    assert list(cache.glob("bodies/*")) == []


def test_the_documents_that_come_along_are_openapi() -> None:
    """Each local reference of a document resolves, so that other tools can read it as well."""
    for spec in (ADK, load(THREADS / "openapi.yaml")):
        for operation in spec.operations.values():
            for contents in operation.answers.values():
                for content in contents.values():
                    jsonschema_rs.validator_for({"components": spec.document["components"], "allOf": [content.schema]})


def test_a_large_body_is_judged_by_its_beginning() -> None:
    """Whether a large body conforms is told of the whole; what is wrong only of its beginning."""
    content = ADK.operation("list_sessions").success_content()
    assert content is not None
    right = {"id": "s", "appName": "a", "userId": "u", "lastUpdateTime": 1.0}
    assert content.problem([right] * 100_000) is None
    started = monotonic()
    assert str(content.problem([{}] * 1_000_000)).startswith("/0: ")
    assert content.problem([*[right] * 100_000, 1]) == "the body: it does not conform"
    assert content.place([*[right] * 100_000, 1]) == ""
    assert len(str(content.problem("x" * 8_000_000))) < 300
    assert monotonic() - started < 10


# --- parameters -------------------------------------------------------------------------------------------------------

TEXT = {"type": "string"}


def taking(schema: Json, required: bool = False, place: str = "query", **more: Json) -> Operation:
    """An operation with one parameter, p."""
    parameter = {"name": "p", "in": place, "required": required, "schema": schema, **more}
    return Spec(document({"/a": {"get": {"parameters": [parameter], "responses": {}}}})).operation("GET /a")


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        (TEXT, ["", "x", "5"], []),
        ({}, ["", "x"], []),
        ({"type": "string", "minLength": 2}, ["ab"], ["a", ""]),
        ({"type": "string", "enum": ["a", "b"]}, ["a"], ["c", ""]),
        ({"type": "string", "pattern": "^[a-z]$"}, ["a"], ["1", "ab"]),
        ({"type": "string", "format": "uuid"}, ["00000000-0000-4000-8000-000000000000"], ["x"]),
        ({"type": "integer", "minimum": 1, "maximum": 10}, ["1", "10", "+5"], ["0", "11", "x", "1.5", ""]),
        ({"type": "number", "exclusiveMinimum": 0}, ["0.5", "1", "1e3"], ["0", "x", "-1"]),
        ({"type": "boolean"}, ["true", "false", "True"], ["yes", "1", ""]),
        ({"type": ["integer", "null"]}, ["5"], ["x"]),
        ({"type": ["integer", "string"], "maxLength": 2}, ["5", "ab"], ["abc"]),
        ({"type": "string", "maxLength": 40}, ["", "ab"], ["a" * 41]),
        ({"not": {"enum": ["..", "."]}}, ["", "a"], ["."]),
        ({"allOf": [{"type": "string"}, {"minLength": 1}]}, ["a"], [""]),
        ({"type": ["string", "null"], "title": "T", "default": "x"}, ["", "a"], []),
        ({"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, ["5", "true"], ["x"]),
        ({"type": "array", "items": {"type": "integer"}}, ["1,2", "x", ""], []),
        ({"type": "object"}, ["a,b", ""], []),
    ],
)
def test_the_text_of_a_parameter_conforms_or_not(schema: Json, right: list[str], wrong: list[str]) -> None:
    """As any of the types that its schema names; of arrays and objects nothing is said."""
    operation = taking(schema)
    (parameter,) = operation.parameters
    assert [text for text in right if parameter.problem(text) is not None] == []
    assert [text for text in wrong if parameter.problem(text) is None] == []
    assert parameter.problem(None) is None
    assert operation.checked == ((parameter,) if wrong else ())


def test_a_required_parameter_is_missing() -> None:
    """Whatever texts it takes, it is checked that it is there."""
    operation = taking(TEXT, required=True, place="header")
    (parameter,) = operation.checked
    assert parameter.problem(None) == "it is missing"
    assert parameter.problem("") is None


@pytest.mark.parametrize(
    ("schema", "more", "text"),
    [
        (TEXT, {}, "text"),
        (TEXT, {"example": "mine"}, "mine"),
        ({"type": "integer", "minimum": 3}, {}, "3"),
        ({"type": "integer"}, {"example": 7}, "7"),
        ({"type": "boolean", "example": True}, {}, "true"),
        ({"type": "string", "enum": ["a", "b"]}, {}, "a"),
        ({"type": "array"}, {"example": [1]}, "[1]"),
    ],
)
def test_a_parameter_has_an_example(schema: Json, more: dict[str, Json], text: str) -> None:
    """Its own, its schema's, or a small plain one, as text."""
    assert taking(schema, **more).parameters[0].example == text


def test_the_default_of_a_place_is_a_number() -> None:
    """Where the spec says what is meant if a place is left out."""
    spec = load_profile("support").spec
    listing = spec.operation("list_sessions")
    assert spec.default_of(listing, parse("$request.query.limit")) == 20
    assert spec.default_of(listing, parse("$request.query.user_id")) is None
