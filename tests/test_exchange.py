"""What was said: requests, answers, and what can be asked of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange import Exchange, Failure, Request, Response, header

TOKEN = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=12)
HEADERS = st.lists(st.tuples(TOKEN, st.text(max_size=12)), max_size=6).map(tuple)


@pytest.mark.parametrize(
    ("request_", "target", "url"),
    [
        (Request("GET", "/a"), "/a", "/a"),
        (Request("GET", "/a", "b=c&d="), "/a?b=c&d=", "/a?b=c&d="),
        (Request("GET", "/a%2Fb", "q", base="http://host:1"), "/a%2Fb?q", "http://host:1/a%2Fb?q"),
    ],
)
def test_the_target_is_as_on_the_request_line(request_: Request, target: str, url: str) -> None:
    """Path and query are joined as they were sent, with nothing decoded."""
    assert request_.target == target
    assert request_.url == url


@pytest.mark.parametrize(
    ("value", "media_type"),
    [
        ("application/json", "application/json"),
        ("Application/JSON; charset=UTF-8", "application/json"),
        (" text/event-stream ;x=y", "text/event-stream"),
        ("", ""),
    ],
)
def test_the_media_type_has_no_parameters(value: str, media_type: str) -> None:
    """The content type is compared in lower case and without what follows it."""
    assert Response(200, (("Content-Type", value),)).media_type == media_type


def test_an_answer_without_content_type_has_no_media_type() -> None:
    """No header, no type."""
    assert Response(204).media_type == ""


@given(HEADERS, TOKEN)
def test_a_header_is_found_in_any_case(headers: tuple[tuple[str, str], ...], name: str) -> None:
    """The first header of that name is found, however either of them is written."""
    wanted = next((value for key, value in headers if key.lower() == name.lower()), "")
    assert header(headers, name.upper()) == wanted
    assert header(headers, name.lower()) == wanted
    assert Response(200, headers).header(name) == wanted


def test_the_first_of_several_headers_counts() -> None:
    """Repeated headers keep their order."""
    assert header((("x-a", "1"), ("X-A", "2")), "x-A") == "1"


def test_the_time_of_an_exchange_is_a_difference() -> None:
    """How long an answer took does not depend on the clock's start."""
    assert Exchange(Request("GET", "/"), Response(200), 100.25, 101.0).seconds == 0.75


def test_what_was_said_is_a_value() -> None:
    """Exchanges are equal by what was said, and have a hash, so that they can be kept and compared."""
    one = Exchange(Request("GET", "/"), None, failure=Failure.TIMEOUT)
    two = Exchange(Request("GET", "/"), None, failure=Failure.TIMEOUT)
    assert one == two
    assert len({one, two}) == 1


def test_each_failure_says_what_happened() -> None:
    """No two failures read alike."""
    assert len({failure.value for failure in Failure}) == len(Failure) == 8
    assert all(failure.value for failure in Failure)


@pytest.mark.parametrize(
    ("response", "failure", "said"),
    [
        (Response(404), None, "404"),
        (None, Failure.TIMEOUT, Failure.TIMEOUT.value),
        (Response(200), Failure.CLOSED, Failure.CLOSED.value),
        (Response(200), Failure.UNRECORDED, "200"),
        (None, Failure.UNRECORDED, Failure.UNRECORDED.value),
        (None, None, "no answer"),
    ],
)
def test_what_was_said_in_a_word(response: Response | None, failure: Failure | None, said: str) -> None:
    """The status where there is one that counts, else why there is none."""
    assert Exchange(Request("GET", "/"), response, failure=failure).said == said
