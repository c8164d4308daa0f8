"""Which operation plays which role? Each is scored for each role, with the reasons; the best one gets it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from conformance.draft.judges import JUDGES, Score, groups_of, says
from conformance.draft.references import Kind, takes_away
from conformance.draft.sessions import ids
from conformance.draft.shapes import Input, Shape
from conformance.draft.speech import carries_code, message_of
from conformance.draft.words import ASIDE, DELETES, ENDS, ENRICHES, EVALUATES, SESSIONS, key, names_id, some

ENOUGH = 5.0
"""An operation that scores less plays no role."""
MANY = frozenset({"create", "enrich"})
"""Roles that several operations may play."""
RUNS = ("run", "stream")


@dataclass(frozen=True, slots=True)
class Guess:
    """That an operation plays a role: how sure, and why. `link` is the foreign id that is taken for the session's,
    `item` the input that names an item of the session, `to` the status that it leads to, `streamed` whether it is the
    stream, or the run, of an operation that can be both. `speaks`: a create that is a message and names no session."""

    role: str
    shape: Shape
    score: float
    reasons: tuple[str, ...]
    link: Input | None = None
    item: Input | None = None
    to: str | None = None
    streamed: bool | None = None
    speaks: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays which role, if sessions are called by a noun.

    `kinds` are the items that calls answer, and later calls name. `implicit`: nothing makes a session but the first
    call on it; `told`: the document says so.
    """

    noun: str
    guesses: tuple[Guess, ...] = ()
    kinds: tuple[Kind, ...] = ()
    implicit: bool = False
    told: bool = False

    def playing(self, role: str) -> list[Guess]:
        """The operations that play a role, the surest first."""
        return [each for each in self.guesses if each.role == role]

    @property
    def makers(self) -> list[Guess]:
        """The operations that make sessions: those that say so, or else runs."""
        runs = [each for each in self.guesses if each.role in RUNS and each.item is None]
        return runs if self.implicit else self.playing("create")

    @property
    def written(self) -> frozenset[str]:
        """The names of what callers may write when they make or enrich a session."""
        writes = [each.shape for each in self.guesses if each.role in ("create", "enrich")]
        return frozenset(each.name for shape in writes for each in shape.inputs if each.place == "body")

    @property
    def score(self) -> float:
        """How well the noun fits: what plays a role, once a role, weighed by the noun."""
        best = {each.role: each.score for each in reversed(self.guesses)}
        whole_life = 2.0 if {"create", "read"} <= best.keys() else 1.0 if "create" in best else 0.2
        return sum(best.values()) * whole_life * (SESSIONS.get(self.noun, 1) / 10)


def explicit(noun: str, shapes: Sequence[Shape]) -> Cast:
    """Who plays which role for one noun, where something makes sessions."""
    guesses = [found for shape in shapes if (found := best(noun, shape))]
    guesses += _linked(noun, shapes, guesses)
    guesses = both_ways(guesses)
    chosen: list[Guess] = []
    for role in JUDGES:
        ranked = sorted((each for each in guesses if each.role == role), key=lambda each: -each.score)
        chosen += ranked if role in MANY else ranked[:1]
    return Cast(noun, tuple(chosen))


def both_ways(guesses: Sequence[Guess]) -> list[Guess]:
    """The guesses; and where a run can be streamed on request, that as well."""
    found: list[Guess] = []
    for each in guesses:
        choice = each.shape.choice if each.role == "run" and each.item is None else None
        if choice is None:
            found.append(each)
            continue
        why = (*each.reasons, f"{choice.input.text} says whether its answer is a stream")
        found += [replace(each, streamed=False), replace(each, role="stream", reasons=why, streamed=True)]
    return found


def best(noun: str, shape: Shape) -> Guess | None:
    """The role that fits an operation best."""
    if set(shape.verbs(noun)) & ASIDE - {noun} - (EVALUATES if carries_code(shape) else set()):
        return None
    found = [Guess(role, shape, score.total, tuple(score.reasons)) for role, score in _scores(noun, shape)]
    surest = max(found, key=lambda each: each.score, default=None)
    return surest if surest and surest.score >= ENOUGH else None


def on_item(noun: str, shape: Shape, item: Input) -> Guess | None:
    """The role of an operation that names an item of a session: it releases that, or works on it."""
    whose = f"{item.text} names an item of the {noun}"
    if takes_away(shape, noun):
        how = f"its name says {shape.verb(noun)!r}" if shape.verb(noun) in DELETES | ENDS else shape.method
        return Guess("delete", shape, ENOUGH, (how, f"{whose}, so that is released, and not the {noun}"), item=item)
    if message_of(shape) is None or shape.method not in ("POST", "PUT"):
        return None
    return Guess("run", shape, ENOUGH, (f"it names {some(noun)} and carries what is to be done", whose), item=item)


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
            unsaid = f"nothing says that {named[0].name} names {some(noun)}"
            why = f"it takes {', '.join(shared)}, as the create does; {unsaid}"
            yield Guess("enrich", shape, ENOUGH, (why,), named[0])
