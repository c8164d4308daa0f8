"""In which order did it happen? What a short file lists otherwise is put into the order of its times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from conformance.errors import InputError
from conformance.exchange import Exchange
from conformance.recordings import Entry
from conformance.recordings.overlaps import ROUNDING

MAX_HELD = 2**24
"""So many bytes, about, are held to be put in order; a longer file is read as it stands."""
WEIGHT = 2_000
"""So many bytes an entry takes beside its bodies."""


def in_order(entries: Iterator[Entry]) -> Iterator[Entry]:
    """The entries in the order in which they began, if all of them say when and fit; else as they come.

    Where they are scattered, and the file has a fault, none is given: what stands behind it may belong anywhere.
    """
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
    if weight <= MAX_HELD and _is_timed(held):
        held = [] if fault is not None and _scattered(held) else sorted(held, key=_began)
    yield from held
    held.clear()
    if fault is not None:
        raise fault
    yield from entries


def _scattered(held: Sequence[Entry]) -> bool:
    """Whether entries stand neither as they began nor as they ended."""
    began = [each.exchange.started for each in held]
    ended = [each.exchange.finished for each in held]
    return not any(all(one - other <= ROUNDING for one, other in pairwise(each)) for each in (began, ended))


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
