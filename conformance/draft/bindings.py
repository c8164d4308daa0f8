"""What does a profile say of one operation? The table of a role, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.draft.answers import statuses
from conformance.draft.judges import age_input, groups_of, status_input
from conformance.draft.owners import contains, owner_of
from conformance.draft.paging import paging
from conformance.draft.places import Places, omits_of
from conformance.draft.references import answered
from conformance.draft.roles import Guess
from conformance.draft.sessions import bare_id, ids, items, searched, whole, wholes
from conformance.draft.shapes import Input
from conformance.draft.table import Entry, Table
from conformance.draft.words import ENDED, EVENTS, LIVELY, UNITS, names_id, words
from conformance.expressions import MISSING, pointer_text
from conformance.profile import HISTORY
from conformance.schemas import Schema


def binding(guess: Guess, found: Places, array: bool) -> Table:
    """The table of one operation in its role."""
    entries = (
        Entry("operation", guess.shape.id),
        *_owner(guess, found),
        *_session(guess, found),
        *_BY_ROLE.get(guess.role, _nothing)(guess, found),
        *_answer(guess, found),
        *statuses(guess, found),
    )
    why = (f"{guess.shape.operation}: {'; '.join(guess.reasons)}.",)
    return Table(guess.role, entries, why, tuple(_unfilled(guess, found)), array)


def _nothing(guess: Guess, found: Places) -> Iterator[Entry]:
    """A role that carries nothing of its own."""
    del guess, found
    return iter(())


def _owner(guess: Guess, found: Places) -> Iterator[Entry]:
    """Who owns the session."""
    if owner := owner_of(guess.shape, found.owner, found.noun):
        yield Entry("owner", [each.text for each in owner])


def session_input(guess: Guess, found: Places) -> Input | None:
    """The input that names the session, which no listing and no cleanup does."""
    if guess.role in ("list", "cleanup"):
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
    gap = f"make sure that {named.name} is the id of a {found.noun}, or take this table away" if guess.link else ""
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
    groups = {name: each.text for each in groups_of(guess.shape) if (name := found.named(each, guess.shape))}
    if groups:
        yield Entry("attributes", groups)


def _create(guess: Guess, found: Places) -> Iterator[Entry]:
    """A create may carry attributes, and a history to begin with."""
    yield from _attributes(guess, found)
    place = found.session.history
    for each in guess.shape.inputs if place else ():
        given = each.place == "body" and "array" in each.types and "0" not in each.pointer
        if given and place and words(each.name) == words(place[-1]):
            yield Entry(HISTORY, each.text)


def _run(guess: Guess, found: Places) -> Iterator[Entry]:
    """A run carries a message, and an agent may write the state."""
    said = found.message(guess.shape)
    if said is not None:
        why = "Guessed: no text is named in it." if said.guessed else ""
        yield Entry("message", said.input.text, why)
    lively = [name for name in found.session.groups if set(words(name)) & LIVELY]
    if lively:
        yield Entry("changes", lively, "Its name says that an agent may write it; take it out if that is not allowed.")


def _enrich(guess: Guess, found: Places) -> Iterator[Entry]:
    """An enrichment carries attributes, and meets what is there in one of three ways."""
    yield from _attributes(guess, found)
    prose = guess.shape.prose
    deltas = [each.name for each in groups_of(guess.shape) if set(each.words) & {"delta", "patch"}]
    if deltas:
        yield Entry("merge", "shallow", f"What it carries is called {deltas[0]}: the other keys stay.")
    elif "merge" in prose or "other keys" in prose:
        yield Entry(
            "merge", "deep" if "deep" in prose or "recursive" in prose else "shallow", "The spec says that it merges."
        )
    elif "replace" in prose or "overwrit" in prose:
        yield Entry("merge", "replace", "The spec says that it replaces.")
    else:
        how = "replace" if guess.shape.method == "PUT" else "shallow"
        gap = "the spec does not say which: shallow keeps the other keys, deep those within objects too, replace none"
        yield Entry("merge", how, gap=gap)
    if _records_events(found):
        yield Entry("changes", [HISTORY], "The history holds events, and a change may be recorded as one.")


def _records_events(found: Places) -> bool:
    """Whether a history holds events rather than messages."""
    place = found.session.history
    return place is not None and bool(set(words(place[-1])) & EVENTS)


def _transition(guess: Guess, found: Places) -> Iterator[Entry]:
    """A transition carries the new status."""
    del found
    if wanted := status_input(guess.shape):
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
    spared = [each for each in status_values(found) if f"{each} " in guess.shape.prose and each not in ENDED]
    if spared:
        yield Entry("spares", spared, "The spec names it where it describes the cleanup.")


def status_values(found: Places) -> list[str]:
    """The values that a session's status may have, as far as they are listed."""
    if found.session.status is None:
        return []
    return listed(found.schemas.branches(found.schemas.at(found.session.schema, found.session.status)))


def listed(branches: Iterator[Schema]) -> list[str]:
    """The strings that a schema lists."""
    return [value for each in branches for value in each.get("enum", ()) if isinstance(value, str)]


_BY_ROLE = {
    "create": _create,
    "run": _run,
    "stream": _run,
    "enrich": _enrich,
    "transition": _transition,
    "cleanup": _cleanup,
    "list": paging,
    "history": paging,
}


# --- answers ----------------------------------------------------------------------------------------------------------


def _answer(guess: Guess, found: Places) -> Iterator[Entry]:
    """What an accepted answer holds, and where."""
    if guess.role in ("run", "stream"):
        yield from _said(guess, found)
    elif guess.role == "history":
        shown = items(guess.shape, found.noun)
        yield from _at(shown.pointer if shown else ())
    elif guess.role == "list":
        yield from _listed(guess, found)
    elif guess.role in ("create", "read", "enrich", "transition"):
        yield from _session_shown(guess, found)


def _at(pointer: tuple[str, ...]) -> Iterator[Entry]:
    """Where in the answer."""
    if pointer:
        yield Entry("at", pointer_text(pointer))


def _session_shown(guess: Guess, found: Places) -> Iterator[Entry]:
    """A session, or at least its id."""
    shown, omits = whole(guess.shape, found.noun), omits_of(guess, found)
    if guess.role == "read":
        shown = shown or searched(guess.shape, found.noun)
    if shown is not None and omits is not None:
        yield Entry("returns", "session")
        yield from _at(shown.at)
        if omits:
            yield Entry("omits", omits, "The answer's schema has no place for it.")
    elif guess.role == "create" and (bare := bare_id(guess.shape, found.noun)):
        yield Entry("returns", "id")
        yield from _at(bare)
    elif guess.role == "read":
        yield Entry("returns", "nothing", "The spec does not say what the answer holds.")


def _listed(guess: Guess, found: Places) -> Iterator[Entry]:
    """Sessions; lists seldom show histories, even where the schema has a place for them."""
    shown = wholes(guess.shape, found.noun)
    if shown is None:
        return
    yield from _at(shown.at)
    lacking = found.session.omitted(found.schemas, shown.schema) or []
    why = "The schema of its sessions has no place for it." if lacking else ""
    if found.session.history is not None and HISTORY not in lacking:
        lacking, why = [*lacking, HISTORY], "Lists seldom show whole histories; take it out if this one does."
    if lacking:
        yield Entry("omits", lacking, why)


def _said(guess: Guess, found: Places) -> Iterator[Entry]:
    """The items that a run added, if their schema is that of the history."""
    if guess.role == "stream" and not guess.shape.outputs:
        yield from _frames(guess, found)
        return
    shown = items(guess.shape, found.noun)
    seen = found.item.schema is not MISSING
    if shown is not None and seen and found.item.fits(found.schemas, shown.item):
        yield Entry("returns", HISTORY)
        yield from _at(shown.pointer)
        return
    item = answered(guess.shape, found.noun)
    if item is not None and item in found.cast.kinds:
        yield Entry("returns", "item", f"It has an id of its own, {item.id}, by which later calls name it.")
        yield from _at(item.at)
        return
    held, omits = whole(guess.shape, found.noun), omits_of(guess, found)
    if held is not None and omits is not None and found.session.history is not None and HISTORY not in omits:
        yield Entry("returns", "session")
        yield from _at(held.at)


def _frames(guess: Guess, found: Places) -> Iterator[Entry]:
    """The frames of a stream, if they are items of the history."""
    content = guess.shape.operation.success_content()
    schema = content.schema if content else {}
    known = bool(found.schemas.names(schema))
    if known and found.item.message is not None and found.item.fits(found.schemas, schema):
        yield Entry("returns", HISTORY, "Its frames have the schema of the history's items.")
    if contains(found.schemas, schema, ("error",)):
        why = "" if known else "The spec does not describe the frames; a last frame with `error` is what many send."
        yield Entry("failed", "$response.body#/error", why)


# --- gaps -------------------------------------------------------------------------------------------------------------


def _unfilled(guess: Guess, found: Places) -> Iterator[str]:
    """What the operation needs, and no key of a profile carries."""
    shape, named = guess.shape, session_input(guess, found)
    sessions = (named, guess.item, *also(guess, found))
    carried = {each.text for each in (*owner_of(shape, found.owner, found.noun), *sessions) if each}
    said = found.message(shape)
    carried |= {said.input.text} if said and guess.role in ("run", "stream") else set()
    wanted = (status_input(shape), age_input(shape))
    carried |= {each.text for each in wanted if each and guess.role in ("transition", "cleanup")}
    for each in shape.inputs:
        if each.required and each.text not in carried:
            yield from _gap(each)


def _gap(needed: Input) -> Iterator[str]:
    """What to do for an input that nothing carries."""
    if needed.place != "body":
        yield f"it needs the {needed.place} parameter {needed.name!r}, which no key carries"
        return
    telling = {"enum", "const", "example", "examples", "default"} & needed.schema.keys()
    if names_id(needed.name) and needed.scalar and not telling and "0" not in needed.pointer:
        yield f"{needed.name} is sent as 'text': give it an `example` in the spec that the server knows"
