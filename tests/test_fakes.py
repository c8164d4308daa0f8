"""The fake is a correct server: what it answers conforms to the spec, and it keeps what it is told."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.exchange import Exchange, Failure, Request, Response
from conformance.explore.bodies import Pool, pools
from conformance.expressions import MISSING, Json, resolve
from conformance.fakes.asgi import app
from conformance.fakes.renderer import EPOCH
from conformance.fakes.server import Server
from conformance.operations import EVENT_STREAM
from conformance.profile import HISTORY, Binding, Profile, Returns, Role
from conformance.profile_file import load
from conformance.reader import Reader
from conformance.step import Outcome, Step
from conformance.transports.asgi import AsgiTransport
from conformance.writer import NOBODY, Call, Writer

THREADS = Path(__file__).parent / "servers" / "threads"
PROFILES = {"adk": load("adk"), "threads": load(THREADS)}
BOTH = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
ADA, BOB = "ada", "bob"


@cache
def bodies(name: str) -> dict[int, Pool]:
    """The bodies that are sent to a profile."""
    return pools(PROFILES[name], 0)


def base(binding: Binding, profile: Profile) -> Json:
    """A plain body of a call."""
    return bodies(profile.name)[profile.bindings.index(binding)].base


class Client:
    """Calls a fake by roles, and finds out whether its answers conform to the spec."""

    def __init__(self, profile: Profile, server: Server | None = None, seed: int = 0) -> None:
        self.profile = profile
        self.server = server or Server(profile, seed)
        self.answers: list[Response] = []
        self._writer = Writer(profile)
        self._reader = Reader(profile)

    def owner(self, user: str) -> tuple[str, ...]:
        """The owner that a user is."""
        return tuple(user if fixed is None else fixed for fixed in self.profile.owner)

    def send(self, request: Request) -> Step:
        """Send a request; the answer must be documented, and conform."""
        response = self.server.answer(request)
        self.answers.append(response)
        step = self._reader.read(Exchange(request, response))
        if step.operation is not None:
            conforms(step)
        return step

    def call(
        self,
        role: Role,
        session: str | None = None,
        user: str = ADA,
        attributes: Json = None,
        text: str | None = None,
        number: int = 0,
        body: Json = MISSING,
    ) -> Step:
        """Call the operation of a role."""
        binding = self.profile.bound(role)[number]
        body = base(binding, self.profile) if body is MISSING else body
        given = None if attributes is None else {self.profile.groups[0]: attributes}
        if binding.message is not None and text is None:
            text = "hello"
        return self.send(self._writer.request(Call(binding, self.owner(user), session, body, given, text)))

    def create(self, session: str | None = None, user: str = ADA, **attributes: Json) -> str:
        """Make a session; gives its id."""
        step = self.call(Role.CREATE, session, user, attributes)
        assert step.accepted
        assert step.created is not None
        return step.created

    def attributes(self, session: str, user: str = ADA) -> Json:
        """The attributes that a reading shows."""
        (view,) = self.call(Role.READ, session, user).views
        return view.parts[self.profile.groups[0]]

    def texts(self, session: str, user: str = ADA) -> list[str]:
        """The texts of the history that a reading shows."""
        role = Role.HISTORY if Role.HISTORY in self.profile.roles else Role.READ
        (view,) = self.call(role, session, user).views
        messages = [resolve(item, self.profile.item.message or ()) for item in view.parts[HISTORY]]
        return [resolve(message, self.profile.text) for message in messages]

    def listed(self, user: str = ADA) -> list[str | None]:
        """The ids that a list shows."""
        return [view.id for view in self.call(Role.LIST, user=user).views]


def conforms(step: Step) -> None:
    """The status is documented, the media type and the body are those of the documentation."""
    response = step.exchange.response
    assert response is not None
    assert step.operation is not None
    contents = step.operation.documented(response.status)
    assert contents is not None, f"{response.status} is not documented"
    assert step.garbled is None
    if not contents:
        assert response.body == b""
        return
    assert response.header("content-length") == str(len(response.body))
    content = contents[response.media_type]
    shown = step.body if response.media_type == EVENT_STREAM else [json.loads(response.body)]
    for each in shown:
        assert content.problem(each) is None, content.problem(each)
    for header in step.operation.documented_headers(response.status):
        assert header.problem(response.header(header.name)) is None


# --- every role -------------------------------------------------------------------------------------------------------


@BOTH
def test_every_role_answers_as_documented(profile: Profile) -> None:
    """A whole life, by every binding of every role: all is accepted, and conforms."""
    client = Client(profile)
    for number, binding in enumerate(profile.bound(Role.CREATE)):
        chosen = f"chosen-{number}"
        step = client.call(Role.CREATE, chosen, ADA, {"a": 1}, number=number)
        assert step.accepted
        assert step.created == chosen
        assert step.status == binding.operation.success()
        for role in (Role.LIST, Role.READ, Role.RUN, Role.STREAM, Role.HISTORY, Role.ENRICH, Role.READ, Role.DELETE):
            for other in range(len(profile.bound(role))):
                named = None if role is Role.LIST else chosen
                attributes = {"b": 2} if role is Role.ENRICH else None
                step = client.call(role, named, ADA, attributes, number=other)
                assert step.accepted, step.got
                assert step.status == profile.bound(role)[other].operation.success()


@BOTH
def test_what_an_answer_holds_is_where_the_profile_says(profile: Profile) -> None:
    """Sessions, lists, histories: each binding's answer shows what its `returns` promises."""
    client = Client(profile)
    session = client.create(first=1)
    for binding in profile.bindings:
        if binding.role is Role.DELETE:
            continue
        named = {Role.CREATE: "second" + binding.operation.id, Role.LIST: None}.get(binding.role, session)
        number = profile.bound(binding.role).index(binding)
        step = client.call(binding.role, named, ADA, {"x": 1}, number=number)
        assert step.accepted
        if binding.returns is Returns.SESSION:
            (view,) = step.views
            assert view.owner == client.owner(ADA)
            assert view.id == (named if binding.role is Role.CREATE else session)
        if binding.returns is Returns.SESSIONS:
            assert session in [view.id for view in step.views]
        if binding.returns is Returns.HISTORY:
            assert step.items


@BOTH
def test_a_stream_is_a_stream(profile: Profile) -> None:
    """Where runs are streamed, the answer is an event stream with one frame an item, the reply among them."""
    if Role.STREAM not in profile.roles:
        assert Role.RUN in profile.roles
        return
    client = Client(profile)
    session = client.create()
    step = client.call(Role.STREAM, session, text="streamed")
    response = client.answers[-1]
    assert response.media_type == EVENT_STREAM
    assert response.body.startswith(b"data: ")
    assert response.body.endswith(b"\n\n")
    assert len(step.items) == 1
    assert client.texts(session)[0] == "streamed"
    missing = client.call(Role.STREAM, "nobody")
    assert missing.says_missing
    assert client.answers[-1].media_type == "application/json"


def test_a_place_in_one_of_several_alternatives_is_filled(tmp_path: Path) -> None:
    """The example of an answer takes the first alternative, an array; what is to be shown sits in the other."""
    shutil.copytree(THREADS, tmp_path / "threads")
    path = tmp_path / "threads" / "openapi.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    values = {"anyOf": [{"type": "array", "items": {"type": "object"}}, {"type": "object"}]}
    schema = {"type": "object", "required": ["values"], "properties": {"values": values}}
    said = document["paths"]["/threads.say"]["post"]["responses"]["200"]
    said["content"]["application/json"]["schema"] = schema
    path.write_text(json.dumps(document), encoding="utf-8")
    profile = tmp_path / "threads" / "profile.toml"
    text = profile.read_text(encoding="utf-8")
    assert text.count('at = "/messages"\n\n[history]') == 1
    profile.write_text(text.replace('at = "/messages"\n\n[history]', 'at = "/values/messages"\n\n[history]'))
    client = Client(load(profile))
    request = client.profile.bound(Role.RUN)[0].operation.request
    assert request is not None
    body = client.profile.spec.schemas.example(request.schema)
    assert len(client.call(Role.RUN, client.create(), text="said", body=body).items) == 1


# --- every body that is sent ------------------------------------------------------------------------------------------


def calls(profile: Profile) -> Iterator[tuple[Binding, Pool, str]]:
    """Each binding that takes a body, its bodies, and the group or text that is marked."""
    for index, pool in bodies(profile.name).items():
        binding = profile.bindings[index]
        if binding.operation.request is not None:
            yield binding, pool, binding.operation.id


@BOTH
def test_each_violation_is_refused_as_documented(profile: Profile) -> None:
    """Every body that violates the spec in one leaf is refused with a declared status, and leaves no trace."""
    client = Client(profile)
    writer = Writer(profile)
    session = client.create(kept=1)
    before = client.attributes(session), client.texts(session), client.listed()
    count = 0
    for binding, pool, _ in calls(profile):
        named = None if binding.role in (Role.CREATE, Role.LIST) else session
        for index in range(len(pool.violations)):
            body, attributes, variation = pool.invalid(index, "marker")
            call = Call(binding, client.owner(ADA), named, body, attributes, None, variation)
            step = client.send(writer.request(call))
            assert step.refused, str(variation)
            assert step.status in binding.invalid
            count += 1
    assert count > 20
    assert (client.attributes(session), client.texts(session), client.listed()) == before


@BOTH
def test_each_valid_body_is_accepted(profile: Profile) -> None:
    """Plain bodies, the edges of the schema, and what Schemathesis draws: all accepted, all answered as documented."""
    client = Client(profile)
    writer = Writer(profile)
    session = client.create(kept=1)
    count = 0
    for binding, pool, name in calls(profile):
        if binding.role is Role.DELETE:
            continue
        for index in range(5 + len(pool.edges) + len(pool.drawn)):
            body, attributes, variation = pool.valid(index, f"marker-{index}")
            named = f"{name}-{index}" if binding.role is Role.CREATE else session
            call = Call(binding, client.owner(ADA), named, body, attributes, None, variation)
            step = client.send(writer.request(call))
            assert step.accepted, (binding.operation.id, index, str(variation), step.got)
            count += 1
    assert count > 40
    client.attributes(session)
    client.listed()


@BOTH
@pytest.mark.parametrize("body", [b"{", b"\xff", b"NaN", b"[" * 100_000, b"5", b'""', b'{"a": 1}{}'])
def test_what_is_no_fitting_json_is_refused(profile: Profile, body: bytes) -> None:
    """Bytes that are no JSON, and JSON of another shape, are a declared refusal wherever a body is due."""
    client = Client(profile)
    session = client.create()
    binding = profile.bound(Role.ENRICH)[0]
    request = Writer(profile).request(Call(binding, client.owner(ADA), session))
    step = client.send(Request(request.method, request.path, request.query, request.headers, body))
    assert step.refused
    assert step.status in binding.invalid


# --- refusals ---------------------------------------------------------------------------------------------------------


@BOTH
def test_a_session_that_is_not_there_is_missing(profile: Profile) -> None:
    """Never made, deleted, or another owner's: every role answers what the profile declares, and nothing appears."""
    client = Client(profile)
    gone, foreign = client.create("gone"), client.create("foreign", BOB, bobs=1)
    assert client.call(Role.DELETE, gone).accepted
    for role in (Role.READ, Role.HISTORY, Role.RUN, Role.STREAM, Role.ENRICH, Role.DELETE):
        for number in range(len(profile.bound(role))):
            for session in ("never", gone, foreign):
                step = client.call(role, session, ADA, {"a": 1} if role is Role.ENRICH else None, number=number)
                assert step.says_missing
                assert step.views == ()
    assert client.listed() == []
    assert client.attributes(foreign, BOB) == {"bobs": 1}
    assert client.texts(foreign, BOB) == []


@BOTH
def test_an_id_in_use_is_refused(profile: Profile) -> None:
    """A duplicate create is answered as declared and changes nothing; the id is free again once it is deleted."""
    client = Client(profile)
    client.create("mine", first=1)
    for number, binding in enumerate(profile.bound(Role.CREATE)):
        step = client.call(Role.CREATE, "mine", ADA, {"second": 2}, number=number)
        assert step.refused
        assert step.status in binding.duplicate
        assert step.created is None
    assert client.attributes("mine") == {"first": 1}
    client.call(Role.DELETE, "mine")
    assert client.create("mine", third=3) == "mine"
    assert client.attributes("mine") == {"third": 3}


@BOTH
def test_what_is_not_described_is_refused(profile: Profile) -> None:
    """Another path is 404, another method 405; both with a body."""
    client = Client(profile)
    known = profile.bindings[0].operation.template.replace("{", "").replace("}", "")
    assert client.server.answer(Request("GET", "/nowhere")).status == 404
    answer = client.server.answer(Request("PUT", known))
    assert answer.status == 405
    assert json.loads(answer.body)


# --- what a server keeps ----------------------------------------------------------------------------------------------


@BOTH
def test_attributes_are_merged_as_the_profile_says(profile: Profile) -> None:
    """A key that is given replaces the whole earlier value, all others stay; a null is a value."""
    client = Client(profile)
    session, other = client.create(a={"x": 1, "y": 2}, b=[1]), client.create(a="other")
    assert client.call(Role.ENRICH, session, attributes={"a": {"z": 3}, "c": None}).accepted
    assert client.attributes(session) == {"a": {"z": 3}, "b": [1], "c": None}
    assert client.attributes(other) == {"a": "other"}
    assert client.call(Role.ENRICH, session, attributes={}).accepted
    assert client.attributes(session) == {"a": {"z": 3}, "b": [1], "c": None}


@BOTH
@pytest.mark.parametrize(
    "value", ["\0", "\ud800", "ü\u2028😀", "", 2**60, 0.1, None, [], {}, [[[[]]]], {"": {"a.b": 1}}]
)
def test_any_value_is_kept(profile: Profile, value: Json) -> None:
    """Legal JSON is kept as it is, however awkward."""
    client = Client(profile)
    session = client.create(created=value)
    client.call(Role.ENRICH, session, attributes={"enriched": value})
    assert client.attributes(session) == {"created": value, "enriched": value}


@BOTH
def test_runs_append_and_change_nothing_else(profile: Profile) -> None:
    """Each run adds the message and one reply at the end; what was there stays, items and attributes alike."""
    client = Client(profile)
    session, other = client.create(a=1), client.create()
    earlier: list[str] = []
    for text in ("one", "two", "three"):
        assert client.call(Role.RUN, session, text=text).accepted
        texts = client.texts(session)
        assert texts[: len(earlier)] == earlier
        assert texts[len(earlier)] == text
        assert len(texts) == len(earlier) + 2
        earlier = texts
    assert "three" in client.call(Role.RUN, session, text="four").exchange.response.body.decode()  # type: ignore[union-attr]
    assert client.texts(other) == []
    assert client.attributes(session) == {"a": 1}


@BOTH
def test_items_have_ids_and_times_of_their_own(profile: Profile) -> None:
    """No two items share an id, and time does not run backwards."""
    client = Client(profile)
    session = client.create()
    for _ in range(3):
        client.call(Role.RUN, session)
    role = Role.HISTORY if Role.HISTORY in profile.roles else Role.READ
    (view,) = client.call(role, session).views
    items = view.parts[HISTORY]
    assert profile.item.id is not None
    assert profile.item.time is not None
    assert len({resolve(item, profile.item.id) for item in items}) == len(items) == 6
    times = [resolve(item, profile.item.time) for item in items]
    assert times == sorted(times)


def test_a_history_that_is_given_is_kept() -> None:
    """Items that a creator sends are the beginning of the history, completed with ids."""
    client = Client(PROFILES["adk"])
    given = [{"author": "ada", "content": {"parts": [{"text": "before"}]}}, {"author": "bob", "finishReason": None}]
    step = client.call(Role.CREATE, "s", body={"events": given})
    assert step.accepted
    (view,) = client.call(Role.READ, "s").views
    first, second = view.parts[HISTORY]
    assert (first["author"], first["content"]) == ("ada", given[0]["content"])
    assert second["author"] == "bob"
    assert first["id"] != second["id"]
    client.call(Role.RUN, "s", text="after")
    assert client.texts("s")[0] == "before"
    assert client.texts("s")[2] == "after"


@BOTH
def test_owners_are_apart(profile: Profile) -> None:
    """One id under two owners is two sessions, and each owner lists his own in the order of their creation."""
    client = Client(profile)
    client.create("same", ADA, of="ada")
    client.create("same", BOB, of="bob")
    client.create("more", ADA)
    assert client.attributes("same", ADA) == {"of": "ada"}
    assert client.attributes("same", BOB) == {"of": "bob"}
    assert client.listed(ADA) == ["same", "more"]
    assert client.listed(BOB) == ["same"]
    client.call(Role.DELETE, "same", BOB)
    assert client.listed(BOB) == []
    assert client.attributes("same", ADA) == {"of": "ada"}


@BOTH
def test_ids_are_handed_out_once(profile: Profile) -> None:
    """Every session of the server's own naming has another id."""
    client = Client(profile)
    assert len({client.create() for _ in range(50)}) == 50


# --- reset and seed ---------------------------------------------------------------------------------------------------


def life(client: Client) -> list[Response]:
    """The answers of a few calls."""
    client.answers = []
    sessions = [client.create(number=number) for number in range(3)]
    for session in sessions:
        client.call(Role.RUN, session, text="hi")
        client.call(Role.ENRICH, session, attributes={"more": session})
        client.call(Role.READ, session)
    client.listed()
    client.call(Role.DELETE, sessions[0])
    client.call(Role.READ, sessions[0])
    return list(client.answers)


@BOTH
def test_the_same_seed_answers_the_same(profile: Profile) -> None:
    """To the byte, ids and times among it; another seed hands out other ids."""
    assert life(Client(profile, seed=7)) == life(Client(profile, seed=7))
    assert Client(profile, seed=7).create() != Client(profile, seed=8).create()


@BOTH
def test_a_reset_is_a_fresh_start(profile: Profile) -> None:
    """Everything is forgotten, and clock and ids begin anew."""
    client = Client(profile, seed=3)
    first = life(client)
    client.create("left-over")
    client.server.reset()
    assert client.server.clock == EPOCH
    assert client.server.sessions == {}
    assert client.listed() == []
    client.server.reset()
    assert life(client) == first


# --- credentials ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("auth", "wrong"),
    [
        ('name = "X-Key"\nvalue = "Bearer ${CONFORMANCE_TEST_KEY}"', Request("POST", "/", headers=(("x-key", "no"),))),
        ('in = "query"\nname = "key"\nvalue = "${CONFORMANCE_TEST_KEY}"', Request("POST", "/", "clef=secret")),
    ],
)
def test_credentials_are_demanded_if_there_are_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auth: str, wrong: Request
) -> None:
    """With the variable set, only calls that carry the secret are admitted; without it everyone is."""
    (tmp_path / "openapi.yaml").write_bytes((THREADS / "openapi.yaml").read_bytes())
    text = (THREADS / "profile.toml").read_text(encoding="utf-8")
    (tmp_path / "profile.toml").write_text(f"{text}\n[auth]\n{auth}\n", encoding="utf-8")
    profile = load(tmp_path)
    monkeypatch.setenv("CONFORMANCE_TEST_KEY", "secret")
    server = Server(profile)
    binding = profile.bound(Role.CREATE)[0]
    call = Call(binding, (ADA,), "s", {"owner": ADA})
    refused = server.answer(Writer(profile).request(Call(binding, (ADA,), "s", {"owner": ADA}, identity=NOBODY)))
    assert refused.status == 401
    assert (
        server.answer(Request("POST", "/threads.create", wrong.query, wrong.headers, b'{"owner": "a"}')).status == 401
    )
    assert server.sessions == {}
    assert server.answer(Writer(profile).request(call)).status == 201
    monkeypatch.delenv("CONFORMANCE_TEST_KEY")
    assert Server(profile).answer(Request("POST", "/threads.create", body=b'{"owner": "a"}')).status == 201


# --- as an ASGI application -------------------------------------------------------------------------------------------


async def answered(application: Callable[..., Awaitable[None]], scope: dict[str, Any], *parts: bytes) -> list[Any]:
    """What an application sends for a request whose body comes in parts."""
    messages = [
        {"type": "http.request", "body": part, "more_body": index < len(parts) - 1} for index, part in enumerate(parts)
    ] or [{"type": "http.request"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await application({"type": "http", "headers": [], "query_string": b"", **scope}, receive, send)
    return sent


def test_the_application_answers_as_the_server_does() -> None:
    """A transport through ASGI gets the very answers of the server."""
    profile = PROFILES["adk"]

    async def through() -> list[Response | None]:
        server = Server(profile, 5)
        transport = AsgiTransport(app(server), reset=server.reset)
        try:
            return [(await transport.send(request)).response for request in requests]
        finally:
            await transport.close()

    session = "/apps/echo/users/ada/sessions/a%2Fb%20%C3%BC"
    requests = [
        Request("POST", session, "", (("content-type", "application/json"),), b'{"a": "\\u00fc"}'),
        Request("GET", session),
        Request("GET", "/apps/echo/users/ada/sessions"),
        Request("DELETE", "/apps"),
    ]
    server = Server(profile, 5)
    assert asyncio.run(through()) == [server.answer(request) for request in requests]
    assert [stored.id for stored in server.sessions.values()] == ["a/b ü"]


def test_a_body_may_come_in_parts() -> None:
    """The application waits for the whole body."""
    application = app(Server(PROFILES["threads"]))
    scope = {"method": "POST", "path": "/threads.create", "raw_path": b"/threads.create"}
    start, body = asyncio.run(answered(application, scope, b'{"own', b"", b'er": "a"}'))
    assert start["status"] == 201
    assert (b"content-type", b"application/json") in start["headers"]
    assert json.loads(body["body"])["thread"]["owner"] == "a"
    assert not body.get("more_body", False)


@pytest.mark.parametrize("raw", [None, b"", b"/apps/echo/users/a%20b/sessions", b"/apps/echo/users/a%20b/sessions?x=1"])
def test_the_raw_path_is_optional(raw: bytes | None) -> None:
    """Servers that give no raw path give a decoded one; some leave the query in it."""
    scope = {"method": "POST", "path": "/apps/echo/users/a b/sessions", "raw_path": raw}
    start, body = asyncio.run(answered(app(Server(PROFILES["adk"])), scope))
    assert start["status"] == 200
    assert json.loads(body["body"])["userId"] == "a b"


def test_a_truncated_answer_is_cut_in_half() -> None:
    """A server that closes in the middle sends half of the body, and never its end."""

    class Cut(Server):
        """Closes every connection too early."""

        def truncates(self) -> bool:
            return True

    async def through() -> Exchange:
        transport = AsgiTransport(app(Cut(PROFILES["threads"])))
        try:
            return await transport.send(Request("POST", "/threads.list", body=b'{"owner": "a"}'))
        finally:
            await transport.close()

    exchange = asyncio.run(through())
    whole = Server(PROFILES["threads"]).answer(exchange.request)
    assert exchange.failure is Failure.CLOSED
    assert exchange.response is not None
    assert exchange.response.body == whole.body[: len(whole.body) // 2]
    assert Reader(PROFILES["threads"]).read(exchange).outcome is Outcome.LOST


def test_the_lifespan_is_answered() -> None:
    """Startup and shutdown are complete at once, and the application returns."""
    events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(app(Server(PROFILES["adk"]))({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert events == []
