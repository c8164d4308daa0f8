"""The catalogue: a module is a chapter, a function is an invariant."""

CHAPTERS = ("existence", "runs", "enrichment", "isolation", "listing", "refusals", "values", "times", "contract")
"""The order in which chapters are judged and reported: what a violation means first, its outward form last."""
