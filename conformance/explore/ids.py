"""Which ids, and owners, does a walk make up? New ones with the run's name in them, and ids that nobody has."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Iterator
from itertools import islice

from conformance.expressions import Json
from conformance.patterns import Matching
from conformance.profile import Binding, Profile, Role
from conformance.schemas import is_whole

TRIES = 1_000
"""So many texts that match a pattern are tried until one is short enough."""
MAX_NUMBER = 2**31 - 1
"""Numbers up to this one are ids everywhere."""
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
        return self._fitting(f"{self._run}-s{walk}-{self._random.getrandbits(24):06x}", self._described(binding))

    def part(self, place: int, plain: str) -> str:
        """A part of an owner: a plain name, or one that nobody has used in the format that the spec demands."""
        binding = next((each for each in self._profile.bindings if each.role is Role.CREATE and each.owner), None)
        binding = binding or next(each for each in self._profile.bindings if each.owner)
        return self._fitting(plain, self._profile.spec.schema_of(binding.operation, binding.owner[place]))

    def _fitting(self, plain: str, schema: Json) -> str:
        """A plain name if the schema takes it, else one that it takes."""
        if self._keyword(schema, "format") == "uuid":
            return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        if self._is_number(schema):
            return self._number(schema)
        pattern, longest = self._keyword(schema, "pattern"), self._keyword(schema, "maxLength")

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
        if self._is_number(self._described(binding)):
            return self.fresh(binding, walk)
        if sample is not None and sample.isdecimal():
            return self._number({})
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

    def _is_number(self, schema: Json) -> bool:
        """Whether names of a schema are whole numbers."""
        return is_whole(self._profile.spec.schemas.types(schema))

    def _number(self, schema: Json) -> str:
        """A whole number that nobody has, within the bounds of a schema: of the upper half, since most count up."""
        least, most = (self._keyword(schema, name) for name in ("minimum", "maximum"))
        most = most if isinstance(most, int) else MAX_NUMBER
        least = max(most // 2, least) if isinstance(least, int) else most // 2
        return str(self._random.randint(min(least, most), most))

    def _described(self, binding: Binding) -> Json:
        """The schema of the ids that a call may name."""
        return {} if binding.session is None else self._profile.spec.schema_of(binding.operation, binding.session)

    def _keyword(self, schema: Json, keyword: str) -> Json:
        """What a schema says of names; None if it says nothing."""
        return next((each[keyword] for each in self._profile.spec.schemas.branches(schema) if keyword in each), None)
