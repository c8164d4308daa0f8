"""What does a caller make up? Ids, owners and attributes: what the document allows, so that no client is to blame."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.ask import Ask
from conformance.explore.ids import Ids
from conformance.expressions import MISSING, Json, Message
from conformance.features.names import takes_any_id, takes_awkward_ids
from conformance.operations import Content
from conformance.profile import Binding, Profile, Role
from conformance.values import texts

GIVEN = "c0ffee00-0000-4000-8000-{:012d}"
"""The ids that callers choose: UUIDs where others are allowed as well, since some SDKs take no other."""


class MadeUp:
    """Makes up what one flow needs; the same seed makes the same."""

    def __init__(self, profile: Profile, seed: int = 0) -> None:
        self._profile = profile
        self._seed = seed
        self._ids = Ids(profile, f"conf{seed:x}", seed)
        self._owners: dict[str, list[str]] = {}

    def owner(self, client: str) -> list[str]:
        """Whose sessions a client works with: fixed parts as they are, the others made up."""
        if client not in self._owners:
            self._owners[client] = [
                each if each is not None else self._ids.part(place, f"conf{self._seed:x}-{client}")
                for place, each in enumerate(self._profile.owner)
            ]
        return self._owners[client]

    def session(self, number: int) -> str:
        """An id that a caller chooses."""
        plain = GIVEN.format(self._seed * 1_000 + number)
        named = (each for each in self._profile.bound(Role.CREATE) if each.session is not None)
        binding = next(named, None) or next((each for each in self._profile.bindings if each.session), None)
        return plain if binding is None else self._ids.like(binding, plain)

    def odd_session(self, number: int) -> str | None:
        """An id that a caller chooses, with signs that paths have otherwise; None if it is not allowed."""
        found = f"conf é {self._seed * 1_000 + number}"
        allowed = takes_awkward_ids(self._profile) and takes_any_id(self._profile) and self._ids.allowed(found)
        return found if allowed else None

    def attributes(
        self, ask: Ask, group: str, bindings: list[Binding], *, whole: bool, number: int | None = None
    ) -> Json:
        """What is attached to a group; MISSING if nothing can be made up that each of these operations takes.

        It is the marker, and if wished values of other kinds: what is easily taken for nothing, a text with other signs
        than ASCII has, and the number given, under a key that every ask has. The key of the marker is of this ask
        alone, since an SDK may put what waits for one session into one request.
        """
        places = [_Place(self._profile, each, group) for each in bindings if group in each.attributes]
        if group in self._profile.singles:
            options = [
                f"{ask.marker} {group}",
                [f"{ask.marker} {group}"],
                *(each.example(ask.marker) for each in places),
            ]
            return next((each for each in options if all(place.takes(each) for place in places)), MISSING)
        found: dict[str, Json] = {}
        if places and not all(place.takes({}) for place in places):
            example = places[0].example(f"{ask.marker} {group}")
            found = dict(example) if isinstance(example, dict) else {}
        more: dict[str, Json] = {f"key{ask.number}_{group}": f"{ask.marker} {group}"}
        if whole:
            inner = {f"inner{ask.number}": {"deep": f"{ask.marker} in"}}
            nothing: dict[str, Json] = {"zero": 0, "off": False, "blank": "", "none": []}
            more |= {"number": 7 if number is None else number, "share": 0.5, "flag": True, "list": [1, "two"], **inner}
            more |= {"Two Words": "à la 日本", **nothing}
        if places and not all(place.takes({**found, **dict(list(more.items())[:1])}) for place in places):
            more |= dict.fromkeys(places[0].names, f"{ask.marker} {group}")
        return _grown(found, more, places, ask.marker) or MISSING


def _grown(found: Mapping[str, Json], more: Mapping[str, Json], places: list[_Place], marker: str) -> dict[str, Json]:
    """An object with as many further members as the places take; nothing, if none of it is the ask's own."""
    grown = dict(found)
    for name, value in more.items():
        if all(place.takes({**grown, name: value}) for place in places):
            grown[name] = value
    return grown if any(marker in each for each in texts([grown])) else {}


class _Place:
    """Where an operation takes a group of attributes, and what may stand there."""

    def __init__(self, profile: Profile, binding: Binding, group: str) -> None:
        self._place = binding.attributes[group]
        self._schemas = profile.spec.schemas
        self._schema = profile.spec.schema_of(binding.operation, self._place)
        content = binding.operation.request
        self._content: Content | None = content if self._place.place == "body" else None
        self._body = self._schemas.example(content.schema) if self._content and content else {}

    @property
    def names(self) -> list[str]:
        """The members that the document names."""
        return self._schemas.names(self._schema)

    def example(self, text: str) -> Json:
        """A small value of what may stand there."""
        return self._schemas.example(self._schema, text)

    def takes(self, value: Json) -> bool:
        """Whether a value may stand there, whatever else is wrong with the request around it."""
        if self._content is None:
            return True
        request = Message(body=self._body)
        self._place.write(request, value)
        return not self._content.problems(request.body) - self._content.problems(self._body)
