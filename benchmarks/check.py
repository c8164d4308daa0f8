"""How fast is recorded traffic judged, and in how much memory?

A recording of the ADK API is generated, exchange by exchange, as a correct server would answer. Forty sessions overlap
at a time; each is created, enriched, run, read, in the end deleted, and read once more: ten exchanges a session, so
that 1,000,000 exchanges are 100,000 sessions. What `conformance check` does is then done with the whole catalogue, for
each size in a process of its own, twice: the faster one counts, since other work on the machine only makes it slower.
Seconds are those of the processor, of one core; the peak of memory is what the kernel says (`ru_maxrss`).

Beside it, smaller and without a floor, stand the same exchanges as a cassette of vcrpy in YAML and as a HAR file, and
what the package judges that is not compiled.

    python benchmarks/check.py [--sizes 10000,100000,1000000] [--others 10000] [--uncompiled]

The package is compiled first, as docs/recordings.md tells, into a folder that is removed: that takes some two minutes
and a C compiler. With `--uncompiled` it is measured as it stands here. The last lines are `rate N` (exchanges a second
of the largest NDJSON file) and `memory N` (megabytes that the largest file takes more than the smallest). It fails
below 30,000 exchanges a second, above 100 MB, or on any alarm.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("conformance", "specs", "pyproject.toml", "README.md", "LICENSE")
COMPILES = {"HATCH_BUILD_HOOK_ENABLE_MYPYC": "true"}
FLOOR = 30_000
MOST_MEGABYTES = 100
AT_ONCE = 40
EACH = 10
ROUNDS = 2


class Session:
    """One session of a correct server, and the exchanges that are still to come."""

    def __init__(self, number: int, random: Random) -> None:
        self.id = f"{random.getrandbits(128):032x}"
        self.owner = f"user-{number % 997}"
        self.path = f"/apps/echo/users/{self.owner}/sessions"
        self.state: dict[str, Any] = {"plan": "basic", "visits": number % 7, "trace": f"t{random.getrandbits(40):010x}"}
        self.events: list[dict[str, Any]] = []
        self.updated = 1_700_000_000.0 + number
        self._random = random
        self.calls = self._calls()

    def _shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "appName": "echo",
            "userId": self.owner,
            "state": self.state,
            "events": self.events,
            "lastUpdateTime": self.updated,
        }

    def _event(self, author: str, content: Any) -> dict[str, Any]:
        self.updated += 0.25
        made: dict[str, Any] = {
            "id": f"{self._random.getrandbits(64):016x}",
            "author": author,
            "timestamp": self.updated,
        }
        made["invocationId"] = f"e-{self._random.getrandbits(48):012x}"
        return made if content is None else {**made, "content": content}

    def _calls(self) -> Iterator[dict[str, Any]]:
        """Ten exchanges."""
        yield said("POST", self.path, {"sessionId": self.id, "state": dict(self.state)}, 200, self._shown())
        yield self._read()
        for turn in range(2):
            change = {"visits": turn, "note": f"n{self._random.getrandbits(40):010x}"}
            self.state = {**self.state, **change}
            self.events = [*self.events, self._event("user", None)]
            yield said("PATCH", f"{self.path}/{self.id}", {"stateDelta": change}, 200, self._shown())
            message = {"role": "user", "parts": [{"text": f"hello {self._random.getrandbits(40):010x}"}]}
            asked_event = self._event("user", message)
            answer = self._event("echo", {**message, "role": "model"})
            self.events = [*self.events, asked_event, answer]
            asked = {"appName": "echo", "userId": self.owner, "sessionId": self.id, "newMessage": message}
            yield said("POST", "/run", asked, 200, [answer])
            yield self._read()
        yield said("DELETE", f"{self.path}/{self.id}", None, 200, None)
        yield said("GET", f"{self.path}/{self.id}", None, 404, {"detail": "Session not found"})

    def _read(self) -> dict[str, Any]:
        return said("GET", f"{self.path}/{self.id}", None, 200, self._shown())


def said(method: str, path: str, asked: Any, status: int, answer: Any) -> dict[str, Any]:
    """One exchange."""
    headers = {"accept": "*/*"} if asked is None else {"accept": "*/*", "content-type": "application/json"}
    request = {"method": method, "url": f"http://127.0.0.1:8000{path}", "headers": headers}
    if asked is not None:
        request["body"] = json.dumps(asked)
    answered = {"status": status, "headers": {"content-type": "application/json"}, "body": json.dumps(answer)}
    return {"request": request, "response": answered}


def exchanges(count: int) -> Iterator[dict[str, Any]]:
    """So many exchanges of overlapping sessions."""
    random = Random(1)
    live: list[Session] = []
    begun = made = 0
    while made < count:
        while len(live) < AT_ONCE and begun < count // EACH:
            live.append(Session(begun, random))
            begun += 1
        session = live[random.randrange(len(live))]
        call = next(session.calls, None)
        if call is None:
            live.remove(session)
            continue
        yield {"started": made / 100, "seconds": 0.004, **call}
        made += 1


def write_ndjson(path: Path, count: int) -> None:
    """The recording in lines."""
    with path.open("w", encoding="utf-8") as file:
        for each in exchanges(count):
            file.write(json.dumps(each) + "\n")


def write_har(path: Path, count: int) -> None:
    """The same as a HAR file."""
    entries = [
        {
            "startedDateTime": f"2024-01-02T{index // 3600 % 24:02}:{index // 60 % 60:02}:{index % 60:02}Z",
            "time": 4,
            "request": {
                "method": each["request"]["method"],
                "url": each["request"]["url"],
                "headers": [{"name": name, "value": text} for name, text in each["request"]["headers"].items()],
                "postData": {"text": each["request"].get("body", ""), "mimeType": "application/json"},
            },
            "response": {
                "status": each["response"]["status"],
                "headers": [{"name": name, "value": text} for name, text in each["response"]["headers"].items()],
                "content": {"text": each["response"]["body"], "mimeType": "application/json"},
            },
        }
        for index, each in enumerate(exchanges(count))
    ]
    path.write_text(json.dumps({"log": {"version": "1.2", "creator": {}, "entries": entries}}), encoding="utf-8")


def write_yaml(path: Path, count: int) -> None:
    """The same as a cassette of vcrpy."""
    from conformance.recordings import About  # noqa: PLC0415 - only the parent writes
    from conformance.recordings.messages import exchange  # noqa: PLC0415
    from conformance.recordings.redaction import Redaction  # noqa: PLC0415
    from conformance.recordings.writer import CassetteWriter  # noqa: PLC0415

    writer = CassetteWriter(path, About(), Redaction({}, {}))
    for each in exchanges(count):
        writer.add(exchange(each), "")
    writer.close()


def judge(path: Path) -> None:
    """Judge one file in this process, and say what came of it."""
    from conformance import judge as judging  # noqa: PLC0415 - a process of its own
    from conformance import load  # noqa: PLC0415
    from conformance.checking import Check  # noqa: PLC0415

    profile = load("adk")
    checking = Check(profile)
    started = process_time()
    checking.read(path)
    seconds = process_time() - started
    found = {
        "exchanges": checking.exchanges,
        "seconds": seconds,
        "found": [str(each) for each in checking.found],
        "observations": sum(each.observations for each in checking.judge.tally.values()),
        "compiled": not str(judging.__file__).endswith(".py"),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


def compiled(folder: Path) -> Path:
    """The folder in which the package stands compiled: made from a copy, since compiling leaves its traces."""
    source, site = folder / "source", folder / "site"
    source.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, source / name)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(source)]
    subprocess.run(install, check=True, env={**os.environ, **COMPILES})
    return site


def judged(path: Path, package: Path) -> dict[str, Any]:
    """Judge one file by the package in a folder, each time in a process of its own."""
    judging = [sys.executable, __file__, "--judge", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(package)}
    rounds: list[dict[str, Any]] = []
    for _ in range(ROUNDS):
        done = subprocess.run(judging, stdout=subprocess.PIPE, text=True, check=True, env=environment)
        rounds.append(json.loads(done.stdout))
    faster = min(rounds, key=lambda each: float(each["seconds"]))
    return {**faster, "megabytes": max(each["megabytes"] for each in rounds)}


def show(name: str, size: int, found: dict[str, Any]) -> float:
    """A line of the table; gives exchanges a second."""
    rate = found["exchanges"] / found["seconds"]
    alarms = f"ALARMS: {found['found']}" if found["found"] else "no alarm"
    asked = found["observations"] / found["exchanges"]
    how = "compiled" if found["compiled"] else "uncompiled"
    print(
        f"{name:8} {size:>10,} {rate:>10,.0f}/s {found['megabytes']:>8.0f} MB   "
        f"{asked:.1f} observations each, {alarms}, {how}",
        flush=True,
    )
    return float(rate)


def main() -> int:
    """Generate, judge, tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--others", type=int, default=10_000)
    parser.add_argument("--uncompiled", action="store_true")
    parser.add_argument("--judge", type=Path)
    options = parser.parse_args()
    if options.judge:
        judge(options.judge)
        return 0
    sys.path.insert(0, str(ROOT))
    rates, megabytes, alarms = [], [], False
    with tempfile.TemporaryDirectory() as folder:
        package = ROOT if options.uncompiled else compiled(Path(folder))
        path = Path(folder) / "recording.ndjson"
        for size in map(int, options.sizes.split(",")):
            write_ndjson(path, size)
            found = judged(path, package)
            rates.append(show("ndjson", size, found))
            megabytes.append(found["megabytes"])
            alarms = alarms or bool(found["found"]) or found["exchanges"] != size
        for name, write in (("yaml", write_yaml), ("har", write_har)):
            if options.others:
                other = Path(folder) / f"recording.{name}"
                write(other, options.others)
                show(name, options.others, judged(other, package))
        if options.others and package != ROOT:
            write_ndjson(path, options.others)
            show("ndjson", options.others, judged(path, ROOT))
    more = max(megabytes) - megabytes[0]
    print(f"rate {rates[-1]:.0f}\nmemory {more:.0f}")
    return int(alarms or rates[-1] < FLOOR or more > MOST_MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
