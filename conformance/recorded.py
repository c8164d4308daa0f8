"""What can be typed about recordings? The commands `check`, `replay` and `compare`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn

from conformance import baseline as baselines
from conformance import compare
from conformance.ask import Asked
from conformance.check import check
from conformance.checking import Options
from conformance.client_run import judged_asks
from conformance.clients import recorded as recorded_asks
from conformance.errors import InputError
from conformance.options import (
    RENDER,
    Live,
    added,
    positive_number,
    profile_argument,
    redact_argument,
    report_argument,
    wanted_reports,
    write_text,
)
from conformance.profile import Profile
from conformance.profile_file import load, values_from
from conformance.recordings import read_about
from conformance.recordings.opening import open_recording
from conformance.replay import Target, replay
from conformance.reports import Report, replayed, terminal
from conformance.reports.plain import plain
from conformance.transports import Limits
from conformance.transports.process import launched


def add(commands: Any) -> None:
    """Add the commands."""
    _add_check(commands)
    _add_replay(commands)
    _add_compare(commands)


def _add_check(commands: Any) -> None:
    parser = added(
        commands,
        "check",
        _check,
        "Judge recorded traffic (vcrpy cassettes, HAR, NDJSON, findings), or recorded asks.",
    )
    profile_argument(parser)
    parser.add_argument("files", nargs="+", metavar="FILE", help="a recording; each is judged by itself")
    parser.add_argument("--prefix", metavar="PATH", help="what stands before the paths of the spec, as in /api/v1")
    _host_argument(parser)
    parser.add_argument(
        "--closed",
        action="store_true",
        help="no session is older than the recording: one that nobody created is missing",
    )
    parser.add_argument("--partial", action="store_true", help="judge what stands before a fault in a file")
    parser.add_argument("--baseline", metavar="FILE", help="known findings; expired entries fail")
    parser.add_argument("--require-complete", action="store_true", help="an untested MUST fails")
    report_argument(parser)
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _host_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="HOST",
        help="judge only what went there, as in api.example.org or 127.0.0.1:8000; may be repeated",
    )


def _check(options: argparse.Namespace, console: Console) -> int:
    profile = load(options.profile, values_from(options.set))
    reports = wanted_reports(options.report)
    paths = [Path(each) for each in options.files]
    kinds = {recorded_asks.holds_asks(profile, each) for each in paths}
    if len(kinds) > 1:
        remedy = "check them apart: the former judge a client, the latter a server"
        raise InputError("some of these files hold asks, and others exchanges", place="check", remedy=remedy)
    report, faults = (_of_asks if kinds == {True} else _of_exchanges)(options, profile, paths, console)
    console.file.write(terminal.render(report, console.width if console.is_terminal else 120, console.is_terminal))
    for kind, path in reports:
        write_text(path, RENDER[kind](report))
    for each in faults:
        Console(stderr=True, highlight=False).print(f"[bold red]conformance:[/] {escape(str(each))}", soft_wrap=True)
    return faults[0].exit_code if faults else report.verdict.exit_code


Checked = tuple[Report, Sequence[InputError]]
"""The report, and the faults before which files were judged."""


def _of_exchanges(options: argparse.Namespace, profile: Profile, paths: Sequence[Path], console: Console) -> Checked:
    """Judge the server in recorded exchanges."""
    baseline = baselines.load(Path(options.baseline), profile) if options.baseline else ()
    wanted = Options(
        prefix=options.prefix,
        hosts=frozenset(options.host),
        closed=True if options.closed else None,
        strict=options.require_complete,
        partial=options.partial,
    )
    with Counted(console, "judging", options.quiet) as counted:
        return check(profile, paths, wanted, baseline=baseline, progress=counted.show)


def _of_asks(options: argparse.Namespace, profile: Profile, paths: Sequence[Path], _: Console) -> Checked:
    """Judge the client that recorded what it was asked."""
    for name in ("prefix", "closed"):
        if getattr(options, name):
            remedy = "leave it out: these files hold what a client was asked"
            raise InputError("is about exchanges", place=f"--{name}", remedy=remedy)
    read = baselines.load_with
    baseline = read(Path(options.baseline), lambda lines, _: tuple(lines)) if options.baseline else ()
    faults: list[InputError] = []

    def asks() -> Iterator[Asked]:
        for path in paths:
            try:
                yield from recorded_asks.read(profile, path)
            except InputError as error:
                if not options.partial:
                    raise
                faults.append(error)

    target = ", ".join(map(str, paths))
    return judged_asks(profile, asks(), target, baseline=baseline, strict=options.require_complete), faults


def _add_replay(commands: Any) -> None:
    parser = added(
        commands, "replay", _replay, "Send a recording again: is what was broken fixed, and are the answers the same?"
    )
    parser.add_argument("file", metavar="FILE", help="a recording, or the JSON report of a run")
    parser.add_argument("--profile", help="a built-in profile, or a profile.toml; without it, the one that FILE names")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="override one of its [values]")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--target", metavar="URL", help="a live server; without any target FILE answers itself")
    where.add_argument("--launch", metavar="COMMAND", help="start a server, with {port} in its command")
    where.add_argument("--fake", action="store_true", help="the profile's fake")
    where.add_argument("--fault", metavar="NAME", help="the fake with a defect, or several: NAME,NAME")
    parser.add_argument("--prefix", metavar="PATH", help="what stands before the paths of the spec in FILE")
    _host_argument(parser)
    parser.add_argument("--closed", action="store_true", help="no session is older than the recording")
    parser.add_argument("--rate", type=positive_number, metavar="N", help="requests a second at most")
    parser.add_argument(
        "--timeout", type=positive_number, default=10.0, metavar="S", help="seconds until an answer is whole (10)"
    )
    redact_argument(parser)
    parser.add_argument("--report", action="append", default=[], metavar="json=PATH", help="write what came of it")


def _replay(options: argparse.Namespace, console: Console) -> int:
    path = Path(options.file)
    reports = wanted_reports(options.report, {"json"})
    profile = load(options.profile or _named_by(path), values_from(options.set))
    wanted = Options(prefix=options.prefix, hosts=frozenset(options.host), closed=True if options.closed else None)
    with launched(options.launch) if options.launch else nullcontext(options.target) as url:
        target = Target(
            url=url,
            fault=options.fault,
            fake=options.fake,
            disposable=options.launch is not None,
            limits=Limits(seconds=options.timeout) if url else None,
            rate=options.rate or 0.0,
        )
        result = replay(profile, path, target, wanted, options.redact)
    console.file.write(replayed.render(result))
    for _, file in reports:
        write_text(file, replayed.render_json(result))
    return result.exit_code


def _named_by(path: Path) -> str:
    """The profile that a recording names."""
    profile = read_about(open_recording(path)).profile
    if not profile:
        raise InputError("does not say which profile it is of", place=str(path), remedy="name it with --profile")
    return profile


def _add_compare(commands: Any) -> None:
    parser = added(commands, "compare", _compare, "What broke, what was mended, what is new or no longer tested?")
    parser.add_argument("old", metavar="OLD", help="a JSON report, or a recording")
    parser.add_argument("new", metavar="NEW", help="another one")
    parser.add_argument("--profile", help="the profile of recordings that name none")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="override one of its [values]")
    parser.add_argument("--prefix", metavar="PATH", help="what stands before the paths of the spec in recordings")
    _host_argument(parser)
    parser.add_argument(
        "--slower",
        type=positive_number,
        metavar="FACTOR",
        help="a regression: answers take so many times as long",
    )
    parser.add_argument("--report", action="append", default=[], metavar="json=PATH", help="write what changed")


def _compare(options: argparse.Namespace, console: Console) -> int:
    reports = wanted_reports(options.report, {"json"})

    paths = [Path(each) for each in (options.old, options.new)]
    names = [options.profile or compare.profile_named(each) for each in paths]

    def profile(index: int) -> Profile:
        name = names[index] or names[1 - index]
        if not name:
            raise InputError(
                "does not say which profile it is of", place=str(paths[index]), remedy="name it with --profile"
            )
        return load(name, values_from(options.set))

    wanted = Options(prefix=options.prefix, hosts=frozenset(options.host))
    old, new = (compare.outcomes(each, partial(profile, index), wanted) for index, each in enumerate(paths))
    result = compare.compared(old, new, options.slower)
    console.file.write(plain(compare.render(result)))
    for _, file in reports:
        write_text(file, compare.render_json(result))
    return result.exit_code


class Counted(Live):
    """Live progress of entries, of which nobody knows how many will come."""

    def __init__(self, console: Console, doing: str, quiet: bool) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,.0f} exchanges"))
        hidden = quiet or not console.is_terminal or not sys.stderr.isatty()
        super().__init__(Progress(*columns, console=console, transient=True, disable=hidden))
        self._task = self._progress.add_task(doing, total=None)

    def show(self, exchanges: int) -> None:
        """Show how far it is."""
        self._progress.update(self._task, completed=exchanges)
