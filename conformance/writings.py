"""In which ways may a text be written? As it is, in JSON, in a URL, in a form: wherever a secret may stand."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

WORD = 6
"""A shorter text than this is found only where it is a word of its own."""

_SCHEME = re.compile(r"(?i)(bearer|basic|digest|token|apikey|negotiate)( +)(.+)", re.DOTALL)


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _json_unicode(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _percent(text: str) -> str:
    return quote(text, safe="", errors="surrogateescape")


def _percent_lower(text: str) -> str:
    return re.sub("%..", lambda found: found[0].lower(), _percent(text))


def _percent_path(text: str) -> str:
    return quote(text, errors="surrogateescape")


def form(text: str) -> str:
    """A text as a field of a form."""
    return quote_plus(text, errors="surrogateescape")


WRITINGS: tuple[Callable[[str], str], ...] = (
    str, _json, _json_unicode, _percent, _percent_lower, _percent_path, form,
)  # fmt: skip


def pattern(text: str) -> str:
    """A regular expression that finds a text."""
    return re.escape(text) if len(text) >= WORD else rf"(?<![A-Za-z0-9_]){re.escape(text)}(?![A-Za-z0-9_])"


def credentials_in(value: str) -> Iterator[str]:
    """The secrets in the value of a header: what follows its scheme, if it has one, and the password in Basic ones."""
    scheme = _SCHEME.fullmatch(value)
    yield scheme[3] if scheme else value
    if scheme and scheme[1].lower() == "basic":
        try:
            password = base64.b64decode(scheme[3] + "==").decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return
        if password:
            yield password
