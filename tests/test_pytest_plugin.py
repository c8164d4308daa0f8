"""The pytest plugin: one item for each invariant, named by its id; silent when unused."""

from __future__ import annotations

import pytest

from conformance import catalogue


def test_silent_when_unused(pytester: pytest.Pytester) -> None:
    """Without the option there is no item, and no word."""
    pytester.makepyfile("def test_mine(): pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    assert "conformance:" not in result.stdout.str().replace("plugins: ", "")


def test_one_item_for_each_invariant(pytester: pytest.Pytester) -> None:
    """Items are named by the invariants' ids, beside the user's own tests."""
    pytester.makepyfile("def test_mine(): pass")
    result = pytester.runpytest_subprocess("--conformance-profile", "adk", "-v", "--conformance-max-requests", "1500")
    result.stdout.fnmatch_lines(["*test_mine PASSED*", "*adk::runs/run-requires-existing-session PASSED*"])
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*conforms: Google ADK API server, fake, 1,500 exchanges, seed 0*"])


def test_a_broken_invariant_fails_with_its_finding(pytester: pytest.Pytester) -> None:
    """The failure shows the shortest flow, and only the broken invariant fails."""
    result = pytester.runpytest_subprocess("--conformance-profile", "adk", "--conformance-fault", "loses-enrichments")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*curl -sS -X PATCH*", "FAILED conformance/adk::enrichment/enrichment-reads-back*", "* failed*"]
    )


def test_selects_by_name(pytester: pytest.Pytester) -> None:
    """`-k` selects invariants as it selects tests."""
    result = pytester.runpytest_subprocess("--conformance-profile", "adk", "-k", "isolation")
    result.assert_outcomes(passed=6, skipped=1, deselected=len(catalogue()) - 7)


def test_an_untested_must_fails(pytester: pytest.Pytester) -> None:
    """With too small a budget, a MUST that nothing reached is not a pass."""
    result = pytester.runpytest_subprocess("--conformance-profile", "adk", "--conformance-max-requests", "3")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*untested: no observation reached*"])


def test_a_wrong_profile_is_a_usage_error(pytester: pytest.Pytester) -> None:
    """A profile that cannot be read ends pytest with its code for usage errors."""
    result = pytester.runpytest_subprocess("--conformance-profile", "adkk")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*there is no profile 'adkk'*", "*did you mean 'adk'?*"])


def test_an_unreachable_target_fails_each_item_with_one_sentence(pytester: pytest.Pytester) -> None:
    """No traceback of ours: the reason, and what to do."""
    target = ["--conformance-target", "http://127.0.0.1:9"]
    result = pytester.runpytest_subprocess("--conformance-profile", "adk", *target, "-k", "run-appends")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*the target cannot be reached*"])
    assert "Traceback" not in result.stdout.str()
