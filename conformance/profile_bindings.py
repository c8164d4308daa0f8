"""Which operation plays which role? Reads the tables of the roles, and checks each against its operation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.errors import SpecError, nearest
from conformance.expressions import Expression, Json, Pointer, plain_text
from conformance.operations import Operation
from conformance.profile import (
    HISTORY,
    RUNS,
    SESSIONLESS,
    STATUS,
    Again,
    Binding,
    Choices,
    Cleaning,
    Merge,
    Order,
    Paging,
    Returns,
    Role,
    SessionShape,
    by_operation,
)
from conformance.profile_keys import Keys
from conformance.profile_places import Place
from conformance.spec import Spec

_COMMON = frozenset({
    "operation", "session", "owner", "attributes", "history", "message", "item", "status", "returns", "at", "failed",
    "merge", "when", "changes", "omits", "missing", "duplicate", "invalid", "foreign", "forbidden", "ended",
    "consistency",
})  # fmt: skip
AFTER = "last"
"""What stands for the next cursor where that is the id of the last one shown."""
_PAGING = frozenset({"limit", "offset", "number", "cursor", "next", "more", "page"})
_LISTING = _PAGING | {"order"}
_OF_ROLE: dict[Role, frozenset[str]] = {
    Role.LIST: _LISTING | {"filters"},
    Role.HISTORY: _LISTING,
    Role.TRANSITION: frozenset({"to"}),
    Role.DELETE: frozenset({"spares"}),
    Role.CLEANUP: frozenset({"age", "unit", "spares"}),
}
BINDING_KEYS: dict[str, frozenset[str]] = {str(role): _COMMON | _OF_ROLE.get(role, frozenset()) for role in Role}
"""The keys that the table of each role can have."""
_CODES = ("missing", "duplicate", "invalid", "foreign", "forbidden", "ended")
_MISSING = {"creates": frozenset({Role.ENRICH, *RUNS}), "empty": frozenset({Role.READ, Role.HISTORY})}
"""What `missing` says where nothing refuses, by the roles that it may be said of: a call on a session that is not there
makes it, or shows it as one that holds nothing."""
_DEFAULT_RETURNS = {
    Role.READ: Returns.SESSION,
    Role.LIST: Returns.SESSIONS,
    Role.HISTORY: Returns.HISTORY,
}


class Bindings:
    """Reads the bindings of one file."""

    def __init__(self, keys: Keys, spec: Spec, session: SessionShape) -> None:
        self._keys = keys
        self._spec = spec
        self._session = session

    def all(self, file: Mapping[str, Any]) -> Iterator[Binding]:
        """The bindings of every role; a role may be an array of tables."""
        for role in Role:
            found = file.get(role, [])
            for index, table in enumerate(found if isinstance(found, list) else [found]):
                key = f"{role}[{index}]" if isinstance(found, list) else str(role)
                if not isinstance(table, dict):
                    raise self._keys.fail(key, "is not a table")
                self._keys.only(key, table, BINDING_KEYS[role])
                yield self._binding(role, key, table)

    def _binding(self, role: Role, key: str, table: Mapping[str, Any]) -> Binding:
        """One binding, checked against the operation that it names."""
        keys, operation = self._keys, self._operation(key, table)
        when = self._when(key, Place(keys, self._spec.schemas, key, operation), table.get("when", {}))
        operation = replace(operation, id=operation.id + _asked(when), streams=role is Role.STREAM)
        place = Place(keys, self._spec.schemas, key, operation)
        returns = keys.choice(
            f"{key}.returns", table.get("returns", _DEFAULT_RETURNS.get(role, Returns.NOTHING)), Returns
        )
        omits = frozenset(keys.texts(f"{key}.omits", table.get("omits", [])))
        at, located = self._at(key, place, returns, table.get("at", ""))
        if returns is Returns.SESSION:
            place.session_parts(at, self._session, omits)
        session, also = self._session_places(key, place, table)
        missing = self._missing(role, key, table.get("missing"))
        again = self._again(role, key, table.get("duplicate"))
        said = {"missing": missing, "duplicate": again}
        codes: dict[str, Any] = {
            name: keys.codes(f"{key}.{name}", table[name])
            for name in _CODES
            if name in table and said.get(name) is None
        }
        for name, found in codes.items():
            if "failed" not in table and all(isinstance(each, str) for each in found):
                remedy = 'say where they stand, as in failed = "$response.body#/error/code"'
                raise keys.fail(f"{key}.{name}", "are texts, but errors stand nowhere in an answer", remedy)
        if role is Role.CREATE:
            codes.setdefault(
                "foreign", frozenset()
            )  # two owners can have the same id, if the profile says nothing else
        binding = Binding(
            role=role,
            operation=operation,
            session=session,
            also=also,
            owner=tuple(place.expressions("owner", table.get("owner", []))),
            attributes=self._attributes(key, place, table.get("attributes", {})),
            history=place.expression("history", table.get("history")),
            message=place.expression("message", table.get("message")),
            item=place.expression("item", table.get("item")),
            status=place.expression("status", table.get("status")),
            to=None if "to" not in table else keys.text(f"{key}.to", table["to"]),
            returns=returns,
            at=at,
            located=located,
            keyed=returns is Returns.SESSIONS and place.holds_objects_alone(at),
            failed=place.in_body("failed", place.expression("failed", table.get("failed"), "response")),
            merge=keys.choice(f"{key}.merge", table.get("merge", Merge.SHALLOW), Merge),
            changes=frozenset(keys.texts(f"{key}.changes", table.get("changes", []))),
            omits=omits,
            caller_chooses=role is Role.CREATE and session is not None and place.required(session),
            again=again,
            creates=missing == "creates",
            empties=missing == "empty",
            paging=self._paging(key, place, table),
            order=None if "order" not in table else keys.choice(f"{key}.order", table["order"], Order),
            filters=self._filters(key, place, table.get("filters", {})),
            cleaning=self._cleaning(key, place, table),
            spares=frozenset(keys.texts(f"{key}.spares", table.get("spares", []))),
            declared=frozenset(each for name in codes.values() for each in name if isinstance(each, int)),
            eventual=self._eventual(key, table.get("consistency", "strict")),
            when=when,
            **codes,
        )
        self._whole(key, binding)
        return binding

    def _missing(self, role: Role, key: str, value: Any) -> str | None:
        """The word that says what comes of a call on a session that is not there; None where it is refused."""
        roles = _MISSING.get(value) if isinstance(value, str) else None
        if roles is None:
            return None
        if role not in roles:
            whose = " or ".join(sorted(roles))
            raise self._keys.fail(
                f"{key}.missing", f"{value!r} is said of {whose} alone", "write status codes, as in [404]"
            )
        return str(value)

    def _again(self, role: Role, key: str, value: Any) -> Again | None:
        """What becomes of a session that is created again; None where that is refused."""
        if not isinstance(value, str):
            return None
        if role is not Role.CREATE:
            raise self._keys.fail(f"{key}.duplicate", f"{value!r} is said of create alone", "leave it out")
        return self._keys.choice(f"{key}.duplicate", value, Again)

    def _at(self, key: str, place: Place, returns: Returns, value: Any) -> tuple[Pointer, Expression | None]:
        """Where in an answer that stands which it returns: a place in the body, or a header with an address."""
        if not isinstance(value, str) or not value.startswith("$"):
            at = self._keys.pointer(f"{key}.at", value)
            place.answer(f"{key}.at", at)
            return at, None
        located = place.needed("at", value, "response")
        if located.place != "header" or returns is not Returns.ID:
            raise self._keys.fail(
                f"{key}.at", f"{value!r} is no header that holds an id",
                'write "/POINTER", or returns = "id" and "$response.header.Location"',
            )  # fmt: skip
        return (), located

    def _whole(self, key: str, binding: Binding) -> None:
        """Check what only the whole binding can show."""
        role = binding.role
        wanted = (
            (role not in SESSIONLESS and binding.session is None, "does not say which session is meant",
             'add session = "$request.path.…" or "$request.body#/…"'),
            (role is Role.ENRICH and not binding.attributes, "enriches nothing",
             'add attributes = { NAME = "$request.body#/…" }'),
            (role in RUNS and binding.message is None, "sends no message", 'add message = "$request.body#/…"'),
            (role is Role.TRANSITION and binding.status is None and binding.to is None, "says no status",
             'add status = "$request.query.…" or "$request.body#/…", or to = "…" if it always leads to the same'),
            (binding.status is not None and binding.to is not None, "says the status twice",
             "leave out status, or to"),
            (role is Role.TRANSITION and self._session.status is None, "changes a status that no session shows",
             'say where it sits, as in [session] status = "/status"'),
            (bool(binding.spares) and self._session.status is None, "spares statuses that no session shows",
             'say where it sits, as in [session] status = "/status"'),
            (bool(binding.spares) and binding.releases, "spares sessions, and releases items",
             "leave out spares, or item"),
            (role is Role.CLEANUP and binding.cleaning is None, "does not say what is old enough",
             'add age = "$request.query.…" and unit = "days"'),
        )  # fmt: skip
        for wrong, problem, remedy in wanted:
            if wrong:
                raise self._keys.fail(key, problem, remedy)

    def _operation(self, key: str, table: Mapping[str, Any]) -> Operation:
        """The operation that a table names."""
        if "operation" not in table:
            raise self._keys.fail(key, "names no operation", nearest("", self._spec.operations))
        try:
            return self._spec.operation(self._keys.text(f"{key}.operation", table["operation"]))
        except SpecError as error:
            raise self._keys.fail(f"{key}.operation", error.problem, error.remedy) from error

    def _when(self, key: str, place: Place, table: Any) -> Choices:
        """By what a request asks for this role of its operation: places, each with the value that stands there."""
        if not isinstance(table, dict):
            raise self._keys.fail(f"{key}.when", "is not a table", 'write { "$request.body#/stream" = true }')
        found = tuple((place.needed("when", text), value) for text, value in table.items())
        for each, value in found:
            if not isinstance(value, (bool, int, float, str)):
                raise self._keys.fail(f"{key}.when", f"{value!r} is no single value", "write true, a number or a text")
            if not self._may_say(place.operation, each, value):
                raise self._keys.fail(f"{key}.when", f"the spec allows no {json.dumps(value)} at {each.text}")
        return found

    def _may_say(self, operation: Operation, place: Expression, value: Json) -> bool:
        """Whether a value may stand at a place of a request."""
        if place.place == "body":
            return self._spec.takes(operation, place.pointer, value)
        parameter = operation.parameter(place.place, place.name)
        return place.place != "path" and parameter is not None and parameter.problem(plain_text(value)) is None

    def _session_places(
        self, key: str, place: Place, table: Mapping[str, Any]
    ) -> tuple[Expression | None, tuple[Expression, ...]]:
        """Where a request names the session, and where else."""
        named = table.get("session")
        if isinstance(named, list):
            if not named:
                raise self._keys.fail(f"{key}.session", "names no place", 'write session = "$request.path.…"')
            first, *rest = (place.needed("session", text) for text in named)
            return first, tuple(rest)
        return place.expression("session", named), ()

    def _attributes(self, key: str, place: Place, table: Any) -> dict[str, Expression]:
        """Where the attribute groups sit in a request."""
        named = groups(self._keys, f"{key}.attributes", table, 'write { NAME = "$request.body#/…" }')
        return {name: place.needed(f"attributes.{name}", text) for name, text in named.items()}

    def _filters(self, key: str, place: Place, table: Any) -> dict[str, Expression]:
        """Where a list is told which sessions to show: by the name of a part, or of a member as in `labels/team`."""
        if not isinstance(table, dict):
            raise self._keys.fail(f"{key}.filters", "is not a table", 'write { status = "$request.query.status" }')
        known = [*self._session.attributes, STATUS]
        for name in table:
            if name.partition("/")[0] not in known:
                raise self._keys.fail(f"{key}.filters.{name}", "is no part of a session", nearest(name, known))
        return {name: place.needed(f"filters.{name}", text) for name, text in table.items()}

    def _paging(self, key: str, place: Place, table: Mapping[str, Any]) -> Paging | None:
        """How an operation shows a list in pages, if it does."""
        if not _PAGING & table.keys():
            return None
        places = {name: place.expression(name, table.get(name)) for name in ("limit", "offset", "number", "cursor")}
        after = table.get("next") == AFTER
        following = None if after else place.expression("next", table.get("next"), "response")
        more = place.expression("more", table.get("more"), "response")
        if places["number"] is not None and places["offset"] is not None:
            raise self._keys.fail(f"{key}.number", "says what offset says as well", "leave one of them out")
        if (following is not None or after) and places["cursor"] is None:
            raise self._keys.fail(key, "has a next cursor and no place for it", 'add cursor = "$request.query.…"')
        size = None if "page" not in table else self._keys.count(f"{key}.page", table["page"])
        if size is None and places["limit"] is not None:
            size = self._spec.default_of(place.operation, places["limit"])
        number = places["number"]
        if number is not None and places["limit"] is None and size is None:
            raise self._keys.fail(f"{key}.number", "says no offset without a limit", "add limit, or page = 20")
        first = 1 if number is None else self._spec.first_of(place.operation, number)
        return Paging(places["limit"], places["offset"], places["cursor"], following, size, number, first, more, after)

    def _cleaning(self, key: str, place: Place, table: Mapping[str, Any]) -> Cleaning | None:
        """What a cleanup removes."""
        age = place.expression("age", table.get("age"))
        if age is None:
            return None
        return Cleaning(age, self._keys.unit(f"{key}.unit", table.get("unit", "seconds")))

    def _eventual(self, key: str, value: Any) -> float:
        """For how many seconds a read may lag behind."""
        if value == "strict":
            return 0.0
        if not isinstance(value, dict) or value.keys() != {"eventual"}:
            raise self._keys.fail(
                f"{key}.consistency", f"{value!r} is not valid", 'write "strict" or { eventual = "2s" }'
            )
        return self._keys.seconds(f"{key}.consistency.eventual", value["eventual"])


def _asked(when: Choices) -> str:
    """What stands behind the name of an operation where requests ask for one of its roles."""
    return "".join(f"[{(each.name or each.pointer[-1])}={plain_text(value)}]" for each, value in when)


def told_apart(keys: Keys, spec: Spec, bindings: Sequence[Binding]) -> tuple[Binding, ...]:
    """The bindings, each of which knows what a request must not say to mean it: what others of its operation do."""
    found = [replace(each, nameless=_nameless(keys, spec, each, bindings)) for each in bindings]
    for together in by_operation(found).values():
        several = [each for each in together if not each.nameless]
        rest = [each for each in several if not each.when]
        doubles = [each for each in rest if each.status is None][1:]
        asked = [each for each in several if each.when]
        doubles += [each for at, each in enumerate(asked) if any(each.when == other.when for other in asked[:at])]
        if doubles:
            raise keys.fail(
                str(doubles[0].role), f"nothing tells it from another role of {doubles[0].operation}",
                'say by what, as in when = { "$request.body#/stream" = true }',
            )  # fmt: skip
        unless = tuple(choice for each in together for choice in each.when)
        for each in [each for each in together if not each.when] if unless else ():
            place = Place(keys, spec.schemas, str(each.role), each.operation)
            needed = next((choice for choice, _ in unless if place.required(choice)), None)
            if needed is not None:
                raise keys.fail(str(each.role), f"does not say {needed.text}, which is required", "add it to its when")
            found[found.index(each)] = replace(each, unless=unless)
    both = {
        each.operation.id for several in by_operation(found).values() for each in several
        if each.role in RUNS and {other.role for other in several} >= RUNS
    }  # fmt: skip
    return tuple(replace(each, both_ways=each.operation.id in both) for each in found)


def _nameless(keys: Keys, spec: Spec, create: Binding, bindings: Sequence[Binding]) -> tuple[Expression, ...]:
    """Where calls of the same operation name their session, and a call that makes one does not, so that it is known."""
    if create.role is not Role.CREATE or create.session is not None:
        return ()
    beside = by_operation(bindings)[create.operation.method, create.operation.template]
    named = [each for each in beside if each.session is not None and each.when == create.when]
    places = [place for each in named for place in (each.session, *each.also) if place is not None]
    room = Place(keys, spec.schemas, str(create.role), create.operation)
    return () if any(map(room.required, places)) else tuple(dict.fromkeys(places))


def groups(keys: Keys, key: str, table: Any, remedy: str) -> dict[str, Any]:
    """A table by the names of attribute groups."""
    if not isinstance(table, dict):
        raise keys.fail(key, "is not a table", remedy)
    for name in (HISTORY, STATUS):
        if name in table:
            raise keys.fail(f"{key}.{name}", "is the name of another part", "give the group another name")
    return table
