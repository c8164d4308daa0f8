"""What have the commands in common? Their arguments, the files that they write, and how they show progress."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Self

from rich.progress import Progress

from conformance.errors import InputError, nearest
from conformance.profile_file import built_in
from conformance.reports import Report, github, html, junit
from conformance.reports import json as json_report

EPILOG = """\
exit codes: 0 conforms, 1 broken, 2 the command, profile, spec or recording is wrong, 3 a MUST is untested, 4 the target
cannot be reached, or the harness failed"""

RENDER: dict[str, Callable[[Report], str]] = {
    "json": json_report.render,
    "junit": junit.render,
    "github": github.render,
    "html": html.render,
}


def added(commands: Any, name: str, do: Callable[..., int], text: str) -> argparse.ArgumentParser:
    """A command, added to the others."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(do=do)
    return parser


def profile_argument(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(built_in())
    parser.add_argument("profile", help=f"a built-in profile ({names}), or the path of a profile.toml")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="override one of its [values]")


def report_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--report", action="append", default=[], metavar="KIND=PATH", help=f"write a report; KIND: {', '.join(RENDER)}"
    )


def redact_argument(parser: argparse.ArgumentParser) -> None:
    """The argument that names further secrets."""
    parser.add_argument(
        "--redact", action="append", default=[], metavar="NAME", help="a header, parameter or member that is a secret"
    )


def whole_number(text: str) -> int:
    """A whole number that is not negative."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def positive_number(text: str) -> float:
    """A positive number."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return value


def wanted_reports(wanted: Sequence[str], kinds: Collection[str] = frozenset(RENDER)) -> list[tuple[str, Path]]:
    """The reports to be written, kind and file; checked before anything is sent."""
    found = []
    for each in wanted:
        kind, _, path = each.partition("=")
        if kind not in kinds or not path:
            raise InputError(f"{each!r} is not KIND=PATH", place="--report", remedy=nearest(kind, kinds))
        check_folder(Path(path), "--report")
        found.append((kind, Path(path)))
    return found


def check_folder(path: Path, place: str) -> None:
    """The folder of a file that is to be written must be there."""
    if not path.parent.is_dir():
        raise InputError(f"there is no folder {str(path.parent)!r}", place=place)


def write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", place=str(path)) from error


class Live:
    """Live progress, shown as long as one is within it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._progress.stop()
