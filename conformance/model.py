"""What is known of all sessions? The World, which indexes them by id and owner.

Nothing here does I/O, reads a clock or knows an invariant.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from conformance.expressions import MISSING, Json, resolve
from conformance.profile import READS, RUNS, Binding, Lifecycle, Profile, Role
from conformance.session import (
    DISTINCTIVE,
    MAX_PART,
    Part,
    Session,
    Status,
    answered,
    created,
    distinctive,
    due,
    echoed,
    empty,
    seen,
    words,
    written,
)
from conformance.step import Outcome, Owner, Step, as_id, is_last, next_offset
from conformance.values import Awkward, heavy, texts, traits

Key = tuple[Owner, str]
"""What names a session: its owner (empty where the API's ids are unique by themselves) and its id."""
MAX_SESSIONS = 20_000
"""So many sessions that never end are known; the oldest of more become uncertain."""
MAX_REMEMBERED = 4_096
"""So many written strings, and ids named by refused calls, are remembered for attribution."""
MAX_FORGOTTEN = 262_144
"""So many strings are known to have been written by somebody; with more, no string tells who wrote it."""
MAX_AUTHORS = 16
"""So many sessions that one string was sent to are remembered; a string of more tells nothing."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The pages of one list so far: the sessions on them in order, and whether they are all.

    `begins` says where the next page has to begin, by offset or by cursor.
    """

    keys: tuple[Key, ...] = ()
    pages: int = 0
    complete: bool = False
    begins: tuple[int, str | None] = (0, None)


@dataclass(frozen=True, slots=True)
class Call:
    """A write that was attempted, as the world remembers it: when, on which session, by which operation."""

    moment: int
    key: Key
    role: Role
    operation: str
    outcome: Outcome
    unauthorized: bool = False
    sent: Mapping[str, Json] = field(default_factory=dict, hash=False)


class World:
    """What is known of every session so far.

    `closed`: every session of the owners in play was made in view of this world, so that an unknown one is absent.
    `kept` is what awkward values were seen to hold when they were read.
    """

    def __init__(self, profile: Profile, closed: bool = True) -> None:
        self.profile = profile
        self.closed = closed
        self.clock = 0
        self._scoped = profile.scoped
        self._names = profile.parts
        self._sessions: dict[Key, Session] = {}
        self._by_id: dict[str, dict[Key, None]] = {}
        self._gone: set[int] = set()
        self._lost: set[int] = set()
        self._recreated: set[Key] = set()
        self._calls: deque[Call] = deque(maxlen=256)
        self._refused: OrderedDict[Key, Call] = OrderedDict()
        self._authors: OrderedDict[str, dict[Key, Call] | None] = OrderedDict()
        self._forgotten: set[int] = set()
        self._unsettled_creates: dict[Owner, int] = {}
        self._accepted: set[tuple[str, int]] = set()
        self._shaped: tuple[Step | None, tuple[str, int]] = (None, ("", 0))
        self._awkward: frozenset[Awkward] = frozenset()
        self.kept: set[str] = set()
        self._reads_settle = Role.READ in profile.roles
        self._can_look = bool(READS & profile.roles)
        self._listings: dict[tuple[object, ...], Listing] = {}
        self._cleaned: set[int] = set()
        self._cleanups: list[Call] = []

    # --- asking ---------------------------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """The parts of a session, as the profile names them."""
        return self._names

    def key(self, owner: Owner | None, session_id: str) -> Key:
        """The key of a session that a request or an answer names."""
        if not self._scoped:
            return ((), session_id)
        if owner is None:
            found = self._by_id.get(session_id)
            return next(iter(found)) if found else ((), session_id)
        return (owner, session_id)

    def named(self, step: Step) -> Key | None:
        """The key of the session that a step's request names."""
        return None if step.session is None else self.key(step.owner, step.session)

    def get(self, key: Key | None) -> Session | None:
        """The session, if it is live or uncertain."""
        return None if key is None else self._sessions.get(key)

    def status(self, key: Key | None) -> Status:
        """What is known of a session's existence."""
        if key is None:
            return Status.UNCERTAIN
        session = self._sessions.get(key)
        if session is not None:
            return Status.LIVE if session.certain else Status.UNCERTAIN
        if hash(key) in self._gone:
            return Status.GONE
        if hash(key) in self._lost:
            return Status.UNCERTAIN
        return Status.ABSENT if self.closed else Status.UNCERTAIN

    def elsewhere(self, key: Key) -> Key | None:
        """A live session of another owner with the same id."""
        for other in self._by_id.get(key[1], ()):
            if other != key and self._sessions[other].certain:
                return other
        return None

    def named_elsewhere(self, key: Key) -> bool:
        """Whether another owner has, or may have, a session with the same id."""
        return any(other != key for other in self._by_id.get(key[1], ()))

    @property
    def lifecycle(self) -> Lifecycle:
        """The statuses of a session, and the arrows between them."""
        return self.profile.lifecycle

    def items_of(self, step: Step) -> list[str]:
        """The ids of the items that a run answered, by which later calls can name them."""
        place = self.profile.item.id
        if place is None or not self.profile.names_items:
            return []
        return [found for each in step.items if (found := as_id(resolve(each, place))) is not None]

    def item(self, key: Key | None, item: str) -> Status:
        """What is known of an item of a session."""
        session = self.get(key)
        if session is None or not session.certain:
            return Status.UNCERTAIN
        return session.items.get(item, Status.ABSENT if self.closed else Status.UNCERTAIN)

    def cleaned(self, key: Key) -> bool:
        """Whether a session is gone because a cleanup has to have removed it."""
        return hash(key) in self._cleaned

    def cleanup_since(self, moment: int) -> Call | None:
        """The last cleanup that was accepted since a moment."""
        last = self._cleanups[-1] if self._cleanups else None
        return last if last is not None and last.moment > moment else None

    def listing(self, step: Step) -> Listing:
        """The pages of a list so far, together with the one that a step shows."""
        assert step.binding is not None
        page = step.page
        keys = tuple(self.key(view.owner or step.owner, view.id) for view in step.views if view.id is not None)
        before = Listing() if page.first else self._listings.get(_series(step), Listing(begins=(-1, None)))
        if (page.offset, page.cursor) != before.begins:
            return Listing(keys, begins=(-1, None))  # from the middle of something
        paging = step.binding.paging
        by_offset = paging is None or paging.next is None
        begins = (next_offset(page, paging, len(step.views)), None) if by_offset else (0, page.next)
        last = is_last(page, paging, len(step.views))
        return Listing((*before.keys, *keys), before.pages + 1, last, begins)

    def of_owner(self, owner: Owner | None) -> Iterator[Session]:
        """The known sessions of an owner; all of them if the owner is not named."""
        for session in self._sessions.values():
            if owner is None or session.owner == owner:
                yield session

    def unsettled_creates(self, owner: Owner | None) -> int:
        """How many creates of an owner failed or were lost without naming an id."""
        return self._unsettled_creates.get(owner or (), 0)

    def refused_call(self, key: Key) -> Call | None:
        """The last refused or failed write that named a session which did not exist."""
        return self._refused.get(key)

    def calls_elsewhere(self, key: Key, since: int) -> Iterator[Call]:
        """The remembered writes to other sessions since a moment, the latest first."""
        for call in reversed(self._calls):
            if call.moment <= since:
                return
            if call.key != key:
                yield call

    def author(self, text: str, key: Key, since: int = 0) -> Call | None:
        """The write that sent a distinctive string to another session, an accepted one if there is one; None if the
        string was sent to this one too since a moment, or if it is not known who sent it: a session that is older than
        an open world may have been sent anything before."""
        session = self._sessions.get(key)
        if not self.closed and (session is None or not session.born):
            return None
        authors = self._authors.get(text)
        if not authors or len(self._forgotten) >= MAX_FORGOTTEN or (key in authors and authors[key].moment >= since):
            return None
        return max(authors.values(), key=lambda call: (call.outcome is Outcome.ACCEPTED, call.moment))

    def awkward(self, owner: Owner | None, key: Key | None) -> frozenset[Awkward]:
        """The kinds of awkward values in one session, or, without a key, in all sessions of an owner."""
        if not self._awkward:
            return self._awkward
        sessions = self.of_owner(owner) if key is None else [each for each in [self.get(key)] if each]
        found = [each.awkward for each in sessions if each.awkward]
        return frozenset().union(*found) if found else frozenset()

    def accepted_like(self, step: Step) -> bool:
        """Whether a request of the same operation and shape was accepted before."""
        return not step.awkward and self._shape(step) in self._accepted

    def works(self, operation: str) -> bool:
        """Whether any request of an operation was accepted before."""
        return any(operation == each for each, _ in self._accepted)

    def accepted_by(self, step: Step) -> Iterator[str]:
        """The operations by which a request with a body like this one was accepted before."""
        about = self._shape(step)[1]
        return (operation for operation, body in self._accepted if body == about)

    def recreated(self, key: Key) -> bool:
        """Whether there was a session of the same name that was deleted."""
        return key in self._recreated or hash(key) in self._gone

    def doubt(self, step: Step) -> None:
        """Forget that what a step names is certain: it is not known in which order it happened."""
        created = None if step.created is None else self.key(step.owner, step.created)
        for key in (self.named(step), created):
            session = self.get(key)
            if key is not None and session is not None:
                self._sessions[key] = replace(session, certain=False)
            elif key is not None:
                self._lost.add(hash(key))
                self._gone.discard(hash(key))

    # --- learning -------------------------------------------------------------------------------------------------

    def learn(self, step: Step) -> None:
        """Take a step in, after the invariants have looked."""
        self.clock += 1
        if step.awkward:
            self._awkward |= step.awkward
        binding = step.binding
        if binding is None:
            return
        if not step.reads and step.outcome is not Outcome.REFUSED:
            self._listings.clear()
        if binding.role is not Role.LIST or not self._reads_settle:
            step = _lighter(step)
        if binding.role is Role.LIST:
            self._learn_list(step)
        elif binding.role is Role.CLEANUP:
            self._learn_cleanup(step, binding)
        elif step.reads:
            self._learn_read(step)
        elif binding.role is Role.CREATE:
            self._learn_create(step)
        else:
            self._learn_write(step, binding)
        if len(self._sessions) > MAX_SESSIONS:
            for key in list(islice(self._sessions, len(self._sessions) - MAX_SESSIONS)):
                self._forget(key)
            self.closed = False

    def _learn_create(self, step: Step) -> None:
        """A create makes a session, or leaves a name behind."""
        key = self.named(step)
        if step.accepted:
            if step.created is not None:
                self._add(step, step.created)
            return
        if key is None:
            if step.outcome is not Outcome.REFUSED:
                self._unsettled_creates[step.owner or ()] = self.unsettled_creates(step.owner) + 1
            return
        self._note(step, key)
        if key in self._sessions:
            self._sessions[key] = written(self._sessions[key], step, self.clock)
        elif step.outcome is Outcome.REFUSED:
            self._remember(key, step)
        else:
            assert step.session is not None
            self._put(key, created(step.session, step.owner or (), step, self._names, self.clock, certain=False))

    def _add(self, step: Step, session_id: str) -> None:
        """A session was created."""
        view = step.views[0] if step.views else None
        owner = step.owner or (view.owner if view else None) or ()
        key = self.key(owner, session_id)
        session = created(session_id, owner, step, self._names, self.clock, initial=self.lifecycle.initial)
        self._put(key, echoed(session, view) if view else session)
        self._accept(step)
        self._note(step, key)

    def _learn_read(self, step: Step) -> None:
        """A read settles what is known of its session."""
        key = self.named(step)
        if key is None:
            return
        known = self._sessions.get(key)
        if step.accepted and step.views:
            base = known or Session(key[1], step.owner or (), {name: Part(empty(name)) for name in self._names})
            self._put(key, seen(base, step.views[0], self.clock))
            for value in step.views[0].parts.values() if self._awkward and len(self.kept) < MAX_REMEMBERED else ():
                self.kept |= traits(value) if isinstance(value, dict) else frozenset()
        elif step.says_missing and not step.wrong:
            if known is not None and _deleted(known):
                self._drop(key)
            elif known is not None:
                self._forget(key)  # adopted, but no deletion was ever acknowledged
                self._lost.add(hash(key))
            self._refused.pop(key, None)

    def _learn_write(self, step: Step, binding: Binding) -> None:
        """A run, an enrichment or a delete changes its session, or leaves a name behind."""
        key = self.named(step)
        if key is None:
            return
        self._note(step, key)
        session = self._sessions.get(key)
        if session is None and binding.creates and step.accepted:
            initial = self.lifecycle.initial
            made = created(key[1], step.owner or (), step, self._names, self.clock - 1, initial=initial)
            older = not self.closed and hash(key) not in self._gone  # it may have been there all along
            self._put(key, replace(written(made, step, self.clock), certain=not older, born=0 if older else made.born))
            self._accept(step)
        elif session is None:
            self._learn_stray(step, key)
        elif step.accepted and binding.role is Role.DELETE and not binding.releases:
            self._drop(key)
        else:
            session = written(session, step, self.clock)
            if step.accepted and step.views:
                session = echoed(session, step.views[0])
            missing = step.says_missing and not step.accepted and not step.wrong and step.item is None
            if missing or (step.unexplained and binding.role in RUNS):
                session = replace(session, certain=False)
            elif step.accepted and not self._can_look:
                session = replace(session, certain=True)  # no read will ever settle it
            self._sessions[key] = session
            if step.accepted:
                self._accept(step)
        if step.accepted and binding.role in RUNS and key in self._sessions:
            self._sessions[key] = answered(self._sessions[key], self.items_of(step))

    def _learn_stray(self, step: Step, key: Key) -> None:
        """A write on a session that is not there: if it was accepted, the session may be there now."""
        if step.role is Role.DELETE or (step.item is not None and step.outcome is Outcome.REFUSED):
            return
        self._remember(key, step)
        if step.outcome is Outcome.REFUSED:
            return
        parts = {name: Part(empty(name)) for name in self._names}
        self._put(key, Session(key[1], step.owner or (), parts, certain=False))

    def _learn_cleanup(self, step: Step, binding: Binding) -> None:
        """A cleanup takes sessions away; if it is not known which, they become uncertain."""
        if step.outcome is Outcome.REFUSED:
            return
        about = step.owner if binding.owner else None
        for session in list(self.of_owner(about)):
            key, taken = self.key(session.owner, session.id), due(session, step)
            if step.accepted and taken:
                self._drop(key)
                self._cleaned.add(hash(key))
            elif taken is not False:
                self._sessions[key] = replace(session, certain=False)
        if step.accepted:
            self._cleanups.append(Call(self.clock, ((), ""), binding.role, binding.operation.id, step.outcome))

    def _learn_list(self, step: Step) -> None:
        """A list settles nothing where reads do; what it leaves out, or shows against all knowledge, becomes
        uncertain."""
        if not step.accepted or not step.shown:
            return
        listing = self._listings[_series(step)] = self.listing(step)
        for view in step.views:
            if view.id is None:
                continue
            key = self.key(view.owner or step.owner, view.id)
            known = self._sessions.get(key)
            if known is None:
                parts = {name: Part(empty(name)) for name in self._names}
                self._put(key, Session(view.id, view.owner or step.owner or (), parts, certain=False))
            elif not self._reads_settle:
                self._sessions[key] = seen(known, view, self.clock)
        if not listing.complete or step.page.filters:
            return
        listed = set(listing.keys)
        for session in list(self.of_owner(step.owner)):
            key = self.key(session.owner, session.id)
            if key not in listed:
                self._sessions[key] = replace(session, certain=False)

    # --- bookkeeping ----------------------------------------------------------------------------------------------

    def _put(self, key: Key, session: Session) -> None:
        self._sessions[key] = session
        self._by_id.setdefault(key[1], {})[key] = None
        self._lost.discard(hash(key))
        if hash(key) in self._gone:
            self._gone.discard(hash(key))
            self._cleaned.discard(hash(key))
            self._recreated.add(key)

    def _forget(self, key: Key) -> None:
        del self._sessions[key]
        self._recreated.discard(key)
        named = self._by_id[key[1]]
        del named[key]
        if not named:
            del self._by_id[key[1]]

    def _drop(self, key: Key) -> None:
        self._forget(key)
        self._refused.pop(key, None)
        self._gone.add(hash(key))

    def _accept(self, step: Step) -> None:
        """Remember what an accepted request looked like."""
        if len(self._accepted) < MAX_REMEMBERED:
            self._accepted.add(self._shape(step))

    def _shape(self, step: Step) -> tuple[str, int]:
        """What a request looked like. Several ask it of one step, one after the other."""
        if self._shaped[0] is not step:
            self._shaped = (step, shape(step))
        return self._shaped[1]

    def _remember(self, key: Key, step: Step) -> None:
        """Remember that a write named a session which is not there."""
        self._refused[key] = self._call(step, key)
        if len(self._refused) > MAX_REMEMBERED:
            self._refused.popitem(last=False)

    def _call(self, step: Step, key: Key) -> Call:
        assert step.binding is not None
        binding = step.binding
        sent = {} if len(step.exchange.request.body) > MAX_PART else step.sent
        return Call(self.clock, key, binding.role, binding.operation.id, step.outcome, step.unauthorized, sent)

    def _note(self, step: Step, key: Key) -> None:
        """Remember a write, and the distinctive strings that it carried; of messages also the words, if all who wrote
        any are known."""
        call = self._call(step, key)
        self._calls.append(call)
        carried = [text for value in step.sent.values() for text in texts(value) if distinctive(text)]
        for text in texts(step.message):
            carried += words(text) if self.closed else [text] if distinctive(text) else []
        for text in carried:
            before = self._authors.setdefault(text, None if hash(text) in self._forgotten else {})
            if before is not None:
                before[key] = call
                if len(before) > MAX_AUTHORS:
                    self._authors[text] = None
        while len(self._authors) > MAX_REMEMBERED:
            self._forgotten.add(hash(self._authors.popitem(last=False)[0]))


def _series(step: Step) -> tuple[object, ...]:
    """What the pages of one list have in common."""
    return (step.operation.id if step.operation else "", step.owner, step.page.limit, step.page.filters)


def _lighter(step: Step) -> Step:
    """A step without those parts of sessions that are too large to be remembered."""
    response = step.exchange.response
    if response is None or len(response.body) <= MAX_PART:
        return step
    views = tuple(
        replace(view, parts={name: MISSING if heavy(part, MAX_PART) else part for name, part in view.parts.items()})
        for view in step.views
    )
    return replace(step, views=views, items=() if heavy(list(step.items), MAX_PART) else step.items)


def _deleted(session: Session) -> bool:
    """Whether a delete, of which it is not known what came, is the last that was asked of a session."""
    return any(write.role is Role.DELETE for part in session.parts.values() for write in part.writes[-1:])


def shape(step: Step) -> tuple[str, int]:
    """What a request looked like: its operation, and its body with every distinctive string replaced by a star, beside
    the kinds of awkward values in it."""
    return (step.operation.id if step.operation else "", hash((_shape(step.asked), step.awkward)))


def _shape(value: Json) -> object:
    kind = type(value)
    if kind is str:
        return "*" if len(value) >= DISTINCTIVE else value
    if kind is dict:
        return frozenset([(key, hash(_shape(item))) for key, item in value.items()])
    return tuple(map(_shape, value)) if kind is list else value
