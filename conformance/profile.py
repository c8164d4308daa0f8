"""How does one API map on the life of a session?

A profile is read from `specs/<api>/profile.toml` by `conformance.profile_file`; here is only what it says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from conformance.expressions import Expression, Json, Pointer, remove
from conformance.naming import Naming
from conformance.operations import Operation, stream_of
from conformance.spec import Spec

HISTORY: Final = "history"
"""The name of the part of a session that runs append to."""
STATUS: Final = "status"
"""The name of the part of a session that transitions change."""

Codes = frozenset[int | str]
"""What an answer says by: status codes, and the texts that stand where the profile says that errors do."""


Choices = tuple[tuple[Expression, Json], ...]
"""Places in a request, and the value that stands at each."""


class Role(StrEnum):
    """What an operation does to a session."""

    __hash__ = str.__hash__  # that of an Enum is slow, and every step is asked for its role again and again

    CREATE = "create"
    READ = "read"
    LIST = "list"
    RUN = "run"
    STREAM = "stream"
    HISTORY = "history"
    ENRICH = "enrich"
    TRANSITION = "transition"
    DELETE = "delete"
    CLEANUP = "cleanup"


ROLES: Final = frozenset(Role)
RUNS: Final = frozenset({Role.RUN, Role.STREAM})
READS: Final = frozenset({Role.READ, Role.LIST, Role.HISTORY})
SESSIONLESS: Final = frozenset({Role.CREATE, Role.LIST, Role.CLEANUP})
"""The roles that need not say which session is meant."""
WRITES: Final = ROLES - READS


class Returns(StrEnum):
    """What the answer of an accepted call holds."""

    SESSION = "session"
    SESSIONS = "sessions"
    HISTORY = "history"
    ITEM = "item"
    ID = "id"
    NOTHING = "nothing"


class Merge(StrEnum):
    """How an enrichment meets what is there: in its stead, key by key, or key by key at every depth."""

    REPLACE = "replace"
    SHALLOW = "shallow"
    DEEP = "deep"


class Again(StrEnum):
    """What a create does, if not refuse, where its session is there already: answer that as it is, or write into it
    what it was given, as an enrichment does."""

    KEEPS = "keeps"
    ENRICHES = "enriches"


class Order(StrEnum):
    """In which order a list shows sessions, by their creation, or a history its items."""

    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class Paging:
    """How an operation shows a list in pages.

    `limit`, `offset`, `number` and `cursor` are where a request says so; `next` is where an answer holds the cursor of
    the next page, `more` where it says whether there is one. `size` is how many there are on a page if the request does
    not say; None: all. `first` is the number of the first page. `after`: the cursor is the id of the last one shown.
    """

    limit: Expression | None = None
    offset: Expression | None = None
    cursor: Expression | None = None
    next: Expression | None = None
    size: int | None = None
    number: Expression | None = None
    first: int = 1
    more: Expression | None = None
    after: bool = False

    @property
    def by_cursor(self) -> bool:
        """Whether an answer tells the cursor of the next page."""
        return self.next is not None or self.after

    @property
    def turns(self) -> bool:
        """Whether a further page can be asked for."""
        numbered = self.number is not None and (self.limit is not None or self.size is not None)
        return self.offset is not None or numbered or self.by_cursor

    @property
    def ends(self) -> bool:
        """Whether it can be told which page is the last: with a cursor, a page has a length that only the server
        knows."""
        return self.cursor is None or self.by_cursor or self.more is not None or self.size is not None


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What a cleanup removes: sessions without a write for longer than the age that the request names, in units of
    so many seconds; but none whose status the binding spares."""

    age: Expression
    unit: float


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The statuses of a session: the first one, the arrows between them (None: from each to each), and those in which
    a session takes no runs."""

    names: tuple[str, ...] = ()
    initial: str | None = None
    transitions: Mapping[str, frozenset[str]] | None = None
    ended: frozenset[str] = frozenset()

    def allows(self, before: str, after: str) -> bool:
        """Whether an arrow leads from one status to another; staying where one is may be allowed or not."""
        return self.transitions is None or after in self.transitions.get(before, ())


@dataclass(frozen=True, slots=True)
class Binding:
    """The operation that plays one role, and where the parts sit in its request and answer.

    `also` are further places where a request names the session. `item` is where it names an item of the session that a
    run answered; a delete that names one releases it, and leaves the session. `to` is the status that a call leads to
    without naming it. `at` is where, in the answer, that stands which `returns` names; or `located` is the header that
    holds the address of a new session, with its id as the last segment; sessions that are `keyed` stand in an object,
    each under its id. `changes` names the parts that the call may rewrite although it was not asked to; `omits` the
    parts that its answer never shows. `spares` are the statuses of
    sessions that a delete is refused for, and that a cleanup leaves. `missing`, `duplicate`, `invalid`, `foreign`
    (another owner's session), `forbidden` (no such arrow, or a delete in a status that it spares) and `ended` (no runs
    any more) are the codes that say so; `declared` are the statuses that the profile names itself, documented or not.
    `caller_chooses`: a create needs an id. `again` is what it does with a session that is there already, if it does not
    refuse. `creates`: a run or an enrichment on a session that is not there makes it. `empties`: a read shows what is
    not there as a session that holds nothing. `eventual`: so many seconds a read may lag behind. `when` are the values
    by which a request asks for this role, and for none of the others that its operation plays; `unless` those by which
    it asks for one of them; `nameless` are the places in which other roles of its operation name a session, and that
    the request for a create leaves empty. `both_ways`: the operation is bound as a run and as a stream.
    """

    role: Role
    operation: Operation
    session: Expression | None = None
    also: tuple[Expression, ...] = ()
    owner: tuple[Expression, ...] = ()
    attributes: Mapping[str, Expression] = field(default_factory=dict)
    history: Expression | None = None
    message: Expression | None = None
    item: Expression | None = None
    status: Expression | None = None
    to: str | None = None
    returns: Returns = Returns.NOTHING
    at: Pointer = ()
    located: Expression | None = None
    keyed: bool = False
    failed: Expression | None = None
    merge: Merge = Merge.SHALLOW
    changes: frozenset[str] = frozenset()
    omits: frozenset[str] = frozenset()
    missing: Codes = frozenset({404, 410})
    duplicate: Codes = frozenset({400, 409, 422})
    invalid: Codes = frozenset(range(400, 500))
    foreign: Codes = frozenset({401, 403, 404, 410})
    forbidden: Codes = frozenset({400, 409, 422})
    ended: Codes = frozenset({400, 403, 409, 410, 422, 423})
    declared: frozenset[int] = frozenset()
    caller_chooses: bool = False
    again: Again | None = None
    creates: bool = False
    empties: bool = False
    paging: Paging | None = None
    order: Order | None = None
    filters: Mapping[str, Expression] = field(default_factory=dict)
    cleaning: Cleaning | None = None
    spares: frozenset[str] = frozenset()
    eventual: float = 0.0
    when: Choices = ()
    unless: Choices = ()
    nameless: tuple[Expression, ...] = ()
    both_ways: bool = False

    @property
    def names_session(self) -> bool:
        """Whether a call must say which session it means."""
        return self.session is not None and self.role is not Role.CREATE

    def leads_to(self, status: str) -> bool:
        """Whether a call can lead to a status."""
        return self.role is Role.TRANSITION and self.to in (None, status)

    @property
    def answers_both_ways(self) -> bool:
        """Whether a run is answered by a stream or by a whole body, as it is asked."""
        contents = self.operation.documented(self.operation.success()) or {}
        asked = self.role in RUNS and self.both_ways
        return asked and stream_of(contents) is not None and len(contents) > 1

    def said(self, body: Json) -> Json:
        """A request's body without what says which role of its operation is meant."""
        for place, _ in (*self.when, *self.unless):
            if place.place == "body":
                body = remove(body, place.pointer)
        return body

    @property
    def places(self) -> tuple[Expression, ...]:
        """Every place in a request that says something of this, in whichever key."""
        single = (self.session, *self.also, *self.owner, self.history, self.message, self.item, self.status)
        paging, cleaning = self.paging or Paging(), self.cleaning
        pages = (paging.limit, paging.offset, paging.number, paging.cursor, None if cleaning is None else cleaning.age)
        several = (*self.attributes.values(), *self.filters.values(), *(at for at, _ in (*self.when, *self.unless)))
        return tuple(each for each in (*single, *pages, *several) if each is not None)

    @property
    def headers(self) -> frozenset[str]:
        """The headers (in lower case) in which a call says something of this."""
        return frozenset(each.name.lower() for each in self.places if each.place == "header")

    @property
    def releases(self) -> bool:
        """Whether an item of the session is deleted, and not the session."""
        return self.role is Role.DELETE and self.item is not None

    @property
    def refuses_missing(self) -> bool:
        """Whether a call on a missing session is refused; some APIs answer a success."""
        return not self.empties and all(isinstance(each, str) or each >= 400 for each in self.missing)


@dataclass(frozen=True, slots=True)
class SessionShape:
    """Where the parts sit in any session object that the API returns. A pointer of None: the API does not show it.

    `also` are further places where the id stands; `name` is the longer name in which it does, if it does.
    Attributes whose names begin with one of `shared` belong to more than one session, those with one of `unstored` are
    not kept.
    """

    id: Pointer | None = None
    also: tuple[Pointer, ...] = ()
    name: Naming | None = None
    owner: tuple[Pointer, ...] = ()
    attributes: Mapping[str, Pointer] = field(default_factory=dict)
    history: Pointer | None = None
    status: Pointer | None = None
    created: Pointer | None = None
    updated: Pointer | None = None
    shared: tuple[str, ...] = ()
    unstored: tuple[str, ...] = ()

    def id_in(self, shown: str | None) -> str | None:
        """The id in what an answer shows in its place."""
        return shown if shown is None or self.name is None else self.name.id_in(shown)


@dataclass(frozen=True, slots=True)
class ItemShape:
    """Where the parts sit in any item of a history. An item with `partial` set is answered, but not kept."""

    id: Pointer | None = None
    message: Pointer | None = None
    time: Pointer | None = None
    session: Pointer | None = None
    partial: Pointer | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """A header or query parameter that carries a secret from the environment, as in `Bearer ${API_KEY}`.

    `second` is the template of another identity, which must not see the first one's sessions. `refused` are the codes
    that say that credentials are missing or wrong. The secret itself is never part of a profile, a report or a
    recording; `made_up` stands in for variables that are not set, where the server is a fake. `further` are whole
    values that are as good as those of the first identity: each client of a flow is given its own.
    """

    place: str = "header"
    name: str = "Authorization"
    template: str = "${CONFORMANCE_AUTHORIZATION}"
    second: str | None = None
    required: bool = False
    refused: Codes = frozenset({401, 403})
    made_up: bool = False
    further: tuple[str, ...] = ()

    def variables(self) -> list[str]:
        """The environment variables that the templates name."""
        return list(dict.fromkeys(re.findall(r"\$\{(\w+)\}", self.template + (self.second or ""))))

    def value(self, environment: Mapping[str, str] = os.environ) -> str | None:
        """The secret; None if a variable is not set."""
        return self._filled(self.template, environment)

    def identities(self, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
        """The secret of each identity, as far as the variables are set."""
        templates = (self.template,) if self.second is None else (self.template, self.second)
        found = (self._filled(each, environment) for each in templates)
        return tuple(each for each in found if each is not None)

    @staticmethod
    def as_owner(identity: int) -> str:
        """What stands for an identity in an owner, where credentials are a part of it."""
        return f"identity {identity + 1}"

    @staticmethod
    def identity_of(part: str) -> int:
        """The identity that a part of an owner stands for."""
        return int(part.removeprefix("identity ")) - 1

    def _filled(self, template: str, environment: Mapping[str, str]) -> str | None:
        """A template with its variables filled in; None if one is not set."""

        def fill(found: re.Match[str]) -> str:
            name = found[1]
            return environment[name] if name in environment else f"made-up-{name.lower().replace('_', '-')}"

        if not self.made_up and any(name not in environment for name in re.findall(r"\$\{(\w+)\}", template)):
            return None
        return re.sub(r"\$\{(\w+)\}", fill, template)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where the parts of an ask stand that was recorded as one JSON object: by which way the client was called, which
    session ids were in play (an object, by where they come from), and where a session was named."""

    path: Pointer
    given: Pointer
    places: Mapping[str, Pointer]


@dataclass(frozen=True, slots=True)
class Client:
    """What a program that calls the API is told by its environment, and which session id it has to take.

    `base_url` names the variables that hold where the API is; `environment` are further variables, in which
    `${base_url}`, `${NAME}` of a secret and the names of `[values]` are filled in. `precedence` is where ids come from,
    the strongest first. `beside` are the beginnings of paths that belong to something else: what is sent there is
    answered, and not judged. `recorded` says how recorded asks are read.
    """

    base_url: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    precedence: tuple[str, ...] = ("explicit", "reference", "context", "default")
    beside: tuple[str, ...] = ()
    recorded: Recorded | None = None


@dataclass(frozen=True)  # without slots, so that what follows from the bindings can be kept
class Profile:
    """One API, mapped on the session lifecycle.

    `values` are what generated data cannot guess; `fixed` are the owner components that are such values, by position:
    the others are made up afresh for each flow. `text` is where the text stands in a message.
    """

    name: str
    title: str
    spec: Spec
    bindings: tuple[Binding, ...]
    session: SessionShape = SessionShape()
    item: ItemShape = ItemShape()
    text: Pointer = ()
    lifecycle: Lifecycle = Lifecycle()
    values: Mapping[str, Json] = field(default_factory=dict)
    owner: tuple[str | None, ...] = ()
    credentials: Credentials = Credentials()
    place: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    client: Client = Client()

    def bound(self, role: Role) -> list[Binding]:
        """The bindings that play a role, in the order of the file."""
        return [binding for binding in self.bindings if binding.role is role]

    def first(self, role: Role) -> Binding | None:
        """The first binding that plays a role for whole sessions."""
        return next((each for each in self.bindings if each.role is role and not each.releases), None)

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles that some operation plays."""
        return frozenset(binding.role for binding in self.bindings)

    @cached_property
    def scoped(self) -> bool:
        """Whether a session is named by its owner and its id, so that one id under two owners is two sessions."""
        named = [binding for binding in self.bindings if binding.names_session]
        return self.by_identity or (bool(named) and all(binding.owner for binding in named))

    @cached_property
    def by_identity(self) -> bool:
        """Whether the credentials are a part of the owner: the last one."""
        return self.credentials.second is not None

    @cached_property
    def fresh_owners(self) -> bool:
        """Whether owners can be made up, so that all their sessions are ours."""
        return any(value is None for value in self.owner)

    @cached_property
    def two_owners(self) -> bool:
        """Whether there can be a second owner, who must not reach the first one's sessions."""
        return self.scoped and (self.fresh_owners or self.by_identity)

    @cached_property
    def owners(self) -> int:
        """How many owners there can be in a flow: a second one, all of whose parts are others; and, where there are
        several such parts, for each of them one that differs from the first in that part alone."""
        parts = self.owner.count(None) + self.by_identity
        return 2 + parts if self.two_owners and parts > 1 else 2 if self.two_owners or self.fresh_owners else 1

    @cached_property
    def names_items(self) -> bool:
        """Whether some call names an item of its session."""
        return any(binding.item is not None for binding in self.bindings)

    @property
    def implicit(self) -> bool:
        """Whether sessions come into being by their first run."""
        return any(binding.creates for binding in self.bindings if binding.role in RUNS)

    @cached_property
    def singles(self) -> frozenset[str]:
        """The attribute groups that are no objects: single values, as a title is, or arrays."""
        schemas = self.spec.schemas
        types: dict[str, set[str]] = {}
        for binding in self.bindings:
            for name, place in binding.attributes.items():
                types.setdefault(name, set()).update(schemas.types(self.spec.schema_of(binding.operation, place)))
        return frozenset(name for name, found in types.items() if found and "object" not in found)

    def way(self, before: str, until: Container[str]) -> tuple[str, ...] | None:
        """The statuses to go through from one to the nearest of others, by arrows along which some operation leads.

        None at all if it is among them itself; None if there is no way.
        """
        ways: dict[str, tuple[str, ...]] = {before: ()}
        for here, way in (waiting := list(ways.items())):
            if here in until:
                return way
            for name in self.lifecycle.names:
                led = self.lifecycle.allows(here, name) and any(each.leads_to(name) for each in self.bindings)
                if name not in ways and led:
                    ways[name] = (*way, name)
                    waiting.append((name, ways[name]))
        return None

    @property
    def groups(self) -> tuple[str, ...]:
        """The attribute groups that can be written or seen."""
        named = dict.fromkeys(self.session.attributes)
        for binding in self.bindings:
            named.update(dict.fromkeys(binding.attributes))
        return tuple(named)

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of a session: the attribute groups, and the history if anything shows it."""
        shows = self.session.history is not None or Role.HISTORY in self.roles
        history = (HISTORY,) if shows else ()
        return (*self.groups, *history, STATUS) if self.session.status is not None else (*self.groups, *history)

    def by_operation(self) -> dict[tuple[str, str], list[Binding]]:
        """The bindings of each operation, by method and path: several if it plays several roles."""
        return by_operation(self.bindings)


def by_operation(bindings: Iterable[Binding]) -> dict[tuple[str, str], list[Binding]]:
    """Bindings by the method and the path of their operation."""
    found: dict[tuple[str, str], list[Binding]] = {}
    for binding in bindings:
        found.setdefault((binding.operation.method, binding.operation.template), []).append(binding)
    return found
