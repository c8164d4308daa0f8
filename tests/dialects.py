"""Words for histories with APIs of further shapes: statuses, pages, keys, codes in answers of status 200, cleanups,
references.

`rest` and `cursor` write exchanges with the shapes of the threads API, `support` and `bridge` with built-in profiles.
All answer as a correct server would, unless a test says otherwise; secrets are made up.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from conformance import records
from conformance.exchange import Exchange, Response
from conformance.forms import MULTIPART, written
from conformance.profile_file import load
from conformance.run import ready
from tests.histories import SPOKEN, TIME, Answer, bare, exchange, said
from tests.servers.shapes import HERE

REST = ready(load(HERE / "threads_rest"), fake=True)
CURSOR = ready(load(HERE / "threads_cursor"), fake=True)
SUPPORT = load("support")
BRIDGE = load("snakebridge")
SPOKEN.update({
    "/owners/": REST, "/api/threads/": CURSOR, "/api/sessions": SUPPORT, "/api/chat": SUPPORT, "/snakebridge.": BRIDGE,
})  # fmt: skip

SECONDS_A_DAY = 86_400


def timed(each: Exchange, started: float, finished: float | None = None) -> Exchange:
    """The same exchange at another time."""
    return records.replace(each, started=started, finished=started if finished is None else finished)


def uid(number: int) -> str:
    """An id as the cursor shape makes it up."""
    return f"00000000-0000-4000-8000-{number:012}"


def _query(**asked: Any) -> str:
    return urlencode({name: value for name, value in asked.items() if value is not None})


# --- the REST shape of the threads API ------------------------------------------------------------


class Rest:
    """Exchanges with the REST shape. `no` refuses as it does; a `key` of None sends no credentials."""

    profile = REST
    key = REST.credentials.value()

    @staticmethod
    def no(status: int = 404) -> Response:
        """A refusal."""
        problem = {"title": "no", "status": status, "detail": "no", "code": "missing"}
        more = {"www_authenticate": "Bearer"} if status == 401 else {}
        return said(status, problem, "application/problem+json", **more)

    @staticmethod
    def thread(name: str, labels: Any = None, owner: str = "ada", status: str = "open", **more: Any) -> dict[str, Any]:
        """A thread object."""
        shown = {"thread_id": name, "owner": owner, "labels": {} if labels is None else labels, "status": status}
        return {**shown, "created_at": TIME, "updated_at": TIME, **more}

    def create(self, name: str, labels: Any = None, answer: Any = None, owner: str = "ada", **more: Any) -> Exchange:
        """A create under a chosen id."""
        given = {} if labels is None else {"labels": labels}
        shown = said(201, self.thread(name, labels, owner, **_shown(more)), location="/")
        return self._call("PUT", owner, name, given, answer or shown, **more)

    def create_any(
        self, name: str, labels: Any = None, answer: Any = None, owner: str = "ada", **more: Any
    ) -> Exchange:
        """A create that leaves the id to the server, which makes up `name`."""
        given = {} if labels is None else {"labels": labels}
        shown = said(201, self.thread(name, labels, owner, **_shown(more)), location="/")
        return self._call("POST", owner, None, given, answer or shown, **more)

    def get(self, name: str, labels: Any = None, answer: Any = None, owner: str = "ada", **more: Any) -> Exchange:
        """A read; `more` are members of the thread that is shown."""
        return self._call(
            "GET", owner, name, None, answer or said(200, self.thread(name, labels, owner, **_shown(more))), **more
        )

    def list(self, *threads: Any, owner: str = "ada", answer: Any = None, key: Any = "", **asked: Any) -> Exchange:
        """A list; a thread is an object, or the id of one without labels. `asked` stands in the query."""
        shown = [each if isinstance(each, dict) else self.thread(each, owner=owner) for each in threads]
        listed = said(200, {"threads": shown, "total": len(shown)})
        return self._call("GET", owner, None, None, answer or listed, query=_query(**asked), key=key)

    def say(
        self, name: str, text: str, *messages: Any, answer: Any = None, owner: str = "ada", key: Any = ""
    ) -> Exchange:
        """A run that answers these messages."""
        return self._call(
            "POST", owner, f"{name}/messages", {"text": text}, answer or said(201, {"messages": [*messages]}), key=key
        )

    def messages(self, name: str, *messages: Any, answer: Any = None, owner: str = "ada", **asked: Any) -> Exchange:
        """A look at the history."""
        shown = said(200, {"messages": [*messages], "total": len(messages)})
        return self._call("GET", owner, f"{name}/messages", None, answer or shown, query=_query(**asked))

    def label(
        self, name: str, labels: Any, shows: Any = None, answer: Any = None, owner: str = "ada", **more: Any
    ) -> Any:
        """An enrichment; the echo shows the labels, or `shows`."""
        echo = self.thread(name, labels if shows is None else shows, owner, **_shown(more))
        return self._call("PATCH", owner, name, {"labels": labels}, answer or said(200, echo), **more)

    def move(self, name: str, to: str, labels: Any = None, answer: Any = None, owner: str = "ada", **more: Any) -> Any:
        """A transition; the echo shows the status, or another one."""
        echo = said(200, self.thread(name, labels, owner, **{"status": to, **_shown(more)}))
        return self._call("PATCH", owner, f"{name}/status", {"status": to}, answer or echo, **more)

    def delete(self, name: str, answer: Any = None, owner: str = "ada", **more: Any) -> Exchange:
        """A delete."""
        return self._call("DELETE", owner, name, None, answer or bare(204), **more)

    def _call(
        self,
        method: str,
        owner: str,
        rest: str | None,
        body: Any,
        answer: Answer,
        *,
        query: str = "",
        key: Any = "",
        **_: Any,
    ) -> Exchange:
        path = f"/owners/{quote(owner)}/threads" + ("" if rest is None else f"/{rest}")
        secret = self.key if key == "" else key
        return exchange(method, path, body, answer, query, (("authorization", secret),) if secret else ())


def _shown(more: dict[str, Any]) -> dict[str, Any]:
    """What of further words is shown."""
    return {name: value for name, value in more.items() if name != "key"}


# --- the shape of cursors, whose answers are all of status 200 -------------------------------------


class Cursor:
    """Exchanges with the shape of cursors. `no` refuses as it does: with a code, in an answer of status 200."""

    profile = CURSOR
    key = CURSOR.credentials.value()

    @staticmethod
    def no(code: str = "not_found") -> Response:
        """A refusal."""
        return said(200, {"ok": False, "error": {"code": code, "message": "no"}})

    @staticmethod
    def thread(
        number: int, labels: Any = None, owner: str = "ada", status: str = "active", **more: Any
    ) -> dict[str, Any]:
        """A thread object; threads are numbered."""
        shown = {"id": uid(number), "owner": owner, "labels": {} if labels is None else labels, "status": status}
        return {**shown, "created_at": TIME, "updated_at": TIME, **more}

    def create(self, number: int, labels: Any = None, answer: Any = None, **more: Any) -> Exchange:
        """A create; the server makes up the id."""
        given = {} if labels is None else {"labels": labels}
        return self.call(
            "create", None, answer or {"thread": self.thread(number, labels, **_shown(more))}, given, **more
        )

    def read(self, number: int, labels: Any = None, answer: Any = None, **more: Any) -> Exchange:
        """A read."""
        return self.call("read", number, answer or {"thread": self.thread(number, labels, **_shown(more))}, **more)

    def list(self, *numbers: int, following: str | None = None, answer: Any = None, key: Any = "", **asked: Any) -> Any:
        """A page of a list; `following` is the cursor of the next one."""
        shown = {"threads": [self.thread(each) for each in numbers], "next_cursor": following}
        return self.call("list", None, answer or shown, asked, key)

    def say(self, number: int, text: str, *messages: Any, answer: Any = None) -> Exchange:
        """A run that answers these messages."""
        return self.call("say", number, answer or {"messages": [*messages]}, {"text": text})

    def history(
        self, number: int, *messages: Any, following: str | None = None, answer: Any = None, **asked: Any
    ) -> Any:
        """A page of the history."""
        return self.call("history", number, answer or {"messages": [*messages], "next_cursor": following}, asked)

    def label(self, number: int, labels: Any, answer: Any = None, **more: Any) -> Exchange:
        """An enrichment."""
        return self.call("label", number, answer or {}, {"labels": labels}, **more)

    def move(self, number: int, status: str, answer: Any = None, **more: Any) -> Exchange:
        """A transition."""
        return self.call(
            "move", number, answer or {"thread": self.thread(number, status=status)}, {"status": status}, **more
        )

    def delete(self, number: int, answer: Any = None, **more: Any) -> Exchange:
        """A delete."""
        return self.call("delete", number, answer or {}, **more)

    def call(self, name: str, number: int | None, answer: Any, given: Any = None, key: Any = "", **_: Any) -> Exchange:
        """One call; an answer that is an object is a success that holds it."""
        body = {"owner": "ada", **({} if number is None else {"thread_id": uid(number)}), **(given or {})}
        whole = said(200, {"ok": True, **answer}) if isinstance(answer, dict) else answer
        secret = self.key if key == "" else key
        return exchange("POST", f"/api/threads/{name}", body, whole, "", (("x-api-key", secret),) if secret else ())


def remark(name: str, text: str = "", role: str = "agent") -> dict[str, Any]:
    """A message of the shape of cursors."""
    return {"id": name, "role": role, "text": text or name, "sent_at": TIME}


# --- a support backend ----------------------------------------------------------------------------


class Support:
    """Exchanges with the support backend. `no` refuses as it does. Sessions are numbered: their ids have a form."""

    profile = SUPPORT

    @staticmethod
    def no(status: int = 404) -> Response:
        """A refusal."""
        wrong = [{"loc": ["x"], "msg": "no", "type": "no"}]
        return said(status, {"detail": wrong if status == 422 else "no"})

    @staticmethod
    def id(number: int) -> str:
        """An id as the server makes it up."""
        return f"sess_{number:012x}"

    def session(self, number: int, metadata: Any = None, status: str = "active", **more: Any) -> dict[str, Any]:
        """A session object."""
        shown = {"session_id": self.id(number), "user_id": "ada", "thread_id": None, "status": status}
        return {**shown, "created_at": TIME, "metadata": metadata or {}, **more}

    def create(self, number: int, metadata: Any = None, answer: Any = None, **more: Any) -> Exchange:
        """A create."""
        given = {"user_id": "ada", **({} if metadata is None else {"metadata": metadata})}
        return exchange("POST", "/api/sessions", given, answer or said(200, self.session(number, metadata, **more)))

    def get(self, number: int, metadata: Any = None, answer: Any = None, **more: Any) -> Exchange:
        """A read."""
        return exchange("GET", self.path(number), None, answer or said(200, self.session(number, metadata, **more)))

    def list(self, *sessions: Any, answer: Any = None, **asked: Any) -> Exchange:
        """A list; a session is an object, or its number."""
        shown = [each if isinstance(each, dict) else self.session(each) for each in sessions]
        return exchange("GET", "/api/sessions", None, answer or said(200, shown), _query(user_id="ada", **asked))

    def send(self, number: int, text: str, item: Any = None, answer: Any = None) -> Exchange:
        """A run: a form of several parts, answered by one item."""
        body, media = written({"message": text}, MULTIPART)
        shown = item or self.message(number, f"r{number}")
        return exchange("POST", self._chat(number), body, answer or said(200, shown), media=media)

    def messages(self, number: int, *items: Any, answer: Any = None) -> Exchange:
        """A look at the history."""
        return exchange("GET", self._chat(number), None, answer or said(200, [*items]))

    def message(self, number: int, name: str, text: str = "", role: str = "assistant") -> dict[str, Any]:
        """A message."""
        shown = {"message_id": name, "session_id": self.id(number), "role": role}
        return {**shown, "content": text or name, "created_at": TIME}

    def move(self, number: int, status: str, metadata: Any = None, answer: Any = None, **more: Any) -> Exchange:
        """A transition."""
        shown = said(200, self.session(number, metadata, **{"status": status, **more}))
        return exchange("PATCH", f"{self.path(number)}/status", None, answer or shown, _query(status=status))

    def delete(self, number: int, answer: Any = None) -> Exchange:
        """A delete."""
        shown = said(200, {"message": "gone", "session_id": self.id(number)})
        return exchange("DELETE", self.path(number), None, answer or shown)

    def cleanup(self, days: float | None = 0, answer: Any = None) -> Exchange:
        """A cleanup of what is older than so many days."""
        done = said(200, {"message": "done", "sessions_deleted": 0, "cutoff_date": TIME})
        return exchange("POST", "/api/sessions/cleanup", None, answer or done, _query(days=days))

    def path(self, number: int) -> str:
        """The path of a session."""
        return f"/api/sessions/{self.id(number)}"

    def _chat(self, number: int) -> str:
        return f"/api/chat/sessions/{self.id(number)}/messages"


# --- a bridge to a runtime ------------------------------------------------------------------------


class Bridge:
    """Exchanges with the bridge: sessions begin with their first call, and hold what calls answered."""

    profile = BRIDGE

    @staticmethod
    def no(status: int = 404) -> Response:
        """A refusal."""
        return said(status, {"error": "no"})

    @staticmethod
    def reference(session: str, name: str) -> dict[str, Any]:
        """A reference, by which later calls name what a call answered."""
        kind = {"__type__": "ref", "__schema__": 1, "python_module": "m", "library": "l"}
        return {**kind, "id": name, "session_id": session}

    def call(
        self, session: str, result: str = "", *, route: str = "", answer: Any = None, operation: str = "function"
    ) -> Exchange:
        """A call that needs nothing, answered by the reference `result`; `route` is the session in the header."""
        shown = said(200, {"result": self.reference(session, result)})
        return self._send(f"call/{operation}", session, route, self._called(), answer or shown)

    def method(
        self, session: str, name: str, result: str = "", *, of: str = "", route: str = "", answer: Any = None
    ) -> Exchange:
        """A call on a reference; `of` is the session in the reference."""
        given = {**self._called(), "instance": self.reference(of or session, name)}
        shown = said(200, {"result": self.reference(session, result or "made")})
        return self._send("call/method", session, route, given, answer or shown)

    def release(self, session: str, name: str, answer: Any = None) -> Exchange:
        """The release of a reference."""
        given = {"ref": self.reference(session, name)}
        return self._send("release_ref", session, "", given, answer or said(200, {"result": True}))

    def end(self, session: str, answer: Any = None) -> Exchange:
        """The release of a session."""
        return self._send("release_session", session, "", {}, answer or said(200, {"result": 1}))

    @staticmethod
    def _called() -> dict[str, Any]:
        return {"library": "l", "python_module": "m", "function": "f", "args": ["x"], "kwargs": {}}

    @staticmethod
    def _send(name: str, session: str, route: str, given: Any, answer: Answer) -> Exchange:
        body = {"protocol_version": 1, "min_supported_version": 1, "session_id": session, **given}
        return exchange("POST", f"/snakebridge.{name}", body, answer, "", (("x-session-id", route or session),))


rest = Rest()
cursor = Cursor()
support = Support()
bridge = Bridge()
