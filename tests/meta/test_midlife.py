"""A correct server is accused of nothing, wherever a recording of it begins and whichever readings it leaves out."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from random import Random

import pytest

from conformance import Budget, load, run
from conformance.checking import Check
from conformance.exchange import Exchange
from conformance.judge import Judge
from conformance.recordings.identities import named
from conformance.recordings.opening import open_recording

CUTS = 8
"""So many recordings are cut out of each flow."""


@pytest.mark.parametrize("name", ["adk", "honeyhive", "snakebridge", "support"])
def test_no_cut_of_a_right_recording_raises_an_alarm(name: str, tmp_path: Path) -> None:
    """Sessions that are older than the recording are uncertain, not wrong."""
    profile = load(name)
    path = tmp_path / "r.yaml"
    run(profile, seed=5, budget=Budget(requests=1_000), record=path)
    flows: defaultdict[str, list[Exchange]] = defaultdict(list)
    for _, exchange, flow in Check(profile).judged(open_recording(path)):
        flows[flow].append(exchange)
    judge, random = Judge(named(profile)), Random(1)
    alarms = set()
    for exchanges in flows.values():
        reads = [judge.reader.read(each).reads for each in exchanges]
        for _ in range(CUTS):
            start, share = random.randrange(len(exchanges)), random.choice((0.0, 0.5, 1.0))
            history = judge.history(closed=False)
            for index in range(start, len(exchanges)):
                if not reads[index] or random.random() < share:
                    alarms |= {str(each.signature) for each in history.see(exchanges[index])[1]}
    assert alarms == set()
