"""Does a message that names no session begin one? Creates that are runs, told by what they leave out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from conformance.draft.roles import RUNS, Cast, Guess
from conformance.draft.sessions import bare_id, ids
from conformance.draft.words import some
from conformance.expressions import MISSING


def begun(found: Cast) -> Cast:
    """The cast; and where nothing says that a call makes the session that it names, messages that name none as creates:
    if the session can be left out, and the answer tells which one was begun."""
    creates = () if found.told else tuple(_creates(found))
    return replace(found, guesses=(*creates, *found.guesses), implicit=False) if creates else found


def _creates(found: Cast) -> Iterator[Guess]:
    """The messages that begin a session."""
    for each in found.guesses:
        named = ids(each.shape, found.noun) if each.role in RUNS and each.item is None else []
        if named and not any(place.required for place in named) and _tells(each, found.noun):
            left_out = " and ".join(place.text for place in named)
            why = f"it carries a message, {left_out} can be left out, and its answer tells the id of {some(found.noun)}"
            yield replace(each, role="create", reasons=(why,), speaks=True)


def _tells(guess: Guess, noun: str) -> bool:
    """Whether the answer tells the id: where it is streamed, each event in the same place."""
    place = bare_id(guess.shape, noun)
    if place is None or guess.role == "run":
        return place is not None
    content = replace(guess.shape.operation, streams=True).success_content()
    return content is not None and guess.shape.schemas.at(content.schema, place) is not MISSING
