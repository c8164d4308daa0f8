"""Which flows are tried? Lists of small integers: scripted openings first, then what Hypothesis generates.

No draw ever sees an answer, so nothing is flaky: what an integer means is decided by the walk, from the sessions
made so far.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator, Sequence

from hypothesis import strategies as st

from conformance.drawing import draw
from conformance.explore.actions import Action, Flow, Wrongness
from conformance.explore.bodies import DRAWN, PLAIN
from conformance.explore.openings import Script
from conformance.profile import Profile, Role

BATCH, HAND = 10, 10
"""So many draws are made at a time, and so many flows are drawn at once: a draw costs more than what is drawn."""
SHORTEST, LONGEST = 4, 20
"""So many actions at least, and at most, a generated flow has after its two creates."""


def flows(profile: Profile, min_size: int = 4, max_size: int = 20) -> st.SearchStrategy[Flow]:
    """A strategy for flows that begin with two sessions, simplest first; for `@given` tests, together with `walk`."""
    for binding in profile.bindings:  # drawn now, since nothing can be drawn within a test that draws
        profile.spec.draw(binding.operation, DRAWN, 0)
    return _flows(profile, min_size, max_size)


def _flows(profile: Profile, min_size: int, max_size: int) -> st.SearchStrategy[Flow]:
    """Flows that Hypothesis can shrink, action by action."""
    deck = _Deck(profile)
    numbers = st.tuples(*(st.integers(0, len(digit) - 1) for digit in deck.digits))
    return st.lists(numbers, min_size=min_size, max_size=max_size).map(
        lambda rest: (*deck.opening, *itertools.starmap(deck.action, rest))
    )


def _hands(profile: Profile) -> st.SearchStrategy[tuple[Flow, ...]]:
    """Several flows as one block of bytes: that is fast, and what a run finds is not for Hypothesis to shrink."""
    size = _BLOCK.size * HAND
    deck = _Deck(profile)
    return st.binary(min_size=size, max_size=size).map(
        lambda block: tuple(deck.dealt(*numbers) for numbers in _BLOCK.iter_unpack(block))
    )


_BLOCK = struct.Struct(f">BB{LONGEST}I")


class _Deck:
    """Every action that is drawn, as three numbers: few draws are fast, and small ranges are drawn evenly."""

    def __init__(self, profile: Profile) -> None:
        script = Script(profile)
        self.opening = (script.create(), script.create(session=1, body=1))
        weights = {Role.CREATE: 2, Role.READ: 3, Role.RUN: 3, Role.STREAM: 2, Role.ENRICH: 4, Role.TRANSITION: 2}
        bindings = [index for index, each in enumerate(profile.bindings) for _ in range(weights.get(each.role, 1))]
        never = {Wrongness.NONE, Wrongness.AWKWARD_ID}
        if not profile.credentials.required:
            never |= {Wrongness.NO_CREDENTIALS, Wrongness.WRONG_CREDENTIALS}
        if not any(binding.also for binding in profile.bindings):
            never |= {Wrongness.SPLIT}
        if not profile.names_items:
            never |= {Wrongness.STRAY_ITEM}
        unusual = [each for each in Wrongness if each not in never]
        wrongness = [Wrongness.NONE] * 16 + unusual
        bodies = [*range(PLAIN)] * 12 + [*range(12 * PLAIN)]
        self.digits: tuple[Sequence[tuple[int, ...]], ...] = (
            [(binding, session) for session in range(6) for binding in bindings],
            [(kind, owner) for owner in range(max(2, profile.owners)) for kind in wrongness],
            [(body,) for body in bodies],
        )

    def action(self, first: int, second: int, third: int) -> Action:
        """The action of three numbers."""
        binding, session = self.digits[0][first]
        wrongness, owner = self.digits[1][second]
        return Action(binding, session, owner, self.digits[2][third][0], wrongness)

    def dealt(self, first: int, second: int, *numbers: int) -> Flow:
        """The flow of a block: two numbers for its length, short ones more often, and one for each action."""
        spread = LONGEST - SHORTEST + 1
        length = SHORTEST + min(first % spread, second % spread)
        return (*self.opening, *map(self._numbered, numbers[:length]))

    def _numbered(self, number: int) -> Action:
        """The action of one number."""
        number, first = divmod(number, len(self.digits[0]))
        number, second = divmod(number, len(self.digits[1]))
        return self.action(first, second, number % len(self.digits[2]))


def generated(profile: Profile, seed: int, shard: tuple[int, int] = (0, 1)) -> Iterator[Flow]:
    """Flows without end: batch after batch, each seeded by its number. A shard (i, n) takes every n-th batch."""
    strategy = _hands(profile)
    number, step = shard
    while True:
        yield from _batch(strategy, seed * 1_000_003 + number)
        number += step


def _batch(strategy: st.SearchStrategy[tuple[Flow, ...]], seed: int) -> list[Flow]:
    """One batch of flows, all different."""
    found: dict[Flow, None] = {}
    draw(strategy, BATCH, seed, lambda hand: found.update(dict.fromkeys(hand)))
    return list(found)
