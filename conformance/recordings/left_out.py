"""What of a recording was not judged, and why?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class LeftOut:
    """How many exchanges were left out, by the reason."""

    strangers: int = 0
    elsewhere: int = 0
    unchanged: int = 0
    repeated: int = 0
    overlapping: int = 0
    untold: int = 0
    unrecorded: int = 0

    def notes(self) -> Iterator[str]:
        """In words, reason by reason."""
        for count, why in (
            (self.strangers, "are of no operation of the spec, and were not judged"),
            (self.elsewhere, "went to other hosts, and were not judged"),
            (self.unchanged, "were answered from what the client had (304): not judged"),
            (self.repeated, "are listed more than once, and were judged once"),
            (self.overlapping, "were under way together with a write to the same session: not judged"),
            (self.unrecorded, "are recorded without their answer, or without a body: what they did is uncertain"),
            (self.untold, "carry credentials of more identities than the profile knows: not judged"),
        ):
            if count:
                yield f"{count:,} exchanges {why}"
