"""The specs that come with the project: each is drafted, its marked gaps are filled, and the draft is as good as the
profile that somebody wrote by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conformance import Verdict
from conformance import draft as drafts
from conformance.cli import main
from conformance.profile import Binding, Profile, Role
from conformance.profile_file import load
from tests.draft.filling import filled
from tests.servers.judged import check_wrong, judged
from tests.servers.threads.app import create_app as calls
from tests.servers.threads_cursor.app import create_app as cursor
from tests.servers.threads_rest.app import create_app as rest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Given:
    """A spec, what to write into the gaps of its draft, and how many gaps there are."""

    folder: Path
    gaps: int
    fills: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name


SPECS, SERVERS = ROOT / "specs", ROOT / "tests" / "servers"
GIVEN = (
    Given(SPECS / "adk", 2, {"app_name": '"echo"'}),
    Given(SPECS / "honeyhive", 4, {"project": '"conformance"', "merge": '"shallow"'}),
    Given(SPECS / "support", 2),
    Given(SPECS / "snakebridge", 2),
    Given(SERVERS / "threads", 0),
    Given(
        SERVERS / "threads_rest",
        2,
        {"transitions": '{ open = ["closed"], closed = ["open", "archived"], archived = [] }', "ended": '["archived"]'},
    ),
    Given(SERVERS / "threads_cursor", 2),
    Given(SERVERS / "replies", 0),
    Given(SERVERS / "chats", 0),
)
BY_NAME = {each.name: each for each in GIVEN}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the drafts are written."""
    return tmp_path_factory.mktemp("drafts")


def _drafted(given: Given, folder: Path) -> Path:
    """The draft for a spec as `init` writes it, with its gaps filled; written once."""
    path = folder / f"{given.name}.toml"
    if not path.exists():
        assert main(["init", str(given.folder / "openapi.yaml"), "-o", str(path)]) == 0
        path.write_text(filled(path.read_text(encoding="utf-8"), given.fills), encoding="utf-8")
    return path


@pytest.mark.parametrize("given", GIVEN, ids=lambda each: each.name)
def test_gaps_are_counted(given: Given) -> None:
    """What is left to fill does not grow unnoticed."""
    assert drafts.made(drafts.fetch(str(given.folder / "openapi.yaml"))).gaps == given.gaps


@pytest.mark.parametrize("given", GIVEN, ids=lambda each: each.name)
def test_drafts_lint_and_run(given: Given, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the marked gaps filled and nothing else, a draft leaves no doubt, and judges the fake of its spec."""
    path = _drafted(given, folder)
    capsys.readouterr()
    assert main(["lint", str(path)]) == 0
    assert "· 0 warnings" in capsys.readouterr().out
    assert main(["run", str(path), "--max-requests", "1500", "--quiet"]) == 0


def _cast(profile: Profile) -> set[tuple[Role, str]]:
    """Who plays which role."""
    return {(each.role, each.operation.id) for each in profile.bindings}


def _places(binding: Binding) -> tuple[set[str], str | None, set[str]]:
    """Where a binding names its session, an item of it, and the attributes."""
    named = {each.text for each in (binding.session, *binding.also) if each is not None}
    return named, binding.item and binding.item.text, {each.text for each in binding.attributes.values()}


@pytest.mark.parametrize("given", GIVEN, ids=lambda each: each.name)
def test_drafts_bind_what_was_bound_by_hand(given: Given, folder: Path) -> None:
    """The same operations play the same roles, and name sessions, items and attributes at the same places."""
    draft, by_hand = load(_drafted(given, folder)), load(given.folder / "profile.toml")
    assert _cast(draft) == _cast(by_hand)
    wanted = {(each.role, each.operation.id): each for each in by_hand.bindings}
    for each in draft.bindings:
        other = wanted[each.role, each.operation.id]
        assert _places(each) == _places(other)
        assert (each.creates, each.merge) == (other.creates, other.merge)
    assert draft.session.attributes == by_hand.session.attributes
    assert (draft.session.id, draft.session.history, draft.session.updated) == (
        by_hand.session.id,
        by_hand.session.history,
        by_hand.session.updated,
    )
    assert draft.item == by_hand.item


@pytest.mark.parametrize("name", ["snakebridge", "honeyhive"])
def test_drafts_catch_every_fault(name: str, folder: Path) -> None:
    """What the fake can do wrong, the draft shows."""
    assert main(["faults", str(_drafted(BY_NAME[name], folder))]) == 0


def test_implicit_sessions_are_explained(folder: Path) -> None:
    """The draft tells why runs make their sessions, which places go together, and what is released."""
    text = " ".join(_drafted(BY_NAME["snakebridge"], folder).read_text(encoding="utf-8").replace("\n#", "").split())
    assert "No operation makes a session; the spec says that the first call on it does." in text
    assert "All of these are needed, and have to name the same session." in text
    assert "$request.body#/ref/id names an item of the session, so that is released, and not the session" in text
    assert "TODO: the spec documents nothing for an item of the session that is not there" in text


APPS = {"threads": calls, "threads_rest": rest, "threads_cursor": cursor}
WRONG = ("say-replaces-history", "label-replaces", "deleted-still-listed", "say-goes-to-first-thread")


@pytest.fixture
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key that the servers ask for, in the variables that the drafts name."""
    monkeypatch.setenv("THREADS_API_KEY", "sesame")
    monkeypatch.setenv("THREADS_CURSORS_API_KEY", "sesame")


@pytest.mark.usefixtures("_key")
@pytest.mark.parametrize("name", APPS)
def test_drafts_judge_independent_servers(name: str, folder: Path) -> None:
    """A server that shares nothing with the harness conforms by the draft for its spec."""
    report = judged(APPS[name](None), _drafted(BY_NAME[name], folder), 3, 3_000)
    assert report.verdict is Verdict.CONFORMS, [str(each.signature) for each in report.findings]
    assert report.undeleted == ()


@pytest.mark.usefixtures("_key")
@pytest.mark.parametrize("fault", WRONG)
@pytest.mark.parametrize("name", APPS)
def test_drafts_find_independent_faults(name: str, fault: str, folder: Path) -> None:
    """What such a server does wrong is found by its draft as by the profile that was written by hand."""
    check_wrong(APPS[name], _drafted(BY_NAME[name], folder), fault)
