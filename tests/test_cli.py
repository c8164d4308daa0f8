"""The command line: what it prints, what it writes, and how it exits."""

from __future__ import annotations

import functools
import http.server
import json
import subprocess
import sys
import threading
import tomllib
from pathlib import Path

import jsonschema_rs
import pytest

from conformance.cli import main

SCHEMA = Path(__file__).parents[1] / "conformance" / "reports" / "report.schema.json"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found is kept in the working directory."""
    monkeypatch.chdir(tmp_path)


def _out(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_run_explores_the_fake_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    """With nothing but a profile: a table, a verdict, exit code 0."""
    assert main(["run", "adk"]) == 0
    out = _out(capsys)
    assert "runs/run-requires-existing-session" in out
    assert "conforms" in out
    assert "2,000 exchanges" in out


def test_run_finds_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """A defect is found, with curl lines, and exit code 1."""
    assert main(["run", "adk", "--fault", "forgets-to-delete"]) == 1
    out = _out(capsys)
    assert "existence/deleted-session-stays-gone" in out
    assert "curl -sS -X DELETE" in out
    assert "conformance serve adk --fault forgets-to-delete" in out


def test_json_report_validates(tmp_path: Path) -> None:
    """The JSON report conforms to its published schema, and holds what was found."""
    path = tmp_path / "report.json"
    assert main(["run", "adk", "--fault", "loses-enrichments", "--report", f"json={path}"]) == 1
    document = json.loads(path.read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    assert document["verdict"] == "broken"
    assert document["findings"][0]["invariant"] == "enrichment/enrichment-reads-back"
    assert [call["role"] for call in document["findings"][0]["flow"]][-2:] == ["enrich", "read"]


def test_other_reports_are_written(tmp_path: Path) -> None:
    """JUnit and GitHub reports are files of their own."""
    junit, github = tmp_path / "junit.xml", tmp_path / "github.txt"
    reports = ["--report", f"junit={junit}", "--report", f"github={github}"]
    assert main(["run", "adk", "--fault", "loses-enrichments", "--max-requests", "500", *reports]) == 1
    assert "<testsuite" in junit.read_text(encoding="utf-8")
    assert github.read_text(encoding="utf-8").startswith("::error ")


def test_the_same_seed_sends_the_same_requests(tmp_path: Path) -> None:
    """Two runs with one seed and budget report the same, times aside."""
    documents = []
    for name in ("first", "second"):
        path = tmp_path / f"{name}.json"
        arguments = ["run", "adk", "--seed", "7", "--max-requests", "2000", "--fault", "enrichment-replaces"]
        assert main([*arguments, "--report", f"json={path}"]) == 1
        document = json.loads(path.read_text(encoding="utf-8"))
        del document["seconds"], document["latencies"]
        for finding in document["findings"]:
            for call in finding["flow"]:
                del call["seconds"]
        documents.append(document)
    assert documents[0] == documents[1]


def test_faults_prints_the_kill_matrix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every fault against the invariants that caught it; the JSON has what is documented."""
    path = tmp_path / "faults.json"
    assert main(["faults", "adk", "--max-requests", "2000", "--report", f"json={path}"]) == 0
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["profile"] == "adk"
    assert document["alarms"] == []
    assert {"name", "caught_by", "requests", "seconds"} <= document["faults"][0].keys()
    assert "no alarm on the correct fake in 2,000 exchanges" in " ".join(_out(capsys).split())


def test_explain_prints_requirement_source_and_faults(capsys: pytest.CaptureFixture[str]) -> None:
    """One invariant, whole."""
    assert main(["explain", "runs/run-requires-existing-session"]) == 0
    out = " ".join(_out(capsys).split())
    assert "A run on a session that does not exist MUST be refused." in out
    assert "POST /run answers 404" in out
    assert "broken by runs-without-a-session" in out


def test_explain_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    """Without an id: the catalogue, a line each."""
    assert main(["explain"]) == 0
    assert "contract/no-server-error" in _out(capsys)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["run", "adkk"], 2, "did you mean 'adk'?"),
        (["run", "adk", "--fault", "lose-enrichments"], 2, "did you mean 'loses-enrichments'?"),
        (["run", "adk", "--set", "app_nam=x"], 2, "did you mean 'app_name'?"),
        (["run", "adk", "--set", "nothing"], 2, "is not NAME=VALUE"),
        (["run", "adk", "--target", "nowhere"], 2, "is not a URL"),
        (["run", "adk", "--target", "http://127.0.0.1:9"], 4, "cannot be reached"),
        (["run", "adk", "--launch", "true"], 2, "has no {port}"),
        (["run", "adk", "--launch", "no-such-program {port}"], 4, "cannot be started"),
        (["run", "adk", "--launch", "false {port}"], 4, "ended with code 1"),
        (["run", "adk", "--app", "nowhere:app"], 2, "cannot be imported"),
        (["run", "adk", "--app", "nowhere"], 2, "is not MODULE:NAME"),
        (["run", "adk", "--app", "json:dumps"], 2, "is no ASGI application, and no function that makes one"),
        (["run", "adk", "--app", "json:__name__"], 2, "is no ASGI application"),
        (["run", "adk", "--report", "pdf=x"], 2, "is not KIND=PATH"),
        (["run", "adk", "--report", "json=/no/such/folder/x"], 2, "there is no folder"),
        (["run", "adk", "--baseline", "/no/such/file"], 2, "cannot be read"),
        (["init", "/no/such/file"], 2, "cannot be read"),
        (["init", str(Path(__file__).parent / "draft/specs/bank.yaml")], 2, "no operation creates a session"),
        (["init", "x", "-o", "/no/such/folder/x"], 2, "there is no folder"),
        (["lint", "adkk"], 2, "did you mean 'adk'?"),
        (["explain", "runs/run-append"], 2, "did you mean 'runs/run-appends'?"),
    ],
)
def test_bad_input_has_one_clear_error(
    arguments: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence with place and remedy on stderr, and the documented exit code."""
    assert main(arguments) == code
    captured = capsys.readouterr()
    assert says in " ".join(captured.err.split())
    assert "Traceback" not in captured.err


@pytest.mark.parametrize("name", ["create_app", "app"])
def test_an_application_is_named_or_what_makes_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A function that takes nothing, as frameworks recommend, is called once."""
    made = "from tests.servers.replies.app import create_app\napp = create_app()\n"
    (tmp_path / "served_by.py").write_text(made, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    profile = str(Path(__file__).parent / "servers" / "replies" / "profile.toml")
    arguments = ["run", profile, "--app", f"served_by:{name}", "--max-requests", "300", "--findings", "", "--quiet"]
    assert main(arguments) == 0, _out(capsys)


@pytest.mark.parametrize(
    "arguments", [["run"], ["nothing"], ["run", "adk", "--seed", "-1"], ["run", "adk", "--rate", "0"]]
)
def test_a_wrong_command_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What the parser refuses has the exit code of wrong commands."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_an_untested_must_is_not_a_pass(capsys: pytest.CaptureFixture[str]) -> None:
    """With --require-complete a budget that reaches too little exits with 3; without, it is only reported."""
    assert main(["run", "adk", "--max-requests", "5"]) == 0
    assert main(["run", "adk", "--max-requests", "5", "--require-complete"]) == 3
    assert "untested" in _out(capsys)


def test_written_baseline_needs_its_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What --write-baseline writes is read by --baseline once the reasons are filled in."""
    path = tmp_path / "known.toml"
    arguments = ["run", "adk", "--fault", "loses-enrichments", "--max-requests", "500"]
    assert main([*arguments, "--write-baseline", str(path)]) == 1
    assert main([*arguments, "--baseline", str(path)]) == 2
    assert "say why it is known" in capsys.readouterr().err
    path.write_text(path.read_text(encoding="utf-8").replace('reason = ""', 'reason = "seen"'), encoding="utf-8")
    assert main([*arguments, "--baseline", str(path)]) == 0
    assert "seen" in _out(capsys)


def test_a_fake_is_served_where_the_document_puts_its_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document with a path of its own in `servers` is served under that path, and found there."""
    monkeypatch.setenv("ASSISTANTS_KEY", "a-key-of-1234")
    profile = str(Path(__file__).parent / "servers" / "assistants" / "profile.toml")
    launch = f"{sys.executable} -m conformance serve {profile} --port {{port}}"
    command = [sys.executable, "-m", "conformance", "run", profile, "--launch", launch, "--max-requests", "300"]
    done = subprocess.run([*command, "--findings", ""], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_launch_starts_and_stops_a_server() -> None:
    """A launched server is judged, and gone afterwards."""
    launch = f"{sys.executable} -m conformance serve adk --port {{port}}"
    command = [sys.executable, "-m", "conformance", "run", "adk", "--launch", launch, "--max-requests", "300"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "http://127.0.0.1:" in done.stdout


def test_works_in_any_directory(tmp_path: Path) -> None:
    """Built-in profiles are found from anywhere, and nothing is left in the working directory."""
    command = [sys.executable, "-m", "conformance", "run", "adk", "--max-requests", "100"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


SUPPORT = Path(__file__).parent / "draft" / "specs" / "support.yaml"


def test_init_prints_a_draft(capsys: pytest.CaptureFixture[str]) -> None:
    """Without -o nothing is written; what is printed is a profile."""
    assert main(["init", str(SUPPORT)]) == 0
    found = tomllib.loads(_out(capsys))
    assert found["title"] == "Customer Support API"
    assert (Path.cwd() / found["spec"]).resolve() == SUPPORT


def test_init_writes_a_draft_that_lints_and_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A draft in a file, what lint says of it, and a run."""
    path = tmp_path / "profile.toml"
    assert main(["init", str(SUPPORT), "-o", str(path)]) == 0
    assert "conformance lint" in _out(capsys)
    assert main(["lint", str(path)]) == 0
    out = _out(capsys)
    assert "POST /api/chat/sessions/{session_id}/messages" in out
    assert "not bound: stream, enrich" in out
    assert main(["run", str(path), "--max-requests", "300"]) == 0


def test_init_overwrites_nothing_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is there stays as it was, unless --force says otherwise."""
    path = tmp_path / "profile.toml"
    path.write_text("mine", encoding="utf-8")
    assert main(["init", str(SUPPORT), "-o", str(path)]) == 2
    assert "overwrite it with --force" in " ".join(capsys.readouterr().err.split())
    assert path.read_text(encoding="utf-8") == "mine"
    assert main(["init", str(SUPPORT), "-o", str(path), "--force"]) == 0
    assert "[create]" in path.read_text(encoding="utf-8")


def test_init_from_a_server_keeps_the_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A document that came from a URL is saved beside the profile, and never over another one."""
    path = tmp_path / "profile.toml"
    handler = functools.partial(_Quiet, directory=str(SUPPORT.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/support.yaml"
        assert main(["init", url]) == 0
        assert "# TODO: save the document beside this file" in _out(capsys)
        assert main(["init", url, "-o", str(path)]) == 0
        assert main(["init", url, "-o", str(tmp_path / "other.toml")]) == 2
        server.shutdown()
    assert "openapi.yaml: is there already" in " ".join(capsys.readouterr().err.split())
    assert (tmp_path / "openapi.yaml").read_text(encoding="utf-8") == SUPPORT.read_text(encoding="utf-8")
    assert not (tmp_path / "other.toml").exists()
    assert main(["lint", str(path)]) == 0


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """A file server that logs nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_several_faults_can_be_served_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Names joined by commas are faults of one fake; each must be a fault of the profile."""
    faults = "loses-enrichments,forgets-to-delete"
    assert main(["run", "adk", "--fault", faults, "--max-requests", "300", "--quiet"]) == 1
    text = capsys.readouterr().out
    assert f"fake with {faults}" in text
    assert main(["run", "adk", "--fault", "loses-enrichments,forgets-to-delte"]) == 2
    assert "forgets-to-delete" in capsys.readouterr().err
