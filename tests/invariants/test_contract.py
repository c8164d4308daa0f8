"""Every answer is one that the OpenAPI document describes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from conformance.exchange import Exchange, Failure, Response
from conformance.profile_file import built_in, load
from tests.histories import (
    ADK,
    CRASH,
    LATE,
    THREADS,
    Story,
    adk,
    bare,
    breaks,
    event,
    exchange,
    failed,
    holds,
    judged,
    message,
    said,
    silent,
    threads,
    verdicts,
)

ERROR = "contract/no-server-error"
TIME = "contract/answer-comes-in-time"
WHOLE = "contract/answer-comes-whole"
STATUS = "contract/status-is-documented"
TYPE = "contract/content-type-is-documented"
STREAMED = "contract/answer-is-streamed-as-asked"
HEADERS = "contract/headers-conform"
BODY = "contract/body-conforms"


@holds(ERROR)
def test_answer_is_no_server_error() -> Story:
    """A refusal is an answer."""
    return [adk.get("never", answer=adk.no())]


@breaks(ERROR, "list_sessions", "failed 500")
def test_server_error() -> Story:
    """A valid request is answered with 500."""
    return [adk.list(answer=CRASH)]


@breaks(ERROR, "label_thread", "failed 503 with /labels violating the spec")
def test_server_error_on_an_invalid_request() -> Story:
    """An invalid request is answered with 503: the kind names the leaf that is wrong."""
    return [threads.create("s1"), threads.label("s1", 7, answer=bare(503))]


@holds(TIME)
def test_answer_comes_in_time() -> Story:
    """An answer came."""
    return [adk.list()]


@breaks(TIME, "list_sessions", "timeout")
def test_answer_does_not_come_in_time() -> Story:
    """No answer came."""
    return [adk.list(answer=LATE)]


@holds(WHOLE)
def test_answer_is_whole() -> Story:
    """An answer came whole."""
    return [adk.list()]


@breaks(WHOLE, "list_sessions", "closed")
def test_answer_is_cut_off() -> Story:
    """The connection was closed in the middle of the answer."""
    return [adk.list(answer=Failure.CLOSED)]


@silent()
def test_stale_connection_is_nobodys_fault() -> Story:
    """A kept-alive connection may turn out to be closed."""
    return [adk.list(answer=Failure.STALE)]


@silent()
def test_what_was_never_sent_is_nobodys_fault() -> Story:
    """A request that cannot be written as HTTP never reached anybody."""
    return [adk.list(answer=Failure.UNSENT)]


@silent()
def test_what_was_not_recorded_is_nobodys_fault() -> Story:
    """An answer that a recording leaves out may have been whole."""
    return [adk.list(answer=Failure.UNRECORDED)]


NOT_ITS_OWN = (Failure.STALE, Failure.UNSENT, Failure.TIMEOUT, Failure.UNRECORDED)


@pytest.mark.parametrize("failure", [each for each in Failure if each not in NOT_ITS_OWN])
def test_other_failures_are_answers_that_are_not_whole(failure: Failure) -> None:
    """Whatever else came instead of an answer, it is no whole one; the kind tells which."""
    assert verdicts([adk.list(answer=failure)]) == [f"{WHOLE} · list_sessions · {failure.name.lower()}"]


def test_stream_that_was_stopped_at_its_bound_is_not_whole() -> None:
    """Of an answer that broke off, the part that came is not judged."""
    whole = adk.stream("s1", "hello", event("r1"))
    cut = Exchange(whole.request, whole.response, failure=Failure.TOO_LARGE)
    assert verdicts([adk.create("s1"), cut]) == [f"{WHOLE} · run_agent_sse · too_large"]


@holds(STATUS)
def test_status_is_documented() -> Story:
    """A documented status."""
    return [adk.get("never", answer=adk.no(404))]


@breaks(STATUS, "get_session", "203")
def test_status_is_not_documented() -> Story:
    """A status that the spec does not name."""
    return [adk.create("s1"), adk.get("s1", answer=said(203, adk.session("s1")))]


@breaks(STATUS, "list_sessions", "302")
def test_redirect_is_not_documented() -> Story:
    """A redirect that the spec does not name."""
    return [adk.list(answer=bare(302))]


@holds(TYPE)
def test_content_type_is_documented() -> Story:
    """A documented content type; parameters and case are of no account."""
    return [adk.list(answer=bare(200, b"[]", "Application/JSON; charset=utf-8"))]


@breaks(TYPE, "get_session", "text/html")
def test_refusal_is_a_page() -> Story:
    """A missing session is answered with a page of HTML."""
    return [adk.get("never", answer=bare(404, b"<html>", "text/html"))]


@breaks(TYPE, "list_sessions", "none")
def test_content_type_is_missing() -> Story:
    """An answer does not say what it is."""
    return [adk.list(answer=bare(200, b"[]"))]


REPLIES = load(Path(__file__).parents[1] / "servers" / "replies")


def reply(stream: bool | None, answer: Response) -> Exchange:
    """A message, and how its reply came."""
    asked = {} if stream is None else {"stream": stream}
    return exchange("POST", "/threads/t1/messages", {"content": "hello", **asked}, answer)


SAID = {"id": "m1", "role": "assistant", "content": "hello", "created_at": "2024-01-01T00:00:00Z"}
WHOLE_REPLY = said(200, {"messages": [SAID]})
STREAM = bare(200, b"data: " + json.dumps(SAID).encode() + b"\n\ndata: [DONE]\n\n", "text/event-stream")


@holds(STREAMED, profile=REPLIES, closed=False)
def test_a_stream_comes_where_it_is_asked_for() -> Story:
    """As events."""
    return [reply(True, STREAM)]


@holds(STREAMED, profile=REPLIES, closed=False)
def test_no_stream_comes_where_none_is_asked_for() -> Story:
    """As one body."""
    return [reply(None, WHOLE_REPLY)]


@breaks(STREAMED, "sendMessage[stream=true]", "application/json", profile=REPLIES, closed=False)
def test_a_body_comes_instead_of_a_stream() -> Story:
    """Although a stream was asked for."""
    return [reply(True, WHOLE_REPLY)]


@breaks(STREAMED, "sendMessage", "text/event-stream", profile=REPLIES, closed=False)
def test_a_stream_comes_unasked() -> Story:
    """Although it was said that none is wanted."""
    return [reply(False, STREAM)]


@silent(profile=REPLIES, closed=False)
def test_a_refusal_is_no_stream() -> Story:
    """Whatever was asked for."""
    return [reply(True, said(422, {"detail": "no"}))]


@holds(HEADERS)
def test_header_conforms() -> Story:
    """The documented header is there, with a number; the case of its name is of no account."""
    return [threads.list()]


@breaks(HEADERS, "list_threads", "x-total-count")
def test_header_is_missing() -> Story:
    """The required header is not there."""
    return [threads.list(answer=said(200, {"threads": []}))]


@breaks(HEADERS, "list_threads", "x-total-count")
def test_header_is_of_another_type() -> Story:
    """The header holds no number."""
    return [threads.list(answer=said(200, {"threads": []}, x_total_count="many"))]


@breaks(HEADERS, "list_threads", "x-total-count")
def test_header_is_out_of_bounds() -> Story:
    """The header holds a number that its schema forbids."""
    return [threads.list(answer=said(200, {"threads": []}, x_total_count="-1"))]


@holds(BODY)
def test_body_conforms() -> Story:
    """The body is one that the schema allows."""
    return [adk.create("s1")]


@holds(BODY)
def test_stream_conforms() -> Story:
    """Each frame is one that the schema allows."""
    return [adk.create("s1"), adk.stream("s1", "hello", event("r1"), event("r2"))]


@breaks(BODY, "get_session", "200 the body")
def test_body_lacks_a_member() -> Story:
    """A required member is missing."""
    shown = adk.session("s1")
    del shown["appName"]
    return [adk.create("s1"), adk.get("s1", answer=said(200, shown))]


@breaks(BODY, "list_messages", "200 /messages/*/author")
def test_body_breaks_the_schema_deep_inside() -> Story:
    """A member has a value that the schema does not allow: the kind names its place, whichever item it was."""
    return [threads.create("s1"), threads.messages("s1", message("m1"), message("m2", author="nobody"))]


@breaks(BODY, "create_session", "409 the body")
def test_refusal_breaks_the_schema() -> Story:
    """Refusals have schemas, too."""
    return [adk.create_any("s1", answer=said(409, {"error": "no"}))]


@breaks(BODY, "list_sessions", "garbled")
def test_body_is_no_json() -> Story:
    """The body is cut off, though the answer is whole."""
    return [adk.list(answer=bare(200, b"[", "application/json"))]


@breaks(BODY, "list_sessions", "garbled")
def test_body_is_not_a_number() -> Story:
    """NaN is not JSON."""
    return [adk.list(answer=bare(200, b"[NaN]", "application/json"))]


@breaks(BODY, "list_sessions", "200 the body is empty")
def test_body_is_empty() -> Story:
    """There is no body where one is documented."""
    return [adk.list(answer=bare(200, b"", "application/json"))]


@breaks(BODY, "run_agent_sse", "200 the body")
def test_frame_breaks_the_schema() -> Story:
    """A frame lacks a required member."""
    return [adk.create("s1"), adk.stream("s1", "hello", {"id": "r1"})]


@breaks(BODY, "run_agent_sse", "garbled")
def test_frame_is_no_json() -> Story:
    """A frame is no JSON."""
    return [adk.create("s1"), adk.stream("s1", "hello", answer=bare(200, b"data: {\n\n", "text/event-stream"))]


TEXT = b'event: metadata\ndata: {"attempt": 1}\n\nevent: end\ndata: that was all\n\n'


def test_a_stream_that_is_described_as_text_is_one(tmp_path: Path) -> None:
    """A document may say of a stream no more than that it is text, whatever its events hold."""
    shutil.copytree(built_in()["adk"].parent, tmp_path / "api")
    document = tmp_path / "api" / "openapi.yaml"
    described = "{anyOf: [{$ref: '#/components/schemas/Event'}, {$ref: '#/components/schemas/StreamError'}]}"
    spec = yaml.safe_load(document.read_text(encoding="utf-8"))
    content = spec["paths"]["/run_sse"]["post"]["responses"]["200"]["content"]["text/event-stream"]
    assert content["schema"] == yaml.safe_load(described)
    story = [adk.create("s1"), adk.stream("s1", "hello", answer=bare(200, TEXT, "text/event-stream"))]
    assert verdicts(story) == [f"{BODY} · run_agent_sse · garbled"]
    content["schema"] = {"type": "string"}
    document.write_text(json.dumps(spec), encoding="utf-8")
    assert verdicts(story, load(tmp_path / "api")) == []


def test_operation_without_a_role_is_not_judged() -> None:
    """Whatever the profile does not bind is nobody's business."""
    court = judged([exchange("GET", "/somewhere", None, CRASH)], ADK)
    assert court.broken == []
    assert all(tally.observations == 0 for tally in court.judge.tally.values())


def test_contract_looks_at_every_role() -> None:
    """A server error is one whatever the operation does."""
    story = [
        adk.create("s1", answer=CRASH),
        adk.get("s1", answer=CRASH),
        adk.list(answer=CRASH),
        adk.run("s1", "hello", answer=CRASH),
        adk.stream("s1", "hello", answer=CRASH),
        adk.patch("s1", {"a": 1}, answer=CRASH),
        adk.delete("s1", answer=CRASH),
    ]
    operations = ["create_session_with_id", "get_session", "list_sessions", "run_agent", "run_agent_sse"]
    operations += ["update_session", "delete_session"]
    assert verdicts(story) == [failed(each) for each in operations]
    assert verdicts([threads.messages("s1", answer=CRASH)]) == [failed("list_messages")]


def test_answers_of_the_helpers_conform() -> None:
    """The histories of these tests are written with answers that both documents allow."""
    for profile, answer in ((ADK, adk.no(422)), (THREADS, threads.no(400))):
        content = next(iter(profile.bindings[0].operation.documented(answer.status).values()))
        assert content.problem(json.loads(answer.body)) is None
