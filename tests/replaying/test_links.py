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


def test_items_and_cursors_have_names_of_their_own() -> None:
    """A session, an item of another session and the beginning of a page may all be called 7."""
    links = Links(THREADS, "confab-1")
    links.relearn("7", "42")
    links.learn_item("1", "7", "item-5", made=True)
    links.learn_item("2", "7", "item-6", made=True)
    links.learn_cursor("7", "page-2-of-3")
    assert (links.session("7"), links.item("1", "7"), links.item("2", "7")) == ("42", "item-5", "item-6")
    assert (links.item("3", "7"), links.cursor("7"), links.cursor("8")) == ("42", "page-2-of-3", "8")
    assert set(links.names("7")) == {"item-5", "item-6", "page-2-of-3"}


def test_an_item_that_was_only_shown_stays_what_it_was() -> None:
    """A target that calls it otherwise later does not keep its name; a new one may have that of an old one."""
    links = Links(THREADS, "")
    for now, made, expected in (("a", True, "a"), ("b", False, "a"), ("c", True, "c")):
        links.learn_item("1", "7", now, made=made)
        assert links.item("1", "7") == expected


def test_ids_within_a_text_are_linked() -> None:
    """In a URL, in a list, in a name made of several; what is no name stays."""
    links = Links(ADK, "confab-1")
    links.relearn("session-0123456789", "a1")
    assert links.text("projects/p/sessions/session-0123456789") == "projects/p/sessions/a1"
    assert links.text("session-0123456789,session-9876543210") == "a1,session-9876543210"
    assert links.text("my session-0123456789-copy") == "my session-0123456789-copy"


def test_a_number_stays_a_number_of_its_size() -> None:
    """A part of an owner's name that is a whole number has no zero at its beginning, and leaves its range seldom."""
    for run in map(str, range(50)):
        links = Links(ADK, run)
        made = links.session("1884405830")
        assert (made[0], len(made), made == "1884405830") == ("1", 10, False)
        assert links.session("45")[0] != "0"


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
