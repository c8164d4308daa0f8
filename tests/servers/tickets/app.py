"""Tickets of a project of an organisation: ids are numbers, a PUT replaces, an operation closes and another reopens,
only what is closed can be deleted, a list has numbered pages, and where a new ticket is stands in a header.

It imports nothing of the harness, and shares nothing with the other servers here. Right by default; `create_app(name)`
is wrong in one way.
"""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

FAULTS = {
    "forgets-the-project": "any project of the organisation reaches its tickets",
    "forgets-the-organisation": "a project of the same number reaches the tickets of another organisation",
    "lists-the-organisation": "the list shows the tickets of every project of the organisation",
    "put-merges": "what a PUT does not name is kept",
    "subject-is-lost": "the subject in a PUT is answered and not kept",
    "put-is-lost": "a PUT is answered and not kept",
    "put-makes": "a PUT on a ticket that is not there makes it",
    "takes-ids-again": "the number of a deleted ticket is given to the next one, with its comments",
    "close-is-lost": "a closed ticket is answered as closed, and stays open",
    "close-clears": "closing a ticket takes its labels away",
    "reopens-nothing": "a closed ticket cannot be opened again",
    "talks-when-closed": "a closed ticket takes comments",
    "deletes-when-open": "an open ticket can be deleted",
    "deletes-and-refuses": "an open ticket is deleted, and the delete refused",
    "keeps-what-was-closed": "no ticket can be deleted, whether it is closed or not",
    "page-skips": "each page after the first leaves one ticket out",
    "never-more": "the list says that there is no further page, though there is one",
    "points-elsewhere": "the header names the ticket before",
    "comments-on-the-newest": "a comment goes to the ticket that was made last",
    "numbers-as-text": "numbers in labels are kept as text",
}


class Answer(JSONResponse):
    """JSON in which every text can be written, a lone surrogate as well, and every number."""

    def render(self, content: Any) -> bytes:
        """Write it."""
        return json.dumps(content).replace("Infinity", "1e999").encode()


def now() -> int:
    """The time in milliseconds."""
    return int(time.time() * 1_000)


def number(text: str) -> int:
    """A number that an id can be; -1 for what is none."""
    return int(text) if len(text) < 19 and text.isascii() and text.isdecimal() else -1


class Tickets:
    """The tickets, and the calls on them."""

    def __init__(self, wrong: str | None) -> None:
        self.wrong = wrong
        self.tickets: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.numbers = itertools.count(1)

    def find(self, org: Any, project: Any, ticket: int) -> dict[str, Any] | None:
        """The ticket of a project."""
        found = self.tickets.get(ticket)
        if found is None or (found["org"] != org and self.wrong != "forgets-the-organisation"):
            return None
        return found if found["project"] == project or self.wrong == "forgets-the-project" else None

    async def many(self, request: Request) -> Response:
        """Make a ticket, or list those of a project."""
        org, project = request.path_params["org"], number(request.path_params["project"])
        if project < 1:
            return Answer({"detail": "no such project"}, 422)
        if request.method == "GET":
            return self.listed(org, project, request)
        given = await self.given(request)
        if given is None:
            return Answer({"detail": "not as the document says"}, 422)
        again = self.wrong == "takes-ids-again"
        ticket = self.make(org, project, max(self.tickets, default=0) + 1 if again else next(self.numbers), given)
        shown = max(1, ticket - 1) if self.wrong == "points-elsewhere" else ticket
        return Response(None, 201, {"location": f"/orgs/{org}/projects/{project}/tickets/{shown}"})

    def make(self, org: str, project: int, ticket: int, given: dict[str, Any]) -> int:
        """Make a ticket."""
        at = now()
        self.tickets[ticket] = {
            "id": ticket, "org": org, "project": project, "state": "open", "createdAt": at, "updatedAt": at,
            "subject": given.get("subject", "untitled"), "labels": self.kept(given.get("labels", {})),
        }  # fmt: skip
        self.comments.setdefault(ticket, [])
        return ticket

    def kept(self, labels: dict[str, Any]) -> dict[str, Any]:
        """Labels as they are kept."""
        texts = self.wrong == "numbers-as-text"
        return {name: str(each) if texts and type(each) is int else each for name, each in labels.items()}

    def listed(self, org: str, project: int, request: Request) -> Response:
        """A page of tickets."""
        page, size = (number(request.query_params.get(*each)) for each in (("page", "1"), ("per_page", "10")))
        if page < 1 or not 0 < size <= 50:
            return Answer({"detail": "no such page"}, 422)
        ours = [
            each
            for each in self.tickets.values()
            if each["org"] == org and (each["project"] == project or self.wrong == "lists-the-organisation")
        ]
        start = (page - 1) * size + int(self.wrong == "page-skips" and page > 1)
        more = start + size < len(ours) and self.wrong != "never-more"
        return Answer({"data": ours[start : start + size], "has_more": more})

    async def one(self, request: Request) -> Response:
        """Do something with one ticket."""
        org, project, ticket = (request.path_params[name] for name in ("org", "project", "ticket"))
        project, ticket = number(project), number(ticket.removeprefix("-"))
        given: dict[str, Any] | None = {}
        if request.method == "PUT":
            given = await self.given(request)
        if project < 1 or ticket < 0 or given is None:
            return Answer({"detail": "not as the document says"}, 422)
        found = self.find(org, project, ticket)
        if found is None and request.method == "PUT" and self.wrong == "put-makes":
            found = self.tickets[self.make(org, project, ticket, given)]
        if found is None:
            return Answer({"detail": "no such ticket"}, 404)
        what = request.url.path.rpartition("/")[2]
        if what == "comments":
            return Answer(self.comments[ticket])
        if request.method == "DELETE":
            return self.delete(found)
        if request.method == "PUT":
            return self.replace(found, given)
        return (
            self.move(found, {"close": "closed", "reopen": "open"}[what]) if request.method == "POST" else Answer(found)
        )

    def delete(self, ticket: dict[str, Any]) -> Response:
        """Forget a ticket, if it is closed."""
        refused = self.wrong == "keeps-what-was-closed" or ticket["state"] == "open"
        if refused and self.wrong not in ("deletes-when-open", "deletes-and-refuses"):
            return Answer({"detail": "close it first"}, 409)
        del self.tickets[ticket["id"]]
        if self.wrong != "takes-ids-again":
            del self.comments[ticket["id"]]
        if refused and self.wrong == "deletes-and-refuses":
            return Answer({"detail": "close it first"}, 409)
        return Response(None, 204)

    def replace(self, ticket: dict[str, Any], given: dict[str, Any]) -> Response:
        """Give a ticket another subject and other labels."""
        subject, labels = given.get("subject", "untitled"), given.get("labels", {})
        ticket["updatedAt"] = now()
        if self.wrong == "put-is-lost":
            return Answer({**ticket, "subject": subject, "labels": labels})
        if self.wrong != "subject-is-lost":
            ticket["subject"] = subject
        ticket["labels"] = {**(ticket["labels"] if self.wrong == "put-merges" else {}), **self.kept(labels)}
        return Answer({**ticket, "subject": subject})

    def move(self, ticket: dict[str, Any], state: str) -> Response:
        """Give a ticket another state."""
        if self.wrong == "reopens-nothing" and state == "open" and ticket["state"] == "closed":
            return Answer({"detail": "closed for good"}, 404)
        if self.wrong == "close-is-lost" and state == "closed":
            return Answer({**ticket, "state": state})
        if self.wrong == "close-clears" and state == "closed":
            ticket["labels"] = {}
        ticket["state"], ticket["updatedAt"] = state, now()
        return Answer(ticket)

    async def comment(self, request: Request) -> Response:
        """Add a comment to a ticket."""
        body = await self.body(request, {"org", "project", "ticket", "text"})
        text = body.get("text") if body else None
        wholes = bool(body) and all(type(body.get(name)) is int for name in ("project", "ticket"))
        if not body or not wholes or not isinstance(body.get("org"), str) or not isinstance(text, str) or not text:
            return Answer({"detail": "not as the document says"}, 422)
        found = self.find(body["org"], body["project"], body["ticket"])
        if found is None:
            return Answer({"detail": "no such ticket"}, 404)
        if found["state"] == "closed" and self.wrong != "talks-when-closed":
            return Answer({"detail": "it is closed"}, 409)
        ticket = max(self.tickets) if self.wrong == "comments-on-the-newest" else found["id"]
        comment = {"id": next(self.numbers), "ticket": found["id"], "text": text, "at": now()}
        self.comments[ticket].append(comment)
        return Answer(comment, 201)

    async def given(self, request: Request) -> dict[str, Any] | None:
        """What a body gives a ticket; None if it is not as the document says."""
        body = await self.body(request, {"subject", "labels"})
        if body is None or not isinstance(body.get("labels", {}), dict):
            return None
        subject = body.get("subject", "")
        return body if isinstance(subject, str) and len(subject) <= 200 else None

    @staticmethod
    async def body(request: Request, members: set[str]) -> dict[str, Any] | None:
        """The body of a request; None if it has other members."""
        try:
            body = json.loads(await request.body())
        except ValueError:
            return None
        return body if isinstance(body, dict) and not set(body) - members else None


def create_app(wrong: str | None = None) -> Starlette:
    """The API."""
    calls = Tickets(wrong)
    many = "/orgs/{org}/projects/{project}/tickets"
    one = f"{many}/{{ticket}}"
    moves = [Route(f"{one}/{name}", calls.one, methods=["POST"]) for name in ("close", "reopen")]
    return Starlette(
        routes=[
            Route(many, calls.many, methods=["GET", "POST"]),
            Route(one, calls.one, methods=["GET", "PUT", "DELETE"]),
            Route(f"{one}/comments", calls.one, methods=["GET"]),
            Route("/comments", calls.comment, methods=["POST"]),
            *moves,
        ]
    )
