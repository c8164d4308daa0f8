"""How do the parts make one run? Joins them, and holds no logic of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.baseline import Entry
from conformance.errors import InputError, nearest
from conformance.explore.actions import Flow
from conformance.explore.bodies import Pool, pools
from conformance.explore.cleanup import clean
from conformance.explore.course import Walk
from conformance.explore.explorer import Budget, Exploration, Explorer
from conformance.explore.saved import SavedFlow
from conformance.explore.walk import Walker
from conformance.fakes import asgi
from conformance.fakes.faults import faults_for, together
from conformance.fakes.server import Server
from conformance.judge import Judge, Violation
from conformance.profile import Profile
from conformance.reporting import SOMEWHERE, named, report
from conformance.reports import Report
from conformance.saving import cassette
from conformance.transports import Limits, Transport
from conformance.transports.asgi import AsgiTransport, under
from conformance.transports.http import HttpTransport
from conformance.transports.recorder import Recorder

FAKE_LIMITS = Limits(seconds=5.0)
"""A fake answers at once, or never; but the machine that it shares with others may be slow."""
Progress = Callable[[Exploration], None]


def run(
    profile: Profile,
    *,
    target: str | None = None,
    app: Any = None,
    fault: str | None = None,
    seed: int | None = None,
    budget: Budget | None = None,
    limits: Limits | None = None,
    progress: Progress = lambda _: None,
    strict: bool = True,
    disposable: bool | None = None,
    baseline: Sequence[Entry[SavedFlow]] = (),
    record: Path | None = None,
    redacted: Collection[str] = (),
) -> Report:
    """Explore a target and judge it: a URL, an ASGI application, or by default the profile's fake, right or with a
    fault.

    Without a seed a fake gets 0 and any other target a random one. `strict`: an untested MUST is not a pass. A
    `disposable` target ends with the run (a URL does not, unless you say so): calls that may leave something behind for
    good are made only there. A `baseline` lists findings that are known (see `conformance.baseline`). `record` is the
    file in which what happens is written down, without secrets; `redacted` names further fields that are secrets.
    """
    fake = target is None and app is None
    profile = ready(profile, fake)
    chosen = seed if seed is not None else 0 if fake else secrets.randbits(31)
    transport, name = transport_to(profile, target, app, fault, chosen, limits)
    base = SOMEWHERE + ("" if fake else profile.spec.base_path) if target is None else transport.base
    judge = Judge(profile)
    written = None if record is None else cassette(profile, record, name, transport.base, chosen, redacted)
    explorer = Explorer(
        profile,
        transport if written is None else Recorder(transport, written),
        judge,
        seed=chosen,
        run=run_name(chosen),
        budget=budget or Budget(),
        progress=progress,
        disposable=target is None if disposable is None else disposable,
        known={entry.signature: entry.flow for entry in baseline},
    )
    try:
        result = asyncio.run(carried_out(explorer, transport))
    finally:
        if written is not None:
            written.close()
    serve = f"conformance serve {named(profile)}" + (f" --fault {fault}" if fault else "") if fake else ""
    return report(profile, judge, result, name, chosen, strict=strict, base=base, serve=serve, baseline=baseline)


def walk(
    profile: Profile,
    flow: Flow,
    *,
    target: str | None = None,
    app: Any = None,
    fault: str | None = None,
    seed: int = 0,
    looks: bool = True,
) -> list[Violation]:
    """Send one flow and judge it: for a user's own `@given(flows(profile))` tests. Gives what it breaks.

    Sessions are made under fresh owners, and deleted in the end.
    """
    profile = ready(profile, target is None and app is None)
    transport, _ = transport_to(profile, target, app, fault, seed, None)
    return asyncio.run(_walk_once(profile, flow, transport, seed, looks))


async def _walk_once(profile: Profile, flow: Flow, transport: Transport, seed: int, looks: bool) -> list[Violation]:
    """Walk one flow, and clean up behind it."""
    walker = Walker(profile, transport, _pools(profile, seed), f"{run_name(seed)}{secrets.token_hex(3)}", seed)
    into = Walk()
    try:
        await walker.walk(flow, Judge(profile).history(), looks, into)
    finally:
        await clean(walker, into)
        await transport.close()
    return [violation for trace in into.traces for violation in trace.violations]


def _pools(profile: Profile, seed: int) -> dict[int, Pool]:
    """The bodies for a profile; drawn once, since a test walks many flows."""
    key = (id(profile), seed)
    if key not in _POOLS:
        _POOLS.clear()
        _POOLS[key] = pools(profile, seed)
    return _POOLS[key]


_POOLS: dict[tuple[int, int], dict[int, Pool]] = {}


def run_name(seed: int) -> str:
    """The name of a run; every owner and every id that it makes up carries it."""
    return f"conf{seed:x}"


def transport_to(
    profile: Profile, target: str | None, app: Any, fault: str | None, seed: int, limits: Limits | None
) -> tuple[Transport, str]:
    """The way to the target, and the target's name."""
    if target is not None:
        return HttpTransport(_based(target, profile), limits), target
    if app is not None:
        return AsgiTransport(under(profile.spec.base_path, app), limits=limits), "an ASGI application"
    return fake_transport(profile, seed, fault), f"fake with {fault}" if fault else "fake"


def _based(target: str, profile: Profile) -> str:
    """A URL with the path under which the spec puts its operations, if the URL has none of its own."""
    return target + profile.spec.base_path if target.count("/") == 2 else target


async def carried_out(explorer: Explorer, transport: Transport) -> Exploration:
    """Explore; a signal that ends it does so as Ctrl-C does."""
    heeding_signals()
    try:
        return await explorer.explore()
    finally:
        await transport.close()


def heeding_signals() -> None:
    """Have the task that calls this ended by SIGTERM, and by SIGHUP unless that is ignored, as by Ctrl-C."""
    task = asyncio.current_task()
    for each in (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")):
        if task is not None and each is not None and signal.getsignal(each) is not signal.SIG_IGN:
            with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
                asyncio.get_running_loop().add_signal_handler(each, task.cancel)


def fake_transport(profile: Profile, seed: int, fault: str | None) -> AsgiTransport:
    """A transport to the profile's fake."""
    server = server_of(profile, seed, fault)
    return AsgiTransport(asgi.app(server), reset=server.reset, limits=FAKE_LIMITS)


def ready(profile: Profile, fake: bool) -> Profile:
    """The profile with credentials to go with its target: a fake takes made-up ones where none are set."""
    if fake:
        return replace(profile, credentials=replace(profile.credentials, made_up=profile.credentials.required))
    unset = [name for name in profile.credentials.variables() if name not in os.environ]
    if profile.credentials.required and unset:
        remedy = f"the profile sends it as {profile.credentials.name}; set it in the environment"
        raise InputError(f"{unset[0]} is not set", place="[auth]", remedy=remedy)
    return profile


def server_of(profile: Profile, seed: int = 0, fault: str | None = None) -> Server:
    """The profile's fake, right or with a fault; with several, if their names are joined by commas."""
    profile = ready(profile, fake=True)
    if fault is None:
        return Server(profile, seed)
    possible = {each.name: each for each in faults_for(profile)}
    names = list(dict.fromkeys(fault.split(",")))
    for name in names:
        if name not in possible:
            raise InputError(
                f"there is no fault {name!r} for {profile.name}", place="--fault", remedy=nearest(name, possible)
            )
    return together(*(possible[name] for name in names))(profile, seed)
