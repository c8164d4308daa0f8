"""Which of the exchanges show it? The fewest found that break the same, judged by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.exchange import Exchange
from conformance.judge import Judge, Signature, Violation
from conformance.step import Step


@dataclass(frozen=True, slots=True)
class Witness:
    """Steps of which the last shows a violation; `first` is the first one that they show and it may follow
    from, at the step `began`. `alone`: the steps show it when nothing else is known."""

    steps: tuple[Step, ...]
    violation: Violation
    first: Signature
    alone: bool
    began: int = 0

    @property
    def related(self) -> bool:
        """Whether the first violation may be the cause of the last: it is of the same session, or the last is of all
        sessions of the same owner.

        Recorded answers stay as they are, so leaving out a cause would leave its effect without one.
        """
        cause, effect = self.steps[self.began], self.steps[-1]
        session = effect.session or effect.created
        if session is None:
            return cause.owner == effect.owner
        return session in (cause.session, cause.created)


def shortest(judge: Judge, exchanges: Sequence[Exchange], violation: Violation, closed: bool) -> Witness:
    """The fewest exchanges found that show the signature of a violation, the last of them among them.

    Where an unknown session is absent (`closed`), leaving out what made one would accuse wrongly: so an open world is
    tried first, and in a closed one only readings are left out.
    """
    for whole in (False, True) if closed else (False,):
        found = _judged(judge, exchanges, violation.signature, whole)
        if found is not None:
            return _shortened(judge, list(exchanges), found, whole)
    steps = tuple(judge.reader.read(each) for each in exchanges)
    return Witness(steps, violation, violation.signature, alone=False)


def _shortened(judge: Judge, exchanges: list[Exchange], found: Witness, closed: bool) -> Witness:
    """Leave out chunks, then single exchanges, as long as the same is shown."""
    size = max(1, len(exchanges) // 2)
    while True:
        for chunk in _chunks(len(exchanges) - 1, size):
            inside = range(chunk.start, min(chunk.stop, len(exchanges) - 1))
            rest = [each for index, each in enumerate(exchanges) if index not in inside]
            if not inside or (closed and any(not found.steps[index].reads for index in inside)):
                continue
            shorter = _judged(judge, rest, found.violation.signature, closed)
            if shorter is not None and (shorter.first == found.first or not found.related):
                found, exchanges = shorter, rest
        if size == 1:
            return found
        size //= 2


def _chunks(length: int, size: int) -> Iterator[range]:
    """Stretches of a size, from the end to the beginning."""
    return (range(max(0, end - size), end) for end in range(length, 0, -size))


def _judged(judge: Judge, exchanges: Sequence[Exchange], wanted: Signature, closed: bool) -> Witness | None:
    """What exchanges show by themselves; None unless the last of them shows the signature."""
    history = judge.history(closed)
    steps: list[Step] = []
    seen: list[Violation] = []
    violations: list[Violation] = []
    for each in exchanges:
        step, violations = history.see(each)
        steps.append(step)
        seen += violations
    shown = next((each for each in violations if each.signature == wanted), None)
    if shown is None:
        return None
    first = next(each for each in seen if each is shown or each.explains(shown))
    return Witness(tuple(steps), shown, first.signature, True, first.index)
