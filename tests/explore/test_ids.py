"""Tests of the ids that a walk makes up."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest

from conformance.explore.ids import Ids
from conformance.profile import Binding, Profile, Role
from conformance.profile_file import load
from tests.explore.tiny import tiny

ADK = load("adk")
UUID = {"type": "string", "format": "uuid"}


def creates(profile: Profile) -> Binding:
    """The first create."""
    binding = profile.first(Role.CREATE)
    assert binding is not None
    return binding


def test_fresh_ids_carry_the_runs_name() -> None:
    """Each made-up id begins with the name of the run, tells the walk, and is used once."""
    ids = Ids(ADK, "conf2a", 42)
    made = [ids.fresh(creates(ADK), walk) for walk in range(1, 200)]
    assert len(set(made)) == len(made)
    assert all(each.startswith(f"conf2a-s{walk}-") for walk, each in enumerate(made, start=1))


def test_ids_are_the_same_for_a_run_and_seed() -> None:
    """The same run and seed make up the same ids; another run or seed makes up others."""
    first, again, other_run, other_seed = (
        [ids.fresh(creates(ADK), 1), ids.absent(creates(ADK), 1, "0123456789abcdef")]
        for ids in (Ids(ADK, "conf1", 1), Ids(ADK, "conf1", 1), Ids(ADK, "conf2", 1), Ids(ADK, "conf1", 2))
    )
    assert first == again
    assert not set(first) & set(other_run)
    assert not set(first) & set(other_seed)


@pytest.mark.parametrize("schema", [UUID, {"anyOf": [UUID, {"type": "null"}]}], ids=["plain", "nullable"])
def test_ids_have_the_format_of_the_spec(tmp_path: Path, schema: dict[str, object]) -> None:
    """Where the spec demands a UUID, a random UUID is made up."""
    profile = tiny(tmp_path, "read", id_schema=schema)
    ids = Ids(profile, "conf1", 1)
    made = [ids.fresh(creates(profile), 1) for _ in range(50)]
    assert len(set(made)) == 50
    assert {uuid.UUID(each).version for each in made} == {4}


def test_format_of_a_path_parameter_counts() -> None:
    """An id that stands in the path of the create follows the schema of that parameter."""
    binding = next(each for each in ADK.bindings if each.operation.id == "create_session_with_id")
    assert Ids(ADK, "conf1", 1).fresh(binding, 3).startswith("conf1-s3-")


@pytest.mark.parametrize(
    "sample",
    ["e3e70682-c209-4cac-a29f-6fbed82c07cd", "thread_0a1b2c3d4e5f", "sess-0123456789", "65f0c0ffee12345678901234"],
)
def test_absent_ids_look_like_the_servers_own(sample: str) -> None:
    """An id that nobody has differs from the sample in its digits only, and keeps digits where digits stood."""
    ids = Ids(ADK, "conf1", 1)
    made = [ids.absent(creates(ADK), 1, sample) for _ in range(50)]
    places = ("[0-9]" if each.isdigit() else "[0-9a-f]" if each in "abcdef" else re.escape(each) for each in sample)
    shape = re.compile("".join(places))
    assert sample not in made
    assert len(set(made)) == 50
    assert all(shape.fullmatch(each) for each in made)


@pytest.mark.parametrize("sample", [None, "", "chat!", "xyz-12345"])
def test_absent_ids_without_a_sample_carry_the_runs_name(sample: str | None) -> None:
    """Where the server's ids show no long hexadecimal digits, an id is made up."""
    assert Ids(ADK, "conf1", 1).absent(creates(ADK), 7, sample).startswith("conf1-s7-")
