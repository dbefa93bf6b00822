"""A record: what the Book keeps of an entry once it is in its log. The bytes stay in the driver's store."""

import msgspec

from ruil.protocol.bodies import Body
from ruil.protocol.entry import Entry
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis, Position, position


class Record(msgspec.Struct, frozen=True, gc=False):
    """Who said what, where in their log, when by their own clock, about which entry (`ref`)."""

    id: EntryId
    device: DeviceId
    seq: int
    at: Millis
    member: MemberId
    ref: EntryId | None
    body: Body

    @property
    def order(self) -> tuple[int, bytes, int]:
        """The same everywhere, whatever arrived first; agrees with each log's own order, since time never decreases
        inside one."""
        return (self.at, self.device, self.seq)

    @property
    def position(self) -> Position:
        """Where it stands: the one entry there, as long as its device does not contradict itself."""
        return position(self.device, self.seq)


def record(entry: Entry, body: Body, member: MemberId) -> Record:
    """The record of an entry of `member`'s log."""
    ref = entry.reference.id if entry.reference else None
    return Record(entry.id, entry.device, entry.seq, entry.at, member, ref, body)
