"""How is a profile bound? Each role with its operation and places, what is not bound, and what follows from that."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from conformance.catalogue import Invariant, catalogue
from conformance.expressions import Expression, Pointer, pointer_text
from conformance.profile import Binding, Profile, Role
from conformance.reports.terminal import shown


def render(profile: Profile, doubts: Sequence[str]) -> RenderableType:
    """The bindings as a table, and below what is not bound, what cannot be judged, and what deserves a second look."""
    parts: list[RenderableType] = [_bound(profile), *_session(profile), *_unbound(profile), *_inapplicable(profile)]
    for doubt in doubts:
        parts.append(shown(f"warning: {doubt}", "yellow"))
    bound = f"{len(profile.roles)} of {len(Role)} roles bound"
    warnings = f"{len(doubts)} warning{'' if len(doubts) == 1 else 's'}"
    parts.append(Text(f"\n{bound} · {warnings}", "bold green" if not doubts else "bold yellow"))
    return Group(*parts)


def _bound(profile: Profile) -> Table:
    """One row a binding."""
    table = Table(title=shown(f"\n{profile.title} · bindings", "bold"), title_justify="left", box=None)
    table.add_column("role", style="bold")
    table.add_column("operation", overflow="fold", ratio=2)
    table.add_column("where", overflow="fold", ratio=3)
    for binding in profile.bindings:
        table.add_row(str(binding.role), shown(_operation(binding)), shown("\n".join(_where(binding))))
    return table


def _operation(binding: Binding) -> str:
    """Method and path, and below them the operationId."""
    operation = binding.operation
    return str(operation) if operation.id == str(operation) else f"{operation}\n{operation.id}"


def _where(binding: Binding) -> Iterator[str]:
    """Where everything sits, a line each."""
    for place, value in binding.when:
        yield f"when        {_place(place)} is {json.dumps(value)}"
    if binding.nameless:
        yield f"when        {' and '.join(map(_place, binding.nameless))} is left out"
    if binding.session is not None:
        yield f"session     {_place(binding.session)}{' (the caller has to choose it)' * binding.caller_chooses}"
    if binding.owner:
        yield f"owner       {', '.join(map(_place, binding.owner))}"
    for name, each in binding.attributes.items():
        yield f"attributes  {name}: {_place(each)}"
    if binding.history is not None:
        yield f"history     {_place(binding.history)}"
    if binding.message is not None:
        yield f"message     {_place(binding.message)}"
    if binding.item is not None:
        yield f"item        {_place(binding.item)}"
    if binding.status is not None or binding.to is not None:
        yield f"status      {_place(binding.status) if binding.status else f'always {binding.to}'}"
    if binding.paging is not None:
        places = (binding.paging.limit, binding.paging.offset, binding.paging.number, binding.paging.cursor)
        told = [_place(each) for each in places if each is not None]
        yield f"pages       {', '.join(told) or 'of a fixed length'}"
    if binding.filters:
        yield f"filters     {', '.join(f'{name}: {_place(each)}' for name, each in binding.filters.items())}"
    if binding.cleaning is not None:
        yield f"age         {_place(binding.cleaning.age)}"
    if binding.spares:
        yield f"spares      {', '.join(sorted(binding.spares))}"
    at = pointer_text(binding.at) if binding.located is None else f"the end of the header {binding.located.name}"
    yield f"returns     {binding.returns}" + (f" at {at}" if at else "")


def _place(found: Expression) -> str:
    """Where something sits, without what all places begin with."""
    return found.text.removeprefix("$request.")


def _session(profile: Profile) -> Iterator[Text]:
    """Where the parts sit in a session and in an item."""
    shape, item = profile.session, profile.item
    session = {"id": shape.id, "history": shape.history, "status": shape.status}
    session |= {"created": shape.created, "updated": shape.updated}
    session |= {f"owner {index + 1}": pointer for index, pointer in enumerate(shape.owner)}
    session |= dict(shape.attributes)
    items = {"id": item.id, "message": item.message, "time": item.time, "partial": item.partial}
    yield shown(f"\nin a session: {_told(session) or 'nothing is known'}")
    if told := _told(items):
        yield shown(f"in an item: {told}")


def _told(places: Mapping[str, Pointer | None]) -> str:
    """Places by name, those that are known."""
    return ", ".join(
        f"{name} {pointer_text(each) or '(the whole)'}" for name, each in places.items() if each is not None
    )


def _unbound(profile: Profile) -> Iterator[Text]:
    """The roles that no operation plays."""
    missing = [str(role) for role in Role if role not in profile.roles]
    if missing:
        yield shown(f"\nnot bound: {', '.join(missing)}", "bold")


def _inapplicable(profile: Profile) -> Iterator[RenderableType]:
    """The invariants that say nothing of this API, each with the reason."""
    lacking = [each for each in catalogue() if not each.applicable(profile)]
    if lacking:
        table = Table(title=Text("\nnot applicable", "bold"), title_justify="left", box=None, show_header=False)
        for each in lacking:
            table.add_row(Text(each.id, "dim"), Text(_because(each, profile), "dim"))
        yield table


def _because(each: Invariant, profile: Profile) -> str:
    """Why an invariant does not apply."""
    needed = [str(role) for role in Role if role in each.needs and role not in profile.roles]
    if needed:
        return f"needs {', '.join(needed)}"
    if not each.on & profile.roles:
        return f"needs one of {', '.join(str(role) for role in Role if role in each.on)}"
    asked = (inspect.getdoc(each.applies) or "").partition("\n")[0] if each.applies else ""
    if asked.startswith("Whether "):
        return f"applies only if {asked.removeprefix('Whether ').rstrip('.')}"
    return "needs something else that the profile does not name"
