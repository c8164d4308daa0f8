"""A tiny session API, of which a test chooses the roles that its profile binds; and an ASGI app that keeps a record.

The sessions are notes: they have an owner, tags, and lines.
"""

from __future__ import annotations

import json
from pathlib import Path
from time import monotonic
from typing import Any

from conformance.exchange import Request
from conformance.fakes import asgi
from conformance.fakes.server import Server
from conformance.profile import Profile
from conformance.profile_file import load

ROLES = ("create", "read", "list", "run", "history", "enrich", "delete")
STRING = {"type": "string", "minLength": 1}
TAGS = {"type": "object", "additionalProperties": True}
LINE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}


def tiny(
    folder: Path,
    *roles: str,
    scoped: bool = True,
    shows_owner: bool = True,
    chosen: bool = True,
    id_schema: dict[str, Any] = STRING,
    tags_schema: dict[str, Any] = TAGS,
) -> Profile:
    """A profile that binds these roles and a create.

    `scoped`: the path of a note names its owner; otherwise only the create and the list do. `shows_owner`: a note tells
    its owner. `chosen`: a create takes an id.
    """
    folder.mkdir(parents=True, exist_ok=True)
    document = _document(scoped, shows_owner, chosen, id_schema, tags_schema)
    (folder / "openapi.yaml").write_text(json.dumps(document))
    (folder / "profile.toml").write_text(_mapping({"create", *roles}, scoped, shows_owner, chosen))
    return load(folder / "profile.toml")


class Recorder:
    """An ASGI app around a fake, which keeps the requests and when they came; it cannot be reset."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.requests: list[Request] = []
        self.times: list[float] = []
        self._app = asgi.app(server)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Keep the request, and let the fake answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        message = await receive()
        path, query = scope["raw_path"].decode(), scope["query_string"].decode()
        self.requests.append(Request(scope["method"], path, query, (), message["body"]))
        self.times.append(monotonic())

        async def again() -> Any:
            return message

        await self.before()
        await self._app(scope, again, send)

    async def before(self) -> None:
        """What is done before each answer: nothing."""


def _document(
    scoped: bool, shows_owner: bool, chosen: bool, id_schema: dict[str, Any], tags: dict[str, Any]
) -> dict[str, Any]:
    """The OpenAPI document; it has every operation, whichever are bound."""
    prefix = "/owners/{owner}" if scoped else ""
    owner = {"name": "owner", "in": "path" if scoped else "query", "required": True, "schema": STRING}
    note = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    many = {"parameters": [owner]}
    one = {"parameters": [owner, note] if scoped else [note]}
    shown = {"id": {"type": "string"}, "tags": tags, **({"owner": STRING} if shows_owner else {})}
    session = {"type": "object", "required": sorted(shown), "properties": shown}
    create = _object({"tags": tags, **({"id": id_schema} if chosen else {})})
    return {
        "openapi": "3.1.0",
        "info": {"title": "Notes", "version": "1"},
        "paths": {
            f"{prefix}/notes": {
                **many,
                "post": _operation("create_note", 201, session, body=create),
                "get": _operation("list_notes", 200, {"type": "array", "items": session}),
            },
            f"{prefix}/notes/{{id}}": {
                **one,
                "get": _operation("read_note", 200, session),
                "patch": _operation("tag_note", 200, session, body=_object({"tags": tags}, "tags")),
                "delete": _operation("delete_note", 204, None),
            },
            f"{prefix}/notes/{{id}}/lines": {
                **one,
                "post": _operation("add_line", 200, {"type": "array", "items": LINE}, body={**LINE}),
                "get": _operation("read_lines", 200, {"type": "array", "items": LINE}),
            },
        },
    }


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _operation(name: str, status: int, answer: Any, body: Any = None) -> dict[str, Any]:
    """One operation; every refusal is documented, without a body."""
    refusals = {str(each): {"description": "refused"} for each in (400, 404, 409, 422)}
    content = {} if answer is None else {"content": {"application/json": {"schema": answer}}}
    operation = {"operationId": name, "responses": {str(status): {"description": "done", **content}, **refusals}}
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


def _mapping(roles: set[str], scoped: bool, shows_owner: bool, chosen: bool) -> str:
    """The profile as TOML."""
    owner = 'owner = ["$request.path.owner"]' if scoped else 'owner = ["$request.query.owner"]'
    same = owner if scoped else ""
    note = f'session = "$request.path.id"\n{same}'
    tags = 'attributes = { tags = "$request.body#/tags" }'
    bindings = {
        "create": (
            f'operation = "create_note"\nreturns = "session"\n{owner}\n{tags}\n'
            + ('session = "$request.body#/id"' if chosen else "")
        ),
        "read": f'operation = "read_note"\n{note}',
        "list": f'operation = "list_notes"\n{owner}',
        "run": f'operation = "add_line"\nmessage = "$request.body#/text"\nreturns = "history"\n{note}',
        "history": f'operation = "read_lines"\n{note}',
        "enrich": (f'operation = "tag_note"\nreturns = "session"\n{note}\n{tags}'),
        "delete": f'operation = "delete_note"\n{note}',
    }
    shown = 'owner = ["/owner"]' if shows_owner else ""
    head = f'title = "Notes"\n[session]\nid = "/id"\nattributes = {{ tags = "/tags" }}\n{shown}\n'
    items = '[item]\nmessage = "/text"\n' if roles & {"run", "history"} else ""
    return head + items + "".join(f"[{role}]\n{bindings[role]}\n" for role in ROLES if role in roles)
