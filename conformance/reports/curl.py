"""How does a person repeat a flow? As shell lines that run: curl, with the ids that the server chooses captured."""

from __future__ import annotations

import json
import re
import shlex
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from conformance.exchange import Request
from conformance.reports import FlowCall
from conformance.writer import wrong

LONGEST_BODY = 2**15
"""A longer body is not shown: it would have to stand in a file."""
_MADE = frozenset({"host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "accept-encoding"})
"""Headers that a client makes itself: those of another one fit neither another host nor a terminal."""
_URL = "import sys,urllib.parse; print(urllib.parse.quote(sys.argv[1], safe=''))"
_VARIABLE = re.compile(r"\$\{\w+\}")
_JSON = "import json,sys; print(json.dumps(sys.argv[1])[1:-1])"


def commands(flow: Sequence[FlowCall], base: str, secrets: Mapping[str, str] | None = None) -> list[str]:
    """One shell command a call. `base` replaces the target where the flow was sent to no URL; without it each call
    goes where it went, as far as that was recorded.

    `secrets` are those of the report: their variables, as in `${NAME}`, are left to the shell.
    """
    words = _Words(secrets or {})
    return [words.line(call, base) for call in flow]


@dataclass
class _Words:
    """Writes shell words. `ids` maps each writing of a captured id to its variable."""

    secrets: Mapping[str, str]
    ids: dict[str, str] = field(default_factory=dict)
    captured: int = 0

    def line(self, call: FlowCall, base: str) -> str:
        """The line of a call; it captures the id that the server chooses."""
        line = self.curl(call.exchange.request, base)
        if call.created and call.creates and not call.chosen:
            self.captured += 1
            name = f"session_{self.captured}"
            path = "".join(f"[{key if key.isdecimal() else json.dumps(key)}]" for key in call.creates)
            read = f"import json,sys; print(json.load(sys.stdin){path})"
            line = f"{name}=$({line} | tee /dev/stderr | python3 -c {shlex.quote(read)})"
            line += self.capture(call.created, name)
        return line

    def capture(self, value: str, name: str) -> str:
        """Know an id from now on; gives what sets the variables for the writings that differ from it."""
        further = ""
        url = (quote(value, safe="", errors="surrogatepass"), quote_plus(value, errors="surrogatepass"))
        inside = (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
        for suffix, writings, code in (("url", url, _URL), ("json", inside, _JSON)):
            others = [writing for writing in writings if writing != value]
            self.ids |= dict.fromkeys(others, f"{name}_{suffix}")
            if others:
                further += f'; {name}_{suffix}=$(python3 -c {shlex.quote(code)} "${name}")'
        self.ids[value] = name
        return further

    def curl(self, request: Request, base: str) -> str:
        """One request as a curl command."""
        words = ["curl -sS"]
        if request.method != "GET" or request.body:
            words.append(f"-X {request.method}")
        words.append(self.word(request.target, base or request.base))
        for name, value in request.headers:
            if name.lower() in _MADE:
                continue
            template = self.secrets.get(name.lower())
            if template is None:
                words.append("-H " + self.word(f"{name}: {value}"))
            else:
                told = value == wrong(template) or _VARIABLE.search(value) is not None
                words.append("-H " + self.literal(f"{name}: {value if told else template}", value if told else ""))
        if request.body:
            words.append(self.body(request.body))
        return " ".join(words)

    def body(self, body: bytes) -> str:
        """The option that sends a body: as text, as base64 if it is none, or as a file if nobody would read it."""
        if len(body) > LONGEST_BODY:
            return f"--data-binary @a-body-of-{len(body)}-bytes"
        try:
            text = body.decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:  # no word of a shell holds it
            return f"--data-binary @<(base64 -d <<<{b64encode(body).decode()})"
        return f"--data-raw {self.word(text)}"

    def word(self, text: str, before: str = "") -> str:
        """Text as one shell word, in which captured ids are variables; what stands before it holds none."""
        parts = _any_of(self.ids).split(text) if self.ids else [text]
        parts[0] = before + parts[0]
        pieces = [
            f'"${self.ids[part]}"' if index % 2 else self.literal(part) for index, part in enumerate(parts) if part
        ]
        return "".join(pieces) or "''"

    def literal(self, text: str, further: str = "") -> str:
        """Text as one shell word, in which the variables of secrets, and of a further template, are left to the
        shell."""
        references = [*self.references(), *_VARIABLE.findall(further)]
        parts = re.split(f"({'|'.join(map(re.escape, references))})", text) if references else [text]
        if len(parts) == 1:
            return shlex.quote(text)
        # An interactive shell reads "!" even between double quotes.
        escaped = [
            part if index % 2 else re.sub(r'[\\"$`]', r"\\\g<0>", part).replace("!", "\"'!'\"")
            for index, part in enumerate(parts)
        ]
        return '"' + "".join(escaped) + '"'

    def references(self) -> list[str]:
        """How the templates name variables: `${NAME}`, or `$NAME` where no braces stand."""
        found = [re.findall(r"\$\{\w+\}", each) or re.findall(r"\$\w+", each) for each in self.secrets.values()]
        return sorted({name for names in found for name in names}, key=len, reverse=True)


def _any_of(ids: Mapping[str, str]) -> re.Pattern[str]:
    """What finds an id, but not as a part of a longer one or of a number."""
    values = "|".join(re.escape(each) for each in sorted(ids, key=len, reverse=True))
    return re.compile(rf"(?<![A-Za-z0-9_%-])(?<![0-9]\.)({values})(?![A-Za-z0-9_-])(?!\.[0-9])")
