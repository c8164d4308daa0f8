"""Which ids, and owners, does a walk make up? New ones with the run's name in them, and ids that nobody has."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from conformance.expressions import Expression, Json
from conformance.operations import Operation
from conformance.patterns import Matching
from conformance.profile import Binding, Profile, Role
from conformance.schemas import is_whole

TRIES = 1_000
"""So many texts that match a pattern are tried until one is short enough."""
MAX_NUMBER = 2**31 - 1
"""Numbers up to this one are ids everywhere."""
_HEX = re.compile(r"[0-9a-f]{6,}")


@dataclass(frozen=True, slots=True)
class _Form:
    """What a schema says of names: None where it says nothing."""

    is_uuid: bool = False
    is_number: bool = False
    pattern: Json = None
    longest: Json = None
    least: Json = None
    most: Json = None


def _is_uuid(text: str) -> bool:
    """Whether a text is a UUID as it is usually written."""
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) is not None


ANY = _Form()
"""The form of names of which nothing is said."""


class Ids:
    """Makes up session ids; the same run and seed make the same ones."""

    def __init__(self, profile: Profile, run: str, seed: int) -> None:
        self._profile = profile
        self._run = run
        self._random = random.Random(f"{run} {seed}")
        self._matching: dict[str, Matching] = {}
        self._forms: dict[tuple[str, str], _Form] = {}
        places = (each for binding in profile.bindings for each in (binding.session, *binding.also) if each is not None)
        self._in_headers = any(each.place == "header" for each in places)

    def fresh(self, binding: Binding, walk: int) -> str:
        """An id that nobody has used, in the format that the spec demands."""
        return self._fitting(f"{self._run}-s{walk}-{self._random.getrandbits(24):06x}", self._described(binding))

    def like(self, binding: Binding, plain: str) -> str:
        """A plain id, if the spec allows it where a call names its session; else one that it does."""
        form = self._described(binding)
        return plain if form.is_uuid and _is_uuid(plain) else self._fitting(plain, form)

    def part(self, place: int, plain: str) -> str:
        """A part of an owner: a plain name, or one that nobody has used in the format that the spec demands."""
        binding = next((each for each in self._profile.bindings if each.role is Role.CREATE and each.owner), None)
        binding = binding or next(each for each in self._profile.bindings if each.owner)
        return self._fitting(plain, self._form(binding.operation, binding.owner[place]))

    def _fitting(self, plain: str, form: _Form) -> str:
        """A plain name if it is of the form, else one that is."""
        if form.is_uuid:
            return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        if form.is_number:
            return self._number(form)
        pattern, longest = form.pattern, form.longest

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
        if self._described(binding).is_number:
            return self.fresh(binding, walk)
        if sample is not None and sample.isdecimal():
            return self._number(ANY)
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

    def _number(self, form: _Form) -> str:
        """A whole number that nobody has, within the bounds of a form: of the upper half, since most count up."""
        most = form.most if isinstance(form.most, int) else MAX_NUMBER
        least = max(most // 2, form.least) if isinstance(form.least, int) else most // 2
        return str(self._random.randint(min(least, most), most))

    def _described(self, binding: Binding) -> _Form:
        """The form of the ids that a call may name."""
        return ANY if binding.session is None else self._form(binding.operation, binding.session)

    def _form(self, operation: Operation, place: Expression) -> _Form:
        """The form of the names that stand at a place; it is read off the spec once."""
        key = (operation.id, place.text)
        if key not in self._forms:
            spec = self._profile.spec
            schema = spec.schema_of(operation, place)
            said = list(spec.schemas.branches(schema))

            def first(keyword: str) -> Json:
                return next((each[keyword] for each in said if keyword in each), None)

            self._forms[key] = _Form(
                is_uuid=first("format") == "uuid",
                is_number=is_whole(spec.schemas.types(schema)),
                pattern=first("pattern"),
                longest=first("maxLength"),
                least=first("minimum"),
                most=first("maximum"),
            )
        return self._forms[key]
