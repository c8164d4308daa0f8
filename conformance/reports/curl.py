"""How does a person repeat a flow? As shell lines that run: curl, with the ids that the server chooses captured."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence

from conformance.exchange import Request
from conformance.reports import FlowCall


def commands(flow: Sequence[FlowCall], base: str, secrets: Mapping[str, str] | None = None) -> list[str]:
    """One shell command a call. `base` replaces the target where the flow was sent to no URL."""
    variables: dict[str, str] = {}
    lines: list[str] = []
    for call in flow:
        line = _curl(call.exchange.request, base, variables, secrets or {})
        if call.created is not None and call.creates and not _carries(call.exchange.request, call.created):
            name = f"session_{len(variables) + 1}"
            variables[call.created] = name
            path = "".join(f"[{key if key.isdecimal() else json.dumps(key)}]" for key in call.creates)
            read = f"import json,sys; print(json.load(sys.stdin){path})"
            line = f"{name}=$({line} | tee /dev/stderr | python3 -c {shlex.quote(read)})"
        lines.append(line)
    return lines


def _carries(request: Request, text: str) -> bool:
    """Whether a request itself says a text."""
    return text in request.target or text.encode() in request.body


def _curl(request: Request, base: str, variables: Mapping[str, str], secrets: Mapping[str, str]) -> str:
    """One request as a curl command."""
    words = ["curl -sS"]
    if request.method != "GET":
        words.append(f"-X {request.method}")
    words.append(_quoted(base + request.target, variables))
    for name, value in request.headers:
        instead = secrets.get(name.lower())
        words.append(
            f'-H "{name}: {instead}"' if instead is not None else "-H " + _quoted(f"{name}: {value}", variables)
        )
    if request.body:
        words.append("--data-raw " + _quoted(request.body.decode("utf-8", "replace"), variables))
    return " ".join(words)


def _quoted(text: str, variables: Mapping[str, str]) -> str:
    """Text as one shell word, in which captured ids are variables."""
    pieces = [(text, "")]
    for value, name in variables.items():
        split: list[tuple[str, str]] = []
        for piece, variable in pieces:
            if variable:
                split.append((piece, variable))
                continue
            parts = piece.split(value)
            for index, part in enumerate(parts):
                if index:
                    split.append((value, name))
                split.append((part, ""))
        pieces = split
    return (
        "".join(f'"${variable}"' if variable else shlex.quote(piece) for piece, variable in pieces if piece or variable)
        or "''"
    )
