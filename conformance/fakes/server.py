"""How would a correct server answer? The model, served: built from a spec and a profile, with no code that knows an
API.

Each method is one thing that a server does, so that a fault can do that one thing wrong.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from conformance.exchange import Exchange, Request, Response, header
from conformance.expressions import MISSING, Json, Pointer, assign, resolve
from conformance.model import Key, merged
from conformance.profile import HISTORY, Binding, Profile, Returns, Role
from conformance.spec import Content, Operation
from conformance.step import EVENT_STREAM, Owner, Reader, Step, encoded

EPOCH = 1_700_000_000.0
"""When a fake's clock starts, in seconds since 1970; each call takes it a millisecond further."""


@dataclass(slots=True)
class Stored:
    """A session as the server keeps it."""

    id: str
    owner: Owner
    attributes: dict[str, Json] = field(default_factory=dict)
    history: list[Json] = field(default_factory=list)
    updated: float = EPOCH


class Server:
    """A correct server. It keeps sessions in memory; `reset` empties it, clock and ids start again from the seed."""

    def __init__(self, profile: Profile, seed: int = 0) -> None:
        self.profile = profile
        self._seed = seed
        self._reader = Reader(profile)
        self.render = Renderer(profile)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.sessions: dict[Key, Stored] = {}
        self.clock = EPOCH
        self._random = random.Random(self._seed)

    # --- answering --------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        """The answer to a request."""
        self.clock += 0.001
        step = self._reader.asked(Exchange(request, None))
        if step.operation is None:
            known = self.profile.spec.knows_path(request.path)
            return self.render.plain_error(405 if known else 404)
        if not self.admits(request):
            return self.render.error(step.operation, 401, "credentials are missing or wrong")
        if step.invalid is not None:
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
        session = self.find(step)
        if session is None:
            return self.refuse_missing(step)
        if binding.role in (Role.RUN, Role.STREAM):
            return self.run(step, session)
        if binding.role is Role.ENRICH:
            return self.enrich(step, session)
        if binding.role is Role.DELETE:
            return self.delete(step, session)
        return self.read(step, session)

    def delay(self) -> float:
        """How many seconds the answer that was just made is held back."""
        return 0.0

    def truncates(self) -> bool:
        """Whether the connection is to be closed in the middle of the answer that was just made."""
        return False

    def admits(self, request: Request) -> bool:
        """Whether a request carries the credentials, where the profile demands some."""
        wanted = self.profile.credentials
        if not wanted.required or wanted.value() is None:
            return True
        if wanted.place == "header":
            return header(request.headers, wanted.name) == wanted.value()
        return (wanted.name, wanted.value()) in parse_qsl(request.query, keep_blank_values=True)

    # --- what a server does -----------------------------------------------------------------------------------------

    def create(self, step: Step) -> Response:
        """Make a session, under the id that the caller chose or a new one."""
        owner = step.owner or ()
        if step.session is not None and self.taken(owner, step.session):
            return self.refuse_duplicate(step)
        session = Stored(self.choose_id(step), owner, updated=self.clock)
        self.fill(session, step)
        self.keep(session)
        return self.show(step, session)

    def choose_id(self, step: Step) -> str:
        """The id of a new session."""
        return step.session if step.session is not None else self.new_id()

    def new_id(self) -> str:
        """An id that was not used before."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def taken(self, owner: Owner, session_id: str) -> bool:
        """Whether an id is in use."""
        return self.key(owner, session_id) in self.sessions

    def fill(self, session: Stored, step: Step) -> None:
        """Give a new session what its creator sent."""
        session.attributes = {name: value for name, value in step.sent.items() if name != HISTORY}
        given = step.sent.get(HISTORY)
        items = given if isinstance(given, list) else []
        session.history = [self.render.given_item(item, self.new_id(), self.clock) for item in items]

    def keep(self, session: Stored) -> None:
        """Store a session."""
        self.sessions[self.key(session.owner, session.id)] = session

    def read(self, step: Step, session: Stored) -> Response:
        """Show a session, or its history."""
        return self.show(step, session)

    def list_sessions(self, step: Step) -> Response:
        """Show the sessions of an owner, in the order of their creation."""
        return self.render.sessions(step, self.listed(step))

    def listed(self, step: Step) -> list[Stored]:
        """The sessions that a list shows."""
        return [each for each in self.sessions.values() if step.owner is None or each.owner == step.owner]

    def run(self, step: Step, session: Stored) -> Response:
        """Append the message and a reply to the history, and answer the reply."""
        reply = self.render.item(self.reply(step, session), self.new_id(), self.clock)
        asked = [] if step.message is MISSING else [self.render.item(step.message, self.new_id(), self.clock)]
        self.append(session, [*asked, reply])
        return self.render.items(step, [reply])

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
            value = merged(session.attributes.get(name, {}), sent, step.binding.merge)
            session.attributes[name] = _stored(value, sent)
        session.updated = self.clock

    def delete(self, step: Step, session: Stored) -> Response:
        """Forget a session."""
        del self.sessions[self.key(session.owner, session.id)]
        return self.succeed(step)

    # --- finding, showing, refusing -----------------------------------------------------------------------------------

    def key(self, owner: Owner, session_id: str) -> Key:
        """What names a session here."""
        return (owner if self.profile.scoped else (), session_id)

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
        return self._refuse(step, step.binding.missing, (404, 410), f"session {step.session} not found")

    def refuse_duplicate(self, step: Step) -> Response:
        """The answer for an id that is in use."""
        assert step.binding is not None
        return self._refuse(step, step.binding.duplicate, (409, 400), f"session {step.session} exists")

    def refuse_invalid(self, step: Step) -> Response:
        """The answer for a request that violates the spec."""
        statuses = step.binding.invalid if step.binding else frozenset({400, 422})
        return self._refuse(step, statuses, (422, 400), f"{step.invalid} does not conform to the schema")

    def _refuse(self, step: Step, statuses: Iterable[int], preferred: Iterable[int], text: str) -> Response:
        """An answer with the preferred documented status among those that the profile allows."""
        operation = step.operation
        assert operation is not None
        allowed = set(statuses)
        ranked = [each for each in (*preferred, *sorted(allowed)) if each in allowed]
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
        self._textual: dict[tuple[str, str, Pointer], bool] = {}
        self._item = self._item_example()

    def session(self, step: Step, session: Stored) -> Response:
        """The answer of an operation about one session."""
        binding, operation = _bound(step)
        if binding.returns is Returns.SESSION:
            return self.success(operation, self.session_object(binding, session, binding.at), binding.at)
        if binding.returns is Returns.ID:
            return self.success(operation, session.id, binding.at)
        if binding.returns is Returns.HISTORY:
            return self.success(operation, session.history, binding.at)
        return self.success(operation, MISSING)

    def sessions(self, step: Step, sessions: list[Stored]) -> Response:
        """The answer of a list."""
        binding, operation = _bound(step)
        shown = [self.session_object(binding, each, (*binding.at, "0")) for each in sessions]
        return self.success(operation, shown, binding.at)

    def items(self, step: Step, items: list[Json]) -> Response:
        """The answer of a run, as far as it shows items."""
        binding, operation = _bound(step)
        shown = items if binding.returns is Returns.HISTORY else MISSING
        return self.success(operation, shown, binding.at)

    def session_object(self, binding: Binding, session: Stored, place: Pointer) -> Json:
        """A session as the API shows it."""
        shape = self._profile.session
        shown = self._example(binding.operation, place)
        if shape.id is not None:
            shown = assign(shown, shape.id, session.id)
        for pointer, value in zip(shape.owner, session.owner, strict=False):
            shown = assign(shown, pointer, value)
        for name, pointer in shape.attributes.items():
            if name not in binding.omits:
                shown = assign(shown, pointer, session.attributes.get(name, {}))
        if shape.history is not None and HISTORY not in binding.omits:
            shown = assign(shown, shape.history, session.history)
        if shape.updated is not None:
            shown = assign(
                shown, shape.updated, self._time(binding.operation, (*place, *shape.updated), session.updated)
            )
        return shown

    def item(self, message: Json, item_id: str, clock: float) -> Json:
        """A history item that holds a message."""
        shape = self._profile.item
        shown = self._item
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
            item = assign(item, shape.id, item_id)
        if shape.time is not None:
            text = isinstance(resolve(item, shape.time), str)
            item = assign(item, shape.time, _date_time(clock) if text else clock)
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

    def success(self, operation: Operation, value: Json, place: Pointer = ()) -> Response:
        """The documented success, with a value at its place; an example where there is none to show."""
        response = self._success(operation, value, place)
        headers = tuple((each.name.lower(), each.example()) for each in operation.documented_headers(response.status))
        return replace(response, headers=(*response.headers, *headers)) if headers else response

    def _success(self, operation: Operation, value: Json, place: Pointer) -> Response:
        """The documented success without its headers."""
        content = operation.success_content()
        if content is None:
            return Response(operation.success())
        if content.media_type == EVENT_STREAM:
            frames = b"".join(b"data: " + encoded(item) + b"\n\n" for item in value or ())
            return _response(operation.success(), EVENT_STREAM, frames)
        body = self._example(operation, ()) if place or value is MISSING else value
        if place and value is not MISSING:
            body = assign(body, place, value)
        return _json(operation.success(), content, body)

    def error(self, operation: Operation, status: int, text: str) -> Response:
        """A refusal, in the documented form."""
        contents = operation.documented(status)
        if not contents:
            return Response(status)
        content = next(iter(contents.values()))
        return _json(status, content, self._schemas.example(content.schema, text))

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
        key = (operation.method, operation.template, place)
        if key not in self._textual:
            content = operation.success_content()
            schema = self._schemas.at(content.schema, place) if content else {}
            self._textual[key] = schema is not MISSING and "string" in self._schemas.types(schema)
        return _date_time(clock) if self._textual[key] else clock

    def _item_example(self) -> Json:
        """An example of a history item, from wherever the spec describes one."""
        for role, inner in ((Role.READ, self._profile.session.history), (Role.HISTORY, ())):
            binding = self._profile.first(role)
            content = binding.operation.success_content() if binding else None
            if binding is not None and content is not None and inner is not None:
                schema = self._schemas.at(content.schema, (*binding.at, *inner, "0"))
                if schema is not MISSING:
                    return self._schemas.example(schema)
        return {}


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


def _date_time(clock: float) -> str:
    """A time in the form of RFC 3339."""
    return datetime.fromtimestamp(clock, UTC).isoformat().replace("+00:00", "Z")


def _json(status: int, content: Content, body: Json) -> Response:
    """An answer with a JSON body."""
    return _response(status, content.media_type, encoded(body))


def _response(status: int, media_type: str, body: bytes) -> Response:
    return Response(status, (("content-type", media_type), ("content-length", str(len(body)))), body)
