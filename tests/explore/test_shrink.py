"""Tests of the search for the shortest flow, against attempts whose outcome is known."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from conformance.explore.actions import Action, Flow
from conformance.explore.shrink import REPLAYS, Shrunk, Sighting, Spent, shrink

NOISE = tuple(Action(0, number % 5, number % 2, number * 7) for number in range(12))


class Attempts:
    """Replays flows against a rule that says after how many actions a flow shows it, if it does."""

    def __init__(self, shows: Callable[[Flow], int | None], first: Callable[[Flow], bool] = lambda _: True) -> None:
        self.tried: list[Flow] = []
        self._shows = shows
        self._first = first

    async def __call__(self, flow: Flow) -> Sighting | None:
        """Replay one flow."""
        self.tried.append(flow)
        end = self._shows(flow)
        return None if end is None else Sighting(flow[:end], self._first(flow))


def contains(*bindings: int) -> Callable[[Flow], int | None]:
    """A flow shows it as soon as it has called these bindings in this order."""

    def shows(flow: Flow) -> int | None:
        left = list(bindings)
        for number, action in enumerate(flow, start=1):
            if left and action.binding == left[0]:
                left.pop(0)
            if not left:
                return number
        return None

    return shows


def shrunk(flow: Flow, attempts: Attempts, most: int = 1_000) -> Shrunk:
    """What comes of shrinking a flow."""
    return asyncio.run(shrink(flow, attempts, most))


def mixed(*bindings: int, seed: int = 0) -> Flow:
    """A long flow that calls these bindings in order, with noise before, between and after."""
    picks = random.Random(seed)
    flow: Flow = ()
    for binding in bindings:
        flow += tuple(picks.choices(NOISE, k=picks.randrange(5)))
        flow += (Action(binding, picks.randrange(6), picks.randrange(2), picks.randrange(60)),)
    return flow + NOISE


@pytest.mark.parametrize("seed", range(20))
def test_the_shortest_flow_is_found(seed: int) -> None:
    """Only what is needed is left, with every integer lowered to nothing."""
    found = shrunk(mixed(1, 2, 3, 2, seed=seed), Attempts(contains(1, 2, 3, 2)))
    assert found == Shrunk((Action(1), Action(2), Action(3), Action(2)), True)


def test_only_what_shows_it_is_accepted() -> None:
    """Integers that matter are kept, and so are actions."""

    def shows(flow: Flow) -> int | None:
        writes = [number for number, action in enumerate(flow, start=1) if action.binding == 1 and action.body >= 5]
        return writes[1] if len(writes) > 1 else None

    found = shrunk((*NOISE, Action(1, 3, 1, 40), *NOISE, Action(1, 2, 0, 23), *NOISE), Attempts(shows))
    assert found.reproduced
    assert len(found.flow) == 2
    assert shows(found.flow) == 2
    assert [(action.session, action.owner) for action in found.flow] == [(0, 0), (0, 0)]
    assert all(5 <= action.body < 10 for action in found.flow)


def test_what_comes_after_the_sighting_is_dropped() -> None:
    """The first replay cuts the flow where it was seen, before anything is tried."""
    attempts = Attempts(contains(1))
    flow = (Action(0), Action(1), *NOISE)
    assert asyncio.run(shrink(flow, attempts, REPLAYS)) == Shrunk((Action(0), Action(1)), True)
    assert attempts.tried == [flow, flow[:2], flow[:2]]


@pytest.mark.parametrize("good", range(REPLAYS))
def test_what_does_not_come_back_is_not_reproduced(good: int) -> None:
    """A flow that fails any one of the replays is given back as it was, and nothing else is tried."""
    attempts = Attempts(lambda flow: len(flow) if len(attempts.tried) <= good else None)
    flow = mixed(1, 2)
    assert shrunk(flow, attempts) == Shrunk(flow, False)
    assert attempts.tried == [flow] * (good + 1)


def test_a_first_violation_stays_the_first() -> None:
    """A shorter flow in which something else breaks before is not accepted."""
    attempts = Attempts(contains(2), first=lambda flow: any(action.binding == 1 for action in flow))
    assert shrunk(mixed(1, 2), attempts).flow == (Action(1), Action(2))


def test_a_flow_in_which_something_breaks_before_may_become_one_in_which_it_is_first() -> None:
    """Whatever is not the first violation may become it; from then on it stays so."""
    attempts = Attempts(contains(2), first=lambda flow: all(action.binding != 1 for action in flow))
    assert shrunk(mixed(1, 2), attempts).flow == (Action(2),)


@pytest.mark.parametrize("most", [3, 4, 10, 50])
def test_attempts_are_bounded(most: int) -> None:
    """No more replays are made than were granted, and what was found until then still shows it."""
    attempts = Attempts(contains(1, 2, 3))
    found = shrunk(mixed(1, 2, 3, seed=4), attempts, most)
    assert len(attempts.tried) <= most
    assert found.reproduced
    assert contains(1, 2, 3)(found.flow) is not None


def test_a_wrongness_is_kept_or_taken_away() -> None:
    """A wrongness never becomes another one, which would mean something else."""

    def shows(flow: Flow) -> int | None:
        return 1 if flow and flow[0].wrongness else None

    attempts = Attempts(shows)
    assert shrunk((Action(3, 1, 1, 9, 5), *NOISE), attempts).flow == (Action(3, 0, 0, 0, 5),)
    assert {action.wrongness for flow in attempts.tried for action in flow} == {0, 5}


def test_a_binding_is_never_changed() -> None:
    """What is called stays; only the other integers are lowered."""
    attempts = Attempts(lambda flow: 1 if flow else None)
    assert shrunk((Action(7, 5, 1, 9),), attempts).flow == (Action(7),)
    assert {action.binding for flow in attempts.tried for action in flow} == {7}


def test_what_was_found_before_the_budget_ended_counts() -> None:
    """A flow that came back each time is reproduced, and as short as it was by then."""
    tries = Attempts(contains(3, 4))

    async def attempt(flow: Flow) -> Sighting | None:
        if len(tries.tried) > REPLAYS + 12:
            raise Spent
        return await tries(flow)

    found = asyncio.run(shrink((*NOISE, Action(3), Action(4)), attempt, 200))
    assert found.reproduced
    assert len(found.flow) < len(NOISE) + 2


def test_a_budget_that_ends_before_the_replays_says_nothing() -> None:
    """Whether it would have come back is not known."""

    async def attempt(_: Flow) -> Sighting | None:
        raise Spent

    with pytest.raises(Spent):
        asyncio.run(shrink(NOISE, attempt, 200))
