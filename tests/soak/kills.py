"""Kill -9, round after round: two neighbours speak as fast as they are acknowledged, and one of them, or both, dies.

Each few rounds begin with new profiles, so that every round is quick however many there are (tests/node/kills.py).
"""

import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.node.kills import Killing, killing
from tests.soak.row import Row

NAME = "kills"
ROUNDS = 25  # with the same two profiles
AT_LEAST = 200  # rounds, when there is any time to speak of
SHORT_SECONDS = 60


def run(seconds: float, seed: int) -> Iterator[Row]:
    """200 rounds, and others until the time is over; fewer only when there is next to no time."""
    until = time.monotonic() + seconds
    least = AT_LEAST if seconds >= SHORT_SECONDS else 2
    done = 0
    for number in itertools.count(seed):
        with tempfile.TemporaryDirectory() as folder, killing(Path(folder), number) as street:
            for _ in range(min(ROUNDS, least)):
                street.round()
                yield Row("rounds of kill -9: gone, or held by the other alone", 1, *_news(street, number))
            said = len(street.anna.acknowledged | street.ben.acknowledged)
            street.end()
            yield Row("acknowledged entries, there at both in the end", said, *_news(street, number))
        done += min(ROUNDS, least)
        if done >= least and time.monotonic() >= until:
            return


def _news(street: Killing, number: int) -> tuple[int, str]:
    """How much more was lost, and the note that says where."""
    found, street.lost = street.lost, []
    return len(found), f"street {number}: {'; '.join(found)}" if found else ""
