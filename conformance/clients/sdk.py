"""How is a published SDK driven? It is installed into an environment of its own, where its built-in driver runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from conformance.errors import InputError, nearest

DRIVERS = Path(__file__).parent / "drivers"
INSTALL_SECONDS = 600.0
"""How long an installation may take."""
_DONE = ".complete"
"""The file that says that an environment was installed to the end."""


def built_in_drivers() -> dict[str, Path]:
    """The drivers that come with the package, by the name of the SDK's distribution."""
    return {path.stem: path for path in sorted(DRIVERS.glob("[a-z]*.py"))}


def driven(requirement: str, cache: Path | None = None) -> list[str]:
    """The command of the built-in driver for an SDK, as in `honeyhive==1.7.0`, in an environment that has it.

    The environment is made once, and kept in the user's cache. Where packages come from is pip's own configuration.
    """
    found = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:==([A-Za-z0-9][A-Za-z0-9.+!_-]*))?", requirement)
    if found is None:
        raise InputError(f"{requirement!r} is not NAME==VERSION", place="--sdk")
    name = re.sub(r"[-_.]+", "-", found[1]).lower()
    drivers = built_in_drivers()
    if name not in drivers:
        remedy = f"{nearest(name, drivers)}; or write a driver, and give its command behind --"
        raise InputError(f"there is no driver for {name!r}", place="--sdk", remedy=remedy)
    python = _python(_environment(requirement.lower(), cache or _cache()))
    return [str(python), str(drivers[name])]


def _cache() -> Path:
    """Where environments are kept."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "conformance" / "sdks"


def _python(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _environment(requirement: str, cache: Path) -> Path:
    """An environment that has the SDK."""
    folder = cache / f"{requirement}-py{sys.version_info[0]}.{sys.version_info[1]}"
    if (folder / _DONE).exists() and _python(folder).exists():
        return folder
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        _run([sys.executable, "-m", "venv", str(folder)], requirement)
        pip = [str(_python(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, requirement], requirement)
        (folder / _DONE).touch()
    except OSError as error:
        raise InputError(f"cannot be installed: {error}", place=f"--sdk {requirement}") from error
    return folder


def _run(command: list[str], requirement: str) -> None:
    """Run one step of an installation."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"was not installed in {INSTALL_SECONDS:.0f} s", place=f"--sdk {requirement}") from error
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).strip().splitlines()
        said = [each for each in lines if each.startswith("ERROR")] or lines[-3:]
        told = "\n".join(f"  {each}" for each in said[:5])
        raise InputError(f"cannot be installed:\n{told}", place=f"--sdk {requirement}")
