"""What can the API of a profile do? One question, one function.

Invariants ask to know whether they mean anything for an API, and faults to know whether its server can be wrong in
their way. Both ask here, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable

from conformance.profile import Profile


def both(*questions: Callable[[Profile], bool]) -> Callable[[Profile], bool]:
    """The question whether all of these are answered with yes."""

    def asked(profile: Profile) -> bool:
        return all(question(profile) for question in questions)

    return asked


def either(*questions: Callable[[Profile], bool]) -> Callable[[Profile], bool]:
    """The question whether any of these is answered with yes."""

    def asked(profile: Profile) -> bool:
        return any(question(profile) for question in questions)

    return asked
