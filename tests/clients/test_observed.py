"""Any program is run against the fake, and judged by what it sends."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from conformance import Verdict, load
from conformance.client_run import watch
from conformance.clients.wire import environment
from conformance.errors import InputError
from conformance.profile import Profile
from conformance.reports import terminal
from tests.clients.driven import PROFILES

HONEYHIVE = PROFILES["honeyhive"]


def program(text: str) -> list[str]:
    """A program that calls the API with what it finds in its environment; `call` sends one request."""
    head = """
import json, os, urllib.request, urllib.error
def call(method, path, body=None, key=os.environ.get("CONFORMANCE_AUTHORIZATION")):
    url = os.environ["CONFORMANCE_BASE_URL"] + path
    headers = {"content-type": "application/json", **({"authorization": key} if key else {})}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code
def start(**more):
    session = {"project": "p", "session_name": "n", "source": "s", **more}
    return call("POST", "/session/start", {"session": session})["session_id"]
def say(session):
    event = {"project": "p", "source": "s", "event_name": "e", "event_type": "model", "config": {}, "inputs": {}}
    return call("POST", "/events", {"event": {**event, "duration": 1, "session_id": session}})
"""
    return [sys.executable, "-c", head + textwrap.dedent(text)]


def broken(text: str, profile: Profile = HONEYHIVE) -> dict[str, str]:
    """The invariants that a program breaks, each with its operation and kind; the client is to blame for all."""
    report = watch(profile, program(text))
    assert all(each.blame == "client" for each in report.findings)
    assert (report.verdict is Verdict.BROKEN) is bool(report.findings)
    return {each.signature.invariant: f"{each.signature.operation} · {each.signature.kind}" for each in report.findings}


def test_what_is_right_conforms() -> None:
    """A session, a run, an enrichment, a read and a delete."""
    report = watch(HONEYHIVE, program("""
        session = start()
        say(session)
        call("PUT", "/events", {"event_id": session, "metadata": {"a": 1}})
        call("GET", f"/session/{session}")
        call("DELETE", f"/session/{session}")
        assert call("GET", f"/session/{session}") == 404
    """))  # fmt: skip
    assert (report.verdict, report.exchanges, report.notes) == (Verdict.CONFORMS, 6, ())


@pytest.mark.parametrize(
    ("text", "invariant", "what"),
    [
        ("say('nobody')", "requests/session-is-created-before-it-is-run", "createEvent · never created"),
        (
            "call('PUT', '/events', {'event_id': 'nobody', 'metadata': {}})",
            "requests/session-is-created-before-it-is-written-to",
            "updateEvent · never created",
        ),
        ("call('PUT', '/session/0123456789')", "requests/request-is-in-the-spec", "PUT /session/… · unknown"),
        ("call('POST', '/session/start', {'project': 'p'})", "requests/request-conforms", "startSession · the body"),
        ("call('GET', '/session/s', key='')", "requests/credentials-are-sent", "getSession · missing or wrong"),
        (
            "call('GET', '/session/s?key=' + os.environ['HH_API_KEY'])",
            "requests/no-credentials-in-the-url",
            "the query parameter key · in the URL",
        ),
        (
            "call('GET', '/session/' + os.environ['HH_API_KEY'])",
            "requests/no-credentials-in-the-url",
            "the path · in the URL",
        ),
        (
            "call('GET', '/session/s?' + os.environ['HH_API_KEY'])",
            "requests/no-credentials-in-the-url",
            "the query · in the URL",
        ),
        (
            "s = start(); call('DELETE', f'/session/{s}'); say(s)",
            "requests/deleted-session-is-not-used",
            "createEvent · after delete",
        ),
    ],
)
def test_what_is_wrong_is_found(text: str, invariant: str, what: str) -> None:
    """By its own invariant, and by no other."""
    assert broken(text) == {invariant: what}


def test_two_sessions_in_one_request_are_found() -> None:
    """Where an API names a session in several places."""
    text = """
        headers = {"content-type": "application/json", "X-Session-Id": "two"}
        body = json.dumps(BODY).encode()
        urllib.request.urlopen(urllib.request.Request(os.environ["CONFORMANCE_BASE_URL"] + PATH, body, headers))
    """
    snakebridge = load("snakebridge")
    operation = next(each.operation for each in snakebridge.bindings if each.operation.id == "call_function")
    assert operation.request is not None
    body = {**snakebridge.spec.schemas.example(operation.request.schema), "session_id": "one"}
    filled = textwrap.dedent(text).replace("BODY", repr(body)).replace("PATH", repr(operation.template))
    found = broken(f"try:\n{textwrap.indent(filled, '    ')}\nexcept urllib.error.HTTPError: pass\n", snakebridge)
    assert found == {"requests/request-names-one-session": "call_function · two sessions"}


def test_what_is_refused_is_no_session() -> None:
    """A run under an id whose creation was refused is a run on a session that was never created."""
    found = broken("call('POST', '/session/start', {'session': {'session_id': 's1'}}); say('s1')")
    assert set(found) == {"requests/request-conforms", "requests/session-is-created-before-it-is-run"}


def test_the_calls_before_are_shown() -> None:
    """Those that are about the same session, so that the finding can be understood by itself."""
    report = watch(HONEYHIVE, program("start(); s = start(); say(s); call('DELETE', f'/session/{s}'); say(s)"))
    (finding,) = report.findings
    assert [each.role for each in finding.flow] == ["create", "run", "delete", "run"]
    assert not any(name.lower() in ("host", "content-length") for name, _ in finding.flow[0].exchange.request.headers)


def test_what_is_said_to_something_else_is_not_judged() -> None:
    """Traces go to the same address, and are of another API."""
    assert broken("start(); call('POST', '/opentelemetry/v1/traces', {})") == {}


def test_a_finding_can_be_read_and_repeated_whatever_was_sent() -> None:
    """The lines name an address, and what is no text is not printed."""
    report = watch(HONEYHIVE, program("""
        url = os.environ["CONFORMANCE_BASE_URL"] + "/session/start"
        for body in (bytes(range(256)) * 400, b"\\0" * 3_000_000):
            try:
                urllib.request.urlopen(urllib.request.Request(url, body, {"authorization": "x"}))
            except urllib.error.HTTPError:
                pass
    """))  # fmt: skip
    text = terminal.render(report, 120)
    assert "curl -sS -X POST http://127.0.0.1:8080/session/start" in text
    assert "with 102,400 bytes that are no text" in text
    assert len(text) < 6_000


def test_who_sends_nothing_was_not_reached() -> None:
    """It is said where the API would have been."""
    report = watch(HONEYHIVE, ["true"])
    assert report.verdict is Verdict.UNREACHABLE
    assert "$HH_API_URL" in report.notes[-1]


def test_how_a_command_ends_is_told_and_decides_nothing() -> None:
    """A test suite that fails is not a client that is wrong."""
    report = watch(HONEYHIVE, program("start(); raise SystemExit(7)"))
    assert report.verdict is Verdict.CONFORMS
    assert report.notes == ("the command ended with code 7",)


def test_a_command_that_does_not_end_is_stopped() -> None:
    """And judged by what it sent until then."""
    report = watch(HONEYHIVE, program("say('nobody'); import time; time.sleep(60)"), seconds=1.5)
    assert report.verdict is Verdict.BROKEN
    assert report.seconds < 20
    assert report.stopped == "its time was over"


@pytest.mark.parametrize("command", ["/there/is/no/such/command", "/"])
def test_a_command_that_cannot_be_started_is_an_error(command: str) -> None:
    """Of whoever typed it."""
    with pytest.raises(InputError, match="cannot be started"):
        watch(HONEYHIVE, [command])


def test_real_secrets_are_never_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is run against the fake gets made-up ones, whatever is set."""
    monkeypatch.setenv("HH_API_KEY", "a-real-secret")
    monkeypatch.setenv("CONFORMANCE_AUTHORIZATION", "Bearer a-real-secret")
    told = environment(HONEYHIVE, "http://127.0.0.1:1")
    assert "a-real-secret" not in " ".join(told.values())
    assert told["HH_API_KEY"] == "made-up-hh-api-key"
    assert told["HH_API_URL"] == told["CONFORMANCE_BASE_URL"] == "http://127.0.0.1:1"
    assert told["HH_PROJECT"] == "conformance"


def test_a_shell_script_will_do(tmp_path: Path) -> None:
    """Whatever calls the API can be judged."""
    script = tmp_path / "script.sh"
    script.write_text(f"{sys.executable} -c 'import urllib.request, os\n"
                      "urllib.request.urlopen(os.environ[\"HH_API_URL\"] + \"/nowhere\")' 2>/dev/null\n")  # fmt: skip
    report = watch(HONEYHIVE, ["sh", str(script)])
    assert [str(each.signature.invariant) for each in report.findings] == ["requests/request-is-in-the-spec"]
