"""Where is it kept? What happens as a cassette, and each finding as one of its own, to be sent again."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from conformance.profile import Profile
from conformance.recordings import Shown
from conformance.recordings.about import about_profile
from conformance.recordings.public import credential_names, public_words
from conformance.recordings.redaction import Redaction
from conformance.recordings.writer import CassetteWriter
from conformance.reports import Finding, Report
from conformance.reports.rows import secrets_of
from conformance.version import VERSION


def cassette(
    profile: Profile, path: Path, target: str, base: str, seed: int | None, redacted: Collection[str] = ()
) -> CassetteWriter:
    """A cassette to be written for a profile, which keeps its secrets, and further fields, to itself."""
    about = about_profile(profile, VERSION, target, base, seed)
    return CassetteWriter(path, about, redaction_for(profile, redacted))


def redaction_for(profile: Profile, redacted: Collection[str] = ()) -> Redaction:
    """What takes the secrets of a profile, and further fields, out of exchanges."""
    credentials = profile.credentials
    places = {credentials.name.lower(): credentials.template} if credentials.required else {}
    spec = profile.spec
    named = (*redacted, *credential_names(spec))
    return Redaction(secrets_of(credentials), places, named, public=public_words(spec))


def save_findings(profile: Profile, report: Report, folder: Path, redacted: Collection[str] = ()) -> Report:
    """Write each finding of a report that stands first in its flow as a cassette; gives the report that names them.

    A file is named by its signature: what is found again is written over what was found before.
    """
    names: set[str] = set()
    saved = []
    for each in report.findings:
        if each.primary:
            path = folder / f"{_file_name(each, names)}.yaml"
            _save(profile, report, each, path, redacted)
            each = replace(each, recording=str(path))
        saved.append(each)
    return replace(report, findings=tuple(saved))


def _file_name(finding: Finding, taken: set[str]) -> str:
    """What the file of a finding is called; a number tells those apart whose signatures differ in nothing else."""
    words = re.sub(r"[^a-z0-9]+", "-", str(finding.signature).lower()).strip("-")[:120].strip("-")
    name = next(each for each in chain([words], (f"{words}-{number}" for number in count(2))) if each not in taken)
    taken.add(name)
    return name


def _save(profile: Profile, report: Report, finding: Finding, path: Path, redacted: Collection[str]) -> None:
    """Write one finding as a cassette."""
    base = report.target if "://" in report.target else ""
    writer = cassette(profile, path, report.target, base, report.seed, redacted)
    for call in finding.flow:
        writer.add(call.exchange, "1")
    writer.close([Shown(finding.signature.invariant, finding.signature.operation, finding.signature.kind, "1")])
