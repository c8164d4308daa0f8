"""What in a profile deserves a second look? Roles that could be bound, statuses without documentation, gaps."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from conformance.draft.casts import cast
from conformance.draft.judges import JUDGES
from conformance.draft.shapes import shapes
from conformance.draft.words import names_id
from conformance.expressions import plain_text
from conformance.profile import Binding, Profile, Role

_DEFAULTS = {name: Binding.__dataclass_fields__[name].default for name in ("missing", "duplicate", "foreign")}


def doubts(profile: Profile) -> list[str]:
    """What deserves a second look, in sentences."""
    found = [*_bindable(profile), *_unseen(profile), *_unfitting(profile)]
    for binding in profile.bindings:
        found += [*_undocumented(binding), *_untold(binding), *_endless(binding), *_unfilled(binding, profile.values)]
    return found


def _bindable(profile: Profile) -> Iterator[str]:
    """Roles that no operation plays, although one looks as if it could."""
    taken = {str(each.operation) for each in profile.bindings}
    guessed = cast(shapes(profile.spec))
    for role in (each for each in JUDGES if each in set(Role) and each not in profile.roles):
        for guess in guessed.playing(role)[:1]:
            if guess.streamed or str(guess.shape.operation) not in taken:
                why = "; ".join(guess.reasons)
                yield f"{role} is not bound, and {guess.shape.operation} ({guess.shape.id}) looks like one: {why}"


def _unseen(profile: Profile) -> Iterator[str]:
    """Attribute groups that are written, and shown nowhere."""
    for group in profile.groups:
        if group not in profile.session.attributes:
            yield f"the attributes {group!r} are written, and no session shows them: nothing can be said of them"


def _unfitting(profile: Profile) -> Iterator[str]:
    """Values that the spec does not allow where they go."""
    found: dict[str, str] = {}
    for binding in profile.bindings:
        for each in binding.operation.parameters:
            value = profile.values.get(each.name)
            if isinstance(value, (str, int, float)) and (problem := each.problem(plain_text(value))):
                where = f"the {each.place} parameter of {binding.operation}"
                found.setdefault(each.name, f"[values] {each.name}: {problem}, as {where} has to be")
    yield from found.values()


def _undocumented(binding: Binding) -> Iterator[str]:
    """Statuses that the profile declares, and the spec does not document."""
    for name, default in _DEFAULTS.items():
        declared = getattr(binding, name)
        if declared != default:
            codes = sorted(each for each in declared if isinstance(each, int))
            unknown = [str(each) for each in codes if binding.operation.documented(each) is None]
            if len(unknown) == len(codes) and unknown:
                where = f"[{binding.role}] {name} = {codes}"
                yield f"{where}: the spec of {binding.operation} does not document {', '.join(unknown)}"


def _untold(binding: Binding) -> Iterator[str]:
    """Calls that name a session, where nothing says how a missing one is answered."""
    codes = sorted(each for each in binding.missing if isinstance(each, int))
    told = binding.creates or binding.failed is not None or bool(binding.missing & binding.declared)
    told = told or any(binding.operation.documented(each) is not None for each in codes)
    if binding.names_session and not told:
        lacks = f"the spec of {binding.operation} documents neither {' nor '.join(map(str, codes))}"
        yield f"[{binding.role}] {lacks}: say missing = [404] if it is so"


def _endless(binding: Binding) -> Iterator[str]:
    """Lists of which nobody knows whether they were shown to their end."""
    if binding.paging is not None and not binding.paging.ends:
        yield f"[{binding.role}] nothing says which page is the last: name next or more, or say page = 20, or so many"


def _unfilled(binding: Binding, values: Collection[str]) -> Iterator[str]:
    """Parameters that an operation demands, and no key carries."""
    carried = {(each.place, each.name) for each in binding.places}
    for each in binding.operation.parameters:
        name = each.name.lower() if each.place == "header" else each.name
        if each.required and (each.place, name) not in carried and each.name not in values:
            owner = ": is it a part of the owner?" if names_id(each.name) else ""
            yield f"[{binding.role}] {binding.operation} needs the {each.place} parameter {each.name!r}{owner}"
