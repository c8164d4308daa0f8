"""Whose credentials are these? Told by how they were answered, where the secrets are gone."""

from __future__ import annotations

import pytest

from conformance.exchange import Exchange, Request, Response
from conformance.profile import Credentials
from conformance.recordings.identities import Identities

ONE = Credentials(template="Bearer ${ONE}", required=True)
TWO = Credentials(template="Bearer ${ONE}", second="Bearer ${TWO}", required=True)
IN_QUERY = Credentials(place="query", name="key", template="${ONE}", required=True)


def _read(identities: Identities, value: str | None, status: int = 200) -> str | None:
    """What stands in the header after reading."""
    headers = () if value is None else (("authorization", value),)
    found = identities.read(Exchange(Request("GET", "/", "", headers), Response(status)))
    assert found is not None
    return {name.lower(): text for name, text in found.request.headers}.get("authorization")


def test_templates_and_secrets_are_identities(monkeypatch: pytest.MonkeyPatch) -> None:
    """What we wrote, and what the environment knows."""
    monkeypatch.setenv("ONE", "s1")
    monkeypatch.setenv("TWO", "s2")
    identities = Identities(TWO, ours=True)
    assert _read(identities, "Bearer ${ONE}", 401) == "identity 1"
    assert _read(identities, "Bearer ${TWO}") == "identity 2"
    assert _read(identities, "Bearer s1") == "identity 1"
    assert _read(identities, "Bearer s2") == "identity 2"
    assert _read(identities, "***") == "identity 1"


def test_what_was_accepted_is_an_identity() -> None:
    """In the order in which they come; what was refused, and never accepted, is nobody's."""
    identities = Identities(TWO)
    assert _read(identities, "Bearer no", 401) == "Bearer no"
    assert _read(identities, "Bearer a") == "identity 1"
    assert _read(identities, "Bearer b", 404) == "identity 2"
    assert _read(identities, "Bearer a", 403) == "identity 1"
    third = Exchange(Request("GET", "/", "", (("authorization", "Bearer c"),)), Response(200))
    assert identities.read(third) is None


def test_one_identity_may_have_many_tokens() -> None:
    """Tokens are refreshed; where there are no two identities, all are the same."""
    identities = Identities(ONE)
    assert [_read(identities, f"Bearer {each}") for each in "abc"] == ["identity 1"] * 3


def test_tokens_expire_and_masks_look_alike() -> None:
    """What was accepted before, and is answered 401, is nobody's any more; in our own recordings it is a surprise."""
    each = Identities(ONE)
    assert (_read(each, "REDACTED"), _read(each, "REDACTED", 401)) == ("identity 1", "REDACTED")
    ours = Identities(ONE, ours=True)
    assert (_read(ours, "Bearer ${ONE}"), _read(ours, "Bearer ${ONE}", 401)) == ("identity 1", "identity 1")


def test_wrong_and_missing_credentials_stay_so() -> None:
    """They are what has to be refused."""
    identities = Identities(ONE, ours=True)
    assert _read(identities, "Bearer no-such-secret") == "Bearer no-such-secret"
    assert _read(identities, None) is None


def test_a_recording_may_have_lost_all_credentials() -> None:
    """A browser exports none: what was not refused for that had some; once any was seen, what has none has none."""
    identities = Identities(ONE)
    assert _read(identities, None, 404) == "identity 1"
    assert _read(identities, None) == "identity 1"
    assert _read(identities, None, 401) is None
    _read(identities, "Bearer a")
    assert _read(identities, None) is None


def test_credentials_in_the_query() -> None:
    """In their place, and nowhere else."""
    found = Identities(IN_QUERY).read(Exchange(Request("GET", "/", "a=1&key=abc"), Response(200)))
    assert found is not None
    assert found.request.query == "a=1&key=identity+1"


def test_where_none_are_needed_none_are_read() -> None:
    """An API without credentials is left alone."""
    exchange = Exchange(Request("GET", "/", "", (("authorization", "Bearer a"),)), Response(200))
    assert Identities(Credentials()).read(exchange) is exchange
