"""A memo of `open_entry`: the same bytes are checked once, however many neighbours send them.

Opening is a pure function and its signature check is most of what an entry costs. A node fills the memo from threads,
fifty entries a piece, before its peer asks; the simulator shares one among all members, and lets it remember frames
too, since one push reaches them all as the same bytes. Bounded, oldest first out.
"""

from typing import Final

from ruil.protocol import wire
from ruil.protocol.entry import Entry, open_entry
from ruil.protocol.ids import CommunityId, DeviceId
from ruil.protocol.memo import Memo

BYTES_MAX: Final = 16 << 20  # 8,192 entries of 2 KiB; as many of the longest would be half a gigabyte


class Opener:
    """`open` as `open_entry`, remembering the last `size` entries that were good, of so many bytes. Wrong ones are not
    remembered: a stranger could fill the memo with them."""

    def __init__(self, community: CommunityId, size: int = 8_192, frames: int = 0, bytes_max: int = BYTES_MAX) -> None:
        self.community = community
        self.checked = 0  # signatures really verified
        self._known: Memo[tuple[bytes, bytes], Entry] = Memo(size)
        self._bytes = 0  # of all entries remembered since some were forgotten, and so never less than there are
        self._bytes_max = bytes_max
        self._frames = frames
        self._pushes: Memo[bytes, wire.Push] = Memo(frames)
        self._last_data = b""
        self._last: wire.AnyFrame | None = None

    def open(self, data: bytes, device: DeviceId) -> Entry:
        """The entry in `data`. Raises `Rejected` as `open_entry` does."""
        entry = self._known.get((device, data))
        if entry is None:
            entry = open_entry(data, self.community, device)
            self.know(entry)
        return entry

    def known(self, data: bytes, device: DeviceId) -> Entry | None:
        """The entry in these bytes, if they were found good lately."""
        return self._known.get((device, data))

    def read(self, data: bytes) -> wire.AnyFrame | None:
        """The frame in `data`, as `wire.decode`. The last one is remembered, for a node looks into it before its peer
        does; and the last pushes, when there was room given for them."""
        if data is self._last_data:
            return self._last
        frame: wire.AnyFrame | None = self._pushes.get(data) if self._frames else None
        if frame is None:
            frame = wire.decode(data)
            if self._frames and isinstance(frame, wire.Push):
                self._pushes.keep(data, frame)
        self._last_data, self._last = data, frame
        return frame

    def knows(self, data: bytes, device: DeviceId) -> bool:
        """Whether these bytes were found good lately."""
        return (device, data) in self._known

    def know(self, entry: Entry) -> None:
        """Remember an entry that was opened elsewhere."""
        self.checked += 1
        self._bytes += len(entry.data)
        if self._bytes > self._bytes_max:
            self._forget_half()
        self._known.keep((entry.device, entry.data), entry)

    def _forget_half(self) -> None:
        """The oldest; and all but the newest, when those are long."""
        self._bytes = sum(len(data) for _, data in self._known)
        for device, data in list(self._known):
            if self._bytes <= self._bytes_max // 2:
                break
            del self._known[device, data]
            self._bytes -= len(data)
