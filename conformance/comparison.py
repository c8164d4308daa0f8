"""Where does a view differ from what is known of the session, and which write is to blame for it?"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain, repeat

from conformance.calls import Call, Key
from conformance.causes import Cause, Change, refused
from conformance.differences import all_among, core, differences, kinds_at_odds, same_item, those
from conformance.expressions import MISSING, Json, resolve
from conformance.features import chooses_ids
from conformance.model import World
from conformance.profile import HISTORY, RUNS, Order, Role
from conformance.session import Part, Session, Write, distinctive
from conformance.step import Outcome, Snapshot, Step
from conformance.values import Awkward, awkwardness, every_kind, same, texts, traits

_BY_OTHERS = frozenset({Cause.ELSEWHERE, Cause.FOREIGN, Cause.DELETE_ELSEWHERE})
Texts = list[list[str]]
"""The strings in each of some items."""
_WROTE = {Role.CREATE: Cause.CREATE, Role.TRANSITION: Cause.TRANSITION}


class Comparison:
    """Compares one session with one view of it."""

    def __init__(
        self,
        world: World,
        step: Step,
        session: Session,
        changes: list[Change],
        looked: set[Cause],
        awkward: set[Awkward],
    ) -> None:
        self._world = world
        self._step = step
        self._key: Key = world.key(session.owner, session.id)
        self._session = session
        self._unstored = world.profile.session.unstored
        self._changes = changes
        self._looked = looked
        self._awkward = awkward
        self._listed = step.role is Role.LIST and Role.READ in world.profile.roles
        self._echo = not step.reads

    def compare(self, view: Snapshot) -> None:
        """Compare each part that the view shows."""
        for name, shown in view.parts.items():
            part = self._session.parts.get(name)
            if part is None:
                continue
            if self._listed:
                self._compare_listed(name, part, shown)
                continue
            found = len(self._changes)
            if name == HISTORY:
                if isinstance(shown, list):
                    self._history(part, shown)
            else:
                self._attributes(name, part, shown)
            if not self._session.certain:
                self._changes[found:] = [change for change in self._changes[found:] if self._is_sure(change)]
            if len(self._changes) == found:
                self._note_looked(name, part)

    def _is_sure(self, change: Change) -> bool:
        """Whether a difference tells something although a failed or lost call left open what is there.

        An answer must show what its own call wrote. A read settles all: only an answered failure can be blamed then;
        and if the creation was seen, and so every write since, whoever wrote what nobody wrote here.
        """
        if self._echo:
            return change.cause not in _RESTS
        return change.cause is Cause.FAILED or (change.cause is Cause.LEAK and self._session.born > 0)

    def _compare_listed(self, name: str, part: Part, shown: Json) -> None:
        """A list must agree with the last read, if nothing was written since then."""
        if not part.whole or part.writes or self._world.calls.last_elsewhere(self._key, part.moment):
            return
        if same(part.value, shown):
            self._looked.add(Cause.LIST)
        elif awkwardness(part.value) is None:
            self._changes.append(Change(Cause.LIST, name, name, part.value, shown, None))

    # --- attributes -----------------------------------------------------------------------------------------------

    def _attributes(self, name: str, part: Part, shown: Json) -> None:
        """Compare an attribute group, key by key; if plain members differ, others do not for being awkward."""
        if same(part.value, shown):
            return
        found: list[Change] = []
        # Of a group that is a single value nothing is known before it was written or seen.
        unknown = not part.whole and part.value == {} and not isinstance(shown, dict)
        differing = list(differences(MISSING if unknown else part.value, shown))
        if not differing:
            return
        gone = {key for key, _, got in differing if key is not None and got is MISSING}
        wholly = self._lost_wholly(part, gone, shown)
        said = [texts(got) for *_, got in differing]
        authors = (
            [self._foreign_author(each) for each in said] if self._world.calls.knows_any(said) else [None] * len(said)
        )
        leaks = [author for author in authors if author is not None]
        for (key, expected, got), author in zip(differing, authors, strict=True):
            place = name if key is None else f"{name}/{key}"
            if key is not None and key.startswith(self._unstored):
                if got is MISSING:
                    continue  # it was kept before, which was told, and is now gone as it should be
                sender = next((write.operation for write in reversed(part.writes) if write.dropped), None)
                self._changes.append(Change(Cause.UNSTORED, name, place, MISSING, got, sender))
                continue
            if not part.whole and expected is MISSING:
                if author is not None:
                    self._leaked(name, place, got, author)
                elif part.replaced.get(key or "", MISSING) == got:
                    self._brings_back(name, place, part, got)
                continue
            leak = author or self._sent_elsewhere(name, part, key, expected, got, leaks)
            cause, operation = self._leak(leak) if leak else self._blame(part, key, expected, got, key in wholly)
            if cause is not None:
                # What loses plain values as well loses awkward ones, but not for being awkward.
                same_operation = frozenset({operation or ""}) if isinstance(cause, Awkward) else frozenset()
                others = _others(part, operation) | same_operation | self._doubts(part, cause, operation)
                found.append(Change(cause, name, place, expected, got, operation, others))

        self._awkward |= {change.cause for change in found if isinstance(change.cause, Awkward)}
        awkward = [change for change in found if isinstance(change.cause, Awkward) or change.cause is Cause.UNTOLD]
        plain = [change for change in found if change not in awkward]
        lost = [change for change in plain if change.expected is not MISSING]
        self._changes.extend(plain if lost or not awkward else awkward)

    def _lost_wholly(self, part: Part, lost: set[str], shown: Json) -> set[str]:
        """The members that were lost with all else that one write sent, and not for being awkward: nothing awkward is
        in all of them, but for what this API was seen to keep."""
        found: set[str] = set()
        later: set[str] = set()
        for write in reversed(part.writes) if lost else ():
            if not write.accepted or not isinstance(write.sent, dict):
                continue
            own = {key: value for key, value in write.sent.items() if key not in later and value is not None}
            later |= own.keys()
            if own and own.keys() <= lost:
                suspects = frozenset.intersection(*(traits({key: value}) for key, value in own.items()))
                if suspects <= self._world.kept or suspects <= self._world.kept | traits(shown):
                    found |= own.keys()
        return found

    def _brings_back(self, name: str, place: str, part: Part, got: Json) -> None:
        """Blame a run that may rewrite attributes for a value which an enrichment had replaced: no agent knows it."""
        run = _rewriter(part)
        if run is not None:
            change = Change(
                Cause.RUN_BRINGS_BACK, name, place, MISSING, got, run.operation, _others(part, run.operation)
            )
            self._changes.append(change)

    def _leaked(self, part: str, place: str, got: Json, author: Call) -> None:
        """Report a value that was written to another session, and only there."""
        cause, operation = self._leak(author)
        self._changes.append(Change(cause, part, place, MISSING, got, operation))

    def _leak(self, author: Call) -> tuple[Cause, str]:
        """The cause that stands for a value of another session, of another owner's of the same id, or of an earlier
        one. Where nobody chooses ids, an earlier one of the same id is simply another."""
        if author.key == self._key:
            return (Cause.RECREATED if chooses_ids(self._world.profile) else Cause.LEAK), author.operation
        return (Cause.FOREIGN if author.key[1] == self._key[1] else Cause.LEAK), author.operation

    def _foreign_author(self, said: Collection[str]) -> Call | None:
        """The write to another session that sent a string which is seen here, and which was never sent to this one."""
        born = self._session.born if self._world.recreated(self._key) else 0
        for text, author in self._world.authors(said, self._key, born):
            if text not in self._sent_texts():
                return author
        return None

    def _sent_elsewhere(
        self, name: str, part: Part, key: str | None, expected: Json, got: Json, leaks: list[Call]
    ) -> Call | None:
        """The write to another session that sent a value as it is seen here, though many may send its like: one whose
        own strings leaked with it, or else any since the part was last seen, if here nobody ever wrote such a key."""
        if key is None:
            return None
        calls: Iterable[Call] = leaks
        wrote = any(write.replaces or resolve(write.sent, (key,)) is not MISSING for write in part.writes)
        if expected is MISSING and not wrote and not self._world.recreated(self._key):
            calls = chain(leaks, self._world.calls.elsewhere(self._key, part.moment))
        for call in calls:
            sent = resolve(call.sent.get(name, MISSING), (key,))
            if sent is not MISSING and same(sent, got):
                return call
        return None

    def _sent_texts(self) -> set[str]:
        """The strings that the step itself carried."""
        return {text for value in (*self._step.sent.values(), self._step.message) for text in texts(value)}

    def _blame(
        self, part: Part, key: str | None, expected: Json, got: Json, lost: bool = False
    ) -> tuple[Cause | Awkward | None, str | None]:
        """The cause of one difference in an attribute group, and the operation that is to blame. `lost`: it was lost,
        and not for being awkward."""
        value = got if expected is MISSING else expected
        found = frozenset() if lost else kinds_at_odds(expected, got)
        if not found and awkwardness(value) is Awkward.NULL:
            return None, None  # APIs differ in what they make of nulls
        if key is None:
            found -= {Awkward.EMPTY}  # a whole group that is empty is plain
        elif not lost and (expected is MISSING or got is MISSING):
            found |= every_kind({key: 0})
        if found:
            if len(found) > 1:
                return Cause.UNTOLD, None  # which of them was too much
            kind = next(iter(found))
            return kind, _sender(part, key, kind)
        for write in reversed(part.writes):
            sent = write.sent if key is None else resolve(write.sent, (key,))
            if sent is MISSING and not (write.replaces and write.accepted):
                continue
            if write.outcome in (Outcome.LOST, Outcome.ODD):
                return None, None
            if write.repeats:
                return Cause.REPEATED, write.operation
            if write.implied:
                continue  # it said nothing of its own, so whatever came after it is to blame first
            if write.accepted and write.role is Role.CREATE and (taken := _refused_since(part, write)):
                return refused(taken), taken.operation
            if write.accepted:
                return _WROTE.get(write.role, Cause.ENRICH), write.operation
            if same(sent, got):
                return refused(write), write.operation
        for write in reversed(part.writes):
            if write.accepted and write.role in RUNS and not write.may_change:
                return Cause.RUN_ATTRIBUTES, write.operation
        for role, cause in ((Role.ENRICH, Cause.ENRICH_REST), (Role.TRANSITION, Cause.TRANSITION_REST)):
            for write in reversed(part.writes):
                if write.accepted and write.role is role and not write.may_change:
                    return cause, write.operation
        implied = next((write.operation for write in part.writes if write.implied and write.accepted), None)
        return self._blame_others(part) if implied is None else (Cause.CREATE, implied)

    def _blame_others(self, part: Part) -> tuple[Cause | None, str | None]:
        """The cause when no accepted write to this part explains a difference; but a create may have found it."""
        again = next((write for write in reversed(part.writes) if self._found(write)), None)
        if again is not None:
            return Cause.DUPLICATE, again.operation
        settled = [write for write in part.writes if not write.accepted]
        for write in reversed(settled):
            if write.outcome is Outcome.REFUSED:
                return refused(write), write.operation
        if settled:
            failed = all(write.outcome is Outcome.FAILED for write in settled)
            return (Cause.FAILED, settled[-1].operation) if failed else (None, None)
        call = self._world.calls.last_elsewhere(self._key, part.moment)
        if call is not None:
            if call.key[1] == self._key[1]:
                return Cause.FOREIGN, call.operation
            deleted = call.role is Role.DELETE and call.outcome is Outcome.ACCEPTED
            return (Cause.DELETE_ELSEWHERE if deleted else Cause.ELSEWHERE), call.operation
        if self._echo:
            return Cause.CREATE, None
        if self._session.late:
            return None, None
        return (Cause.ECHO if part.echo else Cause.READ), None

    def _found(self, write: Write) -> bool:
        """Whether a write is an accepted create of the session that was there already."""
        return write.role is Role.CREATE and write.accepted and write.moment > self._session.born

    def _doubts(self, part: Part, cause: Cause | Awkward, blamed: str | None) -> frozenset[str]:
        """The operations of the other writes to other sessions, where one of these is blamed."""
        if cause not in _BY_OTHERS:
            return frozenset()
        calls = self._world.calls.elsewhere(self._key, part.moment)
        return frozenset(call.operation for call in calls) - {blamed or ""}

    # --- history --------------------------------------------------------------------------------------------------

    def _history(self, part: Part, shown: list[Json]) -> None:
        """Compare the history: what was there, then what runs appended."""
        known = part.value if part.whole else []
        item = self._world.profile.item
        for index, before in () if same(known, shown[: len(known)]) else enumerate(known):
            now = shown[index] if index < len(shown) else MISSING
            if now is MISSING or not same_item(before, now, item):
                self._blame_history(part, f"history/{index}", before, now, self._order(known, shown))
                return
        new = shown[len(known) :]
        # What the answer of a write showed may hold already what runs before it appended.
        told = self._appended(part, shown if part.echo else new, shown)
        allowed = any(write.accepted and (write.role in RUNS or write.may_change) for write in part.writes)
        if new and part.whole and not allowed and not told:
            self._blame_history(part, "history", MISSING, new)

    def _order(self, known: list[Json], shown: list[Json]) -> str:
        """What the profile may have to say, where all items are there, the earlier ones after the later."""
        item, binding = self._world.profile.item, self._step.binding
        # What was shown newest first before is known in that order, unless runs told it as they went.
        ends = (shown[len(shown) - len(known) :], shown[::-1][: len(known)])
        turned = any(all(map(same_item, known, each, repeat(item))) for each in ends)
        if (
            not turned
            or len(known) > len(shown)
            or len(shown) < 2
            or binding is None
            or binding.role is not Role.HISTORY
        ):
            return ""
        says = binding.order is Order.NEWEST
        return f'the order is turned round: is order = "newest" {"wrong" if says else "missing"} in [history]?'

    def _appended(self, part: Part, extra: list[Json], shown: list[Json]) -> bool:
        """Judge the items among which those of runs should stand, and say whether there was something to tell."""
        runs = [write for write in part.writes if write.accepted and write.role in RUNS]
        if not extra and not runs:
            return False
        held = [texts(each) for each in extra]
        author = self._foreign_author(list(chain.from_iterable(held)))
        if author is not None:
            self._leaked(HISTORY, "history", extra, author)
            return True
        if len(extra) < len(runs):
            got = f"{len(extra)} new items after {len(runs)} runs"
            self._add(part, Cause.RUN_APPENDS, "at least one new item a run", got, runs[-1].operation)
            return True
        if len(runs) == 1 and part.whole and self._answers_anew(part, runs[0], held):
            self._add(part, Cause.RUN_ANSWER, "an answer of its own", list(runs[0].items[-4:]), runs[0].operation)
            return True
        return any(self._lost(part, run, extra, held, shown) for run in runs)

    def _lost(self, part: Part, run: Write, extra: list[Json], held: Texts, shown: list[Json]) -> bool:
        """Report what a run answered, or was told, and what does not stand in the history, or more than once."""
        item = self._world.profile.item
        for answered in run.items:
            partial = item.partial is not None and resolve(answered, item.partial)
            kept = those(answered, shown, item)
            # Without ids two items that say the same are still two.
            if not partial and (not kept or (len(kept) > 1 and item.id is not None)):
                self._add(part, Cause.RUN_ANSWER, answered, kept or extra[-4:], run.operation)
                return True
        return not self._keeps_message(part, run, extra, held)

    def _answers_anew(self, part: Part, run: Write, held: Texts) -> bool:
        """Whether a run answered only what stood in the history before, while it added a reply to its message."""
        item, text = self._world.profile.item, resolve(run.said, self._world.profile.text)
        if item.id is None or not run.items or not isinstance(text, str) or not distinctive(text):
            return False
        replied = any(text not in each for each in held)
        return replied and all_among(run.items, part.value, item)

    def _keeps_message(self, part: Part, run: Write, extra: list[Json], held: Texts) -> bool:
        """Whether what was said to a run stands among new items; an answer that quotes it does not count.

        Only a text that tells who wrote it is looked for: a common word may stand in any item. One that is awkward in
        one way is looked for as well, and that is to blame unless plain messages are lost too.
        """
        item, text = self._world.profile.item, resolve(run.said, self._world.profile.text)
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
            self._awkward |= kinds
        if not kept and kinds:
            doubts = _others(part, run.operation) | {run.operation}
            self._changes.append(Change(min(kinds), HISTORY, HISTORY, text, extra[-4:], run.operation, doubts))
        elif not kept:
            self._add(part, Cause.RUN_MESSAGE, run.said, extra[-4:], run.operation)
        elif twice := self._doubles(part, run, [each for each, said in zip(extra, held, strict=True) if text in said]):
            self._add(part, Cause.RUN_MESSAGE, run.said, twice, run.operation)
            return False
        return kept

    def _doubles(self, part: Part, run: Write, holding: list[Json]) -> list[Json]:
        """Of the items that hold the message of a run, those that are the same but for their ids and times, if they are
        more than runs that said so put there. An agent that says what it hears has another role, or its answer is
        known."""
        runs = [each for each in part.writes if each.role in RUNS and same(each.said, run.said)]
        if len(holding) <= len(runs):
            return []
        shape = self._world.profile.item
        text = resolve(run.said, self._world.profile.text)
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

    def _blame_history(self, part: Part, place: str, expected: Json, got: Json, hint: str = "") -> None:
        """Blame a history that lost, changed or gained items on the writes since it was last seen."""
        cause: Cause | None
        accepted = [write for write in part.writes if write.accepted]
        runs = [write for write in accepted if write.role in RUNS]
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
            found = self._blame_others(part)
            if found[0] is None:
                return
            cause, operation = found[0], found[1] or ""
        others = _others(part, operation) | self._doubts(part, cause, operation)
        self._changes.append(Change(cause, HISTORY, place, expected, got, operation or None, others, hint))

    def _add(self, part: Part, cause: Cause, expected: Json, got: Json, operation: str) -> None:
        others = _others(part, operation)
        self._changes.append(Change(cause, HISTORY, HISTORY, expected, got, operation, others))

    # --- what was put to the test -----------------------------------------------------------------------------------

    def _note_looked(self, name: str, part: Part) -> None:
        """Note every cause that this part, being as expected, speaks for."""
        looked = self._looked
        for write in part.writes:
            if write.dropped and name != HISTORY:
                looked.add(Cause.UNSTORED)
            if not write.accepted:
                if write.outcome is Outcome.REFUSED:
                    looked.add(refused(write))
                elif write.outcome is Outcome.FAILED:
                    looked.add(Cause.FAILED)
            elif write.role in RUNS:
                wrote = name != HISTORY and write.sent is not MISSING
                looked.update(_RUN_HISTORY if name == HISTORY else () if write.may_change else _RUN_ATTRIBUTES)
                looked.update((Cause.ENRICH,) if wrote else ())
                if part.replaced and _rewriter(part) is not None:
                    looked.add(Cause.RUN_BRINGS_BACK)
            elif write.role is Role.ENRICH:
                looked.update(_ENRICH_HISTORY if name == HISTORY and (part.value or not write.may_change) else ())
                if name != HISTORY and write.sent is MISSING and part.value and not write.may_change:
                    looked.add(Cause.ENRICH_REST)
                if name != HISTORY and write.sent is not MISSING:
                    looked.add(Cause.REPEATED if write.repeats else Cause.ENRICH)
                    self._awkward |= write.awkward
                    both = isinstance(part.value, dict) and isinstance(write.sent, dict)
                    if both and part.value.keys() - write.sent.keys():
                        looked.add(Cause.ENRICH_REST)
            elif write.role is Role.TRANSITION:
                looked.add(Cause.TRANSITION_REST if write.sent is MISSING else Cause.TRANSITION)
            elif self._found(write) and (name == HISTORY or write.sent is MISSING):
                looked.update((Cause.DUPLICATE,) if part.value else ())
            elif write.role is Role.CREATE and name != HISTORY and write.sent:
                looked.add(Cause.CREATE)
                self._awkward |= write.awkward
        if self._echo:
            return
        if part.echo:
            looked.add(Cause.ECHO)
        if self._session.born and self._world.recreated(self._key):
            looked.add(Cause.RECREATED)
        if not part.writes and part.whole:
            looked.add(Cause.READ)
        call = self._world.calls.last_elsewhere(self._key, part.moment)
        if call is not None:
            looked.update(_FOREIGN if call.key[1] == self._key[1] else _ELSEWHERE)
            if call.role is Role.DELETE:
                looked.add(Cause.DELETE_ELSEWHERE)


_RUN_HISTORY = frozenset({Cause.RUN_APPENDS, Cause.RUN_ANSWER, Cause.RUN_MESSAGE, Cause.RUN_KEEPS})
_RUN_ATTRIBUTES = frozenset({Cause.RUN_ATTRIBUTES})
_ENRICH_HISTORY = frozenset({Cause.ENRICH_HISTORY})
_RESTS = frozenset({Cause.ENRICH_REST, Cause.ENRICH_HISTORY, Cause.TRANSITION_REST, *_RUN_HISTORY, *_RUN_ATTRIBUTES})
"""What a call did beside what it was asked to do."""
_ELSEWHERE = frozenset({Cause.ELSEWHERE, Cause.LEAK})
_FOREIGN = frozenset({Cause.FOREIGN, Cause.LEAK})


def _rewriter(part: Part) -> Write | None:
    """The last run that may have rewritten attributes; None as well where an enrichment was not seen before it, since
    that may have been lost."""
    if any(write.accepted and write.role is Role.ENRICH for write in part.writes):
        return None
    runs = (write for write in reversed(part.writes) if write.accepted and write.role in RUNS and write.may_change)
    return next(runs, None)


def _sender(part: Part, key: str | None, kind: Awkward) -> str | None:
    """The operation that sent an awkward value: the last one accepted with that very member, or else with its like."""
    writes = [write for write in reversed(part.writes) if kind in write.awkward]
    for write in writes:
        if write.accepted and resolve(write.sent, () if key is None else (key,)) is not MISSING:
            return write.operation
    return writes[0].operation if writes else None


def _refused_since(part: Part, creation: Write) -> Write | None:
    """The last create that was refused because the session was there already, or that found it."""
    later = (each for each in reversed(part.writes) if each.role is Role.CREATE and each.moment > creation.moment)
    return next((each for each in later if each.outcome in (Outcome.REFUSED, Outcome.ACCEPTED)), None)


def _others(part: Part, blamed: str | None) -> frozenset[str]:
    """The operations of the other writes since a part was last seen; its creation aside, which all of them follow."""
    return frozenset(write.operation for write in part.writes if write.role is not Role.CREATE) - {blamed or ""}
