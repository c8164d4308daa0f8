"""Documents from files and from servers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conformance import draft as drafts
from conformance.errors import InputError, SpecError, TargetError

SPECS = Path(__file__).parent / "specs"


class _Handler(BaseHTTPRequestHandler):
    """Hands out a document, a redirect, and nothing."""

    def do_GET(self) -> None:
        """Answer by path."""
        known = self.path in ("/openapi.json", "/openapi.yaml", "/latin")
        self.send_response(200 if known else 307 if self.path == "/moved" else 404)
        if self.path == "/moved":
            self.send_header("location", "/openapi.json")
        self.end_headers()
        if self.path == "/latin":
            self.wfile.write(b"title: caf\xe9")
        elif known:
            name = "completion.json" if self.path == "/openapi.json" else "support.yaml"
            self.wfile.write((SPECS / name).read_bytes())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_documents_from_a_server(server: str) -> None:
    """JSON and YAML are told by what they look like, and kept beside the profile."""
    assert drafts.fetch(f"{server}/openapi.json").name == "openapi.json"
    found = drafts.fetch(f"{server}/openapi.yaml")
    assert (found.name, found.seen_from(Path("/anywhere"))) == ("openapi.yaml", "openapi.yaml")


def test_files_are_named_from_the_profile(tmp_path: Path) -> None:
    """The path of the document is seen from the profile."""
    (tmp_path / "api").mkdir()
    path = tmp_path / "api" / "openapi.yaml"
    path.write_text((SPECS / "support.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert drafts.fetch(str(path)).seen_from(tmp_path / "profiles") == "../api/openapi.yaml"


@pytest.mark.parametrize(
    ("path", "says"), [("/moved", "answers 307"), ("/nothing", "answers 404"), ("/latin", "is not UTF-8")]
)
def test_other_answers_are_errors(server: str, path: str, says: str) -> None:
    """No redirect is followed; the error says what to do instead."""
    with pytest.raises(InputError, match=says) as caught:
        drafts.fetch(server + path)
    assert caught.value.remedy or path == "/latin"


def test_unreachable_servers() -> None:
    """A server that is not there is not the user's fault."""
    with pytest.raises(TargetError, match="cannot be reached"):
        drafts.fetch("http://127.0.0.1:9/openapi.json")
    with pytest.raises(InputError, match="is not a URL"):
        drafts.fetch("http://127.0.0.1:port/openapi.json")


def test_swagger_is_refused(tmp_path: Path) -> None:
    """Swagger 2.0 is named, with a way to convert it."""
    path = tmp_path / "swagger.json"
    path.write_text('{"swagger": "2.0", "paths": {}}', encoding="utf-8")
    with pytest.raises(SpecError, match=r"this is Swagger 2\.0") as caught:
        drafts.fetch(str(path))
    assert "swagger2openapi" in caught.value.remedy


def test_missing_files() -> None:
    """A path that leads nowhere."""
    with pytest.raises(SpecError, match="cannot be read"):
        drafts.fetch("/no/such/openapi.yaml")
