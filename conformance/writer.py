"""How is a call sent? It is written through a profile as a request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, urlencode

from conformance import forms
from conformance.exchange import Request
from conformance.expressions import MISSING, Expression, Json, Message, assign, plain_text, remove
from conformance.json_text import encoded
from conformance.operations import Operation, is_json
from conformance.profile import Binding, Profile
from conformance.schemas import is_whole, named
from conformance.step import WHOLE, Owner, Page
from conformance.variations import Variation


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
        self._ask_for(binding, message)
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

    @staticmethod
    def _ask_for(binding: Binding, message: Message) -> None:
        """Write by what its operation knows which of its roles is meant."""
        for place, value in binding.when:
            place.write(message, value if place.place == "body" else plain_text(value))
        for place, value in binding.unless:
            if place.says(message, value):
                place.clear(message)
        for place in binding.nameless:
            place.clear(message)

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


def _write_number(expression: Expression, message: Message, value: float) -> None:
    """Write a number, as text where only text goes."""
    number = int(value) if value == int(value) else value
    expression.write(message, number if expression.place == "body" else str(number))
