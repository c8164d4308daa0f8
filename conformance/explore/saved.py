"""How is a flow kept? With its bodies, so that it never depends on a seed or on what another version would draw.

Only what the profile writes at each replay is left out: ids and owners.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from conformance.errors import InputError, nearest
from conformance.explore.actions import Action, Wrongness
from conformance.expressions import MISSING, Json, parse_pointer, pointer_text
from conformance.profile import Profile
from conformance.variations import Variation
from conformance.writer import Call


@dataclass(frozen=True, slots=True)
class Content:
    """What a call carries, ids and owners aside."""

    body: Json
    attributes: dict[str, Json] | None
    text: str | None
    variation: Variation | None
    parameters: dict[str, str]
    status: str | None


@dataclass(frozen=True, slots=True)
class SavedAction:
    """An action together with the content that it had."""

    action: Action
    content: Content


SavedFlow = tuple[SavedAction, ...]

_KEYS = {
    "operation", "session", "owner", "number", "wrongness", "body", "attributes", "text", "changes", "parameters",
    "status",
}  # fmt: skip


def saved(action: Action, call: Call) -> SavedAction:
    """An action with the content of the call that it became."""
    attributes = None if call.attributes is None else dict(call.attributes)
    content = Content(call.body, attributes, call.text, call.variation, dict(call.parameters), call.status)
    return SavedAction(action, content)


def to_text(profile: Profile, each: SavedAction) -> str:
    """A saved action as one line of JSON."""
    action, content = each.action, each.content
    document: dict[str, Any] = {
        "operation": profile.bindings[action.binding].operation.id,
        "session": action.session,
        "owner": action.owner,
        "number": action.body,
        "wrongness": Wrongness(action.wrongness).name.lower(),
    }
    if content.body is not MISSING:
        document["body"] = content.body
    if content.attributes is not None:
        document["attributes"] = content.attributes
    if content.text is not None:
        document["text"] = content.text
    if content.parameters:
        document["parameters"] = content.parameters
    if content.status is not None:
        document["status"] = content.status
    if content.variation is not None:
        document["changes"] = [
            [pointer_text(pointer), *([] if value is MISSING else [value])]
            for pointer, value in content.variation.changes
        ]
    return json.dumps(document)


def from_texts(profile: Profile, lines: Iterable[str], place: str) -> SavedFlow:
    """Saved actions, read back; InputError names the place."""
    return tuple(_from_text(profile, line, f"{place}[{index}]") for index, line in enumerate(lines))


def _binding(profile: Profile, document: dict[str, Any]) -> int:
    """The number of the binding: of those of an operation, the one that changes the status if a status is named."""
    fitting = [index for index, each in enumerate(profile.bindings) if each.operation.id == document["operation"]]
    moves = document.get("status") is not None
    return next((each for each in fitting if (profile.bindings[each].status is not None) is moves), fitting[0])


def _from_text(profile: Profile, line: str, place: str) -> SavedAction:
    """One saved action."""
    try:
        document = json.loads(line)
    except ValueError as error:
        raise InputError(f"is not JSON: {error}", place=place) from error
    if not isinstance(document, dict) or not document.keys() <= _KEYS:
        unknown = sorted(set(document) - _KEYS) if isinstance(document, dict) else ["(no object)"]
        raise InputError(f"has unknown members {', '.join(unknown)}", place=place, remedy=nearest(unknown[0], _KEYS))
    operations = [binding.operation.id for binding in profile.bindings]
    if document.get("operation") not in operations:
        name = str(document.get("operation"))
        raise InputError(f"the profile binds no operation {name!r}", place=place, remedy=nearest(name, operations))
    try:
        action = Action(
            _binding(profile, document),
            int(document.get("session", 0)),
            int(document.get("owner", 0)),
            int(document.get("number", 0)),
            Wrongness[str(document.get("wrongness", "none")).upper()],
        )
        changes = tuple(
            (parse_pointer(change[0]), change[1] if len(change) > 1 else MISSING)
            for change in document.get("changes", ())
        )
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise InputError(f"cannot be read: {error}", place=place) from error
    variation = Variation(changes[-1][0], "saved", changes) if changes else None
    content = Content(
        document.get("body", MISSING),
        document.get("attributes"),
        document.get("text"),
        variation,
        document.get("parameters", {}),
        document.get("status"),
    )
    return SavedAction(action, content)
