"""What do runs leave behind, and answer?"""

from __future__ import annotations

from conformance.profile import HISTORY, RUNS, Profile, Returns, Role


def keeps_history(profile: Profile) -> bool:
    """Whether the history can be seen."""
    return HISTORY in profile.parts


def items_have_ids(profile: Profile) -> bool:
    """Whether the items of the history have ids."""
    return profile.item.id is not None


def items_have_times(profile: Profile) -> bool:
    """Whether the items of the history tell when they were made."""
    return profile.item.time is not None


def runs_keep_messages(profile: Profile) -> bool:
    """Whether what is said to a run can be seen among the messages of the history."""
    said = any(binding.message is not None for binding in profile.bindings if binding.role in RUNS)
    return said and keeps_history(profile) and profile.item.message is not None


def runs_show(profile: Profile) -> bool:
    """Whether sessions can be run, and what a run says can be seen afterwards."""
    return keeps_history(profile) and bool(RUNS & profile.roles)


def runs_answer_items(profile: Profile) -> bool:
    """Whether a run answers with items of the history."""
    return keeps_history(profile) and runs_answer(profile)


def runs_answer(profile: Profile) -> bool:
    """Whether the answer of a run shows what the agent says."""
    runs = [binding for binding in profile.bindings if binding.role in RUNS]
    return any(binding.returns in (Returns.HISTORY, Returns.ITEM) for binding in runs)


def streams_answer_items(profile: Profile) -> bool:
    """Whether both streams and runs answer with items of the history, which have ids."""
    ways = (profile.bound(Role.RUN), profile.bound(Role.STREAM))
    shows = (any(each.returns in (Returns.HISTORY, Returns.ITEM) for each in way) for way in ways)
    return keeps_history(profile) and items_have_ids(profile) and all(shows)


def runs_answer_texts(profile: Profile) -> bool:
    """Whether the text of a run's answer can be seen."""
    return runs_answer_items(profile) and profile.item.message is not None


def sessions_begin_silent(profile: Profile) -> bool:
    """Whether sessions can be run, and nothing is said in one by its creation."""
    return bool(RUNS & profile.roles) and all(binding.message is None for binding in profile.bound(Role.CREATE))


def enrichment_adds_no_items(profile: Profile) -> bool:
    """Whether some enrichment may not add to the history, and it can be seen."""
    return keeps_history(profile) and any(HISTORY not in each.changes for each in profile.bound(Role.ENRICH))
