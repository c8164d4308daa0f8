"""What can be typed? The `conformance` command: a leaf over `run`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from conformance import client_command, profile_commands, recorded, run_command
from conformance.errors import ConformanceError
from conformance.options import EPILOG
from conformance.version import told


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit code."""
    ours, theirs = client_command.split(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(ours)
    options.command = theirs
    console = Console(highlight=False, soft_wrap=False)
    try:
        code: int = options.do(options, console)
        return code
    except ConformanceError as error:
        Console(stderr=True, highlight=False).print(f"[bold red]conformance:[/] {escape(str(error))}", soft_wrap=True)
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 4
    except KeyboardInterrupt:
        return 4


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="conformance",
        description="Do an API that keeps sessions, and the programs that call it, keep their promises?",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"conformance {told()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run_command.add(commands)
    profile_commands.add(commands)
    client_command.add(commands)
    recorded.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
