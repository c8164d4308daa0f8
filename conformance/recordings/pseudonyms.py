"""Which other text looks just like this one? The same for the same key, so that what belongs together stays so."""

from __future__ import annotations

import hashlib
import unicodedata
from functools import lru_cache
from itertools import islice

_CLASSES = ("0123456789", "abcdef", "ghijklmnopqrstuvwxyz")
_CLASS = {each: letters for letters in _CLASSES for each in letters}
LONGEST = 4_096
"""Of a longer text the rest is one and the same letter."""


def alike(text: str, key: bytes) -> str:
    """Another text of the same length and format.

    A digit becomes a digit, and none at the beginning a zero, so that a number stays as long; a letter becomes a letter
    of the same case and script, what is hexadecimal stays so; anything else stays as it is, and so do the version and
    the variant of a UUID. Different texts stay different, texts that begin alike begin alike, and texts that differ in
    case alone differ in case alone: so what is nearly an id is nearly its pseudonym.
    """
    made = []
    state = hashlib.blake2b(key=key[:64], digest_size=8)
    kept = _uuid_marks(text)
    for index, each in enumerate(islice(text, LONGEST)):
        lower = each.lower()
        letters = _CLASS.get(lower) or (_neighbours(lower) if lower > "\x7f" else None)
        if letters is None or index in kept:
            made.append(each)
        else:
            shift = 1 + int.from_bytes(state.digest(), "big") % (len(letters) - 1)
            other = letters[(letters.index(lower) + shift) % len(letters)]
            made.append(other if each == lower else other.upper())
        state.update(lower.encode("utf-8", "surrogatepass"))
    if made and made[0] == "0" != text[0]:
        made[0] = "9" if text[0] != "9" else "8"
    return "".join(made) + "x" * (len(text) - LONGEST)


@lru_cache(maxsize=4_096)
def _neighbours(letter: str) -> str | None:
    """The letters of other scripts that one of them may become: those of its kind near it; None if it is no letter."""
    if len(letter) != 1 or not letter.isalpha():
        return None
    first = max(0x80, ord(letter) & ~0xFF)
    near = (chr(code) for code in range(first, (first | 0xFF) + 1))
    kind = unicodedata.category(letter), len(letter.upper()) == 1 and letter.upper().lower() == letter
    found = "".join(
        each
        for each in near
        if (unicodedata.category(each), len(each.upper()) == 1 and each.upper().lower() == each) == kind
        and len(each.upper().encode("utf-8", "surrogatepass")) == len(letter.upper().encode("utf-8", "surrogatepass"))
    )
    return found if len(found) > 1 else None


def _uuid_marks(text: str) -> tuple[int, ...]:
    """Where a text that begins as a UUID does says which kind of UUID it is (RFC 9562, section 4)."""
    dashes = [index for index in (8, 13, 18) if text[index : index + 1] == "-"]
    return (14, 19) if len(dashes) == 3 else (14,) if len(dashes) == 2 else ()
