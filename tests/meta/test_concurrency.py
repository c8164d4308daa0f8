"""A correct server is accused of nothing, however many ask it at once, and in whichever order a file lists that."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from conformance import Request, load
from conformance.checking import Check, Options
from conformance.run import server_of

ADK = load("adk")
CALLERS, CALLS, SESSIONS = 4, 40, 6


def _request(random: Random, number: int) -> tuple[str, str, Any]:
    """A call about one of a few sessions of two owners."""
    owner, session, kind = f"u{random.randrange(2)}", f"s-{random.randrange(SESSIONS):04}-abcd", random.random()
    base = f"/apps/echo/users/{owner}/sessions"
    if kind < 0.2:
        return "POST", base, {"sessionId": session, "state": {"k": f"value-{number:05}"}}
    if kind < 0.45:
        return "GET", f"{base}/{session}", None
    if kind < 0.55:
        return "GET", base, None
    if kind < 0.75:
        return "PATCH", f"{base}/{session}", {"stateDelta": {f"k{number % 3}": f"value-{number:05}"}}
    if kind < 0.9:
        message = {"role": "user", "parts": [{"text": f"hello {number:06}"}]}
        return "POST", "/run", {"appName": "echo", "userId": owner, "sessionId": session, "newMessage": message}
    return "DELETE", f"{base}/{session}", None


def _recorded(random: Random) -> list[dict[str, Any]]:
    """What several callers ask at once: each call reaches the server at some moment between its start and its end."""
    calls = []
    for caller in range(CALLERS):
        time = random.random() / 10
        for number in range(CALLS):
            started, reached = time, time + random.expovariate(20)
            finished = reached + random.expovariate(20)
            time = finished + random.expovariate(50)
            calls.append((reached, started, finished, _request(random, caller * CALLS + number)))
    server, entries = server_of(ADK), []
    for _, started, finished, (method, path, body) in sorted(calls, key=lambda each: each[0]):
        raw = b"" if body is None else json.dumps(body).encode()
        headers = (("content-type", "application/json"),) if raw else ()
        answer = server.answer(Request(method, path, "", headers, raw))
        request = {"method": method, "url": path, "headers": dict(headers), "body": raw.decode()}
        response = {"status": answer.status, "headers": dict(answer.headers), "body": answer.body.decode()}
        times = {"started": started, "finished": finished, "seconds": finished - started}
        entries.append({**times, "request": request, "response": response})
    return entries


@pytest.mark.parametrize("listed", ["started", "finished"])
@pytest.mark.parametrize("closed", [False, True])
def test_no_alarm(listed: str, closed: bool, tmp_path: Path) -> None:
    """What overlaps is left out, and all else is judged."""
    path = tmp_path / "r.ndjson"
    judged = 0
    for seed in range(12):
        entries = sorted(_recorded(Random(seed)), key=lambda each: float(each[listed]))
        path.write_text("".join(json.dumps(each) + "\n" for each in entries))
        checking = Check(ADK, Options(closed=closed))
        checking.read(path)
        assert [str(each) for each in checking.found] == []
        judged += checking.exchanges - checking.left_out.overlapping
    assert judged > 500
