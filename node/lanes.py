"""Lanes: frames that wait to be heard, one line for each neighbour; whoever has cost us the least is heard next.

A neighbour who sends without end so waits behind themselves alone. The bytes and entries of one lane are few: who fills
theirs is read no further until it empties, and TCP's own window holds them back. What it costs is measured in CPU time,
by who hears the frames. A neighbour who said nothing for a while saved up nothing: they begin where the others are.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

import trio

from ruil.protocol import wire
from ruil.protocol.ids import NeighbourId


class Part(NamedTuple):
    """A frame, as it was decoded, and whether we had asked for it."""

    frame: bytes
    read: wire.AnyFrame | None
    asked: bool = False


# Of a long frame so much is heard at a time, 3 ms of work, and then others have their turn.
PART_ENTRIES: Final = 50
PART_BYTES: Final = 64 << 10
LANE_FRAMES: Final = 64
LANE_BYTES: Final = 512 << 10  # or one frame, however long


class _Lane:
    __slots__ = ("bytes", "frames", "room", "spent", "waiting")

    def __init__(self, spent: float) -> None:
        self.spent = spent
        self.waiting: deque[Iterator[Part]] = deque()
        self.frames: deque[int] = deque()  # their sizes
        self.bytes = 0
        self.room = trio.Event()


class Lanes:
    """Whoever brings frames waits in `put`; the one who hears them waits in `take`."""

    def __init__(self) -> None:
        self._lanes: dict[NeighbourId, _Lane] = {}
        self._floor = 0.0  # what who was heard last had cost
        self._some = trio.Event()

    def open(self, neighbour: NeighbourId) -> None:
        """A link is up: its frames are heard from now on."""
        self.close(neighbour)
        self._lanes[neighbour] = _Lane(self._floor)

    def close(self, neighbour: NeighbourId) -> None:
        """The link is down. What waits in its lane is lost with it."""
        lane = self._lanes.pop(neighbour, None)
        if lane is not None:
            lane.room.set()

    async def put(self, neighbour: NeighbourId, whole: Part) -> None:
        """Wait until there is room in the neighbour's lane, and put a frame there. Without a lane it is dropped."""
        lane, size = self._lanes.get(neighbour), len(whole.frame)
        while lane is not None and lane.frames and self._is_full(lane, size):
            lane.room = trio.Event()
            await lane.room.wait()
            if self._lanes.get(neighbour) is not lane:
                return
        if lane is None:
            return
        if not lane.waiting:
            lane.spent = max(lane.spent, self._floor)
        lane.waiting.append(_parts(whole))
        lane.frames.append(size)
        lane.bytes += size
        self._some.set()

    def _is_full(self, lane: _Lane, more: int) -> bool:
        return len(lane.frames) >= LANE_FRAMES or lane.bytes + more > LANE_BYTES

    async def take(self) -> tuple[NeighbourId, Part]:
        """The next part of a frame to hear: all of a short one, some entries of a long one, as a frame of its own."""
        while True:
            ready = [(lane.spent, neighbour) for neighbour, lane in self._lanes.items() if lane.waiting]
            if not ready:
                self._some = trio.Event()
                await self._some.wait()
                continue
            self._floor, neighbour = min(ready)
            part = next(self._lanes[neighbour].waiting[0], None)
            if part is not None:
                return neighbour, part
            self.skip(neighbour)

    def is_idle(self, neighbour: NeighbourId) -> bool:
        """Whether the neighbour has a lane, and nothing waits in any."""
        return neighbour in self._lanes and not any(lane.waiting for lane in self._lanes.values())

    def skip(self, neighbour: NeighbourId) -> None:
        """Hear no more of the neighbour's first frame."""
        lane = self._lanes.get(neighbour)
        if lane is not None and lane.waiting:
            lane.waiting.popleft()
            lane.bytes -= lane.frames.popleft()
            lane.room.set()

    def charge(self, neighbour: NeighbourId, seconds: float) -> None:
        """What a neighbour said took so much CPU time."""
        lane = self._lanes.get(neighbour)
        if lane is not None:
            lane.spent += seconds


def _parts(whole: Part) -> Iterator[Part]:
    frame, read, asked = whole
    if not isinstance(read, wire.Entries) or (len(read.entries) <= PART_ENTRIES and len(frame) <= PART_BYTES):
        yield whole
        return
    start = 0
    while start < len(read.entries):
        end, size = start + 1, len(read.entries[start])
        while end < min(len(read.entries), start + PART_ENTRIES) and size + len(read.entries[end]) <= PART_BYTES:
            size += len(read.entries[end])
            end += 1
        part = wire.Entries(read.device, read.entries[start:end])
        yield Part(wire.encode(part), part, asked)
        start = end
