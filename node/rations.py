"""Rations: how much work a neighbour may make us without being asked, before any of their signatures is looked at.

What we asked for, with `Want` or `Ask`, costs them nothing, so a long history comes at full speed. Everything else is
paid for from a bucket of theirs, in units of about what one unknown entry costs us (0.1 ms and more). Whoever has
nothing left is not refused, and nothing of theirs is lost: their next frame is heard later, and they are read no
further until then. So an honest neighbour who passes on somebody's flood is slowed down, and not blamed for it. All
devices of one member pay from one bucket: a member can certify any number of them. A stranger has little, enough to
show who they are. What a frame has really cost, once it was heard, is paid for too: some prices are not known before.
"""

from collections.abc import Callable
from typing import Final

from ruil.node.bucket import Buckets
from ruil.protocol import wire
from ruil.protocol.ids import NeighbourId
from ruil.protocol.limits import ANNOUNCE_MAX, LATELY_MAX, WANT_ENTRIES_MAX

PER_SECOND: Final = 100.0  # entries unasked: twice what figure 6 has a whole community say
BURST: Final = 2_000.0  # all that is said while a computer wakes up
BYTES: Final = 5_000  # that cost as much as an entry: the disk and the hash. 0.5 MB/s
STRANGE_PER_SECOND: Final = 20.0  # for one who may not read here yet: a hello, and some proofs
STRANGE_BURST: Final = 60.0
BUSY_SECONDS: Final = 0.000_5  # of CPU that cost as much as an entry: a member can keep a twentieth of a core busy
HELLO: Final = 20  # two entries, and all our heads for an answer
HEADS: Final = 50  # heads that cost as much as an entry
IDS: Final = 4  # announced ids, likewise: nearly all are known, and those that are not we ask for
SERVED: Final = 100  # entries served, likewise: read from the disk, locked and sent


class _Asked:
    """What a neighbour was asked for and has not sent yet."""

    __slots__ = ("entries", "pulled", "shown")

    def __init__(self) -> None:
        self.entries: dict[bytes, int] = {}  # device -> how many
        self.pulled = 0  # by what was announced of them
        self.shown = 0  # of what is open near a newcomer


class Rations:
    """`owner`: the member who pays for a neighbour; None for a stranger. All times are seconds of one clock."""

    def __init__(self, owner: Callable[[NeighbourId], bytes | None]) -> None:
        self._owner = owner
        self._buckets = Buckets(1_024)  # whoever left and comes again has what they left with
        self._asked: dict[NeighbourId, _Asked] = {}

    def begin(self, neighbour: NeighbourId) -> None:
        """A link is up."""
        self._asked[neighbour] = _Asked()

    def end(self, neighbour: NeighbourId) -> None:
        """The link is down."""
        self._asked.pop(neighbour, None)

    def asked(self, neighbour: NeighbourId, frame: wire.Frame) -> None:
        """We send this: what answers it is free."""
        asked = self._asked.get(neighbour)
        if asked is None:
            return
        if isinstance(frame, wire.Want):
            for device, first, last in frame.ranges:
                name = device[: wire.SHORT_BYTES]  # a log that both know is wanted by the beginning of its name
                asked.entries[name] = min(asked.entries.get(name, 0) + last - first + 1, 2 * WANT_ENTRIES_MAX)
            while len(asked.entries) > 2 * WANT_ENTRIES_MAX:
                del asked.entries[next(iter(asked.entries))]
        elif isinstance(frame, wire.Look):
            asked.shown = 4 * LATELY_MAX
        elif isinstance(frame, wire.Ask):
            asked.pulled = min(asked.pulled + len(frame.ids), 2 * ANNOUNCE_MAX)

    def owes(self, neighbour: NeighbourId, frame: wire.AnyFrame | None, size: int, now: float) -> tuple[float, bool]:
        """Let the neighbour pay for a frame of so many bytes. Returns how many seconds it has to wait for that, and
        whether all of it was asked for."""
        asked = self._asked.get(neighbour)
        price = 0.0 if asked is None else _price(asked, frame, size)
        return (self._owe(neighbour, price, now), False) if price else (0.0, True)

    def worked(self, neighbour: NeighbourId, seconds: float, now: float) -> None:
        """What the neighbour said unasked took so much CPU time."""
        self._owe(neighbour, seconds / BUSY_SECONDS, now)

    def _owe(self, neighbour: NeighbourId, count: float, now: float) -> float:
        owner = self._owner(neighbour)
        if owner is None:
            return self._buckets.owe(neighbour, STRANGE_PER_SECOND, STRANGE_BURST, count, now)
        return self._buckets.owe(owner, PER_SECOND, BURST, count, now)


def _price(asked: _Asked, frame: wire.AnyFrame | None, size: int) -> float:
    match frame:
        case wire.Entries(device, entries):
            unasked = _unasked(asked, device, len(entries))
            return unasked * (1 + size / BYTES / len(entries)) if unasked else 0.0
        case wire.Lately(_, entries):  # listings, and of each author a certificate and a profile
            free = min(asked.shown, len(entries))
            asked.shown -= free
            return (len(entries) - free) * (1 + size / BYTES / len(entries))
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
        case wire.Peers(records):
            return 1 + len(records)
        case wire.Hello():
            return HELLO
        case _:
            return 1 + size / BYTES


def _unasked(asked: _Asked, device: bytes, count: int) -> int:
    """How many of so many entries of a log nobody asked for."""
    device = device[: wire.SHORT_BYTES]
    wanted = asked.entries.get(device, 0)
    if wanted:
        free = min(wanted, count)
        asked.entries[device] = wanted - free
        if wanted == free:
            del asked.entries[device]
        count -= free
    free = min(asked.pulled, count)
    asked.pulled -= free
    return count - free
