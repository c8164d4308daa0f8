"""Legal but awkward values are kept, or refused; they never break anything.

Each kind is put through the same histories.
"""

from __future__ import annotations

from typing import Any

import pytest

from conformance.values import Awkward, awkwardness, every_kind, key_awkwardness
from tests.histories import BREAKING, CRASH, HOLDING, Story, adk, event, failed, judged, message, threads, verdicts

KINDS: dict[str, tuple[Awkward, Any, Any]] = {
    "values/unicode-is-kept": (Awkward.UNICODE, "na\u00efve", "naive"),
    "values/control-characters-are-kept": (Awkward.CONTROL, "a\x07b", "ab"),
    "values/nul-is-kept": (Awkward.NUL, "before\0after", "before"),
    "values/lone-surrogates-are-kept": (Awkward.SURROGATE, "a\ud800b", "a?b"),
    "values/empty-values-are-kept": (Awkward.EMPTY, "", "null"),
    "values/very-long-text-is-kept": (Awkward.LONG, "long " * 300, "long " * 51),
    "values/deeply-nested-values-are-kept": (Awkward.DEEP, [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]], [[[1]]]),
    "values/large-integers-are-kept": (Awkward.INTEGER, 2**53 + 1, 2**53),
    "values/unusual-numbers-are-kept": (Awkward.NUMBER, 0.12345678901234567, 0.123457),
}
"""For each invariant the kind, a value of it, and what a careless server makes of it."""
KEY = "values/awkward-keys-are-kept"

each_kind = pytest.mark.parametrize("invariant", KINDS)
for _invariant in KINDS:
    HOLDING[_invariant].append(f"{__name__}.test_value_is_kept")
    BREAKING[_invariant].append(f"{__name__}.test_value_is_mangled")
for _cases in (HOLDING[KEY], BREAKING[KEY]):
    _cases.append(f"{__name__}.test_key_is_kept_or_lost")


def _holds(story: Story, invariant: str) -> None:
    """The last step of the history puts the invariant to the test, and nothing is broken."""
    court = judged(story[:-1])
    before = court.observed(invariant)
    court.tell(story[-1])
    assert court.broken == []
    assert court.observed(invariant) == before + 1


@each_kind
def test_values_are_of_their_kinds(invariant: str) -> None:
    """The values of these tests are awkward in exactly the one way."""
    kind, value, _ = KINDS[invariant]
    assert awkwardness(value) is kind


@each_kind
def test_value_is_kept(invariant: str) -> None:
    """A read shows the value that an enrichment wrote."""
    value = KINDS[invariant][1]
    _holds([threads.create("s1"), threads.label("s1", {"a": value}), threads.get("s1", {"a": value})], invariant)


@each_kind
def test_value_is_kept_from_the_creation(invariant: str) -> None:
    """A read shows the value that was given at creation."""
    value = KINDS[invariant][1]
    _holds([threads.create("s1", {"a": value}), threads.get("s1", {"a": value})], invariant)


@each_kind
def test_value_is_refused(invariant: str) -> None:
    """The server may refuse what it cannot keep."""
    value = KINDS[invariant][1]
    _holds([threads.create("s1"), threads.label("s1", {"a": value}, answer=threads.no(400))], invariant)


@each_kind
def test_value_is_mangled(invariant: str) -> None:
    """A read shows something else: the value's own invariant is broken, and that of enrichments is not."""
    _, value, instead = KINDS[invariant]
    story = [threads.create("s1"), threads.label("s1", {"a": value}), threads.get("s1", {"a": instead})]
    assert verdicts(story) == [f"{invariant} · label_thread · labels"]


@each_kind
def test_value_is_lost(invariant: str) -> None:
    """A read does not show the key of the value."""
    value = KINDS[invariant][1]
    story = [threads.create("s1", {"a": value, "b": 1}), threads.get("s1", {"b": 1})]
    assert verdicts(story) == [f"{invariant} · create_thread · labels"]


@each_kind
def test_value_makes_its_own_request_fail(invariant: str) -> None:
    """A request with the value is answered with a server error: the value is to blame."""
    value = KINDS[invariant][1]
    story = [threads.create("s1"), threads.label("s1", {"a": value}, answer=CRASH)]
    assert verdicts(story) == [f"{invariant} · label_thread · failed 500"]


@each_kind
def test_value_makes_a_later_request_fail(invariant: str) -> None:
    """A read of a session that holds the value is answered with a server error."""
    value = KINDS[invariant][1]
    story = [threads.create("s1"), threads.label("s1", {"a": value}), threads.get("s1", answer=CRASH)]
    assert verdicts(story) == [f"{invariant} · search_threads · failed 500"]


@pytest.mark.parametrize("key", ["with.dots", "with/slash", "$set", "__proto__", ""])
def test_key_is_kept_or_lost(key: str) -> None:
    """A member name is awkward as well: it is kept, or its invariant is broken, and none of enrichments."""
    assert key_awkwardness(key) is Awkward.KEY
    begin = [threads.create("s1"), threads.label("s1", {key: 1})]
    _holds([*begin, threads.get("s1", {key: 1})], KEY)
    assert verdicts([*begin, threads.get("s1")]) == [f"{KEY} · label_thread · labels"]


def test_of_several_kinds_none_is_to_blame() -> None:
    """A request that carries two kinds of awkward values fails: that is a server error, and no more."""
    values = {"a": "na\u00efve", "b": ""}
    story = [threads.create("s1"), threads.label("s1", values, answer=CRASH)]
    assert verdicts(story) == [failed("label_thread")]


def test_plain_key_beside_an_awkward_one_is_judged_as_ever() -> None:
    """An awkward value excuses nothing but itself."""
    story = [
        threads.create("s1"),
        threads.label("s1", {"a": "na\u00efve", "b": 1}),
        threads.get("s1", {"a": "na\u00efve"}),
    ]
    assert verdicts(story) == ["enrichment/enrichment-reads-back · label_thread · labels"]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({"k\x01": {"n": 101, "f": "na\u00efve"}}, {"k\x01": {"n": 101.5, "f": "na\u00efve"}}),
        ({"k": {"\u00e9.x": [[1], 2**60]}}, {"k": {"\u00e9.x": [[2], 2**60]}}),
        ({"k": [["na\u00efve"], "word"]}, {"k": [["na\u00efve"], "Word"]}),
    ],
)
def test_what_is_kept_is_not_to_blame_for_what_is_beside_it(sent: Any, shown: Any) -> None:
    """A plain value that is mangled within awkward ones is mangled all the same."""
    story = [threads.create("s1"), threads.label("s1", sent), threads.get("s1", shown)]
    assert verdicts(story) == ["enrichment/enrichment-reads-back · label_thread · labels"]


def test_a_key_is_of_several_kinds() -> None:
    """One that holds letters of other languages and a dot is lost for either; one that is kept for none."""
    begin = [threads.create("s1"), threads.label("s1", {"\u00e9.x": 1, "b": 1})]
    assert verdicts([*begin, threads.get("s1", {"b": 1})]) == []
    assert every_kind({"\u00e9.x": 1}) == {Awkward.UNICODE, Awkward.KEY}
    assert every_kind({"\u00e9 x": 1}) == {Awkward.UNICODE}
    assert every_kind({"x" * 2_000: 1}) == {Awkward.LONG}


def test_awkward_text_of_a_run_makes_it_fail() -> None:
    """The text of a message is a value, too."""
    story = [threads.create("s1"), threads.say("s1", "na\u00efve", answer=CRASH)]
    assert verdicts(story) == ["values/unicode-is-kept · say_in_thread · failed 500"]


def test_null_is_never_judged() -> None:
    """What a null becomes differs between APIs, so nobody is blamed for it."""
    story = [
        threads.create("s1", {"a": None, "b": 1}),
        threads.say("s1", "hello", message("r1")),
        threads.get("s1", {"b": 1}),
    ]
    assert verdicts(story) == []


def test_awkward_value_beside_a_lost_plain_one_is_not_to_blame() -> None:
    """What loses plain values as well loses awkward ones, but not for being awkward."""
    story = [threads.create("s1"), threads.label("s1", {"a": "na\u00efve", "b": 1}), threads.get("s1")]
    assert verdicts(story) == ["enrichment/enrichment-reads-back · label_thread · labels"]


LOST = "enrichment/enrichment-reads-back \u00b7 label_thread \u00b7 labels"


@pytest.mark.parametrize(
    "sent", [{"Z": {}, "\x0fw": "TRUE"}, {"a": "", "b.c": 1, "d": "x\x07"}, {"a": "", "b": "na\u00efve", "c": None}]
)
def test_loss_of_all_that_was_sent_is_not_for_one_awkward_value(sent: Any) -> None:
    """Where each member is awkward in a way of its own and all are lost, the enrichment is lost."""
    assert verdicts([threads.create("s1"), threads.label("s1", sent), threads.get("s1")]) == [LOST]


@pytest.mark.parametrize("sent", [{"a": "", "b.c": {}}, {"a.b": 1, "c.d": ""}, {"a": "", "b.c": []}])
def test_loss_of_all_that_was_sent_may_be_for_what_is_in_all_of_it(sent: Any) -> None:
    """Where all members are awkward in one way, that may be why they are lost."""
    assert LOST not in verdicts([threads.create("s1"), threads.label("s1", sent), threads.get("s1")])


def test_some_of_what_was_sent_is_lost_for_being_awkward() -> None:
    """Where one of the members is kept, those that are lost are judged each by its kind."""
    story = [threads.create("s1"), threads.label("s1", {"a": "", "b.c": 1, "d": 1}), threads.get("s1", {"d": 1})]
    assert LOST not in verdicts(story)
    assert len(verdicts(story)) == 2


def test_what_was_seen_to_be_kept_is_not_why_it_is_lost() -> None:
    """A value that is awkward only as others are that the API keeps is lost with its enrichment. Signs count."""
    kept = [threads.create("s1", {"x.y": {"b": ""}}), threads.get("s1", {"x.y": {"b": ""}})]
    lost = [threads.create("s2"), threads.label("s2", {"a.b": [""]}), threads.get("s2")]
    assert verdicts([*kept, *lost]) == [LOST]
    assert verdicts(lost) == []
    other = [threads.create("s2"), threads.label("s2", {"a/b": 1}), threads.get("s2")]
    assert verdicts([*kept, *other]) == [f"{KEY} \u00b7 label_thread \u00b7 labels"]


def test_refused_write_is_not_to_blame_for_a_value_that_an_accepted_one_sent() -> None:
    """Whose value was lost is told by who sent it, not by who sent the like of it later."""
    story = [
        threads.create("s1"),
        threads.label("s1", {"a": ""}),
        threads.create("s1", {"b": ""}, answer=threads.no(409)),
    ]
    assert verdicts([*story, threads.get("s1")]) == ["values/empty-values-are-kept \u00b7 label_thread \u00b7 labels"]


def test_name_that_begins_with_a_nul_is_kept_as_any_other() -> None:
    """No profile says of it that it is not stored."""
    begin = [threads.create("s1", {"b": 1}), threads.label("s1", {"\0a": 1})]
    _holds([*begin, threads.get("s1", {"b": 1, "\0a": 1})], "values/nul-is-kept")
    assert verdicts([*begin, threads.get("s1", {"b": 1})]) == ["values/nul-is-kept \u00b7 label_thread \u00b7 labels"]


def test_mangled_value_is_no_longer_in_doubt_for_others() -> None:
    """Once a read has shown what became of a value, the session is judged by that."""
    story = [
        threads.create("s1", {"a": "na\u00efve"}),
        threads.get("s1", {"a": "naive"}),
        threads.get("s1", {"a": "naive"}),
    ]
    assert verdicts(story) == ["values/unicode-is-kept · create_thread · labels"]


def test_value_in_another_session_of_the_owner_breaks_its_list() -> None:
    """A list is about all sessions of its owner, a read about one."""
    begin = [threads.create("s1", {"a": "na\u00efve"}), threads.create("s2")]
    assert verdicts([*begin, threads.list(answer=CRASH)]) == ["values/unicode-is-kept · list_threads · failed 500"]
    assert verdicts([*begin, threads.get("s2", answer=CRASH)]) == [failed("search_threads")]


def test_null_is_not_to_blame_for_a_server_error() -> None:
    """A null is no awkward kind: a request that fails with one is a server error, no more."""
    story = [threads.create("s1"), threads.label("s1", {"a": None}, answer=CRASH)]
    assert verdicts(story) == [failed("label_thread")]
    assert verdicts([threads.create("s1", {"a": None}), threads.get("s1", answer=CRASH)]) == [failed("search_threads")]


@pytest.mark.parametrize(
    ("key", "instead"), [("with.dots", {"with": {"dots": 1}}), ("", {"null": 1}), ("$set", {"b": 1})]
)
def test_key_that_comes_back_as_another_is_blamed_on_its_kind(key: str, instead: Any) -> None:
    """A name that was taken as a path is lost, whatever appears in its stead."""
    story = [threads.create("s1"), threads.label("s1", {key: 1}), threads.get("s1", instead)]
    assert verdicts(story) == [f"{KEY} · label_thread · labels"]


# --- failures within a success --------------------------------------------------------------------

BROKEN_OFF = {"error": "no model"}


def test_a_stream_that_never_worked_says_nothing_of_a_value() -> None:
    """Where no plain run was ever accepted, it is not the value that fails; where one was, it is."""
    awkward = adk.stream("s1", "a\x07b", BROKEN_OFF)
    create, plain = adk.create("s1"), adk.stream("s1", "hello there 1", event("e1"))
    assert verdicts([create, awkward]) == []
    assert verdicts([create, adk.stream("s1", "hello there 1", BROKEN_OFF), awkward]) == []
    assert verdicts([create, plain, awkward]) == ["values/control-characters-are-kept · run_agent_sse · failed 200"]
