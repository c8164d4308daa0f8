"""How can a server be wrong? Each fault is the correct fake, wrong in exactly one named way; its docstring is its bug.

A module, or a package, is a chapter of `conformance.invariants`: it holds the faults that break an invariant of that
chapter before any other.
`breaks` names all invariants that a fault breaks. A test runs every fault of every profile: each must be caught by an
invariant that it names, and every invariant must catch at least one.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cache

from conformance.catalogue import Check, catalogue, invariant_of
from conformance.fakes.server import Server
from conformance.invariants import CHAPTERS
from conformance.profile import Profile, Role

__all__ = ["Fault", "all_faults", "fault", "faults_for", "together"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: its name, the server that has it, and the ids of the invariants that it breaks.

    One with `variants` is a fault of its own for each name that these give for a profile, such as that of an operation.
    """

    name: str
    server: type[Server]
    breaks: frozenset[str]
    needs: frozenset[Role]
    applies: Callable[[Profile], bool] | None
    variants: Callable[[Profile], Collection[str]] | None = None

    @property
    def title(self) -> str:
        """The bug in one line."""
        return (inspect.getdoc(self.server) or "").partition("\n")[0]

    @property
    def chapter(self) -> str:
        """The chapter in which it stands."""
        return self.server.__module__.removeprefix(f"{__name__}.").partition(".")[0]

    def possible(self, profile: Profile) -> bool:
        """Whether a server of this profile can be wrong in this way, and some promise is broken by it."""
        able = self.needs <= profile.roles and (self.applies is None or self.applies(profile))
        return able and any(each.applicable(profile) for each in catalogue() if each.id in self.breaks)


_REGISTERED: dict[str, Fault] = {}


def fault(
    *breaks: Check,
    needs: Collection[Role] = (),
    applies: Callable[[Profile], bool] | None = None,
    variants: Callable[[Profile], Collection[str]] | None = None,
) -> Callable[[type[Server]], type[Server]]:
    """Register a server as a fault, under its class name with dashes."""

    def register(server: type[Server]) -> type[Server]:
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", server.__name__).lower()
        ids = frozenset(invariant_of(check).id for check in breaks)
        _REGISTERED[name] = Fault(name, server, ids, frozenset(needs), applies, variants)
        return server

    return register


def together(*faults: Fault) -> type[Server]:
    """A server that has several faults at once: each method of the one goes on to that of the next."""
    if len(faults) == 1:
        return faults[0].server
    return type("And".join(each.server.__name__ for each in faults), tuple(each.server for each in faults), {})


@cache
def all_faults() -> tuple[Fault, ...]:
    """Every fault, chapter by chapter in the order of the invariants, then as they stand in the file."""
    for found in pkgutil.walk_packages(__path__, f"{__name__}."):
        importlib.import_module(found.name)
    return tuple(sorted(_REGISTERED.values(), key=lambda each: CHAPTERS.index(each.chapter)))


def faults_for(profile: Profile) -> tuple[Fault, ...]:
    """The faults that a server of this profile can have."""
    return tuple(each for found in all_faults() if found.possible(profile) for each in _variants(found, profile))


def _variants(found: Fault, profile: Profile) -> list[Fault]:
    """What becomes of a fault in a profile: itself, or one for each of its variants."""
    if found.variants is None:
        return [found]
    return [
        replace(
            found,
            name=f"{found.name}-in-{name.lower()}",
            server=type(name, (found.server,), {"variant": name, "__doc__": found.title}),
        )
        for name in found.variants(profile)
    ]
