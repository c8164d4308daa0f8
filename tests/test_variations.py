"""Bodies that are unusual in one place."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conformance.expressions import MISSING, Json
from conformance.operations import Operation
from conformance.spec import Spec
from conformance.variations import Variation, edges, violations
from tests.grammar import GRAMMAR, QUICK, SCHEMAS, SPECS, judge

MANY = 300


def bases(data: st.DataObject, schema: Json, valid: Callable[[Json], bool]) -> Json:
    """A valid body to start from."""
    base = SCHEMAS.example(schema)
    if isinstance(base, dict) and isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            if data.draw(st.booleans()):
                base = {**base, name: SCHEMAS.example(inner)}
    assume(valid(base))
    return base


@QUICK
@given(GRAMMAR, st.data())
def test_violations_violate_one_place(schema: Json, data: st.DataObject) -> None:
    """Each violation is rejected by the validator, and is accepted without its last change."""
    valid = judge(schema)
    base = bases(data, schema, valid)
    for variation in islice(violations(SCHEMAS, schema, base, valid), MANY):
        assert not valid(variation.apply(base)), variation
        assert valid(Variation(variation.pointer, "", variation.changes[:-1]).apply(base)), variation
        assert variation.changes[-1][0] == variation.pointer
        assert variation.kind
        assert variation.kind in str(variation)


@QUICK
@given(GRAMMAR, st.data())
def test_edges_stay_within_the_schema(schema: Json, data: st.DataObject) -> None:
    """Each edge is accepted by the validator, and differs from the plain body."""
    valid = judge(schema)
    base = bases(data, schema, valid)
    for variation in islice(edges(SCHEMAS, schema, base, valid), MANY):
        assert valid(variation.apply(base)), variation
        assert variation.apply(base) != base, variation


def operations() -> list[Any]:
    """Every operation that takes a body, of every document."""
    return [
        pytest.param(spec, operation, id=f"{name}-{operation.id}")
        for name, spec in SPECS.items()
        for operation in spec.operations.values()
        if operation.request is not None
    ]


@pytest.mark.parametrize(("spec", "operation"), operations())
def test_the_bodies_of_real_operations_are_at_their_limits(spec: Spec, operation: Operation) -> None:
    """Violations are rejected and edges accepted for every operation that comes along, and there are some of both."""
    assert operation.request is not None
    schema, valid = operation.request.schema, operation.request.validator.is_valid
    base = spec.schemas.example(schema)
    broken = list(violations(spec.schemas, schema, base, valid))
    kept = list(edges(spec.schemas, schema, base, valid))
    assert broken
    assert not any(valid(each.apply(base)) for each in broken)
    assert all(valid(each.apply(base)) for each in kept)
    assert len({str(each) for each in broken}) == len(broken)


BODY = {
    "type": "object",
    "required": ["name", "inner"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 5},
        "inner": {
            "type": "object",
            "required": ["count"],
            "properties": {"count": {"type": "integer", "minimum": 1, "maximum": 9}},
        },
        "color": {"enum": ["red", "green"]},
        "when": {"type": ["string", "null"], "format": "date-time"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}


def test_each_leaf_is_violated_in_each_way() -> None:
    """Types, bounds, lengths, enums, formats, missing and unknown members: none is forgotten, optional ones neither."""
    base = {"name": "abc", "inner": {"count": 3}}
    found = {str(each) for each in violations(SCHEMAS, BODY, base, judge(BODY))}
    assert found == {
        "the body (type)",
        "/name (required)",
        "/inner (required)",
        "/notInTheSpec (additional)",
        "/name (minLength)",
        "/name (maxLength)",
        "/name (type)",
        "/inner (type)",
        "/inner/count (required)",
        "/inner/count (minimum)",
        "/inner/count (maximum)",
        "/inner/count (type)",
        "/color (enum)",
        "/when (format)",
        "/when (type)",
        "/tags (type)",
        "/tags/0 (type)",
    }


def test_each_leaf_is_taken_to_each_edge() -> None:
    """Absent, null and empty: wherever the schema allows it, and nowhere else."""
    base = {"name": "abc", "inner": {"count": 3}, "tags": ["x"], "when": "2024-01-02T03:04:05Z"}
    found = {str(each) for each in edges(SCHEMAS, BODY, base, judge(BODY))}
    assert found == {
        "/when (absent)",
        "/when (null)",
        "/tags (absent)",
        "/tags (empty array)",
        "/tags/0 (absent)",
        "/tags/0 (empty string)",
    }


def test_a_variation_changes_a_copy() -> None:
    """Applying a variation leaves the body as it was; MISSING takes a member away."""
    base = {"a": {"b": 1}}
    assert Variation(("a", "b"), "absent", ((("a", "b"), MISSING),)).apply(base) == {"a": {}}
    assert Variation(("c", "d"), "x", ((("c",), {}), (("c", "d"), 2))).apply(base) == {"a": {"b": 1}, "c": {"d": 2}}
    assert base == {"a": {"b": 1}}
