"""How does a recording answer? Each request with what was recorded for it, once, within its flow."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from urllib.parse import parse_qsl

from conformance.errors import InputError
from conformance.exchange import Exchange, Request
from conformance.expressions import Json
from conformance.records import replace


class MismatchError(InputError):
    """A request that was not recorded."""


class CassetteTransport:
    """Answers from flows; `reset` goes on to the next one. Entries are numbered as they are in their file."""

    base = ""
    resets = True

    def __init__(self, flows: Sequence[Sequence[tuple[int, Exchange]]], place: str) -> None:
        self._flows = iter(flows)
        self._left: list[tuple[int, Exchange]] = []
        self._place = place

    async def send(self, request: Request) -> Exchange:
        """The recorded answer; MismatchError names the nearest request that was recorded, and what differs."""
        for index, (_, exchange) in enumerate(self._left):
            if not differences(exchange.request, request):
                del self._left[index]
                return replace(exchange, request=request)
        raise self._mismatch(request)

    async def reset(self) -> None:
        """Go on to the next flow."""
        self._left = list(next(self._flows, ()))

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _mismatch(self, request: Request) -> MismatchError:
        """What was asked for, and what is nearest to it."""
        asked = f"{request.method} {request.target}"
        if not self._left:
            return MismatchError(f"{asked[:200]} was not recorded: the flow has no entries left", place=self._place)
        number, nearest = min(self._left, key=lambda each: _distance(each[1].request, request))
        said = "; ".join(differences(nearest.request, request))
        return MismatchError(
            f"{asked[:200]} was not recorded",
            place=self._place,
            remedy=f"nearest is entry {number}, {nearest.request.method} {nearest.request.target[:200]}: {said}",
        )


def differences(recorded: Request, asked: Request) -> list[str]:
    """In which ways a request differs from a recorded one; headers say nothing of what is asked."""
    found = []
    if recorded.method != asked.method:
        found.append(f"the method is {asked.method}, not {recorded.method}")
    if recorded.path != asked.path:
        found.append(f"the path is {asked.path[:120]}, not {recorded.path[:120]}")
    if _query(recorded) != _query(asked):
        found.append(f"the query is {asked.query[:120]!r}, not {recorded.query[:120]!r}")
    if recorded.body != asked.body and _value(recorded) != _value(asked):
        found.append(f"the body differs {_where(_value(recorded), _value(asked))}")
    return found


def _query(request: Request) -> list[tuple[str, str]]:
    return sorted(parse_qsl(request.query, keep_blank_values=True))


def _value(request: Request) -> Json:
    """What a body says, however it is laid out."""
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return request.body


def _where(recorded: Json, asked: Json, place: str = "") -> str:
    """The first place in which two values differ."""
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for name in [*recorded, *asked]:
            if name not in recorded or name not in asked:
                return f"at {place}/{name}, which {'was recorded' if name in recorded else 'was not recorded'}"
            if recorded[name] != asked[name]:
                return _where(recorded[name], asked[name], f"{place}/{name}")
    if isinstance(recorded, list) and isinstance(asked, list) and len(recorded) == len(asked):
        for index, (old, new) in enumerate(zip(recorded, asked, strict=True)):
            if old != new:
                return _where(old, new, f"{place}/{index}")
    return f"at {place or 'its root'}: {asked!r:.80} instead of {recorded!r:.80}"


def _distance(recorded: Request, asked: Request) -> tuple[float, int]:
    """How far a request is from a recorded one."""
    alike = difflib.SequenceMatcher(None, recorded.target[:500], asked.target[:500]).ratio()
    return (recorded.method != asked.method) + 1 - alike, len(differences(recorded, asked))
