"""What does an API call its sessions, and who plays which role in their life? The noun under which most is played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from conformance.draft.begun import begun
from conformance.draft.implicit import LIKELY, implicit
from conformance.draft.moves import with_moves
from conformance.draft.places import without_kept
from conformance.draft.references import carried, kinds
from conformance.draft.roles import RUNS, Cast, explicit, on_item
from conformance.draft.shapes import Shape
from conformance.draft.words import SESSIONS, Words, key


def cast(shapes: Sequence[Shape], about: str = "") -> Cast:
    """Who plays which role, under the noun that fits best. `about` is what the document says of itself."""
    return with_moves(_cast(shapes, about), shapes)


def _cast(shapes: Sequence[Shape], about: str) -> Cast:
    """Who plays which role, but for what leads to one status.

    Sessions that something makes come before those that are made by the first call on them; but what is seldom a
    session, and that nothing is said in, comes after these.
    """
    known = {word for each in shapes for word in (*each.name, *_static(each), *_input_words(each))}
    nouns = [noun for noun in SESSIONS if noun in known]
    found = [explicit(noun, shapes) for noun in nouns]
    if not any(each.makers for each in found):
        found += [explicit(noun, shapes) for noun in sorted(_talked_in(shapes) - set(nouns))]
    made = _surest([each for each in found if each.makers])
    if made is not None and (SESSIONS.get(made.noun, 0) >= LIKELY or any(made.playing(role) for role in RUNS)):
        return _with_items(made, shapes)
    first = _surest([each for noun in nouns if (each := implicit(noun, shapes, about))])
    if first is not None:
        return begun(first)
    return _with_items(made, shapes) if made else _surest(found) or Cast("")


def _surest(found: Sequence[Cast]) -> Cast | None:
    """The cast that fits best."""
    return max(found, key=lambda each: each.score, default=None)


def _with_items(found: Cast, shapes: Sequence[Shape]) -> Cast:
    """The cast, and what names items that runs answer."""
    runs = [each.shape for role in RUNS for each in found.playing(role)]
    known = kinds(runs, found.noun, shapes)
    bound = {each.shape.id for each in found.guesses}
    free = [(each, item) for each in shapes if each.id not in bound and (item := carried(each, found.noun, known))]
    more = [guess for each, item in free if (guess := on_item(found.noun, each, item))]
    return without_kept(replace(found, guesses=(*found.guesses, *more), kinds=tuple(known)))


def _static(shape: Shape) -> Words:
    """The words of the path."""
    return tuple(word for part in shape.segments if not part.startswith("{") for word in key(part) or (part,))


def _input_words(shape: Shape) -> Words:
    """The words of everything that is taken."""
    return tuple(word for each in shape.inputs for word in each.words)


def _talked_in(shapes: Sequence[Shape]) -> set[str]:
    """What else something can be said in: nouns whose id stands in the path before messages, as in /rooms/{room_id}."""
    found: set[str] = set()
    for shape in shapes:
        for part, after, last in zip(shape.segments, shape.segments[1:], shape.segments[2:], strict=False):
            if after.startswith("{") and not part.startswith("{") and set(key(last)) & {"message", "turn"}:
                found |= set(key(part)[-1:])
    return found
