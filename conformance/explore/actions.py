"""What can be asked? Calls as data: tuples of small integers."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from conformance.explore.bodies import AWKWARD_IDS

FILTERS = 7
"""So many ways to filter a list are tried."""
PARTS = (1, 2, 3)
"""By which bodies an action asks for the first items of a history, those after them, and those after the last."""
LONG_TALK = 120
"""No conversation of a scripted flow has more items than this."""
CROWD = 52
"""So many sessions a scripted flow makes at most: many a server keeps, or lists, no more than twenty or fifty."""
VARIATIONS_A_FLOW = 12
"""So many unusual bodies are put into one scripted flow."""


class Wrongness(IntEnum):
    """The single thing that is wrong with a call, or unusual.

    ABSENT: an id that never existed. GONE: an id that was deleted (for a create: used again). FOREIGN: another
    owner's id (for a create: the same id under a second owner). DUPLICATE: a create with an id in use. INVALID: a
    body that violates the spec in one leaf. AWKWARD: a legal but awkward value. AWKWARD_ID: a create with a legal but
    awkward id. REPEAT: the same body as in the call of this binding before. NO_CREDENTIALS, WRONG_CREDENTIALS: none, or
    some that no server knows. SPLIT: the session is named twice, and differently. STRAY_ITEM: an item that the session
    does not hold: one that never existed, one that was released, or another session's. ALMOST: an id that never
    existed, and is almost that of a session; `body` says how.
    """

    NONE = 0
    ABSENT = 1
    GONE = 2
    FOREIGN = 3
    DUPLICATE = 4
    INVALID = 5
    AWKWARD = 6
    AWKWARD_ID = 7
    REPEAT = 8
    NO_CREDENTIALS = 9
    WRONG_CREDENTIALS = 10
    SPLIT = 11
    STRAY_ITEM = 12
    ALMOST = 13


class Action(NamedTuple):
    """One call to be made: which binding, which session made so far, which owner, which body, what is wrong with it.

    For a create an even `session` leaves the id to the server, an odd one chooses it. With ABSENT, `session` 0 makes up
    an id, and higher ones use again those that were made up before. For a list it says which page: all, the first of
    many, or the one after that which was seen last; and `body` how it is filtered. For a history `body` says whether
    all of it is asked for, or which of the `PARTS`; for a transition which status, for a cleanup whether nothing or
    everything is old enough.
    """

    binding: int
    session: int = 0
    owner: int = 0
    body: int = 0
    wrongness: int = Wrongness.NONE


Flow = tuple[Action, ...]


def leaves_behind(action: Action) -> bool:
    """Whether a create may make a session that cannot be deleted again: its id has a slash in it."""
    return action.wrongness == Wrongness.AWKWARD_ID and "/" in AWKWARD_IDS[action.body % len(AWKWARD_IDS)]
