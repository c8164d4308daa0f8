"""Tests of what the API of a profile can do: each question tells APIs apart."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import load
from conformance.features import answers, attributes, both, either, histories, lists, names, statuses, values
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
    for module in (answers, attributes, histories, lists, names, statuses, values)
    for _, each in inspect.getmembers(module, inspect.isfunction)
    if each.__module__ == module.__name__
    and not each.__name__.startswith("_")
    and inspect.signature(each).return_annotation == "bool"
]
SHAPES = Path(__file__).parent / "servers"
FURTHER = [load(name) for name in ("honeyhive", "support", "snakebridge")]
FURTHER += [
    load(SHAPES / name / "profile.toml")
    for name in ("threads_rest", "threads_cursor", "tickets", "replies", "memories", "chats")
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.__name__)
def test_each_question_has_both_answers(question: Callable[[Profile], bool]) -> None:
    """Of some API the answer is yes, of one that can only delete it is no."""
    assert question(BARE) is False
    assert any(question(profile) is True for profile in (ADK, THREADS, DEEP, BODIED, *FURTHER))


def test_both_asks_all() -> None:
    """The answer to several questions is yes if it is yes to each."""
    yes, no = attributes.merges_shallowly, attributes.merges_deeply
    assert both(yes, histories.keeps_history)(ADK) is True
    assert both(yes, no)(ADK) is False
    assert both()(ADK) is True


def test_either_asks_any() -> None:
    """The answer to several questions is yes if it is yes to one of them."""
    yes, no = attributes.merges_shallowly, attributes.merges_deeply
    assert either(no, yes)(ADK) is True
    assert either(no)(ADK) is False
    assert either()(ADK) is False


@pytest.mark.parametrize("kind", EXAMPLES)
def test_each_kind_of_value_can_be_carried_by_some_api(kind: Awkward) -> None:
    """Open attributes carry any value, short messages only some texts; what shows nothing carries nothing."""
    said = kind not in (Awkward.DEEP, Awkward.INTEGER, Awkward.NUMBER, Awkward.KEY)
    closed = replace(THREADS, session=replace(THREADS.session, attributes={}))
    assert values.carries(kind)(THREADS) is values.keeps_awkward(kind)(THREADS) is True
    assert values.keeps_awkward(kind)(closed) is False
    assert (
        values.carries(kind)(closed)
        is values.history_keeps_awkward(kind)(closed)
        is (said and kind not in (Awkward.EMPTY, Awkward.LONG))
    )
    assert values.carries(kind)(BARE) is False
    assert f"'{kind}'" in (inspect.getdoc(values.carries(kind)) or "")


def test_profiles_differ() -> None:
    """What the two profiles of this repository can do is told apart."""
    assert (attributes.runs_leave_attributes(ADK), attributes.runs_leave_attributes(THREADS)) == (False, True)
    assert (answers.documents_headers(ADK), answers.documents_headers(THREADS)) == (False, True)
    assert (values.delete_takes_a_body(ADK), values.delete_takes_a_body(THREADS)) == (False, True)
    assert (values.deletes_are_refused(ADK), values.deletes_are_refused(THREADS)) == (False, True)
    assert values.deletes_are_refused(bound(ADK, Role.DELETE, spares=frozenset({"open"})))
    assert (attributes.enrichment_shows_attributes(ADK), attributes.enrichment_shows_attributes(THREADS)) == (
        True,
        False,
    )


def test_what_can_be_wrong_with_a_delete(tmp_path: Path) -> None:
    """A body that holds ids alone is wrong only in which session it means, unless nothing else may stand there."""
    for name in ("openapi.yaml", "profile.toml"):
        text = (SHAPES / "threads" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("additionalProperties: false", "description: open"), encoding="utf-8")
    free = load(tmp_path / "profile.toml")
    assert values.delete_takes_a_body(free) is False
    assert values.delete_takes_a_body(bound(free, Role.DELETE, owner=())) is True
    assert values.delete_takes_a_body(THREADS) is True


def test_arrows_that_nobody_can_ask_for_are_none() -> None:
    """Where operations lead to one status each, only these can be asked for, from where a session can be."""
    tickets = load(SHAPES / "tickets" / "profile.toml")
    closing = tuple(each for each in tickets.bindings if each.to != "open")
    ends = {"open": frozenset({"closed"}), "closed": frozenset[str]()}
    both = replace(tickets, lifecycle=replace(tickets.lifecycle, transitions=ends))
    assert (statuses.declares_arrows(both), statuses.moves_on(both)) == (True, False)
    alone = replace(both, bindings=closing)
    assert (statuses.declares_arrows(alone), statuses.moves_on(alone)) == (False, False)
    assert (statuses.declares_arrows(tickets), statuses.moves_on(tickets)) == (False, True)


def test_ids_that_callers_have_to_choose_are_never_made() -> None:
    """The server makes some where a create can leave the id out, or has no place for one."""
    assert names.makes_ids(ADK) is True
    assert names.makes_ids(bound(ADK, Role.CREATE, caller_chooses=True)) is False


def test_answers_name_sessions_by_objects_or_items() -> None:
    """Where neither shows, nothing says which session an answer is about."""
    assert names.answers_name_sessions(THREADS) is True
    mute = replace(THREADS, session=SessionShape(), item=ItemShape())
    assert names.answers_name_sessions(mute) is False
    assert names.answers_name_sessions(replace(mute, item=ItemShape(session=("thread_id",)))) is True


def test_an_id_alone_is_no_part_of_a_session() -> None:
    """Where the answer of a write shows nothing else, a read has nothing to equal."""
    bare = replace(ADK, session=SessionShape(id=("id",)))
    assert answers.writes_show_sessions(bare) is True
    assert answers.writes_show_parts(bare) is False


def test_a_pattern_may_forbid_all_awkward_ids() -> None:
    """Then nobody can ask whether a session under one can be reached."""
    assert names.takes_awkward_ids(THREADS) is True
    assert names.takes_awkward_ids(load(SHAPES / "memories")) is False
    assert names.chooses_ids(load(SHAPES / "memories")) is True
