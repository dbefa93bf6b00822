"""Power cuts, one after the other: a store at work on a disk that drops, tears and reorders what was not synced.

Of each story, in which the node is killed and started again too, images are made of what could be left at moments
between any two steps of the disk, and each is started on (tests/node/power.py, tests/node/power_cuts.py). Between the
stories the disk reports an error, at every step of a day in turn (tests/node/disk_errors.py).
"""

import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.node import disk_errors
from tests.node.power import IN_MEMORY, WAYS, Disk
from tests.node.power import images as left_of
from tests.node.power_cuts import Work, look, shelf
from tests.node.profile_cuts import Beginning, faults
from tests.soak.row import Row

NAME = "power"


def run(seconds: float, seed: int) -> Iterator[Row]:
    """At least one story, and others until the time is over."""
    until = time.monotonic() + seconds
    for number in itertools.count(seed):
        yield from _story(number, images=len(WAYS) if seconds == 0 else 10 * len(WAYS))
        yield from _profile(number, images=len(WAYS) if seconds == 0 else 3 * len(WAYS))
        yield from _errors(number)
        if time.monotonic() >= until:
            return


def _errors(seed: int) -> Iterator[Row]:
    """A few of the steps at which a disk can report an error, the next ones the next time."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        count = disk_errors.steps(Path(folder) / "count")
        for number in range(8 * seed, 8 * seed + 8):
            step, for_ever = number % count, bool(number // count % 2)
            found = disk_errors.faults(Path(folder) / f"{number}", step, for_ever=for_ever, cuts=len(WAYS))
            note = f"step {step}{' and from there on' if for_ever else ''}: {'; '.join(found)}" if found else ""
            yield Row("the disk reports an error at one step, the power is cut", len(WAYS), len(found), note)


def _profile(seed: int, images: int) -> Iterator[Row]:
    """A whole profile from its first moment: identity, what was said, snapshots (tests/node/profile_cuts.py)."""
    chance = Random(seed)
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        (Path(folder) / "disk").mkdir()
        with Disk(Path(folder) / "disk") as disk:
            begun = Beginning(disk)
            begun.run(chance)
        points = [chance.randint(1, len(disk.record)) for _ in range(images)]
        for image in left_of(disk.record, points, chance):
            found = faults(image, Path(folder) / "left", begun)
            note = f"profile {seed}, step {image.at}, {image.way}: {'; '.join(found)}" if found else ""
            yield Row("images of a whole profile: identity, words and Book", 1, len(found), note)


def _story(seed: int, images: int) -> Iterator[Row]:
    chance = Random(seed)
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        (Path(folder) / "disk").mkdir()
        with Disk(Path(folder) / "disk") as disk:
            work = Work(disk, shelf(), chance)
            work.run(chance.choice((30, 150, 600)))
        lost = faulty = again = 0
        note = ""
        for image in work.images(images):
            found = look(image, Path(folder) / "left", work)
            lost += found.lost
            faulty += bool(found.faults)
            again += found.again
            if found.lost or found.faults:
                note = f"story {seed}, step {image.at}, {image.way}: {found.lost} lost, {'; '.join(found.faults)}"
        yield Row("images of our own log: acknowledged entries gone", images, lost, note)
        yield Row("images of others' logs: corrupt, or no prefix", images, faulty, note)
        yield Row("others' entries fetched again after a cut", again, 0)
        yield Row("starts after a kill, before the cut", work.killed, 0)
