"""Long commands, ended while they work and called again: the small version of `python -m benchmarks interrupted`."""

import random
import signal
from pathlib import Path

from benchmarks.interrupted.made import Size, empty, fill
from benchmarks.interrupted.trial import disturbed, undisturbed


def test_a_look_back_that_is_ended_twice_while_it_works_ends_where_it_would_have(tmp_path: Path):
    """Through blocks and archive: nothing is lost, nothing told twice, and what is shown goes on where it was."""
    prepared, command = empty(tmp_path / "prepared"), ("match", "--no-send")
    fill(prepared, Size(sightings=2_100, old=600, photos=20, copies=6), 1, archived=True)
    wanted, _ = undisturbed(prepared, tmp_path / "undisturbed", command)
    ends = (signal.SIGTERM, signal.SIGKILL)
    trial = disturbed(prepared, tmp_path / "disturbed", command, wanted, ends, random.Random(1))
    assert trial.wrong == []
    assert len(wanted["exposures"]) == 120
