"""Where do two clients send something else? The same flows are asked of both, and their traffic is compared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.ask import Ask
from conformance.clients.driver import Driver
from conformance.clients.flows import Flow, openings
from conformance.clients.walk import Trace, Walked, Walker
from conformance.clients.wire import Wire, served
from conformance.errors import DriverError
from conformance.judge import Judge
from conformance.profile import Profile
from conformance.step import Step

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<!\d)\d{10,}(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Difference:
    """One ask that two clients carry out otherwise: what led to it, and what each sent and told."""

    before: tuple[str, ...]
    asked: str
    first: tuple[str, ...]
    second: tuple[str, ...]


def differences(profile: Profile, first: Sequence[str], second: Sequence[str], seed: int = 0) -> list[Difference]:
    """Ask what both support of both drivers; gives each difference once, with the shortest flow that shows it."""
    with _driven(profile, first, seed) as one, _driven(profile, second, seed) as other:
        found: dict[tuple[object, ...], Difference] = {}
        for flow in openings(one.driver.supports.shared_with(other.driver.supports)):
            for kind, each in _compared(one.walk(flow), other.walk(flow)):
                found.setdefault(kind, each)
        return list(found.values())


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
    others = {(each.action, each.asked.ask.client): each for each in second.traces}
    for index, trace in enumerate(first.traces):
        other = others.get((trace.action, trace.asked.ask.client))
        if other is None:
            continue  # it could not be asked of the other one: what led to that is another difference
        told, told_otherwise = _told(trace), _told(other)
        if told != told_otherwise:
            names = _names(first.traces[: index + 1])
            before = tuple(_renamed(str(each.asked.ask), names) for each in first.traces[:index])
            asked = _renamed(str(trace.asked.ask), names)
            yield _kind(trace.asked.ask), Difference(before, asked, told, told_otherwise)


def _kind(ask: Ask) -> tuple[object, ...]:
    """What kind of ask it is: of several that differ in what is sent alone, one is enough."""
    nested = tuple(each.session is not None for each in ask.within)
    return (ask.verb, ask.path, ask.behaviour, bool(ask.given.get("explicit")), nested, bool(ask.ended))


def _told(trace: Trace) -> tuple[str, ...]:
    """What an ask sent and told, without what differs from run to run."""
    names = _names([trace])
    lines = [_renamed(_line(step), names) for step in trace.asked.steps]
    return (*lines, f"told: {'success' if trace.asked.reply.ok else 'failure'}")


def _names(traces: Sequence[Trace]) -> Mapping[str, str]:
    """Names for the sessions that are in play, by their ids."""
    names: dict[str, str] = {}
    for trace in traces:
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
