"""Where do two values differ, and are two items one?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from conformance.expressions import MISSING, Json, remove, resolve, resolve_each
from conformance.profile import ItemShape
from conformance.values import DEEP, Awkward, every_kind, same


def differences(expected: Json, shown: Json) -> Iterator[tuple[str | None, Json, Json]]:
    """The members in which two values differ: name, expected, got; one without a name if they are no objects."""
    if not isinstance(expected, dict) or not isinstance(shown, dict):
        if not same(expected, shown):
            yield None, expected, shown
        return
    for key, value in expected.items():
        got = shown.get(key, MISSING)
        if value is not MISSING and (got is MISSING or not same(value, got)):
            yield key, value, got
    if len(shown) != len(expected) or shown.keys() != expected.keys():
        for key, got in shown.items():
            if key not in expected:
                yield key, MISSING, got


def without_nulls(value: Json, depth: int = 0) -> Json:
    """A value without the members that are null, as far down as values are plain: APIs differ in what they make of
    these."""
    if depth >= DEEP:
        return value
    if isinstance(value, dict):
        return {key: without_nulls(item, depth + 1) for key, item in value.items() if item is not None}
    return [without_nulls(item, depth + 1) for item in value] if isinstance(value, list) else value


def kinds_at_odds(expected: Json, got: Json, depth: int = 0) -> frozenset[Awkward]:
    """All kinds of awkward things in what two values differ in: what is the same in both is not to blame."""
    nothing: frozenset[Awkward] = frozenset()
    if depth >= DEEP:
        return every_kind(expected, depth) | {Awkward.DEEP}
    if isinstance(expected, dict) and isinstance(got, dict):
        missing = {key: value for key, value in expected.items() if key not in got}
        pairs = [(value, got[key]) for key, value in expected.items() if key in got]
        if missing or not all(same(*pair) for pair in pairs):
            found = every_kind(missing, depth) if missing else nothing
            return found.union(*(kinds_at_odds(*pair, depth + 1) for pair in pairs if not same(*pair)))
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        pairs = [pair for pair in zip(expected, got, strict=True) if not same(*pair)]
        return nothing.union(*(kinds_at_odds(*pair, depth + 1) for pair in pairs))
    return every_kind(got if expected is MISSING else expected, depth)


def all_among(items: Iterable[Json], history: list[Json], shape: ItemShape) -> bool:
    """Whether each of some items stands in a history."""
    return all(those(each, history, shape) for each in items)


def core(item: Json, shape: ItemShape) -> Json:
    """An item without its id and its time."""
    for place in (shape.id, shape.time):
        item = item if place is None else remove(item, place)
    return item


def those(item: Json, among: Sequence[Json], shape: ItemShape) -> list[Json]:
    """Those of some items that are this one."""
    if shape.id is None:
        return [each for each in among if same(item, each)]
    named = resolve(item, shape.id)
    names = resolve_each(among, shape.id)
    return [each for index, each in enumerate(among) if names[index] == named and same_item(item, each, shape)]


def same_item(left: Json, right: Json, shape: ItemShape) -> bool:
    """Whether two items are one: by id and message where the profile says where these sit, else by everything."""
    if shape.id is None:
        return same(left, right)
    if not same(resolve(left, shape.id), resolve(right, shape.id)):
        return False
    return shape.message is None or same(resolve(left, shape.message), resolve(right, shape.message))
