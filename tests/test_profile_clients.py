"""What a profile says of clients is checked as all else is."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import ProfileError
from conformance.profile import Client
from conformance.profile_clients import client
from conformance.profile_keys import Keys


def read(text: str) -> Client:
    """What a profile with these tables says of clients."""
    table: dict[str, Any] = tomllib.loads(text)
    return client(Keys(Path("profile.toml"), table), {"project": "demo"}, ["API_KEY"])


def test_all_of_it_may_be_left_out() -> None:
    """Then ids come from where they come from as a rule, and nothing is recorded."""
    assert read("") == Client()
    assert Client().precedence == ("explicit", "reference", "context", "default")


def test_everything_is_read() -> None:
    """One variable or several, what they are filled with, and where recorded parts stand."""
    found = read("""
[client]
base_url = ["A_URL", "B_URL"]
environment = { PROJECT = "${project}", WHOLE = "${base_url}/x?key=${API_KEY}" }
precedence = ["mine", "yours"]
beside = ["/telemetry/"]
[recorded]
given = "/in_play"
places = { payload = "/payload/session" }
""")
    assert found.base_url == ("A_URL", "B_URL")
    assert found.environment["WHOLE"] == "${base_url}/x?key=${API_KEY}"
    assert found.precedence == ("mine", "yours")
    assert found.beside == ("/telemetry/",)
    assert found.recorded is not None
    assert found.recorded.path == ("path",)
    assert found.recorded.given == ("in_play",)
    assert found.recorded.places == {"payload": ("payload", "session")}
    assert read('[client]\nbase_url = "URL"').base_url == ("URL",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[client]\nbase = 1", "base_url"),
        ("[client]\nbase_url = 1", "client.base_url"),
        ("[client]\nenvironment = 1", "client.environment"),
        ('[client]\nenvironment = { A = "${projct}" }', "did you mean 'project'?"),
        ("[client]\nenvironment = { A = 1 }", "client.environment.A"),
        ('[client]\nprecedence = ["explict"]', "did you mean 'explicit'?"),
        ("[client]\nprecedence = []", "client.precedence"),
        ('[client]\nprecedence = ["context", "context"]', "twice"),
        ('[client]\nbeside = ["/"]', "client.beside"),
        ('[client]\nbeside = ["telemetry"]', "client.beside"),
        ("[recorded]\nplace = 1", "places"),
        ('[recorded]\npath = "/path"', "recorded.places"),
        ('[recorded]\nplaces = { a = "b" }', "recorded.places.a"),
    ],
)
def test_what_is_wrong_is_told(text: str, told: str) -> None:
    """With its key, and what may have been meant."""
    with pytest.raises(ProfileError) as error:
        read(text)
    assert told in str(error.value)
