"""How does an object travel as a form? URL-encoded and multipart bodies, written and read.

Source: WHATWG URL, section 5 (application/x-www-form-urlencoded); RFC 7578 (multipart/form-data).
"""

from __future__ import annotations

import hashlib
import json
import re
from email import message_from_bytes
from email.message import Message
from urllib.parse import parse_qsl, urlencode

from conformance.expressions import MISSING, Json

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_NAME = re.compile(r'(?:^|[;\s])name=(?:"([^"]*)"|([^;\s]+))')


def is_form(media_type: str) -> bool:
    """Whether a body of this media type is a form."""
    return media_type in (URLENCODED, MULTIPART)


def written(value: Json, media_type: str) -> tuple[bytes, str]:
    """An object as a form: the body, and its whole content type."""
    fields = [(str(name), _text(each)) for name, item in _members(value) for each in _each(item)]
    if media_type == URLENCODED:
        return urlencode(fields, errors="surrogatepass").encode(), URLENCODED
    encoded = [(name.encode("utf-8", "surrogatepass"), text.encode("utf-8", "surrogatepass")) for name, text in fields]
    # From the content, so that equal requests are equal, and long enough to stand nowhere in it.
    boundary = b"form-" + hashlib.sha256(repr(encoded).encode()).hexdigest()[:32].encode()
    parts = [
        b"--" + boundary + b'\r\ncontent-disposition: form-data; name="' + _quoted(name) + b'"\r\n\r\n' + text + b"\r\n"
        for name, text in encoded
    ]
    return b"".join(parts) + b"--" + boundary + b"--\r\n", f"{MULTIPART}; boundary={boundary.decode()}"


def read(body: bytes, content_type: str) -> tuple[Json, str | None]:
    """The object that a form is, all values as text, or MISSING and why it is none; repeated names make an array."""
    if content_type.partition(";")[0].strip().lower() == URLENCODED:
        try:
            return _gathered(parse_qsl(body.decode(), keep_blank_values=True, errors="surrogatepass")), None
        except ValueError:
            return MISSING, "it is not UTF-8"
    message = message_from_bytes(b"content-type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n" + body)
    if not message.is_multipart():
        empty = body.strip() == f"--{message.get_boundary()}--".encode()
        return ({}, None) if empty else (MISSING, "it is no multipart form")
    fields = []
    for part in message.walk():
        name = _name(part)
        if name is not None:
            payload = part.get_payload(decode=True)
            fields.append((name, _decoded(payload if isinstance(payload, bytes) else b"")))
    return _gathered(fields), None


def _members(value: Json) -> list[tuple[str, Json]]:
    """The members of an object; anything else has none."""
    return list(value.items()) if isinstance(value, dict) else []


def _each(item: Json) -> list[Json]:
    """The values that one member sends: each item of an array."""
    return item if isinstance(item, list) else [item]


def _text(value: Json) -> str:
    """A value as the text of a field: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _gathered(fields: list[tuple[str, str]]) -> Json:
    """Fields as an object."""
    found: dict[str, Json] = {}
    for name, text in fields:
        if name not in found:
            found[name] = text
        elif isinstance(found[name], list):
            found[name].append(text)
        else:
            found[name] = [found[name], text]
    return found


def _quoted(name: bytes) -> bytes:
    """A field's name, escaped as browsers do."""
    return name.replace(b"\r", b"%0D").replace(b"\n", b"%0A").replace(b'"', b"%22")


def _name(part: Message) -> str | None:
    """The name of a part's field, which may be any UTF-8; None if it has none."""
    raw = next((text for name, text in part.raw_items() if name.lower() == "content-disposition"), "")
    found = _NAME.search(_decoded(str(raw).encode("utf-8", "surrogateescape")))
    if found is None:
        return None
    name = found[1] if found[1] is not None else found[2]
    return str(name).replace("%0D", "\r").replace("%0A", "\n").replace("%22", '"')


def _decoded(payload: bytes) -> str:
    """The text that bytes are; what is no UTF-8 is replaced."""
    try:
        return payload.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return payload.decode("utf-8", "replace")
