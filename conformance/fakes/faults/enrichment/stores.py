"""Plain values that are stored as others, at a creation as well as by an enrichment."""

from __future__ import annotations

import html
import re
from datetime import datetime

from conformance.expressions import Json
from conformance.fakes.faults import fault
from conformance.fakes.faults.ways import Mangles
from conformance.features.values import keeps
from conformance.invariants import enrichment, existence


@fault(
    enrichment.enrichment_reads_back, existence.created_session_reads_back, applies=keeps({"third": {"inner": "text"}})
)
class KeepsOnlyTopLevelValues(Mangles):
    """Drops whatever objects hold within the attributes."""

    def mangled(self, value: Json) -> Json:
        return super().mangled({} if isinstance(value, dict) else value)


@fault(
    enrichment.enrichment_reads_back, existence.created_session_reads_back, applies=keeps({"count": 0, "off": False})
)
class DropsFalsyValues(Mangles):
    """Drops members whose value is zero or false."""

    def kept(self, key: str, value: Json) -> bool:
        return super().kept(key, value) and value not in (0, False)


@fault(enrichment.enrichment_reads_back, existence.created_session_reads_back, applies=keeps({"count": 7}))
class StoresEverythingAsText(Mangles):
    """Stores numbers as text."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(str(value) if type(value) in (int, float) else value)


@fault(enrichment.enrichment_reads_back, existence.created_session_reads_back, applies=keeps({"off": False}))
class StoresBooleansAsNumbers(Mangles):
    """Stores true as 1 and false as 0."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(int(value) if isinstance(value, bool) else value)


@fault(enrichment.enrichment_reads_back, existence.created_session_reads_back, applies=keeps({"fourth": ["text", 1.5]}))
class DropsFractions(Mangles):
    """Stores numbers without their fraction."""

    def mangled(self, value: Json) -> Json:
        plain = isinstance(value, float) and abs(value) < 1e15
        return super().mangled(int(value) if plain else value)


@fault(enrichment.enrichment_reads_back, existence.created_session_reads_back, applies=keeps({"code": "0071"}))
class ReadsDigitsAsNumbers(Mangles):
    """Stores text that consists of digits as a number."""

    def mangled(self, value: Json) -> Json:
        digits = isinstance(value, str) and value.isascii() and value.isdecimal()
        return super().mangled(int(value) if digits else value)


@fault(enrichment.enrichment_reads_back, existence.created_session_reads_back, applies=keeps({"word": "true"}))
class ReadsWordsAsBooleans(Mangles):
    """Stores the texts true and false as booleans."""

    def mangled(self, value: Json) -> Json:
        words = {"true": True, "false": False}
        return super().mangled(words.get(value, value) if isinstance(value, str) else value)


@fault(
    enrichment.enrichment_reads_back,
    existence.created_session_reads_back,
    applies=keeps({"day": "2024-02-29T12:00:00Z"}),
)
class WritesDatesAnew(Mangles):
    """Reads text that looks like a date, and writes it in another form."""

    def mangled(self, value: Json) -> Json:
        dated = isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value)
        return super().mangled(datetime.fromisoformat(value).isoformat() if dated else value)


@fault(enrichment.enrichment_reads_back, existence.created_session_reads_back, applies=keeps({"text": " text "}))
class StripsTexts(Mangles):
    """Takes the blanks off a text."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(value.strip(" ") if isinstance(value, str) else value)


@fault(enrichment.enrichment_reads_back, existence.created_session_reads_back, applies=keeps({"text": "<text>"}))
class EscapesTexts(Mangles):
    """Stores text as it would be written in HTML."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(html.escape(value) if isinstance(value, str) else value)


@fault(enrichment.enrichment_reads_back, existence.created_session_reads_back, applies=keeps({"mixedCase": "text"}))
class LowersKeys(Mangles):
    """Stores member names in lower case."""

    def named(self, key: str) -> str:
        return super().named(key).lower()


@fault(enrichment.enrichment_reads_back, existence.created_session_reads_back, applies=keeps({"with-dash": "text"}))
class WritesKeysAsIdentifiers(Mangles):
    """Stores member names with an underscore in the stead of each dash."""

    def named(self, key: str) -> str:
        return super().named(key).replace("-", "_")


@fault(enrichment.enrichment_reads_back, existence.created_session_reads_back, applies=keeps({"many": [3, 1, 3]}))
class StoresArraysAsSets(Mangles):
    """Drops repeated items of an array."""

    def mangled(self, value: Json) -> Json:
        once = [each for at, each in enumerate(value) if each not in value[:at]] if isinstance(value, list) else value
        return super().mangled(once)


@fault(enrichment.enrichment_reads_back, existence.created_session_reads_back, applies=keeps({"fourth": ["text"]}))
class StoresTheFirstItemForAnArray(Mangles):
    """Stores an array of one item as that item."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(value[0] if isinstance(value, list) and len(value) == 1 else value)
