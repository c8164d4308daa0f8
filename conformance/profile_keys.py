"""What does one key of a profile file say? Typed reading of single keys, with errors that name file and key."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from conformance.errors import ProfileError, nearest
from conformance.expressions import Pointer, parse_pointer
from conformance.profile import Codes

T = TypeVar("T")

_SECONDS = {"ms": 0.001, "s": 1.0, "seconds": 1.0, "m": 60.0, "minutes": 60.0, "hours": 3_600.0, "days": 86_400.0}


class Keys:
    """The keys of one file; knows its place for errors."""

    def __init__(self, path: Path, table: dict[str, Any]) -> None:
        self.path = path
        self._table = table

    def fail(self, key: str, problem: str, remedy: str = "") -> ProfileError:
        """An error that names this file and the key."""
        return ProfileError(problem, place=f"{self.path}: {key}" if key else str(self.path), remedy=remedy)

    def only(self, key: str, table: Mapping[str, Any], valid: Collection[str]) -> None:
        """Refuse unknown keys."""
        for name in table:
            if name not in valid:
                raise self.fail(
                    f"{key}.{name}" if key else name, "is no key of a profile", nearest(name, map(str, valid))
                )

    def table_of(self, key: str, valid: Collection[str] | None = None) -> dict[str, Any]:
        """A table of the file, or an empty one."""
        table = self._table.get(key, {})
        if not isinstance(table, dict):
            raise self.fail(key, "is not a table", f"write [{key}]")
        if valid is not None:
            self.only(key, table, valid)
        return table

    def text(self, key: str, value: Any) -> str:
        """A string."""
        if not isinstance(value, str):
            raise self.fail(key, f"{value!r} is not a string")
        return value

    def texts(self, key: str, value: Any) -> list[str]:
        """An array of strings."""
        if not isinstance(value, list):
            raise self.fail(key, f"{value!r} is not an array of strings")
        return [self.text(key, each) for each in value]

    def beside(self, key: str, value: Any) -> Path:
        """The path of a file, relative to this one."""
        path = self.path.parent / self.text(key, value)
        try:
            path.resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise self.fail(key, f"{value!r} is no path: {error}") from error
        return path

    def codes(self, key: str, value: Any) -> Codes:
        """An array of status codes and of texts that stand where the profile says that errors do, at least one."""
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(each, str) or (type(each) is int and 100 <= each <= 599) for each in value)
        ):
            raise self.fail(key, f"{value!r} is not an array of status codes", "write [404], or codes as they are sent")
        return frozenset(value)

    def count(self, key: str, value: Any) -> int:
        """A number of things, at least one."""
        if type(value) is not int or value < 1:
            raise self.fail(key, f"{value!r} is not a number from 1 up")
        return value

    def seconds(self, key: str, value: Any) -> float:
        """A length of time, as in "2s" or "500ms"."""
        found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m)", value) if isinstance(value, str) else None
        if found is None:
            raise self.fail(key, f"{value!r} is no length of time", 'write it as in "2s" or "500ms"')
        return float(found[1]) * _SECONDS[found[2]]

    def unit(self, key: str, value: Any) -> float:
        """A unit of time, in seconds."""
        if not isinstance(value, str) or value not in _SECONDS:
            raise self.fail(key, f"{value!r} is no unit of time", nearest(str(value), _SECONDS))
        return _SECONDS[value]

    def choice(self, key: str, value: Any, options: Callable[[str], T]) -> T:
        """One of a few words."""
        try:
            return options(value)
        except ValueError:
            names = map(str, options)  # type: ignore[call-overload]
            raise self.fail(key, f"{value!r} is not valid", nearest(str(value), names)) from None

    def pointer(self, key: str, value: Any) -> Pointer:
        """A JSON pointer."""
        try:
            return parse_pointer(value)
        except ValueError as error:
            raise self.fail(key, f"{value!r}: {error}") from error

    def optional(self, key: str, value: Any) -> Pointer | None:
        """A JSON pointer, or None."""
        return None if value is None else self.pointer(key, value)
