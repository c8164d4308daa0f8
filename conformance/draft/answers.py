"""How does an answer say no? Statuses and codes for a session that is missing, an id that is taken, a wrong request."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import takewhile

from conformance.draft.again import again
from conformance.draft.implicit import says_implicit
from conformance.draft.judges import JUDGES
from conformance.draft.places import Places
from conformance.draft.roles import RUNS, Guess
from conformance.draft.sessions import ids
from conformance.draft.shapes import Shape
from conformance.draft.table import Entry
from conformance.draft.words import BARRED, ENDED, NOT_THERE, TAKEN, WRONG, some, words
from conformance.expressions import pointer_text
from conformance.operations import Operation
from conformance.profile import Again
from conformance.profile_file import valid_keys

MISSING, DUPLICATE, INVALID = (404, 410), (400, 409, 422), (400, 422)
"""What most servers answer, where the spec does not say."""


def statuses(guess: Guess, found: Places) -> Iterator[Entry]:
    """What answers mean no; and that a run makes the session that is not there."""
    refusals = _refusals(guess, found)
    if not makes(guess, found):
        yield from refusals
        return
    yield from (each for each in refusals if each.key != "missing")
    yield _creates(guess, found)


def _creates(guess: Guess, found: Places) -> Entry:
    """That a run makes its session, and how surely that is known."""
    cast, noun = found.cast, found.noun
    if not cast.implicit or says_implicit(guess.shape.prose, found.noun):
        return Entry("missing", "creates", f"The spec says that it makes {some(noun)} that is not there.")
    if guess is not cast.makers[0]:
        return Entry("missing", "creates")
    if cast.told:
        return Entry(
            "missing", "creates", f"No operation makes {some(noun)}; the spec says that the first call on it does."
        )
    gap = (
        f"no operation makes {some(noun)}, and the spec does not say where one comes from: make sure that a call with "
        "an id that nobody has is accepted, here and below; if it is not, no profile can say how sessions begin"
    )
    return Entry("missing", "creates", gap=gap)


def _refusals(guess: Guess, found: Places) -> Iterator[Entry]:
    """What answers mean no."""
    codes = error_codes(guess.shape, found.cast.written)
    if codes is not None:
        yield from _codes(guess, *codes)
        if "ended" not in valid_keys(guess.role) or not codes[1]:
            yield from _undocumented(guess, found)
    else:
        yield from _undocumented(guess, found)
    if codes is None and found.session.status is not None:
        yield from _by_status(guess)
    if found_again(guess, found):
        return
    if codes is None and _may_clash(guess, found):
        yield Entry("duplicate", [409], "It is documented, and an id that is taken is what it fits.")


def _by_status(guess: Guess) -> Iterator[Entry]:
    """How a call is refused because of the session's status."""
    name = {"transition": "forbidden", "run": "ended", "stream": "ended"}.get(guess.role)
    if name and guess.shape.operation.documented(409) is not None:
        yield Entry(name, [409], "It is documented, and a conflict with the status is what it fits.")


def found_again(guess: Guess, found: Places) -> Again | None:
    """What a create does with a session that is there already, if the spec says so."""
    return again(guess.shape.prose) if guess.role == "create" and ids(guess.shape, found.noun) else None


def _may_clash(guess: Guess, found: Places) -> bool:
    """Whether a create that is given an id documents a conflict."""
    return guess.role == "create" and bool(ids(guess.shape, found.noun)) and "409" in guess.shape.operation.answers


def _undocumented(guess: Guess, found: Places) -> Iterator[Entry]:
    """Where the spec documents no refusal of a kind, the usual ones are named: a profile's word counts as well."""
    operation, noun = guess.shape.operation, found.noun
    if guess.role == "delete" and not _any(operation, MISSING):
        what = f"an item of the {noun}" if guess.item else f"{some(noun)}"
        gap = f"the spec documents nothing for {what} that is not there: a success, or else write [404] or so"
        yield Entry("missing", [operation.success()], gap=gap)
    elif guess.role not in _NEW and not _any(operation, MISSING):
        said = f"the spec does not say how a missing {noun} is answered, here and below"
        said += ': "empty" if it is shown as one that holds nothing' if guess.role in ("read", "history") else ""
        gap = "" if _said_above(guess, found) else said
        yield Entry("missing", list(MISSING), "" if gap else "None of them is documented.", gap)
    elif guess.item is not None and _alike(operation):
        yield Entry("missing", [400, 404], f"Both are documented alike for {some(noun)} or an item that is not there.")
    there = found_again(guess, found)
    if there is not None:
        yield Entry("duplicate", str(there), "The spec says what becomes of a session that is there already.")
    elif guess.role == "create" and ids(guess.shape, noun) and not _any(operation, DUPLICATE):
        yield Entry("duplicate", list(DUPLICATE), "None of them is documented.")
    if operation.request is not None and not _any(operation, range(400, 500)):
        yield Entry("invalid", list(INVALID), "The spec documents no refusal.")


def _said_above(guess: Guess, found: Places) -> bool:
    """Whether an operation before this one in the file has the gap already."""
    before = takewhile(lambda each: each is not guess, found.cast.guesses)
    return any(
        each.role not in (*_NEW, "delete") and not makes(each, found) and not _any(each.shape.operation, MISSING)
        for each in before
    )


def _alike(operation: Operation) -> bool:
    """Whether two refusals are documented, and nothing tells them apart."""
    first, second = operation.documented(400), operation.documented(404)
    if first is None or second is None:
        return False
    return {name: each.schema for name, each in first.items()} == {name: each.schema for name, each in second.items()}


def _any(operation: Operation, statuses: Iterable[int]) -> bool:
    """Whether any of some statuses is documented."""
    return any(operation.documented(each) is not None for each in statuses)


def makes(guess: Guess, found: Places) -> bool:
    """Whether a run makes the session that is not there; one that needs an item of it cannot."""
    free = guess.role in RUNS and guess.item is None
    return free and (found.cast.implicit or says_implicit(guess.shape.prose, found.noun))


def error_codes(shape: Shape, written: Collection[str]) -> tuple[str, list[str]] | None:
    """Where a successful answer says that it failed after all, and the codes that are listed there.

    What callers write themselves is none of that: then a session has an error as it has a title.
    """
    for output in shape.outputs:
        if words(output.name)[-1:] == ("error",) and len(output.pointer) == 1 and output.name not in written:
            names = shape.schemas.names(output.schema)
            code = next((name for name in ("code", "type", "status") if name in names), None)
            if code is None:
                return pointer_text(output.pointer), []
            inner = shape.schemas.at(output.schema, (code,))
            listed = [value for each in shape.schemas.branches(inner) for value in each.get("enum", ())]
            return pointer_text((*output.pointer, code)), [each for each in listed if isinstance(each, str)]
    return None


def _codes(guess: Guess, pointer: str, listed: list[str]) -> Iterator[Entry]:
    """What the codes of a failure mean, where a profile can say so: the keys for that come together with `ended`."""
    yield Entry("failed", f"$response.body#{pointer}", "A success that holds it has failed after all.")
    if "ended" not in valid_keys(guess.role):
        return
    for name, lexicon in _MEANINGS:
        fitting = [code for code in listed if _means(code, name, lexicon)]
        if fitting and guess.role in _SAYS[name]:
            yield Entry(name, fitting)
            yield from [Entry("foreign", fitting)] if name == "missing" else []


_NEW = frozenset({"create", "list", "cleanup"})
_NAMING = frozenset(JUDGES) - _NEW
_MEANINGS = (
    ("missing", NOT_THERE),
    ("duplicate", TAKEN),
    ("invalid", WRONG),
    ("ended", ENDED),
    ("forbidden", BARRED),
)
_SAYS = {
    "missing": _NAMING,
    "duplicate": frozenset({"create"}),
    "invalid": frozenset(JUDGES),
    "ended": frozenset({"run", "stream"}),
    "forbidden": frozenset({"transition"}),
}
"""Which roles can be refused so."""


def _means(code: str, name: str, lexicon: Collection[str]) -> bool:
    """Whether a code says something, as `thread_not_found` does."""
    found = words(code)
    plain = set(found) | {code.lower()}
    return bool(plain & set(lexicon)) or (name == "missing" and "not" in found and "found" in found)
