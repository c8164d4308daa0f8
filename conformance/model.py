"""What is known of all sessions? The World, which indexes them by id and owner.

Nothing here does I/O, reads a clock or knows an invariant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final

from conformance.alike import Accepted
from conformance.calls import Call, Calls, Key, call_of
from conformance.expressions import MISSING, resolve
from conformance.listings import Bookmarks, Listing, Listings
from conformance.profile import HISTORY, READS, RUNS, Binding, Lifecycle, Profile, Role
from conformance.records import replace
from conformance.session import (
    MAX_PART,
    Part,
    Session,
    Status,
    answered,
    created,
    due,
    echoed,
    empty,
    seen,
    told_to_the_end,
    written,
)
from conformance.step import Outcome, Owner, Step, as_id
from conformance.values import Awkward, heavy, traits

MAX_SESSIONS: Final = 20_000
"""So many sessions that never end are known; the oldest of more become uncertain."""
MAX_TRAITS: Final = 4_096
"""So many traits of awkward values are known to be kept."""


class World:
    """What is known of every session so far.

    `closed`: every session of the owners in play was made in view of this world, so that an unknown one is absent.
    `calls` are the writes that were attempted, `accepted` the requests that were accepted,
    `kept` what awkward values were seen to hold when they were read.
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
        self.calls = Calls()
        self.accepted = Accepted()
        self._unsettled_creates: dict[Owner, int] = {}
        self._awkward: frozenset[Awkward] = frozenset()
        self._foreseen: tuple[Step, Session | None, int, Session] | None = None
        self.kept: set[str] = set()
        self._reads_settle = Role.READ in profile.roles
        self._can_look = bool(READS & profile.roles)
        self._listings = Listings()
        self._bookmarks = Bookmarks()
        self.told_to_the_end = False
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
        keys = (self.key(view.owner or step.owner, view.id) for view in step.views if view.id is not None)
        return self._listings.with_page(step, tuple(keys))

    def begins(self, key: Key, step: Step) -> int | None:
        """The number of the item with which a page of a history has to begin; None if nobody knows."""
        return self._bookmarks.begins(key, step)

    def of_owner(self, owner: Owner | None) -> Iterator[Session]:
        """The known sessions of an owner; all of them if the owner is not named."""
        for session in self._sessions.values():
            if owner is None or session.owner == owner:
                yield session

    def unsettled_creates(self, owner: Owner | None) -> int:
        """How many creates of an owner failed, were lost or were accepted without naming an id."""
        return self._unsettled_creates.get(owner or (), 0)

    def authors(self, strings: Collection[str], key: Key, since: int = 0) -> Iterator[tuple[str, Call]]:
        """Of some strings those that were sent to another session and never to this one since a moment, and the write
        that did so. A session that is older than an open world may have been sent anything before."""
        session = self._sessions.get(key)
        if not self.closed and (session is None or not session.born):
            return iter(())
        return self.calls.authors(strings, key, since)

    def after(self, step: Step, session: Session, moment: int) -> Session:
        """A session after a write to it: as an answer should show it, and then as it is known."""
        known = self._foreseen
        if known is None or known[0] is not step or known[1] is not session or known[2] != moment:
            known = self._foreseen = (step, session, moment, written(session, step, moment))
        return known[3]

    def found(self, step: Step) -> Session | None:
        """The session that an accepted create found, where the profile lets it be there already."""
        named = step.finds and step.accepted and step.created == step.session
        return self.get(self.named(step)) if named else None

    def older(self, step: Step) -> bool:
        """Whether the session that an accepted create made or found may have been there before an open world began."""
        key = self.named(step) if step.finds else None
        return key is not None and self.status(key) is Status.UNCERTAIN

    def born(self, step: Step, session_id: str, moment: int) -> Session:
        """The session that an accepted create makes: as its answer should show it, and then as it is known."""
        known = self._foreseen
        if known is None or known[0] is not step or known[1] is not None or known[2] != moment:
            owner = step.owner or (step.views[0].owner if step.views else None) or ()
            made = created(session_id, owner, step, self._names, moment, initial=self.lifecycle.initial)
            known = self._foreseen = (step, None, moment, made)
        return known[3]

    def others_hold(self, owner: Owner, beside: frozenset[Awkward]) -> bool:
        """Whether any session of another owner holds awkward values, and of further kinds than these."""
        if self._awkward <= beside:
            return False
        return any(not each.awkward <= beside and each.owner != owner for each in self._sessions.values())

    def awkward(self, owner: Owner | None, key: Key | None) -> frozenset[Awkward]:
        """The kinds of awkward values in one session, or, without a key, in all sessions of an owner."""
        if not self._awkward:
            return self._awkward
        sessions = self.of_owner(owner) if key is None else [each for each in [self.get(key)] if each]
        found = [each.awkward for each in sessions if each.awkward]
        return frozenset().union(*found) if found else frozenset()

    def recreated(self, key: Key) -> bool:
        """Whether there was a session of the same name that was deleted."""
        return key in self._recreated or (key not in self._sessions and hash(key) in self._gone)

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
            self._listings.forget()
            self._bookmarks.forget()
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
        there = self.found(step)
        if there is not None and key is not None:
            self._note(step, key)
            there = self.after(step, there, self.clock)
            self._sessions[key] = echoed(there, step.views[0]) if step.views else there
            return
        if step.accepted and step.created is not None:
            self._add(step, step.created)
            return
        if key is None:
            if step.outcome is not Outcome.REFUSED:
                self._unsettled_creates[step.owner or ()] = self.unsettled_creates(step.owner) + 1
            return
        self._note(step, key)
        if key in self._sessions:
            self._sessions[key] = self.after(step, self._sessions[key], self.clock)
        elif step.outcome is Outcome.REFUSED:
            self.calls.remember(call_of(step, key, self.clock))
        else:
            assert step.session is not None
            self._put(key, created(step.session, step.owner or (), step, self._names, self.clock, certain=False))

    def _add(self, step: Step, session_id: str) -> None:
        """A session was created."""
        view = step.views[0] if step.views else None
        session = self.born(step, session_id, self.clock)
        key = self.key(session.owner, session_id)
        if self.older(step):
            session = replace(session, certain=False, born=0)
        self._put(key, echoed(session, view) if view else session)
        self.accepted.note(step)
        self._note(step, key)

    def _learn_read(self, step: Step) -> None:
        """A read settles what is known of its session."""
        key = self.named(step)
        if key is None:
            return
        if step.accepted and step.items:
            self._bookmarks.keep(key, step)
        known = self._sessions.get(key)
        if step.accepted and step.says_missing and (known is None or not known.certain):
            return  # what is not there looks like that, and so does what is empty
        if step.accepted and step.views:
            if known is not None and not self.told_to_the_end and self.profile.item.id is not None:
                history, shown = known.parts.get(HISTORY), step.views[0].parts.get(HISTORY)
                told = None if history is None else told_to_the_end(history, shown, self.profile.item.id)
                self.told_to_the_end = told is not None and told[1] and told[0].role is Role.RUN
            base = known or self._stranger(key[1], step.owner)
            self._put(key, seen(base, step.views[0], self.clock))
            if self._awkward and (known is None or _unsettled(known)) and len(self.kept) < MAX_TRAITS:
                values = (value for value in step.views[0].parts.values() if isinstance(value, dict))
                self.kept.update(*map(traits, values))
        elif step.says_missing and not step.wrong:
            if known is not None and _deleted(known):
                self._drop(key)
            elif known is not None:
                self._forget(key)  # adopted, but no deletion was ever acknowledged
                self._lost.add(hash(key))
            self.calls.settle(key)
        elif step.accepted and not step.illegible and (known is not None or not self._names):
            # It is there, and that is all there is to be known where sessions show no parts.
            base = known or self._stranger(key[1], step.owner)
            self._put(key, replace(base, found=self.clock, certain=base.certain or not self._names))

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
            after = written(made, step, self.clock)
            self._put(key, replace(after, certain=not older, born=0 if older else made.born))
            self.accepted.note(step)
        elif session is None:
            self._learn_stray(step, key)
        elif step.accepted and binding.role is Role.DELETE and not binding.releases:
            self._drop(key)
        else:
            session = self.after(step, session, self.clock)
            if step.accepted and step.views:
                session = echoed(session, step.views[0])
            missing = step.says_missing and not step.accepted and not step.wrong and step.item is None
            if missing or (step.unexplained and binding.role in RUNS):
                session = replace(session, certain=False)
            elif step.accepted and not self._can_look:
                session = replace(session, certain=True)  # no read will ever settle it
            self._sessions[key] = session
            if step.accepted:
                self.accepted.note(step)
        if step.accepted and binding.role in RUNS and key in self._sessions:
            self._sessions[key] = answered(self._sessions[key], self.items_of(step))

    def _learn_stray(self, step: Step, key: Key) -> None:
        """A write on a session that is not there: if it was accepted, the session may be there now."""
        if step.role is Role.DELETE or (step.item is not None and step.outcome is Outcome.REFUSED):
            return
        self.calls.remember(call_of(step, key, self.clock))
        if step.outcome is Outcome.REFUSED:
            return
        self._put(key, self._stranger(key[1], step.owner, certain=False))

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
        listing = self.listing(step)
        self._listings.keep(step, listing)
        for view in step.views:
            if view.id is None:
                continue
            key = self.key(view.owner or step.owner, view.id)
            known = self._sessions.get(key)
            if known is None:
                self._put(key, self._stranger(view.id, view.owner or step.owner, certain=False))
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

    def _stranger(self, session_id: str, owner: Owner | None, *, certain: bool = True) -> Session:
        """A session of which nothing is known but its name."""
        return Session(session_id, owner or (), {name: Part(empty(name)) for name in self._names}, certain=certain)

    def _put(self, key: Key, session: Session) -> None:
        known = key in self._sessions
        self._sessions[key] = session
        if known:
            return
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
        self.calls.settle(key)
        self._gone.add(hash(key))

    def _note(self, step: Step, key: Key) -> None:
        self.calls.note(call_of(step, key, self.clock), step, self.closed)


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


def _unsettled(session: Session) -> bool:
    """Whether an awkward value was written to a session since it was last seen."""
    return bool(session.awkward) and any(write.awkward for part in session.parts.values() for write in part.writes)


def _deleted(session: Session) -> bool:
    """Whether a delete, of which it is not known what came, is the last that was asked of a session."""
    return any(write.role is Role.DELETE for part in session.parts.values() for write in part.writes[-1:])
