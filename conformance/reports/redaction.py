"""What must nobody read? The secrets in a report, wherever they stand; their templates are written instead.

A server may say a secret again in any place and in any writing, so it is known by its value and not by its place. A
report is cleaned once, when it is made; those who render it need not care.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import unquote_plus

from conformance import records
from conformance.exchange import Exchange, Headers, Request, Response
from conformance.judge import Signature
from conformance.reports import Finding, FlowAsk, FlowCall, Report
from conformance.writer import wrong
from conformance.writings import WRITINGS, form, pattern

HIDDEN = frozenset({"cookie", "set-cookie", "authorization", "proxy-authorization"})
"""Headers (in lower case) whose values never appear."""
SHORTEST = 4
"""A shorter value would be found in every text; it is hidden only where the profile puts it."""

_VARIABLE = re.compile(r"(\$\{\w+\})")


def redact(report: Report, values: Mapping[str, str]) -> Report:
    """The report without secrets. `values` maps each to its template, in which `${NAME}` is a variable."""
    return _Redaction(values, report.secrets).report(report)


def _written(template: str, writing: Callable[[str], str]) -> str:
    """A template in some writing; its variables stay as they are."""
    return "".join(part if index % 2 else writing(part) for index, part in enumerate(_VARIABLE.split(template)))


class _Redaction:
    """Hides these values, and what stands under the names of `places`."""

    def __init__(self, values: Mapping[str, str], places: Mapping[str, str]) -> None:
        self._places = places
        self._values = values
        self._instead: dict[str, str] = {}
        for value in sorted(values, key=len, reverse=True):
            if len(value) >= SHORTEST:
                for writing in WRITINGS:
                    self._instead.setdefault(writing(value), _written(values[value], writing))
        self._pattern = re.compile("|".join(map(pattern, sorted(self._instead, key=len, reverse=True))))

    def report(self, report: Report) -> Report:
        """The whole report."""
        return replace(
            report,
            target=self._text(report.target),
            base=self._text(report.base),
            stopped=self._text(report.stopped),
            findings=tuple(map(self._finding, report.findings)),
            undeleted=tuple(map(self._text, report.undeleted)),
            notes=tuple(map(self._said, report.notes)),
            baseline=tuple(replace(each, signature=self._signature(each.signature)) for each in report.baseline),
        )

    def _text(self, text: str) -> str:
        return self._pattern.sub(lambda found: self._instead[found[0]], text) if self._instead else text

    def _said(self, text: str) -> str:
        """A text in which what a server said may be cut short, in the middle of a secret."""
        *cut, end = self._text(text).split("…")
        return "…".join([*map(self._cut, cut), end])

    def _cut(self, text: str) -> str:
        """A text without the beginning of a secret at its end."""
        for value, instead in self._instead.items():
            for length in range(min(len(value), len(text)), SHORTEST - 1, -1):
                if text.endswith(value[:length]):
                    return text[:-length] + instead
        return text

    def _body(self, body: bytes) -> bytes:
        return self._text(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def _headers(self, headers: Headers) -> Headers:
        return tuple((name, self._header(name.lower(), value)) for name, value in headers)

    def _header(self, name: str, value: str) -> str:
        if name in self._places:
            return self._credentials(value, self._places[name])
        return "***" if name in HIDDEN else self._text(value)

    def _credentials(self, value: str, template: str) -> str:
        """What stands for credentials: the template of those that they are; wrong ones are no secret."""
        return value if value == wrong(template) else self._values.get(value, template)

    def _query(self, query: str) -> str:
        """A query, parameter for parameter: a short secret is known by its place alone."""
        parts = []
        for part in self._text(query).split("&"):
            name, _, value = part.partition("=")
            template = self._places.get(unquote_plus(name).lower())
            right = template is not None and unquote_plus(value) != wrong(template)
            parts.append(f"{name}={_written(template or '', form)}" if right else part)
        return "&".join(parts)

    def _request(self, request: Request) -> Request:
        return records.replace(
            request,
            path=self._text(request.path),
            query=self._query(request.query),
            headers=self._headers(request.headers),
            body=self._body(request.body),
            base=self._text(request.base),
        )

    def _response(self, response: Response) -> Response:
        return records.replace(response, headers=self._headers(response.headers), body=self._body(response.body))

    def _exchange(self, exchange: Exchange) -> Exchange:
        response = None if exchange.response is None else self._response(exchange.response)
        return records.replace(exchange, request=self._request(exchange.request), response=response)

    def _call(self, call: FlowCall) -> FlowCall:
        created = None if call.created is None else self._text(call.created)
        return replace(call, exchange=self._exchange(call.exchange), created=created)

    def _ask(self, ask: FlowAsk) -> FlowAsk:
        calls = tuple(map(self._call, ask.calls))
        return FlowAsk(self._said(ask.asked), self._said(ask.told), calls, ask.recorded)

    def _signature(self, signature: Signature) -> Signature:
        return replace(signature, kind=self._text(signature.kind))

    def _finding(self, finding: Finding) -> Finding:
        return replace(
            finding,
            signature=self._signature(finding.signature),
            expected=self._said(finding.expected),
            got=self._said(finding.got),
            flow=tuple(map(self._call, finding.flow)),
            follows=None if finding.follows is None else self._signature(finding.follows),
            saved=tuple(map(self._text, finding.saved)),
            asks=tuple(map(self._ask, finding.asks)),
        )
