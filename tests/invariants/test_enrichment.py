"""What is attached to a session stays attached to it, and to nothing else."""

from __future__ import annotations

from conformance.profile import Role
from tests.histories import LATE, THREADS, Story, adk, bound, breaks, event, holds, late, message, silent, threads

# --- an enrichment needs a session ----------------------------------------------------------------

REQUIRES = "enrichment/enrichment-requires-existing-session"
ACCEPTS = "enrichment/live-session-accepts-enrichment"


@holds(REQUIRES)
def test_enrichment_of_a_missing_session_is_refused() -> Story:
    """An enrichment of a session that never existed is answered as missing."""
    return [adk.patch("never", {"a": 1}, answer=adk.no())]


@breaks(REQUIRES, "update_session", "accepted 200")
def test_enrichment_of_a_missing_session_is_accepted() -> Story:
    """An enrichment of a session that never existed succeeds."""
    return [adk.patch("never", {"a": 1})]


@breaks(REQUIRES, "label_thread", "accepted 204 after delete")
def test_enrichment_of_a_deleted_session_is_accepted() -> Story:
    """An enrichment of a deleted session succeeds."""
    return [threads.create("s1"), threads.delete("s1"), threads.label("s1", {"a": 1})]


@holds(ACCEPTS)
def test_second_enrichment_is_accepted() -> Story:
    """An enrichment like an accepted one is accepted."""
    return [
        threads.create("s1"),
        threads.label("s1", {"a": "a long value"}),
        threads.label("s1", {"a": "another value"}),
    ]


@breaks(ACCEPTS, "label_thread", "refused 400")
def test_second_enrichment_is_refused() -> Story:
    """An enrichment like an accepted one is refused."""
    return [
        threads.create("s1"),
        threads.label("s1", {"a": "a long value"}),
        threads.label("s1", {"a": "another value"}, answer=threads.no(400)),
    ]


AMBIGUOUS = bound(THREADS, Role.ENRICH, missing=frozenset({400, 404}), invalid=frozenset({400}))


@silent(profile=AMBIGUOUS)
def test_an_answer_that_means_two_things_refuses_what_is_awkward() -> Story:
    """Where 400 may mean a missing session or a bad body, an awkward body explains it."""
    return [threads.create("s1"), threads.label("s1", {"a": "before\0after"}, answer=threads.no(400))]


@breaks(ACCEPTS, "label_thread", "refused 400", profile=AMBIGUOUS)
def test_an_answer_that_means_two_things_refuses_what_is_plain() -> Story:
    """Nothing is wrong with a plain body, where nothing of the kind was ever accepted."""
    return [threads.create("s1"), threads.label("s1", {"a": "a long value"}, answer=threads.no(400))]


@silent(profile=AMBIGUOUS)
def test_an_answer_that_means_two_things_refuses_what_is_new() -> Story:
    """Another body was accepted, so that it may be this one that is not liked."""
    return [
        threads.create("s1"),
        threads.label("s1", {"a": "a long value"}),
        threads.label("s1", {"b": 1e9}, answer=threads.no(400)),
    ]


@silent()
def test_nulls_that_are_not_kept_blame_nothing_beside_them() -> Story:
    """A null under an awkward name, and a null beside awkward values that are kept, are nobody's fault."""
    sent = {"a": {"\u00fc": None, "\u00f6": "\u00e4"}, "b": [{"c": None}], "d": {"e": {"f": None}}}
    kept = {"a": {"\u00f6": "\u00e4"}, "b": [{}], "d": {"e": {}}}
    return [threads.create("s1"), threads.get("s1"), threads.label("s1", sent), threads.get("s1", kept)]


@silent()
def test_first_enrichment_may_be_refused() -> Story:
    """An enrichment unlike all that were accepted may be refused."""
    return [
        threads.create("s1"),
        threads.label("s1", {"a": "a long value"}),
        threads.label("s1", {"b": "a long value"}, answer=threads.no(400)),
    ]


@silent()
def test_missing_session_need_not_accept_an_enrichment() -> Story:
    """Only a live session must accept what another one accepted."""
    return [
        adk.create("s1"),
        adk.patch("s1", {"a": 1}),
        adk.patch("never", {"a": 1}, answer=adk.no()),
        adk.delete("s1"),
        adk.patch("s1", {"a": 1}, answer=adk.no()),
    ]


@silent(after=[late("delete_session")])
def test_uncertain_session_need_not_accept_an_enrichment() -> Story:
    """A session of which nobody knows whether it is live may refuse."""
    return [
        adk.create("s1"),
        adk.patch("s1", {"a": 1}),
        adk.delete("s1", answer=LATE),
        adk.patch("s1", {"a": 1}, answer=adk.no()),
    ]


# --- what it writes -------------------------------------------------------------------------------

BACK = "enrichment/enrichment-reads-back"
REPEATED = "enrichment/repeating-an-enrichment-changes-nothing"
OTHERS = "enrichment/enrichment-keeps-other-keys"
HISTORY = "enrichment/enrichment-leaves-history-alone"
REFUSED = "enrichment/refused-enrichment-changes-nothing"


@holds(BACK)
def test_enrichment_reads_back() -> Story:
    """A read shows what the enrichment wrote."""
    return [threads.create("s1"), threads.label("s1", {"a": 1}), threads.get("s1", {"a": 1})]


@holds(BACK)
def test_later_enrichment_wins() -> Story:
    """A read shows what the last enrichment wrote."""
    return [
        threads.create("s1", {"a": 1}),
        threads.label("s1", {"a": 2}),
        threads.label("s1", {"a": 3}),
        threads.get("s1", {"a": 3}),
    ]


@breaks(BACK, "label_thread", "labels")
def test_enrichment_is_lost() -> Story:
    """A read does not show what the enrichment wrote."""
    return [threads.create("s1"), threads.label("s1", {"a": 1}), threads.get("s1")]


@breaks(BACK, "update_session", "state")
def test_enrichment_is_mangled_in_its_answer() -> Story:
    """Already the answer of the enrichment shows something else."""
    return [adk.create("s1"), adk.patch("s1", {"a": 1}, {"a": "1"})]


@breaks(BACK, "label_thread", "labels")
def test_earlier_value_comes_back() -> Story:
    """A read shows what was there before the enrichment."""
    return [
        threads.create("s1", {"a": 1}),
        threads.get("s1", {"a": 1}),
        threads.label("s1", {"a": 2}),
        threads.get("s1", {"a": 1}),
    ]


@silent()
def test_null_may_delete_or_stay() -> Story:
    """What a null does differs between APIs: the key may be gone, or null."""
    return [
        threads.create("s1", {"a": 1, "b": 2}),
        threads.label("s1", {"a": None}),
        threads.get("s1", {"b": 2}),
        threads.label("s1", {"b": None}),
        threads.get("s1", {"b": None}),
    ]


@holds(REPEATED)
def test_repeated_enrichment_changes_nothing() -> Story:
    """Writing what is there already changes nothing."""
    return [
        threads.create("s1"),
        threads.label("s1", {"a": [1]}),
        threads.get("s1", {"a": [1]}),
        threads.label("s1", {"a": [1]}),
        threads.get("s1", {"a": [1]}),
    ]


@breaks(REPEATED, "label_thread", "labels")
def test_repeated_enrichment_appends() -> Story:
    """Writing a list again made it longer."""
    return [
        threads.create("s1"),
        threads.label("s1", {"a": [1]}),
        threads.get("s1", {"a": [1]}),
        threads.label("s1", {"a": [1]}),
        threads.get("s1", {"a": [1, 1]}),
    ]


@holds(OTHERS)
def test_enrichment_keeps_other_keys() -> Story:
    """A key that the enrichment did not name is as before."""
    return [
        threads.create("s1", {"a": 1}),
        threads.get("s1", {"a": 1}),
        threads.label("s1", {"b": 2}),
        threads.get("s1", {"a": 1, "b": 2}),
    ]


@breaks(OTHERS, "label_thread", "labels")
def test_enrichment_replaces_everything() -> Story:
    """A key that the enrichment did not name is gone."""
    return [
        threads.create("s1", {"a": 1}),
        threads.get("s1", {"a": 1}),
        threads.label("s1", {"b": 2}),
        threads.get("s1", {"b": 2}),
    ]


@breaks(OTHERS, "update_session", "state")
def test_enrichment_adds_a_key() -> Story:
    """There is a key that nobody named."""
    return [
        adk.create("s1"),
        adk.get("s1"),
        adk.patch("s1", {"b": 2}),
        adk.get("s1", {"b": 2, "changed": True}, event("e1")),
    ]


@breaks(OTHERS, "update_session", "state", others=["run_agent"])
def test_enrichment_loses_what_a_run_may_have_changed() -> Story:
    """A key that the answer of the enrichment showed is gone; the run before it was free to change attributes."""
    return [
        adk.create("s1"),
        adk.get("s1"),
        adk.run("s1", "hello"),
        adk.patch("s1", {"b": 2}, {"a": 1, "b": 2}),
        adk.get("s1", {"b": 2}, event("e1")),
    ]


@breaks(OTHERS, "update_session", "state")
def test_enrichment_shows_the_loss_in_its_answer() -> Story:
    """Already the answer of the enrichment misses a key."""
    return [adk.create("s1", {"a": 1}), adk.get("s1", {"a": 1}), adk.patch("s1", {"b": 2}, {"b": 2})]


@holds(HISTORY)
def test_enrichment_leaves_the_history() -> Story:
    """The history is as before."""
    return [
        threads.create("s1"),
        threads.messages("s1"),
        threads.label("s1", {"a": 1}),
        threads.messages("s1"),
    ]


@breaks(HISTORY, "label_thread", "history")
def test_enrichment_becomes_a_message() -> Story:
    """The history has one item more."""
    return [
        threads.create("s1"),
        threads.messages("s1"),
        threads.label("s1", {"a": 1}),
        threads.messages("s1", message("m1", "a is now 1")),
    ]


@holds(HISTORY)
def test_enrichment_may_add_an_item_where_the_profile_says_so() -> Story:
    """The ADK API records an enrichment as an event of its own."""
    first, own = event("u1", "hello", "user"), event("e2", "state was changed")
    return [adk.create("s1"), adk.run("s1", "hello", first), adk.get("s1", {}, first),
            adk.patch("s1", {"a": 1}), adk.get("s1", {"a": 1}, first, own)]  # fmt: skip


@breaks(HISTORY, "update_session", "history")
def test_enrichment_that_may_add_drops_what_was_there() -> Story:
    """It may add items to the history, and takes one away."""
    first, own = event("u1", "hello", "user"), event("e2", "state was changed")
    return [adk.create("s1"), adk.run("s1", "hello", first), adk.get("s1", {}, first),
            adk.patch("s1", {"a": 1}), adk.get("s1", {"a": 1}, own)]  # fmt: skip


@breaks(HISTORY, "label_thread", "history")
def test_enrichment_clears_the_history() -> Story:
    """The history is empty."""
    return [
        threads.create("s1"),
        threads.say("s1", "hello", message("r1")),
        threads.messages("s1", message("u1"), message("r1")),
        threads.label("s1", {"a": 1}),
        threads.messages("s1"),
    ]


@silent()
def test_enrichment_may_be_recorded_where_the_profile_says_so() -> Story:
    """An enrichment of the ADK API appends an event."""
    return [adk.create("s1"), adk.get("s1"), adk.patch("s1", {"a": 1}), adk.get("s1", {"a": 1}, event("e1"))]


@holds(REFUSED)
def test_refused_enrichment_changes_nothing() -> Story:
    """After a refused enrichment the session is as before."""
    return [
        threads.create("s1"),
        threads.get("s1"),
        threads.label("s1", {"a": 1}, extra=1, answer=threads.no(400)),
        threads.get("s1"),
    ]


@breaks(REFUSED, "label_thread", "labels")
def test_refused_enrichment_is_applied() -> Story:
    """An enrichment was refused, and its value is there."""
    return [
        threads.create("s1"),
        threads.get("s1"),
        threads.label("s1", {"a": 1}, extra=1, answer=threads.no(400)),
        threads.get("s1", {"a": 1}),
    ]


@breaks(REFUSED, "label_thread", "labels", others=[])
def test_refused_enrichment_wipes() -> Story:
    """An enrichment was refused, and another key is gone."""
    return [
        threads.create("s1", {"b": 2}),
        threads.get("s1", {"b": 2}),
        threads.label("s1", {"a": 1}, extra=1, answer=threads.no(400)),
        threads.get("s1"),
    ]


@breaks(REFUSED, "update_session", "served")
def test_refused_enrichment_makes_a_session() -> Story:
    """An enrichment of a missing session was refused, and the session is there."""
    return [adk.patch("never", {"a": 1}, answer=adk.no()), adk.get("never", {"a": 1})]


@breaks(REFUSED, "update_session", "served")
def test_refused_enrichment_makes_a_listed_session() -> Story:
    """An enrichment of a missing session was refused, and the session is listed."""
    return [adk.patch("never", {"a": 1}, answer=adk.no()), adk.list("never")]


@silent(after=[late("label_thread")])
def test_lost_enrichment_may_have_been_applied() -> Story:
    """Nobody is blamed if an enrichment that was lost is there."""
    return [
        threads.create("s1", {"a": 1}),
        threads.label("s1", {"a": 2}, answer=LATE),
        threads.get("s1", {"a": 2}),
    ]


@silent(after=[late("label_thread")])
def test_lost_enrichment_may_not_have_been_applied() -> Story:
    """Nobody is blamed if an enrichment that was lost is not there."""
    return [
        threads.create("s1", {"a": 1}),
        threads.label("s1", {"a": 2}, answer=LATE),
        threads.get("s1", {"a": 1}),
    ]


@breaks(ACCEPTS, "label_thread", "refused 404")
def test_first_enrichment_finds_no_session() -> Story:
    """Already the first enrichment does not find the live session."""
    return [threads.create("s1"), threads.label("s1", {"a": 1}, answer=threads.no())]


# --- what is passing ------------------------------------------------------------------------------

PASSING = "enrichment/unstored-attributes-are-not-kept"


@holds(PASSING)
def test_passing_attribute_is_not_shown_again() -> Story:
    """The answer of an enrichment may show what is passing; the next read does not."""
    return [
        adk.create("s1"),
        adk.patch("s1", {"a": 1, "temp:b": 2}, {"a": 1, "temp:b": 2}),
        adk.get("s1", {"a": 1}),
    ]


@silent(after=[f"{PASSING} · create_session_with_id · state"])
def test_passing_attribute_that_was_kept_may_go() -> Story:
    """That it was kept was told; that the next write takes it away is as it should be."""
    return [
        adk.create("s1", {"temp:b": 2}),
        adk.get("s1", {"temp:b": 2}),
        adk.patch("s1", {"a": 1}),
        adk.get("s1", {"a": 1}),
    ]


@breaks(PASSING, "update_session", "state")
def test_passing_attribute_is_shown_again() -> Story:
    """A read shows what was not to be kept."""
    return [adk.create("s1"), adk.patch("s1", {"temp:b": 2}), adk.get("s1", {"temp:b": 2})]
