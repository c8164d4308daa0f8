"""What the harness has to say of an API in which a member of the body says whether a run is streamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.judged import check_right, check_wrong

from .app import FAULTS, create_app

LINES = "application/x-ndjson: {itemSchema"
PROFILE = Path(__file__).parent / "profile.toml"
EXPECTED = {
    "never-streams": "contract/answer-is-streamed-as-asked",
    "streams-always": "contract/answer-is-streamed-as-asked",
    "forgets-streams": "runs/run-appends",
    "keeps-streams-elsewhere": "runs/run-appends",
    "streams-to-nobody": "runs/run-requires-existing-session",
    "refuses-streams": "runs/stream-and-run-agree",
    "streams-another-reply": "runs/answer-stands-in-history",
    "stream-clears-metadata": "runs/run-leaves-attributes-alone",
    "takes-any-stream-flag": "refusals/request-that-violates-the-spec-is-refused",
}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_right_server_raises_no_alarm(seed: int) -> None:
    """Nothing is found in 10,000 exchanges, and nothing is left behind."""
    check_right(create_app, PROFILE, seed)


def in_lines(folder: Path) -> Path:
    """The profile of the same API, where a stream has a line for each message, described as OpenAPI 3.2 does."""
    described = (PROFILE.parent / "openapi.yaml").read_text().replace("text/event-stream: {schema:", f"{LINES}:")
    (folder / "openapi.yaml").write_text(described.replace("openapi: 3.1.0", "openapi: 3.2.0"))
    assert LINES in described
    (folder / "profile.toml").write_text(PROFILE.read_text())
    return folder / "profile.toml"


def test_a_stream_of_lines_raises_no_alarm(tmp_path: Path) -> None:
    """Nothing is found where messages are streamed as JSON lines."""
    check_right(lambda _: create_app(lines=True), in_lines(tmp_path), 1)


@pytest.mark.parametrize("wrong", ["never-streams", "streams-another-reply", "streams-to-nobody"])
def test_a_wrong_stream_of_lines_is_found_out(tmp_path: Path, wrong: str) -> None:
    """What a stream of lines tells is looked at."""
    check_wrong(lambda fault: create_app(fault, lines=True), in_lines(tmp_path), wrong, EXPECTED[wrong])


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_wrong_server_is_found_out(wrong: str) -> None:
    """What the fault breaks is among the primary findings."""
    check_wrong(create_app, PROFILE, wrong, EXPECTED[wrong])
