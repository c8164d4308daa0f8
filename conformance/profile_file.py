"""Is this profile file right? TOML in, a `Profile` out, or one error that names file, key and the nearest valid name.

Everything is checked before any request: unknown keys, operations that the spec does not have, pointers and parameters
that its schemas cannot contain.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.errors import InputError, ProfileError, SpecError, nearest
from conformance.expressions import MISSING, Json, Pointer
from conformance.naming import ID, Naming
from conformance.profile import (
    HISTORY,
    STATUS,
    Binding,
    Credentials,
    ItemShape,
    Lifecycle,
    Profile,
    Returns,
    Role,
    SessionShape,
)
from conformance.profile_bindings import BINDING_KEYS, Bindings, groups, told_apart
from conformance.profile_clients import CLIENT_KEYS, client
from conformance.profile_keys import Keys
from conformance.profile_places import Place
from conformance.spec import Spec
from conformance.spec import load as load_spec

KEYS: dict[str, frozenset[str]] = {
    "session": frozenset(
        {"id", "name", "owner", "attributes", "history", "status", "created", "updated", "shared", "unstored"}
    ),
    "item": frozenset({"id", "message", "time", "session", "partial"}),
    "message": frozenset({"text"}),
    "status": frozenset({"initial", "transitions", "ended"}),
    "auth": frozenset({"in", "name", "value", "second", "refused"}),
    **CLIENT_KEYS,
    **BINDING_KEYS,
}
"""The keys that each table of a profile can have; `[values]` and `[sources]` take any."""
_DOCUMENTS = frozenset({".yaml", ".yml", ".json"})
_TOP_KEYS = {"title", "spec", "values", "sources"} | KEYS.keys()


def valid_keys(table: str = "") -> frozenset[str]:
    """The keys that a table of a profile may have; of the top level if none is named. None: no such table."""
    return KEYS.get(table, frozenset()) if table else frozenset(_TOP_KEYS)


def built_in() -> dict[str, Path]:
    """The profiles that come with the package, by name."""
    package = Path(__file__).parent
    homes = (package / "specs", package.parent / "specs")
    home = next((each for each in homes if each.is_dir()), None)
    found = sorted(home.glob("*/profile.toml")) if home else []
    return {path.parent.name: path for path in found}


def find(name: str) -> Path:
    """The file of a profile that is named, or given by the path of the file or of its folder."""
    for path in (Path(name), Path(name) / "profile.toml"):
        with contextlib.suppress(OSError):
            if path.is_file():
                return path
    if name in built_in():
        return built_in()[name]
    raise ProfileError(
        f"there is no profile {name!r}", remedy=nearest(name, built_in()) + " Or give a path to a profile.toml"
    )


def load(name: str | Path, values: Mapping[str, Json] | None = None) -> Profile:
    """Read a profile by name or path. `values` override the `[values]` of the file."""
    path = find(str(name))
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ProfileError("is nested too deeply", place=str(path)) from error
    except (OSError, ValueError) as error:
        raise ProfileError(f"cannot be read: {error}", place=str(path)) from error
    return _Reader(path, table, values or {}).profile()


class _Reader(Keys):
    """Reads one file; knows its place for errors."""

    def __init__(self, path: Path, table: dict[str, Any], values: Mapping[str, Json]) -> None:
        super().__init__(path, table)
        self._values = values
        self.spec: Spec

    def profile(self) -> Profile:
        """The profile that the file describes."""
        table = self._table
        self.only("", table, _TOP_KEYS)
        spec = self.spec = load_spec(self._document(table))
        values = dict(self.table_of("values"))
        for name, value in self._values.items():
            if name not in values:
                remedy = nearest(name, values) if values else f'write [values] and {name} = "…" into the profile'
                raise self.fail("values", f"there is no value {name!r} to set", remedy)
            values[name] = value
        folder = self.path.resolve().parent.name
        session = self._session()
        bindings = _joined(told_apart(self, self.spec, tuple(Bindings(self, self.spec, session).all(table))))
        lifecycle = self._lifecycle(bindings, session)
        credentials = self._credentials()
        profile = Profile(
            name=folder if self.path.name == "profile.toml" else self.path.stem,
            title=self.text("title", table.get("title", folder)),
            spec=spec,
            bindings=bindings,
            session=session,
            item=self._item(),
            text=self.pointer("message.text", self.table_of("message", KEYS["message"]).get("text", "")),
            lifecycle=lifecycle,
            values=values,
            owner=self._owner(bindings, values, session),
            credentials=credentials,
            client=client(self, values, credentials.variables()),
            place=str(self.path),
            sources={
                self.text("sources", key): self.text(f"sources.{key}", value)
                for key, value in self.table_of("sources").items()
            },
        )
        self._whole(profile)
        return profile

    def _document(self, table: Mapping[str, Any]) -> Path:
        """Where the spec is; an error that names the nearest document if there is none."""
        path = self.beside("spec", table.get("spec", "openapi.yaml"))
        with contextlib.suppress(OSError):
            if not path.exists():
                beside = [each.name for each in path.parent.iterdir() if each.suffix in _DOCUMENTS]
                remedy = f"{self.path}: spec names it. {nearest(path.name, beside) if beside else ''}"
                raise SpecError("cannot be read: No such file", place=str(path), remedy=remedy.strip())
        return path

    def _whole(self, profile: Profile) -> None:
        """Check what only the whole can show."""
        if Role.CREATE not in profile.roles and not profile.implicit:
            remedy = 'bind [create] to an operation, or say [run] missing = "creates"'
            raise self.fail("create", "no operation creates a session", remedy)
        for binding in profile.bindings:
            Place(self, profile.spec.schemas, str(binding.role), binding.operation).messages(binding, profile)
            for part in binding.changes | binding.omits:
                if part not in profile.parts and part not in (HISTORY, STATUS):
                    raise self.fail(str(binding.role), f"there is no part {part!r}", nearest(part, profile.parts))
            if (
                binding.returns is Returns.SESSION
                and profile.session.id is None
                and binding.role is Role.CREATE
                and binding.session is None
            ):
                raise self.fail(
                    "session.id", "a created session's id cannot be found", 'say where the id sits, as in id = "/id"'
                )

    def _groups(self, key: str, table: Any, remedy: str) -> dict[str, Any]:
        """A table by the names of attribute groups."""
        return groups(self, key, table, remedy)

    def _session(self) -> SessionShape:
        """Where the parts of a session sit."""
        table = self.table_of("session", KEYS["session"])
        groups = self._groups("session.attributes", table.get("attributes", {}), 'write { NAME = "/pointer" }')
        named = table.get("id", [])
        places = [self.pointer("session.id", each) for each in (named if isinstance(named, list) else [named])]
        return SessionShape(
            id=places[0] if places else None,
            also=tuple(places[1:]),
            name=self._naming(table, places),
            owner=tuple(
                self.pointer("session.owner", text) for text in self.texts("session.owner", table.get("owner", []))
            ),
            attributes={name: self.pointer(f"session.attributes.{name}", text) for name, text in groups.items()},
            history=self.optional("session.history", table.get("history")),
            status=self.optional("session.status", table.get("status")),
            created=self.optional("session.created", table.get("created")),
            updated=self.optional("session.updated", table.get("updated")),
            shared=tuple(self.texts("session.shared", table.get("shared", []))),
            unstored=tuple(self.texts("session.unstored", table.get("unstored", []))),
        )

    def _naming(self, table: Mapping[str, Any], places: list[Pointer]) -> Naming | None:
        """The longer name in which ids stand."""
        if "name" not in table:
            return None
        found = Naming(self.text("session.name", table["name"]))
        if found.names.count(ID) != 1:
            raise self.fail(
                "session.name", "has to hold {id} once", 'write it as in "projects/{project}/sessions/{id}"'
            )
        if not places:
            raise self.fail("session.name", "stands nowhere", 'say where, as in id = "/name"')
        return found

    def _lifecycle(self, bindings: tuple[Binding, ...], session: SessionShape) -> Lifecycle:
        """The statuses: those that the file names, or else those that the spec allows in a transition."""
        table = self.table_of("status", KEYS["status"])
        arrows = table.get("transitions")
        if arrows is not None and not isinstance(arrows, dict):
            raise self.fail("status.transitions", "is not a table", 'write { active = ["ended"], ended = [] }')
        transitions = None
        if arrows is not None:
            transitions = {
                name: frozenset(self.texts(f"status.transitions.{name}", after)) for name, after in arrows.items()
            }
        ended = frozenset(self.texts("status.ended", table.get("ended", [])))
        initial = None if "initial" not in table else self.text("status.initial", table["initial"])
        spelled = [*(transitions or {}), *(each for after in (transitions or {}).values() for each in sorted(after))]
        allowed = [name for binding in bindings for name in self._statuses(binding)]
        led = [binding.to for binding in bindings if binding.to is not None]
        spared = dict.fromkeys(name for binding in bindings for name in sorted(binding.spares))
        valid = allowed or self._shown_statuses(bindings, session)
        for name in (*spelled, *sorted(ended), *([initial] if initial else []), *led, *spared):
            if valid and name not in valid:
                raise self.fail("status", f"the spec allows no status {name!r}", nearest(name, valid))
        if led and initial is None:
            raise self.fail("status.initial", "is needed, since no request names a status", 'write initial = "…"')
        names = dict.fromkeys((*([initial] if initial else []), *spelled, *allowed, *led))
        unknown = [name for name in spared if not valid and name not in (*names, *ended)]
        if unknown:
            raise self.fail("status", f"no session has the status {unknown[0]!r}", nearest(unknown[0], names))
        return Lifecycle(tuple({**names, **spared}), initial, transitions, ended)

    def _statuses(self, binding: Binding) -> list[str]:
        """The statuses that the spec allows where a transition names one."""
        if binding.role is not Role.TRANSITION or binding.status is None:
            return []
        schemas = self.spec.schemas
        found = schemas.branches(self.spec.schema_of(binding.operation, binding.status))
        return [name for each in found for name in each.get("enum", ()) if isinstance(name, str)]

    def _shown_statuses(self, bindings: tuple[Binding, ...], session: SessionShape) -> list[str]:
        """The statuses that the spec has sessions show; none if any text will do."""
        schemas = self.spec.schemas
        found: dict[str, None] = {}
        for binding in bindings:
            content = binding.operation.success_content()
            if session.status is None or content is None or binding.returns is not Returns.SESSION:
                continue
            shown = schemas.at(content.schema, (*binding.at, *session.status))
            for each in () if shown is MISSING else schemas.branches(shown):
                found.update(dict.fromkeys(name for name in each.get("enum", ()) if isinstance(name, str)))
        return list(found)

    def _item(self) -> ItemShape:
        """Where the parts of a history item sit."""
        table = self.table_of("item", KEYS["item"])
        return ItemShape(**{name: self.optional(f"item.{name}", text) for name, text in table.items()})

    def _owner(
        self, bindings: tuple[Binding, ...], values: Mapping[str, Json], session: SessionShape
    ) -> tuple[str | None, ...]:
        """Each owner component: the value that the file fixes, or None if it is made up for each flow."""
        sizes = {len(binding.owner) for binding in bindings if binding.owner}
        if len(sizes) > 1:
            raise self.fail("owner", "the roles disagree on how many parts an owner has")
        if session.owner and sizes and len(session.owner) not in sizes:
            raise self.fail("session.owner", f"has {len(session.owner)} parts, but the roles name {min(sizes)}")
        creates = (each for each in bindings if each.role is Role.CREATE or each.creates)
        first = next((each.owner for each in creates), ())
        named = first or max((each.owner for each in bindings), key=len, default=())
        names = [expression.name or expression.pointer[-1] for expression in named]
        return tuple(str(values[name]) if name in values else None for name in names)

    def _credentials(self) -> Credentials:
        """Where the secret goes, and which variables hold it."""
        if "auth" not in self._table:
            return Credentials()
        table = self.table_of("auth", KEYS["auth"])
        place = table.get("in", "header")
        if place not in ("header", "query"):
            raise self.fail("auth.in", f"{place!r} is neither header nor query")
        name = self.text("auth.name", table.get("name", "Authorization"))
        second = None if "second" not in table else self.text("auth.second", table["second"])
        refused = self.codes("auth.refused", table.get("refused", [401, 403]))
        found = Credentials(place, name, self.text("auth.value", table.get("value", "")), second, True, refused)
        for key, template in (("auth.value", found.template), ("auth.second", second)):
            if template is not None and not re.search(r"\$\{\w+\}", template):
                raise self.fail(key, "names no environment variable", 'write it as in "Bearer ${API_KEY}"')
        return found


def _joined(bindings: tuple[Binding, ...]) -> tuple[Binding, ...]:
    """Where one operation enriches and changes the status, one request may do both."""
    enriches = {each.operation.id: each for each in bindings if each.role is Role.ENRICH}
    return tuple(
        replace(each, attributes={**both.attributes, **each.attributes}, merge=both.merge)
        if each.role is Role.TRANSITION and (both := enriches.get(each.operation.id)) is not None
        else each
        for each in bindings
    )


def values_from(pairs: Collection[str]) -> dict[str, Json]:
    """Read `name=value` pairs, as given to `--set`."""
    found: dict[str, Json] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InputError(f"{pair!r} is not NAME=VALUE", place="--set")
        found[name] = value
    return found
