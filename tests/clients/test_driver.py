"""A driver that ends, falls silent, babbles or does not start is told as what it is."""

from __future__ import annotations

import sys
import textwrap
import time
from pathlib import Path

import pytest

from conformance.ask import Ask, Verb
from conformance.catalogue import Subject, catalogue
from conformance.client_run import Asking, ask
from conformance.clients.checked import check
from conformance.clients.driver import Driver
from conformance.clients.explorer import Budget, Explorer
from conformance.clients.wire import Wire
from conformance.errors import DriverError
from conformance.judge import Judge
from conformance.reports import Verdict
from tests.clients.driven import PROFILES, command

HONEYHIVE = PROFILES["honeyhive"]
GREETING = '{"id": 0, "protocol": 1, "sdk": "toy 1", "supports": ["open", "enrich"]}'
URL = "http://127.0.0.1:9"


def toy(folder: Path, then: str) -> list[str]:
    """A driver that greets as it should, and does something else from then on."""
    program = f"import json, os, sys, time\ninput()\nprint('{GREETING}', flush=True)\n" + textwrap.dedent(then)
    path = folder / "toy.py"
    path.write_text(program, encoding="utf-8")
    return [sys.executable, str(path)]


@pytest.mark.parametrize(
    ("then", "told"),
    [
        ("sys.exit(3)", "ended with code 3"),
        ("input(); os.kill(os.getpid(), 9)", "was ended by signal 9"),
        ("input(); raise ValueError('no such key')", "ValueError: no such key"),
        ("input(); print('Loading…', flush=True); time.sleep(9)", "is not JSON"),
        ("""input(); print('{"id": 9, "ok": true}', flush=True); time.sleep(9)""", "answers the ask 9, and not 1"),
        ("""input(); print('{"id": 1, "fine": true}', flush=True); time.sleep(9)""", "is no answer of the protocol"),
        ("time.sleep(60)", "did not answer in 1 s"),
        ("input(); print('x' * 3_000_000, flush=True); time.sleep(9)", "is not JSON"),
    ],
    ids=["ends", "is killed", "crashes", "babbles", "answers another ask", "answers something else", "hangs", "floods"],
)
def test_what_goes_wrong_is_told(tmp_path: Path, then: str, told: str) -> None:
    """With the ask at which it did, and the end of what the driver wrote to standard error."""
    driver = Driver(toy(tmp_path, then), HONEYHIVE, URL, seconds=1.0)
    try:
        with pytest.raises(DriverError) as error:
            driver.ask(Ask(1, Verb.OPEN, "a"))
    finally:
        driver.close()
    assert told in str(error.value)
    assert "a.open()" in str(error.value)
    assert error.value.exit_code == 4


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([sys.executable, "-c", "print('hello')"], "is not JSON"),
        ([sys.executable, "-c", "pass"], "ended with code 0"),
        (["/there/is/no/such/driver"], "cannot be started"),
        (
            [sys.executable, "-c", """input(); print('{"id": 0, "ok": true}', flush=True)"""],
            "does not say what is supported",
        ),
        (
            [sys.executable, "-c", """input(); print('{"id": 0, "protocol": 2, "sdk": "x", "supports": []}')"""],
            "no answer",
        ),
    ],
    ids=["babbles", "ends", "is not there", "does not greet", "speaks another version"],
)
def test_who_does_not_say_hello_is_no_driver(given: list[str], told: str) -> None:
    """Nothing is asked of it."""
    with pytest.raises(DriverError, match=told):
        Driver(given, HONEYHIVE, URL, seconds=2.0)


def test_a_driver_that_breaks_down_in_each_flow_is_given_up(tmp_path: Path) -> None:
    """After three in a row; what was found until then is told, and that it broke down."""
    report = ask(HONEYHIVE, toy(tmp_path, "sys.exit('the licence has expired')"), Asking(budget=Budget(30.0)))
    assert report.verdict is Verdict.UNREACHABLE
    assert report.verdict.exit_code == 4
    assert report.flows == 3
    assert "3 times in a row" in report.stopped
    trouble, unasked = report.notes
    assert "the licence has expired" in trouble
    assert unasked == "the driver cannot be asked for: create, run, read, delete"


def test_one_breakdown_does_not_hide_what_was_found() -> None:
    """A client that crashes at the end of each flow is judged by what it sent until then."""
    wire = Wire(HONEYHIVE)
    judge = Judge(wire.profile, catalogue(Subject.CLIENT))
    explorer = Explorer(command("honeyhive", "CrashesWhenItReads"), wire, judge, budget=Budget(60.0, 40), shrinks=False)
    result = explorer.explore()
    assert result.broken_down
    assert result.flows > 3
    assert result.notes
    assert judge.tally["asks/enrichment-is-one-write"].observations > 0


def test_what_a_driver_leaves_behind_does_not_hide_its_end(tmp_path: Path) -> None:
    """A process that it started holds its output open: its end is told at once all the same."""
    child = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    driver = Driver(toy(tmp_path, f"import subprocess; {child}; input(); sys.exit(7)"), HONEYHIVE, URL)
    began = time.monotonic()
    try:
        with pytest.raises(DriverError, match="ended with code 7"):
            driver.ask(Ask(1, Verb.OPEN, "a"))
        assert time.monotonic() - began < 15
    finally:
        driver.close()


ANSWERS = """
    for line in sys.stdin:
        print(json.dumps({"id": json.loads(line)["id"], **{ANSWER}}), flush=True)
"""


def test_a_driver_that_stays_is_told_of_once(tmp_path: Path) -> None:
    """Each flow takes as long as it takes to stop it: whoever waits for that knows why."""
    stays = ANSWERS.replace("ANSWER", "'ok': True") + "    time.sleep(60)\n"
    report = ask(HONEYHIVE, toy(tmp_path, stays), Asking(budget=Budget(60.0, 2), shrinks=False))
    assert [each for each in report.notes if "has to be stopped" in each] == [report.notes[0]]


def test_of_a_client_that_could_not_be_opened_nothing_is_asked(tmp_path: Path) -> None:
    """Whatever would come of that says nothing of the SDK; that nothing was judged is no pass."""
    report = ask(
        HONEYHIVE,
        toy(tmp_path, ANSWERS.replace("ANSWER", "'ok': False, 'said': 'no such option'")),
        Asking(budget=Budget(60.0, 4), shrinks=False),
    )
    assert report.findings == ()
    assert report.verdict is Verdict.UNREACHABLE
    assert report.notes[0] == "a.open() failed, and nothing more is asked of that client: no such option"


def test_the_right_driver_is_one() -> None:
    """Every check holds."""
    checks = check(HONEYHIVE, command("honeyhive"))
    assert [(each.what, each.got) for each in checks if not each.right] == []
    assert len(checks) == 6


@pytest.mark.parametrize(
    ("then", "what"),
    [
        ("sys.exit(1)", "answers everything"),
        ("""
         for line in sys.stdin:
             print(json.dumps({"id": json.loads(line)["id"], "unsupported": "nothing is"}), flush=True)
         """, "supports what it says"),
        ("""
         for line in sys.stdin:
             print(json.dumps({"id": json.loads(line)["id"], "ok": True}), flush=True)
         """, "does not know with `unsupported`"),
        ("""
         for line in sys.stdin:
             print(json.dumps({"id": json.loads(line)["id"], "ok": True}), flush=True)
         time.sleep(60)
         """, "ends when its input does"),
    ],
    ids=["ends", "supports nothing", "knows everything", "stays"],
)  # fmt: skip
def test_a_wrong_driver_is_told_what_is_wrong(tmp_path: Path, then: str, what: str) -> None:
    """The check that it fails says so."""
    checks = check(HONEYHIVE, toy(tmp_path, then), seconds=2.0)
    assert any(what in each.what for each in checks if not each.right), checks


def test_a_program_that_is_no_driver_fails_the_first_check() -> None:
    """And is asked nothing more."""
    (only,) = check(HONEYHIVE, [sys.executable, "-c", "print('usage: …')"])
    assert not only.right
    assert "is not JSON" in only.got
