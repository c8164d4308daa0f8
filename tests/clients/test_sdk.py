"""Published SDKs are installed into environments of their own."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from conformance.clients import sdk
from conformance.errors import InputError


def made(cache: Path, requirement: str) -> Path:
    """An environment as it is when it was installed before."""
    folder = cache / f"{requirement}-py{sys.version_info[0]}.{sys.version_info[1]}"
    python = sdk._python(folder)
    python.parent.mkdir(parents=True)
    python.touch()
    (folder / ".complete").touch()
    return python


def test_what_was_installed_before_is_used_again(tmp_path: Path) -> None:
    """With the driver that comes with the package."""
    python = made(tmp_path, "honeyhive==1.7.0")
    assert sdk.driven("HoneyHive==1.7.0", tmp_path) == [str(python), str(sdk.DRIVERS / "honeyhive.py")]


@pytest.mark.parametrize(
    ("requirement", "told"),
    [
        ("honeyhve==1.7.0", "did you mean 'honeyhive'?"),
        ("honeyhive>=1", "is not NAME==VERSION"),
        ("honeyhive==1.7.0; rm -rf /", "is not NAME==VERSION"),
        ("--index-url=http://example.org", "is not NAME==VERSION"),
        ("../honeyhive==1", "is not NAME==VERSION"),
        ("honeyhive==../../1", "is not NAME==VERSION"),
        ("", "is not NAME==VERSION"),
    ],
)
def test_what_cannot_be_driven_is_told(tmp_path: Path, requirement: str, told: str) -> None:
    """Before anything is installed."""
    with pytest.raises(InputError) as error:
        sdk.driven(requirement, tmp_path)
    assert told in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_an_installation_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what pip said; and it is tried anew the next time."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for _ in range(2):
        with pytest.raises(InputError, match="cannot be installed") as error:
            sdk.driven("honeyhive==0.0.0.dev999", tmp_path)
        assert "ERROR" in str(error.value)
    assert not list(tmp_path.glob("*/.complete"))


@pytest.mark.parametrize("path", sdk.built_in_drivers().values(), ids=lambda path: path.stem)
def test_a_built_in_driver_stands_alone(path: Path) -> None:
    """It runs where the SDK is installed, and conformance is not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    others = {each.partition(".")[0] for each in names} - sys.stdlib_module_names
    assert others == {path.stem}
