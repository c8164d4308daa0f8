"""What stands in a text is found whichever way it is written there, and the writing stays as it was."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.recordings.unfolding import Edit, changes, replaced, unfolded

SECRET, OTHER = 's3cr/t é\U0001f600"x', 'q8vb/m é\U0001f600"k'
TEXTS = st.text(st.sampled_from('ab%\\"/u0041&;é\U0001f600\ud800n+#x'), max_size=20)


def _search(text: str) -> Iterator[Edit]:
    at = text.find(SECRET)
    if at >= 0:
        yield from changes(at, SECRET, OTHER)


def _every(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _units(text: str) -> str:
    raw = text.encode("utf-16-be")
    return "".join(f"\\u{raw[at] << 8 | raw[at + 1]:04x}" for at in range(0, len(raw), 2))


def _entities(text: str) -> str:
    return "".join(f"&#{ord(each)};" for each in text)


def _base64(text: str) -> str:
    return base64.b64encode(f"user:{text}".encode()).decode()


WRITINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent": lambda text: quote(text, safe=""),
    "every character in percent": _every,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "every character in JSON": _units,
    "entities": _entities,
    "base64": _base64,
    "JSON in JSON": lambda text: json.dumps(json.dumps({"a": text})),
    "JSON in a URL": lambda text: quote(json.dumps({"a": text})),
    "base64 in a URL": lambda text: quote(_base64(text), safe=""),
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_it_is_found_in_every_writing(writing: str) -> None:
    """What is read from the text afterwards is the other one, and nothing else has changed."""
    made = replaced(f"<{WRITINGS[writing](SECRET)}>", _search)
    assert SECRET not in made
    if not writing.startswith("every character") and writing != "entities":
        assert unquote(made) == unquote(f"<{WRITINGS[writing](OTHER)}>")
    else:
        assert unfolded(made)[0] == f"<{OTHER}>"


@given(TEXTS)
def test_each_character_has_its_place(text: str) -> None:
    """The places rise, begin and end with the text, and there is one for each character and for the end."""
    plain, starts = unfolded(text)
    if starts is None:
        assert plain == text
        return
    assert len(starts) == len(plain) + 1
    assert starts == sorted(starts)
    assert starts[-1] == len(text)


@given(TEXTS)
def test_nothing_is_changed_where_nothing_is_found(text: str) -> None:
    """Looking is not touching."""
    assert replaced(text, _search) == text


def test_other_lengths_are_replaced_whole() -> None:
    """As a template is."""
    assert list(changes(3, "abcd", "${KEY}")) == [Edit(3, 7, "${KEY}")]
