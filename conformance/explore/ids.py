"""Which ids does a walk make up? New ones that carry the run's name, and ones that nobody has."""

from __future__ import annotations

import random
import re
import uuid

from conformance.profile import Binding, Profile

_HEX = re.compile(r"[0-9a-f]{6,}")


class Ids:
    """Makes up session ids; the same run and seed make the same ones."""

    def __init__(self, profile: Profile, run: str, seed: int) -> None:
        self._profile = profile
        self._run = run
        self._random = random.Random(f"{run} {seed}")

    def fresh(self, binding: Binding, walk: int) -> str:
        """An id that nobody has used, in the format that the spec demands."""
        if self._format(binding) == "uuid":
            return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        return f"{self._run}-s{walk}-{self._random.getrandbits(24):06x}"

    def absent(self, binding: Binding, walk: int, sample: str | None) -> str:
        """An id that nobody has: a sample of the server's own with other hexadecimal digits, if it has any."""
        found = _HEX.search(sample or "")
        if sample is None or found is None:
            return self.fresh(binding, walk)
        digits = "".join(
            self._random.choice("0123456789abcdef" if each.isalpha() else "0123456789") for each in found[0]
        )
        return sample[: found.start()] + digits + sample[found.end() :]

    def _format(self, binding: Binding) -> str | None:
        """The format of the ids that a call may choose."""
        expression = binding.session
        if expression is None:
            return None
        schemas = self._profile.spec.schemas
        if expression.place == "body":
            request = binding.operation.request
            schema = schemas.at(request.schema, expression.pointer) if request else {}
        else:
            parameter = binding.operation.parameter(expression.place, expression.name)
            schema = parameter.schema if parameter else {}
        return next((each["format"] for each in schemas.branches(schema) if "format" in each), None)
