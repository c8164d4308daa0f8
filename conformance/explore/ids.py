"""Which ids does a walk make up? New ones that carry the run's name, and ones that nobody has."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Iterator
from itertools import islice

from conformance.expressions import Json
from conformance.patterns import Matching
from conformance.profile import Binding, Profile

TRIES = 1_000
"""So many texts that match a pattern are tried until one is short enough."""
_HEX = re.compile(r"[0-9a-f]{6,}")


class Ids:
    """Makes up session ids; the same run and seed make the same ones."""

    def __init__(self, profile: Profile, run: str, seed: int) -> None:
        self._profile = profile
        self._run = run
        self._random = random.Random(f"{run} {seed}")
        self._matching: dict[str, Matching] = {}
        places = (each for binding in profile.bindings for each in (binding.session, *binding.also) if each is not None)
        self._in_headers = any(each.place == "header" for each in places)

    def fresh(self, binding: Binding, walk: int) -> str:
        """An id that nobody has used, in the format that the spec demands."""
        if self._keyword(binding, "format") == "uuid":
            return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        plain = f"{self._run}-s{walk}-{self._random.getrandbits(24):06x}"
        pattern, longest = self._keyword(binding, "pattern"), self._keyword(binding, "maxLength")

        def fits(made: str) -> bool:
            long = isinstance(longest, int) and len(made) > longest
            return not long and (not isinstance(pattern, str) or re.search(pattern, made) is not None)

        if not fits(plain) and isinstance(longest, int):
            short = f"{self._random.getrandbits(4 * longest):0{longest}x}" if longest < len(plain) else plain
            plain = short if fits(short) else plain
        if fits(plain) or not isinstance(pattern, str):
            return plain
        return next((made for made in islice(self._matched(pattern), TRIES) if fits(made)), plain)

    def absent(self, binding: Binding, walk: int, sample: str | None) -> str:
        """An id that nobody has: a sample of the server's own with other hexadecimal digits, if it has any."""
        found = _HEX.search(sample or "")
        if sample is None or found is None:
            return self.fresh(binding, walk)
        digits = "".join(
            self._random.choice("0123456789abcdef" if each.isalpha() else "0123456789") for each in found[0]
        )
        return sample[: found.start()] + digits + sample[found.end() :]

    def item(self) -> str:
        """An id of an item that nobody has."""
        return f"{self._run}-item-{self._random.getrandbits(48):012x}"

    def allowed(self, session: str) -> bool:
        """Whether an id can stand wherever the profile puts it: in a header only plain text can."""
        return not self._in_headers or re.fullmatch(r"[!-~]([ -~]*[!-~])?", session) is not None

    def _matched(self, pattern: str) -> Iterator[str]:
        """The next ids that match a pattern, of any length."""
        if pattern not in self._matching:
            self._matching[pattern] = Matching(pattern, self._random.getrandbits(32))
        while True:
            yield self._matching[pattern].new()

    def _keyword(self, binding: Binding, keyword: str) -> Json:
        """What the schema of the ids that a call may choose says; None if it says nothing."""
        if binding.session is None:
            return None
        spec = self._profile.spec
        schema = spec.schema_of(binding.operation, binding.session)
        return next((each[keyword] for each in spec.schemas.branches(schema) if keyword in each), None)
