"""How is JSON read and written? Bodies and event streams, within bounds, and numbers that Python cannot hold."""

from __future__ import annotations

import gc
import json
import math
import re
from collections.abc import Iterator
from itertools import accumulate, chain, count, islice, takewhile
from operator import sub
from typing import Final, NoReturn

import msgspec

from conformance.expressions import MISSING, Json

_LINE_END: Final = re.compile(r"\r\n|\n|\r")


RAW: Final = "\ue000raw number "
"""What a string begins with that stands for a raw number."""
_RAW_NUMBER: Final = re.compile(r'"\\ue000raw number ([-+.0-9eE]+)"')


_ESCAPED_RAW: Final = '"\\ue000raw number '
_ENCODER: Final = json.JSONEncoder(allow_nan=False)


def raw_number(text: str) -> str:
    """A number that JSON can write and Python cannot, such as 1e999, to be put into a body that a `Writer` encodes."""
    return f"{RAW}{text}"


def encoded(value: Json) -> bytes:
    """A value as JSON text; raw numbers as they are meant, and infinity as a number that JSON can write."""
    try:
        text = _ENCODER.encode(value)
    except ValueError:
        text = json.dumps(_finite(value))
    return (_RAW_NUMBER.sub(r"\1", text) if _ESCAPED_RAW in text else text).encode()


def _finite(value: Json) -> Json:
    """A value with raw numbers in the stead of infinities."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return raw_number("1e999" if value > 0 else "-1e999")
    return value


def _refuse_constant(name: str) -> NoReturn:
    """NaN and Infinity are not JSON (RFC 8259, section 6)."""
    raise ValueError(f"{name} is not JSON")


MAX_NESTING: Final = 250
"""Answers nested deeper than this are not gone into; the validator goes no deeper either."""
MAX_HELD: Final = 500_000
"""Answers that hold more arrays and objects than this are not gone into: they take fifty times their length to hold."""
MAX_FRAMES: Final = 100_000
"""Of streams with more events than this, only the first are looked at."""
END_OF_STREAM: Final = "[DONE]"
"""With this, which is no JSON, many a server says that a stream of JSON is over."""
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_NOT_OPENING: Final = bytes(set(range(256)) - set(b"[{"))
_OPENS: Final = bytes.maketrans(b"[]{}", b"\2\0\2\0")
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def _nesting(body: bytes) -> int:
    """How deep the brackets of a JSON text go, strings left out."""
    brackets = _STRING.sub(b"", body).translate(_OPENS, _NO_BRACKETS)
    return max(map(sub, accumulate(brackets), count(1)), default=0)


LARGE: Final = 2**20
"""Bodies of so many bytes are large."""


decode_strictly = msgspec.json.Decoder().decode
"""Reads JSON in a third of the time, and the same as the decoder of the standard library: what it refuses, such as
unpaired surrogates and numbers beyond all floats, is for that one to judge."""


def _decoded(body: bytes) -> Json:
    """The JSON value of a body. Of a large one no garbage comes, and looking for it again and again takes longer."""
    if len(body) < LARGE or not gc.isenabled():
        return _decoded_small(body)
    gc.disable()
    try:
        return _decoded_small(body)
    finally:
        gc.enable()


def _decoded_small(body: bytes) -> Json:
    """The JSON value of a body that is not large."""
    try:
        return decode_strictly(body)
    except msgspec.DecodeError:
        return _DECODER.decode(body.decode())


def parsed(body: bytes) -> tuple[Json, str | None]:
    """The JSON value of a body, or MISSING and why it is none."""
    # What is nested that deeply opens and closes as often; smaller bodies need not be counted.
    held = body.count(b"[") + body.count(b"{") if len(body) > 2 * MAX_NESTING else 0
    if held > MAX_NESTING and _nesting(body) > MAX_NESTING:
        return MISSING, "it is nested too deeply"
    if held > MAX_HELD and len(_STRING.sub(b"", body).translate(None, _NOT_OPENING)) > MAX_HELD:
        return MISSING, "it holds too many values"
    try:
        return _decoded(body), None
    except UnicodeDecodeError:
        return MISSING, "it is not UTF-8"
    except RecursionError:
        return MISSING, "it is nested too deeply"
    except ValueError as error:
        return MISSING, f"it is not JSON: {error}"


def framed(body: bytes, by_lines: bool = False) -> tuple[list[Json], str | None]:
    """The JSON values of the `data` fields of an event stream (WHATWG HTML, section 9.2.6), or of each line."""
    frames: list[Json] = []
    for text in islice(_lines(body) if by_lines else event_data(body), MAX_FRAMES):
        value, problem = parsed(text.encode())
        if problem:
            return frames, f"frame {len(frames) + 1}: {problem}"
        frames.append(value)
    return frames, None if _ended(body) else "the last event is not ended by an empty line, so that readers drop it"


def _ended(body: bytes) -> bool:
    """Whether the last event in a stream is ended; the mark of the stream's end is missed by nobody."""
    if body.endswith((b"\n\n", b"\r\r", b"\r\n\r\n")):
        return True
    lines = takewhile(
        bool, reversed(_LINE_END.sub("\n", body.decode("utf-8", "replace")).removesuffix("\n").split("\n"))
    )
    data = [each[5:].strip() for each in lines if each.startswith("data:")]
    return not data or data == [END_OF_STREAM]


def _lines(body: bytes) -> Iterator[str]:
    """The lines of a stream, but for empty ones."""
    lines = body.decode("utf-8", "replace").split("\n")
    return (line for each in lines if (line := each.strip("\x1e \t\r")))


def event_data(body: bytes) -> Iterator[str]:
    """The data of each event in a stream; an event without data is none, and neither is a mark of the stream's end."""
    lines: list[str] = []
    for line in chain(_LINE_END.split(body.decode("utf-8", "replace")), [""]):
        if not line and lines:
            if lines != [END_OF_STREAM]:
                yield "\n".join(lines)
            lines = []
        elif line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
