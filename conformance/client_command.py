"""What can be typed after `conformance client`? A leaf over `client_run`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from conformance import baseline as baselines
from conformance import client_run
from conformance.clients import checked, sdk
from conformance.clients.explorer import Budget, Exploration
from conformance.clients.flows import from_texts
from conformance.errors import InputError
from conformance.options import (
    RENDER,
    added,
    check_folder,
    positive_number,
    profile_argument,
    report_argument,
    wanted_reports,
    whole_number,
    write_text,
)
from conformance.profile import Profile
from conformance.profile_file import load, values_from
from conformance.reports import Report, comparison, terminal

EXAMPLES = """\
examples:
  conformance client honeyhive --observe -- ./any-command --that calls-the-api
  conformance client honeyhive -- python driver.py
  conformance client honeyhive --sdk honeyhive==1.7.0 --sdk honeyhive==1.0.0rc3
"""


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our own arguments, and the command behind the first `--`, which may have options of its own."""
    ours = list(arguments)
    if ours[:1] != ["client"] or "--" not in ours:
        return ours, []
    at = ours.index("--")
    return ours[:at], ours[at + 1 :]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    parser = added(commands, "client", _client, "Judge what a client sends: any program, a driver, or published SDKs.")
    parser.epilog = f"{EXAMPLES}\n{parser.epilog}"
    parser.usage = "conformance client [options] PROFILE (-- COMMAND … | --sdk NAME==VERSION …)"
    profile_argument(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--observe", action="store_true", help="run the command, whatever it is, and judge what it sends")
    how.add_argument("--check-driver", action="store_true", help="see whether the command speaks the driver protocol")
    how.add_argument(
        "--sdk", action="append", default=[], metavar="NAME==VERSION",
        help="install it into a cached environment and use the built-in driver; several are compared",
    )  # fmt: skip
    parser.add_argument("--seed", type=whole_number, default=0, metavar="N", help="the same seed, the same asks (0)")
    parser.add_argument("--flows", type=whole_number, metavar="N", help="flows at most")
    parser.add_argument(
        "--max-time", type=positive_number, metavar="S", help="seconds at most (120; with --observe: no end)"
    )
    parser.add_argument("--baseline", metavar="FILE", help="known findings; stale and expired entries fail")
    parser.add_argument("--write-baseline", metavar="FILE", help="write what was found as a baseline")
    parser.add_argument("--require-complete", action="store_true", help="an untested MUST fails")
    parser.add_argument("--no-shrink", action="store_true", help="leave the flows of findings as they were found")
    report_argument(parser)
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _client(options: argparse.Namespace, console: Console) -> int:
    profile = load(options.profile, values_from(options.set))
    reports = wanted_reports(options.report, {"json"} if len(options.sdk) > 1 else frozenset(RENDER))
    if options.write_baseline:
        check_folder(Path(options.write_baseline), "--write-baseline")
    if options.sdk and options.command:
        raise InputError("--sdk and a command cannot both be driven", place="client", remedy="leave one of them out")
    if not options.sdk and not options.command:
        raise InputError("there is no command", place="client", remedy="write it behind --, or name an --sdk")
    if options.check_driver:
        return _check(options, profile, console)
    if options.observe:
        found = client_run.watch(profile, options.command, seconds=options.max_time, strict=options.require_complete)
        return _told(found, reports, console)
    commands = {name: sdk.driven(name) for name in options.sdk} or {"": options.command}
    made = {name: _asked(options, profile, command, name, console) for name, command in commands.items()}
    if len(made) > 1:
        return _compared(options, profile, commands, made, console)
    report = next(iter(made.values()))
    if options.write_baseline:
        entries = [(each.signature, each.saved) for each in report.findings if each.primary]
        write_text(Path(options.write_baseline), baselines.render_texts(entries))
    return _told(report, reports, console)


def _asked(
    options: argparse.Namespace, profile: Profile, command: Sequence[str], name: str, console: Console
) -> Report:
    """Ask one driver."""
    known = baselines.load_with(Path(options.baseline), from_texts) if options.baseline else ()
    asking = client_run.Asking(
        seed=options.seed,
        budget=Budget(options.max_time or Budget().seconds, options.flows),
        baseline=known,
        strict=options.require_complete,
        shrinks=not options.no_shrink,
    )
    with console.status("") as status:

        def told(result: Exploration) -> None:
            found = f"{len(result.found)} found" if result.found else "nothing broken"
            status.update(escape(f"{name or 'driver'}: {result.flows} flows, {result.exchanges} exchanges, {found}"))

        quiet = options.quiet or not console.is_terminal
        return client_run.ask(profile, command, asking, told=(lambda _: None) if quiet else told)


def _told(report: Report, reports: Sequence[tuple[str, Path]], console: Console) -> int:
    """Print a report, and write it where it was wanted."""
    console.file.write(terminal.render(report, console.width if console.is_terminal else 120, console.is_terminal))
    for kind, path in reports:
        write_text(path, RENDER[kind](report))
    return report.verdict.exit_code


def _check(options: argparse.Namespace, profile: Profile, console: Console) -> int:
    """Print whether a driver keeps to the protocol."""
    checks = checked.check(profile, options.command)
    for each in checks:
        mark = "[green]✓[/]" if each.right else "[bold red]✗[/]"
        console.print(f" {mark}  {escape(each.what)}" + (f"\n      {escape(each.got)}" if each.got else ""))
    wrong = sum(not each.right for each in checks)
    console.print(f"{len(checks) - wrong} of {len(checks)} hold" + ("" if wrong else ": it is a driver"))
    return 1 if wrong else 0


def _compared(
    options: argparse.Namespace,
    profile: Profile,
    commands: Mapping[str, Sequence[str]],
    made: Mapping[str, Report],
    console: Console,
) -> int:
    """Print several SDKs beside each other, and where one sends something else than the one before it."""
    wide = console if console.is_terminal else Console(highlight=False, width=120)
    wide.print(comparison.table(list(made.values())))
    for first, second in pairwise(commands):
        found = client_run.differences(profile, commands[first], commands[second], options.seed)
        wide.print(comparison.differences(made[first].target, made[second].target, found))
    for _, path in wanted_reports(options.report, {"json"}):
        write_text(path, comparison.render_json(list(made.values())))
    return max(report.verdict.exit_code for report in made.values())
