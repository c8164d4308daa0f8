"""What must hold? What an invariant is, and which ones there are.

An invariant is one function that looks at what was known before a step and at the step, and says nothing (it did not
apply), held, or broken. Its id is its chapter (the module) and its name; its docstring is the requirement.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from conformance.ask import ROLES_OF, Asked, Verb
from conformance.attribution import examine
from conformance.calls import Key
from conformance.causes import Cause, Change, Examination
from conformance.expressions import MISSING, Json
from conformance.listings import Listing
from conformance.model import World
from conformance.profile import Profile, Role
from conformance.session import Session, Status
from conformance.step import Outcome, Step
from conformance.values import Awkward


class Level(StrEnum):
    """How loud a violation is (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Subject(StrEnum):
    """Who has to keep a requirement: whoever answers, or whoever asks."""

    BACKEND = "backend"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Observation:
    """One moment at which an invariant applied. `kind` tells different bugs of one invariant and operation apart;
    `operation` names the one to blame, if it is not the step's own; `others` those that may be to blame as well.
    `unplaced`: what was asked does not stand where it belongs, which may be because the request violates the spec."""

    held: bool
    expected: str = ""
    got: str = ""
    kind: str = ""
    operation: str | None = None
    others: frozenset[str] = frozenset()
    unplaced: bool = False


HELD: Final = Observation(True)
_EMPTY: Final = frozenset({Awkward.EMPTY})


class Known:
    """What was known before a step: the world, the session that the step names, and how it differs from what is
    seen."""

    __slots__ = ("_step", "differences", "key", "session", "status", "world")

    def __init__(self, world: World, step: Step) -> None:
        self.world = world
        self._step = step
        self.key: Key | None = world.named(step)
        self.session: Session | None = world.get(self.key)
        self.status: Status = world.status(self.key)
        self.differences: Examination = examine(world, step)

    @property
    def at_stake(self) -> frozenset[Cause | Awkward]:
        """The causes that were found or put to the test, and the kinds of awkward values that may be to blame."""
        differences, step = self.differences, self._step
        found: frozenset[Cause | Awkward] = differences.looked
        for more in (differences.awkward, step.awkward, self.poisoned):
            found = found | more if more else found
        return found.union(change.cause for change in differences.changes) if differences.changes else found

    @property
    def absent(self) -> bool:
        """Whether the session that the step names is not there, and no refused call can have made it all the same."""
        if self.key is None or self.status not in (Status.ABSENT, Status.GONE):
            return False
        refused = self.world.calls.refused(self.key)
        operation = self._step.operation
        return refused is None or (operation is not None and refused.operation == operation.id)

    @property
    def foreign(self) -> bool:
        """Whether the session that the step names is not its owner's, but another owner's."""
        return self.absent and self.key is not None and self.world.elsewhere(self.key) is not None

    @property
    def ended(self) -> bool:
        """Whether the session that the step names is live, and surely in a status in which it takes no runs."""
        session = self.session
        return self.status is Status.LIVE and session is not None and session.status in self.world.lifecycle.ended

    @property
    def takes_runs(self) -> bool:
        """Whether the session that the step names is live, and surely in no status in which it takes no runs."""
        if self.status is not Status.LIVE or self.session is None:
            return False
        ended, status = self.world.lifecycle.ended, self.session.status
        return not ended or (status is not MISSING and status not in ended)

    @property
    def spared(self) -> bool | None:
        """Whether the session that the step names is live, in a status that the call spares; None if none is known."""
        binding = self._step.binding
        if self.status is not Status.LIVE or self.session is None or binding is None or not binding.spares:
            return False
        return None if self.session.status is MISSING else self.session.status in binding.spares

    @property
    def item(self) -> Status | None:
        """What is known of the item that the step names; None if it names none, or if its session is uncertain."""
        if self._step.item is None or (self.status is not Status.LIVE and not self.absent):
            return None
        if self.session is None:
            return Status.ABSENT
        return self.world.item(self.key, self._step.item)

    @property
    def listing(self) -> Listing:
        """The pages of a list so far, together with the one that the step shows."""
        return self.world.listing(self._step)

    @property
    def told_missing(self) -> bool:
        """Whether the step was told that its session is missing, and not that its body is wrong: where one answer means
        either, an awkward body may be refused, and any by an operation that was accepted before."""
        step = self._step
        if step.surely_missing or not step.says_it_is_missing or step.operation is None:
            return step.surely_missing
        return not step.awkward and not self.world.accepted.any_of(step.operation.id)

    @property
    def plain(self) -> bool:
        """Whether there is nothing unusual about the request: a read, or a write like one that was accepted before."""
        step = self._step
        if step.wrong or step.awkward:
            return False
        return step.reads or step.role is Role.DELETE or self.world.accepted.like(step)

    @property
    def poisoned(self) -> frozenset[Awkward]:
        """If a plain request fails: the kinds of awkward values in the sessions that it is about."""
        step = self._step
        if step.outcome is not Outcome.FAILED or step.role is Role.CREATE or not self.plain:
            return frozenset()
        return self.world.awkward(step.owner, None if step.role is Role.LIST else self.key)

    @property
    def among_awkward_neighbours(self) -> bool:
        """Whether a plain request is made by an owner without awkward values, while another owner has some."""
        owner = self._step.owner
        if owner is None or not self.world.others_hold(owner, _EMPTY) or self.world.awkward(owner, None):
            return False
        return self.plain

    def blames(self, *causes: Cause, expected: str) -> Observation | None:
        """Broken if a difference is blamed on one of the causes, held if one was put to the test, else nothing."""
        differences = self.differences
        if differences.changes:
            for change in differences.changes:
                if change.cause in causes:
                    return broken_by(change, expected)
        return None if differences.looked.isdisjoint(causes) else HELD

    def keeps(self, kind: Awkward, expected: str) -> Observation | None:
        """Broken if an awkward value of a kind was mangled, held if one was looked for and found, else nothing."""
        if kind not in self.differences.awkward:
            return None
        for change in self.differences.changes:
            if change.cause is kind:
                return broken_by(change, expected)
        return HELD


def must(holds: bool, step: Step, expected: str, kind: str = "") -> Observation:
    """Held, or broken with what the step got instead."""
    return HELD if holds else Observation(False, expected, step.got, kind or answer_kind(step))


def broken_by(change: Change, expected: str) -> Observation:
    """Broken: a session looks other than it should."""
    where = f" at {change.place}" if change.place else ""
    got, wanted = shortened(change.got), shortened(change.expected)
    if got == wanted:  # as a number and its text are
        got, wanted = shortened(repr(change.got)), shortened(repr(change.expected))
    got = f"{got}{where}, instead of {wanted}{change.hint and f'; {change.hint}'}"
    return Observation(False, expected, got, change.kind, change.operation, change.others)


def answer_kind(step: Step) -> str:
    """The kind of a wrong answer: its status, or what came instead of one."""
    failure = step.exchange.failure
    return failure.name.lower() if failure is not None else f"{step.outcome.value} {step.status}"


def shortened(value: Json) -> str:
    """A value in at most 200 characters."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 200 else text[:200] + "…"


Check = Callable[[Known, Step], Observation | None]
AskCheck = Callable[[Asked], Observation | None]


@dataclass(frozen=True, slots=True)
class Invariant:
    """A requirement and the function that judges it.

    `on` are the roles at which it looks; `needs` those that a profile must bind for it to mean anything; `applies`
    may ask more of a profile. `source` is a general source; what one API documents stands in its profile. `claims` are
    the causes that it answers for: it is asked only if one of them is at stake, or always if it claims none. `form`: it
    looks at how one request or answer is written, so that what is seen later does not follow from it.

    `subject` is who has to keep it. `anything`: it looks at requests that play no role as well. One that judges what an
    SDK makes of what it is asked has `judges` and `verbs` in the stead of `check` and `on`; with `by_places` it looks
    only at which session stands where, so that it can judge asks that were recorded without their requests.
    """

    id: str
    level: Level
    check: Check
    on: frozenset[Role]
    needs: frozenset[Role]
    source: str
    applies: Callable[[Profile], bool] | None = None
    claims: frozenset[Cause | Awkward] = frozenset()
    subject: Subject = Subject.BACKEND
    anything: bool = False
    judges: AskCheck | None = None
    verbs: frozenset[Verb] = frozenset()
    by_places: bool = False
    form: bool = False

    @property
    def function(self) -> Check | AskCheck:
        """The function that judges."""
        return self.judges or self.check

    @property
    def title(self) -> str:
        """The requirement in one line."""
        return described(self.function).partition("\n")[0]

    @property
    def why(self) -> str:
        """What goes wrong where it is broken."""
        return described(self.function).partition("\n")[2].strip()

    @property
    def chapter(self) -> str:
        """The first half of the id."""
        return self.id.partition("/")[0]

    def applicable(self, profile: Profile) -> bool:
        """Whether the profile binds what the invariant needs."""
        bound = profile.roles
        looks = bool(self.on & bound) if self.judges is None else bool(self.needs_any(bound))
        return looks and self.needs <= bound and (self.applies is None or self.applies(profile))

    @property
    def blames(self) -> bool:
        """Whether all that it does is to blame differences on the causes that it claims: it is broken by one of these,
        and held where one of its causes was put to the test and nothing differs."""
        return bool(self.claims) and all(isinstance(each, Cause) for each in self.claims)

    def needs_any(self, bound: frozenset[Role]) -> bool:
        """Whether something that is asked can be done with these roles."""
        wanted = [ROLES_OF.get(verb, frozenset(bound)) for verb in self.verbs]
        return any(each & bound for each in wanted)


_REGISTERED: Final[dict[str, Invariant]] = {}


def invariant(
    level: Level,
    *,
    on: Collection[Role],
    needs: Collection[Role] = (),
    source: str = "",
    applies: Callable[[Profile], bool] | None = None,
    claims: Collection[Cause | Awkward] = (),
    subject: Subject = Subject.BACKEND,
    anything: bool = False,
    form: bool = False,
) -> Callable[[Check], Check]:
    """Put a function that looks at steps into the catalogue."""

    def register(check: Check) -> Check:
        name = _name(check)
        _REGISTERED[name] = Invariant(
            name, level, check, frozenset(on), frozenset(needs), source, applies, frozenset(claims), subject, anything,
            form=form,
        )  # fmt: skip
        return check

    return register


def ask_invariant(
    level: Level,
    *,
    verbs: Collection[Verb],
    needs: Collection[Role] = (),
    source: str = "",
    applies: Callable[[Profile], bool] | None = None,
    by_places: bool = False,
) -> Callable[[AskCheck], AskCheck]:
    """Put a function that looks at what was asked of a client, and at what that caused, into the catalogue."""

    def register(check: AskCheck) -> AskCheck:
        name = _name(check)
        _REGISTERED[name] = Invariant(
            name, level, _at_no_step, frozenset(), frozenset(needs), source, applies,
            subject=Subject.CLIENT, judges=check, verbs=frozenset(verbs), by_places=by_places,
        )  # fmt: skip
        return check

    return register


def _name(check: Check | AskCheck) -> str:
    """The id of a function: its chapter and its name."""
    return f"{check.__module__.rpartition('.')[2]}/{check.__name__.replace('_', '-')}"


def described(function: Callable[..., Any]) -> str:
    """The docstring of a function. Compiled it has none, but its source stands beside it."""
    return inspect.getdoc(function) or _docstrings(function.__module__).get(function.__name__, "")


def introduced(function: Callable[..., Any]) -> str:
    """The docstring of the module of a function."""
    return inspect.getdoc(sys.modules[function.__module__]) or _docstrings(function.__module__).get("", "")


@cache
def _docstrings(module: str) -> dict[str, str]:
    """The docstrings of a module's functions, by name, and its own under none."""
    spec = find_spec(module)
    source = Path(spec.origin or "").with_name(f"{module.rpartition('.')[2]}.py") if spec is not None else Path()
    if not source.is_file():
        return {}
    written = ast.parse(source.read_text(encoding="utf-8"))
    functions = [each for each in written.body if isinstance(each, ast.FunctionDef)]
    return {"": ast.get_docstring(written) or "", **{each.name: ast.get_docstring(each) or "" for each in functions}}


def _at_no_step(_known: Known, _step: Step) -> Observation | None:
    """What an invariant on asks says of a step: nothing."""
    return None


@cache
def catalogue(subject: Subject | None = Subject.BACKEND) -> tuple[Invariant, ...]:
    """The invariants that backends have to keep, or clients; with None, all of them.

    Chapter by chapter in the order of the files' own list, then as they stand in the file.
    """
    package = importlib.import_module("conformance.invariants")
    found = {each.name for each in pkgutil.iter_modules(package.__path__)}
    order = [name for name in package.CHAPTERS if name in found] + sorted(found - set(package.CHAPTERS))
    for chapter in order:
        importlib.import_module(f"conformance.invariants.{chapter}")
    every = sorted(_REGISTERED.values(), key=lambda each: order.index(each.chapter))
    return tuple(each for each in every if subject in (None, each.subject))


def invariant_of(check: Check | AskCheck) -> Invariant:
    """The catalogue's entry of a function."""
    return next(each for each in catalogue(None) if each.function is check)
