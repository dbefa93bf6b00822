"""The lease: every prefix of a log of fifty entries put back in every way, with everybody around; no fork of ourselves.

51 states, six ways, six kinds of neighbours (tests/node/setbacks.py). Where nothing that a node can see tells that it
was set back, it forks; those are counted in a row of their own (docs/decisions/0019).
"""

import random
import time
from collections.abc import Iterator
from itertools import product

from tests.node.setbacks import AROUND, SIZE, WAYS, Past, folder_in_memory, invisible, put_back_and_live, remembering
from tests.soak.row import Row

NAME = "lease"
AT_LEAST = 12


def run(seconds: float, seed: int) -> Iterator[Row]:
    """Each once, in an order by chance, and again until the time is over when there is more of it."""
    until = time.monotonic() + seconds
    order = list(product(WAYS, AROUND, range(SIZE + 1)))
    random.Random(seed).shuffle(order)
    forked = 0
    with folder_in_memory() as folder, remembering(folder / "nowhere"):
        past = Past(folder)
        for number, (way, around, size) in enumerate(order):
            if number >= AT_LEAST and time.monotonic() >= until:
                return
            forks, _ = put_back_and_live(past, way, size, around)
            if invisible(way, size, around):
                forked += bool(forks)
                yield Row("set back where nothing can tell (0019)", 1, 0, f"{forked} forked, as no rule can prevent")
            else:
                note = f"{size} of {SIZE} entries, {around} around: {forks[0]}" if forks else ""
                yield Row(f"{way}: two entries at one place", 1, len(forks), note)
