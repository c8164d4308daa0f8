"""What can be typed about recordings? The commands `check`, `replay` and `compare`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn

from conformance import baseline as baselines
from conformance.check import Options, check
from conformance.options import RENDER, added, profile_argument, report_argument, wanted_reports, write_text
from conformance.profile_file import load, values_from
from conformance.reports import terminal


def add(commands: Any) -> None:
    """Add the commands."""
    _add_check(commands)


def _add_check(commands: Any) -> None:
    parser = added(
        commands, "check", _check, "Judge recorded traffic: vcrpy cassettes, HAR files, NDJSON, and findings."
    )
    profile_argument(parser)
    parser.add_argument("files", nargs="+", metavar="FILE", help="a recording; each is judged by itself")
    parser.add_argument("--prefix", metavar="PATH", help="what stands before the paths of the spec, as in /api/v1")
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


def _check(options: argparse.Namespace, console: Console) -> int:
    profile = load(options.profile, values_from(options.set))
    reports = wanted_reports(options.report)
    baseline = baselines.load(Path(options.baseline), profile) if options.baseline else ()
    wanted = Options(
        prefix=options.prefix,
        closed=True if options.closed else None,
        strict=options.require_complete,
        partial=options.partial,
    )
    with Counted(console, "judging", options.quiet) as counted:
        paths = [Path(each) for each in options.files]
        report, faults = check(profile, paths, wanted, baseline=baseline, progress=counted.show)
    console.file.write(terminal.render(report, console.width if console.is_terminal else 120, console.is_terminal))
    for kind, path in reports:
        write_text(path, RENDER[kind](report))
    for each in faults:
        Console(stderr=True, highlight=False).print(f"[bold red]conformance:[/] {escape(str(each))}", soft_wrap=True)
    return faults[0].exit_code if faults else report.verdict.exit_code


class Counted:
    """Live progress of entries, of which nobody knows how many will come."""

    def __init__(self, console: Console, doing: str, quiet: bool) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,.0f} exchanges"))
        hidden = quiet or not console.is_terminal or not sys.stderr.isatty()
        self._progress = Progress(*columns, console=console, transient=True, disable=hidden)
        self._task = self._progress.add_task(doing, total=None)

    def __enter__(self) -> Counted:
        self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._progress.stop()

    def show(self, exchanges: int) -> None:
        """Show how far it is."""
        self._progress.update(self._task, completed=exchanges)
