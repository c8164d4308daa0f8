"""How well does an operation fit a role? One function a role: None if it cannot play it, else points with reasons."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from conformance.draft.again import makes_or_finds
from conformance.draft.sessions import bare_id, ids, items, searched, whole, wholes
from conformance.draft.shapes import Input, Shape
from conformance.draft.speech import message_of
from conformance.draft.words import (
    ADDS,
    AGES,
    CLEANUPS,
    CREATES,
    DELETES,
    ENDS,
    ENRICHES,
    HISTORIES,
    IN_AND_OUT,
    LISTS,
    LOGINS,
    NO_GROUPS,
    READS,
    RUNS,
    STREAMS,
    TRANSITIONS,
    some,
)


@dataclass(slots=True)
class Score:
    """Adds up reasons."""

    total: float = 0.0
    reasons: list[str] = field(default_factory=list)

    def add(self, applies: object, points: float, reason: str = "") -> None:
        """Count a reason if it applies."""
        if applies:
            self.total += points
            if reason:
                self.reasons.append(reason)


def says(shape: Shape, noun: str, lexicon: Collection[str]) -> bool:
    """Whether the first verb of an operation is one of some."""
    return shape.verb(noun) in lexicon


def _item(shape: Shape, noun: str) -> bool:
    """Whether the path is that of one session, with nothing behind."""
    at = shape.anchor(noun)
    rest = shape.segments[at + 1 :] if at is not None else ()
    return len(rest) == 1 and rest[0].startswith("{")


def _collection(shape: Shape, noun: str) -> bool:
    """Whether the path is that of all sessions."""
    return shape.anchor(noun) == len(shape.segments) - 1 and not shape.tail(noun)[0]


def _needs_id(shape: Shape, noun: str) -> bool:
    """Whether a session has to be named."""
    return any(each.required for each in ids(shape, noun))


def create(noun: str, shape: Shape) -> Score | None:
    """Makes a session: a write on the collection, or a call that says so, that answers the id or takes one."""
    chosen = ids(shape, noun)
    shown = whole(shape, noun) or bare_id(shape, noun)
    made = shown or (shape.located if _collection(shape, noun) or says(shape, noun, CREATES) else None)
    if shape.method not in ("POST", "PUT") or not shape.itself(noun) or not (made or chosen):
        return None
    given = _collection(shape, noun) and all(each.place == "body" for each in chosen)
    puts = shape.method == "PUT" and _item(shape, noun) and makes_or_finds(shape.prose)
    if logs_in(shape) or (_needs_id(shape, noun) and not (given or puts or says(shape, noun, CREATES))):
        return None
    score = Score()
    score.add(puts, 9, f"PUT of one {noun}, which it makes if there is none")
    score.add(says(shape, noun, CREATES), 4, f"its name says {shape.verb(noun)!r}")
    collection = _collection(shape, noun) and shape.method == "POST"
    score.add(collection, 4, f"{shape.method} on the collection of {noun}s")
    score.add(shown, 2, f"its answer holds the id of {some(noun)}")
    score.add(made and not shown, 1, f"the header {made} of its answer holds the address of {some(noun)}")
    score.add(chosen and not made, 1, f"it takes the id of a new {noun}")
    score.add(chosen and not made and message_of(shape) and not says(shape, noun, CREATES), -6)
    score.add(says(shape, noun, READS | LISTS | DELETES | ENDS | CLEANUPS | TRANSITIONS), -6)
    score.add(says(shape, noun, ENRICHES) and not puts, -3)
    return score


def begins(noun: str, shape: Shape) -> bool:
    """Whether an operation looks as if it made a session, although nothing tells which: no id is taken or answered."""
    new = says(shape, noun, CREATES) or (_collection(shape, noun) and message_of(shape) is None)
    shows = wholes(shape, noun) is not None or says(shape, noun, LISTS | READS | DELETES | CLEANUPS)
    mute = not ids(shape, noun) and not shows and not logs_in(shape)
    return shape.method == "POST" and shape.direct(noun) and new and mute


def logs_in(shape: Shape) -> bool:
    """Whether it asks for what only a login needs."""
    return any(set(each.words) & LOGINS for each in shape.inputs)


def read(noun: str, shape: Shape) -> Score | None:
    """Shows one session: a GET of the item, a call that says so, or a search that has to name it."""
    if not ids(shape, noun) or not shape.direct(noun) or shape.foreign(noun):
        return None
    shown = whole(shape, noun) or searched(shape, noun)
    if not (shape.method == "GET" or says(shape, noun, READS | LISTS)) or not (shown or shape.unspecified):
        return None
    score = Score()
    score.add(_item(shape, noun) and shape.method == "GET", 4, f"GET of one {noun}")
    score.add(says(shape, noun, READS | LISTS), 3, f"its name says {shape.verb(noun)!r}")
    score.add(whole(shape, noun), 3, f"its answer is {some(noun)} with its id")
    score.add(searched(shape, noun), 3, f"it has to name {some(noun)}, and its answer holds that in an array")
    score.add(set(shape.tail(noun)[0]) - READS - LISTS, -4)
    return score


def listing(noun: str, shape: Shape) -> Score | None:
    """Shows many sessions: its answer holds an array of them."""
    shown = wholes(shape, noun)
    if _needs_id(shape, noun) or shown is None or shape.method not in ("GET", "POST"):
        return None
    score = Score()
    score.add(True, 3, f"its answer holds an array of {noun}s")
    score.add(says(shape, noun, LISTS | READS), 3, f"its name says {shape.verb(noun)!r}")
    score.add(_collection(shape, noun) and shape.method == "GET", 4, f"GET of the collection of {noun}s")
    score.add(not shape.direct(noun), -1)
    score.add(says(shape, noun, CREATES | DELETES | CLEANUPS), -6)
    return score


def run(noun: str, shape: Shape) -> Score | None:
    """Says something in a session: it names the session, and carries a message."""
    found = message_of(shape)
    named = ids(shape, noun)
    if not named or found is None or shape.method not in ("POST", "PUT", "GET") or _params_beyond(shape, noun):
        return None
    verbs = spoken(noun, shape)
    score = Score()
    score.add(True, 3, f"it names {some(noun)} and carries a message")
    score.add(verbs & RUNS, 3, f"its name says {', '.join(sorted(verbs & RUNS)[:2])!r}")
    score.add(shape.method == "POST", 1)
    score.add(any(word in shape.prose for word in ("agent", "assistant", "reply", "respon", "appends")), 0.5)
    score.add(verbs & {"wait", "sync"}, 1, "it waits for the end")
    score.add({*verbs, *shape.summary} & {"async", "background"}, -1)
    score.add(shape.direct(noun) and says(shape, noun, CREATES), -6)
    score.add(says(shape, noun, READS | LISTS | DELETES | ENRICHES - {"put", "set"}) and not verbs & RUNS, -6)
    score.add(shape.method == "GET" and not _streaming(shape, noun), -6)
    return score


def spoken(noun: str, shape: Shape) -> set[str]:
    """The words that say what is done; the thing itself, as in `chat`, if nothing else is said."""
    return set(shape.verbs(noun)) | ({noun} if shape.name == (noun,) else set())


def _params_beyond(shape: Shape, noun: str) -> bool:
    """Whether the path goes on, behind the thing, to something else that has an id of its own."""
    return shape.anchor(noun) is not None and bool(shape.tail(noun)[1])


def _streaming(shape: Shape, noun: str) -> bool:
    """Whether it answers a stream of events, by its media type, or by its name if nothing else is described."""
    if shape.choice is not None:
        return False
    return not shape.outputs and (shape.streams or bool(set(shape.verbs(noun)) & STREAMS))


def stream(noun: str, shape: Shape) -> Score | None:
    """Says something in a session, and is answered by a stream of events."""
    score = run(noun, shape)
    if score is None or not _streaming(shape, noun):
        return None
    why = "its answer is a stream" if shape.streams else "its name says that it streams"
    score.add(True, 3, why)
    return score


def history(noun: str, shape: Shape) -> Score | None:
    """Shows what was said in a session: its answer holds an array of items."""
    found = items(shape, noun)
    if not ids(shape, noun) or shape.foreign(noun) or found is None or message_of(shape):
        return None
    verbs = set(shape.verbs(noun))
    shown = whole(shape, noun)
    if shown and shape.direct(noun):
        return None
    asks = shape.method == "GET" or says(shape, noun, READS | LISTS) or verbs & HISTORIES
    if not asks or shape.method not in ("GET", "POST"):
        return None
    score = Score()
    score.add(True, 3, "its answer holds an array of items")
    score.add(verbs & HISTORIES, 3, f"its name says {', '.join(sorted(verbs & HISTORIES)[:1])!r}")
    score.add(shape.method == "GET" or says(shape, noun, READS | LISTS), 1)
    score.add(says(shape, noun, CREATES | DELETES) or verbs & ADDS, -6)
    return score


def enrich(noun: str, shape: Shape) -> Score | None:
    """Writes attributes of a session: it names one, and carries an object in which anything may stand."""
    if not ids(shape, noun) or shape.foreign(noun) or not groups_of(shape):
        return None
    if shape.method not in ("PUT", "PATCH", "POST"):
        return None
    verbs = set(shape.verbs(noun))
    score = Score()
    score.add(shape.method in ("PUT", "PATCH"), 3, f"{shape.method} changes what is there")
    score.add(verbs & ENRICHES, 4, f"its name says {', '.join(sorted(verbs & ENRICHES)[:1])!r}")
    score.add(_item(shape, noun), 2, f"it is sent to one {noun}")
    score.add(True, 1, f"it carries {', '.join(each.name or 'a body' for each in groups_of(shape))} for anything")
    score.add(says(shape, noun, CREATES | READS | LISTS | DELETES | CLEANUPS), -6)
    score.add(message_of(shape) and not verbs & ENRICHES, -6)
    return score


def groups_of(shape: Shape, *, any_name: bool = False) -> list[Input]:
    """The attribute groups that a request can carry; what says how the call is made is none.

    What goes in and comes out is one only if it is kept, whatever its name.
    """
    never = NO_GROUPS - IN_AND_OUT if any_name else NO_GROUPS
    return [each for each in shape.open_groups() if not set(each.words[-1:]) & never]


def delete(noun: str, shape: Shape) -> Score | None:
    """Takes a session away: DELETE of the item, or a call that says so."""
    if not ids(shape, noun) or not shape.itself(noun) or shape.foreign(noun) or groups_of(shape):
        return None
    score = Score()
    score.add(shape.method == "DELETE", 6, f"DELETE of one {noun}")
    score.add(says(shape, noun, DELETES), 6, f"its name says {shape.verb(noun)!r}")
    ends = says(shape, noun, ENDS) and shape.method == "POST" and status_input(shape) is None
    score.add(ends, 5, f"its name says {shape.verb(noun)!r}, and nothing else ends {some(noun)}")
    return score


def status_input(shape: Shape) -> Input | None:
    """The input that says which status a session is to have."""
    for each in shape.inputs:
        choice = each.words[-1:] == ("status",) or (
            each.words[-1:] in (("state",), ("phase",)) and "enum" in each.schema
        )
        if choice and each.scalar and "object" not in each.types and len(each.pointer) < 3:
            return each
    return None


def transition(noun: str, shape: Shape) -> Score | None:
    """Takes a session from one status to another."""
    found = status_input(shape)
    if not ids(shape, noun) or found is None or shape.method not in ("POST", "PUT", "PATCH"):
        return None
    verbs = set(shape.verbs(noun))
    score = Score()
    score.add(True, 3, f"it carries {found.name!r}")
    score.add(verbs & (TRANSITIONS | ENDS | {"state"}), 4, "its name speaks of the status")
    score.add(shape.method in ("PUT", "PATCH"), 1)
    score.add(shape.direct(noun), 1)
    score.add(says(shape, noun, CREATES), -6)
    return score


def age_input(shape: Shape) -> Input | None:
    """The input that says how old sessions must be."""
    found = [each for each in shape.inputs if set(each.words) & AGES and len(each.pointer) < 3]
    return next((each for each in found if not each.types or each.types & {"integer", "number", "string"}), None)


def cleanup(noun: str, shape: Shape) -> Score | None:
    """Takes old sessions away, whichever they are."""
    if (
        ids(shape, noun)
        or shape.method not in ("POST", "DELETE")
        or not (noun in shape.name or _static_noun(shape, noun))
    ):
        return None
    said = set(shape.verbs(noun)) & CLEANUPS
    score = Score()
    score.add(said, 5, f"its name says {', '.join(sorted(said))!r}")
    score.add(age_input(shape) and (said or shape.method == "DELETE"), 3, "it takes an age")
    score.add(shape.method == "DELETE", 2, "it deletes, and names none")
    return score


def _static_noun(shape: Shape, noun: str) -> bool:
    """Whether the path names the thing."""
    return shape.anchor(noun) is not None


JUDGES: dict[str, Callable[[str, Shape], Score | None]] = {
    "create": create,
    "read": read,
    "list": listing,
    "run": run,
    "stream": stream,
    "history": history,
    "enrich": enrich,
    "transition": transition,
    "delete": delete,
    "cleanup": cleanup,
}
"""How an operation is scored for each role, in the order of a session's life."""
