"""Two implementations read the same: whatever is odd, both take it or both refuse it."""

import time
from collections.abc import Iterator

from tests.soak.row import Row
from tests.stranger.conftest import command, why_not
from tests.stranger.second import SUBJECTS, compare

NAME = "stranger"


def run(seconds: float, seed: int) -> Iterator[Row]:
    """Every kind of mutant in turn, from seeds one after the other. Lost is each that only one of the two takes.
    Without Node.js nothing is tried, and the note says why."""
    if reason := why_not():
        yield Row("read", 0, 0, reason)
        return
    ends = time.monotonic() + seconds
    while True:
        for check, subject in SUBJECTS.items():
            count = subject.at_once if seconds else subject.at_once // 10
            outcome = compare(command(), check, count, seed)
            note = f"seed {seed}: {outcome.differ[0][:300]}" if outcome.differ else ""
            yield Row(f"read: {check}", outcome.read, len(outcome.differ), note)
        seed += 1
        if time.monotonic() >= ends:
            return
