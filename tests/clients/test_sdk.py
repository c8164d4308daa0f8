"""Published SDKs are installed into environments of their own."""

from __future__ import annotations

import ast
import json
import os
import subprocess
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


EARLY = """
class HoneyHiveTracer:
    def __init__(self, api_key=None, project=None, session_name=None, server_url=None): pass
    @staticmethod
    def init(*args, **kwargs): pass
    def enrich_session(self, session_id=None, metadata=None): pass

def enrich_session(session_id=None, metadata=None): pass
def trace(func=None, event_type=None): pass
class models: pass
"""


def greeted(folder: Path, module: str) -> subprocess.CompletedProcess[str]:
    """What the driver says to hello, where an SDK of this text is installed."""
    (folder / "honeyhive.py").write_text(module, encoding="utf-8")
    about = folder / "honeyhive-0.2.30.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: honeyhive\nVersion: 0.2.30\n", encoding="utf-8")
    hello = '{"id": 0, "ask": "hello", "protocol": 1}\n'
    command = [sys.executable, str(sdk.DRIVERS / "honeyhive.py")]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, input=hello, env=environment, capture_output=True, text=True, check=False)


def test_a_version_is_asked_for_nothing_that_it_does_not_have(tmp_path: Path) -> None:
    """A session cannot be made, nor one be given, in early ones: that is no bug of theirs."""
    supports = json.loads(greeted(tmp_path, EARLY).stdout)["supports"]
    assert {"open", "enrich", "enrich with session"} <= set(supports)
    assert not {"create", "create with session", "open with session"} & set(supports)


def test_a_version_without_a_tracer_is_told_as_that(tmp_path: Path) -> None:
    """In a line, and not as a traceback."""
    done = greeted(tmp_path, "class HoneyHive: pass\n")
    assert done.returncode == 1
    assert done.stderr == "honeyhive 0.2.30 has no HoneyHiveTracer, and this driver drives nothing else\n"
