"""A recording is sent again: findings are still broken, fixed or flaky; answers are the same, or say what changed."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from conformance import Budget, InputError, load, run
from conformance.checking import Options
from conformance.exchange import Exchange, Request
from conformance.fakes import asgi
from conformance.fakes.faults import faults_for
from conformance.fakes.server import Server
from conformance.profile import Profile
from conformance.replay import Target, replay
from conformance.reports.replayed import Replayed, State, render, render_json
from conformance.run import ready, server_of
from conformance.saving import save_findings
from conformance.transports import Limits
from conformance.transports.http import HttpTransport

from .recordings.samples import BASE, PATH, call, calls, ndjson, shown
from .servers.threads_cursor import app as threads_cursor
from .servers.tickets import app as tickets

SERVERS = Path(__file__).parent / "servers"
ADK = load("adk")
EVERY = {"adk": 12, "honeyhive": 20, "support": 20, "snakebridge": 12}
"""Of the faults of each profile one in so many is tried."""


def _saved(profile: Profile, fault: str, folder: Path) -> list[Path]:
    """The files of what a run finds with a fault."""
    report = run(profile, fault=fault, budget=Budget(requests=1_500))
    report = save_findings(profile, report, folder)
    return [Path(each.recording) for each in report.findings if each.recording]


def _states(result: Replayed) -> list[State]:
    return [each.state for each in result.findings if each.state is not State.NEW]


def _sampled(name: str) -> list[str]:
    """Some faults of a profile, from all chapters."""
    return [fault.name for fault in faults_for(load(name))][:: EVERY[name]]


@pytest.mark.parametrize(("name", "fault"), [(name, fault) for name in EVERY for fault in _sampled(name)])
def test_a_finding_is_still_broken_with_its_fault_and_fixed_without(name: str, fault: str, tmp_path: Path) -> None:
    """Each file that a run saves tells the right server from the wrong one; and answers itself."""
    profile = load(name)
    paths = _saved(profile, fault, tmp_path)
    assert paths
    for path in paths:
        broken, fixed = replay(profile, path, Target(fault=fault)), replay(profile, path, Target(fake=True))
        assert _states(broken) == [State.BROKEN]
        assert (broken.findings[0].seen, broken.findings[0].replays, broken.changed) == (3, 3, [])
        assert _states(fixed) == [State.FIXED]
        assert (fixed.exit_code, fixed.findings[0].seen) == (0, 0)
        assert _states(replay(profile, path)) == [State.BROKEN]


def test_a_report_replays_as_its_findings(tmp_path: Path) -> None:
    """The JSON report of a run holds all that is needed."""
    from conformance.reports import json as json_report  # noqa: PLC0415 - another `json`

    path = tmp_path / "report.json"
    report = run(ADK, fault="loses-enrichments", budget=Budget(requests=500))
    path.write_text(json_report.render(report), encoding="utf-8")
    assert State.FIXED in _states(replay(ADK, path, Target(fake=True)))
    assert set(_states(replay(ADK, path, Target(fault="loses-enrichments")))) == {State.BROKEN}


def test_changed_answers_say_how(tmp_path: Path) -> None:
    """Against a right server the lost value is back, and the answer is told apart from ids and times."""
    (path,) = _saved(ADK, "loses-enrichments", tmp_path)
    result = replay(ADK, path, Target(fake=True))
    (changed,) = result.changed
    assert changed.what.startswith("GET /apps/echo/users/")
    assert all("/state/" in each for each in changed.differences)
    assert "still" not in render(result)
    assert "fixed" in render(result)


@contextmanager
def _served(server: Server) -> Iterator[str]:
    """A fake on loopback, which forgets nothing between flows."""
    config = uvicorn.Config(asgi.app(server), host="127.0.0.1", port=0, log_level="critical", access_log=False)
    serving = uvicorn.Server(config)
    thread = threading.Thread(target=serving.run)
    thread.start()
    try:
        while not serving.started:
            asyncio.run(asyncio.sleep(0.01))
        port = serving.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        serving.should_exit = True
        thread.join()


@pytest.mark.parametrize("name", ["adk", "honeyhive", "support", "snakebridge"])
def test_a_live_server_is_sent_new_ids_and_left_as_it_was(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    """Three replays in a row against one that keeps everything: ids are linked, answers are the same, nothing stays."""
    profile = load(name)
    path = tmp_path / "r.yaml"
    run(profile, budget=Budget(requests=250), record=path)
    for variable in profile.credentials.variables():
        monkeypatch.setenv(variable, f"live-{variable.lower()}")
    server = Server(profile, 1)
    with _served(server) as url:
        results = [replay(profile, path, Target(url=url, disposable=True)) for _ in range(3)]
    for result in results:
        assert [each.differences for each in result.changed] == []
        assert [str(each.signature) for each in result.findings] == []
        assert len([each for each in result.answers if not each.left_out]) > 200


def test_a_live_server_that_is_still_wrong(tmp_path: Path) -> None:
    """The same finding, over HTTP, under other names."""
    (path,) = _saved(ADK, "loses-enrichments", tmp_path)
    with _served(server_of(ADK, 0, "loses-enrichments")) as url:
        assert _states(replay(ADK, path, Target(url=url))) == [State.BROKEN]
    with _served(server_of(ADK)) as url:
        assert _states(replay(ADK, path, Target(url=url))) == [State.FIXED]


def test_what_comes_and_goes_is_flaky(tmp_path: Path) -> None:
    """Seen in some of three replays, it is neither broken nor fixed; and it fails."""
    (path,) = _saved(ADK, "loses-enrichments", tmp_path)
    count = 0

    def server() -> Any:
        right, wrong = asgi.app(server_of(ADK)), asgi.app(server_of(ADK, 0, "loses-enrichments"))

        async def serve(scope: Any, receive: Any, send: Any) -> None:
            nonlocal count
            if scope["type"] == "http" and scope["method"] == "POST":
                count += 1
            await (wrong if count == 2 else right)(scope, receive, send)

        return serve

    result = replay(ADK, path, Target(app=server()))
    assert (_states(result), result.exit_code) == ([State.FLAKY], 1)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    """A target that cannot be reached is no finding."""
    path = ndjson(tmp_path / "r", calls())
    with pytest.raises(Exception, match="cannot be reached"):
        replay(ADK, path, Target(url="http://127.0.0.1:9"))


@pytest.mark.parametrize("now", ["", "Bearer new-secret-7"])
def test_credentials_that_nobody_demands_are_those_of_now(now: str, tmp_path: Path, monkeypatch: Any) -> None:
    """A recording holds their template; what is sent is what the environment holds, or nothing."""
    monkeypatch.setenv("CONFORMANCE_AUTHORIZATION", "Bearer old-secret-7")
    path, got = tmp_path / "r.yaml", set()
    inner = asgi.app(Server(ADK, 1))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        got.add(dict(scope.get("headers", ())).get(b"authorization", b"").decode())
        await inner(scope, receive, send)

    run(ADK, app=app, budget=Budget(requests=60), record=path)
    assert got - {""} == {"Bearer old-secret-7"}
    assert "old-secret-7" not in path.read_text()
    got.clear()
    monkeypatch.setenv("CONFORMANCE_AUTHORIZATION", now)
    if not now:
        monkeypatch.delenv("CONFORMANCE_AUTHORIZATION")
    assert replay(ADK, path, Target(app=app)).changed == []
    assert got - {""} == ({now} if now else set())


@pytest.mark.parametrize(("now", "elsewhere"), [("", True), ("Bearer new-secret-7", True), ("", False)])
def test_credentials_of_others_go_to_no_other_host(
    now: str, elsewhere: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a browser recorded of one host is not sent to another; there what the environment holds is sent instead."""
    monkeypatch.setenv("CONFORMANCE_AUTHORIZATION", now)
    if not now:
        monkeypatch.delenv("CONFORMANCE_AUTHORIZATION")
    sent: list[tuple[str, str]] = []
    send = HttpTransport.send

    async def spied(self: HttpTransport, request: Request) -> Exchange:
        sent.extend(request.headers)
        return await send(self, request)

    monkeypatch.setattr(HttpTransport, "send", spied)
    secret = {"Authorization": "Bearer theirs-1234567", "Cookie": "sid=theirs-1234567", "X-Api-Key": "theirs-1234567"}
    with _served(Server(ADK, 1)) as url:
        path = ndjson(tmp_path / "r", calls())
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for line in lines:
            line["request"]["headers"] |= secret
            if not elsewhere:
                line["request"]["url"] = line["request"]["url"].replace(BASE, url)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        result = replay(ADK, path, Target(url=url))
    assert ("theirs-1234567" in str(sent)) is not elsewhere
    assert (now in dict(sent).values()) is bool(now)
    assert any("authorization, cookie, x-api-key not sent" in each for each in result.notes) is elsewhere


def test_secrets_that_others_recorded_are_the_same_and_not_told(tmp_path: Path) -> None:
    """A password that comes back is no change, and stands in no word of what came of it, nor does a key in a URL."""
    state = {"password": "Planted-5ecret-1", "api_keys": ["planted-5ecret-2"]}
    made = {**shown(state), "lastUpdateTime": 1.7e9}
    story = [
        call("POST", f"{PATH}?api_key=planted-5ecret-3", {"sessionId": made["id"], "state": state}, made),
        call("GET", f"{PATH}/{made['id']}", None, {**made, "state": {**state, "password": "another 5ecret"}}),
    ]
    result = replay(ADK, ndjson(tmp_path / "r", story), Target(fake=True))
    assert [[text.partition(":")[0] for text in each.differences] for each in result.changed] == [["/state/password"]]
    assert "5ecret" not in render(result) + render_json(result)


def test_what_a_live_server_says_again_is_told_without_secrets(tmp_path: Path, monkeypatch: Any) -> None:
    """An answer that echoes the credentials is the same as the recorded one, and no difference shows them."""
    monkeypatch.setenv("CONFORMANCE_AUTHORIZATION", "Bearer live-secret-8")
    inner, word = asgi.app(Server(ADK, 1)), "was"

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def echoing(message: Any) -> None:
            if message["type"] == "http.response.body" and b"not found" in message.get("body", b""):
                given = dict(scope["headers"])[b"authorization"].decode()
                message["body"] = json.dumps(
                    {"detail": "not found", word: f"for {given}, that is {given[7:]}"}
                ).encode()
            if message["type"] == "http.response.start":
                message["headers"] = [each for each in message["headers"] if each[0] != b"content-length"]
            await send(message)

        await inner(scope, receive, echoing)

    path = tmp_path / "r.yaml"
    run(ADK, app=app, budget=Budget(requests=80), record=path)
    assert "not found" in path.read_text()
    assert replay(ADK, path, Target(app=app)).changed == []
    word = "is"
    result = replay(ADK, path, Target(app=app))
    assert result.changed
    assert "live-secret-8" not in render_json(result)


def test_sessions_older_than_the_recording_are_not_sent(tmp_path: Path) -> None:
    """They are not on the target; but in a recording that is closed an unknown session is meant to be missing."""
    path = ndjson(tmp_path / "r", [calls()[2]])
    (answer,) = replay(ADK, path, Target(fake=True)).answers
    assert answer.left_out == "its session is older than the recording"
    (sent,) = replay(ADK, path, Target(fake=True), Options(closed=True)).answers
    assert sent.differences == ("404 instead of 200",)


def test_what_was_not_sent_is_not_fixed(tmp_path: Path) -> None:
    """A finding on a session that is older than the recording says nothing of the target, whatever else was sent."""
    older = [
        call("PATCH", f"{PATH}/s-older-1", {"stateDelta": {"tier": "gold-1234"}}, shown({"plan": "basic"})),
        call("GET", f"{PATH}/s-older-1", None, shown({"plan": "basic"})),
    ]
    path = ndjson(tmp_path / "r", [*older, *calls()])
    result = replay(ADK, path, Target(fake=True))
    assert len([each for each in result.answers if not each.left_out]) == len(calls())
    assert set(_states(result)) == {State.NOT_SENT}
    assert State.FIXED in _states(replay(ADK, path, Target(fake=True), Options(closed=True)))


def test_what_no_server_can_show_is_not_fixed(tmp_path: Path) -> None:
    """A report on a client is refused; an invariant that there is no more is noted."""
    flow = [json.loads(line) for line in ndjson(tmp_path / "lines", calls()).read_text().splitlines()]
    finding = {"operation": "update_session", "kind": "never created", "flow": flow}
    report = {"verdict": "broken", "profile": "adk", "target": "x", "closed": True}
    path = tmp_path / "r.json"
    client = {**finding, "invariant": "requests/session-is-created-before-it-is-written-to"}
    path.write_text(json.dumps({**report, "findings": [client]}, indent=1))
    with pytest.raises(InputError, match="what a client did wrong"):
        replay(ADK, path)
    path.write_text(json.dumps({**report, "findings": [{**finding, "invariant": "runs/forgotten"}]}, indent=1))
    result = replay(ADK, path)
    assert (_states(result), result.exit_code) == ([State.NOT_SENT], 0)
    assert "there is no invariant 'runs/forgotten' any more" in " ".join(result.notes)


def test_a_target_that_goes_away_has_fixed_nothing(tmp_path: Path) -> None:
    """What was not looked for any more is not sent, in the flow that was ended, and in those that come after it."""
    path = tmp_path / "r.yaml"
    run(ADK, fault="loses-enrichments", budget=Budget(requests=300), record=path)
    inner, count = asgi.app(server_of(ADK, 0, "loses-enrichments")), 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal count
        count += scope["type"] == "http"
        if count > 2:
            await asyncio.sleep(60)
        await inner(scope, receive, send)

    result = replay(ADK, path, Target(app=app, limits=Limits(seconds=0.2)))
    assert result.unreachable
    assert result.exit_code == 4
    assert set(_states(result)) == {State.NOT_SENT}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda how: how.name)
def test_an_interrupted_replay_leaves_nothing_behind(how: signal.Signals, tmp_path: Path) -> None:
    """It deletes what it made, says what it saw until then, and that there was more to see."""
    path, server = tmp_path / "r.yaml", Server(ADK, 1)
    run(ADK, budget=Budget(requests=1_000), record=path)
    with _served(server) as url:
        process = subprocess.Popen(
            [sys.executable, "-m", "conformance", "replay", str(path), "--target", url, "--rate", "100"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: [signal.signal(each, signal.SIG_DFL) for each in (signal.SIGINT, signal.SIGHUP)],
        )
        try:
            deadline = time.monotonic() + 40
            while not server.sessions and time.monotonic() < deadline:
                time.sleep(0.002)
            process.send_signal(how)
            output, errors = process.communicate(timeout=30)
        finally:
            process.kill()
            process.wait()
    assert (errors, process.returncode) == ("", 3)
    assert "answers are the same" in output
    assert "ended: interrupted" in output
    assert server.sessions == {}


def test_a_recording_from_mid_life_answers_itself(tmp_path: Path) -> None:
    """All of it is sent, each entry answers its own request, and what is older accuses nobody."""
    story = [
        call("GET", f"{PATH}/s-1", None, shown({"plan": "basic"})),
        call("DELETE", f"{PATH}/s-1", None, None),
        call("GET", f"{PATH}/s-1", None, {"detail": "gone"}, 404),
    ]
    result = replay(ADK, ndjson(tmp_path / "r", story))
    assert (result.changed, result.findings) == ([], ())
    assert not any(each.left_out for each in result.answers)


def test_short_names_of_owners_are_linked(tmp_path: Path) -> None:
    """A user called `ada` has another name at a live target, and the answers say so."""
    result = replay(ADK, ndjson(tmp_path / "r", calls()), Target(app=asgi.app(Server(ADK, 1))))
    told = [each.partition(":")[0] for answer in result.answers for each in answer.differences]
    assert set(told) == {"/lastUpdateTime"}  # the story has a time that no clock shows


def test_server_chosen_ids_are_linked_in_foreign_recordings(tmp_path: Path) -> None:
    """A create without an id: the new session has another one, and all that follows names it."""
    made = {"id": "4f9c1f0e-1111-4222-8333-444455556666", "appName": "echo", "userId": "ada", "state": {}, "events": []}
    made["lastUpdateTime"] = 1.7e9
    story = [
        call("POST", PATH, {}, made),
        call("GET", f"{PATH}/{made['id']}", None, made),
        call("DELETE", f"{PATH}/{made['id']}", None, None),
        call("GET", f"{PATH}/{made['id']}", None, {"detail": "Session not found"}, 404),
    ]
    result = replay(ADK, ndjson(tmp_path / "r", story), Target(fake=True))
    assert [each.left_out for each in result.answers] == [""] * 4
    assert not any("instead of 200" in text or "/id" in text for each in result.changed for text in each.differences)


def test_cursors_of_another_form_are_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target calls the beginnings of its pages as it likes: the pages are turned all the same."""
    monkeypatch.setenv("THREADS_KEY", "sesame")
    profile, path = load(str(SERVERS / "threads_cursor" / "profile.toml")), tmp_path / "r.yaml"
    run(profile, app=threads_cursor.create_app(), seed=1, budget=Budget(requests=400), record=path)
    given: dict[str, tuple[str, int]] = {}

    def cursor(kind: str, number: int | None) -> str | None:
        name = f"{len(given)}!{'x' * (len(given) % 5)}"
        if number is not None:
            given[name] = (kind, number)
        return None if number is None else name

    monkeypatch.setattr(threads_cursor, "cursor", cursor)
    monkeypatch.setattr(threads_cursor, "position", lambda _, name: None if name is None else given[name][1])
    result = replay(profile, path, Target(app=threads_cursor.create_app()))
    assert (result.changed, result.findings) == ([], ())
    assert len(given) > 3


def test_numbers_are_linked(tmp_path: Path) -> None:
    """Sessions, items and owners are numbers, and the target counts from elsewhere."""
    profile, path = load(str(SERVERS / "tickets" / "profile.toml")), tmp_path / "r.yaml"
    run(profile, app=tickets.create_app(), seed=1, budget=Budget(requests=300), record=path)
    app = tickets.create_app()
    for _ in range(3):  # of the names of owners that are made up each time some once had a zero at their beginning
        result = replay(profile, path, Target(app=app))
        assert (result.changed, result.findings) == ([], ())


@pytest.mark.parametrize("name", ["adk", "honeyhive", "support", "snakebridge"])
def test_a_recording_of_ours_answers_itself(name: str, tmp_path: Path) -> None:
    """Whatever was wrong in its requests, as an id that is none in one of several places."""
    path = tmp_path / "r.yaml"
    run(load(name), budget=Budget(requests=500), record=path)
    result = replay(load(name), path)
    assert (len(result.answers), result.changed, result.findings) == (500, [], ())


def test_another_version_is_told(tmp_path: Path) -> None:
    """A recording that was made with another spec or profile says so, wherever it is used."""
    (path,) = _saved(ADK, "loses-enrichments", tmp_path)
    text = path.read_text()
    about = text[text.index("  spec:") : text.index("  version:")]
    path.write_text(text.replace(about, "  spec: older\n  binding: older\n"))
    notes = " ".join(replay(ADK, path, Target(fake=True)).notes)
    assert "another version of the spec" in notes
    assert "another version of the profile" in notes


def test_a_recording_that_does_not_answer_itself(tmp_path: Path) -> None:
    """An entry whose request cannot be written as it was is a mismatch that names the nearest."""
    path = ndjson(tmp_path / "r", calls())
    lines = path.read_text().splitlines()
    document = json.loads(lines[0])
    document["request"]["url"] += "?a=%00&&b"
    path.write_text("\n".join([json.dumps(document), *lines[1:]]) + "\n")
    assert replay(ADK, path).changed == []  # what is odd stays as it stands


def test_a_planted_secret_is_gone_and_it_replays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In header, URL and body, on a server that wants credentials: nothing of it is in the file, which still plays."""
    secret = "planted-5ecret-8c1f"
    profile = load("honeyhive", {"project": secret})
    monkeypatch.setenv("HH_API_KEY", f"hh-{secret}")
    live = replace(profile, title="live")
    path = tmp_path / "c.yaml"
    with _served(Server(ready(live, False), 0)) as url:
        run(profile, target=url, seed=3, budget=Budget(requests=150), record=path, redacted=["project"])
        text = path.read_text()
        assert secret not in text
        assert "Bearer ${HH_API_KEY}" in text
        result = replay(profile, path)
        assert [each.differences for each in result.changed] == []
        again = replay(profile, path, Target(url=url))
    assert {each.state for each in again.findings} <= {State.FIXED}
    assert len(again.changed) <= 2
