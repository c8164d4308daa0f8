"""Does the first call on a session make it? Runs on sessions that no operation creates, and what belongs to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from conformance.draft.judges import JUDGES, begins, logs_in, spoken
from conformance.draft.places import without_kept
from conformance.draft.references import Kind, answered, carried, kinds
from conformance.draft.roles import ENOUGH, MANY, RUNS, Cast, Guess, best, both_ways, on_item
from conformance.draft.sessions import bare_id, ids
from conformance.draft.shapes import Shape
from conformance.draft.speech import message_of
from conformance.draft.words import ASIDE, IDS, SESSIONS, SPEAKS, STREAMS, some

SURE, LIKELY = 8, 6
"""So sure is a noun that means a session wherever it stands, and one that does so where it names a path."""
_MADE = r"\b(?:creat(?:es|ed)|makes|made|starts|started|opens|opened|begins|begun)\b"
_CALL = r"(?:call|request|message|use|run|turn)\b"
_ABSENT = r"\bdo(?:es)? not exist\b"
_SAYS = re.compile(
    rf"\bfirst {_CALL}[^.]{{0,60}}{_MADE}"
    rf"|{_MADE}[^.]{{0,60}}\b(?:by|on|with|at) (?:its|the) first {_CALL}"
    rf"|{_MADE}[^.]{{0,40}}\b(?:if|when)\b[^.]{{0,40}}{_ABSENT}|{_ABSENT}[^.]{{0,40}}{_MADE}"
    r"|\b(?:automatically|implicitly) (?:creat(?:es|ed)|made)\b"
    r"|\bcreat(?:es|ed) (?:automatically|implicitly|on the fly|on demand)\b"
)
"""How documents say that a run makes the session that is not there, in lower case."""


def says_implicit(prose: str, noun: str = "") -> bool:
    """Whether a text in lower case says that calls make their sessions; if a noun is given, in a sentence about one."""
    return any(noun in sentence and _SAYS.search(sentence) for sentence in re.split(r"[.;]\s", prose))


def implicit(noun: str, shapes: Sequence[Shape], about: str = "") -> Cast | None:
    """Who plays which role for one noun, where runs make the sessions; None if they are no such sessions.

    `about` is what the document says of itself.
    """
    told = says_implicit(about) or any(says_implicit(each.prose) for each in shapes if ids(each, noun))
    naming = [each for each in shapes if _names(each, noun, told)]
    if any(begins(noun, each) or _lets_in(each, noun) for each in shapes):
        return None
    known = kinds(naming, noun, naming)
    guesses = [guess for each in naming if (guess := _guess(noun, each, known))]
    others = [guess for each in shapes if each not in naming and (guess := best(noun, each))]
    guesses += [each for each in others if each.role in ("list", "cleanup")]
    found = without_kept(Cast(noun, tuple(_chosen(both_ways(guesses))), tuple(known), implicit=True, told=told))
    aside = [each for each in naming if _in_path(each, noun) or set(each.verbs(noun)) & ASIDE]
    writes = [each for each in naming if each.method != "GET" and each not in aside]
    bound = {each.shape.id for each in guesses}
    mostly = 2 * sum(each.id in bound for each in writes) >= len(writes)
    return found if found.makers and mostly else None


def _names(shape: Shape, noun: str, told: bool) -> bool:
    """Whether a call surely names a session: by an id, or by a word that means nothing else."""
    weight = SESSIONS.get(noun, 0)
    return any(
        (told or weight >= LIKELY) if each.place == "path" else each.words[-1] in IDS or weight >= SURE
        for each in ids(shape, noun)
        if each.words
    )


def _in_path(shape: Shape, noun: str) -> bool:
    """Whether the path is that of a session: then whatever it does belongs to that."""
    return any(each.place == "path" for each in ids(shape, noun))


def _lets_in(shape: Shape, noun: str) -> bool:
    """Whether it is a login that answers such a session: then it stands for who calls, not for what is talked about."""
    return logs_in(shape) and (noun in shape.name or shape.anchor(noun) is not None or bool(bare_id(shape, noun)))


def _guess(noun: str, shape: Shape, known: Sequence[Kind]) -> Guess | None:
    """The role of an operation that names a session."""
    item = carried(shape, noun, known)
    if item is not None:
        return on_item(noun, shape, item)
    found, answers = best(noun, shape), answered(shape, noun) in known
    if found is not None and found.role in RUNS:
        surely = spoken(noun, shape) & (SPEAKS | STREAMS if found.role == "stream" else SPEAKS)
        below = _in_path(shape, noun) and SESSIONS.get(noun, 0) >= SURE
        return found if surely or answers or below else None
    if answers and message_of(shape) is not None and shape.method != "GET":
        why = (f"it names {some(noun)} and carries what is to be done", "its answer can be named by later calls")
        return Guess("run", shape, ENOUGH, why)
    return None if found is None or found.role == "create" else found


def _chosen(guesses: Sequence[Guess]) -> Iterator[Guess]:
    """Of each role the surest; but all that is said in sessions, and all that names their items."""
    for role in JUDGES:
        ranked = sorted((each for each in guesses if each.role == role), key=lambda each: -each.score)
        plain = [each for each in ranked if each.item is None]
        yield from plain if role in (*MANY, *RUNS) else plain[:1]
        yield from (each for each in ranked if each.item is not None)
