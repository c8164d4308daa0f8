"""What all tests share."""

from __future__ import annotations

import os
from math import ceil

import pytest

pytest_plugins = ["pytester"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice as many workers as processors: many tests wait for a server or a client that they started."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every worker begins with its share of the tests of clients, which take longest since most of it is waiting: else
    one worker has them all, and the others wait for it in the end."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = [each for each in items if "tests/clients/" in each.nodeid]
    rest = [each for each in items if "tests/clients/" not in each.nodeid]
    size = ceil(len(rest) / workers)
    shares = (slow[worker::workers] + rest[worker * size : (worker + 1) * size] for worker in range(workers))
    items[:] = [each for share in shares for each in share]
