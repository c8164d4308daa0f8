"""Where do the parts of a session sit? Attributes, history, status and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from conformance.draft.item_places import ItemPlaces, is_time, item_places
from conformance.draft.judges import groups_of, status_input
from conformance.draft.owners import Part, contains, owner_of, parts, shown_owner
from conformance.draft.roles import Cast, Guess
from conformance.draft.sessions import Whole, history_of, searched, whole, wholes
from conformance.draft.shapes import Input, Shape, is_group
from conformance.draft.speech import Speech, message_of
from conformance.draft.words import (
    ALONE,
    CHANGES,
    CREATED,
    IN_AND_OUT,
    ITEMS,
    NO_GROUPS,
    TIMES,
    UPDATED,
    Words,
    key,
    words,
)
from conformance.expressions import MISSING, Json, Pointer
from conformance.profile import HISTORY
from conformance.schemas import Schemas


@dataclass(frozen=True, slots=True)
class SessionPlaces:
    """Where the parts sit in a session object. `groups`: the attribute groups, and where they show, if they do."""

    schema: Json = MISSING
    id: Pointer | None = None
    owner: tuple[Pointer, ...] = ()
    groups: Mapping[str, Pointer | None] = field(default_factory=dict)
    history: Pointer | None = None
    status: Pointer | None = None
    created: Pointer | None = None
    updated: Pointer | None = None

    @property
    def shown(self) -> dict[str, Pointer]:
        """The groups that a session shows."""
        return {name: pointer for name, pointer in self.groups.items() if pointer is not None}

    def omitted(self, schemas: Schemas, schema: Json) -> list[str] | None:
        """The parts that an object lacks; None if it lacks what every session must show."""
        if not all(contains(schemas, schema, each) for each in (self.id, self.updated, self.created, *self.owner)):
            return None
        lacking = [name for name, pointer in self.shown.items() if not contains(schemas, schema, pointer)]
        return lacking if contains(schemas, schema, self.history) else [*lacking, HISTORY]


@dataclass(frozen=True, slots=True)
class Places:
    """All that is found in a spec."""

    cast: Cast
    schemas: Schemas
    owner: tuple[Part, ...]
    session: SessionPlaces
    item: ItemPlaces

    @property
    def noun(self) -> str:
        """What the API calls a session."""
        return self.cast.noun

    def named(self, group: Input, shape: Shape) -> str | None:
        """The name of the attribute group that an input carries; None if it is none of the known."""
        wanted = group_key(group, shape, self.noun)
        return next((name for name in self.session.groups if core(key(name)) == wanted), None)

    def message(self, shape: Shape) -> Speech | None:
        """The message of a request, so that its text stands where the profile says."""
        found = message_of(shape)
        if found is None or found.text == self.item.text or found.guessed:
            return found
        inner = (*found.input.pointer, *found.text)
        whole_text = next((each for each in shape.inputs if each.pointer == inner), None)
        return Speech(whole_text) if whole_text and not self.item.text else found


def places(cast: Cast, schemas: Schemas) -> Places:
    """Where everything sits, as far as a spec tells."""
    owner = parts(cast)
    names = [each.name for guess in cast.makers[:1] for each in owner_of(guess.shape, owner, cast.noun)]
    shown = canonical(cast)
    history = history_of(schemas, shown.schema) if shown else None
    item = item_places(cast, schemas, shown, history)
    if shown is None:
        groups: dict[str, Pointer | None] = dict.fromkeys(_written(cast, {}))
        return Places(cast, schemas, owner, SessionPlaces(groups=groups), item)
    session = SessionPlaces(
        schema=shown.schema,
        id=shown.id,
        owner=tuple(shown_owner(schemas, shown.schema, names)),
        groups=_groups(cast, schemas, shown.schema),
        history=history,
        status=_status(cast, schemas, shown.schema),
        created=_time(cast, schemas, shown.schema, CREATED),
        updated=_time(cast, schemas, shown.schema, UPDATED),
    )
    return Places(cast, schemas, owner, session, item)


def canonical(cast: Cast) -> Whole | None:
    """What the API shows of a session: in a read, or else in a list, or wherever."""
    for role, find in (("read", whole), ("list", wholes), ("create", whole), ("enrich", whole), ("transition", whole)):
        for guess in cast.playing(role):
            if found := find(guess.shape, cast.noun):
                return found
    return None


def without_kept(cast: Cast) -> Cast:
    """The cast without the items that calls name, where a history shows: there they are what the history shows."""
    shown = canonical(cast)
    schemas = [each.shape.schemas for each in cast.guesses[:1]]
    if not cast.playing("history") and not (shown and schemas and history_of(schemas[0], shown.schema)):
        return cast
    return replace(cast, guesses=tuple(each for each in cast.guesses if each.item is None), kinds=())


# --- attributes -------------------------------------------------------------------------------------------------------


def core(found: Words) -> Words:
    """A group's key without the words that say that it is a change: `stateDelta` is the state."""
    kept = tuple(each for each in found if each not in CHANGES)
    return kept or found


def group_key(group: Input, shape: Shape, noun: str) -> Words:
    """What an attribute group is called; a whole body is called what the path or its title says."""
    if group.name:
        return core(key(group.name))
    request = shape.operation.request
    reference = request.schema.get("$ref", "") if request and isinstance(request.schema, dict) else ""
    title = group.schema.get("title", "") or reference.rpartition("/")[2]
    return core(shape.tail(noun)[0][-1:] or words(str(title)))


def _groups(cast: Cast, schemas: Schemas, schema: Json) -> dict[str, Pointer | None]:
    """The attribute groups: what can be written and shows, and what create and enrich write alike."""
    shown = {
        core(key(name)): name
        for name in schemas.names(schema)
        if is_group(schemas, schemas.at(schema, (name,))) and not set(words(name)) & (NO_GROUPS - IN_AND_OUT)
    }
    found: dict[str, Pointer | None] = {}
    for name, wanted in _written(cast, shown).items():
        found[name] = (shown[wanted],) if wanted in shown else None
    return found


def _written(cast: Cast, shown: Mapping[Words, str]) -> dict[str, Words]:
    """The groups that requests write, by the name that a session gives them, or else the request."""
    writers: dict[Words, set[str]] = {}
    names: dict[Words, str] = {}
    for guess in cast.guesses:
        if guess.role in ("create", "enrich"):
            strict = groups_of(guess.shape)
            for group in groups_of(guess.shape, any_name=True):
                wanted = group_key(group, guess.shape, cast.noun)
                if group not in strict and wanted not in shown:
                    continue
                writers.setdefault(wanted, set()).add(guess.role)
                names.setdefault(wanted, group.name or "_".join(wanted))
    single = {role for role in ("create", "enrich") if cast.playing(role)}
    blind = not shown
    kept = [each for each, by in writers.items() if each in shown or by == single or (blind and "enrich" in by)]
    found = {shown.get(wanted, names[wanted]): wanted for wanted in kept if wanted}
    return {(f"{name}_data" if name == HISTORY else name): wanted for name, wanted in found.items()}


# --- status and times -------------------------------------------------------------------------------------------------


def status_values_of(cast: Cast, shown: Whole) -> list[str]:
    """The statuses that sessions are described to show."""
    schemas = next(each.shape.schemas for each in cast.guesses)
    place = _status(cast, schemas, shown.schema)
    return [] if place is None else listed(schemas, schemas.at(shown.schema, place))


def listed(schemas: Schemas, schema: Json) -> list[str]:
    """The strings that a schema lists."""
    return [value for each in schemas.branches(schema) for value in each.get("enum", ()) if isinstance(value, str)]


def _status(cast: Cast, schemas: Schemas, schema: Json) -> Pointer | None:
    """Where a session shows its status: a member of a few values, or one that a transition writes."""
    written = [status_input(each.shape) for each in cast.playing("transition")]
    wanted = {each.words[-1:] for each in written if each is not None}
    for name in schemas.names(schema):
        last = words(name)[-1:]
        inner = schemas.at(schema, (name,))
        listed = any("enum" in each for each in schemas.branches(inner))
        says = "string" in schemas.types(inner) and last in (("status",), ("state",), ("phase",))
        if says and (listed or last in wanted):
            return (name,)
    return None


def _time(cast: Cast, schemas: Schemas, schema: Json, lexicon: frozenset[str]) -> Pointer | None:
    """Where a session shows a time of the server's: a member of that name, of a date or a number; nobody writes it."""
    for name in (each for each in schemas.names(schema) if each not in cast.written):
        found = set(words(name))
        inner = schemas.at(schema, (name,))
        says = found & TIMES or words(name) in ALONE or _is_date(schemas, inner)
        if found & lexicon and says and is_time(schemas, inner) and not found & ITEMS:
            return (name,)
    return None


def _is_date(schemas: Schemas, schema: Json) -> bool:
    """Whether a schema is a date with its time."""
    return any(each.get("format") == "date-time" for each in schemas.branches(schema))


def omits_of(guess: Guess, found: Places) -> list[str] | None:
    """The parts that the session in an answer lacks; None if the answer holds no such session."""
    shown = whole(guess.shape, found.noun)
    if guess.role == "read":
        shown = shown or searched(guess.shape, found.noun)
    return None if shown is None else found.session.omitted(found.schemas, shown.schema)
