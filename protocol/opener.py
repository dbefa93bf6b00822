"""A memo of `open_entry`: the same bytes are checked once, however many neighbours send them.

Opening is a pure function and its signature check is most of what an entry costs. A node fills the memo from threads,
fifty entries a piece, before its peer asks; the simulator shares one among all members. Bounded, oldest first out.
"""

from ruil.protocol.entry import Entry, open_entry
from ruil.protocol.ids import CommunityId, DeviceId
from ruil.protocol.memo import Memo


class Opener:
    """`open` as `open_entry`, remembering the last `size` entries that were good. Wrong ones are not remembered: a
    stranger could fill the memo with them."""

    def __init__(self, community: CommunityId, size: int = 8_192) -> None:
        self.community = community
        self.checked = 0  # signatures really verified
        self._known: Memo[tuple[bytes, bytes], Entry] = Memo(size)

    def open(self, data: bytes, device: DeviceId) -> Entry:
        """The entry in `data`. Raises `Rejected` as `open_entry` does."""
        entry = self._known.get((device, data))
        if entry is None:
            entry = open_entry(data, self.community, device)
            self.know(entry)
        return entry

    def knows(self, data: bytes, device: DeviceId) -> bool:
        """Whether these bytes were found good lately."""
        return (device, data) in self._known

    def know(self, entry: Entry) -> None:
        """Remember an entry that was opened elsewhere."""
        self.checked += 1
        self._known.keep((entry.device, entry.data), entry)
