"""What is sent in the stead of a recorded request? The same, with the ids that there are now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode

from conformance import forms
from conformance.exchange import Request, header
from conformance.expressions import MISSING, Expression, Json, Message
from conformance.json_text import encoded
from conformance.profile import Profile
from conformance.records import replace
from conformance.replaying.links import DISTINCTIVE, Links
from conformance.replaying.withheld import Withheld
from conformance.step import Step, as_id


class Relinked:
    """Writes recorded requests anew. `secrets` are those that identities have now, by the names of identities, or
    by their template. What is `withheld` is not sent, unless there are credentials now to be sent in its stead."""

    def __init__(self, profile: Profile, links: Links, secrets: Mapping[str, str], withheld: Withheld) -> None:
        self._profile = profile
        self._links = links
        self._secrets = secrets
        self._withheld = withheld

    def request(self, step: Step) -> Request:
        """The request of a recorded step as it is to be sent now."""
        request = step.exchange.request
        places = self._places(step)
        path = self._path(step, request.path, places)
        body = self._body(step, request, [each for each in places if each[0].place == "body"])
        kept = tuple(
            (name, now)
            for name, value in request.headers
            if name.lower() not in _HOP and not name.startswith(":")
            if (now := self._header(name, value, places, request)) is not None
        )
        return replace(request, path=path, query=self._query(request.query, places), headers=kept, body=body, base="")

    def _places(self, step: Step) -> list[tuple[Expression, str]]:
        """Where ids stand in a request, and what they are now."""
        binding = step.binding
        if binding is None:
            return []
        found: list[tuple[Expression, str]] = []
        for index, place in enumerate(binding.owner):
            if step.owner is not None and index < len(step.owner):
                found.append((place, self._links.owner(index, step.owner[index])))
        if binding.session is not None and step.session is not None:
            found.append((binding.session, self._links.session(step.session)))
        for place in binding.also:
            named = as_id(place.read(Message(body=step.asked))) if place.place == "body" else step.split
            other = step.session if named is None else named
            if other is not None:
                found.append((place, self._links.session(other)))
        if binding.item is not None and step.item is not None:
            found.append((binding.item, self._links.item(step.session, step.item)))
        if binding.paging is not None and binding.paging.cursor is not None and step.page.cursor is not None:
            found.append((binding.paging.cursor, self._links.cursor(step.page.cursor)))
        return found

    def _path(self, step: Step, path: str, places: list[tuple[Expression, str]]) -> str:
        """The path, parameter for parameter; as it stands where nothing changes."""
        match = self._profile.spec.match(step.exchange.request.method, path)
        if match is None or not match[1]:
            return path
        operation, parameters = match
        written = {each.name: value for each, value in places if each.place == "path"}
        now = {name: written.get(name, self._links.text(value)) for name, value in parameters.items()}
        if now == parameters:
            return path
        made = operation.template
        for name, value in now.items():
            made = made.replace("{" + name + "}", quote(value, safe="", errors="surrogatepass"))
        return made

    def _query(self, query: str, places: list[tuple[Expression, str]]) -> str:
        """The query; as it stands where nothing changes."""
        pairs = parse_qsl(query, keep_blank_values=True)
        written = {each.name: value for each, value in places if each.place == "query"}
        credentials = self._profile.credentials
        if credentials.place == "query" and credentials.required:
            given = dict(pairs).get(credentials.name, "")
            written[credentials.name] = self._secrets.get(given, given)
        now = [(name, written.get(name, self._links.text(value))) for name, value in pairs]
        return query if now == pairs else urlencode(now, errors="surrogatepass")

    def _header(self, name: str, value: str, places: list[tuple[Expression, str]], request: Request) -> str | None:
        """The value of a header; None if it carried a secret that there is no more, or that is not to be sent."""
        credentials = self._profile.credentials
        if credentials.place == "header" and name.lower() == credentials.name.lower():
            if value in self._secrets or value == credentials.template:
                return self._secrets.get(value)
            kept = self._withheld.keeps(request, name)
            return self._secrets.get(credentials.template) if kept else value
        if self._withheld.keeps(request, name):
            return None
        written = next((new for each, new in places if each.place == "header" and each.name == name.lower()), None)
        return self._links.text(value) if written is None else written

    def _body(self, step: Step, request: Request, places: list[tuple[Expression, str]]) -> bytes:
        """The body; as it stands where nothing changes."""
        if not request.body:
            return request.body
        asked = step.asked
        if asked is MISSING or not isinstance(asked, (dict, list)):
            return self._raw(request.body)
        message = Message(body=asked)
        for place, value in places:
            before = place.read(message)
            if as_id(before) not in (None, value):  # what is no id, as in a body that is wrong there, stays
                place.write(message, int(value) if type(before) is int and value.isdecimal() else value)
        now = self._value(message.body)
        if now == asked:
            return request.body
        media_type = header(request.headers, "content-type").partition(";")[0].strip().lower()
        if media_type == forms.URLENCODED:
            return forms.written(now, media_type)[0]
        return self._raw(request.body) if media_type == forms.MULTIPART else encoded(now)

    def _value(self, value: Json) -> Json:
        """A JSON value with the ids of now."""
        if isinstance(value, str):
            return self._links.text(value)
        if isinstance(value, list):
            return [self._value(each) for each in value]
        if isinstance(value, dict):
            return {self._links.text(name): self._value(each) for name, each in value.items()}
        return value

    def _raw(self, body: bytes) -> bytes:
        """A body that is no JSON: ids are replaced wherever they stand."""
        text = body.decode("utf-8", "surrogateescape")
        return self._links.within(text).encode("utf-8", "surrogateescape")


_HOP = frozenset({"host", "content-length", "connection", "accept-encoding", "transfer-encoding", "user-agent"})
"""Headers that belong to the connection, not to the request."""


def texts_sent(step: Step) -> set[str]:
    """The texts that a request sends: what stands in an answer as one of them was not made up by the server."""
    found: set[str] = set()
    stack = [] if step.asked is MISSING else [step.asked]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            if len(node) >= DISTINCTIVE:
                found.add(node)
        elif isinstance(node, dict):
            stack += node.values()
        elif isinstance(node, list):
            stack += node
    return found


def compact(value: Json) -> str:
    """A JSON value in a few characters."""
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 80 else text[:80] + "…"
