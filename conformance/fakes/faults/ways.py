"""Ways of being wrong that several faults share: too late, now and then, by what was done before, by storing others."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable

from conformance import records
from conformance.exchange import Request, Response
from conformance.expressions import Json
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.profile import HISTORY
from conformance.step import Step


class Late(Server):
    """Does some things only after the next call was answered."""

    def reset(self) -> None:
        """Forget what is still to be done as well."""
        super().reset()
        self.__due: list[Callable[[], object]] = []

    def later(self, deed: Callable[[], object]) -> None:
        """Put something off."""
        self.__due.append(deed)

    def answer(self, request: Request) -> Response:
        """Answer, then do what was put off before."""
        due, self.__due = self.__due, []
        response = super().answer(request)
        for deed in due:
            deed()
        return response


class Counts(Server):
    """Does some things not every time; each fault has a count of its own."""

    def reset(self) -> None:
        """Begin to count anew."""
        super().reset()
        self.__counts: Counter[type[Server]] = Counter()

    def count(self, fault: type[Server]) -> int:
        """How many times a fault has asked, this time included."""
        self.__counts[fault] += 1
        return self.__counts[fault]


class Remembers(Server):
    """Knows which sessions were enriched before the call at hand, and which were deleted."""

    def reset(self) -> None:
        """Forget that as well."""
        super().reset()
        self.__graves: dict[str, Stored] = {}
        self.__enriched: set[str] = set()

    def grave(self, step: Step) -> Stored | None:
        """The deleted session that a request names."""
        return self.__graves.get(step.session or "")

    def was_enriched(self, session: Stored) -> bool:
        """Whether a session was enriched since it was created."""
        return session.id in self.__enriched

    def merge(self, step: Step, session: Stored) -> None:
        """Merge, and remember it."""
        super().merge(step, session)
        self.__enriched.add(session.id)

    def delete(self, step: Step, session: Stored) -> Response:
        """Delete, and remember what was deleted."""
        self.__graves[session.id] = session
        self.__enriched.discard(session.id)
        return super().delete(step, session)


class Repeats(Server):
    """Does something else with an enrichment that wrote nothing new."""

    def merge(self, step: Step, session: Stored) -> None:
        """Merge, and put something else in the stead of what was there already."""
        before = copy.deepcopy(session.attributes)
        super().merge(step, session)
        for name, sent in step.sent.items():
            value = before.get(name)
            if isinstance(value, dict) and isinstance(sent, dict) and sent and sent.items() <= value.items():
                session.attributes[name] = self.repeated(value, sent)

    def repeated(self, value: dict[str, Json], sent: dict[str, Json]) -> dict[str, Json]:
        """What is stored in the stead of a group that holds already all that was sent."""
        return value


class Mangles(Server):
    """Stores every attribute value as something else, also where a group is a single text."""

    def mangled(self, value: Json) -> Json:
        """What is stored for a value; what is within it is gone into after that."""
        return value

    def kept(self, key: str, value: Json) -> bool:
        """Whether a member is stored at all."""
        return True

    def named(self, key: str) -> str:
        """The name under which a member is stored."""
        return key

    def arranged(self, members: dict[str, Json]) -> dict[str, Json]:
        """The members of an object, as they are stored."""
        return members

    def _mangle(self, value: Json, depth: int = 0) -> Json:
        value = self.mangled(value) if depth or isinstance(value, str) else value
        if isinstance(value, dict):
            members = {self.named(key): self._mangle(item, depth + 1) for key, item in value.items()}
            return self.arranged({key: item for key, item in members.items() if self.kept(key, item)})
        return [self._mangle(item, depth + 1) for item in value] if isinstance(value, list) else value

    def fill(self, session: Stored, step: Step) -> None:
        """Give a new session something else than its creator sent."""
        super().fill(session, self._mangled(step))

    def merge(self, step: Step, session: Stored) -> None:
        """Merge something else than what was sent."""
        super().merge(self._mangled(step), session)

    def _mangled(self, step: Step) -> Step:
        """A step that sends what is stored in its stead."""
        sent = {name: value if name == HISTORY else self._mangle(value) for name, value in step.sent.items()}
        return records.replace(step, sent=sent)
