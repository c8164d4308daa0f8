"""Tests of what the API of a profile can do: each question tells APIs apart."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import features, load
from conformance.profile import Binding, ItemShape, Merge, Profile, Role, SessionShape
from conformance.values import EXAMPLES, Awkward
from tests.histories import bound

ADK = load("adk")
THREADS = load(Path(__file__).parent / "servers" / "threads" / "profile.toml")
DELETE = next(each for each in ADK.bindings if each.role is Role.DELETE)
BARE = replace(
    ADK,
    bindings=(Binding(Role.DELETE, DELETE.operation),),
    session=SessionShape(),
    item=ItemShape(),
    owner=(),
)
DEEP = bound(ADK, Role.ENRICH, merge=Merge.DEEP)
BODIED = bound(
    ADK, Role.DELETE, operation=next(each.operation for each in ADK.bindings if each.operation.request is not None)
)
QUESTIONS = [
    each
    for _, each in inspect.getmembers(features, inspect.isfunction)
    if each.__module__ == features.__name__
    and not each.__name__.startswith("_")
    and inspect.signature(each).return_annotation == "bool"
]
SHAPES = Path(__file__).parent / "servers"
FURTHER = [load(name) for name in ("honeyhive", "support", "snakebridge")]
FURTHER += [
    load(SHAPES / name / "profile.toml")
    for name in ("threads_rest", "threads_cursor", "tickets", "replies", "memories")
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.__name__)
def test_each_question_has_both_answers(question: Callable[[Profile], bool]) -> None:
    """Of some API the answer is yes, of one that can only delete it is no."""
    assert question(BARE) is False
    assert any(question(profile) is True for profile in (ADK, THREADS, DEEP, BODIED, *FURTHER))


def test_both_asks_all() -> None:
    """The answer to several questions is yes if it is yes to each."""
    yes, no = features.merges_shallowly, features.merges_deeply
    assert features.both(yes, features.keeps_history)(ADK) is True
    assert features.both(yes, no)(ADK) is False
    assert features.both()(ADK) is True


def test_either_asks_any() -> None:
    """The answer to several questions is yes if it is yes to one of them."""
    yes, no = features.merges_shallowly, features.merges_deeply
    assert features.either(no, yes)(ADK) is True
    assert features.either(no)(ADK) is False
    assert features.either()(ADK) is False


@pytest.mark.parametrize("kind", EXAMPLES)
def test_each_kind_of_value_can_be_carried_by_some_api(kind: Awkward) -> None:
    """Open attributes carry any value, short messages only some texts; what shows nothing carries nothing."""
    said = kind not in (Awkward.DEEP, Awkward.INTEGER, Awkward.NUMBER, Awkward.KEY)
    closed = replace(THREADS, session=replace(THREADS.session, attributes={}))
    assert features.carries(kind)(THREADS) is features.keeps_awkward(kind)(THREADS) is True
    assert features.keeps_awkward(kind)(closed) is False
    assert (
        features.carries(kind)(closed)
        is features.history_keeps_awkward(kind)(closed)
        is (said and kind not in (Awkward.EMPTY, Awkward.LONG))
    )
    assert features.carries(kind)(BARE) is False
    assert f"'{kind}'" in (inspect.getdoc(features.carries(kind)) or "")


def test_profiles_differ() -> None:
    """What the two profiles of this repository can do is told apart."""
    assert (features.runs_leave_attributes(ADK), features.runs_leave_attributes(THREADS)) == (False, True)
    assert (features.documents_headers(ADK), features.documents_headers(THREADS)) == (False, True)
    assert (features.delete_takes_a_body(ADK), features.delete_takes_a_body(THREADS)) == (False, True)
    assert (features.deletes_are_refused(ADK), features.deletes_are_refused(THREADS)) == (False, True)
    assert features.deletes_are_refused(bound(ADK, Role.DELETE, spares=frozenset({"open"})))
    assert (features.enrichment_shows_attributes(ADK), features.enrichment_shows_attributes(THREADS)) == (True, False)


def test_what_can_be_wrong_with_a_delete(tmp_path: Path) -> None:
    """A body that holds ids alone is wrong only in which session it means, unless nothing else may stand there."""
    for name in ("openapi.yaml", "profile.toml"):
        text = (SHAPES / "threads" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("additionalProperties: false", "description: open"), encoding="utf-8")
    free = load(tmp_path / "profile.toml")
    assert features.delete_takes_a_body(free) is False
    assert features.delete_takes_a_body(bound(free, Role.DELETE, owner=())) is True
    assert features.delete_takes_a_body(THREADS) is True


def test_arrows_that_nobody_can_ask_for_are_none() -> None:
    """Where operations lead to one status each, only these can be asked for, from where a session can be."""
    tickets = load(SHAPES / "tickets" / "profile.toml")
    closing = tuple(each for each in tickets.bindings if each.to != "open")
    ends = {"open": frozenset({"closed"}), "closed": frozenset[str]()}
    both = replace(tickets, lifecycle=replace(tickets.lifecycle, transitions=ends))
    assert (features.declares_arrows(both), features.moves_on(both)) == (True, False)
    alone = replace(both, bindings=closing)
    assert (features.declares_arrows(alone), features.moves_on(alone)) == (False, False)
    assert (features.declares_arrows(tickets), features.moves_on(tickets)) == (False, True)


def test_ids_that_callers_have_to_choose_are_never_made() -> None:
    """The server makes some where a create can leave the id out, or has no place for one."""
    assert features.makes_ids(ADK) is True
    assert features.makes_ids(bound(ADK, Role.CREATE, caller_chooses=True)) is False


def test_answers_name_sessions_by_objects_or_items() -> None:
    """Where neither shows, nothing says which session an answer is about."""
    assert features.answers_name_sessions(THREADS) is True
    mute = replace(THREADS, session=SessionShape(), item=ItemShape())
    assert features.answers_name_sessions(mute) is False
    assert features.answers_name_sessions(replace(mute, item=ItemShape(session=("thread_id",)))) is True


def test_an_id_alone_is_no_part_of_a_session() -> None:
    """Where the answer of a write shows nothing else, a read has nothing to equal."""
    bare = replace(ADK, session=SessionShape(id=("id",)))
    assert features.writes_show_sessions(bare) is True
    assert features.writes_show_parts(bare) is False


def test_a_pattern_may_forbid_all_awkward_ids() -> None:
    """Then nobody can ask whether a session under one can be reached."""
    assert features.takes_awkward_ids(THREADS) is True
    assert features.takes_awkward_ids(load(SHAPES / "memories")) is False
    assert features.chooses_ids(load(SHAPES / "memories")) is True
