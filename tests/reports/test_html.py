"""The report as a page: whole, without a script or an address of elsewhere, and with every command to be copied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from conformance import Report
from conformance.exchange import Exchange, Request, Response
from conformance.reports import FlowAsk, FlowCall, Known, html
from conformance.reports.curl import commands
from conformance.reports.plain import plain

from . import samples

VOID = {"meta"}
HOSTILE = "</pre></style><script>alert(1)</script><img src=x onerror='y'>\x00\ud800 \"&amp;"
REPORTS: dict[str, Callable[[], Report]] = {
    "conforming": samples.report,
    "broken": samples.broken,
    "untested": samples.untested,
    "unreachable": samples.unreachable,
    "known": samples.known,
    "hostile": lambda: samples.saying(HOSTILE),
    "empty": lambda: replace(samples.report(), rows=(), findings=()),
}


class Page(HTMLParser):
    """Reads a page: which elements it has, and what stands in each kind of them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins; none may name an address, or what is to be run."""
        assert {name for name, _ in attrs} <= {"lang", "charset", "name", "content", "class", "id", "title", "colspan"}
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        """The element that began last ends first."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Text belongs to the innermost element."""
        if self.open:
            self.texts[self.open[-1]][-1] += data


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_a_whole_page(name: str) -> None:
    """Elements are closed in their order, and nothing is run or fetched, whatever a server said."""
    page = Page(html.render(REPORTS[name]()))
    assert page.tags.isdisjoint({"script", "img", "link", "iframe", "a"})
    assert page.texts["span"][0] == REPORTS[name]().verdict.value


def test_what_a_server_says_stands_as_it_is() -> None:
    """Markup in a text is shown, and obeyed by nobody; what no reader can take is escaped."""
    page = Page(html.render(samples.saying(HOSTILE)))
    assert page.texts["h3"] == [f"1. {plain(HOSTILE)}"]
    assert page.texts["dd"].count(plain(HOSTILE)) == 2


def test_every_command_can_be_copied() -> None:
    """Each call of each finding that stands first is there as a command, on one line."""
    report = samples.broken()
    page = Page(html.render(report))
    expected = [
        line
        for finding in report.findings
        if finding.primary
        for line in commands(finding.flow, report.base, report.secrets)
    ]
    assert len(expected) >= 3
    assert [line for line in page.texts["pre"] if "curl" in line] == expected
    assert report.serve in page.texts["pre"]


def test_every_row_is_there() -> None:
    """Each invariant stands in the table with its outcome."""
    report = samples.broken()
    cells = Page(html.render(report)).texts["td"]
    for row in report.rows:
        assert row.id.partition("/")[2] in cells
    assert sum("broken" in cell and "✗" in cell for cell in cells) == sum(bool(row.violations) for row in report.rows)


def test_a_long_answer_is_cut() -> None:
    """A megabyte of an answer is not a page."""
    exchange = Exchange(Request("GET", "/x"), Response(200, (), b"y" * 2**20))
    finding = replace(samples.finding(), flow=(FlowCall("read", exchange),))
    text = html.render(replace(samples.broken(), findings=(finding,)))
    assert "y" * html.MAX_BODY + "…" in text
    assert len(text) < 100_000


def test_what_was_asked_of_a_client_is_there() -> None:
    """An ask with what it sent, and one that sent nothing."""
    call = FlowCall("enrich", Exchange(Request("PUT", "/events", body=b'{"a": 1}'), Response(200, (), b"")))
    asks = (FlowAsk("open a", "fine", (call,)), FlowAsk("enrich", "failed"))
    finding = replace(samples.finding(), asks=asks)
    page = Page(html.render(replace(samples.broken(), findings=(finding,), serve="")))
    assert page.texts["pre"] == ['PUT /events → 200\n{"a": 1}', "nothing was sent"]
    assert {"1. open a → fine", "2. enrich → failed"} <= set(page.texts["p"])


def test_what_is_known_is_listed() -> None:
    """The baseline's entries stand with their reasons, what is stale among them; what was left behind as well."""
    listed = tuple(Known(samples.finding().signature, state, f"it is {state}") for state in ("known", "stale"))
    report = replace(samples.known(), baseline=listed, undeleted=("one", "two"), notes=("look",), lags={"list": 1.25})
    page = Page(html.render(report))
    assert {"it is known", "it is stale"} <= set(page.texts["td"])
    assert {"2 sessions could not be deleted:", "look"} <= set(page.texts["p"])
    assert "one\ntwo" in page.texts["pre"]
    assert "list lagged behind by up to 1.2 s, as the profile lets it" in page.texts["p"]
