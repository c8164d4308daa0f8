"""What a recording says of itself, and whether that is what there is now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from conformance import load
from conformance.recordings import About
from conformance.recordings.about import about_from, about_profile, binding_digest, document, other_versions

ADK = load("adk")


def test_it_is_read_back() -> None:
    """All but the findings, which stand elsewhere."""
    about = about_profile(ADK, "1.2", "http://h", "http://h", 7)
    assert about_from(document(about)) == about


def test_what_others_say_is_not_taken() -> None:
    """A value of a wrong kind was not written by us."""
    assert about_from("x") == About()
    assert about_from({"profile": 7, "closed": "yes", "seed": "x", "values": []}) == About()


def test_other_versions_are_told() -> None:
    """Of the profile by name, of its spec, and of its file."""
    about = about_profile(ADK, "1.2", "", "", 0)
    assert other_versions(about, ADK) == []
    assert other_versions(About(), ADK) == []
    assert other_versions(replace(about, spec="x"), ADK) == ["it was recorded with another version of the spec"]
    assert other_versions(replace(about, binding="x"), ADK) == ["it was recorded with another version of the profile"]
    assert "with the profile 'adk', not 'support'" in other_versions(about, load("support"))[0]


def test_comments_and_layout_make_no_other_version(tmp_path: Path) -> None:
    """What a profile says counts, not how."""
    file = Path(ADK.place)
    other = tmp_path / "profile.toml"
    other.write_text("# a comment\n\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert binding_digest(replace(ADK, place=str(other))) == binding_digest(ADK)
    other.write_text(file.read_text(encoding="utf-8").replace("echo", "other"), encoding="utf-8")
    assert binding_digest(replace(ADK, place=str(other))) != binding_digest(ADK)
