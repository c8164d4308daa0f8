"""Tests of the flows that are tried: data, the same for a seed, derived from the roles that are bound."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations, islice, pairwise
from pathlib import Path

import hypothesis
import pytest

import conformance
from conformance.explore.actions import Action, Flow, Wrongness
from conformance.explore.bodies import PLAIN, pools
from conformance.explore.explorer import Budget
from conformance.explore.flows import BATCH, HAND, flows, generated
from conformance.explore.openings import openings
from conformance.profile import Profile, Role
from conformance.profile_file import load
from conformance.run import run
from tests.explore.tiny import ROLES, tiny

ADK = load("adk")
THREADS = load(Path(__file__).parents[1] / "servers" / "threads" / "profile.toml")
PROFILES = pytest.mark.parametrize("profile", [ADK, THREADS], ids=lambda profile: profile.name)
FEW = [(), *((role,) for role in ROLES[1:]), *combinations(("read", "list", "delete", "run"), 2)]
MANY = [tuple(each for each in ROLES[1:] if each != left_out) for left_out in (*ROLES[1:], "")]
QUIET = hypothesis.settings(database=None, deadline=None, max_examples=30, derandomize=True)

SCRIPT = """
from itertools import islice
from conformance.explore.bodies import pools
from conformance.explore.flows import generated
from conformance.explore.openings import openings
from conformance.profile_file import load

profile = load("adk")
print(*openings(profile, pools(profile, 3)), sep="\\n")
print(*islice(generated(profile, 3), 60), sep="\\n")
"""


def scripted(profile: Profile) -> list[Flow]:
    """All openings of a profile."""
    return list(openings(profile, pools(profile, 1)))


def first(number: int, flows: Iterator[Flow]) -> list[Flow]:
    """The first flows."""
    return list(islice(flows, number))


@PROFILES
def test_flows_are_data(profile: Profile) -> None:
    """A flow is a tuple of tuples of small integers: it survives JSON, and is equal to what comes back."""
    for flow in (*scripted(profile), *first(60, generated(profile, 1))):
        back = tuple(Action(*each) for each in json.loads(json.dumps(flow)))
        assert back == flow
        assert hash(back) == hash(flow)
        assert all(0 <= int(value) < 1_000 for action in flow for value in action)


@PROFILES
def test_a_seed_gives_the_same_flows(profile: Profile) -> None:
    """The same seed gives the same flows over several batches, another one gives others."""
    flows_of_5 = first(70, generated(profile, 5))
    assert first(70, generated(profile, 5)) == flows_of_5
    assert len(set(flows_of_5) & set(first(70, generated(profile, 6)))) < 10
    assert scripted(profile) == scripted(profile)


def test_the_state_of_random_does_not_matter() -> None:
    """Generating neither depends on the global random numbers nor disturbs them."""
    random.seed(1)
    expected = random.random()
    random.seed(1)
    one = first(60, generated(ADK, 1))
    assert random.random() == expected
    random.seed(2)
    assert first(60, generated(ADK, 1)) == one


def test_shards_share_the_batches() -> None:
    """Two shards give the batches of the whole in turn."""
    whole = first(300, generated(ADK, 1))
    even, odd = first(140, generated(ADK, 1, (0, 2))), first(20, generated(ADK, 1, (1, 2)))
    (end,) = (start for start in range(1, 200) if whole[start : start + 20] == odd)
    assert 20 <= end <= BATCH * HAND
    assert even[:end] == whole[:end]
    assert even[end:] != whole[end:140]


def test_another_process_gives_the_same_flows_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither the hash seed nor the process matters, and no `.hypothesis` appears in the working directory."""
    printed = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", SCRIPT],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert printed[0] == printed[1]
    assert printed[0].count("\n") > 100
    assert list(tmp_path.iterdir()) == []


@PROFILES
def test_generated_flows_begin_with_two_sessions(profile: Profile) -> None:
    """Each generated flow begins with two creates, and goes on."""
    for flow in first(60, generated(profile, 2)):
        assert [profile.bindings[action.binding].role for action in flow[:2]] == [Role.CREATE] * 2
        assert len(flow) >= 6


def test_generated_flows_use_everything() -> None:
    """Within 400 flows each binding is called, and each wrongness that flows draw occurs."""
    actions = [action for flow in first(400, generated(ADK, 1)) for action in flow]
    assert {action.binding for action in actions} == set(range(len(ADK.bindings)))
    assert {Wrongness(action.wrongness) for action in actions} >= set(list(Wrongness)[:6])
    assert {action.owner for action in actions} == {0, 1}
    assert any(action.body >= PLAIN for action in actions)


@pytest.mark.parametrize("roles", [*FEW, *MANY], ids=lambda roles: "-".join(roles) or "nothing")
def test_openings_derive_from_the_bound_roles(tmp_path: Path, roles: tuple[str, ...]) -> None:
    """Whichever roles are bound, openings begin with a create, call each binding, and call nothing else."""
    profile = tiny(tmp_path, *roles)
    scripts = scripted(profile)
    called = {action.binding for flow in scripts for action in flow}
    assert called == set(range(len(profile.bindings)))
    assert {str(profile.bindings[index].role) for index in called} == {"create", *roles}
    assert all(profile.bindings[flow[0].binding].role is Role.CREATE for flow in scripts)


@pytest.mark.parametrize("roles", [(), ("read",), ("list", "delete"), ROLES[1:]], ids="-".join)
@pytest.mark.parametrize("chosen", [True, False], ids=["chosen", "handed out"])
@pytest.mark.parametrize("scoped", [True, False], ids=["scoped", "global"])
def test_openings_find_nothing_on_a_correct_fake(
    tmp_path: Path, roles: tuple[str, ...], chosen: bool, scoped: bool
) -> None:
    """All openings can be walked with few roles too, and break nothing on a server that is right."""
    profile = tiny(tmp_path, *roles, chosen=chosen, scoped=scoped)
    total = len(scripted(profile))
    report = run(profile, budget=Budget(flows=total, requests=10_000))
    assert report.flows == total
    assert report.exchanges >= total
    assert report.findings == ()


@PROFILES
def test_openings_hold_each_violation_and_each_edge(profile: Profile) -> None:
    """Each body that violates a schema is sent, and each that lies at its edge."""
    seen = {(action.binding, action.body, int(action.wrongness)) for flow in scripted(profile) for action in flow}
    for index, pool in pools(profile, 1).items():
        assert {(index, body, 5) for body in range(len(pool.violations))} <= seen
        assert {(index, body, 0) for body in range(PLAIN, PLAIN + len(pool.edges))} <= seen


@PROFILES
def test_openings_hold_each_pair_of_writing_roles(profile: Profile) -> None:
    """Each two of the roles that write follow one another in some opening, with looks alone between them."""
    writes = [each for each in (Role.RUN, Role.ENRICH, Role.DELETE, Role.STREAM) if each in profile.roles]
    seen = set()
    for flow in scripted(profile):
        roles = [profile.bindings[action.binding].role for action in flow if not action.wrongness]
        kept = [role for role in roles if role not in (Role.READ, Role.HISTORY)]
        seen |= set(pairwise(kept))
    assert {(one, other) for one in writes for other in writes} <= seen


def test_flows_work_in_a_test_of_the_users_own() -> None:
    """`flows` and `walk` make a property: it holds on a correct fake."""
    conformance.walk(ADK, ())
    walked = []

    @QUIET
    @hypothesis.given(conformance.flows(ADK))
    def property_(flow: Flow) -> None:
        walked.append(flow)
        assert conformance.walk(ADK, flow) == []

    property_()
    assert len(walked) >= 30


def test_a_test_of_the_users_own_finds_a_fault_and_shrinks_it() -> None:
    """The property fails on a fake with a fault, and Hypothesis shows a flow as short as `flows` gives."""
    conformance.walk(ADK, ())
    broken: list[Flow] = []

    @hypothesis.settings(QUIET, max_examples=50)
    @hypothesis.given(conformance.flows(ADK, min_size=1))
    def property_(flow: Flow) -> None:
        violations = conformance.walk(ADK, flow, fault="loses-enrichments")
        if any(each.signature.invariant == "enrichment/enrichment-reads-back" for each in violations):
            broken.append(flow)
            raise AssertionError("an enrichment was lost")

    with pytest.raises(AssertionError, match="an enrichment was lost"):
        property_()
    assert len(broken[-1]) == 3
    assert ADK.bindings[broken[-1][2].binding].role is Role.ENRICH


def test_sizes_are_kept() -> None:
    """`flows` takes the least and the greatest number of actions after the two creates."""
    seen: list[Flow] = []

    @QUIET
    @hypothesis.given(flows(ADK, min_size=2, max_size=3))
    def property_(flow: Flow) -> None:
        seen.append(flow)

    property_()
    assert {len(flow) for flow in seen} == {4, 5}
