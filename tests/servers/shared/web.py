"""What the shapes share of HTTP: JSON bodies, their checks, and what becomes of a refusal."""

from __future__ import annotations

import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from .service import RefusedError, Service

DEEPEST = 64

Check = Callable[[Any], str | None]
Rules = Mapping[str, Check]
Endpoint = Callable[[Request], Awaitable[Response]]


class Json(Response):
    """A JSON answer in plain ASCII, so that every string that was read can be written."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Write the content as JSON."""
        return _ENCODER.encode(content).encode()


def finite(digits: str) -> float:
    """Read a number, and refuse those that a float cannot hold."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits} is out of range")
    return number


_ENCODER = json.JSONEncoder(allow_nan=False)
_DECODER = json.JSONDecoder(parse_float=finite, parse_constant=finite)


def too_deep(value: Any, left: int = DEEPEST) -> bool:
    """Tell whether objects and arrays are nested more than `left` deep."""
    if not isinstance(value, dict | list):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return left == 0 or any(too_deep(part, left - 1) for part in parts)


async def read_json(request: Request) -> Any:
    """Read the body as JSON, or refuse the request."""
    try:
        text = (await request.body()).decode()
        body = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise RefusedError("unreadable", "The body is not JSON that can be read.") from None
    if text.count("[") + text.count("{") > DEEPEST and too_deep(body):
        raise RefusedError("unreadable", f"The body is nested more than {DEEPEST} deep.")
    return body


def string(most: int, pattern: str = r"(?s:.*)") -> Check:
    """A rule: a string of 1 to so many characters, and of that pattern."""

    def check(value: Any) -> str | None:
        """Say what the value must be, if it is not."""
        if not isinstance(value, str) or not 1 <= len(value) <= most:
            return f"must be a string of 1 to {most} characters"
        return None if re.fullmatch(pattern, value) else "has a form that is not allowed"

    return check


def whole(least: int, most: int) -> Check:
    """A rule: a whole number from `least` to `most`."""

    def check(value: Any) -> str | None:
        """Say what the value must be, if it is not."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return None if number and value == int(value) and least <= value <= most else f"must be {least} to {most}"

    return check


def choice(values: tuple[str, ...]) -> Check:
    """A rule: one of these strings."""
    return lambda value: None if isinstance(value, str) and value in values else f"must be one of: {', '.join(values)}"


def mapping(value: Any) -> str | None:
    """A rule: an object."""
    return None if isinstance(value, dict) else "must be an object"


def find_problem(given: Any, rules: Rules, required: set[str], optional: set[str]) -> str | None:
    """Say what is wrong with what was given, or None."""
    if not isinstance(given, dict):
        return "The body must be an object."
    if missing := required - given.keys():
        return f"Missing: {', '.join(sorted(missing))}."
    if unknown := given.keys() - required - optional:
        return f"Unknown: {', '.join(sorted(unknown))}."
    found = ((name, rules[name](value)) for name, value in given.items())
    return next((f"{name} {problem}." for name, problem in found if problem), None)


class Shape(ABC):
    """One shape of the API: what it asks for, and how it answers and refuses."""

    rules: ClassVar[Rules]

    def __init__(self, service: Service) -> None:
        """Serve that service."""
        self.service = service
        self.wrong = service.wrong

    @abstractmethod
    def refusal(self, refused: RefusedError) -> Response:
        """Answer a refusal."""

    @abstractmethod
    def lost(self, problem: HTTPException) -> Response:
        """Answer a path that is unknown, or a method that it does not have."""

    @abstractmethod
    def routes(self) -> list[Route]:
        """Give the paths and their operations."""

    def key(self, request: Request) -> str | None:  # noqa: ARG002 - most shapes look
        """Give the key that the request carries."""
        return None

    @property
    def read_status(self) -> int:
        """The status of a successful get."""
        return 203 if self.wrong("undocumented-status") else 200

    def check(
        self,
        operation: str,
        body: Any,
        required: set[str],
        optional: frozenset[str] = frozenset(),
        place: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Give the arguments of an operation, from its place (path and query) and its body, or refuse."""
        named = dict(place or {})
        if operation == "create" and self.wrong("accepts-invalid"):
            return {**unchecked(body, "thread_id" in optional), **named}
        problem = find_problem(named, self.rules, set(), set(named))
        problem = problem or find_problem(body, self.rules, required, set(optional))
        if problem:
            self.service.turn_down(operation, {**(body if isinstance(body, dict) else {}), **named})
            raise RefusedError("invalid", problem)
        return {**body, **named}

    def endpoint(self, operate: Endpoint, writes: bool) -> Endpoint:
        """Put what all operations have in common around one of them."""

        async def answer(request: Request) -> Response:
            """Ask for the key, operate, and answer refusals."""
            try:
                given = self.key(request)
                if self.service.admits(given, writes):
                    return await operate(request)
                if writes and given is not None and self.wrong("wrong-key-write-applied-then-refused"):
                    with suppress(RefusedError):
                        await operate(request)
                raise RefusedError("unauthorized", "The key is missing or wrong.")
            except RefusedError as refused:
                response = self.refusal(refused)
                if refused.kind == "missing" and self.wrong("html-on-missing"):
                    return HTMLResponse("<html><body><h1>Not Found</h1></body></html>", response.status_code)
                return response

        return answer

    def app(self, middleware: list[Middleware] | None = None) -> Starlette:
        """Build the application."""

        async def lost(_request: Request, problem: Exception) -> Response:
            """Answer unknown paths and wrong methods."""
            assert isinstance(problem, HTTPException)
            return self.lost(problem)

        app = Starlette(routes=self.routes(), middleware=middleware, exception_handlers={HTTPException: lost})
        app.router.redirect_slashes = False
        return app


def unchecked(body: Any, chosen_ids: bool) -> dict[str, Any]:
    """Take any body for that of create: what the fault accepts-invalid does in place of checking."""
    given = body if isinstance(body, dict) else {}
    taken: dict[str, Any] = {"owner": str(given.get("owner", "")), "labels": given.get("labels", {})}
    if chosen_ids and "thread_id" in given:
        taken["thread_id"] = str(given["thread_id"])
    return taken
