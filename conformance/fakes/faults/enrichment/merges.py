"""Enrichments that meet what is there in the wrong way, or touch what they should leave alone."""

from __future__ import annotations

import copy

from conformance import records
from conformance.expressions import MISSING, Json
from conformance.fakes.faults import fault
from conformance.fakes.faults.ways import Repeats
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features import both
from conformance.features.attributes import (
    creates_with_attributes,
    leaves_groups_out,
    merges,
    merges_deeply,
    merges_shallowly,
)
from conformance.features.histories import enrichment_adds_no_items, keeps_history
from conformance.invariants import enrichment
from conformance.profile import Merge, Role
from conformance.session import merged
from conformance.step import Step


@fault(enrichment.enrichment_keeps_other_keys, needs={Role.ENRICH}, applies=leaves_groups_out)
class EnrichmentEmptiesTheOtherGroups(Server):
    """Takes a group that an enrichment leaves out for an empty one."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, session)
        if step.role is Role.ENRICH:
            session.attributes = {name: value for name, value in session.attributes.items() if name in step.sent}


@fault(enrichment.enrichment_keeps_other_keys, needs={Role.ENRICH}, applies=merges)
class EnrichmentReplaces(Server):
    """Replaces the attributes by what an enrichment names."""

    def merge(self, step: Step, session: Stored) -> None:
        for name in step.sent:
            session.attributes[name] = {}
        super().merge(step, session)


@fault(enrichment.enrichment_keeps_other_keys, needs={Role.ENRICH}, applies=merges)
class CountsEnrichments(Server):
    """Writes the number of enrichments into the attributes."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, session)
        for name in step.sent:
            value = session.attributes.get(name) or {}
            session.attributes[name] = {**value, "version": value.get("version", 0) + 1}


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=merges)
class EnrichmentFillsOnlyGaps(Server):
    """Keeps the values that are there, and adds only keys that are not."""

    def merge(self, step: Step, session: Stored) -> None:
        before = copy.deepcopy(session.attributes)
        super().merge(step, session)
        for name in step.sent:
            session.attributes[name] = {**session.attributes[name], **(before.get(name) or {})}


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=both(creates_with_attributes, merges))
class EnrichmentAddsNoKeys(Server):
    """Changes only keys that are there, and drops new ones."""

    def merge(self, step: Step, session: Stored) -> None:
        before = copy.deepcopy(session.attributes)
        super().merge(step, session)
        for name in step.sent:
            known = before.get(name) or {}
            session.attributes[name] = {key: item for key, item in session.attributes[name].items() if key in known}


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=merges)
class KeepsTheFirstKeyOfAnEnrichment(Server):
    """Stores the first key that an enrichment names, and no other."""

    def merge(self, step: Step, session: Stored) -> None:
        sent = {name: dict(list(each.items())[:1]) for name, each in step.sent.items() if isinstance(each, dict)}
        super().merge(records.replace(step, sent={**step.sent, **sent}), session)


class _Meets(Server):
    """Lets what is there and what was sent meet in another way, key by key."""

    def met(self, before: Json, sent: Json) -> Json:
        """What becomes of a key that is there and was sent."""
        return sent

    def merge(self, step: Step, session: Stored) -> None:
        before = copy.deepcopy(session.attributes)
        super().merge(step, session)
        for name, sent in step.sent.items():
            known = before.get(name)
            if isinstance(known, dict) and isinstance(sent, dict):
                both = {key: self.met(known[key], item) for key, item in sent.items() if key in known}
                session.attributes[name] = {**session.attributes[name], **both}


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=merges_shallowly)
class MergesDeeply(_Meets):
    """Merges objects within the attributes, where it should replace them."""

    def met(self, before: Json, sent: Json) -> Json:
        return super().met(before, merged(before, sent, Merge.DEEP))


@fault(enrichment.enrichment_reads_back, enrichment.enrichment_keeps_other_keys, applies=merges_deeply)
class MergesShallowly(_Meets):
    """Replaces objects within the attributes, where it should merge them."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, session)
        for name, sent in step.sent.items():
            if isinstance(sent, dict) and isinstance(session.attributes.get(name), dict):
                session.attributes[name] = {**session.attributes[name], **sent}


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=merges)
class MergesArraysByIndex(_Meets):
    """Writes the items of an array over those that are there, and keeps the rest of these."""

    def met(self, before: Json, sent: Json) -> Json:
        both = isinstance(before, list) and isinstance(sent, list)
        return super().met(before, [*sent, *before[len(sent) :]] if both else sent)


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=merges)
class AppendsToArrays(_Meets):
    """Appends the items of an array to those that are there."""

    def met(self, before: Json, sent: Json) -> Json:
        both = isinstance(before, list) and isinstance(sent, list)
        return super().met(before, [*before, *sent] if both else sent)


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=merges)
class AddsToNumbers(_Meets):
    """Adds a number to the one that is there."""

    def met(self, before: Json, sent: Json) -> Json:
        both = type(before) is int and type(sent) is int
        return super().met(before, before + sent if both else sent)


@fault(enrichment.enrichment_reads_back, needs={Role.ENRICH}, applies=merges)
class KeepsTheKindOfAValue(_Meets):
    """Ignores a value that is of another kind than the one that is there."""

    def met(self, before: Json, sent: Json) -> Json:
        return super().met(before, sent if type(before) is type(sent) else before)


@fault(enrichment.repeating_an_enrichment_changes_nothing, needs={Role.ENRICH}, applies=merges)
class RepeatedEnrichmentDoubles(Repeats):
    """Appends to what is there when an enrichment is repeated."""

    def repeated(self, value: dict[str, Json], sent: dict[str, Json]) -> dict[str, Json]:
        return {**value, **{key: [item, item] for key, item in sent.items()}}


@fault(enrichment.repeating_an_enrichment_changes_nothing, needs={Role.ENRICH}, applies=merges)
class RepeatedEnrichmentTakesBack(Repeats):
    """Removes the keys of an enrichment when it is repeated."""

    def repeated(self, value: dict[str, Json], sent: dict[str, Json]) -> dict[str, Json]:
        return {key: item for key, item in value.items() if key not in sent}


@fault(enrichment.enrichment_leaves_history_alone, needs={Role.ENRICH, Role.RUN}, applies=keeps_history)
class EnrichmentClearsTheHistory(Server):
    """Clears the history of a session when it is enriched."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, session)
        session.history = []


@fault(enrichment.enrichment_leaves_history_alone, needs={Role.ENRICH, Role.RUN}, applies=enrichment_adds_no_items)
class EnrichmentIsKeptAsAMessage(Server):
    """Appends a message that tells of an enrichment to the history."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, session)
        session.history = [*session.history, self.render.item(MISSING, self.new_id(), self.clock)]
