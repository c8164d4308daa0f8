"""How is a recording written? As a cassette that vcrpy can play, entry by entry, without a secret at any moment."""

from __future__ import annotations

from collections.abc import Iterable
from http.client import responses
from pathlib import Path
from typing import IO, Any

import yaml

from conformance.errors import InputError
from conformance.exchange import Exchange, Headers, Response
from conformance.recordings import About, Shown
from conformance.recordings.about import document, findings_document
from conformance.recordings.redaction import Redaction, without_user
from conformance.recordings.vcr import NO_ANSWER, OURS, Cassette

NOWHERE = "http://conformance.local"
"""What stands before the paths of a target that has no address."""


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Plain YAML without aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - it is asked of each value
        """Whatever stands twice is written twice."""
        return True


class CassetteWriter:
    """Writes a cassette. What stands in the file is whole after each entry, up to the last one if it is cut short."""

    def __init__(self, path: Path, about: About, redaction: Redaction) -> None:
        self.path = path
        self.entries = 0
        self._about = about
        self._redaction = redaction
        self._first: float | None = None
        self._late = 0
        try:
            self._file: IO[str] = path.open("w", encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", place=str(path)) from error
        about.target = without_user(redaction.text(about.target))
        about.base = without_user(redaction.text(about.base))
        about.values = redaction.members(about.values)
        self._write({"version": 1, OURS: document(about)})
        self._file.write("interactions:\n")

    def add(self, exchange: Exchange, flow: str) -> None:
        """Write an exchange as the next entry."""
        before = self._redaction.learnt
        clean = self._redaction.exchange(exchange)
        self._late += self.entries and self._redaction.learnt - before
        if self._first is None:
            self._first = exchange.started
        self._write([_interaction(clean, flow, self._about.base or NOWHERE, self._first)])
        self.entries += 1

    def close(self, findings: Iterable[Shown] = ()) -> None:
        """End the file. What turned out to be a secret after it had been written is taken out now."""
        if self._file.closed:
            return
        kept = list(findings)
        if not self.entries:
            self._file.write("  []\n")
        if kept:
            self._write({"findings": findings_document(kept)})
        self._file.close()
        if self._late:
            self._clean(kept)

    def _clean(self, findings: list[Shown]) -> None:
        """Write the file once more, with all secrets known."""
        fresh = self.path.with_name(f".{self.path.name}.new")
        again = CassetteWriter(fresh, self._about, self._redaction)
        try:
            for entry in Cassette(self.path).entries():
                again.add(entry.exchange, entry.flow)
            again._late = 0
            again.close(findings)
            fresh.replace(self.path)
        finally:
            fresh.unlink(missing_ok=True)

    def _write(self, value: Any) -> None:
        text = yaml.dump(
            value, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=False, width=2**20
        )
        try:
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", place=str(self.path)) from error


def _interaction(exchange: Exchange, flow: str, base: str, first: float) -> dict[str, Any]:
    """An exchange as vcrpy writes it, and what we add."""
    request, response = exchange.request, exchange.response
    ours: dict[str, Any] = {"flow": flow}
    if exchange.started == exchange.started:  # a time that is not known equals nothing
        ours["started"] = round(exchange.started - first, 6)
        ours["seconds"] = round(exchange.seconds, 6)
    if exchange.failure is not None:
        ours["failure"] = exchange.failure.value
        if response is not None:
            ours["part"] = True
    return {
        "request": {
            "method": request.method,
            "uri": (request.base or base).rstrip("/") + request.target,
            "body": _text(request.body) if request.body else None,
            "headers": _headers(request.headers),
        },
        "response": _response(response or Response(NO_ANSWER)),
        OURS: ours,
    }


def _response(response: Response) -> dict[str, Any]:
    """An answer as vcrpy writes it."""
    message = responses.get(response.status, "no whole answer" if response.status == NO_ANSWER else "")
    return {
        "status": {"code": response.status, "message": message},
        "headers": _headers(response.headers),
        "body": {"string": _text(response.body)},
    }


def _headers(headers: Headers) -> dict[str, list[str]]:
    """Headers by name, each with its values."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return found


def _text(body: bytes) -> str | bytes:
    """A body as text, or as bytes if it is none."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    return text if text.isprintable() or not _unprintable(text) else body


def _unprintable(text: str) -> bool:
    """Whether a text has characters that no YAML can hold, or that come back as others."""
    return any((each < " " and each not in "\t\n") or "\x7f" <= each <= "\x9f" or each == "\ufeff" for each in text)
