"""Is this profile file right? What is right is read as it stands; whatever is wrong is named, with its place."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.errors import ConformanceError, InputError, ProfileError, SpecError
from conformance.expressions import parse
from conformance.profile import HISTORY, Credentials, Merge, Profile, Returns, Role
from conformance.profile_file import built_in, find, load, values_from

THREADS = Path(__file__).parent / "servers" / "threads"
ADK = built_in()["adk"].parent
THREADS_PROFILE = (THREADS / "profile.toml").read_text(encoding="utf-8")
THREADS_SPEC = (THREADS / "openapi.yaml").read_text(encoding="utf-8")
ADK_PROFILE = (ADK / "profile.toml").read_text(encoding="utf-8")
ADK_SPEC = (ADK / "openapi.yaml").read_text(encoding="utf-8")

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a profile with its spec into a folder named `api`; gives the folder."""

    def writer(profile: str = THREADS_PROFILE, spec: str | None = THREADS_SPEC) -> Path:
        folder = tmp_path / "api"
        folder.mkdir(exist_ok=True)
        (folder / "profile.toml").write_text(profile, encoding="utf-8")
        if spec is not None:
            (folder / "openapi.yaml").write_text(spec, encoding="utf-8")
        return folder

    return writer


def swap(text: str, old: str, new: str) -> str:
    """The text with the first `old` replaced; it must be there."""
    assert old in text
    return text.replace(old, new, 1)


def threads(old: str, new: str) -> str:
    """The threads profile, changed in one place."""
    return swap(THREADS_PROFILE, old, new)


def adk(old: str, new: str) -> str:
    """The ADK profile, changed in one place."""
    return swap(ADK_PROFILE, old, new)


def refused(folder: Path, error: type[ConformanceError], *words: str) -> str:
    """The text of the error that loading a folder raises; it holds the words, and costs exit code 2."""
    with pytest.raises(ConformanceError) as caught:
        load(folder)
    assert type(caught.value) is error
    assert caught.value.exit_code == 2
    text = str(caught.value)
    assert all(word in text for word in words), text
    return text


# --- what is right ----------------------------------------------------------------------------------------------------


def test_the_adk_profile_is_read_as_it_stands() -> None:
    """Every role, pointer and expression of the built-in profile."""
    profile = load("adk")
    assert (profile.name, profile.title) == ("adk", "Google ADK API server")
    assert [(str(each.role), each.operation.id) for each in profile.bindings] == [
        ("create", "create_session"),
        ("create", "create_session_with_id"),
        ("read", "get_session"),
        ("list", "list_sessions"),
        ("run", "run_agent"),
        ("stream", "run_agent_sse"),
        ("enrich", "update_session"),
        ("delete", "delete_session"),
    ]
    assert profile.session.id == ("id",)
    assert profile.session.owner == (("appName",), ("userId",))
    assert profile.session.attributes == {"state": ("state",)}
    assert profile.session.history == ("events",)
    assert profile.session.updated == ("lastUpdateTime",)
    assert profile.item.partial == ("partial",)
    assert profile.text == ("parts", "0", "text")
    assert profile.values == {"app_name": "echo"}
    assert profile.owner == ("echo", None)
    assert profile.fresh_owners
    assert profile.scoped
    assert profile.parts == ("state", HISTORY)
    assert not profile.credentials.required
    assert "runs/run-requires-existing-session" in profile.sources
    assert profile.place == str(ADK / "profile.toml")


def test_the_bindings_are_read_as_they_stand() -> None:
    """Where the parts sit, what is answered, and which statuses mean what."""
    profile = load("adk")
    first, second = profile.bound(Role.CREATE)
    assert (first.caller_chooses, second.caller_chooses) == (False, True)
    assert first.session == parse("$request.body#/sessionId")
    assert second.attributes == {"state": parse("$request.body")}
    assert first.returns is Returns.SESSION
    listing = profile.first(Role.LIST)
    assert listing is not None
    assert (listing.returns, listing.omits, listing.session) == (Returns.SESSIONS, frozenset({HISTORY}), None)
    stream = profile.first(Role.STREAM)
    assert stream is not None
    assert stream.failed == parse("$response.body#/error")
    assert stream.changes == frozenset({"state"})
    enrich = profile.first(Role.ENRICH)
    assert enrich is not None
    assert enrich.merge is Merge.SHALLOW
    delete = profile.first(Role.DELETE)
    assert delete is not None
    assert delete.missing == frozenset({200})
    read = profile.first(Role.READ)
    assert read is not None
    assert read.missing == frozenset({404, 410})
    assert profile.first(Role.HISTORY) is None


def test_a_profile_of_ones_own_is_read_as_it_stands() -> None:
    """A remote procedure call API, where owner and id stand in the body and answers are wrapped."""
    profile = load(THREADS)
    assert profile.name == "threads"
    assert profile.roles == set(Role) - {Role.STREAM, Role.TRANSITION, Role.CLEANUP}
    assert profile.owner == (None,)
    assert profile.groups == ("labels",)
    assert profile.parts == ("labels", HISTORY)
    assert all(each.owner == (parse("$request.body#/owner"),) for each in profile.bindings)
    at = {str(each.role): each.at for each in profile.bindings}
    assert at["create"] == ("thread",)
    assert at["enrich"] == ()
    create = profile.first(Role.CREATE)
    assert create is not None
    assert not create.caller_chooses


def test_a_profile_is_found_by_name_by_file_and_by_folder() -> None:
    """Three ways to say which profile is meant."""
    assert find("adk") == find(str(ADK)) == find(str(ADK / "profile.toml")) == built_in()["adk"]
    assert load(THREADS).place == load(THREADS / "profile.toml").place


def test_a_file_of_another_name_gives_its_name(tmp_path: Path) -> None:
    """Beside `profile.toml` in a folder, any file will do."""
    shutil.copy(THREADS / "openapi.yaml", tmp_path)
    path = tmp_path / "mine.toml"
    path.write_text(THREADS_PROFILE, encoding="utf-8")
    assert load(path).name == "mine"


def test_an_unknown_profile_names_the_nearest() -> None:
    """A slip in a name helps on, and says that a path would do as well."""
    with pytest.raises(ProfileError) as caught:
        load("adkk")
    assert caught.value.exit_code == 2
    assert "there is no profile 'adkk'" in str(caught.value)
    assert "did you mean 'adk'?" in str(caught.value)
    assert "profile.toml" in str(caught.value)


def test_an_id_that_must_be_sent_is_chosen_by_the_caller(write: Write) -> None:
    """A required member of the body, like a path parameter, leaves the choice to the caller."""
    spec = swap(THREADS_SPEC, "      required: [owner]\n", "      required: [owner, thread_id]\n")
    create = load(write(spec=spec)).first(Role.CREATE)
    assert create is not None
    assert create.caller_chooses


def test_the_spec_may_have_another_name(write: Write) -> None:
    """`spec` is a path beside the profile."""
    folder = write(threads('spec = "openapi.yaml"', 'spec = "../api.yaml"'), spec=None)
    (folder.parent / "api.yaml").write_text(THREADS_SPEC, encoding="utf-8")
    assert load(folder).spec.place.endswith("api.yaml")


# --- values -----------------------------------------------------------------------------------------------------------


def test_values_are_overridden() -> None:
    """What is set replaces what the file says, and so fixes the owner anew."""
    assert load("adk", {"app_name": "other"}).owner == ("other", None)
    assert load("adk", {"app_name": "other"}).values == {"app_name": "other"}
    assert load("adk").owner == ("echo", None)


def test_an_unknown_value_names_the_nearest(write: Write) -> None:
    """Only what the file has can be set."""
    with pytest.raises(ProfileError) as caught:
        load(write(ADK_PROFILE, ADK_SPEC), {"app_nam": "x"})
    assert caught.value.exit_code == 2
    text = str(caught.value)
    assert "profile.toml: values: there is no value 'app_nam' to set" in text
    assert "did you mean 'app_name'?" in text


def test_without_values_none_can_be_set() -> None:
    """A profile that has none says so."""
    with pytest.raises(ProfileError, match="there is no value 'owner' to set") as caught:
        load(THREADS, {"owner": "x"})
    assert "write [values] and owner" in str(caught.value)


@pytest.mark.parametrize(
    ("pairs", "values"),
    [
        ([], {}),
        (["a=b"], {"a": "b"}),
        (["a=b=c", "d="], {"a": "b=c", "d": ""}),
        (["a=1", "a=2"], {"a": "2"}),
    ],
)
def test_pairs_are_read(pairs: list[str], values: dict[str, str]) -> None:
    """The first equals sign divides; the last of a name counts."""
    assert values_from(pairs) == values


@pytest.mark.parametrize("pair", ["", "a", "=b", "="])
def test_what_is_no_pair_is_refused(pair: str) -> None:
    """The error names the option and the pair."""
    with pytest.raises(InputError) as caught:
        values_from([pair])
    assert str(caught.value) == f"--set: {pair!r} is not NAME=VALUE"
    assert caught.value.exit_code == 2


@given(st.text("abc_", min_size=1), st.text())
def test_any_value_can_be_set(name: str, value: str) -> None:
    """Whatever stands behind the first equals sign is the value."""
    assert values_from([f"{name}={value}"]) == {name: value}


# --- credentials ------------------------------------------------------------------------------------------------------


def test_credentials_are_read_from_the_environment(write: Write) -> None:
    """The file names the variable; the secret itself is in the environment alone."""
    auth = '\n[auth]\nin = "query"\nname = "key"\nvalue = "id-${CONFORMANCE_TEST_A}-${CONFORMANCE_TEST_B}"\n'
    found = load(write(THREADS_PROFILE + auth)).credentials
    assert found == Credentials("query", "key", "id-${CONFORMANCE_TEST_A}-${CONFORMANCE_TEST_B}", required=True)
    assert found.value({"CONFORMANCE_TEST_A": "x", "CONFORMANCE_TEST_B": "$y"}) == "id-x-$y"
    assert found.value({"CONFORMANCE_TEST_A": "x"}) is None


# --- what is wrong with the file --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = [", ["cannot be read"]),
        ("[create]\n[create]\n", ["cannot be read", "create"]),
        ("title = 'a'\ntitle = 'b'\n", ["cannot be read"]),
        ("title: a", ["cannot be read", "line 1"]),
    ],
)
def test_what_is_no_toml_says_where(write: Write, text: str, words: list[str]) -> None:
    """A syntax error is an error of the profile, with its line."""
    refused(write(text), ProfileError, "profile.toml: ", *words)


def test_what_is_no_text_is_refused(write: Write) -> None:
    """Bytes that are not UTF-8 cannot be a profile or a spec."""
    folder = write()
    (folder / "openapi.yaml").write_bytes(b"openapi: \xff")
    refused(folder, SpecError, "openapi.yaml: cannot be read")
    (folder / "profile.toml").write_bytes(b"title = '\xff'")
    refused(folder, ProfileError, "profile.toml: cannot be read")


UNKNOWN_KEYS = [
    ("titel = 'x'\n" + THREADS_PROFILE, "titel", "title"),
    (threads("[list]", "[lst]"), "lst", "list"),
    (THREADS_PROFILE + "\n[xyzzy]\n", "xyzzy", "valid here: "),
    (threads('at = "/threads"', 'att = "/threads"'), "list.att", "at"),
    (threads("[read]\n", "[read]\nsesion = 'x'\n"), "read.sesion", "session"),
    (threads('id = "/thread_id"', 'idd = "/thread_id"'), "session.idd", "id"),
    (threads('id = "/message_id"', 'tme = "/at"\nid = "/message_id"'), "item.tme", "time"),
    (THREADS_PROFILE + '\n[message]\ntxt = "/text"\n', "message.txt", "text"),
    (THREADS_PROFILE + '\n[auth]\nvalu = "${A}"\n', "auth.valu", "value"),
    (adk('operation = "create_session_with_id"', 'operaton = "x"'), "create[1].operaton", "operation"),
]


@pytest.mark.parametrize(("profile", "key", "near"), UNKNOWN_KEYS, ids=[key for _, key, _ in UNKNOWN_KEYS])
def test_unknown_keys_are_named(write: Write, profile: str, key: str, near: str) -> None:
    """A slip in a key, a role or a table is an error that names the nearest valid one."""
    spec = ADK_SPEC if "Google ADK" in profile else THREADS_SPEC
    text = refused(write(profile, spec), ProfileError, f"profile.toml: {key}: is no key of a profile")
    assert near in text.splitlines()[-1]


OPERATIONS = [
    (threads('operation = "search_threads"\n', ""), "read: names no operation", "search_threads"),
    (
        threads('operation = "search_threads"', 'operation = "search_thred"'),
        "read.operation: there is no",
        "'search_threads'",
    ),
    (threads('operation = "search_threads"', "operation = 5"), "read.operation: 5 is not a string", ""),
    (adk('"create_session_with_id"', '"create_sesion"'), "create[1].operation: there is no", "'create_session'"),
]


@pytest.mark.parametrize(("profile", "problem", "near"), OPERATIONS, ids=[each[1] for each in OPERATIONS])
def test_operations_must_be_in_the_spec(write: Write, profile: str, problem: str, near: str) -> None:
    """A role names an operation that the document has; the nearest is suggested."""
    spec = ADK_SPEC if "Google ADK" in profile else THREADS_SPEC
    refused(write(profile, spec), ProfileError, f"profile.toml: {problem}", near)


POINTERS = [
    (threads('id = "/thread_id"', 'id = "thread_id"'), "session.id: 'thread_id': a JSON pointer", ""),
    (threads('id = "/thread_id"', "id = 5"), "session.id: 5: a JSON pointer is a string", ""),
    (threads('owner = ["/owner"]', 'owner = ["owner"]'), "session.owner: 'owner': a JSON pointer", ""),
    (threads('labels = "/labels"', 'labels = "labels"'), "session.attributes.labels: 'labels': a JSON pointer", ""),
    (threads('updated = "/updated_at"', 'updated = "at"'), "session.updated: 'at': a JSON pointer", ""),
    (threads('time = "/at"', 'time = "at"'), "item.time: 'at': a JSON pointer", ""),
    (THREADS_PROFILE + '\n[message]\ntext = "text"\n', "message.text: 'text': a JSON pointer", ""),
    (threads('at = "/thread"', 'at = "thread"'), "create.at: 'thread': a JSON pointer", ""),
    (threads('id = "/thread_id"', 'id = "/thred_id"'), "session.id: ", "did you mean 'thread_id'?"),
    (threads('updated = "/updated_at"', 'updated = "/update_at"'), "session.updated: ", "did you mean 'updated_at'?"),
    (threads('labels = "/labels"', 'labels = "/label"'), "session.attributes.labels: ", "did you mean 'labels'?"),
    (threads('at = "/thread"', 'at = "/thred"'), "create.at: ", "did you mean 'thread'?"),
    (threads('at = "/threads"', 'at = "/thread"'), "list.at: ", "did you mean 'threads'?"),
    (threads("#/thread_id", "#/threadid"), "create.session: ", "did you mean 'thread_id'?"),
    (threads("#/owner", "#/ownr"), "create.owner: ", "did you mean 'owner'?"),
    (threads('"$request.body#/labels"', '"$request.body#/labls"'), "create.attributes.labels: ", "'labels'"),
    (threads("#/text", "#/txt"), "run.message: ", "did you mean 'text'?"),
    (threads("#/thread_id", "#/thread_id/x"), "create.session: ", "cannot contain '/thread_id/x'"),
    (adk('history = "/events"', 'history = "/event"'), "session.history: ", "did you mean 'events'?"),
    (threads("[run]\n", "[run]\nfailed = '$response.body#/message'\n"), "run.failed: ", "did you mean 'messages'?"),
]


@pytest.mark.parametrize(("profile", "problem", "near"), POINTERS, ids=[each[1] + each[2] for each in POINTERS])
def test_pointers_must_be_pointers_and_exist(write: Write, profile: str, problem: str, near: str) -> None:
    """Neither bad syntax nor a place that the schema cannot contain passes; the nearest member is suggested."""
    spec = ADK_SPEC if "Google ADK" in profile else THREADS_SPEC
    refused(write(profile, spec), ProfileError, f"profile.toml: {problem}", near)


def test_a_stream_of_text_may_hold_any_place(write: Write) -> None:
    """Where the document says of a stream only that it is text, nobody can tell what its events do not hold."""
    described = """              schema:
                anyOf:
                  - {$ref: "#/components/schemas/Event"}
                  - {$ref: "#/components/schemas/StreamError"}
"""
    failing = adk("$response.body#/error", "$response.body#/timestamp/code")
    refused(write(failing, ADK_SPEC), ProfileError, "stream.failed: ", "cannot contain '/timestamp/code'")
    text = swap(ADK_SPEC, described, "              schema: {type: string}\n")
    assert load(write(failing, text)).bindings


READ_SESSION = 'session = "$request.path.session_id"\n\n[list]'
EXPRESSIONS = [
    (threads("$request.body#/owner", "$response.body#/owner"), "create.owner: ", "looks into the response"),
    (threads("$request.body#/thread_id", "$response.body#/thread_id"), "create.session: ", "looks into the response"),
    (threads('"$request.body#/labels"', '"$response.body#/labels"'), "create.attributes.labels: ", "the response"),
    (threads("$request.body#/text", "$response.body#/text"), "run.message: ", "looks into the response"),
    (adk("$response.body#/error", "$request.body#/error"), "stream.failed: ", "looks into the request"),
    (threads("$request.body#/owner", "body"), "create.owner: 'body': ", "begins with $request or $response"),
    (threads("$request.body#/owner", "$url"), "create.owner: ", "$url is not $request or $response"),
    (threads("$request.body#/owner", "$request.cookie.o"), "create.owner: ", "body, header, path, query"),
    (threads("$request.body#/owner", "$request.path"), "create.owner: ", "needs a name"),
    (threads("$request.body#/owner", "$request.body#owner"), "create.owner: ", "begins with /"),
    (threads("$request.body#/owner", "$request.query.owner"), "create.owner: ", "no query parameter 'owner'"),
    (threads("$request.body#/owner", "$request.header.Owner"), "create.owner: ", "no header parameter 'owner'"),
    (adk("$request.path.user_id", "$request.path.userid"), "create[0].owner: ", "did you mean 'user_id'?"),
    (adk(READ_SESSION, READ_SESSION.replace("_id", "_ids")), "read.session: ", "did you mean 'session_id'?"),
    (adk(READ_SESSION, 'session = "$request.body#/id"\n\n[list]'), "read.session: ", "has no request body"),
    (threads('["$request.body#/owner"]', '"$request.body#/owner"'), "create.owner: ", "not an array of strings"),
    (threads('["$request.body#/owner"]', "[5]"), "create.owner: ", "5 is not a string"),
    (threads('session = "$request.body#/thread_id"', "session = 5"), "create.session: 5: ", "begins with"),
    (threads('{ labels = "$request.body#/labels" }', "{ labels = 5 }"), "create.attributes.labels: 5: ", "begins"),
]


@pytest.mark.parametrize(("profile", "key", "problem"), EXPRESSIONS, ids=[f"{e[1]}{e[2]}" for e in EXPRESSIONS])
def test_expressions_must_fit_their_operation(write: Write, profile: str, key: str, problem: str) -> None:
    """The right side, a parameter that there is, a body that there is."""
    spec = ADK_SPEC if "Google ADK" in profile else THREADS_SPEC
    refused(write(profile, spec), ProfileError, f"profile.toml: {key}", problem)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("missing", "404"),
        ("missing", '"404"'),
        ("missing", "[99]"),
        ("missing", "[600]"),
        ("missing", "[404, 404.5]"),
        ("missing", "[true]"),
        ("missing", "[[404]]"),
        ("duplicate", "{}"),
        ("duplicate", "409"),
        ("invalid", "[0]"),
        ("foreign", '"4XX"'),
    ],
)
def test_status_lists_are_lists_of_statuses(write: Write, key: str, value: str) -> None:
    """Anything but an array of integers from 100 to 599 is refused, and the right form is shown."""
    profile = threads("[read]\n", f"[read]\n{key} = {value}\n")
    refused(write(profile), ProfileError, f"profile.toml: read.{key}: ", "not an array of status codes", "write [404]")


def test_status_lists_are_read(write: Write) -> None:
    """The edges of what is a status."""
    binding = load(write(threads("[read]\n", "[read]\nmissing = [100, 599]\nforeign = [403]\n"))).first(Role.READ)
    assert binding is not None
    assert binding.missing == frozenset({100, 599})
    assert binding.foreign == frozenset({403})


WORDS = [
    (threads('returns = "session"', 'returns = "sesion"'), "create.returns: 'sesion' is not valid", "session"),
    (threads('returns = "session"', "returns = []"), "create.returns: [] is not valid", "valid here: "),
    (threads('returns = "session"', "returns = 5"), "create.returns: 5 is not valid", "nothing"),
    (threads('merge = "shallow"', 'merge = "shalow"'), "enrich.merge: 'shalow' is not valid", "shallow"),
    (threads('merge = "shallow"', "merge = true"), "enrich.merge: True is not valid", "replace"),
    (threads("[read]\n", "[read]\nomits = ['label']\n"), "read: there is no part 'label'", "did you mean 'labels'?"),
    (threads("[read]\n", "[read]\nchanges = ['hist']\n"), "read: there is no part 'hist'", "did you mean 'history'?"),
    (threads("[read]\n", "[read]\nchanges = 'labels'\n"), "read.changes: 'labels' is not an array", ""),
    (THREADS_PROFILE + '\n[auth]\nin = "cookie"\nvalue = "${A}"\n', "auth.in: 'cookie' is neither", "header nor query"),
    (THREADS_PROFILE + '\n[auth]\nvalue = "secret"\n', "auth.value: names no environment variable", "${API_KEY}"),
    (THREADS_PROFILE + "\n[auth]\nvalue = 5\n", "auth.value: 5 is not a string", ""),
    (THREADS_PROFILE + '\n[auth]\nname = "X-Key"\n', "auth.value: names no environment variable", ""),
    (THREADS_PROFILE + '\n[sources]\n"a/b" = 5\n', "sources.a/b: 5 is not a string", ""),
    (threads('spec = "openapi.yaml"', "spec = 5"), "spec: 5 is not a string", ""),
    (threads('title = "Threads, a session API of remote procedure calls"', "title = 5"), "title: 5 is not", ""),
    ("values = 5\n" + THREADS_PROFILE, "values: is not a table", "write [values]"),
    ("item = []\n" + THREADS_PROFILE.replace("[item]", "[values]"), "item: is not a table", "write [item]"),
    (threads('attributes = { labels = "/labels" }', "attributes = 5"), "session.attributes: is not a table", "NAME"),
    (threads('{ labels = "$request.body#/labels" }', "5"), "create.attributes: is not a table", "NAME"),
    ('create = 5\nspec = "openapi.yaml"\n', "create: is not a table", ""),
    ('create = [5]\nspec = "openapi.yaml"\n', "create[0]: is not a table", ""),
]


@pytest.mark.parametrize(("profile", "problem", "near"), WORDS, ids=[each[1] for each in WORDS])
def test_values_of_the_wrong_kind_are_refused(write: Write, profile: str, problem: str, near: str) -> None:
    """Unknown words, and values that are no strings, tables or arrays where these are wanted."""
    refused(write(profile), ProfileError, f"profile.toml: {problem}", near)


def without(role: str, line: str) -> str:
    """The threads profile, in which one line of one role is left out."""
    head, mark, rest = THREADS_PROFILE.partition(f"[{role}]\n")
    assert mark
    return head + mark + swap(rest, f"{line}\n", "")


PLACES = [
    (threads('returns = "session"', 'returns = "session"\nomits = 5'), "create.omits: 5 is not an array"),
    (threads('returns = "session"', 'returns = "session"\nomits = [{}]'), "create.omits: {} is not a string"),
    (threads("[read]\n", "[read]\nmissing = []\n"), "read.missing: [] is not an array of status codes"),
    (threads('["$request.body#/owner"]', '["$request.body"]'), "create.owner: '$request.body' is the whole body"),
    (threads('owner = ["/owner"]', 'owner = ["/ownr"]'), "session.owner: "),
    (threads('owner = ["/owner"]', 'owner = ["/owner", "/thread_id"]'), "session.owner: has 2 parts"),
    (threads('id = "/message_id"', 'id = "/message_idd"'), "item.id: "),
    (threads('time = "/at"', 'time = "/att"'), "item.time: "),
    (threads('message = "/text"', 'message = "/txt"'), "item.message: "),
    (adk('text = "/parts/0/text"', 'text = "/parts/0/txt"'), "message.text: "),
    (threads("[run]\n", '[run]\nfailed = "$response.header.X-Failed"\n'), "run.failed: "),
    (threads('spec = "openapi.yaml"', 'spec = "a\\u0000b"'), "spec: "),
    (threads('attributes = { labels = "/labels" }', 'attributes = { history = "/labels" }'), "session.attributes.hist"),
    (threads('{ labels = "$request', '{ history = "$request'), "create.attributes.history: "),
    (THREADS_PROFILE + '\n[auth]\nin = []\nvalue = "${X}"\n', "auth.in: [] is neither header nor query"),
    (THREADS_PROFILE + '\n[auth]\nname = 5\nvalue = "${X}"\n', "auth.name: 5 is not a string"),
    (
        threads('merge = "shallow"', 'merge = "shalow"'),
        "enrich.merge: 'shalow' is not valid\n  did you mean 'shallow'?",
    ),
    (THREADS_PROFILE + "\n[creat]\n", "creat: is no key of a profile\n  did you mean 'create'?"),
    ("x = " + "[" * 5_000, "is nested too deeply"),
    ("x = " + "1" * 5_000, "cannot be read"),
]


@pytest.mark.parametrize(("profile", "problem"), PLACES, ids=[each[1] for each in PLACES])
def test_every_place_is_checked(write: Write, profile: str, problem: str) -> None:
    """Each key that is read names itself when its value does not fit."""
    refused(
        write(profile, ADK_SPEC if "Google ADK" in profile else THREADS_SPEC), ProfileError, f"profile.toml: {problem}"
    )


@pytest.mark.parametrize("name", ["profile.toml", "."])
def test_a_profile_is_named_by_its_folder_from_within(write: Write, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A relative path gives the same name as any other."""
    monkeypatch.chdir(write())
    assert load(name).name == "api"


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_that_can_be_no_path_is_unknown(name: str) -> None:
    """What the file system refuses is not there."""
    with pytest.raises(ProfileError, match="there is no profile"):
        load(name)


INCOMPLETE = [
    ('title = "x"\nspec = "openapi.yaml"\n', "create: no operation creates a session", "bind [create]"),
    ("", "create: no operation creates a session", "bind [create]"),
    (
        without("read", 'session = "$request.body#/thread_id"'),
        "read: does not say which session is meant",
        "add session",
    ),
    (without("run", 'message = "$request.body#/text"'), "run: sends no message", "add message"),
    (without("enrich", 'attributes = { labels = "$request.body#/labels" }'), "enrich: enriches nothing", "attributes"),
    (
        threads('id = "/thread_id"\n', "").replace('session = "$request.body#/thread_id"\n', "", 1),
        "session.id: a created session's id cannot be found",
        'id = "/id"',
    ),
    (
        threads('owner = ["$request.body#/owner"]', 'owner = ["$request.body#/owner", "$request.body#/owner"]'),
        "owner: the roles disagree",
        "",
    ),
    (threads("[delete]\n", '[delete]\nreturns = "session"\n'), "delete.returns: ", "documents no body"),
]


@pytest.mark.parametrize(("profile", "problem", "near"), INCOMPLETE, ids=[each[1] for each in INCOMPLETE])
def test_what_is_needed_must_be_there(write: Write, profile: str, problem: str, near: str) -> None:
    """What only the whole can show: no create, no id, no message, owners of different sizes."""
    refused(write(profile), ProfileError, f"profile.toml: {problem}", near)


# --- what is wrong with the spec --------------------------------------------------------------------------------------


def test_a_spec_that_is_not_there_is_named(write: Write) -> None:
    """The path that was looked at stands in the error."""
    refused(write(spec=None), SpecError, "openapi.yaml: cannot be read", "No such file")


def test_a_spec_of_almost_that_name_is_named(write: Write) -> None:
    """And the profile's key that says where it should be."""
    profile = threads('"openapi.yaml"', '"opanapi.yaml"')
    refused(write(profile), SpecError, "opanapi.yaml: cannot be read", "profile.toml: spec", "'openapi.yaml'")


def test_a_spec_that_is_a_folder_is_named(write: Write) -> None:
    """A folder is no document."""
    refused(write(threads('"openapi.yaml"', '"."')), SpecError, "cannot be read", "directory")


SPECS = [
    ("a: [b", "is neither YAML nor JSON", "line 1"),
    ("\ta: b", "is neither YAML nor JSON", "line 1"),
    ("a: 1\n---\nb: 2\n", "is neither YAML nor JSON", "another document"),
    ("? [a]\n: b\n", "is neither YAML nor JSON", "unhashable"),
    ('a: "\0"', "is neither YAML nor JSON", "not allowed"),
    ("a: *nowhere", "is neither YAML nor JSON", "undefined alias"),
    ("", "this is no OpenAPI document", "`paths`"),
    ("just text", "this is no OpenAPI document", "`paths`"),
    ("[1, 2]", "this is no OpenAPI document", "`paths`"),
    ('swagger: "2.0"\npaths: {}\n', "only OpenAPI 3.0, 3.1 and 3.2 are read", "openapi: 3.1.0"),
    (swap(THREADS_SPEC, "schemas/Labels'", "schemas/Label'"), "schemas/Label' leads nowhere", ""),
    (swap(THREADS_SPEC, "responses/Invalid'", "responses/Invalids'"), "responses/Invalids' leads nowhere", ""),
    (swap(THREADS_SPEC, "type: string", "type: strng"), "a schema cannot be used", "strng"),
    (swap(THREADS_SPEC, "'#/components/responses/Invalid'", "'#/paths/~1threads.create/post/responses/400'"),
     "leads back to itself", "400"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "problem", "near"), SPECS, ids=[each[1] + each[2] for each in SPECS])
def test_a_spec_that_cannot_be_used_is_an_error_of_the_spec(write: Write, spec: str, problem: str, near: str) -> None:
    """The error names the document's file, not the profile's, and says what is wrong."""
    refused(write(spec=spec), SpecError, "openapi.yaml: ", problem, near)


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.mkdir", "!!python/object/new:os.mkdir", "!!python/name:os.mkdir"]
)
def test_yaml_never_runs_code(write: Write, tmp_path: Path, tag: str) -> None:
    """Tags that make objects of Python are refused, and make none."""
    trap = tmp_path / "made"
    spec = swap(THREADS_SPEC, "version: 1.0.0", f"version: {tag} [{trap}]")
    refused(write(spec=spec), SpecError, "openapi.yaml: is neither YAML nor JSON", "python")
    assert not trap.exists()


def test_dates_in_a_spec_do_no_harm(write: Write) -> None:
    """Unquoted dates stay text, so that the document is still JSON."""
    spec = swap(THREADS_SPEC, "version: 1.0.0", "version: 2024-01-02\n  x-when: 2024-01-02 03:04:05")
    info = load(write(spec=spec)).spec.document["info"]
    assert (info["version"], info["x-when"]) == ("2024-01-02", "2024-01-02 03:04:05")


@pytest.mark.parametrize(
    ("text", "value"),
    [("No", "No"), ("off", "off"), ("12:30", "12:30"), ("1_000", "1_000"), ("true", True), ("017", 15), ("0x1F", 31),
     ("0x_", "0x_"), ("1e3", 1000.0), ("-.5", -0.5), ("~", None)],
)  # fmt: skip
def test_plain_words_are_text_as_yaml_12_has_it(write: Write, text: str, value: Any) -> None:
    """A response that is named `No`, or a country of that name, is no false."""
    spec = swap(THREADS_SPEC, "version: 1.0.0", f"version: 1.0.0\n  x-{text}: [{text}]")
    assert load(write(spec=spec)).spec.document["info"][f"x-{text}"] == [value]


ALIASES = "x-a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"x-{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "x-a: &a {k: 1, l: 1}\n" + "".join(
    f"x-{name}: &{name} {{<<: [{','.join([f'*{before}'] * 10)}]}}\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_a_spec_that_is_far_larger_than_its_file_is_refused(write: Write) -> None:
    """Aliases of aliases end in an error at once, not in a full memory."""
    refused(write(spec=THREADS_SPEC + ALIASES), SpecError, "openapi.yaml: ", "too ")


def test_merges_of_merges_fill_no_memory(write: Write) -> None:
    """PyYAML up to 6.0.3 copies members that are merged repeatedly, which is refused; later it keeps one of each."""
    folder = write(spec=THREADS_SPEC + MERGES)
    if yaml.__version__ in ("6.0", "6.0.1", "6.0.2", "6.0.3"):
        refused(folder, SpecError, "openapi.yaml: ", "it merges too many members")
    else:
        source = load(folder).spec.source
        assert source["x-i"] == source["x-b"] == {"k": 1, "l": 1}


@pytest.mark.parametrize(
    "value",
    [
        "&a [*a]", "[" * 3_000 + "]" * 3_000, "1" * 5_000, "!!int 0x_", "!!int x", "!!float x", "!!bool x",
        "!!timestamp x", "!!binary eA==", "!!set {a}", "!!timestamp 2024-01-02",
    ],
)  # fmt: skip
def test_values_that_are_not_json_are_errors_of_the_spec(write: Write, value: str) -> None:
    """Whatever YAML cannot read, or JSON not say, names the file."""
    spec = swap(THREADS_SPEC, "version: 1.0.0", f"version: {value}")
    refused(write(spec=spec), SpecError, "openapi.yaml: ")


@pytest.mark.parametrize("reference", ["other.yaml", "other.yaml#/x", "file:///etc/hostname", "http://127.0.0.1:9/x"])
@pytest.mark.parametrize("old", ["responses/Invalid", "schemas/CreateRequest", "schemas/Thread"])
def test_references_to_other_documents_are_refused(write: Write, reference: str, old: str) -> None:
    """Nothing is read but this document; the error says where the reference stands."""
    spec = swap(THREADS_SPEC, f"'#/components/{old}'", f"'{reference}'")
    text = refused(write(spec=spec), SpecError, "openapi.yaml: /", f"'{reference}' leads out of this document")
    assert "use a reference to this document" in text


# --- never anything else ----------------------------------------------------------------------------------------------

VALUES = st.one_of(
    st.text(max_size=12),
    st.integers(-10, 1_000),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.just(date(2024, 1, 2)),
    st.lists(st.text(max_size=4) | st.integers(0, 600), max_size=3),
    st.sampled_from(
        [
            "/thread", "/threads", "/labels", "$request.body#/owner", "$request.body#/labels", "$request.query.x",
            "$response.body#/thread", "session", "history", "nothing", "deep", "replace", "labels",
        ]
    ),
)  # fmt: skip


def toml(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(letter):08x}" for letter in value) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return str(value)


KEYS = [
    "session.id", "session.updated", "session.history", "item.id", "message.text", "create.operation", "create.session",
    "create.history", "create.message", "create.returns", "create.at", "create.merge", "create.changes",
    "create.missing", "create.duplicate", "create.failed", "auth.value", "sources.x", "values.owner",
]  # fmt: skip
MINIMAL: dict[str, Any] = {
    "create.operation": "create_thread",
    "create.session": "$request.body#/thread_id",
    "create.returns": "session",
    "create.at": "/thread",
    "session.id": "/thread_id",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec, for profiles that are made up."""
    made = tmp_path_factory.mktemp("made-up")
    (made / "openapi.yaml").write_text(THREADS_SPEC, encoding="utf-8")
    return made


def attempt(folder: Path) -> Profile | ConformanceError:
    """The profile of a folder, or the error of ours that it is."""
    try:
        return load(folder)
    except ConformanceError as error:
        return error


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=2))
def test_any_change_is_read_or_refused(folder: Path, changes: dict[str, Any]) -> None:
    """Whatever stands in a key, the profile is read, or one error of ours names the file."""
    lines = [f"{key} = {toml(value)}" for key, value in {**MINIMAL, **changes}.items()]
    (folder / "profile.toml").write_text("\n".join(lines), encoding="utf-8")
    outcome = attempt(folder)
    if isinstance(outcome, Profile):
        assert outcome.bindings
    else:
        assert type(outcome) in (ProfileError, SpecError)
        assert outcome.exit_code == 2
        assert str(folder) in str(outcome)


TICKETS = Path(__file__).parent / "servers" / "tickets"
NUMBERED = [
    ('to = "closed"\n', "", "transition[0]: says no status", "or to ="),
    ('initial = "open"\n', "", "status.initial: is needed", "initial ="),
    ('to = "closed"\n', "to = 1\n", "transition[0].to: 1 is not a string", ""),
    ('per_page"\n', 'per_page"\noffset = "$request.query.page"\n', "list.number: says what offset says", ""),
    ('limit = "$request.query.per_page"\n', "", "list.number: says no offset without a limit", "page = 20"),
    ("$response.header.Location", "$response.body#/id", "create.at: ", "$response.header.Location"),
    ("$response.header.Location", "$request.body#/labels", "create.at: ", "$response"),
    ('$request.query.page"', '$request.query.pgae"', "list.number: ", "page"),
    ("$response.body#/has_more", "$response.body#/has_mor", "list.more: ", "has_more"),
    ('spares = ["open"]', 'spares = "open"', "delete.spares: 'open' is not an array", ""),
    (
        'spares = ["open"]',
        'item = "$request.path.org_id"\nspares = ["open"]',
        "delete: spares sessions, and rel",
        "item",
    ),
]


@pytest.mark.parametrize(("old", "new", "problem", "near"), NUMBERED, ids=[each[2] + each[3] for each in NUMBERED])
def test_counted_pages_addresses_and_fixed_statuses_are_checked(
    write: Write, old: str, new: str, problem: str, near: str
) -> None:
    """What such a key needs has to be there, once, and to be in the spec."""
    profile, spec = (TICKETS / name for name in ("profile.toml", "openapi.yaml"))
    changed = swap(profile.read_text(encoding="utf-8"), old, new)
    refused(write(changed, spec.read_text(encoding="utf-8")), ProfileError, problem, near)


def test_pages_are_counted_from_the_default_of_the_spec(write: Write) -> None:
    """From one, unless the spec says zero."""
    profile, spec = ((TICKETS / name).read_text(encoding="utf-8") for name in ("profile.toml", "openapi.yaml"))
    for document, first in ((spec, 1), (swap(spec, "minimum: 1, default: 1", "minimum: 0"), 0)):
        listing = load(write(profile, document)).first(Role.LIST)
        assert listing is not None
        assert listing.paging is not None
        assert listing.paging.first == first


@pytest.mark.parametrize("value", ["[]", "{}", "1", '["days"]', '"fortnights"'])
def test_a_unit_of_time_is_a_word(write: Write, value: str) -> None:
    """Whatever else stands there is named."""
    folder = built_in()["support"].parent
    profile, spec = ((folder / name).read_text(encoding="utf-8") for name in ("profile.toml", "openapi.yaml"))
    refused(
        write(swap(profile, 'unit = "days"', f"unit = {value}"), spec), ProfileError, "cleanup.unit", "no unit of time"
    )


@pytest.mark.parametrize(
    ("old", "new", "near"),
    [('to = "closed"', 'to = "clsed"', "closed"), ('initial = "open"', 'initial = "opne"', "open"),
     ('ended = ["closed"]', 'ended = ["close"]', "closed"), ('spares = ["open"]', 'spares = ["opne"]', "open")],
)  # fmt: skip
def test_statuses_are_those_that_sessions_show(write: Write, old: str, new: str, near: str) -> None:
    """Where no request names one, the spec's sessions tell which there are."""
    profile, spec = ((TICKETS / name).read_text(encoding="utf-8") for name in ("profile.toml", "openapi.yaml"))
    refused(write(swap(profile, old, new), spec), ProfileError, "status: the spec allows no status", near)


def test_spared_statuses_are_those_that_the_profile_names(write: Write) -> None:
    """Where the spec lists none, and only where a session shows its status."""
    profile, spec = ((TICKETS / name).read_text(encoding="utf-8") for name in ("profile.toml", "openapi.yaml"))
    free = swap(spec, "state: {type: string, enum: [open, closed]}", "state: {type: string}")
    assert load(write(profile, free)).lifecycle.names == ("open", "closed")
    refused(
        write(swap(profile, '["open"]', '["opne"]'), free), ProfileError, "no session has the status 'opne'", "open"
    )
    still = re.sub(r'\[\[transition\]\]\n(\S.*\n)+\n|status = "/state"\n', "", profile)
    refused(write(still, spec), ProfileError, "delete: spares statuses that no session shows", "status =")


def test_a_way_leads_along_arrows_to_the_nearest(write: Write) -> None:
    """Along those that some operation takes; there is none if no arrow leads on."""
    profile, spec = ((TICKETS / name).read_text(encoding="utf-8") for name in ("profile.toml", "openapi.yaml"))
    both = load(write(profile, spec))
    assert both.way("open", {"open", "closed"}) == ()
    assert both.way("open", {"closed"}) == ("closed",)
    arrows = swap(profile, 'ended = ["closed"]', 'ended = ["closed"]\ntransitions = { open = [], closed = ["open"] }')
    one = load(write(arrows, spec))
    assert one.way("open", {"closed"}) is None
    assert one.way("closed", {"open"}) == ("open",)


REPLIES = Path(__file__).parent / "servers" / "replies"
ASKED = 'when = { "$request.body#/stream" = true }\n'
TWICE = [
    (ASKED, "", "stream: nothing tells it from another role of POST /threads/{thread_id}/messages", "when = {"),
    (ASKED, 'when = "stream"\n', "stream.when: is not a table", ""),
    (ASKED, 'when = { "$request.body#/stream" = [true] }\n', "stream.when: [True] is no single value", "true"),
    (ASKED, 'when = { "$request.body#/stream" = "yes" }\n', 'stream.when: the spec allows no "yes" at', ""),
    (ASKED, 'when = { "$request.body#/straem" = true }\n', "stream.when: the schema of POST", "stream"),
    (ASKED, 'when = { "$request.path.thread_id" = "a" }\n', 'stream.when: the spec allows no "a" at', ""),
    ("[run]\n", f"[run]\n{ASKED}", "stream: nothing tells it from another role of POST", "when = {"),
]


@pytest.mark.parametrize(("old", "new", "problem", "near"), TWICE)
def test_roles_of_one_operation_are_told_apart(write: Write, old: str, new: str, problem: str, near: str) -> None:
    """By what the spec allows a request to say, and not alike."""
    profile, spec = ((REPLIES / name).read_text(encoding="utf-8") for name in ("profile.toml", "openapi.yaml"))
    refused(write(swap(profile, old, new), spec), ProfileError, problem, near)


def test_what_a_request_has_to_say_is_said_for_each_role(write: Write) -> None:
    """Where it cannot be left out, no role is that of all other requests."""
    profile, spec = ((REPLIES / name).read_text(encoding="utf-8") for name in ("profile.toml", "openapi.yaml"))
    needed = swap(spec, "required: [content]", "required: [content, stream]")
    refused(write(profile, needed), ProfileError, "run: does not say $request.body#/stream, which is required", "when")
    both = swap(profile, "[run]\n", '[run]\nwhen = { "$request.body#/stream" = false }\n')
    names = [each.operation.id for each in load(write(both, needed)).bindings if each.when]
    assert names == ["sendMessage[stream=false]", "sendMessage[stream=true]"]
