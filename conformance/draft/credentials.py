"""Which credentials does an API want? What its security schemes say, as a header or query parameter."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.draft.answers import error_codes
from conformance.draft.roles import Cast
from conformance.draft.table import Entry, Table
from conformance.draft.words import UNKNOWN_CALLER, environment_name, words
from conformance.expressions import Json
from conformance.spec import Spec


def credentials(spec: Spec, cast: Cast) -> Table | None:
    """The table for the credentials that the session operations want; None if they want none, or take none as well."""
    scheme = _wanted(spec, cast)
    if scheme is None:
        return None
    info = spec.document.get("info", {})
    title = info.get("title", "") if isinstance(info, dict) else ""
    entries = tuple(_entries(scheme, environment_name(str(title))))
    refused = [code for code in (401, 403) for each in cast.guesses[:1] if each.shape.operation.documented(code)]
    codes = error_codes(cast.guesses[0].shape, cast.written) if cast.guesses else None
    said = [code for code in (codes[1] if codes else ()) if {*words(code), code.lower()} & UNKNOWN_CALLER]
    extra = (Entry("refused", said or refused),) if said or refused else ()
    return Table("auth", (*entries, *extra), ("The secret itself comes from the environment.",)) if entries else None


def _wanted(spec: Spec, cast: Cast) -> Json:
    """The scheme that the operations on sessions demand."""
    components = spec.document.get("components", {})
    schemes = components.get("securitySchemes", {}) if isinstance(components, dict) else {}
    own = cast.makers[0].shape.security if cast.makers else None
    demanded = spec.document.get("security") if own is None else own
    if not isinstance(demanded, list) or not demanded or any(not each for each in demanded):
        return None
    found = (schemes.get(name) for each in demanded if isinstance(each, dict) for name in each)
    return next((spec.schemas.deref(each) for each in found if isinstance(each, dict)), None)


def _entries(scheme: Json, variable: str) -> Iterator[Entry]:
    """Where the secret goes."""
    kind, secret = scheme.get("type"), f"${{{variable}}}"
    if kind == "apiKey":
        place, name = scheme.get("in", "header"), str(scheme.get("name", "Authorization"))
        if place == "cookie":
            place, name, secret = "header", "Cookie", f"{name}={secret}"
        yield from (Entry("in", place), Entry("name", name), Entry("value", secret))
        return
    basic = kind == "http" and str(scheme.get("scheme", "")).lower() == "basic"
    why = "The variable holds user:password in base64." if basic else ""
    word = "Basic" if basic else "Bearer"
    yield from (Entry("in", "header"), Entry("name", "Authorization"), Entry("value", f"{word} {secret}", why))
