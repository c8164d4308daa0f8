"""Which characters can every reader take? All others are written as the escapes that Python has for them.

These are the characters that XML 1.0 allows, without the control characters that it allows and advises against.
"""

from __future__ import annotations

import re

_UNFIT = re.compile("[^\t\n\r -~\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def plain(text: str) -> str:
    r"""A text that is valid in XML and in UTF-8: NUL becomes `\x00`, half a surrogate pair `\ud800`."""
    return _UNFIT.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
