"""`conformance client`, as it is typed: reports, exit codes, baselines."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import jsonschema_rs
import pytest

from conformance.cli import main
from conformance.client_command import split
from tests.clients.driven import command

SCHEMA = Path(__file__).parents[2] / "conformance" / "reports" / "report.schema.json"


def client(*arguments: str, then: Sequence[str] = ()) -> int:
    """Type a command; gives its exit code."""
    return main(["client", *arguments, *(["--", *then] if then else [])])


def test_the_command_behind_the_dashes_has_its_own_options() -> None:
    """Only for the one command that runs another one."""
    assert split(["client", "adk", "--observe", "--", "x", "--seed", "--"]) == (
        ["client", "adk", "--observe"],
        ["x", "--seed", "--"],
    )
    assert split(["run", "adk", "--", "x"]) == (["run", "adk", "--", "x"], [])
    assert split([]) == ([], [])


def test_a_right_client_conforms(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, and a row for each invariant on clients."""
    assert client("honeyhive", "--flows", "12", "--no-shrink", then=command("honeyhive")) == 0
    out = capsys.readouterr().out
    assert "conforms · " in out
    assert "asks/enrichment-is-one-write" in out
    assert "existence/" not in out


def test_a_wrong_client_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1; what was asked, expected, sent and told, for people and for machines."""
    path = tmp_path / "report.json"
    wrong = command("honeyhive", "SwallowsAMissingMethod")
    assert client("honeyhive", "--flows", "30", "--report", f"json={path}", then=wrong) == 1
    out = capsys.readouterr().out
    assert "An enrichment MUST be exactly one write" in out
    assert "nothing was sent" in out
    assert "came back in 3 of 3 replays; blame: client" in out
    report = json.loads(path.read_text(encoding="utf-8"))
    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(report)
    (finding,) = [each for each in report["findings"] if each["operation"] == "enrich" and each["primary"]]
    assert finding["blame"] == "client"
    assert [len(each["calls"]) for each in finding["asks"]] == [1, 0]
    assert finding["asks"][1]["told"] == "success"
    assert "made-up" not in path.read_text(encoding="utf-8")


def test_whose_credentials_were_sent_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Those are made up, so they are no secret."""
    wrong = command("honeyhive", "SharesItsCredentials")
    assert client("honeyhive", "--flows", "120", "--no-shrink", then=wrong) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "expected the credentials of a got those of another client" in out


def test_a_baseline_hides_what_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is written, needs its reasons, hides exactly that, and goes stale when the client is mended."""
    path = tmp_path / "baseline.toml"
    wrong, flows = command("honeyhive", "LosesAField"), ("--flows", "20", "--no-shrink")
    assert client("honeyhive", *flows, "--write-baseline", str(path), then=wrong) == 1
    assert client("honeyhive", *flows, "--baseline", str(path), then=wrong) == 2
    assert "say why it is known" in capsys.readouterr().err
    path.write_text(path.read_text(encoding="utf-8").replace('reason = ""', 'reason = "it is"'), encoding="utf-8")
    assert client("honeyhive", *flows, "--baseline", str(path), then=wrong) == 0
    assert "known   asks/write-carries-what-was-asked" in capsys.readouterr().out
    assert client("honeyhive", *flows, "--baseline", str(path), then=command("honeyhive")) == 1
    assert "stale   asks/write-carries-what-was-asked" in capsys.readouterr().out
    assert client("honeyhive", *flows, "--baseline", str(path), then=command("honeyhive", "ChangesAValue")) == 1


def test_observed_programs_have_their_own_options(capfd: pytest.CaptureFixture[str]) -> None:
    """And their own output."""
    text = "import os, sys, urllib.request; print(sys.argv[1]); urllib.request.urlopen(os.environ['HH_API_URL'] + '/x')"
    assert client("honeyhive", "--observe", then=[sys.executable, "-c", text, "--seed"]) == 1
    out = capfd.readouterr().out
    assert "--seed" in out
    assert "requests/request-is-in-the-spec" in out
    assert not re.search(r"(?<!/)\basks/", out)  # in no path of the interpreter, which is told as well


@pytest.mark.parametrize(
    ("arguments", "then", "code", "told"),
    [
        (["honeyhive"], [], 2, "there is no command"),
        (["honeyhive", "--observe"], ["/no/such"], 2, "cannot be started"),
        (["honeyhive", "--observe"], ["true"], 4, ""),
        (["honeyhive"], ["/no/such"], 4, "cannot be started"),
        (["honeyhive"], ["true"], 4, "ended with code 0"),
        (["honeyhive"], ["echo", "usage: driver"], 4, "is not JSON"),
        (["honeyhive", "--sdk", "nobody==1"], [], 2, "there is no driver"),
        (["honeyhive", "--sdk", "honeyhive==1.7.0"], ["true"], 2, "cannot both be driven"),
        (["nowhere", "--observe"], ["true"], 2, "there is no profile"),
        (["honeyhive", "--observe", "--report", "pdf=x"], ["true"], 2, "is not KIND=PATH"),
        (["honeyhive", "--baseline", "/no/such"], ["true"], 2, "cannot be read"),
        (["honeyhive", "--check-driver"], ["true"], 1, ""),
    ],
)
def test_exit_codes(
    arguments: list[str], then: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """2 for what was typed wrongly, 4 for what could not be driven."""
    assert client(*arguments, then=then) == code
    assert told in capsys.readouterr().err


def test_a_driver_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    """All that holds is printed."""
    assert client("honeyhive", "--check-driver", then=command("honeyhive")) == 0
    assert "6 of 6 hold: it is a driver" in capsys.readouterr().out


def test_incomplete_is_no_pass_where_that_is_wanted() -> None:
    """Exit code 3."""
    assert client("honeyhive", "--flows", "2", "--require-complete", then=command("honeyhive")) == 3


def test_a_client_invariant_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """What was asked stands where other invariants have their roles."""
    assert main(["explain", "asks/explicit-session-wins"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "looks at: what was asked: create, delete, enrich, read, run, span" in out
