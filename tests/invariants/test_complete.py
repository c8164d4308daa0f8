"""Every invariant of the catalogue has a history that holds it, and one that breaks it."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

from conformance.catalogue import Invariant, catalogue
from tests.histories import BREAKING, HOLDING

for _each in pkgutil.iter_modules([str(Path(__file__).parent)]):
    if _each.name.startswith("test_") and _each.name != Path(__file__).stem:
        importlib.import_module(f"tests.invariants.{_each.name}")


@pytest.mark.parametrize("invariant", catalogue(), ids=lambda each: each.id)
def test_invariant_has_both_histories(invariant: Invariant) -> None:
    """A new invariant comes with a history that holds it and one that breaks it, in the module of its chapter."""
    for cases in (HOLDING, BREAKING):
        assert cases[invariant.id]
        assert any(case.startswith(f"tests.invariants.test_{invariant.chapter}.") for case in cases[invariant.id])


def test_histories_name_invariants_of_the_catalogue() -> None:
    """No history is left behind when an invariant is renamed or removed."""
    assert {*HOLDING, *BREAKING} == {invariant.id for invariant in catalogue()}
