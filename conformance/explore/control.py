"""Is the blame right? Two control experiments on the shortest flow of a finding.

The flow without the call that is blamed: if the same is seen without it, another one is to blame. And the flow with a
look at every session after each write: what had not been seen apart is seen apart there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence

from conformance.explore.actions import Action, Flow, Wrongness
from conformance.explore.course import Trace, Walk
from conformance.explore.findings import Found, violations
from conformance.judge import Signature
from conformance.profile import Profile, Role
from conformance.step import Step

MAX_LOOKS = 60
"""So many looks at most are put into one flow."""

LOOKS = frozenset({Role.READ, Role.HISTORY})

Replay = Callable[[Flow], Awaitable[Walk]]
"""Walks a flow under a judgement of its own."""


async def without_the_blamed(profile: Profile, found: Found, replay: Replay) -> list[Signature]:
    """What else is seen in the same way without the call that is blamed."""
    operations = [profile.bindings[action.binding].operation.id for action in found.flow[:-1]]
    if found.signature.operation not in operations:
        return []
    blamed = len(operations) - 1 - operations[::-1].index(found.signature.operation)
    walk = await replay(found.flow[:blamed] + found.flow[blamed + 1 :])
    alike = (each for _, each, _ in violations(walk) if each.kind == found.signature.kind)
    return [each for each in alike if each != found.signature]


async def with_looks(profile: Profile, found: Found, replay: Replay) -> tuple[Signature, int, Walk] | None:
    """What is seen in the place of a finding where it is looked after each write, after how many calls, and the walk
    that shows it: with the one look that does, if that is enough.

    Only what shows at the last write before the finding, or at one that it doubted itself, takes its place: what shows
    sooner may well be another bug. And a finding that shows all the same, or is about a write that was accepted,
    stands for itself.
    """
    last = _last_write(found.traces)
    if last is None or found.violation is None or _answered_so(found):
        return None
    flow, begins = _looked_at(profile, found.traces, last)
    if len(flow) - len(found.traces) > MAX_LOOKS:
        return None
    walk = await replay(flow)
    shown = list(violations(walk))
    if not shown or any(signature == found.signature for _, signature, _ in shown):
        return None
    calls, first, _ = shown[0]
    if calls <= begins and first.operation not in found.violation.observation.others:
        return None
    for shorter in _shorter(walk.traces[:calls]):
        short = await replay(shorter)
        again = next((after for after, signature, _ in violations(short) if signature == first), None)
        if again is not None:
            return first, again, short
    return first, calls, walk


def _answered_so(found: Found) -> bool:
    """Whether it is wrong that a write was accepted: then nobody else has to be looked for."""
    step, violation = found.traces[-1].step, found.violation
    return violation is not None and step.accepted and not step.reads and not violation.observation.operation


def _shorter(traces: Sequence[Trace]) -> Iterator[Flow]:
    """A flow without its looks but for the last, and with the one at the same session before the last write."""
    writes = [trace.action for trace in traces if not _is_look(trace)]
    look = traces[-1]
    yield (*writes, look.action)
    last = _last_write(traces) or 0
    for trace in reversed(traces[:last]):
        if _is_look(trace) and trace.step.session == look.step.session and trace.step.role is look.step.role:
            yield (*writes[:-1], trace.action, writes[-1], look.action)
            return


def _last_write(traces: Sequence[Trace]) -> int | None:
    """The index of the last call before the one that shows something which is no look; None if there is none."""
    others = [index for index, trace in enumerate(traces[:-1]) if not _is_look(trace)]
    return others[-1] if others else None


def _is_look(trace: Trace) -> bool:
    """Whether a call looks at one session. A list may change what it shows, as a write does."""
    return trace.step.role in LOOKS


def _looked_at(profile: Profile, traces: Sequence[Trace], last: int) -> tuple[Flow, int]:
    """A flow with a look at every session after each write but the one that ends it, and how long it is up to its last
    write."""
    looks = [index for index, each in enumerate(profile.bindings) if each.role in LOOKS]
    live: list[str] = []
    gone: list[str] = []
    flow: list[Action] = []
    begins = 0
    for index, trace in enumerate(traces):
        begins = len(flow) if index == last else begins
        flow.append(trace.action)
        _follow(trace.step, live, gone)
        if index < len(traces) - 1 and not _is_look(trace):
            flow += _looks(looks, Wrongness.NONE, len(live))
            flow += _looks(looks, Wrongness.GONE, len(gone))
    return tuple(flow), begins


def _looks(bindings: list[int], wrongness: Wrongness, sessions: int) -> Iterator[Action]:
    """A look at so many sessions by each of these bindings."""
    for session in range(sessions):
        for binding in bindings:
            yield Action(binding, session, wrongness=wrongness)


def _follow(step: Step, live: list[str], gone: list[str]) -> None:
    """Keep account of which sessions there are."""
    made = step.session if step.binding is not None and step.binding.creates else step.created
    if not step.accepted:
        return
    if step.role is Role.DELETE and step.session in live:
        live.remove(step.session or "")
        gone.append(step.session or "")
    elif made is not None and made not in live:
        live.append(made)
