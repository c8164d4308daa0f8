"""What Hypothesis draws: the same for the same seed, and nothing of it is left about."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.configuration import storage_directory

from conformance import drawing
from conformance.drawing import cache_folder, draw

NUMBERS = st.integers(0, 10**9)


def drawn(count: int, seed: int) -> list[int]:
    """So many numbers."""
    found: list[int] = []
    draw(NUMBERS, count, seed, found.append)
    return found


def test_the_same_seed_draws_the_same() -> None:
    """Another seed draws something else, and no more is drawn than was asked for."""
    assert drawn(20, 1) == drawn(20, 1) != drawn(20, 2)
    assert 10 <= len(drawn(20, 1)) <= 20


def test_hypothesis_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within, Hypothesis keeps its files in the cache; afterwards where they were, also after an error."""
    monkeypatch.setattr(drawing, "cache_folder", lambda: tmp_path)
    before = storage_directory(intent_to_write=False).home_directory
    within = set()

    def fails(_: int) -> None:
        within.add(storage_directory(intent_to_write=False).home_directory)
        warnings.warn("which nobody is told of", UserWarning, stacklevel=1)
        raise KeyError

    with pytest.raises(KeyError):
        draw(NUMBERS, 5, 1, fails)
    assert within == {tmp_path / "hypothesis"}
    assert storage_directory(intent_to_write=False).home_directory == before


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the user's cache is a file, a temporary folder serves."""
    (tmp_path / "conformance").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_folder.__wrapped__()
    assert folder.is_dir()
    assert tmp_path not in folder.parents
