"""Where do the paths of the spec begin? A recording may have been made behind a prefix."""

from __future__ import annotations

from urllib.parse import urlsplit

from conformance.exchange import Exchange
from conformance.profile import Profile
from conformance.records import replace
from conformance.spec import Spec


def prefixes(profile: Profile, base: str = "", given: str | None = None) -> tuple[str, ...]:
    """What may stand before the paths of the spec: what was given, or else the path of the base or of a server that the
    spec names."""
    if given is not None:
        return (_path(given),)
    servers = profile.spec.source.get("servers") if isinstance(profile.spec.source, dict) else None
    urls = [each.get("url") for each in servers if isinstance(each, dict)] if isinstance(servers, list) else []
    found = [_path(each) for each in (base, *urls) if isinstance(each, str) and "{" not in each]
    return tuple(dict.fromkeys(each for each in found if each))


def stripped(exchange: Exchange, spec: Spec, before: tuple[str, ...]) -> Exchange:
    """An exchange whose path is the spec's, if what stands before it is known; that is a part of its base now."""
    path = exchange.request.path
    if not before or spec.match(exchange.request.method, path):
        return exchange
    for each in before:
        if each and path.startswith(each + "/"):
            base = exchange.request.base + each if exchange.request.base else ""
            return replace(exchange, request=replace(exchange.request, path=path[len(each) :], base=base))
    return exchange


def _path(url: str) -> str:
    """The path of a URL, without a slash at its end."""
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
