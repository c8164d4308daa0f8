"""What do the names in a spec mean? Names taken apart into plain words, and the words that tell something.

The words are those that APIs use for the thing, whoever makes the API; none is the name of a system.
"""

from __future__ import annotations

import re

Words = tuple[str, ...]

_PIECE = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_KEPT = ("ss", "us", "is", "as")


def one_of(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


SESSIONS = {
    "session": 10, "thread": 9, "conversation": 9, "dialog": 8, "dialogue": 8, "convo": 8, "chat": 6, "discussion": 5,
    "interaction": 4, "context": 3, "channel": 2, "room": 2, "ticket": 2, "workflow": 2,
}  # fmt: skip
"""What APIs call a session, and how surely they mean one by it."""

CREATES = one_of("create start open new begin init initialize initialise initiate establish make")
READS = one_of("get read retrieve fetch show describe load view inspect detail find lookup info")
LISTS = one_of("list search query find browse enumerate all index")
RUNS = one_of(
    "run invoke execute exec say send ask chat complete completion respond reply prompt generate message predict infer "
    "call talk answer converse query turn interact submit speak append post wait event log add comment signal "
    "detect recognize recognise"
)
SPEAKS = one_of(
    "run invoke execute exec say send ask chat complete completion respond reply prompt generate message predict infer "
    "call talk answer converse query turn interact speak eval evaluate detect recognize recognise"
)
"""Those of them that surely mean a run; others may add anything to anything."""
EVALUATES = one_of("eval evaluate")
"""Words that mean a run if code is carried, and an assessment else."""
ADDS = one_of("add append insert push")
"""What surely shows nothing, whatever else a name says."""
STREAMS = one_of("stream streaming sse live subscribe")
HISTORIES = one_of("history message comment reply event transcript turn log item entry record exchange interaction")
ENRICHES = one_of(
    "update modify patch edit set put label tag annotate annotation enrich merge attach metadata feedback attribute "
    "property state variable upsert change replace context preference setting"
)
DELETES = one_of("delete remove destroy drop erase discard forget")
ENDS = one_of("close end terminate stop finish kill archive dispose release leave")
REOPENS = one_of("reopen restore unarchive restart reactivate")
"""What leads back from where nothing else does."""
TRANSITIONS = one_of("status transition move resume pause reopen activate")
CLEANUPS = one_of("cleanup clean purge prune expire sweep evict")
ASIDE = one_of(
    "copy fork clone duplicate share export import batch bulk count stat statistic metric trace debug graph evaluate "
    "eval token login logout auth cancel regenerate vote title summary summarize restore rewind"
)
"""Words of operations that work on sessions, and play no role in their life."""

LOGINS = one_of("password passcode otp username credential refreshtoken pin mfa captcha")
"""What only a login asks for: sessions of that kind are not meant."""

MESSAGES = ("message", "text", "content", "prompt", "query", "question", "utterance", "input", "body")
"""What carries what a user says, the surest first."""
CODE = ("code", "expression", "command", "script", "statement")
ARGUMENTS = (*CODE, "arg", "argument", "kwarg")
"""What carries what is to be done, where nobody says anything: whole names, the surest first."""
TEXTS = ("text", "content", "message", "body", "value", "input", "query")
ITEMS = HISTORIES | {"part", "output", "reply", "response", "answer"}
IDS = one_of("id uuid guid uid key ref handle identifier")
OWN = IDS - {"ref", "key"}
"""What a thing calls its own id."""
TITLES = one_of("id uuid guid uid name key slug code ref")
"""Last words that say only how a thing is named, as in `app_name` or `userId`."""

GIVEN = one_of(
    "tenant org organization organisation project app application workspace team namespace agent assistant bot company "
    "realm domain account client site graph deployment environment"
)
"""Owners that have to be there before there is any session."""
MADE_UP = one_of("user owner customer member participant person visitor actor subject principal author caller employee")
"""Owners that most APIs take as they come."""
OWNERS = GIVEN | MADE_UP
BESIDE = GIVEN | {"model", "flow", "workflow"}
"""What has to be there before a call that names it, by an id or by a name."""

CREATED = one_of("create created creation inserted started start opened")
UPDATED = one_of("update updated modified modify changed last activity active")
TIMES = one_of("at time timestamp date on datetime created sent ts")
ALONE = frozenset({("created",), ("updated",), ("modified",), ("changed",)})
"""Names that say a time without saying so."""

LIMITS = one_of("limit size count max per top first take pagesize perpage")
OFFSETS = one_of("offset skip from start")
NUMBERS = one_of("page pagenumber")
MORE = one_of("more next")
CURSORS = one_of("cursor after before token continuation marker page last")
AFTER = one_of("after last")
"""Of these, what begins behind the last one that was shown, if no answer tells another cursor."""
ORDERS = one_of("order direction sort sorting")
DIRECTIONS = {
    **dict.fromkeys(("desc", "descending", "newest"), "newest"),
    **dict.fromkeys(("asc", "ascending", "oldest"), "oldest"),
}
"""What comes first, by what a parameter for the order is by default."""
AGES = one_of("day hour minute age older ttl second week inactive idle")
LIVELY = one_of("state context value memory variable data")
"""Attributes that an agent writes, by their names; others are the callers' own."""
EVENTS = one_of("event log record entry")
"""What a history holds if more than messages are kept in it."""
CHANGES = one_of("delta patch update new initial change merge custom")
"""What an attribute group is called beside its own name."""
NO_GROUPS = one_of(
    "error link action usage option header param parameter filter query message input output tool schema arg argument "
    "kwarg"
)
"""Open objects that are no attributes."""
IN_AND_OUT = one_of("input output")
"""Those of them that are, where a session shows them again."""
OTHERS = one_of("parent previous source from target other root new")
"""What stands before the name of another session than the one that is meant."""
ANYTHING = one_of("item entry record")
"""Names of arrays that may hold anything."""
UNITS = ("second", "minute", "hour", "day", "week")

FRESH = one_of("active open new created initial pending idle ready started draft")
"""Statuses in which a session may begin."""
ENDED = one_of(
    "closed ended failed aborted archived completed expired deleted terminated finished resolved done cancelled "
    "canceled"
)
"""Statuses that a session does not come back from."""

NOT_THERE = one_of("missing unknown notfound absent gone")
TAKEN = one_of("exist exists duplicate conflict taken already")
WRONG = one_of("invalid bad validation malformed")
BARRED = one_of("forbidden illegal transition conflict")
UNKNOWN_CALLER = one_of("unauthorized unauthorised unauthenticated unauthenticate auth")


def singular(word: str) -> str:
    """A word without the ending of a plural."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "uses")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(_KEPT) else word


def words(name: str) -> Words:
    """The plain words of a name, in the singular: `chatSessions_byID` is chat, session, by, id; so is `sessionid`."""
    return tuple(word for piece in _PIECE.findall(name) for word in _unglued(singular(piece.lower())))


def _unglued(word: str) -> Words:
    """A word, or the two that were written as one."""
    stem = word.removesuffix("id")
    return (stem, "id") if stem != word and (stem in SESSIONS or stem in OWNERS) else (word,)


def is_plural(name: str) -> bool:
    """Whether a name speaks of many things."""
    last = _PIECE.findall(name)[-1:]
    return bool(last) and singular(last[0].lower()) != last[0].lower()


def key(name: str) -> Words:
    """What a name names, however it says so: `X-App-Name`, `appName` and `app` are one."""
    found = words(name)
    if len(found) > 1 and found[0] == "x":
        found = found[1:]
    while len(found) > 1 and found[-1] in TITLES:
        found = found[:-1]
    return found


def names_id(name: str) -> bool:
    """Whether a name says that it is the id of something else: `agent_id`, but not `id`."""
    found = words(name)
    return len(found) > 1 and found[-1] in IDS


def environment_name(title: str) -> str:
    """The environment variable for a secret of the API with that title."""
    kept = [each for each in _PIECE.findall(title) if each.lower() not in {"api", "server", "service", "the", "rest"}]
    name = "_".join(each.upper() for each in kept[:4])
    return f"{name if name[:1].isalpha() else 'TARGET'}_API_KEY"


def some(noun: str) -> str:
    """A noun with its article."""
    return f"an {noun}" if noun[:1] in "aeiou" else f"a {noun}"
