"""What does a draft leave out? Roles that nobody plays, what is bound to none, and what no profile can say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.draft.judges import JUDGES, begins
from conformance.draft.owners import owner_of
from conformance.draft.places import Places
from conformance.draft.roles import Cast
from conformance.draft.sessions import ids, names_session
from conformance.draft.shapes import Shape
from conformance.draft.words import SESSIONS, some, words
from conformance.errors import SpecError
from conformance.profile_file import valid_keys


def nothing(found: Cast, looks: Sequence[Shape], place: str) -> SpecError:
    """The error for a document in which there are no sessions."""
    others = [f"{each.shape.operation} looks like its {each.role}" for each in found.guesses[:3]]
    unseen = [str(each.operation) for each in looks if begins(found.noun, each)]
    if unseen:
        return SpecError(
            f"{unseen[0]} looks as if it made {some(found.noun)}, but neither takes nor answers its id",
            place=place,
            remedy="describe the body of its answer, with the id in it",
        )
    cookies = _in_cookies(looks)
    others += [f"{each} names one in a cookie, which no profile can" for each in cookies[:1]]
    return SpecError(
        "no operation creates a session, a thread, a conversation or the like, and nothing is said in one that the "
        "first call could make" + (f", although {', '.join(others)}" if others else ""),
        place=place,
        remedy="if there are sessions, write the profile by hand: docs/profiles.md says how",
    )


def notes(found: Places, looks: list[Shape]) -> Iterator[str]:
    """What is not bound."""
    playing = {each.role for each in found.cast.guesses} | ({"create"} if found.cast.implicit else set())
    lacking = [role for role in JUDGES if role not in playing and role in valid_keys("")]
    if lacking:
        yield f"No operation was found for: {', '.join(lacking)}."
    unknown = [each for each in found.cast.guesses if each.role not in valid_keys("")]
    for each in unknown:
        yield f"{each.shape.operation} looks like a {each.role}, which profiles cannot bind yet."
    bound = {each.shape.id for each in found.cast.guesses}
    left = [str(each.operation) for each in looks if each.id not in bound and found.noun in (*each.name, *_path(each))]
    if left:
        rest = f" and {len(left) - 8} more" if len(left) > 8 else ""
        yield f"About {found.noun}s as well, and bound to no role: {', '.join(left[:8])}{rest}."
    if plain := _plain(found):
        named = "not judged unless [session] and its writers name them in attributes"
        yield f"Written and shown as well, and {named}: {', '.join(plain)}."
    if cookies := _in_cookies(looks):
        yield f"No profile can name a session in a cookie, as is done by: {', '.join(cookies[:8])}."


def _plain(found: Places) -> list[str]:
    """What is no object, and callers write and see again, as a title."""
    session, schemas = found.session, found.schemas
    writes = [each.shape for each in found.cast.guesses if each.role in ("create", "enrich")]
    named_by = [(*ids(shape, found.noun), *owner_of(shape, found.owner, found.noun)) for shape in writes]
    taken = {each.text for inputs in named_by for each in inputs}
    named = {each.name for shape in writes for each in shape.inputs if each.place == "body" and each.text not in taken}
    parts = {place[-1] for place in (session.id, session.status, session.history, *session.shown.values()) if place}
    shown = [name for name in schemas.names(session.schema) if name in named - parts]
    return [name for name in shown if not {"object", "array"} & schemas.types(schemas.at(session.schema, (name,)))]


def _in_cookies(looks: Sequence[Shape]) -> list[str]:
    """The operations that are given a session in a cookie."""
    return [
        str(shape.operation)
        for shape in looks
        for each in shape.operation.parameters
        if each.place == "cookie" and any(names_session(words(each.name), noun) for noun in SESSIONS)
    ]


def _path(shape: Shape) -> tuple[str, ...]:
    """The words of a path."""
    return tuple(word for part in shape.segments for word in words(part))
