"""What several hosts answered is told apart."""

from __future__ import annotations

from conformance.recordings.hosts import Hosts, host


def test_the_first_host_has_the_flow_and_others_have_their_own() -> None:
    """A path without a host is of the first one."""
    hosts = Hosts((), together=False)
    assert [hosts.flow(each, "f") for each in ("http://a", "http://b", "", "http://a")] == ["f", "f http://b", "f", "f"]


def test_only_what_is_wanted() -> None:
    """Hosts are named as they stand in URLs."""
    hosts = Hosts(["API.example:8000"], together=False)
    assert hosts.flow("http://cdn.example", "") is None
    assert hosts.flow("https://u:p@api.example:8000", "") == ""
    assert (host("http://["), host("http://A:1")) == ("", "a:1")


def test_a_note_is_given_only_where_it_matters() -> None:
    """One host is nothing special."""
    hosts = Hosts((), together=False)
    hosts.judged["http://a"] = None
    assert hosts.note() == ""
    hosts.judged |= dict.fromkeys(f"http://{each}" for each in "bcdef")
    assert "http://a, http://b, http://c, http://d, …" in hosts.note()
    assert Hosts((), together=True).flow("http://b", "f") == "f"
