"""What is a session? Pure functions from Session to Session: the sequential specification.

Nothing here does I/O, reads a clock or knows an invariant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from itertools import chain
from typing import Any, Final

from mypy_extensions import mypyc_attr

from conformance.expressions import MISSING, Json, Pointer, resolve
from conformance.profile import HISTORY, RUNS, STATUS, Again, Merge, Role
from conformance.records import Record, replace
from conformance.step import Outcome, Owner, Snapshot, Step
from conformance.values import Awkward, same

_DIGIT: Final = re.compile(r"[0-9]")

MAX_WRITES: Final = 32
"""So many writes to one part are remembered; with more the part becomes unknown."""
MAX_PART: Final = 2**18
"""A part of a session is remembered up to this weight; with more it becomes unknown."""
DISTINCTIVE: Final = 8
"""A string at least this long, in characters, and with a digit in it, tells who wrote it: others are common words."""
_WORD: Final = re.compile(rf"[\w-]{{{DISTINCTIVE},}}")


_EMPTY: Final[dict[str, Any]] = {}


class Status(Enum):
    """What is known of a session's existence."""

    ABSENT = "absent"
    LIVE = "live"
    GONE = "gone"
    UNCERTAIN = "uncertain"


@mypyc_attr(acyclic=True)
class Write(Record):
    """A write, or an attempt at one: what it carried for the part it is filed under, and what came of it.

    `said` is the message of a run, `items` what it answered. `may_change`: the profile lets it rewrite the part.
    `repeats`: it wrote what was there already. `replaces`: what it did not name is taken away. `dropped`: it carried
    attributes that are not kept. `implied`: it said nothing of the part, which begins with what the API gives it.
    """

    __slots__ = (
        "awkward",
        "dropped",
        "implied",
        "items",
        "may_change",
        "moment",
        "operation",
        "outcome",
        "repeats",
        "replaces",
        "role",
        "said",
        "sent",
        "unauthorized",
    )

    def __init__(
        self,
        role: Role,
        operation: str,
        outcome: Outcome,
        moment: int,
        sent: Json = MISSING,
        said: Json = MISSING,
        items: tuple[Json, ...] = (),
        may_change: bool = False,
        repeats: bool = False,
        replaces: bool = False,
        unauthorized: bool = False,
        dropped: bool = False,
        awkward: frozenset[Awkward] = frozenset(),
        implied: bool = False,
    ) -> None:
        self.role: Final = role
        self.operation: Final = operation
        self.outcome: Final = outcome
        self.moment: Final = moment
        self.sent: Final = sent
        self.said: Final = said
        self.items: Final = items
        self.may_change: Final = may_change
        self.repeats: Final = repeats
        self.replaces: Final = replaces
        self.unauthorized: Final = unauthorized
        self.dropped: Final = dropped
        self.awkward: Final = awkward
        self.implied: Final = implied

    @property
    def accepted(self) -> bool:
        """Whether it was answered with a success."""
        return self.outcome is Outcome.ACCEPTED

    @property
    def speaks(self) -> bool:
        """Whether something was said to the agent: by a run, or by a create that carries a message."""
        return self.role in RUNS or self.said is not MISSING


@mypyc_attr(acyclic=True)
class Part(Record):
    """An attribute group or the history: the expected value, and the writes since it was last seen whole.

    While it is not `whole`, only what was written is known; anything else may stand beside it. It is `echo` if it is
    whole only by the answer of a write. `replaced` are the distinctive texts in the place of which enrichments put
    something else.
    """

    __slots__ = ("echo", "moment", "replaced", "value", "whole", "writes")

    def __init__(
        self,
        value: Json,
        whole: bool = False,
        echo: bool = False,
        writes: tuple[Write, ...] = (),
        moment: int = 0,
        replaced: dict[str, str] = _EMPTY,
    ) -> None:
        self.value: Final = value
        self.whole: Final = whole
        self.echo: Final = echo
        self.writes: Final = writes
        self.moment: Final = moment
        self.replaced: Final = replaced


@mypyc_attr(acyclic=True)
class Session(Record):
    """One session, as far as it is known. `certain` is false from a failed write until a read settles it.

    `born` is the moment of its creation, `found` that of the last call that found it there; `updated` and `created` are
    the times that it was last shown with. `late` says whether a write to it was lost and may still land, `awkward` the
    kinds of awkward values that it was given. `touched` is when the last write to it began and ended, on the clock of
    the exchanges. `items` are those that calls can name: live, released, or uncertain.
    """

    __slots__ = (
        "awkward",
        "born",
        "certain",
        "created",
        "found",
        "id",
        "items",
        "late",
        "owner",
        "parts",
        "touched",
        "updated",
    )

    def __init__(
        self,
        id: str,
        owner: Owner,
        parts: dict[str, Part],
        certain: bool = True,
        born: int = 0,
        updated: Json = MISSING,
        created: Json = MISSING,
        late: bool = False,
        awkward: frozenset[Awkward] = frozenset(),
        touched: tuple[float, float] = (0.0, 0.0),
        items: dict[str, Status] = _EMPTY,
        found: int = 0,
    ) -> None:
        self.id: Final = id
        self.owner: Final = owner
        self.parts: Final = parts
        self.certain: Final = certain
        self.born: Final = born
        self.updated: Final = updated
        self.created: Final = created
        self.late: Final = late
        self.awkward: Final = awkward
        self.touched: Final = touched
        self.items: Final = items
        self.found: Final = found

    @property
    def status(self) -> Json:
        """The status that it should have, or MISSING if that is not known."""
        part = self.parts.get(STATUS)
        return MISSING if part is None else part.value


def merged(value: Json, change: Json, how: Merge) -> Json:
    """The value after an enrichment. What a null does differs between APIs, so such a member becomes unknown."""
    if how is Merge.REPLACE or not isinstance(value, dict) or not isinstance(change, dict):
        return change
    result = dict(value)
    for key, item in change.items():
        if item is None:
            result[key] = MISSING
        elif how is Merge.DEEP and isinstance(item, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], item, how)
        else:
            result[key] = item
    return result


def distinctive(text: str) -> bool:
    """Whether a string is so unusual that it tells who wrote it."""
    return len(text) >= DISTINCTIVE and _DIGIT.search(text) is not None


def words(text: str) -> list[str]:
    """A text and the words in it, as far as they are so unusual that they tell who wrote them."""
    if len(text) < DISTINCTIVE or _DIGIT.search(text) is None:
        return []
    found = _WORD.findall(text)
    if found == [text]:
        return found
    return [text, *filter(_DIGIT.search, found)]


def words_of(texts: Collection[str]) -> Iterator[str]:
    """Some texts and the words in them, common ones among them: of these nobody remembers who wrote them."""
    return chain(texts, _WORD.findall("\n".join(texts)))


def empty(part: str) -> Json:
    """The value of a part that holds nothing; a status is never empty, so it is unknown."""
    return MISSING if part == STATUS else [] if part == HISTORY else {}


def created(
    session_id: str,
    owner: Owner,
    step: Step,
    names: Iterable[str],
    moment: int,
    certain: bool = True,
    initial: str | None = None,
) -> Session:
    """A session as it is after its creation: what was given, and anything that the server puts beside it."""
    parts = {}
    for name in names:
        given = step.sent.get(name, MISSING) if certain else MISSING
        if name == STATUS:
            known = given if given is not MISSING else initial if initial is not None and certain else MISSING
        else:
            known = empty(name) if given is MISSING or name == HISTORY else given
        # A run that makes its session is filed as a run, too.
        again = name == HISTORY and step.role in RUNS
        writes: tuple[Write, ...] = (_write(step, name, moment, step.outcome),) if step.binding and not again else ()
        if name == STATUS and known is not given:
            writes = tuple(replace(each, sent=known, implied=True) for each in writes)
        parts[name] = Part(known, writes=writes, moment=moment)
    return Session(session_id, owner, parts, certain, moment, awkward=step.awkward, touched=_times(step))


def _times(step: Step) -> tuple[float, float]:
    """When a step began and ended."""
    return (step.exchange.started, step.exchange.finished)


def written(session: Session, step: Step, moment: int) -> Session:
    """The session after a write to it, whatever came of the write."""
    binding = step.binding
    assert binding is not None
    outcome = _came_of(step)
    accepted, refused = outcome is Outcome.ACCEPTED, outcome is Outcome.REFUSED
    parts = {name: _part_written(name, part, step, moment) for name, part in session.parts.items()}
    touched, times = session.touched, _times(step)
    items = session.items
    if binding.releases and step.item is not None and not refused:
        items = {**items, step.item: Status.GONE if accepted else Status.UNCERTAIN}
    return Session(
        session.id,
        session.owner,
        parts,
        session.certain and (accepted or refused),
        session.born,
        session.updated,
        session.created,
        session.late or outcome is Outcome.LOST,
        session.awkward if refused else session.awkward | step.awkward,
        times if accepted else touched if refused else (touched[0], times[1]),
        items,
        moment if accepted and binding.role is not Role.CREATE else session.found,
    )


def _part_written(name: str, part: Part, step: Step, moment: int) -> Part:
    """One part of a session after a write to it."""
    binding = step.binding
    assert binding is not None
    value, whole, writes, old = part.value, part.whole, part.writes, part.replaced
    sets = name in step.sent and _came_of(step) is Outcome.ACCEPTED
    repeats = False
    if sets and name == HISTORY and binding.role is Role.CREATE:
        value, whole = empty(name), False
    elif sets and name != STATUS and step.enriches:
        old = _replaced(part, step.sent[name])
        value = merged(value, step.sent[name], binding.merge)
        repeats = whole and not part.echo and not writes and same(value, part.value)
        whole = whole or binding.merge is Merge.REPLACE
    elif sets and name == STATUS and binding.role in (Role.TRANSITION, Role.CREATE):
        value = step.sent[name]
    elif step.outcome is not Outcome.REFUSED and (
        _leaves_open(step, name) or (name in binding.changes and name != HISTORY and binding.role in RUNS)
    ):
        value, whole = empty(name), False
    writes = (*writes, _write(step, name, moment, _came_of(step), repeats))
    if len(writes) > MAX_WRITES:
        value, whole, writes = empty(name), False, writes[-MAX_WRITES:]
    return Part(value, whole, part.echo, writes, part.moment, old)


def _replaced(part: Part, sent: Json) -> dict[str, str]:
    """The texts in the place of which enrichments put something else, this one included."""
    if not isinstance(sent, dict) or not isinstance(part.value, dict) or len(part.replaced) > MAX_WRITES:
        return {}
    found = {key: text for key, text in part.replaced.items() if sent.get(key) != text}
    for key, value in sent.items():
        before = part.value.get(key)
        if isinstance(before, str) and before != value and distinctive(before):
            found[key] = before
    return found


def told_to_the_end(part: Part, shown: Json, place: Pointer) -> tuple[Write, bool] | None:
    """The run that alone was made since a history was last seen, and whether its answer showed the last item that is
    there now; None if nothing can be told of that. Items have their ids at a place."""
    run = part.writes[0] if len(part.writes) == 1 and part.whole and not part.echo else None
    if run is None or not run.accepted or run.role not in RUNS or not isinstance(shown, list):
        return None
    last = resolve(shown[-1], place) if len(shown) > len(part.value) else MISSING
    if last is MISSING:
        return None
    return run, any(resolve(each, place) == last for each in run.items)


def answered(session: Session, items: Collection[str]) -> Session:
    """The session after a run answered items that later calls can name."""
    return replace(session, items={**session.items, **dict.fromkeys(items, Status.LIVE)}) if items else session


def seen(session: Session, view: Snapshot, moment: int) -> Session:
    """The session after a read showed it: what is seen is adopted, and the writes to it are settled."""
    parts = dict(session.parts)
    for name, value in view.parts.items():
        known = value is not MISSING
        before = parts[name].replaced if name in parts else {}
        old = {key: text for key, text in before.items() if resolve(value, (key,)) != text} if before else before
        parts[name] = Part(value if known else empty(name), whole=known, moment=moment, replaced=old)
    updated = session.updated if view.updated is MISSING else view.updated
    shown = session.created if view.created is MISSING else view.created
    return _shown(session, parts, True, updated, shown, moment)


def _shown(
    session: Session, parts: dict[str, Part], certain: bool, updated: Json, created: Json, found: int
) -> Session:
    """A session with what an answer showed of it."""
    return Session(
        session.id,
        session.owner,
        parts,
        certain,
        session.born,
        updated,
        created,
        session.late,
        session.awkward,
        session.touched,
        session.items,
        found,
    )


def echoed(session: Session, view: Snapshot) -> Session:
    """The session after the answer of a write showed it: what was unknown is taken over, nothing is settled."""
    parts: dict[str, Part] | None = None
    for name, value in view.parts.items():
        part = session.parts.get(name)
        if part is None:
            part = Part(empty(name))
        if part.whole or value is MISSING:
            continue
        parts = dict(session.parts) if parts is None else parts
        if isinstance(value, dict) and isinstance(part.value, dict):
            value = {**value, **{key: item for key, item in part.value.items() if item is not MISSING}}
        parts[name] = Part(value, True, True, part.writes, part.moment, part.replaced)
    if parts is None:
        return session
    return _shown(session, parts, session.certain, session.updated, session.created, session.found)


def _leaves_open(step: Step, part: str) -> bool:
    """Whether a request could carry a part and leaves open what becomes of it.

    A null in its stead may clear it, or mean nothing. And a PUT in the stead of what is there puts a whole resource
    (RFC 9110, section 9.3.4): what it leaves out may go, and many keep it.
    """
    binding = step.binding
    if binding is None or not step.enriches or part in step.sent or part not in binding.attributes:
        return False
    place = binding.attributes[part]
    if place.place == "body" and resolve(step.asked, place.pointer) is None:
        return True
    return binding.merge is Merge.REPLACE and binding.operation.method == "PUT"


def _came_of(step: Step) -> Outcome:
    """What came of a write to a session that is there: a create that keeps it does as little as one that is refused."""
    kept = step.accepted and step.binding is not None and step.binding.again is Again.KEEPS
    return Outcome.REFUSED if kept else step.outcome


def _write(step: Step, part: str, moment: int, outcome: Outcome, repeats: bool = False) -> Write:
    """The step as a write to one part."""
    binding = step.binding
    assert binding is not None
    history = part == HISTORY
    return Write(
        binding.role,
        binding.operation.id,
        outcome,
        moment,
        step.sent.get(part, MISSING),
        step.message if history else MISSING,
        step.items if history else (),
        part in binding.changes or _leaves_open(step, part),
        repeats,
        part in step.sent and binding.merge is Merge.REPLACE and step.enriches,
        step.unauthorized,
        step.dropped,
        step.awkward,
    )


def due(session: Session, step: Step) -> bool | None:
    """Whether a cleanup removes a session; None if that cannot be known."""
    assert step.binding is not None
    spares = step.binding.spares
    status = session.status
    if spares and status in spares:
        return False
    if step.age is None or (spares and status is MISSING):
        return None
    began, ended = session.touched
    if step.exchange.started - ended > step.age:
        return True
    return False if step.exchange.finished - began < step.age else None
