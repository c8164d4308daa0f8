"""Where do two clients send something else? The same flows are asked of both, and their traffic is compared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.ask import Ask, Behaviour
from conformance.clients.driver import Driver
from conformance.clients.flows import Flow, openings
from conformance.clients.walk import Trace, Walked, Walker
from conformance.clients.wire import Wire, served
from conformance.errors import DriverError
from conformance.expressions import MISSING, Json
from conformance.judge import Judge
from conformance.profile import Profile
from conformance.step import Step

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<!\d)\d{10,}(?:\.\d+)?")

_SESSION = re.compile(r"<\w+ session>")


@dataclass(frozen=True, slots=True)
class Difference:
    """One ask that two clients carry out otherwise: what led to it, and what each sent and told.

    `change` is what the one sends or tells otherwise, whatever the ask; `way` is the ask in a few words, and
    `alike` are those of the asks that differ in the same way.
    """

    before: tuple[str, ...]
    asked: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    change: tuple[object, ...] = ()
    way: str = ""
    alike: tuple[str, ...] = ()


def differences(profile: Profile, first: Sequence[str], second: Sequence[str], seed: int = 0) -> list[Difference]:
    """Ask what both support of both drivers; gives each difference once, with the shortest flow that shows it.

    Asks for the same verb in which the same is sent or told otherwise are one difference.
    """
    with _driven(profile, first, seed) as one, _driven(profile, second, seed) as other:
        found: dict[tuple[object, ...], Difference] = {}
        for flow in openings(one.driver.supports.shared_with(other.driver.supports)):
            for kind, each in _compared(one.walk(flow), other.walk(flow)):
                found.setdefault(kind, each)
        return list(_grouped(found.values()))


def _grouped(found: Iterable[Difference]) -> Iterator[Difference]:
    """Of differences that are alike the shortest and plainest, with the others in a few words."""
    groups: dict[tuple[object, ...], list[Difference]] = {}
    for each in found:
        groups.setdefault(each.change, []).append(each)
    for alike in groups.values():
        shortest = min(alike, key=lambda each: (len(each.before), "the server" in each.way))
        yield replace(shortest, alike=tuple(each.way for each in alike if each is not shortest))


class _driven:  # noqa: N801 - it is used as a function
    """A driver with a wire of its own."""

    def __init__(self, profile: Profile, command: Sequence[str], seed: int) -> None:
        self._wire = Wire(profile, seed)
        self._command = command
        self._seed = seed
        self._served = served(self._wire)

    def __enter__(self) -> _driven:
        self._url = self._served.__enter__()
        self.driver = Driver(self._command, self._wire.profile, self._url)
        return self

    def __exit__(self, *exc: object) -> None:
        self.driver.close()
        self._served.__exit__(None, None, None)

    def walk(self, flow: Flow) -> Walked:
        """What comes of a flow; as far as it went, if the driver breaks down."""
        walked = Walked(flow)
        judge = Judge(self._wire.profile, ())
        try:
            if not self.driver.freshen():
                self.driver.close()
                self.driver = Driver(self._command, self._wire.profile, self._url)
            Walker(self._wire, self.driver, judge.history(), self._seed).walk(flow, walked)
        except DriverError as error:
            walked.unsupported.append(str(error))
        return walked


def _compared(first: Walked, second: Walked) -> Iterator[tuple[tuple[object, ...], Difference]]:
    """The asks of a flow that two clients carry out otherwise, each with what kind of ask it is."""
    others = dict(zip(_places(second), second.traces, strict=True))
    for index, (place, trace) in enumerate(zip(_places(first), first.traces, strict=True)):
        other = others.get(place)
        if other is None:
            continue  # it could not be asked of the other one: what led to that is another difference
        told, told_otherwise = _told(trace), _told(other)
        if told != told_otherwise:
            names = _names(first.traces[: index + 1])
            before = tuple(_renamed(str(each.asked.ask), names) for each in first.traces[:index])
            asked = _renamed(str(trace.asked.ask), names)
            change = _change(trace, other)
            yield _kind(trace.asked.ask), Difference(before, asked, told, told_otherwise, change, _way(trace.asked.ask))


def _places(walked: Walked) -> list[tuple[int, str, int]]:
    """Where each ask stands: the action, the client, and which of those that are asked of it at the same time."""
    places = [(each.action, each.asked.ask.client) for each in walked.traces]
    return [(*place, places[:index].count(place)) for index, place in enumerate(places)]


def _kind(ask: Ask) -> tuple[object, ...]:
    """What kind of ask it is: of several that differ in what is sent alone, one is enough."""
    nested = tuple(each.session is not None for each in ask.within)
    return (ask.verb, ask.path, ask.behaviour, bool(ask.given.get("explicit")), nested, bool(ask.ended), bool(ask.lost))


def _change(first: Trace, second: Trace) -> tuple[object, ...]:
    """What is sent and told otherwise: which requests, or where in them, and which word to the caller."""
    requests = tuple(_operations(each) for each in (first, second))
    said = tuple(each.asked.reply.ok for each in (first, second))
    sent: object = requests
    if requests[0] == requests[1]:
        names = _names([first]), _names([second])
        pairs = zip(first.asked.steps, second.asked.steps, strict=True)
        sent = tuple(dict.fromkeys(_attempt(one, other, names) for one, other in pairs))
    done = tuple(any(step.accepted for step in each.asked.steps) for each in (first, second))
    return first.asked.ask.verb, sent, (said, done) if said[0] is not said[1] else None


def _attempt(first: Step, second: Step, names: tuple[Mapping[str, str], Mapping[str, str]]) -> tuple[object, ...]:
    """What two requests have otherwise, and whether they were accepted: an attempt more that ends alike is no other."""
    differing = _differing(_sent(first, names[0]), _sent(second, names[1]))
    return frozenset(differing), first.accepted, second.accepted


def _operations(trace: Trace) -> tuple[str, ...]:
    """The requests of an ask, by their operations."""
    return tuple(each.operation.id if each.operation else _target(each) for each in trace.asked.steps)


def _target(step: Step) -> str:
    """Where a request without an operation went."""
    return _ID.sub("<id>", f"{step.exchange.request.method} {step.exchange.request.path}")


def _sent(step: Step, names: Mapping[str, str]) -> Json:
    """The target and the body of a request, without what differs from run to run."""
    request = step.exchange.request
    try:
        body = json.loads(_renamed(request.body.decode("utf-8", "replace"), names)) if request.body else None
    except ValueError:
        body = request.body.decode("utf-8", "replace")
    return {"target": _renamed(request.target, names), "body": body}


def _differing(first: Json, second: Json, place: str = "") -> Iterator[tuple[str, ...]]:
    """The places in which two values differ, and how: sessions by their names, all else by its being there."""
    if isinstance(first, dict) and isinstance(second, dict):
        for name in first.keys() | second.keys():
            yield from _differing(first.get(name, MISSING), second.get(name, MISSING), f"{place}/{name}")
    elif first is MISSING or second is MISSING:
        yield place, "more" if first is MISSING else "less"
    elif first != second:
        named = _SESSION.fullmatch(str(first)) or _SESSION.fullmatch(str(second))
        yield (place, str(first), str(second)) if named else (place, "other")


def _way(ask: Ask) -> str:
    """An ask in a few words: by which way, and how the server answered."""
    words = "free " if ask.path == "free" else ""
    words += f"{ask.verb} with a session" if ask.given.get("explicit") else str(ask.verb)
    words += " within a context" if ask.within else ""
    words += " when its session is lost" if ask.lost else ""
    return words if ask.behaviour is Behaviour.PLAIN else f"{words}, the server: {ask.behaviour}"


def _told(trace: Trace) -> tuple[str, ...]:
    """What an ask sent and told, without what differs from run to run."""
    names = _names([trace])
    lines = [_renamed(_line(step), names) for step in trace.asked.steps]
    return (*lines, f"told: {'success' if trace.asked.reply.ok else 'failure'}")


def _names(traces: Sequence[Trace]) -> Mapping[str, str]:
    """Names for the sessions that are in play, by their ids; and for keys that are of one ask alone."""
    names: dict[str, str] = {}
    for trace in traces:
        number = trace.asked.ask.number
        names |= {f"key{number}_": "key_", f'"inner{number}"': '"inner"'}
        for origin, session in trace.asked.ask.given.items():
            if session is not None:
                names.setdefault(session, f"<{origin} session>")
    return names


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for session, name in names.items():
        text = text.replace(session, name)
    return _ID.sub("<id>", text)


def _line(step: Step) -> str:
    """A request in one line, the members of its body in order."""
    request = step.exchange.request
    try:
        body = json.dumps(json.loads(request.body), sort_keys=True) if request.body else ""
    except ValueError:
        body = request.body.decode("utf-8", "replace")
    answer = step.exchange.failure.value if step.exchange.failure else step.status
    return f"{request.method} {request.target} → {answer} {body}".rstrip()
