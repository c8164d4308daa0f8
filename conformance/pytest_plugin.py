"""How does a profile become pytest items? One for each invariant, named by its id; silent when it is not asked for.

pytest --conformance-profile adk [--conformance-target URL]

The fixtures for a user's own tests are in `conformance.pytest_fixtures`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue import Invariant, Level, catalogue
from conformance.errors import ConformanceError, InputError
from conformance.explore.explorer import Budget
from conformance.profile import Profile
from conformance.profile_file import load, values_from
from conformance.pytest_fixtures import conformance_respx, conformance_server, pytest_runtest_call
from conformance.reports import InvariantOutcome, Report, terminal
from conformance.run import run
from conformance.transports.process import launched

__all__ = ["conformance_respx", "conformance_server", "pytest_runtest_call"]
_STATE = pytest.StashKey["Exploration"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; without `--conformance-profile` nothing else happens."""
    group = parser.getgroup("conformance", "judge an API that keeps sessions")
    group.addoption("--conformance-profile", metavar="PROFILE", help="a built-in profile, or a profile.toml")
    group.addoption("--conformance-target", metavar="URL", help="a live server (default: the profile's own fake)")
    group.addoption("--conformance-launch", metavar="COMMAND", help="start a server, with {port} in its command")
    group.addoption("--conformance-fault", metavar="NAME", help="the fake with one defect")
    group.addoption("--conformance-set", action="append", default=[], metavar="NAME=VALUE", help="override a value")
    group.addoption("--conformance-seed", type=int, metavar="N", help="the same seed, the same requests")
    budget = Budget()
    group.addoption(
        "--conformance-max-requests", type=int, default=budget.requests, metavar="N", help="requests at most"
    )
    group.addoption("--conformance-max-time", type=float, default=budget.seconds, metavar="S", help="seconds at most")
    group.addoption("--conformance-rate", type=float, default=0.0, metavar="N", help="requests a second at most")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add one item for each invariant, before pytest selects by name."""
    if config.getoption("conformance_profile"):
        try:
            state = Exploration(config)
        except ConformanceError as error:
            raise pytest.UsageError(f"conformance: {error}") from error
        config.stash[_STATE] = state
        name = state.profile.name
        suite = Suite.from_parent(session, name=name, nodeid=f"conformance/{name}", state=state)
        report = config.hook.pytest_make_collect_report(collector=suite)
        config.hook.pytest_collectreport(report=report)
        items.extend(report.result)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what was judged, and how to do the same again."""
    state = config.stash.get(_STATE, None)
    if state is not None and state.report is not None:
        report = state.report
        terminalreporter.section("conformance")
        terminalreporter.write_line(
            f"{report.verdict.value}: {report.title}, {report.target}, "
            f"{report.exchanges:,} exchanges, seed {report.seed}; ended: {report.stopped}"
        )
        if report.undeleted:
            terminalreporter.write_line(f"could not be deleted: {', '.join(report.undeleted[:20])}")


class Exploration:
    """One exploration for all items; it begins with the first item that runs."""

    def __init__(self, config: pytest.Config) -> None:
        option = config.getoption
        where = [option(f"conformance_{name}") for name in ("target", "launch", "fault")]
        if sum(map(bool, where)) > 1:
            raise InputError("give one of --conformance-target, --conformance-launch and --conformance-fault")
        self.profile: Profile = load(option("conformance_profile"), values_from(option("conformance_set")))
        self.report: Report | None = None
        self._target, self._launch, self._fault = where
        self._seed: int | None = option("conformance_seed")
        self._budget = Budget(
            requests=option("conformance_max_requests"),
            seconds=option("conformance_max_time"),
            rate=option("conformance_rate"),
        )
        self._error: ConformanceError | None = None

    def result(self) -> Report:
        """The report; the same error again if there was one."""
        if self._error is not None:
            raise self._error
        if self.report is None:
            try:
                self.report = self._run()
            except ConformanceError as error:
                self._error = error
                raise
        return self.report

    def _run(self) -> Report:
        if not self._launch:
            return self._explore(self._target)
        with launched(self._launch) as url:
            return self._explore(url)

    def _explore(self, target: str | None) -> Report:
        return run(
            self.profile,
            target=target,
            fault=self._fault,
            seed=self._seed,
            budget=self._budget,
            disposable=self._target is None,
        )


class Suite(pytest.Collector):
    """The catalogue as it applies to one profile."""

    def __init__(self, *, state: Exploration, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.state = state

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each invariant."""
        for each in catalogue():
            yield Requirement.from_parent(self, name=each.id, invariant=each)


class Requirement(pytest.Item):
    """One invariant."""

    parent: Suite

    def __init__(self, *, invariant: Invariant, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.invariant = invariant

    def runtest(self) -> None:
        """Explore once, and fail if this invariant is broken, or a MUST that nothing tested."""
        if not self.invariant.applicable(self.parent.state.profile):
            pytest.skip("not applicable to this profile")
        report = self.parent.state.result()
        row = report.row(self.invariant.id)
        if row.outcome is InvariantOutcome.BROKEN:
            text = terminal.findings(report, row.id)
            if row.level is Level.SHOULD:
                pytest.xfail(f"a broken SHOULD\n{text}")
            raise BrokenError(text)
        if row.outcome is InvariantOutcome.UNTESTED:
            if row.level is Level.MUST:
                raise BrokenError(f"untested: no observation reached {row.id}; an untested MUST is not a pass")
            pytest.skip("untested: no observation reached it")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings, as a bug report rather than a traceback."""
        if isinstance(excinfo.value, (BrokenError, ConformanceError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the item stands: the profile's file."""
        return Path(self.parent.state.profile.place), None, self.invariant.id


class BrokenError(Exception):
    """An invariant does not hold."""
