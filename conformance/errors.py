"""What can go wrong with the harness itself, and whose fault is it?

    ConformanceError              exit code
    ├── InputError                2   the command, profile, spec or recording is wrong
    │   ├── ProfileError
    │   └── SpecError
    └── TargetError               4   the target cannot be reached
        ├── LaunchError           4   the server we were asked to start does not answer
        └── DriverError           4   the driver of an SDK ended, fell silent, or does not keep to its protocol

A defect of the API under test is never an exception: it is a finding.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ConformanceError(Exception):
    """The root of all our failures: what is wrong, where, and what to do next."""

    exit_code = 4

    def __init__(self, problem: str, *, place: str = "", remedy: str = "") -> None:
        self.problem = problem
        self.place = place
        self.remedy = remedy
        super().__init__(problem)

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        then = f"\n  {self.remedy}" if self.remedy else ""
        return f"{where}{self.problem}{then}"


class InputError(ConformanceError):
    """The user's input is wrong; nothing was sent."""

    exit_code = 2


class ProfileError(InputError):
    """A profile cannot be read, or does not fit its spec."""


class SpecError(InputError):
    """An OpenAPI document cannot be read or used."""


class TargetError(ConformanceError):
    """The target does not answer."""

    exit_code = 4


class LaunchError(TargetError):
    """A server that we were asked to start ended, or never answered."""


class DriverError(TargetError):
    """A driver ended, fell silent, or said what its protocol does not have."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """A remedy that names the valid name closest to `name`, or all of them if none is close."""
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"valid here: {', '.join(names)}" if names else "nothing is valid here"
