"""What stands in a large JSON document? Its members one by one, and the items of its long arrays one by one."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from conformance.expressions import Json
from conformance.recordings import MAX_ENTRY, fault

CHUNK = 2**16
_DECODE = json.JSONDecoder().raw_decode


class JsonStream:
    """One object. Its members named in `descends` are gone into, the items of arrays named in `arrays` come one by one,
    both of the object and of these members."""

    def __init__(self, path: Path, descends: frozenset[str], arrays: frozenset[str]) -> None:
        self._path = path
        self._descends = descends
        self._arrays = arrays

    def parts(self) -> Iterator[tuple[str, int, Json]]:
        """Each member: its name, 0, and its value; an array that comes item by item as None, and then each item with
        its number, from 1."""
        with self._path.open("rb") as file:
            text = _Text(self._path, file.read)
            yield from self._object(text, self._descends)
            if text.peek():
                raise text.fault("something stands behind the object")

    def _object(self, text: _Text, descends: frozenset[str]) -> Iterator[tuple[str, int, Json]]:
        """The members of the object that comes next."""
        text.take("{")
        more = text.peek() != "}"
        while more:
            name = text.value()
            if not isinstance(name, str):
                raise text.fault("the name of a member is no text")
            text.take(":")
            if name in descends and text.peek() == "{":
                yield from self._object(text, frozenset())
            elif name in self._arrays and text.peek() == "[":
                yield name, 0, None
                for number, item in enumerate(self._items(text), start=1):
                    yield name, number, item
            else:
                yield name, 0, text.value()
            more = text.another("}")
        text.take("}")

    @staticmethod
    def _items(text: _Text) -> Iterator[Json]:
        """The items of the array that comes next."""
        text.take("[")
        text.entry = 1
        more = text.peek() != "]"
        while more:
            yield text.value()
            more = text.another("]")
            text.entry += 1
        text.take("]")
        text.entry = 0


class _Text:
    """The text that has not been read yet; of what lies ahead only as much as is needed is held."""

    def __init__(self, path: Path, read: Callable[[int], bytes]) -> None:
        self.entry = 0
        self._path = path
        self._read = read
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._ended = False
        self._broken = False

    def fault(self, problem: str) -> Exception:
        """What is wrong here."""
        return fault(self._path, problem, self.entry)

    def peek(self) -> str:
        """The next character that is no space; none at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in " \t\r\n":
                    return self._text[self._at]
                self._at += 1
            if not self._more(CHUNK):
                return ""

    def take(self, wanted: str) -> None:
        """Go past a character that has to come next."""
        found = self.peek()
        if found != wanted:
            raise self.fault(f"is not JSON: {wanted!r} should stand where {found!r} does" if found else "is truncated")
        self._at += 1

    def another(self, end: str) -> bool:
        """Whether another member or item comes."""
        if self.peek() == end:
            return False
        self.take(",")
        return True

    def value(self) -> Json:
        """The next value."""
        self.peek()
        size = CHUNK
        while True:
            try:
                value, end = _DECODE(self._text, self._at)
            except json.JSONDecodeError as error:
                place = error.pos - self._at
                if not self._more(size):
                    cut = place >= len(self._text.rstrip()) or "Unterminated" in error.msg
                    raise self.fault("is truncated" if cut else f"is not JSON: {error.msg}") from error
            except ValueError as error:
                raise self.fault("a number has too many digits") from error
            except RecursionError as error:
                raise self.fault("is nested too deeply") from error
            else:
                if end < len(self._text) or not self._more(CHUNK):
                    self._at = end
                    return value
            if len(self._text) - self._at > MAX_ENTRY:
                raise self.fault(f"is longer than {MAX_ENTRY:,} characters, or is not JSON")
            size *= 2

    def _more(self, size: int) -> bool:
        """Hold more of the text; False if there is no more."""
        if self._broken:
            raise self.fault("is not UTF-8")
        if self._ended:
            return False
        raw = self._read(size)
        self._ended = not raw
        try:
            more = self._decoder.decode(raw, final=self._ended)
        except UnicodeDecodeError as error:  # what stands before that can be read
            self._broken, self._ended = True, False
            more = error.object[: error.start].decode("utf-8-sig")
        self._text = self._text[self._at :] + more
        self._at = 0
        return not self._ended
