"""A draft from the document that the real google-adk API server hands out: it binds what was bound by hand, and judges
that server with its marked gaps filled and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance import Budget, InvariantOutcome, Report, load, run
from conformance import baseline as baselines
from conformance.cli import main
from conformance.profile import Binding, Profile
from conformance.transports.process import launched
from tests.draft.filling import filled
from tests.real.test_adk import ADK, ADK_PROFILE, AGENTS, VERSION

pytestmark = pytest.mark.skipif(not (ADK and VERSION == "2.13.0"), reason="needs google-adk 2.13.0: tox -e adk")

UNDOCUMENTED = {"contract/status-is-documented", "contract/content-type-is-documented"}
"""What its own document says less of than the one that was written by hand."""


@dataclass(frozen=True)
class Drafted:
    """A draft, and what it says of the server that it was drafted from."""

    profile: Profile
    report: Report


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drafted]:
    """The draft for a server in memory, which has judged that server."""
    path = tmp_path_factory.mktemp("draft") / "profile.toml"
    command = f"{ADK} api_server --host 127.0.0.1 --port {{port}} --session_service_uri memory:// {AGENTS}"
    with launched(command) as url:
        assert main(["init", f"{url}/openapi.json", "-o", str(path)]) == 0
        path.write_text(filled(path.read_text(encoding="utf-8"), {"app_name": '"echo"'}), encoding="utf-8")
        profile = load(path)
        yield Drafted(profile, run(profile, target=url, seed=11, budget=Budget(requests=1_500)))


def _sits(binding: Binding) -> tuple[object, ...]:
    """What a binding says, but for the name of the operation."""
    places = (binding.session, *binding.also, *binding.owner, *binding.attributes.values(), binding.message)
    where = [each.text for each in places if each is not None]
    return binding.role, binding.operation.method, where, binding.at, binding.merge, binding.changes, binding.omits


def test_binds_what_was_bound_by_hand(drafted: Drafted) -> None:
    """Each role is played by the same call, which says everything at the same place."""
    assert [_sits(each) for each in drafted.profile.bindings] == [_sits(each) for each in ADK_PROFILE.bindings]
    draft, by_hand = drafted.profile.session, ADK_PROFILE.session
    assert (draft.id, draft.owner, draft.attributes) == (by_hand.id, by_hand.owner, by_hand.attributes)
    assert (draft.history, draft.updated) == (by_hand.history, by_hand.updated)
    assert drafted.profile.item == ADK_PROFILE.item


def test_finds_what_is_known(drafted: Drafted) -> None:
    """Known defects of the server, and answers that its document leaves out; nothing that a wrong binding shows."""
    entries = baselines.load(Path(ADK_PROFILE.place).parent / "baseline-2.13.0-memory.toml", ADK_PROFILE)
    known = {each.signature.invariant for each in entries} | UNDOCUMENTED
    found = {each.signature.invariant for each in drafted.report.findings if each.primary}
    assert found - known == set()


def test_every_must_is_tested(drafted: Drafted) -> None:
    """No part of the lifecycle is left out, and nothing is left behind."""
    untested = drafted.report.outcomes(InvariantOutcome.UNTESTED)
    assert [row.id for row in untested if row.level == "MUST"] == []
    assert drafted.report.row("runs/run-appends").observations > 50
    assert drafted.report.undeleted == ()
