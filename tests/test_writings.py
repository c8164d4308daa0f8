"""The ways in which a text may be written."""

from __future__ import annotations

import re

from conformance.writings import WRITINGS, pattern


def test_all_ways() -> None:
    """As it is, in JSON, in a URL, in a form."""
    written = {writing('a "ä/b') for writing in WRITINGS}
    assert written == {
        'a "ä/b', 'a \\"\\u00e4/b', 'a \\"ä/b', "a%20%22%C3%A4%2Fb", "a%20%22%c3%a4%2fb", "a%20%22%C3%A4/b",
        "a+%22%C3%A4%2Fb",
    }  # fmt: skip


def test_short_texts_are_found_as_words() -> None:
    """A long one stands anywhere."""
    assert re.findall(pattern("abcd"), "abcd xabcd abcd_ (abcd)") == ["abcd", "abcd"]
    assert re.findall(pattern("abcdef"), "xabcdefx") == ["abcdef"]
