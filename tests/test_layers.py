"""Who may import whom: read from the imports, so that the picture in docs/architecture.md stays true."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "conformance"
LAYERS = (
    {"records"},
    {"drawing", "errors", "exchange", "garbage"},
    {"expressions", "naming", "version", "writings"},
    {"directions", "forms", "json_text", "schemas", "values", "yaml_file"},
    {"spec", "operations", "variations"},
    {"patterns", "profile"},
    {"features", "narrowing", "profile_keys"},
    {"profile_places", "profile_clients"},
    {"profile_bindings"},
    {"profile_file", "step", "reader", "writer"},
    {"ask"},
    {"draft"},
    {"session"},
    {"calls", "alike"},
    {"listings"},
    {"model"},
    {"causes", "differences", "comparison", "attribution"},
    {"catalogue"},
    {"carried"},
    {"invariants"},
    {"judge"},
    {"reports", "latency", "transports", "recordings", "explore", "fakes", "clients"},
    {"baseline", "saving"},
    {"run", "reporting", "kills", "witness"},
    {"checking", "replaying", "client_run"},
    {"check"},
    {"replay", "compare", "options"},
    {"recorded", "client_command", "run_command", "profile_commands", "pytest_fixtures"},
    {"cli", "pytest_plugin"},
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def _imports(path: Path) -> set[str]:
    """The modules of ours that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("conformance"):
            parts = (node.module or "").split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
    return found


def _files() -> list[Path]:
    return [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.name != "__main__.py" and path.parent != PACKAGE / "specs"
    ]


def _module(path: Path) -> str:
    """The module of the package that a file is, or is in."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def test_every_module_has_its_layer_and_its_line() -> None:
    """A new module is given a layer on purpose, and the guide says what it is for, and where it stands."""
    modules = {_module(path) for path in _files()} - {"__init__"}
    assert modules == LEVEL.keys()
    guide = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = set(re.findall(r"`([a-z_]+)(?:\.py|/)`", guide[guide.index("## Where") : guide.index("Who may import")]))
    assert modules <= table
    order = guide[guide.index("Who may import") : guide.index("`explore` and `transports` never")]
    told = [set(re.findall(r"`([a-z_]+)`", layer)) for layer in order.split("←")]
    assert told == list(LAYERS)


@pytest.mark.parametrize("path", _files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    """A module imports only from its own layer or from those before it."""
    here = _module(path)
    if here == "__init__":
        return
    later = {name for name in _imports(path) if name in LEVEL and LEVEL[name] > LEVEL[here]}
    assert later == set(), f"{here} must not import {later}"


def test_explorers_and_transports_name_no_invariant() -> None:
    """Whoever produces exchanges knows no requirement; only faults name the invariants that they break."""
    for path in _files():
        names = _imports(path)
        if "invariants" in names:
            assert PACKAGE / "fakes" / "faults" in path.parents, path


def test_only_the_spec_imports_schemathesis() -> None:
    """Schemathesis is used in one place."""
    users = [path.name for path in _files() if "import schemathesis" in path.read_text(encoding="utf-8")]
    assert users == ["spec.py"]


def test_invariant_ids_are_a_deliberate_list() -> None:
    """Renaming or dropping an invariant is a change to the golden list."""
    from conformance import catalogue  # noqa: PLC0415 - the rest of this file needs no import of the package

    golden = Path(__file__).parent / "golden" / "invariants.txt"
    assert [each.id for each in catalogue(None)] == golden.read_text(encoding="utf-8").split()
