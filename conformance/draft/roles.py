"""Which operation plays which role? Each is scored for each role, with the reasons; the best one gets it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.draft.judges import JUDGES, Score, groups_of, says
from conformance.draft.sessions import ids
from conformance.draft.shapes import Input, Shape
from conformance.draft.words import ASIDE, ENRICHES, SESSIONS, Words, key, names_id

ENOUGH = 5.0
"""An operation that scores less plays no role."""
MANY = frozenset({"create", "enrich"})
"""Roles that several operations may play."""


@dataclass(frozen=True, slots=True)
class Guess:
    """That an operation plays a role: how sure, and why. `link` is the foreign id that is taken for the session's."""

    role: str
    shape: Shape
    score: float
    reasons: tuple[str, ...]
    link: Input | None = None


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays which role, if sessions are called by a noun."""

    noun: str
    guesses: tuple[Guess, ...] = ()

    def playing(self, role: str) -> list[Guess]:
        """The operations that play a role, the surest first."""
        return [each for each in self.guesses if each.role == role]

    @property
    def score(self) -> float:
        """How well the noun fits: what plays a role, once a role, weighed by the noun."""
        best = {each.role: each.score for each in reversed(self.guesses)}
        whole_life = 2.0 if {"create", "read"} <= best.keys() else 1.0 if "create" in best else 0.2
        return sum(best.values()) * whole_life * (SESSIONS.get(self.noun, 1) / 10)


def cast(shapes: Sequence[Shape]) -> Cast:
    """Who plays which role, under the noun that fits best."""
    known = {word for each in shapes for word in (*each.name, *_static(each), *_input_words(each))}
    nouns = [noun for noun in SESSIONS if noun in known]
    found = [_cast(noun, shapes) for noun in nouns]
    if not any(each.playing("create") for each in found):
        found += [_cast(noun, shapes) for noun in sorted(_talked_in(shapes) - set(nouns))]
    return max(found, key=lambda each: each.score, default=Cast(""))


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


def _cast(noun: str, shapes: Sequence[Shape]) -> Cast:
    """Who plays which role for one noun."""
    guesses = [best for shape in shapes if (best := _best(noun, shape))]
    guesses += _linked(noun, shapes, guesses)
    chosen: list[Guess] = []
    for role in JUDGES:
        ranked = sorted((each for each in guesses if each.role == role), key=lambda each: -each.score)
        chosen += ranked if role in MANY else ranked[:1]
    return Cast(noun, tuple(chosen))


def _best(noun: str, shape: Shape) -> Guess | None:
    """The role that fits an operation best."""
    if set(shape.verbs(noun)) & ASIDE - {noun}:
        return None
    found = [Guess(role, shape, score.total, tuple(score.reasons)) for role, score in _scores(noun, shape)]
    best = max(found, key=lambda each: each.score, default=None)
    return best if best and best.score >= ENOUGH else None


def _scores(noun: str, shape: Shape) -> Iterator[tuple[str, Score]]:
    """The score of an operation for each role that it can play at all."""
    for role, judge in JUDGES.items():
        score = judge(noun, shape)
        if score is not None:
            yield role, score


def _linked(noun: str, shapes: Sequence[Shape], guesses: Sequence[Guess]) -> Iterator[Guess]:
    """Enrichments that name something else which may be the session: it takes several of a create's own groups."""
    if any(each.role == "enrich" for each in guesses):
        return
    given = {key(group.name) for each in guesses if each.role == "create" for group in groups_of(each.shape)}
    for shape in shapes:
        shared = [each.name for each in groups_of(shape) if key(each.name) in given]
        named = [each for each in shape.inputs if each.required and names_id(each.name) and not ids(shape, noun)]
        if len(shared) > 1 and named and (shape.method in ("PUT", "PATCH") or says(shape, noun, ENRICHES)):
            why = f"it takes {', '.join(shared)}, as the create does; nothing says that {named[0].name} names a {noun}"
            yield Guess("enrich", shape, ENOUGH, (why,), named[0])
