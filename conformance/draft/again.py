"""What does a create do with a session that is there already? How documents say so."""

from __future__ import annotations

import re

from conformance.profile import Again

_MAKES = r"\b(?:creat(?:e|es|ing)|makes?|starts?|opens?|adds?)\b"
_ELSE = r"[^.;]{0,60}?\bor\b[^.;]{0,40}?"
_KEEPS = r"\b(?:get|return|fetch|retrieve|find|answer|reuse|resume|continue)s?\b"
_ENRICHES = r"\b(?:updat|modif|chang|merg|overwrit|replac|set|add)(?:e|es|s|ies|y|ing)?\b"
_MAKING = re.compile(rf"{_MAKES}[^.;]{{0,60}}\b(?:if|unless|or)\b|\b(?:upsert|idempotent)")


def makes_or_finds(prose: str) -> bool:
    """Whether a text in lower case says that a call makes a session where none is there."""
    return _MAKING.search(prose) is not None


def again(prose: str) -> Again | None:
    """What a text in lower case says of a create of a session that is there; None if it says nothing."""
    if re.search(_MAKES + _ELSE + _ENRICHES, prose) or "upsert" in prose:
        return Again.ENRICHES
    found = re.search(_MAKES + _ELSE + _KEEPS, prose) or re.search(_KEEPS + _ELSE + _MAKES, prose)
    return Again.KEEPS if found else None
