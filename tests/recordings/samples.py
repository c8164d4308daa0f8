"""The same story in every kind of file: a session is created, enriched and read; the server may lose the change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BASE = "http://api.test"
PATH = "/apps/echo/users/ada/sessions"


def shown(state: Any) -> dict[str, Any]:
    """The session as the server shows it."""
    return {"id": "s-1", "appName": "echo", "userId": "ada", "state": state, "events": [], "lastUpdateTime": 1.0}


def calls(*, loses: bool = False) -> list[dict[str, Any]]:
    """The calls: method, path, what is sent, status, what is answered."""
    whole = {"plan": "basic", "note": "note-0001"}
    return [
        call("POST", PATH, {"sessionId": "s-1", "state": {"plan": "basic"}}, shown({"plan": "basic"})),
        call("PATCH", f"{PATH}/s-1", {"stateDelta": {"note": "note-0001"}}, shown(whole)),
        call("GET", f"{PATH}/s-1", None, shown({"plan": "basic"} if loses else whole)),
    ]


def call(method: str, path: str, sent: Any, answer: Any, status: int = 200) -> dict[str, Any]:
    """One call."""
    return {"method": method, "path": path, "sent": sent, "status": status, "answer": answer}


def ndjson(path: Path, made: list[dict[str, Any]], **more: Any) -> Path:
    """The calls as lines."""
    lines = []
    for each in made:
        headers = {"content-type": "application/json"}
        request = {"method": each["method"], "url": BASE + each["path"], "headers": headers}
        if each["sent"] is not None:
            request["body"] = json.dumps(each["sent"])
        response = {"status": each["status"], "headers": headers, "json": each["answer"]}
        lines.append(json.dumps({**more, "request": request, "response": response}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def interaction(each: dict[str, Any]) -> dict[str, Any]:
    """A call as vcrpy writes it."""
    return {
        "request": {
            "method": each["method"],
            "uri": BASE + each["path"],
            "body": None if each["sent"] is None else json.dumps(each["sent"]),
            "headers": {"Content-Type": ["application/json"]},
        },
        "response": {
            "status": {"code": each["status"], "message": "OK"},
            "headers": {"Content-Type": ["application/json"]},
            "body": {"string": json.dumps(each["answer"])},
        },
    }


def har(path: Path, made: list[dict[str, Any]], **more: Any) -> Path:
    """The calls as a HAR file."""
    entries = []
    for index, each in enumerate(made):
        headers = [{"name": "Content-Type", "value": "application/json"}]
        request = {"method": each["method"], "url": BASE + each["path"], "headers": headers, "queryString": []}
        if each["sent"] is not None:
            request["postData"] = {"mimeType": "application/json", "text": json.dumps(each["sent"])}
        content = {"mimeType": "application/json", "text": json.dumps(each["answer"]), "size": 1}
        response = {"status": each["status"], "statusText": "", "headers": headers, "content": content}
        begun = {"startedDateTime": f"2024-01-02T03:{4 + index // 50:02}:{5 + index % 50:02}.000Z", "time": 12.5}
        entries.append({**begun, "request": request, "response": response, **more})
    log = {"version": "1.2", "creator": {"name": "test", "version": "1"}, "entries": entries}
    path.write_text(json.dumps({"log": log}), encoding="utf-8")
    return path
