"""The control experiments: who was blamed because too little was seen apart is cleared, and no other bug is hidden."""

from __future__ import annotations

import asyncio

from conformance import Budget, load
from conformance.exchange import Response
from conformance.explore.explorer import Exploration, Explorer
from conformance.fakes import asgi
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.judge import Judge, Signature
from conformance.profile import Role
from conformance.step import Step
from conformance.transports.asgi import AsgiTransport

ADK = load("adk")
TAKEN_ALONG = Signature("isolation/deleting-one-session-leaves-the-rest", "delete_session", "vanished")
VANISHED = Signature("existence/live-session-stays", "get_session", "vanished")


class DeletesTheNextAsWell(Server):
    """Deletes, together with a session, the one that was created after it."""

    def delete(self, step: Step, session: Stored) -> Response:
        """Delete two."""
        every = self.of(session.owner)
        for each in every[every.index(session) + 1 :][:1]:
            self.forget(each)
        return super().delete(step, session)


class LosesWhatWasRunTwice(Server):
    """Answers the second run of a session, and loses the session."""

    def run(self, step: Step, session: Stored) -> Response:
        """Run, and lose it."""
        response = super().run(step, session)
        if len(session.history) >= 4:
            self.forget(session)
        return response


class DeletesNothingEither(DeletesTheNextAsWell):
    """Deletes the next session, and goes on serving the one that it was asked to delete: two bugs."""

    def delete(self, step: Step, session: Stored) -> Response:
        """Delete the wrong one."""
        response = super().delete(step, session)
        self.keep(session)
        return response


def explored(server: Server, requests: int = 2_000) -> Exploration:
    """What exploring a server brings up."""
    explorer = Explorer(
        ADK,
        AsgiTransport(asgi.app(server), reset=server.reset),
        Judge(ADK),
        seed=0,
        run="control",
        budget=Budget(requests=requests, seconds=120.0),
    )
    return asyncio.run(explorer.explore())


def primary(result: Exploration) -> set[Signature]:
    """The findings that follow no other."""
    return {signature for signature, found in result.found.items() if found.follows is None}


def test_what_a_delete_took_along_is_told_once() -> None:
    """Whatever is missed later, and by whichever call, follows from the delete that took it."""
    result = explored(DeletesTheNextAsWell(ADK))
    assert len(result.found) > 2
    assert primary(result) == {TAKEN_ALONG}


def test_what_was_never_seen_is_brought_up() -> None:
    """A run that is refused is not to blame where a look before it finds no session: that becomes the finding, with a
    short flow."""
    result = explored(LosesWhatWasRunTwice(ADK), 600)
    assert primary(result) == {VANISHED}
    found = result.found[VANISHED]
    assert found.reproduced is True
    assert [trace.step.role for trace in found.traces[-2:]] == [Role.RUN, Role.READ]
    assert len(found.flow) <= 5


def test_two_bugs_stay_two_findings() -> None:
    """What shows all the same, where it is looked after each write, stands for itself."""
    names = {signature.invariant for signature in primary(explored(DeletesNothingEither(ADK)))}
    assert {TAKEN_ALONG.invariant, "existence/deleted-session-stays-gone"} <= names


class ListsAndForgets(Server):
    """Forgets the oldest of three sessions when they are listed."""

    def list_sessions(self, step: Step) -> Response:
        """List, and forget."""
        response = super().list_sessions(step)
        every = self.of(step.owner or ())
        if len(every) > 2:
            self.forget(every[0])
        return response


def test_a_list_can_be_to_blame_as_well() -> None:
    """What a list took away is not held against the run that misses it."""
    result = explored(ListsAndForgets(ADK), 1_100)
    assert len(result.found) > 1
    assert primary(result) == {VANISHED}


class StreamsNothingButErrors(Server):
    """Has no model to ask: each stream is a success that ends in an error."""

    breaks_off = staticmethod(lambda _text: True)

    def run(self, step: Step, session: Stored) -> Response:
        """Stream an error."""
        if step.role is Role.STREAM and self.breaks_off(str(step.message)):
            return Response(200, (("content-type", "text/event-stream"),), b'data: {"error": "no model"}\n\n')
        return super().run(step, session)


class StreamsNoControlCharacters(StreamsNothingButErrors):
    """Breaks a stream off in which a control character is said."""

    breaks_off = staticmethod(lambda text: "\\x07" in text or "\\x1b" in text or "\\x01" in text)


def blamed_values(server: Server) -> set[str]:
    """The invariants on values that are said to be broken by a stream."""
    found = explored(server).found
    return {each.invariant for each in found if each.invariant.startswith("values/") and "sse" in each.operation}


def test_what_fails_with_plain_values_as_well_is_not_the_values_fault() -> None:
    """A plain run comes before an awkward one, and tells whether streams work at all."""
    assert blamed_values(StreamsNothingButErrors(ADK)) == set()
    assert blamed_values(StreamsNoControlCharacters(ADK)) == {"values/control-characters-are-kept"}
