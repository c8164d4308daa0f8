"""What an exchange with an API of a further shape means, what is known of its sessions, and who is to blame.

Codes in answers of status 200, pages, forms, keys that sessions share, replacing merges, histories that begin with the
newest, and parameters that violate the spec.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance import records
from conformance.attribution import examine
from conformance.causes import Cause
from conformance.exchange import Exchange, Request, Response
from conformance.expressions import Json, parse
from conformance.forms import MULTIPART, written
from conformance.listings import Listing
from conformance.profile import HISTORY, STATUS, Merge, Order, Paging, Profile, Returns, Role
from conformance.profile_file import load
from conformance.reader import Reader
from conformance.session import Status, merged
from conformance.step import WHOLE, Outcome, Page, Step, is_last
from conformance.values import Awkward
from conformance.writer import NOBODY, STRANGER, Call, Writer
from tests.dialects import BRIDGE, CURSOR, REST, SUPPORT, bridge, cursor, remark, rest, support, timed
from tests.histories import CRASH, LATE, Story, bound, exchange, judged, message, said, verdicts

HONEYHIVE = load("honeyhive")


def read(each: Exchange, profile: Profile) -> Step:
    """The step that an exchange is."""
    return Reader(profile).read(each)


# --- codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "outcome", "code", "missing"),
    [
        (cursor.no(), Outcome.REFUSED, "not_found", True),
        (cursor.no("closed"), Outcome.REFUSED, "closed", False),
        (said(200, {"ok": False, "error": {"code": 5}}), Outcome.REFUSED, "5", False),
        (said(200, {"ok": True, "messages": []}), Outcome.ACCEPTED, None, False),
        (said(200, {"ok": False, "error": {"code": ""}}), Outcome.ACCEPTED, "", False),
        (said(404, {"ok": False, "error": {"code": "closed"}}), Outcome.REFUSED, "closed", False),
        (said(500, {"ok": False, "error": {"code": "not_found"}}), Outcome.FAILED, "not_found", True),
    ],
)
def test_what_an_answer_says_by_its_code(answer: Response, outcome: Outcome, code: str | None, missing: bool) -> None:
    """A code in an answer of status 200 is a refusal, and says what a status says elsewhere."""
    step = read(cursor.say(1, "x", answer=answer), CURSOR)
    assert (step.outcome, step.code, step.says_missing) == (outcome, code, missing)


def test_any_code_says_what_only_statuses_are_declared_for() -> None:
    """Where the profile names no texts, a refusal of status 200 may mean any of them."""
    profile = bound(CURSOR, Role.RUN, missing=frozenset({404}))
    assert read(cursor.say(1, "x", answer=cursor.no("whatever")), profile).says_missing
    assert not read(cursor.say(1, "x", remark("r1")), profile).says_missing
    assert not read(cursor.say(1, "x", answer=said(400, {"error": {"code": "whatever"}})), profile).says_missing


def test_a_code_settles_what_a_status_settles() -> None:
    """A session that is said to be missing by a code is gone, or served against all knowledge."""
    gone = [cursor.create(1), cursor.read(1), cursor.delete(1), cursor.read(1, answer=cursor.no())]
    court = judged(gone)
    assert court.broken == []
    assert court.observed("existence/deleted-session-stays-gone") == 1
    assert verdicts([*gone, cursor.read(1)]) == ["existence/deleted-session-stays-gone · threads_read · served"]
    lost = [*gone[:2], cursor.read(1, answer=cursor.no())]
    assert verdicts(lost) == ["existence/live-session-stays · threads_read · vanished"]
    odd = [*gone[:2], cursor.read(1, answer=cursor.no("closed"))]
    assert verdicts(odd) == ["existence/live-session-stays · threads_read · refused 200"]


# --- parameters and forms -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "invalid"),
    [
        ({}, None),
        ({"limit": 1, "offset": 0, "status": "open"}, None),
        ({"limit": 0}, "the query parameter limit"),
        ({"limit": "many"}, "the query parameter limit"),
        ({"limit": 101}, "the query parameter limit"),
        ({"limit": "1.5"}, "the query parameter limit"),
        ({"offset": -1}, "the query parameter offset"),
        ({"status": "lost"}, "the query parameter status"),
        ({"status": ""}, "the query parameter status"),
        ({"other": "x"}, None),
    ],
)
def test_a_parameter_can_violate_the_spec(asked: dict[str, Any], invalid: str | None) -> None:
    """As a body can; what the spec does not know is let be."""
    assert read(rest.list(**asked), REST).invalid == invalid


def test_a_parameter_of_the_path_can_violate_the_spec() -> None:
    """An owner of a form that the spec does not allow."""
    assert read(rest.get("s1", owner="a.b"), REST).invalid == "the path parameter owner"
    assert read(rest.get("x" * 101), REST).invalid == "the path parameter thread_id"


def test_a_required_parameter_can_be_missing() -> None:
    """In the query, and in a header."""
    moved = support.move(1, "ended")
    bare = records.replace(moved, request=records.replace(moved.request, query=""))
    assert read(bare, SUPPORT).invalid == "the query parameter status"
    called = bridge.call("s1")
    unrouted = records.replace(
        called, request=records.replace(called.request, headers=(("content-type", "application/json"),))
    )
    assert read(unrouted, BRIDGE).invalid == "the header parameter x-session-id".replace("x-session-id", "X-Session-Id")


def test_an_invalid_parameter_has_to_be_refused() -> None:
    """Where a write is refused for it, all is well; where it is accepted, that is a finding."""
    invalid = "refusals/request-that-violates-the-spec-is-refused"
    begin = [support.create(1)]
    assert verdicts([*begin, support.move(1, "lost", answer=support.no(422))]) == []
    found = verdicts([*begin, support.move(1, "lost", answer=said(200, support.session(1)))])
    assert f"{invalid} · update_session_status · accepted the query parameter status" in found


def test_a_form_is_read_with_the_types_of_its_schema() -> None:
    """The message of a run is a field of a form; what is no form is invalid."""
    step = read(support.send(1, "hello"), SUPPORT)
    assert (step.message, step.invalid, step.asked) == ("hello", None, {"message": "hello"})
    path = "/api/chat/sessions/sess_000000000001/messages"
    body, media = written({"message": "hello", "attachments": "one"}, MULTIPART)
    assert read(exchange("POST", path, body, LATE, media=media), SUPPORT).asked == {
        "message": "hello", "attachments": ["one"],
    }  # fmt: skip
    assert read(exchange("POST", path, b"{}", LATE, media="application/json"), SUPPORT).invalid == "the body is no form"
    body, media = written({"attachments": ["one", "two"]}, MULTIPART)
    assert read(exchange("POST", path, body, LATE, media=media), SUPPORT).invalid == "the body"


def test_a_form_is_written_as_it_is_read() -> None:
    """A call becomes a form where the spec wants one."""
    binding = SUPPORT.bound(Role.RUN)[0]
    request = Writer(SUPPORT).request(Call(binding, (), support.id(1), {}, text="hello"))
    assert request.headers[-1][1].startswith(f"{MULTIPART}; boundary=")
    assert read(Exchange(request, None), SUPPORT).message == "hello"


# --- what a call carries --------------------------------------------------------------------------


def asked(profile: Profile, call: Call) -> Step:
    """What a call means that was written as a request."""
    return read(Exchange(Writer(profile).request(call), None), profile)


def test_a_split_call_names_two_sessions() -> None:
    """The second one where the session is named last; all the other places say the first."""
    method = next(each for each in BRIDGE.bindings if each.operation.id == "call_method")
    plain = asked(BRIDGE, Call(method, (), "one", {}, item="r1"))
    assert (plain.session, plain.split, plain.item) == ("one", None, "r1")
    split = asked(BRIDGE, Call(method, (), "one", {}, item="r1", split="two"))
    assert (split.session, split.split, split.wrong) == ("one", "two", True)
    assert split.asked["session_id"] == "one"
    assert split.asked["instance"]["session_id"] == "two"


@pytest.mark.parametrize(
    ("identity", "sent", "unauthorized"),
    [
        (0, "Bearer made-up-threads-key", False),
        (NOBODY, None, True),
        (STRANGER, "Bearer no-such-secret", True),
        (7, None, True),
    ],
)
def test_a_call_carries_the_credentials_of_its_identity(identity: int, sent: str | None, unauthorized: bool) -> None:
    """Its own, none, or some that nobody knows."""
    profile = replace(REST, credentials=replace(REST.credentials, made_up=True))
    request = Writer(profile).request(Call(profile.bound(Role.READ)[0], ("ada",), "s1", identity=identity))
    assert dict(request.headers).get("Authorization") == sent
    assert read(Exchange(request, None), profile).unauthorized is unauthorized


@pytest.mark.parametrize("second", [0, 1])
def test_a_second_identity_is_another_owner(second: int) -> None:
    """The credentials are the last part of the owner."""
    profile = replace(REST, credentials=replace(REST.credentials, second="Bearer ${OTHER_KEY}"))
    step = asked(profile, Call(profile.bound(Role.READ)[0], ("ada",), "s1", identity=second))
    assert step.owner == ("ada", f"identity {second + 1}")


@pytest.mark.parametrize(
    "page", [WHOLE, Page(limit=2), Page(limit=2, offset=4), Page(limit=2, offset=4, filters=(("status", "open"),))]
)
def test_a_page_is_read_as_it_is_written(page: Page) -> None:
    """Where nothing is asked for, there are as many as the profile says."""
    step = asked(REST, Call(REST.bound(Role.LIST)[0], ("ada",), page=page))
    assert step.invalid is None
    assert step.page == records.replace(page, limit=page.limit or 20)


def test_a_cursor_is_read_as_it_is_written() -> None:
    """In the body, where the profile says so; numbers as numbers."""
    step = asked(CURSOR, Call(CURSOR.bound(Role.LIST)[0], ("ada",), body={}, page=Page(limit=2, cursor="c")))
    assert step.asked == {"owner": "ada", "limit": 2, "cursor": "c"}
    assert step.page == Page(limit=2, cursor="c")


def test_an_age_is_written_in_its_unit() -> None:
    """And read in seconds."""
    binding = SUPPORT.bound(Role.CLEANUP)[0]
    request = Writer(SUPPORT).request(Call(binding, age=2 * 86_400.0))
    assert request.query == "days=2"
    assert read(Exchange(request, None), SUPPORT).age == 2 * 86_400.0
    assert read(support.cleanup(None), SUPPORT).age is None
    assert read(support.cleanup(1.5), SUPPORT).age == 1.5 * 86_400


def test_values_are_written_into_required_parameters() -> None:
    """What generated data cannot guess, and else a plain example; parameters of a call win over all."""
    binding = SUPPORT.bound(Role.TRANSITION)[0]
    write = Writer(replace(SUPPORT, values={"status": "escalated"})).request
    assert write(Call(binding, (), "s1")).query == "status=escalated"
    assert Writer(SUPPORT).request(Call(binding, (), "s1")).query == "status=active"
    assert write(Call(binding, (), "s1", status="ended")).query == "status=ended"
    assert write(Call(binding, (), "s1", status="ended", parameters={"status": "lost"})).query == "status=lost"


def test_the_next_page_is_found_in_any_header() -> None:
    """Whatever the case in which the server writes its name."""
    paging = Paging(cursor=parse("$request.query.status"), next=parse("$response.header.X-Next"))
    profile = bound(REST, Role.LIST, paging=paging)
    answer = said(200, {"threads": [], "total": 0}, X_NEXT="7")
    assert read(rest.list(answer=answer), profile).page.next == "7"
    assert read(rest.list(), profile).page.next is None


@pytest.mark.parametrize(
    ("paging", "page", "length", "last"),
    [
        (None, WHOLE, 5, True),
        (Paging(), Page(limit=2), 2, False),
        (Paging(), Page(limit=2), 1, True),
        (Paging(), Page(limit=2), 0, True),
        (Paging(), WHOLE, 50, True),
        (Paging(next=parse("$response.body#/next")), Page(limit=2, next="c"), 1, False),
        (Paging(next=parse("$response.body#/next")), Page(limit=2), 2, True),
    ],
)
def test_the_last_page(paging: Paging | None, page: Page, length: int, last: bool) -> None:
    """One that is shorter than was asked for, or after which no other is announced."""
    assert is_last(page, paging, length) is last


# --- what is shown --------------------------------------------------------------------------------


def test_a_status_is_a_part_of_a_session() -> None:
    """Beside the attributes and the history; what is no text is none."""
    (view,) = read(rest.get("s1", {"a": 1}, status="closed"), REST).views
    assert view.parts == {"labels": {"a": 1}, STATUS: "closed"}
    (view,) = read(rest.get("s1", {"a": 1}, answer=said(200, {"thread_id": "s1", "status": 5})), REST).views
    assert STATUS not in view.parts


def test_a_history_is_seen_only_if_it_is_whole() -> None:
    """A page of it shows items, and no session."""
    items = [message(f"m{number}") for number in range(3)]
    assert read(rest.messages("s1", *items), REST).views[0].parts == {HISTORY: items}
    for part in (rest.messages("s1", *items, limit=3), rest.messages("s1", *items, offset=1)):
        step = read(part, REST)
        assert step.views == ()
        assert step.items == tuple(items)
    assert read(cursor.history(1, remark("a"), following="1"), CURSOR).views == ()


def test_a_history_that_begins_with_the_newest_is_turned_round() -> None:
    """It is compared the oldest first."""
    step = read(rest.messages("s1", message("b"), message("a")), bound(REST, Role.HISTORY, order=Order.NEWEST))
    assert step.views[0].parts[HISTORY] == [message("a"), message("b")]


def test_an_answer_of_one_item() -> None:
    """It is an item of the history, and names its session."""
    step = read(support.send(1, "hello", support.message(1, "r1")), SUPPORT)
    assert step.items == (support.message(1, "r1"),)
    assert read(support.send(1, "hello", answer=support.no(400)), SUPPORT).items == ()
    court = judged([bridge.call("session-1", answer=said(200, {"result": bridge.reference("session-2", "r1")}))])
    assert court.broken == ["existence/answer-names-the-session-asked-for · call_function · an item of another session"]


# --- members of a group that are shared, or not kept -------------------------------------------------

PREFIXED = replace(REST, session=replace(REST.session, shared=("app:",), unstored=("temp:",)))


@pytest.mark.parametrize(
    ("sent", "shown", "broken"),
    [
        ({"a": 1, "temp:x": 2}, {"a": 1}, False),
        ({"a": 1, "temp:x": 2}, {"a": 1, "temp:x": 2}, True),
        ({"a": 1, "app:x": 2}, {"a": 1}, False),
        ({"a": 1, "app:x": 2}, {"a": 1, "app:x": 2}, False),
        ({"a": 1}, {"a": 1, "app:other": 2}, False),
        ({"a": 1, "app:x": 2}, {"app:x": 2}, True),
    ],
)
def test_members_that_are_shared_or_not_kept(sent: Json, shown: Json, broken: bool) -> None:
    """They are not compared, whoever wrote them; the others are."""
    story = [rest.create("s1"), rest.get("s1"), rest.label("s1", sent, shown), rest.get("s1", shown)]
    found = judged(story, PREFIXED).broken
    assert bool(found) is broken, found


def test_what_another_session_shares_is_no_leak() -> None:
    """A shared member shows in every session."""
    marker = "marker-1-of-one"
    begin = [rest.create("s1"), rest.get("s1"), rest.create("s2"), rest.label("s2", {"app:x": marker})]
    assert verdicts([*begin, rest.get("s1", {"app:x": marker})], PREFIXED) == []
    assert verdicts([*begin, rest.get("s1", {"app:x": marker})], REST) == [
        "isolation/writes-stay-in-their-session · labelThread · labels"
    ]


# --- merges that replace --------------------------------------------------------------------------

REPLACING = bound(REST, Role.ENRICH, merge=Merge.REPLACE)
KEPT = [rest.create("s1", {"a": 1, "b": 2}), rest.get("s1", {"a": 1, "b": 2})]


@pytest.mark.parametrize(
    ("shown", "broken"),
    [
        ({"c": 3}, []),
        ({"a": 1, "b": 2, "c": 3}, ["enrichment/enrichment-reads-back · labelThread · labels"]),
        ({"a": 1, "c": 3}, ["enrichment/enrichment-reads-back · labelThread · labels"]),
        ({"a": 1, "b": 2}, ["enrichment/enrichment-reads-back · labelThread · labels"]),
        ({}, ["enrichment/enrichment-reads-back · labelThread · labels"]),
    ],
)
def test_a_replacing_enrichment_takes_away_what_it_does_not_name(shown: Json, broken: list[str]) -> None:
    """What stays, and what does not come, is the enrichment's fault."""
    court = judged([*KEPT, rest.label("s1", {"c": 3}), rest.get("s1", shown)], REPLACING)
    assert sorted(set(court.broken)) == broken
    assert court.observed("enrichment/enrichment-keeps-other-keys") == 0


def test_a_refused_replacement_takes_nothing_away() -> None:
    """What it did not name is its trace, if it is gone."""
    refused = rest.label("s1", {"c": 3}, answer=rest.no(422))
    assert verdicts([*KEPT, refused, rest.get("s1", {"a": 1, "b": 2})], REPLACING) == []
    assert verdicts([*KEPT, refused, rest.get("s1", {"c": 3})], REPLACING) != []


@pytest.mark.parametrize(("how", "after"), [(Merge.REPLACE, {"b": {"d": 2}}), (Merge.SHALLOW, {"a": 1, "b": {"d": 2}}),
                                             (Merge.DEEP, {"a": 1, "b": {"c": 1, "d": 2}})])  # fmt: skip
def test_three_ways_to_merge(how: Merge, after: Json) -> None:
    """In the stead of all, key by key, or key by key at every depth."""
    assert merged({"a": 1, "b": {"c": 1}}, {"b": {"d": 2}}, how) == after


# --- what is known --------------------------------------------------------------------------------


def test_a_status_is_known_from_its_creation_on() -> None:
    """By what was declared, sent, shown; and not after a transition whose answer was lost."""
    court = judged([rest.create("s1")])
    assert court.session("s1").status == "open"
    court.tell(rest.move("s1", "closed"))
    assert court.session("s1").status == "closed"
    court.tell(rest.move("s1", "archived", answer=LATE))
    assert court.status("s1") is Status.UNCERTAIN
    court.tell(rest.get("s1", status="archived"))
    assert court.session("s1").status == "archived"
    assert court.status("s1") is Status.LIVE


@pytest.mark.parametrize("answer", [rest.no(409), rest.no(422), CRASH])
def test_a_transition_that_was_not_accepted_changes_no_status(answer: Response) -> None:
    """Whatever was answered."""
    assert judged([rest.create("s1"), rest.move("s1", "closed", answer=answer)]).session("s1").status == "open"


def test_pages_are_put_together() -> None:
    """As long as each begins where the one before it ended, and nothing was written in between."""
    court = judged([rest.create("s1"), rest.create("s2"), rest.create("s3")])
    key = {name: court.key(name, "ada") for name in ("s1", "s2", "s3")}

    (one,) = court.tell(rest.list("s3", "s2", limit=2))
    assert court.world.listing(one) == Listing((key["s3"], key["s2"]), 1, False, (2, None))
    two = read(rest.list("s1", limit=2, offset=2), REST)
    assert court.world.listing(two) == Listing((key["s3"], key["s2"], key["s1"]), 2, True, (3, None))
    middle = read(rest.list("s1", limit=2, offset=1), REST)
    assert court.world.listing(middle) == Listing((key["s1"],), begins=(-1, None))
    court.tell(rest.label("s1", {"a": 1}))
    assert court.world.listing(two) == Listing((key["s1"],), begins=(-1, None))


def test_pages_by_cursor_are_put_together_by_their_cursors() -> None:
    """A cursor that no page announced begins in the middle."""
    court = judged([cursor.create(1), cursor.create(2), cursor.list(1, following="c1", limit=1)])
    follows = read(cursor.list(2, limit=1, cursor="c1"), CURSOR)
    assert court.world.listing(follows).pages == 2
    assert court.world.listing(follows).complete
    strays = read(cursor.list(2, limit=1, cursor="c2"), CURSOR)
    assert court.world.listing(strays).pages == 0


def test_a_session_is_touched_by_its_writes() -> None:
    """When the last one began and ended; a refused one does not count, and one that may have happened counts late."""
    court = judged([timed(support.create(1), 1, 2)])

    def touched() -> tuple[float, float]:
        """When the session was touched last."""
        return court.session(support.id(1)).touched

    assert touched() == (1, 2)
    court.tell(timed(support.move(1, "ended", answer=support.no(422)), 3, 4), timed(support.get(1), 5, 6))
    assert touched() == (1, 2)
    court.tell(timed(support.move(1, "ended"), 7, 8))
    assert touched() == (7, 8)
    court.tell(timed(support.move(1, "active", answer=LATE), 9, 10))
    assert touched() == (7, 10)


def test_a_run_that_makes_its_session_makes_it_anew() -> None:
    """After its end a session begins with nothing of it."""
    court = judged([bridge.call("session-1", "r1"), bridge.end("session-1"), bridge.call("session-1", "r2")])
    assert court.broken == []
    assert set(court.session("session-1").items) == {"r2"}
    assert court.world.recreated(court.key("session-1", "ada"))


# --- who is to blame ------------------------------------------------------------------------------


def causes(story: Story, profile: Profile) -> list[tuple[Cause | Awkward, str | None]]:
    """What the last step of a history is blamed on."""
    court = judged(story[:-1], profile)
    found = examine(court.world, read(story[-1], profile))
    return [(change.cause, change.operation) for change in found.changes]


LABELLED = [rest.create("s1", {"a": 1}), rest.get("s1", {"a": 1})]


@pytest.mark.parametrize(
    ("call", "shown", "blamed"),
    [
        (rest.move("s1", "closed", {"a": 1}), rest.get("s1", {"a": 1}), (Cause.TRANSITION, "moveThread")),
        (
            rest.move("s1", "closed", {"a": 1}),
            rest.get("s1", {}, status="closed"),
            (Cause.TRANSITION_REST, "moveThread"),
        ),
        (
            rest.move("s1", "archived", answer=rest.no(409)),
            rest.get("s1", {"a": 1}, status="archived"),
            (Cause.REFUSED_TRANSITION, "moveThread"),
        ),
        (
            rest.label("s1", {"a": 2}, answer=rest.no(422)),
            rest.get("s1", {"a": 2}),
            (Cause.REFUSED_ENRICH, "labelThread"),
        ),
        (
            rest.label("s1", {"a": 2}, key=None, answer=rest.no(401)),
            rest.get("s1", {"a": 2}),
            (Cause.UNAUTHORIZED, "labelThread"),
        ),
        (rest.delete("s1", key=None, answer=rest.no(401)), rest.get("s1", {}), (Cause.UNAUTHORIZED, "deleteThread")),
        (
            rest.label("s1", {"b": 2}, {"a": 1, "b": 2}),
            rest.get("s1", {"a": 1, "b": 2}, status="closed"),
            (Cause.ENRICH_REST, "labelThread"),
        ),
        (rest.get("s1", {"a": 1}), rest.get("s1", {"a": 1}, status="closed"), (Cause.READ, None)),
    ],
)
def test_each_difference_has_one_cause(call: Exchange, shown: Exchange, blamed: tuple[Cause, str | None]) -> None:
    """Of a status, of the labels beside it, of what was refused, and of what nobody wrote."""
    assert causes([*LABELLED, call, shown], REST) == [blamed]


def test_a_status_that_was_given_at_creation_is_what_creation_wrote() -> None:
    """The first status is the create's, declared or sent."""
    assert causes([rest.create("s1"), rest.get("s1", status="closed")], REST) == [(Cause.CREATE, "createThreadWithId")]
    profile = replace(REST, lifecycle=replace(REST.lifecycle, initial=None))
    profile = bound(profile, Role.CREATE, returns=Returns.NOTHING)
    assert causes([rest.create("s1"), rest.get("s1", status="closed")], profile) == []


def test_cleanups_come_before_all_other_causes() -> None:
    """A session that is not there after a cleanup was taken by it; one that is there was left by it."""
    due = [timed(support.create(1), 0), timed(support.move(1, "ended"), 1), timed(support.cleanup(), 99)]
    assert causes([*due, support.get(1, status="ended")], SUPPORT) == [(Cause.CLEANED, None)]
    young = [timed(support.create(1), 0), timed(support.cleanup(), 99)]
    assert causes([*young, support.get(1, answer=support.no())], SUPPORT) == [(Cause.CLEANUP, "cleanup_sessions")]
    seen = [*young, support.get(1)]
    assert causes([*seen, support.get(1, answer=support.no())], SUPPORT) == [(Cause.VANISHED, None)]


def test_an_api_of_many_groups_is_compared_group_by_group() -> None:
    """What one group lost, no other is blamed for."""
    given = {
        "project": "p",
        "session_name": "n",
        "source": "s",
        "session_id": "s1",
        "metadata": {"a": 1},
        "config": {"b": 2},
    }
    key = (("authorization", "Bearer x"),)
    create = exchange("POST", "/session/start", {"session": given}, said(200, {"session_id": "s1"}), headers=key)
    shown = {"session_id": "s1", "event_id": "s1", "metadata": {"a": 1}, "config": {}}
    story = [create, exchange("GET", "/session/s1", None, said(200, shown), headers=key)]
    (found,) = judged(story, HONEYHIVE).violations
    assert found.signature.kind == "config"
    assert found.signature.invariant == "existence/created-session-reads-back"


def test_a_request_may_be_wrong_in_no_way_that_is_known() -> None:
    """Without variables nobody knows which credentials are right: no call is unauthorized."""
    request = Request("GET", "/session/s1", headers=(("authorization", "Bearer anything"),))
    assert not read(Exchange(request, None), HONEYHIVE).unauthorized
