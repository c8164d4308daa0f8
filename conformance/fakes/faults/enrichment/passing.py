"""Attributes that are kept although they are not to be."""

from __future__ import annotations

from conformance import records
from conformance.exchange import Response
from conformance.expressions import resolve
from conformance.fakes.faults import fault
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features.attributes import keeps_nothing_of_some
from conformance.invariants import enrichment
from conformance.step import Step


@fault(enrichment.unstored_attributes_are_not_kept, applies=keeps_nothing_of_some)
class KeepsWhatIsPassing(Server):
    """Stores attributes that are not to be kept."""

    def create(self, step: Step) -> Response:
        return super().create(self._whole(step))

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(self._whole(step), session)

    def _whole(self, step: Step) -> Step:
        """The step with all that was sent."""
        assert step.binding is not None
        places = {name: place for name, place in step.binding.attributes.items() if place.place == "body"}
        sent = {name: resolve(step.asked, place.pointer) for name, place in places.items() if name in step.sent}
        return records.replace(step, sent={**step.sent, **sent})
