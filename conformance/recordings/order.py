"""In which order did it happen? What a short file lists otherwise is put into the order of its times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Final

from conformance.errors import InputError
from conformance.exchange import Exchange
from conformance.recordings import Entry
from conformance.recordings.overlaps import ROUNDING
from conformance.records import replace

MAX_HELD: Final = 2**24
"""So many bytes, about, are held to be put in order; a longer file is read as it stands."""
WEIGHT: Final = 2_000
"""So many bytes an entry takes beside its bodies."""
STEP: Final = 2.0
"""By so many seconds a clock is set back at least, if that is to be seen: servers tell whole ones."""


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
        held = _set_right(held)
        held = [] if fault is not None and _scattered(held) else sorted(held, key=_began)
    yield from held
    held.clear()
    if fault is not None:
        raise fault
    yield from entries


def _set_right(held: list[Entry]) -> list[Entry]:
    """Entries with the times of one clock: where the recorder's was set back, and the server's went on, what follows is
    later by as much."""
    back = [index for index, (one, other) in enumerate(pairwise(held), start=1) if _set_back(one, other)]
    if not back:
        return held
    found, later = held[: back[0]], 0.0
    for index in range(back[0], len(held)):
        exchange = held[index].exchange
        if index in back:
            later = found[-1].exchange.finished - exchange.started
        moved = replace(exchange, started=exchange.started + later, finished=exchange.finished + later)
        found.append(replace(held[index], exchange=moved))
    return found


def _set_back(one: Entry, other: Entry) -> bool:
    """Whether a clock was set back between two entries: all of the second was earlier, but not for the server."""
    before, after = one.exchange, other.exchange
    if before.request.base != after.request.base:
        return False
    if before.started - after.started < STEP or before.finished - after.finished < STEP:
        return False
    dates = _date(before), _date(after)
    return dates[0] is not None and dates[1] is not None and dates[0] <= dates[1]


def _date(exchange: Exchange) -> float | None:
    """When the server says that it answered (RFC 9110, section 6.6.1), in whole seconds; None if it does not."""
    try:
        return parsedate_to_datetime(exchange.response.header("date")).timestamp() if exchange.response else None
    except ValueError:
        return None


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
