"""What must hold, and how is it proved? The whole catalogue with its faults, as Markdown.

docs/catalogue.md is what `python -m conformance.reports.catalogue` prints.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator
from itertools import groupby
from textwrap import fill

from conformance.ask import Verb
from conformance.catalogue import Invariant, Subject, catalogue, introduced
from conformance.fakes.faults import all_faults
from conformance.profile import Profile, Role
from conformance.profile_file import built_in, load

COMMAND = "python -m conformance.reports.catalogue > docs/catalogue.md"
"""What writes docs/catalogue.md anew."""


def render() -> str:
    """The catalogue as a Markdown document."""
    profiles = [load(name) for name in built_in()]
    blocks = list(_head())
    for name, chapter in groupby(catalogue(None), lambda each: each.chapter):
        invariants = list(chapter)
        blocks += [f"## {name}", _prose(introduced(invariants[0].function))]
        for each in invariants:
            blocks += _invariant(each, profiles)
    return "\n\n".join(blocks) + "\n"


def _head() -> Iterator[str]:
    """What the document is, and where it comes from."""
    yield "# Catalogue"
    yield _prose(
        f"What must hold: {len(catalogue())} invariants, chapter by chapter, and the {len(all_faults())} faults that "
        "prove them. A fault is a fake server that is wrong in one way; every invariant catches at least one. The last "
        f"chapters hold {len(catalogue(Subject.CLIENT))} more, which clients have to keep; wrong clients prove those."
    )
    yield f"This file is generated from the code. Do not edit it; write it anew:\n\n```console\n$ {COMMAND}\n```"


def _invariant(each: Invariant, profiles: Collection[Profile]) -> Iterator[str]:
    """One requirement: what, why, where it looks, who says so, and what breaks it."""
    yield f"### {each.id}"
    yield _prose(f"**{each.level}**: {_escaped(each.title)}")
    yield _prose(_escaped(each.why))
    yield "\n".join(_wrapped(line, "  ") for line in _facts(each, profiles))


def _facts(each: Invariant, profiles: Collection[Profile]) -> Iterator[str]:
    """What is said of an invariant beside its docstring, line by line."""
    yield f"- looks at: {_asks(each.verbs) if each.judges is not None else _roles(each.on)}"
    if each.subject is Subject.CLIENT:
        yield "- to be kept by: clients"
    if each.needs:
        yield f"- needs: {_roles(each.needs)}"
    if each.source:
        yield f"- source: {_escaped(each.source)}"
    for profile in profiles:
        if each.id in profile.sources:
            yield f"- source ({profile.name}): {_escaped(profile.sources[each.id])}"
    for fault in all_faults():
        if each.id in fault.breaks:
            yield f"- broken by `{fault.name}`: {_escaped(fault.title)}"


def _roles(roles: Collection[Role]) -> str:
    """Roles, in the order of a session's life."""
    return "every role" if len(roles) == len(Role) else ", ".join(role for role in Role if role in roles)


def _asks(verbs: Collection[Verb]) -> str:
    """What can be asked of a client, in the order of the protocol."""
    return f"what was asked: {', '.join(verb for verb in Verb if verb in verbs)}"


def _prose(text: str) -> str:
    """Paragraphs, wrapped."""
    return "\n\n".join(_wrapped(paragraph) for paragraph in text.split("\n\n"))


def _wrapped(text: str, further: str = "") -> str:
    """One paragraph in lines that are not too long; `further` indents all but the first."""
    return fill(text, 120, subsequent_indent=further, break_long_words=False, break_on_hyphens=False)


def _escaped(text: str) -> str:
    """Text in which no character is taken for HTML, emphasis or an escape."""
    return re.sub(r"[\\<*]", r"\\\g<0>", text)


if __name__ == "__main__":
    sys.stdout.write(render())
