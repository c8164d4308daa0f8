"""Every fault is caught by an invariant that it names, each invariant catches one, and a right fake raises no alarm."""

from __future__ import annotations

from functools import cache
from statistics import median

import pytest

from conformance import Budget, Verdict, built_in, catalogue, load, matrix, run
from conformance.fakes.faults import all_faults, faults_for
from conformance.profile import Merge, Role
from conformance.reports import Matrix
from tests.histories import bound
from tests.servers.shapes import HERE, SHAPES

SHAPED = {kind.name: str(kind.folder / "profile.toml") for kind in SHAPES}
PROFILES = ["adk", SHAPED["threads"]]
"""These are proved at length, and with several seeds."""
FURTHER = [name for name in (*built_in(), *SHAPED.values()) if name not in PROFILES]
"""These are proved once: what the others have in common with them need not be proved again and again."""
REPLIES = str(HERE / "replies" / "profile.toml")
"""The one in which a member of the body says whether a run is streamed."""
TICKETS = str(HERE / "tickets" / "profile.toml")
"""The one whose sessions cannot be deleted in every status."""
MEMORIES = str(HERE / "memories" / "profile.toml")
"""The one in which a create may find its session there, and no read misses one."""
DEEP = bound(load("adk"), Role.ENRICH, merge=Merge.DEEP)
"""No API of ours merges at every depth."""
SEEDS = range(2)


@cache
def proved(profile: str, seed: int) -> Matrix:
    """The kill matrix of a profile; the correct fake is explored at length for the first seed of a few only."""
    requests = 1_500 if profile not in PROFILES else 20_000 if seed == 0 else 2_000
    return matrix(load(profile), seed=seed, budget=Budget(requests=requests, seconds=300))


CASES = [
    *((profile, seed) for profile in PROFILES for seed in SEEDS),
    *((profile, 0) for profile in (*FURTHER, TICKETS, REPLIES, MEMORIES)),
]


@pytest.mark.parametrize(("profile", "seed"), CASES)
def test_correct_fake_raises_no_alarm(profile: str, seed: int) -> None:
    """The correct fake conforms, for every seed."""
    assert proved(profile, seed).alarms == ()


def test_correct_fake_was_explored_at_length() -> None:
    """No alarm is said of 20,000 exchanges."""
    assert all(proved(profile, 0).exchanges == 20_000 for profile in PROFILES)
    assert all(proved(profile, 0).exchanges == 1_500 for profile in FURTHER)


@pytest.mark.parametrize(("profile", "seed"), CASES)
def test_every_fault_is_caught(profile: str, seed: int) -> None:
    """Each fault is caught by an invariant that it names."""
    missed = [kill.fault for kill in proved(profile, seed).kills if kill.requests is None]
    assert missed == []


@pytest.mark.parametrize("profile", PROFILES)
def test_faults_are_caught_early(profile: str) -> None:
    """The median over the seeds is at most 300 requests, for each fault."""
    late = {}
    for kills in zip(*(proved(profile, seed).kills for seed in SEEDS), strict=True):
        requests = median(kill.requests or 10_000 for kill in kills)
        if requests > 300:
            late[kills[0].fault] = requests
    assert late == {}


@pytest.mark.parametrize("profile", FURTHER)
def test_faults_are_caught_by_the_openings(profile: str) -> None:
    """Where there are statuses, pages and keys as well, each fault is caught within the scripted flows."""
    late = {kill.fault: kill.requests for kill in proved(profile, 0).kills if (kill.requests or 10_000) > 600}
    assert late == {}


@pytest.mark.parametrize("profile", [*built_in(), *SHAPED.values()])
def test_a_correct_fake_conforms(profile: str) -> None:
    """A run of the default kind reaches every MUST that applies, and holds it."""
    report = run(load(profile), budget=Budget(requests=1_500))
    assert report.verdict is Verdict.CONFORMS, [row for row in report.rows if row.outcome in ("broken", "untested")]
    assert report.undeleted == ()


def test_every_invariant_catches_a_fault() -> None:
    """No invariant is there that no fault of any profile breaks."""
    caught = {
        name
        for profile in (*PROFILES, *FURTHER, TICKETS, REPLIES, MEMORIES)
        for kill in proved(profile, 0).kills
        for name in set(kill.caught_by) & kill.breaks
    }
    assert {each.id for each in catalogue()} - caught == set()


def test_every_fault_is_possible_somewhere() -> None:
    """No fault is there that no profile can have."""
    profiles = (DEEP, *map(load, (*PROFILES, *FURTHER, TICKETS, REPLIES, MEMORIES)))
    possible = {fault.server for profile in profiles for fault in faults_for(profile)}
    missing = [each.name for each in all_faults() if not any(issubclass(server, each.server) for server in possible)]
    assert missing == []


def test_what_merges_shallowly_is_noticed_where_it_should_merge_deeply() -> None:
    """The one fault that only such an API can have is caught, and the right fake of one is not accused."""
    assert run(DEEP, budget=Budget(requests=400), strict=False).verdict is Verdict.CONFORMS
    found = run(DEEP, fault="merges-shallowly", budget=Budget(requests=400)).findings
    assert next(each for each in all_faults() if each.name == "merges-shallowly").breaks & {
        each.signature.invariant for each in found
    }


def test_every_fault_says_what_it_is() -> None:
    """The docstring of a fault is its bug, in one line."""
    assert [fault.name for fault in all_faults() if not fault.title.endswith(".")] == []
