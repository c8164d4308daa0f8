"""Which bodies can a call carry? Drawn ahead, once an operation, so that flows only pick.

First plain bodies, to be marked with values that are unique in the run; then, leaf by leaf, the edges of what the
schema allows, and what it allows at random. Beside them, for each leaf, bodies that violate that leaf alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from conformance.expressions import MISSING, Expression, Json, Pointer, assign
from conformance.profile import Binding, Profile
from conformance.schemas import Variation
from conformance.step import RAW, raw_number
from conformance.values import Awkward

PLAIN = 8
"""How many plain variants there are; they differ in the keys and the kinds of the values that carry the marker."""
DRAWN = 24
"""How many bodies are drawn from a schema."""
AWKWARD: tuple[tuple[Awkward, Json], ...] = (
    (Awkward.UNICODE, "na\u00efve e\u0301t\u00e9 \u65e5\u672c\u8a9e \U0001f600 \u0645\u0631\u062d\u0628\u0627"),
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
    "-".ljust(60, "x"),
)
"""What is put behind a chosen id. The one with a slash often cannot be reached, and so not deleted. Saved flows hold
numbers of this list, so that new ones go to its end."""
_WRONG_TEXTS = ("none-of-these", "-1", "999999999", "7.5")
MAX_VARIATIONS = 80
"""How many edges, and how many violations, of one schema are kept."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The bodies for one binding. `base` is the plain one, before markers, ids and owners are written into it.

    Beside them `wrong_parameters`, texts that violate the spec, each with the name of the parameter that it is for.
    Valid bodies are numbered: plain variants, then the edges of the schema, then the drawn ones, shortest first.
    """

    base: Json = MISSING
    edges: tuple[Variation, ...] = ()
    drawn: tuple[Json, ...] = ()
    violations: tuple[Variation, ...] = ()
    wrong_parameters: tuple[tuple[str, str], ...] = ()
    open_groups: Mapping[str, bool] = field(default_factory=dict)
    examples: Mapping[str, Json] = field(default_factory=dict)
    passing: tuple[str, ...] = ()

    def valid(self, index: int, marker: str) -> tuple[Json, dict[str, Json] | None, Variation | None]:
        """A valid body by number: the body, the marked attributes if it is to carry some, and a variation."""
        index %= PLAIN + len(self.edges) + len(self.drawn)
        if index < PLAIN:
            return self.base, self._marked(index, marker), None
        if index < PLAIN + len(self.edges):
            return self.base, self._marked(0, marker), self.edges[index - PLAIN]
        return self.drawn[index - PLAIN - len(self.edges)], None, None

    @property
    def wrongs(self) -> int:
        """How many ways there are to violate the spec."""
        return len(self.violations) + len(self.wrong_parameters)

    def invalid(self, index: int, marker: str) -> tuple[Json, dict[str, Json] | None, Variation | None]:
        """A body that violates the spec in one leaf, by number; there must be some. Numbers beyond stand for a wrong
        parameter beside a plain body."""
        index %= self.wrongs
        variation = self.violations[index] if index < len(self.violations) else None
        return self.base, self._marked(0, marker), variation

    def wrong_parameter(self, index: int) -> dict[str, str]:
        """The parameter that goes with an invalid body, by the same number; none if the body itself is wrong."""
        index = index % self.wrongs - len(self.violations)
        return dict(self.wrong_parameters[index : index + 1]) if index >= 0 else {}

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

    def _variant(self, index: int, marker: str) -> Json:
        """A plain object that carries the marker; in some also under names that are not kept."""
        passing = dict.fromkeys(self.passing, marker) if index == 1 else {}
        return {**_variant(index, marker), **passing}

    def _marked(self, variant: int, marker: str) -> dict[str, Json]:
        """The attribute groups, carrying the marker."""
        return {
            name: self._variant(variant, marker) if is_open else _mark(self.examples[name], marker)
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
    wrong = tuple(_wrong_parameters(binding))
    if request is None:
        return Pool(wrong_parameters=wrong)
    schemas = profile.spec.schemas
    base = schemas.example(request.schema) if binding.operation.body_required or _in_body(binding) else MISSING
    base, drawn = _known(profile, base), tuple(_known(profile, each) for each in drawn)
    if binding.message is not None and binding.message.place == "body":
        schema = schemas.at(request.schema, binding.message.pointer)
        base = assign(base, binding.message.pointer, schemas.example(schema))
    inside = {name: each.pointer for name, each in binding.attributes.items() if each.place == "body"}
    groups = {name: schemas.at(request.schema, pointer) for name, pointer in inside.items()}
    open_groups = {name: schemas.is_open_object(schema) for name, schema in groups.items()}
    examples = {name: schemas.example(schema) for name, schema in groups.items()}
    named = (*binding.owner, binding.session, *binding.also, binding.item)
    names = [each.pointer for each in named if each is not None and each.place == "body"]
    if binding.status is not None and binding.status.place == "body":
        base = assign(base, binding.status.pointer, next(iter(profile.lifecycle.names), "text"))
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
        wrong_parameters=wrong,
        open_groups=open_groups,
        examples=examples,
        passing=tuple(f"{prefix}note" for prefix in profile.session.unstored),
    )


def _known(profile: Profile, body: Json) -> Json:
    """A body with every member that is one of the profile's values in its stead: data cannot guess them."""
    if isinstance(body, list):
        return [_known(profile, each) for each in body]
    if not isinstance(body, dict):
        return body
    return {name: profile.values.get(name, _known(profile, each)) for name, each in body.items()}


def _wrong_parameters(binding: Binding) -> Iterator[tuple[str, str]]:
    """Texts that violate the spec, each with the name of the parameter that it is for.

    Parameters that name a session or an owner are left alone: the call would mean another one.
    """
    named = {each.name for each in (*binding.owner, binding.session, *binding.also) if each is not None}
    for each in binding.operation.parameters:
        wrong = (text for text in _WRONG_TEXTS if each.problem(text) is not None)
        if each.place in ("query", "header") and each.name not in named and each.name.lower() not in named:
            yield from ((each.name, text) for text in islice(wrong, 1))


def _touches(variation: Variation, pointers: list[Pointer]) -> bool:
    """Whether a variation changes where an id or an owner stands: then the call would mean another session or item."""
    return any(pointer[: len(variation.pointer)] == variation.pointer for pointer in pointers)


def _in_body(binding: Binding) -> bool:
    """Whether anything that the profile names stands in the body."""
    named: list[Expression | None] = [
        binding.session, *binding.also, binding.item, binding.message, binding.status, *binding.owner,
        *binding.attributes.values(),
    ]  # fmt: skip
    return any(each is not None and each.place == "body" for each in named)


def _variant(index: int, marker: str) -> Json:
    """A plain object that carries the marker; variants share some keys, so that enrichments meet.

    The later ones hold what careless code takes for something else: zero, an array that grows shorter, a key in mixed
    case, text that looks like a number, a word or a date, text that is not trimmed, repeated items, nothing at all.
    """
    return (
        {"first": marker},
        {"second": marker, "count": 7},
        {"first": marker, "third": {"inner": marker, "flag": True}},
        {"fourth": [marker, 1.5], "second": marker},
        {"third": {"other": marker}},
        {"fourth": [marker], "count": 0, "off": False, "mixedCase": marker},
        {"second": 12, "code": "0071", "word": "true", "day": "2024-02-29T12:00:00Z", "text": f" <{marker}> "}
        | {"many": [3, 1, 3]},
        {},
    )[index]


def _mark(example: Json, marker: str) -> Json:
    """An example with every string replaced by the marker."""
    if isinstance(example, str):
        return marker
    if isinstance(example, dict):
        return {key: _mark(value, marker) for key, value in example.items()}
    return [_mark(value, marker) for value in example] if isinstance(example, list) else example
