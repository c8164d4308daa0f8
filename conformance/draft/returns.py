"""What does an accepted answer hold, and where? A session, many, items, an id alone, or nothing that is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.draft.owners import contains
from conformance.draft.places import Places, omits_of
from conformance.draft.references import answered
from conformance.draft.roles import RUNS, Guess
from conformance.draft.sessions import bare_id, items, searched, whole, wholes
from conformance.draft.table import Entry
from conformance.expressions import MISSING, Pointer, pointer_text
from conformance.profile import HISTORY


def accepted(guess: Guess, found: Places) -> Iterator[Entry]:
    """What an accepted answer holds, and where."""
    if guess.role in RUNS:
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
    """A session, or at least its id; of a session that a message begins the id alone."""
    if guess.speaks and (begun := bare_id(guess.shape, found.noun)):
        yield Entry("returns", "id")
        yield from _at(begun)
        return
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
    elif guess.role == "create" and (header := guess.shape.located):
        yield Entry("returns", "id")
        yield Entry("at", f"$response.header.{header}", "The id is the last segment of the address that it holds.")
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
    if guess.role == "stream" and (guess.streamed or not guess.shape.outputs):
        yield from _frames(guess, found)
        return
    shown = items(guess.shape, found.noun)
    seen = found.item.schema is not MISSING
    if shown is not None and seen and found.item.fits(found.schemas, shown.item):
        yield Entry("returns", HISTORY)
        yield from _at(shown.pointer)
        return
    if seen and (one := _one(guess, found)) is not None:
        yield Entry("returns", "item", "It has the schema of the history's items.")
        yield from _at(one)
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


def _one(guess: Guess, found: Places) -> Pointer | None:
    """Where an answer holds an object that is described as the items of the history are."""
    same = (
        each for each in guess.shape.outputs if each.item is None and each.schema == found.item.plain(found.schemas)
    )
    return next((each.pointer for each in same if found.schemas.names(each.schema)), None)


def _frames(guess: Guess, found: Places) -> Iterator[Entry]:
    """The frames of a stream, if they are items of the history."""
    content = replace(guess.shape.operation, streams=True).success_content()
    schema = content.schema if content else {}
    known = bool(found.schemas.names(schema))
    if known and found.item.message is not None and found.item.fits(found.schemas, schema):
        yield Entry("returns", HISTORY, "Its frames have the schema of the history's items.")
    if contains(found.schemas, schema, ("error",)):
        why = "" if known else "The spec does not describe the frames; a last frame with `error` is what many send."
        yield Entry("failed", "$response.body#/error", why)
