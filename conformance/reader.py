"""What does an exchange mean? It is read through a profile as a step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance import forms
from conformance.exchange import Exchange, Request, Response, header
from conformance.expressions import MISSING, Expression, Json, Message, resolve
from conformance.json_text import framed, parsed
from conformance.narrowing import Narrowing
from conformance.operations import LINES, STREAM_TYPES, Operation, Parameter, is_json
from conformance.profile import HISTORY, READS, RUNS, STATUS, Binding, Order, Paging, Profile, Returns, Role
from conformance.records import replace
from conformance.step import Outcome, Page, Snapshot, Step, as_id, is_last
from conformance.values import Awkward, kinds

_Address = tuple[Operation | None, dict[str, str], str | None, Sequence[Parameter]]
"""What a request line says: the operation, its path parameters, which of these violates the spec, and which of its
other parameters have to be checked."""


class Reader:
    """Reads exchanges through one profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._bindings = profile.by_operation()
        credentials = profile.credentials
        self._identities = credentials.identities() if credentials.required else ()
        self._addressed: dict[tuple[str, str], _Address] = {}
        self._unkept = (*profile.session.shared, *profile.session.unstored)
        self._narrowing = {each.operation.id: Narrowing(each, profile.values) for each in profile.bound(Role.LIST)}

    def read(self, exchange: Exchange) -> Step:
        """The step that an exchange is."""
        step = self.asked(exchange)
        self._read_response(step)
        return step

    def asked(self, exchange: Exchange) -> Step:
        """The step as far as the request tells: what a server knows when it begins to answer."""
        step = Step(exchange)
        request = exchange.request
        asked = (request.method, request.path)
        found = self._addressed.get(asked)
        if found is None:
            found = self._addressed[asked] = self._address(*asked)
            if len(self._addressed) > MAX_ADDRESSED:
                self._addressed = dict(islice(self._addressed.items(), MAX_ADDRESSED // 2, None))
        step.operation, path, step.invalid, checked = found
        query: dict[str, Json] = dict(parse_qsl(request.query, keep_blank_values=True)) if request.query else {}
        self._read_request(step, Message(path, query, request.headers), checked)
        return step

    def _address(self, method: str, path: str) -> _Address:
        """What a request line says. A session's come again and again."""
        found = self.profile.spec.match(method, path)
        if found is None:
            return None, {}, None, ()
        operation, named = found
        in_path = [each for each in operation.checked if each.place == "path"]
        elsewhere = tuple(each for each in operation.checked if each.place != "path")
        return operation, named, _invalid_parameter(in_path, Message(path=named)), elsewhere

    def _read_request(self, step: Step, message: Message, checked: Sequence[Parameter]) -> None:
        """Take what was asked."""
        request = step.exchange.request
        operation = step.operation
        if request.body:
            step.asked, garbled = self._body(request, operation)
            message.body = step.asked
            if garbled:
                step.invalid = garbled
        if operation is None:
            return
        binding = _played(self._bindings.get((operation.method, operation.template), ()), message)
        if binding is not None:
            step.binding, step.operation = binding, (operation := binding.operation)
        if checked and step.invalid is None:
            step.invalid = _invalid_parameter(checked, message)
        if operation.request is not None and step.invalid is None:
            step.invalid = _invalid_body(operation, message.body)
        identity = self._identity(step, message)
        if binding is None:
            return
        step.session = as_id(_read(binding.session, message))
        if binding.also:
            others = (as_id(each.read(message)) for each in binding.also)
            step.split = next((each for each in others if each is not None and each != step.session), None)
        step.item = as_id(_read(binding.item, message))
        self._read_owner(step, binding, message, identity)
        step.sent = self._sent(step, binding, message)
        step.message = _read(binding.message, message)
        if binding.paging is not None or binding.filters:
            step.page = _page(binding, message)
        if binding.role is Role.LIST and self._narrowing[binding.operation.id].of(message):
            step.page = replace(step.page, narrowed=True)
        if binding.cleaning is not None:
            age = _number(binding.cleaning.age.read(message))
            step.age = None if age is None else age * binding.cleaning.unit
        if step.sent or step.message is not MISSING:
            step.awkward = self._awkward(step)

    @staticmethod
    def _body(request: Request, operation: Operation | None) -> tuple[Json, str | None]:
        """The value of a request's body, or MISSING and why it has none."""
        if operation is None or operation.request is None or not forms.is_form(operation.request.media_type):
            found, garbled = parsed(request.body)
            return found, "the body is not JSON" if garbled else None
        found, garbled = forms.read(request.body, header(request.headers, "content-type"))
        return operation.request.typed(found), "the body is no form" if garbled else None

    def _identity(self, step: Step, message: Message) -> int:
        """Which identity a request's credentials are those of; 0 if that cannot be told."""
        if not self._identities:
            return 0
        wanted = self.profile.credentials
        name = wanted.name
        given = message.header(name.lower()) if wanted.place == "header" else message.query.get(name, MISSING)
        if given in self._identities:
            return self._identities.index(given)
        if given in self.profile.credentials.further:
            return 0
        step.unauthorized = True
        return 0

    def _read_owner(self, step: Step, binding: Binding, message: Message, identity: int) -> None:
        """Take whose session is meant: what the request names, and the credentials where they are a part of it."""
        owner = [part for place in binding.owner if (part := as_id(place.read(message))) is not None]
        if len(owner) < len(binding.owner):
            return
        if self.profile.by_identity:
            owner.append(self.profile.credentials.as_owner(identity))
        step.owner = tuple(owner) or None

    def _sent(self, step: Step, binding: Binding, message: Message) -> dict[str, Json]:
        """The parts of a session that a request carries, as far as they are kept."""
        sent = {}
        for name, expression in binding.attributes.items():
            value = expression.read(message)
            if value is not MISSING and value is not None:
                sent[name] = self._kept(value) if self._unkept else value
                step.dropped = step.dropped or _names(value, self.profile.session.unstored)
        if binding.history is not None and (value := binding.history.read(message)):
            sent[HISTORY] = value
        if binding.status is not None and isinstance(value := binding.status.read(message), str):
            sent[STATUS] = value
        if binding.to is not None:
            sent[STATUS] = binding.to
        return sent

    def _kept(self, value: Json, prefixes: tuple[str, ...] = ()) -> Json:
        """An attribute group without the members that do not belong to the session alone, or are not kept."""
        if not isinstance(value, dict):
            return value
        return {key: item for key, item in value.items() if not key.startswith(prefixes or self._unkept)}

    def _awkward(self, step: Step) -> frozenset[Awkward]:
        """The kinds of legal but awkward values in the attributes and in the text that a request carries."""
        found = [kinds(value) for name, value in step.sent.items() if name not in (HISTORY, STATUS)]
        text = resolve(step.message, self.profile.text)
        if isinstance(text, str):
            found.append(kinds(text))
        return frozenset().union(*found)

    def _read_response(self, step: Step) -> None:
        """Take what was answered."""
        response = step.exchange.response
        if response is None:
            return
        step.media_type = response.media_type
        if step.exchange.failure is not None:
            return  # of an answer that broke off, the part that came means nothing
        streamed = step.media_type in STREAM_TYPES
        if streamed:
            if self._may_stream(step, response.status):
                step.body, step.garbled = framed(response.body, step.media_type in LINES)
        elif response.body and is_json(step.media_type):
            step.body, step.garbled = parsed(response.body)
        failed = step.binding.failed if step.binding else None
        if failed is not None and step.body is not MISSING and not streamed:
            step.code = as_id(failed.read(Message(body=step.body)))
        step.outcome = self._outcome(step, response, streamed)
        if step.outcome is Outcome.ACCEPTED and step.binding is not None:
            self._read_views(step, step.binding, streamed)

    @staticmethod
    def _may_stream(step: Step, status: int) -> bool:
        """Whether a stream of events is an answer at all: to a run, or where the spec documents one. Elsewhere, what
        comes in events is no session, and no list of sessions."""
        if step.operation is None or step.role is None or step.role in RUNS:
            return True
        return not STREAM_TYPES.isdisjoint(step.operation.documented(status) or ())

    def _outcome(self, step: Step, response: Response, streamed: bool) -> Outcome:
        """What came of the call. Whoever asks to come again later may have done it all the same."""
        if step.postponed:
            return Outcome.LOST
        if response.status >= 500:
            return Outcome.FAILED
        if response.status >= 400:
            return Outcome.REFUSED
        if not 200 <= response.status < 300:
            return Outcome.ODD
        failed = step.binding.failed if step.binding else None
        if failed is None or step.body is MISSING:
            return Outcome.ACCEPTED
        if streamed:
            broke = any(failed.read(Message(body=frame)) for frame in step.body)
            return Outcome.FAILED if broke else Outcome.ACCEPTED
        return Outcome.REFUSED if failed.read(Message(body=step.body)) else Outcome.ACCEPTED

    def _read_views(self, step: Step, binding: Binding, streamed: bool) -> None:
        """Take the sessions, items and ids that an accepted answer shows."""
        several = streamed and step.body is not MISSING
        found = _told(step.body, binding) if several else resolve(step.body, binding.at)
        if binding.returns is Returns.SESSION and isinstance(found, dict):
            step.views = (self._snapshot(found, binding),)
        elif binding.returns is Returns.SESSIONS and isinstance(found, dict if binding.keyed else list):
            if len(found) > MAX_LISTED:
                return
            listed = found.items() if isinstance(found, dict) else ((None, each) for each in found)
            step.views = tuple(self._under(key, each, binding) for key, each in listed if isinstance(each, dict))
            step.shown = True
            self._read_next(step, binding, len(found), step.views[-1].id if step.views else None)
        elif binding.returns is Returns.HISTORY and isinstance(found, list):
            step.items = tuple(found)
            place = self.profile.item.id
            last = as_id(resolve(found[-1], place)) if found and place is not None else None
            self._read_next(step, binding, len(found), last)
            if binding.role is Role.HISTORY and step.page.first and is_last(step.page, binding.paging, len(found)):
                oldest_first = found[::-1] if binding.order is Order.NEWEST else found
                step.views = (Snapshot(step.session, None, {HISTORY: oldest_first}),)
        elif binding.returns is Returns.ITEM and found is not MISSING:
            step.items = (found,)
        if binding.role is Role.CREATE:
            bare = as_id(found) if binding.returns is Returns.ID else None
            shown = step.views[0].id if step.views else self.profile.session.id_in(bare)
            shown = shown if binding.located is None else _last_segment(binding.located, step.exchange.response)
            step.created = shown or step.session

    @staticmethod
    def _read_next(step: Step, binding: Binding, length: int, last: str | None) -> None:
        """Take where the next page begins, and whether there is one: behind so many, and the id of the last of them."""
        paging, response = binding.paging, step.exchange.response
        if paging is None or (paging.next is None and paging.more is None and not paging.after):
            return
        message = Message(body=step.body, said=response.headers if response else ())
        following = as_id(_read(paging.next, message)) or None
        more = _read(paging.more, message)
        if paging.after and (more is True or (more is not False and length >= (step.page.limit or 1))):
            following = last
        step.page = replace(step.page, next=following, more=more if isinstance(more, bool) else None)

    def _under(self, key: str | None, found: Json, binding: Binding) -> Snapshot:
        """A session object as a snapshot; one that stands under a key has that for an id, beside what it shows."""
        view = self._snapshot(found, binding)
        shown = self.profile.session.id_in(key)
        if shown is None or shown == view.id:
            return view
        return replace(view, id=shown, split=view.id)

    def _snapshot(self, found: Json, binding: Binding) -> Snapshot:
        """A session object as a snapshot. A read that does not show a part shows that it is empty."""
        shape = self.profile.session
        parts: dict[str, Json] = {}
        for name, pointer in shape.attributes.items():
            if name not in binding.omits:
                value = resolve(found, pointer)
                if value is not MISSING or binding.role in READS:
                    value = {} if value is MISSING or value is None else value
                    # An answer may show passing attributes; a later read must not.
                    unkept = shape.shared if binding.role in READS else self._unkept
                    parts[name] = self._kept(value, unkept) if unkept else value
        if shape.history is not None and HISTORY not in binding.omits:
            value = resolve(found, shape.history)
            if isinstance(value, list):
                parts[HISTORY] = value
            elif binding.role in READS:
                parts[HISTORY] = []
        if shape.status is not None and STATUS not in binding.omits:
            value = resolve(found, shape.status)
            if isinstance(value, str):
                parts[STATUS] = value
        owner = [part for pointer in shape.owner if (part := as_id(resolve(found, pointer))) is not None]
        whole = bool(owner) and len(owner) == len(shape.owner) and not self.profile.by_identity
        shown = shape.id_in(as_id(resolve(found, shape.id))) if shape.id is not None else None
        others = [shape.id_in(as_id(resolve(found, place))) for place in shape.also]
        strange = [each for each in others if each is not None and each != shown]
        return Snapshot(
            id=shown,
            split=strange[0] if strange else None,
            owner=tuple(owner) if whole else None,
            parts=parts,
            updated=MISSING if shape.updated is None else resolve(found, shape.updated),
            created=MISSING if shape.created is None else resolve(found, shape.created),
        )


def _read(expression: Expression | None, message: Message) -> Json:
    """The value of an expression that may be absent."""
    return MISSING if expression is None else expression.read(message)


def _played(bindings: Sequence[Binding], message: Message) -> Binding | None:
    """Which of the roles of its operation a request plays: the one that it asks for, or else one that is played
    whatever a request says, where it changes the status if it names one."""
    if len(bindings) < 2 and not any(each.when for each in bindings):
        return bindings[0] if bindings else None
    for binding in bindings:
        asked = binding.when and all(place.says(message, value) for place, value in binding.when)
        if asked and _names_as_it_must(binding, bindings, message):
            return binding
    rest = [each for each in bindings if not each.when and _names_as_it_must(each, bindings, message)]
    for binding in rest[1:]:
        if binding.status is not None and binding.status.read(message) is not MISSING:
            return binding
    return rest[0] if rest else None


def _names_as_it_must(binding: Binding, bindings: Sequence[Binding], message: Message) -> bool:
    """Whether a request names a session or none, as it must if a create of the same operation is told by that alone."""
    create = next((each for each in bindings if each.nameless and each.when == binding.when), None)
    return create is None or any(place.read(message) for place in create.nameless) is not (binding is create)


def _told(events: Sequence[Json], binding: Binding) -> Json:
    """What the events of a stream hold at the place of what is answered: each item of a history, else the last one."""
    told = [each for event in events if (each := resolve(event, binding.at)) is not MISSING]
    if binding.returns is not Returns.HISTORY:
        return told[-1] if told else MISSING
    return [item for each in told for item in (each if isinstance(each, list) else (each,))]


def _last_segment(place: Expression, response: Response | None) -> str | None:
    """The id at the end of the address that a header holds; None if there is none."""
    address = None if response is None else response.header(place.name)
    path = urlsplit(address).path.rstrip("/") if address else ""
    return unquote(path.rpartition("/")[2]) or None


def _names(value: Json, prefixes: tuple[str, ...]) -> bool:
    """Whether an attribute group has a member whose name begins with one of these."""
    return bool(prefixes) and isinstance(value, dict) and any(key.startswith(prefixes) for key in value)


def _number(value: Json) -> float | None:
    """A finite number, or the one that a text holds; None if there is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _page(binding: Binding, message: Message) -> Page:
    """The part of a list that a request asks for."""
    paging = binding.paging or Paging()
    limit, offset = (_number(_read(each, message)) for each in (paging.limit, paging.offset))
    size = paging.size if limit is None else int(limit)
    if paging.number is not None and size is not None:
        number = _number(paging.number.read(message))
        offset = 0 if number is None else max(0, int(number) - paging.first) * size
    asked = ((name, as_id(place.read(message))) for name, place in binding.filters.items())
    return Page(
        limit=size,
        offset=int(offset or 0),
        cursor=as_id(_read(paging.cursor, message)),
        filters=tuple((name, value) for name, value in asked if value is not None),
    )


def _invalid_parameter(checked: Iterable[Parameter], message: Message) -> str | None:
    """Which parameter violates the spec, or None."""
    for each in checked:
        if each.place == "path":
            text: Json = message.path.get(each.name, MISSING)
        elif each.place == "query":
            text = message.query.get(each.name, MISSING)
        elif each.place == "header":
            text = message.header(each.name.lower())
        else:
            continue
        if each.problem(None if text is MISSING else text) is not None:
            return f"the {each.place} parameter {each.name}"
    return None


def _invalid_body(operation: Operation, body: Json) -> str | None:
    """Where a request body violates the spec, or None."""
    if body is MISSING:
        return "the body" if operation.body_required else None
    place = operation.request.place(body) if operation.request else None
    return None if place is None else (place or "the body")


MAX_ADDRESSED: Final = 1_024
"""So many request lines are remembered with what they say."""
MAX_LISTED: Final = 100_000
"""Lists of more sessions than this are not gone into."""
