"""Recorded traffic is judged as a run is: what is found, what is uncertain, and what cannot be judged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance import Budget, InputError, InvariantOutcome, Report, Verdict, load, run
from conformance.baseline import Entry
from conformance.check import check
from conformance.checking import Check, Options
from conformance.explore.saved import SavedFlow
from conformance.judge import Signature
from conformance.profile import Binding, Profile, Role

from .recordings.samples import PATH, call, calls, har, interaction, ndjson, shown

ADK = load("adk")
LOST = "enrichment/enrichment-reads-back · update_session · state"


def _check(path: Path, profile: Profile = ADK, **options: Any) -> Report:
    report, faults = check(profile, [path], Options(**options))
    assert faults == ()
    return report


def _found(report: Report) -> list[str]:
    return [str(each.signature) for each in report.findings]


def test_a_right_recording_conforms(tmp_path: Path) -> None:
    """Without an alarm; what was not seen is untested, and no failure unless that is wanted."""
    report = _check(ndjson(tmp_path / "r", calls()))
    assert (report.verdict, report.exchanges, report.flows) == (Verdict.CONFORMS, 3, 1)
    assert report.row("enrichment/enrichment-reads-back").outcome is InvariantOutcome.HELD
    assert _check(tmp_path / "r", strict=True).verdict is Verdict.UNTESTED


@pytest.mark.parametrize("write", [ndjson, har])
def test_a_lost_enrichment_is_found(write: Any, tmp_path: Path) -> None:
    """With the exchanges that show it, and no others."""
    around = [call("GET", f"{PATH}/other-{number}", None, {"detail": "no"}, 404) for number in range(30)]
    report = _check(write(tmp_path / "r", [*around, *calls(loses=True), *around]))
    assert report.verdict is Verdict.BROKEN
    (finding,) = report.findings
    assert str(finding.signature) == LOST
    assert [each.role for each in finding.flow] == ["create", "enrich", "read"]
    assert (finding.primary, finding.seen, finding.reproduced) == (True, 1, None)


@pytest.mark.parametrize(("sent", "told"), [({"note": "note-0001"}, False), ({"a.b": "c\0d"}, True)])
def test_what_cannot_be_blamed_on_one_of_several_kinds_is_noted(sent: Any, told: bool, tmp_path: Path) -> None:
    """A value that is awkward in two ways was lost: that accuses nobody, holds nothing, and is not passed over."""
    create, _, read = calls(loses=True)
    story = [create, call("PATCH", f"{PATH}/s-1", {"stateDelta": sent}, shown({"plan": "basic", **sent})), read]
    report = _check(ndjson(tmp_path / "r", story))
    assert bool(report.findings) is not told
    assert any("in 1 answers values that are awkward in several ways" in each for each in report.notes) is told
    assert report.row("enrichment/enrichment-reads-back").observations == 2 - told  # the echo, and the read


def test_a_recording_from_mid_life_is_uncertain_not_wrong(tmp_path: Path) -> None:
    """A session that was made before the recording began is neither missing nor known."""
    story = [
        call("GET", f"{PATH}/old", None, {**shown({"a": "b"}), "id": "old"}),
        call("GET", f"{PATH}/older", None, {"detail": "no"}, 404),
        call("DELETE", f"{PATH}/old", None, None),
    ]
    assert _found(_check(ndjson(tmp_path / "r", story))) == []


def test_a_closed_recording_knows_what_is_missing(tmp_path: Path) -> None:
    """By its own word, or by the user's, a session that nobody created is absent."""
    story = [call("GET", f"{PATH}/old", None, {**shown({}), "id": "old"})]
    plain = ndjson(tmp_path / "r", story)
    assert _found(_check(plain, closed=True)) == ["existence/missing-session-is-refused · get_session · served"]
    said = tmp_path / "said"
    said.write_text(json.dumps({"recording": {"closed": True}}) + "\n" + plain.read_text())
    assert len(_found(_check(said))) == 1
    assert _found(_check(said, closed=False)) == []


def test_flows_are_worlds_of_their_own(tmp_path: Path) -> None:
    """What one flow knows, another does not."""
    lines = [ndjson(tmp_path / f"{flow}", calls(), flow=flow).read_text() for flow in "ab"]
    mixed = tmp_path / "r"
    mixed.write_text(
        "".join(one + "\n" + other + "\n" for one, other in zip(*(text.splitlines() for text in lines), strict=True))
    )
    report = _check(mixed)
    assert (_found(report), report.flows) == ([], 2)


def test_what_follows_a_gone_session_is_judged(tmp_path: Path) -> None:
    """A session that was seen to be deleted must stay so, also in an open world."""
    story = [*calls(), call("DELETE", f"{PATH}/s-1", None, None), call("GET", f"{PATH}/s-1", None, shown({}))]
    assert _found(_check(ndjson(tmp_path / "r", story))) == [
        "existence/deleted-session-stays-gone · get_session · served"
    ]


def test_files_are_judged_by_themselves(tmp_path: Path) -> None:
    """One report for all, and no knowledge from one to the next."""
    report, _ = check(ADK, [ndjson(tmp_path / "a", calls()), ndjson(tmp_path / "b", calls(loses=True))])
    assert (report.exchanges, report.flows, _found(report)) == (6, 2, [LOST])
    assert report.target == f"{tmp_path / 'a'}, {tmp_path / 'b'}"


def test_what_stands_before_a_fault_is_judged_on_request(tmp_path: Path) -> None:
    """Otherwise the fault is all there is."""
    path = ndjson(tmp_path / "r.ndjson", calls(loses=True))
    path.write_text(path.read_text() + "{broken\n")
    with pytest.raises(InputError, match="entry 4, line 4"):
        check(ADK, [path])
    report, faults = check(ADK, [path], Options(partial=True))
    assert _found(report) == [LOST]
    assert "entry 4, line 4" in str(faults[0])
    assert report.stopped == "a recording is faulty"


def test_other_traffic_is_left_out(tmp_path: Path) -> None:
    """A browser records more than one API; a recording of another API alone is a mistake."""
    other = call("GET", "/static/app.js", None, {})
    report = _check(har(tmp_path / "r", [other, *calls(), other]))
    assert report.exchanges == 3
    assert any("2 exchanges are of no operation" in note for note in report.notes)
    with pytest.raises(InputError, match="none of its 1 exchanges"):
        check(ADK, [har(tmp_path / "s", [other])])


def test_a_prefix_is_taken_off(tmp_path: Path) -> None:
    """Whatever stands before the paths of the spec, if it is said."""
    behind = [{**each, "path": f"/api/v1{each['path']}"} for each in calls(loses=True)]
    path = ndjson(tmp_path / "r", behind)
    with pytest.raises(InputError, match="none of its 3"):
        check(ADK, [path])
    assert _found(_check(path, prefix="/api/v1/")) == [LOST]


def test_a_read_may_lag_behind_where_the_profile_lets_it(tmp_path: Path) -> None:
    """Within the time a read that does not fit is not judged; after it, it is."""

    def eventual(binding: Binding) -> Binding:
        return replace(binding, eventual=2.0) if binding.role is Role.READ else binding

    profile = replace(ADK, bindings=tuple(map(eventual, ADK.bindings)))
    path = tmp_path / "r"
    lines = ndjson(path, calls(loses=True)).read_text().splitlines()
    for late, expected in ((1.0, []), (5.0, [LOST])):
        timed = [{**json.loads(line), "started": (0.0, 0.1, late)[number]} for number, line in enumerate(lines)]
        path.write_text("".join(json.dumps(each) + "\n" for each in timed))
        assert _found(_check(path, profile)) == expected


def test_a_run_and_its_recording_agree(tmp_path: Path) -> None:
    """What a run finds in a fake, the check of its cassette finds; and what held, held."""
    for fault in (None, "loses-enrichments", "forgets-to-delete", "enrichment-replaces"):
        path = tmp_path / f"{fault}.yaml"
        report = run(ADK, fault=fault, budget=Budget(requests=400), record=path)
        again = _check(path)
        assert {str(each.signature) for each in report.findings} <= set(_found(again))
        assert bool(again.findings) == bool(report.findings)


def test_the_number_of_open_flows_is_bounded(tmp_path: Path) -> None:
    """Ten thousand flows leave no more than the last ones behind."""
    path = tmp_path / "r"
    lines = [ndjson(tmp_path / "x", calls(), flow=number).read_text() for number in range(1_500)]
    path.write_text("".join(lines))
    checking = Check(ADK)
    checking.read(path)
    assert checking.flows == 1_500
    assert len(checking._open) == 1_000
    assert checking.found == {}


def test_reports_hold_what_they_have_to(tmp_path: Path) -> None:
    """Latencies by role, and times only where they were recorded."""
    report = _check(har(tmp_path / "r", calls(loses=True)))
    assert {role: each.count for role, each in report.latencies.items()} == {"create": 1, "enrich": 1, "read": 1}
    assert 0.0125 <= report.latencies["read"].p50 < 0.0135
    assert _check(ndjson(tmp_path / "s", calls(loses=True))).latencies == {}


def test_hosts_are_judged_apart(tmp_path: Path) -> None:
    """The same paths at another host are other sessions; `hosts` leaves them out."""
    path = ndjson(tmp_path / "r", calls())
    lines = path.read_text().splitlines()
    other = json.loads(lines[2])
    other["request"]["url"] = other["request"]["url"].replace("api.test", "other.test")
    other["response"]["json"]["state"] = {"zzz": "other-host-1"}
    path.write_text("\n".join([*lines[:2], json.dumps(other), lines[2]]) + "\n")
    report, _ = check(ADK, [path])
    assert report.findings == ()
    assert "judged apart" in report.notes[0]
    report, _ = check(ADK, [path], Options(hosts=frozenset({"api.test"})))
    assert (report.exchanges, report.notes) == (3, ("1 exchanges went to other hosts, and were not judged",))
    with pytest.raises(InputError, match=r"holds nothing to be judged: 4 exchanges went to other hosts"):
        check(ADK, [path], Options(hosts=frozenset({"nowhere"})))


@pytest.mark.parametrize("loses", [False, True])
def test_what_is_listed_twice_is_judged_once(loses: bool, tmp_path: Path) -> None:
    """A file may hold the very same exchange more than once, and a browser answers from what it has."""
    path = har(tmp_path / "r.har", calls(loses=loses))
    document = json.loads(path.read_text())
    entries = document["log"]["entries"]
    unchanged = json.loads(json.dumps(entries[-1]))
    unchanged["response"] = {"status": 304, "headers": [], "content": {}}
    unchanged["startedDateTime"] = "2024-01-02T03:05:00.000Z"
    document["log"]["entries"] = [each for entry in entries for each in (entry, entry)] + [unchanged]
    path.write_text(json.dumps(document))
    report, _ = check(ADK, [path])
    assert [each.signature.invariant for each in report.findings] == ["enrichment/enrichment-reads-back"] * loses
    assert report.exchanges == 3
    assert len(report.notes) == 2


def test_bodies_that_were_left_out_accuse_nobody(tmp_path: Path) -> None:
    """A HAR file without contents says nothing of the server but that it answered."""
    path = har(tmp_path / "r.har", calls(loses=True))
    document = json.loads(path.read_text())
    del document["log"]["entries"][1]["response"]["content"]["text"]
    path.write_text(json.dumps(document))
    report = check(ADK, [path])[0]
    assert (report.findings, len(report.notes)) == ((), 1)
    assert report.notes[0].startswith("1 exchanges are recorded without their answer, or without a body")


def test_a_recording_without_any_answer_does_not_conform(tmp_path: Path) -> None:
    """Nothing of it can be judged, and what was left out is told."""
    path = har(tmp_path / "r.har", calls())
    document = json.loads(path.read_text())
    for entry in document["log"]["entries"]:
        del entry["response"]["content"]["text"]
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="holds nothing to be judged: 3 exchanges are recorded without"):
        check(ADK, [path])


def _without_headers(kind: str, path: Path) -> Path:
    """The story in which an enrichment is lost, as a recorder writes it that keeps no headers of answers."""
    if kind == "cassette":
        found = [interaction(each) for each in calls(loses=True)]
        path.write_text(
            json.dumps({"interactions": [{**each, "response": {**each["response"], "headers": {}}} for each in found]})
        )
    elif kind == "har":
        document = json.loads(har(path, calls(loses=True)).read_text())
        for each in document["log"]["entries"]:
            each["response"]["headers"] = []
        path.write_text(json.dumps(document))
    else:
        lines = map(json.loads, ndjson(path, calls(loses=True)).read_text().splitlines())
        kept = ({**each, "response": {**each["response"], "headers": {}}} for each in lines)
        path.write_text("".join(json.dumps(each) + "\n" for each in kept))
    return path


@pytest.mark.parametrize("kind", ["cassette", "har", "ndjson"])
def test_a_recorder_may_keep_no_headers(kind: str, tmp_path: Path) -> None:
    """Then a body is what it looks like, and nobody is accused of a missing type."""
    report, _ = check(ADK, [_without_headers(kind, tmp_path / "r")])
    assert [each.signature.invariant for each in report.findings] == ["enrichment/enrichment-reads-back"]


def test_what_follows_a_known_finding_by_way_of_another_is_known(tmp_path: Path) -> None:
    """A run fails on any message, so one that is awkward proves nothing, nor do those on the session that it spoilt."""
    path = tmp_path / "r"
    run = {"appName": "echo", "userId": "ada", "sessionId": "s-1"}

    def said(text: str) -> dict[str, Any]:
        return call("POST", "/run", {**run, "newMessage": {"role": "user", "parts": [{"text": text}]}}, None, 500)

    plain = call("POST", "/run", {**run, "sessionId": "s-2", "newMessage": {"role": "user"}}, None, 500)
    ndjson(path, [calls()[0], said("before\ud800after"), said("na\u00efve"), plain])
    known: Entry[SavedFlow] = Entry(Signature("contract/no-server-error", "run_agent", "failed 500"), "it is known", ())
    report, _ = check(ADK, [path], baseline=[known])
    assert [str(each.signature) for each in report.findings if each.follows is None] == [str(known.signature)]
    assert {each.follows for each in report.findings} == {None, known.signature}
    assert all(each.known for each in report.findings)
    assert report.verdict is Verdict.CONFORMS
