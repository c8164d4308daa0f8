"""What goes wrong with the harness itself: which class, which exit code, which words?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import (
    ConformanceError,
    InputError,
    LaunchError,
    ProfileError,
    SpecError,
    TargetError,
    nearest,
)

NAMES = st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("error", "parent", "code"),
    [
        (InputError, ConformanceError, 2),
        (ProfileError, InputError, 2),
        (SpecError, InputError, 2),
        (TargetError, ConformanceError, 4),
        (LaunchError, TargetError, 4),
    ],
)
def test_each_class_has_its_parent_and_its_exit_code(
    error: type[ConformanceError], parent: type[ConformanceError], code: int
) -> None:
    """The user's input costs 2, a target that does not answer 4."""
    assert error.__bases__ == (parent,)
    assert error("x").exit_code == code


def test_the_root_is_the_harness_own_failure() -> None:
    """An error of no special kind ends with 4, and is no other kind of exception."""
    assert ConformanceError("x").exit_code == 4
    assert ConformanceError.__bases__ == (Exception,)


def test_the_text_says_where_what_and_what_next() -> None:
    """Place, problem and remedy stand in this order; the remedy on a line of its own."""
    error = InputError("is wrong", place="profile.toml: read", remedy="write it right")
    assert str(error) == "profile.toml: read: is wrong\n  write it right"
    assert (error.place, error.problem, error.remedy) == ("profile.toml: read", "is wrong", "write it right")


def test_the_text_of_a_bare_problem_is_the_problem() -> None:
    """Without place and remedy nothing is put around the problem."""
    assert str(SpecError("is wrong")) == "is wrong"
    assert str(SpecError("is wrong", place="here")) == "here: is wrong"
    assert str(SpecError("is wrong", remedy="mend it")) == "is wrong\n  mend it"


@pytest.mark.parametrize(
    ("name", "valid", "remedy"),
    [
        ("sesion", ["owner", "session", "history"], "did you mean 'session'?"),
        ("ses", ["owner", "session", "history"], "did you mean 'session'?"),
        ("zzz", ["owner", "history"], "valid here: history, owner"),
        ("", ["owner", "history"], "valid here: history, owner"),
        ("session", [], "nothing is valid here"),
        ("OWNER", {"owner": 1}, "valid here: owner"),
    ],
)
def test_the_remedy_names_the_nearest_or_all(name: str, valid: list[str], remedy: str) -> None:
    """A close name is suggested; if none is close all are listed in order."""
    assert nearest(name, valid) == remedy


@given(NAMES, st.data())
def test_a_valid_name_is_nearest_to_itself(names: list[str], data: st.DataObject) -> None:
    """Nothing is nearer to a name than the name."""
    name = data.draw(st.sampled_from(names))
    assert nearest(name, names) == f"did you mean {name!r}?"


@given(st.text(max_size=30), NAMES)
def test_the_remedy_always_names_something_valid(name: str, names: list[str]) -> None:
    """Whatever was typed, the remedy holds at least one name that would do."""
    remedy = nearest(name, names)
    assert any(each in remedy or repr(each) in remedy for each in names)
