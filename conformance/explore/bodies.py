"""Which bodies can a call carry? Drawn ahead, once an operation, so that flows only pick.

First plain bodies, to be marked with values that are unique in the run; then, leaf by leaf, the edges of what the
schema allows, and what it allows at random. Beside them, for each leaf, bodies that violate that leaf alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from conformance.expressions import MISSING, Expression, Json, Pointer, assign
from conformance.profile import Binding, Profile
from conformance.schemas import Variation
from conformance.step import RAW, raw_number
from conformance.values import Awkward

PLAIN = 5
"""How many plain variants there are; they differ in the keys and the kinds of the values that carry the marker."""
DRAWN = 24
"""How many bodies are drawn from a schema."""
AWKWARD: tuple[tuple[Awkward, Json], ...] = (
    (Awkward.UNICODE, "na\u00efve \u65e5\u672c\u8a9e \U0001f600 \u0645\u0631\u062d\u0628\u0627"),
    (Awkward.NUL, "before\0after"),
    (Awkward.SURROGATE, "before\ud800after"),
    (Awkward.CONTROL, "line\r\nbell\x07tab\tdelete\x7f"),
    (Awkward.EMPTY, ""),
    (Awkward.EMPTY, {}),
    (Awkward.EMPTY, []),
    (Awkward.LONG, "long " * 4_000),
    (Awkward.DEEP, json.loads("[" * 96 + '"deep"' + "]" * 96)),
    (Awkward.INTEGER, 2**53 + 1),
    (Awkward.INTEGER, -(10**30)),
    (Awkward.NUMBER, raw_number("1e999")),
    (Awkward.NUMBER, raw_number("0.12345678901234567")),
    (Awkward.KEY, "with.dots"),
    (Awkward.KEY, "with/slash~tilde"),
    (Awkward.KEY, "$set"),
    (Awkward.KEY, "__proto__"),
    (Awkward.KEY, ""),
)
"""Legal values that implementations are known to mangle, one after the other."""
AWKWARD_IDS = (
    "with space",
    " padded ",
    "caf\u00e9",
    "percent%41",
    "question?",
    "hash#",
    "dot.",
    "UPPER",
    "slash/inside",
)
"""What is put behind a chosen id. The last one often cannot be reached, and so not deleted."""
MAX_VARIATIONS = 80
"""How many edges, and how many violations, of one schema are kept."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The bodies for one binding. `base` is the plain one, before markers, ids and owners are written into it.

    Valid bodies are numbered: plain variants, then the edges of the schema, then the drawn ones, shortest first.
    """

    base: Json = MISSING
    edges: tuple[Variation, ...] = ()
    drawn: tuple[Json, ...] = ()
    violations: tuple[Variation, ...] = ()
    open_groups: Mapping[str, bool] = field(default_factory=dict)
    examples: Mapping[str, Json] = field(default_factory=dict)

    def valid(self, index: int, marker: str) -> tuple[Json, dict[str, Json] | None, Variation | None]:
        """A valid body by number: the body, the marked attributes if it is to carry some, and a variation."""
        index %= PLAIN + len(self.edges) + len(self.drawn)
        if index < PLAIN:
            return self.base, self._marked(index, marker), None
        if index < PLAIN + len(self.edges):
            return self.base, self._marked(0, marker), self.edges[index - PLAIN]
        return self.drawn[index - PLAIN - len(self.edges)], None, None

    def invalid(self, index: int, marker: str) -> tuple[Json, dict[str, Json] | None, Variation | None]:
        """A body that violates the spec in one leaf, by number; there must be some."""
        return self.base, self._marked(0, marker), self.violations[index % len(self.violations)]

    def awkward(self, index: int, marker: str) -> tuple[dict[str, Json], str] | None:
        """Attribute groups and a text with an awkward value in them, by number; None if the call takes neither."""
        kind, value = AWKWARD[index % len(AWKWARD)]
        is_key = kind is Awkward.KEY
        groups = {
            name: {"first": marker, str(value) if is_key else "awkward": marker if is_key else value}
            for name, is_open in self.open_groups.items()
            if is_open
        }
        text = value if isinstance(value, str) and not is_key and not value.startswith(RAW) else marker
        return (groups, text) if groups or text != marker else None

    def _marked(self, variant: int, marker: str) -> dict[str, Json]:
        """The attribute groups, carrying the marker."""
        return {
            name: _variant(variant, marker) if is_open else _mark(self.examples[name], marker)
            for name, is_open in self.open_groups.items()
        }


def pools(profile: Profile, seed: int) -> dict[int, Pool]:
    """The pool of each binding, by its index in the profile."""
    drawn: dict[str, tuple[Json, ...]] = {}
    for binding in profile.bindings:
        if binding.operation.id not in drawn:
            bodies = profile.spec.draw(binding.operation, DRAWN, seed)
            drawn[binding.operation.id] = tuple(sorted(bodies, key=lambda body: len(json.dumps(body))))
    return {
        index: _pool(profile, binding, drawn[binding.operation.id]) for index, binding in enumerate(profile.bindings)
    }


def _pool(profile: Profile, binding: Binding, drawn: tuple[Json, ...]) -> Pool:
    """The bodies for one binding."""
    request = binding.operation.request
    if request is None:
        return Pool()
    schemas = profile.spec.schemas
    base = schemas.example(request.schema) if binding.operation.body_required or _in_body(binding) else MISSING
    if binding.message is not None and binding.message.place == "body":
        schema = schemas.at(request.schema, binding.message.pointer)
        base = assign(base, binding.message.pointer, schemas.example(schema))
    inside = {name: each.pointer for name, each in binding.attributes.items() if each.place == "body"}
    groups = {name: schemas.at(request.schema, pointer) for name, pointer in inside.items()}
    open_groups = {name: schemas.is_open_object(schema) for name, schema in groups.items()}
    examples = {name: schemas.example(schema) for name, schema in groups.items()}
    names = [each.pointer for each in (*binding.owner, binding.session) if each is not None and each.place == "body"]
    whole = base
    for pointer in names:
        whole = assign(whole, pointer, schemas.example(schemas.at(request.schema, pointer)))
    for group, is_open in open_groups.items():
        whole = assign(whole, binding.attributes[group].pointer, _variant(0, "sample") if is_open else examples[group])

    def valid(body: Json) -> bool:
        return request.place(body) is None

    # First the violations that leave it clear which session is meant: only these can leave a trace in it.
    broken = schemas.violations(request.schema, whole, valid)
    kept = (each for each in schemas.edges(request.schema, whole, valid) if not _touches(each, names))
    return Pool(
        base=base,
        edges=tuple(islice(kept, MAX_VARIATIONS)),
        drawn=drawn,
        violations=tuple(islice(sorted(broken, key=lambda each: _touches(each, names)), MAX_VARIATIONS)),
        open_groups=open_groups,
        examples=examples,
    )


def _touches(variation: Variation, pointers: list[Pointer]) -> bool:
    """Whether a variation changes where an id or an owner stands: then the call would mean another session."""
    return any(pointer[: len(variation.pointer)] == variation.pointer for pointer in pointers)


def _in_body(binding: Binding) -> bool:
    """Whether anything that the profile names stands in the body."""
    named: list[Expression | None] = [binding.session, binding.message, *binding.owner, *binding.attributes.values()]
    return any(each is not None and each.place == "body" for each in named)


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
