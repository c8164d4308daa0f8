"""Does a history keep the promises? Runs the catalogue over steps and keeps the tally."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from conformance.ask import Asked, Verb
from conformance.catalogue import Invariant, Known, Observation, Subject, catalogue
from conformance.causes import Cause
from conformance.exchange import Exchange
from conformance.model import World
from conformance.profile import Profile, Role
from conformance.reader import Reader
from conformance.step import Step
from conformance.values import Awkward


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
    """One broken observation, and the index of its step in the history. `form`: it is of the form of one request or
    answer."""

    signature: Signature
    observation: Observation
    index: int
    form: bool = False

    def explains(self, later: Violation) -> bool:
        """Whether another violation, of the same step or of a later one, may follow from this one.

        An answer that is described wrongly has done nothing to any session. Only the same mistake follows from it.
        """
        if not self.form or later.index == self.index:
            return True
        return (self.signature.invariant, self.signature.kind) == (later.signature.invariant, later.signature.kind)


def surer(doubts: Mapping[Signature, frozenset[str]]) -> dict[Signature, Signature]:
    """Of signatures, each with the operations that may be to blame as well: which follow one that surely blames one of
    these, in the same way.

    What is said of a value doubts its own operation, too, which may do the same to any value; of that kind it is sure.
    """
    found: dict[Signature, Signature] = {}
    for signature, others in doubts.items():
        for each, more in doubts.items():
            alike = each.operation in others and each.kind == signature.kind
            same = each.invariant == signature.invariant and each.operation != signature.operation
            if alike and (not more or (same and more <= {each.operation})):
                found.setdefault(signature, each)
    return found


@dataclass(slots=True)
class Tally:
    """How often an invariant applied, and how often it was broken."""

    observations: int = 0
    violations: int = 0


class Jury(NamedTuple):
    """Whom to ask about a step, with their tallies. Those of `held` need not be asked: nothing differs, and one of the
    causes that they claim was put to the test."""

    looking: tuple[tuple[Invariant, Tally], ...]
    held: tuple[Tally, ...] = ()


class Judge:
    """Judges one profile's traffic; the tally goes on over several histories.

    `untold` is how often a value was lost or mangled that is awkward in several ways, so that nobody is accused.
    """

    def __init__(self, profile: Profile, invariants: Iterable[Invariant] | None = None) -> None:
        self.profile = profile
        self.reader = Reader(profile)
        self.invariants = tuple(catalogue() if invariants is None else invariants)
        self.looks_at_clients = any(each.subject is Subject.CLIENT for each in self.invariants)
        self.tally = {each.id: Tally() for each in self.invariants}
        self.untold = 0
        applicable = [each for each in self.invariants if each.applicable(profile)]
        self._by_role: dict[Role | None, list[Invariant]] = {
            role: [each for each in applicable if role in each.on] for role in Role
        }
        self._by_role[None] = [each for each in applicable if each.anything]
        self._by_verb = {verb: [each for each in applicable if verb in each.verbs] for verb in Verb}
        self._asked: dict[tuple[Role | None, frozenset[Cause | Awkward], bool], Jury] = {}

    def history(self, closed: bool = True) -> History:
        """A new history to be judged, of which nothing is known yet."""
        return History(self, World(self.profile, closed))

    def invariants_on(self, role: Role | None) -> list[Invariant]:
        """The invariants that look at a role."""
        return self._by_role[role]

    def invariants_on_ask(self, verb: Verb) -> list[Invariant]:
        """The invariants that look at what such an ask caused."""
        return self._by_verb[verb]

    def asked(self, role: Role | None, at_stake: frozenset[Cause | Awkward], differs: bool = True) -> Jury:
        """The invariants that have something to say where these causes are at stake, and there is a difference or none.

        Few sets of causes ever come up together, so what was worked out for one is kept.
        """
        found = self._asked.get((role, at_stake, differs))
        if found is None:
            claimed = [each for each in self._by_role[role] if not each.claims or each.claims & at_stake]
            held = () if differs else tuple(self.tally[each.id] for each in claimed if each.blames)
            looking = ((each, self.tally[each.id]) for each in claimed if differs or not each.blames)
            found = self._asked[role, at_stake, differs] = Jury(tuple(looking), held)
        return found


class History:
    """One sequence of exchanges, judged as they come. Of steps about sessions that are `lost` only the form is."""

    def __init__(self, judge: Judge, world: World) -> None:
        self._judge = judge
        self.world = world
        self.length = 0
        self.lost: Collection[str] = ()

    def see(self, exchange: Exchange) -> tuple[Step, list[Violation]]:
        """Judge the next exchange: the step that it is, and what it breaks."""
        step = self._judge.reader.read(exchange)
        return step, self.judge(step)

    def settled(self, exchange: Exchange) -> bool:
        """Whether an exchange would break nothing. Nothing is learnt from it, and it does not count."""
        step = self._judge.reader.read(exchange)
        known = Known(self.world, step)
        found = (each.check(known, step) for each, _ in self._judge.asked(step.role, known.at_stake).looking)
        return all(observation is None or observation.held for observation in found)

    def judge(self, step: Step) -> list[Violation]:
        """Judge the next step."""
        if step.status in (429, 503) and step.postponed and not self._judge.looks_at_clients:
            self.world.learn(step)
            self.length += 1
            return []
        known = Known(self.world, step)
        violations: list[Violation] = []
        changes = known.differences.changes
        if changes and any(change.cause is Cause.UNTOLD for change in changes):
            self._judge.untold += 1
        lost = bool(self.lost) and step.session in self.lost
        looking, held = self._judge.asked(step.role, known.at_stake, bool(changes) or lost)
        for count in held:
            count.observations += 1
        for each, count in looking:
            observation = None if lost and not each.form else each.check(known, step)
            if observation is None:
                continue
            count.observations += 1
            if not observation.held:
                count.violations += 1
                operation = observation.operation or (step.operation.id if step.operation else "")
                signature = Signature(each.id, operation, observation.kind)
                violations.append(Violation(signature, observation, self.length, each.form))
        self.world.learn(step)
        self.length += 1
        return violations

    def judge_ask(self, asked: Asked) -> list[Violation]:
        """Judge what an SDK made of what it was asked. Its steps are judged one by one beside this."""
        violations: list[Violation] = []
        for each in self._judge.invariants_on_ask(asked.ask.verb):
            looks = each.by_places or asked.named is None
            observation = each.judges(asked) if each.judges is not None and looks else None
            if observation is None:
                continue
            count = self._judge.tally[each.id]
            count.observations += 1
            if not observation.held:
                count.violations += 1
                signature = Signature(each.id, observation.operation or _way(asked), observation.kind)
                violations.append(Violation(signature, observation, self.length))
        return violations


def _way(asked: Asked) -> str:
    """By which way a client was asked to do what: what takes the place of an operation."""
    ask = asked.ask
    if asked.named is not None:
        return ask.path
    return f"{ask.path} {ask.verb}" if ask.path != "method" else str(ask.verb)
