"""What docs/clients.md shows runs as it is shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conformance.clients import protocol

GUIDE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")


def test_the_example_for_pytest_runs(pytester: pytest.Pytester) -> None:
    """It has fewer than 25 lines, and both of its tests pass; the second fails if it does not say what it expects."""
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)
    assert len(example.splitlines()) < 25
    pytester.makepyfile(example)
    pytester.runpytest_subprocess().assert_outcomes(passed=2)
    unsaid = "".join(line for line in example.splitlines(keepends=True) if "expects" not in line)
    pytester.makepyfile(unsaid)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*requests/session-is-created-before-it-is-written-to (MUST)*"])


def test_the_lines_of_the_protocol_are_valid() -> None:
    """Each ask and answer in the guide is one of the protocol."""
    (shown,) = re.findall(r"```\n(→.*?)```", GUIDE, flags=re.DOTALL)
    lines = re.findall(r"([→←]) (\{.*?\})(?=\n[→←]|\n*$)", shown, flags=re.DOTALL)
    assert len(lines) == 6
    for arrow, text in lines:
        found = json.loads(" ".join(text.split()))
        if arrow == "→":
            assert protocol.is_ask(found), found
        else:
            assert protocol.read(json.dumps(found).encode(), found["id"])
