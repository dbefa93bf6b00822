"""Two implementations read the same: whatever is odd, both take it or both refuse it."""

import shutil
import time
from collections.abc import Iterator

from tests.soak.row import Row
from tests.stranger.conftest import installed
from tests.stranger.second import SUBJECTS, compare

NAME = "stranger"
AT_ONCE = 400  # half a second each
NODE = shutil.which("node")


def ready() -> bool:
    """Whether this machine has the other one: Node.js, and what `make test` fetches for it (tests/stranger/)."""
    return NODE is not None and installed()


def run(seconds: float, seed: int) -> Iterator[Row]:
    """Every kind of mutant in turn, from seeds one after the other. Lost is each that only one of the two takes."""
    assert NODE is not None
    ends = time.monotonic() + seconds
    while True:
        for check in SUBJECTS:
            outcome = compare(NODE, check, AT_ONCE, seed)
            note = f"seed {seed}: {outcome.differ[0][:300]}" if outcome.differ else ""
            yield Row(f"read: {check}", outcome.read, len(outcome.differ), note)
        seed += 1
        if time.monotonic() >= ends:
            return
