"""What does a profile say of one operation? The table of a role, entry by entry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from conformance.draft.answers import found_again, statuses
from conformance.draft.judges import age_input, groups_of, status_input
from conformance.draft.owners import owner_of
from conformance.draft.paging import paging
from conformance.draft.places import Places, listed
from conformance.draft.returns import accepted
from conformance.draft.roles import Guess
from conformance.draft.sessions import bare_id, ids
from conformance.draft.shapes import Input
from conformance.draft.table import Entry, Table
from conformance.draft.words import BESIDE, EVENTS, LIVELY, UNITS, key, names_id, some, words
from conformance.profile import HISTORY, STATUS, Again


def binding(guess: Guess, found: Places, array: bool) -> Table:
    """The table of one operation in its role."""
    entries = (
        Entry("operation", guess.shape.id),
        *_when(guess),
        *_owner(guess, found),
        *_session(guess, found),
        *_BY_ROLE.get(guess.role, _nothing)(guess, found),
        *accepted(guess, found),
        *statuses(guess, found),
    )
    why = (f"{guess.shape.operation}: {'; '.join(guess.reasons)}.",)
    return Table(guess.role, entries, why, tuple(_unfilled(guess, found)), array)


def _nothing(guess: Guess, found: Places) -> Iterator[Entry]:
    """A role that carries nothing of its own."""
    del guess, found
    return iter(())


def _when(guess: Guess) -> Iterator[Entry]:
    """By what a request asks for this role of its operation; what it does if it says nothing needs no words."""
    choice = guess.shape.choice
    if choice is None or guess.streamed is None or (guess.streamed is choice.streams and not choice.needed):
        return
    yield Entry("when", {choice.input.text: choice.streamed if guess.streamed else choice.whole})


def _owner(guess: Guess, found: Places) -> Iterator[Entry]:
    """Who owns the session."""
    if owner := owner_of(guess.shape, found.owner, found.noun):
        yield Entry("owner", [each.text for each in owner])


def session_input(guess: Guess, found: Places) -> Input | None:
    """The input that names the session, which no listing, no cleanup and no message that begins one does."""
    if guess.role in ("list", "cleanup") or guess.speaks:
        return None
    return guess.link or next(iter(ids(guess.shape, found.noun)), None)


def _session(guess: Guess, found: Places) -> Iterator[Entry]:
    """Which session is meant."""
    named = session_input(guess, found)
    if named is None:
        return
    others = [each for each in ids(guess.shape, found.noun) if each.text != named.text]
    needed = [each.text for each in also(guess, found)]
    free = [each.text for each in others if each.text not in needed]
    said = [f"All of these are needed, and have to name the same {found.noun}."] if needed else []
    said += [f"It may stand in {', '.join(free)} as well, which stays out."] if free else []
    if found.cast.implicit and not named.required and bare_id(guess.shape, found.noun):
        said.append("Where it is left out the server makes one: that is not judged.")
    gap = f"make sure that {named.name} is the id of {some(found.noun)}, or take this table away" if guess.link else ""
    yield Entry("session", [named.text, *needed] if needed else named.text, " ".join(said), gap)
    if guess.item is not None:
        yield Entry("item", guess.item.text)


def also(guess: Guess, found: Places) -> list[Input]:
    """The further inputs that name the session, without which there is no call."""
    named = session_input(guess, found)
    others = ids(guess.shape, found.noun) if named and named.required and not guess.link else []
    return [each for each in others if each.required and named and each.text != named.text]


def _attributes(guess: Guess, found: Places) -> Iterator[Entry]:
    """The attribute groups that the request carries."""
    groups = {
        name: each.text for each in groups_of(guess.shape, any_name=True) if (name := found.named(each, guess.shape))
    }
    if groups:
        yield Entry("attributes", groups)


def _create(guess: Guess, found: Places) -> Iterator[Entry]:
    """A create may carry attributes, and a history to begin with; or it is the first message."""
    yield from _attributes(guess, found)
    if guess.speaks:
        yield from _message(guess, found)
        return
    if found_again(guess, found) is Again.ENRICHES and groups_of(guess.shape, any_name=True):
        yield _merge(guess)
    place = found.session.history
    for each in guess.shape.inputs if place else ():
        given = each.place == "body" and "array" in each.types and "0" not in each.pointer
        if given and place and words(each.name) == words(place[-1]):
            yield Entry(HISTORY, each.text)


def _run(guess: Guess, found: Places) -> Iterator[Entry]:
    """A run carries a message, and an agent may write the state, or lead the session to another status."""
    yield from _message(guess, found)
    lively = [name for name in found.session.groups if set(words(name)) & LIVELY]
    told = ["Its name says that an agent may write it; take it out if that is not allowed."] if lively else []
    if len(status_values(found)) > 1 and not found.cast.playing("transition"):
        lively.append(STATUS)
        told.append("Nothing else leads to another status.")
    if lively:
        yield Entry("changes", lively, " ".join(told))


def _message(guess: Guess, found: Places) -> Iterator[Entry]:
    """The message that the request carries."""
    said = found.message(guess.shape)
    if said is not None:
        why = "Guessed: no text is named in it." if said.guessed else ""
        yield Entry("message", said.input.text, why)


def _enrich(guess: Guess, found: Places) -> Iterator[Entry]:
    """An enrichment carries attributes, and meets what is there in one of three ways."""
    yield from _attributes(guess, found)
    yield _merge(guess)
    if _records_events(found):
        yield Entry("changes", [HISTORY], "The history holds events, and a change may be recorded as one.")


def _merge(guess: Guess) -> Entry:
    """How what is written meets what is there."""
    prose = guess.shape.prose
    deltas = [each.name for each in groups_of(guess.shape) if set(each.words) & {"delta", "patch"}]
    if deltas:
        return Entry("merge", "shallow", f"What it carries is called {deltas[0]}: the other keys stay.")
    if "merge" in prose or "other keys" in prose:
        how = "deep" if "deep" in prose or "recursive" in prose else "shallow"
        return Entry("merge", how, "The spec says that it merges.")
    if "replace" in prose or "overwrit" in prose:
        return Entry("merge", "replace", "The spec says that it replaces.")
    how = "replace" if guess.shape.method == "PUT" else "shallow"
    gap = "the spec does not say which: shallow keeps the other keys, deep those within objects too, replace none"
    return Entry("merge", how, gap=gap)


def _records_events(found: Places) -> bool:
    """Whether a history holds events rather than messages."""
    place = found.session.history
    return place is not None and bool(set(words(place[-1])) & EVENTS)


def _transition(guess: Guess, found: Places) -> Iterator[Entry]:
    """A transition carries the new status, or always leads to one."""
    del found
    if guess.to is not None:
        yield Entry("to", guess.to)
    elif wanted := status_input(guess.shape):
        yield Entry("status", wanted.text)


def _cleanup(guess: Guess, found: Places) -> Iterator[Entry]:
    """A cleanup takes an age, in some unit."""
    age = age_input(guess.shape)
    if age is not None:
        yield Entry("age", age.text)
        named = next((unit for unit in UNITS if unit in age.words), None)
        said = named or next((unit for unit in UNITS if unit in guess.shape.prose), None)
        gap = "" if named else "the spec does not say in which unit the age is"
        yield Entry("unit", f"{said or 'day'}s", gap=gap)
    spared = [each for each in status_values(found) if _spares(guess.shape.prose, each.lower())]
    if spared:
        yield Entry("spares", spared, "The spec names it where it describes the cleanup.")


def _spares(prose: str, status: str) -> bool:
    """Whether a text says that sessions in a status stay."""
    word = rf"\b{re.escape(status)}\b"
    kept = r"\b(?:not|except|but|unless|never|keeps?|spares?|other than)\b"
    return re.search(rf"{kept}[^.;]*{word}|{word}[^.;]*\b(?:stay|kept|spared|remain)", prose) is not None


def _delete(guess: Guess, found: Places) -> Iterator[Entry]:
    """A delete may be refused in some statuses."""
    if guess.item is None and (spared := kept(guess.shape.prose, status_values(found))):
        yield Entry("spares", spared, "The spec says in which statuses it is refused.")


def kept(prose: str, statuses: Sequence[str]) -> list[str]:
    """The statuses in which a session cannot be deleted, as far as a text says so."""
    for sentence in re.split(r"[.;]\s", prose):
        named = [each for each in statuses if re.search(rf"\b{re.escape(each.lower())}\b", sentence)]
        if named and len(named) < len(statuses):
            if _ALONE.search(sentence):
                return [each for each in statuses if each not in named]
            if _BARRED.search(sentence):
                return named
    return []


_ALONE = re.compile(
    r"\b(?:only|unless|until|must (?:first )?be|has to be|have to be|is not(?! (?:deleted|removed))|not yet)\b"
)
_BARRED = re.compile(r"\b(?:cannot|can ?not|can't|not (?:be )?(?:deleted|removed)|refused|rejected|while|still)\b")
"""How texts say that sessions can be deleted in some statuses alone, or cannot be in some."""


def status_values(found: Places) -> list[str]:
    """The values that a session's status may have, as far as they are listed."""
    if found.session.status is None:
        return []
    return listed(found.schemas, found.schemas.at(found.session.schema, found.session.status))


_BY_ROLE = {
    "create": _create,
    "run": _run,
    "stream": _run,
    "enrich": _enrich,
    "transition": _transition,
    "delete": _delete,
    "cleanup": _cleanup,
    "list": paging,
    "history": paging,
}


# --- gaps -------------------------------------------------------------------------------------------------------------


def _unfilled(guess: Guess, found: Places) -> Iterator[str]:
    """What the operation needs, and no key of a profile carries; and what it answers for no reason that is told."""
    values = status_values(found)
    clashes = guess.role == "delete" and guess.item is None and guess.shape.operation.documented(409) is not None
    if clashes and len(values) > 1 and not kept(guess.shape.prose, values):
        yield f"409 is documented: if some statuses allow no delete, say so, as in spares = {json.dumps(values[:1])}"
    shape, named = guess.shape, session_input(guess, found)
    sessions = (named, guess.item, *also(guess, found))
    carried = {each.text for each in (*owner_of(shape, found.owner, found.noun), *sessions) if each}
    said = found.message(shape)
    carried |= {said.input.text} if said and guess.role in ("run", "stream") else set()
    wanted = (status_input(shape), age_input(shape))
    carried |= {each.text for each in wanted if each and guess.role in ("transition", "cleanup")}
    carried |= {shape.choice.input.text} if shape.choice and guess.streamed is not None else set()
    for each in shape.inputs:
        if each.required and each.text not in carried:
            yield from _gap(each)


def _gap(needed: Input) -> Iterator[str]:
    """What to do for an input that nothing carries."""
    if needed.place != "body":
        yield f"it needs the {needed.place} parameter {needed.name!r}: say one under [values]"
        return
    telling = {"enum", "const", "example", "examples", "default"} & needed.schema.keys()
    foreign = names_id(needed.name) or set(key(needed.name)) & BESIDE
    if foreign and needed.scalar and not telling and "0" not in needed.pointer:
        yield f"{needed.name} is sent as 'text': say one that the server knows under [values]"
