"""How is a session called where its id stands in a longer name, as the 7 in `projects/demo/sessions/7`?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

ID = "id"
"""What stands in braces in the place of the id."""
NOTHING = frozenset({"None", "null", "undefined", "NaN", "[object Object]"})
"""How nothing is called where a language makes a text of it."""
_WORD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Naming:
    """The form of a name: `{id}` is the id, any other word in braces whatever stands there, up to a slash."""

    template: str

    @property
    def names(self) -> list[str]:
        """The words in braces."""
        return _WORD.findall(self.template)

    def id_in(self, name: str) -> str:
        """The id in a name; a name of another form is none but itself."""
        found = _pattern(self.template).fullmatch(name)
        return name if found is None else found[ID]

    def full(self, session: str, values: Mapping[str, str]) -> str:
        """The name of a session; a word that has no value stands for itself."""
        known = {**values, ID: session}
        return _WORD.sub(lambda found: known.get(found[1], found[1]), self.template)


@lru_cache(maxsize=64)
def _pattern(template: str) -> re.Pattern[str]:
    """What matches the names of a form."""
    parts = _WORD.split(template)  # what is outside of braces, and what is inside, in turn
    inside = (rf"(?P<{ID}>[^/]+)" if each == ID else "[^/]+" for each in parts[1::2])
    return re.compile("".join(each + next(inside, "") for each in map(re.escape, parts[::2])))
