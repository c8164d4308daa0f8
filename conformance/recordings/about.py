"""What does a recording say of itself? Written when it is made, checked when it is used."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from conformance.expressions import Json
from conformance.profile import Profile
from conformance.recordings import About, Shown

_TEXTS = ("profile", "spec", "binding", "version", "base", "target")


def about_profile(profile: Profile, version: str, target: str, base: str, seed: int | None) -> About:
    """What is said of a recording that is made now."""
    return About(
        profile=profile.name,
        spec=spec_digest(profile),
        binding=binding_digest(profile),
        version=version,
        base=base,
        target=target,
        seed=seed,
        closed=True,
        values=dict(profile.values),
    )


def spec_digest(profile: Profile) -> str:
    """A digest of what the profile's document says, however it is laid out."""
    return _digest(json.dumps(profile.spec.source, sort_keys=True, default=str))


def binding_digest(profile: Profile) -> str:
    """A digest of the profile's file, comments and layout aside; of what it holds if it was not read from a file."""
    try:
        lines = Path(profile.place).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        lines = [repr(profile.bindings)]
    said = (line.strip() for line in lines)
    return _digest("\n".join(line for line in said if line and not line.startswith("#")))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def other_versions(about: About, profile: Profile) -> list[str]:
    """In which ways a recording was made with something else than this profile; none if it does not say."""
    found = []
    if about.profile and about.profile != profile.name:
        found.append(f"it was recorded with the profile {about.profile!r}, not {profile.name!r}")
    if about.spec and about.spec != spec_digest(profile):
        found.append("it was recorded with another version of the spec")
    if about.binding and about.binding != binding_digest(profile) and about.profile == profile.name:
        found.append("it was recorded with another version of the profile")
    return found


def document(about: About) -> dict[str, Any]:
    """What is said, as plain values; findings aside, which stand at the end of a file."""
    texts = {name: getattr(about, name) for name in _TEXTS}
    return {**texts, "seed": about.seed, "closed": about.closed, "values": dict(about.values)}


def about_from(said: Json) -> About:
    """What is said, read back; what is of a wrong kind was not said by us."""
    if not isinstance(said, dict):
        return About()
    about = About(**{name: said[name] for name in _TEXTS if isinstance(said.get(name), str)})
    about.closed = said.get("closed") is True
    about.seed = said["seed"] if isinstance(said.get("seed"), int) else None
    about.values = said["values"] if isinstance(said.get("values"), dict) else {}
    return about


def findings_from(said: Json) -> list[Shown]:
    """The findings that a recording was kept for."""
    if not isinstance(said, list):
        return []
    keys = ("invariant", "operation", "kind", "flow")
    rows = (each for each in said if isinstance(each, dict) and all(isinstance(each.get(key), str) for key in keys))
    return [Shown(*(each[key] for key in keys)) for each in rows]


def findings_document(findings: list[Shown]) -> list[dict[str, str]]:
    """The findings, as plain values."""
    return [
        {"invariant": each.invariant, "operation": each.operation, "kind": each.kind, "flow": each.flow}
        for each in findings
    ]
