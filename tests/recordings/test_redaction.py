"""No secret reaches the disk, wherever it stands and however it is written; the same secret has the same pseudonym."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any
from urllib.parse import quote

import pytest

from conformance.exchange import Exchange, Headers, Request, Response
from conformance.recordings.redaction import Redaction, without_user

TOKEN = "tok-7f3a91/äß\"x'1"
PLACES = {"authorization": "Bearer ${API_KEY}"}
VALUES = {"right-secret-1": "${API_KEY}", "Bearer right-secret-1": "Bearer ${API_KEY}"}


def _redacted(
    headers: Headers = (), body: Any = None, query: str = "", path: str = "/a", answer: Any = None, **more: Any
) -> Exchange:
    redaction = Redaction(VALUES, PLACES, **more)
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    response = Response(200, (("Set-Cookie", "sid=cookie-123456; Path=/; HttpOnly"),), json.dumps(answer).encode())
    return redaction.exchange(Exchange(Request("POST", path, query, headers, raw, "http://u:hunter2@h"), response))


def _text(exchange: Exchange) -> str:
    """All that would be written."""
    return repr(exchange)


WRITINGS = {
    "as it is": lambda secret: secret,
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON in UTF-8": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "percent": lambda secret: quote(secret, safe=""),
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_a_secret_is_found_in_every_writing(writing: str) -> None:
    """What a header carries is replaced in path, query and bodies as well."""
    said = WRITINGS[writing](TOKEN)
    exchange = _redacted(
        headers=(("X-Auth-Token", TOKEN),),
        path=f"/a/{quote(TOKEN, safe='')}",
        query=f"next={quote(TOKEN, safe='')}",
        body=f"free text: {said}".encode(),
        answer={"echo": TOKEN},
    )
    for each in (TOKEN, said, json.dumps(TOKEN)[1:-1], quote(TOKEN, safe="")):
        assert each not in _text(exchange)
    pseudonym = dict(exchange.request.headers)["X-Auth-Token"]
    assert exchange.response is not None
    assert json.loads(exchange.response.body)["echo"] == pseudonym


def test_credentials_become_their_template() -> None:
    """In their own place, and wherever else the server says them again."""
    exchange = _redacted(headers=(("Authorization", "Bearer right-secret-1"),), answer={"you": "right-secret-1"})
    assert dict(exchange.request.headers)["Authorization"] == "Bearer ${API_KEY}"
    assert exchange.response is not None
    assert json.loads(exchange.response.body) == {"you": "${API_KEY}"}


def test_wrong_credentials_stay() -> None:
    """They are no secret, and the judge has to know them."""
    exchange = _redacted(headers=(("Authorization", "Bearer no-such-secret"),))
    assert dict(exchange.request.headers)["Authorization"] == "Bearer no-such-secret"


@pytest.mark.parametrize(
    "name", ["Authorization", "Proxy-Authorization", "X-Api-Key", "x-goog-api-key", "X-CSRF-Token"]
)
def test_headers_that_carry_secrets(name: str) -> None:
    """By their names; a scheme stays, so that it can be told what it was."""
    exchange = _redacted(headers=((name, "Bearer abcdef-123456"),), body={"note": "it was abcdef-123456"})
    value = dict(exchange.request.headers)[name]
    assert "abcdef-123456" not in _text(exchange)
    assert value.startswith("Bearer ")
    assert json.loads(exchange.request.body)["note"] == f"it was {value.removeprefix('Bearer ')}"


def test_a_password_in_basic_credentials_is_known_elsewhere() -> None:
    """What is packed in the header is a secret unpacked, too."""
    packed = base64.b64encode(b"ada:correct-horse-9").decode()
    exchange = _redacted(headers=(("Authorization", f"Basic {packed}"),), body={"text": "correct-horse-9"})
    assert packed not in _text(exchange)
    assert "correct-horse-9" not in _text(exchange)


@pytest.mark.parametrize("carried", ["Bearer abc-1234", f"Basic {base64.b64encode(b'ada:abc-1234').decode()}"])
def test_credentials_in_a_body_are_known_elsewhere(carried: str) -> None:
    """Their scheme stays, and what follows it is a secret by itself, as it is in a header."""
    body = {"headers": {"Authorization": carried}, "said": "abc-1234"}
    sent = json.loads(_redacted(body=body).request.body)
    assert sent["said"] != "abc-1234"
    assert sent["headers"]["Authorization"].partition(" ")[0] == carried.partition(" ")[0]
    assert sent["headers"]["Authorization"] != carried


def test_cookies_are_replaced_and_keep_their_shape() -> None:
    """Values alone: names and attributes say nothing secret."""
    exchange = _redacted(headers=(("Cookie", "sid=cookie-123456; theme=dark-1234"),))
    assert "cookie-123456" not in _text(exchange)
    sent = dict(exchange.request.headers)["Cookie"]
    assert exchange.response is not None
    got = exchange.response.header("set-cookie")
    assert got.endswith("; Path=/; HttpOnly")
    assert got.partition(";")[0] == sent.partition(";")[0]


def test_members_and_parameters_by_their_names() -> None:
    """Texts under the names of secrets; counts of tokens are none."""
    body = {"password": "pw", "deep": [{"refresh_token": "abcdef-12"}], "max_tokens": 100, "tokens": "many"}
    exchange = _redacted(body=body, query="access_token=xyz-123&page=2")
    sent = json.loads(exchange.request.body)
    assert sent["password"] != "pw"
    assert sent["deep"][0]["refresh_token"] not in ("", "abcdef-12")
    assert (sent["max_tokens"], sent["tokens"]) == (100, "many")
    assert "xyz-123" not in exchange.request.query
    assert exchange.request.query.endswith("&page=2")


def test_named_fields_of_any_kind() -> None:
    """What is named is a secret in header, query and body, be it a number."""
    exchange = _redacted(
        headers=(("X-Customer", "Ada Lovelace"),), body={"customer": 815, "x-customer": "Ada Lovelace"},
        query="customer=815", named=["customer", "X-Customer"],
    )  # fmt: skip
    assert "Ada Lovelace" not in _text(exchange)
    sent = json.loads(exchange.request.body)
    assert isinstance(sent["customer"], int)
    assert sent["customer"] != 815
    assert exchange.request.query != "customer=815"


def test_forms_are_searched() -> None:
    """A login form is no JSON."""
    exchange = _redacted(body=b"user=ada&password=correct-horse-9&x=1")
    assert b"correct-horse-9" not in exchange.request.body
    assert exchange.request.body.endswith(b"&x=1")


def test_urls_lose_their_user() -> None:
    """A password in the authority is gone with its user."""
    assert _redacted().request.base == "http://h"
    assert without_user("https://u:p@h:80") == "https://h:80"
    assert without_user("nowhere") == "nowhere"


def test_twice_is_once() -> None:
    """Redacting what was redacted changes nothing."""
    redaction = Redaction(VALUES, PLACES)
    headers = (("Authorization", "Bearer other-999"), ("Cookie", "a=b-123456"), ("X-Token", "t-1234567"))
    body = b'{"secret": "abc", "jwt": "Bearer xyz-12345", "log": "X-Api-Key: abc-12345, Basic YTpiLTEyMzQ1"}'
    first = redaction.exchange(Exchange(Request("GET", "/a", "token=abcd-1", headers, body), None))
    assert redaction.exchange(first) == first


def test_packing_and_length_fit_what_is_left() -> None:
    """Bodies are held unpacked, so no header says otherwise."""
    response = Response(200, (("Content-Encoding", "gzip"), ("Content-Length", "7")), b"0123456789")
    clean = Redaction({}, {}).exchange(Exchange(Request("GET", "/"), response)).response
    assert clean is not None
    assert clean.headers == (("Content-Length", "10"),)


def test_bytes_that_are_no_text_survive() -> None:
    """Binary bodies are searched, and kept."""
    exchange = _redacted(headers=(("X-Token", "abcdef-123456"),), body=b"\xff\x00abcdef-123456\xfe")
    assert exchange.request.body[:2] == b"\xff\x00"
    assert b"abcdef-123456" not in exchange.request.body


def test_known_credentials_are_hidden_where_the_profile_wants_none() -> None:
    """What the environment holds is sent to any server, and stands under the name of a secret all the same."""
    redaction = Redaction({"Bearer right-secret-1": "${AUTH}", "right-secret-1": "${AUTH}"}, {})
    exchange = redaction.exchange(
        Exchange(
            Request("GET", "/a", "", (("Authorization", "Bearer right-secret-1"),)),
            Response(200, (), b"right-secret-1"),
        )
    )
    assert "right-secret-1" not in _text(exchange)
    assert dict(exchange.request.headers)["Authorization"] == "${AUTH}"


def test_letters_of_every_script_are_replaced() -> None:
    """A password need not be ASCII."""
    exchange = _redacted(
        body={"password": "\u043f\u0430\u0440\u043e\u043b\u044c", "again": "\u043f\u0430\u0440\u043e\u043b\u044c"}
    )
    sent = json.loads(exchange.request.body)
    assert sent["password"] == sent["again"]
    pairs = zip(sent["password"], "\u043f\u0430\u0440\u043e\u043b\u044c", strict=True)
    assert all(now != before for now, before in pairs)


def test_common_words_break_nothing() -> None:
    """A cookie `consent=true`, a password that is a word of the API: replaced where it stands, and nowhere else."""
    exchange = _redacted(
        headers=(("Cookie", "consent=true; theme=sessions"),), body={"ok": True, "password": "sessions"},
        path="/sessions", public=["sessions"],
    )  # fmt: skip
    sent = json.loads(exchange.request.body)
    assert sent["ok"] is True
    assert sent["password"] != "sessions"
    assert exchange.request.path == "/sessions"
    assert dict(exchange.request.headers)["Cookie"] != "consent=true; theme=sessions"


def test_a_secret_number_stays_a_number() -> None:
    """Wherever it stands: JSON knows no number that begins with a zero."""
    for key in (bytes([each]) * 32 for each in range(30)):
        exchange = _redacted(body={"otp": 123456, "again": 123456}, key=key)
        sent = json.loads(exchange.request.body)
        assert sent["otp"] == sent["again"] != 123456


@pytest.mark.parametrize("coding", [(), (("Content-Encoding", "gzip"),)])
def test_packed_bodies_are_searched(coding: Headers) -> None:
    """A file that is packed is packed again; what travelled packed is written as it is."""
    body = gzip.compress(b"found: abcdef-123456")
    exchange = _redacted(headers=(("X-Token", "abcdef-123456"), *coding), body=body)
    sent = exchange.request.body if coding else gzip.decompress(exchange.request.body)
    assert sent.startswith(b"found: ")
    assert b"abcdef-123456" not in sent
    assert "content-encoding" not in {name.lower() for name, _ in exchange.request.headers}


def test_short_secrets_are_replaced_in_their_places() -> None:
    """In a form, in multipart, in a stream, in JSON within JSON."""
    part = b'--b\r\nContent-Disposition: form-data; name="pin_token"\r\n\r\n123\r\n--b--'
    for body in (
        b"a=1&password=123",
        part,
        b'data: {"token": "123"}\n\n',
        json.dumps({"x": '{"token": "123"}'}).encode(),
    ):
        exchange = _redacted(body=body)
        assert b"123" not in exchange.request.body
        assert len(exchange.request.body) == len(body)
