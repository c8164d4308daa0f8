"""Sessions that the first call makes: how documents say so."""

from __future__ import annotations

import pytest

from conformance.draft.implicit import says_implicit


@pytest.mark.parametrize(
    "prose",
    [
        "the first call on a session makes it.",
        "a context is created by the first call that names it.",
        "the session is created automatically.",
        "on its first use a thread is opened.",
        "the conversation is started with the first message in it.",
        "creates the session if it does not exist.",
        "if the session does not exist yet, it is created.",
        "threads are created on the fly.",
        "sessions are implicitly created.",
    ],
)
def test_told(prose: str) -> None:
    """However it is put."""
    assert says_implicit(prose)


@pytest.mark.parametrize(
    "prose",
    [
        "",
        "the first call must be to create a session.",
        "first, create a session. calls on it are answered later.",
        "answers the first message. sessions are created by post /sessions.",
        "404 if the session does not exist.",
        "a session that does not exist is refused.",
        "the language is implicitly english.",
    ],
)
def test_not_told(prose: str) -> None:
    """What only sounds like it."""
    assert not says_implicit(prose)


def test_sentences_about_something_else() -> None:
    """In an API that makes sessions, only a sentence about sessions says that a run does so as well."""
    assert says_implicit("says something. the session is created if it does not exist.", "session")
    assert not says_implicit("says something in a session. a title is automatically created.", "session")
