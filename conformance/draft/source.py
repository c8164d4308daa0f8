"""Where does the document come from? A file, or a server that hands it out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import httpx

from conformance.errors import InputError, SpecError, TargetError
from conformance.expressions import Json
from conformance.spec import Spec
from conformance.yaml_file import parse_document

SECONDS = 20.0
LARGEST = 50_000_000
"""A document of more bytes is not read."""


@dataclass(frozen=True, slots=True)
class Source:
    """A document, as text and as data. `file` is where it lies; None if it came over the network."""

    origin: str
    text: str
    document: Json
    file: Path | None = None

    @property
    def spec(self) -> Spec:
        """The document, ready to be asked."""
        return Spec(self.document, self.origin)

    @property
    def name(self) -> str:
        """The name under which it is kept."""
        return "openapi.json" if self.text.lstrip()[:1] == "{" else "openapi.yaml"

    def seen_from(self, folder: Path) -> str:
        """The path of the document as a profile in a folder says it; downloaded documents lie beside the profile."""
        if self.file is None:
            return self.name
        return Path(os.path.relpath(self.file.resolve(), folder.resolve())).as_posix()


def fetch(place: str) -> Source:
    """The document at a path or URL; an error says what is wrong with it, and what to do."""
    remote = place.startswith(("http://", "https://"))
    text = _downloaded(place) if remote else _read(Path(place))
    document = parse_document(text, place)
    _check_version(document, place)
    return Source(place, text, document, None if remote else Path(place))


def _read(path: Path) -> str:
    """The text of a file."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise SpecError(
            f"cannot be read: {error}", place=str(path), remedy="give a path, or a URL with http(s)://"
        ) from error


def _downloaded(url: str) -> str:
    """The text that a server answers; no redirect is followed, as nowhere here."""
    try:
        with httpx.stream("GET", url, timeout=SECONDS) as response:
            if response.is_redirect:
                to = response.headers.get("location", "")
                raise InputError(f"answers {response.status_code}", place=url, remedy=f"give the address itself: {to}")
            if response.status_code != httpx.codes.OK:
                remedy = "give the address of the document, often /openapi.json, or save it to a file"
                raise InputError(f"answers {response.status_code}", place=url, remedy=remedy)
            return _decoded(response, url)
    except httpx.InvalidURL as error:
        raise InputError(f"is not a URL: {error}", place=url) from error
    except httpx.HTTPError as error:
        raise TargetError(f"cannot be reached: {error}", place=url, remedy="is the server running?") from error


def _decoded(response: httpx.Response, url: str) -> str:
    """The body as text, unless there is too much of it."""
    found = bytearray()
    for chunk in response.iter_bytes():
        found += chunk
        if len(found) > LARGEST:
            raise InputError(f"is larger than {LARGEST:,} bytes", place=url)
    try:
        return found.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(f"is not UTF-8: {error}", place=url) from error


def _check_version(document: Json, place: str) -> None:
    """Swagger is another language."""
    if isinstance(document, dict) and "swagger" in document:
        version = str(document["swagger"])[:20]
        raise SpecError(
            f"this is Swagger {version}, and only OpenAPI 3.0, 3.1 and 3.2 are read",
            place=place,
            remedy="convert it, for example with `npx swagger2openapi`",
        )
