"""Answers that the OpenAPI document does not describe."""

from __future__ import annotations

import json

from conformance import records
from conformance.exchange import Request, Response
from conformance.fakes.faults import fault
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features.answers import (
    demands_headers,
    demands_members_of_reads,
    documents_numbers_in_headers,
    reads_sessions,
    streams_on_request,
)
from conformance.features.names import refuses_duplicates
from conformance.features.statuses import documents_refusals
from conformance.invariants import contract
from conformance.profile import RUNS, Role
from conformance.step import Step


@fault(contract.no_server_error, needs={Role.CREATE})
class SecondCreateFails(Server):
    """Answers every second create with a server error, and creates nothing."""

    def reset(self) -> None:
        super().reset()
        self.__creates = 0

    def create(self, step: Step) -> Response:
        self.__creates += 1
        return Response(500) if self.__creates % 2 == 0 else super().create(step)


@fault(contract.no_server_error)
class FailsOnAMissingSession(Server):
    """Fails on a session that is not there."""

    def refuse_missing(self, step: Step) -> Response:
        return Response(500)


@fault(contract.no_server_error)
class FailsOnAnInvalidRequest(Server):
    """Fails on a request that violates the spec."""

    def refuse_invalid(self, step: Step) -> Response:
        return Response(500)


@fault(contract.no_server_error, applies=refuses_duplicates)
class FailsOnADuplicate(Server):
    """Fails on an id that is in use, as the database has a unique index."""

    def refuse_duplicate(self, step: Step) -> Response:
        return Response(500)


@fault(contract.no_server_error, needs={Role.LIST, Role.DELETE})
class FailsToListNothing(Server):
    """Fails to list the sessions of an owner who has none."""

    def list_sessions(self, step: Step) -> Response:
        return super().list_sessions(step) if self.listed(step) else Response(500)


@fault(contract.answer_comes_whole)
class ClosesTheConnection(Server):
    """Closes the connection in the middle of every seventh answer."""

    def reset(self) -> None:
        super().reset()
        self.__answers = 0

    def answer(self, request: Request) -> Response:
        self.__answers += 1
        return super().answer(request)

    def truncates(self) -> bool:
        return self.__answers % 7 == 0 or super().truncates()


@fault(contract.answer_comes_whole, needs={Role.STREAM})
class StreamsBreakOff(Server):
    """Closes the connection in the middle of every stream."""

    def reset(self) -> None:
        super().reset()
        self.__streamed = False

    def answer(self, request: Request) -> Response:
        self.__streamed = False
        return super().answer(request)

    def run(self, step: Step, session: Stored) -> Response:
        self.__streamed = step.role is Role.STREAM
        return super().run(step, session)

    def truncates(self) -> bool:
        return self.__streamed or super().truncates()


@fault(contract.answer_comes_in_time, needs={Role.LIST})
class ListHangsWithTwoSessions(Server):
    """Never answers a list of two sessions or more."""

    def reset(self) -> None:
        super().reset()
        self.__held = 0.0

    def answer(self, request: Request) -> Response:
        self.__held = 0.0
        return super().answer(request)

    def list_sessions(self, step: Step) -> Response:
        self.__held = 3600.0 if len(self.listed(step)) > 1 else 0.0
        return super().list_sessions(step)

    def delay(self) -> float:
        return max(self.__held, super().delay())


@fault(contract.answer_comes_in_time, needs={Role.RUN})
class ThirdRunHangs(Server):
    """Never answers the third run of a session."""

    def reset(self) -> None:
        super().reset()
        self.__held = 0.0

    def answer(self, request: Request) -> Response:
        self.__held = 0.0
        return super().answer(request)

    def run(self, step: Step, session: Stored) -> Response:
        self.__held = 3600.0 if len(session.history) == 4 else 0.0
        return super().run(step, session)

    def delay(self) -> float:
        return max(self.__held, super().delay())


@fault(contract.headers_conform, applies=demands_headers)
class LeavesOutHeaders(Server):
    """Leaves out the headers that the spec documents."""

    def answer(self, request: Request) -> Response:
        response = super().answer(request)
        kept = tuple(each for each in response.headers if each[0].startswith("content-"))
        return records.replace(response, headers=kept)


@fault(contract.headers_conform, applies=documents_numbers_in_headers)
class WritesHeadersInWords(Server):
    """Writes words into the headers that the spec documents."""

    def answer(self, request: Request) -> Response:
        response = super().answer(request)
        kept = tuple(each if each[0].startswith("content-") else (each[0], "several") for each in response.headers)
        return records.replace(response, headers=kept)


@fault(contract.status_is_documented, needs={Role.READ})
class AnswersAnUndocumentedStatus(Server):
    """Answers reads with 203."""

    def read(self, step: Step, session: Stored) -> Response:
        return records.replace(super().read(step, session), status=203)


@fault(contract.status_is_documented, needs={Role.DELETE})
class SwapsTheStatusOfADelete(Server):
    """Answers a delete with 204 where the spec says 200, and with 200 where it says otherwise."""

    def succeed(self, step: Step) -> Response:
        response = super().succeed(step)
        if step.role is not Role.DELETE:
            return response
        return Response(204) if response.status == 200 else records.replace(response, status=200)


@fault(contract.content_type_is_documented, applies=documents_refusals)
class AnswersHtml(Server):
    """Answers a missing session with a page of HTML."""

    def refuse_missing(self, step: Step) -> Response:
        status = super().refuse_missing(step).status
        return Response(status, (("content-type", "text/html"),), b"<html><body>Not found</body></html>")


@fault(contract.content_type_is_documented, applies=reads_sessions)
class AnswersJsonAsText(Server):
    """Answers a read with JSON, and calls it plain text."""

    def read(self, step: Step, session: Stored) -> Response:
        response = super().read(step, session)
        return records.replace(response, headers=(("content-type", "text/plain"), *response.headers[1:]))


class _AnswersAsTheOther(Server):
    """Answers a run as it does where the other answer is asked for."""

    def as_other(self, step: Step) -> Step:
        """The step, as if its request had asked for the other answer."""
        assert step.binding is not None
        ways = self.profile.by_operation()[step.binding.operation.method, step.binding.operation.template]
        other = next(each for each in ways if each.role in RUNS and each.role is not step.role)
        return records.replace(step, binding=other)


@fault(contract.answer_is_streamed_as_asked, applies=streams_on_request)
class NeverStreams(_AnswersAsTheOther):
    """Answers a run that asks for a stream by a whole body."""

    def run(self, step: Step, session: Stored) -> Response:
        return super().run(self.as_other(step) if step.role is Role.STREAM else step, session)


@fault(contract.answer_is_streamed_as_asked, applies=streams_on_request)
class StreamsUnasked(_AnswersAsTheOther):
    """Answers a run by a stream, although it asks for none."""

    def run(self, step: Step, session: Stored) -> Response:
        return super().run(self.as_other(step) if step.role is Role.RUN else step, session)


@fault(contract.body_conforms, applies=demands_members_of_reads)
class LeavesOutARequiredMember(Server):
    """Leaves the first required member out of the answer of a read."""

    def read(self, step: Step, session: Stored) -> Response:
        response = super().read(step, session)
        content = step.operation.success_content() if step.operation else None
        body = json.loads(response.body)
        for name in self.profile.spec.schemas.deref(content.schema if content else {}).get("required", ()):
            body.pop(name, None)
            break
        return records.replace(response, body=json.dumps(body).encode())


@fault(contract.body_conforms, applies=reads_sessions)
class AnswersAnEmptyBody(Server):
    """Answers a read with the right status, and nothing in it."""

    def read(self, step: Step, session: Stored) -> Response:
        return records.replace(super().read(step, session), body=b"")


@fault(contract.body_conforms, applies=reads_sessions)
class WrapsTheAnswer(Server):
    """Wraps the answer of a read into a list."""

    def read(self, step: Step, session: Stored) -> Response:
        response = super().read(step, session)
        return records.replace(response, body=b"[" + response.body + b"]")
