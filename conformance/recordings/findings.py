"""What do the findings of a report hold? Each its flow, as it was sent and answered."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from conformance.recordings import About, Entry, Shown, fault
from conformance.recordings.json_stream import JsonStream
from conformance.recordings.messages import exchange


class Findings:
    """A JSON report: each of its findings is a flow."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.about = About()

    def entries(self) -> Generator[Entry, None, None]:
        """The calls of the findings, one finding after the other."""
        self.about = About()
        number = 0
        for name, place, value in JsonStream(self.path, frozenset(), frozenset({"findings"})).parts():
            if name in ("profile", "target") and isinstance(value, str):
                setattr(self.about, name, value)
                self.about.base = value if name == "target" and "://" in value else self.about.base
            self.about.closed = value is True if name == "closed" else self.about.closed
            if name != "findings" or not place:
                continue
            flow = f"finding {place}"
            try:
                self.about.findings.append(Shown(value["invariant"], value["operation"], value["kind"], flow))
                for call in value["flow"]:
                    number += 1
                    yield Entry(number, flow, exchange(call))
            except (ValueError, TypeError, LookupError) as error:
                problem = str(error) if isinstance(error, ValueError) else "is no finding of a report"
                raise fault(self.path, f"finding {place}: {problem}", max(number, 1)) from error
        if not number:
            raise fault(self.path, "the report has no findings, so it holds no entries")
