"""The harness judges a server that it did not build: right, it conforms; wrong in any way, that is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.judged import check_right, check_wrong

from .app import FAULTS, create_app

PROFILE = Path(__file__).parent / "profile.toml"


@pytest.mark.parametrize("seed", [1, 2])
def test_the_right_server_conforms(seed: int) -> None:
    """No alarm at length."""
    check_right(create_app, PROFILE, seed)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_server_is_found_out(fault: str) -> None:
    """What the fault breaks is found, soon, and comes back."""
    check_wrong(create_app, PROFILE, fault)
