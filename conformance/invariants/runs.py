"""A run needs a session, adds to its history, and changes nothing else."""

from itertools import repeat
from typing import Final

from conformance.catalogue import HELD, Known, Level, Observation, invariant, must
from conformance.causes import Cause
from conformance.differences import same_item
from conformance.expressions import MISSING, Json, Pointer, resolve_each
from conformance.features import both, either
from conformance.features.answers import limits_histories
from conformance.features.attributes import runs_leave_attributes, runs_leave_status, runs_may_write_attributes
from conformance.features.histories import (
    items_have_ids,
    keeps_history,
    runs_answer,
    runs_keep_messages,
    streams_answer_items,
)
from conformance.features.statuses import runs_create_sessions, runs_need_sessions, sessions_end
from conformance.profile import HISTORY, RUNS, Order, Role
from conformance.session import Status, told_to_the_end, words_of
from conformance.step import Outcome, Step, as_id
from conformance.values import same, texts

_LOOKS: Final = (Role.READ, Role.HISTORY)


@invariant(Level.MUST, on=RUNS, applies=runs_need_sessions)
def run_requires_existing_session(known: Known, step: Step) -> Observation | None:
    """A run on a session that does not exist MUST be refused.

    A backend that quietly accepts it loses the answer, or creates a session that nobody owns.
    """
    assert step.binding is not None
    if not known.absent or known.foreign or step.binding.creates or step.outcome is Outcome.LOST:
        return None
    right = step.refused and (step.says_missing or step.wrong)
    deleted = " after delete" if known.status is Status.GONE else ""
    return must(right, step, "a 'missing session' answer", f"{step.outcome.value} {step.status}{deleted}")


@invariant(Level.MUST, on=RUNS)
def live_session_accepts_runs(known: Known, step: Step) -> Observation | None:
    """A run like one that was accepted before MUST be accepted by any live session.

    A session that stops answering after its first run looks healthy in every list.
    """
    missing = known.told_missing
    if not known.takes_runs or step.item is not None or step.wrong or not (missing or known.world.accepted.like(step)):
        return None
    return None if step.outcome is Outcome.LOST else must(step.accepted, step, "an answer, as before")


@invariant(Level.MUST, on=RUNS, applies=runs_create_sessions)
def first_run_creates_the_session(known: Known, step: Step) -> Observation | None:
    """A run on a session that does not exist, like one that was accepted before, MUST create it.

    Where nobody creates sessions, a run that is refused for want of one can never succeed.
    """
    assert step.binding is not None
    if not known.absent or not step.binding.creates or step.wrong or step.outcome is Outcome.LOST:
        return None
    if known.key is None or known.world.named_elsewhere(known.key):
        return None
    return must(step.accepted, step, "an answer, as before") if known.world.accepted.like(step) else None


@invariant(Level.MUST, on=RUNS, applies=sessions_end)
def ended_session_refuses_runs(known: Known, step: Step) -> Observation | None:
    """A run on a session that has ended MUST be refused.

    What is said after the end is read by nobody.
    """
    assert step.binding is not None
    if not known.ended or step.wrong or step.outcome is Outcome.LOST:
        return None
    return must(step.refused and step.says(step.binding.ended), step, "a 'session has ended' answer")


@invariant(Level.MUST, on=(*_LOOKS, Role.LIST), claims={Cause.REFUSED_RUN}, needs={Role.RUN}, applies=keeps_history)
def refused_run_leaves_no_trace(known: Known, step: Step) -> Observation | None:
    """A refused run MUST leave no trace: no session, no message, no attribute.

    The next run would answer a message that its caller was told is not there.
    """
    return known.blames(Cause.REFUSED_RUN, expected="the session as it was before the refused run")


@invariant(Level.MUST, on=_LOOKS, claims={Cause.RUN_APPENDS}, needs={Role.RUN}, applies=keeps_history)
def run_appends(known: Known, step: Step) -> Observation | None:
    """An accepted run MUST append to the history of its session.

    A run that is answered and not kept is forgotten by the next one.
    """
    return known.blames(Cause.RUN_APPENDS, expected="new items in the history")


@invariant(Level.MUST, on=_LOOKS, claims={Cause.RUN_KEEPS}, needs={Role.RUN}, applies=keeps_history)
def run_keeps_history(known: Known, step: Step) -> Observation | None:
    """A run MUST keep every earlier item of the history, and their order.

    The agent answers from its history: what is dropped or reordered is what it forgets.
    """
    return known.blames(Cause.RUN_KEEPS, expected="every earlier item, in order")


@invariant(Level.MUST, on=_LOOKS, claims={Cause.RUN_ANSWER}, needs={Role.RUN}, applies=keeps_history)
def answer_stands_in_history(known: Known, step: Step) -> Observation | None:
    """What a run answered MUST stand in the history of its session, only once, and not from before the run.

    Otherwise the user saw an answer that the agent does not remember giving, or one that was given to another question.
    """
    return known.blames(Cause.RUN_ANSWER, expected="the answered items in the history, once, and new")


@invariant(Level.MUST, on=_LOOKS, claims={Cause.RUN_MESSAGE}, needs={Role.RUN}, applies=runs_keep_messages)
def message_stands_in_history(known: Known, step: Step) -> Observation | None:
    """What was said to a run MUST stand in the history of its session, beside the answer, and only once.

    An agent that remembers its answers and not the questions contradicts itself; one that hears a question twice
    answers it twice.
    """
    return known.blames(Cause.RUN_MESSAGE, expected="the message of the run in the history, once")


@invariant(Level.MUST, on=_LOOKS, needs={Role.RUN}, applies=both(items_have_ids, keeps_history))
def added_items_have_ids_of_their_own(known: Known, step: Step) -> Observation | None:
    """Each item that a run adds to a history MUST have an id that no other item of it has.

    Whoever keeps a conversation by the ids of its items shows the one and drops the other.
    """
    part = known.session.parts.get(HISTORY) if known.session is not None and known.status is Status.LIVE else None
    shown = step.views[0].parts.get(HISTORY) if step.accepted and step.views else None
    given = part is not None and any(write.role is Role.CREATE and write.sent is not MISSING for write in part.writes)
    if part is None or not isinstance(shown, list) or not (part.whole or (known.session and known.session.born)):
        return None
    if given:
        return None  # whoever created it may have given these ids
    writes = [write for write in part.writes if write.accepted and write.role is not Role.CREATE]
    runs = [write.operation for write in writes if write.role in RUNS]
    if not runs or len(shown) < len(part.value) + len(runs):
        return None
    twice = _named_twice(shown, len(part.value), known.world.profile.item.id or ())
    if twice is None:
        return HELD
    others = frozenset(write.operation for write in writes) - {runs[-1]}
    got = f"two items with the id {twice!r}"
    return Observation(False, "ids of their own", got, "one id twice", runs[-1], others)


def _named_twice(items: list[Json], begins: int, place: Pointer) -> str | None:
    """An id that an item from a place on shares with another one before it; the same item twice is another bug."""
    names = [as_id(each) for each in resolve_each(items, place)]
    if len(set(names)) == len(names):
        return None
    seen: dict[str, Json] = {}
    for index, (name, each) in enumerate(zip(names, items, strict=True)):
        if name and index >= begins and name in seen and not same(seen[name], each):
            return name
        if name:
            seen.setdefault(name, each)
    return None


@invariant(Level.MUST, on={Role.HISTORY}, applies=limits_histories)
def page_of_a_history_holds_what_stands_there(known: Known, step: Step) -> Observation | None:
    """A page of a history MUST hold the items that stand there, in their order, and no more than were asked for.

    Whoever scrolls back through a conversation otherwise reads it with gaps, or reads some of it twice.
    """
    part = known.session.parts.get(HISTORY) if known.session is not None and known.status is Status.LIVE else None
    page, binding = step.page, step.binding
    if not step.accepted or part is None or not part.whole or part.echo or part.writes or binding is None:
        return None
    if step.views or page.limit is None or page.limit < 1 or known.key is None:
        return None  # what is shown whole is compared with all that is known
    begins = known.world.begins(known.key, step)
    if begins is None:
        return None
    known_items = part.value[::-1] if binding.order is Order.NEWEST else part.value
    wanted = known_items[begins : begins + page.limit]
    if len(step.items) > page.limit:
        return must(False, step, f"at most {page.limit} items", "longer than asked")
    shape = known.world.profile.item
    right = len(wanted) == len(step.items) and all(map(same_item, wanted, step.items, repeat(shape)))
    return must(right, step, f"the items from number {begins + 1} on", "other items")


@invariant(Level.MUST, on=RUNS, applies=runs_answer)
def run_answers_for_its_own_session(known: Known, step: Step) -> Observation | None:
    """A run MUST answer from the history of its own session, and of no other.

    An answer that repeats another customer's words is a leak, even if nothing of it is stored.
    """
    if not step.accepted or not step.items or known.key is None:
        return None
    said = list(words_of(texts(list(step.items))))
    strange = [word for word, _ in known.world.authors(said, known.key)]
    if strange:
        own = set(words_of(texts(step.message)))
        strange = [word for word in strange if word not in own]
    expected = f"an answer without {strange[0]!r}, which was said to another session" if strange else ""
    return must(not strange, step, expected, "foreign words")


@invariant(Level.MUST, on=RUNS, needs=RUNS)
def stream_and_run_agree(known: Known, step: Step) -> Observation | None:
    """What a run accepts a stream MUST accept, and the other way round.

    Two doors to one agent that check differently are two agents.
    """
    if not known.takes_runs or step.wrong or step.outcome not in (Outcome.ACCEPTED, Outcome.REFUSED):
        return None
    if known.world.accepted.like(step):
        return None
    doors = {each.operation.id for each in known.world.profile.bindings if each.role in RUNS}
    doors -= {step.operation.id if step.operation else ""}
    if doors.isdisjoint(known.world.accepted.by(step)):
        return None
    return must(step.accepted, step, "an answer, as the other operation gave")


@invariant(Level.MUST, on=_LOOKS, needs=RUNS, applies=streams_answer_items)
def stream_goes_on_to_the_end(known: Known, step: Step) -> Observation | None:
    """A stream MUST show the last item that it adds to the history, where the answer of a run does.

    Whoever watches a stream that stops short never sees the end of the answer, which is the answer.
    """
    session, place = known.session, known.world.profile.item.id
    part = session.parts.get(HISTORY) if session is not None and known.status is Status.LIVE else None
    if part is None or place is None or not step.accepted or not step.views or not known.world.told_to_the_end:
        return None
    told = told_to_the_end(part, step.views[0].parts.get(HISTORY), place)
    if told is None or told[0].role is not Role.STREAM:
        return None
    got = f"{len(told[0].items)} items without it"
    return HELD if told[1] else Observation(False, "a stream with the last item in it", got, "end", told[0].operation)


@invariant(
    Level.MUST,
    on=(*_LOOKS, Role.LIST),
    claims={Cause.RUN_ATTRIBUTES},
    needs={Role.RUN, Role.READ},
    applies=either(runs_leave_attributes, runs_leave_status),
)
def run_leaves_attributes_alone(known: Known, step: Step) -> Observation | None:
    """A run MUST NOT rewrite attributes, or the status, that the profile does not let it change.

    Metadata that callers attached is theirs, and a session that was closed stays so.
    """
    return known.blames(Cause.RUN_ATTRIBUTES, expected="the attributes and the status as they were before the run")


@invariant(
    Level.MUST,
    on=_LOOKS,
    claims={Cause.RUN_BRINGS_BACK},
    needs={Role.RUN, Role.READ, Role.ENRICH},
    applies=runs_may_write_attributes,
)
def run_brings_nothing_back(known: Known, step: Step) -> Observation | None:
    """A run that may write attributes MUST NOT bring back what an enrichment replaced.

    An agent that loads a session, and saves it whole when it is done, takes back what was enriched in the meantime.
    """
    return known.blames(Cause.RUN_BRINGS_BACK, expected="what the enrichment wrote, or what the agent writes")
