"""A cleanup removes what is old enough, and nothing else."""

from __future__ import annotations

import pytest

from conformance.exchange import Exchange
from conformance.session import Status
from tests.dialects import SECONDS_A_DAY, support, timed
from tests.histories import CRASH, LATE, Story, breaks, failed, holds, judged, late, silent

DUE = "cleanup/cleanup-removes-what-is-due"
SPARED = "cleanup/cleanup-spares-the-rest"


def ended() -> Story:
    """A session that was made at one second, and ended at the next."""
    return [timed(support.create(1), 0), timed(support.move(1, "ended"), 1)]


def cleaned(days: float | None, at: float, until: float | None = None, **answer: object) -> Exchange:
    """A cleanup from one second to another."""
    return timed(support.cleanup(days, **answer), at, until)


@holds(DUE)
def test_what_is_due_is_gone() -> Story:
    """A session that ended an hour ago is not there any more."""
    return [*ended(), cleaned(0, 3_600), support.get(1, answer=support.no())]


@holds(DUE)
def test_what_is_due_after_days_is_gone() -> Story:
    """The age is counted in the unit of the profile."""
    return [*ended(), cleaned(2, 2 * SECONDS_A_DAY + 2), support.get(1, answer=support.no())]


@breaks(DUE, "get_session", "served")
def test_what_is_due_is_served() -> Story:
    """A session that ended an hour ago is still there."""
    return [*ended(), cleaned(0, 3_600), support.get(1, status="ended")]


@holds(SPARED)
def test_a_spared_status_is_left() -> Story:
    """An active session stays, however old it is."""
    return [timed(support.create(1), 0), cleaned(0, 3_600), support.get(1)]


@holds(SPARED)
def test_what_is_too_young_is_left() -> Story:
    """A session that ended an hour ago is too young to be cleaned up after a day."""
    return [*ended(), cleaned(1, 3_600), support.get(1, status="ended")]


@breaks(SPARED, "cleanup_sessions", "vanished")
def test_a_spared_status_is_removed() -> Story:
    """An active session is gone."""
    return [timed(support.create(1), 0), cleaned(0, 3_600), support.get(1, answer=support.no())]


@breaks(SPARED, "cleanup_sessions", "vanished")
def test_what_is_too_young_is_removed() -> Story:
    """A session that ended an hour ago is gone after a cleanup of what is older than a day."""
    return [*ended(), cleaned(1, 3_600), support.get(1, answer=support.no())]


@breaks(SPARED, "cleanup_sessions", "vanished")
def test_a_session_in_use_is_removed() -> Story:
    """What was said lately makes a session younger, whatever it was when it was made."""
    revived = [timed(support.create(1), 0), timed(support.move(1, "escalated"), SECONDS_A_DAY)]
    return [*revived, cleaned(1, SECONDS_A_DAY + 5), support.get(1, answer=support.no())]


@silent()
def test_a_cleanup_that_was_refused_did_nothing() -> Story:
    """The session is there, as before."""
    return [*ended(), cleaned(0, 3_600, answer=support.no(422)), support.get(1, status="ended")]


UNKNOWN = [
    ("it ended while the cleanup went on", cleaned(0, 1, 3_600)),
    ("the age is that of the server", cleaned(None, 3_600)),
    ("nobody knows whether it happened", cleaned(0, 3_600, answer=LATE)),
    ("nobody knows what a failure did", cleaned(0, 3_600, answer=CRASH)),
]


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("cleanup", [each for _, each in UNKNOWN], ids=[why for why, _ in UNKNOWN])
def test_what_may_be_due_may_be_there_or_not(cleanup: Exchange, there: bool) -> None:
    """Where it cannot be known whether a session was due, it is uncertain, and the next look settles it."""
    court = judged([*ended(), cleanup])
    before = list(court.broken)
    assert set(before) <= {late("cleanup_sessions"), failed("cleanup_sessions")}
    assert court.status(support.id(1)) is Status.UNCERTAIN
    court.tell(support.get(1, status="ended") if there else support.get(1, answer=support.no()))
    assert court.broken == before
    assert court.observed(DUE) == court.observed(SPARED) == 0


def test_a_session_that_came_after_a_cleanup_has_nothing_to_do_with_it() -> None:
    """It was made afterwards, so that its loss is not the cleanup's."""
    story = [*ended(), cleaned(0, 3_600), timed(support.create(2), 3_601), support.get(2), support.get(2)]
    court = judged([*story, support.get(2, answer=support.no())])
    assert court.broken == ["existence/live-session-stays · get_session · vanished"]


def test_a_cleaned_session_is_not_one_that_was_deleted() -> None:
    """What is served after a cleanup is told from what is served after a delete; what is made anew is neither."""
    deleted = judged([*ended(), support.delete(1), cleaned(0, 3_600), support.get(1, status="ended")])
    assert deleted.broken == ["existence/deleted-session-stays-gone · get_session · served"]
    assert not deleted.world.cleaned(deleted.key(support.id(1), "ada"))
