"""Tests of all shapes: right by default, wrong in one way under each fault, and as their documents say."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from .expected import EXPECTED
from .shapes import HERE, SHAPES, Kind, good
from .shared import more_stories
from .shared.client import Client, Place
from .shared.faults import FAULTS
from .shared.spec import Spec
from .shared.stories import ADA, BOB, STORIES

assert more_stories

BY_NAME = [pytest.param(kind, id=kind.name) for kind in SHAPES]
CASES = [pytest.param(kind, name, id=f"{kind.name}-{name}") for kind in SHAPES for name in kind.faults]
STRANGE: list[Any] = [None, 1, True, "", [], "x" * 201, "x" * 10_001, -1, 1.5, 10**9]


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_fault(kind: Kind, name: str) -> None:
    """Each fault makes wrong what it says; without it that is right, and all is as the document says."""
    told, right, wrong = STORIES[name]
    api = kind.client()
    assert told(api) == right
    spec = Spec(kind.folder / "openapi.yaml")
    assert [problem for answer in api.answers if (problem := spec.describes(answer))] == []
    assert [a.request for a in api.answers if spec.allows(a.request) != (api.outcome(a) != "invalid")] == []
    assert told(kind.client(name)) == wrong


def test_each_fault_is_looked_at() -> None:
    """The names that the code asks for, those in FAULTS and those with a story are the same."""
    asked = set()
    for path in [*HERE.glob("shared/*.py"), *HERE.glob("threads*/app.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "wrong":
                (argument,) = node.args
                assert isinstance(argument, ast.Constant)
                asked.add(argument.value)
    assert asked == FAULTS.keys() == STORIES.keys()


def test_every_fault_is_in_some_shape() -> None:
    """No fault is left out of all shapes, and of each it is said what it breaks."""
    assert {name for kind in SHAPES for name in kind.faults} == FAULTS.keys() == EXPECTED.keys()


@pytest.mark.parametrize("kind", BY_NAME)
def test_runs_on_its_own(kind: Kind) -> None:
    """The app of a shape is found from its own folder, takes its fault from there, and needs no harness."""
    code = "import sys, app; assert app.app; print(*(n for n in sys.modules if n.startswith('conformance')))"
    for fault, status in (("label-lost", 0), ("nonsense", 1)):
        ran = subprocess.run(
            [sys.executable, "-c", code],
            cwd=kind.folder,
            env={**os.environ, "THREADS_FAULT": fault},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stdout.strip()) == (status, ""), ran.stderr
    assert "unknown fault 'nonsense'; known are: run-without-thread, " in ran.stderr


@pytest.mark.parametrize("kind", BY_NAME)
def test_create_answers_the_thread(kind: Kind) -> None:
    """create answers the whole thread, and get the same."""
    api = kind.client()
    (thread,) = api.threads(api.call("create", owner=ADA, thread_id="t1", labels={"a": [1, None, {"b": 2.5}]}))
    assert (api.name_of(thread), thread["owner"]) == ("t1", ADA)
    assert thread["labels"] == {"a": [1, None, {"b": 2.5}]}
    assert thread["created_at"] == thread["updated_at"]
    assert api.shown(ADA, "t1") == thread


@pytest.mark.parametrize("kind", BY_NAME)
def test_create_makes_up_ids(kind: Kind) -> None:
    """Without an id create makes up a new one each time, and there are no labels."""
    api = kind.client()
    first, second = (api.threads(api.call("create", owner=ADA))[0] for _ in range(2))
    assert first["thread_id"] != second["thread_id"]
    assert first["labels"] == {}
    assert api.listed(ADA) == [first, second]


@pytest.mark.parametrize("kind", BY_NAME)
def test_list_is_sorted_by_creation(kind: Kind) -> None:
    """list sorts by creation, whatever happens later, and shows what get shows."""
    api = kind.client()
    for name in ("b", "c", "a", "d"):
        api.create(ADA, name)
    api.create(BOB, "other")
    api.say(ADA, "b")
    api.label(ADA, "c", x=1)
    assert api.names(ADA) == ["b", "c", "a", "d"]
    assert api.listed(ADA) == [api.shown(ADA, name) for name in ("b", "c", "a", "d")]
    assert api.names("nobody") == []


@pytest.mark.parametrize("kind", BY_NAME)
def test_say_answers_and_keeps_the_reply(kind: Kind) -> None:
    """say answers the reply; messages has the user's messages and the replies."""
    api = kind.client()
    api.create(ADA, "t1")
    answers = [api.messages(api.call("say", owner=ADA, thread_id="t1", text=text)) for text in ("a", "b", "c")]
    messages = api.messages(api.call("messages", owner=ADA, thread_id="t1"))
    assert [each["author"] for each in messages] == ["user", "agent"] * 3
    assert [each["text"] for each in messages[::2]] == ["a", "b", "c"]
    assert messages[1::2] == [answer[-1] for answer in answers]
    assert messages[5]["text"] == "2 earlier: a | b; now: c"
    assert len({each["message_id"] for each in messages}) == 6
    thread = api.shown(ADA, "t1")
    assert thread["updated_at"] > thread["created_at"]


@pytest.mark.parametrize("kind", BY_NAME)
def test_label_merges_shallowly(kind: Kind) -> None:
    """label replaces the labels that it names and keeps the others, and the messages."""
    api = kind.client()
    api.create(ADA, "t1", a={"x": 1}, b=2)
    api.say(ADA, "t1")
    assert [api.label(ADA, "t1", a={"y": 2}, c=None), api.label(ADA, "t1")] == ["done", "done"]
    assert api.labels(ADA, "t1") == {"a": {"y": 2}, "b": 2, "c": None}
    assert len(api.texts(ADA, "t1")) == 2


@pytest.mark.parametrize("kind", BY_NAME)
def test_owners_are_apart(kind: Kind) -> None:
    """Whatever is done under another owner, the thread is not found and not changed."""
    api = kind.client()
    api.create(ADA, "t1", of="ada")
    before = api.shown(ADA, "t1")
    assert set(outcomes(api, kind, BOB)) == {"missing"}
    assert (api.shown(ADA, "t1"), api.texts(ADA, "t1")) == (before, [])


def outcomes(api: Client, kind: Kind, owner: str) -> list[str]:
    """Say what comes of all operations that need a thread."""
    needy = {name: given for name, given in good(kind).items() if name not in ("create", "list")}
    return [api.do(name, **{**given, "owner": owner}) for name, given in needy.items()]


@pytest.mark.parametrize("kind", BY_NAME)
def test_deleted_and_missing_threads_are_not_there(kind: Kind) -> None:
    """After delete, and before create, nothing finds the thread."""
    api = kind.client()
    assert set(outcomes(api, kind, ADA)) == {"missing"}
    assert api.names(ADA) == []
    api.create(ADA, "t1", a=1)
    api.create(ADA, "t2")
    api.say(ADA, "t1")
    assert set(outcomes(api, kind, ADA)) == {"done"}
    assert set(outcomes(api, kind, ADA)) == {"missing"}
    assert api.names(ADA) == ["t2"]
    assert api.create(ADA, "t1") == "done"
    assert (api.labels(ADA, "t1"), api.texts(ADA, "t1")) == ({}, [])
    assert api.names(ADA) == ["t2", "t1"]


OPERATIONS = [pytest.param(kind, name, id=f"{kind.name}-{name}") for kind in SHAPES for name in good(kind)]


def variants(body: dict[str, Any]) -> list[Any]:
    """Give bodies that are like this one, but for one thing, and some that are not at all."""
    odd: list[Any] = [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null", [], "text", 1, {}, {**body, "extra": 1}]
    odd += [{**body, name: value} for name in body for value in STRANGE]
    return odd + [{name: value for name, value in body.items() if name != left} for left in body]


def prepared(kind: Kind, operation: str) -> tuple[Client, Place]:
    """Give an API with one thread, and a good request to an operation."""
    api = kind.client()
    api.create(ADA, "t1", a=1)
    given = dict(good(kind)[operation])
    if "thread_id" in given:
        given["thread_id"] = api.id_of(given["thread_id"])
    return api, api.place(operation, given)


@pytest.mark.parametrize(("kind", "operation"), OPERATIONS)
def test_invalid_bodies_are_refused_and_change_nothing(kind: Kind, operation: str) -> None:
    """The server refuses the bodies that the document forbids, and only those, and changes nothing."""
    spec = Spec(kind.folder / "openapi.yaml")
    _, place = prepared(kind, operation)
    for number in range(len(variants(place.body)) if place.body is not None else 0):
        api, place = prepared(kind, operation)
        before = api.shown(ADA, "t1"), api.texts(ADA, "t1"), api.names(ADA)
        answer = api.send(replace(place, body=variants(place.body)[number]))
        assert spec.describes(answer) is None
        assert (api.outcome(answer) == "invalid") != spec.allows(answer.request), answer.request.content[:100]
        if api.outcome(answer) == "invalid":
            assert (api.shown(ADA, "t1"), api.texts(ADA, "t1"), api.names(ADA)) == before


@pytest.mark.parametrize("kind", BY_NAME)
def test_every_answer_is_documented_and_comes(kind: Kind) -> None:
    """No answer of these requests and of the stories is undocumented, and each that is documented was seen."""
    spec = Spec(kind.folder / "openapi.yaml")
    api = kind.client()
    for owner in (ADA, "nobody", "x" * 300):
        api.create(ADA, "t1")
        for name, given in good(kind).items():
            with api.using(None):
                api.call(name, **{**given, "owner": owner})
            api.call(name, **{**given, "owner": owner})
            place = api.place(name, {**given, "owner": ADA})
            if place.body is not None:
                api.send(replace(place, body=b"{"))
        with api.using(None):
            api.call("create", owner=owner)
        for more in ({}, {"extra": 1}):
            api.call("create", owner=owner, **more)
        api.send(replace(api.place("create", {"owner": ADA}), body=b"{"))
    answers = api.answers
    for name in kind.faults:
        api = kind.client()
        STORIES[name][0](api)
        answers += api.answers
    assert [problem for answer in answers if (problem := spec.describes(answer))] == []
    assert spec.seen == spec.documented()


@pytest.mark.parametrize("kind", BY_NAME)
def test_odd_but_valid_bodies_are_taken(kind: Kind) -> None:
    """The longest text, deep labels and lone surrogates are stored and given back."""
    api = kind.client()
    deep: Any = "\ud800"
    for _ in range(60):
        deep = [deep]
    assert api.create(ADA, "t1", x=deep) == "done"
    assert (api.say(ADA, "t1", "x" * 10_000), api.say(ADA, "t1", "\ud800\0")) == ("done", "done")
    assert (api.labels(ADA, "t1"), api.texts(ADA, "t1")[2]) == ({"x": deep}, "\ud800\0")
    for too_much in ([[[[[deep]]]]], 10**400):
        assert api.create(ADA, "t2", x=too_much) == ("done" if isinstance(too_much, int) else "invalid")


@pytest.mark.parametrize("kind", BY_NAME)
def test_apps_have_stores_of_their_own(kind: Kind) -> None:
    """What one app stores another does not know."""
    kind.client().create(ADA, "t1")
    assert kind.client().names(ADA) == []
