"""Names taken apart."""

from __future__ import annotations

import pytest

from conformance.draft.words import environment_name, is_plural, key, names_id, some, words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("chatSessions_byID", ("chat", "session", "by", "id")),
        ("X-Thread-Id", ("x", "thread", "id")),
        ("sessionid", ("session", "id")),
        ("histories", ("history",)),
        ("statuses", ("status",)),
        ("status", ("status",)),
        ("HTTPServer2", ("http", "server", "2")),
        ("", ()),
    ],
)
def test_words(name: str, expected: tuple[str, ...]) -> None:
    """Plain words in the singular, however a name is written."""
    assert words(name) == expected


def test_keys_tell_what_is_named() -> None:
    """Suffixes and the X of headers say nothing."""
    assert key("X-App-Name") == key("appName") == key("app") == ("app",)
    assert key("id") == ("id",)


def test_other_ids_and_plurals() -> None:
    """`agent_id` is the id of something, `id` of the thing itself."""
    assert names_id("agent_id")
    assert not names_id("id")
    assert is_plural("sessions")
    assert not is_plural("status")


def test_environment_names() -> None:
    """A variable that shells take, whatever the title."""
    assert environment_name("Customer Support API") == "CUSTOMER_SUPPORT_API_KEY"
    assert environment_name("3rd party") == "TARGET_API_KEY"
    assert environment_name("") == "TARGET_API_KEY"


def test_articles() -> None:
    """As a noun is spoken."""
    assert (some("session"), some("agent")) == ("a session", "an agent")
