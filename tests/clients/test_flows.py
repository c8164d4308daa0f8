"""Flows of asks are data: possible for the driver, the same for the same seed, and kept as text."""

from __future__ import annotations

import json

import pytest

from conformance.ask import Behaviour, Verb
from conformance.clients.driver import Driver
from conformance.clients.flows import (
    LONGEST,
    OPEN,
    Action,
    from_texts,
    openings,
    planned,
    possible,
    to_text,
)
from conformance.clients.protocol import Supports
from conformance.errors import InputError
from tests.clients.driven import PROFILES, command

LITTLE = Supports("little 1", frozenset({"open", "enrich"}), {"enrich": ("metadata",)})


def full() -> Supports:
    """What the small SDK supports."""
    driver = Driver(command("honeyhive"), PROFILES["honeyhive"], "http://127.0.0.1:9")
    driver.close()
    return driver.supports


@pytest.mark.parametrize("supports", [LITTLE, full()], ids=["little", "full"])
def test_only_what_is_supported_is_asked(supports: Supports) -> None:
    """In the openings, and in what is generated."""
    flows = list(planned(supports, 1, 400))
    assert len(flows) == 400
    assert all(possible(action, supports) for flow in flows for action in flow)
    assert all(flow[0].verb is Verb.OPEN and len(flow) <= LONGEST + 1 for flow in flows)


def test_clients_that_have_no_session_make_one_first() -> None:
    """Else there would be nothing to ask about in most of what is generated."""
    asks = {"open", "create", "enrich with session", "run with session"}
    by_name = Supports("by name 1", frozenset(asks), {})
    count = len(list(openings(by_name)))
    for flow in list(planned(by_name, 1, count + 100))[count:]:
        assert [each.verb for each in flow[:2]] == [Verb.OPEN, Verb.CREATE]


def test_the_openings_are_different_flows() -> None:
    """None comes twice, the plainest comes first, and each behaviour of a server is in them."""
    found = list(openings(full()))
    assert len(found) == len(set(found)) > 100
    assert all(len(flow) <= 3 for flow in found[:5])
    assert {action.behaviour for flow in found for action in flow} == set(Behaviour)
    assert {action.verb for flow in found for action in flow} == set(Verb) - {Verb.TOGETHER, Verb.LIST}


def test_the_same_seed_asks_the_same() -> None:
    """And another one something else."""
    supports = full()
    first, again, other = (list(planned(supports, seed, 350)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_a_flow_is_kept_as_text() -> None:
    """What it leaves as it is is not written."""
    flow = (OPEN, Action(Verb.ENRICH, 1, 2, 10, True, 4, Behaviour.TOO_MANY, True))
    texts = [to_text(each) for each in flow]
    assert from_texts(texts, "here") == flow
    assert json.loads(texts[0]) == {"verb": "open"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "here[0]: is not JSON"),
        ("[]", "here[0]: is no action"),
        ("{}", "here[0]: is no action"),
        ('{"verb": "enrichh"}', "did you mean 'enrich'?"),
        ('{"verb": "enrich", "sesion": 1}', "did you mean 'session'?"),
        ('{"verb": "enrich", "session": -1}', "here[0]: session: -1 cannot stand here"),
        ('{"verb": "enrich", "session": true}', "cannot stand here"),
        ('{"verb": "enrich", "free": 1}', "cannot stand here"),
        ('{"verb": "enrich", "behaviour": "418"}', "there is no '418'"),
        ('{"verb": ["enrich"]}', "there is no ['enrich']"),
    ],
)
def test_a_text_that_is_no_action_is_told(text: str, told: str) -> None:
    """With its place, and what may have been meant."""
    with pytest.raises(InputError) as error:
        from_texts([text], "here")
    assert told in str(error.value)
