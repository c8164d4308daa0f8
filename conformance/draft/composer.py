"""How do the guesses become a profile? All its tables, in the order in which a reader wants them."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.draft.bindings import binding, status_values
from conformance.draft.casts import cast
from conformance.draft.credentials import credentials
from conformance.draft.judges import JUDGES
from conformance.draft.omissions import notes, nothing
from conformance.draft.owners import fixed, sample
from conformance.draft.places import Places, places
from conformance.draft.resource_names import form_of, form_of_path, is_resource_name
from conformance.draft.roles import Guess
from conformance.draft.shapes import shapes
from conformance.draft.table import Draft, Entry, Table
from conformance.draft.words import ENDED, FRESH, REOPENS, some, words
from conformance.expressions import Pointer, parse, pointer_text
from conformance.profile_file import valid_keys
from conformance.spec import Spec


def draft(spec: Spec) -> Draft:
    """The profile that a spec suggests; SpecError if it keeps no sessions."""
    looks = shapes(spec)
    found_cast = cast(looks, _about(spec))
    if not found_cast.makers:
        raise nothing(found_cast, looks, spec.place)
    found = places(found_cast, spec.schemas)
    tables = [_top(spec), *_values(found), _session(found), *_item(found), *_message(found), *_status(found)]
    for role in JUDGES:
        guesses = found_cast.playing(role)
        bound = [_fitted(binding(guess, found, len(guesses) > 1)) for guess in guesses]
        tables += [each for each in bound if role in valid_keys("") and _complete(each)]
    auth = credentials(spec, found_cast)
    tables += [_fitted(auth)] if auth else []
    return Draft(tuple(each for each in tables if each.entries), tuple(notes(found, looks)))


def _about(spec: Spec) -> str:
    """What the document says of itself, in lower case."""
    info = spec.document.get("info", {})
    return str(info.get("description", "")).lower() if isinstance(info, dict) else ""


def _fitted(table: Table) -> Table:
    """A table without the keys that profiles do not have."""
    valid = valid_keys(table.name)
    kept = tuple(each for each in table.entries if each.key in valid)
    return Table(table.name, kept, table.why, table.gaps, table.array)


def _complete(table: Table) -> bool:
    """Whether a binding has what its role cannot do without."""
    needed = {"enrich": "attributes", "run": "message", "stream": "message", "transition": "status"}
    says = table.name not in needed or table.value(needed[table.name]) is not None
    return says or table.value("to") is not None


def _top(spec: Spec) -> Table:
    """The title; where the spec is depends on where the profile will be."""
    info = spec.document.get("info", {})
    title = str(info.get("title", "")) if isinstance(info, dict) else ""
    return Table("", (Entry("title", title or "An API"),))


def _values(found: Places) -> Iterator[Table]:
    """The parts of an owner that have to be there before."""
    entries = []
    for each in fixed(found.cast.makers[0].shape, found.owner, found.noun):
        value, given = sample(found.schemas, each)
        said = (
            f"check that the server has {value!r}, the spec's own example" if given else "name one that the server has"
        )
        gap = f"{said}, or take the line out if any {each.name} will do"
        expression = parse(each.text)
        entries.append(Entry(expression.name or each.name, value if type(value) is int else str(value), gap=gap))
    yield Table("values", tuple(entries))


def _session(found: Places) -> Table:
    """Where the parts sit in a session."""
    session = found.session
    entries = [Entry("id", _text(session.id)), *_name(found)] if session.id is not None else []
    if session.owner:
        entries.append(Entry("owner", [pointer_text(each) for each in session.owner]))
    if session.shown:
        entries.append(Entry("attributes", {name: pointer_text(each) for name, each in session.shown.items()}))
    for name, place in (
        ("history", session.history),
        ("status", session.status),
        ("created", session.created),
        ("updated", session.updated),
    ):
        if place is not None:
            entries.append(Entry(name, pointer_text(place)))
    why = (f"Where the parts sit in {some(found.noun)} as the API shows it.",)
    return _fitted(Table("session", tuple(entries), why))


def _name(found: Places) -> Iterator[Entry]:
    """The form of the names in which ids stand."""
    session = found.session
    if session.id is None or not is_resource_name(found.schemas, session.schema, session.id[-1]):
        return
    if form := form_of(found.schemas, session.schema, session.id[-1]):
        yield Entry("name", form, "The id stands in a longer name.")
        return
    paths = [
        each.shape.operation.template for role in ("read", "delete", "enrich") for each in found.cast.playing(role)
    ]
    single = next((each for each in paths if each.endswith("}")), None)
    if single is not None:
        gap = (
            "the spec does not say of which form names are: as the path of one, or take the line out if ids stand alone"
        )
        yield Entry("name", form_of_path(single), gap=gap)


def _text(pointer: Pointer | None) -> str:
    """A pointer as text."""
    return pointer_text(pointer or ())


def _item(found: Places) -> Iterator[Table]:
    """Where the parts sit in an item of a history."""
    item = found.item
    names = ("id", "message", "time", "session", "partial")
    places = ((name, getattr(item, name)) for name in names)
    entries = tuple(Entry(name, pointer_text(place)) for name, place in places if place is not None)
    named = f"What calls answer are items of their {found.noun}, by which later calls name them."
    why = named if found.cast.kinds else "Where the parts sit in an item of a history."
    yield _fitted(Table("item", entries, (why,)))


def _message(found: Places) -> Iterator[Table]:
    """Where the text stands in a message."""
    if found.item.text:
        why = "A message is an object; here stands what is said."
        yield Table("message", (Entry("text", pointer_text(found.item.text), why),))


def _after(status: str, ends: bool, values: list[str], found: Places) -> list[str]:
    """The statuses to which something may lead from another: from one that ends only what says that it opens again."""
    moves = found.cast.playing("transition")
    targets = values if any(each.to is None for each in moves) else [each for each in values if each in _led(moves)]
    again = {each.to for each in moves if set(each.shape.verbs(found.noun)) & REOPENS}
    return [each for each in targets if each != status and (not ends or each in again)]


def _led(moves: list[Guess]) -> set[str | None]:
    """The statuses to which operations always lead."""
    return {each.to for each in moves}


def _status(found: Places) -> Iterator[Table]:
    """Which statuses there are: where a session begins, and those that end it."""
    if "status" not in valid_keys("") or found.session.status is None:
        return
    values = status_values(found)
    fresh = next((each for each in values if set(words(each)) & FRESH), None)
    gap = "" if fresh else "the spec does not say in which status a session begins"
    entries = [Entry("initial", fresh or next(iter(values), "active"), "By its name." if fresh else "", gap)]
    ended = [each for each in values if set(words(each)) & ENDED]
    if found.cast.playing("transition") and values:
        following = {each: _after(each, each in ended, values, found) for each in values}
        gap = "the spec does not say which status may follow which: these are all, but from those that end"
        entries.append(Entry("transitions", following, gap=gap))
    if ended:
        entries.append(
            Entry("ended", ended, gap="told by their names alone: take out those in which runs are accepted")
        )
    yield _fitted(Table("status", tuple(entries)))
