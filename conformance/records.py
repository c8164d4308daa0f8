"""What are the values made of that pass between the parts? Plain objects that nobody changes once they are made: their
fields are final, so that the type checker refuses it.

They are no dataclasses: of these, the compiler makes nothing that is faster, and a recording has millions of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from mypy_extensions import mypyc_attr

T = TypeVar("T")


def names(value: object) -> Sequence[str]:
    """The names of the fields of an object; that of a compiled class has no slots."""
    kind: Any = type(value)
    for told in ("__mypyc_attrs__", "__slots__"):
        if (found := getattr(kind, told, None)) is not None:
            return tuple(found)
    raise TypeError(f"{kind.__name__} is no record")


def replace(value: T, **changes: Any) -> T:
    """A copy in which some fields are others."""
    fields = {name: getattr(value, name) for name in names(value) if name not in changes}
    return type(value)(**fields, **changes)


@mypyc_attr(acyclic=True)
class Record:
    """Objects of one class with equal fields are equal."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _fields(self) == _fields(other)

    def __hash__(self) -> int:
        return hash(_fields(self))

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in zip(names(self), _fields(self), strict=True))
        return f"{type(self).__name__}({told})"


def _fields(value: object) -> tuple[Any, ...]:
    return tuple([getattr(value, name) for name in names(value)])
