"""The catalogue: a module is a chapter, a function is an invariant."""

from typing import Final

CHAPTERS: Final = (
    "existence", "runs", "enrichment", "transitions", "isolation", "credentials", "items", "listing", "cleanup",
    "refusals", "values", "times", "contract", "asks", "replies", "requests",
)  # fmt: skip
"""The order in which chapters are judged and reported: what a violation means first, its outward form last."""
