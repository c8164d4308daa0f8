"""What do the commands share? Arguments that several take, and the files that they write."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from conformance.errors import InputError, nearest
from conformance.profile_file import built_in
from conformance.reports import Report, github, junit
from conformance.reports import json as json_report


def profile_argument(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(built_in())
    parser.add_argument("profile", help=f"a built-in profile ({names}), or the path of a profile.toml")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="override one of its [values]")


def report_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--report", action="append", default=[], metavar="KIND=PATH", help="write a report; KIND: json, junit, github"
    )


def count(text: str) -> int:
    """A whole number that is not negative."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def positive(text: str) -> float:
    """A positive number."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return value


RENDER: dict[str, Callable[[Report], str]] = {
    "json": json_report.render,
    "junit": junit.render,
    "github": github.render,
}


def reports_wanted(wanted: Sequence[str], kinds: Collection[str] = frozenset(RENDER)) -> list[tuple[str, Path]]:
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


def write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", place=str(path)) from error
