"""Statuses that are lost, forbidden ones that are taken, and transitions that touch more than the status."""

from __future__ import annotations

import dataclasses

from conformance.exchange import Response
from conformance.fakes.faults import fault
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features.attributes import keeps_attributes, runs_leave_later_statuses, runs_leave_status
from conformance.features.histories import runs_show
from conformance.features.statuses import declares_arrows, moves_on
from conformance.invariants import runs, transitions
from conformance.profile import STATUS, Role
from conformance.step import Step


@fault(transitions.transition_requires_existing_session, needs={Role.TRANSITION})
class MovesSessionsThatAreNotThere(Server):
    """Acknowledges a new status for a session that does not exist."""

    def refuse_missing(self, step: Step) -> Response:
        if step.role is Role.TRANSITION and step.session is not None:
            return self.show(step, self.made(step.session, step.owner or ()))
        return super().refuse_missing(step)


@fault(transitions.declared_transition_is_accepted, needs={Role.TRANSITION}, applies=moves_on)
class RefusesADeclaredTransition(Server):
    """Refuses every transition but the first of a session."""

    def reset(self) -> None:
        super().reset()
        self.moved: set[int] = set()

    def transition(self, step: Step, session: Stored) -> Response:
        before = id(session) in self.moved
        self.moved.add(id(session))
        return self.refuse_transition(step, session) if before else super().transition(step, session)


@fault(transitions.undeclared_transition_is_refused, needs={Role.TRANSITION}, applies=declares_arrows)
class TakesEveryTransition(Server):
    """Takes any status after any other."""

    def leads(self, before: str, after: str) -> bool:
        return True


@fault(transitions.transition_reads_back, needs={Role.TRANSITION})
class EchoesAndForgetsTheStatus(Server):
    """Answers a transition with the new status, and stores nothing."""

    def move(self, session: Stored, status: str) -> None:
        self.echo = dataclasses.replace(session, status=status)

    def transition(self, step: Step, session: Stored) -> Response:
        self.echo = session
        response = super().transition(step, session)
        return response if self.echo is session else self.show(step, self.echo)


@fault(transitions.transition_reads_back, needs={Role.TRANSITION})
class MovesTheLastSession(Server):
    """Gives the new status to the session that was created last."""

    def move(self, session: Stored, status: str) -> None:
        super().move(next(reversed(self.sessions.values())), status)


@fault(transitions.refused_transition_changes_nothing, needs={Role.TRANSITION}, applies=declares_arrows)
class RefusedTransitionIsTaken(Server):
    """Changes the status before it looks for an arrow, and refuses too late."""

    def refuse_transition(self, step: Step, session: Stored) -> Response:
        response = super().refuse_transition(step, session)
        session.status = step.sent.get(STATUS, session.status)
        return response


@fault(runs.run_leaves_attributes_alone, applies=runs_leave_status)
class RunMovesTheStatus(Server):
    """Gives a session another status whenever it runs."""

    def run(self, step: Step, session: Stored) -> Response:
        response = super().run(step, session)
        names = self.profile.lifecycle.names
        session.status = next(name for name in names if name != session.status)
        return response


@fault(runs.run_leaves_attributes_alone, applies=runs_leave_later_statuses)
class RunTakesTheStatusBack(Server):
    """Gives a session its first status again whenever it runs."""

    def run(self, step: Step, session: Stored) -> Response:
        response = super().run(step, session)
        session.status = self.profile.lifecycle.initial or self.profile.lifecycle.names[0]
        return response


@fault(transitions.transition_leaves_the_rest_alone, needs={Role.TRANSITION}, applies=keeps_attributes)
class TransitionClearsTheAttributes(Server):
    """Clears the attributes of a session whenever its status changes."""

    def move(self, session: Stored, status: str) -> None:
        super().move(session, status)
        session.attributes = {}


@fault(transitions.transition_leaves_the_rest_alone, needs={Role.TRANSITION}, applies=runs_show)
class TransitionClearsTheHistory(Server):
    """Clears the history of a session whenever its status changes."""

    def move(self, session: Stored, status: str) -> None:
        super().move(session, status)
        session.history = []
