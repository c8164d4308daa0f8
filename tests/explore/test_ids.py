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
SERVERS = Path(__file__).parents[1] / "servers"
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


def test_ids_match_the_pattern_of_the_spec(tmp_path: Path) -> None:
    """Where the run's name does not fit, new ones that do are made up; the same again for the same seed."""
    profile = tiny(tmp_path, "read", id_schema={"type": "string", "pattern": "^note_[0-9a-f]{10}$"})
    made = [
        [ids.fresh(creates(profile), 1) for _ in range(50)]
        for ids in (Ids(profile, "conf1", 1), Ids(profile, "conf1", 1))
    ]
    assert made[0] == made[1]
    assert len(set(made[0])) == 50
    assert all(re.fullmatch("note_[0-9a-f]{10}", each) for each in made[0])


def test_a_pattern_that_the_runs_name_fits_is_no_reason_for_another(tmp_path: Path) -> None:
    """Ids tell whose they are, if they may."""
    profile = tiny(tmp_path, "read", id_schema={"type": "string", "pattern": "^[a-z0-9-]+$"})
    assert Ids(profile, "conf1", 1).fresh(creates(profile), 3).startswith("conf1-s3-")


@pytest.mark.parametrize("longest", [1, 8, 12, 14])
def test_ids_are_no_longer_than_the_spec_allows(tmp_path: Path, longest: int) -> None:
    """Where the run's name is too long, hexadecimal digits have to do."""
    profile = tiny(tmp_path, "read", id_schema={"type": "string", "maxLength": longest})
    made = [Ids(profile, "conf1", seed).fresh(creates(profile), 1) for seed in range(20)]
    assert all(re.fullmatch(f"[0-9a-f]{{{longest}}}", each) for each in made)
    assert len(set(made)) > 5


@pytest.mark.parametrize(
    ("session", "plain", "in_header"),
    [
        ("abc-1", True, True),
        ("with space", True, True),
        (" padded ", True, False),
        ("caf\u00e9", True, False),
        ("", True, False),
    ],
)
def test_what_stands_in_a_header_is_plain_text(session: str, plain: bool, in_header: bool) -> None:
    """An awkward id is made up only where it can stand wherever the profile puts it."""
    assert Ids(ADK, "conf1", 1).allowed(session) is plain
    assert Ids(load("snakebridge"), "conf1", 1).allowed(session) is in_header


def test_items_are_made_up_under_the_runs_name() -> None:
    """Ones that no session holds, all different."""
    ids = Ids(ADK, "conf1", 1)
    made = [ids.item() for _ in range(50)]
    assert len(set(made)) == 50
    assert all(each.startswith("conf1-item-") for each in made)


@pytest.mark.parametrize("pattern", ["^t-.+$", "^[g-z]+$", "^[a-z0-9-]+$"])
def test_ids_match_a_pattern_and_are_short_enough(tmp_path: Path, pattern: str) -> None:
    """Where the spec says both, both hold."""
    profile = tiny(tmp_path, "read", id_schema={"type": "string", "pattern": pattern, "maxLength": 8})
    ids = Ids(profile, "conf1", 1)
    made = [ids.fresh(creates(profile), 1) for _ in range(50)]
    assert all(re.search(pattern, each) and len(each) <= 8 for each in made)
    assert len(set(made)) > 40


@pytest.mark.parametrize("schema", [{"type": "integer"}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}])
def test_ids_are_numbers_where_only_numbers_go(tmp_path: Path, schema: dict[str, object]) -> None:
    """Where the spec demands whole numbers, large ones are made up: servers count from one."""
    profile = tiny(tmp_path, "read", id_schema=schema)
    ids = Ids(profile, "conf1", 1)
    made = [ids.fresh(creates(profile), 1) for _ in range(50)] + [ids.absent(creates(profile), 1, "7")]
    assert len(set(made)) == 51
    assert all(2**30 - 1 <= int(each) < 2**31 for each in made)


def test_numbers_are_within_the_bounds_of_the_spec(tmp_path: Path) -> None:
    """The upper half of what the spec allows."""
    profile = tiny(tmp_path, "read", id_schema={"type": "integer", "minimum": 700, "maximum": 999})
    ids = Ids(profile, "conf1", 1)
    assert all(700 <= int(ids.fresh(creates(profile), 1)) <= 999 for _ in range(50))


def test_absent_is_a_number_where_the_server_hands_out_numbers() -> None:
    """Whatever the spec says of them: anything else would be refused for what it is."""
    assert Ids(ADK, "conf1", 1).absent(creates(ADK), 1, "42").isdecimal()


def test_parts_of_an_owner_have_the_form_of_the_spec() -> None:
    """A plain name where any text will do, a number where only numbers go."""
    profile = load(SERVERS / "tickets")
    ids = Ids(profile, "conf1", 1)
    assert ids.part(0, "conf1-1-a") == "conf1-1-a"
    assert ids.part(1, "conf1-1-a1").isdecimal()
