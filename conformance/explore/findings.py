"""What was found, and what follows from what? Findings that have one cause are told once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.explore.actions import Flow
from conformance.explore.course import Trace, Walk
from conformance.explore.saved import SavedFlow, saved
from conformance.judge import Signature, Violation, surer
from conformance.profile import Role
from conformance.step import Outcome


@dataclass(slots=True)
class Found:
    """One signature: how often it was seen, and the shortest flow that shows it."""

    signature: Signature
    flow: Flow
    seen: int = 1
    reproduced: bool | None = None
    traces: tuple[Trace, ...] = ()
    violation: Violation | None = None
    follows: Signature | None = None
    at_request: int = 0
    at_seconds: float = 0.0

    @property
    def saved(self) -> SavedFlow:
        """The flow with its bodies."""
        return tuple(saved(trace.action, trace.call) for trace in self.traces)

    @property
    def status(self) -> int:
        """How the call that shows it was answered."""
        return self.traces[-1].step.status if self.traces else 0

    @property
    def outcome(self) -> Outcome:
        """What came of the call that shows it."""
        return self.traces[-1].step.outcome if self.traces else Outcome.LOST

    @property
    def is_first_create(self) -> bool:
        """Whether nothing but a create, and nothing before it, shows it."""
        return len(self.traces) == 1 and self.traces[0].step.role is Role.CREATE and not self.traces[0].step.invalid

    @property
    def unusual(self) -> bool:
        """Whether there was anything unusual about the call that shows it, or what it is about."""
        return bool(self.traces[-1].step.awkward or (self.violation and self.violation.observation.others))

    def show(self, walk: Walk, calls: int) -> None:
        """Take the first calls of a walk as the flow that shows it."""
        self.flow = walk.performed[:calls]
        self.traces = tuple(walk.traces[:calls])
        self.violation = next(each for _, signature, each in violations(walk) if signature == self.signature)
        self.follows = before(walk, self.signature)


Findings = Mapping[Signature, Found]


def settle(every: Findings) -> None:
    """Say of each finding which one it follows."""
    _settle_doubts(every)
    _settle_failures(every)


def _settle_doubts(every: Findings) -> None:
    """A finding that other operations may be to blame for follows one that surely blames one of these."""
    doubts = {found.signature: found.violation.observation.others for found in every.values() if found.violation}
    for signature, sure in surer(doubts).items():
        if every[signature].follows is None or _circles(every, signature):
            every[signature].follows = sure
    for found in every.values():
        found.follows = _root(every, found)


def _settle_failures(every: Findings) -> None:
    """What failed with a 5xx and never again failed by chance, whatever was asked: all of that follows the plainest
    one. And where not even a plain create is understood, nothing else is told apart by the same answer."""
    chance = [each for each in every.values() if each.reproduced is False and each.outcome is Outcome.FAILED]
    creates = [each for each in every.values() if each.reproduced and each.is_first_create and not each.unusual]
    outage = [each for each in creates if each.outcome in (Outcome.FAILED, Outcome.ODD)]
    for group in (chance, outage):
        first = min(group, key=lambda each: (each.unusual, len(each.flow), each.signature), default=None)
        if first is None:
            continue
        alike = chance if group is chance else [each for each in every.values() if each.status == first.status]
        for found in alike:
            found.follows = None if found is first else first.signature


def _circles(every: Findings, signature: Signature) -> bool:
    """Whether a finding is said to follow, in the end, itself."""
    passed: set[Signature] = set()
    each = every[signature].follows
    while each is not None and each in every and each not in passed:
        passed.add(each)
        each = every[each].follows
    return signature in passed


def _root(every: Findings, found: Found) -> Signature | None:
    """The finding that stands first in the chain that a finding follows; None if it is itself first.

    Where each is said to follow another, so that none is first, the one with the shortest flow is.
    """
    chain = [found.signature]
    root = found.follows
    while root is not None and root in every and root not in chain:
        chain.append(root)
        root = every[root].follows
    if root is None:
        root = chain[-1]
    elif root in chain:
        root = min(chain[chain.index(root) :], key=lambda each: (len(every[each].flow), each))
    return None if root == found.signature else root


def violations(walk: Walk) -> Iterator[tuple[int, Signature, Violation]]:
    """Each signature of a walk at its first sight: after how many calls, and the violation."""
    seen: set[Signature] = set()
    for calls, trace in enumerate(walk.traces, start=1):
        for violation in trace.violations:
            if violation.signature not in seen:
                seen.add(violation.signature)
                yield calls, violation.signature, violation


def before(walk: Walk, signature: Signature) -> Signature | None:
    """The first violation of the walk that a signature may follow from, if there is another one."""
    seen = [violation for _, _, violation in violations(walk)]
    found = next(each for each in seen if each.signature == signature)
    first = next(each for each in seen if each is found or each.explains(found))
    return None if first is found else first.signature
