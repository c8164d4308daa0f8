"""What came of it? The report as data; each module here is a pure function from it to text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from conformance.catalogue import Level
from conformance.exchange import Exchange
from conformance.judge import Signature


class Verdict(StrEnum):
    """What a whole run comes to. The exit codes are 0, 1, 3 and 4, in this order."""

    CONFORMS = "conforms"
    BROKEN = "broken"
    UNTESTED = "untested"
    UNREACHABLE = "unreachable"

    @property
    def exit_code(self) -> int:
        """The exit code of a command that ends with this verdict."""
        return {Verdict.CONFORMS: 0, Verdict.BROKEN: 1, Verdict.UNTESTED: 3, Verdict.UNREACHABLE: 4}[self]


class InvariantOutcome(StrEnum):
    """What came of one invariant."""

    HELD = "held"
    BROKEN = "broken"
    KNOWN = "known"
    UNTESTED = "untested"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class Row:
    """One invariant in a report."""

    id: str
    title: str
    level: Level
    source: str
    outcome: InvariantOutcome
    observations: int
    violations: int

    @property
    def chapter(self) -> str:
        """The first half of the id."""
        return self.id.partition("/")[0]


@dataclass(frozen=True, slots=True)
class FlowCall:
    """One call of a finding's flow. `created` is the id of the session that it made, `creates` the pointer to it in the
    answer, `chosen` whether the request itself named it. `telling` are the headers in
    which the profile reads something.
    """

    role: str
    exchange: Exchange
    created: str | None = None
    creates: tuple[str, ...] = ()
    chosen: bool = False
    telling: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FlowAsk:
    """What was asked of a client, what its caller was told, and the calls that it caused; unless it is `recorded`
    without these."""

    asked: str
    told: str
    calls: tuple[FlowCall, ...] = ()
    recorded: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A signature with its shortest flow. `follows` is the finding that comes before it in that flow, if any does.

    `reproduced` is None if there was no budget left to replay it. `known` is the reason that the baseline gives for it,
    or for the finding that it follows. `saved` is the flow in the form that a baseline keeps, `recording` the file
    that it was written to. `asks` are what led to the calls of the flow, where a client was asked for something.
    """

    signature: Signature
    title: str
    why: str
    level: Level
    source: str
    expected: str
    got: str
    blame: str
    reproduced: bool | None
    seen: int
    flow: tuple[FlowCall, ...]
    follows: Signature | None = None
    known: str = ""
    saved: tuple[str, ...] = ()
    recording: str = ""
    asks: tuple[FlowAsk, ...] = ()

    @property
    def again(self) -> str:
        """What came of replaying it, in words."""
        if self.reproduced is None:
            return "not replayed"
        return "came back in 3 of 3 replays" if self.reproduced else "did not come back when replayed"

    @property
    def primary(self) -> bool:
        """Whether it is the first violation in its flow."""
        return self.follows is None


@dataclass(frozen=True, slots=True)
class Known:
    """A finding that the baseline lists: `known`, or `stale` or `expired`, which fail."""

    signature: Signature
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Latency:
    """How long the answers to one role took: how many there were, and so many seconds at most for half of them, for 95
    and for 99 of 100."""

    count: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run. `seconds` is the whole of it, `explored_seconds` leaves out shrinking. `base` is where a
    person can send its flows again.

    `baseline` says what came of each known finding. `secrets` maps the name (in lower case) of the header or query
    parameter that carries the credentials to their template, as in `Bearer ${API_KEY}`: wherever a secret stood in
    the report, its template or the `${NAME}` of its variable stands instead (see `conformance.reports.redaction`).
    `notes` say what else is to be known of it; `closed` that each flow began with owners that had no sessions.
    `latencies` say by role how long answers took.
    """

    verdict: Verdict
    profile: str
    title: str
    target: str
    seed: int
    exchanges: int
    flows: int
    seconds: float
    explored_seconds: float
    stopped: str
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    undeleted: tuple[str, ...] = ()
    lags: Mapping[str, float] = field(default_factory=dict)
    baseline: tuple[Known, ...] = ()
    base: str = ""
    serve: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    closed: bool = False
    latencies: Mapping[str, Latency] = field(default_factory=dict)

    def row(self, invariant: str) -> Row:
        """The row of an invariant."""
        return next(row for row in self.rows if row.id == invariant)

    def outcomes(self, outcome: InvariantOutcome) -> list[Row]:
        """The rows with an outcome."""
        return [row for row in self.rows if row.outcome is outcome]

    def pages(self) -> Iterator[tuple[Finding, list[Finding]]]:
        """The findings that the baseline does not list, in the order in which they are told, each with those that
        follow it: first the primary ones, then what follows a finding that is not told."""
        unknown = [each for each in self.findings if not each.known]
        primary = [each for each in unknown if each.primary]
        for finding in primary:
            yield finding, [each for each in unknown if each.follows == finding.signature]
        told = {each.signature for each in primary}
        for finding in unknown:
            if finding.follows is not None and finding.follows not in told:
                yield finding, []


@dataclass(frozen=True, slots=True)
class Kill:
    """What came of one fault: the invariants that it breaks, and those that caught it.

    `requests` and `seconds` count until the first that it breaks did; None if none did.
    """

    fault: str
    breaks: frozenset[str]
    caught_by: tuple[str, ...]
    requests: int | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Matrix:
    """Every fault of a profile against the invariants that caught it; `alarms` were raised by the correct fake."""

    profile: str
    title: str
    seed: int
    alarms: tuple[str, ...]
    exchanges: int
    seconds: float
    kills: tuple[Kill, ...]

    @property
    def exit_code(self) -> int:
        """0 if every fault was caught by an invariant that it breaks, and the correct fake raised no alarm; else 1."""
        return 1 if self.alarms or any(kill.requests is None for kill in self.kills) else 0
