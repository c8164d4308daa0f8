"""Known findings: they hide exactly their signature, and fail when they are stale or expired."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conformance import Budget, InputError, InvariantOutcome, Report, Verdict, load, run
from conformance import baseline as baselines
from conformance.explore.saved import from_texts

ADK = load("adk")
SMALL = Budget(requests=400)


def _run(fault: str | None, path: Path | None = None) -> Report:
    entries = baselines.load(path, ADK) if path else ()
    return run(ADK, fault=fault, budget=SMALL, strict=False, baseline=entries)


def _written(report: Report, path: Path, reason: str = "told to the vendor") -> Path:
    """The primary findings of a report as a baseline."""
    entries = [(each.signature, from_texts(ADK, each.saved, "flow")) for each in report.findings if each.primary]
    path.write_text(baselines.render(ADK, entries, reason), encoding="utf-8")
    return path


def test_a_known_finding_does_not_fail(tmp_path: Path) -> None:
    """The same defect with its baseline: known, with its reason, and the verdict conforms."""
    report = _run("loses-enrichments", _written(_run("loses-enrichments"), tmp_path / "b.toml"))
    assert report.verdict is Verdict.CONFORMS
    assert report.row("enrichment/enrichment-reads-back").outcome is InvariantOutcome.KNOWN
    assert {each.known for each in report.findings} == {"told to the vendor"}
    assert [each.state for each in report.baseline] == ["known"]


def test_an_entry_hides_exactly_its_signature(tmp_path: Path) -> None:
    """Another defect is found beside the known one."""
    path = _written(_run("loses-enrichments"), tmp_path / "b.toml")
    report = _run("run-appends-nothing", path)
    assert report.verdict is Verdict.BROKEN
    assert {each.signature.invariant for each in report.findings if not each.known} == {"runs/run-appends"}


def test_a_stale_entry_fails(tmp_path: Path) -> None:
    """A flow that shows nothing in three replays is stale, and stale entries fail."""
    report = _run(None, _written(_run("loses-enrichments"), tmp_path / "b.toml"))
    assert report.findings == ()
    assert [each.state for each in report.baseline] == ["stale"]
    assert report.verdict is Verdict.BROKEN


def test_an_expired_entry_hides_nothing_and_fails(tmp_path: Path) -> None:
    """After its date an entry is as good as none."""
    path = _written(_run("loses-enrichments"), tmp_path / "b.toml")
    path.write_text(path.read_text().replace("\nreason", "\nexpires = 2001-01-01\nreason"))
    report = _run("loses-enrichments", path)
    assert [each.state for each in report.baseline] == ["expired"]
    assert report.row("enrichment/enrichment-reads-back").outcome is InvariantOutcome.BROKEN
    assert report.verdict is Verdict.BROKEN


def test_an_entry_that_expires_later_holds(tmp_path: Path) -> None:
    """Until its date an entry hides its signature."""
    path = _written(_run("loses-enrichments"), tmp_path / "b.toml")
    later = date.today().replace(year=date.today().year + 1, day=1)
    path.write_text(path.read_text().replace("\nreason", f"\nexpires = {later}\nreason"))
    assert _run("loses-enrichments", path).verdict is Verdict.CONFORMS


def test_flows_survive_awkward_bodies(tmp_path: Path) -> None:
    """A flow with a lone surrogate in it is written, read back, and still shows the finding."""
    report = _run("fails-on-surrogates")
    path = _written(report, tmp_path / "b.toml")
    assert "\\ud800" in path.read_text(encoding="utf-8")
    assert _run("fails-on-surrogates", path).verdict is Verdict.CONFORMS


GOOD = """
[[known]]
invariant = "runs/run-appends"
operation = "run_agent"
kind = "history"
reason = "because"
flow = ['{"operation": "create_session"}']
"""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("reason", "reasons"), "did you mean 'reason'?"),
        (('"because"', '""'), "say why it is known"),
        (("runs/run-appends", "runs/run-append"), "did you mean 'runs/run-appends'?"),
        (("create_session", "create_sesion"), "did you mean 'create_session'?"),
        (('{"operation"', '{"operation'), "is not JSON"),
        (('"operation": ', '"wrong": 1, "operation": '), "unknown members wrong"),
        (("flow = [", 'expires = "soon"\nflow = ['), "is not a date"),
        (("[[known]]", "[[knowns]]"), "something other than [[known]]"),
        (("flow = [", "flow = [1, "), "not an array of JSON texts"),
        (("[[known]]", "[[known"), "cannot be read"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    """Each mistake is named with its place."""
    path = tmp_path / "b.toml"
    path.write_text(GOOD.replace(*change), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        baselines.load(path, ADK)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 2


def test_the_good_file_is_read(tmp_path: Path) -> None:
    """The file that the others are made from is right."""
    (tmp_path / "b.toml").write_text(GOOD, encoding="utf-8")
    assert [entry.reason for entry in baselines.load(tmp_path / "b.toml", ADK)] == ["because"]
