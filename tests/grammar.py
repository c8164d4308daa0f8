"""Schemas to try things on: a document of our own, those of the specs, and plain ones as Hypothesis draws them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jsonschema_rs
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from conformance.expressions import Json
from conformance.profile_file import load
from conformance.schemas import Schemas

THREADS = Path(__file__).parent / "servers" / "threads"


SPECS = {"adk": load("adk").spec, "threads": load(THREADS).spec}


DOCUMENT = {
    "$defs": {
        "Name": {"type": "string", "minLength": 1},
        "Alias": {"$ref": "#/$defs/Second"},
        "Second": {"$ref": "#/$defs/Name"},
        "a/b": {"type": "integer"},
        "Loop": {"$ref": "#/$defs/Loop"},
        "Round": {"$ref": "#/$defs/Trip"},
        "Trip": {"$ref": "#/$defs/Round"},
        "Dangling": {"$ref": "#/$defs/Nowhere"},
        "Tree": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"$ref": "#/$defs/Name"},
                "left": {"$ref": "#/$defs/Tree"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
            },
        },
        "Endless": {
            "type": "object",
            "required": ["inner"],
            "properties": {"inner": {"$ref": "#/$defs/Endless"}},
        },
    }
}


SCHEMAS = Schemas(DOCUMENT)


def ref(name: str) -> dict[str, str]:
    """A reference to a definition of the document."""
    return {"$ref": f"#/$defs/{name}"}


def judge(schema: Json) -> Callable[[Json], bool]:
    """A validator of its own for a schema within the document."""
    root = {**DOCUMENT, "$schema": "https://json-schema.org/draft/2020-12/schema", "allOf": [schema]}
    return jsonschema_rs.validator_for(root, validate_formats=True).is_valid


def strings() -> st.SearchStrategy[Json]:
    """Schemas of strings."""
    bounded = st.tuples(st.integers(0, 4), st.integers(4, 12)).map(
        lambda bounds: {"type": "string", "minLength": bounds[0], "maxLength": bounds[1]}
    )
    return st.one_of(
        bounded,
        st.just({"type": "string"}),
        st.just({"type": "string", "format": "date-time"}),
        st.just({"type": "string", "enum": ["red", "green"]}),
    )


def numbers() -> st.SearchStrategy[Json]:
    """Schemas of numbers."""
    return st.builds(
        lambda kind, low, width: {"type": kind, "minimum": low, "maximum": low + width},
        st.sampled_from(["integer", "number"]),
        st.integers(-10, 10),
        st.integers(2, 9),
    )


def objects(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Schemas of objects, and of what may be null or an array of such."""
    members = st.dictionaries(st.sampled_from("abcd"), inner, max_size=3)
    objects_ = members.flatmap(
        lambda properties: st.builds(
            lambda required, extra: {
                "type": "object",
                "properties": properties,
                "required": sorted(required),
                "additionalProperties": extra,
            },
            st.sets(st.sampled_from(sorted(properties))) if properties else st.just(set()),
            st.booleans(),
        )
    )
    return st.one_of(
        objects_,
        inner.map(lambda schema: {"anyOf": [schema, {"type": "null"}]}),
        st.builds(
            lambda schema, least: {"type": "array", "items": schema, "minItems": least}, inner, st.integers(0, 2)
        ),
    )


LEAVES = st.one_of(
    strings(), numbers(), st.just({"type": "boolean"}), st.just(ref("Name")), st.just(ref("Tree")), st.just({})
)


GRAMMAR = st.recursive(LEAVES, objects, max_leaves=5)


QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
