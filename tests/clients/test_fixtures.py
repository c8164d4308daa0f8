"""A user's own tests are judged by what they send."""

from __future__ import annotations

import pytest

HEAD = """
import json, os, urllib.request
import httpx, pytest

def start(fake):
    http = httpx.Client(base_url=fake.url, headers=fake.headers)
    about = {"project": "demo", "session_name": "one", "source": "test"}
    return http, http.post("/session/start", json={"session": about}).json()["session_id"]
"""


def outcome(pytester: pytest.Pytester, text: str, **outcomes: int) -> pytest.RunResult:
    """What comes of a test file."""
    pytester.makepyfile(HEAD + text)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(**outcomes)
    return result


def test_both_ways_are_judged(pytester: pytest.Pytester) -> None:
    """In this process, and over loopback, by a client that is not built on httpx."""
    result = outcome(
        pytester,
        """
@pytest.mark.parametrize("way", ["conformance_respx", "conformance_server"])
def test_right(way, request):
    fake = request.getfixturevalue(way)("honeyhive")
    http, session = start(fake)
    assert http.put("/events", json={"event_id": session, "metadata": {"a": 1}}).status_code == 200
    assert http.get(f"/session/{session}").json()["metadata"] == {"a": 1}
    assert [each.request.method for each in fake.history] == ["POST", "PUT", "GET"]
    assert len(fake.history) == 3
    assert os.environ["HH_API_URL"] == fake.url
    assert os.environ["HH_API_KEY"].startswith("made-up")

def test_wrong(conformance_server):
    fake = conformance_server("honeyhive")
    request = urllib.request.Request(fake.url + "/events", json.dumps({"event_id": "x"}).encode(), method="PUT")
    with pytest.raises(Exception):
        urllib.request.urlopen(request)

def test_two_apis(conformance_respx):
    honeyhive, adk = conformance_respx("honeyhive"), conformance_respx("adk")
    start(honeyhive)
    httpx.post(f"{adk.url}/apps/echo/users/ada/sessions", json={}).raise_for_status()
    assert len(honeyhive.history) == len(adk.history) == 1
""",
        passed=3,
        failed=1,
    )
    result.stdout.fnmatch_lines(["*what was sent to http://127.0.0.1:* is not right*"])
    result.stdout.fnmatch_lines(["*requests/credentials-are-sent (MUST)*"])
    result.stdout.no_fnmatch_line("*made-up*")


def test_what_is_expected_has_to_come(pytester: pytest.Pytester) -> None:
    """A test that says what it breaks fails if it does not, and for whatever else it breaks."""
    result = outcome(
        pytester,
        """
UNKNOWN = "requests/request-is-in-the-spec"

def test_comes(conformance_respx):
    fake = conformance_respx("honeyhive")
    fake.expects(UNKNOWN)
    start(fake)[0].get("/nowhere")
    assert [each.signature.invariant for each in fake.report().findings] == [UNKNOWN]

def test_does_not_come(conformance_respx):
    fake = conformance_respx("honeyhive")
    fake.expects(UNKNOWN)
    start(fake)

def test_something_else_comes(conformance_respx):
    fake = conformance_respx("honeyhive")
    fake.expects(UNKNOWN)
    http, _ = start(fake)
    http.get("/nowhere")
    http.put("/events", json={"event_id": "nobody"})
""",
        passed=1,
        failed=2,
    )
    result.stdout.fnmatch_lines(["requests/request-is-in-the-spec was expected to be broken, and was not"])
    result.stdout.fnmatch_lines(["*requests/session-is-created-before-it-is-written-to (MUST)*"])


def test_a_test_that_fails_by_itself_fails_as_it_did(pytester: pytest.Pytester) -> None:
    """Its own failure is not hidden behind what it sent, which may say why."""
    result = outcome(
        pytester,
        """
def test_mine(conformance_respx):
    start(conformance_respx("honeyhive"))[0].get("/nowhere")
    assert 1 + 1 == 3
""",
        failed=1,
    )
    result.stdout.fnmatch_lines(["*assert (1 + 1) == 3*", "*requests/request-is-in-the-spec (MUST)*"])


def test_other_requests_pass(pytester: pytest.Pytester) -> None:
    """What is sent elsewhere is neither answered nor judged."""
    outcome(
        pytester,
        """
def test_mine(conformance_respx, conformance_server):
    fake, other = conformance_respx("honeyhive"), conformance_server("adk")
    assert httpx.get(f"{other.url}/apps/echo/users/ada/sessions").json() == []
    assert (len(fake.history), len(other.history)) == (0, 1)
    start(fake)
""",
        passed=1,
    )


def test_what_is_sent_while_a_test_is_torn_down_is_judged(pytester: pytest.Pytester) -> None:
    """An SDK is closed there; what was told before is not told again."""
    result = outcome(
        pytester,
        """
@pytest.fixture
def sdk(conformance_server):
    http, session = start(conformance_server("honeyhive"))
    yield http
    http.put("/events", json={"event_id": "nobody", "metadata": {}})

def test_right_until_then(sdk): pass

def test_wrong_in_the_same_way(sdk):
    sdk.put("/events", json={"event_id": "nobody", "metadata": {}})
""",
        passed=1,
        failed=1,
        errors=1,
    )
    result.stdout.fnmatch_lines(["*requests/session-is-created-before-it-is-written-to (MUST)*"])


def test_two_fakes_of_one_api_are_two(pytester: pytest.Pytester) -> None:
    """What is said to one is not known to the other."""
    result = outcome(
        pytester,
        """
def test_mine(conformance_respx):
    fakes = [conformance_respx("honeyhive") for _ in range(2)]
    http, session = start(fakes[0])
    start(fakes[1])[0].put("/events", json={"event_id": session, "metadata": {}})
    assert [len(each.history) for each in fakes] == [1, 2]
""",
        failed=1,
    )
    result.stdout.fnmatch_lines(["what was sent to http://honeyhive-2.invalid is not right"])


def test_there_may_be_routes_beside_the_fake(pytester: pytest.Pytester) -> None:
    """Another router of the test answers what is its own, and is as strict as it is."""
    outcome(
        pytester,
        """
def test_mine(conformance_respx, respx_mock):
    fake = conformance_respx("honeyhive")
    respx_mock.get("https://other.example/x").mock(return_value=httpx.Response(204))
    assert httpx.get("https://other.example/x").status_code == 204
    start(fake)
    with pytest.raises(AssertionError):
        httpx.get("https://other.example/y")
""",
        passed=1,
    )


def test_what_is_expected_must_be_there(pytester: pytest.Pytester) -> None:
    """A mistyped id is told as one, with the nearest."""
    result = outcome(
        pytester,
        """
def test_mine(conformance_respx):
    conformance_respx("honeyhive").expects("requests/request-confrms")
""",
        failed=1,
    )
    result.stdout.fnmatch_lines(["*did you mean 'requests/request-conforms'?*"])
