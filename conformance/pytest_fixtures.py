"""How does a user's own test suite judge its SDK? Fixtures that give a fake, and judge what it heard when a test ends.

`conformance_respx(profile)` answers in this process, to whatever is built on httpx; `conformance_server(profile)`
listens on loopback, for everything else. Both set the variables by which programs are told where the API is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from conformance.catalogue import Subject, catalogue
from conformance.client_run import judged
from conformance.clients.wire import Wire, credentials, environment, served
from conformance.errors import InputError, nearest
from conformance.exchange import Exchange, Request
from conformance.judge import Signature
from conformance.profile import Profile
from conformance.profile_file import load
from conformance.reports import Report, terminal

if TYPE_CHECKING:
    import respx


class Fake:
    """A fake that listens to one test: `url` is where it is, `headers` hold the credentials that it takes."""

    def __init__(self, wire: Wire, url: str) -> None:
        self._wire = wire
        self._history: list[Exchange] = []
        self._expected: set[str] = set()
        self._told: set[Signature] = set()
        self.url = url
        profile = wire.profile.credentials
        value = credentials(wire.profile)
        self.headers: dict[str, str] = {profile.name: value} if value and profile.place == "header" else {}

    @property
    def profile(self) -> Profile:
        """The profile, with credentials that are made up."""
        return self._wire.profile

    @property
    def history(self) -> Sequence[Exchange]:
        """Everything that was said so far."""
        self._history += self._wire.taken()
        return tuple(self._history)

    def report(self) -> Report:
        """What the client has broken so far."""
        return judged(self.profile, self.history, f"what was sent to {self.profile.name}")

    def expects(self, *invariants: str) -> None:
        """Say which invariants (by their ids) this test breaks on purpose; one that it does not break fails it."""
        ids = [each.id for each in catalogue(Subject.CLIENT) if each.judges is None]
        for each in invariants:
            if each not in ids:
                raise InputError(
                    f"there is no {each!r} that requests can break", place="expects", remedy=nearest(each, ids)
                )
        self._expected |= set(invariants)

    def verdict(self) -> str:
        """What has to be said when the test ends, and was not said before; empty if nothing has."""
        report = self.report()
        new = {each.signature for each in report.findings} - self._told
        self._told |= new
        surprises = sorted({each.invariant for each in new} - self._expected)
        missed = sorted(self._expected - {each.invariant for each in self._told})
        texts = [terminal.findings(report, each).rstrip() for each in surprises]
        texts += [f"{each} was expected to be broken, and was not" for each in missed]
        self._expected -= set(missed)
        return f"what was sent to {self.url} is not right\n" + "\n".join(texts) if texts else ""


Make = Callable[[str | Path], Fake]
_FAKES = pytest.StashKey[list[Fake]]()


@pytest.fixture
def conformance_respx(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Gives `make(profile)`: the profile's fake, to which every httpx client is connected while the test runs."""
    if find_spec("respx") is None:
        raise InputError("respx is not installed", place="conformance_respx", remedy="install conformance[respx]")
    import respx  # noqa: PLC0415 - it is an extra

    with respx.MockRouter(assert_all_called=False) as router:

        def make(profile: str | Path) -> Fake:
            number = len(request.node.stash.get(_FAKES, []))
            wire = Wire(load(profile), number)
            url = f"http://{wire.profile.name}{f'-{number + 1}' if number else ''}.invalid"
            _connect(router, wire, url)
            return _made(request, monkeypatch, wire, url)

        yield make
        _judge(request.node)


@pytest.fixture
def conformance_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Gives `make(profile)`: the profile's fake, served on loopback while the test runs."""
    with ExitStack() as stack:

        def make(profile: str | Path) -> Fake:
            wire = Wire(load(profile), len(request.node.stash.get(_FAKES, [])))
            return _made(request, monkeypatch, wire, stack.enter_context(served(wire)))

        yield make
        _judge(request.node)


def _made(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, wire: Wire, url: str) -> Fake:
    """A fake that is judged when the test ends."""
    told = environment(wire.profile, url)
    named = {*wire.profile.client.base_url, *wire.profile.client.environment, *wire.profile.credentials.variables()}
    for name in named | {"CONFORMANCE_BASE_URL"}:
        monkeypatch.setenv(name, told[name])
    fake = Fake(wire, url)
    request.node.stash.setdefault(_FAKES, []).append(fake)
    return fake


def _connect(router: respx.MockRouter, wire: Wire, url: str) -> None:
    """Answer what is sent to a URL, and let pass what is sent elsewhere."""
    from respx.models import AllMockedAssertionError  # noqa: PLC0415 - it is an extra

    def answer(request: httpx.Request) -> httpx.Response:
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
        response = wire.answer(Request(request.method, path, query, headers, request.read()))
        return httpx.Response(response.status, headers=list(response.headers), content=response.body)

    def elsewhere(request: httpx.Request) -> httpx.Request:
        if (
            router.Mocker is not None and len(router.Mocker.routers) > 1
        ):  # another router may answer, or say that it was not told to
            raise AllMockedAssertionError(f"{request!r} is not for {url}")
        return request  # it passes

    router.pop("elsewhere", None)  # the last route is the one that takes everything
    router.route(url__startswith=f"{url}/").mock(side_effect=answer)
    router.route(name="elsewhere").mock(side_effect=elsewhere)


def _judge(item: pytest.Item) -> None:
    """Fail if something wrong was sent that was not told before."""
    texts = [text for fake in item.stash.get(_FAKES, []) if (text := fake.verdict())]
    if texts:
        pytest.fail("\n".join(texts), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Let a test fail that sent something wrong, although all that it looked at itself was right.

    If it fails by itself, what was sent may say why. What is sent while it is torn down is judged then.
    """
    try:
        yield
    except (Exception, pytest.fail.Exception):
        for text in (fake.verdict() for fake in item.stash.get(_FAKES, [])):
            if text:
                item.add_report_section("call", "conformance", text)
        raise
    _judge(item)
