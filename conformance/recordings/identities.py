"""Whose credentials are these? In a recording secrets are gone, so identities are told apart by how they were answered.

The judge knows each identity by a name. What a recording holds in its stead is read so: the template of the profile, or
the secret itself where the environment has it, is that identity; credentials that were accepted are an identity too;
whatever was refused for its credentials, and never accepted before, is nobody's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, urlencode

from conformance import records
from conformance.exchange import Exchange, Request, header
from conformance.profile import Credentials, Profile
from conformance.writer import wrong

_NAMES: Final = ("identity 1", "identity 2")
HIDDEN: Final = "***"


class Identities:
    """Reads the credentials of one recording's exchanges, one after the other.

    A recording that is not `ours` may have lost all credentials, as browsers export them: until one is seen, what was
    not refused for having none had some. And credentials in it may have expired, or several stand under one mask: what
    was accepted before, and is answered 401, was not valid any more.
    """

    def __init__(self, credentials: Credentials, ours: bool = False) -> None:
        self._credentials = credentials
        self._ours = ours
        self._bare = not ours
        templates = [each for each in (credentials.template, credentials.second) if each is not None]
        self._wrong = {wrong(each) for each in templates}
        self._known = dict(zip((*templates, HIDDEN), (*_NAMES[: len(templates)], _NAMES[0]), strict=True))
        if credentials.required:
            self._known |= dict(zip(credentials.identities(), _NAMES, strict=False))
        self._free = list(_NAMES[: len(templates)])

    def read(self, exchange: Exchange) -> Exchange | None:
        """The exchange with the identity's name in the stead of its secret; None: there are more than can be told
        apart."""
        if not self._credentials.required:
            return exchange
        given = self._given(exchange.request)
        if given:
            self._bare = False
        elif self._bare and exchange.response is not None and not self._refused(exchange):
            return records.replace(exchange, request=self._put(exchange.request, _NAMES[0]))
        if not given or given in self._wrong:
            return exchange
        name = self._known.get(given)
        if name is None:
            if exchange.response is None or self._refused(exchange):
                return exchange
            if not self._free and self._credentials.second is not None:
                return None
            name = self._free.pop(0) if self._free else _NAMES[0]
            self._known[given] = name
        elif name in self._free:
            self._free.remove(name)
        if not self._ours and exchange.response is not None and exchange.response.status == 401:
            return exchange
        return records.replace(exchange, request=self._put(exchange.request, name))

    def _refused(self, exchange: Exchange) -> bool:
        """Whether a request was refused for its credentials."""
        return exchange.response is not None and exchange.response.status in self._credentials.refused

    def _given(self, request: Request) -> str:
        """The credentials that a request carries."""
        name = self._credentials.name
        if self._credentials.place == "header":
            return header(request.headers, name)
        return dict(parse_qsl(request.query, keep_blank_values=True)).get(name, "")

    def _put(self, request: Request, identity: str) -> Request:
        """A request that carries an identity's name."""
        name = self._credentials.name
        if self._credentials.place == "header":
            others = tuple((key, value) for key, value in request.headers if key.lower() != name.lower())
            return records.replace(request, headers=(*others, (name, identity)))
        pairs = [pair for pair in parse_qsl(request.query, keep_blank_values=True) if pair[0] != name]
        return records.replace(request, query=urlencode([*pairs, (name, identity)]))


def named(profile: Profile) -> Profile:
    """The profile as the judge of a recording needs it: with the names of identities as their credentials."""
    second = None if profile.credentials.second is None else _NAMES[1]
    return replace(profile, credentials=replace(profile.credentials, template=_NAMES[0], second=second))
