"""Which bodies can a call carry? Drawn ahead, once an operation, so that flows only pick.

First plain bodies, to be marked with values that are unique in the run; then, leaf by leaf, the edges of what the
schema allows, and what it allows at random. Beside them, for each leaf, bodies that violate that leaf alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from conformance.expressions import MISSING, Expression, Json, Pointer, assign
from conformance.json_text import RAW, raw_number
from conformance.operations import Content
from conformance.profile import Binding, Choices, Profile, Role
from conformance.values import EXAMPLES, SPOKEN, Awkward
from conformance.variations import Variation, edges, violations

PLAIN = 8
"""How many plain variants there are; they differ in the keys and the kinds of the values that carry the marker."""
UNTRIMMED = 6
"""Which of them has a text with blanks around it."""
ALONE = 3
"""Which of them, of four, carries a single group of attributes where others can be left out."""
DRAWN = 24
"""How many bodies are drawn from a schema."""
_VALUES: tuple[tuple[Awkward, Json], ...] = (
    (Awkward.UNICODE, "na\u00efve e\u0301t\u00e9 \u65e5\u672c\u8a9e \U0001f600 \u0645\u0631\u062d\u0628\u0627"),
    (Awkward.NUL, EXAMPLES[Awkward.NUL]),
    (Awkward.SURROGATE, EXAMPLES[Awkward.SURROGATE]),
    (Awkward.CONTROL, EXAMPLES[Awkward.CONTROL]),
    (Awkward.LONG, EXAMPLES[Awkward.LONG]),
    (Awkward.EMPTY, ""),
    (Awkward.EMPTY, {}),
    (Awkward.EMPTY, []),
    (Awkward.DEEP, EXAMPLES[Awkward.DEEP]),
    (Awkward.INTEGER, EXAMPLES[Awkward.INTEGER]),
    (Awkward.INTEGER, -(10**30 + 7)),
    (Awkward.NUMBER, raw_number("1e999")),
    (Awkward.NUMBER, raw_number("0.12345678901234567")),
    (Awkward.KEY, "with.dots"),
    (Awkward.KEY, "with/slash~tilde"),
    (Awkward.KEY, "$set"),
    (Awkward.KEY, "__proto__"),
    (Awkward.KEY, ""),
)
AWKWARD: tuple[tuple[Awkward, tuple[Json, ...]], ...] = (
    *((kind, (value,)) for kind, value in _VALUES),
    *((kind, tuple(value for of, value in _VALUES if of is kind)) for kind in dict(_VALUES)),
)
"""Legal values that implementations are known to mangle, one after the other; then all of a kind at once."""
AWKWARD_VALUES = len(_VALUES)
"""So many of these are single values."""
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


MARK = "\ue001"
"""Stands where the marker goes in values that are prepared."""
_SAMPLE = "conf0123abcd-m4567"
SAID = f"{MARK}: <Hello> & Welcome"
"""A plain text that careless code takes for something else: markup, and capital letters."""


@dataclass(frozen=True, slots=True)
class Group:
    """What one attribute group of a request may hold, with MARK where the marker goes: the plain variants, and for each
    awkward value an object with it, or None if the schema does not allow that."""

    plain: tuple[Json, ...]
    awkward: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Pool:
    """The bodies for one binding. `base` is the plain one, before markers, ids and owners are written into it.

    Beside them `wrong_parameters`, texts that violate the spec, each with the name of the parameter that it is for.
    `silent`: attributes can be left out, since it is a message that carries them; `apart`: groups can be sent alone.
    Valid bodies are numbered: plain variants, then the edges of the schema, then the drawn ones, shortest first.
    """

    base: Json = MISSING
    edges: tuple[Variation, ...] = ()
    drawn: tuple[Json, ...] = ()
    violations: tuple[Variation, ...] = ()
    wrong_parameters: tuple[tuple[str, str], ...] = ()
    groups: Mapping[str, Group] = field(default_factory=dict)
    said: str = MARK
    speaks: tuple[bool, ...] = ()
    silent: bool = False
    apart: bool = False

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

    def text(self, index: int, marker: str) -> str:
        """A plain text that carries the marker; the one that goes with the body that has such a text is not trimmed."""
        text = self.said.replace(MARK, marker)
        return f" {text} " if index % PLAIN == UNTRIMMED and self.said is SAID else text

    def wrong_parameter(self, index: int) -> dict[str, str]:
        """The parameter that goes with an invalid body, by the same number; none if the body itself is wrong."""
        index = index % self.wrongs - len(self.violations)
        return dict(self.wrong_parameters[index : index + 1]) if index >= 0 else {}

    def awkward(self, index: int, marker: str) -> tuple[dict[str, Json], str] | None:
        """Attribute groups and a text with an awkward value in them, by number; None if the call takes neither."""
        index %= len(AWKWARD)
        found = {name: _filled(group.awkward[index], marker) for name, group in self.groups.items()}
        groups = {name: value for name, value in found.items() if value is not None}
        text = AWKWARD[index][1][0] if self.speaks and self.speaks[index] else marker
        return (groups, str(text)) if groups or text != marker else None

    def _marked(self, variant: int, marker: str) -> dict[str, Json]:
        """The attribute groups, carrying the marker; every second message goes without, and leaves them alone."""
        if self.silent and variant % 2 == 0:
            return {}
        filled = {name: _filled(group.plain[variant], marker) for name, group in self.groups.items()}
        alone = list(filled)[variant % len(filled)] if self.apart and variant % 4 == ALONE and filled else None
        return filled if alone is None else {alone: filled[alone]}


def pools(profile: Profile, seed: int) -> dict[int, Pool]:
    """The pool of each binding, by its index in the profile."""
    drawn: dict[str, tuple[Json, ...]] = {}
    for binding in profile.bindings:
        if binding.operation.id not in drawn and not _names_all(profile, binding):
            bodies = profile.spec.draw(binding.operation, DRAWN, seed)
            drawn[binding.operation.id] = tuple(sorted(bodies, key=lambda body: len(json.dumps(body))))
    return {
        index: _pool(profile, binding, drawn.get(binding.operation.id, ()))
        for index, binding in enumerate(profile.bindings)
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
    if isinstance(base, dict):
        base |= {name: profile.values[name] for name in schemas.names(request.schema) if name in profile.values}
    if binding.message is not None and binding.message.place == "body":
        base = _speaking(profile, request, base, binding.message.pointer)
    groups = {
        name: _group(profile, binding, each.pointer)
        for name, each in binding.attributes.items()
        if each.place == "body" and binding.role is not Role.TRANSITION  # what is named changes, the rest is looked at
    }
    names, asked, other = _names(binding), _in_bodies(binding.when), _in_bodies(binding.unless)
    asked += [each.pointer for each in binding.nameless if each.place == "body"]
    if binding.status is not None and binding.status.place == "body":
        base = assign(base, binding.status.pointer, next(iter(profile.lifecycle.names), "text"))
    whole = base
    for pointer in names:
        whole = assign(whole, pointer, schemas.example(schemas.at(request.schema, pointer)))
    for place, value in binding.when:
        base, whole = (assign(each, place.pointer, value) if place.place == "body" else each for each in (base, whole))
    for name, group in groups.items():
        whole = assign(whole, binding.attributes[name].pointer, _filled(group.plain[0], "sample"))

    def valid(body: Json) -> bool:
        return request.place(body) is None

    # First the violations that leave it clear which session is meant: only these can leave a trace in it.
    broken = (each for each in violations(schemas, request.schema, whole, valid) if not _touches(each, asked))
    kept = (
        each
        for each in edges(schemas, request.schema, whole, valid)
        if not (_touches(each, [*names, *asked, *other]) or _unguessed(each.pointer, profile, binding))
    )
    return Pool(
        base=base,
        edges=tuple(islice(kept, MAX_VARIATIONS)),
        drawn=drawn,
        violations=tuple(islice(sorted(broken, key=lambda each: _touches(each, names)), MAX_VARIATIONS)),
        wrong_parameters=wrong,
        groups=groups,
        said=SAID if _says(profile, binding, f" {SAID} ") else MARK,
        speaks=tuple(_speaks(profile, binding, *each) for each in AWKWARD),
        silent=binding.message is not None and binding.role is not Role.CREATE,
        apart=binding.role is Role.ENRICH,
    )


def _names(binding: Binding) -> list[Pointer]:
    """Where in its body a request names the owner, the session, and an item."""
    named = (*binding.owner, binding.session, *binding.also, binding.item)
    return [each.pointer for each in named if each is not None and each.place == "body"]


def _in_bodies(choices: Choices) -> list[Pointer]:
    """Where in its body a request says which role of its operation is meant: another value would mean another."""
    return [place.pointer for place, _ in choices if place.place == "body"]


def _names_all(profile: Profile, binding: Binding) -> bool:
    """Whether a body holds nothing but names, which the profile writes: there is one such body, and none to draw."""
    request, schemas = binding.operation.request, profile.spec.schemas
    if request is None or schemas.member(request.schema, "any name") is not MISSING:
        return False
    places = [pointer for pointer, _ in schemas.leaves(request.schema) if pointer]
    return all(any(place[: len(name)] == name for name in _names(binding)) for place in places)


def _known(profile: Profile, body: Json) -> Json:
    """A body with every member that is one of the profile's values in its stead: data cannot guess them."""
    if isinstance(body, list):
        return [_known(profile, each) for each in body]
    if not isinstance(body, dict):
        return body
    return {name: profile.values.get(name, _known(profile, each)) for name, each in body.items()}


def _speaking(profile: Profile, request: Content, base: Json, pointer: Pointer) -> Json:
    """A body with a message in it: as one of the profile's values has it, or else as the schema does."""
    for end, name in enumerate(pointer, start=1):
        if name in profile.values:
            return assign(base, pointer[:end], profile.values[name])
    schemas = profile.spec.schemas
    return assign(base, pointer, schemas.example(schemas.at(request.schema, pointer)))


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


def _unguessed(pointer: Pointer, profile: Profile, binding: Binding) -> bool:
    """Whether a place holds one of the profile's values, and not the message in it: another value is one that the
    server need not know."""
    said = binding.message.pointer if binding.message is not None and binding.message.place == "body" else None
    return not profile.values.keys().isdisjoint(pointer) and (said is None or pointer[: len(said)] != said)


def _in_body(binding: Binding) -> bool:
    """Whether anything that the profile names stands in the body."""
    named: list[Expression | None] = [
        binding.session, *binding.also, binding.item, binding.message, binding.status, *binding.owner,
        *binding.attributes.values(), *(place for place, _ in binding.when),
    ]  # fmt: skip
    return any(each is not None and each.place == "body" for each in named)


def _group(profile: Profile, binding: Binding, pointer: Pointer) -> Group:
    """What an attribute group of a request may hold."""
    schemas, request = profile.spec.schemas, binding.operation.request
    assert request is not None
    schema = schemas.at(request.schema, pointer)
    example = schemas.example(schema)

    def fits(value: Json) -> bool:
        return profile.spec.takes(binding.operation, pointer, _filled(value, _SAMPLE))

    def takes(kind: Awkward, value: Json) -> bool:
        """Whether an awkward value fits; a raw number counts as any other."""
        return fits(_holding(kind, [1.5 if kind is Awkward.NUMBER else value]))

    if not schemas.is_open_object(schema):
        alone = tuple(_said_alone(kind, values, fits) for kind, values in AWKWARD)
        return Group((_marked_where_it_fits(example, fits),) * PLAIN, alone)
    passing = dict.fromkeys((f"{prefix}note" for prefix in profile.session.unstored), MARK)
    variants = (*VARIANTS[:1], {**VARIANTS[1], **passing}, *VARIANTS[2:])
    return Group(
        tuple(_what_fits(each, fits, example) for each in variants),
        tuple(_holding(kind, [value for value in values if takes(kind, value)]) for kind, values in AWKWARD),
    )


def _said_alone(kind: Awkward, values: tuple[Json, ...], fits: Callable[[Json], bool]) -> Json:
    """A text of a kind, with the marker before it, where a group is a single text; None if it is none."""
    text = f"{MARK} {values[0]}" if kind in SPOKEN else None
    return text if text is not None and fits(text) else None


def _what_fits(variant: dict[str, Json], fits: Callable[[Json], bool], example: Json) -> Json:
    """A variant as far as the schema allows it: else the marker alone in the stead of a member, else none of it."""
    if fits(variant):
        return variant
    kept = {}
    for name, value in variant.items():
        for each in (value, MARK) if MARK in json.dumps(value, ensure_ascii=False) else (value,):
            if fits({name: each}):
                kept[name] = each
                break
    return kept if fits(kept) else _marked_where_it_fits(example, fits)


def _marked_where_it_fits(example: Json, fits: Callable[[Json], bool]) -> Json:
    """An example that carries the marker wherever it has a text that may be another."""
    marked = _mark(example, MARK)
    if fits(marked) or not isinstance(example, dict):
        return marked if fits(marked) else example
    members = {name: {**example, name: value} for name, value in marked.items()}
    return {name: marked[name] if fits(members[name]) else example[name] for name in example}


def _holding(kind: Awkward, values: list[Json]) -> Json:
    """A plain group with awkward values in it; None if there are none."""
    if kind is Awkward.KEY:
        members = dict.fromkeys(values, MARK)
    else:
        members = {f"awkward{number or ''}": value for number, value in enumerate(values)}
    return {"first": MARK, **members} if values else None


def _speaks(profile: Profile, binding: Binding, kind: Awkward, values: tuple[Json, ...]) -> bool:
    """Whether a message can say the first of some awkward values."""
    value = values[0]
    said = isinstance(value, str) and kind is not Awkward.KEY and not value.startswith(RAW)
    return said and _says(profile, binding, value)


def _says(profile: Profile, binding: Binding, text: str) -> bool:
    """Whether a message can hold a text."""
    place = binding.message
    if place is None or place.place != "body":
        return place is not None
    return profile.spec.takes(binding.operation, (*place.pointer, *profile.text), _filled(text, _SAMPLE))


def _filled(template: Json, marker: str) -> Json:
    """A prepared value, with the marker in its place."""
    if isinstance(template, str):
        return template.replace(MARK, marker)
    if isinstance(template, dict):
        return {key: _filled(value, marker) for key, value in template.items()}
    return [_filled(value, marker) for value in template] if isinstance(template, list) else template


VARIANTS: tuple[dict[str, Json], ...] = (
    {"first": MARK},
    {"second": MARK, "count": 7},
    {"first": MARK, "third": {"inner": MARK, "flag": True}},
    {"fourth": [MARK, 1.5], "second": MARK},
    {"third": {"other": MARK}},
    {"fourth": [MARK], "count": 0, "off": False, "mixedCase": MARK, "with-dash": MARK},
    {"second": 12, "code": "0071", "word": "true", "day": "2024-02-29T12:00:00Z", "text": f" <{MARK}> "}
    | {"many": [3, 1, 3]},
    {},
)
"""Plain objects that carry the marker; they share some keys, so that enrichments meet.

The later ones hold what careless code takes for something else: zero, an array that grows shorter, keys in mixed case
and with a dash, text that looks like a number, a word or a date, text that is not trimmed, repeated items, nothing at
all."""


def _mark(example: Json, marker: str) -> Json:
    """An example with every string replaced by the marker."""
    if isinstance(example, str):
        return marker
    if isinstance(example, dict):
        return {key: _mark(value, marker) for key, value in example.items()}
    return [_mark(value, marker) for value in example] if isinstance(example, list) else example
