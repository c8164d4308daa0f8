"""Of which type is a body that was recorded without one? Of the type that the API documents.

A recorder may have kept no headers, or only those that the program gave to its library. Without a type a form is none,
and a server refuses what is sent to it again.
"""

from __future__ import annotations

import json

from conformance import forms
from conformance.exchange import Exchange, header
from conformance.records import replace
from conformance.spec import Spec


def with_type(exchange: Exchange, spec: Spec) -> Exchange:
    """An exchange whose request says of which type its body is. What stands as JSON where a form is wanted was kept as
    the value that it was made of."""
    request = exchange.request
    if not request.body or header(request.headers, "content-type"):
        return exchange
    match = spec.match(request.method, request.path)
    wanted = match[0].request if match is not None else None
    if wanted is None:
        return exchange
    body, media_type = request.body, wanted.media_type
    if forms.is_form(media_type):
        body, media_type = _form(body, media_type)
    headers = (*request.headers, ("content-type", media_type))
    return replace(exchange, request=replace(request, headers=headers, body=body))


def _form(body: bytes, media_type: str) -> tuple[bytes, str]:
    """A body as a form, and its whole type; one of several parts begins with what stands between them."""
    if body.startswith(b"--"):
        boundary = body[2:].partition(b"\n")[0].strip().decode("latin-1")
        return body, f'{forms.MULTIPART}; boundary="{boundary}"'
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return body, forms.URLENCODED
    return forms.written(value, media_type) if isinstance(value, dict) else (body, forms.URLENCODED)
