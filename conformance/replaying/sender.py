"""What happens when a recorded flow is sent again? A plain loop: link, send, judge, compare; in the end clean up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from conformance.exchange import Exchange, Request
from conformance.explore.bodies import pools
from conformance.explore.cleanup import clean
from conformance.explore.course import Slot, Walk
from conformance.explore.pulse import Pulse
from conformance.explore.walk import POLL, Walker
from conformance.judge import History, Judge, Violation
from conformance.profile import Profile, Role
from conformance.reader import Reader
from conformance.recordings.redaction import Redaction
from conformance.replaying.answers import Comparison
from conformance.replaying.links import NEAR, Links, learn_shown
from conformance.replaying.requests import Relinked, texts_sent
from conformance.replaying.withheld import Withheld
from conformance.reports.replayed import Answer
from conformance.step import Owner, Step
from conformance.transports import Transport

NOT_OURS = "it is of no operation of the spec"
OLDER = "its session is older than the recording"
RISKY = "its session was not made here, and its id may be somebody else's"
CLEANUPS = "a cleanup would take away what others made"


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry to be sent again: its number, and the exchange as the judge takes it."""

    number: int
    exchange: Exchange


@dataclass(slots=True)
class Played:
    """One flow that was sent again: its answers, what they break, and what could not be deleted. It is `stopped` if the
    target is gone, or if it was `interrupted`."""

    answers: list[Answer] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    undeleted: list[str] = field(default_factory=list)
    stopped: bool = False
    interrupted: bool = False


class Sender:
    """Sends recorded flows over one transport.

    A target that forgets everything before each flow gets the ids of the recording. To any other this is a guest:
    owners and ids are new and carry the `run`'s name, only sessions made here are written to, and they are deleted.
    A recording that answers `itself` is sent all that it holds; the credentials of one that is not `ours` go to no
    other host than its own. What is told of answers is what `redaction` leaves.
    """

    def __init__(
        self,
        profile: Profile,
        recorded: Reader,
        transport: Transport,
        run: str,
        *,
        disposable: bool = True,
        rate: float = 0.0,
        closed: bool = True,
        itself: bool = False,
        ours: bool = True,
        redaction: Redaction | None = None,
    ) -> None:
        self._profile = profile
        self._recorded = recorded
        self._transport = transport
        self._run = run
        self._closed = closed
        self._itself = itself
        self._redaction = redaction
        self._disposable = disposable
        self._pause = 1 / rate if rate else 0.0
        self._judge = Judge(profile)
        self._count = 0
        self._secrets = _secrets(profile)
        self.withheld = Withheld("" if ours else transport.base)
        self._walker = None if transport.resets else Walker(profile, transport, pools(profile, 0), run, 0)
        self.pulse = Pulse(transport) if self._walker is None else self._walker.pulse

    async def play(self, name: str, flow: Sequence[Recorded]) -> Played:
        """Send one flow; gives what came of it, also if it is interrupted."""
        self._count += 1
        played, walk = Played(), Walk()
        playing = _Playing(
            Links(self._profile, "" if self._transport.resets else f"{self._run}-{self._count}"),
            self._judge.history(self._closed or not self._itself),
            walk,
        )
        await self._transport.reset()
        try:
            for each in flow:
                if not await self.pulse.beats():
                    played.stopped = True
                    break
                played.answers.append(await self._answer(name, each, playing, played))
        except asyncio.CancelledError:
            played.stopped = played.interrupted = True
        finally:
            if self._walker is not None:
                played.undeleted += await asyncio.shield(clean(self._walker, walk))
        return played

    async def _answer(self, name: str, each: Recorded, playing: _Playing, played: Played) -> Answer:
        """Send one request, and compare its answer."""
        before = self._recorded.read(each.exchange)
        told = before if self._redaction is None else self._recorded.read(self._redaction.exchange(each.exchange))
        what = f"{told.exchange.request.method} {told.exchange.request.target}"[:160]
        operation = before.operation.id if before.operation else ""
        left_out = self._left_out(before, playing)
        if left_out:
            return Answer(each.number, name, operation, what, left_out=left_out)
        request = Relinked(self._profile, playing.links, self._secrets, self.withheld).request(before)
        playing.comparison.sent(texts_sent(told))
        if before.owner is not None and _makes(before):
            playing.own(playing.links.whole_owner(before.owner))  # an answer may never come
        exchange = await self._settled(before, request, playing.history)
        after, violations = playing.history.see(exchange)
        played.violations += violations
        self._learn(before, after, playing)
        if self._redaction is not None:
            # Of both alike, so that what is a secret by its name is the same if it was.
            after = self._judge.reader.read(self._redaction.exchange(exchange))
            learn_shown(playing.links, self._profile, told, after)
        return Answer(each.number, name, operation, what, playing.comparison.differences(told, after))

    async def _settled(self, before: Step, request: Request, history: History) -> Exchange:
        """The answer to a request; that of a read that may lag behind once it fits, or its time is over."""
        exchange = await self._send(request)
        lag = before.binding.eventual if before.binding is not None else 0.0
        loop = asyncio.get_running_loop()
        started = loop.time()
        while lag and loop.time() - started < lag and not history.settled(exchange):
            await asyncio.sleep(POLL)
            exchange = await self._send(request)
        return exchange

    async def _send(self, request: Request) -> Exchange:
        if self._pause:
            await asyncio.sleep(self._pause)
        exchange = await self._transport.send(request)
        self.pulse.feel(exchange)
        return exchange

    def _left_out(self, step: Step, playing: _Playing) -> str:
        """Why a request is not sent; empty if it is."""
        binding = step.binding
        if step.operation is None:
            return NOT_OURS
        if self._itself:
            return ""
        if binding is None or not binding.names_session or step.session is None:
            risky = binding is not None and binding.role is Role.CLEANUP and not self._disposable
            return CLEANUPS if risky and not (binding and binding.owner and self._profile.fresh_owners) else ""
        if playing.links.known(step.session) is not None:
            return ""
        if not self._closed and step.accepted and not step.says_missing and not binding.creates:
            return OLDER
        fresh = self._profile.scoped and self._profile.fresh_owners
        if not (self._transport.resets or fresh or step.reads or len(step.session) >= NEAR):
            return RISKY
        return ""

    def _learn(self, before: Step, after: Step, playing: _Playing) -> None:
        """Link what was made, and remember it to be deleted."""
        learn_shown(playing.links, self._profile, before, after)
        session = after.created if after.role is Role.CREATE else after.session
        if self._walker is None or not _makes(after) or session is None:
            return
        refused = after.exchange.failure is None and not after.accepted
        owner = after.owner or (after.views[0].owner if after.views else None) or ()
        if not refused:
            playing.remember(owner, session)


def _makes(step: Step) -> bool:
    """Whether a call may make a session."""
    return step.role is Role.CREATE or (step.binding is not None and step.binding.creates)


class _Playing:
    """A flow while it is sent."""

    def __init__(self, links: Links, history: History, walk: Walk) -> None:
        self.links = links
        self.history = history
        self.comparison = Comparison(links)
        self._walk = walk

    def own(self, owner: Owner) -> None:
        """Remember an owner under whom sessions are made."""
        if owner not in self._walk.owners:
            self._walk.owners.append(owner)

    def remember(self, owner: Owner, session: str) -> None:
        """Remember a session that is to be deleted."""
        self.own(owner)
        index = self._walk.owners.index(owner)
        if not any(slot.id == session and slot.owner == index for slot in self._walk.slots):
            self._walk.slots.append(Slot(session, index))


def _secrets(profile: Profile) -> Mapping[str, str]:
    """The secret of each identity, by the name that the judge of recordings knows it by; where no credentials are
    wanted, but some may be sent, by their template."""
    identities = profile.credentials.identities()
    if not profile.credentials.required:
        return dict(zip((profile.credentials.template,), identities, strict=False))
    return {f"identity {number}": secret for number, secret in enumerate(identities, start=1)}
