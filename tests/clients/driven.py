"""How the tests drive the small SDK: its own driver, in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from conformance import Profile, load
from conformance.client_run import judge_of
from conformance.clients.explorer import Budget, Exploration, Explorer
from conformance.clients.wire import Wire

DRIVER = Path(__file__).with_name("driver.py")
PROFILES = {name: load(name) for name in ("honeyhive", "adk")}


def command(api: str, *kind: str) -> list[str]:
    """The command of the driver for an API; of a wrong client, if one is named."""
    return [sys.executable, str(DRIVER), api, *kind]


def explored(
    profile: Profile, command: list[str], *, seed: int = 0, flows: int | None = None, until: str = ""
) -> Exploration:
    """Ask a driver for so many flows, or until an invariant is broken."""
    wire = Wire(profile, seed, sparing=True)

    def caught(result: Exploration) -> bool:
        return bool(until) and any(each.invariant == until for each in result.found)

    explorer = Explorer(
        command, wire, judge_of(wire.profile), seed=seed, budget=Budget(300.0, flows), shrinks=False, done=caught
    )
    return explorer.explore()
