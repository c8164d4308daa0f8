"""The kill matrix, for people and for machines."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from conformance.reports import Kill, Matrix
from conformance.reports.faults import render, render_json

CAUGHT = Kill("loses-things", frozenset({"a/kept", "a/shown"}), ("a/kept", "b/other"), 1234, 0.5)
MISSED = Kill("hides-things", frozenset({"a/shown", "a/kept"}), (), None, None)
BESIDE = Kill("bends-things", frozenset({"a/kept"}), ("b/other",), None, None)
MATRIX = Matrix("small", "Small API", 5, (), 20_000, 12.34, (CAUGHT,))


def text_of(matrix: Matrix, width: int = 120) -> str:
    """The matrix as plain text."""
    console = Console(file=StringIO(), width=width, no_color=True, highlight=False)
    console.print(render(matrix))
    assert isinstance(console.file, StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().split("\n"))


def row(text: str, name: str) -> list[str]:
    """The words of a fault's row."""
    return next(line.split() for line in text.split("\n") if name in line)


@pytest.mark.parametrize(
    ("matrix", "code"),
    [
        (MATRIX, 0),
        (replace(MATRIX, kills=()), 0),
        (replace(MATRIX, kills=(CAUGHT, MISSED)), 1),
        (replace(MATRIX, kills=(BESIDE,)), 1),
        (replace(MATRIX, alarms=("a/kept · op · kind",)), 1),
    ],
)
def test_the_exit_code_asks_for_every_fault_and_no_alarm(matrix: Matrix, code: int) -> None:
    """A fault that only other invariants caught is missed."""
    assert matrix.exit_code == code


def test_each_fault_has_its_row() -> None:
    """Caught or not, by what, and after how many requests and seconds."""
    text = text_of(replace(MATRIX, kills=(CAUGHT, MISSED, BESIDE)))
    assert row(text, "loses-things") == ["✓", "loses-things", "a/kept", "1,234", "0.50"]
    assert "b/other" in text.split("loses-things")[1].split("hides-things")[0]
    assert row(text, "hides-things") == ["✗", "hides-things", "nothing;", "expected", "a/kept,", "a/shown", "-", "-"]
    assert row(text, "bends-things") == ["✗", "bends-things", "b/other", "-", "-"]
    assert "1 of 3 faults caught · no alarm on the correct fake in 20,000 exchanges" in text
    assert "12.3 s, seed 5" in text
    assert "Small API · faults" in text


def test_what_was_expected_stands_out() -> None:
    """On a terminal the invariants that a fault breaks are bold, others that caught it as well are dim."""
    console = Console(file=StringIO(), width=120, force_terminal=True, color_system="standard", highlight=False)
    console.print(render(MATRIX))
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert "\x1b[1ma/kept\x1b[0m" in text
    assert "\x1b[2mb/other\x1b[0m" in text


def test_alarms_are_named() -> None:
    """An alarm on the correct fake is a defect of the catalogue, and is shown as such."""
    text = text_of(replace(MATRIX, alarms=("a/kept · op · kind", "b/other · op · kind")))
    assert "false alarm: a/kept · op · kind" in text
    assert "1 of 1 faults caught · 2 alarms on the correct fake" in text


def test_no_fault_and_no_alarm_is_no_error() -> None:
    """A profile for which no fault is possible has an empty matrix."""
    assert "0 of 0 faults caught · no alarm" in text_of(replace(MATRIX, kills=()))


@pytest.mark.parametrize("width", [60, 80])
def test_names_are_never_cut(width: int) -> None:
    """In a narrow terminal names are folded, so that none loses a letter."""
    long = replace(CAUGHT, fault="Q" * 70, caught_by=("Z" * 70,))
    text = text_of(replace(MATRIX, kills=(long,)), width)
    assert (text.count("Q"), text.count("Z")) == (70, 70)


def test_machines_read_the_same() -> None:
    """The document holds every fault, and the order of names does not depend on chance."""
    many = [f"a/{letter}" for letter in "abcdefgh"]
    assert (
        json.loads(render_json(replace(MATRIX, kills=(replace(CAUGHT, breaks=frozenset(many)),))))["faults"][0][
            "breaks"
        ]
        == many
    )
    matrix = replace(MATRIX, kills=(CAUGHT, MISSED), alarms=("a/kept · op · kind",))
    text = render_json(matrix)
    assert text.endswith("}\n")
    assert json.loads(text) == {
        "profile": "small",
        "seed": 5,
        "exchanges": 20_000,
        "alarms": ["a/kept · op · kind"],
        "faults": [
            {
                "name": "loses-things",
                "breaks": ["a/kept", "a/shown"],
                "caught_by": ["a/kept", "b/other"],
                "requests": 1234,
                "seconds": 0.5,
            },
            {
                "name": "hides-things",
                "breaks": ["a/kept", "a/shown"],
                "caught_by": [],
                "requests": None,
                "seconds": None,
            },
        ],
    }
