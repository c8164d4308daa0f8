"""Is this profile file right? TOML in, a `Profile` out, or one error that names file, key and the nearest valid name.

Everything is checked before any request: unknown keys, operations that the spec does not have, pointers and parameters
that its schemas cannot contain.
"""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from conformance.errors import InputError, ProfileError, SpecError, nearest
from conformance.expressions import MISSING, Expression, Json, Pointer, parse, parse_pointer, pointer_text
from conformance.profile import (
    HISTORY,
    RUNS,
    Binding,
    Credentials,
    ItemShape,
    Merge,
    Profile,
    Returns,
    Role,
    SessionShape,
)
from conformance.spec import Content, Operation, Spec, is_json
from conformance.spec import load as load_spec

T = TypeVar("T")

_BINDING_KEYS = {
    "operation", "session", "owner", "attributes", "history", "message", "returns", "at", "failed", "merge", "changes",
    "omits", "missing", "duplicate", "invalid", "foreign",
}  # fmt: skip
_TOP_KEYS = {"title", "spec", "values", "session", "item", "message", "auth", "sources"} | set(Role)
_DEFAULT_RETURNS = {
    Role.READ: Returns.SESSION,
    Role.LIST: Returns.SESSIONS,
    Role.HISTORY: Returns.HISTORY,
}


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


class _Reader:
    """Reads one file; knows its place for errors."""

    def __init__(self, path: Path, table: dict[str, Any], values: Mapping[str, Json]) -> None:
        self._path = path
        self._table = table
        self._values = values
        self.spec: Spec

    def fail(self, key: str, problem: str, remedy: str = "") -> ProfileError:
        """An error that names this file and the key."""
        return ProfileError(problem, place=f"{self._path}: {key}" if key else str(self._path), remedy=remedy)

    def profile(self) -> Profile:
        """The profile that the file describes."""
        table = self._table
        self._only("", table, _TOP_KEYS)
        spec = self.spec = load_spec(self._beside("spec", table.get("spec", "openapi.yaml")))
        values = dict(self._table_of("values"))
        for name, value in self._values.items():
            if name not in values:
                raise self.fail("values", f"there is no value {name!r} to set", nearest(name, values))
            values[name] = value
        folder = self._path.resolve().parent.name
        session = self._session()
        bindings = tuple(self._bindings(session))
        profile = Profile(
            name=folder if self._path.name == "profile.toml" else self._path.stem,
            title=self._text("title", table.get("title", folder)),
            spec=spec,
            bindings=bindings,
            session=session,
            item=self._item(),
            text=self._pointer("message.text", self._table_of("message", {"text"}).get("text", "")),
            values=values,
            owner=self._owner(bindings, values, session),
            credentials=self._credentials(),
            place=str(self._path),
            sources={
                self._text("sources", key): self._text(f"sources.{key}", value)
                for key, value in self._table_of("sources").items()
            },
        )
        self._whole(profile)
        return profile

    def _whole(self, profile: Profile) -> None:
        """Check what only the whole can show."""
        if Role.CREATE not in profile.roles:
            raise self.fail("create", "no operation creates a session", "bind [create] to an operation")
        for binding in profile.bindings:
            _Place(self, str(binding.role), binding.operation, binding.role).messages(binding, profile)
            for part in binding.changes | binding.omits:
                if part not in profile.parts and part != HISTORY:
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

    def _bindings(self, session: SessionShape) -> Iterator[Binding]:
        """The bindings of every role; a role may be an array of tables."""
        for role in Role:
            found = self._table.get(role, [])
            for index, table in enumerate(found if isinstance(found, list) else [found]):
                key = f"{role}[{index}]" if isinstance(found, list) else str(role)
                if not isinstance(table, dict):
                    raise self.fail(key, "is not a table")
                self._only(key, table, _BINDING_KEYS)
                yield self._binding(role, key, table, session)

    def _binding(self, role: Role, key: str, table: Mapping[str, Any], session: SessionShape) -> Binding:
        """One binding, checked against the operation that it names."""
        if "operation" not in table:
            raise self.fail(key, "names no operation", nearest("", self.spec.operations))
        try:
            operation = self.spec.operation(self._text(f"{key}.operation", table["operation"]))
        except SpecError as error:
            raise self.fail(f"{key}.operation", error.problem, error.remedy) from error
        place = _Place(self, key, operation, role)
        returns = self._choice(
            f"{key}.returns", table.get("returns", _DEFAULT_RETURNS.get(role, Returns.NOTHING)), Returns
        )
        omits = frozenset(self._texts(f"{key}.omits", table.get("omits", [])))
        at = self._pointer(f"{key}.at", table.get("at", ""))
        place.answer(f"{key}.at", at)
        if returns is Returns.SESSION:
            place.session_parts(at, session, omits)
        names: dict[str, Any] = {
            name: self._statuses(f"{key}.{name}", table[name])
            for name in ("missing", "duplicate", "invalid", "foreign")
            if name in table
        }
        binding = Binding(
            role=role,
            operation=operation,
            session=place.expression("session", table.get("session")),
            owner=tuple(place.expressions("owner", table.get("owner", []))),
            attributes=self._attributes(key, place, table.get("attributes", {})),
            history=place.expression("history", table.get("history")),
            message=place.expression("message", table.get("message")),
            returns=returns,
            at=at,
            failed=place.in_body("failed", place.expression("failed", table.get("failed"), "response")),
            merge=self._choice(f"{key}.merge", table.get("merge", Merge.SHALLOW), Merge),
            changes=frozenset(self._texts(f"{key}.changes", table.get("changes", []))),
            omits=omits,
            caller_chooses=role is Role.CREATE and place.required(table.get("session")),
            **names,
        )
        if role not in {Role.CREATE, Role.LIST} and binding.session is None:
            raise self.fail(
                key, "does not say which session is meant", 'add session = "$request.path.…" or "$request.body#/…"'
            )
        if role is Role.ENRICH and not binding.attributes:
            raise self.fail(key, "enriches nothing", 'add attributes = { NAME = "$request.body#/…" }')
        if role in RUNS and binding.message is None:
            raise self.fail(key, "sends no message", 'add message = "$request.body#/…"')
        return binding

    def _attributes(self, key: str, place: _Place, table: Any) -> dict[str, Expression]:
        """Where the attribute groups sit in a request."""
        groups = self._groups(f"{key}.attributes", table, 'write { NAME = "$request.body#/…" }')
        return {name: place.needed(f"attributes.{name}", text) for name, text in groups.items()}

    def _groups(self, key: str, table: Any, remedy: str) -> dict[str, Any]:
        """A table by the names of attribute groups."""
        if not isinstance(table, dict):
            raise self.fail(key, "is not a table", remedy)
        if HISTORY in table:
            raise self.fail(f"{key}.{HISTORY}", "is the name of another part", "give the group another name")
        return table

    def _session(self) -> SessionShape:
        """Where the parts of a session sit."""
        table = self._table_of("session", {"id", "owner", "attributes", "history", "updated"})
        groups = self._groups("session.attributes", table.get("attributes", {}), 'write { NAME = "/pointer" }')
        return SessionShape(
            id=self._optional("session.id", table.get("id")),
            owner=tuple(
                self._pointer("session.owner", text) for text in self._texts("session.owner", table.get("owner", []))
            ),
            attributes={name: self._pointer(f"session.attributes.{name}", text) for name, text in groups.items()},
            history=self._optional("session.history", table.get("history")),
            updated=self._optional("session.updated", table.get("updated")),
        )

    def _item(self) -> ItemShape:
        """Where the parts of a history item sit."""
        table = self._table_of("item", {"id", "message", "time", "partial"})
        return ItemShape(**{name: self._optional(f"item.{name}", text) for name, text in table.items()})

    def _owner(
        self, bindings: tuple[Binding, ...], values: Mapping[str, Json], session: SessionShape
    ) -> tuple[str | None, ...]:
        """Each owner component: the value that the file fixes, or None if it is made up for each flow."""
        sizes = {len(binding.owner) for binding in bindings if binding.owner}
        if len(sizes) > 1:
            raise self.fail("owner", "the roles disagree on how many parts an owner has")
        if session.owner and sizes and len(session.owner) not in sizes:
            raise self.fail("session.owner", f"has {len(session.owner)} parts, but the roles name {min(sizes)}")
        create = next((binding for binding in bindings if binding.role is Role.CREATE), None)
        if create is None:
            return ()
        names = [expression.name or expression.pointer[-1] for expression in create.owner]
        return tuple(str(values[name]) if name in values else None for name in names)

    def _credentials(self) -> Credentials:
        """Where the secret goes, and which variables hold it."""
        if "auth" not in self._table:
            return Credentials()
        table = self._table_of("auth", {"in", "name", "value"})
        place = table.get("in", "header")
        if place not in ("header", "query"):
            raise self.fail("auth.in", f"{place!r} is neither header nor query")
        name = self._text("auth.name", table.get("name", "Authorization"))
        found = Credentials(place, name, self._text("auth.value", table.get("value", "")), True)
        if not found.variables():
            raise self.fail("auth.value", "names no environment variable", 'write it as in "Bearer ${API_KEY}"')
        return found

    # --- reading and checking single keys -----------------------------------------------------------------------

    def _only(self, key: str, table: Mapping[str, Any], valid: Collection[str]) -> None:
        """Refuse unknown keys."""
        for name in table:
            if name not in valid:
                raise self.fail(
                    f"{key}.{name}" if key else name, "is no key of a profile", nearest(name, map(str, valid))
                )

    def _table_of(self, key: str, valid: Collection[str] | None = None) -> dict[str, Any]:
        """A table of the file, or an empty one."""
        table = self._table.get(key, {})
        if not isinstance(table, dict):
            raise self.fail(key, "is not a table", f"write [{key}]")
        if valid is not None:
            self._only(key, table, valid)
        return table

    def _text(self, key: str, value: Any) -> str:
        """A string."""
        if not isinstance(value, str):
            raise self.fail(key, f"{value!r} is not a string")
        return value

    def _texts(self, key: str, value: Any) -> list[str]:
        """An array of strings."""
        if not isinstance(value, list):
            raise self.fail(key, f"{value!r} is not an array of strings")
        return [self._text(key, each) for each in value]

    def _beside(self, key: str, value: Any) -> Path:
        """The path of a file, relative to this one."""
        path = self._path.parent / self._text(key, value)
        try:
            path.resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise self.fail(key, f"{value!r} is no path: {error}") from error
        return path

    def _statuses(self, key: str, value: Any) -> frozenset[int]:
        """An array of status codes, at least one."""
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(each, int) and 100 <= each <= 599 for each in value)
        ):
            raise self.fail(key, f"{value!r} is not an array of status codes", "write [404]")
        return frozenset(value)

    def _choice(self, key: str, value: Any, options: Callable[[str], T]) -> T:
        """One of a few words."""
        try:
            return options(value)
        except ValueError:
            names = map(str, options)  # type: ignore[call-overload]
            raise self.fail(key, f"{value!r} is not valid", nearest(str(value), names)) from None

    def _pointer(self, key: str, value: Any) -> Pointer:
        """A JSON pointer."""
        try:
            return parse_pointer(value)
        except ValueError as error:
            raise self.fail(key, f"{value!r}: {error}") from error

    def _optional(self, key: str, value: Any) -> Pointer | None:
        """A JSON pointer, or None."""
        return None if value is None else self._pointer(key, value)


class _Place:
    """Checks the expressions of one binding against its operation."""

    def __init__(self, reader: _Reader, key: str, operation: Operation, role: Role) -> None:
        self._reader = reader
        self._key = key
        self._operation = operation
        self._role = role

    def expressions(self, name: str, texts: Any) -> Iterator[Expression]:
        """An array of expressions."""
        for text in self._reader._texts(f"{self._key}.{name}", texts):
            found = self.needed(name, text)
            if not found.name and not found.pointer:
                raise self._reader.fail(f"{self._key}.{name}", f"{text!r} is the whole body", f"write {text}#/POINTER")
            yield found

    def in_body(self, name: str, found: Expression | None) -> Expression | None:
        """An expression that must look into a body."""
        if found is not None and found.place != "body":
            raise self._reader.fail(
                f"{self._key}.{name}", f"{found.text!r} is not in the body", f"write ${found.side}.body#/POINTER"
            )
        return found

    def expression(self, name: str, text: Any, side: str = "request") -> Expression | None:
        """An expression that may be left out."""
        return None if text is None else self.needed(name, text, side)

    def needed(self, name: str, text: Any, side: str = "request") -> Expression:
        """An expression; an error if the operation cannot hold it."""
        key = f"{self._key}.{name}"
        try:
            found = parse(text)
        except ValueError as error:
            raise self._reader.fail(
                key, f"{text!r}: {error}", "write $request.path.NAME, $request.body#/POINTER …"
            ) from error
        if found.side != side:
            raise self._reader.fail(key, f"{text!r} looks into the {found.side}", f"write ${side}…")
        if side == "request":
            self._check_request(key, found)
        elif found.place == "body":
            self.answer(key, found.pointer)
        return found

    def required(self, text: Any) -> bool:
        """Whether the operation cannot be called without the value of an expression."""
        found = self.expression("session", text)
        if found is None:
            return False
        if found.place != "body":
            parameter = self._operation.parameter(found.place, found.name)
            return found.place == "path" or bool(parameter and parameter.required)
        schemas, request = self._reader.spec.schemas, self._operation.request
        parent = schemas.at(request.schema, found.pointer[:-1]) if request else {}
        return any(
            found.pointer[-1:] == (name,) for each in schemas.branches(parent) for name in each.get("required", ())
        )

    def _check_request(self, key: str, found: Expression) -> None:
        """The operation must have the parameter, or its body the place."""
        if found.place == "body":
            if self._operation.request is None:
                raise self._reader.fail(key, f"{self._operation} has no request body")
            self._contains(key, self._operation.request, found.pointer)
        elif self._operation.parameter(found.place, found.name) is None:
            names = [each.name for each in self._operation.parameters if each.place == found.place]
            raise self._reader.fail(
                key, f"{self._operation} has no {found.place} parameter {found.name!r}", nearest(found.name, names)
            )

    def answer(self, key: str, pointer: Pointer) -> None:
        """The documented success must be able to contain the place."""
        content = self._operation.success_content()
        if pointer and content is not None:
            self._contains(key, content, pointer)

    def session_parts(self, at: Pointer, shape: SessionShape, omits: Collection[str]) -> None:
        """The session object of the documented success must be able to contain the parts."""
        content = self._operation.success_content()
        if content is None:
            raise self._reader.fail(f"{self._key}.returns", f"{self._operation} documents no body for its success")
        places = {"id": shape.id, "updated": shape.updated, HISTORY: shape.history}
        places |= {f"attributes.{name}": pointer for name, pointer in shape.attributes.items()}
        shown = [(name, place) for name, place in places.items() if name.removeprefix("attributes.") not in omits]
        for name, pointer in (*shown, *(("owner", each) for each in shape.owner)):
            if pointer is not None:
                self._contains(f"session.{name}", content, (*at, *pointer))

    def messages(self, binding: Binding, profile: Profile) -> None:
        """A message that is sent, and the items of any history that is answered, must be able to contain the parts."""
        message, request = binding.message, self._operation.request
        if message is not None and message.place == "body" and request is not None:
            self._contains("message.text", request, (*message.pointer, *profile.text))
        histories = {Returns.HISTORY: (), Returns.SESSION: profile.session.history}
        inner, content = histories.get(binding.returns), self._operation.success_content()
        if inner is None or content is None or not is_json(content.media_type) or HISTORY in binding.omits:
            return
        item = profile.item
        places = {
            "item.id": item.id,
            "item.message": item.message,
            "item.time": item.time,
            "item.partial": item.partial,
        }
        places["message.text"] = None if item.message is None else (*item.message, *profile.text)
        for key, pointer in places.items():
            if pointer is not None:
                self._contains(key, content, (*binding.at, *inner, "0", *pointer))

    def _contains(self, key: str, content: Content, pointer: Pointer) -> None:
        """Whether a schema can hold a pointer; the error names the nearest member."""
        schemas = self._reader.spec.schemas
        for end in range(1, len(pointer) + 1):
            if schemas.at(content.schema, pointer[:end]) is MISSING:
                names = schemas.names(schemas.at(content.schema, pointer[: end - 1]))
                raise self._reader.fail(
                    key,
                    f"the schema of {self._operation} cannot contain {pointer_text(pointer[:end])!r}",
                    nearest(pointer[end - 1], names),
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
