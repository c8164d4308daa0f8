"""What all tests share."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ["pytester"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice as many workers as processors: many tests wait for a server or a client that they started."""
    return 2 * (os.cpu_count() or 1)
