"""How is a driver run? A process that is asked line by line, and whose end, silence or babble is told as what it is."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from threading import Thread
from time import monotonic
from typing import IO, Any

from conformance.ask import Ask, Reply, Verb
from conformance.clients import protocol
from conformance.clients.observed import stop
from conformance.clients.wire import environment, secrets
from conformance.errors import DriverError
from conformance.expressions import Json
from conformance.profile import Profile

ANSWER_SECONDS = 30.0
"""How long a driver may take for one answer."""
END_SECONDS = 5.0
"""How long it may take to end once its input has ended."""
LOOK_SECONDS = 0.5
"""So often it is looked after whether a silent driver is still there."""
MAX_LINE = 2**20
"""A longer line is no answer."""


class Driver:
    """One process that drives an SDK against the fake at `base_url`."""

    def __init__(
        self, command: Sequence[str], profile: Profile, base_url: str, seconds: float = ANSWER_SECONDS
    ) -> None:
        self._command = command
        self._profile = profile
        self._base_url = base_url
        self._seconds = seconds
        self._complained: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complained,
                env=environment(profile, base_url),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            self._complained.close()
            reason = getattr(error, "strerror", None) or str(error)
            raise DriverError(f"cannot be started: {reason}", place=command[0]) from error
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        self.supports = self._greet()

    def _greet(self) -> protocol.Supports:
        """Say hello, and hear what is supported."""
        try:
            return protocol.greeted(self._exchange(protocol.hello(), "hello"))
        except protocol.GarbledError as error:
            trouble = self._trouble(str(error), "hello")
            self.close()
            raise trouble from error
        except DriverError:
            self.close()
            raise

    def freshen(self) -> bool:
        """Make it as if just started; False if that cannot be asked of it."""
        if protocol.FRESH not in self.supports.asks:
            return False
        try:
            told = protocol.reply(self._exchange(protocol.freshen(), protocol.FRESH))
        except protocol.GarbledError as error:
            raise self._trouble(str(error), protocol.FRESH) from error
        return told is not None and told.ok

    def ask(self, ask: Ask, owner: Sequence[str] = ()) -> Reply | None:
        """Ask for one thing; None if it cannot be asked after all. DriverError says what went wrong with the driver."""
        line = self._opening(ask, owner) if ask.verb is Verb.OPEN else protocol.deed(ask)
        try:
            return protocol.reply(self._exchange(line, str(ask)))
        except protocol.GarbledError as error:
            raise self._trouble(str(error), str(ask)) from error

    def ask_together(self, ask: Ask) -> list[Reply | None]:
        """Ask for several things at the same time."""
        try:
            return protocol.replies(self._exchange(protocol.deed(ask), str(ask)), len(ask.together))
        except protocol.GarbledError as error:
            raise self._trouble(str(error), str(ask)) from error

    def _opening(self, ask: Ask, owner: Sequence[str]) -> dict[str, Json]:
        keys = secrets(self._profile, ask.client) if self._profile.credentials.required else {}
        return protocol.opening(ask, self._base_url, keys, self._profile.values, owner)

    def said_aside(self) -> str:
        """The last of what it wrote to standard error."""
        if self._complained.closed:
            return ""
        size = self._complained.seek(0, os.SEEK_END)
        self._complained.seek(max(0, size - 4_000))
        return self._complained.read().decode("utf-8", "replace").strip()

    def refuses_the_unknown(self) -> bool:
        """Whether it says of something that the protocol does not have that it is not supported."""
        asked = "something that the protocol does not have"
        try:
            return protocol.reply(self._exchange({"id": 0, "ask": "juggle", "client": "a"}, asked)) is None
        except protocol.GarbledError as error:
            raise self._trouble(str(error), asked) from error

    def close(self) -> int | None:
        """End it: its input ends, and then it has a while. Gives its exit code; None if it had to be stopped."""
        code: int | None = None
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(END_SECONDS)
        stop(self._process)
        self._reader.join(END_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._complained.close()
        return code

    def _exchange(self, line: Mapping[str, Json], asked: str) -> dict[str, Any]:
        """Send a line and read its answer."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # if it has ended, what it printed before tells more
            self._process.stdin.write(protocol.written(line))
            self._process.stdin.flush()
        answer = self._line()
        if answer is None:
            raise self._trouble(f"did not answer in {self._seconds:.0f} s", asked)
        if not answer:
            self._lines.put(answer)  # nothing else will ever come
            raise self._trouble(self._end(), asked)
        return protocol.read(answer, int(line["id"]))

    def _line(self) -> bytes | None:
        """The next line that it prints; empty if it has ended, None if it is silent.

        That it has ended is not left to its output alone: what it has started may hold that open for ever.
        """
        deadline = monotonic() + self._seconds
        while (left := deadline - monotonic()) > 0:
            ended = self._process.poll() is not None
            with contextlib.suppress(queue.Empty):
                return self._lines.get(timeout=min(left, LOOK_SECONDS))
            if ended:
                return b""
        return None

    def _end(self) -> str:
        """How it ended."""
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return "closed its output"
        return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"

    def _trouble(self, problem: str, asked: str) -> DriverError:
        """What went wrong, at which ask, and what it wrote about that."""
        aside = "\n".join(f"  {each}" for each in self.said_aside().splitlines()[-8:])
        told = f"the driver {problem}" if not problem.startswith("'") else f"the driver printed {problem}"
        return DriverError(f"{told}, when asked for {asked}" + (f"\n{aside}" if aside else ""), place=self._command[0])

    def _read(self) -> None:
        """Take what it prints, line by line; an empty line says that there is no more."""
        assert self._process.stdout is not None
        try:
            while line := self._process.stdout.readline(MAX_LINE):
                self._lines.put(line)
        except (OSError, ValueError):
            pass
        self._lines.put(b"")
