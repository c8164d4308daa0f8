"""What an exchange means, read through a profile; and a call, written as the request that means it."""

from __future__ import annotations

import json
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.exchange import Exchange, Failure, Headers, Request, Response
from conformance.expressions import MISSING, Json, Pointer, resolve
from conformance.json_text import event_data, framed
from conformance.profile import HISTORY, STATUS, Binding, Profile, Returns, Role
from conformance.profile_file import load
from conformance.reader import Reader
from conformance.reports import InvariantOutcome
from conformance.run import Budget, run
from conformance.step import Outcome, Page, Snapshot, Step, turned
from conformance.values import same
from conformance.variations import Variation
from conformance.writer import NOBODY, Call, Writer
from tests.histories import bound

ADK = load("adk")
THREADS = load(Path(__file__).parent / "servers" / "threads")
REPLIES = load(Path(__file__).parent / "servers" / "replies")

SESSION = "/apps/echo/users/ada/sessions/s1"

QUERIES_SPEC = """
openapi: 3.1.0
info: {title: Queries, version: "1"}
paths:
  /make:
    post:
      operationId: make
      parameters:
        - {name: owner, in: query, required: true, schema: {type: string}}
        - {name: X-Session, in: header, schema: {type: string}}
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"200": {description: d, content: {application/json: {schema: {type: object}}}}}
  /see/{session-id}/{part.name}:
    get:
      operationId: see
      parameters:
        - {name: owner, in: query, schema: {type: string}}
        - {name: session, in: query, required: true, schema: {type: string}}
      responses: {"200": {description: d, content: {application/json: {schema: {type: object}}}}}
"""
QUERIES_PROFILE = """
[create]
operation = "make"
owner = ["$request.query.owner"]
session = "$request.header.X-Session"
attributes = { all = "$request.body" }
returns = "id"
at = "/id"
[read]
operation = "see"
owner = ["$request.query.owner"]
session = "$request.query.session"
[session]
attributes = { all = "/all" }
id = "/id"
"""


@pytest.fixture(scope="module")
def queries(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A profile whose owner stands in the query, and whose id in a header or in the query."""
    folder = tmp_path_factory.mktemp("queries")
    (folder / "openapi.yaml").write_text(QUERIES_SPEC, encoding="utf-8")
    (folder / "profile.toml").write_text(QUERIES_PROFILE, encoding="utf-8")
    return load(folder)


def request(method: str, path: str, body: Json = MISSING, query: str = "") -> Request:
    """A request with a JSON body, or with bytes as they are."""
    raw = body if isinstance(body, bytes) else b"" if body is MISSING else json.dumps(body).encode()
    return Request(method, path, query, (("content-type", "application/json"),), raw)


def answer(status: int, body: Json = MISSING, media_type: str = "application/json") -> Response:
    """An answer with a JSON body, or with bytes as they are."""
    raw = body if isinstance(body, bytes) else b"" if body is MISSING else json.dumps(body).encode()
    return Response(status, (("content-type", media_type),), raw)


def read(asked: Request, answered: Response | None, failure: Failure | None = None, profile: Profile = ADK) -> Step:
    """The step that an exchange is."""
    return Reader(profile).read(Exchange(asked, answered, failure=failure))


def binding(profile: Profile, role: Role) -> Binding:
    """The first binding of a role."""
    found = profile.first(role)
    assert found is not None
    return found


SHOWN = {"id": "s1", "appName": "echo", "userId": "ada", "state": {"a": 1}, "events": [{"id": "e", "author": "ada"}]}
RUN = {"appName": "echo", "userId": "ada", "sessionId": "s1", "newMessage": {"parts": [{"text": "hi"}]}}


# --- what was asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "role", "session"),
    [
        (request("POST", "/apps/echo/users/ada/sessions", {"sessionId": "s1"}), Role.CREATE, "s1"),
        (request("POST", "/apps/echo/users/ada/sessions", {"sessionId": 5}), Role.CREATE, "5"),
        (request("POST", "/apps/echo/users/ada/sessions", {"sessionId": True}), Role.CREATE, None),
        (request("POST", "/apps/echo/users/ada/sessions", {"sessionId": None}), Role.CREATE, None),
        (request("POST", "/apps/echo/users/ada/sessions"), Role.CREATE, None),
        (request("POST", SESSION, {"a": 1}), Role.CREATE, "s1"),
        (request("GET", SESSION), Role.READ, "s1"),
        (request("GET", "/apps/echo/users/ada/sessions"), Role.LIST, None),
        (request("POST", "/run", RUN), Role.RUN, "s1"),
        (request("POST", "/run_sse", RUN), Role.STREAM, "s1"),
        (request("PATCH", SESSION, {"stateDelta": {"a": 2}}), Role.ENRICH, "s1"),
        (request("DELETE", SESSION), Role.DELETE, "s1"),
    ],
)
def test_a_request_means_a_role_a_session_and_an_owner(asked: Request, role: Role, session: str | None) -> None:
    """Read off path or body, wherever the profile says; integers are ids, booleans are none."""
    step = read(asked, None)
    assert step.role is role
    assert step.session == session
    assert step.owner == ("echo", "ada")
    assert step.operation is not None
    assert step.reads is (role in (Role.READ, Role.LIST))


def test_a_request_to_no_operation_means_nothing() -> None:
    """Outside the document there is no role, yet the body is kept."""
    step = read(request("POST", "/nowhere", {"a": 1}), answer(404, {"error": "x"}))
    assert (step.operation, step.binding, step.role, step.session, step.owner) == (None,) * 5
    assert step.asked == {"a": 1}
    assert not step.says_missing
    assert step.outcome is Outcome.REFUSED
    assert step.body == {"error": "x"}


@pytest.mark.parametrize("text", ["inf", "-inf", "nan", "1e999", "many", "", "9" * 400])
def test_what_is_no_finite_number_asks_for_no_page(text: str) -> None:
    """A limit, an offset or an age that cannot be counted with is as good as none."""
    support = load("support")
    asked = request("GET", "/api/sessions", query=f"user_id=ada&limit={text}&offset={text}")
    plain = request("GET", "/api/sessions", query="user_id=ada")
    assert read(asked, None, profile=support).page == read(plain, None, profile=support).page
    cleanup = request("POST", "/api/sessions/cleanup", query=f"days={text}")
    assert read(cleanup, None, profile=support).age is None


@pytest.mark.parametrize(
    ("asked", "sent", "message"),
    [
        (
            request("POST", "/apps/echo/users/ada/sessions", {"state": {"a": 1}, "events": [{"author": "x"}]}),
            {"state": {"a": 1}, HISTORY: [{"author": "x"}]},
            MISSING,
        ),
        (request("POST", "/apps/echo/users/ada/sessions", {"state": None, "events": None}), {}, MISSING),
        (request("POST", "/apps/echo/users/ada/sessions", {"state": {}}), {"state": {}}, MISSING),
        (request("POST", SESSION, {"a": None}), {"state": {"a": None}}, MISSING),
        (request("PATCH", SESSION, {"stateDelta": {"a": None}}), {"state": {"a": None}}, MISSING),
        (request("POST", "/run", RUN), {}, RUN["newMessage"]),
        (request("GET", SESSION), {}, MISSING),
    ],
)
def test_what_a_request_carries_is_kept(asked: Request, sent: dict[str, Json], message: Json) -> None:
    """Attributes, history and message; an absent or null group was not sent, an empty one was."""
    step = read(asked, None)
    assert step.sent == sent
    assert step.message is MISSING if message is MISSING else step.message == message


@pytest.mark.parametrize(
    ("asked", "invalid"),
    [
        (request("PATCH", SESSION, {"stateDelta": {}}), None),
        (request("PATCH", SESSION, {}), "the body"),
        (request("PATCH", SESSION), "the body"),
        (request("PATCH", SESSION, {"stateDelta": 5}), "/stateDelta"),
        (request("PATCH", SESSION, b"{"), "the body is not JSON"),
        (request("PATCH", SESSION, b""), "the body"),
        (request("PATCH", SESSION, b"NaN"), "the body is not JSON"),
        (request("PATCH", SESSION, b'{"stateDelta": {"a": Infinity}}'), "the body is not JSON"),
        (request("PATCH", SESSION, b"\xff"), "the body is not JSON"),
        (request("PATCH", SESSION, b'\xef\xbb\xbf{"stateDelta": {}}'), "the body is not JSON"),
        (request("PATCH", SESSION, b"[" * 100_000), "the body is not JSON"),
        (request("POST", "/apps/echo/users/ada/sessions"), None),
        (request("POST", "/apps/echo/users/ada/sessions", None), None),
        (request("POST", "/apps/echo/users/ada/sessions", []), "the body"),
        (request("POST", "/run", {**RUN, "newMessage": {"parts": [{"text": 5}]}}), "/newMessage"),
        (request("GET", SESSION), None),
    ],
)
def test_a_request_that_violates_the_spec_says_where(asked: Request, invalid: str | None) -> None:
    """The first place that does not conform, or the body as a whole."""
    assert read(asked, None).invalid == invalid


def test_path_query_and_header_are_read(queries: Profile) -> None:
    """An id may stand in a header of any case, an owner in the query; the last of several counts."""
    asked = Request("POST", "/make", "owner=a%2Fb+c&owner=d%26&x=", (("x-SESSION", "s 1"),), b'{"a": 1}')
    step = read(asked, None, profile=queries)
    assert (step.session, step.owner, step.sent) == ("s 1", ("d&",), {"all": {"a": 1}})
    nobody = read(Request("POST", "/make"), None, profile=queries)
    assert (nobody.session, nobody.owner) == (None, None)
    empty = read(Request("GET", "/see/a/b", "owner=&session="), None, profile=queries)
    assert (empty.session, empty.owner) == ("", ("",))


# --- what came of it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (100, Outcome.ODD),
        (200, Outcome.ACCEPTED),
        (204, Outcome.ACCEPTED),
        (299, Outcome.ACCEPTED),
        (301, Outcome.ODD),
        (304, Outcome.ODD),
        (400, Outcome.REFUSED),
        (404, Outcome.REFUSED),
        (499, Outcome.REFUSED),
        (500, Outcome.FAILED),
        (599, Outcome.FAILED),
    ],
)
def test_the_status_decides_the_outcome(status: int, outcome: Outcome) -> None:
    """2xx is accepted, 4xx refused, 5xx failed, anything else odd."""
    step = read(request("GET", SESSION), answer(status, SHOWN))
    assert step.outcome is outcome
    assert step.status == status
    assert step.accepted is (outcome is Outcome.ACCEPTED)
    assert step.refused is (outcome is Outcome.REFUSED)
    assert bool(step.views) is step.accepted


@pytest.mark.parametrize("failure", list(Failure))
@pytest.mark.parametrize("answered", [None, answer(200, SHOWN), answer(500)])
def test_without_a_whole_answer_the_outcome_is_lost(failure: Failure, answered: Response | None) -> None:
    """Whatever part of an answer came, nothing is taken from it."""
    step = read(request("GET", SESSION), answered, failure)
    assert step.outcome is Outcome.LOST
    assert step.views == ()
    assert step.got == failure.value
    assert step.status == (answered.status if answered else 0)


def test_no_answer_is_lost() -> None:
    """An exchange that holds neither an answer nor a failure proves nothing."""
    step = read(request("GET", SESSION), None)
    assert (step.outcome, step.status, step.got) == (Outcome.LOST, 0, "no answer")


@pytest.mark.parametrize(
    ("role", "status", "says"),
    [(Role.READ, 404, True), (Role.READ, 410, True), (Role.READ, 400, False), (Role.DELETE, 200, True)],
)
def test_the_profile_says_what_means_missing(role: Role, status: int, says: bool) -> None:
    """For one API 404, for another a success."""
    method = {Role.READ: "GET", Role.DELETE: "DELETE"}[role]
    assert read(request(method, SESSION), answer(status)).says_missing is says


def test_what_was_got_is_short() -> None:
    """The status and the beginning of the body, whatever its bytes."""
    assert read(request("GET", SESSION), answer(404, b" no \n")).got == "404 no"
    assert read(request("GET", SESSION), answer(204)).got == "204"
    assert read(request("GET", SESSION), answer(500, b"\xff" * 300)).got == "500 " + "\ufffd" * 200 + "…"


@pytest.mark.parametrize(
    ("answered", "garbled"),
    [
        (answer(200, SHOWN), None),
        (answer(200, b"{"), "it is not JSON: "),
        (answer(200, b'{"id": NaN}'), "it is not JSON: NaN is not JSON"),
        (answer(200, b"\xff\xfe"), "it is not UTF-8"),
        (answer(200, b"[" * 100_000), "it is nested too deeply"),
        (answer(200, b"<p>", "text/html"), None),
        (answer(200, b"", "application/json"), None),
        (answer(404, b"{", "application/problem+json"), "it is not JSON: "),
    ],
)
def test_an_answer_that_cannot_be_read_says_why(answered: Response, garbled: str | None) -> None:
    """What calls itself JSON must be JSON; what is of another type is not looked into."""
    step = read(request("GET", SESSION), answered)
    if garbled is None:
        assert step.garbled is None
    else:
        assert step.garbled is not None
        assert step.garbled.startswith(garbled)
        assert step.body is MISSING
        assert step.views == ()


def test_a_declared_failure_in_a_success_is_a_refusal() -> None:
    """A 200 whose body says that it failed is not accepted; in a stream it is a failure."""
    frames = b'data: {"id": "e", "author": "a"}\n\ndata: {"error": "boom"}\n\n'
    assert read(request("POST", "/run_sse", RUN), answer(200, frames, "text/event-stream")).outcome is Outcome.FAILED
    assert read(request("POST", "/run_sse", RUN), answer(200, {"error": "boom"})).outcome is Outcome.REFUSED
    assert read(request("POST", "/run_sse", RUN), answer(200, {"error": ""})).outcome is Outcome.ACCEPTED
    assert read(request("POST", "/run_sse", RUN), answer(200)).outcome is Outcome.ACCEPTED


# --- what an answer shows ---------------------------------------------------------------------------------------------


def test_a_session_is_seen_where_the_profile_says() -> None:
    """Id, owner and parts; a wrapped object is found at its place."""
    (view,) = read(request("GET", SESSION), answer(200, SHOWN)).views
    assert (view.id, view.owner) == ("s1", ("echo", "ada"))
    assert view.parts == {"state": {"a": 1}, HISTORY: SHOWN["events"]}
    thread = {"threads": [{"thread_id": "t", "owner": "ada", "labels": {"a": 1}}]}
    asked = request("POST", "/threads.search", {"owner": "ada", "thread_id": "t"})
    (view,) = read(asked, answer(200, thread), profile=THREADS).views
    assert (view.id, view.owner, view.parts) == ("t", ("ada",), {"labels": {"a": 1}})


def test_a_reading_that_leaves_a_part_out_shows_it_empty() -> None:
    """A read without state shows that there is none; the answer of a write shows nothing of it."""
    bare = {"id": "s1", "appName": "echo", "userId": "ada"}
    (seen,) = read(request("GET", SESSION), answer(200, bare)).views
    assert seen.parts == {"state": {}, HISTORY: []}
    (echo,) = read(request("PATCH", SESSION, {"stateDelta": {}}), answer(200, bare)).views
    assert echo.parts == {}


def test_a_list_shows_every_session_without_what_it_omits() -> None:
    """What is no object in a list is no session; the history that this list omits is not taken for empty."""
    step = read(request("GET", "/apps/echo/users/ada/sessions"), answer(200, [SHOWN, 5, {**SHOWN, "id": 7}]))
    assert [view.id for view in step.views] == ["s1", "7"]
    assert [view.parts for view in step.views] == [{"state": {"a": 1}}] * 2


@pytest.mark.parametrize("body", [None, 5, "text", [], [SHOWN], {"sessions": []}])
def test_an_answer_of_another_shape_shows_nothing(body: Json) -> None:
    """A read that answers no object and a list that answers no array show no session of that id."""
    views = read(request("GET", SESSION), answer(200, body)).views
    assert [view.id for view in views] == ([None] if isinstance(body, dict) else [])
    if not isinstance(body, list):
        assert read(request("GET", "/apps/echo/users/ada/sessions"), answer(200, body)).views == ()


@pytest.mark.parametrize("owner", [{}, {"appName": "echo"}, {"appName": "echo", "userId": None}])
def test_half_an_owner_is_none(owner: dict[str, Json]) -> None:
    """Only all components together name an owner."""
    (view,) = read(request("GET", SESSION), answer(200, {"id": "s1", **owner})).views
    assert view.owner is None


@pytest.mark.parametrize(
    ("asked", "answered", "created"),
    [
        ({}, answer(200, SHOWN), "s1"),
        ({"sessionId": "mine"}, answer(200, SHOWN), "s1"),
        ({"sessionId": "mine"}, answer(200, b""), "mine"),
        ({}, answer(200, b""), None),
        ({"sessionId": "mine"}, answer(409), None),
    ],
)
def test_the_created_id_is_the_answered_one(asked: Json, answered: Response, created: str | None) -> None:
    """Or, if none is answered, the one that was asked for."""
    assert read(request("POST", "/apps/echo/users/ada/sessions", asked), answered).created == created


def test_an_answer_may_be_the_id_alone(queries: Profile) -> None:
    """`returns = "id"`: the id stands where the profile says."""
    step = read(request("POST", "/make", {}, "owner=a"), answer(200, {"id": 12}), profile=queries)
    assert step.created == "12"
    assert step.views == ()


def test_a_run_shows_items_and_a_history_shows_a_session() -> None:
    """The items of a run are not the session's history; those of a history are."""
    items = [{"message_id": "m", "author": "agent", "text": "t", "at": "2024-01-02T03:04:05Z"}]
    body = {"owner": "ada", "thread_id": "t"}
    run = read(
        request("POST", "/threads.say", {**body, "text": "x"}), answer(200, {"messages": items}), profile=THREADS
    )
    assert (run.items, run.views) == (tuple(items), ())
    shown = read(request("POST", "/threads.messages", body), answer(200, {"messages": items}), profile=THREADS)
    assert shown.items == tuple(items)
    (view,) = shown.views
    assert view == Snapshot("t", None, {HISTORY: items})  # the answer names no owner


def test_a_stream_shows_its_frames() -> None:
    """Each `data` of the stream is an item."""
    body = b'data: {"id": "1", "author": "a"}\n\nevent: x\ndata: {"id": "2",\ndata: "author": "a"}\n\n'
    step = read(request("POST", "/run_sse", RUN), answer(200, body, "Text/Event-Stream; charset=utf-8"))
    assert [item["id"] for item in step.items] == ["1", "2"]
    assert step.garbled is None
    assert step.accepted


EVENTS = (
    b'data: {"item": {"id": "1"}, "of": "s1"}\n\ndata: {"item": [{"id": "2"}], "of": "s2"}\n\ndata: {"done": true}\n\n'
)


@pytest.mark.parametrize(
    ("returns", "at", "items"),
    [
        (Returns.HISTORY, ("item",), ({"id": "1"}, {"id": "2"})),
        (Returns.ITEM, ("of",), ("s2",)),
        (Returns.ITEM, ("nothing",), ()),
    ],
)
def test_each_event_is_asked_for_what_is_answered(returns: Returns, at: Pointer, items: tuple[Json, ...]) -> None:
    """All of a history, the last of anything else; events that hold nothing of it are passed over."""
    profile = bound(ADK, Role.STREAM, returns=returns, at=at)
    step = read(request("POST", "/run_sse", RUN), answer(200, EVENTS, "text/event-stream"), profile=profile)
    assert step.items == items


@pytest.mark.parametrize("media_type", ["application/x-ndjson", "application/jsonl", "application/json-seq"])
def test_a_stream_of_lines_shows_its_lines(media_type: str) -> None:
    """Each line is an item, whatever else stands round it."""
    body = b'\x1e{"id": "1", "author": "a"}\r\n\n\x1e{"id": "2", "author": "a\xe2\x80\xa8b"}'
    step = read(request("POST", "/run_sse", RUN), answer(200, body, media_type))
    assert [item["id"] for item in step.items] == ["1", "2"]
    assert step.garbled is None


def test_events_are_no_list() -> None:
    """Where the spec documents no stream, nothing is read out of one: neither a list, nor that it is empty."""
    found = answer(200, b'data: {"id": "s1"}\n\n', "text/event-stream")
    step = read(request("GET", "/apps/echo/users/ada/sessions"), found)
    assert step.accepted
    assert (step.views, step.shown, step.body) == ((), False, MISSING)
    assert step.illegible


def test_a_garbled_frame_is_named() -> None:
    """The frames before it are kept."""
    body = b'data: {"id": "1", "author": "a"}\n\ndata: {"id":\n\ndata: {}\n\n'
    step = read(request("POST", "/run_sse", RUN), answer(200, body, "text/event-stream"))
    assert step.garbled is not None
    assert step.garbled.startswith("frame 2: it is not JSON")
    assert len(step.items) == 1


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b"", []),
        (b"\n\n\n", []),
        (b"data: a\n\ndata: b\n\n", ["a", "b"]),
        (b"data:a\n\n", ["a"]),
        (b"data:  a\n\n", [" a"]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", ["a", "b", "c"]),
        (b"data: a\ndata: b\n\n", ["a\nb"]),
        (b": comment\nid: 1\nretry: 5\nevent: x\ndata: a\n\n", ["a"]),
        (b"event: ping\n\n", []),
        (b"data: a", ["a"]),
        (b"data: \xc3\xbc\n\n", ["ü"]),
        (b"data: a\xe2\x80\xa8b\x0bc\n\n", ["a\u2028b\x0bc"]),
        (b"database: a\n\n", []),
        (b"data: a\n\ndata: [DONE]\n\n", ["a"]),
    ],
)
def test_event_streams_are_read_as_the_standard_says(body: bytes, data: list[str]) -> None:
    """Three kinds of line ends, comments, other fields, several lines of data (WHATWG HTML, section 9.2.6)."""
    assert list(event_data(body)) == data


@pytest.mark.parametrize(
    ("body", "ended"),
    [
        (b"data: 1\n\n", True),
        (b"data: 1\r\n\r\n", True),
        (b"data: 1\r\r", True),
        (b"", True),
        (b"data: 1\n\n: bye\n", True),
        (b"data: 1\n\ndata: [DONE]", True),
        (b"data: 1\n\nevent: end", True),
        (b"data: 1", False),
        (b"data: 1\n", False),
        (b"data: 1\n\nevent: x\ndata: 2\r\n", False),
    ],
)
def test_the_last_event_of_a_stream_has_to_be_ended(body: bytes, ended: bool) -> None:
    """What stands after the last empty line is dropped by readers (WHATWG HTML, section 9.2.6)."""
    frames, problem = framed(body)
    assert (problem is None) is ended
    assert len(frames) == body.count(b"data: 1") + body.count(b"data: 2")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")), max_size=4))
def test_any_data_survives_a_stream(texts: list[str]) -> None:
    """Whatever was put into frames comes out of them."""
    body = "".join("".join(f"data: {line}\n" for line in text.split("\n")) + "\n" for text in texts)
    assert list(event_data(body.encode())) == texts


@settings(max_examples=60)
@given(st.integers(100, 599), st.binary(max_size=40), st.sampled_from(["application/json", "text/event-stream", ""]))
def test_any_answer_is_a_step(status: int, body: bytes, media_type: str) -> None:
    """No bytes and no status make the reader fail; only a 429 says nothing of what was done."""
    for asked in (request("GET", SESSION), request("POST", "/run_sse", RUN), request("POST", "/run", body)):
        step = read(asked, answer(status, body, media_type))
        assert step.status == status
        assert (step.outcome is Outcome.LOST) is step.postponed


# --- what is written is read ------------------------------------------------------------------------------------------

NAMES = st.one_of(
    st.text(min_size=1, max_size=12),
    st.sampled_from(
        ["a/b", "%2F", "..", ".", "a%b", "ü", "日本", "😀", " ", "+", "a?b#c", "{session_id}", "a\nb", "\0", '"']
    ),
)
OBJECTS = st.dictionaries(
    st.text(max_size=6),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)
LINE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@%/?")


def bindings() -> list[Any]:
    """Every binding of both profiles."""
    return [
        pytest.param(profile, each, id=f"{profile.name}-{each.operation.id}")
        for profile in (ADK, THREADS)
        for each in profile.bindings
    ]


@pytest.mark.parametrize(("profile", "bound"), bindings())
@settings(max_examples=25, deadline=None)
@given(session=NAMES, first=NAMES, second=NAMES, attributes=OBJECTS, text=NAMES)
def test_a_written_call_is_read_back(
    profile: Profile, bound: Binding, session: str, first: str, second: str, attributes: dict[str, Json], text: str
) -> None:
    """Whatever names session and owner, the request means the same call, and is fit for a request line."""
    owner = (first, second)[: len(bound.owner)]
    schema = bound.operation.request.schema if bound.operation.request else None
    body = profile.spec.schemas.example(schema) if schema is not None else MISSING
    group = profile.groups[0]
    call = Call(bound, owner, session, body, {group: attributes}, text if bound.message else None)
    written = Writer(profile).request(call)
    assert set(written.target) <= LINE
    step = Reader(profile).asked(Exchange(written, None))
    assert step.operation is bound.operation
    assert step.binding is bound
    assert step.owner == owner
    assert step.session == (session if bound.session is not None else None)
    assert step.invalid is None
    if bound.attributes:
        assert same(step.sent[group], attributes)
    else:
        assert step.sent == {}
    if bound.message is not None:
        assert resolve(step.message, profile.text) == text


@settings(max_examples=25)
@given(session=NAMES, owner=st.text(max_size=12), attributes=OBJECTS)
def test_query_and_header_are_read_back(
    queries: Profile, session: str, owner: str, attributes: dict[str, Json]
) -> None:
    """The round trip where session and owner stand in query and header."""
    create, see = queries.bindings
    for binding in (create, see):
        written = Writer(queries).request(Call(binding, (owner,), session, MISSING, {"all": attributes}))
        step = Reader(queries).asked(Exchange(written, None))
        assert (step.session, step.owner) == (session, (owner,))
        assert set(written.query) <= LINE
        if binding is create:
            assert same(step.sent["all"], attributes)


def test_a_call_keeps_the_rest_of_its_body() -> None:
    """Only owner, id, attributes and text are written into a body; the text goes where the profile says."""
    body = {"streaming": True, "newMessage": {"role": "user", "parts": [{"text": "old"}]}}
    call = Call(binding(ADK, Role.RUN), ("echo", "ada"), "s1", body, None, "new")
    asked = json.loads(Writer(ADK).request(call).body)
    assert asked == {
        "streaming": True,
        "newMessage": {"role": "user", "parts": [{"text": "new"}]},
        "appName": "echo",
        "userId": "ada",
        "sessionId": "s1",
    }
    assert body["newMessage"] == {"role": "user", "parts": [{"text": "old"}]}


def test_a_call_without_body_has_none() -> None:
    """Neither bytes nor a content type where there is nothing to send; a null is something."""
    create = binding(ADK, Role.CREATE)
    bare = Writer(ADK).request(Call(create, ("echo", "ada")))
    assert (bare.method, bare.target) == ("POST", "/apps/echo/users/ada/sessions")
    assert (bare.body, bare.headers) == (b"", ())
    null = Writer(ADK).request(Call(create, ("echo", "ada"), body=None))
    assert (null.body, null.headers) == (b"null", (("content-type", "application/json"),))


def test_a_variation_is_applied_last() -> None:
    """What is to be wrong stays wrong, whatever the profile writes there."""
    wrong = Variation(("sessionId",), "type", ((("sessionId",), {"wrong": "type"}),))
    gone = Variation(("appName",), "required", ((("appName",), MISSING),))
    run = binding(ADK, Role.RUN)
    asked = json.loads(Writer(ADK).request(Call(run, ("echo", "ada"), "s1", MISSING, None, "t", wrong)).body)
    assert (asked["sessionId"], asked["userId"]) == ({"wrong": "type"}, "ada")
    asked = json.loads(Writer(ADK).request(Call(run, ("echo", "ada"), "s1", MISSING, None, "t", gone)).body)
    assert "appName" not in asked
    create = Writer(ADK).request(Call(binding(ADK, Role.CREATE), ("echo", "ada"), variation=wrong))
    assert json.loads(create.body) == {"sessionId": {"wrong": "type"}}


@pytest.mark.parametrize(
    ("auth", "headers", "query"),
    [
        ('name = "X-Key"\nvalue = "Bearer ${CONFORMANCE_TEST_KEY}"', (("X-Key", "Bearer s3 cret&"),), ""),
        ('in = "query"\nname = "key"\nvalue = "${CONFORMANCE_TEST_KEY}"', (), "key=s3+cret%26"),
    ],
)
def test_credentials_are_written_unless_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auth: str, headers: Headers, query: str
) -> None:
    """A call carries the secret where the profile says, or none if it is nobody's or none is set."""
    folder = Path(THREADS.place).parent
    (tmp_path / "openapi.yaml").write_bytes((folder / "openapi.yaml").read_bytes())
    text = (folder / "profile.toml").read_text(encoding="utf-8")
    (tmp_path / "profile.toml").write_text(f"{text}\n[auth]\n{auth}\n", encoding="utf-8")
    profile = load(tmp_path)
    call = Call(binding(profile, Role.READ), ("ada",), "t")
    monkeypatch.setenv("CONFORMANCE_TEST_KEY", "s3 cret&")
    written = Writer(profile).request(call)
    json_type = ("content-type", "application/json")
    assert set(written.headers) == {*headers, json_type}
    assert written.query == query
    left_out = Writer(profile).request(Call(call.binding, call.owner, call.session, identity=NOBODY))
    assert (left_out.headers, left_out.query) == ((json_type,), "")
    monkeypatch.delenv("CONFORMANCE_TEST_KEY")
    unset = Writer(profile).request(call)
    assert (unset.headers, unset.query) == ((json_type,), "")


@pytest.mark.parametrize(
    ("body", "garbled"),
    [
        (b"[" * 250 + b"]" * 250, None),
        (b"[" * 251 + b"]" * 251, "it is nested too deeply"),
        (b"[" + b"[]," * 300 + b'"' + b"[" * 1_000 + b'"]', None),
        (b"[" + b"[]," * 300 + b'"' + b'\\"[' * 1_000 + b'"]', None),
        (b'["' + b'\\"' * 1_000_000 + b"[" * 300, "it is not JSON"),
        (b"[" + b"[]," * 499_998 + b"[]]", None),
        (b"[" + b"[]," * 500_000 + b"[]]", "it holds too many values"),
        (b'["' + b"[" * 1_000_000 + b'"]', None),
    ],
)
def test_large_answers_are_read_in_linear_time(body: bytes, garbled: str | None) -> None:
    """What stands in strings does not count; too deep or too many brackets are not gone into."""
    started = monotonic()
    step = read(request("GET", SESSION), answer(200, body))
    assert (step.garbled or "").startswith(garbled or "")
    assert (step.garbled is None) is (garbled is None)
    assert monotonic() - started < 10


# --- numbers, addresses, and pages that are counted ------------------------------------------------------------------

TICKETS = load(Path(__file__).parent / "servers" / "tickets")
TICKET_PATH = "/orgs/ada/projects/7/tickets"


def ticket_call(role: Role, **fields: Any) -> Request:
    """The request of a call on a ticket."""
    binding = next(each for each in TICKETS.bindings if each.role is role)
    return Writer(TICKETS).request(Call(binding, ("ada", "7"), **fields))


def test_numbers_are_written_as_numbers_where_only_numbers_go() -> None:
    """An id, and a part of an owner, that the spec has as whole numbers; what is no number is sent as it is."""
    body = json.loads(ticket_call(Role.RUN, session="12", body={"text": "hello"}).body)
    assert body == {"org": "ada", "project": 7, "ticket": 12, "text": "hello"}
    assert json.loads(ticket_call(Role.RUN, session="x", body={}).body)["ticket"] == "x"


@pytest.mark.parametrize(
    ("location", "created"),
    [
        ("/orgs/ada/projects/7/tickets/12", "12"),
        ("https://api.example.org/tickets/12/?now=1#here", "12"),
        ("a%2Fb", "a/b"),
        ("/", None),
        (None, None),
    ],
)
def test_an_id_stands_at_the_end_of_an_address(location: str | None, created: str | None) -> None:
    """Where the answer has no body, its header says where the session is."""
    headers = () if location is None else (("Location", location),)
    step = Reader(TICKETS).read(Exchange(ticket_call(Role.CREATE, body={}), Response(201, headers)))
    assert step.created == created


@pytest.mark.parametrize(("page", "query"), [(Page(limit=2), "per_page=2"), (Page(4, 8), "per_page=4&page=3")])
def test_pages_are_counted(page: Page, query: str) -> None:
    """The number of a page says where it begins, and is read as it was written."""
    request = ticket_call(Role.LIST, page=page)
    assert request.query == query
    assert Reader(TICKETS).read(Exchange(request, None)).page == page


@pytest.mark.parametrize(
    ("shown", "more", "following"), [(2, True, 2), (2, False, None), (1, True, 2), (0, True, None)]
)
def test_an_answer_says_whether_there_is_a_further_page(shown: int, more: bool, following: int | None) -> None:
    """However many are shown: the page after it begins where a whole one would end."""
    data = [{"id": number, "org": "ada", "project": 7} for number in range(shown)]
    answer = Response(
        200, (("content-type", "application/json"),), json.dumps({"data": data, "has_more": more}).encode()
    )
    asked = Page(limit=2)
    step = Reader(TICKETS).read(Exchange(ticket_call(Role.LIST, page=asked), answer))
    found = turned(asked, step, step.binding.paging if step.binding else None)
    assert (found.offset if found else None) == following


def test_an_operation_can_lead_to_one_status_alone() -> None:
    """The request does not name it."""
    request = ticket_call(Role.TRANSITION, session="12", status="open")
    assert (request.path, request.body) == (f"{TICKET_PATH}/12/close", b"")
    assert Reader(TICKETS).read(Exchange(request, None)).sent == {STATUS: "closed"}


# --- one operation that plays two roles ----------------------------------------------------------------------------

NOTES_SPEC = """
openapi: 3.1.0
info: {title: Notes, version: "1"}
paths:
  /notes:
    post:
      operationId: make
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
      responses: &one
        "200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
        "404": {description: d}
        "422": {description: d}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {operationId: see, responses: *one}
    patch:
      operationId: change
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
      responses: *one
components:
  schemas:
    Note:
      type: object
      properties:
        id: {type: string}
        status: {type: string, enum: [open, closed]}
        tags: {type: object, additionalProperties: true}
"""
NOTES_PROFILE = """
[session]
id = "/id"
status = "/status"
attributes = { tags = "/tags" }
[status]
initial = "open"
[create]
operation = "make"
attributes = { tags = "$request.body#/tags" }
returns = "session"
[read]
operation = "see"
session = "$request.path.id"
[enrich]
operation = "change"
session = "$request.path.id"
attributes = { tags = "$request.body#/tags" }
returns = "session"
[transition]
operation = "change"
session = "$request.path.id"
status = "$request.body#/status"
returns = "session"
"""


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """An API of which one PATCH changes the tags, or the status, or both."""
    folder = tmp_path_factory.mktemp("notes")
    (folder / "openapi.yaml").write_text(NOTES_SPEC)
    (folder / "profile.toml").write_text(NOTES_PROFILE)
    return load(folder)


@pytest.mark.parametrize(
    ("body", "role", "sent"),
    [
        ({"tags": {"a": 1}}, Role.ENRICH, {"tags": {"a": 1}}),
        ({}, Role.ENRICH, {}),
        ({"status": "closed"}, Role.TRANSITION, {STATUS: "closed"}),
        ({"status": "closed", "tags": {"a": 1}}, Role.TRANSITION, {STATUS: "closed", "tags": {"a": 1}}),
    ],
)
def test_a_request_tells_which_role_it_plays(notes: Profile, body: Json, role: Role, sent: Json) -> None:
    """It changes the status if it names one, and the attributes that it names as well."""
    request = Request("PATCH", "/notes/n1", "", (("content-type", "application/json"),), json.dumps(body).encode())
    step = Reader(notes).read(Exchange(request, None))
    assert (step.role, step.sent) == (role, sent)


def test_a_right_server_that_changes_both_at_once_raises_no_alarm(notes: Profile) -> None:
    """What one request changes is expected of it, and each of its roles is put to the test."""
    report = run(notes, seed=1, budget=Budget(requests=3_000))
    assert [str(each.signature) for each in report.findings] == []
    assert report.row("transitions/transition-reads-back").outcome is InvariantOutcome.HELD
    assert report.row("enrichment/enrichment-reads-back").outcome is InvariantOutcome.HELD


@pytest.mark.parametrize(
    ("asked", "role"),
    [({}, Role.RUN), ({"stream": False}, Role.RUN), ({"stream": None}, Role.RUN), ({"stream": True}, Role.STREAM),
     ({"stream": 1}, Role.RUN), ({"stream": "true"}, Role.RUN)],
)  # fmt: skip
def test_a_member_of_the_body_tells_a_stream_from_a_run(asked: dict[str, Json], role: Role) -> None:
    """It is one if that very value stands there; an operation for each is what reports and baselines name."""
    sent = request("POST", "/threads/t1/messages", {"content": "hello", **asked})
    step = Reader(REPLIES).read(Exchange(sent, None))
    assert step.role is role
    assert step.operation is not None
    assert step.operation.id == ("sendMessage[stream=true]" if role is Role.STREAM else "sendMessage")


@pytest.mark.parametrize("body", [{"content": "a"}, {"content": "a", "stream": True}, {"content": "a", "stream": None}])
def test_a_call_asks_for_its_own_role(body: Json) -> None:
    """Whatever the body was drawn with: a stream asks for one, and a run does not."""
    for binding in REPLIES.bindings:
        if binding.message is not None:
            sent = Writer(REPLIES).request(Call(binding, (), "t1", body, text="hello"))
            assert Reader(REPLIES).read(Exchange(sent, None)).role is binding.role


def test_a_parameter_tells_roles_apart_as_text(tmp_path: Path) -> None:
    """Outside of bodies everything is text; what no role asks for plays none."""
    spec = QUERIES_SPEC.replace(
        "- {name: session, in: query, required: true",
        "- {name: whole, in: query, schema: {type: boolean}}\n        - {name: session, in: query, required: true",
    )
    profile = QUERIES_PROFILE.replace("[read]", '[read]\nwhen = { "$request.query.whole" = true }')
    (tmp_path / "openapi.yaml").write_text(spec, encoding="utf-8")
    (tmp_path / "profile.toml").write_text(profile, encoding="utf-8")
    loaded = load(tmp_path)
    for query, role in (("session=s&whole=true", Role.READ), ("session=s&whole=false", None), ("session=s", None)):
        assert Reader(loaded).read(Exchange(request("GET", "/see/a/b", query=query), None)).role is role
    sent = Writer(loaded).request(Call(loaded.bindings[1], ("ada",), "s"))
    assert "whole=true" in sent.query
