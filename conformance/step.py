"""What does an exchange mean? A step: its role, session and owner, what was sent, and what was seen."""

from __future__ import annotations

from enum import Enum
from typing import Final

from mypy_extensions import mypyc_attr

from conformance.exchange import Exchange
from conformance.expressions import MISSING, Json
from conformance.operations import Operation
from conformance.profile import READS, RUNS, STATUS, Again, Binding, Codes, Paging, Returns, Role
from conformance.records import Record, replace
from conformance.values import Awkward

Owner = tuple[str, ...]
_NOTHING: Final[dict[str, Json]] = {}
_NOWHERE: Final = (404, 410)
_SETS: Final = frozenset({Role.ENRICH, Role.TRANSITION, *RUNS})


class Outcome(Enum):
    """What came of a call."""

    __hash__ = object.__hash__  # that of an Enum is slow

    ACCEPTED = "accepted"
    REFUSED = "refused"
    FAILED = "failed"
    LOST = "lost"
    ODD = "odd"


@mypyc_attr(acyclic=True)
class Snapshot(Record):
    """A session, or the parts of one, as an answer shows it; `split` is another id that it is shown under as well."""

    __slots__ = ("created", "id", "owner", "parts", "split", "updated")

    def __init__(
        self,
        id: str | None,
        owner: Owner | None,
        parts: dict[str, Json],
        updated: Json = MISSING,
        created: Json = MISSING,
        split: str | None = None,
    ) -> None:
        self.id: Final = id
        self.owner: Final = owner
        self.parts: Final = parts
        self.updated: Final = updated
        self.created: Final = created
        self.split: Final = split


@mypyc_attr(acyclic=True)
class Page(Record):
    """Which part of a list was asked for, and what comes after it.

    `limit` is how many at most, None: all; `offset` how many come before it; `cursor` where it begins, None: at the
    beginning. `filters` hold what was asked of the sessions, by part; `narrowed` says that something was asked besides
    of which the profile does not tell. `next` is the cursor of the page after it, `more` whether there is one, if the
    answer says so.
    """

    __slots__ = ("cursor", "filters", "limit", "more", "narrowed", "next", "offset")

    def __init__(
        self,
        limit: int | None = None,
        offset: int = 0,
        cursor: str | None = None,
        filters: tuple[tuple[str, str], ...] = (),
        next: str | None = None,
        more: bool | None = None,
        narrowed: bool = False,
    ) -> None:
        self.limit: Final = limit
        self.offset: Final = offset
        self.cursor: Final = cursor
        self.filters: Final = filters
        self.next: Final = next
        self.more: Final = more
        self.narrowed: Final = narrowed

    @property
    def first(self) -> bool:
        """Whether it is the first page."""
        return self.offset == 0 and self.cursor is None


WHOLE: Final = Page()
"""All of a list."""


@mypyc_attr(acyclic=True)
class Step:
    """An exchange, read through the profile.

    `operation` is None if the spec has none for this request, `binding` if no role is bound to it. `session` is the
    id that the request names, `split` another id that it names elsewhere, `item` the item of it that it names. `sent`
    holds the attribute groups (and the history, and the status) that it carries, `asked` the whole body, `awkward` the
    kinds of awkward values in it; `dropped` says that it carries attributes that are not kept. `invalid` names the
    first place where the request violates the spec, `unauthorized` says that its credentials are known to be missing
    or wrong. `page` is the part of a list that it asks for, `age` how old sessions must be, in seconds, to be cleaned
    up. `views` are the sessions that the answer shows, `items` the history items that a run answered, `shown` whether a
    list was there, `code` what stands where the profile says that errors do. `garbled` says why the answer's body
    cannot be read.
    """

    __slots__ = (
        "age",
        "asked",
        "awkward",
        "binding",
        "body",
        "code",
        "created",
        "dropped",
        "exchange",
        "garbled",
        "invalid",
        "item",
        "items",
        "media_type",
        "message",
        "operation",
        "outcome",
        "owner",
        "page",
        "sent",
        "session",
        "shown",
        "split",
        "unauthorized",
        "views",
    )

    def __init__(
        self,
        exchange: Exchange,
        operation: Operation | None = None,
        binding: Binding | None = None,
        session: str | None = None,
        split: str | None = None,
        item: str | None = None,
        owner: Owner | None = None,
        sent: dict[str, Json] = _NOTHING,
        message: Json = MISSING,
        asked: Json = MISSING,
        awkward: frozenset[Awkward] = frozenset(),
        invalid: str | None = None,
        unauthorized: bool = False,
        dropped: bool = False,
        page: Page = WHOLE,
        age: float | None = None,
        code: str | None = None,
        body: Json = MISSING,
        media_type: str = "",
        garbled: str | None = None,
        outcome: Outcome = Outcome.LOST,
        views: tuple[Snapshot, ...] = (),
        items: tuple[Json, ...] = (),
        created: str | None = None,
        shown: bool = False,
    ) -> None:
        self.exchange = exchange
        self.operation = operation
        self.binding = binding
        self.session = session
        self.split = split
        self.item = item
        self.owner = owner
        self.sent = sent
        self.message = message
        self.asked = asked
        self.awkward = awkward
        self.invalid = invalid
        self.unauthorized = unauthorized
        self.dropped = dropped
        self.page = page
        self.age = age
        self.code = code
        self.body = body
        self.media_type = media_type
        self.garbled = garbled
        self.outcome = outcome
        self.views = views
        self.items = items
        self.created = created
        self.shown = shown

    @property
    def role(self) -> Role | None:
        """The role that the operation plays."""
        return self.binding.role if self.binding else None

    @property
    def status(self) -> int:
        """The status code; 0 if no answer came."""
        return self.exchange.response.status if self.exchange.response else 0

    @property
    def accepted(self) -> bool:
        """Whether the call was answered with a success."""
        return self.outcome is Outcome.ACCEPTED

    @property
    def refused(self) -> bool:
        """Whether the call was answered with a refusal."""
        return self.outcome is Outcome.REFUSED

    @property
    def enriches(self) -> bool:
        """Whether the call writes the attributes that it carries into the session that is there."""
        binding = self.binding
        return binding is not None and (binding.role in _SETS or binding.again is Again.ENRICHES)

    @property
    def finds(self) -> bool:
        """Whether the call is a create that may find its session there already."""
        return self.binding is not None and self.binding.again is not None

    @property
    def reads(self) -> bool:
        """Whether the role only looks."""
        return self.role in READS

    @property
    def postponed(self) -> bool:
        """Whether the server asks to come again later: that says nothing of any session."""
        return self.exchange.postponed

    @property
    def illegible(self) -> bool:
        """Whether the call was accepted, and nothing of what the answer should show can be read."""
        binding = self.binding
        shows = binding is not None and binding.returns is not Returns.NOTHING
        return shows and self.accepted and self.body is MISSING

    @property
    def says_missing(self) -> bool:
        """Whether the answer is the one that the profile declares for a missing session."""
        binding = self.binding
        return binding is not None and (self.shows_nothing if binding.empties else self.says(binding.missing))

    @property
    def shows_nothing(self) -> bool:
        """Whether the answer shows a session, and nothing in it."""
        return bool(self.views) and all(
            holds_nothing(part) for name, part in self.views[0].parts.items() if name != STATUS
        )

    @property
    def surely_missing(self) -> bool:
        """Whether the call was refused, and that can mean nothing but a missing session: by a 404 or a 410, or by what
        does not say as well that the request is wrong."""
        if self.binding is None or not self.says_it_is_missing:
            return False
        return self.status in _NOWHERE or not self._names(self.binding.invalid)

    @property
    def says_it_is_missing(self) -> bool:
        """Whether the call was refused as a missing session is, whatever else that can mean. None can be missing where
        the call would make it."""
        binding = self.binding
        return binding is not None and not binding.creates and self.refused and self._names(binding.missing)

    @property
    def unexplained(self) -> bool:
        """Whether a 2xx tells of an error that stands for no refusal: what was asked may have been begun, and gone
        wrong."""
        if self.binding is None or not self.refused or self.status >= 300 or self.wrong:
            return False
        binding = self.binding
        return not any(map(self._names, (binding.missing, binding.foreign, binding.ended, binding.forbidden)))

    @property
    def wrong(self) -> bool:
        """Whether something is wrong with the request itself, so that it has to be refused whatever it is about."""
        return self.invalid is not None or self.unauthorized or self.split is not None

    def says(self, codes: Codes) -> bool:
        """Whether the answer is one of these: by its status, or by the code of an error in its body."""
        if self._names(codes):
            return True
        if self.code is None or any(isinstance(each, str) for each in codes):
            return False
        return self.outcome is Outcome.REFUSED and self.status < 300

    def _names(self, codes: Codes) -> bool:
        """Whether its status, or the code of an error in its body, is one of these."""
        if self.status in codes or (self.code is not None and self.code in codes):
            return True
        # Which success it is says nothing else: that another one is documented is told as that.
        success = 200 <= self.status < 300
        return success and any(isinstance(each, int) and 200 <= each < 300 for each in codes)

    @property
    def got(self) -> str:
        """The answer in a few words."""
        response = self.exchange.response
        if response is None or self.exchange.failure is not None:
            return self.exchange.failure.value if self.exchange.failure else "no answer"
        text = response.body[:200].decode("utf-8", "replace").strip()
        if 300 <= response.status < 400 and (elsewhere := response.header("location")):
            text = f"to {elsewhere}"
        return f"{response.status} {text}{'…' if len(response.body) > 200 else ''}".strip()


def holds_nothing(value: Json) -> bool:
    """Whether a part of a session is empty; nulls, and what holds nothing but these, are nothing."""
    if isinstance(value, dict):
        return all(map(holds_nothing, value.values()))
    return value is MISSING or value is None or value in ("", [])


def as_id(value: Json) -> str | None:
    """An id as text; None if there is none."""
    if type(value) is str:
        return value
    return str(value) if type(value) is int else None


def turned(asked: Page, step: Step, paging: Paging | None) -> Page | None:
    """The page after the one that a step shows, to be asked for as that one was; None if there is none."""
    length = len(step.items if step.role is Role.HISTORY else step.views)
    if paging is None or not paging.turns or not length or is_last(step.page, paging, length):
        return None
    if paging.by_cursor:
        return replace(asked, cursor=step.page.next)
    return replace(asked, offset=next_offset(step.page, paging, length))


def next_offset(page: Page, paging: Paging | None, length: int) -> int:
    """Where the page after a page of so many begins: pages with numbers are as long as was asked, however long."""
    numbered = paging is not None and paging.number is not None and page.limit is not None
    return page.offset + (page.limit or 0 if numbered else length)


def is_last(page: Page, paging: Paging | None, length: int) -> bool:
    """Whether nothing comes after a page of so many."""
    if paging is None:
        return True
    if page.more is not None:
        return not page.more or length == 0
    if paging.by_cursor:
        return page.next is None
    if page.limit is None:
        return paging.cursor is None  # with cursors, a server has a limit of its own
    return length < page.limit
