"""In which order did it happen? What a short file lists otherwise is put into the order of its times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.errors import InputError
from conformance.exchange import Exchange
from conformance.recordings import Entry

MAX_HELD = 2**24
"""So many bytes, about, are held to be put in order; a longer file is read as it stands."""
WEIGHT = 2_000
"""So many bytes an entry takes beside its bodies."""


def in_order(entries: Iterator[Entry]) -> Iterator[Entry]:
    """The entries in the order in which they began, if all of them say when and fit; else as they come."""
    held: list[Entry] = []
    weight, fault = 0, None
    try:
        for each in entries:
            held.append(each)
            weight += WEIGHT + _size(each.exchange)
            if weight > MAX_HELD:
                break
    except InputError as error:
        fault = error
    yield from held if weight > MAX_HELD else sorted(held, key=_began) if _is_timed(held) else held
    held.clear()
    if fault is not None:
        raise fault
    yield from entries


def in_time(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Exchanges in the order in which they began, if all of them say when."""
    known = all(each.started == each.started for each in exchanges)
    return sorted(exchanges, key=lambda each: each.started) if known else list(exchanges)


def _began(entry: Entry) -> float:
    return entry.exchange.started


def _is_timed(entries: Sequence[Entry]) -> bool:
    """Whether all times are known: one that is not equals nothing."""
    return all(each.exchange.started == each.exchange.started for each in entries)


def _size(exchange: Exchange) -> int:
    """How much the bodies of an exchange take."""
    return len(exchange.request.body) + (0 if exchange.response is None else len(exchange.response.body))
