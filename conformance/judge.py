"""Does a history keep the promises? Runs the catalogue over steps and keeps the tally."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.catalogue import Invariant, Known, Observation, catalogue
from conformance.exchange import Exchange
from conformance.model import World
from conformance.profile import Profile, Role
from conformance.step import Reader, Step


@dataclass(frozen=True, slots=True, order=True)
class Signature:
    """What makes two violations the same bug."""

    invariant: str
    operation: str
    kind: str

    def __str__(self) -> str:
        return f"{self.invariant} · {self.operation} · {self.kind}"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken observation, and the index of its step in the history."""

    signature: Signature
    observation: Observation
    index: int


@dataclass(slots=True)
class Tally:
    """How often an invariant applied, and how often it was broken."""

    observations: int = 0
    violations: int = 0


class Judge:
    """Judges one profile's traffic; the tally goes on over several histories."""

    def __init__(self, profile: Profile, invariants: Iterable[Invariant] | None = None) -> None:
        self.profile = profile
        self.reader = Reader(profile)
        self.invariants = tuple(catalogue() if invariants is None else invariants)
        self.tally = {each.id: Tally() for each in self.invariants}
        applicable = [each for each in self.invariants if each.applicable(profile)]
        self._by_role: dict[Role | None, list[Invariant]] = {
            role: [each for each in applicable if role in each.on] for role in Role
        }
        self._by_role[None] = []

    def history(self, closed: bool = True) -> History:
        """A new history to be judged, of which nothing is known yet."""
        return History(self, World(self.profile, closed))

    def invariants_on(self, role: Role | None) -> list[Invariant]:
        """The invariants that look at a role."""
        return self._by_role[role]


class History:
    """One sequence of exchanges, judged as they come."""

    def __init__(self, judge: Judge, world: World) -> None:
        self._judge = judge
        self.world = world
        self.length = 0

    def see(self, exchange: Exchange) -> tuple[Step, list[Violation]]:
        """Judge the next exchange: the step that it is, and what it breaks."""
        step = self._judge.reader.read(exchange)
        return step, self.judge(step)

    def judge(self, step: Step) -> list[Violation]:
        """Judge the next step."""
        if step.status in (429, 503) and step.postponed:
            self.length += 1
            return []
        known = Known(self.world, step)
        violations: list[Violation] = []
        tally = self._judge.tally
        for each in self._judge.invariants_on(step.role):
            observation = each.check(known, step)
            if observation is None:
                continue
            count = tally[each.id]
            count.observations += 1
            if not observation.held:
                count.violations += 1
                operation = observation.operation or (step.operation.id if step.operation else "")
                signature = Signature(each.id, operation, observation.kind)
                violations.append(Violation(signature, observation, self.length))
        self.world.learn(step)
        self.length += 1
        return violations
