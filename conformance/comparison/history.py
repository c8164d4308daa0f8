"""Where does a history, as it is shown, differ from what is known of it?"""

from __future__ import annotations

from itertools import chain, repeat

from conformance.causes import Cause, Change
from conformance.comparison.blame import blame_others, doubts, foreign_author, leaked, other_writers
from conformance.comparison.case import Case
from conformance.differences import all_among, core, same_item, those
from conformance.expressions import MISSING, Json, resolve
from conformance.profile import HISTORY, Order, Role
from conformance.session import Part, Write, distinctive
from conformance.step import Outcome
from conformance.values import every_kind, same, texts

Texts = list[list[str]]
"""The strings in each of some items."""


def compare_history(case: Case, part: Part, shown: list[Json]) -> None:
    """Compare the history: what was there, then what runs appended."""
    known = part.value if part.whole else []
    item = case.world.profile.item
    for index, before in () if same(known, shown[: len(known)]) else enumerate(known):
        now = shown[index] if index < len(shown) else MISSING
        if now is MISSING or not same_item(before, now, item):
            _blame_history(case, part, f"history/{index}", before, now, _order(case, known, shown))
            return
    new = shown[len(known) :]
    # What the answer of a write showed may hold already what runs before it appended.
    told = _appended(case, part, shown if part.echo else new, shown)
    allowed = any(write.accepted and (write.speaks or write.may_change) for write in part.writes)
    if new and part.whole and not allowed and not told:
        _blame_history(case, part, "history", MISSING, new)


def _order(case: Case, known: list[Json], shown: list[Json]) -> str:
    """What the profile may have to say, where all items are there, the earlier ones after the later."""
    item, binding = case.world.profile.item, case.step.binding
    # What was shown newest first before is known in that order, unless runs told it as they went.
    ends = (shown[len(shown) - len(known) :], shown[::-1][: len(known)])
    turned = any(all(map(same_item, known, each, repeat(item))) for each in ends)
    if not turned or len(known) > len(shown) or len(shown) < 2 or binding is None or binding.role is not Role.HISTORY:
        return ""
    says = binding.order is Order.NEWEST
    return f'the order is turned round: is order = "newest" {"wrong" if says else "missing"} in [history]?'


def _appended(case: Case, part: Part, extra: list[Json], shown: list[Json]) -> bool:
    """Judge the items among which those of runs should stand, and say whether there was something to tell."""
    runs = [write for write in part.writes if write.accepted and write.speaks]
    if not extra and not runs:
        return False
    held = [texts(each) for each in extra]
    author = foreign_author(case, list(chain.from_iterable(held)))
    if author is not None:
        leaked(case, HISTORY, "history", extra, author)
        return True
    if len(extra) < sum(map(_was_told, runs)):
        got = f"{len(extra)} new items after {len(runs)} runs"
        _add(case, part, Cause.RUN_APPENDS, "at least one new item a run", got, runs[-1].operation)
        return True
    # What an answer showed after the run holds what the run answered, and tells nothing of what was there before.
    if len(runs) == 1 and part.whole and not part.echo and _answers_anew(case, part, runs[0], held):
        _add(case, part, Cause.RUN_ANSWER, "an answer of its own", list(runs[0].items[-4:]), runs[0].operation)
        return True
    return any(_lost(case, part, run, extra, held, shown) for run in runs)


def _was_told(run: Write) -> bool:
    """Whether a run was told anything: one that was not may have nothing to add."""
    return run.said is not MISSING and run.said not in (None, [], {})


def _lost(case: Case, part: Part, run: Write, extra: list[Json], held: Texts, shown: list[Json]) -> bool:
    """Report what a run answered, and what it was told, that does not stand in the history, or more than once."""
    answer = _lost_answer(case, run, shown)
    if answer is not None:
        answered, kept = answer
        _add(case, part, Cause.RUN_ANSWER, answered, kept or extra[-4:], run.operation)
    return not _keeps_message(case, part, run, extra, held) or answer is not None


def _lost_answer(case: Case, run: Write, shown: list[Json]) -> tuple[Json, list[Json]] | None:
    """The first item that a run answered and that does not stand in the history once, and where it stands instead."""
    item = case.world.profile.item
    for answered in run.items:
        partial = item.partial is not None and resolve(answered, item.partial)
        kept = those(answered, shown, item)
        # Without ids two items that say the same are still two.
        if not partial and (not kept or (len(kept) > 1 and item.id is not None)):
            return answered, kept
        several = len(run.items) > 1 and item.id is not None and not partial
        given = those(answered, run.items, item) if several else []
        if sum(same(answered, each) for each in given) > 1:
            return answered, given
    return None


def _answers_anew(case: Case, part: Part, run: Write, held: Texts) -> bool:
    """Whether a run answered only what stood in the history before, while it added a reply to its message."""
    item, text = case.world.profile.item, resolve(run.said, case.world.profile.text)
    if item.id is None or not run.items or not isinstance(text, str) or not distinctive(text):
        return False
    replied = any(text not in each for each in held)
    return replied and all_among(run.items, part.value, item)


def _keeps_message(case: Case, part: Part, run: Write, extra: list[Json], held: Texts) -> bool:
    """Whether what was said to a run stands among new items; an answer that quotes it does not count.

    Only a text that tells who wrote it is looked for: a common word may stand in any item. One that is awkward in
    one way is looked for as well, and that is to blame unless plain messages are lost too.
    """
    item, text = case.world.profile.item, resolve(run.said, case.world.profile.text)
    if item.message is None or not isinstance(text, str) or not text:
        return True
    kinds = every_kind(text)
    if len(kinds) > 1 or not (kinds or distinctive(text)):
        return True
    kept = any(text in each for each in held)
    if not kept:
        answers = [each for answered in run.items for each in those(answered, extra, item)]
        others = (found for each, found in zip(extra, held, strict=True) if each not in answers)
        kept = any(text in each for found in others for each in found)
    if kinds:
        case.awkward |= kinds
    if not kept and kinds:
        doubts = other_writers(part, run.operation) | {run.operation}
        case.changes.append(Change(min(kinds), HISTORY, HISTORY, text, extra[-4:], run.operation, doubts))
    elif not kept:
        _add(case, part, Cause.RUN_MESSAGE, run.said, extra[-4:], run.operation)
    elif twice := _doubles(case, part, run, [each for each, said in zip(extra, held, strict=True) if text in said]):
        _add(case, part, Cause.RUN_MESSAGE, run.said, twice, run.operation)
        return False
    return kept


def _doubles(case: Case, part: Part, run: Write, holding: list[Json]) -> list[Json]:
    """Of the items that hold the message of a run, those that are the same but for their ids and times, if they are
    more than runs that said so put there. An agent that says what it hears has another role, or its answer is
    known."""
    runs = [each for each in part.writes if each.speaks and same(each.said, run.said)]
    if len(holding) <= len(runs):
        return []
    shape = case.world.profile.item
    text = resolve(run.said, case.world.profile.text)
    shown = sum(len(one.items) > 1 and text in texts(one.items[0]) for one in runs)  # the message before the answer
    answered = [each for one in runs for item in one.items for each in those(item, holding, shape)]
    if sum(each not in answered for each in holding) + shown <= len(runs):
        return []
    cores = [core(each, shape) for each in holding]
    for each in cores:
        alike = [other for other, its in zip(holding, cores, strict=True) if same(its, each)]
        told = run.items or (isinstance(each, dict) and len(each) > (shape.message is not None))
        if not told or len(alike) + shown <= len(runs):
            continue
        if len(alike) + shown > len(runs) + sum(other in answered for other in alike):
            return alike
    return []


def _blame_history(case: Case, part: Part, place: str, expected: Json, got: Json, hint: str = "") -> None:
    """Blame a history that lost, changed or gained items on the writes since it was last seen."""
    cause: Cause | None
    accepted = [write for write in part.writes if write.accepted]
    runs = [write for write in accepted if write.speaks]
    enriched = [write for write in accepted if write.role is Role.ENRICH]
    moved = [write for write in accepted if write.role is Role.TRANSITION]
    if runs and expected is not MISSING:
        cause, operation = Cause.RUN_KEEPS, runs[-1].operation
    elif any(write.outcome is Outcome.LOST for write in part.writes):
        return
    elif enriched:
        cause, operation = Cause.ENRICH_HISTORY, enriched[-1].operation
    elif moved:
        cause, operation = Cause.TRANSITION_REST, moved[-1].operation
    else:
        found = blame_others(case, part)
        if found[0] is None:
            return
        cause, operation = found[0], found[1] or ""
    others = other_writers(part, operation) | doubts(case, part, cause, operation)
    case.changes.append(Change(cause, HISTORY, place, expected, got, operation or None, others, hint))


def _add(case: Case, part: Part, cause: Cause, expected: Json, got: Json, operation: str) -> None:
    others = other_writers(part, operation)
    case.changes.append(Change(cause, HISTORY, HISTORY, expected, got, operation, others))
