"""Two clients are asked for the same, and where they send or tell something else is shown."""

from __future__ import annotations

import json
from io import StringIO

from rich.console import Console

from conformance.client_run import Asking, ask, differences
from conformance.clients.explorer import Budget
from conformance.reports import comparison
from tests.clients.driven import PROFILES, command

HONEYHIVE = PROFILES["honeyhive"]


def printed(part: object) -> str:
    """What is printed, as one line."""
    text = StringIO()
    Console(file=text, width=200).print(part)
    return " ".join(text.getvalue().split())


def test_a_client_does_not_differ_from_itself() -> None:
    """Whatever ids and markers were made up."""
    assert differences(HONEYHIVE, command("honeyhive"), command("honeyhive"), 3) == []


def test_what_differs_is_shown_with_what_led_to_it() -> None:
    """A lost field: by each way of enriching, and nowhere else."""
    found = differences(HONEYHIVE, command("honeyhive"), command("honeyhive", "LosesAField"))
    assert found
    assert all(".enrich(" in each.asked or ".span(" in each.asked for each in found)
    first = found[0]
    assert first.before == ("a.open()",)
    assert '"inner"' in first.first[0]
    assert '"inner"' not in first.second[0]
    assert "<reference session>" in first.first[0]
    text = printed(comparison.differences("Client 1", "LosesAField 1", found))
    assert f"LosesAField 1 beside Client 1: {len(found)} differences" in text


def test_what_only_one_tells_is_a_difference() -> None:
    """The same request, and another word to the caller."""
    found = differences(HONEYHIVE, command("honeyhive"), command("honeyhive", "SwallowsRefusals"))
    assert {each.second[-1] for each in found} == {"told: success"}
    assert {each.first[-1] for each in found} == {"told: failure"}
    ways = [way for each in found for way in (each.way, *each.alike)]
    assert "enrich, the server: 404" in ways


def test_differences_that_are_alike_are_one() -> None:
    """Whatever the server refuses with, and by whichever way it is asked: the others are named."""
    (found,) = differences(HONEYHIVE, command("honeyhive"), command("honeyhive", "SwallowsRefusals"))
    assert found.before == ("a.open()",)
    assert found.way == "enrich, the server: 400"
    assert {"enrich, the server: 500", "enrich with a session, the server: 401"} <= set(found.alike)
    text = printed(comparison.differences("Client 1", "SwallowsRefusals 1", [found]))
    assert f"1 difference 1. {found.asked}" in text
    assert f"so do {len(found.alike)} more: enrich with a session, the server: 400; " in text


def test_what_is_told_of_another_answer_is_another_difference() -> None:
    """A refusal told as a success, and a success told as a failure, have not one cause."""
    found = differences(HONEYHIVE, command("honeyhive"), command("honeyhive", "NeedsABody"))
    enriching = [each for each in found if ".enrich(" in each.asked]
    assert [each.way for each in enriching] == ["enrich", "enrich, the server: closed"]
    assert [len(each.first) for each in enriching] == [2, 3]


def test_where_a_request_differs_is_a_difference_of_its_own() -> None:
    """Of one kind of ask that is sent to another session, and of another that loses a member."""
    found = differences(HONEYHIVE, command("honeyhive"), command("honeyhive", "LetsTheContextWin"))
    assert len({each.change for each in found}) == len(found) > 1
    assert all("within" in each.way for each in found)


def test_versions_stand_beside_each_other() -> None:
    """A column each, and what changed is marked."""
    asking = Asking(budget=Budget(60.0, 25), shrinks=False)
    reports = [
        ask(HONEYHIVE, command("honeyhive", *kind), asking)
        for kind in ((), ("RunsTwice",), ("SwallowsAMissingMethod",))
    ]
    text = printed(comparison.table(reports))
    assert "Client 1 RunsTwice 1 SwallowsAMissingMethod 1" in text
    assert "asks/run-is-one-write ✓ held ✗ broken ✓ held changed" in text
    assert "asks/create-is-one-write ✓ held ✓ held ✓ held asks/run" in text
    assert "verdict conforms broken broken" in text
    document = json.loads(comparison.render_json(reports))
    assert {name: each["verdict"] for name, each in document.items()} == {
        "Client 1": "conforms",
        "RunsTwice 1": "broken",
        "SwallowsAMissingMethod 1": "broken",
    }
