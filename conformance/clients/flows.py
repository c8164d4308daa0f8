"""What is asked of an SDK? Flows as data: scripted openings first, then those that Hypothesis generates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from typing import NamedTuple

from hypothesis import strategies as st

from conformance.ask import Behaviour, Verb
from conformance.clients.protocol import Supports
from conformance.drawing import draw
from conformance.errors import InputError, nearest

BATCH = 40
"""So many flows are generated at once."""
LONGEST = 8
"""So many actions are in a generated flow at most."""
_VERBS = tuple(each for each in Verb if each not in (Verb.TOGETHER, Verb.EVALUATE))
_REFUSING = tuple(each for each in Behaviour if each is not Behaviour.PLAIN)
"""The plainest first; those that take time stand at the end of the list."""
_LOOKS = (Verb.READ, Verb.LIST)
_UNSEEN = (
    Behaviour.BAD_REQUEST, Behaviour.UNAUTHORIZED, Behaviour.NOT_FOUND, Behaviour.FAILURE, Behaviour.CLOSED
)  # fmt: skip
"""How a server behaves that shows nothing to those who look."""
_WRITES = (Verb.CREATE, Verb.RUN, Verb.ENRICH, Verb.DELETE)
_NAMING = (Verb.RUN, Verb.ENRICH, Verb.READ, Verb.DELETE)


class Action(NamedTuple):
    """One thing to be asked; its numbers are resolved when it is: which client, which of the sessions made so far.

    `session` 0 names none; a create that names any chooses its id, 2 one with awkward signs; a read counts the deleted
    ones, too, behind those that are there. `body` is what is sent: 0 to 9 one group each, 10 and more all of them.
    `within` 0 is in no context, 1 to 3 in that of a client, 4 to 6 in one of a client with a session of its own.
    """

    verb: Verb
    client: int = 0
    session: int = 0
    body: int = 0
    free: bool = False
    within: int = 0
    behaviour: Behaviour = Behaviour.PLAIN
    together: bool = False


Flow = tuple[Action, ...]

OPEN = Action(Verb.OPEN)
ALL = 10
ODD = 2
"""The session of a create whose caller chooses an id with awkward signs."""


def possible(action: Action, supports: Supports) -> bool:
    """Whether a driver can be asked for it."""
    if action.within and not supports.can("within", named=action.within > 3):
        return False
    if action.together and not supports.can(Verb.TOGETHER):
        return False
    return supports.can(action.verb, free=action.free, named=bool(action.session))


def openings(supports: Supports) -> Iterator[Flow]:
    """The scripted flows that can be asked of a driver, the plainest first."""
    seen: set[Flow] = set()
    for flow in _openings(supports):
        if flow not in seen and all(possible(each, supports) for each in flow):
            seen.add(flow)
            yield flow


def _openings(supports: Supports) -> Iterator[Flow]:
    """The scripted flows, possible or not: each way of asking, then some of each kind in turn.

    An SDK may be too slow for all of them.
    """
    ways = list(_ways())
    yield from ((OPEN, way) for way in ways)
    second = Action(Verb.OPEN, client=1)
    kinds = [
        _after_another(ways),
        _groups(supports),
        _crossings(second),
        _endings(),
        _aftermath(),
        _oddly_named(ways),
        _refused(ways, supports),
    ]
    for each in zip_longest(*kinds):
        yield from (flow for flow in each if flow is not None)


def _after_another(ways: Sequence[Action]) -> Iterator[Flow]:
    """Each way of asking, when there is another session than the client's first."""
    for way in ways:
        yield (OPEN, Action(Verb.CREATE), way)
        yield (OPEN, Action(Verb.CREATE), way._replace(body=0))


def _groups(supports: Supports) -> Iterator[Flow]:
    """Each group of attributes by itself."""
    yield (Action(Verb.OPEN, session=1), Action(Verb.ENRICH, body=ALL))
    whole = Action(Verb.ENRICH, body=ALL)
    yield (OPEN, whole, whole)
    yield (OPEN, Action(Verb.CREATE), whole._replace(session=1), whole._replace(session=1))
    for verb in (Verb.ENRICH, Verb.CREATE):
        for free in (False, True):
            for body in range(len(supports.groups(verb, free=free))):
                yield (OPEN, Action(verb, body=body, free=free))
                yield (OPEN, Action(Verb.CREATE), Action(verb, session=1, body=body, free=free))


def _refused(ways: Sequence[Action], supports: Supports) -> Iterator[Flow]:
    """Each write, while the server does not answer as ever."""
    for behaviour in _REFUSING:
        for way in ways:
            if way.verb in _WRITES:
                named = way.session or not supports.can(way.verb, free=way.free)
                before = (Action(Verb.CREATE),) if named and way.verb is not Verb.CREATE else ()
                yield (OPEN, *before, way._replace(session=int(bool(named)), behaviour=behaviour, body=0))
            if way.verb in _LOOKS and behaviour in _UNSEEN:
                before = (Action(Verb.CREATE),) if way.session else ()
                yield (OPEN, *before, way._replace(behaviour=behaviour))


def _ways() -> Iterator[Action]:
    """Every verb, in every way of calling it."""
    for verb in _VERBS[1:]:
        for free in (False, True):
            for session in (0, 1):
                yield Action(verb, session=session, body=ALL, free=free)


def _crossings(second: Action) -> Iterator[Flow]:
    """Two clients: side by side, nested, at the same time; and what comes after a context has ended."""
    for verb in (Verb.ENRICH, Verb.RUN):
        one, other = Action(verb), Action(verb, client=1)
        for each in (one, other):
            yield (OPEN, second, each)
            yield (OPEN, second, each._replace(free=True))
        yield (OPEN, second, one, other, one)
        for within in (1, 2, 4, 5):
            yield (OPEN, second, other._replace(within=within))
            yield (OPEN, second, one._replace(within=within))
            yield (OPEN, second, one._replace(within=within, free=True))
            yield (OPEN, second, one._replace(within=within, session=2))
            yield (OPEN, second, one._replace(within=within), one)
            yield (OPEN, second, other._replace(within=within), other)
        yield (OPEN, second, one._replace(together=True), other._replace(together=True))
        yield (OPEN, second, Action(Verb.CREATE), one, other)
        yield (OPEN, Action(Verb.CREATE), Action(Verb.CREATE), one._replace(session=1), one._replace(session=2))
        yield (OPEN, Action(Verb.CREATE), one._replace(session=1), one._replace(session=1))
        each, next_ = one._replace(session=1, together=True), one._replace(session=2, together=True)
        yield (OPEN, Action(Verb.CREATE), Action(Verb.CREATE), each, next_)


def _endings() -> Iterator[Flow]:
    """The end of things: what is done with a deleted session, and what is still to be sent when a client ends."""
    for verb in (Verb.ENRICH, Verb.RUN):
        for end in (Verb.FLUSH, Verb.CLOSE):
            yield (OPEN, Action(verb), Action(end))
            yield (OPEN, Action(Verb.CREATE), Action(verb, session=1), Action(end))
            yield (OPEN, Action(verb), Action(Verb.CREATE), Action(verb), Action(end))
            yield (OPEN, Action(Verb.CREATE), *(Action(verb, session=each) for each in (1, 2, 1)), Action(end))
        yield (OPEN, Action(Verb.OPEN, client=1), Action(Verb.CLOSE), Action(verb))
    yield (OPEN, Action(Verb.CREATE), Action(Verb.CREATE), Action(Verb.DELETE, session=1), Action(Verb.LIST))
    for verb in (Verb.ENRICH, Verb.RUN):
        yield (OPEN, Action(Verb.SPAN), Action(verb))
        yield (OPEN, Action(Verb.OPEN, client=1), Action(Verb.SPAN, client=1), Action(verb), Action(verb, client=1))
    yield (OPEN, Action(Verb.EVALUATE, body=2))
    read, made = Action(Verb.READ, session=1), Action(Verb.CREATE)
    yield (OPEN, made, read, Action(Verb.DELETE, session=1), read._replace(session=2))
    yield (OPEN, made, Action(Verb.CREATE), Action(Verb.CREATE), Action(Verb.LIST))


def _oddly_named(ways: Sequence[Action]) -> Iterator[Flow]:
    """Each way of asking about a session whose id has signs that paths stumble on."""
    odd = Action(Verb.CREATE, session=ODD)
    for way in ways:
        if way.session and way.verb in _NAMING:
            yield (OPEN, odd, way._replace(session=2))  # the last that was made, whether or not the client has its own


def _aftermath() -> Iterator[Flow]:
    """What is asked of a client after something went wrong, or after its session was deleted."""
    for verb in (Verb.ENRICH, Verb.RUN):
        yield (OPEN, Action(Verb.CREATE, behaviour=Behaviour.BAD_REQUEST), Action(verb))
        refused = Action(verb, session=1, behaviour=Behaviour.BAD_REQUEST)
        yield (OPEN, Action(Verb.CREATE), refused, Action(verb, session=2))
        for within in (1, 4, 5):  # the context ends by an exception
            failed = Action(verb, within=within, behaviour=Behaviour.BAD_REQUEST)
            made = Action(Verb.OPEN, client=1), Action(Verb.CREATE, client=1)
            for after in (Action(verb), Action(verb, free=True)):
                yield (OPEN, *(made if within == 5 else (Action(Verb.CREATE),)), failed, after)
        for named in (0, 1):
            yield (OPEN, Action(Verb.DELETE, session=named), Action(verb))
            yield (OPEN, Action(Verb.OPEN, client=1), Action(Verb.DELETE, session=named), Action(verb))


# --- generated ------------------------------------------------------------------------------------


def flows(supports: Supports) -> st.SearchStrategy[Flow]:
    """A strategy for flows that a driver can be asked for.

    Clients that have no session of their own can be asked for little before one is made: so that comes first.
    """
    needs = supports.can(Verb.CREATE) and not any(supports.can(each) for each in _NAMING)
    begun = (OPEN, Action(Verb.CREATE)) if needs else (OPEN,)
    actions = st.builds(
        Action,
        verb=st.sampled_from([*_VERBS, Verb.ENRICH, Verb.RUN, *(each.verb for each in begun[1:])]),
        client=st.integers(0, 2),
        session=st.integers(0, 3),
        body=st.integers(0, ALL),
        free=st.booleans(),
        within=st.sampled_from([0, 0, 0, 1, 2, 4, 5]),
        behaviour=st.sampled_from([*[Behaviour.PLAIN] * 20, *_REFUSING]),
        together=st.sampled_from([False] * 5 + [True]),
    ).map(lambda each: _softened(each, supports))
    rest = st.lists(actions.filter(lambda each: possible(each, supports)), min_size=2, max_size=LONGEST)
    return rest.map(lambda found: (*begun, *found))


def _softened(action: Action, supports: Supports) -> Action:
    """An action without what the driver cannot be asked for, so that few are thrown away."""
    if action.behaviour is not Behaviour.PLAIN and action.verb not in (*_WRITES, *_LOOKS):
        action = action._replace(behaviour=Behaviour.PLAIN)
    if action.verb in _LOOKS and action.behaviour not in _UNSEEN:
        action = action._replace(behaviour=Behaviour.PLAIN)
    if action.together and (action.verb not in (Verb.ENRICH, Verb.RUN) or not supports.can(Verb.TOGETHER)):
        action = action._replace(together=False)
    if action.together:
        action = action._replace(behaviour=Behaviour.PLAIN)
    if action.verb in (Verb.OPEN, Verb.CREATE, Verb.SPAN, Verb.LIST, Verb.FLUSH, Verb.CLOSE):
        action = action._replace(within=0)
    if action.within and not supports.can("within", named=action.within > 3):
        action = action._replace(within=0)
    for less in ({}, {"free": False}, {"session": 0}, {"session": 0, "free": False}, {"session": 1, "free": False}):
        if possible(action._replace(**less), supports):
            return action._replace(**less)
    return action


def generated(supports: Supports, seed: int) -> Iterator[Flow]:
    """Flows without end: batch after batch, each seeded by its number."""
    number = 0
    while True:
        yield from _batch(flows(supports), seed * 1_000_003 + number)
        number += 1


def _batch(strategy: st.SearchStrategy[Flow], seed: int) -> list[Flow]:
    """One batch of flows, all different."""
    found: dict[Flow, None] = {}

    draw(strategy, BATCH, seed, found.setdefault)
    return list(found)


def planned(supports: Supports, seed: int, number: int | None) -> Iterator[Flow]:
    """The openings, then generated flows; so many at most."""

    def every() -> Iterator[Flow]:
        yield from openings(supports)
        yield from generated(supports, seed)

    return islice(every(), number)


# --- kept -----------------------------------------------------------------------------------------


def to_text(action: Action) -> str:
    """An action as JSON, without what it leaves as it is."""
    plain = Action(action.verb)._asdict()
    return json.dumps(
        {name: value for name, value in action._asdict().items() if name == "verb" or value != plain[name]}
    )


def from_texts(lines: Sequence[str], place: str) -> Flow:
    """A flow from its texts; InputError names what is wrong."""
    return tuple(_from_text(line, f"{place}[{index}]") for index, line in enumerate(lines))


def _from_text(line: str, place: str) -> Action:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise InputError(f"is not JSON: {error}", place=place) from error
    if not isinstance(found, dict) or "verb" not in found:
        raise InputError("is no action", place=place, remedy='write it as in {"verb": "enrich", "session": 1}')
    for name, value in found.items():
        if name not in Action._fields:
            raise InputError(f"{name!r} is no key of an action", place=place, remedy=nearest(name, Action._fields))
        _check(name, value, f"{place}: {name}")
    enums = {"verb": Verb(found["verb"]), "behaviour": Behaviour(found.get("behaviour", Behaviour.PLAIN))}
    return Action(**{**found, **enums})


def _check(name: str, value: object, place: str) -> None:
    """Check one member of an action."""
    if name in ("verb", "behaviour"):
        valid = [str(each) for each in (Verb if name == "verb" else Behaviour)]
        if value not in valid:
            raise InputError(f"there is no {value!r}", place=place, remedy=nearest(str(value), valid))
    elif not isinstance(value, bool) if name in ("free", "together") else type(value) is not int or value < 0:
        raise InputError(f"{value!r} cannot stand here", place=place)
