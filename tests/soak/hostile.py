"""Members gone bad against a real node: what an honest neighbour waits for a round trip, and the node's memory.

The attackers' process gives way to the node (nice 10), but shares the machine's cores with it; so does the honest
neighbour who measures. The first row is the same node left alone.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.hostile.attacks import ATTACKS
from tests.hostile.siege import Trips, besieged
from tests.soak.row import Row

NAME = "hostile"
P99_MS = 100.0
RESIDENT_BYTES_MAX = 300 << 20
HISTORY = 3_000
EACH_SECONDS = 1.0  # no shorter: the attackers take two to begin


def run(seconds: float, seed: int) -> Iterator[Row]:
    """Each attack alone, where there is time for it, and then all of them at once for a quarter of it."""
    share = 0.75 * seconds / (len(ATTACKS) + 1)
    alone = ATTACKS if share > EACH_SECONDS else ()
    with tempfile.TemporaryDirectory() as folder, besieged(Path(folder), HISTORY) as anna:
        yield _row("nobody attacks", anna.trips(share), seed)
        for name in alone:
            with anna.attacked(seed, name):
                yield _row(name, anna.trips(share), seed)
        with anna.attacked(seed, *ATTACKS):
            yield _row("all at once", anna.trips(seconds / 4), seed)


def _row(name: str, trips: Trips, seed: int) -> Row:
    """Lost is a trip that did not end, and too much memory. How long the others took is said, for a person to judge:
    on a machine with other work the time of 99 in 100 is not the node's alone."""
    lost = trips.lost + (trips.bytes > RESIDENT_BYTES_MAX)
    late = "" if trips.at(0.99) < P99_MS else " (late)"
    times = f"p50 {trips.at(0.5):.0f} ms, p99 {trips.at(0.99):.0f} ms{late}, {trips.bytes >> 20} MB"
    return Row(name, len(trips.seconds) + trips.lost, lost, f"{times}, seed {seed}" if lost else times)
