"""What a client sends is what the API has, and it names sessions that are there."""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from conformance.catalogue import HELD, Known, Level, Observation, Subject, invariant
from conformance.exchange import Request
from conformance.features.names import demands_credentials, names_sessions_twice
from conformance.features.statuses import runs_need_sessions
from conformance.naming import NOTHING
from conformance.profile import ROLES, RUNS, Profile, Role
from conformance.session import Status
from conformance.step import Step

_CLIENT: Final = Subject.CLIENT


def _holds(holds: bool, step: Step, expected: str, got: str, kind: str) -> Observation:
    """Held, or broken by what was sent. Where the spec has no operation, the method and path stand for it."""
    request = step.exchange.request
    path = re.sub(r"(?<=/)(?=[^/]*[0-9])[^/]{8,}", "…", request.path)  # ids would make each call a bug of its own
    operation = None if step.operation else f"{request.method} {path}"
    return HELD if holds else Observation(False, expected, got, kind, operation)


def _sent(step: Step) -> str:
    """What was sent, in a few words."""
    request = step.exchange.request
    body = request.body[:200].decode("utf-8", "ignore" if len(request.body) > 200 else "replace")
    if "\0" in body or "\ufffd" in body:
        return f"{request.method} {request.path} with {len(request.body):,} bytes that are no text"
    return f"{request.method} {request.path} {body}{'…' if len(request.body) > 200 else ''}".strip()


@invariant(Level.MUST, on=ROLES, subject=_CLIENT, anything=True)
def request_is_in_the_spec(known: Known, step: Step) -> Observation | None:
    """Every request of a client MUST be one that the API has.

    A method that the API never had fails in every call, and is often swallowed on the way back.
    """
    return _holds(step.operation is not None, step, "a method and a path that the spec has", _sent(step), "unknown")


@invariant(Level.MUST, on=ROLES, subject=_CLIENT, anything=True, form=True, source="OpenAPI 3.1.1, section 4.8.10")
def request_conforms(known: Known, step: Step) -> Observation | None:
    """Every request of a client MUST conform to the spec: its parameters and its body.

    What a lenient server forgives, the next version refuses.
    """
    if step.operation is None:
        return None
    return _holds(
        step.invalid is None, step, f"a request that conforms ({step.invalid})", _sent(step), step.invalid or ""
    )


@invariant(Level.MUST, on=ROLES, subject=_CLIENT)
def session_is_named_by_an_id(known: Known, step: Step) -> Observation | None:
    """A client MUST NOT name a session, or its owner, by a word that stands for nothing: None, null, undefined.

    All who have no session meet in the one that is called None.
    """
    named = [each for each in (step.session, *(step.owner or ())) if each is not None]
    word = next((each for each in named if each in NOTHING), None)
    if word is None:
        return HELD if named else None
    # What becomes a text in one place is one mistake in whichever request it is seen.
    return Observation(False, "the id of a session, or none", _sent(step), "a word for nothing", f"the name {word}")


def _names_what_was_created(known: Known, step: Step) -> Observation | None:
    """Judge a write: broken if its session was never created."""
    if known.key is None or known.status is Status.GONE:
        return None
    if known.status is Status.ABSENT and not (step.binding and step.binding.creates):
        return _holds(False, step, "a session that was created before", _sent(step), "never created")
    return HELD


@invariant(Level.MUST, on=RUNS, subject=_CLIENT, applies=runs_need_sessions)
def session_is_created_before_it_is_run(known: Known, step: Step) -> Observation | None:
    """A client MUST create a session before it runs it.

    The server answers that there is no such session, and what the user said is lost.
    """
    return _names_what_was_created(known, step)


@invariant(Level.MUST, on=(Role.ENRICH, Role.TRANSITION), subject=_CLIENT)
def session_is_created_before_it_is_written_to(known: Known, step: Step) -> Observation | None:
    """A client MUST enrich, or change the status of, a session that was created.

    Metadata that goes nowhere is missed only when somebody looks for it.
    """
    return _names_what_was_created(known, step)


@invariant(Level.MUST, on=(*RUNS, Role.ENRICH, Role.TRANSITION), subject=_CLIENT, needs={Role.DELETE})
def deleted_session_is_not_used(known: Known, step: Step) -> Observation | None:
    """A client MUST NOT write to a session after its delete was accepted.

    It holds on to an id that means nothing any more, or means something else by now.
    """
    if known.status is Status.ABSENT or known.key is None:
        return None
    return _holds(known.status is not Status.GONE, step, "no use of a deleted session", _sent(step), "after delete")


@invariant(Level.MUST, on=ROLES, subject=_CLIENT, applies=names_sessions_twice)
def request_names_one_session(known: Known, step: Step) -> Observation | None:
    """A request that names its session in several places MUST name the same one in each.

    An id that is decided twice routes the call to one session, and stores what it did in another.
    """
    if step.session is None:
        return None
    got = f"{step.session!r} in one place and {step.split!r} in another"
    return _holds(step.split is None, step, "one session in every place", got, "two sessions")


@invariant(Level.MUST, on=ROLES, subject=_CLIENT, anything=True, applies=demands_credentials)
def credentials_are_sent(known: Known, step: Step) -> Observation | None:
    """Every request of a client MUST carry the credentials that it was given.

    One call that forgets them fails alone, and is taken for a fault of the server.
    """
    if step.operation is None:
        return None
    got = f"{step.exchange.request.method} {step.exchange.request.path} with none, or with wrong ones"
    return _holds(not step.unauthorized, step, "the credentials that the client was given", got, "missing or wrong")


def _sends_a_header(profile: Profile) -> bool:
    """Whether credentials belong in a header."""
    return demands_credentials(profile) and profile.credentials.place == "header"


@invariant(
    Level.MUST, on=ROLES, subject=_CLIENT, anything=True, source="RFC 6750, section 5.3", applies=_sends_a_header
)
def no_credentials_in_the_url(known: Known, step: Step) -> Observation | None:
    """A client MUST NOT put its credentials into the URL of a request.

    URLs stand in logs, in histories and in the Referer of the next request.
    """
    credentials = known.world.profile.credentials
    secrets = {word for value in (*credentials.identities(), *credentials.further) for word in value.split()[-1:]}
    where = _place_in_url(step.exchange.request, {each for each in secrets if len(each) >= 4})
    if where is None:
        return HELD
    asked = step.operation.id if step.operation else step.exchange.request.method
    # A client writes its URLs in one place, so it is one mistake in whichever of them it is seen.
    got = f"a URL that holds them in {where}, as that of {asked} does"
    return Observation(False, "no credentials in the URL", got, "in the URL", where)


def _place_in_url(request: Request, secrets: Collection[str]) -> str | None:
    """In which part of a request's URL one of these texts stands; None if none does."""
    if not any(each in unquote_plus(request.target) for each in secrets):
        return None
    parameters = parse_qsl(request.query, keep_blank_values=True)
    found = next((name for name, value in parameters if any(each in value for each in secrets)), None)
    if found is not None:
        return f"the query parameter {found}"
    return "the path" if any(each in unquote_plus(request.path) for each in secrets) else "the query"
