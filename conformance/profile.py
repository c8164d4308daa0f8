"""How does one API map on the life of a session?

A profile is read from `specs/<api>/profile.toml` by `conformance.profile_file`; here is only what it says.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from conformance.expressions import Expression, Json, Pointer
from conformance.spec import Operation, Spec

HISTORY = "history"
"""The name of the part of a session that runs append to."""


class Role(StrEnum):
    """What an operation does to a session."""

    CREATE = "create"
    READ = "read"
    LIST = "list"
    RUN = "run"
    STREAM = "stream"
    HISTORY = "history"
    ENRICH = "enrich"
    DELETE = "delete"


ROLES = frozenset(Role)
RUNS = frozenset({Role.RUN, Role.STREAM})
READS = frozenset({Role.READ, Role.LIST, Role.HISTORY})
WRITES = ROLES - READS


class Returns(StrEnum):
    """What the answer of an accepted call holds."""

    SESSION = "session"
    SESSIONS = "sessions"
    HISTORY = "history"
    ID = "id"
    NOTHING = "nothing"


class Merge(StrEnum):
    """How an enrichment meets what is there: in its stead, key by key, or key by key at every depth."""

    REPLACE = "replace"
    SHALLOW = "shallow"
    DEEP = "deep"


@dataclass(frozen=True, slots=True)
class Binding:
    """The operation that plays one role, and where the parts sit in its request and answer.

    `at` is where, in the answer, that stands which `returns` names. `changes` names the parts that the call may rewrite
    although it was not asked to; `omits` the parts that its answer never shows. `missing`, `duplicate`, `invalid`,
    and `foreign` (another owner's session) are the status codes that say so. `caller_chooses`: a create needs an id.
    """

    role: Role
    operation: Operation
    session: Expression | None = None
    owner: tuple[Expression, ...] = ()
    attributes: Mapping[str, Expression] = field(default_factory=dict)
    history: Expression | None = None
    message: Expression | None = None
    returns: Returns = Returns.NOTHING
    at: Pointer = ()
    failed: Expression | None = None
    merge: Merge = Merge.SHALLOW
    changes: frozenset[str] = frozenset()
    omits: frozenset[str] = frozenset()
    missing: frozenset[int] = frozenset({404, 410})
    duplicate: frozenset[int] = frozenset({400, 409, 422})
    invalid: frozenset[int] = frozenset(range(400, 500))
    foreign: frozenset[int] = frozenset({401, 403, 404, 410})
    caller_chooses: bool = False

    @property
    def names_session(self) -> bool:
        """Whether a call must say which session it means."""
        return self.session is not None and self.role is not Role.CREATE


@dataclass(frozen=True, slots=True)
class SessionShape:
    """Where the parts sit in any session object that the API returns. A pointer of None: the API does not show it."""

    id: Pointer | None = None
    owner: tuple[Pointer, ...] = ()
    attributes: Mapping[str, Pointer] = field(default_factory=dict)
    history: Pointer | None = None
    updated: Pointer | None = None


@dataclass(frozen=True, slots=True)
class ItemShape:
    """Where the parts sit in any item of a history. An item with `partial` set is answered, but not kept."""

    id: Pointer | None = None
    message: Pointer | None = None
    time: Pointer | None = None
    partial: Pointer | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """A header or query parameter that carries a secret from the environment, as in `Bearer ${API_KEY}`.

    The secret itself is never part of a profile, a report or a recording.
    """

    place: str = "header"
    name: str = "Authorization"
    template: str = "${CONFORMANCE_AUTHORIZATION}"
    required: bool = False

    def variables(self) -> list[str]:
        """The environment variables that the template names."""
        return re.findall(r"\$\{(\w+)\}", self.template)

    def value(self, environment: Mapping[str, str] = os.environ) -> str | None:
        """The secret; None if a variable is not set."""
        if any(name not in environment for name in self.variables()):
            return None
        return re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], self.template)


@dataclass(frozen=True, slots=True)
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
    values: Mapping[str, Json] = field(default_factory=dict)
    owner: tuple[str | None, ...] = ()
    credentials: Credentials = Credentials()
    place: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    def bound(self, role: Role) -> list[Binding]:
        """The bindings that play a role, in the order of the file."""
        return [binding for binding in self.bindings if binding.role is role]

    def first(self, role: Role) -> Binding | None:
        """The first binding that plays a role."""
        return next((binding for binding in self.bindings if binding.role is role), None)

    @property
    def roles(self) -> frozenset[Role]:
        """The roles that some operation plays."""
        return frozenset(binding.role for binding in self.bindings)

    @property
    def scoped(self) -> bool:
        """Whether a session is named by its owner and its id, so that one id under two owners is two sessions."""
        named = [binding for binding in self.bindings if binding.names_session]
        return bool(named) and all(binding.owner for binding in named)

    @property
    def fresh_owners(self) -> bool:
        """Whether owners can be made up, so that all their sessions are ours."""
        return any(value is None for value in self.owner)

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
        return (*self.groups, HISTORY) if shows else self.groups

    def by_operation(self) -> Iterator[tuple[str, Binding]]:
        """The binding of each operation; the first if an operation plays several roles."""
        seen: set[str] = set()
        for binding in self.bindings:
            if binding.operation.id not in seen:
                seen.add(binding.operation.id)
                yield binding.operation.id, binding
