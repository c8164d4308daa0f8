"""What goes into a report? The row of each invariant, the calls of a flow, and the secrets that are to be hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.judge import Judge, Tally
from conformance.profile import Credentials, Profile, Returns, Role
from conformance.reports import Finding, FlowCall, InvariantOutcome, Row
from conformance.step import Step
from conformance.writings import credentials_in


def rows_of(profile: Profile, judge: Judge, findings: Sequence[Finding]) -> Iterator[Row]:
    """One row for each invariant that the judge knows."""
    unknown = {finding.signature.invariant for finding in findings if not finding.known}
    for each in judge.invariants:
        tally = judge.tally.get(each.id, Tally())
        if not each.applicable(profile):
            outcome = InvariantOutcome.NOT_APPLICABLE
        elif tally.violations:
            outcome = InvariantOutcome.BROKEN if each.id in unknown else InvariantOutcome.KNOWN
        else:
            outcome = InvariantOutcome.HELD if tally.observations else InvariantOutcome.UNTESTED
        source = profile.sources.get(each.id, each.source)
        yield Row(each.id, each.title, each.level, source, outcome, tally.observations, tally.violations)


def flow_call(profile: Profile, step: Step) -> FlowCall:
    """A call of a finding's flow."""
    binding = step.binding
    creates: tuple[str, ...] = ()
    if binding is not None and binding.role is Role.CREATE:
        inner = profile.session.id if binding.returns is Returns.SESSION else ()
        creates = (*binding.at, *inner) if inner is not None and binding.returns is not Returns.NOTHING else ()
    chosen = step.session is not None and step.session == step.created
    return FlowCall(str(step.role or "call"), step.exchange, step.created, creates, chosen)


def secrets_of(credentials: Credentials) -> dict[str, str]:
    """The templates of all secrets by their values: the whole of the credentials, and each variable in them; what a
    variable holds behind a scheme, as in `Bearer abc`, is a secret by itself."""
    wholes = [each for each in (credentials.template, credentials.second) if each is not None]
    templates = (*(f"${{{name}}}" for name in credentials.variables()), *wholes)
    values = {template: replace(credentials, template=template).value() for template in templates}
    found = {value: template for template, value in values.items() if value is not None}
    parts = {part: template for value, template in found.items() for part in credentials_in(value)}
    return {**parts, **found}
