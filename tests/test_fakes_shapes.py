"""The fake is a correct server of every shape: each thing that a server does, and each refusal as the spec has it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance import Budget, Verdict
from conformance.errors import InputError
from conformance.exchange import Exchange, Request, Response
from conformance.explore.bodies import pools
from conformance.expressions import parse
from conformance.fakes.renderer import EPOCH
from conformance.fakes.server import Server
from conformance.operations import is_json
from conformance.profile import HISTORY, STATUS, Binding, Order, Paging, Profile, Role
from conformance.profile_file import load
from conformance.reader import Reader
from conformance.run import ready, run, server_of
from conformance.step import Page, Step
from conformance.writer import NOBODY, STRANGER, Call, Writer
from tests.dialects import BRIDGE, CURSOR, REST, SUPPORT
from tests.histories import bound

HONEYHIVE = ready(load("honeyhive"), fake=True)
DAY = 86_400.0


@pytest.mark.parametrize(
    ("body", "says"),
    [(b"{", "the body is not JSON"), (b"", "the body is missing"), (b'{"event_id": 1}', "/event_id: 1 is not of type"),
     (b'{"event_id": "a", "metadata": "b"}', '/metadata: "b" is not of type'),
     (b"{}", 'the body: "event_id" is a required property')],
)  # fmt: skip
def test_a_refusal_says_what_is_wrong(body: bytes, says: str) -> None:
    """Whoever drives the fake by hand learns the place, and what the document wants there."""
    secret = (("authorization", HONEYHIVE.credentials.value() or ""), ("content-type", "application/json"))
    answer = Server(HONEYHIVE).answer(Request("PUT", "/events", "", secret, body))
    assert answer.status == 400
    assert says in answer.body.decode().replace('\\"', '"')


class Client:
    """Calls a fake by roles; whatever it answers conforms to the spec."""

    def __init__(self, profile: Profile, server: Server | None = None) -> None:
        self.profile = profile
        self.server = server or Server(profile)
        self._writer = Writer(profile)
        self._reader = Reader(profile)
        self._pools = pools(profile, 0)

    def call(self, role: Role | str, session: str | None = None, **fields: Any) -> Step:
        """Call the first operation of a role, or one by its name."""
        number, binding = next((at, each) for at, each in enumerate(self.profile.bindings) if self._means(each, role))
        owner = tuple("ada" for _ in self.profile.owner) if binding.owner else ()
        body = fields.pop("body", self._pools[number].base)
        text = fields.pop("text", "hello" if binding.message is not None else None)
        return self.send(self._writer.request(Call(binding, owner, session, body, text=text, **fields)))

    def send(self, request: Request) -> Step:
        """Send a request."""
        response = self.server.answer(request)
        step = self._reader.read(Exchange(request, response))
        assert step.operation is not None
        contents = step.operation.documented(response.status)
        assert contents is not None, f"{response.status} is not documented"
        if contents:
            content = contents[response.media_type]
            assert not is_json(response.media_type) or content.problem(step.body) is None, content.problem(step.body)
        assert [
            each
            for each in step.operation.documented_headers(response.status)
            if each.problem(response.header(each.name))
        ] == []
        return step

    def create(self, **fields: Any) -> str:
        """Make a session; gives its id."""
        chooses = self.profile.bound(Role.CREATE)[0].caller_chooses
        step = self.call(Role.CREATE, f"t{len(self.server.sessions)}" if chooses else None, **fields)
        assert step.created is not None
        return step.created

    def status(self, session: str) -> str:
        """The status that a read shows."""
        return str(self.call(Role.READ, session).views[0].parts[STATUS])

    @staticmethod
    def _means(binding: Binding, role: Role | str) -> bool:
        return binding.role is role if isinstance(role, Role) else binding.operation.id == role


# --- statuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profile", "ways", "refused", "code"),
    [
        (REST, ["closed", "open", "closed", "archived"], "open", 409),
        (CURSOR, ["paused", "active", "closed"], "paused", "forbidden"),
        (SUPPORT, ["ended", "active", "escalated"], None, None),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_statuses_change_along_the_arrows(
    profile: Profile, ways: list[str], refused: str | None, code: int | str
) -> None:
    """From the first one on; where no arrow leads, the session stays as it is."""
    client = Client(profile)
    session = client.create()
    assert client.status(session) == profile.lifecycle.initial
    for name in ways:
        step = client.call(Role.TRANSITION, session, status=name)
        assert step.accepted
        assert step.views[0].parts[STATUS] == client.status(session) == name
        assert client.call(Role.TRANSITION, session, status=name).accepted
    if refused is not None:
        step = client.call(Role.TRANSITION, session, status=refused)
        assert step.refused
        assert code in (step.status, step.code)
        assert client.status(session) == ways[-1]


@pytest.mark.parametrize(
    ("profile", "way", "code"),
    [(REST, ["closed", "archived"], 409), (CURSOR, ["closed"], "closed"), (SUPPORT, ["ended"], 400)],
    ids=lambda each: getattr(each, "name", ""),
)
def test_an_ended_session_takes_no_runs(profile: Profile, way: list[str], code: int | str) -> None:
    """And says so; what was said before can be read."""
    client = Client(profile)
    session = client.create()
    assert client.call(Role.RUN, session).accepted
    before = client.call(Role.HISTORY, session).views[0].parts[HISTORY]
    for name in way:
        client.call(Role.TRANSITION, session, status=name)
    step = client.call(Role.RUN, session)
    assert step.refused
    assert code in (step.status, step.code)
    assert client.call(Role.HISTORY, session).views[0].parts[HISTORY] == before


# --- cleanups -------------------------------------------------------------------------------------


def test_a_cleanup_takes_what_is_old_and_not_spared() -> None:
    """By the last write, on the fake's own clock."""
    client = Client(SUPPORT)
    old, young, active = (client.create() for _ in range(3))
    client.call(Role.TRANSITION, old, status="ended")
    client.server.clock += 2 * DAY
    client.call(Role.TRANSITION, young, status="ended")

    def there() -> list[bool]:
        """Which of the three there are."""
        return [client.call(Role.READ, each).accepted for each in (old, young, active)]

    assert client.call(Role.CLEANUP, age=3 * DAY).accepted
    assert there() == [True, True, True]
    assert client.call(Role.CLEANUP, age=1 * DAY).accepted
    assert there() == [False, True, True]
    assert client.call(Role.CLEANUP, age=0.0).accepted
    assert there() == [False, False, True]


# --- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [REST, CURSOR, SUPPORT], ids=lambda profile: profile.name)
def test_pages_hold_all_in_order(profile: Profile) -> None:
    """Turned to the end, of two sessions each."""
    client = Client(profile)
    made = [client.create() for _ in range(5)]
    seen: list[str | None] = []
    page = Page(limit=2)
    for _ in range(3):
        step = client.call(Role.LIST, page=page)
        seen += [view.id for view in step.views]
        page = Page(limit=2, offset=len(seen)) if step.page.next is None else Page(limit=2, cursor=step.page.next)
    binding = profile.bound(Role.LIST)[0]
    assert seen == (made[::-1] if binding.order is Order.NEWEST else made)
    assert step.page.next is None


def test_a_whole_list_is_as_long_as_the_profile_says() -> None:
    """Nobody asked for more."""
    client = Client(CURSOR)
    for _ in range(12):
        client.create()
    step = client.call(Role.LIST)
    assert len(step.views) == 10
    assert step.page.next == "10"


def test_a_list_is_filtered() -> None:
    """By status, or by a member of a group."""
    client = Client(REST)
    sessions = [client.create(attributes={"labels": {"team": name}}) for name in ("open", "closed", "open")]
    client.call(Role.TRANSITION, sessions[0], status="closed")
    closed = client.call(Role.LIST, page=Page(filters=(("status", "closed"),)))
    assert [view.id for view in closed.views] == sessions[:1]
    assert client.call(Role.LIST, page=Page(filters=(("status", "archived"),))).views == ()
    profile = bound(REST, Role.LIST, filters={"labels/team": parse("$request.query.status")})
    client = Client(profile)
    sessions = [client.create(attributes={"labels": {"team": name}}) for name in ("open", "closed", "open")]
    found = client.call(Role.LIST, page=Page(filters=(("labels/team", "open"),)))
    assert [view.id for view in found.views] == [sessions[2], sessions[0]]


@pytest.mark.parametrize("order", list(Order))
def test_a_history_is_shown_in_its_order(order: Order) -> None:
    """The oldest item first, or the newest; it is read the oldest first either way."""
    client = Client(bound(REST, Role.HISTORY, order=order))
    session = client.create()
    for text in ("one", "two"):
        client.call(Role.RUN, session, text=text)
    step = client.call(Role.HISTORY, session)
    shown = [item["text"] for item in step.items]
    assert (shown if order is Order.OLDEST else shown[::-1])[::2] == ["one", "two"]
    assert [item["text"] for item in step.views[0].parts[HISTORY]][::2] == ["one", "two"]


def test_the_next_page_may_be_told_in_a_header() -> None:
    """Where the profile says so."""
    paging = Paging(
        limit=parse("$request.query.limit"),
        cursor=parse("$request.query.offset"),
        next=parse("$response.header.X-Next"),
    )
    client = Client(bound(REST, Role.LIST, paging=paging))
    for _ in range(3):
        client.create()
    step = client.call(Role.LIST, page=Page(limit=2))
    assert step.page.next == "2"
    assert client.call(Role.LIST, page=Page(limit=2, cursor="2")).page.next is None


# --- credentials ----------------------------------------------------------------------------------


@pytest.mark.parametrize("identity", [NOBODY, STRANGER])
@pytest.mark.parametrize("profile", [REST, CURSOR, HONEYHIVE], ids=lambda profile: profile.name)
def test_without_the_right_credentials_nothing_is_done(profile: Profile, identity: int) -> None:
    """Whatever is called: that is said before anything else, and nothing is changed."""
    client = Client(profile)
    session = client.create()
    before = client.call(Role.READ, session).body
    for role in profile.roles:
        step = client.call(role, session if role is not Role.CREATE else None, identity=identity, status="closed")
        assert step.refused
        assert step.unauthorized
        assert step.says(profile.credentials.refused)
        assert step.status == (200 if profile is CURSOR else 401)
    assert client.call(Role.READ, session).body == before
    assert len(client.server.sessions) == 1


@pytest.mark.parametrize("name", ["honeyhive", str(REST.place), str(CURSOR.place)], ids=["honeyhive", "rest", "cursor"])
def test_secrets_of_a_fake_are_made_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake needs no environment, and takes what is set; what is made up looks like the variable."""
    profile = load(name)
    (variable,) = profile.credentials.variables()
    monkeypatch.delenv(variable, raising=False)
    made = ready(profile, fake=True).credentials.value()
    assert made is not None
    assert made.endswith(f"made-up-{variable.lower().replace('_', '-')}")
    monkeypatch.setenv(variable, "real")
    assert (ready(profile, fake=True).credentials.value() or "").endswith("real")
    assert server_of(profile).profile.credentials.made_up
    assert not ready(load("adk"), fake=True).credentials.made_up


def test_a_real_target_needs_its_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is sent, the first that is missing is named, and what it is for."""
    monkeypatch.delenv("HH_API_KEY", raising=False)
    profile = load("honeyhive")
    with pytest.raises(InputError) as caught:
        run(profile, target="http://127.0.0.1:9")
    assert caught.value.exit_code == 2
    assert "[auth]: HH_API_KEY is not set" in str(caught.value)
    assert "the profile sends it as Authorization" in str(caught.value)
    monkeypatch.setenv("HH_API_KEY", "x")
    assert ready(profile, fake=False) is profile
    two = replace(profile, credentials=replace(profile.credentials, second="${OTHER_KEY}"))
    monkeypatch.delenv("OTHER_KEY", raising=False)
    with pytest.raises(InputError, match="OTHER_KEY is not set"):
        ready(two, fake=False)
    assert (
        ready(load("adk"), fake=False).credentials.value(
            dict.fromkeys(os.environ.keys() - {"CONFORMANCE_AUTHORIZATION"}, "")
        )
        is None
    )


# --- items, sessions that are named twice, implicit sessions -----------------------------------------


def test_a_first_run_makes_its_session_and_answers_an_item() -> None:
    """Which later calls can name, until it is released."""
    client = Client(BRIDGE)
    step = client.call("call_function", "one")
    assert step.accepted
    (item,) = step.items
    assert item["session_id"] == "one"
    assert client.call("call_method", "one", item=item["id"]).accepted
    assert client.call("call_method", "two", item=item["id"]).status == 404
    client.call("call_function", "two")
    assert client.call("call_method", "two", item=item["id"]).status == 404
    assert client.call("call_method", "one", item="unknown").status == 404
    assert client.call("release_ref", "one", item=item["id"]).accepted
    assert client.call("call_method", "one", item=item["id"]).status == 404
    assert client.call("release_ref", "one", item=item["id"]).accepted  # as the profile says
    assert client.call("release_session", "one").accepted
    assert {key[1] for key in client.server.sessions} == {"two"}


def test_a_call_that_names_two_sessions_is_invalid() -> None:
    """And makes neither."""
    client = Client(BRIDGE)
    step = client.call("call_function", "one", split="two")
    assert (step.status, client.server.sessions) == (400, {})


# --- codes in answers of status 200 -----------------------------------------------------------------


def _missing(client: Client) -> Step:
    return client.call(Role.READ, "00000000-0000-4000-8000-000000000000")


def _invalid(client: Client) -> Step:
    return client.call(Role.LIST, page=Page(limit=1_000))


def _unauthorized(client: Client) -> Step:
    return client.call(Role.LIST, identity=NOBODY)


def _forbidden(client: Client) -> Step:
    session = client.create()
    client.call(Role.TRANSITION, session, status="closed")
    return client.call(Role.TRANSITION, session, status="active")


@pytest.mark.parametrize(
    ("act", "code"),
    [(_missing, "not_found"), (_invalid, "invalid"), (_unauthorized, "unauthorized"), (_forbidden, "forbidden")],
)
def test_a_refusal_of_status_200_is_in_the_form_of_the_spec(act: Callable[[Client], Step], code: str) -> None:
    """One of the forms of the documented success, with the code where the profile says."""
    step = act(Client(CURSOR))
    assert (step.status, step.code, step.refused) == (200, code, True)
    assert step.body["ok"] is False


def test_without_a_place_for_codes_a_status_says_so() -> None:
    """An operation without a role has none."""
    profile = replace(CURSOR, bindings=tuple(each for each in CURSOR.bindings if each.role is not Role.DELETE))
    request = Writer(CURSOR).request(Call(CURSOR.bound(Role.DELETE)[0], ("ada",), "x", {}, identity=NOBODY))
    assert Server(profile).answer(request).status == 401


# --- ids, times, forms ----------------------------------------------------------------------------


def test_ids_have_the_form_of_the_spec() -> None:
    """A pattern, or a uuid; the same ones again after a reset."""
    client = Client(SUPPORT)
    made = [client.create() for _ in range(3)]
    client.server.reset()
    assert [client.create() for _ in range(3)] == made
    assert all(len(each) == len("sess_") + 12 for each in made)


def test_times_tell_when_a_session_was_made_and_changed() -> None:
    """As texts or numbers, as the spec has it; reading changes neither."""
    client = Client(REST)
    session = client.create()
    first = client.call(Role.READ, session).views[0]
    assert first.created == first.updated
    client.call(Role.ENRICH, session, attributes={"labels": {"a": 1}})
    second, third = (client.call(Role.READ, session).views[0] for _ in range(2))
    assert second.created == first.created
    assert str(second.updated) > str(first.updated)
    assert third.updated == second.updated
    assert client.server.clock > EPOCH


def test_a_form_is_taken_apart() -> None:
    """What was said is what the history shows."""
    client = Client(SUPPORT)
    session = client.create()
    step = client.call(Role.RUN, session, text="wh\u00e4re is it?")
    assert step.accepted
    history = client.call(Role.HISTORY, session).views[0].parts[HISTORY]
    assert history[0]["content"] == "wh\u00e4re is it?"
    assert history[-1] == step.items[0]
    assert client.call(Role.RUN, session, text="").status == 422


def test_an_answer_holds_as_many_items_as_the_spec_demands() -> None:
    """Two, where an array of one would not conform."""
    client = Client(REST)
    assert len(client.call(Role.RUN, client.create()).items) == 2
    client = Client(CURSOR)
    assert len(client.call(Role.RUN, client.create()).items) == 1


def test_what_is_no_operation_needs_no_credentials() -> None:
    """404 and 405 tell nothing."""
    answers = [
        Server(REST).answer(Request(method, path)) for method, path in (("GET", "/no"), ("PUT", "/owners/a/threads"))
    ]
    assert [each.status for each in answers] == [404, 405]
    assert isinstance(answers[0], Response)


METHODS = """
openapi: 3.1.0
info: {title: Notes by method, version: '1'}
paths:
  /rpc:
    post:
      operationId: rpc
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [method, params]
              properties:
                method: {enum: [make, show, all, drop]}
                params: {type: object, properties: {user: {type: string}, note: {type: string}, tags: {type: object}}}
      responses:
        '200':
          description: A result or an error.
          content:
            application/json:
              schema:
                type: object
                required: [version]
                properties:
                  version: {type: string}
                  result: {anyOf: [{$ref: '#/components/schemas/Note'}, {$ref: '#/components/schemas/All'}]}
                  error:
                    type: object
                    required: [code, message]
                    properties: {code: {type: integer}, message: {type: string}}
components:
  schemas:
    Note:
      type: object
      required: [id, user, tags]
      properties: {id: {type: string}, user: {type: string}, tags: {type: object}}
    All:
      type: object
      required: [notes]
      properties:
        notes:
          type: object
          additionalProperties:
            type: object
            required: [user, tags]
            properties: {user: {type: string}, tags: {type: object}}
"""
ROLES = """
title = "Notes by method"
[session]
id = "/id"
owner = ["/user"]
attributes = { tags = "/tags" }
[create]
when = { "$request.body#/method" = "make" }
attributes = { tags = "$request.body#/params/tags" }
returns = "session"
at = "/result"
[read]
when = { "$request.body#/method" = "show" }
session = "$request.body#/params/note"
missing = ["-32001"]
at = "/result"
[list]
when = { "$request.body#/method" = "all" }
at = "/result/notes"
[delete]
when = { "$request.body#/method" = "drop" }
session = "$request.body#/params/note"
missing = ["-32001"]
"""


@pytest.fixture
def notes(tmp_path: Path) -> Profile:
    """Notes that are called by methods: errors have numbers and messages, and a list holds each under its id."""
    common = 'operation = "rpc"\nowner = ["$request.body#/params/user"]\nfailed = "$response.body#/error/code"\n'
    common += 'invalid = ["-32602"]\n'
    (tmp_path / "openapi.yaml").write_text(METHODS, encoding="utf-8")
    (tmp_path / "profile.toml").write_text(ROLES.replace("when = ", f"{common}when = "), encoding="utf-8")
    return load(tmp_path)


def test_an_error_in_a_success_has_all_that_it_needs(notes: Profile) -> None:
    """Its code is a number where the spec says so, and what stands beside it is there."""
    refused = Client(notes).call(Role.READ, "none")
    assert refused.body["error"]["code"] == -32001
    assert refused.body["error"].keys() == {"code", "message"}
    assert refused.says_missing


def test_a_list_may_hold_each_session_under_its_id(notes: Profile) -> None:
    """The key is the id, whether the object shows it or not."""
    client = Client(notes)
    made = [client.call(Role.CREATE).created for _ in range(2)]
    listed = client.call(Role.LIST)
    assert [view.id for view in listed.views] == made
    assert list(listed.body["result"]["notes"]) == made
    assert run(notes, budget=Budget(requests=600), strict=False).verdict is Verdict.CONFORMS
    found = run(notes, fault="lists-only-the-newest", budget=Budget(requests=300)).findings
    assert "listing/list-holds-every-live-session" in {each.signature.invariant for each in found}


FLIGHTS = """
openapi: 3.1.0
info: {title: Flights, version: '1'}
paths:
  /flights:
    post:
      operationId: make
      requestBody: {content: {application/json: {schema: {type: object, properties: {labels: {type: object}}}}}}
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Flight'}}}}
        '422': {description: wrong}
    get:
      operationId: all
      responses:
        '200':
          description: d
          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Flight'}}}}
  /flights/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: show
      responses:
        '200': {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/Flight'}}}}
        '404': {description: none}
  /flights/{id}/move:
    post:
      operationId: move
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
        - {name: to, in: query, required: true, schema: {enum: [waiting, gone]}}
      responses: {'200': {description: d}, '404': {description: none}, '422': {description: wrong}}
components:
  schemas:
    Flight:
      type: object
      required: [id]
      properties:
        id: {type: string}
        state: {anyOf: [{type: 'null'}, {type: object, required: [type, since], properties: {type: {type: string},
          since: {type: string}}}]}
        about: {type: object, required: [version, labels], properties: {version: {type: integer},
          labels: {type: object}}}
"""
FLIGHT_ROLES = """
title = "Flights"
spec = "openapi.yaml"
[session]
id = "/id"
attributes = { labels = "/about/labels" }
status = "/state/type"
[status]
initial = "waiting"
[create]
operation = "make"
attributes = { labels = "$request.body#/labels" }
returns = "session"
[read]
operation = "show"
session = "$request.path.id"
[list]
operation = "all"
[transition]
operation = "move"
session = "$request.path.id"
status = "$request.query.to"
"""


def test_what_a_part_stands_in_has_all_that_the_spec_demands(tmp_path: Path) -> None:
    """A status and attributes may stand deep in what can be left out, or be null."""
    (tmp_path / "openapi.yaml").write_text(FLIGHTS, encoding="utf-8")
    (tmp_path / "profile.toml").write_text(FLIGHT_ROLES, encoding="utf-8")
    profile = load(tmp_path)
    shown = Client(profile).call(Role.CREATE).body
    assert (shown["state"].keys(), shown["about"].keys()) == ({"type", "since"}, {"version", "labels"})
    assert run(profile, budget=Budget(requests=500), strict=False).verdict is Verdict.CONFORMS
