"""Which headers of a recording are for its own host alone? Those that carry credentials: no other host is sent them."""

from __future__ import annotations

from conformance.exchange import Request
from conformance.recordings.hosts import host
from conformance.recordings.named import Names

_NAMES = Names({}, (), ())


class Withheld:
    """Keeps what a recording of others holds of credentials from any host but the recorded one.

    `names` are those of the headers that were kept back; `target` is where requests go, empty if to no host.
    """

    def __init__(self, target: str) -> None:
        self.names: dict[str, None] = {}
        self._host = host(target)

    def keeps(self, request: Request, name: str) -> bool:
        """Whether a header of a recorded request is kept back."""
        recorded = host(request.base)
        kept = bool(self._host and recorded) and recorded != self._host and _NAMES.secret(name)
        if kept:
            self.names[name.lower()] = None
        return kept

    def note(self) -> str:
        """What to tell of it; empty if nothing was kept back."""
        names = ", ".join(self.names)
        return f"credentials of the recorded host go to no other one: {names} not sent" if names else ""
