"""Two reports, or two recordings, side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance import Budget, InputError, load, run
from conformance.cli import main
from conformance.compare import Outcomes, Seen, compared, outcomes, render, render_json

from .recordings.samples import calls, ndjson

ADK = load("adk")


def _outcomes(latency: float = 0.01, findings: Any = (), **invariants: str) -> Outcomes:
    levels = {name.replace("__", "/"): (outcome, "MUST") for name, outcome in invariants.items()}
    seen = findings if isinstance(findings, dict) else dict.fromkeys(findings, Seen("MUST"))
    return Outcomes("f", "adk", levels, seen, {"read": (100, latency, latency)})


@pytest.mark.parametrize(
    ("before", "after", "what", "worse"),
    [
        ("held", "broken", "broke", True),
        ("untested", "broken", "broke", True),
        ("not-applicable", "broken", "broke", True),
        ("known", "broken", "broke", True),
        ("broken", "held", "mended", False),
        ("known", "held", "mended", False),
        ("broken", "known", "changed", False),
        ("held", "untested", "no longer tested", True),
        ("broken", "untested", "no longer tested", True),
        ("held", "not-applicable", "no longer tested", False),
        ("untested", "held", "new", False),
    ],
)
def test_what_changed_of_an_invariant(before: str, after: str, what: str, worse: bool) -> None:
    """Each change has its name, and says whether it is worse."""
    (change,) = compared(_outcomes(a__b=before), _outcomes(a__b=after)).changes
    assert (change.what, change.about, change.regression) == (what, "a/b", worse)


def test_what_is_only_in_one_of_them() -> None:
    """An invariant that came is new; one that went is no longer tested."""
    came, went = compared(_outcomes(), _outcomes(a__b="held")), compared(_outcomes(a__b="held"), _outcomes())
    assert [each.what for each in came.changes] == ["new"]
    assert [(each.what, each.regression) for each in went.changes] == [("no longer tested", True)]


def test_a_broken_invariant_may_break_in_another_way() -> None:
    """One signature goes, another comes."""
    old = _outcomes(findings=[("a/b", "op", "one")], a__b="broken")
    new = _outcomes(findings=[("a/b", "op", "two")], a__b="broken")
    found = compared(old, new)
    assert [(each.what, each.about) for each in found.changes] == [
        ("broke", "a/b · op · two"),
        ("mended", "a/b · op · one"),
    ]
    assert found.exit_code == 1


ONE, TWO = ("a/b", "op", "one"), ("a/b", "op", "two")
FOUND, FOLLOWS, KNOWN = Seen("MUST"), Seen("MUST", primary=False), Seen("MUST", known=True)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (("known", {ONE: KNOWN}), ("broken", {ONE: FOUND}), [("changed", "a/b")]),
        (("broken", {ONE: FOUND}), ("known", {ONE: KNOWN}), [("changed", "a/b")]),
        (
            ("known", {ONE: KNOWN}),
            ("broken", {ONE: KNOWN, TWO: FOUND}),
            [("changed", "a/b"), ("broke", "a/b · op · two")],
        ),
        (("known", {ONE: KNOWN}), ("known", {ONE: KNOWN, TWO: KNOWN}), [("changed", "a/b · op · two")]),
        (("known", {ONE: KNOWN, TWO: KNOWN}), ("known", {ONE: KNOWN}), [("mended", "a/b · op · two")]),
        (("broken", {ONE: FOUND, TWO: FOLLOWS}), ("broken", {ONE: FOUND, TWO: FOUND}), []),
        (("broken", {ONE: FOUND, TWO: FOUND}), ("broken", {ONE: FOUND, TWO: FOLLOWS}), []),
    ],
)
def test_what_is_known_or_follows_was_there_all_the_same(before: Any, after: Any, expected: Any) -> None:
    """Another baseline breaks and mends nothing, and neither does another order of findings in a flow."""
    old, new = (_outcomes(findings=found, a__b=outcome) for outcome, found in (before, after))
    found = compared(old, new)
    assert [(each.what, each.about) for each in found.changes] == expected
    assert found.exit_code == int(any(what == "broke" for what, _ in expected))


def test_slower_is_worse_only_if_that_is_asked() -> None:
    """Latencies are always shown, by role."""
    old, new = _outcomes(0.01, a__b="held"), _outcomes(0.05, a__b="held")
    assert compared(old, new).exit_code == 0
    assert "read       half 10 ms → 50 ms" in render(compared(old, new))
    found = compared(old, new, slower=3)
    assert (found.exit_code, found.changes[0].what) == (1, "slower")
    assert compared(old, new, slower=6).exit_code == 0


def test_other_profiles_cannot_be_compared() -> None:
    """A comparison of two APIs says nothing."""
    with pytest.raises(InputError, match="is of the profile"):
        compared(_outcomes(), Outcomes("g", "other", {}, {}, {}))


def test_a_server_and_a_client_cannot_be_compared() -> None:
    """They are asked other things, of which none would be tested any more."""
    with pytest.raises(InputError, match="no invariant in common"):
        compared(_outcomes(a__b="held"), _outcomes(c__d="held"))


def test_a_target_that_went_away_is_told(tmp_path: Path) -> None:
    """What is not tested any more was not there to be tested."""
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps(
            {"verdict": "unreachable", "stopped": "no answer", "profile": "adk", "invariants": [], "findings": []}
        )
    )
    (note,) = outcomes(path, lambda: ADK).notes
    assert "there was nothing to be judged: no answer" in note


def test_recordings_are_judged_first(tmp_path: Path) -> None:
    """A right one and one with a lost enrichment."""
    old = outcomes(ndjson(tmp_path / "a", calls()), lambda: ADK)
    new = outcomes(ndjson(tmp_path / "b", calls(loses=True)), lambda: ADK)
    found = compared(old, new)
    assert [(each.what, each.about) for each in found.changes if each.regression] == [
        ("broke", "enrichment/enrichment-reads-back")
    ]
    assert json.loads(render_json(found))["regressions"] == 1
    assert compared(new, old).exit_code == 0


def test_the_command_compares_two_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 if nothing is worse, 1 if anything is; the JSON is written on request."""
    files = []
    for name, fault in (("old", []), ("new", ["--fault", "loses-enrichments"])):
        files.append(str(tmp_path / f"{name}.json"))
        main(["run", "adk", "--max-requests", "500", *fault, "--report", f"json={files[-1]}"])
    capsys.readouterr()
    assert main(["compare", *files, "--report", f"json={tmp_path / 'c.json'}"]) == 1
    out = capsys.readouterr().out
    assert "broke (1)\n  enrichment/enrichment-reads-back  MUST: held → broken" in out
    assert "no longer tested (1)\n  runs/run-brings-nothing-back  MUST: held → untested" in out
    assert "2 regressions\n" in out
    assert json.loads((tmp_path / "c.json").read_text())["regressions"] == 2
    assert main(["compare", files[1], files[0]]) == 0
    assert main(["compare", files[0], files[0]]) == 0
    assert "nothing changed" in capsys.readouterr().out


def test_what_is_neither_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recording that names no profile needs one; a report that is broken is none."""
    plain = str(ndjson(tmp_path / "a", calls()))
    assert main(["compare", plain, plain]) == 2
    said = capsys.readouterr().err
    assert f"{plain}: does not say which profile it is of" in said
    assert "name it with --profile" in said
    assert main(["compare", plain, plain, "--profile", "adk"]) == 0
    broken = tmp_path / "b.json"
    broken.write_text('{"verdict": "broken", "invariants": 7, "profile": "adk"}')
    assert main(["compare", plain, str(broken), "--profile", "adk"]) == 2


def test_one_that_names_its_profile_is_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And one that was made with another spec says so."""
    ours, plain = tmp_path / "r.yaml", str(ndjson(tmp_path / "a", calls()))
    run(ADK, budget=Budget(requests=60), record=ours)
    text = ours.read_text()
    ours.write_text(text.replace(text[text.index("spec: ") :][:22], f"spec: {'0' * 16}", 1))
    assert main(["compare", plain, str(ours)]) == 0
    assert f"note: {ours}: it was recorded with another version of the spec" in capsys.readouterr().out
