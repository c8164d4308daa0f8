"""A secret is in the environment alone: no report ever holds it."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from conformance import Budget, Report, load, run
from conformance.exchange import Exchange, Request, Response
from conformance.reports import FlowCall, github, html, junit, terminal
from conformance.reports import json as json_report
from conformance.reports.curl import commands
from conformance.reports.redaction import redact

from . import samples

THREADS = Path(__file__).parents[1] / "servers" / "threads"
SECRET = "s3cr3t-t0ken"
VARIABLE = "${CONFORMANCE_TEST_TOKEN}"
TEMPLATE = f"Bearer {VARIABLE}"
BUDGET = Budget(requests=250)


def profile(folder: Path, auth: str) -> Any:
    """The threads profile with credentials."""
    (folder / "openapi.yaml").write_bytes((THREADS / "openapi.yaml").read_bytes())
    text = (THREADS / "profile.toml").read_text(encoding="utf-8")
    (folder / "profile.toml").write_text(f"{text}\n[auth]\n{auth}\nvalue = '{TEMPLATE}'\n", encoding="utf-8")
    return load(folder)


@pytest.fixture(
    params=['name = "Authorization"', 'name = "X-Api-Key"', 'in = "query"\nname = "key"', 'name = "Cookie"'],
    ids=["authorization", "header", "query", "cookie"],
)
def report(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """The report of a run with credentials, on a fake that demands them and is wrong."""
    monkeypatch.setenv("CONFORMANCE_TEST_TOKEN", SECRET)
    return run(profile(tmp_path, request.param), fault="loses-enrichments", budget=BUDGET)


def everything(report: Report) -> list[str]:
    """All that a report can be made into, and the report itself."""
    return [
        terminal.render(report),
        terminal.render(report, color=True),
        json_report.render(report),
        junit.render(report),
        github.render(report),
        html.render(report),
        repr(report),
        *(terminal.findings(report, finding.signature.invariant) for finding in report.findings),
        *(line for finding in report.findings for line in commands(finding.flow, "http://h", report.secrets)),
    ]


def test_the_secret_was_sent(report: Report) -> None:
    """Otherwise the other tests would prove nothing: the fake admits nobody without it."""
    assert report.findings
    for finding in report.findings:
        admitted = []
        for call in finding.flow:
            request = call.exchange.request
            sent = TEMPLATE in dict(request.headers).values() or f"key=Bearer+{VARIABLE}" in request.query
            assert call.exchange.response is not None
            assert call.exchange.response.status != 401
            admitted.append(sent)
        assert all(admitted)


def test_no_report_holds_a_secret(report: Report) -> None:
    """Neither for people nor for machines, nor in the lines to be copied."""
    assert report.findings
    assert not [text for text in everything(report) if SECRET in text]


def test_the_commands_name_the_variable(report: Report) -> None:
    """Who has the secret can run them."""
    lines = commands(report.findings[0].flow, "http://h", report.secrets)
    for line in lines:
        assert VARIABLE in line
        assert f"'{VARIABLE}" not in line


def test_a_server_that_says_the_secret_again_is_not_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in what it answered nor in what is said of it, whole or cut short."""
    monkeypatch.setenv("CONFORMANCE_TEST_TOKEN", SECRET)

    async def echo(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await receive()
        key = dict(scope["headers"]).get(b"x-key", b"").removeprefix(b"Bearer ")
        await send({"type": "http.response.start", "status": 500, "headers": [(b"x-said", key), (b"set-cookie", key)]})
        await send({"type": "http.response.body", "body": b"bad key " + key + b" " * 174 + key + key})

    report = run(profile(tmp_path, 'name = "X-Key"'), app=echo, budget=BUDGET)
    assert any(VARIABLE in finding.got for finding in report.findings)
    assert not [text for text in everything(report) if "s3cr" in text]


@pytest.mark.parametrize("secret", ['a"b\\c/d e+f', "pässwörd&=%", "日本語のひみつ", "it's 100%"])
@pytest.mark.parametrize("place", ["path", "query", "request", "response", "header", "got", "created", "saved"])
def test_a_secret_is_found_in_every_writing(secret: str, place: str) -> None:
    """Raw, percent-encoded, and as JSON writes it, wherever a server or a flow has put it."""
    writings = {
        secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
    }  # fmt: skip
    for written in writings:
        text = f"<{written}>"
        request = Request(
            "GET",
            text if place == "path" else "/",
            f"q={text}" if place == "query" else "",
            body=b"\xff" + text.encode() if place == "request" else b"",
        )
        response = Response(
            200, (("x", text),) if place == "header" else (), text.encode() if place == "response" else b""
        )
        call = FlowCall("read", Exchange(request, response), text if place == "created" else None)
        finding = replace(
            samples.finding(),
            flow=(call,),
            got=text if place == "got" else "",
            saved=(text,) if place == "saved" else (),
        )
        report = redact(replace(samples.broken(), findings=(finding,)), {secret: "${KEY}"})
        assert written not in repr(report)
        assert repr(text) not in repr(report)
        assert "<${KEY}>" in repr(report.findings)


def test_a_template_is_written_as_the_secret_was() -> None:
    """JSON stays JSON, and a URL a URL."""
    secret = 'a="k3yk3y"'
    request = Request("GET", "/", f"q={quote_plus(secret)}", body=json.dumps({"said": secret}).encode())
    finding = replace(samples.finding(), flow=(FlowCall("read", Exchange(request, None)),))
    report = redact(replace(samples.broken(), findings=(finding,)), {secret: 'a="${KEY}"'})
    request = report.findings[0].flow[0].exchange.request
    assert json.loads(request.body) == {"said": 'a="${KEY}"'}
    assert request.query == "q=a%3D%22${KEY}%22"


def test_a_short_secret_is_hidden_in_its_place_alone() -> None:
    """A single letter would be found in every word; what is a little longer is found as a word."""
    request = Request("GET", "/a-test/latest", "key=a&b=a", (("X-Key", "a"), ("x", "a")))
    finding = replace(samples.finding(), flow=(FlowCall("read", Exchange(request, None)),))
    report = replace(samples.broken(), findings=(finding,), secrets={"x-key": "${A}", "key": "${A}"})
    hidden = redact(report, {"a": "${A}", "test": "${B}"}).findings[0].flow[0].exchange.request
    assert (hidden.path, hidden.query) == ("/a-${B}/latest", "key=${A}&b=a")
    assert hidden.headers == (("X-Key", "${A}"), ("x", "a"))


def test_cookies_never_appear() -> None:
    """Whoever set them, also without credentials."""
    headers = tuple((name, "s3cret") for name in ("Cookie", "Set-Cookie", "Proxy-Authorization", "authorization"))
    flow = (FlowCall("read", Exchange(Request("GET", "/", headers=headers), Response(200, headers))),)
    report = redact(replace(samples.broken(), findings=(replace(samples.finding(), flow=flow),)), {})
    assert not [text for text in everything(report) if "s3cret" in text]


def test_a_report_without_secrets_stays_as_it_is() -> None:
    """Nothing is hidden that is no secret."""
    assert redact(samples.broken(), {}) == samples.broken()
    assert redact(samples.broken(), {"not to be found": "${KEY}"}) == samples.broken()


def test_the_fake_is_served_by_the_path_of_its_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command of a report names a file where a name would not be found."""
    monkeypatch.setenv("CONFORMANCE_TEST_TOKEN", SECRET)
    folder = tmp_path / "my api"
    folder.mkdir()
    report = run(profile(folder, 'name = "X-Key"'), fault="loses-enrichments", budget=Budget(requests=5))
    assert shlex.split(report.serve)[:3] == ["conformance", "serve", str(folder / "profile.toml")]


# --- credentials that are wrong, and those of another identity ------------------------------------


def call(value: str) -> FlowCall:
    """A read with these credentials."""
    request = Request("GET", "/threads", headers=(("Authorization", value),))
    return FlowCall("read", Exchange(request, Response(200)))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Bearer s3cr3t-one", 'Bearer ${ONE}"'),
        ("Bearer s3cr3t-two", 'Bearer ${TWO}"'),
        ("Bearer no-such-secret", "Bearer no-such-secret'"),
        ("Bearer unknown", 'Bearer ${ONE}"'),
    ],
)
def test_a_command_sends_the_credentials_that_were_sent(value: str, shown: str) -> None:
    """Wrong ones are no secret, and a finding about them is repeated with them; the others by their variables."""
    finding = replace(samples.finding(), flow=(call(value),))
    secrets = {"authorization": "Bearer ${ONE}"}
    values = {"Bearer s3cr3t-one": "Bearer ${ONE}", "Bearer s3cr3t-two": "Bearer ${TWO}", "s3cr3t-two": "${TWO}"}
    clean = redact(replace(samples.report(), findings=(finding,), secrets=secrets), values)
    (line,) = commands(clean.findings[0].flow, "http://h", clean.secrets)
    assert shown in line
    assert "s3cr3t" not in line


@pytest.mark.parametrize(("sent", "shown"), [("s3cr3t-one", "${ONE}"), ("no-such-secret", "no-such-secret")])
def test_a_query_shows_the_credentials_that_were_sent(sent: str, shown: str) -> None:
    """The same, where they stand in the query."""
    request = Request("GET", "/threads", f"a=b&key={sent}")
    flow = (FlowCall("read", Exchange(request, Response(200))),)
    finding = replace(samples.finding(), flow=flow)
    clean = redact(replace(samples.report(), findings=(finding,), secrets={"key": "${ONE}"}), {"s3cr3t-one": "${ONE}"})
    assert clean.findings[0].flow[0].exchange.request.query == f"a=b&key={shown}"


def test_a_finding_about_wrong_credentials_is_repeated_with_them() -> None:
    """Its last command carries none, or the wrong ones."""
    found = run(
        load(THREADS.with_name("threads_rest")), fault="reads-without-credentials", budget=Budget(requests=700)
    ).findings
    kinds = [
        each for each in found if each.signature.invariant == "credentials/call-without-valid-credentials-is-refused"
    ]
    assert kinds
    for each in kinds:
        line = commands(each.flow, "http://h", {"authorization": "Bearer ${THREADS_KEY}"})[-1]
        assert "${THREADS_KEY}" not in line
