"""Do an API that keeps sessions, and the programs that call it, keep their promises?

A *profile* says how one API maps on the life of a session. *Flows* are generated from it and sent over a *transport*
to a live server, an ASGI application or a *fake*. Each request and its answer is an *exchange*; read through the
profile it is a *step*. The *judge* keeps a *world* of what is known of every session, lets each *invariant* of the
catalogue look at each step, and keeps the tally. What is broken is shrunk to its shortest *flow*, and becomes a
*finding* in the *report*.

    from conformance import load, run

    report = run(load("adk"), target="http://127.0.0.1:8000")
    assert report.verdict == "conforms", report.findings
"""

from conformance.catalogue import Invariant, Level, Observation, catalogue
from conformance.check import check
from conformance.errors import ConformanceError, InputError, ProfileError, SpecError, TargetError
from conformance.exchange import Exchange, Request, Response
from conformance.explore.actions import Action, Flow, Wrongness
from conformance.explore.explorer import Budget
from conformance.explore.flows import flows
from conformance.judge import Judge, Signature, Violation
from conformance.kills import matrix
from conformance.profile import Profile, Role
from conformance.profile_file import built_in, load
from conformance.replay import replay
from conformance.reports import Finding, InvariantOutcome, Report, Verdict
from conformance.run import run, walk
from conformance.transports import Limits
from conformance.version import VERSION

__version__ = VERSION

__all__ = [
    "Action",
    "Budget",
    "ConformanceError",
    "Exchange",
    "Finding",
    "Flow",
    "InputError",
    "Invariant",
    "InvariantOutcome",
    "Judge",
    "Level",
    "Limits",
    "Observation",
    "Profile",
    "ProfileError",
    "Report",
    "Request",
    "Response",
    "Role",
    "Signature",
    "SpecError",
    "TargetError",
    "Verdict",
    "Violation",
    "Wrongness",
    "built_in",
    "catalogue",
    "check",
    "flows",
    "load",
    "matrix",
    "replay",
    "run",
    "walk",
]
