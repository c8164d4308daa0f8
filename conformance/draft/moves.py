"""Which operations lead to one status? Those that are called as a status that sessions show, as `POST …/close`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.draft.judges import status_input
from conformance.draft.places import canonical, status_values_of
from conformance.draft.roles import ENOUGH, Cast, Guess
from conformance.draft.sessions import ids
from conformance.draft.shapes import Shape
from conformance.draft.speech import message_of

_AGAIN = ("active", "open", "opened", "running", "started", "in_progress", "ongoing")
_OVER = ("ended", "closed", "completed", "finished", "terminated", "stopped", "done", "inactive")
_OTHERWISE = {
    **dict.fromkeys(("open", "reopen", "activate", "reactivate", "resume", "unpause", "restart", "start"), _AGAIN),
    **dict.fromkeys(("restore", "unarchive", "unlock", "continue"), _AGAIN),
    **dict.fromkeys(("end", "close", "finish", "complete", "terminate", "stop"), _OVER),
    **dict.fromkeys(("deactivate", "disable"), ("inactive", "disabled")),
    **dict.fromkeys(("pause", "suspend", "hold"), ("paused", "suspended", "on_hold")),
}
"""What verbs lead to that have no status of their own, the likeliest first."""


def with_moves(found: Cast, shapes: Sequence[Shape]) -> Cast:
    """The cast, and what leads to one status: such an operation ends no session, which shows that status afterwards."""
    shown = canonical(found)
    values = [] if shown is None else status_values_of(found, shown)
    free = {each.shape.id for each in found.guesses if each.role != "delete" or each.shape.method == "DELETE"}
    moves = [guess for each in shapes if each.id not in free and (guess := _move(each, found.noun, values))]
    moved = {each.shape.id for each in moves}
    kept = [each for each in found.guesses if each.shape.id not in moved]
    return replace(found, guesses=(*kept, *moves)) if moves else found


def _move(shape: Shape, noun: str, values: Sequence[str]) -> Guess | None:
    """That an operation leads to one of some statuses; None if it does not say so, or needs to be told something."""
    if shape.method not in ("POST", "PUT", "PATCH") or not ids(shape, noun) or shape.foreign(noun):
        return None
    said = message_of(shape)
    if status_input(shape) is not None or (said is not None and said.input.required):
        return None
    for verb in _verbs(shape, noun):
        if status := status_after(verb, values):
            return Guess(
                "transition", shape, ENOUGH, (f"its name says {verb!r}, and sessions can be {status!r}",), to=status
            )
    return None


def _verbs(shape: Shape, noun: str) -> Iterator[str]:
    """What is done to the thing: the one word behind it in the path, or the one beside it in the name."""
    static, params = shape.tail(noun)
    named = tuple(each for each in shape.name if each not in (noun, "api"))
    if shape.anchor(noun) is not None and (params or len(static) != 1):
        return
    yield from (*static[:1], *(named if len(named) == 1 else ()))


def status_after(verb: str, values: Sequence[str]) -> str | None:
    """The status to which a verb leads: what was closed is `closed`."""
    plain = {each.lower().replace("-", "_"): each for each in values}
    wanted = (*_participles(verb), *_OTHERWISE.get(verb, ()))
    return next((plain[each] for each in wanted if each in plain), None)


def _participles(verb: str) -> tuple[str, ...]:
    """How what was done may be called."""
    if verb.endswith("e"):
        return (f"{verb}d",)
    stem = f"{verb[:-1]}i" if verb.endswith("y") else verb
    return (f"{stem}ed", f"{verb}{verb[-1:]}ed")
