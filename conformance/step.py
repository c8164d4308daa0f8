"""What does an exchange mean? It is read through a profile as a step; and the reverse, a call is written as a
request."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NoReturn
from urllib.parse import parse_qsl, quote, urlencode

from conformance.exchange import Exchange, Request, Response, header
from conformance.expressions import MISSING, Expression, Json, Message, assign, resolve
from conformance.profile import HISTORY, READS, Binding, Profile, Returns, Role
from conformance.schemas import Variation
from conformance.spec import Operation, is_json
from conformance.values import Awkward, kinds

Owner = tuple[str, ...]

EVENT_STREAM = "text/event-stream"
_LINE_END = re.compile(r"\r\n|\n|\r")


RAW = "\ue000raw number "
"""What a string begins with that stands for a raw number."""
_RAW_NUMBER = re.compile(r'"\\ue000raw number ([-+.0-9eE]+)"')


_ESCAPED_RAW = '"\\ue000raw number '


def raw_number(text: str) -> str:
    """A number that JSON can write and Python cannot, such as 1e999, to be put into a body that a `Writer` encodes."""
    return f"{RAW}{text}"


def encoded(value: Json) -> bytes:
    """A value as JSON text; raw numbers as they are meant, and infinity as a number that JSON can write."""
    try:
        text = json.dumps(value, allow_nan=False)
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
    """A session, or the parts of one, as an answer shows it."""

    id: str | None
    owner: Owner | None
    parts: Mapping[str, Json]
    updated: Json = MISSING


@dataclass(slots=True)
class Step:
    """An exchange, read through the profile.

    `operation` is None if the spec has none for this request, `binding` if no role is bound to it. `session` is the
    id that the request names. `sent` holds the attribute groups (and the history) that it carries, `asked` the whole
    body, `awkward` the kinds of awkward values in it. `invalid` names the first place where the request violates the
    spec. `views` are the sessions that the answer shows, `items` the history items that a run answered, `shown` whether
    a list was there. `garbled` says why the answer's body cannot be read.
    """

    exchange: Exchange
    operation: Operation | None = None
    binding: Binding | None = None
    session: str | None = None
    owner: Owner | None = None
    sent: Mapping[str, Json] = field(default_factory=dict)
    message: Json = MISSING
    asked: Json = MISSING
    awkward: frozenset[Awkward] = frozenset()
    invalid: str | None = None
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
        response = self.exchange.response
        return response is not None and (
            response.status == 429 or (response.status == 503 and bool(response.header("retry-after")))
        )

    @property
    def says_missing(self) -> bool:
        """Whether the answer is the one that the profile declares for a missing session."""
        return self.binding is not None and self.status in self.binding.missing

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
        self._bindings = dict(profile.by_operation())

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
            step.binding = self._bindings.get(found[0].id)
        self._read_request(step, request)
        return step

    def _read_request(self, step: Step, message: Message) -> None:
        """Take what was asked."""
        request = step.exchange.request
        if request.query:
            message.query = dict(parse_qsl(request.query, keep_blank_values=True))
        if request.body:
            step.asked, garbled = _parsed(request.body)
            message.body = step.asked
            if garbled:
                step.invalid = "the body is not JSON"
        operation, binding = step.operation, step.binding
        if operation is None:
            return
        if operation.request is not None and step.invalid is None:
            step.invalid = _invalid_body(operation, message.body)
        if binding is None:
            return
        message.headers = _LazyHeaders(request)
        step.session = _as_id(_read(binding.session, message))
        if binding.owner:
            owner = [_as_id(expression.read(message)) for expression in binding.owner]
            step.owner = tuple(part or "" for part in owner) if all(part is not None for part in owner) else None
        sent = {}
        for name, expression in binding.attributes.items():
            value = expression.read(message)
            if value is not MISSING and value is not None:
                sent[name] = value
        if binding.history is not None and (value := binding.history.read(message)):
            sent[HISTORY] = value
        step.sent = sent
        step.message = _read(binding.message, message)
        if sent or step.message is not MISSING:
            step.awkward = self._awkward(step)

    def _awkward(self, step: Step) -> frozenset[Awkward]:
        """The kinds of legal but awkward values in the attributes and in the text that a request carries."""
        found = [kinds(value) for name, value in step.sent.items() if name != HISTORY]
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
        streamed = step.media_type == EVENT_STREAM
        if streamed:
            frames, step.garbled = _frames(response.body)
            step.body = frames
        elif response.body and is_json(step.media_type):
            step.body, step.garbled = _parsed(response.body)
        step.outcome = self._outcome(step, response, streamed)
        if step.outcome is Outcome.ACCEPTED and step.binding is not None:
            self._read_views(step, step.binding, streamed)

    def _outcome(self, step: Step, response: Response, streamed: bool) -> Outcome:
        """What came of the call."""
        if step.exchange.failure is not None:
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
        elif binding.returns is Returns.SESSIONS and isinstance(found, list):
            step.views = tuple(self._snapshot(each, binding) for each in found if isinstance(each, dict))
            step.shown = True
        elif binding.returns is Returns.HISTORY and isinstance(found, list):
            step.items = tuple(found)
            if binding.role is Role.HISTORY:
                step.views = (Snapshot(step.session, None, {HISTORY: found}),)
        if binding.role is Role.CREATE:
            shown = step.views[0].id if step.views else _as_id(found) if binding.returns is Returns.ID else None
            step.created = shown or step.session

    def _snapshot(self, found: Json, binding: Binding) -> Snapshot:
        """A session object as a snapshot. A read that does not show a part shows that it is empty."""
        shape = self.profile.session
        parts: dict[str, Json] = {}
        for name, pointer in shape.attributes.items():
            if name not in binding.omits:
                value = resolve(found, pointer)
                if value is not MISSING or binding.role in READS:
                    parts[name] = {} if value is MISSING or value is None else value
        if shape.history is not None and HISTORY not in binding.omits:
            value = resolve(found, shape.history)
            if isinstance(value, list):
                parts[HISTORY] = value
            elif binding.role in READS:
                parts[HISTORY] = []
        owner = [_as_id(resolve(found, pointer)) for pointer in shape.owner]
        whole = bool(owner) and all(part is not None for part in owner)
        return Snapshot(
            id=_as_id(resolve(found, shape.id)) if shape.id is not None else None,
            owner=tuple(part or "" for part in owner) if whole else None,
            parts=parts,
            updated=MISSING if shape.updated is None else resolve(found, shape.updated),
        )


@dataclass(frozen=True, slots=True)
class Call:
    """A call to be made: a body from the pool, and what the profile writes into it.

    `attributes` and `text` are the marked values, None to leave the body as it is. A variation is applied last.
    """

    binding: Binding
    owner: Owner = ()
    session: str | None = None
    body: Json = MISSING
    attributes: Mapping[str, Json] | None = None
    text: str | None = None
    variation: Variation | None = None
    credentials: bool = True


class Writer:
    """Writes calls as requests through one profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._secret = profile.credentials.value()

    def request(self, call: Call) -> Request:
        """The request that makes a call."""
        binding = call.binding
        operation = binding.operation
        message = Message(body=call.body)
        for expression, value in zip(binding.owner, call.owner, strict=False):
            expression.write(message, value)
        if binding.session is not None and call.session is not None:
            binding.session.write(message, call.session)
        for name, value in (call.attributes or {}).items():
            if name in binding.attributes:
                binding.attributes[name].write(message, value)
        if call.text is not None and binding.message is not None:
            self._write_text(binding.message, message, call.text)
        if call.variation is not None:
            message.body = call.variation.apply({} if message.body is MISSING else message.body)
        if call.credentials and self._secret is not None:
            place = message.headers if self.profile.credentials.place == "header" else message.query
            place[self.profile.credentials.name] = self._secret
        return self._encode(operation, message)

    def _write_text(self, expression: Expression, message: Message, text: str) -> None:
        """Put the text into the message, or in its stead if the message is the text."""
        current = expression.read(message)
        expression.write(message, assign(current, self.profile.text, text))

    @staticmethod
    def _encode(operation: Operation, message: Message) -> Request:
        """The message as a request."""
        path = operation.template
        for name, value in message.path.items():
            path = path.replace("{" + name + "}", quote(value, safe="", errors="surrogatepass"))
        headers = [(name, str(value)) for name, value in message.headers.items()]
        body = b""
        if message.body is not MISSING:
            body = encoded(message.body)
            headers.append(("content-type", "application/json"))
        query = urlencode(message.query) if message.query else ""
        return Request(operation.method, path, query, tuple(headers), body)


class _LazyHeaders(dict[str, str]):
    """Header values by name, looked up when asked for: most profiles never ask."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._request = request

    def get(self, name: str, default: Json = None) -> Json:
        return header(self._request.headers, name) or default


def _read(expression: Expression | None, message: Message) -> Json:
    """The value of an expression that may be absent."""
    return MISSING if expression is None else expression.read(message)


def _as_id(value: Json) -> str | None:
    """An id as text; None if there is none."""
    if type(value) is str:
        return value
    return str(value) if type(value) is int else None


def _invalid_body(operation: Operation, body: Json) -> str | None:
    """Where a request body violates the spec, or None."""
    if body is MISSING:
        return "the body" if operation.body_required else None
    place = operation.request.place(body) if operation.request else None
    return None if place is None else (place or "the body")


def _refuse_constant(name: str) -> NoReturn:
    """NaN and Infinity are not JSON (RFC 8259, section 6)."""
    raise ValueError(f"{name} is not JSON")


MAX_NESTING = 256
"""Answers nested deeper than this are not gone into."""
_BRACKET = re.compile(rb"[\[\]{}]")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _nesting(body: bytes) -> int:
    """How deep the brackets of a JSON text go, strings left out."""
    deepest = depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _parsed(body: bytes) -> tuple[Json, str | None]:
    """The JSON value of a body, or MISSING and why it is none."""
    if body.count(b"[") + body.count(b"{") > MAX_NESTING and _nesting(body) > MAX_NESTING:
        return MISSING, "it is nested too deeply"
    try:
        return _DECODER.decode(body.decode()), None
    except UnicodeDecodeError:
        return MISSING, "it is not UTF-8"
    except RecursionError:
        return MISSING, "it is nested too deeply"
    except ValueError as error:
        return MISSING, f"it is not JSON: {error}"


def _frames(body: bytes) -> tuple[list[Json], str | None]:
    """The JSON values of the `data` fields of an event stream (WHATWG HTML, section 9.2.6)."""
    frames: list[Json] = []
    for text in event_data(body):
        value, problem = _parsed(text.encode())
        if problem:
            return frames, f"frame {len(frames) + 1}: {problem}"
        frames.append(value)
    return frames, None


def event_data(body: bytes) -> Iterator[str]:
    """The data of each event in a stream; an event without data is none."""
    lines: list[str] = []
    for line in _LINE_END.split(body.decode("utf-8", "replace")):
        if not line and lines:
            yield "\n".join(lines)
            lines = []
        elif line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
    if lines:
        yield "\n".join(lines)
