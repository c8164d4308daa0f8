"""Awkward values that are stored as something else, or break whoever meets them."""

from __future__ import annotations

import html
import json
import re
import unicodedata

from conformance import records
from conformance.exchange import Response
from conformance.expressions import Json, assign, resolve
from conformance.fakes.faults import fault
from conformance.fakes.faults.ways import Mangles
from conformance.fakes.renderer import Stored
from conformance.fakes.server import Server
from conformance.features.values import history_keeps, history_keeps_awkward, keeps, keeps_awkward
from conformance.invariants import runs, values
from conformance.profile import Binding, Role
from conformance.step import Step
from conformance.values import Awkward

_SURROGATE = re.compile("[\ud800-\udfff]")


@fault(values.unicode_is_kept, applies=keeps_awkward(Awkward.UNICODE))
class StoresAscii(Mangles):
    """Replaces every character beyond ASCII by a question mark."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(re.sub(r"[^\x00-\x7f\ud800-\udfff]", "?", value) if isinstance(value, str) else value)


@fault(values.unicode_is_kept, applies=keeps_awkward(Awkward.UNICODE))
class ReadsUtf8AsLatin1(Mangles):
    """Stores the bytes of UTF-8 as characters of their own."""

    def mangled(self, value: Json) -> Json:
        broken = isinstance(value, str) and not _SURROGATE.search(value)
        return super().mangled(value.encode().decode("latin-1") if broken else value)


@fault(values.unicode_is_kept, applies=keeps_awkward(Awkward.UNICODE))
class DropsWhatNeedsFourBytes(Mangles):
    """Drops characters that take more than three bytes of UTF-8."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(re.sub("[\U00010000-\U0010ffff]", "", value) if isinstance(value, str) else value)


@fault(values.unicode_is_kept, applies=keeps_awkward(Awkward.UNICODE))
class ComposesCharacters(Mangles):
    """Stores text in its composed form (NFC)."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(unicodedata.normalize("NFC", value) if isinstance(value, str) else value)


@fault(values.control_characters_are_kept, applies=keeps_awkward(Awkward.CONTROL))
class DropsControlCharacters(Mangles):
    """Drops control characters."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(re.sub("[\x01-\x1f\x7f]", "", value) if isinstance(value, str) else value)


@fault(values.control_characters_are_kept, applies=keeps_awkward(Awkward.CONTROL))
class EndsLinesItsOwnWay(Mangles):
    """Stores every end of a line as a line feed."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(value.replace("\r\n", "\n") if isinstance(value, str) else value)


@fault(values.nul_is_kept, applies=keeps_awkward(Awkward.NUL))
class CutsTextAtNul(Mangles):
    """Keeps text up to the first NUL."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(value.partition("\0")[0] if isinstance(value, str) else value)


@fault(values.lone_surrogates_are_kept, needs={Role.READ}, applies=keeps_awkward(Awkward.SURROGATE))
class CannotReadSurrogatesBack(Server):
    """Stores a lone surrogate, and fails whenever it has to encode it."""

    def show(self, step: Step, session: Stored) -> Response:
        try:
            json.dumps(session.attributes, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return Response(500) if step.reads else super().show(step, session)
        return super().show(step, session)


@fault(values.lone_surrogates_are_kept, applies=keeps_awkward(Awkward.SURROGATE))
class FailsOnSurrogates(Server):
    """Fails on a request with a lone surrogate in it."""

    def perform(self, step: Step, binding: Binding) -> Response:
        try:
            json.dumps([step.sent, step.message or None], ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return Response(500)
        return super().perform(step, binding)


@fault(values.lone_surrogates_are_kept, applies=keeps_awkward(Awkward.SURROGATE))
class ReplacesSurrogates(Mangles):
    """Replaces a lone surrogate by a question mark."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(_SURROGATE.sub("?", value) if isinstance(value, str) else value)


@fault(values.empty_values_are_kept, applies=keeps({"member": ""}))
class DropsEmptyValues(Mangles):
    """Drops members whose value is empty."""

    def kept(self, key: str, value: Json) -> bool:
        return super().kept(key, value) and value not in ("", [], {})


@fault(values.empty_values_are_kept, applies=keeps_awkward(Awkward.EMPTY))
class StoresNullForEmptyText(Mangles):
    """Stores empty text as null."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(None if value == "" else value)


@fault(values.very_long_text_is_kept, applies=keeps_awkward(Awkward.LONG))
class CutsLongText(Mangles):
    """Keeps the first 65,535 characters of a text, as many a column does."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(value[:65_535] if isinstance(value, str) else value)


def _cut(value: Json, levels: int) -> Json:
    """A value with everything below so many levels dropped."""
    if isinstance(value, dict):
        return {key: _cut(item, levels - 1) for key, item in value.items()} if levels else {}
    if isinstance(value, list):
        return [_cut(item, levels - 1) for item in value] if levels else []
    return value


@fault(values.deeply_nested_values_are_kept, applies=keeps_awkward(Awkward.DEEP))
class FlattensDeepValues(Server):
    """Keeps only so many levels of nesting."""

    def merge(self, step: Step, session: Stored) -> None:
        super().merge(step, session)
        session.attributes = _cut(session.attributes, 40)

    def fill(self, session: Stored, step: Step) -> None:
        super().fill(session, step)
        session.attributes = _cut(session.attributes, 40)


@fault(values.large_integers_are_kept, applies=keeps_awkward(Awkward.INTEGER))
class RoundsLargeIntegers(Mangles):
    """Keeps integers as doubles."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(int(float(value)) if type(value) is int and abs(value) < 10**300 else value)


@fault(values.large_integers_are_kept, applies=keeps_awkward(Awkward.INTEGER))
class ClampsIntegers(Mangles):
    """Stores integers that take more than 64 bits as the nearest that does not."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(max(-(2**63), min(value, 2**63 - 1)) if type(value) is int else value)


@fault(values.unusual_numbers_are_kept, applies=keeps_awkward(Awkward.NUMBER))
class StoresInfinityAsNull(Mangles):
    """Turns numbers that a double cannot hold into null."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(None if isinstance(value, float) and value in (float("inf"), float("-inf")) else value)


@fault(values.unusual_numbers_are_kept, applies=keeps_awkward(Awkward.NUMBER))
class RoundsNumbers(Mangles):
    """Keeps twelve digits of a number."""

    def mangled(self, value: Json) -> Json:
        return super().mangled(float(f"{value:.12g}") if isinstance(value, float) else value)


@fault(values.awkward_keys_are_kept, applies=keeps({"with.dots": "text"}))
class RenamesAwkwardKeys(Mangles):
    """Replaces dots and dollar signs in member names."""

    def named(self, key: str) -> str:
        return super().named(key).replace(".", "_").replace("$", "_")


@fault(values.awkward_keys_are_kept, applies=keeps({"with.dots": "text"}))
class SplitsKeysAtDots(Mangles):
    """Stores a member whose name has a dot in it as a member of a member."""

    def arranged(self, members: dict[str, Json]) -> dict[str, Json]:
        split = {key.partition(".") if "." in key else (key, "", ""): item for key, item in members.items()}
        return super().arranged({at: {inner: item} if dot else item for (at, dot, inner), item in split.items()})


@fault(values.awkward_keys_are_kept, applies=keeps({"__proto__": "text"}))
class DropsReservedKeys(Mangles):
    """Drops members whose names begin with two underscores."""

    def kept(self, key: str, value: Json) -> bool:
        return super().kept(key, value) and not key.startswith("__")


@fault(values.awkward_keys_are_kept, applies=keeps({"": "text"}))
class DropsKeysWithoutAName(Mangles):
    """Drops the member whose name is empty."""

    def kept(self, key: str, value: Json) -> bool:
        return super().kept(key, value) and key != ""


class _MishearsMessages(Server):
    """Keeps another text than what was said to a run."""

    def heard(self, text: str) -> str:
        """What is kept of a text."""
        return text

    def run(self, step: Step, session: Stored) -> Response:
        text = resolve(step.message, self.profile.text)
        if isinstance(text, str):
            message = assign(step.message, self.profile.text, self.heard(text))
            step = records.replace(step, message=message)
        return super().run(step, session)


@fault(runs.message_stands_in_history, applies=history_keeps("<Text>"))
class EscapesMessages(_MishearsMessages):
    """Keeps a message as it would be written in HTML."""

    def heard(self, text: str) -> str:
        return super().heard(html.escape(text))


@fault(runs.message_stands_in_history, applies=history_keeps(" <Text> "))
class StripsMessages(_MishearsMessages):
    """Takes the blanks off a message."""

    def heard(self, text: str) -> str:
        return super().heard(text.strip(" "))


@fault(runs.message_stands_in_history, applies=history_keeps("<Text>"))
class LowersMessages(_MishearsMessages):
    """Keeps a message in lower case."""

    def heard(self, text: str) -> str:
        return super().heard(text.lower())


@fault(values.unicode_is_kept, applies=history_keeps_awkward(Awkward.UNICODE))
class KeepsMessagesInAscii(_MishearsMessages):
    """Replaces every character beyond ASCII in a message by a question mark."""

    def heard(self, text: str) -> str:
        return super().heard(re.sub(r"[^\x00-\x7f\ud800-\udfff]", "?", text))


@fault(values.very_long_text_is_kept, applies=history_keeps_awkward(Awkward.LONG))
class CutsLongMessages(_MishearsMessages):
    """Keeps the first 65,535 characters of a message, as many a column does."""

    def heard(self, text: str) -> str:
        return super().heard(text[:65_535])


@fault(values.nul_is_kept, applies=history_keeps_awkward(Awkward.NUL))
class CutsMessagesAtNul(_MishearsMessages):
    """Keeps a message up to the first NUL."""

    def heard(self, text: str) -> str:
        return super().heard(text.partition("\0")[0])


class _Fails(Server):
    """Fails on a request that carries something in particular."""

    def fails(self, text: str) -> bool:
        """Whether there is anything in a request's values, written as JSON, on which it fails."""
        return False

    def perform(self, step: Step, binding: Binding) -> Response:
        text = json.dumps([step.sent, step.message or None], ensure_ascii=False)
        return Response(500) if self.fails(text) else super().perform(step, binding)


@fault(values.nul_is_kept, applies=keeps_awkward(Awkward.NUL))
class FailsOnNul(_Fails):
    """Fails on text with a NUL in it."""

    def fails(self, text: str) -> bool:
        return super().fails(text) or "\\u0000" in text


@fault(values.unicode_is_kept, applies=keeps_awkward(Awkward.UNICODE))
class FailsOnWhatNeedsFourBytes(_Fails):
    """Fails on characters that take more than three bytes of UTF-8."""

    def fails(self, text: str) -> bool:
        return super().fails(text) or max(text) > "\uffff"


@fault(values.very_long_text_is_kept, applies=keeps_awkward(Awkward.LONG))
class FailsOnLongText(_Fails):
    """Fails on text of more than 16,384 characters."""

    def fails(self, text: str) -> bool:
        return super().fails(text) or len(text) > 16_384


@fault(values.deeply_nested_values_are_kept, applies=keeps_awkward(Awkward.DEEP))
class FailsOnDeepValues(_Fails):
    """Fails on values that are nested more than 64 deep."""

    def fails(self, text: str) -> bool:
        return super().fails(text) or "[" * 64 in text
