"""How does an API hand out long lists? Limits, offsets, cursors, the order and filters."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.draft.owners import owner_of
from conformance.draft.places import Places
from conformance.draft.roles import Guess
from conformance.draft.sessions import ids
from conformance.draft.shapes import Input
from conformance.draft.table import Entry
from conformance.draft.words import AFTER, CURSORS, DIRECTIONS, LIMITS, MORE, NUMBERS, OFFSETS, ORDERS, words
from conformance.expressions import pointer_text


def paging(guess: Guess, found: Places) -> Iterator[Entry]:
    """How a list or a history is paged, ordered and filtered."""
    taken = {each.text for each in (*owner_of(guess.shape, found.owner, found.noun), *ids(guess.shape, found.noun))}
    free = [each for each in guess.shape.inputs if each.text not in taken and len(each.pointer) < 3 and each.name]
    limit = _first(free, LIMITS, {"integer"})
    offset = _first([each for each in free if each is not limit], OFFSETS, {"integer"})
    number = None if offset else _first([each for each in free if each is not limit], NUMBERS, {"integer"})
    cursor = _first(free, CURSORS, {"string"})
    size = None if limit is None else _size(limit)
    number = number if limit is not None or size else None
    named = (("limit", limit), ("offset", offset), ("number", number), ("cursor", cursor))
    yield from (Entry(name, each.text) for name, each in named if each is not None)
    if cursor is not None and (following := _next(guess)):
        yield Entry("next", following)
    elif cursor is not None and set(cursor.words) & AFTER:
        yield Entry("next", "last", "No answer tells another cursor: by its name, it is the id of the last one shown.")
    if more := _more(guess):
        yield Entry("more", more)
    if size:
        yield Entry("page", size, "So many are answered where no limit is given.")
    if order := _order(guess, free):
        yield Entry("order", order)
    if filters := {name: each.text for each in free if (name := _filter(each, found))}:
        yield Entry("filters", filters)


def _first(inputs: list[Input], lexicon: frozenset[str], types: set[str]) -> Input | None:
    """The first input of a kind that has one of some words in its name."""
    fitting = (each for each in inputs if each.types & types and set(each.words) & lexicon)
    return next((each for each in fitting if "integer" in types or "format" not in each.schema), None)


def _next(guess: Guess) -> str | None:
    """Where an answer holds the cursor of the next page."""
    for each in guess.shape.outputs:
        found = words(each.name)
        if each.types & {"string"} and ("next" in found or found == ("cursor",)):
            return f"$response.body#{pointer_text(each.pointer)}"
    return None


def _more(guess: Guess) -> str | None:
    """Where an answer says whether there is a further page."""
    told = (each for each in guess.shape.outputs if each.types & {"boolean"} and set(words(each.name)) & MORE)
    return next((f"$response.body#{pointer_text(each.pointer)}" for each in told), None)


def _size(limit: Input) -> int | None:
    """How many a page holds by default."""
    return next((each for each in (limit.schema.get("default"),) if isinstance(each, int) and each > 0), None)


def _order(guess: Guess, inputs: list[Input]) -> str | None:
    """What is said to come first, by the default of a parameter or in words."""
    for each in inputs:
        default = str(each.schema.get("default", "")).lower()
        if set(each.words) & ORDERS and default in DIRECTIONS:
            return DIRECTIONS[default]
    prose = guess.shape.prose
    if any(each in prose for each in ("newest first", "latest first", "most recent first", "reverse chronological")):
        return "newest"
    return "oldest" if any(each in prose for each in ("oldest first", "chronological", "earliest first")) else None


def _filter(each: Input, found: Places) -> str | None:
    """What an input filters by: the status, so far."""
    place = found.session.status
    return place[-1] if place is not None and each.words == words(place[-1]) else None
