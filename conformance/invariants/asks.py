"""What a caller asks of a client is what reaches the server: once, whole, and in the session that was meant."""

import re
from typing import Final

from conformance.ask import Ask, Asked, Behaviour, Verb
from conformance.carried import missing
from conformance.catalogue import HELD, Level, Observation, ask_invariant, shortened
from conformance.features.names import demands_credentials
from conformance.naming import NOTHING
from conformance.profile import Profile, Role
from conformance.step import Step

_NAMING: Final = (Verb.RUN, Verb.ENRICH, Verb.READ, Verb.DELETE, Verb.SPAN)
_ELSE: Final = tuple(each for each in _NAMING if each is not Verb.SPAN)
_WRITING: Final = (Verb.CREATE, Verb.RUN, Verb.ENRICH, Verb.SPAN)


def _holds(holds: bool, expected: str, got: str, kind: str) -> Observation:
    """Held, or broken by what came of an ask."""
    return HELD if holds else Observation(False, expected, got, kind)


def _requests(steps: list[Step]) -> str:
    """Requests in a few words."""
    told = [f"{each.exchange.request.method} {each.exchange.request.path}" for each in steps]
    return ", ".join(told[:5]) or "nothing was sent"


def _sent_once(asked: Asked, what: str) -> Observation | None:
    """Judge that a write was sent, and done once; what was refused, failed or never answered may be sent again.

    A client that has lost its session, or does not take its id, may refuse, if it says so.
    """
    expected = f"exactly one {what}"
    if not asked.right and (asked.ask.lost or asked.ask.awkward) and not asked.reply.ok:
        return None
    if not asked.right:
        kind = "sent as something else" if asked.steps else "nothing sent"
        return Observation(False, expected, _requests(list(asked.steps)), kind)
    done = [each for each in asked.right if each.accepted]
    return _holds(len(done) <= 1, expected, _requests(asked.right), "sent again")


@ask_invariant(Level.MUST, verbs={Verb.ENRICH, Verb.SPAN})
def enrichment_is_one_write(asked: Asked) -> Observation | None:
    """An enrichment MUST be exactly one write to the operation that enriches.

    A method that is not there, called within a try that swallows everything, sends nothing and looks fine.
    """
    return _sent_once(asked, "request to the operation that enriches")


@ask_invariant(Level.MUST, verbs={Verb.CREATE})
def create_is_one_write(asked: Asked) -> Observation | None:
    """A create MUST be exactly one request that creates a session.

    What follows goes to a session that is not there, or to the one that was there before.
    """
    return _sent_once(asked, "request that creates a session")


@ask_invariant(Level.MUST, verbs={Verb.RUN})
def run_is_one_write(asked: Asked) -> Observation | None:
    """A run MUST be exactly one request that runs a session.

    A message that is sent twice is answered twice, and one that is not sent is not answered.
    """
    return _sent_once(asked, "request that runs a session")


@ask_invariant(Level.MUST, verbs={Verb.READ, Verb.LIST, Verb.DELETE})
def look_or_delete_is_sent(asked: Asked) -> Observation | None:
    """A read, a list and a delete MUST reach the operation that does it.

    A delete that only forgets the id locally keeps the user's data for ever. Of a session that it deleted itself a
    client may know without a request that it is not there.
    """
    if not asked.right and (asked.ask.deleted or asked.ask.awkward) and not asked.reply.ok:
        return None
    expected = f"a request that does what was asked: {asked.ask.verb}"
    kind = "sent as something else" if asked.steps else "nothing sent"
    return _holds(bool(asked.right), expected, _requests(list(asked.steps)), kind)


# --- which session --------------------------------------------------------------------------------


def _whose(ask: Ask, session: str | None) -> str:
    """Whose session it is that was named."""
    if session is None:
        return "none"
    if session in ask.ended:
        return "an ended context's"
    known = next((name for name, value in ask.given.items() if value == session), None)
    if known is not None:
        return f"the {known} one"
    return "another client's" if session in ask.others else "an unknown one"


def _named(asked: Asked, wrong: frozenset[str] | None = None) -> Observation | None:
    """Judge that every place names the session expected; or, if some are given, that none names one of these."""
    expected = asked.ask.expected
    places = list(asked.places)
    if not places or (expected is None and (wrong is None or not asked.ask.lost)):
        return None
    for place, session in places:
        if session != expected and (wrong is None or session in wrong):
            whose = _whose(asked.ask, session)
            got = f"{session!r} in {place}: {whose}"
            meant = "a session of its own, or none" if expected is None else f"the session {expected!r}"
            return Observation(False, meant, got, whose, unplaced=session is None)
    return HELD


def _strange(ask: Ask, sessions: frozenset[str]) -> frozenset[str]:
    """Those of some sessions that an ask must not be about; who has lost its own may take any other in play."""
    in_play = (each for each in ask.given.values() if each is not None and ask.lost)
    return sessions - {ask.expected or "", *ask.lost, *in_play}


def _callers_name_sessions(profile: Profile) -> bool:
    """Whether, by the profile's words, a caller can name a session."""
    return "explicit" in profile.client.precedence


@ask_invariant(Level.MUST, verbs=(*_NAMING, Verb.CREATE), by_places=True, applies=_callers_name_sessions)
def explicit_session_wins(asked: Asked) -> Observation | None:
    """A session that the caller names explicitly MUST win over every other that is in play.

    Whoever names a session knows which one is meant.
    """
    return _named(asked) if asked.ask.given.get("explicit") else None


@ask_invariant(Level.MUST, verbs=_NAMING)
def ended_context_is_not_used(asked: Asked) -> Observation | None:
    """A context that has ended MUST NOT decide the session any more.

    The next request of the same thread is attached to the conversation of the last customer.
    """
    ended = _strange(asked.ask, asked.ask.ended)
    return _named(asked, ended) if ended else None


@ask_invariant(Level.MUST, verbs=(*_NAMING, Verb.OPEN))
def clients_do_not_cross_sessions(asked: Asked) -> Observation | None:
    """A client MUST NOT write to, or read from, the session of another one, nested and concurrent or not.

    Two tracers in one process are two customers in one server.
    """
    if asked.ask.verb is Verb.OPEN:
        session = asked.reply.session
        if session is None or not asked.ask.others:
            return None
        crossed = session in asked.ask.others
        return _holds(not crossed, "a session of its own", f"{session!r}: another client's", "another client's")
    others = _strange(asked.ask, asked.ask.others - asked.ask.ended)
    return _named(asked, others) if others else None


@ask_invariant(Level.MUST, verbs=_NAMING, by_places=True)
def one_id_is_decided(asked: Asked) -> Observation | None:
    """One ask MUST decide one session id, by the precedence that the API declares, for every place that names it.

    An id that is decided twice routes a call to one session, and stores what it did in another.
    """
    return _named(asked)


@ask_invariant(Level.MUST, verbs=(*_ELSE, Verb.LIST, Verb.FLUSH, Verb.CLOSE), needs={Role.CREATE})
def only_a_create_creates(asked: Asked) -> Observation | None:
    """A client MUST create sessions only when it is asked to.

    A new session for every turn is an agent that forgets everything between two sentences.
    """
    if asked.ask.lost:
        return None  # it may begin anew
    made = [each for each in asked.steps if each.role is Role.CREATE]
    return _holds(not made, "no session created", _requests(made), "a session created")


@ask_invariant(Level.MUST, verbs={Verb.CREATE})
def created_session_is_told(asked: Asked) -> Observation | None:
    """The session that a caller gets MUST be the one that the server created.

    Whatever the caller does with another id goes nowhere.
    """
    made = next((each.created for each in asked.right if each.accepted and each.created), None)
    if made is None or asked.ask.behaviour is not Behaviour.PLAIN:
        return None
    return _holds(asked.reply.session == made, f"the session {made!r}", repr(asked.reply.session), "another one")


@ask_invariant(Level.MUST, verbs={Verb.OPEN})
def opened_client_has_the_session_given(asked: Asked) -> Observation | None:
    """A client that is opened with a session id MUST use that one, and make no other.

    What was meant to continue a conversation begins a new one.
    """
    given = asked.ask.given.get("explicit")
    if given is None or not asked.reply.ok:
        return None
    made = [each.created for each in asked.steps if each.role is Role.CREATE and each.created not in (None, given)]
    got = f"{asked.reply.session!r}, created: {made}"
    return _holds(asked.reply.session == given and not made, f"the session {given!r}", got, "another session")


@ask_invariant(Level.MUST, verbs={Verb.EVALUATE}, needs={Role.CREATE})
def each_datapoint_has_its_session(asked: Asked) -> Observation | None:
    """An evaluation MUST run each datapoint in a session of its own.

    Results that share a session are averaged over each other.
    """
    made = {each.created for each in asked.steps if each.role is Role.CREATE and each.created}
    wanted = asked.ask.datapoints
    if len(made) < wanted and not asked.reply.ok:
        return None  # it was given up, and that was told
    return _holds(len(made) == wanted, f"{wanted} sessions", f"{len(made)} sessions", "too few or too many")


# --- what is sent ---------------------------------------------------------------------------------


@ask_invariant(Level.MUST, verbs=_WRITING)
def write_carries_nothing_of_another_session(asked: Asked) -> Observation | None:
    """A write MUST NOT carry what was asked about another session.

    A buffer that is kept from one call to the next hands one customer's data to the other.
    """
    foreign = asked.ask.foreign
    if not asked.right or not foreign:
        return None
    for step in asked.right:
        body = step.exchange.request.body.decode("utf-8", "replace")
        if any(re.search(rf"\b{re.escape(each)}\b", body) for each in foreign):
            return Observation(False, "nothing that was said to another session", shortened(body), "foreign words")
    return HELD


@ask_invariant(Level.MUST, verbs=_WRITING)
def write_carries_what_was_asked(asked: Asked) -> Observation | None:
    """A write MUST carry everything that was asked, unchanged and in the right places.

    A field that is dropped on the way is missed when somebody looks for it, months later.
    """
    asks_something = asked.ask.attributes or asked.ask.text is not None
    if not asked.right or not asks_something:
        return None
    step = asked.right[-1]
    found = next(missing(asked, step), None)
    if found is None:
        return HELD
    group, how, wanted, got = found
    return Observation(False, f"{group} {shortened(wanted)}", got, f"{group} {how}", unplaced=True)


@ask_invariant(
    Level.MUST, verbs=(*_NAMING, Verb.CREATE, Verb.LIST, Verb.FLUSH, Verb.CLOSE), applies=demands_credentials
)
def clients_do_not_cross_credentials(asked: Asked) -> Observation | None:
    """A client MUST send its own credentials, and never those of another client.

    One customer's key pays for, and reads, what belongs to another.
    """
    ask = asked.ask
    if ask.key is None or not asked.steps:
        return None
    others = [value for name, value in ask.keys.items() if name != ask.client and value != ask.key]
    for step in asked.steps:
        request = step.exchange.request
        sent = [value for _, value in request.headers] + [request.query]
        if any(other in value for other in others for value in sent):
            return Observation(False, f"the credentials of {ask.client}", "those of another client", "another client's")
    return HELD if others else None


def _has_owners(profile: Profile) -> bool:
    """Whether a call names for whom it is."""
    return profile.fresh_owners


@ask_invariant(Level.MUST, verbs=(*_ELSE, Verb.OPEN, Verb.CREATE, Verb.LIST), applies=_has_owners)
def clients_do_not_cross_owners(asked: Asked) -> Observation | None:
    """A client MUST send everything for the owner that it was opened for.

    What one user said is filed under another, who reads it.
    """
    owner = asked.ask.owner
    named = [step.owner[: len(step.binding.owner)] for step in asked.steps if step.owner and step.binding]
    if not owner or not any(named):
        return None
    for each in named:
        if not set(each) <= set(owner):
            return Observation(False, f"the owner {' / '.join(owner)!r}", repr(" / ".join(each)), "another owner")
    return HELD


@ask_invariant(Level.MUST, verbs={Verb.FLUSH, Verb.CLOSE})
def flush_and_close_leave_nothing_unsent(asked: Asked) -> Observation | None:
    """A client that was flushed or closed MUST have sent everything.

    What is still in a queue when the process ends never happened.
    """
    if asked.unsent:
        return Observation(False, f"{asked.unsent[0]} on the wire", _requests(list(asked.steps)), "never sent")
    return _holds(not asked.late, "nothing that comes later", _requests(list(asked.late)), "sent late")


@ask_invariant(Level.MUST, verbs={Verb.FLUSH, Verb.CLOSE})
def waiting_writes_keep_their_order(asked: Asked) -> Observation | None:
    """Writes of one kind to one session that wait together MUST be sent in the order in which they were asked for.

    The answer stands before its question, and of two values of one key the older one is kept.
    """
    found = None
    for index, earlier in enumerate(asked.waited):
        for later in asked.waited[index + 1 :]:
            if earlier.ask.verb is later.ask.verb and earlier.ask.expected == later.ask.expected:
                first, second = earlier.right[-1].exchange, later.right[-1].exchange
                if second.started < first.started:
                    got = f"{later.ask} before it"
                    return Observation(False, f"{earlier.ask} before {later.ask}", got, f"{earlier.ask.verb} overtaken")
                found = HELD
    return found


@ask_invariant(Level.MUST, verbs=(*_ELSE, Verb.CREATE, Verb.LIST))
def what_is_asked_is_accepted(asked: Asked) -> Observation | None:
    """What is asked of a session that is there MUST be sent so that a server that is right accepts it.

    The caller did nothing wrong, and is told that it did.
    """
    ask = asked.ask
    if ask.behaviour is not Behaviour.PLAIN or ask.lost or ask.deleted or not asked.right:
        return None
    last = asked.right[-1]
    if any(each.accepted for each in asked.right):
        return HELD
    if last.invalid is not None or last.unauthorized or last.session in NOTHING or not last.refused:
        return None  # that is told of the request itself
    got = f"{last.exchange.request.method} {last.exchange.request.target}, answered {last.got}"
    return Observation(False, "a request that is accepted", got, f"refused {last.status}")
