"""The recordings in this repository: still judged as they were, still replayed, and none older than its spec."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conformance import Report, Verdict, load
from conformance import baseline as baselines
from conformance.baseline import Entry
from conformance.check import check
from conformance.profile import Role
from conformance.recordings.about import spec_digest
from conformance.recordings.opening import open_recording
from conformance.replay import Target, replay

HOME = Path(__file__).parents[1] / "cassettes"
FILES = sorted(HOME.glob("*/*.yaml"))
FAKES = [path for path in FILES if path.stem == "fake"]
NAMES = [f"{path.parent.name}/{path.stem}" for path in FILES]


def _judged(path: Path, baseline: tuple[Entry, ...] = ()) -> Report:
    return check(load(path.parent.name), [path], baseline=baseline)[0]


def test_they_are_there() -> None:
    """Two versions of a real server, two kinds of storage, and the fakes of the others."""
    real = {"adk/1.16.0-memory", "adk/2.13.0-memory", "adk/2.13.0-sqlite"}
    assert set(NAMES) == real | {"honeyhive/fake", "snakebridge/fake", "support/fake"}


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_none_is_older_than_its_spec(path: Path) -> None:
    """Made with the document that there is now: else it has to be made again, as cassettes/README.md says."""
    recording = open_recording(path)
    entries = sum(1 for _ in recording.entries())
    assert recording.about.profile == path.parent.name
    assert recording.about.spec == spec_digest(load(path.parent.name))
    assert 300 <= entries <= 1_500
    assert path.stat().st_size < 2**20


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_each_replays_against_itself(path: Path) -> None:
    """Every request is found again, every answer is the same, and what was broken is still seen."""
    result = replay(load(path.parent.name), path)
    assert result.changed == []
    assert {each.state.value for each in result.findings} <= {"still broken"}
    assert {each.left_out for each in result.answers} <= {"", "it is of no operation of the spec"}


@pytest.mark.parametrize("path", FAKES, ids=lambda path: path.parent.name)
def test_the_fakes_answer_as_they_did(path: Path) -> None:
    """A recording of a correct fake conforms, and the fake of today gives the same answers."""
    assert _judged(path).verdict is Verdict.CONFORMS
    result = replay(load(path.parent.name), path, Target(fake=True))
    assert (result.changed, result.findings) == ([], ())


@pytest.mark.parametrize("storage", ["memory", "sqlite"])
def test_the_real_server_is_judged_offline(storage: str) -> None:
    """Of google-adk 2.13.0 nothing is found that is not known; what is known of each operation is found again."""
    profile = load("adk")
    baseline = baselines.load(Path(profile.place).parent / f"baseline-2.13.0-{storage}.toml", profile)
    report = _judged(HOME / "adk" / f"2.13.0-{storage}.yaml", baseline)
    unknown = {str(each.signature) for each in report.findings if not each.known and each.primary}
    # A session whose id has a slash cannot be deleted either: cleaning up showed it, which a run does not judge.
    assert unknown <= {
        "existence/live-session-can-be-deleted · delete_session · refused 404",
        "contract/status-is-documented · delete_session · 404",
    }
    assert report.row("runs/run-requires-existing-session").observations >= 4
    assert report.row("runs/run-appends").observations >= 10
    if any(each.expires is not None and each.expires < date.today() for each in baseline):
        pytest.fail("an entry of the baseline has expired")


def test_a_har_file_of_schemathesis_is_judged() -> None:
    """Schemathesis passed this server, which loses enrichments; what it recorded shows it all the same."""
    report, _ = check(load("adk"), [HOME / "adk" / "schemathesis-lost-enrichment.har"])
    (finding,) = report.findings
    assert str(finding.signature) == "enrichment/enrichment-reads-back · update_session · state"
    assert [call.role for call in finding.flow] == ["create", "enrich", "read"]
    assert report.exchanges > 150


def test_the_wiped_session_is_found() -> None:
    """google-adk 1.16.0 accepts a duplicate create, and what the session held is gone."""
    report = _judged(HOME / "adk" / "1.16.0-memory.yaml")
    found = {str(each.signature): each for each in report.findings}
    finding = found["existence/duplicate-create-is-refused · create_session · accepted 200"]
    assert finding.primary
    first, second = (call.exchange for call in finding.flow if call.role == Role.CREATE)
    assert first.response is not None
    assert second.response is not None
    assert (first.response.status, second.response.status) == (200, 200)
    assert report.verdict is Verdict.BROKEN
