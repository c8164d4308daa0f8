"""Sessions are there from their creation until their deletion, and at no other time."""

from typing import Final

from conformance.attribution import PLAIN_ID
from conformance.catalogue import HELD, Known, Level, Observation, invariant, must
from conformance.causes import Cause
from conformance.expressions import MISSING, resolve
from conformance.features.answers import shows_parts, writes_show_parts
from conformance.features.attributes import keeps_attributes
from conformance.features.names import (
    answers_name_sessions,
    chooses_ids,
    makes_ids,
    originals_can_be_touched,
    takes_awkward_ids,
)
from conformance.features.statuses import deletes_by_status
from conformance.profile import RUNS, Returns, Role
from conformance.session import Status
from conformance.step import Outcome, Step, as_id

_LOOKS: Final = (Role.READ, Role.HISTORY)
_SHOWS: Final = (Role.CREATE, Role.READ, Role.HISTORY, Role.LIST, Role.ENRICH, Role.TRANSITION)


@invariant(Level.MUST, on={Role.CREATE})
def later_create_is_as_good_as_the_first(known: Known, step: Step) -> Observation | None:
    """A create like one that was accepted before MUST be accepted.

    A backend that creates the first session and fails at the second passes every test that creates only one.
    """
    fresh = step.session is None or known.status in (Status.ABSENT, Status.GONE)
    if not fresh or step.wrong or step.outcome is Outcome.LOST or not known.world.accepted.like(step):
        return None
    if known.key is not None and (known.world.elsewhere(known.key) or known.status is Status.GONE):
        return None
    return must(step.accepted, step, "a session, as before")


@invariant(Level.MUST, on={Role.CREATE}, applies=makes_ids)
def created_id_is_new(known: Known, step: Step) -> Observation | None:
    """An accepted create MUST answer with an id that no session of the owner has, or had before it was deleted.

    Two callers that are given one id share a session without knowing it. And whoever still holds the id of a deleted
    session then talks to another one.
    """
    if not step.accepted or step.created is None or step.session is not None:
        return None
    status = known.world.status(known.world.key(step.owner or (), step.created))
    if status is Status.GONE:
        return must(False, step, "an id that was never in use", "id of a deleted session")
    return must(status is not Status.LIVE, step, "an id that is not in use", "id in use")


@invariant(Level.MUST, on={Role.CREATE}, applies=makes_ids, form=True)
def created_session_is_named(known: Known, step: Step) -> Observation | None:
    """An accepted create that leaves the id to the server MUST be answered with the id of the session.

    A session that nobody can name is kept, and can neither be used nor deleted.
    """
    located = step.binding is not None and step.binding.located is not None
    if not step.accepted or step.session is not None or step.wrong or (step.body is MISSING and not located):
        return None  # of an answer that cannot be read the chapter on the contract tells
    return must(step.created is not None, step, "the id of the session", "no id")


@invariant(Level.MUST, on={Role.CREATE}, applies=chooses_ids)
def chosen_id_is_honoured(known: Known, step: Step) -> Observation | None:
    """An accepted create with an id chosen by the caller MUST make the session under that id.

    A caller that goes on with the id it chose then talks to a session that does not exist.
    """
    shows = bool(step.views and step.views[0].id is not None) or (step.binding and step.binding.returns is Returns.ID)
    if not step.accepted or step.session is None or not shows or step.wrong:
        return None
    return must(step.created == step.session, step, f"the id {step.session!r}", "another id")


@invariant(Level.MUST, on=_LOOKS, claims={Cause.CREATED})
def created_session_is_readable(known: Known, step: Step) -> Observation | None:
    """A session MUST be readable as soon as its creation was accepted.

    An acknowledged create that was never committed loses everything that is sent to it.
    """
    return known.blames(Cause.CREATED, expected="the session that was created")


@invariant(Level.MUST, on=_SHOWS, claims={Cause.CREATE}, needs={Role.CREATE}, applies=keeps_attributes)
def created_session_reads_back(known: Known, step: Step) -> Observation | None:
    """A created session MUST read back what was given at its creation.

    Attributes that a create echoes and never stores look fine until somebody reads them.
    """
    return known.blames(Cause.CREATE, expected="what was given at creation")


@invariant(Level.MUST, on=(*_LOOKS, Role.LIST), claims={Cause.ECHO}, needs={Role.READ}, applies=writes_show_parts)
def answer_of_a_write_equals_the_next_read(known: Known, step: Step) -> Observation | None:
    """What the answer of a write shows MUST be what the next read shows.

    An answer that is put together before the write was stored tells of a session that there never was.
    """
    return known.blames(Cause.ECHO, expected="what the answer of the write before showed")


@invariant(Level.MUST, on=(*_SHOWS,), claims={Cause.RECREATED}, needs={Role.DELETE}, applies=chooses_ids)
def recreated_session_starts_empty(known: Known, step: Step) -> Observation | None:
    """A session that is created under the id of a deleted one MUST start without anything of it.

    Data that comes back after a deletion was never deleted.
    """
    return known.blames(Cause.RECREATED, expected="nothing of the session that was deleted")


@invariant(Level.MUST, on=(*_LOOKS, Role.CREATE), applies=takes_awkward_ids)
def accepted_id_is_reachable(known: Known, step: Step) -> Observation | None:
    """A session whose id was accepted MUST be reachable under it, whatever characters the id has.

    A session that can be created and neither read nor deleted stays for ever. To refuse such an id is as good.
    """
    if step.role is Role.CREATE:
        awkward = step.session is not None and PLAIN_ID.fullmatch(step.session) is None
        return HELD if awkward and step.refused and not step.wrong and known.status is Status.ABSENT else None
    return known.blames(Cause.UNREACHABLE, expected="the session, since its id was accepted")


@invariant(Level.MUST, on=_LOOKS, claims={Cause.NEVER})
def missing_session_is_refused(known: Known, step: Step) -> Observation | None:
    """A read of a session that never existed MUST be answered as missing.

    An answer that looks like an empty session hides every mistyped and every lost id.
    """
    return known.blames(Cause.NEVER, expected="a 'missing session' answer")


@invariant(Level.MUST, on=_LOOKS, claims={Cause.GONE}, needs={Role.DELETE})
def deleted_session_stays_gone(known: Known, step: Step) -> Observation | None:
    """A session whose deletion was acknowledged MUST NOT be served again.

    Users are told that their data is gone.
    """
    return known.blames(Cause.GONE, expected="a 'missing session' answer, since it was deleted")


@invariant(Level.MUST, on={Role.DELETE})
def live_session_can_be_deleted(known: Known, step: Step) -> Observation | None:
    """A delete of a live session MUST be accepted.

    What cannot be deleted is kept against its owner's will.
    """
    if known.status is not Status.LIVE or known.spared is not False or step.wrong or step.outcome is Outcome.LOST:
        return None
    if step.binding is not None and step.binding.releases and known.item is not Status.LIVE:
        return None
    return must(step.accepted, step, "the session deleted")


@invariant(Level.MUST, on={Role.DELETE}, applies=deletes_by_status)
def delete_in_a_spared_status_is_refused(known: Known, step: Step) -> Observation | None:
    """A delete of a session in a status that the profile spares MUST be refused.

    What is under way is taken from whoever is at work in it.
    """
    if not known.spared or step.wrong or step.outcome is Outcome.LOST:
        return None
    assert step.binding is not None
    return must(step.refused and step.says(step.binding.forbidden), step, "a refusal, since its status spares it")


@invariant(Level.MUST, on={Role.DELETE})
def delete_of_a_missing_session_answers_as_declared(known: Known, step: Step) -> Observation | None:
    """A delete of a session that is not there MUST answer as the profile declares: as missing, or as a success.

    Callers that clean up twice depend on the one or the other.
    """
    if not known.absent or known.foreign or step.wrong or step.outcome is Outcome.LOST:
        return None
    return must(step.says_missing, step, "the declared answer")


@invariant(Level.MUST, on={Role.CREATE}, applies=chooses_ids)
def duplicate_create_is_refused(known: Known, step: Step) -> Observation | None:
    """A create with the id of a live session MUST be refused, unless the profile says what becomes of that.

    A second success makes two callers believe that the session is theirs alone. Where it is declared, a refusal locks
    out those who rely on it.
    """
    if known.status is not Status.LIVE or step.session is None or step.outcome in (Outcome.LOST, Outcome.FAILED):
        return None
    assert step.binding is not None
    if step.binding.again is not None:
        return None if step.wrong else must(step.accepted, step, "the session that is there")
    right = step.refused and (step.says(step.binding.duplicate) or step.wrong)
    if step.refused and not right and not known.world.accepted.like(step):
        return None  # nobody knows whether it is refused for its id, or for what it carries
    return must(right, step, "a 'duplicate' answer")


@invariant(Level.MUST, on=_LOOKS, claims={Cause.DUPLICATE}, applies=originals_can_be_touched)
def duplicate_create_leaves_the_original(known: Known, step: Step) -> Observation | None:
    """A create MUST leave the session that already has the id as it was, but for what the profile lets it write.

    A create that is refused after it has overwritten the session destroys what it claims to protect. So does one that
    was to find the session, and begins it anew.
    """
    return known.blames(Cause.DUPLICATE, expected="the original session, untouched")


@invariant(Level.MUST, on=(*_LOOKS, Role.LIST), claims={Cause.REFUSED_CREATE}, needs={Role.READ}, applies=chooses_ids)
def refused_create_creates_nothing(known: Known, step: Step) -> Observation | None:
    """A create that was refused MUST NOT make a session.

    The caller will try again, and leaves a session behind that nobody knows of.
    """
    return known.blames(Cause.REFUSED_CREATE, expected="no session, since its creation was refused")


@invariant(Level.MUST, on=_LOOKS, needs={Role.READ})
def live_session_stays(known: Known, step: Step) -> Observation | None:
    """A live session MUST be served until it is deleted.

    A session that is lost without a delete takes its history with it.
    """
    if known.status is Status.LIVE and step.refused and not step.says_missing and not step.wrong:
        return must(False, step, "the session, as it is live")
    return known.blames(Cause.VANISHED, expected="the session, since nobody deleted it")


@invariant(Level.MUST, on=_LOOKS, claims={Cause.READ}, applies=shows_parts)
def reading_changes_nothing(known: Known, step: Step) -> Observation | None:
    """Two reads with nothing between them MUST show the same session.

    A read that writes makes monitoring, retries and previews destructive.
    """
    return known.blames(Cause.READ, expected="what the read before showed")


@invariant(Level.MUST, on=(*_LOOKS, *RUNS, Role.CREATE, Role.ENRICH, Role.TRANSITION), applies=answers_name_sessions)
def answer_names_the_session_asked_for(known: Known, step: Step) -> Observation | None:
    """The session in an answer MUST be the one that was asked for: its id and its owner.

    An answer about another session is believed as if it were about this one.
    """
    place, shape = known.world.profile.item.session, known.world.profile.session
    for item in step.items if step.accepted else ():
        if place is not None and shape.id_in(as_id(resolve(item, place))) not in (None, step.session):
            return must(False, step, f"items of the session {step.session!r}", "an item of another session")
    if not step.views or step.role is Role.HISTORY or known.foreign:
        return HELD if step.items and place is not None else None
    view = step.views[0]
    if view.split is not None:
        return must(False, step, f"one id, not {view.id!r} and {view.split!r}", "two ids")
    if step.role is not Role.CREATE and view.id is not None and step.session is not None and view.id != step.session:
        return must(False, step, f"the session {step.session!r}", "another id")
    if view.owner is not None and step.owner is not None and view.owner != step.owner:
        return must(False, step, f"the owner {'/'.join(step.owner)}", "another owner")
    return HELD
