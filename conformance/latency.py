"""How long do answers take? Counted in bounded space, by the logarithm of their seconds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from conformance.reports import Latency

_SHORTEST: Final = 1e-6
_STEPS: Final = 40
"""So many classes there are between a time and ten times as much: within each, times differ by less than 6 %."""


def _class(seconds: float) -> int:
    """The class of a time."""
    return int(math.log10(seconds / _SHORTEST) * _STEPS) if seconds > _SHORTEST else 0


class Latencies:
    """How long answers took, by role."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[str, dict[int, int]] = {}

    def add(self, role: str, seconds: float) -> None:
        """Count an answer; a time that is not known is not counted."""
        if not 0 < seconds < math.inf:
            return
        index = _class(seconds)
        counts = self._counts.get(role)
        if counts is None:
            counts = self._counts[role] = {}
        counts[index] = counts.get(index, 0) + 1

    def by_role(self) -> Mapping[str, Latency]:
        """What came of it."""
        return {role: _latency(counts) for role, counts in sorted(self._counts.items())}


def _latency(counts: Mapping[int, int]) -> Latency:
    """Three quantiles of one role."""
    total = sum(counts.values())
    found = (_quantile(counts, total * share) for share in (0.5, 0.95, 0.99))
    return Latency(total, *found)


def _quantile(counts: Mapping[int, int], wanted: float) -> float:
    """The upper end of the class in which so many answers are reached."""
    reached = 0
    for index in sorted(counts):
        reached += counts[index]
        if reached >= wanted:
            return float(f"{_SHORTEST * 10 ** ((index + 1) / _STEPS):.3g}")
    return 0.0
