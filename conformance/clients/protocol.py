"""How is an SDK asked? The lines of the driver protocol, written and read.

docs/clients.md tells it in words; `protocol.schema.json` beside this file is its published schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from conformance.ask import Ask, Reply, Verb
from conformance.expressions import Json

VERSION = 1
"""The version of the protocol."""
SCHEMA = Path(__file__).with_name("protocol.schema.json")
FRESH = "fresh"
"""What a driver supports that can be as if just started, without being started anew."""
DEFERRED = "deferred"
"""What a driver supports whose SDK sends later, at the latest when it is flushed."""


class GarbledError(Exception):
    """A line is not what the protocol has in its place."""


@dataclass(frozen=True, slots=True)
class Supports:
    """What can be asked of a driver, and which groups can be attached, by what is asked."""

    sdk: str
    asks: frozenset[str]
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def can(self, verb: Verb | str, *, free: bool = False, named: bool = False) -> bool:
        """Whether something can be asked, naming a session or not."""
        return token(verb, free=free, named=named) in self.asks

    def groups(self, verb: Verb, *, free: bool = False) -> tuple[str, ...]:
        """The groups that can be attached."""
        return self.attributes.get(token(verb, free=free), ())

    def shared_with(self, other: Supports) -> Supports:
        """What can be asked of both."""
        attributes = {
            name: tuple(each for each in groups if each in other.attributes.get(name, ()))
            for name, groups in self.attributes.items()
        }
        return Supports(f"{self.sdk} and {other.sdk}", self.asks & other.asks, attributes)


def token(verb: Verb | str, *, free: bool = False, named: bool = False) -> str:
    """How a driver says that something can be asked of it."""
    return f"{'free ' if free else ''}{verb}{' with session' if named else ''}"


@cache
def _validator(part: str) -> jsonschema_rs.Validator:
    """What checks one kind of line."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return jsonschema_rs.validator_for({"$defs": schema["$defs"], "$ref": f"#/$defs/{part}"})


def hello() -> dict[str, Json]:
    """The first line."""
    return {"id": 0, "ask": "hello", "protocol": VERSION}


def freshen() -> dict[str, Json]:
    """The line that asks a driver to be as if just started."""
    return {"id": 0, "ask": FRESH}


def opening(
    ask: Ask, base_url: str, credentials: Mapping[str, str], values: Mapping[str, Json], owner: Sequence[str]
) -> dict[str, Json]:
    """The line that opens a client."""
    return {
        "id": ask.number,
        "ask": "open",
        "client": ask.client,
        "session": ask.given.get("explicit"),
        "base_url": base_url,
        "credentials": dict(credentials),
        "values": dict(values),
        "owner": list(owner),
    }


def deed(ask: Ask) -> dict[str, Json]:
    """The line of an ask that opens nothing."""
    if ask.verb is Verb.TOGETHER:
        return {"id": ask.number, "ask": "together", "asks": [deed(each) for each in ask.together]}
    line: dict[str, Json] = {
        "id": ask.number,
        "ask": str(ask.verb),
        "client": ask.client,
        "session": ask.given.get("explicit"),
        "free": ask.path == "free",
        "within": [{"client": each.client, "session": each.session} for each in ask.within],
    }
    if ask.attributes:
        line["attributes"] = dict(ask.attributes)
    if ask.text is not None:
        line["text"] = ask.text
    if ask.datapoints:
        line["datapoints"] = ask.datapoints
    return line


def written(line: Mapping[str, Json]) -> bytes:
    """A line as it is sent."""
    return json.dumps(line).encode() + b"\n"


def read(line: bytes, number: int) -> dict[str, Any]:
    """An answer to the ask of this number; GarbledError says what is wrong with it."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise GarbledError(f"{_shown(line)} is not JSON") from error
    problem = next(iter(_validator(_kind(found)).iter_errors(found)), None)
    if problem is not None:
        place = "".join(f"/{each}" for each in problem.instance_path)
        told = f"{place}: {problem.message[:200]}" if place else problem.message[:200]
        raise GarbledError(f"{_shown(line)} is no answer of the protocol: {told}")
    if found["id"] != number:
        raise GarbledError(f"{_shown(line)} answers the ask {found['id']}, and not {number}")
    return dict(found)


def _kind(found: Any) -> str:
    """Which kind of answer it is meant to be: what is wrong with it is told of that one."""
    kinds = {"supports": "greeting", "protocol": "greeting", "unsupported": "unsupported", "answers": "answers"}
    return next((kind for key, kind in kinds.items() if isinstance(found, dict) and key in found), "told")


def is_ask(line: Mapping[str, Json]) -> bool:
    """Whether a line is an ask of the protocol."""
    return bool(_validator("ask").is_valid(line))


def greeted(answer: Mapping[str, Any]) -> Supports:
    """What a driver says that it supports."""
    if "supports" not in answer:
        raise GarbledError("the answer to hello does not say what is supported")
    attributes = {name: tuple(groups) for name, groups in answer.get("attributes", {}).items()}
    return Supports(answer["sdk"], frozenset(answer["supports"]), attributes)


def reply(answer: Mapping[str, Any]) -> Reply | None:
    """What the caller was told; None if it cannot be asked after all."""
    if "unsupported" in answer:
        return None
    if "ok" not in answer:
        raise GarbledError("the answer does not say whether it succeeded")
    sessions = answer.get("sessions")
    told = None if sessions is None else tuple(sessions)
    return Reply(answer["ok"], answer.get("said", ""), answer.get("session"), told)


def replies(answer: Mapping[str, Any], wanted: int) -> list[Reply | None]:
    """What the callers were told who asked at the same time."""
    found = answer.get("answers")
    if found is None and "unsupported" in answer:
        return [None] * wanted
    if found is None or len(found) != wanted:
        raise GarbledError(f"the answer to together does not hold {wanted} answers")
    return [reply(each) for each in found]


def _shown(line: bytes) -> str:
    """A line, as far as it can be told."""
    text = line[:120].decode("utf-8", "replace").rstrip()
    return repr(text + ("…" if len(line) > 120 else ""))
