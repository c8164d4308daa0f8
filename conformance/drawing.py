"""What does Hypothesis draw from a strategy? The same for the same seed, without a test around it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

import hypothesis
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir, storage_directory

Drawn = TypeVar("Drawn")


def draw(strategy: st.SearchStrategy[Drawn], count: int, seed: int, take: Callable[[Drawn], object]) -> None:
    """Draw at most `count` values, and hand over each of them."""

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        phases=[hypothesis.Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(value: Drawn) -> None:
        take(value)

    with _quiet():
        collect()


@contextmanager
def _quiet() -> Iterator[None]:
    """Within it, Hypothesis writes nothing into the working directory and warns of nothing."""
    before = storage_directory(intent_to_write=False).home_directory
    set_hypothesis_home_dir(cache_folder() / "hypothesis")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        set_hypothesis_home_dir(before)


@cache
def cache_folder() -> Path:
    """Where drawn data is kept between runs: the user's cache, or a temporary folder if that cannot be written."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "conformance"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            return home
    except OSError:
        folder = tempfile.mkdtemp(prefix="conformance-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)
