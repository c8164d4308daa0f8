"""The shell lines of a report really run: they send what the flow sent, and show the same bug again."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import uvicorn

from conformance import load
from conformance.exchange import Exchange, Request, Response
from conformance.explore.explorer import Budget
from conformance.fakes import asgi
from conformance.reports import Finding, FlowCall, Report
from conformance.reports.curl import commands
from conformance.run import run, server_of

FAULT = "enriches-the-last-session"
THREADS = Path(__file__).parents[1] / "servers" / "threads"
JSON = ("content-type", "application/json")

runs = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not there")


@contextmanager
def served(application: Any) -> Iterator[str]:
    """Serves an application on a free port of loopback; gives its URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(application, log_level="error", access_log=False, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            deadline = time.monotonic() + 10
            while not server.started:
                assert thread.is_alive()
                assert time.monotonic() < deadline
                time.sleep(0.005)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def shell(lines: Sequence[str], environment: dict[str, str] | None = None) -> list[str]:
    """Runs the lines in one shell; gives what each printed on either channel."""
    script = "\n".join(f"{line}\necho; echo ---{index}---" for index, line in enumerate(lines))
    done = subprocess.run(
        ["bash", "-u", "-c", f"exec 2>&1\n{script}"],
        capture_output=True,
        timeout=30,
        check=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **(environment or {})},
    )
    return [part.strip() for part in re.split(r"---\d+---", done.stdout.decode())[:-1]]


class Recorder:
    """An application that keeps every request, and answers the next of the bodies that it was given."""

    def __init__(self, *bodies: Any) -> None:
        self.requests: list[Request] = []
        self._bodies = list(bodies)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Take one request."""
        if scope["type"] == "lifespan":
            for _ in range(2):
                await send({"type": (await receive())["type"] + ".complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = tuple((name.decode(), value.decode("latin-1")) for name, value in scope["headers"])
        path, query = scope["raw_path"].decode(), scope["query_string"].decode()
        self.requests.append(Request(scope["method"], path, query, headers, body))
        answer = json.dumps(self._bodies.pop(0) if self._bodies else {}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": answer})


def call(request: Request, created: str | None = None, creates: tuple[str, ...] = (), chosen: bool = False) -> FlowCall:
    """A call of a flow."""
    return FlowCall("call", Exchange(request, Response(200)), created, creates, chosen)


# --- the bug is shown again -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["adk", "threads"])
def report(request: pytest.FixtureRequest) -> Report:
    """The report of a run on a fake that enriches the wrong session."""
    profile = load("adk" if request.param == "adk" else THREADS)
    return run(profile, fault=FAULT, budget=Budget(requests=600))


def fake(report: Report, fault: str | None) -> Any:
    """The fake that a report is about, fresh."""
    return asgi.app(server_of(load("adk" if report.profile == "adk" else THREADS), 99, fault))


def lost_enrichment(report: Report) -> Finding:
    """The finding of an enrichment that did not arrive."""
    return next(each for each in report.findings if each.signature.invariant == "enrichment/enrichment-reads-back")


def holds(document: str, text: str) -> bool:
    """Whether a JSON document holds a string as a value."""
    found: list[Any] = [json.loads(document)]
    for each in found:
        found += each.values() if isinstance(each, dict) else each if isinstance(each, list) else []
    return text in found


@runs
def test_the_lines_show_the_bug_again_and_on_a_right_server_none(report: Report) -> None:
    """Run on the fake with the fault, the last line shows what the finding got; on the right fake what it expected."""
    finding = lost_enrichment(report)
    bodies = [each.exchange.request.body.decode() for each in finding.flow]
    markers = [re.findall(r"conf0-m\d+", body) for body in bodies]
    wrote = [each[-1] for each in markers if each][-1]
    shown = {}
    for fault in (FAULT, None):
        with served(fake(report, fault)) as url:
            printed = shell(commands(finding.flow, url, report.secrets))
        assert len(printed) == len(finding.flow)
        assert all(json.loads(text) is not None for text in printed if text)
        shown[fault] = printed[-1]
    assert not holds(shown[FAULT], wrote)
    assert holds(shown[None], wrote)


@runs
def test_every_finding_is_answered_as_it_was(report: Report) -> None:
    """The lines of each finding get answers that differ from those of the run in ids and times alone."""
    for finding in [each for each in report.findings if each.primary][:3]:
        with served(fake(report, FAULT)) as url:
            printed = shell(commands(finding.flow, url, report.secrets))
        for text, each in zip(printed, finding.flow, strict=True):
            response = each.exchange.response
            assert response is not None
            assert shape(json.loads(text or "null")) == shape(json.loads(response.body or b"null"))


def shape(value: Any) -> Any:
    """A value without what a server makes up."""
    made_up = {"id", "thread_id", "message_id", "lastUpdateTime", "updated_at", "at", "timestamp"}
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items() if key not in made_up}
    return [shape(item) for item in value] if isinstance(value, list) else value


def test_ids_that_the_server_chose_are_captured(report: Report) -> None:
    """No line names an id that the server made up; each is captured before it is used."""
    flow = lost_enrichment(report).flow
    lines = commands(flow, "http://127.0.0.1:1")
    handed_out = [each.created for each in flow if each.created is not None and not each.chosen]
    assert handed_out
    captured: set[str] = set()
    for line, each in zip(lines, flow, strict=True):
        used = set(re.findall(r'"\$(session_\d+)"', line))
        assert used <= captured
        captured |= set(re.findall(r"^(session_\d+)=", line))
        assert not any(session in line for session in handed_out)
        assert "\n" not in line
        if each.role == "enrich":
            assert used
    assert len(captured) == len(set(handed_out))


# --- requests travel unchanged ----------------------------------------------------------------------------------------

NASTY = [
    "plain", "it's", 'say "so"', "$HOME", "${PATH}", "$(echo gone)", "`echo gone`", "a\\nb", "a\\", "!!", "*", "~", "#",
    "a;b", "a&b", "a|b", "<x>", "{a,b}", "[1-3]", "%41", "ü 日本 😀", "-X", "@file", " ", "\t", "a\nb", "''", '""',
]  # fmt: skip


@runs
def test_any_request_arrives_as_it_was() -> None:
    """Whatever stands in path, query, header or body is neither expanded, nor split, nor globbed."""
    flow = []
    for text in NASTY:
        path = f"/s/{quote(text, safe='')}"
        body = json.dumps({"text": text, "raw": text}, ensure_ascii=False).encode()
        headers = (
            JSON,
            ("x-text", f"<{text.encode('ascii', 'replace').decode()}>".replace("\n", " ").replace("\t", " ")),
        )
        flow.append(call(Request("POST", path, f"q={quote(text, safe='')}&r=", headers, body)))
    flow += [
        call(Request(method, "/bare", headers=(("x-text", "<>"),)))
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    ]
    flow.append(call(Request("PATCH", "/p", headers=(JSON, ("x-text", "<>")), body=b"@/etc/hostname")))
    flow.append(call(Request("POST", "/b", headers=(("x-text", "<>"),), body=b"\xff\x00 ' \n" + bytes(range(256)))))
    recorder = Recorder()
    with served(recorder) as url:
        shell(commands(flow, url))
    assert len(recorder.requests) == len(flow)
    for sent, each in zip(recorder.requests, flow, strict=True):
        request = each.exchange.request
        assert (sent.method, sent.path, sent.query, sent.body) == (
            request.method, request.path, request.query, request.body,
        )  # fmt: skip
        assert dict(request.headers).items() <= dict(sent.headers).items()


@runs
def test_captured_ids_are_used_wherever_the_old_one_stood() -> None:
    """In path, query and body, also several of them; an id that the caller chose stays as it is."""
    first, second, chosen = "aaaa-1111", "bbbb-2222", "mine"
    create = Request("POST", "/s", headers=(JSON,), body=b'{"x": 1}')
    flow = [
        call(create, first, ("list", "1", "the id")),
        call(create, second, ("id",)),
        call(Request("POST", f"/s/{chosen}", headers=(JSON,), body=b"{}"), chosen, ("id",), chosen=True),
        call(Request("PATCH", f"/s/{first}/x", f"other={second}", (JSON,), f'["{second}", "{first}\'s"]'.encode())),
        call(Request("GET", f"/s/{chosen}")),
    ]
    recorder = Recorder({"list": [0, {"the id": "new-1"}]}, {"id": 77}, {"id": chosen})
    with served(recorder) as url:
        lines = commands(flow, url)
        shell(lines)
    assert [line.partition(" ")[0].partition("=")[0] for line in lines[:3]] == ["session_1", "session_2", "curl"]
    third, fourth, fifth = recorder.requests[2:]
    assert third.path == "/s/mine"
    assert (fourth.path, fourth.query, fourth.body) == ("/s/new-1/x", "other=77", b'["77", "new-1\'s"]')
    assert fifth.path == "/s/mine"


@runs
def test_a_capturing_line_prints_the_answer_too() -> None:
    """Who runs the lines sees every answer, also that of a create."""
    recorder = Recorder({"id": "new"})
    flow = [call(Request("POST", "/s"), "old-id", ("id",))]
    with served(recorder) as url:
        assert shell(commands(flow, url)) == ['{"id": "new"}']


@runs
def test_ids_are_written_as_their_place_demands() -> None:
    """Percent-encoded in a path and a query, escaped in JSON, whatever characters an id holds."""
    old, new = 'p/a "1" ü', 'p/b "2" ö%'
    flow = [
        call(Request("POST", "/s", headers=(JSON,), body=b"{}"), old, ("id",)),
        call(
            Request("POST", f"/s/{quote(old, safe='')}", f"id={quote_plus(old)}", (JSON,), json.dumps([old]).encode())
        ),
    ]
    recorder = Recorder({"id": new})
    with served(recorder) as url:
        shell(commands(flow, url))
    sent = recorder.requests[1]
    assert (sent.path, sent.query) == (f"/s/{quote(new, safe='')}", f"id={quote(new, safe='')}")
    assert json.loads(sent.body) == [new]


def test_an_id_is_no_part_of_anything_else() -> None:
    """Neither of the port, nor of a longer id, nor of a number."""
    body = b'{"a": 142, "b": 42.5, "c": "42-x", "d": 42}'
    flow = [call(Request("POST", "/s"), "42", ("id",)), call(Request("PUT", "/v1.42/s/42", "x=420&y=42", body=body))]
    line = commands(flow, "http://127.0.0.1:42")[1]
    assert line == (
        'curl -sS -X PUT http://127.0.0.1:42/v1.42/s/"$session_1"\'?x=420&y=\'"$session_1" --data-raw '
        '\'{"a": 142, "b": 42.5, "c": "42-x", "d": \'"$session_1"\'}\''
    )


def test_an_id_that_stands_elsewhere_in_its_request_is_captured() -> None:
    """It is the server's choice, though the number of a user is the same."""
    flow = [call(Request("POST", "/users/1/s", body=b'{"n": 1}'), "1", ("id",)), call(Request("GET", "/s/1"))]
    first, second = commands(flow, "http://h")
    assert first.startswith("session_1=")
    assert second == 'curl -sS http://h/s/"$session_1"'


def test_an_id_that_is_no_text_does_no_harm() -> None:
    """Half a surrogate pair can be an id in JSON."""
    flow = [
        call(Request("POST", "/s"), "\ud800", ("id",)),
        call(Request("POST", "/get", body=json.dumps({"id": "\ud800"}).encode())),
    ]
    lines = commands(flow, "http://h")
    assert '"$session_1_json"' in lines[1]
    "".join(lines).encode()


# --- secrets ----------------------------------------------------------------------------------------------------------


@runs
def test_a_secret_header_is_read_from_the_environment() -> None:
    """The line names the variable, and the shell puts the secret in."""
    secret = "s3cret $HOME `x`"
    flow = [call(Request("GET", "/s", headers=(("X-Key", f"Bearer {secret}"), ("x-other", "shown"))))]
    recorder = Recorder()
    with served(recorder) as url:
        lines = commands(flow, url, {"x-key": "Bearer ${API_KEY}"})
        shell(lines, {"API_KEY": secret})
    assert secret not in lines[0]
    assert "${API_KEY}" in lines[0]
    assert "x-other: shown" in lines[0]
    assert dict(recorder.requests[0].headers)["x-key"] == f"Bearer {secret}"


@runs
@pytest.mark.parametrize(
    "template",
    ["${KEY}_v1", "a${KEY}b${OTHER}", 'Digest a="${KEY}"', "it's `${KEY}` !! \\ $KEY $(x) %", "${KEY}"],
)
def test_a_template_stands_for_what_the_shell_makes_of_it(template: str) -> None:
    """In a header, in a body, and beside a captured id; only its variables are expanded."""
    values = {"KEY": 'k "$HOME" !', "OTHER": "o"}
    meant = template.replace("${KEY}", values["KEY"]).replace("${OTHER}", values["OTHER"])
    flow = [
        call(Request("POST", "/s"), "old", ("id",)),
        call(Request("POST", "/x", "", (("X-Key", f"<{template}>"),), f"old {template} ${{HOME}}".encode())),
    ]
    recorder = Recorder({"id": "new"})
    with served(recorder) as url:
        shell(commands(flow, url, {"x-key": f"<{template}>"}), values)
    sent = recorder.requests[1]
    assert dict(sent.headers)["x-key"] == f"<{meant}>"
    assert sent.body.decode() == f"new {meant} ${{HOME}}"


# --- their form -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (Request("GET", "/a"), "curl -sS http://h/a"),
        (Request("DELETE", "/a", "b=c"), "curl -sS -X DELETE 'http://h/a?b=c'"),
        (Request("GET", "/a", body=b"{}"), "curl -sS -X GET http://h/a --data-raw '{}'"),
        (
            Request("POST", "/a", headers=(JSON,), body=b'{"a": 1}'),
            "curl -sS -X POST http://h/a -H 'content-type: application/json' --data-raw '{\"a\": 1}'",
        ),
    ],
)
def test_a_line_is_as_short_as_can_be(request_: Request, line: str) -> None:
    """Only what needs quotes is quoted, and only what is there is said."""
    assert commands([call(request_)], "http://h") == [line]


def test_a_body_that_nobody_would_read_stands_in_a_file() -> None:
    """Its length is told, and the line stays one that can be read."""
    (line,) = commands([call(Request("POST", "/a", body=b"x" * 100_000))], "http://h")
    assert line == "curl -sS -X POST http://h/a --data-binary @a-body-of-100000-bytes"


def test_a_create_whose_id_is_not_shown_captures_nothing() -> None:
    """Without a place to read the id from there is nothing to capture."""
    assert commands([call(Request("POST", "/a"), "x")], "http://h") == ["curl -sS -X POST http://h/a"]
    assert commands([], "http://h") == []


def test_what_was_recorded_goes_where_it_went() -> None:
    """With what it said, and without what its client made for the wire: that fits no other body, host or terminal."""
    headers = (
        ("Host", "h"),
        ("Content-Length", "9"),
        ("Accept-Encoding", "gzip"),
        ("Connection", "close"),
        ("X-A", "b"),
    )
    call = FlowCall("read", Exchange(Request("GET", "/a", "b=c", headers, base="https://h:1/v1"), Response(200)))
    assert commands([call], "") == ["curl -sS 'https://h:1/v1/a?b=c' -H 'X-A: b'"]
    assert commands([call], "http://other") == ["curl -sS 'http://other/a?b=c' -H 'X-A: b'"]
