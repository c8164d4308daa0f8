"""A recording answers what was recorded, once each, and names the nearest request for what was not."""

from __future__ import annotations

import asyncio

import pytest

from conformance.exchange import Exchange, Request, Response
from conformance.transports.cassette import CassetteTransport, MismatchError, differences


def _exchange(path: str, body: bytes = b"", status: int = 200, query: str = "") -> Exchange:
    return Exchange(Request("POST", path, query, (("x", "1"),), body), Response(status))


def _send(transport: CassetteTransport, *requests: Request) -> list[int]:
    async def send() -> list[int]:
        await transport.reset()
        answers = [await transport.send(each) for each in requests]
        await transport.close()
        return [each.response.status for each in answers if each.response]

    return asyncio.run(send())


FLOW = [
    (1, _exchange("/a", b'{"a": 1, "b": 2}', 201)),
    (2, _exchange("/a", b'{"a": 1, "b": 2}', 202)),
    (3, _exchange("/b")),
]


def test_each_entry_answers_once_in_its_order() -> None:
    """The same request gets one answer after the other; how a body is laid out makes no difference."""
    asked = Request("POST", "/a", body=b'{"b":2,"a":1}')
    assert _send(CassetteTransport([FLOW], "f"), asked, Request("POST", "/b"), asked) == [201, 200, 202]


def test_flows_are_kept_apart() -> None:
    """A flow answers from its own entries."""
    transport = CassetteTransport([FLOW[:1], FLOW[2:]], "f")
    assert _send(transport, FLOW[0][1].request) == [201]
    with pytest.raises(MismatchError):
        _send(transport, FLOW[0][1].request)


def test_a_mismatch_names_the_nearest_request_and_what_differs() -> None:
    """So that it can be seen at a glance what went wrong."""
    with pytest.raises(MismatchError) as caught:
        _send(CassetteTransport([FLOW], "c.yaml"), Request("POST", "/a", body=b'{"a": 1, "b": 3}'))
    assert "POST /a was not recorded" in caught.value.problem
    assert "nearest is entry 1, POST /a: the body differs at /b: 3 instead of 2" in caught.value.remedy
    assert (caught.value.place, caught.value.exit_code) == ("c.yaml", 2)


def test_an_emptied_flow_says_so() -> None:
    """Nothing is nearest where nothing is left."""
    request = FLOW[2][1].request
    with pytest.raises(MismatchError, match="has no entries left"):
        _send(CassetteTransport([FLOW[2:]], "f"), request, request)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Request("GET", "/a"), "the method is GET, not POST"),
        (Request("POST", "/c"), "the path is /c, not /a"),
        (Request("POST", "/a", "x=1"), "the query is 'x=1', not ''"),
        (Request("POST", "/a", body=b"text"), "the body differs at its root"),
        (Request("POST", "/a", body=b'{"a": 1}'), "the body differs at its root"),
    ],
)
def test_all_differences_are_told(asked: Request, expected: str) -> None:
    """Method, path, query and body; headers say nothing of what is asked."""
    assert any(each.startswith(expected) for each in differences(Request("POST", "/a"), asked))


def test_what_differs_only_in_order_is_the_same() -> None:
    """Of a query, and of the members of a body."""
    one = Request("POST", "/a", "a=1&b=2", (("x", "1"),), b'{"a": [1], "b": 2}')
    assert differences(one, Request("POST", "/a", "b=2&a=1", (), b'{"b": 2, "a": [1]}')) == []
    missing = Request("POST", "/a", "a=1&b=2", (), b'{"a": [2], "c": 2}')
    assert differences(one, missing) == ["the body differs at /a/0: 2 instead of 1"]
