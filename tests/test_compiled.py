"""What judges can be compiled: the list of it is right, and where it was done, it is used."""

from __future__ import annotations

import importlib
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.cli import main

ROOT = Path(__file__).parents[1]
COMPILED = os.environ.get("CONFORMANCE_COMPILED") == "1"
"""Whether what is tested is said to be compiled, as by `tox -e compiled`."""


def _patterns() -> list[str]:
    """What pyproject.toml has compiled."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    hook = document["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["mypyc"]
    assert hook["enable-by-default"] is False
    found: list[str] = hook["include"]
    return found


def _modules() -> Iterator[str]:
    """The modules that are compiled, by name."""
    for pattern in _patterns():
        for path in sorted(ROOT.glob(pattern.removeprefix("/"))):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("pattern", _patterns())
def test_what_is_compiled_is_there(pattern: str) -> None:
    """A file that moves takes its line with it: one that names nothing would quietly compile nothing."""
    assert list(ROOT.glob(pattern.removeprefix("/")))


@pytest.mark.parametrize("name", list(_modules()))
def test_a_compiled_package_is_compiled_whole(name: str) -> None:
    """Each module comes from where it should: a package of which a part was left out is slow, and says nothing."""
    file = str(importlib.import_module(name).__file__)
    assert file.endswith(".py") is not COMPILED, file


def test_the_version_tells_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever wonders why a recording takes so long can see what is installed."""
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.endswith("(compiled)\n") is COMPILED
