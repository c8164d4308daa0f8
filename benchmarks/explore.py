"""How fast is an exploration, and how soon does it notice a fault, beside Schemathesis's own state machine?

Both sides get the same: one process; the Starlette app of tests/servers/threads with its openapi.yaml, a new app for
every round; a warm-up that is not counted; a seed of their own for every round, in turns (ours, theirs, ours, ...).
A call is what a middleware inside the app counts. The right app has to raise no alarm on either side: that is printed.

Ours is `conformance.run` with the whole catalogue and the profile of the app. Its seconds hold everything that a run
does: bodies are drawn anew (nothing is cached for the seed), flows generated, answers judged, sessions deleted again,
the report made. What is sent to delete them is counted as calls, and not judged: `judged` says how many were.

Theirs is `schema.as_state_machine()` of Schemathesis 4 as a user runs it: positive data only, its default checks, its
default Hypothesis settings (100 scenarios of up to 6 steps, no shrinking) but for the example database; started again
with another seed until the calls are spent. It is given no links: it infers its own from the document (16, from create,
search and list to whatever takes their thread_id), and reads constants off the app. Building the schema and the machine
is not timed. Where Hypothesis gives up with a Flaky error, the calls until then count, it is started again with another
seed, and `flaky` says how often.

The second table asks for the calls until the first alarm: ours the first violation of any invariant, theirs the first
failure of any check, taken at first sight: neither side has to reproduce or to shrink it. '-': none within the bound.
The two are no substitutes: Schemathesis fuzzes any API and knows nothing of this one; ours was told what a session is,
and is tested against these very faults. The subject does not favour Schemathesis: every operation is a POST, and its
stateful checks (use after free, resource availability) look for DELETE, GET and paths; and it sends no negative data.

    python benchmarks/explore.py [--calls 800] [--our-calls 12000] [--rounds 3] [--bound 600] [--seeds 1]

Ours is given more calls a round: in 800 calls it does not get beyond its scripted flows, and the generated ones
that follow are slower. A round of either then lasts about as long.
The last line is `ratio N`: calls per second, ours over theirs, of the medians.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path
from statistics import median, median_low
from time import perf_counter
from typing import Any, ClassVar

import hypothesis
import schemathesis
import yaml
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Flaky
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.stateful import APIStateMachine
from starlette.applications import Starlette

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from conformance import Budget, load, run  # noqa: E402
from conformance.explore.explorer import Explorer  # noqa: E402
from conformance.judge import History, Judge, Violation  # noqa: E402
from conformance.model import World  # noqa: E402
from conformance.profile import Profile  # noqa: E402
from conformance.step import Step  # noqa: E402
from conformance.transports.asgi import AsgiTransport  # noqa: E402
from tests.servers.threads.app import FAULTS, create_app  # noqa: E402

SUBJECT = ROOT / "tests" / "servers" / "threads"
WARM_UP_CALLS = 300
WARM_UP_SEED = 999


# --- the subject ----------------------------------------------------------------------------------


class Counter:
    """Counts the requests that reach an application."""

    def __init__(self) -> None:
        self.calls = 0

    def app(self, fault: str | None = None) -> Starlette:
        """A new application, right or with one fault, whose requests are counted here."""
        app = create_app(fault)
        app.add_middleware(_Counting, counter=self)
        return app


class _Counting:
    """The middleware that counts."""

    def __init__(self, app: Any, counter: Counter) -> None:
        self._app = app
        self._counter = counter

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Count a request and pass it on."""
        if scope["type"] == "http":
            self._counter.calls += 1
        await self._app(scope, receive, send)


# --- ours -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Round:
    """What one round took, and what was seen in it."""

    calls: int
    seconds: float
    judged: int
    alarms: int
    flaky: int = 0

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.calls / self.seconds


def our_round(profile: Profile, seed: int, calls: int) -> Round:
    """One run of ours on the right application."""
    counter = Counter()
    app = counter.app()
    budget = Budget(requests=calls, seconds=inf)
    started = perf_counter()
    report = run(profile, app=app, seed=seed, budget=budget)
    return Round(counter.calls, perf_counter() - started, report.exchanges, len(report.findings))


class _WatchingJudge(Judge):
    """A judge that notes how many calls were made when it first saw a violation."""

    def __init__(self, profile: Profile, counter: Counter) -> None:
        super().__init__(profile)
        self.counter = counter
        self.first: int | None = None

    def history(self, closed: bool = True) -> History:
        """A history that is watched."""
        return _WatchedHistory(self, World(self.profile, closed))


class _WatchedHistory(History):
    """Tells its judge of the first violation."""

    def __init__(self, judge: _WatchingJudge, world: World) -> None:
        super().__init__(judge, world)
        self._watching = judge

    def judge(self, step: Step) -> list[Violation]:
        """Judge the next step."""
        violations = super().judge(step)
        if violations and self._watching.first is None:
            self._watching.first = self._watching.counter.calls
        return violations


def our_catch(profile: Profile, fault: str | None, seed: int, bound: int) -> float:
    """The calls until the first violation; infinite if there is none within the bound."""
    counter = Counter()
    transport = AsgiTransport(counter.app(fault))
    judge = _WatchingJudge(profile, counter)
    explorer = Explorer(
        profile,
        transport,
        judge,
        seed=seed,
        run=f"bench{seed}",
        budget=Budget(requests=bound, seconds=inf),
        done=lambda _: judge.first is not None or counter.calls >= bound,
        shrinks=False,
    )

    async def explore() -> None:
        await explorer.explore()
        await transport.close()

    asyncio.run(explore())
    return judge.first if judge.first is not None and judge.first <= bound else inf


# --- theirs ---------------------------------------------------------------------------------------


class _Spent(BaseException):
    """The calls are spent: Hypothesis lets it pass, since it is no Exception."""


class _Watched(APIStateMachine):
    """What is added to the machine of Schemathesis: an end after so many calls, and a note of what fails."""

    counter: ClassVar[Counter]
    limit: ClassVar[int]
    failures: ClassVar[list[int]]

    def before_call(self, case: Any) -> None:  # noqa: ARG002 - the signature is Schemathesis's
        """End when the calls are spent."""
        if self.counter.calls >= self.limit:
            raise _Spent

    def validate_response(self, *args: Any, **kwargs: Any) -> None:
        """Note what the checks of Schemathesis raise, and end with the first failure."""
        try:
            super().validate_response(*args, **kwargs)
        except FailureGroup:
            self.failures.append(self.counter.calls)
            raise _Spent from None


@dataclass(slots=True)
class Theirs:
    """The state machine that Schemathesis makes for an application, and what came of running it."""

    document: dict[str, Any]
    fault: str | None = None
    limit: int = 0
    counter: Counter = field(default_factory=Counter)
    failures: list[int] = field(default_factory=list)
    flaky: int = 0

    def machine(self) -> type[_Watched]:
        """The machine: the application, the document, positive data, and nothing else."""
        schema = schemathesis.openapi.from_dict(self.document)
        schema.app = self.counter.app(self.fault)
        schema.config.generation.update(modes=[GenerationMode.POSITIVE])
        watch = {"counter": self.counter, "limit": self.limit, "failures": self.failures}
        return type("Machine", (_Watched, schema.as_state_machine()), watch)

    def run(self, machine: type[_Watched], seeds: Iterable[int]) -> None:
        """Run it, again and again, until the calls are spent or a check fails."""
        settings = hypothesis.settings(machine.TestCase.settings, database=None)
        with suppress(_Spent):
            for seed in seeds:
                try:
                    hypothesis.seed(seed)(machine).run(settings=settings)
                except Flaky:
                    self.flaky += 1


def their_seeds(seed: int) -> Iterator[int]:
    """The seeds of one round: another one whenever the machine is started."""
    return iter(range(seed * 10_000, (seed + 1) * 10_000))


def their_round(document: dict[str, Any], seed: int, calls: int) -> Round:
    """One round of Schemathesis on the right application."""
    theirs = Theirs(document, limit=calls)
    machine = theirs.machine()
    started = perf_counter()
    theirs.run(machine, their_seeds(seed))
    seconds = perf_counter() - started
    return Round(theirs.counter.calls, seconds, theirs.counter.calls, len(theirs.failures), theirs.flaky)


def their_catch(document: dict[str, Any], fault: str | None, seed: int, bound: int) -> float:
    """The calls until the first failure of a check; infinite if there is none within the bound."""
    theirs = Theirs(document, fault, bound)
    theirs.run(theirs.machine(), their_seeds(seed))
    return min(theirs.failures, default=inf)


# --- the tables -----------------------------------------------------------------------------------


def compare_rates(profile: Profile, document: dict[str, Any], options: argparse.Namespace) -> float:
    """Print the first table; gives the ratio."""
    warm = our_round(profile, WARM_UP_SEED, WARM_UP_CALLS), their_round(document, WARM_UP_SEED, WARM_UP_CALLS)
    ours, theirs = [], []
    for seed in range(1, options.rounds + 1):
        ours.append(our_round(profile, seed, options.our_calls))
        theirs.append(their_round(document, seed, options.calls))
    print(f"{'':14}{'calls':>8}{'judged':>8}{'seconds':>9}{'calls/s':>9}{'alarms':>8}{'flaky':>7}  each round")
    print(rate_row("ours", ours))
    print(rate_row("Schemathesis", theirs))
    base = median(each.rate for each in theirs)
    ratio = median(each.rate for each in ours) / base
    judged = median(each.judged / each.seconds for each in ours) / base
    print(f"\nours/Schemathesis: {ratio:.1f} times the calls per second (medians of {options.rounds} rounds, in turns)")
    print(f"were only the judged calls counted: {judged:.1f} times")
    print(f"warm-up, not counted: ours {warm[0].seconds:.1f} s, Schemathesis {warm[1].seconds:.1f} s", flush=True)
    return ratio


def rate_row(name: str, rounds: list[Round]) -> str:
    """One side of the first table: medians, and sums of what should not be."""
    middle = partial(_median_of, rounds)
    each = " ".join(f"{one.rate:.0f}" for one in rounds)
    return (
        f"{name:14}{middle('calls'):>8.0f}{middle('judged'):>8.0f}{middle('seconds'):>9.2f}{middle('rate'):>9.0f}"
        f"{sum(one.alarms for one in rounds):>8}{sum(one.flaky for one in rounds):>7}  {each}"
    )


def _median_of(rounds: list[Round], name: str) -> float:
    """The median of one number over the rounds."""
    return median(float(getattr(each, name)) for each in rounds)


def compare_catches(profile: Profile, document: dict[str, Any], options: argparse.Namespace) -> None:
    """Print the second table, line by line."""
    print(f"\ncalls until the first alarm, {options.bound} at most; median of {options.seeds} seed(s)\n")
    print(f"{'fault':34}{'ours':>8}{'Schemathesis':>14}")
    caught: list[tuple[float, float]] = []
    for fault in (None, *FAULTS):
        pairs = [
            (our_catch(profile, fault, seed, options.bound), their_catch(document, fault, seed, options.bound))
            for seed in range(1, options.seeds + 1)
        ]
        ours, theirs = (median_low(side) for side in zip(*pairs, strict=True))
        print(f"{fault or '(the right app)':34}{shown(ours):>8}{shown(theirs):>14}", flush=True)
        if fault is not None:
            caught.append((ours, theirs))
    sums = [sum(calls < inf for calls in side) for side in zip(*caught, strict=True)]
    print(f"{f'caught, of {len(FAULTS)}':34}{sums[0]:>8}{sums[1]:>14}")


def shown(calls: float) -> str:
    """A number of calls, or '-' for never."""
    return "-" if calls == inf else f"{calls:.0f}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--calls", type=int, default=800, help="calls of Schemathesis in a round")
    parser.add_argument("--our-calls", type=int, default=12_000, help="judged calls of ours in a round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each side")
    parser.add_argument("--bound", type=int, default=600, help="calls on one fault at most; 0: no second table")
    parser.add_argument("--seeds", type=int, default=1, help="seeds for each fault")
    options = parser.parse_args()
    document = yaml.safe_load((SUBJECT / "openapi.yaml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        # Neither Hypothesis nor our cache of drawn bodies may find, or leave, anything.
        os.environ["XDG_CACHE_HOME"] = folder
        set_hypothesis_home_dir(Path(folder) / "hypothesis")
        profile = load(str(SUBJECT / "profile.toml"))
        ratio = compare_rates(profile, document, options)
        if options.bound:
            compare_catches(profile, document, options)
    print(f"\nratio {ratio:.1f}")


if __name__ == "__main__":
    main()
