"""Which values does an API take, and give back?"""

from __future__ import annotations

from collections.abc import Callable

from conformance.expressions import Json
from conformance.features import both, either
from conformance.features.attributes import keeps_attributes
from conformance.features.histories import runs_keep_messages
from conformance.features.statuses import deletes_by_status
from conformance.profile import RUNS, Binding, Profile, Role
from conformance.values import EXAMPLES, SPOKEN, Awkward


def takes_values(profile: Profile) -> bool:
    """Whether callers can put values of their own choice into a session: open attributes, or the text of a message."""
    return any(each.message is not None or _is_open(profile, each) for each in profile.bindings)


def keeps(group: dict[str, Json]) -> Callable[[Profile], bool]:
    """The question whether callers can put such members into an attribute group that can be seen."""
    return both(keeps_attributes, _takes(group))


def keeps_awkward(kind: Awkward) -> Callable[[Profile], bool]:
    """The question whether callers can put such a value into an attribute group that can be seen."""
    alone = (_takes(EXAMPLES[kind]),) if kind in SPOKEN | {Awkward.EMPTY} else ()
    return both(keeps_attributes, either(_takes(_member(kind)), *alone))


def carries(kind: Awkward) -> Callable[[Profile], bool]:
    """The question whether callers can put such a value into a session, and see it again."""
    asked = either(keeps_awkward(kind), history_keeps_awkward(kind))
    asked.__doc__ = f"Whether callers can put a value of the kind '{kind}' into a session, and see it again."
    return asked


def owners_take_values(profile: Profile) -> bool:
    """Whether owners can be made up, and put values of their own choice into a session."""
    return profile.fresh_owners and takes_values(profile)


def delete_takes_a_body(profile: Profile) -> bool:
    """Whether a delete of a live session can be wrong in itself, and still says which session is meant."""
    return any(_can_be_wrong(profile, binding) for binding in profile.bound(Role.DELETE))


def _can_be_wrong(profile: Profile, binding: Binding) -> bool:
    """Whether a body can violate the spec in something else than the ids that it holds."""
    request, schemas = binding.operation.request, profile.spec.schemas
    if request is None:
        return False
    names = (binding.session, *binding.also, *(binding.owner if profile.scoped else ()))
    named = [each.pointer for each in names if each is not None and each.place == "body"]
    places = [pointer for pointer, _ in schemas.leaves(request.schema) if pointer]
    others = [place for place in places if not any(place[: len(each)] == each[: len(place)] for each in named)]
    closed = any(each.get("additionalProperties") is False for each in schemas.branches(request.schema))
    return bool(others) or not named or closed


def deletes_are_refused(profile: Profile) -> bool:
    """Whether a delete of a live session can be wrong in itself, or comes too early, so that it is refused."""
    return delete_takes_a_body(profile) or deletes_by_status(profile)


def history_keeps(text: str) -> Callable[[Profile], bool]:
    """The question whether such a text can be said to a run, and seen among the messages of the history."""

    def asked(profile: Profile) -> bool:
        runs = (each for each in profile.bindings if each.role in RUNS)
        return runs_keep_messages(profile) and any(_takes_text(profile, each, text) for each in runs)

    return asked


def history_keeps_awkward(kind: Awkward) -> Callable[[Profile], bool]:
    """The question whether a text of this kind can be said to a run, and seen among the messages of the history."""

    def asked(profile: Profile) -> bool:
        return kind in SPOKEN and history_keeps(str(EXAMPLES[kind]))(profile)

    return asked


def _member(kind: Awkward) -> dict[str, Json]:
    """An attribute group with such a value in it."""
    example = EXAMPLES[kind]
    return {example: "text"} if kind is Awkward.KEY else {"member": example}


def _takes(group: Json) -> Callable[[Profile], bool]:
    """The question whether some request takes such members in some attribute group, or such a text as one."""

    def asked(profile: Profile) -> bool:
        return any(
            profile.spec.takes(binding.operation, place.pointer, group)
            for binding in profile.bindings
            for place in binding.attributes.values()
            if place.place == "body"
        )

    return asked


def _takes_text(profile: Profile, binding: Binding, text: str) -> bool:
    """Whether a request takes such text in its message."""
    place = binding.message
    return (
        place is not None
        and place.place == "body"
        and profile.spec.takes(binding.operation, (*place.pointer, *profile.text), text)
    )


def _is_open(profile: Profile, binding: Binding) -> bool:
    """Whether a request has an attribute group that takes any member."""
    schemas, request = profile.spec.schemas, binding.operation.request
    places = [each.pointer for each in binding.attributes.values() if each.place == "body"]
    return request is not None and any(schemas.is_open_object(schemas.at(request.schema, each)) for each in places)
