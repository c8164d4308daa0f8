"""How does an object travel as a form? What is written is read again, and what is no form says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.expressions import MISSING, Json
from conformance.forms import MULTIPART, URLENCODED, is_form, read, written

BOTH = pytest.mark.parametrize("media_type", [URLENCODED, MULTIPART])
ENCODABLE = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = ENCODABLE | st.lists(ENCODABLE, min_size=2, max_size=3)


@pytest.mark.parametrize(
    ("media_type", "form"),
    [(URLENCODED, True), (MULTIPART, True), ("application/json", False), ("multipart/mixed", False), ("", False)],
)
def test_two_media_types_are_forms(media_type: str, form: bool) -> None:
    """The two that browsers send."""
    assert is_form(media_type) is form


@BOTH
@pytest.mark.parametrize(
    ("value", "back"),
    [
        ({}, {}),
        ({"a": "b"}, {"a": "b"}),
        ({"a": ""}, {"a": ""}),
        ({"a": 'q"uo\r\nte'}, {"a": 'q"uo\r\nte'}),
        ({'na"me\r\n': "x"}, {'na"me\r\n': "x"}),
        ({"a": "\u65e5\u672c \U0001f600"}, {"a": "\u65e5\u672c \U0001f600"}),
        ({"a": "--form-\r\n--"}, {"a": "--form-\r\n--"}),
        ({"a": 5, "b": True, "c": None}, {"a": "5", "b": "true", "c": "null"}),
        ({"a": {"b": [1]}}, {"a": '{"b": [1]}'}),
        ({"a": ["x", "y"]}, {"a": ["x", "y"]}),
        ({"a": ["x", "y", "z"]}, {"a": ["x", "y", "z"]}),
        ({"a": ["x"]}, {"a": "x"}),
        ({"a": [], "b": "c"}, {"b": "c"}),
    ],
    ids=repr,
)
def test_what_is_written_is_read(media_type: str, value: Json, back: Json) -> None:
    """Texts as they are, all else as JSON, arrays as repeated names; an array of one cannot be told from its item."""
    body, content_type = written(value, media_type)
    assert content_type.startswith(media_type)
    assert read(body, content_type) == (back, None)


@BOTH
@given(
    value=st.dictionaries(ENCODABLE.filter(bool), ENCODABLE | st.lists(ENCODABLE, min_size=2, max_size=3), max_size=4)
)
def test_any_texts_are_read_as_they_were_written(media_type: str, value: Json) -> None:
    """Whatever stands in names and values."""
    names = {name for name in value if any(each in name for each in ("%0D", "%0A", "%22"))}
    body, content_type = written({name: each for name, each in value.items() if name not in names}, media_type)
    found, problem = read(body, content_type)
    assert problem is None
    assert found == {name: each for name, each in value.items() if name not in names}


@BOTH
def test_equal_objects_are_equal_forms(media_type: str) -> None:
    """The boundary comes from the content: the same request is the same bytes."""
    assert written({"a": "b", "c": ["d", "e"]}, media_type) == written({"a": "b", "c": ["d", "e"]}, media_type)


def test_the_boundary_stands_nowhere_in_the_content() -> None:
    """A part that holds the boundary of another form does not end there."""
    _, content_type = written({"a": "b"}, MULTIPART)
    boundary = content_type.partition("boundary=")[2]
    body, content_type = written({"a": f"--{boundary}--\r\n"}, MULTIPART)
    assert read(body, content_type) == ({"a": f"--{boundary}--\r\n"}, None)


@BOTH
@pytest.mark.parametrize("value", [["a"], "a", 5, None])
def test_what_is_no_object_has_no_fields(media_type: str, value: Json) -> None:
    """Only objects have members to send."""
    body, content_type = written(value, media_type)
    assert read(body, content_type) == ({}, None)


@BOTH
def test_a_lone_surrogate_travels(media_type: str) -> None:
    """Legal in JSON, and so in a value that is generated."""
    body, content_type = written({"a": "x\ud800"}, media_type)
    assert read(body, content_type) == ({"a": "x\ud800"}, None)


@pytest.mark.parametrize(
    ("body", "content_type", "problem"),
    [
        (b"a=\xff", URLENCODED, "it is not UTF-8"),
        (b"a=b", MULTIPART, "it is no multipart form"),
        (b"a=b", f"{MULTIPART}; boundary=x", "it is no multipart form"),
        (b"", "", "it is no multipart form"),
    ],
)
def test_what_is_no_form_says_so(body: bytes, content_type: str, problem: str) -> None:
    """The problem is told, and there is no value."""
    assert read(body, content_type) == (MISSING, problem)


@pytest.mark.parametrize("media_type", [URLENCODED, "Application/X-WWW-Form-URLencoded; charset=utf-8"])
def test_urlencoded_forms_of_others_are_read(media_type: str) -> None:
    """Plus signs, empty values and repeated names; the media type in any case, with parameters."""
    assert read(b"a=b+c&d=&e=1&e=2&%C3%BC=%20", media_type) == ({"a": "b c", "d": "", "e": ["1", "2"], "ü": " "}, None)


def test_multipart_forms_of_others_are_read() -> None:
    """With a preamble, further headers, a quoted boundary, files and parts without a name."""
    body = (
        b'ignored\r\n--x y\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/plain\r\n\r\none\r\n'
        b'--x y\r\nContent-Disposition: form-data; name="f"; filename="f.bin"\r\n\r\n\xff\r\n'
        b"--x y\r\nContent-Type: text/plain\r\n\r\nnameless\r\n--x y--\r\n"
    )
    assert read(body, f'{MULTIPART}; boundary="x y"') == ({"a": "one", "f": "\ufffd"}, None)
