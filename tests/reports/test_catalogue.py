"""The catalogue as a document: it is what the generator says, and the guide beside it shows the code as it is."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import Invariant, load
from conformance import catalogue as invariants
from conformance.fakes.faults import all_faults
from conformance.invariants import CHAPTERS
from conformance.reports import catalogue

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "writing-an-invariant.md").read_text(encoding="utf-8")


def words(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


def section(invariant: str) -> str:
    """What the document says of one invariant, as it is read: without line breaks and escapes."""
    _, _, rest = catalogue.render().partition(f"### {invariant}\n")
    return re.sub(r"\\([\\<*])", r"\1", words(re.split(r"^##", rest, maxsplit=1, flags=re.MULTILINE)[0]))


def test_the_document_is_up_to_date() -> None:
    """docs/catalogue.md is what the generator prints now."""
    written = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert written == catalogue.render(), f"docs/catalogue.md is out of date; write it anew: {catalogue.COMMAND}"


def test_the_command_prints_the_document() -> None:
    """The command that the document names gives the document."""
    arguments = catalogue.COMMAND.partition(" > ")[0].split()[1:]
    result = subprocess.run([sys.executable, *arguments], capture_output=True, cwd=ROOT, check=True)
    assert result.stdout.decode() == catalogue.render()
    assert catalogue.COMMAND in words(catalogue.render())


def test_every_chapter_and_invariant_has_a_section() -> None:
    """In the order of the catalogue, each once."""
    headings = re.findall(r"^(##+) (.*)$", catalogue.render(), flags=re.MULTILINE)
    assert [text for mark, text in headings if mark == "##"] == list(CHAPTERS)
    assert [text for mark, text in headings if mark == "###"] == [each.id for each in invariants(None)]


@pytest.mark.parametrize("each", invariants(None), ids=lambda each: str(each.id))
def test_a_section_says_all(each: Invariant) -> None:
    """Level, title, reason, roles, source, and the faults that break it."""
    said = section(each.id)
    assert f"**{each.level}**: " in said
    assert each.title in said
    assert words(each.why) in said
    assert each.source in said
    assert "- looks at: " in said
    assert ("- needs: " in said) is bool(each.needs)
    for fault in all_faults():
        assert (f"- broken by `{fault.name}`: {fault.title}" in said) is (each.id in fault.breaks)


def test_every_chapter_says_what_it_is_about() -> None:
    """The docstring of its module stands under its heading."""
    document = words(catalogue.render())
    for name in CHAPTERS:
        module = sys.modules[f"conformance.invariants.{name}"]
        assert f"## {name} {words(inspect.getdoc(module) or '')}" in document


def test_what_an_api_documents_is_shown() -> None:
    """The sources of the built-in profiles stand beside the general ones."""
    for invariant, source in load("adk").sources.items():
        assert f"- source (adk): {words(source)}" in section(invariant)


def test_no_line_is_too_long() -> None:
    """Prose is wrapped; a word that is longer than a line is not broken."""
    assert [line for line in catalogue.render().splitlines() if len(line) > 120 and " " in line.strip("- ")] == []


def test_the_guide_shows_the_code_as_it_is() -> None:
    """Every example in the guide stands in the file that it names."""
    examples = re.findall(r"From\s`([^`]+)`[^`]*:\n\n```python\n(.*?)```", GUIDE, flags=re.DOTALL)
    assert len(examples) == GUIDE.count("```python")
    for file, code in examples:
        assert code in (ROOT / file).read_text(encoding="utf-8"), file


def test_the_guide_names_what_there_is() -> None:
    """Ids, faults and files in the guide exist."""
    names = set(re.findall(r"`([\w./-]+)`", GUIDE))
    files = {name for name in names if re.fullmatch(r"(conformance|tests|docs)/.*", name)}
    assert {name for name in files if not (ROOT / name).exists()} == set()
    assert catalogue.COMMAND in GUIDE
    assert "listing/list-holds-no-deleted-session" in {each.id for each in invariants()} & names
    assert "lists-deleted-sessions" in {each.name for each in all_faults()} & names
