"""A day of a store on a disk that reports an error at one step, and what must hold when it is well again."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ruil.node.errors import DiskRefused
from ruil.node.store import Store
from ruil.protocol.limits import SEQ_MAX
from tests.node.power import Disk, Image, images
from tests.node.power_cuts import shelf, start

SENTENCES = ("The disk reports an error", "The profile's folder can not be written")
NEVER: Callable[[str, str], bool] = lambda _kind, _name: False  # noqa: E731  the disk is well


@dataclass
class Day:
    """A day's work of a store, and what it acknowledged until the disk refused."""

    folder: Path
    said: int = 0
    heard: int = 0

    def work(self) -> None:
        """Two starts, with everything a store does between. The first refusal ends it, as it ends a node."""
        own, other = shelf().own.entries, shelf().others[0].entries
        for begin in (0, 20):
            store = start(self.folder, shelf().own)
            try:
                for number in range(begin, begin + 8):
                    self._say(store, number, number + 1)
                store.append(other[begin : begin + 12])
                self.heard = begin + 12
                store.append([*own[begin + 8 : begin + 14], *other[begin + 12 : begin + 20]])
                self.said, self.heard = begin + 14, begin + 20
                store.keep(b"about", shelf().proofs[0])
                self._say(store, begin + 14, begin + 20)
            finally:
                store.close()

    def _say(self, store: Store, first: int, last: int) -> None:
        store.append(shelf().own.entries[first:last])
        self.said = last


def steps(folder: Path) -> int:
    """How many steps of the disk a day takes."""
    count = 0

    def counted(_kind: str, _name: str) -> bool:
        nonlocal count
        count += 1
        return False

    folder.mkdir()
    with Disk(folder) as disk:
        disk.failing = counted
        Day(folder).work()
    return count


def failing(step: int, *, for_ever: bool) -> Callable[[str, str], bool]:
    """The disk reports an error at this step; and at each one after it, or not."""
    left = step

    def fails(_kind: str, _name: str) -> bool:
        nonlocal left
        left -= 1
        return left < 0 if for_ever else left == -1

    return fails


def faults(folder: Path, step: int, *, for_ever: bool, cuts: int) -> list[str]:
    """What goes wrong when the disk reports an error at this step, is well again, and the power is cut `cuts` times
    once a start has shown what it found. `folder` is made, and used up."""
    folder.mkdir()
    day, found = Day(folder), list[str]()
    with Disk(folder) as disk:
        disk.failing = failing(step, for_ever=for_ever)
        try:
            day.work()
        except DiskRefused as why:
            if not str(why).startswith(SENTENCES):
                found.append(f"is told: {why}")
        disk.failing = NEVER
        store = start(folder, shelf().own)
        said, heard = _held(store, found)
        if said < day.said or heard < day.heard:
            found.append(f"{said} of {day.said} acknowledged, {heard} of {day.heard} heard are there")
        for image in images(disk.record, [len(disk.record)] * cuts, Random(step)):
            found += [f"{fault} ({image.way})" for fault in _after(image, folder / "left", said)]
        store.close()
    return found


def _after(image: Image, folder: Path, shown: int) -> list[str]:
    found: list[str] = []
    image.write(folder)
    store = start(folder, shelf().own)
    said, _ = _held(store, found)
    if said < shown:
        found.append(f"{said} of {shown} that were shown are there")
    store.close()
    return found


def _held(store: Store, found: list[str]) -> tuple[int, int]:
    """How many entries of our own and of the other are there; adds to `found` what is wrong with them."""
    counts: list[int] = []
    for device in (shelf().own, shelf().others[0]):
        held = store.read(device.id, 0, SEQ_MAX)
        if held != [entry.data for entry in device.entries[: len(held)]]:
            found.append("a log is no prefix of what was said")
        counts.append(len(held))
    found += store.damage()
    return counts[0], counts[1]
