"""What does an exchange mean? It is read through a profile as a step; and the reverse, a call is written as a
request."""

from __future__ import annotations

import gc
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from itertools import accumulate, chain, count, islice
from operator import sub
from typing import NoReturn
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from conformance import forms
from conformance.exchange import Exchange, Request, Response, header
from conformance.expressions import MISSING, Expression, Json, Message, assign, remove, resolve
from conformance.profile import HISTORY, READS, STATUS, Binding, Codes, Order, Paging, Profile, Returns, Role
from conformance.schemas import Variation, is_whole, named
from conformance.spec import EVENT_STREAM, Operation, is_json
from conformance.values import Awkward, kinds

Owner = tuple[str, ...]

_LINE_END = re.compile(r"\r\n|\n|\r")


RAW = "\ue000raw number "
"""What a string begins with that stands for a raw number."""
_RAW_NUMBER = re.compile(r'"\\ue000raw number ([-+.0-9eE]+)"')


_ESCAPED_RAW = '"\\ue000raw number '
_ENCODER = json.JSONEncoder(allow_nan=False)


def raw_number(text: str) -> str:
    """A number that JSON can write and Python cannot, such as 1e999, to be put into a body that a `Writer` encodes."""
    return f"{RAW}{text}"


def encoded(value: Json) -> bytes:
    """A value as JSON text; raw numbers as they are meant, and infinity as a number that JSON can write."""
    try:
        text = _ENCODER.encode(value)
    except ValueError:
        text = json.dumps(_finite(value))
    return (_RAW_NUMBER.sub(r"\1", text) if _ESCAPED_RAW in text else text).encode()


def _finite(value: Json) -> Json:
    """A value with raw numbers in the stead of infinities."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return raw_number("1e999" if value > 0 else "-1e999")
    return value


class Outcome(Enum):
    """What came of a call."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    FAILED = "failed"
    LOST = "lost"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A session, or the parts of one, as an answer shows it; `split` is another id that it is shown under as well."""

    id: str | None
    owner: Owner | None
    parts: Mapping[str, Json]
    updated: Json = MISSING
    created: Json = MISSING
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list was asked for, and what comes after it.

    `limit` is how many at most, None: all; `offset` how many come before it; `cursor` where it begins, None: at the
    beginning. `filters` hold what was asked of the sessions, by part. `next` is the cursor of the page after it, `more`
    whether there is one, if the answer says so.
    """

    limit: int | None = None
    offset: int = 0
    cursor: str | None = None
    filters: tuple[tuple[str, str], ...] = ()
    next: str | None = None
    more: bool | None = None

    @property
    def first(self) -> bool:
        """Whether it is the first page."""
        return self.offset == 0 and self.cursor is None


WHOLE = Page()
"""All of a list."""


@dataclass(slots=True)
class Step:
    """An exchange, read through the profile.

    `operation` is None if the spec has none for this request, `binding` if no role is bound to it. `session` is the
    id that the request names, `split` another id that it names elsewhere, `item` the item of it that it names. `sent`
    holds the attribute groups (and the history, and the status) that it carries, `asked` the whole body, `awkward` the
    kinds of awkward values in it; `dropped` says that it carries attributes that are not kept. `invalid` names the
    first place where the request violates the spec, `unauthorized` says that its credentials are known to be missing
    or wrong. `page` is the part of a list that it asks for, `age` how old sessions must be, in seconds, to be cleaned
    up. `views` are the sessions that the answer shows, `items` the history items that a run answered, `shown` whether a
    list was there, `code` what stands where the profile says that errors do. `garbled` says why the answer's body
    cannot be read.
    """

    exchange: Exchange
    operation: Operation | None = None
    binding: Binding | None = None
    session: str | None = None
    split: str | None = None
    item: str | None = None
    owner: Owner | None = None
    sent: Mapping[str, Json] = field(default_factory=dict)
    message: Json = MISSING
    asked: Json = MISSING
    awkward: frozenset[Awkward] = frozenset()
    invalid: str | None = None
    unauthorized: bool = False
    dropped: bool = False
    page: Page = WHOLE
    age: float | None = None
    code: str | None = None
    body: Json = MISSING
    media_type: str = ""
    garbled: str | None = None
    outcome: Outcome = Outcome.LOST
    views: tuple[Snapshot, ...] = ()
    items: tuple[Json, ...] = ()
    created: str | None = None
    shown: bool = False

    @property
    def role(self) -> Role | None:
        """The role that the operation plays."""
        return self.binding.role if self.binding else None

    @property
    def status(self) -> int:
        """The status code; 0 if no answer came."""
        return self.exchange.response.status if self.exchange.response else 0

    @property
    def accepted(self) -> bool:
        """Whether the call was answered with a success."""
        return self.outcome is Outcome.ACCEPTED

    @property
    def refused(self) -> bool:
        """Whether the call was answered with a refusal."""
        return self.outcome is Outcome.REFUSED

    @property
    def reads(self) -> bool:
        """Whether the role only looks."""
        return self.role in READS

    @property
    def postponed(self) -> bool:
        """Whether the server asks to come again later: that says nothing of any session."""
        return self.exchange.postponed

    @property
    def says_missing(self) -> bool:
        """Whether the answer is the one that the profile declares for a missing session."""
        return self.binding is not None and self.says(self.binding.missing)

    @property
    def surely_missing(self) -> bool:
        """Whether the call was refused, and that can mean nothing but a missing session."""
        return self.binding is not None and self.refused and self._names(self.binding.missing)

    @property
    def unexplained(self) -> bool:
        """Whether a 2xx tells of an error that stands for no refusal: what was asked may have been begun, and gone
        wrong."""
        if self.binding is None or not self.refused or self.status >= 300 or self.wrong:
            return False
        binding = self.binding
        return not any(map(self._names, (binding.missing, binding.foreign, binding.ended, binding.forbidden)))

    @property
    def wrong(self) -> bool:
        """Whether something is wrong with the request itself, so that it has to be refused whatever it is about."""
        return self.invalid is not None or self.unauthorized or self.split is not None

    def says(self, codes: Codes) -> bool:
        """Whether the answer is one of these: by its status, or by the code of an error in its body."""
        if self._names(codes):
            return True
        if self.code is None or any(isinstance(each, str) for each in codes):
            return False
        return self.outcome is Outcome.REFUSED and self.status < 300

    def _names(self, codes: Codes) -> bool:
        """Whether its status, or the code of an error in its body, is one of these."""
        return self.status in codes or (self.code is not None and self.code in codes)

    @property
    def got(self) -> str:
        """The answer in a few words."""
        response = self.exchange.response
        if response is None or self.exchange.failure is not None:
            return self.exchange.failure.value if self.exchange.failure else "no answer"
        text = response.body[:200].decode("utf-8", "replace").strip()
        return f"{response.status} {text}{'…' if len(response.body) > 200 else ''}".strip()


class Reader:
    """Reads exchanges through one profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._bindings = profile.by_operation()
        credentials = profile.credentials
        self._identities = credentials.identities() if credentials.required else ()
        self._unkept = (*profile.session.shared, *profile.session.unstored)

    def read(self, exchange: Exchange) -> Step:
        """The step that an exchange is."""
        step = self.asked(exchange)
        self._read_response(step)
        return step

    def asked(self, exchange: Exchange) -> Step:
        """The step as far as the request tells: what a server knows when it begins to answer."""
        step = Step(exchange)
        found = self.profile.spec.match(exchange.request.method, exchange.request.path)
        request = Message(path=found[1] if found else {})
        if found:
            step.operation = found[0]
        self._read_request(step, request)
        return step

    def _read_request(self, step: Step, message: Message) -> None:
        """Take what was asked."""
        request = step.exchange.request
        if request.query:
            message.query = dict(parse_qsl(request.query, keep_blank_values=True))
        operation = step.operation
        if request.body:
            step.asked, garbled = self._body(request, operation)
            message.body = step.asked
            if garbled:
                step.invalid = garbled
        if operation is None:
            return
        message.headers = _LazyHeaders(request)
        step.binding = binding = _played(self._bindings.get(operation.id, ()), message)
        if operation.checked and step.invalid is None:
            step.invalid = _invalid_parameter(operation, message)
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
        if binding.cleaning is not None:
            age = _number(binding.cleaning.age.read(message))
            step.age = None if age is None else age * binding.cleaning.unit
        if step.sent or step.message is not MISSING:
            step.awkward = self._awkward(step)

    @staticmethod
    def _body(request: Request, operation: Operation | None) -> tuple[Json, str | None]:
        """The value of a request's body, or MISSING and why it has none."""
        if operation is None or operation.request is None or not forms.is_form(operation.request.media_type):
            found, garbled = _parsed(request.body)
            return found, "the body is not JSON" if garbled else None
        found, garbled = forms.read(request.body, header(request.headers, "content-type"))
        return operation.request.typed(found), "the body is no form" if garbled else None

    def _identity(self, step: Step, message: Message) -> int:
        """Which identity a request's credentials are those of; 0 if that cannot be told."""
        if not self._identities:
            return 0
        wanted = self.profile.credentials
        place = message.headers if wanted.place == "header" else message.query
        given = place.get(wanted.name.lower() if wanted.place == "header" else wanted.name)
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

    def _sent(self, step: Step, binding: Binding, message: Message) -> Mapping[str, Json]:
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
        streamed = step.media_type == EVENT_STREAM
        if streamed:
            frames, step.garbled = _frames(response.body)
            step.body = frames
        elif response.body and is_json(step.media_type):
            step.body, step.garbled = _parsed(response.body)
        failed = step.binding.failed if step.binding else None
        if failed is not None and step.body is not MISSING and not streamed:
            step.code = as_id(failed.read(Message(body=step.body)))
        step.outcome = self._outcome(step, response, streamed)
        if step.outcome is Outcome.ACCEPTED and step.binding is not None:
            self._read_views(step, step.binding, streamed)

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
        found = step.body if streamed else resolve(step.body, binding.at)
        if binding.returns is Returns.SESSION and isinstance(found, dict):
            step.views = (self._snapshot(found, binding),)
        elif binding.returns is Returns.SESSIONS and isinstance(found, list) and len(found) <= MAX_LISTED:
            step.views = tuple(self._snapshot(each, binding) for each in found if isinstance(each, dict))
            step.shown = True
            self._read_next(step, binding)
        elif binding.returns is Returns.HISTORY and isinstance(found, list):
            step.items = tuple(found)
            self._read_next(step, binding)
            if binding.role is Role.HISTORY and step.page.first and is_last(step.page, binding.paging, len(found)):
                oldest_first = found[::-1] if binding.order is Order.NEWEST else found
                step.views = (Snapshot(step.session, None, {HISTORY: oldest_first}),)
        elif binding.returns is Returns.ITEM and found is not MISSING:
            step.items = (found,)
        if binding.role is Role.CREATE:
            shown = step.views[0].id if step.views else as_id(found) if binding.returns is Returns.ID else None
            shown = shown if binding.located is None else _last_segment(binding.located, step.exchange.response)
            step.created = shown or step.session

    @staticmethod
    def _read_next(step: Step, binding: Binding) -> None:
        """Take where the next page begins, and whether there is one."""
        paging, response = binding.paging, step.exchange.response
        if paging is None or (paging.next is None and paging.more is None):
            return
        message = Message(body=step.body, headers=_LazyHeaders(response) if response else {})
        following = as_id(_read(paging.next, message)) or None
        more = _read(paging.more, message)
        step.page = replace(step.page, next=following, more=more if isinstance(more, bool) else None)

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
        shown = as_id(resolve(found, shape.id)) if shape.id is not None else None
        others = (as_id(resolve(found, place)) for place in shape.also)
        return Snapshot(
            id=shown,
            split=next((each for each in others if each is not None and each != shown), None),
            owner=tuple(owner) if whole else None,
            parts=parts,
            updated=MISSING if shape.updated is None else resolve(found, shape.updated),
            created=MISSING if shape.created is None else resolve(found, shape.created),
        )


@dataclass(frozen=True, slots=True)
class Call:
    """A call to be made: a body from the pool, and what the profile writes into it.

    `attributes` and `text` are the marked values, None to leave the body as it is. `split` is another session, named
    where the request names its session once more; `item`, `status`, `age` (in seconds) and `page` go where the profile
    says; `parameters` are texts for parameters, which win over all else. `identity` is whose credentials are sent:
    NOBODY's, or a STRANGER's that no server knows. A variation is applied last.
    """

    binding: Binding
    owner: Owner = ()
    session: str | None = None
    body: Json = MISSING
    attributes: Mapping[str, Json] | None = None
    text: str | None = None
    variation: Variation | None = None
    identity: int = 0
    split: str | None = None
    item: str | None = None
    status: str | None = None
    age: float | None = None
    page: Page = WHOLE
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def sayable(self) -> bool:
        """Whether its session can be named: an empty segment of a path, or dots, may well lead to something else."""
        place = self.binding.session.place if self.binding.session else ""
        return place != "path" or self.session not in ("", ".", "..")


NOBODY = -1
STRANGER = -2
WRONG_SECRET = "no-such-secret"
"""What stands in the place of each variable in a stranger's credentials."""


def wrong(template: str) -> str:
    """A stranger's credentials, in the form of a template."""
    return re.sub(r"\$\{\w+\}", WRONG_SECRET, template)


class Writer:
    """Writes calls as requests through one profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._identities = profile.credentials.identities()
        self._stranger = wrong(profile.credentials.template)
        self._numbers = frozenset(self._in_numbers())

    def request(self, call: Call) -> Request:
        """The request that makes a call."""
        binding = call.binding
        operation = binding.operation
        message = Message(body=call.body)
        for expression, value in zip(binding.owner, call.owner, strict=False):
            expression.write(message, self._named(operation, expression, value))
        if call.session is not None:
            for index, place in enumerate((binding.session, *binding.also)):
                if place is not None:
                    last = call.split is not None and index == len(binding.also)
                    session = call.split if last and call.split is not None else call.session
                    place.write(message, self._named(operation, place, session))
        for name, value in (call.attributes or {}).items():
            if name in binding.attributes:
                binding.attributes[name].write(message, value)
        if call.text is not None and binding.message is not None:
            self._write_text(binding.message, message, call.text)
        if binding.item is not None and call.item is not None:
            binding.item.write(message, self._named(operation, binding.item, call.item))
        self._write_rest(binding, message, call)
        if call.variation is not None:
            message.body = call.variation.apply({} if message.body is MISSING else message.body)
        secret = self._secret(call.identity)
        if secret is not None:
            places = message.headers if self.profile.credentials.place == "header" else message.query
            places[self.profile.credentials.name] = secret
        if operation.parameters:
            self._fill(operation, message, call.parameters)
        return self._encode(operation, message)

    def _in_numbers(self) -> Iterator[tuple[str, str]]:
        """Where in bodies ids and owners are whole numbers: each operation, and the place in it."""
        spec = self.profile.spec
        for binding in self.profile.bindings:
            places = (*binding.owner, binding.session, *binding.also, binding.item)
            for place in (each for each in places if each is not None and each.place == "body"):
                if is_whole(spec.schemas.types(spec.schema_of(binding.operation, place))):
                    yield binding.operation.id, place.text

    def _named(self, operation: Operation, place: Expression, name: str) -> Json:
        """An id, or a part of an owner, as it stands at its place."""
        return named(name, ("integer",)) if (operation.id, place.text) in self._numbers else name

    def _secret(self, identity: int) -> str | None:
        """The credentials of an identity; None if it has none."""
        if identity == STRANGER:
            return self._stranger
        return self._identities[identity] if 0 <= identity < len(self._identities) else None

    @staticmethod
    def _write_rest(binding: Binding, message: Message, call: Call) -> None:
        """Write the status, the age, and the part of a list that a call names."""
        if binding.status is not None and call.status is not None:
            binding.status.write(message, call.status)
        if binding.cleaning is not None and call.age is not None:
            _write_number(binding.cleaning.age, message, call.age / binding.cleaning.unit)
        page, paging = call.page, binding.paging
        for name, value in page.filters:
            binding.filters[name].write(message, value)
        if paging is None:
            return
        for place in (paging.limit, paging.offset, paging.number, paging.cursor):
            if place is not None and place.place == "body" and message.body is not MISSING:
                message.body = remove(message.body, place.pointer)  # data makes up pages that do not exist
        if paging.limit is not None and page.limit is not None:
            _write_number(paging.limit, message, page.limit)
        if paging.offset is not None and page.offset:
            _write_number(paging.offset, message, page.offset)
        limit = page.limit or paging.size
        if paging.number is not None and page.offset and limit:
            _write_number(paging.number, message, page.offset // limit + paging.first)
        if paging.cursor is not None and page.cursor is not None:
            paging.cursor.write(message, page.cursor)

    def _fill(self, operation: Operation, message: Message, parameters: Mapping[str, str]) -> None:
        """Give each required parameter that nothing was written for a value, and those that are named theirs."""
        places = {"path": message.path, "query": message.query, "header": message.headers}
        for each in operation.parameters:
            place = places.get(each.place)
            if place is None:
                continue
            if each.name in parameters:
                place[each.name] = parameters[each.name]
            elif each.required and each.name not in place and each.name.lower() not in map(str.lower, place):
                place[each.name] = str(self.profile.values.get(each.name, each.example))

    def _write_text(self, expression: Expression, message: Message, text: str) -> None:
        """Put the text into the message, or in its stead if the message is the text."""
        current = expression.read(message)
        expression.write(message, assign(current, self.profile.text, text))

    @staticmethod
    def _encode(operation: Operation, message: Message) -> Request:
        """The message as a request."""
        path = operation.template
        for name, value in message.path.items():
            path = path.replace("{" + name + "}", _quoted(value))
        headers = [(name, str(value)) for name, value in message.headers.items()]
        body = b""
        if message.body is not MISSING:
            media_type = operation.request.media_type if operation.request else ""
            if forms.is_form(media_type) and isinstance(message.body, dict):
                body, media_type = forms.written(message.body, media_type)
            else:
                body, media_type = encoded(message.body), media_type if is_json(media_type) else "application/json"
            headers.append(("content-type", media_type))
        query = urlencode(message.query) if message.query else ""
        return Request(operation.method, path, query, tuple(headers), body)


@lru_cache(maxsize=1_024)
def _quoted(value: str) -> str:
    """A value as it stands in a path: percent-encoded. Ids and owners come again and again."""
    return quote(value, safe="", errors="surrogatepass")


class _LazyHeaders(dict[str, str]):
    """Header values by name, looked up when asked for: most profiles never ask."""

    __slots__ = ("_said",)

    def __init__(self, said: Request | Response) -> None:
        self._said = said

    def get(self, name: str, default: Json = None) -> Json:
        return header(self._said.headers, name) or default


def _read(expression: Expression | None, message: Message) -> Json:
    """The value of an expression that may be absent."""
    return MISSING if expression is None else expression.read(message)


def as_id(value: Json) -> str | None:
    """An id as text; None if there is none."""
    if type(value) is str:
        return value
    return str(value) if type(value) is int else None


def _played(bindings: Sequence[Binding], message: Message) -> Binding | None:
    """Which of the roles of its operation a request plays: it changes the status if it names one."""
    for binding in bindings[1:]:
        if binding.status is not None and binding.status.read(message) is not MISSING:
            return binding
    return bindings[0] if bindings else None


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


def _write_number(expression: Expression, message: Message, value: float) -> None:
    """Write a number, as text where only text goes."""
    number = int(value) if value == int(value) else value
    expression.write(message, number if expression.place == "body" else str(number))


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


def turned(asked: Page, step: Step, paging: Paging | None) -> Page | None:
    """The page after the one that a step shows, to be asked for as that one was; None if there is none."""
    if paging is None or not paging.turns or not step.views or is_last(step.page, paging, len(step.views)):
        return None
    if paging.next is not None:
        return replace(asked, cursor=step.page.next)
    return replace(asked, offset=next_offset(step.page, paging, len(step.views)))


def next_offset(page: Page, paging: Paging | None, length: int) -> int:
    """Where the page after a page of so many begins: pages with numbers are as long as was asked, however long."""
    numbered = paging is not None and paging.number is not None and page.limit is not None
    return page.offset + (page.limit or 0 if numbered else length)


def is_last(page: Page, paging: Paging | None, length: int) -> bool:
    """Whether nothing comes after a page of so many."""
    if paging is None:
        return True
    if page.more is not None:
        return not page.more or length == 0
    if paging.next is not None:
        return page.next is None
    if page.limit is None:
        return paging.cursor is None  # with cursors, a server has a limit of its own
    return length < page.limit


def _invalid_parameter(operation: Operation, message: Message) -> str | None:
    """Which parameter violates the spec, or None."""
    places = {"path": message.path, "query": message.query, "header": message.headers}
    for each in operation.checked:
        place = places.get(each.place)
        if place is not None and each.problem(place.get(each.name)) is not None:
            return f"the {each.place} parameter {each.name}"
    return None


def _invalid_body(operation: Operation, body: Json) -> str | None:
    """Where a request body violates the spec, or None."""
    if body is MISSING:
        return "the body" if operation.body_required else None
    place = operation.request.place(body) if operation.request else None
    return None if place is None else (place or "the body")


def _refuse_constant(name: str) -> NoReturn:
    """NaN and Infinity are not JSON (RFC 8259, section 6)."""
    raise ValueError(f"{name} is not JSON")


MAX_LISTED = 100_000
"""Lists of more sessions than this are not gone into."""
MAX_NESTING = 250
"""Answers nested deeper than this are not gone into; the validator goes no deeper either."""
MAX_HELD = 500_000
"""Answers that hold more arrays and objects than this are not gone into: they take fifty times their length to hold."""
MAX_FRAMES = 100_000
"""Of streams with more events than this, only the first are looked at."""
END_OF_STREAM = "[DONE]"
"""With this, which is no JSON, many a server says that a stream of JSON is over."""
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_NOT_OPENING = bytes(set(range(256)) - set(b"[{"))
_OPENS = bytes.maketrans(b"[]{}", b"\2\0\2\0")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _nesting(body: bytes) -> int:
    """How deep the brackets of a JSON text go, strings left out."""
    brackets = _STRING.sub(b"", body).translate(_OPENS, _NO_BRACKETS)
    return max(map(sub, accumulate(brackets), count(1)), default=0)


LARGE = 2**20
"""Bodies of so many characters are large."""


def _decoded(text: str) -> Json:
    """The JSON value of a text. Of a large one no garbage comes, and looking for it again and again takes longer."""
    if len(text) < LARGE or not gc.isenabled():
        return _DECODER.decode(text)
    gc.disable()
    try:
        return _DECODER.decode(text)
    finally:
        gc.enable()


def _parsed(body: bytes) -> tuple[Json, str | None]:
    """The JSON value of a body, or MISSING and why it is none."""
    held = body.count(b"[") + body.count(b"{")
    if held > MAX_NESTING and _nesting(body) > MAX_NESTING:
        return MISSING, "it is nested too deeply"
    if held > MAX_HELD and len(_STRING.sub(b"", body).translate(None, _NOT_OPENING)) > MAX_HELD:
        return MISSING, "it holds too many values"
    try:
        return _decoded(body.decode()), None
    except UnicodeDecodeError:
        return MISSING, "it is not UTF-8"
    except RecursionError:
        return MISSING, "it is nested too deeply"
    except ValueError as error:
        return MISSING, f"it is not JSON: {error}"


def _frames(body: bytes) -> tuple[list[Json], str | None]:
    """The JSON values of the `data` fields of an event stream (WHATWG HTML, section 9.2.6)."""
    frames: list[Json] = []
    for text in islice(event_data(body), MAX_FRAMES):
        value, problem = _parsed(text.encode())
        if problem:
            return frames, f"frame {len(frames) + 1}: {problem}"
        frames.append(value)
    return frames, None


def event_data(body: bytes) -> Iterator[str]:
    """The data of each event in a stream; an event without data is none, and neither is a mark of the stream's end."""
    lines: list[str] = []
    for line in chain(_LINE_END.split(body.decode("utf-8", "replace")), [""]):
        if not line and lines:
            if lines != [END_OF_STREAM]:
                yield "\n".join(lines)
            lines = []
        elif line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
