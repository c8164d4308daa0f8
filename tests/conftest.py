"""What all tests share."""

from __future__ import annotations

import os
from itertools import islice

import pytest

pytest_plugins = ["pytester"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three times as many workers as processors: many tests wait for a server or a client that they started."""
    return 3 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, and each worker has its share of it: the first the kill matrices, which are
    worked out once in a process, the others the tests of clients, which wait most of the time. Workers begin with
    equal parts of this list, and take over from the ends of others' parts what these have not begun."""
    if os.environ.get("CONFORMANCE_COMPILED") == "1":
        for each in items:
            if each.get_closest_marker("uncompiled"):
                each.add_marker(pytest.mark.skip(reason="what is compiled does not look for what the test replaces"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    proofs = [each for each in items if "meta/test_faults.py" in each.nodeid]
    slow = [each for each in items if "tests/clients/" in each.nodeid]
    ahead = {*proofs, *slow}
    rest = iter([each for each in items if each not in ahead])
    heads = [proofs + slow]
    if workers > 1:
        heads = [proofs, *(slow[worker :: workers - 1] for worker in range(workers - 1))]
    size = len(items) // workers
    shares = [[*head, *islice(rest, max(0, size - len(head)))] for head in heads]
    items[:] = [*(each for share in shares for each in share), *rest]
