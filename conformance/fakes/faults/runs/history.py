"""Histories to which too little is added, or that lose what was there."""

from __future__ import annotations

from conformance.calls import Key
from conformance.exchange import Response
from conformance.expressions import Json
from conformance.fakes.faults import fault
from conformance.fakes.faults.ways import Counts, Late
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server, T
from conformance.features import both, either
from conformance.features.answers import limits_histories, shows_long_histories
from conformance.features.attributes import (
    fills_attributes,
    keeps_objects,
    runs_leave_attributes,
    runs_may_write_attributes,
)
from conformance.features.histories import items_have_ids, keeps_history, runs_keep_messages, runs_show
from conformance.invariants import isolation, runs
from conformance.profile import RUNS, Role
from conformance.step import Step


@fault(runs.added_items_have_ids_of_their_own, applies=both(items_have_ids, runs_keep_messages))
class GivesAnIdTwice(Counts):
    """Gives every second item the id of the one before."""

    def new_id(self, kind: str = "item") -> str:
        if kind != "item":
            return super().new_id(kind)
        if self.count(GivesAnIdTwice) % 2:
            self.__last = super().new_id(kind)
        return self.__last


@fault(runs.page_of_a_history_holds_what_stands_there, applies=limits_histories)
class CountsAHistoryFromItsEnd(Server):
    """Shows the last items of a history where the first were asked for."""

    def page(self, step: Step, items: list[T]) -> tuple[list[T], str | None]:
        page, following = super().page(step, items)
        asked = step.role is Role.HISTORY and step.page.limit is not None and step.page.first
        return (items[-len(page) :], following) if asked and page else (page, following)


@fault(runs.page_of_a_history_holds_what_stands_there, applies=limits_histories)
class LimitsNoHistory(Server):
    """Shows all items of a history from a place on, however few were asked for."""

    def page(self, step: Step, items: list[T]) -> tuple[list[T], str | None]:
        page, following = super().page(step, items)
        if step.role is not Role.HISTORY or step.page.limit is None or not page:
            return page, following
        return items[next(index for index, each in enumerate(items) if each is page[0]) :], following


@fault(runs.run_appends, applies=runs_show)
class RunAppendsNothing(Server):
    """Answers a run and keeps nothing of it."""

    def append(self, session: Stored, items: list[Json]) -> None:
        return


@fault(runs.run_appends, isolation.writes_stay_in_their_session, applies=runs_show)
class RunGoesToTheFirstSession(Server):
    """Appends what a run says to the first session of the owner."""

    def append(self, session: Stored, items: list[Json]) -> None:
        super().append(self.of(session.owner)[0], items)


@fault(runs.run_appends, runs.answer_stands_in_history, applies=runs_show)
class RunIsKeptOneCallLate(Late):
    """Appends what a run said only after the next call was answered."""

    def append(self, session: Stored, items: list[Json]) -> None:
        append = super().append
        self.later(lambda: append(session, items))


@fault(runs.run_appends, needs=RUNS, applies=runs_show)
class StreamIsNotKept(Server):
    """Keeps nothing of a run that is streamed."""

    def run(self, step: Step, session: Stored) -> Response:
        before = session.history
        response = super().run(step, session)
        if step.role is Role.STREAM:
            session.history = before
        return response


@fault(runs.run_keeps_history, applies=runs_show)
class RunReplacesTheHistory(Server):
    """Keeps only what the last run said."""

    def append(self, session: Stored, items: list[Json]) -> None:
        session.history = []
        super().append(session, items)


@fault(runs.run_keeps_history, applies=runs_show)
class HistoryIsCutToTheLastItems(Server):
    """Keeps only the last five items of a history."""

    def append(self, session: Stored, items: list[Json]) -> None:
        super().append(session, items)
        session.history = session.history[-5:]


@fault(runs.run_keeps_history, applies=both(runs_show, shows_long_histories))
class HistoryIsCutToTwentyItems(Server):
    """Keeps only the last twenty items of a history."""

    def append(self, session: Stored, items: list[Json]) -> None:
        super().append(session, items)
        session.history = session.history[-20:]


@fault(runs.run_keeps_history, applies=runs_show)
class RunPutsItsItemsFirst(Server):
    """Puts new items before the earlier ones."""

    def append(self, session: Stored, items: list[Json]) -> None:
        session.history = [*items, *session.history]


@fault(runs.run_keeps_history, applies=runs_show)
class RunDropsTheItemBefore(Server):
    """Drops the item that stood last in the history before a run."""

    def append(self, session: Stored, items: list[Json]) -> None:
        session.history = session.history[:-1]
        super().append(session, items)


@fault(runs.run_keeps_history, needs={Role.RUN, Role.ENRICH}, applies=keeps_history)
class RunForgetsWhatWasSaidBeforeAnEnrichment(Server):
    """Begins a new history with the first run after an enrichment."""

    def reset(self) -> None:
        super().reset()
        self.__enriched: set[str] = set()

    def merge(self, step: Step, session: Stored) -> None:
        self.__enriched.add(session.id)
        super().merge(step, session)

    def append(self, session: Stored, items: list[Json]) -> None:
        if session.id in self.__enriched:
            session.history = []
        self.__enriched.discard(session.id)
        super().append(session, items)


@fault(runs.run_leaves_attributes_alone, applies=both(runs_leave_attributes, fills_attributes))
class RunWipesTheAttributes(Server):
    """Empties the attributes of a session whenever it runs."""

    def run(self, step: Step, session: Stored) -> Response:
        session.attributes = {}
        return super().run(step, session)


@fault(runs.run_leaves_attributes_alone, applies=both(runs_leave_attributes, keeps_objects))
class RunCountsItselfInTheAttributes(Server):
    """Writes the number of runs into the attributes."""

    def run(self, step: Step, session: Stored) -> Response:
        for name in self.profile.session.attributes.keys() - self.profile.singles:
            value = session.attributes.get(name) or {}
            session.attributes[name] = {**value, "runs": value.get("runs", 0) + 1}
        return super().run(step, session)


@fault(
    runs.run_leaves_attributes_alone,
    runs.run_brings_nothing_back,
    needs={Role.ENRICH},
    applies=either(runs_leave_attributes, runs_may_write_attributes),
)
class RunUndoesEnrichments(Server):
    """Saves the attributes with which a session was created whenever it runs."""

    def reset(self) -> None:
        super().reset()
        self.__first: dict[Key, dict[str, Json]] = {}

    def keep(self, session: Stored) -> None:
        super().keep(session)
        self.__first[self.key(session.owner, session.id)] = dict(session.attributes)

    def run(self, step: Step, session: Stored) -> Response:
        session.attributes = dict(self.__first.get(self.key(session.owner, session.id), {}))
        return super().run(step, session)
