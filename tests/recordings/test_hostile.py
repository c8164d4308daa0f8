"""Nothing in a recording is executed, and nothing in it can take all memory: each is refused, naming the entry."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest

from conformance import InputError
from conformance.recordings import MAX_ENTRY
from conformance.recordings.opening import open_recording

GOOD = """\
- request: {method: GET, uri: "http://h/a", body: null, headers: {}}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: ""}}
"""


def _refused(path: Path, content: str | bytes) -> InputError:
    """What is said of a file, of which the first entry is right."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        list(open_recording(path).entries())
    return caught.value


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system ['touch {file}']",
        "!!python/name:os.system",
        "!!python/object/new:_io.BytesIO {{state: [abc]}}",
        "!local value",
        "!!set {{a, b}}",
    ],
)
def test_tags_are_refused_and_nothing_runs(tag: str, tmp_path: Path) -> None:
    """A tag that would make an object is no data."""
    victim = tmp_path / "touched"
    body = tag.format(file=victim)
    error = _refused(tmp_path / "c.yaml", f"version: 1\ninteractions:\n{GOOD}- request: {body}\n")
    assert "is not plain data" in error.problem
    assert "entry 2" in error.place
    assert not victim.exists()


def test_plain_tags_are_taken(tmp_path: Path) -> None:
    """Bytes and texts are data, as vcrpy writes them."""
    path = tmp_path / "c.yaml"
    path.write_text(f"interactions:\n{GOOD}".replace('string: ""', "string: !!binary /wD+").replace("null", "!!str 12"))
    exchange = next(iter(open_recording(path).entries())).exchange
    assert exchange.request.body == b"12"
    assert exchange.response is not None
    assert exchange.response.body == b"\xff\x00\xfe"


def test_billion_laughs_are_counted(tmp_path: Path) -> None:
    """Aliases cost what they would cost written out."""
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    error = _refused(tmp_path / "c.yaml", "\n".join(lines))
    assert "stands for more than" in error.problem


def test_an_entry_that_contains_itself_is_refused(tmp_path: Path) -> None:
    """An alias inside of what it names stands for nothing."""
    error = _refused(tmp_path / "c.yaml", f"interactions:\n{GOOD}- &a {{request: *a}}\n")
    assert "the alias 'a' stands for nothing" in error.problem
    assert "entry 2" in error.place


def test_aliases_of_plain_data_are_read(tmp_path: Path) -> None:
    """PyYAML writes what stands twice once."""
    path = tmp_path / "c.yaml"
    named = GOOD.replace("headers: {}}", "headers: &h {a: [b]}}", 1).replace("headers: {},", "headers: *h,")
    path.write_text(f"interactions:\n{named}")
    exchange = next(iter(open_recording(path).entries())).exchange
    assert exchange.request.headers == (("a", "b"),)
    assert exchange.response is not None
    assert exchange.response.headers == (("a", "b"),)


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    """In every format."""
    assert "nest" in _refused(tmp_path / "c.yaml", f"interactions:\n{GOOD}- {'[' * 5000}").problem
    assert "nested too deeply" in _refused(tmp_path / "d.ndjson", '{"request": ' + "[" * 200_000).problem
    assert "nested too deeply" in _refused(tmp_path / "e.har", '{"log": {"entries": [' + "[" * 200_000).problem


@pytest.mark.parametrize("name", ["c.yaml", "d.ndjson", "e.har"])
def test_long_lines_are_bounded(name: str, tmp_path: Path) -> None:
    """A line, or an entry, of more than the limit is refused before it is held."""
    long = "x" * (MAX_ENTRY + MAX_ENTRY // 4)
    request = {"method": "GET", "url": "http://h/a", "body": long}
    content = {
        "c.yaml": f"interactions:\n{GOOD}- request: {{method: GET, uri: {long}}}\n",
        "d.ndjson": json.dumps({"request": {"method": "GET", "url": "/a"}}) + "\n" + json.dumps({"request": request}),
        "e.har": json.dumps({"log": {"entries": [{"request": {"method": "GET", "url": "/a"}}, {"request": request}]}}),
    }[name]
    error = _refused(tmp_path / name, content)
    assert f"longer than {MAX_ENTRY:,}" in error.problem
    assert "entry" in error.place


def test_a_file_without_an_end_of_line_is_not_held(tmp_path: Path) -> None:
    """A hundred megabytes in one line cost a part of that."""
    path = tmp_path / "big.ndjson"
    with path.open("wb") as file:
        file.write(b'{"request": {"method": "GET", "url": "/a", "body": "')
        for _ in range(100):
            file.write(b"x" * 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match="longer than"):
        list(open_recording(path).entries())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60 * 1024


BAD_LINES = {
    '{"request": {"method": "GET"}}': "has no URL",
    '{"request": {"url": "/a"}}': "has no method",
    '{"request": {"method": "GET", "url": "a"}}': "is not a URL",
    '{"request": {"method": "GET", "url": "/a"}, "response": {"status": "200"}}': "no status code",
    '{"request": {"method": "GET", "url": "/a"}, "response": 7}': "is not an object",
    '{"request": {"method": "GET", "url": "/a", "headers": [["a"]]}}': "not a name and a value",
    '{"request": {"method": "GET", "url": "/a", "headers": 7}}': "neither an object nor an array",
    '{"request": {"method": "GET", "url": "/a", "body": {"a": 1}}}': "goes under 'json'",
    '{"request": {"method": "GET", "url": "/a", "base64": "%"}}': "should be base64",
    '{"request": {"method": "GET", "url": "/a"}, "started": "now"}': "are not numbers",
    '{"kind": "ask", "ask": {}}': "there is no kind 'ask'",
    '{"request": {"method": "GET", "url": "/a"}} {}': "something stands behind",
    '{"request": {"method": "GET", "url": "/a\xff"}}': "is not UTF-8",
    "[]": "is not an object",
    "7": "is not an object",
    '{"response": {"status": 200}}': "it has no request",
    '{"kind": [1]}': "there is no kind",
    '{"request": {"method": "GET", "url": "/a", "headers": [{"value": "x"}]}}': "not a name and a value",
    '{"request": {"method": "GET", "url": "/a", "headers": [3]}}': "not a name and a value",
    '{"request": {"method": "GET", "url": "/a"}, "response": {"status": ' + "9" * 5000 + "}}": "too many digits",
}


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_wrong_line_is_named(line: str, tmp_path: Path) -> None:
    """The error names the entry and the line, and what is wrong with it."""
    good = '{"request": {"method": "GET", "url": "/a"}}\n\n'
    error = _refused(tmp_path / "r.ndjson", good.encode() + line.encode("latin-1") + b"\n")
    assert BAD_LINES[line] in error.problem
    assert "entry 2, line 3" in error.place


def test_an_object_that_names_a_long_one_again_is_read_once(tmp_path: Path) -> None:
    """A log within a log, very many times, is a value like any other."""
    error = _refused(tmp_path / "r.har", '{"log": ' * 100_000)
    assert "nested too deeply" in error.problem
    digits = '{"log": {"entries": [{"request": {"method": "GET", "url": "/a"}}, ' + "9" * 5000 + "]}}"
    assert "too many digits" in _refused(tmp_path / "d.har", digits).problem


WRONG_BYTES = {b"n\xf6te": "is not UTF-8", b"no\x07te": "control character", b"x" * (MAX_ENTRY + 2**20): "longer than"}


@pytest.mark.parametrize("wrong", WRONG_BYTES, ids=WRONG_BYTES.values())
@pytest.mark.parametrize("name", ["c.yaml", "d.ndjson", "e.har"])
def test_what_stands_before_is_read(name: str, wrong: bytes, tmp_path: Path) -> None:
    """Entries before the one that holds what is wrong come out, however the file is read ahead; the error names it."""
    entry = {"request": {"method": "GET", "url": "http://h/a", "body": "fine"}}
    if name == "c.yaml":
        content = "interactions:\n" + 20 * GOOD.replace("null", "fine")
    elif name == "d.ndjson":
        content = 20 * (json.dumps(entry) + "\n")
    else:
        content = json.dumps({"log": {"creator": {"name": "fine"}, "entries": 20 * [entry]}}).replace("fine", "x", 1)
    parts = content.encode().split(b"fine")
    path = tmp_path / name
    path.write_bytes(b"fine".join(parts[:12]) + wrong + b"fine".join(parts[12:]))
    seen = []
    with pytest.raises(InputError) as caught:  # noqa: PT012 - what was read before is what counts
        for each in open_recording(path).entries():
            seen.append(each.number)
    assert WRONG_BYTES[wrong] in caught.value.problem
    assert "entry 12" in caught.value.place
    assert seen == list(range(1, 12))
