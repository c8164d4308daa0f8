"""What was asked of an SDK? An ask, what its caller was told, and what it caused on the wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from conformance.expressions import MISSING, Json, Message
from conformance.profile import READS, RUNS, Role
from conformance.step import Step


class Verb(StrEnum):
    """What a caller can ask of an SDK; a span is a context with a new session of its own, in which that is enriched."""

    OPEN = "open"
    CREATE = "create"
    RUN = "run"
    ENRICH = "enrich"
    READ = "read"
    LIST = "list"
    DELETE = "delete"
    SPAN = "span"
    EVALUATE = "evaluate"
    TOGETHER = "together"
    FLUSH = "flush"
    CLOSE = "close"


ROLES_OF: Mapping[Verb, frozenset[Role]] = {
    Verb.CREATE: frozenset({Role.CREATE}),
    Verb.RUN: RUNS,
    Verb.ENRICH: frozenset({Role.ENRICH}),
    Verb.SPAN: frozenset({Role.ENRICH}),
    Verb.READ: READS - {Role.LIST},
    Verb.LIST: frozenset({Role.LIST}),
    Verb.DELETE: frozenset({Role.DELETE}),
}
"""The roles that an operation plays which does what is asked."""


class Behaviour(StrEnum):
    """How the server answers while an ask is carried out."""

    PLAIN = "plain"
    BAD_REQUEST = "400"
    UNAUTHORIZED = "401"
    NOT_FOUND = "404"
    CONFLICT = "409"
    FAILURE = "500"
    EMPTY = "empty 200"
    NO_CONTENT = "204"
    CLOSED = "closed"
    SLOW = "slow"
    BUSY = "429 again and again"
    TOO_MANY = "429"


APPLIED = frozenset({Behaviour.PLAIN, Behaviour.EMPTY, Behaviour.NO_CONTENT, Behaviour.SLOW, Behaviour.CLOSED})
"""The behaviours of a server that does what it is asked, whatever it answers."""
STUBBORN = 50
"""Who tries one thing so many times while the server is busy never gives up."""


@dataclass(frozen=True, slots=True)
class Context:
    """A context in which something is asked: of a client, or with a session of its own."""

    client: str
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that is asked of an SDK.

    `given` holds every session id that is in play, by where it comes from (None: none there); `expected` the one that
    the profile's precedence makes of them. `path` is by which way the SDK is called: its method, or a free function.
    `marker` is a text that stands in what is sent, and nowhere else. `within` are the contexts in which it is nested,
    the outermost first; `ended` the sessions of contexts that ended before, `others` those of other clients. `foreign`
    are the markers of what was asked about other sessions. `lost` are sessions that would decide, and are gone, or may
    be: who has lost its session may refuse, begin anew or ask the server, so that none is expected. `key` are the
    credentials of the client that is asked, `keys` those of all, by their client; `owner` is whom it was opened for,
    part by part. `deleted`: the session that is named was deleted before. `awkward`: it has signs that not every SDK
    takes, and none has to. `there` are the sessions that a list must show, `removed` those that it must not.
    """

    number: int
    verb: Verb
    client: str = ""
    path: str = "method"
    given: Mapping[str, str | None] = field(default_factory=dict)
    expected: str | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict)
    text: str | None = None
    marker: str = ""
    within: tuple[Context, ...] = ()
    ended: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    key: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    owner: tuple[str, ...] = ()
    deleted: bool = False
    awkward: bool = False
    there: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    datapoints: int = 0
    behaviour: Behaviour = Behaviour.PLAIN
    together: tuple[Ask, ...] = ()

    @property
    def roles(self) -> frozenset[Role]:
        """The roles of the requests that do what is asked."""
        return ROLES_OF.get(self.verb, frozenset())

    def __str__(self) -> str:
        if self.verb is Verb.TOGETHER:
            return " and at the same time ".join(map(str, self.together))
        words = [f"{self.client}.{self.verb}" if self.path == "method" and self.client else f"{self.path} {self.verb}"]
        said = [f"session={self.given['explicit']}"] if self.given.get("explicit") else []
        said += [f"{name}={_brief(value)}" for name, value in self.attributes.items()]
        said += [f"text={self.text!r}"] if self.text is not None else []
        said += [f"{self.datapoints} datapoints"] if self.datapoints else []
        words.append(f"({', '.join(said)})")
        for each in self.within:
            words.append(f" within {each.client}" + (f" with session {each.session}" if each.session else ""))
        if self.deleted:
            words.append(", which was deleted before")
        if self.lost:
            words.append(f", whose session is lost: {', '.join(sorted(self.lost))}")
        if self.behaviour is not Behaviour.PLAIN:
            words.append(f", the server: {self.behaviour}")
        return "".join(words)


def _brief(value: Json) -> str:
    """The first member of an object; the rest as dots."""
    if not isinstance(value, dict):
        return repr(value)
    first = ", ".join(f"{key!r}: {each!r}" for key, each in list(value.items())[:1])
    return f"{{{first}{', …' if len(value) > 1 else ''}}}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the caller was told: whether it succeeded, in which words, and the session that it got or has.

    `sessions` are those of the datapoints of an evaluation, or those that a list gave; None if that is not told. After
    a read `session` is the one that the caller got.
    """

    ok: bool
    said: str = ""
    session: str | None = None
    sessions: tuple[str, ...] | None = None

    def after(self, end: Reply | None) -> Reply:
        """What the caller knows once what waited was sent: a failure may be told only then."""
        if end is None or end.ok:
            return self
        return replace(self, ok=False, said=self.said if not self.ok else end.said)


@dataclass(frozen=True, slots=True)
class Asked:
    """An ask, what its caller was told, and the steps that it caused.

    `late` are steps that came after the client had been flushed or closed, `unsent` what had been asked before and
    never came; `waited` what had been asked before and came with that. `named` is which session stands in which place,
    where that is known from something other than steps.
    """

    ask: Ask
    reply: Reply
    steps: Sequence[Step] = ()
    late: Sequence[Step] = ()
    unsent: Sequence[Ask] = ()
    waited: Sequence[Asked] = ()
    named: Mapping[str, str | None] | None = None

    @property
    def right(self) -> list[Step]:
        """The requests of the kind that was asked for."""
        return [each for each in self.steps if each.role in self.ask.roles]

    @property
    def done(self) -> bool:
        """Whether the server did what was asked, whatever the caller was told."""
        return any(each.accepted or self.was_lost(each) for each in self.right)

    @property
    def opened(self) -> bool:
        """Whether there is a client now that was asked for: one that has a session is there, whatever was told."""
        return self.ask.verb is Verb.OPEN and (self.reply.ok or self.reply.session is not None)

    def was_lost(self, step: Step) -> bool:
        """Whether the server did what it was asked, and its answer never came."""
        return step.exchange.failure is not None

    @property
    def misshapen(self) -> bool:
        """Whether a request of the kind that was asked for violates the spec where what was asked had to stand."""
        return any(_misshapen(self.ask, each) for each in self.right)

    @property
    def places(self) -> Iterator[tuple[str, str | None]]:
        """Which session is named, place by place."""
        if self.named is not None:
            yield from self.named.items()
            return
        for step in self.right:
            place = step.operation.id if step.operation else ""
            yield place, step.session
            if step.split is not None:
                yield f"{place}, once more", step.split


def _misshapen(ask: Ask, step: Step) -> bool:
    """Whether a request would violate the spec no more in the same place, if what was asked stood where it belongs."""
    content = step.operation.request if step.operation else None
    if step.invalid is None or step.binding is None or content is None:
        return False
    if step.asked is MISSING:
        return bool(step.exchange.request.body)  # it cannot be read at all
    violated = content.place(step.asked)
    if violated is None:
        return False
    binding, mended = step.binding, Message(body=step.asked)
    for name, value in ask.attributes.items():
        if name in binding.attributes:
            binding.attributes[name].write(mended, value)
    if binding.session is not None and step.session is None and ask.expected is not None:
        binding.session.write(mended, ask.expected)
    if binding.message is not None and ask.text is not None:
        binding.message.write(mended, ask.text)
    return content.place(mended.body) != violated


def decided(given: Mapping[str, str | None], precedence: Sequence[str]) -> str | None:
    """The one session id, of those that are in play: the first that is there."""
    return next((given[name] for name in precedence if given.get(name)), None)
