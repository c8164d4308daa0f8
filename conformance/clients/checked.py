"""Does a command speak the driver protocol? A conformance test for drivers themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.ask import Verb
from conformance.clients.driver import Driver
from conformance.clients.flows import openings
from conformance.clients.walk import Walked, Walker
from conformance.clients.wire import Wire, served
from conformance.errors import DriverError
from conformance.judge import Judge
from conformance.profile import Profile

ANSWER_SECONDS = 20.0
"""How long a driver may take for one answer."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a driver has to do, and what it did instead."""

    what: str
    right: bool
    got: str = ""


def check(profile: Profile, command: Sequence[str], seconds: float = ANSWER_SECONDS) -> list[Check]:
    """See whether a driver keeps to the protocol. What its SDK makes of what it is asked is not judged."""
    wire = Wire(profile)
    with served(wire) as url:
        return list(_checks(wire, command, url, seconds))


def _checks(wire: Wire, command: Sequence[str], url: str, seconds: float) -> Iterator[Check]:
    """One check after the other; the first that fails in earnest is the last."""
    try:
        driver = Driver(command, wire.profile, url, seconds)
    except DriverError as error:
        yield Check("it starts, and answers hello with what it supports", False, str(error))
        return
    try:
        supports = driver.supports
        yield Check(f"it starts, and answers hello: {supports.sdk}", True)
        opens = supports.can(Verb.OPEN) or supports.can(Verb.OPEN, named=True)
        yield Check(
            "it can open a client", opens, "" if opens else "`supports` holds neither open nor open with session"
        )
        yield from _asked(wire, driver, command, url, seconds)
    finally:
        driver.close()


def _asked(wire: Wire, driver: Driver, command: Sequence[str], url: str, seconds: float) -> Iterator[Check]:
    """Ask for everything that it says it supports, and for something that nobody does."""
    flows = list(openings(driver.supports))
    trouble, unsupported = "", ""
    last = driver
    for flow in flows:
        try:
            if not last.freshen():
                last.close()
                last = Driver(command, wire.profile, url, seconds)
            walked = Walked(flow)
            Walker(wire, last, Judge(wire.profile, ()).history()).walk(flow, walked)
            unsupported = unsupported or ", ".join(walked.unsupported)
        except DriverError as error:
            trouble = str(error)
            break
    yield Check(f"it answers everything that it supports, in {len(flows)} flows", not trouble, trouble)
    yield Check("it supports what it says it does", not unsupported, unsupported)
    if trouble:
        last.close()
        return
    yield _stranger(last)
    yield _end(last)


def _stranger(driver: Driver) -> Check:
    """Ask for something that is not in the protocol of today."""
    what = "it answers an ask that it does not know with `unsupported`"
    try:
        return Check(what, driver.refuses_the_unknown())
    except DriverError as error:
        return Check(what, False, str(error))


def _end(driver: Driver) -> Check:
    """End its input."""
    code = driver.close()
    got = "it had to be stopped" if code is None else f"it ended with code {code}" if code else ""
    return Check("it ends when its input does", not got, got)
