"""Answers of a run that are not those in the history, or those of another session."""

from __future__ import annotations

import dataclasses

from conformance import records
from conformance.exchange import Response
from conformance.expressions import MISSING, Json
from conformance.fakes.faults import fault
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features import both
from conformance.features.histories import (
    items_have_ids,
    runs_answer_items,
    runs_answer_texts,
    runs_keep_messages,
    streams_answer_items,
)
from conformance.invariants import contract, runs
from conformance.profile import Role
from conformance.step import Step


@fault(runs.answer_stands_in_history, applies=runs_answer_items)
class KeepsAnotherAnswer(Server):
    """Keeps another answer in the history than the one that it gave."""

    def append(self, session: Stored, items: list[Json]) -> None:
        forged = self.render.stamped(items[-1], self.new_id(), self.clock)
        item = self.profile.item
        if item.id is None and isinstance(forged, dict):
            forged = {**forged, "forged": True}
        super().append(session, [*items[:-1], forged])


@fault(runs.answer_stands_in_history, applies=runs_answer_items)
class KeepsTheMessageWithoutItsReply(Server):
    """Keeps what was said to a run, and not what it answered."""

    def append(self, session: Stored, items: list[Json]) -> None:
        super().append(session, items[:-1])


class _Streams(Server):
    """Streams other events than happened."""

    def streamed(self, events: list[bytes]) -> list[bytes]:
        """The events of a stream as they are sent."""
        return events

    def run(self, step: Step, session: Stored) -> Response:
        response = super().run(step, session)
        if step.role is not Role.STREAM:
            return response
        events = [each + b"\n\n" for each in response.body.split(b"\n\n") if each]
        return records.replace(response, body=b"".join(self.streamed(events)))


@fault(runs.stream_goes_on_to_the_end, needs={Role.STREAM})
class StreamsAllButTheLast(_Streams):
    """Streams all events but the last."""

    def streamed(self, events: list[bytes]) -> list[bytes]:
        return super().streamed(events)[:-1]


@fault(runs.answer_stands_in_history, needs={Role.STREAM}, applies=streams_answer_items)
class StreamsTheFirstTwice(_Streams):
    """Streams the first event twice."""

    def streamed(self, events: list[bytes]) -> list[bytes]:
        sent = super().streamed(events)
        return [*sent[:1], *sent]


@fault(contract.body_conforms, needs={Role.STREAM}, applies=streams_answer_items)
class StreamsWithoutTheLastLine(_Streams):
    """Ends a stream without the empty line that ends its last event, which readers then drop."""

    def streamed(self, events: list[bytes]) -> list[bytes]:
        return [b"".join(super().streamed(events)).rstrip(b"\n")]


@fault(runs.answer_stands_in_history, applies=both(runs_answer_items, items_have_ids))
class KeepsTheReplyTwice(Server):
    """Keeps what a run answered twice."""

    def append(self, session: Stored, items: list[Json]) -> None:
        super().append(session, [*items, items[-1]])


@fault(runs.answer_stands_in_history, applies=both(runs_answer_items, items_have_ids))
class AnswersWhatItAnsweredBefore(Server):
    """Answers a run with the answer to the one before in the same session, and keeps the right one."""

    def reset(self) -> None:
        super().reset()
        self.__answers: dict[tuple[str, str], Response] = {}

    def run(self, step: Step, session: Stored) -> Response:
        assert step.binding is not None
        door = (session.id, step.binding.operation.id)
        response = super().run(step, session)
        before, self.__answers[door] = self.__answers.get(door, response), response
        return before


@fault(runs.message_stands_in_history, applies=both(runs_keep_messages, runs_answer_items))
class KeepsTheMessageTwice(Server):
    """Keeps what was said to a run twice: as it comes in, and once more beside its answer."""

    def append(self, session: Stored, items: list[Json]) -> None:
        again = [self.render.stamped(each, self.new_id(), self.clock) for each in items[:-1]]
        super().append(session, [*again, *items])


@fault(runs.message_stands_in_history, runs.answer_stands_in_history, applies=runs_keep_messages)
class KeepsTheReplyWithoutItsMessage(Server):
    """Keeps what a run answered, and not what was said to it."""

    def append(self, session: Stored, items: list[Json]) -> None:
        super().append(session, items[-1:])


@fault(runs.message_stands_in_history, applies=runs_keep_messages)
class KeepsTheMessageBefore(Server):
    """Keeps, beside its answer, the message of the run before."""

    def reset(self) -> None:
        super().reset()
        self.__said: Json = MISSING

    def run(self, step: Step, session: Stored) -> Response:
        said, self.__said = self.__said, step.message
        return super().run(records.replace(step, message=step.message if said is MISSING else said), session)


@fault(runs.run_answers_for_its_own_session, applies=runs_answer_texts)
class AnswersFromTheFirstSession(Server):
    """Answers a run from what was said in the first session of the owner."""

    def reply(self, step: Step, session: Stored) -> Json:
        first = next((each for each in self.sessions.values() if each.owner == session.owner), session)
        return super().reply(step, first)


@fault(runs.run_answers_for_its_own_session, applies=runs_answer_texts)
class AnswersFromTheSessionThatRanBefore(Server):
    """Answers a run from what was said in the session that ran before it."""

    def reset(self) -> None:
        super().reset()
        self.__before: Stored | None = None

    def reply(self, step: Step, session: Stored) -> Json:
        before, self.__before = self.__before, session
        return super().reply(step, before or session)


@fault(runs.run_answers_for_its_own_session, applies=runs_answer_texts)
class AnswersFromEverySession(Server):
    """Answers a run from what was said last in all sessions of the owner."""

    def reply(self, step: Step, session: Stored) -> Json:
        said = [item for each in self.of(session.owner) for item in each.history[-2:]]
        return super().reply(step, dataclasses.replace(session, history=said))
