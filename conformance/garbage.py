"""How often is garbage looked for? Seldom, while much is held that is none: looking at it takes longer."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def rare_collection() -> Iterator[None]:
    """Within it garbage is looked for less often. Nothing is kept that has no end: reference counts see to the rest."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
