"""Rations: how much work a neighbour may make us without being asked, before any of their signatures is looked at.

What we asked for, with `Want` or `Ask`, costs them nothing, so a long history comes at full speed. Everything else is
paid for from a bucket of theirs, in units of about what one unknown entry costs us (0.1 ms and more). Whoever has
nothing left is not refused, and nothing of theirs is lost: their next frame is heard later, and they are read no
further until then. So an honest neighbour who passes on somebody's flood is slowed down, and not blamed for it.
"""

from typing import Final

from ruil.node.bucket import Bucket
from ruil.protocol import wire
from ruil.protocol.ids import NeighbourId
from ruil.protocol.limits import ANNOUNCE_MAX, WANT_ENTRIES_MAX

PER_SECOND: Final = 200.0  # entries unasked: four times what figure 6 has a whole community say
BURST: Final = 2_000.0  # all that is said while a computer wakes up
BYTES: Final = 5_000  # that cost as much as an entry: the disk and the hash. 1 MB/s
HELLO: Final = 20  # two entries, and all our heads for an answer
HEADS: Final = 50  # heads that cost as much as an entry
IDS: Final = 4  # announced ids, likewise: nearly all are known, and those that are not we ask for
SERVED: Final = 50  # entries served, likewise: read from the disk, locked and sent


class _Ration:
    __slots__ = ("asked", "bucket", "pulled")

    def __init__(self) -> None:
        self.bucket = Bucket(PER_SECOND, BURST)
        self.asked: dict[bytes, int] = {}  # entries that may come: device -> how many
        self.pulled = 0  # entries asked for by what was announced of them


class Rations:
    """One for each neighbour. All times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._of: dict[NeighbourId, _Ration] = {}

    def begin(self, neighbour: NeighbourId) -> None:
        """A link is up. Who comes again at once has the ration they left with."""
        ration = self._of.pop(neighbour, None) or _Ration()
        ration.asked, ration.pulled = {}, 0
        self._of[neighbour] = ration
        while len(self._of) > 1_024:  # the longest away first
            del self._of[next(iter(self._of))]

    def asked(self, neighbour: NeighbourId, frame: wire.Frame) -> None:
        """We send this: what answers it is free."""
        ration = self._of.get(neighbour)
        if ration is None:
            return
        if isinstance(frame, wire.Want):
            for device, first, last in frame.ranges:
                ration.asked[device] = min(ration.asked.get(device, 0) + last - first + 1, 2 * WANT_ENTRIES_MAX)
            while len(ration.asked) > 2 * WANT_ENTRIES_MAX:
                del ration.asked[next(iter(ration.asked))]
        elif isinstance(frame, wire.Ask):
            ration.pulled = min(ration.pulled + len(frame.ids), 2 * ANNOUNCE_MAX)

    def owes(self, neighbour: NeighbourId, frame: wire.AnyFrame | None, size: int, now: float) -> float:
        """Let the neighbour pay for a frame of so many bytes. Returns how many seconds it has to wait for that."""
        ration = self._of.get(neighbour)
        return 0.0 if ration is None else ration.bucket.owe(_price(ration, frame, size), now)


def _price(ration: _Ration, frame: wire.AnyFrame | None, size: int) -> float:
    match frame:
        case wire.Entries(device, entries):
            unasked = _unasked(ration, device, len(entries))
            return unasked * (1 + size / BYTES / len(entries)) if unasked else 0.0
        case wire.Want(ranges):
            wanted = sum(max(0, last - first + 1) for _, first, last in ranges)
            return 1 + min(wanted, WANT_ENTRIES_MAX) / SERVED
        case wire.Ask(ids):
            return 1 + len(ids) / SERVED
        case wire.Announce(ids):
            return 1 + len(ids) / IDS
        case wire.Heads(_, _, heads):
            return 1 + len(heads) / HEADS
        case wire.Proofs(proofs):
            return 1 + 2 * len(proofs)
        case wire.Receipts(receipts):
            return 1 + len(receipts)
        case wire.Hello():
            return HELLO
        case _:
            return 1 + size / BYTES


def _unasked(ration: _Ration, device: bytes, count: int) -> int:
    """How many of so many entries of a log nobody asked for."""
    asked = ration.asked.get(device, 0)
    if asked:
        free = min(asked, count)
        ration.asked[device] = asked - free
        if asked == free:
            del ration.asked[device]
        count -= free
    free = min(ration.pulled, count)
    ration.pulled -= free
    return count - free
