"""How would a correct server answer? The model, served: built from a spec and a profile, with no code that knows an
API.

Each method is one thing that a server does, so that a fault can do that one thing wrong.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

from conformance.exchange import Exchange, Request, Response
from conformance.expressions import MISSING, Expression, Json, Pointer, assign, index_of, resolve
from conformance.model import Key, merged
from conformance.patterns import Matching
from conformance.profile import HISTORY, RUNS, STATUS, Binding, Codes, Order, Profile, Returns, Role
from conformance.schemas import is_whole, named
from conformance.spec import EVENT_STREAM, Content, Operation
from conformance.step import Owner, Page, Reader, Step, encoded

T = TypeVar("T")

EPOCH = 1_700_000_000.0
"""When a fake's clock starts, in seconds since 1970; each call takes it further."""


@dataclass(slots=True)
class Stored:
    """A session as the server keeps it."""

    id: str
    owner: Owner
    attributes: dict[str, Json] = field(default_factory=dict)
    history: list[Json] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    status: str = ""
    created: float = EPOCH
    updated: float = EPOCH


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
            return self.delete(step, session)
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
            return self.refuse_duplicate(step)
        session = self.made(self.choose_id(step), owner)
        self.fill(session, step)
        self.keep(session)
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
        start = int(page.cursor) if page.cursor is not None and page.cursor.isdecimal() else page.offset
        end = len(items) if page.limit is None else start + page.limit
        return items[start:end], str(end) if end < len(items) else None

    def run(self, step: Step, session: Stored) -> Response:
        """Append the message and a reply to the history, and answer the reply."""
        item_id = self.new_id()
        reply = self.render.item(self.reply(step, session), item_id, self.clock, session.id)
        session.items.append(item_id)
        asked = (
            [] if step.message is MISSING else [self.render.item(step.message, self.new_id(), self.clock, session.id)]
        )
        self.append(session, [*asked, reply])
        return self.render.items(step, [*asked, reply], item_id)

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
            if name == STATUS:
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
        assert step.binding is not None
        assert step.binding.cleaning is not None
        spared = session.status in step.binding.cleaning.spares
        return not spared and self.clock - session.updated > (step.age or 0.0)

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
        """The answer for a session that is not there; some APIs answer a success."""
        assert step.binding is not None
        return self.refuse(step, step.binding.missing, (404, 410), f"session {step.session} not found")

    def refuse_duplicate(self, step: Step) -> Response:
        """The answer for an id that is in use."""
        assert step.binding is not None
        return self.refuse(step, step.binding.duplicate, (409, 400), f"session {step.session} exists")

    def refuse_invalid(self, step: Step) -> Response:
        """The answer for a request that violates the spec."""
        codes = step.binding.invalid if step.binding else frozenset({400, 422})
        return self.refuse(step, codes, (422, 400), f"{step.invalid or 'the session'} does not conform to the schema")

    def refuse_transition(self, step: Step, session: Stored) -> Response:
        """The answer for a status to which no arrow leads."""
        assert step.binding is not None
        text = f"no arrow leads from {session.status} to {step.sent.get(STATUS)}"
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


class Renderer:
    """Puts what a server has to say into bodies that conform to the spec."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._schemas = profile.spec.schemas
        self._examples: dict[tuple[str, str, Pointer], Json] = {}
        self._types: dict[tuple[str, str, Pointer], frozenset[str]] = {}
        schema = self._item_schema()
        self._item: Json = {} if schema is MISSING else self._schemas.example(schema)
        for place, value in self._schemas.room(schema, self._item, profile.item.message or ()) or ():
            self._item = assign(self._item, place, value)
        self._time_types = self._types_at({} if schema is MISSING else schema, profile.item.time or ())
        self._item_ids, self._item_sessions = (
            self._types_at({} if schema is MISSING else schema, place or ())
            for place in (profile.item.id, profile.item.session)
        )
        self.patterns = dict(self._patterns())
        self.numbered = frozenset(self._numbered())
        self.tick = 1.0 if any(map(is_whole, (self._time_types, *self._session_times()))) else 0.001
        """Seconds that the clock goes on with each call: what is done later has to show a later time."""

    def session(self, step: Step, session: Stored) -> Response:
        """The answer of an operation about one session."""
        binding, operation = _bound(step)
        if binding.returns is Returns.SESSION:
            return self.success(operation, self.session_object(binding, session, binding.at), binding.at)
        if binding.returns is Returns.ID:
            shape, example = self._profile.session, self._example(operation, ())
            places = () if shape.id is None else (shape.id, *shape.also)
            shown = self._named(operation, binding.at, session.id)
            if binding.located is not None:
                address = (
                    f"{step.exchange.request.path.rstrip('/')}/{quote(session.id, safe='', errors='surrogatepass')}"
                )
                response = self.success(operation, MISSING)
                kept = tuple(each for each in response.headers if each[0] != binding.located.name)
                return replace(response, headers=(*kept, (binding.located.name, address)))
            again = {each: shown for each in places if resolve(example, each) is not MISSING}
            return self.success(operation, shown, binding.at, again)
        return self.success(operation, MISSING)

    def sessions(self, step: Step, sessions: list[Stored], following: str | None) -> Response:
        """The answer of a list; `following` is the cursor of the next page."""
        binding, _ = _bound(step)
        return self.listed(
            step, [self.session_object(binding, each, (*binding.at, "0")) for each in sessions], following
        )

    def listed(self, step: Step, items: list[Json], following: str | None) -> Response:
        """The answer of an operation that shows a list in pages."""
        binding, operation = _bound(step)
        next_place, more = (binding.paging.next, binding.paging.more) if binding.paging else (None, None)
        beside = {} if more is None or more.place != "body" else {more.pointer: following is not None}
        if next_place is None:
            return self.success(operation, items, binding.at, beside)
        beside |= self._following(operation, next_place, following)
        response = self.success(operation, items, binding.at, beside)
        if next_place.place == "header" and following is not None:
            kept = tuple(each for each in response.headers if each[0] != next_place.name)
            return replace(response, headers=(*kept, (next_place.name, following)))
        return response

    def _following(self, operation: Operation, place: Expression, cursor: str | None) -> dict[Pointer, Json]:
        """The cursor of the next page at its place; where there is none, a null, or whatever the spec has for it."""
        if place.place != "body":
            return {}
        content = operation.success_content()
        schema = self._schemas.at(content.schema, place.pointer) if content else {}
        types = self._schemas.types(schema) if schema is not MISSING else set()
        return {place.pointer: cursor if cursor is not None or not types or "null" in types else ""}

    def items(self, step: Step, items: list[Json], item_id: str) -> Response:
        """The answer of a run, as far as it shows items: the last, or as many of the last as the spec demands."""
        binding, operation = _bound(step)
        shown: Json = items[-self._least(operation, binding.at) :] if binding.returns is Returns.HISTORY else MISSING
        shown = items[-1] if binding.returns is Returns.ITEM and items else shown
        shown = self._named(operation, binding.at, item_id) if binding.returns is Returns.ID else shown
        return self.success(operation, shown, binding.at)

    def _least(self, operation: Operation, place: Pointer) -> int:
        """How many items an array in an operation's success has to have; at least one."""
        content = operation.success_content()
        schema = self._schemas.at(content.schema, place) if content else MISSING
        if schema is MISSING:
            return 1
        return max(1, *(int(each.get("minItems", 1)) for each in self._schemas.branches(schema)))

    def session_object(self, binding: Binding, session: Stored, place: Pointer) -> Json:
        """A session as the API shows it."""
        shape = self._profile.session
        shown = self._example(binding.operation, place)
        for place_of_id in () if shape.id is None else (shape.id, *shape.also):
            name = self._named(binding.operation, (*place, *place_of_id), session.id)
            shown = assign(shown, place_of_id, name)
        for pointer, value in zip(shape.owner, session.owner, strict=False):
            shown = assign(shown, pointer, self._named(binding.operation, (*place, *pointer), value))
        for name, pointer in shape.attributes.items():
            if name not in binding.omits:
                types = self._answered(binding.operation, (*place, *pointer))
                if name in session.attributes or not types or "object" in types:
                    shown = assign(shown, pointer, session.attributes.get(name, {}))
        if shape.history is not None and HISTORY not in binding.omits:
            shown = assign(shown, shape.history, session.history)
        if shape.status is not None and STATUS not in binding.omits:
            shown = assign(shown, shape.status, session.status)
        for stamp, clock in ((shape.created, session.created), (shape.updated, session.updated)):
            if stamp is not None:
                shown = assign(shown, stamp, self._time(binding.operation, (*place, *stamp), clock))
        return shown

    def item(self, message: Json, item_id: str, clock: float, session: str = "") -> Json:
        """A history item that holds a message."""
        shape = self._profile.item
        shown = self._item
        if shape.session is not None:
            shown = assign(shown, shape.session, named(session, self._item_sessions))
        if shape.message is not None and message is not MISSING and message is not None:
            shown = assign(shown, shape.message, message)
        return self.stamped(shown, item_id, clock)

    def given_item(self, given: Json, item_id: str, clock: float) -> Json:
        """A history item as its sender gave it, completed."""
        known = {key: value for key, value in given.items() if value is not None} if isinstance(given, dict) else {}
        return self.stamped({**self._item, **known}, item_id, clock)

    def stamped(self, item: Json, item_id: str, clock: float) -> Json:
        """An item with its id and its time."""
        shape = self._profile.item
        if shape.id is not None:
            item = assign(item, shape.id, named(item_id, self._item_ids))
        if shape.time is not None:
            item = assign(item, shape.time, _instant(clock, self._time_types))
        return item

    def message(self, step: Step, text: str) -> Json:
        """A message with a text, of the same kind as those that are sent."""
        binding, operation = _bound(step)
        if binding.message is None or binding.message.place != "body" or operation.request is None:
            return text
        schema = self._schemas.at(operation.request.schema, binding.message.pointer)
        return assign(self._schemas.example(schema), self._profile.text, text)

    def texts_of(self, items: list[Json]) -> list[str]:
        """The texts of messages, shortened."""
        shape, text = self._profile.item, self._profile.text
        messages = [resolve(item, shape.message) for item in items] if shape.message is not None else []
        found = [resolve(message, text) for message in messages]
        return [each[:40] for each in found if isinstance(each, str)]

    def success(
        self, operation: Operation, value: Json, place: Pointer = (), beside: Mapping[Pointer, Json] | None = None
    ) -> Response:
        """The documented success, with a value at its place and others beside it; an example where there is none to
        show."""
        return self._headed(operation, self._success(operation, value, place, beside or {}))

    @staticmethod
    def _headed(operation: Operation, response: Response) -> Response:
        """An answer with the headers that are documented for its status."""
        headers = tuple((each.name.lower(), each.example()) for each in operation.documented_headers(response.status))
        return replace(response, headers=(*response.headers, *headers)) if headers else response

    def failure(self, operation: Operation, place: Pointer, code: str, text: str) -> Response:
        """A success that carries the code of an error, in the first form that conforms to the spec."""
        content = operation.success_content()
        if content is None:
            return Response(operation.success())
        parents = [self._schemas.at(schema, place[:-1]) for schema in self._schemas.branches(content.schema)]
        inner = [assign({}, place[:-1], self._schemas.example(each, text)) for each in parents if each is not MISSING]
        whole = [self._schemas.example(schema, text) for schema in self._schemas.branches(content.schema)]
        bodies = [assign(base, place, code) for base in (*whole, *inner, {})]
        body = next((each for each in bodies if content.conforms(each)), bodies[0])
        return _json(operation.success(), content, body)

    def _success(self, operation: Operation, value: Json, place: Pointer, beside: Mapping[Pointer, Json]) -> Response:
        """The documented success without its headers."""
        content = operation.success_content()
        if content is None:
            return Response(operation.success())
        if content.media_type == EVENT_STREAM:
            frames = b"".join(b"data: " + encoded(item) + b"\n\n" for item in value or ())
            return _response(operation.success(), EVENT_STREAM, frames)
        body = self._example(operation, ()) if place or value is MISSING else value
        if place and value is not MISSING:
            body = assign(_roomy(body, place), place, value)
        for pointer, each in beside.items():
            body = assign(body, pointer, each)
        return _json(operation.success(), content, body)

    def error(self, operation: Operation, status: int, text: str) -> Response:
        """A refusal, in the documented form."""
        contents = operation.documented(status)
        if not contents:
            return self._headed(operation, Response(status))
        content = next(iter(contents.values()))
        return self._headed(operation, _json(status, content, self._schemas.example(content.schema, text)))

    @staticmethod
    def plain_error(status: int) -> Response:
        """A refusal for which there is no operation."""
        return _response(status, "application/json", json.dumps({"error": "no such operation"}).encode())

    def _example(self, operation: Operation, place: Pointer) -> Json:
        """An example of what stands at a place in an operation's success."""
        key = (operation.method, operation.template, place)
        if key not in self._examples:
            content = operation.success_content()
            schema = self._schemas.at(content.schema, place) if content else {}
            self._examples[key] = self._schemas.example(schema) if schema is not MISSING else {}
        return self._examples[key]

    def _time(self, operation: Operation, place: Pointer, clock: float) -> Json:
        """A time as number or text, as the schema has it."""
        return _instant(clock, self._answered(operation, place))

    def _named(self, operation: Operation, place: Pointer, name: str) -> Json:
        """An id, or a part of an owner, as number or text, as the schema has it."""
        return named(name, self._answered(operation, place))

    def _answered(self, operation: Operation, place: Pointer) -> frozenset[str]:
        """The types of what stands at a place in an operation's success."""
        key = (operation.method, operation.template, place)
        if key not in self._types:
            content = operation.success_content()
            self._types[key] = self._types_at(content.schema if content else {}, place)
        return self._types[key]

    def _numbered(self) -> Iterator[str]:
        """What has ids that are whole numbers."""
        shape = self._profile.session.id
        for binding in self._profile.bindings:
            places = {Returns.SESSION: shape, Returns.ID: ()}
            place = places.get(binding.returns)
            makes = binding.role in (Role.CREATE, Role.READ)
            if makes and place is not None and is_whole(self._answered(binding.operation, (*binding.at, *place))):
                yield "session"
        if is_whole(self._item_ids):
            yield "item"

    def _session_times(self) -> Iterator[frozenset[str]]:
        """The types of the times that sessions show."""
        shape = self._profile.session
        for binding in self._profile.bindings:
            content = binding.operation.success_content()
            if content is not None and binding.returns is Returns.SESSION:
                for stamp in (shape.created, shape.updated):
                    if stamp is not None:
                        yield self._types_at(content.schema, (*binding.at, *stamp))

    def _patterns(self) -> Iterator[tuple[str, str]]:
        """The patterns of the ids that the spec demands, by what they are ids of."""
        shape = self._profile.session.id
        for binding in self._profile.bindings:
            content = binding.operation.success_content()
            places = {Returns.SESSION: shape, Returns.ID: ()}
            place = places.get(binding.returns)
            if content is not None and place is not None and binding.role in (Role.CREATE, Role.READ):
                for each in self._schemas.branches(self._schemas.at(content.schema, (*binding.at, *place))):
                    if isinstance(each.get("pattern"), str):
                        yield "session", each["pattern"]

    def _types_at(self, schema: Json, place: Pointer) -> frozenset[str]:
        """The types of what may stand at a place."""
        found = self._schemas.at(schema, place)
        return frozenset() if found is MISSING else frozenset(self._schemas.types(found))

    def _item_schema(self) -> Json:
        """The schema of a history item, from wherever the spec describes one, or MISSING."""
        history = self._profile.session.history
        places: list[tuple[Role, Returns, Pointer]]
        places = [(role, Returns.HISTORY, ("0",)) for role in (Role.HISTORY, *RUNS)]
        places += [] if history is None else [(Role.READ, Returns.SESSION, (*history, "0"))]
        places[:0] = [(role, Returns.ITEM, ()) for role in RUNS]
        for role, returns, inner in reversed(places):
            for binding in self._profile.bound(role):
                content = binding.operation.success_content()
                if content is not None and binding.returns is returns:
                    schema = self._schemas.at(content.schema, (*binding.at, *inner))
                    if schema is not MISSING:
                        return schema
        return MISSING


def _member(session: Stored, name: str) -> Json:
    """What a session has where a filter looks."""
    part, _, inner = name.partition("/")
    value: Json = session.status if part == STATUS else session.attributes.get(part)
    return resolve(value, (inner,)) if inner else value


def _bound(step: Step) -> tuple[Binding, Operation]:
    """The binding and the operation of a step that has them."""
    assert step.binding is not None
    return step.binding, step.binding.operation


def _stored(value: Json, sent: Json) -> Json:
    """A merged value as it is stored: a null that was sent is kept as a null."""
    if not isinstance(value, dict):
        return value
    return {
        key: (None if item is MISSING else _stored(item, sent.get(key) if isinstance(sent, dict) else item))
        for key, item in value.items()
    }


def _instant(clock: float, types: frozenset[str]) -> Json:
    """A time as a schema of some types has it: text, whole seconds, or seconds."""
    if "string" in types:
        return _date_time(clock)
    return int(clock) if is_whole(types) else clock


def _date_time(clock: float) -> str:
    """A time in the form of RFC 3339."""
    return datetime.fromtimestamp(clock, UTC).isoformat().replace("+00:00", "Z")


def _json(status: int, content: Content, body: Json) -> Response:
    """An answer with a JSON body."""
    return _response(status, content.media_type, encoded(body))


def _roomy(body: Json, place: Pointer) -> Json:
    """An example with an object wherever a member is to stand, though it be an array: of alternatives one was taken."""
    for end, token in enumerate(place):
        if isinstance(resolve(body, place[:end]), list) and index_of(token) is None:
            body = assign(body, place[:end], {})
    return body


def _response(status: int, media_type: str, body: bytes) -> Response:
    return Response(status, (("content-type", media_type), ("content-length", str(len(body)))), body)
