"""What can be typed to explore? `run`, and `faults`, which runs a fake with each of its faults."""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from conformance import baseline as baselines
from conformance.errors import InputError
from conformance.explore.explorer import Budget, Exploration
from conformance.explore.saved import from_texts
from conformance.fakes.faults import faults_for
from conformance.kills import matrix
from conformance.options import (
    RENDER,
    Live,
    added,
    check_folder,
    positive_number,
    profile_argument,
    redact_argument,
    report_argument,
    wanted_reports,
    whole_number,
    write_text,
)
from conformance.profile import Profile
from conformance.profile_file import load, values_from
from conformance.reports import Kill, Report, terminal
from conformance.reports import faults as faults_report
from conformance.run import run
from conformance.saving import save_findings
from conformance.transports import Limits
from conformance.transports.process import launched

KEPT = Path(".conformance")
"""Where findings are kept, if nobody says where."""


def add(commands: Any) -> None:
    """Add `run` and `faults`."""
    _add_run(commands)
    _add_faults(commands)


def _add_run(commands: Any) -> None:
    parser = added(commands, "run", _run, "Explore a target and judge it; with no target, the profile's own fake.")
    profile_argument(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--target", metavar="URL", help="a live server")
    where.add_argument(
        "--launch", metavar="COMMAND", help="start a server, with {port} in its command, and stop it afterwards"
    )
    where.add_argument(
        "--app", metavar="MODULE:NAME", help="an ASGI application, or a function that makes one, called in this process"
    )
    where.add_argument(
        "--fault",
        metavar="NAME",
        help="the fake with a defect, or several: NAME,NAME; `conformance faults PROFILE` names them",
    )
    _budget_arguments(parser, requests=Budget().requests, seconds=Budget().seconds)
    parser.add_argument("--rate", type=positive_number, metavar="N", help="requests a second at most")
    parser.add_argument(
        "--timeout", type=positive_number, default=10.0, metavar="S", help="seconds until an answer must be whole (10)"
    )
    parser.add_argument("--baseline", metavar="FILE", help="known findings; stale and expired entries fail")
    parser.add_argument("--write-baseline", metavar="FILE", help="write what was found as a baseline")
    parser.add_argument("--record", metavar="FILE", help="write what happens as a cassette of vcrpy, without secrets")
    parser.add_argument(
        "--findings",
        metavar="FOLDER",
        help="where each finding is kept as a cassette, to be replayed (.conformance/PROFILE; '': nowhere)",
    )
    redact_argument(parser)
    parser.add_argument(
        "--require-complete",
        action="store_true",
        help="an untested MUST fails, whatever the budget",
    )
    report_argument(parser)
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _add_faults(commands: Any) -> None:
    parser = added(
        commands,
        "faults",
        _faults,
        "Prove the catalogue on a profile: every fault against the invariants that caught it.",
    )
    profile_argument(parser)
    _budget_arguments(parser, requests=20_000, seconds=300.0)
    report_argument(parser)
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _budget_arguments(parser: argparse.ArgumentParser, *, requests: int, seconds: float) -> None:
    parser.add_argument(
        "--seed", type=whole_number, metavar="N", help="the same seed, the same requests (fakes: 0; else random)"
    )
    parser.add_argument("--flows", type=whole_number, metavar="N", help="flows at most")
    parser.add_argument(
        "--max-requests", type=whole_number, default=None, metavar="N", help=f"requests at most ({requests:,})"
    )
    parser.add_argument(
        "--max-time", type=positive_number, default=None, metavar="S", help=f"seconds at most ({seconds:.0f})"
    )


def _run(options: argparse.Namespace, console: Console) -> int:
    profile = load(options.profile, values_from(options.set))
    reports = wanted_reports(options.report)
    default = Budget()
    budget = Budget(
        flows=options.flows,
        requests=default.requests if options.max_requests is None else options.max_requests,
        seconds=options.max_time or default.seconds,
        rate=options.rate or 0.0,
    )
    baseline = baselines.load(Path(options.baseline), profile) if options.baseline else ()
    if options.write_baseline:
        check_folder(Path(options.write_baseline), "--write-baseline")
    for path, place in ((options.record, "--record"), (options.findings and f"{options.findings}/x", "--findings")):
        if path:
            check_folder(Path(path), place)
    strict = options.require_complete or (
        options.flows is None and options.max_requests is None and options.max_time is None
    )
    launching = launched(options.launch) if options.launch else nullcontext(options.target)
    with launching as target, _Exploring(console, budget, options.quiet) as live:
        report = run(
            profile,
            target=target,
            app=_application(options.app) if options.app else None,
            fault=options.fault,
            seed=options.seed,
            budget=budget,
            limits=Limits(seconds=options.timeout),
            progress=live.show,
            strict=strict,
            disposable=options.target is None,
            baseline=baseline,
            record=Path(options.record) if options.record else None,
            redacted=options.redact,
        )
    report = _kept(profile, report, options.findings, options.redact)
    console.file.write(terminal.render(report, console.width if console.is_terminal else 120, console.is_terminal))
    for kind, path in reports:
        write_text(path, RENDER[kind](report))
    if options.write_baseline:
        found = [each for each in report.findings if each.primary]
        entries = ((each.signature, from_texts(profile, each.saved, "finding")) for each in found)
        write_text(Path(options.write_baseline), baselines.render(profile, entries))
    return report.verdict.exit_code


def _kept(profile: Profile, report: Report, wanted: str | None, redacted: Sequence[str]) -> Report:
    """The report with each finding kept as a file. If nobody said where, a folder that cannot be written to is told."""
    if wanted == "" or not any(each.primary for each in report.findings):
        return report
    folder = Path(wanted) if wanted else KEPT / profile.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return save_findings(profile, report, folder, redacted)
    except (OSError, InputError) as error:
        if wanted:
            raise
        return replace(report, notes=(*report.notes, f"the findings are not kept: {folder}: {error}"))


def _faults(options: argparse.Namespace, console: Console) -> int:
    profile = load(options.profile, values_from(options.set))
    reports = wanted_reports(options.report, {"json"})
    budget = Budget(
        flows=options.flows,
        requests=20_000 if options.max_requests is None else options.max_requests,
        seconds=options.max_time or 300.0,
    )
    total = len(faults_for(profile))
    with _Count(console, "the correct fake, then its faults", total, options.quiet) as count:
        result = matrix(profile, seed=options.seed or 0, budget=budget, told=count.step)
    console.print(faults_report.render(result))
    for _, path in reports:
        write_text(path, faults_report.render_json(result))
    return result.exit_code


def _application(name: str) -> Any:
    """The ASGI application that `module:name` names, seen from the working directory."""
    module, _, attribute = name.partition(":")
    if not attribute:
        raise InputError(f"{name!r} is not MODULE:NAME", place="--app")
    sys.path.insert(0, os.getcwd())
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(f"cannot be imported: {error}", place=f"--app {name}") from error
    if _takes(found, 3):
        return found
    if _takes(found, 0):
        return found()
    raise InputError("is no ASGI application, and no function that makes one", place=f"--app {name}")


def _takes(found: Any, count: int) -> bool:
    """Whether something can be called with so many arguments: an application takes three, what makes one none."""
    try:
        inspect.signature(found).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # it does not say
        return callable(found)
    return True


class _Exploring(Live):
    """Live progress of a run: on a terminal a line that changes, elsewhere nothing."""

    def __init__(self, console: Console, budget: Budget, quiet: bool) -> None:
        progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} exchanges"),
            TextColumn("{task.fields[note]}"),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        super().__init__(progress)
        self._task = progress.add_task("exploring", total=budget.requests, note="")

    def show(self, exploration: Exploration) -> None:
        """Show how far it is."""
        found = len(exploration.found)
        note = f"[red]{found} found[/]" if found else "[green]nothing broken[/]"
        done = exploration.exchanges
        self._progress.update(self._task, completed=done, note=note, description=exploration.doing)


class _Count(Live):
    """Live progress of a number of things."""

    def __init__(self, console: Console, text: str, total: int, quiet: bool) -> None:
        super().__init__(Progress(console=console, transient=True, disable=quiet or not console.is_terminal))
        self._task = self._progress.add_task(text, total=total)

    def step(self, kill: Kill) -> None:
        """One is done."""
        self._progress.update(self._task, advance=1, description=kill.fault)
