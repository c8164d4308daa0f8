"""How would a correct server answer? The model, served: built from a spec and a profile, with no code that knows an
API.

Each method is one thing that a server does, so that a fault can do that one thing wrong.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable
from typing import TypeVar

from conformance.calls import Key
from conformance.exchange import Exchange, Request, Response
from conformance.expressions import MISSING, Json, resolve
from conformance.fakes.renderer import EPOCH, Renderer, Stored
from conformance.patterns import Matching
from conformance.profile import HISTORY, STATUS, Binding, Codes, Order, Profile, Returns, Role
from conformance.reader import Reader
from conformance.session import merged
from conformance.step import Owner, Page, Step, as_id

T = TypeVar("T")


class Server:
    """A correct server. It keeps sessions in memory; `reset` empties it, clock and ids start again from the seed.

    `variant` is the name by which a fault of several variants tells which one it is.
    """

    variant = ""

    def __init__(self, profile: Profile, seed: int = 0) -> None:
        self.profile = profile
        self._seed = seed
        self._reader = Reader(profile)
        self._scoped = profile.scoped
        self.render = Renderer(profile)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.sessions: dict[Key, Stored] = {}
        self.clock = EPOCH
        self._random = random.Random(self._seed)
        self._count = 0
        self._ids = {name: Matching(pattern, self._seed) for name, pattern in self.render.patterns.items()}

    # --- answering --------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        """The answer to a request."""
        self.clock += self.render.tick
        step = self._reader.asked(Exchange(request, None))
        if step.operation is None:
            known = self.profile.spec.knows_path(request.path)
            return self.render.plain_error(405 if known else 404)
        if not self.admits(step):
            return self.refuse_credentials(step)
        if (step.invalid is not None and not self.overlooks(step)) or step.split is not None:
            return self.refuse_invalid(step)
        if step.binding is None:
            return self.render.success(step.operation, MISSING)
        return self.perform(step, step.binding)

    def perform(self, step: Step, binding: Binding) -> Response:
        """Do what the role asks."""
        if binding.role is Role.CREATE:
            return self.create(step)
        if binding.role is Role.LIST:
            return self.list_sessions(step)
        if binding.role is Role.CLEANUP:
            return self.clean_up(step)
        session = self.find(step)
        if session is None and binding.creates:
            session = self.begin(step)
        if session is None or (step.item is not None and not self.holds(session, step.item)):
            return self.refuse_missing(step)
        if binding.releases:
            return self.release(step, session)
        if binding.role in (Role.RUN, Role.STREAM):
            return self.refuse_ended(step) if self.ended(session) else self.run(step, session)
        if binding.role is Role.ENRICH:
            return self.enrich(step, session)
        if binding.role is Role.TRANSITION:
            return self.transition(step, session)
        if binding.role is Role.DELETE:
            return self.refuse_spared(step, session) if self.spared(step, session) else self.delete(step, session)
        return self.read(step, session)

    def delay(self) -> float:
        """How many seconds the answer that was just made is held back."""
        return 0.0

    def truncates(self) -> bool:
        """Whether the connection is to be closed in the middle of the answer that was just made."""
        return False

    def overlooks(self, step: Step) -> bool:
        """Whether a wrong parameter of a read is taken as if it were not there: the spec knows no refusal."""
        operation, binding = step.operation, step.binding
        if operation is None or binding is None or not step.reads or step.asked is not MISSING:
            return False
        texts = binding.failed is not None and any(isinstance(each, str) for each in binding.invalid)
        return not texts and all(
            operation.documented(each) is None for each in binding.invalid if isinstance(each, int)
        )

    def admits(self, step: Step) -> bool:
        """Whether a request carries the credentials, where the profile demands some."""
        return not step.unauthorized

    # --- what a server does -----------------------------------------------------------------------------------------

    def create(self, step: Step) -> Response:
        """Make a session, under the id that the caller chose or a new one."""
        owner = step.owner or ()
        if step.session is not None and self.taken(owner, step.session):
            there = self.find(step)
            return self.refuse_duplicate(step) if there is None or not step.finds else self.meet(step, there)
        session = self.made(self.choose_id(step), owner)
        self.fill(session, step)
        self.keep(session)
        if step.message is not MISSING:
            self.talk(step, session)
        return self.show(step, session)

    def meet(self, step: Step, session: Stored) -> Response:
        """Answer a create with the session that is there already, and write into it what the profile lets it write."""
        if step.enriches:
            self.merge(step, session)
            session.status = step.sent.get(STATUS, session.status)
        return self.show(step, session)

    def made(self, session_id: str, owner: Owner) -> Stored:
        """A new session that holds nothing."""
        names = self.profile.lifecycle.names
        first = self.profile.lifecycle.initial or (names[0] if names else "")
        return Stored(session_id, owner, status=first, created=self.clock, updated=self.clock)

    def begin(self, step: Step) -> Stored | None:
        """Make the session of a first run, where nobody creates sessions."""
        if step.session is None:
            return None
        session = self.made(step.session, step.owner or ())
        self.keep(session)
        return session

    def choose_id(self, step: Step) -> str:
        """The id of a new session."""
        return step.session if step.session is not None else self.new_id("session")

    def new_id(self, kind: str = "item") -> str:
        """An id of a session or of an item that was not used before, in the form that the spec demands."""
        if kind in self._ids:
            return self._ids[kind].new()
        if kind not in self.render.numbered:
            return self.numbered(kind, self._random.getrandbits(128))
        self._count += 1
        return self.numbered(kind, self._count)

    def numbered(self, kind: str, number: int) -> str:
        """The id of a number: the number itself, or a UUID that is made of it."""
        return str(number) if kind in self.render.numbered else str(uuid.UUID(int=number, version=4))

    def taken(self, owner: Owner, session_id: str) -> bool:
        """Whether an id is in use."""
        return self.key(owner, session_id) in self.sessions

    def fill(self, session: Stored, step: Step) -> None:
        """Give a new session what its creator sent."""
        session.attributes = {name: value for name, value in step.sent.items() if name not in (HISTORY, STATUS)}
        session.status = step.sent.get(STATUS, session.status)
        given = step.sent.get(HISTORY)
        items = given if isinstance(given, list) else []
        session.history = [self.render.given_item(item, self.new_id(), self.clock) for item in items]

    def keep(self, session: Stored) -> None:
        """Store a session."""
        self.sessions[self.key(session.owner, session.id)] = session

    def read(self, step: Step, session: Stored) -> Response:
        """Show a session, or its history, or the page of it that is asked for."""
        if step.role is not Role.HISTORY:
            return self.show(step, session)
        newest = step.binding is not None and step.binding.order is Order.NEWEST
        page, following = self.page(step, session.history[::-1] if newest else session.history)
        return self.render.listed(step, page, following)

    def list_sessions(self, step: Step) -> Response:
        """Show the sessions of an owner, or the page of them that is asked for."""
        found = [each for each in self.listed(step) if self.matches(each, step.page)]
        page, following = self.page(step, self.ordered(step, found))
        return self.render.sessions(step, page, following)

    def listed(self, step: Step) -> list[Stored]:
        """The sessions that a list shows, in the order of their creation, whichever page is asked for."""
        return list(self.sessions.values()) if step.owner is None else self.of(step.owner)

    def among(self, step: Step) -> list[Stored]:
        """The sessions that a request can mean: its owner's, or all where ids are unique by themselves."""
        return self.of(step.owner or ()) if self.profile.scoped else list(self.sessions.values())

    def of(self, owner: Owner) -> list[Stored]:
        """The sessions of an owner, in the order of their creation."""
        return [each for each in self.sessions.values() if each.owner == owner]

    def matches(self, session: Stored, page: Page) -> bool:
        """Whether a session has what a list asks for."""
        return all(_member(session, name) == wanted for name, wanted in page.filters)

    def ordered(self, step: Step, sessions: list[Stored]) -> list[Stored]:
        """Sessions in the order in which a list shows them."""
        assert step.binding is not None
        return sessions[::-1] if step.binding.order is Order.NEWEST else sessions

    def page(self, step: Step, items: list[T]) -> tuple[list[T], str | None]:
        """The page of a list that is asked for, and the cursor of the next one, if there is one."""
        page = step.page
        start = page.offset if page.cursor is None else self._behind(step, page.cursor, items)
        end = len(items) if page.limit is None else start + page.limit
        return items[start:end], str(end) if end < len(items) else None

    def _behind(self, step: Step, cursor: str, items: list[T]) -> int:
        """Where the page begins that a cursor stands for; behind everything if it stands for none."""
        if step.binding is None or step.binding.paging is None or not step.binding.paging.after:
            return int(cursor) if cursor.isdecimal() else 0
        place = self.profile.item.id or ()
        ids = [each.id if isinstance(each, Stored) else as_id(resolve(each, place)) for each in items]
        return ids.index(cursor) + 1 if cursor in ids else len(items)

    def run(self, step: Step, session: Stored) -> Response:
        """Append the message and a reply to the history, and answer the reply."""
        self.merge(step, session)
        said = self.talk(step, session)
        if step.binding is not None and step.binding.returns is Returns.SESSION:
            return self.show(step, session)
        return self.render.items(step, said, session.items[-1])

    def talk(self, step: Step, session: Stored) -> list[Json]:
        """Append what was said and a reply to the history."""
        item_id = self.new_id()
        reply = self.render.item(self.reply(step, session), item_id, self.clock, session.id)
        session.items.append(item_id)
        asked = (
            [] if step.message is MISSING else [self.render.item(step.message, self.new_id(), self.clock, session.id)]
        )
        said = [*asked, reply]
        self.append(session, said)
        return said

    def reply(self, step: Step, session: Stored) -> Json:
        """The message with which a run answers: it tells how much of the conversation is remembered."""
        remembered = self.render.texts_of(session.history[-2:])
        return self.render.message(step, f"reply {len(session.history)}, remembering {' | '.join(remembered)}")

    def append(self, session: Stored, items: list[Json]) -> None:
        """Add items to a history."""
        session.history = [*session.history, *items]
        session.updated = self.clock

    def enrich(self, step: Step, session: Stored) -> Response:
        """Merge attributes into a session."""
        self.merge(step, session)
        return self.show(step, session)

    def merge(self, step: Step, session: Stored) -> None:
        """Merge what was sent into a session's attributes, as the profile says."""
        assert step.binding is not None
        for name, sent in step.sent.items():
            if name in (STATUS, HISTORY):
                continue
            value = merged(session.attributes.get(name, {}), sent, step.binding.merge)
            session.attributes[name] = _stored(value, sent)
        session.updated = self.clock

    def holds(self, session: Stored, item: str) -> bool:
        """Whether an item of a session can be named."""
        return item in session.items

    def release(self, step: Step, session: Stored) -> Response:
        """Forget an item of a session."""
        session.items.remove(step.item or "")
        return self.succeed(step)

    def transition(self, step: Step, session: Stored) -> Response:
        """Change the status of a session, if an arrow leads there."""
        after = step.sent.get(STATUS, session.status)
        if after != session.status and not self.leads(session.status, after):
            return self.refuse_transition(step, session)
        self.merge(step, session)
        self.move(session, after)
        return self.show(step, session)

    def leads(self, before: str, after: str) -> bool:
        """Whether an arrow leads from one status to another."""
        return self.profile.lifecycle.allows(before, after)

    def move(self, session: Stored, status: str) -> None:
        """Give a session another status."""
        session.status = status
        session.updated = self.clock

    def ended(self, session: Stored) -> bool:
        """Whether a session takes no runs any more."""
        return session.status in self.profile.lifecycle.ended

    def clean_up(self, step: Step) -> Response:
        """Forget every session that is old enough."""
        for session in [each for each in self.listed(step) if self.is_due(step, each)]:
            del self.sessions[self.key(session.owner, session.id)]
        return self.succeed(step)

    def is_due(self, step: Step, session: Stored) -> bool:
        """Whether a cleanup removes a session."""
        return not self.spared(step, session) and self.clock - session.updated > (step.age or 0.0)

    def spared(self, step: Step, session: Stored) -> bool:
        """Whether a session is in a status in which a call does not take it away."""
        return step.binding is not None and session.status in step.binding.spares

    def delete(self, step: Step, session: Stored) -> Response:
        """Forget a session."""
        self.forget(session)
        return self.succeed(step)

    def forget(self, session: Stored) -> None:
        """Take a session out of the store."""
        self.sessions.pop(self.key(session.owner, session.id), None)

    # --- finding, showing, refusing -----------------------------------------------------------------------------------

    def key(self, owner: Owner, session_id: str) -> Key:
        """What names a session here."""
        return (owner if self._scoped else (), session_id)

    def find(self, step: Step) -> Stored | None:
        """The session that a request names."""
        return None if step.session is None else self.sessions.get(self.key(step.owner or (), step.session))

    def show(self, step: Step, session: Stored) -> Response:
        """A success that shows a session as far as the operation does."""
        return self.render.session(step, session)

    def succeed(self, step: Step) -> Response:
        """A success that shows nothing."""
        assert step.operation is not None
        return self.render.success(step.operation, MISSING)

    def refuse_missing(self, step: Step) -> Response:
        """The answer for a session that is not there; some APIs answer a success, or show an empty one."""
        assert step.binding is not None
        if step.binding.empties:
            return self.read(step, self.made(step.session or "", step.owner or ()))
        return self.refuse(step, step.binding.missing, (404, 410), f"session {step.session} not found")

    def refuse_duplicate(self, step: Step) -> Response:
        """The answer for an id that is in use."""
        assert step.binding is not None
        return self.refuse(step, step.binding.duplicate, (409, 400), f"session {step.session} exists")

    def refuse_invalid(self, step: Step) -> Response:
        """The answer for a request that violates the spec."""
        codes = step.binding.invalid if step.binding else frozenset({400, 422})
        return self.refuse(step, codes, (422, 400), _problem(step))

    def refuse_transition(self, step: Step, session: Stored) -> Response:
        """The answer for a status to which no arrow leads."""
        assert step.binding is not None
        text = f"no arrow leads from {session.status} to {step.sent.get(STATUS)}"
        return self.refuse(step, step.binding.forbidden, (409, 422, 400), text)

    def refuse_spared(self, step: Step, session: Stored) -> Response:
        """The answer for a delete of a session whose status does not allow it."""
        assert step.binding is not None
        text = f"session {step.session} is {session.status}"
        return self.refuse(step, step.binding.forbidden, (409, 422, 400), text)

    def refuse_ended(self, step: Step) -> Response:
        """The answer for a run on a session that takes none any more."""
        assert step.binding is not None
        return self.refuse(step, step.binding.ended, (409, 400), f"session {step.session} has ended")

    def refuse_credentials(self, step: Step) -> Response:
        """The answer for credentials that are missing or wrong."""
        return self.refuse(step, self.profile.credentials.refused, (401, 403), "credentials are missing or wrong")

    def refuse(self, step: Step, codes: Codes, preferred: Iterable[int], text: str) -> Response:
        """A refusal: a code in a success where the profile says so, else the preferred documented status."""
        operation, failed = step.operation, step.binding.failed if step.binding else None
        assert operation is not None
        texts = sorted(each for each in codes if isinstance(each, str))
        if texts and failed is not None:
            return self.render.failure(operation, failed.pointer, texts[0], text)
        allowed = {each for each in codes if isinstance(each, int)}
        # Without a place for texts, or on an operation without a role, only a status can say so.
        ranked = [each for each in (*preferred, *sorted(allowed)) if each in allowed] or list(preferred)
        status = next((each for each in ranked if operation.documented(each) is not None), ranked[0])
        if status < 300:
            return self.render.success(operation, MISSING)
        return self.render.error(operation, status, text)


def _problem(step: Step) -> str:
    """What is wrong with a request, in words for who sent it."""
    if step.invalid is None:
        return "the request names two sessions"
    if step.invalid == "the body" and step.asked is MISSING:
        return "the body is missing"
    request = step.operation.request if step.operation else None
    found = None if request is None or step.asked is MISSING else request.problem(step.asked)
    told = step.invalid if " is n" in step.invalid else f"{step.invalid} does not conform to the schema"
    return found or told


def _member(session: Stored, name: str) -> Json:
    """What a session has where a filter looks."""
    part, _, inner = name.partition("/")
    value: Json = session.status if part == STATUS else session.attributes.get(part)
    return resolve(value, (inner,)) if inner else value


def _stored(value: Json, sent: Json) -> Json:
    """A merged value as it is stored: a null that was sent is kept as a null."""
    if not isinstance(value, dict):
        return value
    return {
        key: (None if item is MISSING else _stored(item, sent.get(key) if isinstance(sent, dict) else item))
        for key, item in value.items()
    }
