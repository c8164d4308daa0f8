"""The commands about recordings: what they print, what they write, and how they exit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest

from conformance import Budget, load, run
from conformance.cli import main
from conformance.saving import save_findings

from .recordings.samples import calls, har, ndjson

SCHEMA = Path(__file__).parents[1] / "conformance" / "reports" / "report.schema.json"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found is kept in the working directory."""
    monkeypatch.chdir(tmp_path)


def _broken(tmp_path: Path) -> str:
    return str(ndjson(tmp_path / "broken.ndjson", calls(loses=True)))


def _right(tmp_path: Path) -> str:
    return str(har(tmp_path / "right.har", calls()))


def test_check_exits_as_documented(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 conforms, 1 broken, 2 the recording is wrong, 3 incomplete where that is asked."""
    assert main(["check", "adk", _right(tmp_path)]) == 0
    assert main(["check", "adk", _right(tmp_path), _broken(tmp_path)]) == 1
    assert main(["check", "adk", _right(tmp_path), "--require-complete"]) == 3
    assert main(["check", "adk", str(tmp_path / "none")]) == 2
    assert "there is no such file" in capsys.readouterr().err


def test_check_tells_as_run_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table, the finding with its calls, and the verdict; the JSON report validates."""
    report = tmp_path / "r.json"
    assert (
        main(["check", "adk", _broken(tmp_path), "--report", f"json={report}", "--report", f"junit={tmp_path / 'j'}"])
        == 1
    )
    out = capsys.readouterr().out
    assert "enrichment/enrichment-reads-back" in out
    assert "curl -sS -X PATCH" in out
    assert "broken · " in out
    document = json.loads(report.read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    assert (tmp_path / "j").read_text().startswith("<?xml")


def test_check_of_a_faulty_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 in any case; what stands before the fault is told on request."""
    path = Path(_broken(tmp_path))
    path.write_text(path.read_text() + "{")
    assert main(["check", "adk", str(path)]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert f"{path}: entry 4, line 4: is not JSON" in caught.err
    assert main(["check", "adk", str(path), "--partial"]) == 2
    caught = capsys.readouterr()
    assert "broken · " in caught.out
    assert "entry 4, line 4" in caught.err


def test_check_with_a_baseline(tmp_path: Path) -> None:
    """What is known does not fail; what is expired does."""
    path, baseline = tmp_path / "f.yaml", tmp_path / "b.toml"
    run = ["run", "adk", "--fault", "loses-enrichments", "--max-requests", "300"]
    assert main([*run, "--record", str(path), "--write-baseline", str(baseline)]) == 1
    assert main(["check", "adk", str(path)]) == 1
    text = baseline.read_text().replace('reason = ""', 'reason = "known"')
    baseline.write_text(text)
    assert main(["check", "adk", str(path), "--baseline", str(baseline)]) == 0
    baseline.write_text(text.replace('reason = "known"', 'reason = "known"\nexpires = 2020-01-01'))
    assert main(["check", "adk", str(path), "--baseline", str(baseline)]) == 1


def test_run_writes_its_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each as a file that says which profile it is of, and that the report names."""
    report = tmp_path / "r.json"
    command = ["run", "adk", "--fault", "loses-enrichments", "--max-requests", "500", "--findings", str(tmp_path)]
    assert main([*command, "--report", f"json={report}"]) == 1
    document = json.loads(report.read_text())
    paths = [each["recording"] for each in document["findings"] if each["primary"]]
    assert len(paths) == 1
    assert Path(paths[0]).name == "enrichment-enrichment-reads-back-update-session-state.yaml"
    capsys.readouterr()
    assert main(["replay", paths[0], "--fault", "loses-enrichments"]) == 1
    assert "still broken enrichment/enrichment-reads-back · update_session · state" in capsys.readouterr().out
    assert main(["replay", paths[0], "--fake", "--report", f"json={tmp_path / 'again.json'}"]) == 0
    assert "fixed" in capsys.readouterr().out
    again = json.loads((tmp_path / "again.json").read_text())
    assert [each["state"] for each in again["findings"]] == ["fixed"]
    assert {each["state"] for each in again["answers"]} == {"same", "changed"}
    assert main(["replay", paths[0]]) == 1


def test_run_keeps_its_findings_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a folder of its own, unless told otherwise; where that cannot be, the report says so, and all else is told."""
    command = ["run", "adk", "--fault", "loses-enrichments", "--max-requests", "300"]
    monkeypatch.chdir(tmp_path)
    assert main(["run", "adk", "--max-requests", "300"]) == 0
    assert main([*command, "--findings", ""]) == 1
    assert list(tmp_path.iterdir()) == []
    assert "recording" not in capsys.readouterr().out
    assert main(command) == 1
    (kept,) = (tmp_path / ".conformance" / "adk").iterdir()
    assert str(kept.relative_to(tmp_path)) in capsys.readouterr().out
    assert main(["replay", str(kept), "--fake"]) == 0
    kept.unlink()
    kept.parent.rmdir()
    kept.parent.write_text("in the way")
    capsys.readouterr()
    assert main(command) == 1
    assert "note: the findings are not kept: .conformance/adk" in capsys.readouterr().out


def test_findings_with_one_name_are_told_apart(tmp_path: Path) -> None:
    """Signatures that differ in nothing that a file name can show."""
    report = run(load("adk"), fault="loses-enrichments", budget=Budget(requests=300))
    first = next(each for each in report.findings if each.primary)
    other = replace(first, signature=replace(first.signature, kind=f"{first.signature.kind}!"))
    saved = save_findings(load("adk"), replace(report, findings=(first, other)), tmp_path)
    names = [Path(each.recording).stem for each in saved.findings]
    assert names == [names[0], f"{names[0]}-2"]
    assert {each.stem for each in tmp_path.iterdir()} == set(names)


def test_replay_of_what_cannot_be_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that names no profile needs one; no target is reached where there is none."""
    assert main(["replay", _right(tmp_path)]) == 2
    assert "name it with --profile" in capsys.readouterr().err
    assert main(["replay", _right(tmp_path), "--profile", "adk", "--fake"]) == 0
    assert main(["replay", _right(tmp_path), "--profile", "adk", "--target", "http://127.0.0.1:9"]) == 4


def test_what_a_replay_tells_holds_nothing_that_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A member that somebody calls a secret is told neither as it was, nor as it is."""
    story = calls()
    story[2]["answer"]["state"] = {"plan": "gold plated", "note": "note-0001"}
    path, report = str(ndjson(tmp_path / "r", story)), tmp_path / "r.json"
    main(["replay", path, "--profile", "adk", "--fake"])
    assert '/state/plan: "basic" instead of "gold plated"' in capsys.readouterr().out
    main(["replay", path, "--profile", "adk", "--fake", "--redact", "plan", "--report", f"json={report}"])
    told = capsys.readouterr().out + report.read_text()
    assert "/state/plan" in told
    assert not {"basic", "gold"} & set(told.replace('"', " ").split())


def test_record_into_nowhere(tmp_path: Path) -> None:
    """A folder that is not there is told before anything is sent."""
    assert main(["run", "adk", "--record", str(tmp_path / "none" / "c.yaml")]) == 2
    assert main(["run", "adk", "--findings", str(tmp_path / "none")]) == 2


CASSETTES = Path(__file__).parents[1] / "cassettes" / "snakebridge"
ASK = '{"path": "call", "given": {"runtime": "r"}, "payload": {"session_id": "r"}, "opts": {"session_id": "%s"}}\n'


@pytest.mark.parametrize(("name", "wrong", "way"), [("v0.7.5", 38, "8 of 8"), ("v0.7.6", 8, "0 of 8")])
def test_check_of_recorded_asks(
    name: str, wrong: int, way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of asks is judged as what it is: the client is to blame, and each call path is counted."""
    report = tmp_path / "r.json"
    assert main(["check", "snakebridge", str(CASSETTES / f"{name}.ndjson"), "--report", f"json={report}"]) == 1
    assert f"release_ref/2: {way} wrong" in capsys.readouterr().out
    document = json.loads(report.read_text(encoding="utf-8"))
    (row,) = [each for each in document["invariants"] if each["id"] == "asks/one-id-is-decided"]
    assert (row["observations"], row["violations"]) == (70, wrong)
    assert {each["blame"] for each in document["findings"]} == {"client"}


def test_check_of_right_asks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is left untested; what a faulty line has before it is judged on request."""
    path = tmp_path / "asks.ndjson"
    path.write_text(ASK % "r")
    assert main(["check", "snakebridge", str(path), "--require-complete"]) == 0
    path.write_text(ASK % "x" + "{")
    assert main(["check", "snakebridge", str(path)]) == 2
    assert capsys.readouterr().out.count("wrong") == 1
    assert main(["check", "snakebridge", str(path), "--partial"]) == 2
    caught = capsys.readouterr()
    assert "call: 1 of 1 wrong" in caught.out
    assert f"{path}:2: is not JSON" in caught.err


def test_known_asks_are_hidden(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A baseline hides exactly what it names."""
    path, known = tmp_path / "asks.ndjson", tmp_path / "known.toml"
    path.write_text(ASK % "x")
    known.write_text(
        '[[known]]\ninvariant = "asks/one-id-is-decided"\noperation = "call"\nkind = "an unknown one"\n'
        "reason = \"by design\"\nflow = ['call']\n"
    )
    assert main(["check", "snakebridge", str(path), "--baseline", str(known)]) == 0
    known.write_text(known.read_text().replace("an unknown one", "none"))
    assert main(["check", "snakebridge", str(path), "--baseline", str(known)]) == 1
    capsys.readouterr()


@pytest.mark.parametrize(
    ("further", "told"), [(["fake.yaml"], "others exchanges"), (["--closed"], "is about exchanges")]
)
def test_asks_are_not_exchanges(further: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They are not judged together, and what is about exchanges is refused."""
    rest = [str(CASSETTES / each) if each.endswith(".yaml") else each for each in further]
    assert main(["check", "snakebridge", str(CASSETTES / "v0.7.5.ndjson"), *rest]) == 2
    assert told in capsys.readouterr().err
