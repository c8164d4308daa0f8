"""What stands in a large YAML document? Its members one by one, and the items of its long sequences one by one.

Only plain data comes out: no tag but those of YAML's own texts, numbers and bytes is taken, nothing is constructed, and
aliases are counted as often as they would be written out.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import yaml

from conformance.errors import InputError
from conformance.expressions import Json
from conformance.recordings import MAX_ENTRY, fault
from conformance.recordings.messages import unpacked

MAX_VALUES = 200_000
"""So many values one entry may have, each counted as often as it would be written without aliases."""
MAX_DEPTH = 100
MAX_ANCHORS = 10_000
"""So many values may be named for aliases."""

_PLAIN = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_PLAIN |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}  # type: ignore[dict-item]
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,18})")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x84\x86-\x9f]")
"""What YAML does not hold (YAML 1.2.2, section 5.1)."""
_YAML = "tag:yaml.org,2002:"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class YamlStream:
    """One mapping; the items of sequences named in `arrays` come one by one."""

    def __init__(self, path: Path, arrays: frozenset[str]) -> None:
        self._path = path
        self._arrays = arrays

    def parts(self) -> Iterator[tuple[str, int, Json]]:
        """Each member: its name, 0, and its value; a sequence that comes item by item as None, and then each item with
        its number, from 1."""
        with self._path.open("rb") as file:
            events = _Events(self._path, file)
            try:
                yield from self._members(events)
            finally:
                events.close()

    def _members(self, events: _Events) -> Iterator[tuple[str, int, Json]]:
        """The members of the document."""
        events.skip(yaml.StreamStartEvent, yaml.DocumentStartEvent)
        if not events.comes(yaml.MappingStartEvent):
            raise events.fault("is no recording: at its top there is no mapping")
        events.skip(yaml.MappingStartEvent)
        while not events.comes(yaml.MappingEndEvent):
            name = str(events.value())
            if name in self._arrays and events.comes(yaml.SequenceStartEvent):
                events.skip(yaml.SequenceStartEvent)
                yield name, 0, None
                while not events.comes(yaml.SequenceEndEvent):
                    events.entry += 1
                    yield name, events.entry, events.value()
                events.skip(yaml.SequenceEndEvent)
                events.entry = 0
            else:
                yield name, 0, events.value()
        events.skip(yaml.MappingEndEvent)
        events.skip(yaml.DocumentEndEvent)
        if not events.comes(yaml.StreamEndEvent):
            raise events.fault("something stands behind the mapping")


class _Events:
    """What comes next in a document."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self.entry = 0
        self._path = path
        self._left = MAX_VALUES
        self._anchors: dict[str, tuple[Json, int]] = {}
        self._lines = _Lines(file)
        self._loader: Any = None
        with self._told():
            self._loader = _LOADER(self._lines)

    def fault(self, problem: str, line: int = 0) -> InputError:
        """What is wrong here."""
        return fault(self._path, problem, self.entry, line)

    def close(self) -> None:
        """Let go of the parser."""
        if self._loader is not None:
            self._loader.dispose()

    def comes(self, kind: type) -> bool:
        """Whether an event of a kind comes next."""
        with self._told():
            return bool(self._loader.check_event(kind))

    def skip(self, *kinds: type) -> None:
        """Go past events that have to come next."""
        for kind in kinds:
            event = self._next()
            if not isinstance(event, kind):
                raise self.fault("is no recording")

    def value(self) -> Json:
        """The next value, and all that is in it."""
        self._left = MAX_VALUES
        return self._value(self._next(), 0)

    def _value(self, event: Any, depth: int) -> Json:
        """The value that begins with an event."""
        self._spend(1)
        if depth > MAX_DEPTH:
            raise self.fault("is nested too deeply")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor))
        before = self._left
        value = self._scalar(event) if isinstance(event, yaml.ScalarEvent) else self._collection(event, depth)
        if event.anchor is not None:
            if len(self._anchors) >= MAX_ANCHORS:
                raise self.fault(f"names more than {MAX_ANCHORS:,} values for aliases")
            self._anchors[event.anchor] = value, before - self._left + 1
        return value

    def _alias(self, name: str) -> Json:
        """A value that was named before."""
        if name not in self._anchors:
            raise self.fault(f"the alias {name!r} stands for nothing, or for what it is in")
        value, weight = self._anchors[name]
        self._spend(weight)
        return value

    def _spend(self, weight: int) -> None:
        self._left -= weight
        if self._left < 0:
            raise self.fault(f"stands for more than {MAX_VALUES:,} values")

    def _collection(self, event: Any, depth: int) -> Json:
        """A mapping or a sequence."""
        if event.tag not in (None, "!", f"{_YAML}map", f"{_YAML}seq"):
            raise self._tagged(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(event := self._next(), yaml.SequenceEndEvent):
                items.append(self._value(event, depth + 1))
            return items
        if not isinstance(event, yaml.MappingStartEvent):
            raise self.fault("is no recording")
        members: dict[str, Json] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            name = self._value(event, depth + 1)
            if isinstance(name, (dict, list)):
                raise self.fault("the name of a member is no text")
            members[name if isinstance(name, str) else str(name)] = self._value(self._next(), depth + 1)
        return members

    def _scalar(self, event: Any) -> Json:
        """A text, a number, bytes, or nothing."""
        text: str = event.value
        tag = event.tag
        if tag is None or tag == "!":
            if tag == "!" or not event.implicit[0]:
                return text
            if text in _PLAIN:
                return _PLAIN[text]
            if _INT.fullmatch(text):
                return int(text)
            return float(text) if _FLOAT.fullmatch(text) else text
        if tag in (f"{_YAML}binary", "!binary"):  # Ruby writes the latter
            try:
                return unpacked(text)
            except ValueError as error:
                raise self.fault(str(error)) from error
        if tag in (f"{_YAML}str", f"{_YAML}python/str", f"{_YAML}python/unicode"):
            return text
        with suppress(ValueError):
            if tag == f"{_YAML}int":
                return int(text)
            if tag == f"{_YAML}float":
                return float(text)
        raise self._tagged(event)

    def _tagged(self, event: Any) -> InputError:
        tag = str(event.tag).replace(_YAML, "!!")
        return self.fault(f"the tag {tag[:80]!r} is not plain data", event.start_mark.line + 1)

    def _next(self) -> Any:
        with self._told():
            event = self._loader.get_event()
        problem = self._lines.problem(event.start_mark)
        if problem:
            raise self.fault(problem, self._lines.line)
        return event

    def _told(self) -> _Told:
        return _Told(self, self._lines)


class _Told:
    """Within it, what YAML complains of is told as what is wrong with the recording."""

    def __init__(self, events: _Events, lines: _Lines) -> None:
        self._events = events
        self._lines = lines

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type | None, error: BaseException | None, _: object) -> None:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        problem = self._lines.problem(mark)
        if isinstance(error, yaml.YAMLError) and problem:
            raise self._events.fault(problem, self._lines.line) from error
        if isinstance(error, yaml.MarkedYAMLError):
            line = mark.line + 1 if mark is not None else 0
            cut = ": is the file truncated?" if "end of stream" in str(error) or "<stream end>" in str(error) else ""
            raise self._events.fault(f"is not YAML: {error.problem}{cut}", line) from error
        if isinstance(error, (yaml.YAMLError, UnicodeDecodeError)):
            said = str(error).splitlines()[0]
            raise self._events.fault(f"is not YAML: {said}") from error
        if isinstance(error, RecursionError):
            raise self._events.fault("is nested too deeply") from error


class _Lines:
    """A file whose lines are bounded, and text. At a line that is not, the file ends: what stands before is read.

    `line` is where the reading stands, and then the line at which it ended, counted from 1.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.line = 1
        self._file = file
        self._since = 0
        self._begun = 0
        self._problem = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def problem(self, mark: Any) -> str:
        """What is wrong with the line at which the file ended, once a mark is there; None is the end."""
        reached = mark is None or (mark.line, mark.column) >= (self.line - 1, self._begun)
        return self._problem if reached else ""

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        if self._problem:
            return b""
        raw = self._file.read(size if size >= 0 else 2**16)
        wrong = self._wrong(raw)
        if wrong is not None:
            begin = raw.rfind(b"\n", 0, max(wrong, 0)) + 1
            item = b"- x" if begin and raw.startswith(b"- ", begin) else b""  # so that the entry is known to begin
            self._begun = 2 if item else 0
            raw = raw[:begin] + item
        self.line += raw.count(b"\n")
        return raw

    def _wrong(self, raw: bytes) -> int | None:
        """Where in what was read the first thing is that is wrong; None: nothing is."""
        last = raw.rfind(b"\n")
        self._since = self._since + len(raw) if last < 0 else len(raw) - last
        if self._since > MAX_ENTRY:
            self._problem = f"a line is longer than {MAX_ENTRY:,} bytes"
            return last + 1
        before = len(self._decoder.getstate()[0])
        try:
            self._decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            self._problem = "is not UTF-8"
            return error.start - before
        control = _CONTROL.search(raw)
        if control is not None:
            self._problem = f"holds the control character {control[0][-1]:#04x}"
            return control.start()
        return None
