"""Clocks that run backwards, and times that cannot be."""

from __future__ import annotations

import dataclasses

from conformance.exchange import Request, Response
from conformance.expressions import Json, resolve
from conformance.fakes.faults import fault
from conformance.fakes.renderer import EPOCH, Stored
from conformance.fakes.server import Server
from conformance.features import both, either
from conformance.features.answers import (
    reads_sessions,
    shows_creation,
    shows_creation_and_update,
    shows_moving_times,
    shows_updates,
    writes_show_sessions,
)
from conformance.features.histories import items_have_times, runs_show
from conformance.invariants import times
from conformance.profile import Role
from conformance.step import Owner, Step


@fault(times.time_moves_forward, applies=shows_moving_times)
class ClockJumpsBack(Server):
    """Has a clock that jumps back by an hour now and then."""

    def answer(self, request: Request) -> Response:
        response = super().answer(request)
        if round(self.clock * 1000) % 9 == 0:
            self.clock -= 3600
        return response


@fault(times.time_moves_forward, times.times_are_valid, applies=shows_updates)
class RunTakesTheUpdateBack(Server):
    """Says after a run that the session was last updated an hour before the fake was started."""

    def append(self, session: Stored, items: list[Json]) -> None:
        super().append(session, items)
        session.updated = EPOCH - 3600


@fault(times.time_moves_forward, applies=both(runs_show, items_have_times))
class ReplyIsOlderThanItsMessage(Server):
    """Stamps a reply with a time that lies before that of its message."""

    def append(self, session: Stored, items: list[Json]) -> None:
        shape = self.profile.item
        same_id = "" if shape.id is None else str(resolve(items[-1], shape.id))
        older = self.render.stamped(items[-1], same_id, self.clock - 60)
        super().append(session, [*items[:-1], older])


@fault(times.time_moves_forward, times.times_are_valid, needs={Role.LIST}, applies=shows_updates)
class ListIsStampedByAnotherClock(Server):
    """Shows the times in a list a second late."""

    def listed(self, step: Step) -> list[Stored]:
        return [dataclasses.replace(each, updated=each.updated - 1) for each in super().listed(step)]


@fault(times.times_are_valid, applies=shows_creation_and_update)
class CreatesSessionsInTheFuture(Server):
    """Dates the creation of a session an hour ahead."""

    def made(self, session_id: str, owner: Owner) -> Stored:
        session = super().made(session_id, owner)
        session.created += 3600
        return session


@fault(times.creation_time_stays, applies=both(shows_creation, either(reads_sessions, writes_show_sessions)))
class CreationMovesWithEachWrite(Server):
    """Shows the time of the last write as that of the creation."""

    def show(self, step: Step, session: Stored) -> Response:
        session.created = session.updated
        return super().show(step, session)


@fault(times.item_keeps_its_time, applies=both(runs_show, items_have_times))
class StampsItemsAnewAtEachRead(Server):
    """Shows all items of a history with the time of the read."""

    def read(self, step: Step, session: Stored) -> Response:
        shape = self.profile.item
        names = ["" if shape.id is None else str(resolve(each, shape.id)) for each in session.history]
        stamped = zip(session.history, names, strict=True)
        session.history = [self.render.stamped(each, name, self.clock) for each, name in stamped]
        return super().read(step, session)
