"""Is every key of the further features right? Read as it stands, or named with its place and what is wrong with it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from conformance.errors import ConformanceError, ProfileError
from conformance.expressions import parse
from conformance.profile import (
    Cleaning,
    Credentials,
    Lifecycle,
    Order,
    Paging,
    Returns,
    Role,
)
from conformance.profile_file import built_in, load, valid_keys
from tests.servers.shapes import HERE

HOMES = {
    **{name: path.parent for name, path in built_in().items()},
    "threads_rest": HERE / "threads_rest",
    "threads_cursor": HERE / "threads_cursor",
    "memories": HERE / "memories",
}


def changed(folder: Path, name: str, *changes: tuple[str, str], spec: tuple[str, str] | None = None) -> Path:
    """A profile and its spec, changed in some places, in a folder; everything to be replaced must be there."""
    text = (HOMES[name] / "profile.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "profile.toml").write_text(text, encoding="utf-8")
    shutil.copy(HOMES[name] / "openapi.yaml", folder)
    if spec is not None:
        document = (folder / "openapi.yaml").read_text(encoding="utf-8")
        assert spec[0] in document
        (folder / "openapi.yaml").write_text(document.replace(*spec, 1), encoding="utf-8")
    return folder


# --- what is right --------------------------------------------------------------------------------


def test_statuses_are_read_as_they_stand() -> None:
    """The first one, the arrows, those that end a session; and where they are written and shown."""
    profile = load(HOMES["threads_rest"])
    arrows = {"open": frozenset({"closed"}), "closed": frozenset({"open", "archived"}), "archived": frozenset()}
    assert profile.lifecycle == Lifecycle(
        ("open", "closed", "archived"),
        "open",
        {key: frozenset(value) for key, value in arrows.items()},
        frozenset({"archived"}),
    )
    transition = profile.bound(Role.TRANSITION)[0]
    assert transition.status == parse("$request.body#/status")
    assert transition.forbidden == frozenset({409})
    assert profile.session.status == ("status",)
    assert profile.bound(Role.RUN)[0].ended == frozenset({409})
    assert "status" in profile.parts


def test_statuses_are_those_of_the_spec_where_no_arrows_are_declared() -> None:
    """The first comes first."""
    lifecycle = load("support").lifecycle
    assert lifecycle.names == ("active", "ended", "escalated")
    assert lifecycle.transitions is None
    assert all(lifecycle.allows(before, after) for before in lifecycle.names for after in lifecycle.names)


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        ("open", "closed", True), ("closed", "open", True), ("closed", "archived", True), ("open", "archived", False),
        ("archived", "open", False), ("open", "open", False), ("unknown", "open", False),
    ],
)  # fmt: skip
def test_arrows_lead_one_way(before: str, after: str, allowed: bool) -> None:
    """An arrow that is not declared is none."""
    assert load(HOMES["threads_rest"]).lifecycle.allows(before, after) is allowed


def test_paging_is_read_as_it_stands(tmp_path: Path) -> None:
    """By offset, by cursor, and how many there are on a page if nobody asks: as declared, or by the spec's default."""
    rest, cursor = (load(HOMES[name]).bound(Role.LIST)[0] for name in ("threads_rest", "threads_cursor"))
    limit, offset = parse("$request.query.limit"), parse("$request.query.offset")
    assert rest.paging == Paging(limit, offset, size=20)
    assert rest.order is Order.NEWEST
    assert rest.filters == {"status": parse("$request.query.status")}
    assert cursor.paging == Paging(
        parse("$request.body#/limit"), None, parse("$request.body#/cursor"), parse("$response.body#/next_cursor"), 10
    )
    assert rest.paging is not None
    assert cursor.paging is not None
    assert rest.paging.turns
    assert cursor.paging.turns
    assert not Paging(limit).turns
    assert not Paging(cursor=limit).turns
    support = load("support")
    assert [support.bound(role)[0].paging for role in (Role.LIST, Role.HISTORY)] == [
        Paging(limit, offset, size=20), Paging(limit, offset, size=50),
    ]  # fmt: skip
    bare = load(changed(tmp_path, "threads_cursor", ("page = 10\n", ""), spec=("      default: 10\n", "")))
    paging = bare.bound(Role.LIST)[0].paging
    assert paging is not None
    assert paging.size is None


def test_a_cleanup_is_read_as_it_stands() -> None:
    """Its age, the unit in seconds, and what it spares."""
    cleanup = load("support").bound(Role.CLEANUP)[0]
    assert cleanup.cleaning == Cleaning(parse("$request.query.days"), 86_400.0)
    assert cleanup.spares == {"active"}


def test_codes_are_statuses_and_texts() -> None:
    """Texts are those that stand where errors do; only statuses count as declared."""
    run = load(HOMES["threads_cursor"]).bound(Role.RUN)[0]
    assert (run.missing, run.ended, run.invalid) == (
        frozenset({"not_found"}), frozenset({"closed"}), frozenset({"invalid"}),
    )  # fmt: skip
    assert run.declared == frozenset()
    assert run.refuses_missing
    rest = load(HOMES["threads_rest"]).bound(Role.RUN)[0]
    assert rest.declared == frozenset({400, 404, 409, 422})


def test_credentials_are_read_as_they_stand(tmp_path: Path) -> None:
    """What they are refused with, and a second identity."""
    assert load(HOMES["threads_cursor"]).credentials.refused == frozenset({"unauthorized"})
    honeyhive = load("honeyhive").credentials
    assert honeyhive == Credentials(template="Bearer ${HH_API_KEY}", required=True)
    two = load(changed(tmp_path, "threads_rest", ("refused = [401]", 'second = "Bearer ${OTHER}"'))).credentials
    assert two.variables() == ["THREADS_KEY", "OTHER"]
    assert two.identities({"THREADS_KEY": "a", "OTHER": "b"}) == ("Bearer a", "Bearer b")
    assert two.identities({"THREADS_KEY": "a"}) == ("Bearer a",)
    assert two.identities({}) == ()
    assert load(tmp_path).by_identity
    assert load(tmp_path).scoped
    assert load(tmp_path).two_owners


def test_items_and_implicit_sessions_are_read_as_they_stand() -> None:
    """Where calls name items and sessions, in several places; and which runs make their session."""
    profile = load("snakebridge")
    assert profile.implicit
    assert profile.names_items
    assert (profile.item.id, profile.item.session) == (("id",), ("session_id",))
    method = next(each for each in profile.bindings if each.operation.id == "call_method")
    assert method.item == parse("$request.body#/instance/id")
    assert method.session == parse("$request.body#/session_id")
    assert method.also == (parse("$request.header.X-Session-Id"), parse("$request.body#/instance/session_id"))
    assert not method.creates
    assert method.returns is Returns.ITEM
    assert [each.operation.id for each in profile.bindings if each.releases] == ["release_ref"]
    delete = profile.first(Role.DELETE)
    assert delete is not None
    assert delete.operation.id == "release_session"


def test_prefixes_are_read_as_they_stand(tmp_path: Path) -> None:
    """Members of a group that are another's, or nobody's."""
    shown = ('labels = "/labels" }', 'labels = "/labels" }\nshared = ["app:"]\nunstored = ["temp:"]')
    session = load(changed(tmp_path, "threads_rest", shown)).session
    assert (session.shared, session.unstored) == (("app:",), ("temp:",))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [('"strict"', 0.0), ('{ eventual = "2s" }', 2.0), ('{ eventual = "500ms" }', 0.5), ('{ eventual = "1.5m" }', 90.0)],
)
def test_consistency_is_read_in_seconds(tmp_path: Path, text: str, seconds: float) -> None:
    """Strict, or so long after a write."""
    folder = changed(tmp_path, "threads_rest", ("[read]\n", f"[read]\nconsistency = {text}\n"))
    assert load(folder).bound(Role.READ)[0].eventual == seconds


def test_a_run_may_be_all_that_makes_sessions(tmp_path: Path) -> None:
    """Without a create, if it says so."""
    before = 'returns = "history"\nat = "/messages"\nmissing = '
    folder = changed(tmp_path, "threads_rest", (f"{before}[404]", f'{before}"creates"'))
    assert load(folder).bound(Role.RUN)[0].creates


def test_keys_can_be_asked_for() -> None:
    """Table by table, as the linter and the drafter ask."""
    assert {"status", "auth", "cleanup", "transition", "values"} <= valid_keys()
    assert {"age", "unit", "spares"} <= valid_keys("cleanup")
    assert {"order", "limit", "filters"} <= valid_keys("list")
    assert "filters" not in valid_keys("history")
    assert valid_keys("values") == valid_keys("nothing") == frozenset()


# --- what is wrong --------------------------------------------------------------------------------

Change = tuple[str, str]
WRONG: list[tuple[str, Change, str, str]] = [
    # unknown keys
    ("threads_rest", ("ended = [", "endet = ["), "status.endet: is no key of a profile", "'ended'"),
    ("threads_rest", ("refused = [401]", "refuse = [401]"), "auth.refuse: is no key of a profile", "'refused'"),
    ("support", ("spares =", "spare ="), "cleanup.spare: is no key of a profile", "'spares'"),
    ("support", ('order = "newest"', 'ordr = "newest"'), "list.ordr: is no key of a profile", "'order'"),
    ("support", ("[transition]\n", "[transition]\nlimit = 5\n"), "transition.limit: is no key", ""),
    ("support", ("[history]\n", "[history]\nfilters = {}\n"), "history.filters: is no key", ""),
    ("snakebridge", ('session = "/session_id"', 'sesion = "/session_id"'), "item.sesion: is no key", "'session'"),
    ("support", ('created = "/created_at"', 'create = "/created_at"'), "session.create: is no key", "'created'"),
    ("threads_rest", ("[transition]", "[transiton]"), "transiton: is no key of a profile", "'transition'"),
    # statuses
    ("threads_rest", ('initial = "open"', 'initial = "opne"'), "status: the spec allows no status 'opne'", "'open'"),
    (
        "threads_rest",
        ('ended = ["archived"]', 'ended = ["archive"]'),
        "status: the spec allows no status",
        "'archived'",
    ),
    ("threads_rest", ('open = ["closed"]', 'open = ["close"]'), "status: the spec allows no status", "'closed'"),
    ("threads_rest", ('ended = ["archived"]', 'ended = "archived"'), "status.ended: 'archived' is not an array", ""),
    ("threads_rest", ('initial = "open"', "initial = 5"), "status.initial: 5 is not a string", ""),
    ("support", ('initial = "active"', "transitions = 5"), "status.transitions: is not a table", "active = ["),
    ("threads_rest", ('open = ["closed"]', 'open = "closed"'), "status.transitions.open: 'closed' is not an array", ""),
    ("threads_rest", ('status = "/status"', 'status = "/state"'), "session.status: the schema of", ""),
    ("threads_rest", ('status = "/status"\n', ""), "transition: changes a status that no session shows", "[session]"),
    ("threads_rest", ('status = "$request.body#/status"', ""), "transition: says no status", "add status"),
    (
        "support",
        ('status = "$request.query.status"\nreturns', 'status = "$request.query.state"\nreturns'),
        "transition.status: ",
        "'status'",
    ),
    (
        "threads_rest",
        ('{ labels = "/labels" }', '{ status = "/labels" }'),
        "session.attributes.status: is the name",
        "",
    ),
    # lists
    ("support", ('limit = "$request.query.limit"', 'limit = "$request.query.limt"'), "list.limit: ", "'limit'"),
    ("support", ('limit = "$request.query.limit"', "limit = 5"), "list.limit: 5: ", "write $request"),
    ("support", ('offset = "$request.query.offset"', 'offset = "$response.body#/offset"'), "list.offset: ", "$request"),
    (
        "threads_cursor",
        ('cursor = "$request.body#/cursor"', 'cursor = "$request.body#/curser"'),
        "list.cursor",
        "'cursor'",
    ),
    ("threads_cursor", ("$response.body#/next_cursor", "$response.body#/next"), "list.next: ", ""),
    ("threads_cursor", ('cursor = "$request.body#/cursor"\n', ""), "list: has a next cursor and no place for it", ""),
    ("threads_rest", ("page = 20", "page = 0"), "list.page: 0 is not a number from 1 up", ""),
    ("threads_rest", ("page = 20", "page = true"), "list.page: True is not a number from 1 up", ""),
    ("threads_rest", ("page = 20", 'page = "20"'), "list.page: '20' is not a number", ""),
    ("threads_rest", ('order = "newest"', 'order = "newst"'), "list.order: 'newst' is not valid", "'newest'"),
    ("threads_rest", ("filters = {", "filters = 5 #{"), "list.filters: is not a table", "status ="),
    ("threads_rest", ("filters = { status", "filters = { statu"), "list.filters.statu: is no part", "'status'"),
    ("threads_rest", ('"$request.query.status"', '"$request.query.stat"'), "list.filters.status: ", "'status'"),
    # cleanups
    ("support", ('age = "$request.query.days"\n', ""), "cleanup: does not say what is old enough", "add age"),
    ("support", ('"$request.query.days"', '"$request.query.day"'), "cleanup.age: ", "'days'"),
    ("support", ('unit = "days"', 'unit = "dayz"'), "cleanup.unit: 'dayz' is no unit of time", "'days'"),
    ("support", ('unit = "days"', "unit = 5"), "cleanup.unit: 5 is no unit of time", ""),
    ("support", ('spares = ["active"]', 'spares = "active"'), "cleanup.spares: 'active' is not an array", ""),
    # credentials
    ("threads_rest", ("refused = [401]", "refused = 401"), "auth.refused: 401 is not an array of status codes", ""),
    ("threads_rest", ("refused = [401]", "refused = []"), "auth.refused: [] is not an array of status codes", ""),
    ("threads_rest", ("refused = [401]", "second = 5"), "auth.second: 5 is not a string", ""),
    ("threads_rest", ("refused = [401]", 'second = "x"'), "auth.second: names no environment variable", "${API_KEY}"),
    # items and sessions
    (
        "snakebridge",
        ('item = "$request.body#/instance/id"', 'item = "$request.body#/instance/i"'),
        "run[6].item: ",
        "'id'",
    ),
    ("snakebridge", ('id = "/id"', 'id = "/ident"'), "item.id: ", ""),
    ("snakebridge", ('"$request.header.X-Session-Id"]', '"$request.header.X-Sesion-Id"]'), "run[0].session: ", ""),
    (
        "snakebridge",
        ('["$request.body#/session_id", "$request.header.X-Session-Id"]', "[]"),
        "run[0].session: names no place",
        "write session",
    ),
    (
        "threads_rest",
        ("missing = [404]\ninvalid = [422]\n\n[list]", 'missing = "creates"\n\n[list]'),
        "read.missing: 'creates' is said of enrich or run or stream alone",
        "[404]",
    ),
    (
        "threads_rest",
        ("missing = [404]\nended", 'missing = "empty"\nended'),
        "run.missing: 'empty' is said of history or read alone",
        "[404]",
    ),
    (
        "threads_rest",
        ("missing = [404]\nended", 'missing = [404]\nduplicate = "keeps"\nended'),
        "run.duplicate: 'keeps' is said of create alone",
        "leave it out",
    ),
    (
        "memories",
        ('id = "/name"', 'id = "/name"\nname = "memories/{name}"'),
        "session.name: has to hold {id} once",
        "sessions/{id}",
    ),
    (
        "memories",
        ('id = "/name"', 'name = "memories/{id}"'),
        "session.name: stands nowhere",
        'id = "/name"',
    ),
    (
        "memories",
        ('duplicate = "enriches"', 'duplicate = "enrich"'),
        "create.duplicate: 'enrich' is not valid",
        "enriches",
    ),
    (
        "threads_rest",
        ("missing = [404]\nended", 'missing = "create"\nended'),
        "run.missing: 'create' is not an array",
        "",
    ),
    # codes, consistency, prefixes
    (
        "threads_rest",
        ("missing = [404]", 'missing = ["404"]'),
        "read.missing: are texts, but errors stand nowhere",
        "failed",
    ),
    ("threads_rest", ("forbidden = [409]", "forbidden = 409"), "transition.forbidden: 409 is not an array", ""),
    ("threads_cursor", ("$response.body#/error/code", "$response.body#/error/cod"), "create.failed: ", "'code'"),
    ("threads_rest", ("[read]\n", "[read]\nconsistency = 5\n"), "read.consistency: 5 is not valid", "eventual"),
    (
        "threads_rest",
        ("[read]\n", "[read]\nconsistency = { eventual = 5 }\n"),
        "read.consistency.eventual: 5 is no",
        "2s",
    ),
    (
        "threads_rest",
        ("[read]\n", '[read]\nconsistency = { eventual = "2 s" }\n'),
        "read.consistency.eventual: '2 s'",
        "",
    ),
    ("threads_rest", ("[read]\n", '[read]\nconsistency = { eventually = "2s" }\n'), "read.consistency: {", ""),
    ("threads_rest", ('updated = "/updated_at"', 'shared = "app:"'), "session.shared: 'app:' is not an array", ""),
    ("threads_rest", ('updated = "/updated_at"', "unstored = [5]"), "session.unstored: 5 is not a string", ""),
    ("threads_rest", ('created = "/created_at"', 'created = "/create_at"'), "session.created: ", "'created_at'"),
    ("support", ('returns = "item"', 'returns = "itm"'), "run.returns: 'itm' is not valid", "'item'"),
]


@pytest.mark.parametrize(("name", "change", "problem", "near"), WRONG, ids=[f"{each[0]} {each[2]}" for each in WRONG])
def test_what_is_wrong_is_named(tmp_path: Path, name: str, change: Change, problem: str, near: str) -> None:
    """The file, the key, what is wrong with it, and the nearest that would be right."""
    folder = changed(tmp_path, name, change)
    with pytest.raises(ConformanceError) as caught:
        load(folder)
    assert type(caught.value) is ProfileError
    assert caught.value.exit_code == 2
    text = str(caught.value)
    assert f"{folder / 'profile.toml'}: {problem}" in text
    assert near in text.replace(problem, "")


def test_the_secrets_are_in_no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a profile never asks the environment."""
    monkeypatch.setattr(os, "environ", {})
    assert load("honeyhive").credentials.value(os.environ) is None
