"""Every wrong client is caught by the invariant that it breaks, and the right one breaks none."""

from __future__ import annotations

import ast
import inspect
import sys
from pathlib import Path

import pytest

from conformance.catalogue import Subject, catalogue
from conformance.features.names import names_sessions_twice
from tests.clients.driven import PROFILES, command, explored

sys.path.insert(0, str(Path(__file__).parent))  # they are programs of their own, and name each other so
import small
import wrong

SEEDS = range(5)
APIS = {"honeyhive": small.HoneyHive, "adk": small.Adk}
CASES = [(api, name) for api, kind in APIS.items() for name, each in wrong.every().items() if kind in each.apis]


@pytest.mark.parametrize(("api", "name"), CASES)
def test_a_wrong_client_is_caught(api: str, name: str) -> None:
    """By the invariant that it names, whatever the seed."""
    breaks = wrong.every()[name].breaks
    for seed in SEEDS:
        found = explored(PROFILES[api], command(api, name), seed=seed, flows=400, until=breaks)
        assert breaks in {each.invariant for each in found.found}, found.stopped
        assert not found.broken_down


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_right_client_breaks_nothing(api: str, seed: int) -> None:
    """Not in the scripted flows, and not in those that are generated."""
    found = explored(PROFILES[api], command(api), seed=seed, flows=320 if seed == 0 else 60)
    assert [str(each) for each in found.found] == []
    assert (found.notes, found.broken_down) == ([], False)


OTHERS = {
    "Queues": 320, "Joins": 320, "Forgets": 150, "BeginsAgain": 150, "Merges": 150, "DeletesOnce": 200,
    "SendsAKeyAlong": 200,
}  # fmt: skip


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(("name", "flows"), OTHERS.items())
def test_a_right_client_of_another_kind_breaks_nothing(name: str, flows: int, api: str) -> None:
    """What it does differently may be done so."""
    found = explored(PROFILES[api], command(api, name), flows=flows)
    assert [str(each) for each in found.found] == []


def test_what_was_deleted_is_not_asked_for_whatever_was_told() -> None:
    """That would be held against a client that did as it was told."""
    found = explored(PROFILES["honeyhive"], command("honeyhive", "TellsADeleteAsAFailure"), flows=150)
    assert {each.invariant for each in found.found} == {"replies/successful-write-is-not-told-as-failure"}


def test_what_comes_late_is_held_against_nothing_else() -> None:
    """Neither against what is asked next, nor against the next flow."""
    found = explored(PROFILES["honeyhive"], command("honeyhive", "SendsBehindTheBack"), flows=120)
    first = {each.signature.invariant for each in found.found.values() if each.follows is None}
    assert first - {"asks/flush-and-close-leave-nothing-unsent"} == {"asks/enrichment-is-one-write"}


def test_what_a_malformed_request_misses_follows_from_that() -> None:
    """One mistake is told once, with what is not in its place, or names no session, because of it."""
    found = explored(PROFILES["honeyhive"], command("honeyhive", "SendsTheSessionFlat"), flows=150).found.values()
    primary = [each.signature for each in found if each.follows is None]
    assert [(each.invariant, each.operation) for each in primary] == [("requests/request-conforms", "startSession")]
    following = {each.signature.invariant for each in found if each.follows == primary[0]}
    assert following == {"asks/write-carries-what-was-asked", "asks/explicit-session-wins"}


def test_credentials_in_every_url_are_one_mistake() -> None:
    """Whichever operation it is seen in: the place where they stand is what is to be mended."""
    found = explored(PROFILES["honeyhive"], command("honeyhive", "PutsItsCredentialsIntoTheUrl"), flows=40).found
    (signature,) = (each for each in found if each.invariant == "requests/no-credentials-in-the-url")
    assert (signature.operation, signature.kind) == ("the query parameter api_key", "in the URL")
    got = found[signature].violation.observation.got
    assert got == "a URL that holds them in the query parameter api_key, as that of startSession does"


def test_every_invariant_on_clients_catches_one() -> None:
    """None is there that no wrong client breaks; but for the one that neither API can break."""
    caught = {each.breaks for each in wrong.every().values()}
    every = {each.id for each in catalogue(Subject.CLIENT)}
    assert every - caught == {"requests/request-names-one-session"}
    assert not any(names_sessions_twice(profile) for profile in PROFILES.values())
    assert caught <= every


def test_every_wrong_client_says_what_it_is() -> None:
    """Its docstring is its bug, in one line."""
    for each in wrong.every().values():
        assert (inspect.getdoc(each) or "").endswith("."), each


@pytest.mark.parametrize("name", ["small.py", "wrong.py", "driver.py"])
def test_the_small_sdk_knows_nothing_of_conformance(name: str) -> None:
    """What judges and what is judged share nothing."""
    tree = ast.parse((Path(__file__).parent / name).read_text(encoding="utf-8"))
    names = {
        alias.name if isinstance(node, ast.Import) else node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    assert not any(each.startswith(("conformance", "tests")) for each in names)
