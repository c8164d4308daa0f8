"""A status changes along the declared arrows, and only then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.expressions import MISSING
from conformance.profile import Lifecycle, Returns, Role
from tests.dialects import REST, cursor, remark, rest, support
from tests.histories import CRASH, LATE, Story, bound, breaks, failed, holds, judged, late, message, silent

EXISTS = "transitions/transition-requires-existing-session"
DECLARED = "transitions/declared-transition-is-accepted"
UNDECLARED = "transitions/undeclared-transition-is-refused"
READS_BACK = "transitions/transition-reads-back"
REFUSED = "transitions/refused-transition-changes-nothing"
REST_OF_IT = "transitions/transition-leaves-the-rest-alone"

USER, AGENT = message("u1", "hello", "user"), message("r1", "good day")


# --- a session that does not exist ----------------------------------------------------------------


@holds(EXISTS)
def test_a_missing_session_is_not_moved() -> Story:
    """The refusal that the profile declares."""
    return [rest.move("s1", "closed", answer=rest.no())]


@holds(EXISTS)
def test_a_missing_session_is_refused_by_a_code() -> Story:
    """A refusal may be an answer of status 200 that says why."""
    return [cursor.move(1, "closed", answer=cursor.no())]


@breaks(EXISTS, "moveThread", "accepted 200")
def test_a_missing_session_is_moved() -> Story:
    """A success for a session that nobody made."""
    return [rest.move("s1", "closed")]


@breaks(EXISTS, "moveThread", "accepted 200 after delete")
def test_a_deleted_session_is_moved() -> Story:
    """A success for a session that was deleted."""
    return [rest.create("s1"), rest.delete("s1"), rest.move("s1", "closed")]


@breaks(EXISTS, "threads_move", "refused 200")
def test_a_missing_session_is_refused_for_another_reason() -> Story:
    """A code that says something else."""
    return [cursor.move(1, "closed", answer=cursor.no("forbidden"))]


@silent(after=[late("deleteThread")])
def test_an_uncertain_session_may_be_moved() -> Story:
    """Nobody knows whether it is there."""
    return [rest.create("s1"), rest.delete("s1", answer=LATE), rest.move("s1", "closed")]


# --- declared arrows ------------------------------------------------------------------------------


@holds(DECLARED)
def test_an_arrow_is_followed() -> Story:
    """An open thread may be closed."""
    return [rest.create("s1"), rest.move("s1", "closed")]


@holds(DECLARED)
def test_any_status_follows_any_other_where_no_arrows_are_declared() -> Story:
    """Without arrows a session that ended may be active again."""
    return [support.create(1), support.move(1, "ended"), support.move(1, "active")]


@breaks(DECLARED, "moveThread", "refused 409")
def test_an_arrow_is_refused() -> Story:
    """An open thread cannot be closed."""
    return [rest.create("s1"), rest.move("s1", "closed", answer=rest.no(409))]


@breaks(DECLARED, "moveThread", "failed 500", also=[failed("moveThread")])
def test_an_arrow_crashes() -> Story:
    """A server error is no new status."""
    return [rest.create("s1"), rest.move("s1", "closed", answer=CRASH)]


@silent()
def test_staying_may_be_refused() -> Story:
    """Whether a status may follow itself differs between APIs."""
    return [rest.create("s1"), rest.move("s1", "open", answer=rest.no(409)), rest.move("s1", "open")]


@silent()
def test_an_invalid_transition_may_be_refused() -> Story:
    """A status that the spec does not know leads nowhere."""
    return [rest.create("s1"), rest.move("s1", "lost", answer=rest.no(422))]


# --- no arrow -------------------------------------------------------------------------------------


@holds(UNDECLARED)
def test_no_arrow_is_refused() -> Story:
    """An open thread cannot be archived at once."""
    return [rest.create("s1"), rest.move("s1", "archived", answer=rest.no(409))]


@holds(UNDECLARED)
def test_no_arrow_is_refused_by_a_code() -> Story:
    """What is closed stays closed; a code in an answer of status 200 says so."""
    return [cursor.create(1), cursor.move(1, "closed"), cursor.move(1, "active", answer=cursor.no("forbidden"))]


@breaks(UNDECLARED, "moveThread", "accepted 200")
def test_no_arrow_is_taken() -> Story:
    """An open thread is archived at once."""
    return [rest.create("s1"), rest.move("s1", "archived")]


@breaks(UNDECLARED, "threads_move", "refused 200")
def test_no_arrow_is_refused_for_another_reason() -> Story:
    """That there is no such thread is not what is wrong."""
    return [cursor.create(1), cursor.move(1, "closed"), cursor.move(1, "paused", answer=cursor.no())]


@silent(after=[late("moveThread")])
def test_nothing_is_said_of_a_status_that_is_not_known() -> Story:
    """After a lost transition nobody knows from where an arrow would lead."""
    return [rest.create("s1"), rest.move("s1", "closed", answer=LATE), rest.move("s1", "archived")]


# --- what a transition wrote ----------------------------------------------------------------------


@holds(READS_BACK)
def test_a_status_reads_back() -> Story:
    """A read shows the new status."""
    return [rest.create("s1"), rest.get("s1"), rest.move("s1", "closed"), rest.get("s1", status="closed")]


@holds(READS_BACK)
def test_a_status_is_echoed() -> Story:
    """The answer of the transition shows the new status."""
    return [rest.create("s1"), rest.get("s1"), rest.move("s1", "closed")]


@breaks(READS_BACK, "moveThread", "status")
def test_a_status_is_lost() -> Story:
    """A read shows the status before."""
    return [rest.create("s1"), rest.get("s1"), rest.move("s1", "closed"), rest.get("s1")]


@breaks(READS_BACK, "moveThread", "status")
def test_a_status_is_echoed_as_another() -> Story:
    """The answer of the transition itself shows the status before."""
    return [rest.create("s1"), rest.get("s1"), rest.move("s1", "closed", status="open")]


@silent(after=[late("moveThread")])
def test_a_lost_transition_may_have_happened() -> Story:
    """What is read afterwards is what is."""
    return [rest.create("s1"), rest.move("s1", "closed", answer=LATE), rest.get("s1", status="closed")]


# --- a refused transition -------------------------------------------------------------------------


@holds(REFUSED)
def test_a_refused_transition_leaves_the_session() -> Story:
    """The status is what it was."""
    return [rest.create("s1"), rest.get("s1"), rest.move("s1", "archived", answer=rest.no(409)), rest.get("s1")]


@breaks(REFUSED, "moveThread", "status")
def test_a_refused_transition_is_stored() -> Story:
    """The status is the one that was refused."""
    moved = rest.move("s1", "archived", answer=rest.no(409))
    return [rest.create("s1"), rest.get("s1"), moved, rest.get("s1", status="archived")]


@breaks(REFUSED, "moveThread", "labels")
def test_a_refused_transition_clears_the_labels() -> Story:
    """The status stays, and the labels go."""
    moved = rest.move("s1", "archived", answer=rest.no(409))
    return [rest.create("s1", {"a": 1}), rest.get("s1", {"a": 1}), moved, rest.get("s1", {})]


@silent(after=[f"{DECLARED} · moveThread · failed 500", failed("moveThread")])
def test_a_failed_transition_may_have_left_the_session() -> Story:
    """A server error is no refusal, and nothing was applied."""
    return [rest.create("s1"), rest.get("s1"), rest.move("s1", "closed", answer=CRASH), rest.get("s1")]


# --- the rest -------------------------------------------------------------------------------------


@holds(REST_OF_IT)
def test_a_transition_keeps_the_labels() -> Story:
    """What was attached stays attached."""
    labels = {"a": 1}
    shown = rest.get("s1", labels, status="closed")
    return [rest.create("s1", labels), rest.get("s1", labels), rest.move("s1", "closed", labels), shown]


@breaks(REST_OF_IT, "moveThread", "labels")
def test_a_transition_clears_the_labels() -> Story:
    """The echo looks right, and the labels are gone."""
    labels = {"a": 1}
    shown = rest.get("s1", {}, status="closed")
    return [rest.create("s1", labels), rest.get("s1", labels), rest.move("s1", "closed", labels), shown]


@breaks(REST_OF_IT, "moveThread", "history")
def test_a_transition_clears_the_history() -> Story:
    """The status changes, and what was said is gone."""
    said = [rest.create("s1"), rest.say("s1", "hello", USER, AGENT), rest.messages("s1", USER, AGENT)]
    return [*said, rest.move("s1", "closed"), rest.messages("s1")]


@silent()
def test_a_run_beside_a_transition_may_append() -> Story:
    """The history grew, since something was said as well."""
    begin = [cursor.create(1), cursor.history(1), cursor.move(1, "paused")]
    user, agent = remark("u1", "hello", "user"), remark("r1")
    return [*begin, cursor.say(1, "hello", agent), cursor.history(1, user, agent)]


# --- where they apply -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrows", "applies"),
    [
        (None, False),
        ({"open": frozenset({"closed"}), "closed": frozenset({"open"})}, False),
        ({"open": frozenset({"closed"}), "closed": frozenset()}, True),
        ({"open": frozenset({"closed"})}, True),
    ],
)
def test_only_where_an_arrow_is_missing_can_one_be_refused(
    arrows: dict[str, frozenset[str]] | None, applies: bool
) -> None:
    """Without arrows, or with one from each status to each other, there is nothing to refuse."""
    profile = replace(REST, lifecycle=Lifecycle(("open", "closed"), "open", arrows))
    story = [rest.create("s1"), rest.move("s1", "closed"), rest.move("s1", "open", answer=rest.no(409))]
    assert (judged(story, profile).observed(UNDECLARED) == 1) is applies


@pytest.mark.parametrize(("initial", "known"), [("open", "open"), (None, MISSING)])
def test_the_first_status_is_the_declared_one(initial: str | None, known: object) -> None:
    """Where neither the profile nor an answer tells the first status, it is unknown."""
    profile = bound(
        replace(REST, lifecycle=replace(REST.lifecycle, initial=initial)), Role.CREATE, returns=Returns.NOTHING
    )
    court = judged([rest.create("s1")], profile)
    assert court.session("s1").status == known


def test_no_arrow_is_judged_from_an_unknown_status() -> None:
    """Whatever the answer, nothing is said of it."""
    profile = bound(
        replace(REST, lifecycle=replace(REST.lifecycle, initial=None)), Role.CREATE, returns=Returns.NOTHING
    )
    court = judged([rest.create("s1"), rest.move("s1", "archived", answer=rest.no(409))], profile)
    assert court.broken == []
    assert court.observed(DECLARED) == court.observed(UNDECLARED) == 0
