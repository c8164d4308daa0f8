"""What a client tells its caller is what the server answered."""

from typing import Final

from conformance.ask import STUBBORN, Asked, Behaviour, Verb
from conformance.catalogue import HELD, Level, Observation, ask_invariant
from conformance.exchange import header
from conformance.profile import Role
from conformance.step import Outcome, Step

_LOOKS: Final = (Verb.READ, Verb.LIST)
_WRITING: Final = (Verb.CREATE, Verb.RUN, Verb.ENRICH, Verb.DELETE, Verb.SPAN)
_NEEDS_THE_ANSWER: Final = (Verb.CREATE, Verb.RUN)
_WITHOUT_BODY: Final = (Behaviour.EMPTY, Behaviour.NO_CONTENT)


def _idempotency_key(step: Step) -> str:
    """By which a server can tell that a request is the same as one before; empty if there is none."""
    return header(step.exchange.request.headers, "idempotency-key")


def _finds_nothing(step: Step) -> bool:
    """Whether the server says that there is no such session."""
    return step.says_missing or step.status in (404, 410)


def _how(step: Step) -> str:
    """How a call ended that was not accepted: for each way in which a server says no there is a way to overlook it."""
    return "no answer" if step.exchange.failure else f"{step.outcome.value} {step.code or step.status}"


def _told(asked: Asked) -> str:
    """What the caller was told, in a few words."""
    told = "success" if asked.reply.ok else "failure"
    return f"{told}: {asked.reply.said[:200]}" if asked.reply.said else told


@ask_invariant(Level.MUST, verbs=_WRITING)
def unsuccessful_write_is_not_told_as_success(asked: Asked) -> Observation | None:
    """A write that was refused, that failed or that was never answered MUST NOT be reported as a success.

    The caller goes on as if it had happened. That a delete finds nothing there is no failure: it is what was wanted.
    """
    if not asked.right or any(each.accepted for each in asked.right):
        return None
    last = asked.right[-1]
    if asked.ask.verb is Verb.DELETE and _finds_nothing(last):
        return None
    kind = _how(last)
    return (
        Observation(False, f"a failure, since the server: {last.got}", _told(asked), kind) if asked.reply.ok else HELD
    )


@ask_invariant(Level.MUST, verbs=_LOOKS)
def unsuccessful_look_is_not_told_as_success(asked: Asked) -> Observation | None:
    """A read or a list that was refused, that failed or that was never answered MUST NOT be reported as a success.

    Nothing there, and nothing known, are not the same. That a session is not there may be told by giving none.
    """
    if not asked.right or any(each.accepted for each in asked.right):
        return None
    last, reply = asked.right[-1], asked.reply
    if _finds_nothing(last) and reply.session is None and not reply.sessions:
        return None
    kind = _how(last)
    got = _told(asked) + (f", with the session {reply.session!r}" if reply.session else "")
    return Observation(False, f"a failure, since the server: {last.got}", got, kind) if reply.ok else HELD


@ask_invariant(Level.MUST, verbs={Verb.READ})
def read_gives_the_session_asked_for(asked: Asked) -> Observation | None:
    """A read MUST give its caller the session that was asked for, and none if that was deleted.

    A cache that outlives what it holds shows to the user what they had deleted.
    """
    got = asked.reply.session
    if asked.ask.deleted:
        gone = f"the session {asked.ask.expected!r}, which was deleted"
        return HELD if got is None else Observation(False, "no session", gone, "a deleted one")
    if got is None or asked.ask.expected is None:
        return None
    right = got == asked.ask.expected
    return HELD if right else Observation(False, f"the session {asked.ask.expected!r}", repr(got), "another one")


@ask_invariant(Level.MUST, verbs={Verb.LIST})
def list_gives_all_sessions(asked: Asked) -> Observation | None:
    """A list MUST give its caller all sessions that are there, on whichever page, and none that was deleted.

    A client that stops at the first page loses sessions as soon as there are many.
    """
    told = asked.reply.sessions
    if told is None or not asked.reply.ok or not asked.done:
        return None
    lost, ghosts = asked.ask.there - {*told}, asked.ask.removed & {*told}
    expected = f"{len(asked.ask.there)} sessions"
    if lost:
        return Observation(False, expected, f"{len(told)}, without {min(lost)!r}", "sessions missing")
    return Observation(False, expected, f"with {min(ghosts)!r}, which was deleted", "a deleted one") if ghosts else HELD


@ask_invariant(Level.MUST, verbs=_WRITING)
def successful_write_is_not_told_as_failure(asked: Asked) -> Observation | None:
    """A write that was accepted MUST NOT be reported as a failure, whatever its answer looks like.

    The caller tries again, and does twice what it wanted once.
    """
    ask = asked.ask
    if ask.verb in _NEEDS_THE_ANSWER and ask.behaviour in _WITHOUT_BODY:
        return None  # without the answer there is nothing to give to the caller
    done = next((each for each in asked.right if each.accepted), None)
    if done is None:
        return None
    response = done.exchange.response
    kind = f"{done.status}{'' if response and response.body else ' with no body'}"
    return (
        HELD if asked.reply.ok else Observation(False, f"a success, since the server: {done.got}", _told(asked), kind)
    )


@ask_invariant(Level.MUST, verbs={Verb.CREATE, Verb.RUN}, source="RFC 9110, section 9.2.2")
def retry_doubles_no_write(asked: Asked) -> Observation | None:
    """A run, or a create that leaves the id to the server, MUST NOT be sent again once it may have been done.

    No answer, or one that cannot be read, does not say that nothing happened. A key by which the server can tell that
    it is the same again (Idempotency-Key) does no harm.
    """
    done = [index for index, each in enumerate(asked.right) if each.accepted or asked.was_lost(each)]
    if not done:
        return None
    again = asked.right[done[0] + 1 :]
    key = _idempotency_key(asked.right[done[0]])
    known = [each for each in again if key and _idempotency_key(each) == key]
    repeats = [each for each in again if each not in known and (each.role is not Role.CREATE or each.session is None)]
    got = f"sent {len(asked.right)} times"
    how = asked.right[done[0]]
    kind = "after no answer" if how.outcome is Outcome.LOST else f"after {how.status}"
    return Observation(False, "one request", got, kind) if repeats else HELD


@ask_invariant(Level.SHOULD, verbs=_WRITING, source="RFC 9110, section 10.2.3")
def retry_waits_as_told(asked: Asked) -> Observation | None:
    """A client that tries again SHOULD wait for as long as the server asked it to.

    A server that is busy is not helped by those who come back at once.
    """
    found = None
    for before, after in zip(asked.right, asked.right[1:], strict=False):
        response = before.exchange.response
        told = header(response.headers, "retry-after") if response else ""
        if told.isdecimal():
            waited = after.exchange.started - before.exchange.finished
            if waited < int(told):
                return Observation(False, f"{told} s of patience", f"another attempt after {waited:.2f} s", "too early")
            found = HELD
    return found


@ask_invariant(Level.MUST, verbs=_WRITING)
def busy_server_is_given_up(asked: Asked) -> Observation | None:
    """A client MUST give up in the end, and say so, if the server stays busy.

    Whoever waits for it hangs for as long as the server does, and the server is kept busy by those who never leave.
    """
    attempts = sum(each.postponed for each in asked.right)
    if not attempts:
        return None
    got = f"{attempts} attempts, each answered {asked.right[0].status}"
    return HELD if attempts < STUBBORN else Observation(False, "an end of the attempts", got, "without an end")
