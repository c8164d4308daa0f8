"""What does any program send? It runs with the fake's URL in its environment, and everything it says is kept."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.clients.wire import Wire, environment, served
from conformance.errors import InputError
from conformance.exchange import Exchange

STOP_SECONDS = 5.0
"""How long a command may take to end before it is killed."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What a command sent, and how it ended: its exit code, or None if it was stopped because its time was over."""

    exchanges: Sequence[Exchange]
    code: int | None


def observe(wire: Wire, command: Sequence[str], seconds: float | None = None) -> Observed:
    """Run a command until it ends, or for so many seconds at most. It has our own input and output."""
    with served(wire) as url:
        try:
            process = subprocess.Popen(command, env=environment(wire.profile, url), start_new_session=True)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(
                f"cannot be started: {reason}", place=command[0], remedy="name a command that runs"
            ) from error
        code: int | None = None
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            stop(process)
        return Observed(wire.taken(), code)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that we started, and what it started: politely, then not."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # whatever of its children outlived it
