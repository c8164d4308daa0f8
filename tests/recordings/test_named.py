"""Which values are secrets by their names, wherever these names stand."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from conformance.exchange import Exchange, Request, Response
from conformance.recordings.named import Names

SECRET = "planted-5ecret"
TICKET = "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0NTY3ODkwIn0.AbCd-_123"
NAMES = Names({"authorization": "${A}"}, ["x-customer"], ["key"])
JSON = json.dumps({"a": [{"access_token": SECRET}]})
BODIES = {
    "JSON": JSON,
    "JSON within JSON": json.dumps({"payload": JSON}),
    "JSON that was cut off": JSON[:-4],
    "a stream": f"event: x\ndata: {JSON}\n\n",
    "lines of JSON": f"{{}}\n{JSON}\n",
    "a form": f"user=ada&password={SECRET}&x=1",
    "a form that is not ASCII": f"user=\u00e4&password={SECRET}",
    "multipart": f'--b\r\nContent-Disposition: form-data; name="api_key"\r\nX: y\r\n\r\n{SECRET}\r\n--b--\r\n',
    "a number": '{"password": 12345678}',
    "a URL": json.dumps({"next": f"https://h/cb#access_token={SECRET}&x=1"}),
    "a URL with a user": json.dumps({"webhook": f"https://ada:{SECRET}@h/x"}),
    "a URL with a token as its user": json.dumps({"webhook": f"https://{SECRET}-{SECRET}@h/x"}),
    "an object under the name": json.dumps({"password": {"kind": "plain", "value": [SECRET]}}),
    "a list under the name": json.dumps({"api_keys": [SECRET, f"{SECRET}-2"]}),
    "an object that is a name and a value": json.dumps([{"name": "X-Api-Key", "value": SECRET}]),
    "a pair": json.dumps({"headers": [["accept", "*/*"], ["x-api-key", SECRET]]}),
    "a scheme in words": json.dumps({"log": f"refused: Bearer {SECRET}"}),
    "the head of a request in words": json.dumps({"log": f"GET /a\r\nX-Api-Key: {SECRET}\r\n"}),
    "YAML": f"user: ada\npassword: {SECRET}\n",
    "JSON in a form": urlencode({"payload": json.dumps({"password": SECRET})}),
    "XML": f"<a><client_secret>{SECRET}</client_secret></a>",
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_a_secret_in_a_body(name: str) -> None:
    """The value is found, whatever kind of body it is."""
    answer = Response(200, (), BODIES[name].encode())
    found = set(NAMES.values(Exchange(Request("GET", "/"), answer)))
    assert found & {SECRET, "12345678", f"{SECRET}-{SECRET}"}


@pytest.mark.parametrize("name", ["Location", "Referer", "Link", "X-Next"])
def test_urls_in_headers(name: str) -> None:
    """A redirect that carries a token."""
    exchange = Exchange(Request("GET", "/"), Response(302, ((name, f"<https://h/a?x=1&api_key={SECRET}>; rel=next"),)))
    assert SECRET in set(NAMES.values(exchange))


def test_what_has_another_meaning_is_none() -> None:
    """A parameter of the API itself, and counts."""
    exchange = Exchange(
        Request("GET", "/", "key=colour&page_size=3"), Response(200, (), b'{"max_tokens": 4096, "n": 1}')
    )
    assert set(NAMES.values(exchange)) == set()
    assert set(Names({}, [], []).values(exchange)) == {"colour"}


@pytest.mark.parametrize("text", [f"/reset/{TICKET}", f"your ticket is {TICKET}."])
def test_a_json_web_token_is_a_secret_by_its_looks(text: str) -> None:
    """It needs no name: in a path, or in words."""
    assert set(NAMES.values(Exchange(Request("GET", text), None))) == {TICKET}


def test_words_behind_a_name_are_none() -> None:
    """What people are told about secrets is no secret; nor is a count, nor what only stands beside one."""
    said = {
        "detail": "Invalid password: characters are missing. Bearer authentication, please. token_count: 12345678",
        "named": [{"name": "colour", "value": "ultramarine-1"}, ["size", "large-12345"]],
        "help": [{"key": "How to reset a password", "value": "Write to us"}, ["On a lost token", "Write to them"]],
        "at": "https://administrator@h/x",
    }
    assert set(NAMES.values(Exchange(Request("GET", "/"), Response(200, (), json.dumps(said).encode())))) == set()


def test_all_is_a_secret_in_what_was_named() -> None:
    """Texts and numbers within a member that the user named; and no truth values."""
    names = Names({}, ["customer"], [])
    body = json.dumps({"customer": {"phone": 8150815, "known": True, "mail": "ada@h"}, "n": 8150816}).encode()
    assert set(names.values(Exchange(Request("GET", "/", "", (), body), None))) == {"8150815", "ada@h"}


@pytest.mark.parametrize(
    "piece",
    [
        "content-disposition: name=",
        "; name=a",
        "\r\nContent-Disposition: form-data; name=a",
        "password:",
        "password: ",
        "eyJaaaaaaaa. ",
    ],
)
def test_what_looks_like_the_head_of_a_part_again_and_again(piece: str) -> None:
    """A hostile body of one long line is gone through once, not once for each of its words."""
    assert list(NAMES.text("content-disposition: " + piece * 10_000)) == []
