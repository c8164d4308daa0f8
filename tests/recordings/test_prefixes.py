"""Where the paths of the spec begin: as given, by the base of the recording, or by the spec's own servers."""

from __future__ import annotations

import pytest

from conformance import load
from conformance.exchange import Exchange, Request
from conformance.recordings.prefixes import prefixes, stripped

ADK = load("adk")
PATH = "/apps/echo/users/ada/sessions"


@pytest.mark.parametrize(
    ("base", "given", "expected"),
    [
        ("http://h/api/v1/", None, ("/api/v1",)),
        ("http://h", None, ()),
        ("http://h/api", "/other/", ("/other",)),
        ("", "https://h/deep/path", ("/deep/path",)),
    ],
)
def test_what_stands_before(base: str, given: str | None, expected: tuple[str, ...]) -> None:
    """What is given wins."""
    assert prefixes(ADK, base, given) == expected


def test_a_path_is_stripped_only_if_it_has_to_be() -> None:
    """One that the spec knows as it stands is left alone, and so is one that begins otherwise."""

    def path(recorded: str) -> str:
        return stripped(Exchange(Request("GET", recorded), None), ADK.spec, ("/api", "/v1")).request.path

    assert path(PATH) == PATH
    assert path(f"/v1{PATH}") == PATH
    assert path("/apiary/x") == "/apiary/x"


def test_what_was_stripped_is_of_the_base() -> None:
    """So the URL stays what it was."""
    asked = Request("GET", f"/v1{PATH}", base="http://h")
    found = stripped(Exchange(asked, None), ADK.spec, ("/v1",)).request
    assert (found.base, found.path, found.url) == ("http://h/v1", PATH, asked.url)
