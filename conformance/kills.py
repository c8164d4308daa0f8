"""Would it be noticed? Every fault of a profile's fake, against the invariants that catch it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from conformance.explore.explorer import Budget, Exploration, Explorer
from conformance.explore.findings import Found
from conformance.fakes.faults import Fault, faults_for
from conformance.judge import Judge
from conformance.profile import Profile
from conformance.reports import Kill, Matrix
from conformance.run import carried_out, fake_transport, ready, run_name

FAULT_BUDGET = Budget(requests=2_000, seconds=60.0)
"""What is spent on one fault at most."""


# --- the kill matrix ------------------------------------------------------------------------------


def matrix(
    profile: Profile, *, seed: int = 0, budget: Budget | None = None, told: Callable[[Kill], None] = lambda _: None
) -> Matrix:
    """Explore the correct fake with the budget, then each fault until an invariant that it names catches it."""
    profile = ready(profile, fake=True)
    started = monotonic()
    budget = budget or Budget(requests=20_000, seconds=300.0)
    judge = Judge(profile)
    right = _explored(profile, judge, seed, None, budget)
    alarms = tuple(sorted(str(signature) for signature in right.found))
    kills = []
    for fault in faults_for(profile):
        kills.append(_kill(profile, fault, seed))
        told(kills[-1])
    return Matrix(profile.name, profile.title, seed, alarms, right.exchanges, monotonic() - started, tuple(kills))


def _kill(profile: Profile, fault: Fault, seed: int) -> Kill:
    """Explore one fault until it is caught."""

    def named(result: Exploration) -> list[Found]:
        return [each for each in result.found.values() if each.signature.invariant in fault.breaks]

    result = _explored(profile, Judge(profile), seed, fault.name, FAULT_BUDGET, lambda found: bool(named(found)))
    caught = sorted(
        {each.signature.invariant for each in result.found.values() if each.follows is None or each in named(result)}
    )
    first = min(named(result), key=lambda each: each.at_request, default=None)
    return Kill(
        fault.name,
        fault.breaks,
        tuple(caught),
        first.at_request if first else None,
        first.at_seconds if first else None,
    )


def caught(profile: Profile, *faults: Fault, seed: int = 0) -> tuple[bool, ...]:
    """Of faults that are served at once: whether each is caught by an invariant that it names."""

    def named(result: Exploration) -> tuple[bool, ...]:
        broken = {each.invariant for each in result.found}
        return tuple(bool(broken & fault.breaks) for fault in faults)

    names = ",".join(fault.name for fault in faults)
    return named(_explored(profile, Judge(profile), seed, names, FAULT_BUDGET, lambda found: all(named(found))))


def _explored(
    profile: Profile,
    judge: Judge,
    seed: int,
    fault: str | None,
    budget: Budget,
    done: Callable[[Exploration], bool] = lambda _: False,
) -> Exploration:
    """Explore a fake without shrinking what is found."""
    transport = fake_transport(profile, seed, fault)
    explorer = Explorer(
        profile, transport, judge, seed=seed, run=run_name(seed), budget=budget, done=done, shrinks=False
    )
    return asyncio.run(carried_out(explorer, transport))
