"""What does an action mean by now? It is resolved with the clients and sessions that there are, and becomes an ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from conformance.ask import ROLES_OF, Ask, Asked, Context, Verb, decided
from conformance.clients.flows import ALL, ODD, Action
from conformance.clients.made_up import MadeUp
from conformance.clients.protocol import DEFERRED, Supports
from conformance.clients.wire import CLIENTS, credentials
from conformance.expressions import MISSING
from conformance.profile import Profile, Role

_WRITES = (Verb.CREATE, Verb.RUN, Verb.ENRICH, Verb.SPAN)
_NAMING = (Verb.RUN, Verb.ENRICH, Verb.READ, Verb.DELETE)


@dataclass(slots=True)
class _State:
    """What is known by now: each open client's own session, who made which session, and which contexts ended.

    `odd` are sessions whose ids have awkward signs; `removed` those that were surely deleted, by who had made them.
    `markers` are what was sent, by which session it was about. `earlier` is what was a client's own before it was asked
    for another session, and sent nothing. `doubtful` are clients that failed to make another session: whether they keep
    the one that they had is theirs to say.
    """

    own: dict[str, str | None] = field(default_factory=dict)
    odd: set[str] = field(default_factory=set)
    removed: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    earlier: dict[str, str | None] = field(default_factory=dict)
    markers: dict[str, str | None] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)


class Script:
    """Resolves the actions of one flow, one after the other."""

    def __init__(self, profile: Profile, supports: Supports, seed: int = 0) -> None:
        self._profile = profile
        self._supports = supports
        self._seed = seed
        self._state = _State()
        self._made_up = MadeUp(profile, seed)
        self._number = 0
        self._default: str | None = None

    def owner(self, client: str) -> list[str]:
        """Whose sessions a client works with: fixed parts as they are, the others made up."""
        return self._made_up.owner(client)

    def client(self, action: Action) -> str | None:
        """The open client that an action is about by now; None if there is none."""
        names = list(self._state.own)
        return names[action.client % len(names)] if names else None

    def ask(self, action: Action) -> Ask | None:
        """The ask that an action is by now; None if it is none."""
        if action.verb is Verb.OPEN:
            return self._open(action)
        client = self.client(action)
        if client is None:
            return None
        self._number += 1
        ask = Ask(self._number, action.verb, client, "free" if action.free else "method", behaviour=action.behaviour)
        within = self._within(action)
        if action.within and not within:
            return None
        ask = replace(ask, within=within, keys=self._keys())
        if not action.free:  # a free function may take any client's
            ask = replace(ask, key=credentials(self._profile, client), owner=tuple(self.owner(client)))
        if action.verb in _NAMING:
            named = self._named(ask, action)
            return None if named is None else self._filled(named, action)
        if action.verb is Verb.EVALUATE:
            return replace(ask, datapoints=max(1, action.body))
        if action.verb is Verb.LIST:
            removed = frozenset(self._of(self._state.removed, client))
            ask = replace(ask, there=frozenset(self._mine(client)), removed=removed)
        if action.verb is Verb.CREATE and action.session:
            chosen = self._chosen(odd=action.session == ODD)
            ask = replace(ask, given={"explicit": chosen}, expected=chosen, awkward=chosen in self._state.odd)
        return self._filled(ask, action)

    def _open(self, action: Action) -> Ask | None:
        """The next client that is not open."""
        name = next((each for each in CLIENTS if each not in self._state.own), None)
        if name is None:
            return None
        self._number += 1
        given = {"explicit": self._chosen()} if action.session else {}
        key, others = credentials(self._profile, name), self._others(name)
        return Ask(
            self._number, Verb.OPEN, name, given=given, key=key, keys=self._keys(), owner=tuple(self.owner(name)),
            others=others,
        )  # fmt: skip

    def _others(self, client: str) -> frozenset[str]:
        """The sessions of the other clients."""
        return frozenset(each for name, each in self._state.own.items() if name != client and each is not None)

    def _chosen(self, *, odd: bool = False) -> str:
        """An id that the caller chooses; one with awkward signs if that is wished, and can be seen in a path."""
        if odd and self._names_in_paths and (found := self._made_up.odd_session(self._number)) is not None:
            self._state.odd.add(found)
            return found
        return self._made_up.session(self._number)

    @property
    def _names_in_paths(self) -> bool:
        """Whether something can be asked that names its session in a path, or in a query."""
        asked = (each for each in _NAMING if self._supports.can(each, named=True))
        bindings = (each for verb in asked for role in ROLES_OF[verb] for each in self._profile.bound(role))
        return any(each.session is not None and each.session.place in ("path", "query") for each in bindings)

    def _keys(self) -> Mapping[str, str]:
        """The credentials of every open client, by its name."""
        found = {each: credentials(self._profile, each) for each in self._state.own}
        return {name: value for name, value in found.items() if value is not None}

    def _within(self, action: Action) -> tuple[Context, ...]:
        """The contexts that an action names, if they can be there."""
        if not action.within:
            return ()
        names = list(self._state.own)
        index = (action.within - 1) % 3
        if index >= len(names):
            return ()
        session = self._own_of(names[index]) if action.within > 3 else None
        if action.within > 3:
            mine = [each for each in self._mine(names[index]) if each != self._state.own[names[index]]]
            session = mine[-1] if mine else None
            if session is None:
                return ()
        return (Context(names[index], session),)

    def _own_of(self, client: str) -> str | None:
        """The session of a client, unless it was deleted."""
        own = self._state.own.get(client)
        return None if own in self._state.gone else own

    def _mine(self, client: str) -> list[str]:
        """The sessions that a client may name: those of its owner."""
        return [each for each in self._of(self._state.made, client) if each not in self._state.gone]

    def _of(self, sessions: Mapping[str, str], client: str) -> list[str]:
        """Those of some sessions that are of a client's owner, by who made them."""
        return [each for each, by in sessions.items() if not self._profile.scoped or by == client]

    def _lost(self, ask: Ask, inner: Context | None) -> frozenset[str]:
        """The sessions that would decide, of clients that have lost theirs: they may refuse, or begin anew."""
        state = self._state
        deciding = [ask.client] if ask.path != "free" else [self._default or ""] if inner is None else []
        deciding += [inner.client] if inner is not None and inner.session is None else []
        own = ((each, state.own.get(each)) for each in deciding)
        return frozenset(
            session for each, session in own if session and (session in state.gone or each in state.doubtful)
        )

    def _named(self, ask: Ask, action: Action) -> Ask | None:
        """The ask with every session id that is in play; None if none is, or none may be named."""
        state = self._state
        explicit = None
        if action.session:
            mine = self._mine(ask.client)
            mine += self._of(state.removed, ask.client) if ask.verb is Verb.READ else []
            if not mine:
                return None
            explicit = mine[(action.session - 1) % len(mine)]
        inner = ask.within[-1] if ask.within else None
        lost = self._lost(ask, inner) if explicit is None else frozenset()
        if lost and ask.verb not in (Verb.RUN, Verb.ENRICH):
            return None
        context = None if inner is None else inner.session or self._own_of(inner.client)
        free = ask.path == "free"
        given = {
            "explicit": explicit,
            "reference": None if free else self._own_of(ask.client),
            "context": context,
            "default": self._own_of(self._default or ""),
        }
        if ask.client in state.earlier:
            given["earlier"] = state.earlier[ask.client]
        if inner is not None and inner.client == ask.client and inner.session is not None:
            given["reference"] = inner.session  # in a context of its own, a client's session is that of the context
        ended, others = frozenset(state.ended), self._others(ask.client)
        if lost:
            return replace(ask, given=given, lost=lost, ended=ended, others=others)
        expected = decided(given, self._profile.client.precedence)
        deleted = explicit is not None and explicit in state.removed
        if expected is None or (expected in state.gone and not deleted):
            return None
        ask = replace(ask, deleted=deleted, awkward=expected in state.odd)
        return replace(ask, given=given, expected=expected, ended=ended, others=others)

    def _filled(self, ask: Ask, action: Action) -> Ask:
        """The ask with what is to be sent."""
        marker = f"marker{self._seed}x{ask.number}"
        about = None if ask.verb in (Verb.CREATE, Verb.SPAN) else ask.expected
        known = self._state.markers.items()
        same = {about, None, *ask.lost} if about or ask.lost else set()
        foreign = frozenset(each for each, session in known if session not in same)
        ask = replace(ask, marker=marker, foreign=foreign)
        if ask.verb is Verb.RUN:
            return replace(ask, text=f"say {marker} à propos")
        if ask.verb not in _WRITES:
            return ask
        creates = ask.verb is Verb.CREATE
        groups = self._supports.groups(Verb.CREATE if creates else Verb.ENRICH, free=action.free)
        bindings = self._profile.bound(Role.CREATE if creates else Role.ENRICH)
        bound = {name for each in bindings for name in each.attributes}
        groups = tuple(each for each in groups if each in bound)
        chosen = groups if action.body >= ALL else groups[action.body % len(groups) :][:1] if groups else ()
        whole = action.body >= ALL
        number = None if DEFERRED in self._supports.asks else ask.number  # what waits together may be sent as one
        made = {name: self._made_up.attributes(ask, name, bindings, whole=whole, number=number) for name in chosen}
        return replace(ask, attributes={name: value for name, value in made.items() if value is not MISSING})

    def learn(self, asked: Asked) -> None:
        """Take in what came of an ask."""
        ask, state = asked.ask, self._state
        if ask.marker:
            state.markers[ask.marker] = asked.reply.session if ask.verb is Verb.CREATE else ask.expected
        created = next((each.created for each in asked.steps if each.accepted and each.role is Role.CREATE), None)
        if asked.opened:
            self._default = self._default or ask.client
            state.own[ask.client] = asked.reply.session
            if created is None:  # a client that joins a session takes it to be there; it is not, so nobody may name it
                state.gone |= {each for each in (ask.given.get("explicit"),) if each is not None}
        if ask.verb in (Verb.OPEN, Verb.CREATE, Verb.SPAN):
            for each in (created, asked.reply.session):
                if each is not None and asked.reply.ok and created is not None:
                    state.made.setdefault(each, ask.client)
        if ask.verb is Verb.CREATE and asked.reply.ok and created is not None and state.own.get(ask.client) is not None:
            state.own[ask.client] = created
            state.doubtful.discard(ask.client)
        elif ask.verb is Verb.CREATE and asked.right:
            state.doubtful.add(ask.client)
        if ask.verb is Verb.CREATE and not asked.right and state.own.get(ask.client) is not None:
            # What is asked next is about the session that was to be made, whatever the client thinks.
            state.earlier.setdefault(ask.client, state.own[ask.client])
            state.own[ask.client] = f"(what create {ask.number} was to make)"
        if ask.verb is Verb.DELETE and ask.expected is not None and (asked.reply.ok or asked.done):
            state.gone.add(ask.expected)
            if any(each.accepted for each in asked.right) and ask.expected in state.made:
                state.removed[ask.expected] = state.made[ask.expected]
        if ask.verb is Verb.CLOSE:
            del state.own[ask.client]
        if ask.verb is Verb.SPAN and asked.reply.session is not None:
            state.ended.add(asked.reply.session)
        state.ended |= {each.session for each in ask.within if each.session is not None}
