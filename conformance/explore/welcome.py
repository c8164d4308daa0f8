"""Which operations accepted nothing? What needs them was not tested, whatever else the table says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from conformance.step import Step

ENOUGH = 5
"""So many calls without a success are told: fewer may all have been wrong in some way."""
_BREAK = re.compile(r"\s*\n\s*")


class Welcome:
    """Listens to the calls of a run, and tells of the operations that never accepted one."""

    def __init__(self) -> None:
        self._accepted: set[str] = set()
        self._calls: Counter[str] = Counter()
        self._first: dict[str, Step] = {}

    def hear(self, step: Step) -> None:
        """Take a call. One that is wrong by itself, or whose session is not there, is rightly turned away."""
        if step.binding is None or step.exchange.response is None:
            return
        operation = step.binding.operation.id
        if step.accepted:
            self._accepted.add(operation)
        elif not (step.wrong or step.surely_missing or step.postponed):
            self._calls[operation] += 1
            self._first.setdefault(operation, step)

    def notes(self) -> Iterator[str]:
        """What is to be known of each such operation."""
        for operation, calls in self._calls.items():
            if operation not in self._accepted and calls >= ENOUGH:
                got = _BREAK.sub(" ", self._first[operation].got)
                told = f"{operation} accepted none of {calls:,} calls that looked right, and what needs it is untested"
                yield f"{told}: is something missing under [values]? It answered first: {got}"
