"""Where do the parts of an item sit, of a history or of what calls answer? Its id, the message in it, its time."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.draft.owners import contains
from conformance.draft.roles import RUNS, Cast
from conformance.draft.sessions import Whole, items, member_at
from conformance.draft.speech import message_of, said_in
from conformance.draft.words import HISTORIES, IDS, ITEMS, OWN, TIMES, UPDATED, words
from conformance.expressions import MISSING, Json, Pointer
from conformance.schemas import Schemas


@dataclass(frozen=True, slots=True)
class ItemPlaces:
    """Where the parts sit in an item of a history, and where in a message the text stands."""

    schema: Json = MISSING
    id: Pointer | None = None
    message: Pointer | None = None
    time: Pointer | None = None
    session: Pointer | None = None
    partial: Pointer | None = None
    text: Pointer = ()

    def plain(self, schemas: Schemas) -> Json:
        """The schema behind any reference."""
        return schemas.deref(self.schema)

    def fits(self, schemas: Schemas, schema: Json) -> bool:
        """Whether another item has these places as well."""
        places = [self.id, self.time, self.partial, self.message]
        if self.message is not None:
            places.append((*self.message, *self.text))
        return all(contains(schemas, schema, each) for each in places)


def _schema(cast: Cast, schemas: Schemas, shown: Whole | None, history: Pointer | None) -> Json:
    """The schema of the items of a history, from wherever it is shown."""
    for guess in cast.playing("history"):
        if found := items(guess.shape, cast.noun):
            return found.item
    if shown is not None and history is not None:
        return schemas.member(schemas.at(shown.schema, history), "0")
    return MISSING


def item_places(cast: Cast, schemas: Schemas, shown: Whole | None, history: Pointer | None) -> ItemPlaces:
    """Where the parts sit in an item, and where the text in a message."""
    schema = _schema(cast, schemas, shown, history)
    speeches = [found for role in RUNS for each in cast.playing(role) if (found := message_of(each.shape))]
    texts = list(dict.fromkeys(each.text for each in speeches)) or [()]
    if schema is MISSING:
        text = texts[0] if len(texts) == 1 else ()
        named = [(each.id, each.session) for each in cast.kinds[:1]]
        return next((ItemPlaces(id=(own,), session=(whose,), text=text) for own, whose in named), ItemPlaces(text=text))
    for text in (*(texts if len(texts) == 1 else ()), ()):
        message = said_in(schemas, schema, text)
        if message is not None:
            break
    else:
        text = texts[0] if len(texts) == 1 else ()
    return ItemPlaces(
        schema=schema,
        id=_id(schemas, schema),
        message=message,
        time=_time(schemas, schema),
        partial=member_at(schemas, schema, ("partial",), ("is", "partial")),
        text=text,
    )


def _id(schemas: Schemas, schema: Json) -> Pointer | None:
    """Where an item shows its own id."""
    names = schemas.names(schema)
    plain = (name for name in names if words(name) in {(each,) for each in OWN})
    own = (
        name for name in names if words(name)[-1:] and words(name)[-1] in IDS and set(words(name)) & (ITEMS | HISTORIES)
    )
    return next(((name,) for name in (*plain, *own)), None)


def _time(schemas: Schemas, schema: Json) -> Pointer | None:
    """Where an item shows its time."""
    for name in schemas.names(schema):
        found = set(words(name))
        if found & TIMES and not found & UPDATED and is_time(schemas, schemas.at(schema, (name,))):
            return (name,)
    return None


def is_time(schemas: Schemas, schema: Json) -> bool:
    """Whether a schema can hold a time."""
    types = schemas.types(schema)
    return not types or bool(types & {"string", "number", "integer"})
