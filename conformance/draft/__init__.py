"""Which profile does a spec suggest? Guesses with their reasons, gaps that are marked, and a file that loads."""

from __future__ import annotations

from conformance.draft.composer import draft
from conformance.draft.review import doubts
from conformance.draft.source import Source, fetch
from conformance.draft.table import Draft
from conformance.draft.verified import verified
from conformance.draft.writer import render

__all__ = ["Draft", "Source", "doubts", "fetch", "made", "render"]


def made(source: Source) -> Draft:
    """The draft for a document; what would not load is a gap in it."""
    return verified(draft(source.spec), source.document)
