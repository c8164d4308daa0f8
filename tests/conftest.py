"""What all tests share."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ["pytester"]

LONG = ("meta", "clients", "servers", "draft")
"""The folders whose files take longest. They begin first, so that where several workers share the files none is left
with a long one while the others have nothing to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first; otherwise the order stays as it is."""

    def turn(item: pytest.Item) -> int:
        folder = item.path.relative_to(item.config.rootpath).parts[1:2]
        return LONG.index(folder[0]) if folder and folder[0] in LONG else len(LONG)

    items.sort(key=turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """More workers than processors: many tests wait for a server or a client that they started."""
    processors = os.cpu_count() or 1
    return processors + (processors + 1) // 2
