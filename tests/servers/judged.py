"""What the harness has to say of the shapes: the same of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette

from conformance import Budget, Report, Verdict, load, run

from .expected import EXPECTED


def judged(app: Starlette, profile: Path, seed: int, requests: int) -> Report:
    """Judge an app by the profile of its shape."""
    return run(load(str(profile)), app=app, seed=seed, budget=Budget(requests=requests))


def check_right(create: Callable[[str | None], Starlette], profile: Path, seed: int) -> None:
    """No alarm in 10,000 exchanges, and nothing left behind."""
    report = judged(create(None), profile, seed, 10_000)
    assert report.verdict is Verdict.CONFORMS, [str(each.signature) for each in report.findings]
    assert report.undeleted == ()


def check_wrong(
    create: Callable[[str | None], Starlette], profile: Path, fault: str, expected: str = "", requests: int = 1_500
) -> None:
    """The invariant that the fault breaks is among the primary findings, within the requests, and came back."""
    report = judged(create(fault), profile, 1, requests)
    found = {each.signature.invariant: each for each in report.findings if each.primary}
    assert (expected or EXPECTED[fault]) in found
    assert found[expected or EXPECTED[fault]].reproduced
