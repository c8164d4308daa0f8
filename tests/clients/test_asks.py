"""What an ask caused is held against what was asked: the edges of the invariants on clients."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance import records
from conformance.ask import STUBBORN, Ask, Asked, Behaviour, Reply, Verb, decided
from conformance.catalogue import Observation, catalogue
from conformance.clients.wire import heard
from conformance.exchange import Exchange, Failure, Request, Response
from conformance.reader import Reader
from conformance.step import Step
from tests.clients.driven import PROFILES

READER = Reader(heard(PROFILES["honeyhive"]))
OWN = "own"
GIVEN = {"explicit": None, "reference": OWN, "context": None, "default": OWN}
KEYS = {name: f"Bearer made-up-hh-api-key-{name}" for name in ("a", "b")}
ENRICH = Ask(
    2, Verb.ENRICH, "a", given=GIVEN, expected=OWN, attributes={"metadata": {"k": "value"}}, key=KEYS["a"], keys=KEYS
)
RUN = Ask(2, Verb.RUN, "a", given=GIVEN, expected=OWN, text="hello", key=KEYS["a"], keys=KEYS)
CREATE = Ask(2, Verb.CREATE, "a", attributes={"metadata": {"k": "value"}}, key=KEYS["a"], keys=KEYS)


def step(
    method: str,
    path: str,
    body: Any = None,
    answer: Response | Failure | None = None,
    client: str = "a",
    at: float = 0.0,
) -> Step:
    """A request of a client, and how it was answered."""
    request = Request(method, path, headers=(("authorization", KEYS[client]),), body=json.dumps(body).encode())
    if isinstance(answer, Failure):
        return READER.read(Exchange(request, None, at, at, answer))
    return READER.read(Exchange(request, answer or Response(200), at, at))


def enriched(session: str = OWN, answer: Response | Failure | None = None, client: str = "a", **body: Any) -> Step:
    """An enrichment as it stands on the wire."""
    return step("PUT", "/events", {"event_id": session, "metadata": {"k": "value"}, **body}, answer, client)


def ran(answer: Response | Failure | None = None, at: float = 0.0, text: str = "hello") -> Step:
    """A run as it stands on the wire."""
    event = {"project": "p", "source": "s", "event_name": "e", "event_type": "model", "config": {}, "duration": 1}
    done = Response(200, (("content-type", "application/json"),), b'{"event_id": "e", "success": true}')
    body = {"event": {**event, "inputs": {"text": text}, "session_id": OWN}}
    return step("POST", "/events", body, answer or done, at=at)


def made(session: str = "new", answer: Response | Failure | None = None) -> Step:
    """A create as it stands on the wire."""
    done = Response(200, (("content-type", "application/json"),), json.dumps({"session_id": session}).encode())
    about = {"project": "p", "session_name": "n", "source": "s", "metadata": {"k": "value"}}
    return step("POST", "/session/start", {"session": about}, answer or done)


def judged(name: str, ask: Ask, *steps: Step, reply: Reply | None = None, **more: Any) -> Observation | None:
    """What one invariant says."""
    invariant = next(each for each in catalogue(None) if each.id == name)
    assert invariant.judges is not None
    assert ask.verb in invariant.verbs
    return invariant.judges(Asked(ask, reply or Reply(True), steps, **more))


def kind(observation: Observation | None) -> str | None:
    """The kind of what is broken; "held", or None if nothing is said."""
    if observation is None:
        return None
    assert observation.held or (observation.expected and observation.got)
    return "held" if observation.held else observation.kind


@pytest.mark.parametrize(
    ("changes", "got"),
    [
        ({"metadata": {"k": "valu"}}, "valu at /metadata/k"),
        ({"metadata": {}}, "nothing at /metadata/k"),
        (
            {"metadata": {}, "feedback": {"list": [{"metadata.k": "the value"}]}},
            "nothing at /metadata/k; it stands at /feedback/list/0/metadata.k of the body",
        ),
    ],
)
def test_what_is_not_in_its_place_is_told_with_where_it_is(changes: dict[str, Any], got: str) -> None:
    """Whoever reads it need not search a long body."""
    found = judged("asks/write-carries-what-was-asked", ENRICH, enriched(**changes))
    assert found is not None
    assert (found.expected, found.got) == ("metadata {'k': 'value'}", got)


BUSY = Response(429, (("retry-after", "2"),))
NO = Response(404, (), b"{}")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([enriched()], "held"),
        ([enriched(answer=BUSY), enriched()], "held"),
        ([enriched(answer=Failure.CLOSED), enriched()], "held"),
        ([enriched(answer=NO)], "held"),
        ([], "nothing sent"),
        ([enriched(), enriched()], "sent again"),
        ([step("PUT", "/session/own", {"metadata": {}}, NO)], "sent as something else"),
        ([made()], "sent as something else"),
        ([made(), enriched()], "held"),
    ],
)
def test_an_enrichment_is_one_write(steps: list[Step], expected: str) -> None:
    """What was refused, or never answered, may be sent again."""
    assert kind(judged("asks/enrichment-is-one-write", ENRICH, *steps)) == expected


@pytest.mark.parametrize(
    ("given", "session", "name", "expected"),
    [
        ({**GIVEN, "explicit": "x"}, "x", "asks/explicit-session-wins", "held"),
        ({**GIVEN, "explicit": "x"}, OWN, "asks/explicit-session-wins", "the reference one"),
        (GIVEN, OWN, "asks/explicit-session-wins", None),
        (GIVEN, OWN, "asks/one-id-is-decided", "held"),
        ({**GIVEN, "context": "c"}, "c", "asks/one-id-is-decided", "the context one"),
        ({**GIVEN, "earlier": "e"}, "e", "asks/one-id-is-decided", "the earlier one"),
        (GIVEN, "x", "asks/one-id-is-decided", "an unknown one"),
        (GIVEN, "ended", "asks/ended-context-is-not-used", "an ended context's"),
        (GIVEN, "x", "asks/ended-context-is-not-used", "held"),
        (GIVEN, "other", "asks/clients-do-not-cross-sessions", "another client's"),
        (GIVEN, "x", "asks/clients-do-not-cross-sessions", "held"),
        ({**GIVEN, "explicit": "other"}, "other", "asks/clients-do-not-cross-sessions", None),
        ({**GIVEN, "explicit": "ended"}, "ended", "asks/ended-context-is-not-used", None),
    ],
)
def test_whose_session_it_is(given: dict[str, str | None], session: str, name: str, expected: str | None) -> None:
    """What was in play is told by where it came from."""
    wanted = decided(given, ("explicit", "reference", "context", "default"))
    ask = replace(ENRICH, given=given, expected=wanted, ended=frozenset({"ended"}), others=frozenset({"other"}))
    assert kind(judged(name, ask, enriched(session))) == expected


@pytest.mark.parametrize("name", ["explicit-session-wins", "one-id-is-decided", "clients-do-not-cross-sessions"])
def test_where_nothing_was_sent_no_session_is_wrong(name: str) -> None:
    """That nothing was sent is another finding."""
    ask = replace(ENRICH, given={**GIVEN, "explicit": "x"}, expected="x", others=frozenset({"other"}))
    assert judged(f"asks/{name}", ask) is None


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({}, "held"),
        ({"feedback": {"more": 1}}, "held"),
        ({"metadata": {"k": "value", "more": 1}}, "held"),
        ({"metadata": {}}, "metadata lost"),
        ({"metadata": {"k": "valu"}}, "metadata changed"),
        ({"metadata": {"k": True}}, "metadata changed"),
        ({"metadata": None}, "metadata lost"),
        ({"metadata": "value"}, "metadata misplaced"),
        ({"metadata": {}, "feedback": {"metadata.k": "value"}}, "metadata misplaced"),
    ],
)
def test_a_write_carries_what_was_asked(sent: dict[str, Any], expected: str) -> None:
    """More may be sent; what was asked is there, in its place and unchanged."""
    assert kind(judged("asks/write-carries-what-was-asked", ENRICH, enriched(**sent))) == expected


@pytest.mark.parametrize(
    ("asked", "sent", "expected"),
    [
        (True, 1, "metadata changed"),
        (1, True, "metadata changed"),
        (0, False, "metadata changed"),
        (1, 1.0, "held"),
        ({"a": [True]}, {"a": [1]}, "metadata changed"),
        ({"a": [1, {}]}, {"a": [1, {}]}, "held"),
        ([1, 2], [1], "metadata changed"),
        (None, None, "held"),
    ],
)
def test_values_are_the_same_in_json(asked: Any, sent: Any, expected: str) -> None:
    """True is not one, and a whole number is one however it is written."""
    ask = replace(ENRICH, attributes={"metadata": {"k": asked}})
    assert kind(judged("asks/write-carries-what-was-asked", ask, enriched(metadata={"k": sent}))) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"feedback": "a title"}, "held"),
        ({"feedback": "another"}, "feedback changed"),
        ({"feedback": {"title": "a title"}}, "feedback changed"),
        ({"outputs": {"title": "a title"}}, "feedback misplaced"),
        ({}, "feedback lost"),
    ],
)
def test_a_group_may_be_a_single_value(sent: dict[str, Any], expected: str) -> None:
    """As a title is, which stands there as it is."""
    ask = replace(ENRICH, attributes={"feedback": "a title"})
    assert str(ask) == "a.enrich(feedback='a title')"
    assert kind(judged("asks/write-carries-what-was-asked", ask, enriched(**sent))) == expected


ABOUT = {"project": "p", "session_name": "n", "source": "s"}


@pytest.mark.parametrize(
    ("ask", "sent", "expected"),
    [
        (ENRICH, step("PUT", "/events", {"event_id": OWN, "metadata": {"k": "value"}}), False),
        (ENRICH, step("PUT", "/events", {"event_id": OWN, "metadata": "value"}), True),
        (ENRICH, step("PUT", "/events", {"event_id": OWN, "feedback": 1}), False),
        (replace(ENRICH, expected=None), step("PUT", "/events", {"feedback": {"k": "value"}}), False),
        (ENRICH, step("PUT", "/events", {"id": OWN, "metadata": {"k": "value"}}), True),
        (ENRICH, READER.read(Exchange(Request("PUT", "/events", body=b"metadata=value"), Response(400))), True),
        (ENRICH, READER.read(Exchange(Request("PUT", "/events"), Response(400))), False),
        (CREATE, step("POST", "/session/start", {**ABOUT, "metadata": {"k": "value"}}), True),
        (CREATE, step("POST", "/session/start", {"session": {"project": "p", "outputs": {"k": "value"}}}), False),
        (RUN, step("POST", "/events", {"project": "p", "inputs": {"text": "hello"}}), True),
        (RUN, step("PUT", "/events", {"event_id": OWN, "metadata": "value"}), False),
    ],
)
def test_a_request_is_misshapen_where_what_was_asked_had_to_stand(ask: Ask, sent: Step, expected: bool) -> None:
    """What the spec forbids elsewhere in the request is another mistake, and explains nothing of what is missing."""
    assert Asked(ask, Reply(True), [sent]).misshapen is expected


def test_nothing_of_another_session_is_carried() -> None:
    """What was asked before about the same one may be sent again."""
    name = "asks/write-carries-nothing-of-another-session"
    ask = replace(ENRICH, foreign=frozenset({"marker0x1"}))
    assert kind(judged(name, ask, enriched(feedback={"a": "marker0x1 there"}))) == "foreign words"
    assert kind(judged(name, ask, enriched(feedback={"a": "marker0x12 here"}))) == "held"
    assert judged(name, ENRICH, enriched(feedback={"a": "marker0x1"})) is None


def test_an_id_that_was_chosen_is_taken() -> None:
    """By a create as well."""
    chosen = replace(CREATE, given={"explicit": "x"}, expected="x")
    assert kind(judged("asks/explicit-session-wins", chosen, made())) == "none"


READ = Ask(3, Verb.READ, "a", given={"explicit": OWN}, expected=OWN)
LIST = Ask(3, Verb.LIST, "a", there=frozenset({"one", "two"}), removed=frozenset({"old"}))
ADK = Reader(heard(PROFILES["adk"]))


def read(status: int = 200, session: str = OWN) -> Step:
    """A read as it stands on the wire."""
    return step("GET", f"/session/{session}", answer=Response(status, (), b"{}"))


def listed(status: int = 200) -> Step:
    """A list as it stands on the wire."""
    return ADK.read(Exchange(Request("GET", "/apps/echo/users/u/sessions"), Response(status, (), b"[]")))


@pytest.mark.parametrize(
    ("sent", "reply", "expected"),
    [
        (read(500), Reply(True), "failed 500"),
        (read(401), Reply(True), "refused 401"),
        (read(500), Reply(False), "held"),
        (read(404), Reply(True), None),
        (read(404), Reply(True, session=OWN), "refused 404"),
        (read(), Reply(True), None),
    ],
)
def test_a_read_that_fails_is_told(sent: Step, reply: Reply, expected: str | None) -> None:
    """That there is no such session may be told by giving none."""
    name = "replies/unsuccessful-look-is-not-told-as-success"
    assert kind(judged(name, READ, sent, reply=reply)) == expected


@pytest.mark.parametrize(
    ("deleted", "session", "expected"),
    [
        (False, OWN, "held"),
        (False, "another", "another one"),
        (False, None, None),
        (True, None, "held"),
        (True, OWN, "a deleted one"),
    ],
)
def test_a_read_gives_what_was_asked_for(deleted: bool, session: str | None, expected: str | None) -> None:
    """And nothing, of a session that was deleted."""
    ask = replace(READ, deleted=deleted)
    name = "replies/read-gives-the-session-asked-for"
    assert kind(judged(name, ask, read(), reply=Reply(True, session=session))) == expected


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        (("two", "one"), "held"),
        (("one", "two", "another"), "held"),
        (("one",), "sessions missing"),
        ((), "sessions missing"),
        (("one", "two", "old"), "a deleted one"),
        (None, None),
    ],
)
def test_a_list_gives_all_that_are_there(sessions: tuple[str, ...] | None, expected: str | None) -> None:
    """If it tells which it gave; more may be there than is known."""
    name = "replies/list-gives-all-sessions"
    assert kind(judged(name, LIST, listed(), reply=Reply(True, sessions=sessions))) == expected
    assert judged(name, LIST, listed(500), reply=Reply(False, sessions=sessions)) is None


@pytest.mark.parametrize(("changes", "ok"), [({"deleted": True}, False), ({"awkward": True}, False), ({}, True)])
def test_what_a_client_need_not_ask_may_be_left_out(changes: dict[str, bool], ok: bool) -> None:
    """If it says that it did nothing: of a session that it deleted, or whose id it does not take."""
    for name, ask in (("asks/look-or-delete-is-sent", READ), ("asks/enrichment-is-one-write", ENRICH)):
        of_write = ask is ENRICH and "deleted" in changes
        expected = "nothing sent" if ok or of_write else None
        assert kind(judged(name, replace(ask, **changes), reply=Reply(ok))) == expected
        assert kind(judged(name, replace(ask, **changes), reply=Reply(True))) == "nothing sent"


@pytest.mark.parametrize(
    ("ask", "steps", "expected"),
    [
        (ENRICH, [enriched()], "held"),
        (ENRICH, [enriched(answer=NO)], "refused 404"),
        (ENRICH, [enriched(answer=NO), enriched()], "held"),
        (ENRICH, [enriched(answer=Response(500))], None),
        (ENRICH, [], None),
        (ENRICH, [enriched(answer=NO, metadata="no object")], None),
        (ENRICH, [enriched("None", answer=NO)], None),
        (replace(ENRICH, behaviour=Behaviour.NOT_FOUND), [enriched(answer=NO)], None),
        (replace(ENRICH, lost=frozenset({OWN})), [enriched(answer=NO)], None),
        (CREATE, [made(answer=Response(409, (), b"{}"))], "refused 409"),
    ],
)
def test_what_is_asked_is_sent_so_that_it_is_accepted(ask: Ask, steps: list[Step], expected: str | None) -> None:
    """What the request itself shows to be wrong is told of that, and refusals that were ordered of nobody."""
    assert kind(judged("asks/what-is-asked-is-accepted", ask, *steps)) == expected


@pytest.mark.parametrize(("status", "expected"), [(404, None), (410, None), (403, "refused 403")])
def test_a_delete_that_finds_nothing_has_not_failed(status: int, expected: str | None) -> None:
    """The session is not there: that was wanted."""
    ask = Ask(3, Verb.DELETE, "a", given={"explicit": OWN}, expected=OWN)
    gone = step("DELETE", f"/session/{OWN}", answer=Response(status, (), b"{}"))
    name = "replies/unsuccessful-write-is-not-told-as-success"
    assert kind(judged(name, ask, gone, reply=Reply(True))) == expected


def test_what_waits_keeps_its_order() -> None:
    """Within one session and one kind; two that are one request have none."""
    flush = Ask(9, Verb.FLUSH, "a")
    done = [Asked(replace(RUN, number=number), Reply(True), [ran(at=at)]) for number, at in ((3, 1.0), (4, 2.0))]

    def waited(*asked: Asked) -> str | None:
        return kind(judged("asks/waiting-writes-keep-their-order", flush, waited=asked))

    assert waited(*done) == waited(done[0], done[0]) == "held"
    assert waited(*reversed(done)) == "run overtaken"
    elsewhere = replace(done[0], ask=replace(RUN, expected="other"))
    enrichment = replace(done[0], ask=ENRICH)
    assert waited(done[1], elsewhere) is waited(done[1], enrichment) is waited() is None


def test_a_key_by_which_it_is_known_makes_a_repeat_harmless() -> None:
    """If it is the same key."""

    def keyed(key: str, answer: Response | Failure) -> Step:
        found = ran(answer)
        request = found.exchange.request
        again = records.replace(request, headers=(*request.headers, ("Idempotency-Key", key)))
        return READER.read(records.replace(found.exchange, request=again))

    name, done = "replies/retry-doubles-no-write", Response(200, (), b'{"event_id": "e", "success": true}')
    assert kind(judged(name, RUN, keyed("one", Failure.CLOSED), keyed("one", done))) == "held"
    assert kind(judged(name, RUN, keyed("one", Failure.CLOSED), keyed("two", done))) == "after no answer"


def test_a_run_carries_its_message() -> None:
    """In the place of messages."""
    assert kind(judged("asks/write-carries-what-was-asked", RUN, ran())) == "held"
    assert kind(judged("asks/write-carries-what-was-asked", RUN, ran(text="hell"))) == "message lost"


@pytest.mark.parametrize(
    ("ask", "steps", "ok", "expected"),
    [
        (ENRICH, [enriched(answer=NO)], True, "refused 404"),
        (ENRICH, [enriched(answer=NO)], False, "held"),
        (ENRICH, [enriched(answer=Response(500))], True, "failed 500"),
        (ENRICH, [enriched(answer=Failure.CLOSED)], True, "no answer"),
        (ENRICH, [enriched(answer=BUSY)], True, "lost 429"),
        (ENRICH, [enriched(answer=BUSY), enriched()], True, None),
        (ENRICH, [enriched()], True, None),
        (ENRICH, [], True, None),
    ],
)
def test_what_failed_is_no_success(ask: Ask, steps: list[Step], ok: bool, expected: str | None) -> None:
    """By the last answer; where one attempt was accepted it is none."""
    found = judged("replies/unsuccessful-write-is-not-told-as-success", ask, *steps, reply=Reply(ok, "so it said"))
    assert kind(found) == expected


@pytest.mark.parametrize(
    ("ask", "steps", "ok", "expected"),
    [
        (ENRICH, [enriched()], False, "200 with no body"),
        (ENRICH, [enriched(answer=Response(204))], False, "204 with no body"),
        (ENRICH, [enriched()], True, "held"),
        (ENRICH, [enriched(answer=NO)], False, None),
        (CREATE, [made()], False, "200"),
        (replace(CREATE, behaviour=Behaviour.EMPTY), [made(answer=Response(200))], False, None),
        (ENRICH, [], False, None),
    ],
)
def test_what_succeeded_is_no_failure(ask: Ask, steps: list[Step], ok: bool, expected: str | None) -> None:
    """Unless the caller needs what the answer did not hold."""
    found = judged("replies/successful-write-is-not-told-as-failure", ask, *steps, reply=Reply(ok))
    assert kind(found) == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([ran()], "held"),
        ([ran(BUSY), ran()], "held"),
        ([ran(NO), ran(NO)], None),
        ([ran(Failure.CLOSED), ran()], "after no answer"),
        ([ran(), ran()], "after 200"),
    ],
)
def test_a_retry_doubles_no_run(steps: list[Step], expected: str | None) -> None:
    """What was surely not done may be sent again."""
    assert kind(judged("replies/retry-doubles-no-write", RUN, *steps)) == expected


def test_a_retry_waits() -> None:
    """For as long as the server asked it to; what is no number of seconds is not looked at."""
    name = "replies/retry-waits-as-told"
    assert kind(judged(name, RUN, ran(BUSY), ran(at=2.5))) == "held"
    assert kind(judged(name, RUN, ran(BUSY), ran(at=1.5))) == "too early"
    assert kind(judged(name, RUN, ran(BUSY), ran(BUSY, at=2.5), ran(at=3.5))) == "too early"
    assert judged(name, RUN, ran(BUSY)) is None
    assert judged(name, RUN, ran(Response(429, (("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),))), ran()) is None


def test_a_busy_server_is_given_up() -> None:
    """After however many attempts, as long as there is an end; who was never put off is not judged."""
    name = "replies/busy-server-is-given-up"
    assert kind(judged(name, RUN, *[ran(BUSY)] * 10, reply=Reply(False))) == "held"
    assert kind(judged(name, RUN, *[ran(BUSY)] * STUBBORN, ran())) == "without an end"
    assert judged(name, RUN, *[ran(NO)] * STUBBORN) is None


LOST = replace(ENRICH, expected=None, given={**GIVEN, "reference": None, "default": "d"}, lost=frozenset({OWN}))


@pytest.mark.parametrize(
    ("steps", "ok", "expected"),
    [
        ([], False, None),
        ([], True, "nothing sent"),
        ([made()], True, "sent as something else"),
        ([made(), enriched("new")], True, "held"),
        ([enriched("new"), enriched("new")], True, "sent again"),
    ],
)
def test_who_has_lost_its_session_may_refuse(steps: list[Step], ok: bool, expected: str | None) -> None:
    """If it says so; or begin anew, and then it writes once."""
    assert kind(judged("asks/enrichment-is-one-write", LOST, *steps, reply=Reply(ok))) == expected
    assert judged("asks/only-a-create-creates", LOST, *steps) is None
    assert judged("asks/one-id-is-decided", LOST, *steps) is None


@pytest.mark.parametrize(
    ("session", "expected"), [(OWN, "held"), ("new", "held"), ("d", "held"), ("other", "another client's")]
)
def test_who_has_lost_its_session_takes_none_of_another_client(session: str, expected: str) -> None:
    """But for those that are in play by the precedence of the profile."""
    ask = replace(LOST, others=frozenset({"d", "other"}))
    found = judged("asks/clients-do-not-cross-sessions", ask, enriched(session))
    assert kind(found) == expected
    assert found is not None
    assert found.held or found.expected == "a session of its own, or none"


def test_credentials_are_the_clients_own() -> None:
    """Where there is another client, whose they could be."""
    name = "asks/clients-do-not-cross-credentials"
    assert kind(judged(name, ENRICH, enriched())) == "held"
    assert kind(judged(name, ENRICH, enriched(client="b"))) == "another client's"
    assert judged(name, replace(ENRICH, keys={"a": KEYS["a"]}), enriched()) is None
    assert judged(name, replace(ENRICH, key=None), enriched(client="b")) is None


def test_sessions_are_made_only_when_asked() -> None:
    """And the caller gets the one that was made."""
    assert kind(judged("asks/only-a-create-creates", RUN, made(), ran())) == "a session created"
    assert kind(judged("asks/only-a-create-creates", RUN, ran())) == "held"
    assert kind(judged("asks/created-session-is-told", CREATE, made(), reply=Reply(True, "", "new"))) == "held"
    assert kind(judged("asks/created-session-is-told", CREATE, made(), reply=Reply(True))) == "another one"
    assert judged("asks/created-session-is-told", CREATE, made(answer=NO), reply=Reply(False)) is None


def test_nothing_is_left_unsent() -> None:
    """What was asked before a client was closed is on the wire by then, and nothing comes later."""
    name, close = "asks/flush-and-close-leave-nothing-unsent", Ask(3, Verb.CLOSE, "a")
    assert kind(judged(name, close)) == "held"
    assert kind(judged(name, close, late=[enriched()])) == "sent late"
    assert kind(judged(name, close, unsent=[ENRICH])) == "never sent"


def test_an_evaluation_that_was_given_up_is_not_judged() -> None:
    """If that was told; one that shares a session, and tells a success, is wrong."""
    asked, name = Ask(2, Verb.EVALUATE, "a", datapoints=2), "asks/each-datapoint-has-its-session"
    assert judged(name, asked, made(), reply=Reply(False)) is None
    assert kind(judged(name, asked, made(), reply=Reply(True))) == "too few or too many"


def test_where_there_are_no_credentials_none_can_be_crossed() -> None:
    """The invariant does not apply, and is not left untested."""
    invariant = next(each for each in catalogue(None) if each.id == "asks/clients-do-not-cross-credentials")
    assert invariant.applies is not None
    assert [invariant.applies(PROFILES[name]) for name in ("honeyhive", "adk")] == [True, False]
