"""Nothing that a server can do breaks the harness: each hostile server ends a run of the command as it should.

That is, in time and in bounded memory, without a traceback, with a finding or with exit code 4 and what was found until
then; and nobody is accused of what he did not do.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest

from conformance.exchange import Response
from conformance.fakes.server import Server
from tests import hostile, hostile_sessions
from tests.hostile import Behaviour, Hostile, answers, right
from tests.hostile_sessions import (
    ADK,
    ErrsElsewhere,
    FailsBefore,
    Jumps,
    ListsMany,
    NamesThem,
    Says,
    Shows,
    deletes,
    dies_at,
    from_then_on,
    one_in_twenty,
    only_on,
    redirects,
    runs,
)

SECONDS = 30.0
MEGABYTES = 500
CONFORMS, BROKEN, UNREACHABLE = 0, 1, 4
IN_TIME, WHOLE, NO_ERROR = "answer-comes-in-time", "answer-comes-whole", "no-server-error"
STATUS, TYPE, BODY = "status-is-documented", "content-type-is-documented", "body-conforms"
OFTEN = ("--max-requests", "300")
IMPATIENT = ("--timeout", "0.4", "--max-time", "8")


@dataclass(frozen=True, slots=True)
class Case:
    """A hostile server, and how a run against it ends: its exit code, and what may be found, of which something is."""

    code: int
    behaviour: Behaviour = right
    server: Callable[[], Server] = lambda: Server(ADK)
    found: frozenset[str] = frozenset()
    more: Sequence[str] = ()


def line(code: int, *found: str, more: Sequence[str] = (), **behaviours: Behaviour) -> dict[str, Case]:
    """Servers that misbehave on the line."""
    names = {name.replace("_", " "): each for name, each in behaviours.items()}
    return {name: Case(code, behaviour=each, found=frozenset(found), more=more) for name, each in names.items()}


def says(code: int, *found: str, more: Sequence[str] = (), **servers: Callable[[], Server]) -> dict[str, Case]:
    """Servers that answer wrongly."""
    names = {name.replace("_", " "): each for name, each in servers.items()}
    return {name: Case(code, server=each, found=frozenset(found), more=more) for name, each in names.items()}


def same(status: int = 200, body: bytes = b"", media_type: str = "application/json") -> Callable[[], Server]:
    """A server that answers the same whatever is asked."""
    headers = (("content-type", media_type),) if media_type else ()
    return lambda: Says(Response(status, headers, body))


LATER = (("retry-after", "1"),)
MANY = 300_000
CASES: dict[str, Case] = {
    # nobody there
    **line(
        UNREACHABLE, more=IMPATIENT,
        hangs=hostile.hangs, drips_the_head=hostile_sessions.drips_slowly,
    ),
    # somebody there, of whom nothing whole ever comes
    **line(
        UNREACHABLE, IN_TIME, more=IMPATIENT,
        drips_the_body=hostile.drips_the_body, endless_events=hostile.endless_stream,
        endless_crumbs=hostile_sessions.crumbs,
    ),
    **line(
        UNREACHABLE, WHOLE,
        closes_before=hostile.closes_before, resets_before=hostile.resets_before,
        resets_in_the_head=hostile.resets_in_the_head, resets_in_the_body=hostile.resets_in_the_body,
        length_too_large=hostile.length_too_large,
        negative_length=hostile_sessions.negative_length,
        two_lengths=hostile.two_lengths, endless_head=hostile.endless_head, speaks_tls=hostile.speaks_tls,
        switches_protocols=hostile.switches_protocols,
        garbage=hostile.garbage, huge_head=hostile.huge_head, huge_body=hostile.huge_body,
        torrent=hostile.torrent, bomb=hostile.gzip_bomb, bomb_in_a_bomb=hostile_sessions.double_bomb,
        packed_nothing=hostile_sessions.packed_nothing,
    ),
    # right, if odd
    **line(
        CONFORMS,
        old_version=hostile.http_1_0, closes_silently=hostile.closes_silently, closes_late=hostile.closes_late,
        resets_after=hostile.resets_after, informs_first=hostile.informs_first,
        chunk_extensions=hostile.chunks_with_extensions, packs_in_members=hostile.packs_in_members,
        tires_at_once=hostile_sessions.tires_at_once,
        cookies=hostile.sets_cookies, answers_twice=hostile_sessions.answers_twice,
    ),
    **line(CONFORMS, more=("--max-time", "3"), slow=hostile_sessions.too_slow),
    # wrong on the line
    **line(
        BROKEN, STATUS, "delete-of-a-missing-session-answers-as-declared",
        body_with_a_204=hostile.body_with_a_204,
    ),
    **line(
        BROKEN, STATUS,
        redirects_to_itself=redirects("/apps"),
        redirects_to_nowhere=redirects("http://[::1"),
    ),
    **line(BROKEN, BODY, STATUS, length_too_small=hostile.length_too_small),
    **line(BROKEN, WHOLE, crashes_on_runs=only_on(runs, hostile.closes_before)),
    **line(BROKEN, IN_TIME, more=IMPATIENT, hangs_on_runs=only_on(runs, hostile.hangs)),
    **line(BROKEN, IN_TIME, more=IMPATIENT, hangs_on_deletes=only_on(deletes, hostile.hangs)),
    # in mid-run
    **line(
        UNREACHABLE, WHOLE,
        dies=dies_at(lambda _: True, 30), dies_when_cleaned=dies_at(deletes, 30),
    ),
    **line(
        UNREACHABLE, IN_TIME, more=IMPATIENT,
        falls_silent=dies_at(lambda _: True, 30, hangs=True),
        falls_silent_when_cleaned=dies_at(deletes, 30, hangs=True),
    ),
    # at random
    **line(
        BROKEN, WHOLE, more=OFTEN,
        resets_at_random=one_in_twenty(hostile.resets_before),
        breaks_off_at_random=one_in_twenty(hostile.resets_in_the_body),
    ),
    **line(
        BROKEN, NO_ERROR, "failed-call-was-not-applied", more=OFTEN,
        fails_after=one_in_twenty(answers(Response(500))),
    ),
    **says(BROKEN, NO_ERROR, more=OFTEN, fails_before=lambda: FailsBefore(Response(500))),
    **line(
        CONFORMS, more=OFTEN,
        busy_after=one_in_twenty(answers(Response(503), "retry-after: 1")),
        throttles_after=one_in_twenty(answers(Response(429), "retry-after: 1")),
    ),
    **says(
        CONFORMS, more=OFTEN,
        busy_before=lambda: FailsBefore(Response(503, LATER)),
        throttles_before=lambda: FailsBefore(Response(429, LATER)),
    ),
    # always the same
    **says(
        UNREACHABLE,
        busy=lambda: Says(Response(503, LATER)), throttles=lambda: Says(Response(429, LATER)),
        busy_for_an_hour=lambda: Says(Response(503, (("retry-after", "3600"),))),
        throttles_for_no_time=lambda: Says(Response(429)),
    ),
    **line(UNREACHABLE, busy_from_then_on=from_then_on(30, answers(Response(503), "retry-after: 3600"))),
    **says(BROKEN, NO_ERROR, down=same(503)),
    **says(BROKEN, STATUS, not_modified=same(304)),
    **says(BROKEN, TYPE, html=same(200, b"<p>Hello", "text/html"), another_type=same(200, b"{}", "text/plain"),
           no_type=same(200, b"{}", "")),
    **says(
        BROKEN, BODY, TYPE,  # a stream is no JSON
        empty=same(), invalid_letters=same(200, b'{"id": "\xff\xfe"}'), brackets=same(200, b"[" * 7_000_000),
        a_million_errors=same(200, b"[" + b'{"":0},' * 1_000_000 + b"{}]"),
        deep_errors=same(200, b"[" + (b"[" * 249 + b"]" * 249 + b",") * 14_000 + b"1]"),
    ),
    **says(BROKEN, BODY, TYPE, a_million_events=same(200, b"data: {}\n\n" * 700_000, "text/event-stream")),
    # wrong values
    **says(BROKEN, "time-moves-forward", the_clock_jumps=Jumps),
}  # fmt: skip
ANY = {
    **line(BROKEN, answers_late=hostile_sessions.answers_late()),
    **says(
        BROKEN,
        NaN=lambda: Shows(b'{"k": NaN}'),
        duplicate_keys=lambda: Shows(b'{"k": 1, "k": 2}'),
        invalid_letters_within=lambda: Shows(b'{"k": "\xff\xfe"}'),
        too_large_a_number=lambda: Shows(b'{"k": 1e999}'),
        a_huge_state=lambda: Shows(json.dumps({f"{each:x}": {"": 0} for each in range(MANY)}).encode()),
        a_deep_state=lambda: Shows(b'{"k": ' * 240 + b"1" + b"}" * 240),
        wrong_elsewhere_each_time=ErrsElsewhere,
        many_strangers=lambda: ListsMany(20_000),
    ),
}
"""Where what is found is as manifold as what goes wrong."""
NAMES = says(
    CONFORMS,
    no_name=lambda: NamesThem(""),
    two_dots=lambda: NamesThem(".."),
    control_characters=lambda: NamesThem("a\nb\r\n\x00"),
    a_name_of_a_megabyte=lambda: NamesThem("x" * 1_000_000),
)
"""Names that a server gives to sessions; whether it may is not said anywhere."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: `accused` are the invariants of its findings that follow no other."""

    code: int
    output: str
    seconds: float
    megabytes: float
    accused: frozenset[str]
    reported: bool


def ended(case: Case) -> Ended:
    """Run the command against a hostile server, in a process of its own."""
    with Hostile(case.behaviour, case.server().answer) as served, tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        budget = ["--seed", "1", "--max-requests", "40", "--max-time", "2", *case.more]
        arguments = ["--target", served.url, *budget, "--report", f"json={report}"]
        with (Path(folder) / "output").open("w+b") as output:
            started = monotonic()
            process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "conformance", "run", "adk", "--quiet", *arguments],
                stdout=output,
                stderr=output,
            )
            code, megabytes = waited(process)
            seconds = monotonic() - started
            output.seek(0)
            text = output.read().decode()
        found = json.loads(report.read_text())["findings"] if report.exists() else []
        accused = frozenset(each["invariant"].partition("/")[2] for each in found if each["primary"])
        return Ended(code, text, seconds, megabytes, accused, report.exists())


def waited(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Wait for a process, twice as long as it may take: its exit code, and the most memory that it took."""
    deadline = monotonic() + 2 * SECONDS
    peak = 0.0
    while True:
        peak = _peak(process.pid) or peak
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            scale = 2**20 if sys.platform == "darwin" else 2**10
            return process.returncode, peak or usage.ru_maxrss / scale
        if monotonic() > deadline:
            process.kill()
        sleep(0.02)


def _peak(pid: int) -> float:
    """The most memory that a process took since it began its program; 0 where the system does not tell.

    What `wait4` tells holds that of the process which started it as well, until the program begins.
    """
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 2**10
    return 0.0


@pytest.fixture(scope="module")
def runs_of(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Ended]]:
    """The runs of all cases that are wanted, a few at a time: most of them wait for something."""
    cases = {**CASES, **ANY, **NAMES}
    wanted = [getattr(item, "callspec", None) for item in request.session.items if item.module is request.module]
    hostile.bomb()
    with ThreadPoolExecutor(3) as pool:
        names = [each.params["name"] for each in wanted if each]
        futures: dict[str, Future[Ended]] = {name: pool.submit(ended, cases[name]) for name in names}
        yield lambda name: futures[name].result()


def check(run: Ended, *codes: int) -> None:
    """What holds of every run."""
    assert "Traceback" not in run.output
    assert "Warning" not in run.output
    assert run.code in codes, run.output[-2_000:]
    assert run.seconds < SECONDS
    assert run.megabytes < MEGABYTES


@pytest.mark.parametrize("name", CASES)
def test_hostile_servers_end_as_they_should(name: str, runs_of: Callable[[str], Ended]) -> None:
    """Each ends with its exit code, and is accused of what it did and of nothing else."""
    case, run = CASES[name], runs_of(name)
    check(run, case.code)
    assert run.accused <= case.found
    assert bool(run.accused) is bool(case.found)
    if not run.reported:
        assert "no answer to the first probe" in run.output


@pytest.mark.parametrize("name", ANY)
def test_hostile_values_end_in_findings(name: str, runs_of: Callable[[str], Ended]) -> None:
    """Whatever stands in answers, or names sessions, it is found, and nothing breaks."""
    run = runs_of(name)
    check(run, ANY[name].code)
    assert run.accused


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_break_nothing(name: str, runs_of: Callable[[str], Ended]) -> None:
    """Whatever a session is called, the run ends, and calls nothing by a name that may lead elsewhere."""
    check(runs_of(name), CONFORMS, BROKEN)


def test_nobody_is_sent_to_another_host() -> None:
    """A redirect to another host is never followed, least of all with credentials."""
    with Hostile(right) as other:
        run = ended(Case(BROKEN, behaviour=redirects(f"{other.url}/stolen")))
        assert other.connections == 0
    check(run, BROKEN)
    assert run.accused == {STATUS}
