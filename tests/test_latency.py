"""How long answers took, in classes."""

from __future__ import annotations

import math

import pytest

from conformance.latency import Latencies


@pytest.mark.parametrize("seconds", [1e-7, 0.00042, 0.05, 1.0, 59.0])
def test_a_class_is_narrow(seconds: float) -> None:
    """What is told is at most 7 % more than what was."""
    latencies = Latencies()
    latencies.add("read", seconds)
    found = latencies.by_role()["read"]
    assert found.count == 1
    assert max(seconds, 1e-6) <= found.p50 * 1.01
    assert found.p50 <= max(seconds, 1e-6) * 1.07


def test_quantiles() -> None:
    """Of a hundred, one is slow."""
    latencies = Latencies()
    for _ in range(95):
        latencies.add("read", 0.01)
    for _ in range(5):
        latencies.add("read", 1.0)
    found = latencies.by_role()["read"]
    assert (found.count, round(found.p50, 2), round(found.p95, 2)) == (100, 0.01, 0.01)
    assert found.p99 >= 1.0


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_what_is_not_known_is_not_counted(seconds: float) -> None:
    """A recording may have no times, or wrong ones."""
    latencies = Latencies()
    latencies.add("read", seconds)
    assert latencies.by_role() == {}
