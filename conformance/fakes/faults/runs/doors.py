"""Runs that are accepted or refused where they should not be, and what refused ones leave behind."""

from __future__ import annotations

from conformance.exchange import Response
from conformance.fakes.faults import fault
from conformance.fakes.faults.ways import Remembers
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features import both
from conformance.features.histories import runs_show, sessions_begin_silent
from conformance.features.statuses import runs_create_sessions, runs_need_sessions, sessions_end
from conformance.invariants import runs
from conformance.profile import RUNS, Role
from conformance.step import Step


@fault(runs.run_requires_existing_session, needs={Role.RUN})
class RunsWithoutASession(Server):
    """Answers a run on a session that does not exist, and stores nothing."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role in RUNS and step.session is not None:
            return self.run(step, Stored(step.session, step.owner or ()))
        return super().refuse_missing(step)


@fault(runs.run_requires_existing_session, needs={Role.RUN, Role.DELETE})
class RunsOnDeletedSessions(Remembers):
    """Answers a run on a session that was deleted."""

    def refuse_missing(self, step: Step) -> Response:
        gone = self.grave(step)
        if step.role in RUNS and gone is not None:
            return self.run(step, Stored(gone.id, step.owner or ()))
        return super().refuse_missing(step)


@fault(runs.run_requires_existing_session, needs={Role.RUN})
class RunCreatesTheSession(Server):
    """Creates a session when one is run that is not there."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role in RUNS and step.session is not None:
            session = Stored(step.session, step.owner or (), updated=self.clock)
            self.keep(session)
            return self.run(step, session)
        return super().refuse_missing(step)


@fault(runs.live_session_accepts_runs, needs={Role.RUN}, applies=sessions_begin_silent)
class RefusesTheSecondRun(Server):
    """Refuses every run but the first of a session."""

    def run(self, step: Step, session: Stored) -> Response:
        return self.refuse_invalid(step) if session.history else super().run(step, session)


@fault(runs.live_session_accepts_runs, needs={Role.RUN, Role.ENRICH})
class RefusesRunsAfterAnEnrichment(Remembers):
    """Refuses a run since the session was changed by an enrichment in the meantime."""

    def run(self, step: Step, session: Stored) -> Response:
        return self.refuse_invalid(step) if self.was_enriched(session) else super().run(step, session)


@fault(runs.live_session_accepts_runs, needs={Role.RUN})
class RunsOnlyTheNewestSession(Server):
    """Says of every session but the one that was created last that it is missing when it is run."""

    def run(self, step: Step, session: Stored) -> Response:
        newest = self.of(session.owner)[-1:]
        return super().run(step, session) if session in newest else self.refuse_missing(step)


@fault(runs.refused_run_leaves_no_trace, applies=both(runs_show, runs_need_sessions))
class RefusedRunCreatesTheSession(Server):
    """Refuses a run on a missing session, and creates the session all the same."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role in RUNS and step.session is not None:
            self.keep(Stored(step.session, step.owner or ()))
        return super().refuse_missing(step)


@fault(runs.refused_run_leaves_no_trace, applies=runs_show)
class RefusedRunIsKept(Server):
    """Appends a message to the history before it checks the request, and refuses an invalid one too late."""

    def refuse_invalid(self, step: Step) -> Response:
        session = self.find(step)
        if step.role in RUNS and session is not None:
            message = self.render.message(step, "kept although refused")
            self.append(session, [self.render.item(message, self.new_id(), self.clock)])
        return super().refuse_invalid(step)


@fault(runs.refused_run_leaves_no_trace, applies=runs_show)
class RefusedRunClearsTheHistory(Server):
    """Clears the history of a session when it refuses a run of it."""

    def refuse_invalid(self, step: Step) -> Response:
        session = self.find(step)
        if step.role in RUNS and session is not None:
            session.history = []
        return super().refuse_invalid(step)


@fault(runs.stream_and_run_agree, needs=RUNS)
class RefusesStreams(Server):
    """Refuses every stream, although the same run is accepted."""

    def run(self, step: Step, session: Stored) -> Response:
        return self.refuse_invalid(step) if step.role is Role.STREAM else super().run(step, session)


@fault(runs.stream_and_run_agree, needs=RUNS)
class RefusesRunsThatDoNotStream(Server):
    """Refuses every run, although the same stream is accepted."""

    def run(self, step: Step, session: Stored) -> Response:
        return self.refuse_invalid(step) if step.role is Role.RUN else super().run(step, session)


@fault(runs.ended_session_refuses_runs, needs={Role.RUN, Role.TRANSITION}, applies=sessions_end)
class RunsAfterTheEnd(Server):
    """Takes runs on a session that has ended."""

    def ended(self, session: Stored) -> bool:
        return False


@fault(runs.first_run_creates_the_session, applies=runs_create_sessions)
class RefusesFirstRuns(Server):
    """Refuses a run on a session that is not there, although nobody but a run can create it; but for the first two."""

    def begin(self, step: Step) -> Stored | None:
        return super().begin(step) if len(self.sessions) < 2 else None
