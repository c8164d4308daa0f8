"""Every answer is one that the OpenAPI document describes."""

import re
from typing import Final

from conformance.catalogue import HELD, Known, Level, Observation, invariant, must
from conformance.exchange import Failure
from conformance.features.answers import documents_headers, streams_on_request
from conformance.operations import STREAM_TYPES, is_json
from conformance.profile import ROLES, RUNS, Role
from conformance.step import Outcome, Step


@invariant(Level.MUST, on=ROLES, source="RFC 9110, section 15.6")
def no_server_error(known: Known, step: Step) -> Observation | None:
    """No request MUST be answered with a server error.

    A 5xx says that the server was surprised; nobody knows what it did until then.
    """
    if step.outcome is Outcome.LOST or step.status == 0:
        return None
    if step.status < 500:
        return HELD
    if len(step.awkward) == 1 or len(known.poisoned) == 1 or known.among_awkward_neighbours:
        return None  # the chapters on values and isolation know better what it means
    about = f" with {step.invalid} violating the spec" if step.invalid else ""
    return must(False, step, "no 5xx", f"failed {step.status}{about}")


@invariant(Level.MUST, on=ROLES)
def answer_comes_in_time(known: Known, step: Step) -> Observation | None:
    """Every request MUST be answered in time.

    A caller that never hears back cannot know what was done, and holds a connection until it gives up.
    """
    failure = step.exchange.failure
    if failure is Failure.UNRECORDED:
        return None
    return HELD if failure is None else must(failure is not Failure.TIMEOUT, step, "a whole answer in time")


@invariant(Level.MUST, on=ROLES, source="RFC 9112, section 8")
def answer_comes_whole(known: Known, step: Step) -> Observation | None:
    """Every answer MUST come whole, and of a size that a caller can hold.

    Half an answer is worse than a refusal: something was done, and nobody knows what.
    """
    if step.exchange.failure is None:
        return HELD
    if step.exchange.failure in (Failure.STALE, Failure.UNSENT, Failure.TIMEOUT, Failure.UNRECORDED):
        return None
    return must(False, step, "a whole answer")


@invariant(Level.MUST, on=ROLES, source="OpenAPI 3.1.1, section 4.8.16", form=True)
def status_is_documented(known: Known, step: Step) -> Observation | None:
    """The status of an answer MUST be one that the spec documents for the operation, or that the profile declares.

    Generated clients treat every other status as a failure of their own.
    """
    status = step.status
    if step.operation is None or status == 0 or status >= 500 or step.outcome in (Outcome.LOST, Outcome.FAILED):
        return None
    if step.operation.documented(status) is not None or (step.binding is not None and status in step.binding.declared):
        return HELD
    if step.unauthorized and step.says(known.world.profile.credentials.refused):
        return HELD
    return must(False, step, f"one of {', '.join(step.operation.answers)}", str(status))


@invariant(Level.MUST, on=ROLES, source="OpenAPI 3.1.1, section 4.8.17", form=True)
def content_type_is_documented(known: Known, step: Step) -> Observation | None:
    """The content type of an answer MUST be one that the spec documents for its status.

    A JSON client that is given HTML fails far from where the mistake was made.
    """
    response = step.exchange.response
    if step.operation is None or response is None or step.exchange.failure or response.status >= 500:
        return None
    contents = step.operation.documented(response.status)
    if not contents:
        return None
    if step.media_type in contents or "*/*" in contents:
        return HELD
    return must(False, step, ", ".join(contents), step.media_type or "none")


@invariant(Level.MUST, on=RUNS, applies=streams_on_request, form=True)
def answer_is_streamed_as_asked(known: Known, step: Step) -> Observation | None:
    """A run MUST be answered by a stream of events if it asks for one, and by a whole body if it does not.

    Who waits for events cannot read a body, and who reads a body cannot read events.
    """
    if step.binding is None or not step.accepted or not step.binding.answers_both_ways:
        return None
    streamed = step.media_type in STREAM_TYPES
    wanted = "a stream of events" if step.role is Role.STREAM else "a whole body"
    return must(streamed is (step.role is Role.STREAM), step, wanted, step.media_type or "none")


@invariant(Level.MUST, on=ROLES, source="OpenAPI 3.1.1, section 4.8.21", applies=documents_headers, form=True)
def headers_conform(known: Known, step: Step) -> Observation | None:
    """The headers that the spec documents for an answer MUST conform, and be there if they are required.

    Paging, tracing and rate limits are steered by headers.
    """
    response = step.exchange.response
    if step.operation is None or response is None or step.exchange.failure:
        return None
    documented = step.operation.documented_headers(response.status)
    for each in documented:
        problem = each.problem(response.header(each.name))
        if problem is not None:
            return must(False, step, f"a header {each.name} that conforms ({problem})", each.name.lower())
    return HELD if documented else None


@invariant(Level.MUST, on=ROLES, source="OpenAPI 3.1.1, section 4.8.14", form=True)
def body_conforms(known: Known, step: Step) -> Observation | None:
    """The body of an answer MUST conform to the schema that the spec documents for it.

    Generated clients read the fields that the schema promises.
    """
    response = step.exchange.response
    if step.operation is None or response is None or step.exchange.failure or response.status >= 500:
        return None
    contents = step.operation.documented(response.status) or {}
    content = contents.get(step.media_type)
    if content is None:
        return None
    if content.is_text and content.conforms(response.body.decode("utf-8", "replace")):
        return HELD
    if step.garbled:
        return must(False, step, f"a body that is {step.media_type} ({step.garbled})", "garbled")
    if step.media_type in STREAM_TYPES:
        problems = (content.problem(frame) for frame in step.body or [])
        problem = next((each for each in problems if each), None)
    elif is_json(step.media_type):
        problem = content.problem(step.body) if response.body else "the body is empty"
    else:
        return None
    if problem is None:
        return HELD
    place = _INDEX.sub("/*", problem.partition(":")[0])
    return must(False, step, f"a body that conforms ({problem})", f"{response.status} {place}")


_INDEX: Final = re.compile(r"/\d+(?=/|$)")
