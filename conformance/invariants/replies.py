"""What a client tells its caller is what the server answered."""

from conformance.ask import STUBBORN, Asked, Behaviour, Verb
from conformance.catalogue import HELD, Level, Observation, ask_invariant
from conformance.exchange import header
from conformance.profile import Role
from conformance.step import Outcome

_WRITING = (Verb.CREATE, Verb.RUN, Verb.ENRICH, Verb.DELETE, Verb.SPAN)
_NEEDS_THE_ANSWER = (Verb.CREATE, Verb.RUN)
_WITHOUT_BODY = (Behaviour.EMPTY, Behaviour.NO_CONTENT)


def _told(asked: Asked) -> str:
    """What the caller was told, in a few words."""
    told = "success" if asked.reply.ok else "failure"
    return f"{told}: {asked.reply.said[:200]}" if asked.reply.said else told


@ask_invariant(Level.MUST, verbs=_WRITING)
def unsuccessful_write_is_not_told_as_success(asked: Asked) -> Observation | None:
    """A write that was refused, that failed or that was never answered MUST NOT be reported as a success.

    The caller goes on as if it had happened.
    """
    if not asked.right or any(each.accepted for each in asked.right):
        return None
    last = asked.right[-1]
    kind = "no answer" if last.exchange.failure else f"{last.outcome.value} {last.status}"
    return (
        Observation(False, f"a failure, since the server: {last.got}", _told(asked), kind) if asked.reply.ok else HELD
    )


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

    No answer, or one that cannot be read, does not say that nothing happened.
    """
    done = [index for index, each in enumerate(asked.right) if each.accepted or asked.was_lost(each)]
    if not done:
        return None
    again = asked.right[done[0] + 1 :]
    repeats = [each for each in again if each.role is not Role.CREATE or each.session is None]
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
