"""How is a server started for a run, and stopped after it?"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic, sleep
from typing import IO

import httpx

from conformance.errors import InputError, LaunchError

START_SECONDS = 60.0
"""How long a launched server may take until it answers."""
STOP_SECONDS = 5.0
"""How long it may take to end before it is killed."""


@contextmanager
def launched(command: str, seconds: float = START_SECONDS) -> Iterator[str]:
    """Start a server, wait until it answers HTTP, give its URL, and stop it and its children in the end.

    The command must hold `{port}`, which becomes a free port on 127.0.0.1.
    """
    if "{port}" not in command:
        raise InputError("the command has no {port}", place="--launch", remedy='write it as in "server --port {port}"')
    port = _free_port()
    try:
        arguments = [word.replace("{port}", str(port)) for word in shlex.split(command)]
    except ValueError as error:
        raise InputError(f"the command cannot be split: {error}", place="--launch") from error
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        output = (said, complained)
        try:
            process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=said, stderr=complained, start_new_session=True
            )
        except OSError as error:
            raise LaunchError(f"cannot be started: {error.strerror or error}", place=arguments[0]) from error
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process, output, seconds)
            yield url
        finally:
            _stop(process)


def _free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str, process: subprocess.Popen[bytes], output: Sequence[IO[bytes]], seconds: float) -> None:
    """Wait until the server gives any HTTP answer."""
    deadline = monotonic() + seconds
    with httpx.Client(trust_env=False, timeout=2.0) as client:
        while monotonic() < deadline:
            if process.poll() is not None:
                raise LaunchError(
                    f"the server ended with code {process.returncode}:\n{_tail(output)}", place="--launch"
                )
            try:
                client.get(url)
            except httpx.HTTPError:
                sleep(0.05)
            else:
                return
    raise LaunchError(f"no answer from {url} in {seconds:.0f} s:\n{_tail(output)}", place="--launch")


def _tail(output: Sequence[IO[bytes]]) -> str:
    """The last lines that the server printed, and the last that it complained."""
    found: list[str] = []
    for each in output:
        each.seek(0)
        found += each.read()[-4000:].decode("utf-8", "replace").splitlines()[-12:]
    return "\n".join(f"  {line}" for line in found) or "  (it printed nothing)"


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and what it started: politely, then not."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
        except ProcessLookupError:
            break
        try:
            process.wait(STOP_SECONDS)
            break
        except subprocess.TimeoutExpired:
            continue
    process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # whatever of its children outlived it
