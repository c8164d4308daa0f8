"""The lines of the driver protocol: what is written is valid, and what is read is checked."""

from __future__ import annotations

import json
import re

import jsonschema_rs
import pytest

from conformance.ask import Ask, Context, Verb
from conformance.clients import protocol
from conformance.clients.protocol import GarbledError, Supports

ASKS = [
    Ask(1, Verb.ENRICH, "a", attributes={"metadata": {"key": "value", "inner": {"deep": [1, None]}}}),
    Ask(2, Verb.ENRICH, "a", "free", given={"explicit": "s1"}),
    Ask(3, Verb.RUN, "b", text="hello", within=(Context("a"), Context("b", "s2"))),
    Ask(4, Verb.EVALUATE, "a", datapoints=3),
    Ask(5, Verb.TOGETHER, together=(Ask(6, Verb.RUN, "a", text="x"), Ask(7, Verb.ENRICH, "b"))),
    *(
        Ask(8, verb, "a")
        for verb in (Verb.CREATE, Verb.READ, Verb.LIST, Verb.DELETE, Verb.SPAN, Verb.FLUSH, Verb.CLOSE)
    ),
]


def test_the_schema_is_one() -> None:
    """It is a valid JSON Schema."""
    schema = json.loads(protocol.SCHEMA.read_text(encoding="utf-8"))
    jsonschema_rs.meta.validate(schema)


@pytest.mark.parametrize("ask", ASKS, ids=str)
def test_an_ask_is_valid(ask: Ask) -> None:
    """Whatever is asked, its line is one of the protocol, and one line."""
    line = protocol.deed(ask)
    assert protocol.is_ask(line)
    assert protocol.written(line).count(b"\n") == 1


def test_the_other_asks_are_valid() -> None:
    """Hello, fresh and open."""
    opened = protocol.opening(Ask(1, Verb.OPEN, "a"), "http://127.0.0.1:1", {"KEY": "k"}, {"project": "p"}, ["me"])
    assert all(map(protocol.is_ask, (protocol.hello(), protocol.freshen(), opened)))
    assert opened["session"] is None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"loading model ...\n",
        b"{}\n",
        b"[]\n",
        b'{"id": 1}\n',
        b'{"id": 2, "ok": true}\n',
        b'{"id": 1, "ok": "yes"}\n',
        b'{"id": 1, "ok": true, "more": 1}\n',
        b'{"id": 1, "ok": NaN}\n',
        b'{"id": 1, "ok": true, "session": 7}\n',
        b'{"id": true, "ok": true}\n',
        b"\xff\xfe\n",
        b"[" * 100_000,
    ],
    ids=lambda line: str(line[:40]),
)
def test_what_is_no_answer_is_told(line: bytes) -> None:
    """It is named, as far as it can be shown."""
    with pytest.raises(GarbledError) as error:
        protocol.reply(protocol.read(line, 1))
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b'{"id": "1", "ok": true}', '/id: "1" is not of type "integer"'),
        (b'{"id": 1, "fine": true}', '"ok" is a required property'),
        (b'{"id": 1, "protocol": 2, "sdk": "x", "supports": []}', "/protocol: 1 was expected"),
        (b"7", "7 is not of type"),
    ],
)
def test_it_is_told_what_is_wrong_with_an_answer(line: bytes, told: str) -> None:
    """The member and the reason, of the kind of answer that it is meant to be."""
    with pytest.raises(GarbledError, match=re.escape(told)):
        protocol.read(line, 1)


def test_an_answer_is_read() -> None:
    """What was told, and that something is not supported."""
    told = protocol.reply(protocol.read(b'{"id": 1, "ok": false, "said": "no", "session": "s1"}', 1))
    assert told is not None
    assert (told.ok, told.said, told.session) == (False, "no", "s1")
    assert protocol.reply(protocol.read(b'{"id": 1, "unsupported": "no method"}', 1)) is None


def test_answers_at_the_same_time_are_one_each() -> None:
    """As many as were asked for, or none at all."""
    both = protocol.read(b'{"id": 1, "answers": [{"id": 2, "ok": true}, {"id": 3, "unsupported": "no"}]}', 1)
    found = protocol.replies(both, 2)
    assert found[0] is not None
    assert found[1] is None
    assert protocol.replies(protocol.read(b'{"id": 1, "unsupported": "no"}', 1), 2) == [None, None]
    with pytest.raises(GarbledError, match="3 answers"):
        protocol.replies(both, 3)


def test_a_greeting_is_read() -> None:
    """What is supported, and what of it two drivers have in common."""
    first = Supports("x 1", frozenset({"open", "enrich", "free enrich"}), {"enrich": ("metadata", "metrics")})
    line = {"id": 0, "protocol": 1, "sdk": "y 2", "supports": ["open", "enrich"], "attributes": {"enrich": ["metrics"]}}
    second = protocol.greeted(protocol.read(json.dumps(line).encode(), 0))
    shared = first.shared_with(second)
    assert shared.asks == {"open", "enrich"}
    assert shared.groups(Verb.ENRICH) == ("metrics",)
    assert first.can(Verb.ENRICH, free=True)
    assert not second.can(Verb.ENRICH, named=True)
    with pytest.raises(GarbledError):
        protocol.greeted({"id": 0, "ok": True})
