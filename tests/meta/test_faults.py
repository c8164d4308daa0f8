"""Every fault is caught by an invariant that it names, each invariant catches one, and a right fake raises no alarm."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from statistics import median

import pytest

from conformance import Budget, catalogue, load, matrix
from conformance.fakes.faults import all_faults
from conformance.reports import Matrix

THREADS = str(Path(__file__).parents[1] / "servers" / "threads" / "profile.toml")
PROFILES = ["adk", THREADS]
SEEDS = range(5)


@cache
def proved(profile: str, seed: int) -> Matrix:
    """The kill matrix of a profile; the correct fake is explored at length for the first seed only."""
    return matrix(load(profile), seed=seed, budget=Budget(requests=20_000 if seed == 0 else 2_000, seconds=300))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", SEEDS)
def test_correct_fake_raises_no_alarm(profile: str, seed: int) -> None:
    """The correct fake conforms, for every seed."""
    assert proved(profile, seed).alarms == ()


def test_correct_fake_was_explored_at_length() -> None:
    """No alarm is said of 20,000 exchanges."""
    assert all(proved(profile, 0).exchanges == 20_000 for profile in PROFILES)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", SEEDS)
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


def test_every_invariant_catches_a_fault() -> None:
    """No invariant is there that no fault of any profile breaks."""
    caught = {
        name for profile in PROFILES for kill in proved(profile, 0).kills for name in set(kill.caught_by) & kill.breaks
    }
    assert {each.id for each in catalogue()} - caught == set()


def test_every_fault_says_what_it_is() -> None:
    """The docstring of a fault is its bug, in one line."""
    assert [fault.name for fault in all_faults() if not fault.title.endswith(".")] == []
