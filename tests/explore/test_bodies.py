"""Tests of the bodies that calls can carry: plain ones, edges, drawn ones, and those that violate the spec."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import Budget, run
from conformance.explore.bodies import AWKWARD, MARK, MAX_VARIATIONS, PLAIN, Pool, pools
from conformance.expressions import MISSING, Json
from conformance.profile import Binding, Profile, Role
from conformance.profile_file import load
from conformance.values import SPOKEN, Awkward, kinds
from conformance.writer import Call, Writer
from tests.explore.tiny import tiny

ADK = load("adk")
THREADS = load(Path(__file__).parents[1] / "servers" / "threads" / "profile.toml")
PROFILES = pytest.mark.parametrize("profile", [ADK, THREADS], ids=lambda profile: profile.name)
MARKER = "conf0-m1"


def bodies(profile: Profile) -> list[tuple[Binding, Pool]]:
    """Each binding that takes a body, with its pool."""
    found = pools(profile, 1)
    return [(each, found[index]) for index, each in enumerate(profile.bindings) if each.operation.request is not None]


def sent(profile: Profile, binding: Binding, pool: Pool, index: int, valid: bool) -> Json:
    """The body as it is sent, by number; MISSING if there is none."""
    body, attributes, variation = (pool.valid if valid else pool.invalid)(index, MARKER)
    owner = tuple(f"owner{number}" for number, _ in enumerate(profile.owner))
    text = MARKER if attributes is not None and binding.message is not None else None
    call = Call(binding, owner, f"{MARKER}-id", body, attributes, text, variation)
    request = Writer(profile).request(call)
    return json.loads(request.body) if request.body else MISSING


def problem(binding: Binding, body: Json) -> str | None:
    """Where a body violates the schema, or None."""
    assert binding.operation.request is not None
    return None if body is MISSING else binding.operation.request.place(body)


@PROFILES
def test_pools_are_the_same_for_a_seed(profile: Profile) -> None:
    """One seed gives the same bodies each time, another one draws others."""
    assert pools(profile, 5) == pools(profile, 5)
    assert [pool.drawn for pool in pools(profile, 5).values()] != [pool.drawn for pool in pools(profile, 6).values()]


@PROFILES
def test_every_binding_has_a_pool(profile: Profile) -> None:
    """Each binding has a pool; those without a request body have an empty one."""
    found = pools(profile, 1)
    assert sorted(found) == list(range(len(profile.bindings)))
    for index, binding in enumerate(profile.bindings):
        assert (found[index] == Pool()) is (binding.operation.request is None)
    assert Pool().valid(0, MARKER) == (MISSING, {}, None)


@PROFILES
def test_valid_bodies_are_valid(profile: Profile) -> None:
    """Each numbered body conforms to the schema once ids and owners are written into it."""
    for binding, pool in bodies(profile):
        for index in range(PLAIN + len(pool.edges) + len(pool.drawn)):
            body = sent(profile, binding, pool, index, valid=True)
            assert problem(binding, body) is None, (binding.operation.id, index, body)


@PROFILES
def test_invalid_bodies_are_invalid_in_one_leaf(profile: Profile) -> None:
    """Each violation breaks the schema, and without its last change nothing does."""
    for binding, pool in bodies(profile):
        assert pool.violations, binding.operation.id
        for index, violation in enumerate(pool.violations):
            assert problem(binding, sent(profile, binding, pool, index, valid=False)) is not None, violation
            room = replace(violation, changes=violation.changes[:-1])
            mended = replace(pool, violations=(room,))
            assert problem(binding, sent(profile, binding, mended, 0, valid=False)) is None, violation


@PROFILES
def test_each_violation_and_each_edge_stands_once(profile: Profile) -> None:
    """No two violations change the same place in the same way, nor do two edges; and there are not too many."""
    for _, pool in bodies(profile):
        for variations in (pool.violations, pool.edges):
            assert len({repr(each.changes) for each in variations}) == len(variations) <= MAX_VARIATIONS


@PROFILES
def test_violations_that_blur_the_session_come_last(profile: Profile) -> None:
    """Violations of an id or an owner come after all others, and no edge touches one."""
    for binding, pool in bodies(profile):
        named = [
            each.pointer for each in (*binding.owner, binding.session) if each is not None and each.place == "body"
        ]

        def blurs(pointer: tuple[str, ...], named: list[tuple[str, ...]] = named) -> bool:
            return any(each[: len(pointer)] == pointer for each in named)

        order = [blurs(each.pointer) for each in pool.violations]
        assert order == sorted(order)
        assert not any(blurs(each.pointer) for each in pool.edges)


def test_plain_bodies_carry_the_marker() -> None:
    """The attributes of each plain variant but the empty one hold the marker; all differ, and keys meet."""
    create = ADK.first(Role.CREATE)
    assert create is not None
    pool = pools(ADK, 1)[ADK.bindings.index(create)]
    variants = [pool.valid(index, MARKER)[1] for index in range(PLAIN)]
    texts = [json.dumps(each) for each in variants]
    assert len(set(texts)) == PLAIN
    assert [text for text in texts if MARKER not in text] == ['{"state": {}}']
    keys = [set(each["state"]) for each in variants if each]
    shared = [key for key in set().union(*keys) if sum(key in each for each in keys) > 1]
    assert len(shared) >= 3
    assert MARKER not in json.dumps(pool.base if pool.base is not MISSING else None)


def test_numbers_wrap_around() -> None:
    """Any number names a body: after the last one the first comes again."""
    for binding, pool in bodies(ADK):
        total = PLAIN + len(pool.edges) + len(pool.drawn)
        for index in (0, 1, total - 1):
            assert pool.valid(index, MARKER) == pool.valid(index + total, MARKER), binding.operation.id
        assert pool.invalid(0, MARKER) == pool.invalid(len(pool.violations), MARKER)


def test_drawn_bodies_are_sorted_and_different() -> None:
    """Drawn bodies come shortest first, and none twice."""
    for _, pool in bodies(THREADS):
        texts = [json.dumps(each) for each in pool.drawn]
        assert texts == sorted(texts, key=len)
        assert len(set(texts)) == len(texts)


def test_what_holds_nothing_but_names_is_not_drawn() -> None:
    """Of a body in which the profile writes everything there is one; all others are drawn."""
    drawn = {binding.operation.id for binding, pool in bodies(THREADS) if pool.drawn}
    assert {binding.operation.id for binding, _ in bodies(THREADS)} - drawn == {
        "search_threads", "delete_thread", "list_messages", "list_threads",
    }  # fmt: skip
    assert all(pool.drawn for _, pool in bodies(ADK))


def test_attributes_hold_only_what_their_schema_allows(tmp_path: Path) -> None:
    """Where members have to be short texts, those of other kinds are left out, and every body is still valid."""
    short = {"type": "object", "additionalProperties": {"type": "string", "maxLength": 100}, "maxProperties": 6}
    profile = tiny(tmp_path, "read", "enrich", tags_schema=short)
    for binding, pool in bodies(profile):
        for index in range(PLAIN + len(pool.edges) + len(pool.drawn)):
            assert problem(binding, sent(profile, binding, pool, index, valid=True)) is None
        group = pool.groups["tags"]
        assert group.plain[:5] == (
            {"first": MARK}, {"second": MARK}, {"first": MARK, "third": MARK}, {"fourth": MARK, "second": MARK},
            {"third": MARK},
        )  # fmt: skip
        assert group.plain[6].keys() == {"code", "word", "day", "text"}
        allowed = [(kind, values) for (kind, values), each in zip(AWKWARD, group.awkward, strict=True) if each]
        assert {kind for kind, _ in allowed} == {
            Awkward.UNICODE, Awkward.NUL, Awkward.SURROGATE, Awkward.CONTROL, Awkward.EMPTY, Awkward.KEY,
        }  # fmt: skip
        assert (Awkward.EMPTY, ("",)) in allowed
        assert (Awkward.EMPTY, ({},)) not in allowed
        at_once = group.awkward[AWKWARD.index((Awkward.EMPTY, ("", {}, [])))]
        assert at_once == {"first": MARK, "awkward": ""}


def test_attributes_of_fixed_values_are_left_as_they_are(tmp_path: Path) -> None:
    """Where a text has to be one of a few, it is no marker; the others are."""
    moods = {
        "type": "object",
        "properties": {"mood": {"enum": ["good", "bad"]}, "note": {"type": "string"}},
        "required": ["mood", "note"],
        "additionalProperties": False,
    }
    profile = tiny(tmp_path, "read", "enrich", tags_schema=moods)
    assert pools(profile, 1)[0].valid(0, MARKER)[1] == {"tags": {"mood": "good", "note": MARKER}}


def test_attributes_of_fixed_keys_are_marked_as_well(tmp_path: Path) -> None:
    """Where the schema names the keys of the attributes, their strings become the marker."""
    colours = {
        "type": "object",
        "properties": {"colour": {"type": "string"}, "size": {"type": "integer"}, "labels": {"type": "array"}},
        "required": ["colour", "size"],
        "additionalProperties": False,
    }
    profile = tiny(tmp_path, "read", "enrich", tags_schema=colours)
    pool = pools(profile, 1)[0]
    assert pool.valid(0, MARKER)[1] == {"tags": {"colour": MARKER, "size": 1}}
    for binding, found in bodies(profile):
        for index in range(PLAIN + len(found.edges) + len(found.drawn)):
            assert problem(binding, sent(profile, binding, found, index, valid=True)) is None


def test_values_are_sent_although_a_body_can_do_without_them() -> None:
    """A member that is sent at all is so if the profile says its value, and a message stands in its envelope."""
    said = {"role": "user", "parts": [{"text": "first"}, {"text": "second"}]}
    profile = replace(ADK, values={"app_name": "echo", "newMessage": said})
    run = next(index for index, each in enumerate(profile.bindings) if each.role is Role.RUN)
    base = pools(profile, 1)[run].base
    assert isinstance(base, dict)
    assert base["newMessage"] == said
    create = next(index for index, each in enumerate(profile.bindings) if each.role is Role.CREATE)
    request = profile.bindings[create].operation.request
    assert request is not None
    named = profile.spec.schemas.names(request.schema)
    assert {"events", "sessionId"} <= set(named)
    assert pools(profile, 1)[create].base == {}
    assert pools(replace(profile, values={"events": []}), 1)[create].base == {"events": []}


def test_values_of_the_profile_have_no_edges() -> None:
    """Another value is one that the server need not know; only what is said in an envelope varies."""
    run = next(index for index, each in enumerate(ADK.bindings) if each.role is Role.RUN)
    places = {each.pointer for each in pools(ADK, 1)[run].edges}
    assert {("streaming",), ("newMessage", "role")} <= places
    for values in (
        {"streaming": False},
        {"streaming": False, "newMessage": {"parts": [{"text": "x"}], "role": "user"}},
    ):
        profile = replace(ADK, values={**ADK.values, **values})
        assert {each.pointer for each in pools(profile, 1)[run].edges} == places - {("streaming",)}
    profile = replace(ADK, values={**ADK.values, "stateDelta": {}})
    assert not any("stateDelta" in each.pointer for each in pools(profile, 1)[run].edges)


def test_a_single_text_may_be_awkward(tmp_path: Path) -> None:
    """A group that is a text, as a title is, is said in every kind that a text can be of, as far as the schema goes."""
    pool = pools(tiny(tmp_path, "read", "enrich", tags_schema={"type": "string", "maxLength": 200}), 1)[0]
    texts = {kind: each for (kind, _), each in zip(AWKWARD, pool.groups["tags"].awkward, strict=True) if each}
    assert texts.keys() == SPOKEN - {Awkward.LONG}
    assert all(kinds(str(each).replace(MARK, MARKER)) == {kind} for kind, each in texts.items())
    sent = pool.awkward(0, MARKER)
    assert sent is not None
    assert str(sent[0]["tags"]).startswith(f"{MARKER} na\u00efve")
    number = pools(tiny(tmp_path / "number", "read", "enrich", tags_schema={"type": "integer"}), 1)[0]
    assert set(number.groups["tags"].awkward) == {None}


@pytest.mark.parametrize(
    ("fault", "invariant"),
    [("cuts-long-text", "values/very-long-text-is-kept"), ("stores-ascii", "values/unicode-is-kept")],
)
def test_a_title_that_is_mangled_is_noticed(fault: str, invariant: str, tmp_path: Path) -> None:
    """Where all that callers can write is a title."""
    profile = tiny(tmp_path, "read", "enrich", tags_schema={"type": "string"})
    assert run(profile, budget=Budget(requests=800), strict=False).findings == ()
    assert invariant in {each.signature.invariant for each in run(profile, fault=fault).findings}


def test_an_empty_title_that_is_made_up_is_told_as_an_empty_value(tmp_path: Path) -> None:
    """It is no loss of what was written, which would hide what becomes of other texts."""
    profile = tiny(tmp_path, "read", "enrich", tags_schema={"type": "string"})
    faults = "stores-null-for-empty-text,stores-ascii"
    found = run(profile, fault=faults, budget=Budget(requests=1_500), strict=False).findings
    told = {each.signature.invariant for each in found if each.follows is None}
    assert {"values/empty-values-are-kept", "values/unicode-is-kept"} <= told
    assert "enrichment/enrichment-reads-back" not in {each.signature.invariant for each in found}
