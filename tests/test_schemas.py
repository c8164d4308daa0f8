"""What can be read off a JSON schema alone: references, members, examples, leaves, and bodies at its limits."""

from __future__ import annotations

import jsonschema_rs
import pytest
from hypothesis import given

from conformance.errors import SpecError
from conformance.expressions import MISSING, Json, Pointer
from conformance.schemas import MAX_DEPTH, MAX_LEAVES, Schemas
from tests.grammar import DOCUMENT, GRAMMAR, QUICK, SCHEMAS, SPECS, judge, ref

# --- references -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "target"),
    [
        (ref("Name"), DOCUMENT["$defs"]["Name"]),
        (ref("Alias"), DOCUMENT["$defs"]["Name"]),
        (ref("a~1b"), DOCUMENT["$defs"]["a/b"]),
        ({"type": "null"}, {"type": "null"}),
        (True, {}),
        (False, {}),
    ],
)
def test_references_are_followed_to_the_end(schema: Json, target: Json) -> None:
    """A chain of references ends at a schema; booleans say nothing that can be read."""
    assert SCHEMAS.deref(schema) == target
    assert SCHEMAS.deref(schema) == target


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Loop", "'#/$defs/Loop' leads back to itself"),
        ("Round", "leads back to itself"),
        ("Dangling", "'#/$defs/Nowhere' leads nowhere"),
        ("Nothing", "'#/$defs/Nothing' leads nowhere"),
    ],
)
def test_references_that_lead_nowhere_are_named(name: str, problem: str) -> None:
    """Loops and dangling references are errors of the document that name the reference."""
    with pytest.raises(SpecError) as caught:
        SCHEMAS.deref(ref(name))
    assert problem in str(caught.value)


def test_a_reference_may_be_percent_encoded() -> None:
    """A reference is a URI: its fragment is decoded before it is read as a pointer."""
    assert Schemas({"A b": {"type": "string"}}).deref({"$ref": "#/A%20b"}) == {"type": "string"}


@pytest.mark.parametrize("reference", ["#anchor", "#/~2", "other.yaml", "http://127.0.0.1:9/x", ""])
def test_a_reference_that_is_no_local_pointer_is_an_error_of_the_document(reference: str) -> None:
    """Whatever it looks like, it is named, and nothing is fetched."""
    with pytest.raises(SpecError) as caught:
        Schemas({}).deref({"$ref": reference})
    assert repr(reference) in str(caught.value)


# --- members ----------------------------------------------------------------------------------------------------------

SESSION = {
    "allOf": [
        {"type": "object", "properties": {"id": ref("Name")}},
        {"anyOf": [{"properties": {"tags": {"type": "array", "items": {"type": "integer"}}}}, {"type": "null"}]},
    ]
}


@pytest.mark.parametrize(
    ("schema", "pointer", "found"),
    [
        (SESSION, (), SESSION),
        (SESSION, ("id",), ref("Name")),
        (SESSION, ("tags", "0"), {"type": "integer"}),
        (SESSION, ("tags", "x"), MISSING),
        (SESSION, ("idd",), MISSING),
        (SESSION, ("id", "x"), MISSING),
        ({"type": "object"}, ("any", "thing"), {}),
        ({"type": ["object", "null"]}, ("any",), {}),
        ({}, ("any", "thing"), {}),
        (True, ("any",), {}),
        ({"type": "string"}, ("any",), MISSING),
        ({"type": "array", "items": {"type": "null"}}, ("3",), {"type": "null"}),
        ({"type": "object", "properties": {"a": {}}}, ("b",), MISSING),
        ({"type": "object", "properties": {"a": {}}, "additionalProperties": True}, ("b",), {}),
        ({"type": "object", "additionalProperties": {"type": "null"}}, ("b",), {"type": "null"}),
        (ref("Tree"), ("left", "left", "children", "0", "name"), ref("Name")),
        (ref("Tree"), ("left", "nam"), MISSING),
    ],
)
def test_a_pointer_is_followed_through_the_schema(schema: Json, pointer: Pointer, found: Json) -> None:
    """Members are found in every part and alternative; what a schema cannot contain is missing."""
    answer = SCHEMAS.at(schema, pointer)
    assert answer is MISSING if found is MISSING else answer == found


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ({}, set()),
        ({"type": "string"}, {"string"}),
        ({"type": ["string", "null"]}, {"string", "null"}),
        ({"anyOf": [{"type": "integer"}, {"oneOf": [ref("Alias"), {"type": "null"}]}]}, {"integer", "string", "null"}),
        (ref("Tree"), {"object"}),
    ],
)
def test_the_types_are_those_of_all_branches(schema: Json, types: set[str]) -> None:
    """Alternatives and parts are looked into."""
    assert SCHEMAS.types(schema) == types


def test_the_names_are_those_of_all_branches() -> None:
    """Every part of a schema may name members."""
    assert SCHEMAS.names(SESSION) == ["id", "tags"]
    assert SCHEMAS.names({"type": "string"}) == []


@pytest.mark.parametrize(
    ("schema", "is_open"),
    [
        ({}, True),
        ({"type": "object"}, True),
        ({"type": ["object", "null"], "additionalProperties": True}, True),
        ({"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "string"}}, True),
        ({"type": "object", "properties": {"a": {}}}, False),
        ({"type": "string"}, False),
        ({"type": "array", "items": {}}, False),
        ({"anyOf": [{"type": "object"}, {"type": "array"}, {"type": "string"}]}, True),
        ({"anyOf": [{"type": "object", "properties": {"a": {}}}, {"type": "string"}]}, False),
    ],
)
def test_open_objects_take_any_member(schema: Json, is_open: bool) -> None:
    """Only what may be an object, and restricts its members to none by name, is open."""
    assert SCHEMAS.is_open_object(schema) is is_open


# --- examples ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "example": "given"}, "given"),
        ({"type": "string", "const": "only"}, "only"),
        ({"type": "string", "default": "usual"}, "usual"),
        ({"type": "string", "examples": ["first", "second"]}, "first"),
        ({"enum": ["a", "b"]}, "a"),
        ({"type": "string", "minLength": 6}, "textxx"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "integer", "exclusiveMinimum": 5}, 6),
        ({"type": "number"}, 1.5),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": "array", "items": {"type": "integer"}}, []),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "object"}, {}),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, {}),
        ({"type": "object", "required": ["a"], "properties": {"a": ref("Alias"), "b": {}}}, {"a": "text"}),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "text"),
        (
            {"allOf": [{"required": ["a"], "properties": {"a": {"type": "null"}}}, {"required": ["b"]}]},
            {"a": None, "b": "text"},
        ),
        (ref("Tree"), {"name": "text"}),
        ({"allOf": [{"type": "string"}], "description": "d"}, "text"),
        ({"allOf": [{"enum": ["a", "b"]}, {"enum": ["b"]}]}, "b"),
        ({"allOf": [{"type": "string", "example": "given"}], "description": "d"}, "given"),
        ({"allOf": [{"type": "number", "minimum": 2}, {"type": "integer", "minimum": 3}]}, 3),
        ({"type": "object", "required": ["a"], "anyOf": [{"required": ["b"]}]}, {"a": "text", "b": "text"}),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"type": "integer", "minimum": 1.5}, 2),
        ({"type": "integer", "multipleOf": 5}, 0),
        ({"type": "integer", "multipleOf": 5, "minimum": 1}, 5),
        ({"type": "integer", "multipleOf": 2.5, "minimum": 1}, 5),
        ({"type": "integer", "maximum": -3, "multipleOf": 4}, -4),
        ({"type": "number", "multipleOf": 0.1, "minimum": 0.25, "maximum": 0.35}, 0.3),
    ],
)
def test_an_example_is_small_and_plain(schema: Json, value: Json) -> None:
    """What the schema itself names comes first; then the required members, and values within the bounds."""
    example = SCHEMAS.example(schema)
    assert example == value
    assert type(example) is type(value)
    assert judge(schema)(example)


@pytest.mark.parametrize("name", ["date-time", "date", "time", "uuid", "email", "uri", "ipv4"])
def test_an_example_has_the_format(name: str) -> None:
    """A string of a known format is in that format."""
    schema = {"type": "string", "format": name}
    assert judge(schema)(SCHEMAS.example(schema))
    assert not judge(schema)("not in this format!")


def test_an_example_carries_the_text() -> None:
    """A text that is asked for stands wherever nothing else is demanded."""
    schema = {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}, "b": {"enum": ["x"]}}}
    assert SCHEMAS.example(schema, "why") == {"a": "why", "b": "x"}


def test_an_endless_example_ends() -> None:
    """A schema that no finite value fulfils does not hang the reader."""
    assert set(SCHEMAS.example(ref("Endless"))) == {"inner"}


@pytest.mark.parametrize(
    "schema",
    [
        {"oneOf": [{"type": "array", "minItems": 1, "items": {"$ref": "#/A"}}, {"type": "string"}]},
        {"anyOf": [{"$ref": "#/A"}, {"type": "string"}]},
        {"type": "object", "required": ["b"], "properties": {"b": {"anyOf": [{"$ref": "#/A"}, {"type": "null"}]}}},
        {"allOf": [{"$ref": "#/A"}, {"type": "string"}]},
    ],
)
def test_a_recursive_example_takes_the_way_out(schema: Json) -> None:
    """Of several alternatives one is taken that does not lead back."""
    document = {"A": schema}
    example = Schemas(document).example({"$ref": "#/A"})
    assert jsonschema_rs.is_valid({**document, "allOf": [{"$ref": "#/A"}]}, example)


def test_an_example_is_made_in_bounds() -> None:
    """Many schemas that all require each other, and lengths beyond reason, cost no time."""
    names = [f"S{number}" for number in range(12)]
    members = {name: {"$ref": f"#/{name}"} for name in names}
    document = {name: {"type": "object", "required": names, "properties": members} for name in names}
    assert set(Schemas(document).example({"$ref": "#/S0"})) == set(names)
    assert len(Schemas({}).example({"type": "array", "minItems": 10**12, "items": {}})) < 1_000
    assert len(Schemas({}).example({"type": "string", "minLength": 10**12})) < 1_000_000


@pytest.mark.parametrize(
    ("spec", "name"),
    [(spec, name) for spec in SPECS for name in SPECS[spec].document["components"]["schemas"]],
)
def test_the_examples_of_real_documents_conform(spec: str, name: str) -> None:
    """Every schema of the documents that come along has an example that it accepts."""
    document = SPECS[spec].document
    schema = {"$ref": f"#/components/schemas/{name}"}
    validator = jsonschema_rs.validator_for(
        {"components": document["components"], "allOf": [schema]}, validate_formats=True
    )
    validator.validate(SPECS[spec].schemas.example(schema))


# --- leaves -----------------------------------------------------------------------------------------------------------


def test_the_leaves_are_every_described_place() -> None:
    """Outermost first; what several branches describe comes once."""
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "array", "items": {"type": "object", "properties": {"b": {"type": "null"}}}},
            "c": ref("Alias"),
        },
        "allOf": [{"properties": {"c": {"type": "integer"}, "d": True}}],
    }
    found = dict(SCHEMAS.leaves(schema))
    assert list(found) == [(), ("a",), ("a", "0"), ("a", "0", "b"), ("c",), ("d",)]
    assert found[("a", "0", "b")] == {"type": "null"}
    assert found[("c",)] == DOCUMENT["$defs"]["Name"]


def test_the_leaves_of_a_recursive_schema_end() -> None:
    """No place is deeper than the bound, and the bound is reached."""
    depths = [len(pointer) for pointer, _ in SCHEMAS.leaves(ref("Tree"))]
    assert max(depths) == MAX_DEPTH


def test_the_leaves_of_a_wide_recursive_schema_are_few() -> None:
    """The outermost places come all, and the number of the inner ones is bounded."""
    document = {"R": {"type": "object", "properties": {name: {"$ref": "#/R"} for name in "abcdefgh"}}}
    found = [pointer for pointer, _ in Schemas(document).leaves({"$ref": "#/R"})]
    assert len(found) == len(set(found)) == MAX_LEAVES
    assert {(name,) for name in "abcdefgh"} < set(found)
    assert list(Schemas({"A": {"allOf": [{"$ref": "#/A"}] * 9}}).branches({"$ref": "#/A"})) == [
        {"allOf": [{"$ref": "#/A"}] * 9}
    ]


# --- bodies at the limits of a schema ---------------------------------------------------------------------------------


@QUICK
@given(GRAMMAR)
def test_the_examples_of_plain_schemas_conform(schema: Json) -> None:
    """Objects, arrays, bounded strings and numbers: the example is accepted by the validator."""
    judge(schema)(SCHEMAS.example(schema)) or pytest.fail(f"{SCHEMAS.example(schema)!r} does not conform")


# --- forms ------------------------------------------------------------------------------------------------------------

FORM = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "count": {"type": "integer"},
        "rate": {"type": ["number", "null"]},
        "flag": {"type": "boolean"},
        "either": {"type": ["integer", "string"]},
        "deep": {"type": "object"},
        "many": {"type": "array", "items": {"type": "integer"}},
        "any": {},
    },
}


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ({"text": "5"}, {"text": "5"}),
        ({"count": "5"}, {"count": 5}),
        ({"count": "x"}, {"count": "x"}),
        ({"rate": "1.5"}, {"rate": 1.5}),
        ({"rate": "null"}, {"rate": None}),
        ({"flag": "true"}, {"flag": True}),
        ({"either": "5"}, {"either": "5"}),
        ({"deep": '{"a": 1}'}, {"deep": {"a": 1}}),
        ({"many": "5"}, {"many": [5]}),
        ({"many": ["5", "x"]}, {"many": [5, "x"]}),
        ({"any": "5", "other": "6"}, {"any": "5", "other": "6"}),
        ({"text": ["a", "b"]}, {"text": ["a", "b"]}),
        ({}, {}),
    ],
)
def test_a_form_has_the_types_of_its_schema(sent: Json, typed: Json) -> None:
    """Where the text of a field allows it; one field of an array is an array."""
    assert Schemas({}).typed(FORM, sent) == typed


@pytest.mark.parametrize("value", ["text", 5, None, MISSING, ["5"]])
def test_what_is_no_form_is_left_as_it_is(value: Json) -> None:
    """Only objects have fields."""
    assert Schemas({}).typed(FORM, value) is value
