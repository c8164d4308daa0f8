"""Tests of answers while they come: whatever their bodies unpack to, never more than the limit stands in memory."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable, Sequence

import pytest

from conformance.exchange import Failure, Headers
from conformance.transports import LostError
from conformance.transports.answer import MAX_CODINGS, Arriving
from tests.hostile import bomb, peak_memory

LIMIT = 2**20
TEXT = b'{"id": "s1", "state": {}}' * 40


def raw_deflate(data: bytes) -> bytes:
    """What many servers call deflate."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def taken(*parts: bytes, coding: str | Sequence[str], limit: int = LIMIT) -> tuple[bytes, Failure | None]:
    """The body after these parts came under a content coding, and why it is not whole."""
    codings = [coding] if isinstance(coding, str) else coding
    headers: Headers = tuple(("content-encoding", each) for each in codings)
    answer = Arriving(limit)
    failure = None
    try:
        answer.begin(200, headers)
        for part in parts:
            answer.take(part)
        answer.end()
    except LostError as error:
        failure = error.failure
    response = answer.response()
    assert response is not None
    assert response.headers == headers
    return response.body, failure


def bytewise(data: bytes) -> list[bytes]:
    """A byte at a time."""
    return [bytes([each]) for each in data]


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZip": gzip.compress,
    "deflate": zlib.compress,
    "gzip, gzip": lambda data: gzip.compress(gzip.compress(data)),
    "deflate ,gzip": lambda data: gzip.compress(zlib.compress(data)),
    "br": bytes,
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("cut", [lambda data: [data], bytewise], ids=["whole", "bytewise"])
def test_codings_are_taken_off(coding: str, cut: Callable[[bytes], list[bytes]]) -> None:
    """Codings that were asked for are taken off in the reverse order, however the body is cut; others stay."""
    assert taken(*cut(CODINGS[coding](TEXT)), coding=coding) == (TEXT, None)


@pytest.mark.parametrize("cut", [lambda data: [data], bytewise], ids=["whole", "bytewise"])
def test_deflate_may_come_without_its_wrapping(cut: Callable[[bytes], list[bytes]]) -> None:
    """Deflate is understood with the wrapping that it should have, and without."""
    assert taken(*cut(raw_deflate(TEXT)), coding="deflate") == (TEXT, None)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_gzip_file_may_have_several_members(size: int) -> None:
    """They are unpacked one after the other, wherever they are cut (RFC 1952, section 2.2); what is none is passed
    over; and one that is cut off is no whole answer."""
    packed = gzip.compress(TEXT[:50]) + gzip.compress(b"") + gzip.compress(TEXT[50:])
    assert taken(*_cut(packed, size), coding="gzip") == (TEXT, None)
    assert taken(*_cut(packed + b"and more", size), coding="gzip") == (TEXT, None)
    assert taken(*_cut(packed[:-9], size), coding="gzip")[1] is Failure.MALFORMED


def _cut(data: bytes, size: int) -> list[bytes]:
    """Data in parts of a size."""
    return [data[start : start + size] for start in range(0, len(data), size)]


def test_two_headers_are_two_codings() -> None:
    """Codings may stand in one header or in several."""
    assert taken(gzip.compress(zlib.compress(TEXT)), coding=["deflate", "gzip"]) == (TEXT, None)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_nothing_packed_is_nothing(coding: str) -> None:
    """An answer without a body may name a coding."""
    assert taken(coding=coding) == (b"", None)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_coding_that_is_cut_off_is_no_whole_answer(coding: str, cut: int) -> None:
    """Where the end of a coding is missing, the body is not whole."""
    body, failure = taken(CODINGS[coding](TEXT)[:cut], coding=coding)
    assert TEXT.startswith(body)
    assert failure is Failure.MALFORMED


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_a_coding_that_is_none_is_malformed(coding: str) -> None:
    """What does not unpack is not what the header says."""
    assert taken(TEXT, coding=coding) == (b"", Failure.MALFORMED)


@pytest.mark.parametrize("layers", [1, 2, 3, MAX_CODINGS])
def test_a_bomb_never_stands_in_memory(layers: int) -> None:
    """However often a bomb is packed, it unpacks to the limit and no further."""
    data = bomb()
    for _ in range(layers - 1):
        data = gzip.compress(data)
    with peak_memory() as peak:
        body, failure = taken(data, coding=", ".join(["gzip"] * layers))
        assert peak() < 16 * 2**20
    assert (body, failure) == (b" " * LIMIT, Failure.TOO_LARGE)


def test_what_unpacks_to_nothing_is_too_large() -> None:
    """A body may not be packed in more bytes than it may have, even if it is empty."""
    nothing = zlib.compress(b"")[:2] + b"\0\0\0\xff\xff" * LIMIT
    assert taken(*(nothing[start : start + 65_536] for start in range(0, len(nothing), 65_536)), coding="deflate") == (
        b"",
        Failure.TOO_LARGE,
    )


def test_a_layer_within_is_bounded_as_well() -> None:
    """What lies between two layers is bounded, although nothing of it comes out."""
    head = gzip.compress(b"")[:3] + b"\x08" + gzip.compress(b"")[4:10]
    inner = head + b"x" * 10 * LIMIT  # a name without end
    assert taken(gzip.compress(inner), coding="gzip, gzip") == (b"", Failure.TOO_LARGE)


def test_too_many_codings_are_not_unpacked() -> None:
    """Nobody packs so often who means well."""
    assert taken(TEXT, coding=", ".join(["gzip"] * (MAX_CODINGS + 1))) == (b"", Failure.MALFORMED)
    assert taken(TEXT, coding=["gzip"] * 1_000) == (b"", Failure.MALFORMED)


@pytest.mark.parametrize("coding", ["identity", "gzip", "deflate", "gzip, gzip"])
def test_the_limit_is_exact(coding: str) -> None:
    """A body of exactly the limit is whole, one byte more is too large."""
    data = random.Random(1).randbytes(100) * 10_000
    packed = CODINGS[coding](data)
    assert taken(packed, coding=coding, limit=len(data)) == (data, None)
    assert taken(packed, coding=coding, limit=len(data) - 1) == (data[:-1], Failure.TOO_LARGE)


def test_an_answer_without_a_head_is_none() -> None:
    """Before the head is there, nothing is known."""
    assert Arriving(LIMIT).response() is None
