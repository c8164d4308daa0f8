"""Ids of a recording and what they are now: learnt, made up, or almost one of these."""

from __future__ import annotations

from pathlib import Path

from conformance import load
from conformance.replaying.links import MANY, Links

ADK = load("adk")
THREADS = load(Path(__file__).parents[1] / "servers" / "threads" / "profile.toml")


def test_a_target_that_forgets_gets_the_ids_of_the_recording() -> None:
    """Nothing is renamed; what the server chose is linked all the same."""
    links = Links(ADK, "")
    assert (links.owner(1, "ada"), links.session("s-0123456789")) == ("ada", "s-0123456789")
    links.relearn("server-chosen-1", "server-chosen-2")
    assert links.session("server-chosen-1") == "server-chosen-2"


def test_owners_are_new_and_carry_the_name_of_the_run() -> None:
    """Fixed parts are the profile's own; one owner's name begins like the other's, as it did."""
    links = Links(ADK, "confab-1")
    assert links.owner(0, "another-app") == "echo"
    assert links.owner(1, "ada") == "confab-1-ada"
    assert (links.owner(1, "conf0-7-a"), links.owner(1, "conf0-7-ab")) == ("confab-1-7-a", "confab-1-7-ab")
    assert links.whole_owner(("x", "ada")) == ("echo", "confab-1-ada")


def test_ids_that_callers_choose_are_new_in_the_same_format() -> None:
    """And the same for the same."""
    links = Links(ADK, "confab-1")
    made = links.session("0123abcd-0123-4567-89ab-0123456789ab")
    assert made == links.session("0123abcd-0123-4567-89ab-0123456789ab")
    assert made[14] == "4"
    assert len(made) == 36
    assert made != "0123abcd-0123-4567-89ab-0123456789ab"


def test_what_is_almost_an_id_stays_almost_that_id() -> None:
    """Shorter, longer, and in capitals."""
    links = Links(ADK, "confab-1")
    links.relearn("session-0123456789", "sitzung-9876543210")
    assert links.session("session-012345678") == "sitzung-987654321"
    assert links.session("session-01234567890") == "sitzung-98765432100"
    assert links.session("SESSION-0123456789") == "SITZUNG-9876543210"
    assert links.within("no session-012345678!") == "no sitzung-987654321!"


def test_short_ids_are_linked_only_where_they_are_ids() -> None:
    """A number that is an id in one place is a number in another."""
    links = Links(THREADS, "confab-1")
    links.relearn("7", "42")
    assert (links.session("7"), links.text("7"), links.within("7 apples")) == ("42", "7", "7 apples")


def test_an_id_is_linked_once() -> None:
    """A second link that says otherwise is refused."""
    links = Links(ADK, "")
    assert links.learn("event-00001", "event-00002")
    assert links.learn("event-00001", "event-00002")
    assert not links.learn("event-00001", "event-00003")


def test_very_many_ids_are_found_as_words() -> None:
    """Where it would take too long to look for each in a text."""
    links = Links(ADK, "")
    for number in range(MANY + 1):
        links.relearn(f"session-{number:08}", f"sitzung-{number:08}")
    assert links.within("it is 'session-00000007'") == "it is 'sitzung-00000007'"
