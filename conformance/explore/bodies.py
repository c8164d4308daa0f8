"""Which bodies can a call carry? Drawn ahead, once an operation, so that flows only pick.

First plain bodies, to be marked with values that are unique in the run; then what the spec's schema allows; then, for each
leaf of the schema, bodies that violate that leaf alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.expressions import MISSING, Expression, Json, assign
from conformance.profile import Binding, Profile
from conformance.schemas import Violation
from conformance.spec import Spec

PLAIN = 5
"""How many plain variants there are; they differ in the keys and the kinds of the values that carry the marker."""
DRAWN = 24
"""How many bodies are drawn from a schema."""
MAX_VIOLATIONS = 80
"""How many violations of one schema are kept."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The bodies for one binding. `base` is the plain one, before markers, ids and owners are written into it."""

    base: Json
    drawn: tuple[Json, ...]
    violations: tuple[Violation, ...]
    open_groups: Mapping[str, bool]
    examples: Mapping[str, Json]

    @property
    def size(self) -> int:
        """How many valid bodies there are."""
        return PLAIN + len(self.drawn)

    def body(self, index: int) -> Json:
        """The body at an index: plain ones first."""
        index %= self.size
        return self.base if index < PLAIN else self.drawn[index - PLAIN]

    def marked(self, index: int, marker: str) -> dict[str, Json] | None:
        """The attribute groups for a plain body, carrying the marker; None for a drawn body, which has its own."""
        index %= self.size
        if index >= PLAIN:
            return None
        return {
            name: _variant(index, marker) if is_open else _mark(self.examples[name], marker)
            for name, is_open in self.open_groups.items()
        }


def pools(profile: Profile, seed: int) -> dict[int, Pool]:
    """The pool of each binding, by its index in the profile."""
    drawn: dict[str, tuple[Json, ...]] = {}
    for binding in profile.bindings:
        if binding.operation.id not in drawn:
            drawn[binding.operation.id] = tuple(profile.spec.draw(binding.operation, DRAWN, seed))
    return {
        index: _pool(profile, binding, drawn[binding.operation.id]) for index, binding in enumerate(profile.bindings)
    }


def _pool(profile: Profile, binding: Binding, drawn: tuple[Json, ...]) -> Pool:
    """The bodies for one binding."""
    request = binding.operation.request
    if request is None:
        return Pool(MISSING, (), (), {}, {})
    schemas = profile.spec.schemas
    base = schemas.example(request.schema) if binding.operation.body_required or _in_body(binding) else MISSING
    if binding.message is not None and binding.message.place == "body":
        schema = schemas.at(request.schema, binding.message.pointer)
        base = assign(base, binding.message.pointer, schemas.example(schema))
    whole = _with_samples(profile.spec, binding, base)
    found: list[Violation] = []
    for violation in schemas.violations(request.schema, whole, lambda body: request.place(body) is None):
        if len(found) < MAX_VIOLATIONS and violation not in found:
            found.append(violation)
    groups = {name: schemas.at(request.schema, each.pointer) for name, each in binding.attributes.items() if each.place == "body"}
    return Pool(
        base=base,
        drawn=drawn,
        violations=tuple(found),
        open_groups={name: schemas.is_open_object(schema) for name, schema in groups.items()},
        examples={name: schemas.example(schema) for name, schema in groups.items()},
    )


def _in_body(binding: Binding) -> bool:
    """Whether anything that the profile names stands in the body."""
    named: list[Expression | None] = [binding.session, binding.message, *binding.owner, *binding.attributes.values()]
    return any(each is not None and each.place == "body" for each in named)


def _with_samples(spec: Spec, binding: Binding, base: Json) -> Json:
    """The plain body with samples where ids and owners will be written, so that what violates it is the leaf alone."""
    request = binding.operation.request
    assert request is not None
    for expression in (*binding.owner, *([binding.session] if binding.session else [])):
        if expression.place == "body":
            base = assign(base, expression.pointer, spec.schemas.example(spec.schemas.at(request.schema, expression.pointer)))
    return base


def _variant(index: int, marker: str) -> Json:
    """A plain object that carries the marker; variants share some keys, so that enrichments meet."""
    return (
        {"first": marker},
        {"second": marker, "count": 7},
        {"first": marker, "third": {"inner": marker, "flag": True}},
        {"fourth": [marker, 1.5], "second": marker},
        {"third": {"other": marker}},
    )[index]


def _mark(example: Json, marker: str) -> Json:
    """An example with every string replaced by the marker."""
    if isinstance(example, str):
        return marker
    if isinstance(example, dict):
        return {key: _mark(value, marker) for key, value in example.items()}
    return [_mark(value, marker) for value in example] if isinstance(example, list) else example
