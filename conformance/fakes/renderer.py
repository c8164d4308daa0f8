"""How does a fake say it? What it keeps, in the shapes that the spec documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from conformance.exchange import Response
from conformance.expressions import MISSING, Expression, Json, Pointer, assign, index_of, resolve
from conformance.json_text import encoded
from conformance.operations import EVENT_STREAM, STREAM_TYPES, Content, Operation
from conformance.profile import HISTORY, RUNS, STATUS, Binding, Profile, Returns, Role
from conformance.records import replace
from conformance.schemas import is_whole, named
from conformance.step import Owner, Step

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


class Renderer:
    """Puts what a server has to say into bodies that conform to the spec."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._schemas = profile.spec.schemas
        self._examples: dict[tuple[str, Pointer], Json] = {}
        self._types: dict[tuple[str, Pointer], frozenset[str]] = {}
        schema = self._item_schema()
        self._items: Json = {} if schema is MISSING else schema
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
            shown = self._named(operation, binding.at, self._name(session.id, binding, session.owner))
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
        shown = [self.session_object(binding, each, (*binding.at, "0")) for each in sessions]
        if binding.keyed:
            names = [self._name(each.id, binding, each.owner) for each in sessions]
            return self._listed(step, dict(zip(names, shown, strict=True)), following)
        return self._listed(step, shown, following)

    def listed(self, step: Step, items: list[Json], following: str | None) -> Response:
        """The answer of an operation that shows a list in pages."""
        return self._listed(step, items, following)

    def _listed(self, step: Step, items: Json, following: str | None) -> Response:
        """The answer with a list, or with what stands for one."""
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
            name = self._named(
                binding.operation, (*place, *place_of_id), self._name(session.id, binding, session.owner)
            )
            shown = assign(shown, place_of_id, name)
        for pointer, value in zip(shape.owner, session.owner, strict=False):
            shown = assign(shown, pointer, self._named(binding.operation, (*place, *pointer), value))
        for name, pointer in shape.attributes.items():
            if name not in binding.omits:
                types = self._answered(binding.operation, (*place, *pointer))
                if name in session.attributes or not types or "object" in types:
                    room = self._within(binding.operation, place, shown, pointer)
                    shown = assign(room, pointer, session.attributes.get(name, {}))
        if shape.history is not None and HISTORY not in binding.omits:
            shown = assign(shown, shape.history, session.history)
        if shape.status is not None and STATUS not in binding.omits:
            shown = assign(self._within(binding.operation, place, shown, shape.status), shape.status, session.status)
        for stamp, clock in ((shape.created, session.created), (shape.updated, session.updated)):
            if stamp is not None:
                shown = assign(shown, stamp, self._time(binding.operation, (*place, *stamp), clock))
        return shown

    def _within(self, operation: Operation, place: Pointer, shown: Json, pointer: Pointer) -> Json:
        """A session object in which the parents of a part are there, with what the spec demands beside it."""
        for end in range(1, len(pointer)):
            if not isinstance(resolve(shown, pointer[:end]), dict | list):
                shown = assign(shown, pointer[:end], self._example(operation, (*place, *pointer[:end])))
        return shown

    def _name(self, session: str, binding: Binding | None = None, owner: Owner = ()) -> str:
        """What a session is called: its id, or the longer name in which that stands."""
        naming, values = self._profile.session.name, self._profile.values
        if naming is None:
            return session
        known = {name: value for name, value in values.items() if isinstance(value, str)}
        parts = zip(binding.owner if binding is not None else (), owner, strict=False)
        return naming.full(session, {**known, **{(each.name or each.pointer[-1]): part for each, part in parts}})

    def item(self, message: Json, item_id: str, clock: float, session: str = "") -> Json:
        """A history item that holds a message."""
        shape = self._profile.item
        shown = self._item
        if shape.session is not None:
            shown = assign(shown, shape.session, named(self._name(session), self._item_sessions))
        if shape.message is not None and message is not MISSING and message is not None:
            shown = assign(shown, shape.message, message) if shape.message else self._as_item(message)
        return self.stamped(shown, item_id, clock)

    def _as_item(self, message: Json) -> Json:
        """A message that is the item itself: with what only items have, and without what they have no place for."""
        if not isinstance(message, dict) or not isinstance(self._item, dict):
            return message
        kept = {name: each for name, each in message.items() if self._schemas.at(self._items, (name,)) is not MISSING}
        return {**self._item, **(kept or message)}

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
        errors = [self._schemas.example(each, text) for each in parents if each is not MISSING]
        inner = [assign({}, place[:-1], each) for each in errors]
        whole = [self._schemas.example(schema, text) for schema in self._schemas.branches(content.schema)]
        both = [assign(base, place[:-1], each) for base in whole for each in errors if isinstance(base, dict)]
        said = named(code, self._answered(operation, place))
        bodies = [assign(base, place, said) for base in (*whole, *inner, *both, {})]
        body = next((each for each in bodies if content.conforms(each)), bodies[0])
        return _json(operation.success(), content, body)

    def _success(self, operation: Operation, value: Json, place: Pointer, beside: Mapping[Pointer, Json]) -> Response:
        """The documented success without its headers."""
        content = operation.success_content()
        if content is None:
            return Response(operation.success())
        if content.media_type in STREAM_TYPES:
            items = value if isinstance(value, list) else [] if value is MISSING else [value]
            if place:
                event = _roomy(self._example(operation, ()), place)
                items = [assign(event, place, item) for item in items]
            before, after = (b"data: ", b"\n\n") if content.media_type == EVENT_STREAM else (b"", b"\n")
            frames = b"".join(before + encoded(item) + after for item in items)
            return _response(operation.success(), content.media_type, frames)
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
        key = (operation.id, place)
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
        key = (operation.id, place)
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
        for binding in self._profile.bindings if self._profile.session.name is None else ():
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


def _bound(step: Step) -> tuple[Binding, Operation]:
    """The binding and the operation of a step that has them."""
    assert step.binding is not None
    return step.binding, step.binding.operation


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
