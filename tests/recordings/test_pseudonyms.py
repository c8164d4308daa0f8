"""Pseudonyms look like what they stand for, and stand in the same relations."""

from __future__ import annotations

import re
import unicodedata
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.recordings.pseudonyms import alike

KEY = b"a key"
TEXTS = st.text(max_size=40)


@given(TEXTS)
def test_the_format_stays(text: str) -> None:
    """Digits stay digits, hexadecimal stays so, letters keep their case, all else stays as it is."""
    made = alike(text, KEY)
    assert len(made) == len(text)
    for before, after in zip(text, made, strict=True):
        for kind in ("0-9", "a-f", "g-z", "A-F", "G-Z"):
            assert bool(re.fullmatch(f"[{kind}]", before)) == bool(re.fullmatch(f"[{kind}]", after))
        assert re.fullmatch("[0-9a-zA-Z]", before) or before == after or unicodedata.category(before)[0] == "L"
        assert unicodedata.category(before) == unicodedata.category(after) or before.isdecimal()


@given(TEXTS, TEXTS)
def test_different_texts_stay_different(one: str, other: str) -> None:
    """And the same stay the same."""
    assert (alike(one, KEY) == alike(other, KEY)) == (one == other)


@given(st.from_regex(r"[a-z0-9-]{12,20}", fullmatch=True), st.integers(1, 5))
def test_what_is_almost_an_id_stays_so(text: str, cut: int) -> None:
    """A shorter id is the beginning of the whole one's pseudonym; another case is another case of it."""
    if text[8:9] != "-":
        assert alike(text, KEY).startswith(alike(text[:-cut], KEY))
    assert alike(text.upper(), KEY) == alike(text, KEY).upper()


@pytest.mark.parametrize("text", [str(uuid.UUID(int=7 << 100, version=4)), "sk-live-1234567890abcdef", "a1"])
def test_nothing_is_left(text: str) -> None:
    """No letter and no digit stays, but for what says which kind of UUID it is."""
    made = alike(text, KEY)
    same = [index for index, each in enumerate(text) if each.isalnum() and made[index] == each]
    assert same == ([14, 19] if "-" in text and len(text) == 36 else [])


def test_a_uuid_stays_valid() -> None:
    """Version and variant are kept."""
    made = uuid.UUID(alike(str(uuid.uuid4()), KEY))
    assert (made.version, made.variant) == (4, uuid.RFC_4122)


def test_another_key_makes_another_pseudonym() -> None:
    """Nobody who lacks the key can tell."""
    assert alike("sk-live-1234567890", KEY) != alike("sk-live-1234567890", b"another")


def test_very_long_texts_end() -> None:
    """Megabytes cost no more than their beginning."""
    assert alike("7" * 10_000_000, KEY).endswith("xxxx")


def test_a_number_has_no_zero_at_its_beginning() -> None:
    """As a number it would be a shorter one; a text that begins with a zero may have another one there."""
    for key in map(str, range(100)):
        assert alike("4217", key.encode())[0] not in "04"
