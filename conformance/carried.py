"""Does what was asked stand where it belongs in a request? If not: is it lost, changed, or in another place?"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.ask import Asked
from conformance.catalogue import shortened
from conformance.expressions import MISSING, Json, Pointer, pointer_text, resolve
from conformance.step import Step
from conformance.values import same, texts


def missing(asked: Asked, step: Step) -> Iterator[tuple[str, str, Json, str]]:
    """What was asked, and does not stand where it belongs: the group, what is wrong, what was asked, and what is there.

    The request itself is shown with the ask; so it is told where in it one has to look.
    """
    for group, wanted in asked.ask.attributes.items():
        sent = step.sent.get(group, MISSING)
        bound = step.binding.attributes.get(group) if step.binding else None
        if not isinstance(wanted, dict):
            if not same(sent, wanted):
                place = pointer_text(bound.pointer if bound else (group,))
                missing = sent is MISSING
                yield group, *(_elsewhere(wanted, step, place, wanted) if missing else _changed(wanted, sent, place))
            continue
        for key, value in wanted.items():
            got = resolve(sent, (key,)) if isinstance(sent, dict) else MISSING
            if not same(got, value):
                place = pointer_text((*(bound.pointer if bound else (group,)), key))
                if got is not MISSING:
                    yield group, *_changed({key: value}, got, place)
                else:
                    yield group, *_elsewhere(value, step, place, {key: value})
    if asked.ask.text is not None and asked.ask.text not in texts([step.message]):
        yield "message", *_elsewhere(asked.ask.text, step, "the message", asked.ask.text)


def _changed(wanted: Json, got: Json, place: str) -> tuple[str, Json, str]:
    """What is wrong with a value that stands in its place, and is another one."""
    return "changed", wanted, f"{shortened(got)} at {place}"


def _elsewhere(value: Json, step: Step, place: str, wanted: Json) -> tuple[str, Json, str]:
    """What is wrong with a value that is not in its place: it is in another one, or in none."""
    found = _place_of(value, step.asked) if isinstance(value, str) else None
    if found is None:
        return "lost", wanted, f"nothing at {place}"
    return "misplaced", wanted, f"nothing at {place}; it stands at {pointer_text(found)} of the body"


def _place_of(text: str, document: Json) -> Pointer | None:
    """Where a text stands in a document, as a member or within one."""
    open_: list[tuple[Pointer, Json]] = [((), document)]
    while open_:
        place, value = open_.pop()
        if isinstance(value, str) and text in value:
            return place
        if isinstance(value, dict):
            open_ += [((*place, str(name)), each) for name, each in value.items()]
        if isinstance(value, list):
            open_ += [((*place, str(index)), each) for index, each in enumerate(value)]
    return None
