"""A driver for the HoneyHive SDK for Python. It runs where the SDK is installed, and needs nothing else.

    python honeyhive.py        speaks the driver protocol, version 1, on its standard input and output

What the SDK tells its caller is an exception, a result, or a line of its log: nothing else is looked at.
"""

from __future__ import annotations

import contextlib
import contextvars
import inspect
import json
import logging
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

# The SDK is free to print; the protocol has the standard output for itself.
PROTOCOL = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
warnings.simplefilter("ignore")
os.environ |= {"TRACELOOP_TELEMETRY": "false", "HONEYHIVE_TELEMETRY": "false"}  # nothing is told to anybody else

# This file has the SDK's name: its folder must not come before the SDK.
sys.path[:] = [each for each in sys.path if os.path.abspath(each or ".") != os.path.dirname(os.path.abspath(__file__))]

Line = dict[str, Any]
GROUPS = ("metadata", "feedback", "metrics", "outputs", "config", "user_properties")
QUIET = {"disable_batch": True, "otlp_enabled": False, "verbose": True, "disable_http_tracing": True, "source": "test"}


FAILURE = re.compile(r"failed|could not|traceback|SDK error", re.IGNORECASE)
"""How a line looks that tells of a failure, at whatever level."""


class Printed:
    """A stream on which early versions print what later ones log."""

    def __init__(self, log: Log, stream: Any) -> None:
        self._log = log
        self._stream = stream

    def write(self, text: str) -> int:
        """Print, and keep it."""
        if text.strip():
            self._log.keep(logging.INFO, text.strip())
        return int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Log:
    """What the SDK logs, or prints, thread by thread."""

    def __init__(self) -> None:
        self._lines: dict[int, list[tuple[int, str]]] = {}
        sys.stdout, sys.stderr = Printed(self, sys.stdout), Printed(self, sys.stderr)
        handle = logging.Logger.handle

        def keep(logger: logging.Logger, record: logging.LogRecord) -> None:
            if record.name.startswith("honeyhive"):
                with contextlib.suppress(Exception):
                    self.keep(record.levelno, record.getMessage())
            else:
                handle(logger, record)

        logging.Logger.handle = keep  # type: ignore[assignment, method-assign]

    def keep(self, level: int, text: str) -> None:
        """Keep a line of this thread."""
        self._lines.setdefault(threading.get_ident(), []).append((level, text))

    def begin(self) -> None:
        """Forget what was logged in this thread."""
        self._lines[threading.get_ident()] = []

    def told(self) -> tuple[bool, str]:
        """Whether it looks like a success, and the line that says so."""
        lines = self._lines.get(threading.get_ident(), [])
        failures = [text for level, text in lines if level >= logging.ERROR or FAILURE.search(text)]
        if failures:
            said = lines[-1][1] if failures[0].startswith("Traceback") else failures[0]
            return False, said[:500]
        successes = [text for _, text in lines if "success" in text.lower()]
        return True, (successes[-1] if successes else "")[:500]


LOG = Log()

import honeyhive  # noqa: E402 - only now is its log listened to


def version() -> str:
    """The version that is installed."""
    from importlib.metadata import version as installed  # noqa: PLC0415 - the name is taken here

    return installed("honeyhive")


try:
    from honeyhive import HoneyHiveTracer
except ImportError:
    sys.exit(f"honeyhive {version()} has no HoneyHiveTracer, and this driver drives nothing else")


class Unsupported(Exception):  # noqa: N818 - it is no error of anybody
    """The SDK cannot be asked for this."""


def accepts(name: str, *functions: Callable[..., Any] | None) -> bool:
    """Whether the last of these functions that has no `**more` can be given this; any, if all have."""
    known = [inspect.signature(each).parameters for each in functions if each is not None]
    closed = [each for each in known if all(one.kind is not one.VAR_KEYWORD for one in each.values())]
    return name in closed[-1] if closed else bool(known)


class Clients:
    """The tracers that are open, by their names."""

    def __init__(self) -> None:
        self._tracers: dict[str, HoneyHiveTracer] = {}
        self._project = ""

    def open(self, line: Line) -> Line:
        """Make a tracer."""
        key = line["credentials"].get("HH_API_KEY", "")
        self._project = str(line["values"].get("project", "conformance"))
        options = {
            "api_key": key, "project": self._project, "session_name": f"client {line['client']}",
            "server_url": line["base_url"], **QUIET,
        }  # fmt: skip
        if line["session"]:
            options["session_id"] = line["session"]
        taken = {
            name: each
            for name, each in options.items()
            if accepts(name, HoneyHiveTracer.__init__, HoneyHiveTracer.init)
        }
        tracer = HoneyHiveTracer.init(**taken)
        self._tracers[line["client"]] = tracer
        return {"session": self.session_of(tracer)}

    @staticmethod
    def session_of(tracer: HoneyHiveTracer) -> str | None:
        """The session that a tracer says it has."""
        found = getattr(tracer, "session_id", None) or getattr(tracer, "_session_id", None)
        return str(found) if found else None

    def create(self, line: Line) -> Line:
        """Make a session."""
        tracer = self._tracers[line["client"]]
        attributes = line.get("attributes", {})
        if hasattr(tracer, "create_session"):
            options = {"session_id": line["session"]} if line["session"] else {}
            made = tracer.create_session(session_name="made", **options, **attributes)
        else:
            made = tracer.session_start()
        return {"session": str(made) if made else None}

    def run(self, line: Line) -> Line:
        """Add an event to a session."""
        event = {
            "project": self._project, "source": "test", "event_name": "say", "event_type": "chain", "config": {},
            "inputs": {"text": line["text"]}, "duration": 1, "session_id": line["session"],
        }  # fmt: skip
        client: Any = self._tracers[line["client"]].client
        client.events.create(honeyhive.models.PostEventRequest(event=event))
        return {}

    def enrich(self, line: Line) -> Line:
        """Attach attributes to a session."""
        attributes = line.get("attributes", {})
        if line["free"]:
            tracer = {"tracer": self._tracers[line["client"]]} if accepts("tracer", honeyhive.enrich_session) else {}
            honeyhive.enrich_session(line["session"], attributes.get("metadata", {}), **tracer)
            return {}
        named = {"session_id": line["session"]} if line["session"] else {}
        self._tracers[line["client"]].enrich_session(**named, **attributes)
        return {}

    def span(self, line: Line) -> Line:
        """Enrich within a session of its own."""
        tracer = self._tracers[line["client"]]
        with tracer.with_session(session_name="span") as session:
            tracer.enrich_session(**line.get("attributes", {}))
        return {"session": str(session) if session else None}

    def flush(self, line: Line) -> Line:
        """Send what is waiting."""
        tracer = self._tracers[line["client"]]
        getattr(tracer, "force_flush", getattr(tracer, "flush", lambda: None))()
        return {}

    def close(self, line: Line) -> Line:
        """End a tracer."""
        tracer = self._tracers.pop(line["client"])
        getattr(tracer, "shutdown", getattr(tracer, "flush", lambda: None))()
        return {}

    def perform(self, line: Line) -> Line:
        """Do what a line asks for, in the contexts that it names."""
        within = line.get("within", [])
        if not within:
            return self._perform(line)
        outer = self._tracers[within[0]["client"]]
        inner = {**line, "within": within[1:]}

        @honeyhive.trace(tracer=outer, event_type="chain", event_name="around")  # type: ignore[untyped-decorator]
        def around() -> Line:
            return self.perform(inner)

        return dict(around())

    def _perform(self, line: Line) -> Line:
        done = getattr(self, line["ask"], None)
        if done is None:
            raise Unsupported(line["ask"])
        if line["ask"] != "open" and line["client"] not in self._tracers:
            raise Unsupported("there is no such client")
        LOG.begin()
        try:
            found = done(line)
        except Unsupported:
            raise
        except Exception as error:
            return {"ok": False, "said": f"{type(error).__name__}: {error}"[:500]}
        ok, said = LOG.told()
        return {"ok": ok, "said": said, **found}


CLIENTS = Clients()


def supports() -> list[str]:
    """What this version can be asked for."""
    found = ["open", "enrich", "enrich with session", "free enrich with session", "together", "flush", "close", "fresh"]
    if accepts("session_id", HoneyHiveTracer.__init__, HoneyHiveTracer.init):
        found.append("open with session")
    if hasattr(HoneyHiveTracer, "create_session") or hasattr(HoneyHiveTracer, "session_start"):
        found.append("create")
    if accepts("tracer", honeyhive.trace):
        found.append("within")
    if hasattr(honeyhive.models, "PostEventRequest"):
        found.append("run with session")
    if hasattr(HoneyHiveTracer, "with_session"):
        found.append("span")
    if hasattr(HoneyHiveTracer, "create_session"):
        found.append("create with session")
    return found


def creates() -> list[str]:
    """The groups that can be given to a new session."""
    method = getattr(HoneyHiveTracer, "create_session", None)
    parameters = inspect.signature(method).parameters if method else {}
    return [each for each in ("metadata", "inputs", "user_properties") if each in parameters]


def greeting(line: Line) -> Line:
    """Who speaks, and what can be asked."""
    groups = [each for each in GROUPS if accepts(each, HoneyHiveTracer.enrich_session)]
    attributes = {"enrich": groups, "free enrich": ["metadata"], "create": creates()}
    return {
        "id": line["id"], "protocol": 1, "sdk": f"honeyhive {version()}", "supports": supports(),
        "attributes": attributes,
    }  # fmt: skip


def together(line: Line) -> Line:
    """Do several things at the same time, each in a thread and a context of its own."""
    answers: list[Line] = [{} for _ in line["asks"]]
    ready = threading.Barrier(len(answers))

    def one(index: int, each: Line) -> None:
        ready.wait()
        answers[index] = answered(each)

    contexts = [contextvars.copy_context() for _ in answers]
    threads = [
        threading.Thread(target=contexts[index].run, args=(one, index, each)) for index, each in enumerate(line["asks"])
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return {"id": line["id"], "answers": answers}


def answered(line: Line) -> Line:
    """The answer to a line."""
    if line["ask"] == "hello":
        return greeting(line)
    if line["ask"] == "together":
        return together(line)
    try:
        return {"id": line["id"], **CLIENTS.perform(line)}
    except Unsupported as error:
        return {"id": line["id"], "unsupported": str(error)}


class Child:
    """A process that has the SDK as it is right after it was imported, and answers lines."""

    def __init__(self) -> None:
        asks, answers = os.pipe(), os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(asks[1])
            os.close(answers[0])
            with os.fdopen(asks[0], encoding="utf-8") as lines, os.fdopen(answers[1], "w", encoding="utf-8") as told:
                for line in lines:
                    told.write(json.dumps(answered(json.loads(line))) + "\n")
                    told.flush()
            os._exit(0)  # whatever threads the SDK has left have nothing to say any more
        os.close(asks[0])
        os.close(answers[1])
        self._asks, self._answers = os.fdopen(asks[1], "w", encoding="utf-8"), os.fdopen(answers[0], encoding="utf-8")

    def answer(self, line: str) -> str:
        """The line with which it answers; empty if it has ended."""
        with contextlib.suppress(BrokenPipeError):
            self._asks.write(line)
            self._asks.flush()
        return self._answers.readline()

    def end(self) -> int:
        """End it; gives how it ended."""
        with contextlib.suppress(BrokenPipeError):
            self._asks.close()
        self._answers.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


def main() -> None:
    """Answer line by line, until there are no more; the SDK works in a child, so that it can be had afresh."""
    child = Child()
    for text in sys.stdin:
        if json.loads(text)["ask"] == "fresh":
            child.end()
            child = Child()
            told = json.dumps({"id": json.loads(text)["id"], "ok": True}) + "\n"
        else:
            told = child.answer(text)
            if not told:
                sys.exit(f"the SDK's process ended with {child.end()}")
        PROTOCOL.write(told)
        PROTOCOL.flush()
    child.end()


if __name__ == "__main__":
    main()
