"""Was a request like this one accepted before? What was accepted once has to be accepted again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conformance.expressions import Json
from conformance.session import DISTINCTIVE
from conformance.step import Step

MAX_SHAPES: Final = 4_096
"""So many shapes of accepted requests are remembered."""

_OBJECT: Final = 0x3C6EF372FE94F82B
"""What an object is told by from a number."""

Shape = tuple[str, int]
"""What a request looked like: its operation, and the hash of its body without what is a session's own."""


class Accepted:
    """The shapes of the requests that were accepted."""

    def __init__(self) -> None:
        self._shapes: set[Shape] = set()
        self._last: tuple[Step | None, Shape] = (None, ("", 0))

    def note(self, step: Step) -> None:
        """Remember what an accepted request looked like."""
        if len(self._shapes) < MAX_SHAPES:
            self._shapes.add(self._shape(step))

    def like(self, step: Step) -> bool:
        """Whether a request of the same operation and shape was accepted before."""
        return not step.awkward and self._shape(step) in self._shapes

    def by(self, step: Step) -> Iterator[str]:
        """The operations by which a request with a body like this one was accepted before."""
        about = self._shape(step)[1]
        return (operation for operation, body in self._shapes if body == about)

    def any_of(self, operation: str) -> bool:
        """Whether any request of an operation was accepted before."""
        return any(operation == each for each, _ in self._shapes)

    def _shape(self, step: Step) -> Shape:
        """What a request looked like. Several ask it of one step, one after the other."""
        if self._last[0] is not step:
            self._last = (step, shape(step))
        return self._last[1]


def shape(step: Step) -> Shape:
    """What a request looked like: its operation, and its body with every distinctive string replaced by a star, beside
    the kinds of awkward values in it."""
    said = step.binding.said(step.asked) if step.binding else step.asked
    return (step.operation.id if step.operation else "", hash((_shape(said), step.awkward)))


def _shape(value: Json) -> object:
    """A value with every distinctive string replaced by a star, as something that has a hash."""
    if isinstance(value, str):
        return "*" if len(value) >= DISTINCTIVE else value
    if isinstance(value, dict):
        found = _OBJECT ^ len(value)
        for key, item in value.items():  # in whatever order they stand
            found ^= hash((key, _shape(item)))
        return found
    return tuple([_shape(item) for item in value]) if isinstance(value, list) else value
